"""Verifies a token as a service does that uses PyJWT."""

import json
import sys

import jwt

asked = json.load(sys.stdin)
algorithm = asked["algorithm"]
if algorithm == "HS256":
    key = asked["secret"]
else:
    # Fetches the published keys, and chooses by the token's `kid`.
    key = jwt.PyJWKClient(asked["jwks_url"]).get_signing_key_from_jwt(asked["token"]).key
claims = jwt.decode(
    asked["token"],
    key,
    algorithms=[algorithm],
    issuer=asked["issuer"],
    options={"require": ["sub", "exp", "iat", "iss"]},
)
print(json.dumps(claims))
