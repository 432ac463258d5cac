"""The public keys of Hallpass, fetched from where it publishes them.

PyJWT has a client for this, `PyJWKClient`. It waits for the network in a thread, one request after
the other, for up to 30 seconds each, and asks anew for every request while Hallpass is away: some
forty of them, and no thread is left for others. So the keys are fetched here.
"""

import asyncio
import logging
from collections.abc import Callable
from math import inf

import httpx
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK, PyJWTError
from pydantic import BaseModel

Clock = Callable[[], float]

FRESH = 300  # seconds for which a set is used without asking again, as Hallpass asks for
KEPT = 3600  # and for which it is used while Hallpass is away: no token lives longer
PAUSE = 60  # between two fetches for keys that we do not have, however many tokens name such
RETRY = 5  # between two fetches while there are no keys at all
TIMEOUT = 3  # for the whole of a fetch

# One algorithm for each kind of key; neither the token nor anything else chooses.
ALGORITHMS = {("OKP", "Ed25519"): "EdDSA", ("EC", "P-256"): "ES256", ("RSA", ""): "RS256"}

FEWEST_RSA_BITS = 2048  # RFC 7518, section 3.3

log = logging.getLogger(__name__)


class KeysUnavailable(Exception):
    """There are no keys to judge a token by."""


class UnknownKey(Exception):
    """No key of this name is published."""


class PublicKey(BaseModel, extra="allow"):
    kty: str
    crv: str = ""
    kid: str


class KeySet:
    def __init__(self, url: str, clock: Clock) -> None:
        self._url, self._clock = url, clock
        self._keys: dict[str, PyJWK] = {}
        self._fetched = self._tried = -inf
        self._said_empty = False
        self._lock = asyncio.Lock()

    async def find(self, kid: str) -> PyJWK:
        if self._is_due(kid):
            async with self._lock:
                # Who waited finds what another request has fetched in the meantime.
                if self._is_due(kid):
                    await self.fetch()
        if not self._is_usable():
            raise KeysUnavailable
        if kid not in self._keys:
            raise UnknownKey
        return self._keys[kid]

    async def fetch(self) -> None:
        """Replaces the keys; or leaves them as they are, and says why in the log."""
        try:
            async with asyncio.timeout(TIMEOUT), httpx.AsyncClient() as client:
                # No redirect is followed: it could lead to anybody's keys.
                answer = await client.get(self._url)
            if answer.status_code != 200:
                raise ValueError(f"it answers {answer.status_code}")
            keys = _read(answer.json())
        except (httpx.HTTPError, TimeoutError, ValueError, PyJWTError) as error:
            log.error(
                "no keys from %s: %s (Hallpass has them at HALLPASS_ISSUER and "
                "/.well-known/jwks.json; HALLPASS_JWKS_URL names another place)",
                self._url,
                str(error) or type(error).__name__,
            )
        else:
            self._keys, self._fetched = keys, self._clock()
            if not keys and not self._said_empty:
                log.error(
                    "%s publishes no keys, so no token can be verified: start Hallpass with "
                    "HALLPASS_SIGNING=eddsa, or set BETTER_AUTH_SECRET here as well",
                    self._url,
                )
            self._said_empty = not keys
        # A request that was given up on the way has tried nothing.
        self._tried = self._clock()

    def _is_due(self, kid: str) -> bool:
        if not self._is_usable():
            return not self._is_within(RETRY, self._tried)
        if kid in self._keys and self._is_within(FRESH, self._fetched):
            return False
        return not self._is_within(PAUSE, self._tried)

    def _is_usable(self) -> bool:
        return bool(self._keys) and self._is_within(KEPT, self._fetched)

    def _is_within(self, seconds: float, since: float) -> bool:
        # A clock that was set back makes us fetch, and not wait for the old time to come again.
        return 0 <= self._clock() - since < seconds


class _Published(BaseModel):
    keys: list[PublicKey]


def _read(answer: object) -> dict[str, PyJWK]:
    published = _Published.model_validate(answer)
    return {
        key.kid: _strong(PyJWK(key.model_dump(), ALGORITHMS[key.kty, key.crv]))
        for key in published.keys
        if (key.kty, key.crv) in ALGORITHMS
    }


def _strong(key: PyJWK) -> PyJWK:
    if isinstance(key.key, RSAPublicKey) and key.key.key_size < FEWEST_RSA_BITS:
        raise ValueError(f"the RSA key {key.key_id} has fewer than {FEWEST_RSA_BITS} bits")
    return key
