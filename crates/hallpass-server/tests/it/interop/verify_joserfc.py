"""Verifies a token as a service does that uses joserfc."""

import json
import sys
import urllib.request

from joserfc import jwt
from joserfc.jwk import KeySet, OctKey

asked = json.load(sys.stdin)
token, algorithm, issuer = asked["token"], asked["algorithm"], asked["issuer"]
if algorithm == "HS256":
    key = OctKey.import_key(asked["secret"])
else:
    with urllib.request.urlopen(asked["jwks_url"]) as answer:
        key = KeySet.import_key_set(json.load(answer))
claims = jwt.decode(token, key, algorithms=[algorithm]).claims
rules = jwt.JWTClaimsRegistry(
    leeway=5,
    iss={"essential": True, "value": issuer},
    sub={"essential": True},
    exp={"essential": True},
)
rules.validate(claims)
print(json.dumps(claims))
