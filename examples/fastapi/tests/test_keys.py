"""The published keys: how they come, change, stay away and come back."""

import asyncio
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from jwt.algorithms import RSAAlgorithm
from pydantic import SecretStr

from app.settings import Settings
from tests.answers import INVALID_TOKEN, bearer, says
from tests.conftest import Clock, Serve, settings_for
from tests.forger import Forger, claims, encoded, publish
from tests.hallpass import Hallpass

pytestmark = pytest.mark.anyio

ME = "/api/v1/me"
SMALL = 1024  # bits
KEYS_UNAVAILABLE = {
    "detail": "Tokens cannot be verified at the moment. Please try again; our log says why.",
    "code": "keys_unavailable",
}


def is_unavailable(answer: httpx.Response) -> bool:
    expected = (503, KEYS_UNAVAILABLE, "5")
    return (answer.status_code, answer.json(), answer.headers.get("retry-after")) == expected


async def test_the_keys_are_fetched_at_the_start_and_kept_for_five_minutes(
    tmp_path: Path, serve: Serve, clock: Clock
) -> None:
    with Hallpass(tmp_path, "eddsa") as hallpass:
        async with serve(settings_for(hallpass, "eddsa")) as service:
            assert hallpass.fetches() == 1
            token, _ = hallpass.register()
            for _ in range(3):
                assert (await service.get(ME, headers=bearer(token))).status_code == 200
            assert hallpass.fetches() == 1
            clock.advance(200)
            assert (await service.get(ME, headers=bearer(token))).status_code == 200
            assert hallpass.fetches() == 1
            clock.advance(110)
            assert (await service.get(ME, headers=bearer(token))).status_code == 200
            assert hallpass.fetches() == 2


async def test_a_key_that_takes_over_is_fetched(tmp_path: Path, serve: Serve, clock: Clock) -> None:
    with Hallpass(tmp_path, "eddsa", manual_clock=True) as hallpass:
        async with serve(settings_for(hallpass, "eddsa")) as service:
            of_before, _ = hallpass.register()
            hallpass.rotate_keys()
            hallpass.advance(61)
            clock.advance(61)
            of_after, _ = hallpass.register()
            assert of_before.split(".")[0] != of_after.split(".")[0]
            assert (await service.get(ME, headers=bearer(of_after))).status_code == 200
            assert (await service.get(ME, headers=bearer(of_before))).status_code == 200
            assert hallpass.fetches() == 2


async def test_unknown_keys_are_asked_for_once_a_minute_however_many_are_named(
    tmp_path: Path, serve: Serve, clock: Clock
) -> None:
    async def flood(service: httpx.AsyncClient) -> None:
        tokens = [
            f"{encoded({'alg': 'EdDSA', 'typ': 'JWT', 'kid': f'unknown{i}'})}.e30.e30"
            for i in range(50)
        ]
        answers = await asyncio.gather(*(service.get(ME, headers=bearer(it)) for it in tokens))
        assert [says(answer) for answer in answers] == [INVALID_TOKEN] * len(tokens)

    with Hallpass(tmp_path, "eddsa") as hallpass:
        async with serve(settings_for(hallpass, "eddsa")) as service:
            for minutes in range(3):
                await flood(service)
                assert hallpass.fetches() == 1 + minutes
                clock.advance(61)


