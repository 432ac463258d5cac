"""Who sent a request: the bearer of a token that Hallpass signed, or nobody.

Passwords never come here. Hallpass alone takes and hashes them.
"""

import logging
import re
import time
from typing import Annotated, Any, Protocol
from uuid import UUID

import jwt
from fastapi import Depends, FastAPI, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from jose import JOSEError
from jose import jwt as jose_jwt
from jose.exceptions import JWTClaimsError
from jwt.types import Options
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from . import answers
from .keys import Clock, KeySet, KeysUnavailable, UnknownKey
from .settings import Settings

MAX_SIZE = 8 * 1024
MAX_LIFE = 3600  # seconds, as all times here
MAX_CLOCK_SKEW = 5

# The libraries would take other spellings of the same token.
THREE_PARTS = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)

# What an operator sets when every token is refused; each is logged once.
HINT_KEYS = "if Hallpass signs with keys, set HALLPASS_JWKS_URL and remove BETTER_AUTH_SECRET"
HINT_SHARED = (
    "if Hallpass signs with its secret, set BETTER_AUTH_SECRET and remove HALLPASS_JWKS_URL"
)
HINT_ISSUER = "HALLPASS_ISSUER must be the origin of Hallpass's BETTER_AUTH_URL"
HINT_SIGNATURE = "if all tokens are refused, secret or keys are those of another Hallpass"

log = logging.getLogger(__name__)


class CurrentUser(BaseModel, frozen=True):
    id: UUID  # of the account, for ever: key your tables by it
    email: str  # when the token was issued: for showing, not for deciding


class Claims(BaseModel):
    """What a token has to say; strictly, so that neither "1" nor 1.0 nor true is a time."""

    model_config = ConfigDict(strict=True)

    sub: Annotated[UUID, Field(strict=False)]
    email: str
    iat: Annotated[int, Field(ge=0)]
    exp: int
    iss: str
    nbf: int | None = None


class Refused(Exception):
    """The rule that a token breaks, for our log, and what to set if all tokens break it."""

    def __init__(self, rule: str, hint: str = "") -> None:
        super().__init__(rule)
        self.hint = hint


class Expired(Refused):
    """It is right in all else."""


class Verifier(Protocol):
    async def payload(self, token: str, header: dict[str, Any]) -> dict[str, Any]:
        """What a token says whose signature is right, and whose issuer is ours."""


class ByPublicKeys:
    """PyJWT, and the keys that Hallpass publishes: this service can verify and not issue."""

    def __init__(self, keys: KeySet, issuer: str) -> None:
        self.keys, self._issuer = keys, issuer

    async def payload(self, token: str, header: dict[str, Any]) -> dict[str, Any]:
        key = await self.keys.find(header.get("kid", ""))
        return jwt.decode(
            token,
            key.key,
            # That of the key. One that the token may choose is how tokens are forged.
            algorithms=[key.algorithm_name],
            issuer=self._issuer,
            options=PYJWT_OPTIONS,
        )


class BySecret:
    """python-jose, and the secret that Hallpass signs with: this service could issue as well."""

    def __init__(self, secret: str, issuer: str) -> None:
        self._secret, self._issuer = secret, issuer

    async def payload(self, token: str, header: dict[str, Any]) -> dict[str, Any]:
        if header.get("alg") != "HS256":
            raise Refused(
                f"its algorithm is {_alg(header)}, and BETTER_AUTH_SECRET is for HS256", HINT_KEYS
            )
        return jose_jwt.decode(
            token,
            self._secret,
            # Without this, python-jose takes the one that the token names.
            algorithms=["HS256"],
            issuer=self._issuer,
            options=JOSE_OPTIONS,
        )


# Times are judged in `_check_times` and nowhere else, by a clock that tests can move. The libraries
# judge them differently: python-jose takes a token in the second in which it dies, and PyJWT
# refuses one that was issued by a clock one second ahead of ours.
PYJWT_OPTIONS: Options = {
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "require": ["sub", "email", "iat", "exp", "iss"],
}
JOSE_OPTIONS = {
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "require_sub": True,
    "require_iss": True,
}


