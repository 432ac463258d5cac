"""What the environment says, or the file `.env`. All faults are told at once."""

import logging
import sys
from pathlib import Path
from typing import NoReturn, Self
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}

# Where `make run` keeps the secret of Hallpass, in this repository.
SECRET_OF_MAKE_RUN = Path(__file__).resolve().parent / "../../../hallpass-data/secret"

log = logging.getLogger(__name__)


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", validate_default=False
    )

    hallpass_issuer: str = "http://localhost:8000"
    hallpass_jwks_url: str | None = None
    better_auth_secret: SecretStr | None = None
    better_auth_secret_file: Path | None = None
    cors_origins: str = "http://localhost:3000"
    database_url: str = "sqlite:///notes.db"

    @property
    def jwks_url(self) -> str:
        return self.hallpass_jwks_url or f"{self.hallpass_issuer}/.well-known/jwks.json"

    @property
    def allowed_origins(self) -> list[str]:
        return [origin.strip() for origin in self.cors_origins.split(",") if origin.strip()]

    @field_validator("hallpass_issuer")
    @classmethod
    def _is_an_origin(cls, value: str) -> str:
        """It is compared with `iss` byte for byte: a slash at its end would refuse everybody."""
        url = urlsplit(value)
        if (
            url.scheme not in {"http", "https"}
            or value != f"{url.scheme}://{url.netloc}"
            or not url.hostname
        ):
            raise ValueError("must be an origin such as https://auth.example.com, without a path")
        return value

    @field_validator("hallpass_jwks_url")
    @classmethod
    def _is_safe_to_fetch(cls, value: str) -> str:
        """Who can change the keys on their way can be anybody."""
        url = urlsplit(value)
        is_safe = url.scheme == "https" or (url.scheme == "http" and url.hostname in THIS_MACHINE)
        if is_safe and url.hostname:
            return value
        raise ValueError("must begin with https:// (http:// only to this machine)")

    @field_validator("better_auth_secret")
    @classmethod
    def _is_long_enough(cls, value: SecretStr) -> SecretStr:
        size = len(value.get_secret_value().encode())
        if size < 32:
            raise ValueError(
                f"has {size} bytes and needs 32 or more: take the very value that Hallpass has "
                "(`hallpass secret` prints a good one)"
            )
        return value

    @field_validator("database_url")
    @classmethod
    def _is_sqlalchemys(cls, value: str) -> str:
        """Hallpass spells its own in another way, so that is what one tries first."""
        try:
            url = make_url(value)
            url.get_dialect()().create_connect_args(url)
        except ArgumentError:
            raise ValueError("must be a URL as SQLAlchemy spells it: sqlite:///notes.db") from None
        return value

    @field_validator("cors_origins")
    @classmethod
    def _are_exact(cls, value: str) -> str:
        if "*" in value:
            raise ValueError("lists exact origins, separated by commas; * is not one")
        return value

    @model_validator(mode="after")
    def _one_way_to_verify(self) -> Self:
        if self.better_auth_secret and self.hallpass_jwks_url:
            raise ValueError(
                "BETTER_AUTH_SECRET and HALLPASS_JWKS_URL are both set: remove the secret if "
                "Hallpass runs with HALLPASS_SIGNING=eddsa, es256 or rs256, otherwise the URL"
            )
        return self


def load() -> Settings:
    """The settings; or the end of the process, with every fault of theirs."""
    try:
        return _with_secret_of_file(Settings())
    except ValidationError as error:
        faults = error.errors()
        one = len(faults) == 1
        head = "1 setting breaks its rule" if one else f"{len(faults)} settings break their rules"
        lines = [" ".join([*(str(at).upper() for at in it["loc"]), _message(it)]) for it in faults]
        print(f"error: {head}", *lines, sep="\n  ", file=sys.stderr)
        sys.exit(2)


def _with_secret_of_file(settings: Settings) -> Settings:
    """The secret may stand in a file; without any setting in that of `make run`, if it is there."""
    if settings.better_auth_secret or settings.hallpass_jwks_url:
        return settings
    file = settings.better_auth_secret_file
    if file is None and not SECRET_OF_MAKE_RUN.exists():
        return settings
    file = file or SECRET_OF_MAKE_RUN
    try:
        secret = file.read_text().strip()
    except (OSError, UnicodeError) as error:
        _end(f"BETTER_AUTH_SECRET_FILE: {file} cannot be read ({type(error).__name__})")
    if len(secret.encode()) < 32:
        _end(f"BETTER_AUTH_SECRET_FILE: {file} holds fewer than 32 bytes; name Hallpass's own")
    log.info("tokens are verified by the secret in %s; set HALLPASS_JWKS_URL to go by keys", file)
    return Settings(better_auth_secret=SecretStr(secret))


def _end(fault: str) -> NoReturn:
    print("error: 1 setting breaks its rule", fault, sep="\n  ", file=sys.stderr)
    sys.exit(2)


def _message(fault: ErrorDetails) -> str:
    return fault["msg"].removeprefix("Value error, ")
