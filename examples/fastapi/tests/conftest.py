import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from app.main import create_app
from app.settings import Settings
from tests.hallpass import SECRET, Hallpass


class Clock:
    """The time, which tests move by hand."""

    def __init__(self) -> None:
        self._offset = 0.0
        self._stands_at: float | None = None

    def __call__(self) -> float:
        return (self._stands_at or time.time()) + self._offset

    def advance(self, seconds: float) -> None:
        self._offset += seconds

    def stand_at(self, moment: float) -> None:
        """It goes on by `advance` alone: a slow machine makes no difference any more."""
        self._stands_at, self._offset = moment, 0.0


Serve = Callable[[Settings], AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither the environment nor a `.env` of whoever runs the tests is read."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def serve(tmp_path: Path, clock: Clock) -> Serve:
    """The service on a fresh database, as its own process would run it."""

    @asynccontextmanager
    async def start(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
        fresh = {"database_url": f"sqlite:///{tmp_path}/notes.db"}
        app = create_app(settings.model_copy(update=fresh), clock)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://service") as client,
        ):
            yield client

    return start


def settings_for(hallpass: Hallpass, variant: str) -> Settings:
    if variant == "hs256":
        return Settings(hallpass_issuer=hallpass.origin, better_auth_secret=SecretStr(SECRET))
    return Settings(hallpass_issuer=hallpass.origin)


@pytest.fixture(scope="session", params=["eddsa", "es256", "rs256", "hs256"])
def variant(request: pytest.FixtureRequest) -> str:
    """By what Hallpass signs: the last one is python-jose's, the others are PyJWT's."""
    return str(request.param)


@pytest.fixture(scope="session")
def hallpass(variant: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hallpass]:
    with Hallpass(tmp_path_factory.mktemp(variant), variant) as server:
        yield server


@pytest.fixture
async def service(
    hallpass: Hallpass, variant: str, serve: Serve
) -> AsyncIterator[httpx.AsyncClient]:
    async with serve(settings_for(hallpass, variant)) as client:
        yield client
