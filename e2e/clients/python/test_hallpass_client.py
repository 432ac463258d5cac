"""The five stories, by the client that openapi-python-client generates."""

import importlib
import pkgutil

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


def client_of(hallpass: Hallpass) -> Client:
    return Client(base_url=hallpass.origin, raise_on_unexpected_status=True)


def signed_in(hallpass: Hallpass, token: str) -> AuthenticatedClient:
    return AuthenticatedClient(
        base_url=hallpass.origin, token=token, raise_on_unexpected_status=True
    )


def registered(hallpass: Hallpass, email: str, name: str | None = None) -> TokenResponse:
    body = RegisterRequest(email=email, password=PASSWORD, name=name)
    session = register.sync(client=client_of(hallpass), body=body)
    assert isinstance(session, TokenResponse), session
    return session


def code_of(answer: object) -> str:
    assert isinstance(answer, ErrorBody), answer
    return answer.code


def test_every_module_can_be_imported() -> None:
    found = list(pkgutil.walk_packages(hallpass_client.__path__, "hallpass_client."))
    assert len(found) > 50
    for module in found:
        importlib.import_module(module.name)


def test_client_completes_five_stories(hallpass: Hallpass) -> None:
    client = client_of(hallpass)
    owner, stranger = registered(hallpass, EMAIL, "用户"), registered(hallpass, "b@example.com")
    assert owner.user.email == EMAIL
    assert stranger.user.name is None
    taken = RegisterRequest(email=EMAIL, password=PASSWORD)
    assert code_of(register.sync(client=client, body=taken)) == "registration_refused"

    wrong = SigninRequest(email=EMAIL, password="three other words")
    assert code_of(signin.sync(client=client, body=wrong)) == "invalid_credentials"
    credentials = SigninRequest(email=EMAIL, password=PASSWORD)
    session = signin.sync(client=client, body=credentials)
    assert isinstance(session, TokenResponse)
    assert (session.token_type, session.expires_in) == ("bearer", 3600)

    bearer = signed_in(hallpass, session.access_token)
    assert me.sync(client=bearer) == session.user
    assert show.sync(str(session.user.id), client=bearer) == session.user
    renamed = update.sync(str(session.user.id), client=bearer, body=UpdateUserRequest(name=None))
    assert isinstance(renamed, UserResponse)
    assert renamed.name is None
    foreign = show.sync_detailed(str(stranger.user.id), client=bearer)
    assert foreign.status_code == 403
    assert code_of(foreign.parsed) == "access_denied"

    hallpass.advance(3600)
    expired = me.sync_detailed(client=bearer)
    assert expired.status_code == 401
    assert code_of(expired.parsed) == "token_expired"

    again = signin.sync(client=client_of(hallpass), body=credentials)
    assert isinstance(again, TokenResponse)
    answer = signout.sync(client=signed_in(hallpass, again.access_token))
    assert isinstance(answer, MessageResponse)
    anonymous = client_of(hallpass).get_httpx_client().get("/api/v1/auth/me")
    assert anonymous.json()["code"] == "authentication_required"


def test_faults_of_a_form_are_read(hallpass: Hallpass) -> None:
    body = RegisterRequest(email="ann\u200b@example.com", password="12345678")
    answer = register.sync(client=client_of(hallpass), body=body)
    assert isinstance(answer, ValidationErrorBody)
    assert [fault.loc for fault in answer.detail] == [["body", "email"], ["body", "password"]]


def test_address_in_any_script_is_taken(hallpass: Hallpass, address: str) -> None:
    session = registered(hallpass, f"py{address}")
    answer = me.sync(client=signed_in(hallpass, session.access_token))
    assert isinstance(answer, UserResponse)
    assert answer.email == f"py{address}"


def test_better_auth_routes_can_be_called(hallpass: Hallpass) -> None:
    registered(hallpass, "better@example.com")
    origin = {"Origin": hallpass.origin}
    client = client_of(hallpass).with_headers(origin)
    body = BetterAuthSignIn(email="better@example.com", password=PASSWORD)
    session = better_auth_sign_in.sync(client=client, body=body)
    assert isinstance(session, BetterAuthSignInAnswer)
    bearer = signed_in(hallpass, session.token).with_headers(origin)
    assert better_auth_sign_out.sync_detailed(client=bearer).status_code == 200
