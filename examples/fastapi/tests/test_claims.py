"""Tokens whose signature is right, and something else is not."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from tests.answers import INVALID_TOKEN, TOKEN_EXPIRED, bearer, says
from tests.conftest import Serve
from tests.forger import USER, Forger, claims, publish
from tests.hallpass import SECRET

pytestmark = pytest.mark.anyio

ME = "/api/v1/me"
NOW = claims()["iat"]


@pytest.fixture
def forger(variant: str) -> Forger:
    return Forger(variant)


@pytest.fixture
async def service(forger: Forger, variant: str, serve: Serve) -> AsyncIterator[httpx.AsyncClient]:
    with publish(forger) as url:
        key = (
            {"better_auth_secret": SecretStr(SECRET)}
            if variant == "hs256"
            else {"hallpass_jwks_url": url}
        )
        async with serve(forger.settings.model_copy(update=key)) as client:
            yield client


async def test_a_token_as_hallpass_makes_it_is_taken(
    service: httpx.AsyncClient, forger: Forger
) -> None:
    answer = await service.get(ME, headers=bearer(forger.token(claims())))
    assert answer.json() == {"id": USER, "email": "ann@example.com"}


async def test_claims_that_nobody_knows_are_ignored(
    service: httpx.AsyncClient, forger: Forger
) -> None:
    token = forger.token(claims() | {"role": "admin", "nbf": NOW - 1})
    assert (await service.get(ME, headers=bearer(token))).status_code == 200


@pytest.mark.parametrize("missing", ["sub", "email", "iat", "exp", "iss"])
async def test_each_claim_is_required(
    service: httpx.AsyncClient, forger: Forger, missing: str
) -> None:
    payload = claims()
    del payload[missing]
    assert says(await service.get(ME, headers=bearer(forger.token(payload)))) == INVALID_TOKEN


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "https://api.example.com"},
        {"aud": []},
        {"aud": None},
        {"iss": "https://auth.example.com/"},
        {"iss": ["https://auth.example.com"]},
        {"sub": "ann"},
        {"sub": 1},
        {"email": None},
        {"iat": float(NOW)},
        {"iat": str(NOW)},
        {"iat": True},
        {"iat": -1, "exp": 3000},
        {"exp": NOW + 3600.5},
        {"exp": str(NOW + 3600)},
        {"exp": NOW + 9000},
        {"exp": NOW - 10},
        {"iat": NOW + 1800, "exp": NOW + 3600},
        {"nbf": NOW + 600},
        {"nbf": "soon"},
    ],
    ids=str,
)
async def test_a_claim_that_is_wrong_is_refused(
    service: httpx.AsyncClient, forger: Forger, changed: dict[str, Any]
) -> None:
    token = forger.token(claims() | changed)
    assert says(await service.get(ME, headers=bearer(token))) == INVALID_TOKEN


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "at+jwt"},
        {"typ": "jwt"},
        {"typ": None},
        {"crit": ["exp"], "exp": 1},
        {"b64": True},
        {"zip": "DEF"},
        {"cty": "JWT"},
    ],
    ids=str,
)
async def test_a_header_that_is_wrong_is_refused(
    service: httpx.AsyncClient, forger: Forger, header: dict[str, Any]
) -> None:
    token = forger.token(claims(), header)
    assert says(await service.get(ME, headers=bearer(token))) == INVALID_TOKEN


@pytest.mark.parametrize("payload", [[], 7, "text", None, "[" * 3000])
async def test_a_payload_that_is_no_object_is_refused(
    service: httpx.AsyncClient, forger: Forger, payload: Any
) -> None:
    token = forger.token(payload)
    assert says(await service.get(ME, headers=bearer(token))) == INVALID_TOKEN


async def test_more_than_eight_kibibytes_are_refused(
    service: httpx.AsyncClient, forger: Forger
) -> None:
    size = len(forger.token(claims() | {"note": ""}))
    fits = (8192 - size) // 4 * 3
    token = forger.token(claims() | {"note": "a" * fits})
    assert 8180 < len(token) <= 8192
    assert (await service.get(ME, headers=bearer(token))).status_code == 200
    token = forger.token(claims() | {"note": "a" * (fits + 12)})
    assert len(token) > 8192
    assert says(await service.get(ME, headers=bearer(token))) == INVALID_TOKEN


async def test_only_what_is_right_in_all_else_is_called_expired(
    service: httpx.AsyncClient, forger: Forger
) -> None:
    past = {"iat": NOW - 4000, "exp": NOW - 400}
    expired = claims() | past
    assert says(await service.get(ME, headers=bearer(forger.token(expired)))) == TOKEN_EXPIRED
    for wrong in ({"iss": "https://example.com"}, {"aud": "us"}, {"iat": NOW - 9000}):
        token = forger.token(expired | wrong)
        assert says(await service.get(ME, headers=bearer(token))) == INVALID_TOKEN


async def test_a_key_of_the_same_kind_that_is_not_published_is_refused(
    service: httpx.AsyncClient, variant: str
) -> None:
    stranger = Forger(variant, secret=f"{SECRET}.")
    assert says(await service.get(ME, headers=bearer(stranger.token(claims())))) == INVALID_TOKEN
