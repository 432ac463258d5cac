"""The five stories, by the client that openapi-python-client generates."""

import importlib
import pkgutil
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

import hallpass_client
from hallpass_client import AuthenticatedClient, Client
from hallpass_client.api.authentication import me, register, signin, signout
from hallpass_client.api.better_auth import better_auth_sign_in, better_auth_sign_out
from hallpass_client.api.users import show, update
from hallpass_client.models import (
    BetterAuthSignIn,
    BetterAuthSignInAnswer,
    ErrorBody,
    MessageResponse,
    RegisterRequest,
    SigninRequest,
    TokenResponse,
    UpdateUserRequest,
    UserResponse,
    ValidationErrorBody,
)
from tests.hallpass import PASSWORD, Hallpass

EMAIL = "用户@例子.广告"


class Clients:
    """Clients of one server, closed after the test."""

    def __init__(self, origin: str, closing: ExitStack) -> None:
        self._origin, self._closing = origin, closing

    def anonymous(self) -> Client:
        client = Client(
            base_url=self._origin,
            headers={"Origin": self._origin},
            raise_on_unexpected_status=True,
        )
        return self._closing.enter_context(client)

    def signed_in(self, token: str) -> AuthenticatedClient:
        client = AuthenticatedClient(
            base_url=self._origin,
            token=token,
            headers={"Origin": self._origin},
            raise_on_unexpected_status=True,
        )
        return self._closing.enter_context(client)

    def register(self, email: str, name: str | None = None) -> TokenResponse:
        body = RegisterRequest(email=email, password=PASSWORD, name=name)
        session = register.sync(client=self.anonymous(), body=body)
        assert isinstance(session, TokenResponse), session
        return session


@pytest.fixture
def clients(hallpass: Hallpass) -> Iterator[Clients]:
    with ExitStack() as closing:
        yield Clients(hallpass.origin, closing)


def code_of(answer: object) -> str:
    assert isinstance(answer, ErrorBody), answer
    return answer.code


def test_every_module_can_be_imported() -> None:
    found = list(pkgutil.walk_packages(hallpass_client.__path__, "hallpass_client."))
    assert len(found) > 50
    for module in found:
        importlib.import_module(module.name)


def test_client_completes_five_stories(hallpass: Hallpass, clients: Clients) -> None:
    owner, stranger = clients.register(EMAIL, "用户"), clients.register("b@example.com")
    assert owner.user.email == EMAIL
    assert stranger.user.name is None
    taken = RegisterRequest(email=EMAIL, password=PASSWORD)
    answer = register.sync(client=clients.anonymous(), body=taken)
    assert code_of(answer) == "registration_refused"

    wrong = SigninRequest(email=EMAIL, password="three other words")
    assert code_of(signin.sync(client=clients.anonymous(), body=wrong)) == "invalid_credentials"
    credentials = SigninRequest(email=EMAIL, password=PASSWORD)
    session = signin.sync(client=clients.anonymous(), body=credentials)
    assert isinstance(session, TokenResponse)
    assert (session.token_type, session.expires_in) == ("bearer", 3600)

    bearer = clients.signed_in(session.access_token)
    assert me.sync(client=bearer) == session.user
    assert show.sync(session.user.id, client=bearer) == session.user
    renamed = update.sync(session.user.id, client=bearer, body=UpdateUserRequest(name=None))
    assert isinstance(renamed, UserResponse)
    assert renamed.name is None
    foreign = show.sync_detailed(stranger.user.id, client=bearer)
    assert foreign.status_code == 403
    assert code_of(foreign.parsed) == "access_denied"

    hallpass.advance(3600)
    expired = me.sync_detailed(client=bearer)
    assert expired.status_code == 401
    assert code_of(expired.parsed) == "token_expired"

    again = signin.sync(client=clients.anonymous(), body=credentials)
    assert isinstance(again, TokenResponse)
    assert isinstance(signout.sync(client=clients.signed_in(again.access_token)), MessageResponse)
    refused = clients.anonymous().get_httpx_client().get("/api/v1/auth/me")
    assert refused.json()["code"] == "authentication_required"


def test_faults_of_a_form_are_read(clients: Clients) -> None:
    body = RegisterRequest(email="ann\u200b@example.com", password="12345678")
    answer = register.sync(client=clients.anonymous(), body=body)
    assert isinstance(answer, ValidationErrorBody)
    assert [fault.loc for fault in answer.detail] == [["body", "email"], ["body", "password"]]


def test_address_in_any_script_is_taken(clients: Clients, address: str) -> None:
    session = clients.register(f"py{address}")
    answer = me.sync(client=clients.signed_in(session.access_token))
    assert isinstance(answer, UserResponse)
    assert answer.email == f"py{address}"


def test_better_auth_routes_can_be_called(clients: Clients) -> None:
    clients.register("better@example.com")
    body = BetterAuthSignIn(email="better@example.com", password=PASSWORD)
    session = better_auth_sign_in.sync(client=clients.anonymous(), body=body)
    assert isinstance(session, BetterAuthSignInAnswer)
    bearer = clients.signed_in(session.token)
    assert better_auth_sign_out.sync_detailed(client=bearer).status_code == 200
