"""Verifies a token as a service does that uses PyJWT."""

import json
import sys

import jwt

asked = json.load(sys.stdin)
token, algorithm, issuer = asked["token"], asked["algorithm"], asked["issuer"]
if algorithm == "HS256":
    key = asked["secret"]
else:
    # Fetches the published keys, and chooses by the token's `kid`.
    key = jwt.PyJWKClient(asked["jwks_url"]).get_signing_key_from_jwt(token).key
claims = jwt.decode(
    token,
    key,
    algorithms=[algorithm],
    issuer=issuer,
    leeway=5,
    options={"require": ["sub", "exp", "iat", "iss"]},
)
print(json.dumps(claims))
