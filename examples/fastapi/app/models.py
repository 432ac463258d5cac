"""A note: as it is kept, as it is sent, as it is answered."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID, uuid4

from pydantic import StringConstraints
from sqlmodel import Field, SQLModel

from .database import UtcDateTime

# PostgreSQL keeps no character NUL in a text.
TEXT = r"^[^\x00]*$"
Title = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=TEXT)
]
Body = Annotated[str, StringConstraints(max_length=10_000, pattern=TEXT)]


def now() -> datetime:
    return datetime.now(UTC)


class Note(SQLModel, table=True):
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    # `sub` of the token. There is no table of users here: Hallpass has it.
    user_id: UUID = Field(index=True)
    title: str
    body: str = ""
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class NewNote(SQLModel):
    title: Title
    body: Body = ""


class NoteChanges(SQLModel):
    title: Title | None = None
    body: Body | None = None


class NoteAnswer(SQLModel):
    id: UUID
    title: str
    body: str
    created_at: datetime
    updated_at: datetime


class NotesPage(SQLModel):
    items: list[NoteAnswer]
    total: int
