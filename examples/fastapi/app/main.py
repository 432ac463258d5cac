"""The whole service: `uvicorn --factory app.main:from_environment`."""

import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from sqlmodel import SQLModel, create_engine

from . import notes, settings
from .answers import answer_every_error, described
from .keys import Clock
from .security import ByPublicKeys, CurrentUser, SignedIn, set_up
from .settings import Settings


def from_environment() -> FastAPI:
    logging.basicConfig(level=logging.INFO, format="%(levelname)s: %(message)s")
    # One line for each fetch says too little and comes too often.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    return create_app(settings.load())


def create_app(settings: Settings, clock: Clock = time.time) -> FastAPI:
    """Tests move the clock by hand."""
    app = FastAPI(title="Notes", lifespan=_lifespan)
    set_up(app, settings, clock)
    app.state.engine = create_engine(settings.database_url)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.allowed_origins,
        allow_methods=["GET", "POST", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type"],
        expose_headers=["WWW-Authenticate", "Retry-After"],
    )
    app.middleware("http")(_for_this_user_alone)
    answer_every_error(app)
    app.include_router(notes.router)
    app.get("/api/v1/me", tags=["account"], responses=described(401, 503))(me)
    return app


def me(user: SignedIn) -> CurrentUser:
    """Whose token it is."""
    return user


async def _for_this_user_alone(
    request: Request, proceed: Callable[[Request], Awaitable[Response]]
) -> Response:
    response = await proceed(request)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    SQLModel.metadata.create_all(app.state.engine)
    if isinstance(app.state.verifier, ByPublicKeys):
        # So that a wrong setting is in the log before the first request.
        await app.state.verifier.keys.fetch()
    yield
    app.state.engine.dispose()
