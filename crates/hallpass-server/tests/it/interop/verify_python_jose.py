"""Verifies a token as a service does that uses python-jose."""

import json
import sys
import urllib.request

from jose import jwt

asked = json.load(sys.stdin)
token, algorithm, issuer = asked["token"], asked["algorithm"], asked["issuer"]
if algorithm == "HS256":
    key = asked["secret"]
else:
    with urllib.request.urlopen(asked["jwks_url"]) as answer:
        keys = json.load(answer)["keys"]
    # Given the whole set, python-jose tries each key, whatever the token's `kid`,
    # and fails at the first that is of another kind.
    kid = jwt.get_unverified_header(token)["kid"]
    key = next(key for key in keys if key["kid"] == kid)
claims = jwt.decode(
    token,
    key,
    algorithms=[algorithm],
    issuer=issuer,
    options={"leeway": 5, "require_sub": True, "require_exp": True, "require_iss": True},
)
print(json.dumps(claims))
