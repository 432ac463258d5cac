"""The service as its own process, started as the README says."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from app import settings
from tests.answers import bearer
from tests.hallpass import SECRET, Hallpass
from tests.programs import Program

EXAMPLE = Path(__file__).parents[1]


@contextmanager
def started(folder: Path, **environment: str) -> Iterator[Program]:
    uvicorn = [sys.executable, "-m", "uvicorn", "--factory", "app.main:from_environment"]
    program = Program(
        [*uvicorn, "--app-dir", str(EXAMPLE), "--port", "0"],
        {name.upper(): value for name, value in environment.items()},
        folder,
    )
    try:
        yield program
    finally:
        program.stop()


def origin_of(program: Program) -> str:
    return program.line(r"running on (http://\S+)")[1]


def test_it_starts_and_knows_a_user(hallpass: Hallpass, variant: str, tmp_path: Path) -> None:
    if variant == "hs256":
        verify_by = {"better_auth_secret": SECRET}
    else:
        verify_by = {"hallpass_jwks_url": hallpass.jwks_url}
    token, user_id = hallpass.register()
    with started(tmp_path, hallpass_issuer=hallpass.origin, **verify_by) as program:
        notes = f"{origin_of(program)}/api/v1/users/{user_id}/notes"
        made = httpx.post(notes, json={"title": "Real"}, headers=bearer(token))
        assert made.status_code == 201, program.log
        refused = httpx.get(notes, headers=bearer(f"{token}A"))
        assert refused.status_code == 401
        program.line("a token was refused: ")
        assert token not in program.log
    assert (tmp_path / "notes.db").exists()


def test_settings_are_read_from_a_file_too(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("HALLPASS_ISSUER=auth.example.com\n# A comment\nOTHER=1\n")
    with started(tmp_path) as program:
        assert program.exit_code() == 2
        assert "HALLPASS_ISSUER must be an origin" in program.log


def test_all_faults_of_the_settings_are_told_at_once(tmp_path: Path) -> None:
    wrong = {
        "hallpass_issuer": "https://auth.example.com/",
        "hallpass_jwks_url": "http://auth.example.com/.well-known/jwks.json",
        "better_auth_secret": "short",
        "cors_origins": "*",
    }
    with started(tmp_path, **wrong) as program:
        assert program.exit_code() == 2
        assert program.log == (
            "error: 4 settings break their rules\n"
            "  HALLPASS_ISSUER must be an origin such as https://auth.example.com, without a path\n"
            "  HALLPASS_JWKS_URL must begin with https:// (http:// only to this machine)\n"
            "  BETTER_AUTH_SECRET has 5 bytes and needs 32 or more: take the very value that "
            "Hallpass has (`hallpass secret` prints a good one)\n"
            "  CORS_ORIGINS lists exact origins, separated by commas; * is not one\n"
        )


def test_secret_file_verifies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    monkeypatch.setattr(settings, "SECRET_OF_MAKE_RUN", file)
    loaded = settings.load()
    assert loaded.better_auth_secret
    assert loaded.better_auth_secret.get_secret_value() == SECRET
    monkeypatch.setenv("HALLPASS_JWKS_URL", "https://auth.example.com/.well-known/jwks.json")
    assert settings.load().better_auth_secret is None
    monkeypatch.delenv("HALLPASS_JWKS_URL")
    monkeypatch.setattr(settings, "SECRET_OF_MAKE_RUN", tmp_path / "missing")
    assert settings.load().better_auth_secret is None
    monkeypatch.setenv("BETTER_AUTH_SECRET_FILE", str(file))
    assert settings.load().better_auth_secret


def test_unusable_secret_file_ends_program(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "short").write_text("short")
    for name, fault in {"empty": "fewer than 32", "short": "fewer than 32", "none": "read"}.items():
        with started(tmp_path, better_auth_secret_file=str(tmp_path / name)) as program:
            assert program.exit_code() == 2
            assert "BETTER_AUTH_SECRET_FILE" in program.log
            assert fault in program.log


def test_two_ways_to_verify_are_one_too_many(tmp_path: Path) -> None:
    url = "https://auth.example.com/.well-known/jwks.json"
    with started(tmp_path, hallpass_jwks_url=url, better_auth_secret=SECRET) as program:
        assert program.exit_code() == 2
        assert program.log == (
            "error: 1 setting breaks its rule\n"
            "  BETTER_AUTH_SECRET and HALLPASS_JWKS_URL are both set: remove the secret if "
            "Hallpass runs with HALLPASS_SIGNING=eddsa, es256 or rs256, otherwise the URL\n"
        )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgres://localhost/notes"),
        ("DATABASE_URL", "sqlite://notes.db"),
        ("DATABASE_URL", "notes.db"),
        ("HALLPASS_JWKS_URL", "https://"),
        ("HALLPASS_JWKS_URL", "ftp://localhost/jwks.json"),
        ("HALLPASS_ISSUER", "localhost:8000"),
        ("HALLPASS_ISSUER", "https://"),
    ],
)
def test_a_url_that_is_none_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as end:
        settings.load()
    assert end.value.code == 2
    assert capsys.readouterr().err.startswith(f"error: 1 setting breaks its rule\n  {name} must ")
