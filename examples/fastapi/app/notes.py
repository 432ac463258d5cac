"""The notes of one user, under the path of that user."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from sqlmodel import col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from . import answers
from .database import Database
from .models import NewNote, Note, NoteAnswer, NoteChanges, NotesPage, now
from .security import CurrentUser, SignedIn

router = APIRouter(
    prefix="/api/v1/users/{user_id}/notes",
    tags=["notes"],
    responses=answers.described(400, 401, 403, 404, 422, 503),
)


def owner(user_id: str, user: SignedIn) -> CurrentUser:
    """The user of the token, who must be the one of the path.

    Text is compared, so that an id of nobody, and one that is no id, are answered like another's.
    """
    if user_id != str(user.id):
        raise answers.access_denied()
    return user


Owner = Annotated[CurrentUser, Depends(owner)]


def notes_of(user: CurrentUser) -> SelectOfScalar[Note]:
    """Every query begins here, and so none can forget whose notes it is about."""
    return select(Note).where(Note.user_id == user.id)


def find(note_id: str, user: Owner, database: Database) -> Note:
    """One of one's own notes. Another's is not found, like one that does not exist."""
    note = database.exec(notes_of(user).where(Note.id == _read(note_id))).one_or_none()
    if note is None:
        raise answers.not_found()
    return note


def _read(note_id: str) -> UUID | None:
    """One id has one spelling. What is none is no note's."""
    try:
        read = UUID(note_id)
    except ValueError:
        return None
    return read if str(read) == note_id else None


OwnNote = Annotated[Note, Depends(find)]


@router.get("")
def list_notes(
    user: Owner,
    database: Database,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> NotesPage:
    """The newest first."""
    own = notes_of(user)
    newest = own.order_by(col(Note.created_at).desc(), col(Note.id)).limit(limit).offset(offset)
    total = database.exec(select(func.count()).select_from(own.subquery())).one()
    items = [NoteAnswer.model_validate(note) for note in database.exec(newest)]
    return NotesPage(items=items, total=total)


@router.post("", status_code=201, response_model=NoteAnswer)
def create_note(new: NewNote, user: Owner, database: Database) -> Note:
    made = now()
    fresh = Note(user_id=user.id, title=new.title, body=new.body, created_at=made, updated_at=made)
    return _saved(fresh, database)


@router.get("/{note_id}", response_model=NoteAnswer)
def read_note(note: OwnNote) -> Note:
    return note


@router.patch("/{note_id}", response_model=NoteAnswer)
def change_note(changes: NoteChanges, note: OwnNote, database: Database) -> Note:
    note.sqlmodel_update(changes.model_dump(exclude_none=True))
    note.updated_at = now()
    return _saved(note, database)


@router.delete("/{note_id}", status_code=204)
def delete_note(note: OwnNote, database: Database) -> None:
    database.delete(note)
    database.commit()


def _saved(note: Note, database: Database) -> Note:
    database.add(note)
    database.commit()
    database.refresh(note)
    return note
