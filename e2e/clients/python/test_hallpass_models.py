"""The five stories, by the models that datamodel-code-generator makes."""

from collections.abc import Iterator

import httpx
import pytest
from pydantic import SecretStr

from hallpass_models import (
    ErrorBody,
    RegisterRequest,
    SigninRequest,
    TokenResponse,
    UserResponse,
    ValidationErrorBody,
)
from tests.hallpass import PASSWORD, Hallpass

EMAIL = "用户@例子.广告"


@pytest.fixture
def client(hallpass: Hallpass) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{hallpass.origin}/api/v1") as client:
        yield client


def send(client: httpx.Client, path: str, body: RegisterRequest | SigninRequest) -> httpx.Response:
    """The model hides the password from logs, and shows it where it is asked to."""
    shown = body.model_dump(exclude_none=True) | {"password": body.password.get_secret_value()}
    # A cookie is another way in: each call here says by itself whose it is.
    client.cookies.clear()
    return client.post(path, json=shown)


def get(client: httpx.Client, path: str, token: str) -> httpx.Response:
    client.cookies.clear()
    return client.get(path, headers={"Authorization": f"Bearer {token}"})


def registered(client: httpx.Client, email: str) -> TokenResponse:
    body = RegisterRequest(email=email, password=SecretStr(PASSWORD))
    answer = send(client, "/auth/register", body)
    assert answer.status_code == 201, answer.text
    return TokenResponse.model_validate_json(answer.text)


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, ErrorBody.model_validate_json(answer.text).code


def test_models_carry_five_stories(hallpass: Hallpass, client: httpx.Client) -> None:
    owner, stranger = registered(client, EMAIL), registered(client, "b@example.com")
    assert owner.user.email == EMAIL
    assert owner.user.name is None
    taken = RegisterRequest(email=EMAIL, password=SecretStr(PASSWORD))
    assert code_of(send(client, "/auth/register", taken)) == (400, "registration_refused")

    wrong = SigninRequest(email=EMAIL, password=SecretStr("three other words"))
    assert code_of(send(client, "/auth/signin", wrong)) == (401, "invalid_credentials")
    credentials = SigninRequest(email=EMAIL, password=SecretStr(PASSWORD))
    answer = send(client, "/auth/signin", credentials)
    session = TokenResponse.model_validate_json(answer.text)
    assert (session.token_type, session.expires_in) == ("bearer", 3600)

    token = session.access_token
    me = UserResponse.model_validate_json(get(client, "/auth/me", token).text)
    own = UserResponse.model_validate_json(get(client, f"/users/{me.id}", token).text)
    assert me == own == session.user
    foreign = get(client, f"/users/{stranger.user.id}", token)
    assert code_of(foreign) == (403, "access_denied")

    hallpass.advance(3600)
    assert code_of(get(client, "/auth/me", token)) == (401, "token_expired")

    again = TokenResponse.model_validate_json(send(client, "/auth/signin", credentials).text)
    bearer = {"Authorization": f"Bearer {again.access_token}"}
    assert client.post("/auth/signout", headers=bearer).status_code == 200
    client.cookies.clear()
    assert code_of(client.get("/auth/me")) == (401, "authentication_required")


def test_faults_of_a_form_are_read(client: httpx.Client) -> None:
    body = RegisterRequest(email="ann@example.com", password=SecretStr("12345678"))
    answer = send(client, "/auth/register", body)
    faults = ValidationErrorBody.model_validate_json(answer.text)
    assert [fault.loc for fault in faults.detail] == [["body", "password"]]


def test_address_in_any_script_is_taken(client: httpx.Client, address: str) -> None:
    session = registered(client, f"py{address}")
    me = UserResponse.model_validate_json(get(client, "/auth/me", session.access_token).text)
    assert me.email == f"py{address}"
