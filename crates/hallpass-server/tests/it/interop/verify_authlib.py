"""Verifies a token as a service does that uses Authlib."""

import json
import sys
import urllib.request

from authlib.jose import JsonWebKey, JsonWebToken

asked = json.load(sys.stdin)
token, algorithm, issuer = asked["token"], asked["algorithm"], asked["issuer"]
if algorithm == "HS256":
    key = asked["secret"]
else:
    with urllib.request.urlopen(asked["jwks_url"]) as answer:
        key = JsonWebKey.import_key_set(json.load(answer))
rules = {
    "iss": {"essential": True, "value": issuer},
    "sub": {"essential": True},
    "exp": {"essential": True},
}
claims = JsonWebToken([algorithm]).decode(token, key, claims_options=rules)
claims.validate(leeway=5)
print(json.dumps(claims))