def set_up(app: FastAPI, settings: Settings, clock: Clock = time.time) -> None:
    """What `current_user` needs. The clock judges tokens and the age of keys."""
    issuer = settings.hallpass_issuer
    if settings.better_auth_secret:
        app.state.verifier = BySecret(settings.better_auth_secret.get_secret_value(), issuer)
    else:
        app.state.verifier = ByPublicKeys(KeySet(settings.jwks_url, clock), issuer)
    app.state.clock = clock
    app.state.hints = set()


async def verify(token: str, verifier: Verifier, now: float) -> CurrentUser:
    """The bearer of a token; or `Refused`, or `KeysUnavailable`."""
    if len(token) > MAX_SIZE:
        raise Refused(f"it is larger than {MAX_SIZE} bytes")
    if not THREE_PARTS.fullmatch(token):
        raise Refused("it is no JWT")
    try:
        header = jwt.get_unverified_header(token)
        _check_header(header)
        payload = await verifier.payload(token, header)
        claims = Claims.model_validate(payload)
    except UnknownKey:
        raise Refused(
            f"its key is not published, and its algorithm is {_alg(header)}", HINT_SHARED
        ) from None
    except ValidationError as error:
        raise Refused(
            f"a claim is missing or of a wrong type: {error.errors()[0]['loc']}"
        ) from None
    except (jwt.InvalidIssuerError, JWTClaimsError) as error:
        raise Refused(str(error), HINT_ISSUER) from None
    except (jwt.PyJWTError, JOSEError) as error:
        raise Refused(str(error), HINT_SIGNATURE) from None
    if "aud" in payload:
        raise Refused("it is meant for somebody else: Hallpass writes no aud")
    _check_times(claims, now)
    return CurrentUser(id=claims.sub, email=claims.email)


def _alg(header: dict[str, Any]) -> str:
    """What anybody can write, made safe to log."""
    return repr(header.get("alg"))[:10]


def _check_header(header: dict[str, Any]) -> None:
    if "kid" in header and not isinstance(header["kid"], str):
        raise Refused("its kid is no string")  # RFC 7515, section 4.1.4
    if header.get("typ") != "JWT":
        raise Refused("its typ is not JWT")
    if unknown := {"crit", "b64", "zip", "cty"} & header.keys():
        raise Refused(f"its header has {sorted(unknown)}")


def _check_times(claims: Claims, now: float) -> None:
    if claims.iat > now + MAX_CLOCK_SKEW:
        raise Refused("it was issued in the future: compare the clocks of the two machines")
    if not 0 < claims.exp - claims.iat <= MAX_LIFE:
        raise Refused(f"it lives for longer than {MAX_LIFE} seconds")
    if claims.nbf is not None and claims.nbf > now:
        raise Refused("it is not valid yet")
    # Last, so that only a token that is right in all else is called expired.
    if now >= claims.exp:
        raise Expired("it has expired")


# Refuses nothing by itself: it puts "Authorize" on the page /docs.
BEARER = HTTPBearer(auto_error=False, description="The `access_token` of a sign-in at Hallpass")


async def current_user(
    request: Request, _: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]
) -> CurrentUser:
    token = _bearer_token(request)
    state = request.app.state
    try:
        return await verify(token, state.verifier, state.clock())
    except KeysUnavailable:
        raise answers.keys_unavailable() from None
    except Expired:
        raise answers.token_expired() from None
    except Refused as reason:
        log.info("a token was refused: %s", reason)
        if reason.hint and reason.hint not in state.hints:
            state.hints.add(reason.hint)
            log.warning("%s", reason.hint)
        raise answers.invalid_token() from None


def _bearer_token(request: Request) -> str:
    headers = request.headers.getlist("authorization")
    if len(headers) > 1:
        # Whom the one names and whom the other is not for us to choose.
        raise answers.invalid_token()
    scheme, _, token = (headers or [""])[0].partition(" ")
    if scheme.lower() != "bearer":
        raise answers.authentication_required()
    return token.strip(" ")


SignedIn = Annotated[CurrentUser, Depends(current_user)]
