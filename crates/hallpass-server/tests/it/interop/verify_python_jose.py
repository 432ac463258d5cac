"""Verifies a token as a service does that uses python-jose."""

import json
import sys
import urllib.request

from jose import jwt

asked = json.load(sys.stdin)
algorithm = asked["algorithm"]
if algorithm == "HS256":
    key = asked["secret"]
else:
    with urllib.request.urlopen(asked["jwks_url"]) as answer:
        key = json.load(answer)
claims = jwt.decode(asked["token"], key, algorithms=[algorithm], issuer=asked["issuer"])
print(json.dumps(claims))
