"""Tokens that Hallpass never issues, although the key is right.

Nobody has Hallpass's private keys, so those of the keys' variants are signed by keys made here,
which are published as Hallpass publishes its own.
"""

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as new_p256
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as new_rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from app.settings import Settings
from tests.hallpass import SECRET

ISSUER = "https://auth.example.com"
USER = "01a2005d-c4e8-7c60-884d-994d1b566cbd"


def claims() -> dict[str, Any]:
    """As Hallpass writes them."""
    iat = int(time.time())
    return {
        "sub": USER,
        "email": "ann@example.com",
        "iat": iat,
        "exp": iat + 3600,
        "iss": ISSUER,
    }


class Forger:
    def __init__(self, variant: str, secret: str = SECRET) -> None:
        self.published: list[dict[str, Any]] = []
        self.status = 200
        self.settings = Settings(hallpass_issuer=ISSUER)
        self._header = {"typ": "JWT"}
        if variant == "hs256":
            self._key: Any = secret.encode()
            self._algorithm = "HS256"
            return
        self._header["kid"] = "ours"
        if variant == "eddsa":
            self._key, self._algorithm = Ed25519PrivateKey.generate(), "EdDSA"
            public = OKPAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        elif variant == "rs256":
            self._key, self._algorithm = new_rsa(65537, 2048), "RS256"
            public = RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        else:
            self._key, self._algorithm = new_p256(SECP256R1()), "ES256"
            public = ECAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        self.published = [{**public, "kid": "ours", "alg": self._algorithm, "use": "sig"}]

    def token(self, payload: Any, header: dict[str, Any] | None = None) -> str:
        header = {"alg": self._algorithm, **self._header, **(header or {})}
        return signed(header, payload, self._key)


def signed(header: dict[str, Any], payload: Any, key: Any) -> str:
    """By hand, since PyJWT refuses to make some of the tokens that must be refused."""
    algorithm = jwt.get_algorithm_by_name(header["alg"])
    text = f"{encoded(header)}.{encoded(payload)}"
    signature = algorithm.sign(text.encode(), key)
    return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def decoded(part: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return value


@contextmanager
def publish(forger: Forger) -> Iterator[str]:
    """Serves the keys; yields the URL."""

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"keys": forger.published}).encode()
            elsewhere = self.path == "/elsewhere"
            self.send_response(200 if elsewhere else forger.status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """A test that fails shows what it needs."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Keys) as server:
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/jwks.json"
        server.shutdown()