async def test_while_hallpass_was_never_there_nobody_is_let_in(
    tmp_path: Path, serve: Serve, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    hallpass = Hallpass(tmp_path, "eddsa")
    with hallpass:
        token, _ = hallpass.register()
    async with serve(settings_for(hallpass, "eddsa")) as service:
        assert f"no keys from {hallpass.jwks_url}" in caplog.text
        assert is_unavailable(await service.get(ME, headers=bearer(token)))
        with hallpass:
            clock.advance(6)
            assert (await service.get(ME, headers=bearer(token))).status_code == 200


async def test_known_keys_outlive_an_absence_of_hallpass_by_an_hour(
    tmp_path: Path, serve: Serve, clock: Clock
) -> None:
    with Hallpass(tmp_path, "eddsa", manual_clock=True) as hallpass:
        # So that its token is still alive after the hour.
        clock.advance(-1800)
        async with serve(settings_for(hallpass, "eddsa")) as service:
            clock.advance(1800)
            token, _ = hallpass.register()
            hallpass.stop()
            clock.advance(1700)
            assert (await service.get(ME, headers=bearer(token))).status_code == 200
            clock.advance(200)
            assert is_unavailable(await service.get(ME, headers=bearer(token)))
            hallpass.start()
            clock.advance(6)
            assert (await service.get(ME, headers=bearer(token))).status_code == 200


async def test_an_absent_hallpass_is_not_asked_by_each_request(
    serve: Serve, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    token = f"{encoded({'alg': 'EdDSA', 'typ': 'JWT', 'kid': 'a'})}.e30.e30"
    clock.stand_at(clock())
    nowhere = Settings(hallpass_jwks_url="http://127.0.0.1:1/jwks.json")
    async with serve(nowhere) as service:
        for _ in range(2):
            caplog.clear()
            clock.advance(6)
            requests = (service.get(ME, headers=bearer(token)) for _ in range(20))
            answers = await asyncio.gather(*requests)
            assert all(is_unavailable(answer) for answer in answers)
            assert caplog.text.count("no keys from") == 1


async def test_who_signs_by_secret_publishes_no_keys_and_the_log_says_what_to_do(
    tmp_path: Path, serve: Serve, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    with Hallpass(tmp_path, "hs256") as hallpass:
        async with serve(settings_for(hallpass, "eddsa")) as service:
            assert "HALLPASS_SIGNING=eddsa, or set BETTER_AUTH_SECRET" in caplog.text
            token, _ = hallpass.register()
            for _ in range(3):
                assert is_unavailable(await service.get(ME, headers=bearer(token)))
                clock.advance(60)
            assert caplog.text.count("publishes no keys") == 1


async def test_unfitting_settings_are_logged_once(
    tmp_path: Path, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    with Hallpass(tmp_path, "hs256") as hallpass:
        token, _ = hallpass.register()
        of_another = SecretStr("the secret of another Hallpass, quite long")
        fitting = settings_for(hallpass, "hs256")
        changes: list[tuple[dict[str, object], str]] = [
            ({"hallpass_issuer": "https://auth.example.com"}, "HALLPASS_ISSUER must be"),
            ({"better_auth_secret": of_another}, "of another Hallpass"),
        ]
        for change, hint in changes:
            caplog.clear()
            async with serve(fitting.model_copy(update=change)) as service:
                for _ in range(5):
                    assert says(await service.get(ME, headers=bearer(token))) == INVALID_TOKEN
            assert caplog.text.count(hint) == 1


async def test_small_rsa_key_is_unavailable(serve: Serve) -> None:
    forger = Forger("eddsa")
    token = forger.token(claims())
    small = RSAAlgorithm.to_jwk(generate_private_key(65537, SMALL).public_key(), as_dict=True)
    forger.published = [*forger.published, {**small, "kid": "small"}]
    with publish(forger) as url:
        async with serve(forger.settings.model_copy(update={"hallpass_jwks_url": url})) as service:
            assert is_unavailable(await service.get(ME, headers=bearer(token)))


async def test_a_token_of_a_key_is_refused_by_secret_and_the_log_says_what_to_do(
    tmp_path: Path, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    with Hallpass(tmp_path, "eddsa") as hallpass:
        async with serve(settings_for(hallpass, "hs256")) as service:
            token, _ = hallpass.register()
            assert says(await service.get(ME, headers=bearer(token))) == INVALID_TOKEN
            assert "its algorithm is 'EdDSA', and BETTER_AUTH_SECRET is for HS256" in caplog.text
            assert token not in caplog.text


async def test_a_token_without_a_key_is_refused_by_keys(serve: Serve) -> None:
    forger = Forger("eddsa")
    with publish(forger) as url:
        async with serve(forger.settings.model_copy(update={"hallpass_jwks_url": url})) as service:
            by_secret = Forger("hs256").token(claims())
            assert says(await service.get(ME, headers=bearer(by_secret))) == INVALID_TOKEN
            assert (
                await service.get(ME, headers=bearer(forger.token(claims())))
            ).status_code == 200


@pytest.mark.parametrize(
    "published",
    [
        [{"kty": "oct", "k": "c2VjcmV0", "kid": "ours", "alg": "HS256"}],
        [{"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "ours"}],
        [{"kty": "OKP", "crv": "Ed25519", "x": "broken", "kid": "ours"}],
        [{"kty": "OKP"}],
        "keys",
    ],
    ids=["a secret", "another kind", "a broken key", "half a key", "no list"],
)
async def test_what_are_no_keys_of_hallpass_lets_nobody_in(serve: Serve, published: object) -> None:
    forger = Forger("eddsa")
    token = forger.token(claims())
    forger.published = published  # type: ignore[assignment]
    with publish(forger) as url:
        async with serve(forger.settings.model_copy(update={"hallpass_jwks_url": url})) as service:
            assert is_unavailable(await service.get(ME, headers=bearer(token)))


@pytest.mark.parametrize("status", [302, 307, 404, 500])
async def test_keys_in_an_error_or_behind_a_redirect_are_not_taken(
    serve: Serve, status: int
) -> None:
    forger = Forger("eddsa")
    forger.status = status
    with publish(forger) as url:
        async with serve(forger.settings.model_copy(update={"hallpass_jwks_url": url})) as service:
            token = forger.token(claims())
            assert is_unavailable(await service.get(ME, headers=bearer(token)))
