"""Tokens of the real Hallpass, and what becomes of them on the way."""

import base64
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt import PyJWK

from tests.answers import (
    AUTHENTICATION_REQUIRED,
    INVALID_TOKEN,
    TOKEN_EXPIRED,
    bearer,
    says,
)
from tests.conftest import Clock, Serve, settings_for
from tests.forger import decoded, encoded, signed
from tests.hallpass import Hallpass

pytestmark = pytest.mark.anyio

ME = "/api/v1/me"


async def test_a_token_names_its_user(service: httpx.AsyncClient, hallpass: Hallpass) -> None:
    token, user_id = hallpass.register()
    answer = await service.get(ME, headers=bearer(token))
    assert answer.status_code == 200
    assert answer.json()["id"] == user_id
    assert answer.headers["cache-control"] == "no-store"


async def test_the_scheme_is_taken_in_any_case(
    service: httpx.AsyncClient, hallpass: Hallpass
) -> None:
    token, _ = hallpass.register()
    answer = await service.get(ME, headers={"Authorization": f"bEARER {token}"})
    assert answer.status_code == 200


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic YTpi"}, {"Authorization": ""}])
async def test_without_a_token_one_is_asked_for(
    service: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    assert says(await service.get(ME, headers=headers)) == AUTHENTICATION_REQUIRED


@pytest.mark.parametrize(
    "token",
    ["", "a", "a.b", "a.b.c", "...", "a b.c.d", "e30.e30.e30", "\N{LATIN SMALL LETTER E}.é.e"],
)
async def test_what_is_no_token_is_refused(service: httpx.AsyncClient, token: str) -> None:
    header = f"Bearer {token}".encode("latin-1")
    answer = await service.get(ME, headers=[(b"authorization", header)])
    assert says(answer) == INVALID_TOKEN


async def test_json_that_is_nested_without_end_is_refused(service: httpx.AsyncClient) -> None:
    deep = base64.urlsafe_b64encode(b"[" * 5000).rstrip(b"=").decode()
    assert says(await service.get(ME, headers=bearer(f"{deep}.e30.e30"))) == INVALID_TOKEN


async def test_two_headers_are_refused_though_both_are_good(
    service: httpx.AsyncClient, hallpass: Hallpass
) -> None:
    token, _ = hallpass.register()
    twice = [("Authorization", f"Bearer {token}")] * 2
    assert says(await service.get(ME, headers=twice)) == INVALID_TOKEN


async def test_a_changed_payload_is_refused(service: httpx.AsyncClient, hallpass: Hallpass) -> None:
    token, _ = hallpass.register()
    _, somebody_else = hallpass.register()
    header, payload, signature = token.split(".")
    changed = encoded(decoded(payload) | {"sub": somebody_else})
    answer = await service.get(ME, headers=bearer(f"{header}.{changed}.{signature}"))
    assert says(answer) == INVALID_TOKEN


@pytest.mark.parametrize("place", [0, 10, 20, 40])
async def test_a_changed_signature_is_refused(
    service: httpx.AsyncClient, hallpass: Hallpass, place: int
) -> None:
    token, _ = hallpass.register()
    rest, _, signature = token.rpartition(".")
    other = "A" if signature[place] != "A" else "B"
    changed = signature[:place] + other + signature[place + 1 :]
    assert says(await service.get(ME, headers=bearer(f"{rest}.{changed}"))) == INVALID_TOKEN


@pytest.mark.parametrize("signature", ["", "AAAA"])
@pytest.mark.parametrize("algorithm", ["none", "None", "NONE"])
async def test_a_token_without_signature_is_refused(
    service: httpx.AsyncClient, hallpass: Hallpass, algorithm: str, signature: str
) -> None:
    token, _ = hallpass.register()
    header, payload, _ = token.split(".")
    unsigned = encoded(decoded(header) | {"alg": algorithm})
    answer = await service.get(ME, headers=bearer(f"{unsigned}.{payload}.{signature}"))
    assert says(answer) == INVALID_TOKEN


async def test_a_second_spelling_of_a_token_is_refused(
    service: httpx.AsyncClient, hallpass: Hallpass
) -> None:
    token, _ = hallpass.register()
    for other in (f"{token}=", f"{token[:-3]}!{token[-3:]}", f"{token}.", f"{token}A"):
        assert says(await service.get(ME, headers=bearer(other))) == INVALID_TOKEN


async def test_a_token_dies_in_the_second_that_it_names(
    service: httpx.AsyncClient, hallpass: Hallpass, clock: Clock
) -> None:
    token, _ = hallpass.register()
    exp = decoded(token.split(".")[1])["exp"]
    assert isinstance(exp, int)

    clock.stand_at(exp - 1)
    assert (await service.get(ME, headers=bearer(token))).status_code == 200
    clock.stand_at(exp)
    assert says(await service.get(ME, headers=bearer(token))) == TOKEN_EXPIRED


async def test_what_is_expired_and_tampered_is_not_called_expired(
    service: httpx.AsyncClient, hallpass: Hallpass, clock: Clock
) -> None:
    token, _ = hallpass.register()
    clock.advance(3601)
    header, payload, signature = token.split(".")
    changed = encoded(decoded(payload) | {"email": "bob@example.com"})
    answer = await service.get(ME, headers=bearer(f"{header}.{changed}.{signature}"))
    assert says(answer) == INVALID_TOKEN


async def test_a_token_of_another_issuer_is_refused(
    hallpass: Hallpass, variant: str, serve: Serve
) -> None:
    token, _ = hallpass.register()
    settings = settings_for(hallpass, variant)
    elsewhere = {
        "hallpass_issuer": "https://auth.example.com",
        # The same keys: it is the name alone that differs.
        "hallpass_jwks_url": hallpass.jwks_url,
    }
    async with serve(settings.model_copy(update=elsewhere)) as service:
        assert says(await service.get(ME, headers=bearer(token))) == INVALID_TOKEN


async def test_an_issuer_whose_clock_is_ahead_is_believed_for_five_seconds(
    tmp_path: Path, variant: str, serve: Serve, clock: Clock
) -> None:
    with Hallpass(tmp_path, variant, manual_clock=True) as ahead:
        async with serve(settings_for(ahead, variant)) as service:
            ahead.advance(60)
            token, _ = ahead.register()
            iat = decoded(token.split(".")[1])["iat"]
            assert isinstance(iat, int)
            clock.stand_at(iat - 6)
            assert says(await service.get(ME, headers=bearer(token))) == INVALID_TOKEN
            clock.stand_at(iat - 5)
            assert (await service.get(ME, headers=bearer(token))).status_code == 200


def pem(key: dict[str, Any]) -> bytes:
    public = PyJWK(key).key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    assert isinstance(public, bytes)
    return public


async def test_a_public_key_is_no_secret(hallpass: Hallpass, serve: Serve, variant: str) -> None:
    """Algorithm confusion: what everybody can fetch, taken for the key of HS256."""
    if variant == "hs256":
        assert hallpass.published_keys() == []
        return
    (key,) = hallpass.published_keys()
    _, user_id = hallpass.register()
    token, _ = hallpass.register()
    claims = decoded(token.split(".")[1]) | {"sub": user_id}
    header = {"alg": "HS256", "typ": "JWT", "kid": key["kid"]}
    number = key.get("x") or key["n"]
    async with serve(settings_for(hallpass, variant)) as service:
        for secret in (
            number.encode(),
            base64.urlsafe_b64decode(number + "=="),
            json.dumps(key).encode(),
            pem(key),
        ):
            forged = signed(header, claims, secret)
            assert says(await service.get(ME, headers=bearer(forged))) == INVALID_TOKEN
