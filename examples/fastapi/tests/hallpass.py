"""The real Hallpass, as it was built, on a fresh database."""

import os
import subprocess
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import httpx
import pytest

from tests.programs import Program, free_port

SECRET = "a secret of the tests, of thirty-two bytes and more"
PASSWORD = "three unrelated words"

REPOSITORY = Path(__file__).parents[3]
BUILT = REPOSITORY / os.environ.get("CARGO_TARGET_DIR", "target") / "debug"


def binary(name: str) -> str:
    path = BUILT / name
    if not path.exists():
        pytest.exit(f"{path} is missing: scripts/test-fastapi builds it", returncode=2)
    return str(path)


class Hallpass:
    """One folder, one port; started and stopped as often as a test wants."""

    def __init__(self, folder: Path, signing: str, *, manual_clock: bool = False) -> None:
        self._folder, self._signing = folder, signing
        self._name = "hallpass-test-clock" if manual_clock else "hallpass"
        self._port = 0
        self._program: Program | None = None
        self._people = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def origin(self) -> str:
        return f"http://localhost:{self._port}"

    @property
    def jwks_url(self) -> str:
        return f"{self.origin}/.well-known/jwks.json"

    def start(self) -> None:
        """On a free port, and when there was one before, on that again."""
        again = self._port
        for tries_left in reversed(range(5)):
            self._port = again or free_port()
            program = Program([binary(self._name), "serve"], self._environment(), self._folder)
            self._program = program
            try:
                program.line('"listening"')
                return
            except AssertionError:
                self.stop()
                # Somebody may take the port between our look and its start.
                if again or not tries_left or "cannot listen on" not in program.log:
                    raise

    def stop(self) -> None:
        if self._program:
            self._program.stop()
        self._program = None

    def advance(self, seconds: int) -> None:
        assert self._program
        self._program.ask(f"advance {seconds}", "^clock ")

    def register(self) -> tuple[str, str]:
        """A new account: its token and its id."""
        self._people += 1
        account = {"email": f"ann{self._people}@example.com", "password": PASSWORD}
        answer = httpx.post(f"{self.origin}/api/v1/auth/register", json=account)
        assert answer.status_code == 201, answer.text
        session = answer.json()
        return session["access_token"], session["user"]["id"]

    def published_keys(self) -> list[dict[str, Any]]:
        keys: list[dict[str, Any]] = httpx.get(self.jwks_url).json()["keys"]
        return keys

    def fetches(self) -> int:
        """How often the keys were asked for, by its own log."""
        assert self._program
        # Once this request is in the log, those before it are.
        last = uuid4().hex
        httpx.get(f"{self.origin}/healthz", headers={"X-Request-Id": last})
        self._program.line(last)
        return self._program.log.count('"route":"/.well-known/jwks.json"')

    def rotate_keys(self) -> None:
        """As an operator does in a hurry, beside the running server."""
        command = [binary("hallpass"), "keys", "rotate", "--after", "0"]
        subprocess.run(
            command, env=self._environment(), cwd=self._folder, check=True, capture_output=True
        )

    def _environment(self) -> dict[str, str]:
        return {
            "BETTER_AUTH_SECRET": SECRET,
            "BETTER_AUTH_URL": self.origin,
            "HALLPASS_DATA_DIR": str(self._folder / "data"),
            "HALLPASS_LOG": "json",
            "HALLPASS_RATE_LIMIT": "off",
            "HALLPASS_SIGNING": self._signing,
            "PORT": str(self._port),
        }
