"""What went wrong, in the form in which Hallpass itself says it."""

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException

log = logging.getLogger(__name__)


class Fault(BaseModel):
    """The body of every error."""

    detail: str | list[dict[str, Any]]  # a sentence that is safe to show, or all broken rules
    code: str


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What the page /docs says of them."""
    return {status: {"model": Fault} for status in statuses}


class Problem(Exception):
    """Why a request was not done: the whole answer."""

    def __init__(
        self, status: int, code: str, detail: Any, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.detail, self.headers = status, code, detail, headers

    def response(self) -> JSONResponse:
        body = {"detail": self.detail, "code": self.code}
        return JSONResponse(body, self.status, self.headers)


def authentication_required() -> Problem:
    # RFC 6750, section 3.1: no error where no token was sent.
    challenge = {"WWW-Authenticate": "Bearer"}
    return Problem(401, "authentication_required", "Authentication required", challenge)


def invalid_token() -> Problem:
    return _refused_token("invalid_token", "Could not validate credentials")


def token_expired() -> Problem:
    return _refused_token("token_expired", "Token expired. Please sign in again.")


def _refused_token(code: str, detail: str) -> Problem:
    return Problem(401, code, detail, {"WWW-Authenticate": 'Bearer error="invalid_token"'})


def malformed_json() -> Problem:
    return Problem(400, "malformed_json", "The request body is not valid JSON.")


def access_denied() -> Problem:
    return Problem(403, "access_denied", "Access denied")


def not_found() -> Problem:
    return Problem(404, "not_found", "Not found")


def keys_unavailable() -> Problem:
    detail = "Tokens cannot be verified at the moment. Please try again; our log says why."
    return Problem(503, "keys_unavailable", detail, {"Retry-After": "5"})


def database_unavailable() -> Problem:
    detail = "The service is temporarily unavailable. Please try again in a moment."
    return Problem(503, "database_unavailable", detail, {"Retry-After": "5"})


def answer_every_error(app: FastAPI) -> None:
    @app.exception_handler(Problem)
    async def _problem(_: Request, problem: Problem) -> JSONResponse:
        return problem.response()

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        faults = [{key: fault[key] for key in ("loc", "msg", "type")} for fault in error.errors()]
        if any(fault["type"] == "json_invalid" for fault in faults):
            return malformed_json().response()
        return Problem(422, "validation_failed", faults).response()

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> JSONResponse:
        """What FastAPI itself refuses: an unknown route, a wrong method, a body that is no text."""
        if error.status_code == 400:
            return malformed_json().response()
        phrase = HTTPStatus(error.status_code).phrase
        detail = phrase.capitalize() if error.detail == phrase else error.detail
        code = phrase.lower().replace(" ", "_")
        return Problem(error.status_code, code, detail, dict(error.headers or {})).response()

    @app.exception_handler(OperationalError)
    async def _database(_: Request, error: OperationalError) -> JSONResponse:
        # What a database says is for our log alone.
        log.error("the database failed: %s", error.orig)
        return database_unavailable().response()

    @app.exception_handler(StaleDataError)
    async def _gone(_: Request, __: StaleDataError) -> JSONResponse:
        # Somebody deleted the row after we had read it.
        return not_found().response()

    @app.exception_handler(Exception)
    async def _fault(_: Request, __: Exception) -> JSONResponse:
        # The traceback is logged by the server.
        return Problem(500, "internal_error", "Something went wrong on our side.").response()
