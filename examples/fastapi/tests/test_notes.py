"""Whose notes one reaches, and what is answered."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.answers import (
    ACCESS_DENIED,
    AUTHENTICATION_REQUIRED,
    NOT_FOUND,
    TOKEN_EXPIRED,
    bearer,
    says,
)
from tests.conftest import Clock
from tests.hallpass import Hallpass

pytestmark = [
    pytest.mark.anyio,
    # Which keys there are makes no difference to notes.
    pytest.mark.parametrize("variant", ["eddsa"], indirect=True),
]


class Person:
    def __init__(self, service: httpx.AsyncClient, hallpass: Hallpass) -> None:
        token, self.id = hallpass.register()
        self.service, self.headers = service, bearer(token)
        self.notes = f"/api/v1/users/{self.id}/notes"

    async def asks(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return await self.service.request(method, path, json=body, headers=self.headers)

    async def writes(self, title: str) -> str:
        answer = await self.asks("POST", self.notes, {"title": title})
        assert answer.status_code == 201, answer.text
        return f"{self.notes}/{answer.json()['id']}"


@pytest.fixture
def ann(service: httpx.AsyncClient, hallpass: Hallpass) -> Person:
    return Person(service, hallpass)


@pytest.fixture
def bob(service: httpx.AsyncClient, hallpass: Hallpass) -> Person:
    return Person(service, hallpass)


def requests(note: str) -> list[tuple[str, str, Any]]:
    """Every route of notes, for one note and for the list that it is in."""
    notes = note.rpartition("/")[0]
    return [
        ("GET", notes, None),
        ("POST", notes, {"title": "Planted"}),
        ("GET", note, None),
        ("PATCH", note, {"title": "Changed"}),
        ("DELETE", note, None),
    ]


async def test_a_note_lives(ann: Person) -> None:
    made = await ann.asks("POST", ann.notes, {"title": " Water the plants ", "body": "Twice"})
    assert made.status_code == 201
    note = made.json()
    assert note.keys() == {"id", "title", "body", "created_at", "updated_at"}
    assert (note["title"], note["body"]) == ("Water the plants", "Twice")
    assert note["created_at"].endswith("Z")
    assert note["updated_at"] == note["created_at"]

    path = f"{ann.notes}/{note['id']}"
    assert (await ann.asks("GET", path)).json() == note
    changed = await ann.asks("PATCH", path, {"title": "Water them again"})
    assert changed.status_code == 200
    assert changed.json()["title"] == "Water them again"
    assert changed.json()["body"] == "Twice"
    assert changed.json()["created_at"] == note["created_at"]
    assert changed.json()["updated_at"] > note["updated_at"]
    assert (await ann.asks("GET", path)).json() == changed.json()

    gone = await ann.asks("DELETE", path)
    assert (gone.status_code, gone.content) == (204, b"")
    for method, of, body in requests(path)[2:]:
        assert says(await ann.asks(method, of, body)) == NOT_FOUND
    assert (await ann.asks("GET", ann.notes)).json() == {"items": [], "total": 0}


async def test_a_list_comes_in_pages_the_newest_first(ann: Person, bob: Person) -> None:
    await bob.writes("Not Ann's")
    for number in range(5):
        await ann.writes(f"{number}")

    async def titles(query: str) -> list[str]:
        page = (await ann.asks("GET", f"{ann.notes}{query}")).json()
        assert page["total"] == 5
        return [note["title"] for note in page["items"]]

    assert await titles("") == ["4", "3", "2", "1", "0"]
    assert await titles("?limit=2") == ["4", "3"]
    assert await titles("?limit=2&offset=2") == ["2", "1"]
    assert await titles("?offset=5") == []
    for wrong in ("limit=0", "limit=101", "offset=-1", "offset=99999999999999999999", "limit=a"):
        answer = await ann.asks("GET", f"{ann.notes}?{wrong}")
        assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")


async def test_without_a_token_no_route_answers(ann: Person) -> None:
    note = await ann.writes("Ann's")
    for method, path, body in requests(note):
        answer = await ann.service.request(method, path, json=body)
        assert says(answer) == AUTHENTICATION_REQUIRED


async def test_with_an_expired_token_no_route_answers(ann: Person, clock: Clock) -> None:
    note = await ann.writes("Ann's")
    clock.advance(3601)
    for method, path, body in requests(note):
        assert says(await ann.asks(method, path, body)) == TOKEN_EXPIRED


async def test_anothers_notes_are_denied_whether_they_exist_or_not(
    ann: Person, bob: Person
) -> None:
    note = await ann.writes("Ann's")
    kept = (await ann.asks("GET", note)).json()
    for path in (note, f"{ann.notes}/{uuid4()}", f"/api/v1/users/{uuid4()}/notes/{uuid4()}"):
        for method, of, body in requests(path):
            assert says(await bob.asks(method, of, body)) == ACCESS_DENIED
    for wrong in ("x", ann.id.upper(), bob.id.upper(), bob.id.replace("-", "")):
        answer = await bob.asks("GET", f"/api/v1/users/{wrong}/notes")
        assert says(answer) == ACCESS_DENIED
    assert (await ann.asks("GET", ann.notes)).json() == {"items": [kept], "total": 1}


async def test_anothers_note_under_ones_own_path_is_not_found(ann: Person, bob: Person) -> None:
    note = await ann.writes("Ann's")
    kept = (await ann.asks("GET", note)).json()
    stolen = f"{bob.notes}/{kept['id']}"
    own = await bob.writes("Bob's, and not by another spelling of its id")
    other = f"{bob.notes}/{own.rpartition('/')[2].upper()}"
    for path in (stolen, f"{bob.notes}/{uuid4()}", f"{bob.notes}/x", other):
        for method, of, body in requests(path)[2:]:
            assert says(await bob.asks(method, of, body)) == NOT_FOUND
    assert (await ann.asks("GET", note)).json() == kept


async def test_a_note_cannot_be_given_to_somebody_else(ann: Person, bob: Person) -> None:
    body = {"title": "A gift", "user_id": bob.id, "id": str(uuid4())}
    made = await ann.asks("POST", ann.notes, body)
    assert made.json()["id"] != body["id"]
    await ann.asks("PATCH", f"{ann.notes}/{made.json()['id']}", body)
    assert (await bob.asks("GET", bob.notes)).json()["total"] == 0
    assert (await ann.asks("GET", ann.notes)).json()["total"] == 1


async def test_all_faults_of_a_note_are_told_at_once(ann: Person) -> None:
    answer = await ann.asks("POST", ann.notes, {"title": " ", "body": 1})
    assert answer.status_code == 422
    assert answer.json() == {
        "detail": [
            {
                "loc": ["body", "title"],
                "msg": "String should have at least 1 character",
                "type": "string_too_short",
            },
            {
                "loc": ["body", "body"],
                "msg": "Input should be a valid string",
                "type": "string_type",
            },
        ],
        "code": "validation_failed",
    }


@pytest.mark.parametrize(
    "body", [{}, [], {"title": "a" * 201}, {"title": "a\0b"}, {"title": "a", "body": "b" * 10_001}]
)
async def test_a_note_that_breaks_a_rule_is_not_made(ann: Person, body: Any) -> None:
    answer = await ann.asks("POST", ann.notes, body)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert (await ann.asks("GET", ann.notes)).json()["total"] == 0


@pytest.mark.parametrize("body", [b"{", b'{"title": "\\ud800"}', b"\xff", b""])
async def test_a_body_that_cannot_be_read_is_refused(ann: Person, body: bytes) -> None:
    headers = {**ann.headers, "Content-Type": "application/json"}
    answer = await ann.service.post(ann.notes, content=body, headers=headers)
    assert answer.status_code in {400, 422}
    assert answer.json()["code"] in {"malformed_json", "validation_failed"}


async def test_an_unknown_route_and_a_wrong_method_are_answered_in_the_same_form(
    ann: Person,
) -> None:
    assert says(await ann.asks("GET", "/api/v1/nothing")) == NOT_FOUND
    answer = await ann.asks("PUT", ann.notes)
    body = {"detail": "Method not allowed", "code": "method_not_allowed"}
    assert (answer.status_code, answer.json()) == (405, body)
    assert answer.headers["allow"]


async def test_front_ends_that_are_named_may_call_and_others_may_not(ann: Person) -> None:
    async def preflight(origin: str) -> httpx.Response:
        headers = {
            "Origin": origin,
            "Access-Control-Request-Method": "PATCH",
            "Access-Control-Request-Headers": "authorization,content-type",
        }
        return await ann.service.options(ann.notes, headers=headers)

    named = await preflight("http://localhost:3000")
    assert named.status_code == 200
    assert named.headers["access-control-allow-origin"] == "http://localhost:3000"
    assert "access-control-allow-origin" not in (await preflight("https://evil.example")).headers
    # A front end can read why it was refused.
    refused = await ann.service.get(ann.notes, headers={"Origin": "http://localhost:3000"})
    assert refused.status_code == 401
    assert refused.headers["access-control-allow-origin"] == "http://localhost:3000"


async def test_the_page_of_the_api_has_a_place_for_the_token(service: httpx.AsyncClient) -> None:
    document = (await service.get("/openapi.json")).json()
    (scheme,) = document["components"]["securitySchemes"].values()
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation.get("security"), f"{method} {path} asks for no token"
            fault = operation["responses"]["401"]["content"]["application/json"]["schema"]
            assert fault == {"$ref": "#/components/schemas/Fault"}
