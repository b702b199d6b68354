"""Clients, sessions and turns: SQL on one side, frozen values on the other."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass

from tfdesk.core.errors import BugError
from tfdesk.core.models import Client, Origin, Session, TurnRow
from tfdesk.store.vault import Db, Row
from trainer.dialogue import Speaker
from trainer.events import Emotion, Risk, emotion_from, emotion_json, risk_from, risk_json

_CLIENTS = """
SELECT c.id, c.name, c.situation, c.created_at, t.text, t.at, t.speaker
FROM clients c LEFT JOIN turns t ON t.id = (SELECT max(id) FROM turns WHERE client_id = c.id)
"""
_TURNS = """
SELECT id, session_id, position, speaker, text, at, emotion, corrected_emotion, strategy, origin, risk,
       disposition, approved
FROM turns
"""
_NO_WORD = {0: " ", ord('"'): " "}  # would end a quoted word, or the query


def _client(row: Row) -> Client:
    number, name, situation, created_at, text, at, speaker = row
    last_at = created_at if at is None else at
    return Client(number, name, situation, created_at, text or "", last_at, speaker == "client")


def _turn(row: Row) -> TurnRow:
    (
        number,
        session,
        position,
        speaker,
        text,
        at,
        emotion,
        corrected,
        strategy,
        origin,
        risk,
        done,
        approved,
    ) = row
    return TurnRow(
        id=number,
        session_id=session,
        position=position,
        speaker=speaker,
        text=text,
        at=at,
        emotion=emotion_from(json.loads(emotion)) if emotion else None,
        corrected_emotion=corrected,
        strategy=strategy,
        origin=origin,
        risk=_risk(risk) if risk else None,
        disposition=done,
        approved=bool(approved),
    )


def _risk(body: str) -> Risk:
    """Nearly all messages were screened and nothing was found: one value serves them all."""
    return _SCREENED if body == _SCREENED_BODY else risk_from(json.loads(body))


_SCREENED = Risk("screened")
_SCREENED_BODY = json.dumps(risk_json(_SCREENED))


@dataclass(frozen=True, slots=True)
class Spoken:
    """A turn as a model reads it; its index in the list is its index in the dialogue."""

    id: int
    speaker: Speaker
    text: str
    corrected_emotion: str | None
    strategy: str | None
    disposed: bool  # a person has recorded what was done about the risk in it


# Clients and sessions ------------------------------------------------------------------


def add_client(db: Db, name: str, situation: str, at: float) -> int:
    return db.run("INSERT INTO clients (name, situation, created_at) VALUES (?, ?, ?)", name, situation, at)


def client(db: Db, client_id: int) -> Client:
    """Raises BugError when there is none."""
    row = db.row(f"{_CLIENTS} WHERE c.id = ?", client_id)
    if row is None:
        raise BugError(f"there is no client {client_id}")
    return _client(row)


def clients(db: Db) -> list[Client]:
    """All clients: those waiting for a reply first, then those heard from most recently."""
    rows = db.rows(f"{_CLIENTS} ORDER BY t.speaker IS NOT 'client', coalesce(t.id, 0) DESC, c.id DESC")
    return [_client(row) for row in rows]


def clients_named(db: Db, name: str) -> list[Client]:
    """The clients of that name; case and the way of writing an accent make no difference."""
    wanted = _name_key(name)
    return [found for found in clients(db) if _name_key(found.name) == wanted]


def _name_key(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip().casefold()


def size(db: Db, client_id: int) -> tuple[int, int]:
    """How many sessions and messages there are of a client."""
    counts = [
        db.row(f"SELECT count(*) FROM {table} WHERE client_id = ?", client_id) or (0,)
        for table in ("sessions", "turns")
    ]
    return int(counts[0][0]), int(counts[1][0])


def clients_who_said(db: Db, search: str) -> set[int]:
    """Ids of the clients in whose conversations every word of ``search`` begins a word of one message."""
    query = _match(search)
    if not query:
        return set()
    rows = db.rows(
        "SELECT DISTINCT client_id FROM turns"
        " WHERE id IN (SELECT rowid FROM turn_words WHERE turn_words MATCH ?)",
        query,
    )
    return {int(row[0]) for row in rows}


@dataclass(frozen=True, slots=True)
class Said:
    """A message that a search found."""

    id: int
    client_id: int
    speaker: Speaker
    text: str
    at: float


def turns_with(db: Db, search: str, most: int) -> list[Said]:
    """The newest messages in which every word of ``search`` begins a word."""
    query = _match(search)
    if not query:
        return []
    rows = db.rows(
        "SELECT id, client_id, speaker, text, at FROM turns WHERE id IN"
        " (SELECT rowid FROM turn_words WHERE turn_words MATCH ? ORDER BY rowid DESC LIMIT ?)"
        " ORDER BY id DESC",
        query,
        most,
    )
    return [Said(*row) for row in rows]


def _match(search: str) -> str:
    """A query of the word index; "" for a search without a letter or digit."""
    # Quoting makes every character plain text: operators such as NEAR or * lose their meaning.
    search = search.encode("utf8", "replace").decode().translate(_NO_WORD)
    words = [w for w in search.split() if any(c.isalnum() for c in w)]
    return " ".join(f'"{word}"*' for word in words)


def add_session(db: Db, client_id: int, at: float) -> Session:
    """The client's next session."""
    row = db.row("SELECT coalesce(max(number), 0) + 1 FROM sessions WHERE client_id = ?", client_id)
    number = int(row[0]) if row else 1
    sql = "INSERT INTO sessions (client_id, number, started_at) VALUES (?, ?, ?)"
    return Session(db.run(sql, client_id, number, at), client_id, number, at)


def sessions(db: Db, client_id: int) -> list[Session]:
    """A client's sessions, first to last."""
    sql = "SELECT id, client_id, number, started_at FROM sessions WHERE client_id = ? ORDER BY number"
    return [Session(*row) for row in db.rows(sql, client_id)]


def finished_sessions(db: Db, client_id: int) -> list[Session]:
    """A client's sessions in which nothing waits, first to last.

    A later one has begun or the therapist spoke last, and no risk in it is open.
    """
    rows = db.rows(
        "SELECT s.id, s.client_id, s.number, s.started_at, max(t.position), t.speaker"
        " FROM sessions s JOIN turns t ON t.session_id = s.id WHERE s.client_id = ?1"
        " AND NOT EXISTS (SELECT 1 FROM turns r WHERE r.session_id = s.id AND r.client_id = ?1"
        " AND r.risk_status = 'hit' AND r.disposition IS NULL)"
        " GROUP BY s.id ORDER BY s.number",  # of the columns beside max(), the row of the maximum counts
        client_id,
    )
    latest = sessions(db, client_id)[-1].number if rows else 0
    return [Session(*row[:4]) for row in rows if row[2] < latest or row[5] == "therapist"]


def session(db: Db, session_id: int) -> Session:
    """Raises BugError when there is none."""
    row = db.row("SELECT id, client_id, number, started_at FROM sessions WHERE id = ?", session_id)
    if row is None:
        raise BugError(f"there is no session {session_id}")
    return Session(*row)


# Turns ---------------------------------------------------------------------------------


def add_turn(
    db: Db,
    where: Session,
    speaker: Speaker,
    text: str,
    at: float,
    *,
    origin: Origin = "typed",
    strategy: str | None = None,
    approved: bool = False,
) -> int:
    """Append a message to a session and return its id."""
    return db.run(
        "INSERT INTO turns (session_id, client_id, position, speaker, text, at, origin, strategy, approved)"
        " VALUES (?1, ?2, (SELECT coalesce(max(position), -1) + 1 FROM turns WHERE session_id = ?1),"
        " ?3, ?4, ?5, ?6, ?7, ?8)",
        where.id,
        where.client_id,
        speaker,
        text,
        at,
        origin,
        strategy,
        int(approved),
    )


def turn(db: Db, turn_id: int) -> TurnRow:
    """Raises BugError when there is none."""
    row = db.row(f"{_TURNS} WHERE id = ?", turn_id)
    if row is None:
        raise BugError(f"there is no turn {turn_id}")
    return _turn(row)


def turns(db: Db, session_id: int) -> list[TurnRow]:
    """A session's messages, first to last."""
    return [_turn(row) for row in db.rows(f"{_TURNS} WHERE session_id = ? ORDER BY position", session_id)]


def last_turn(db: Db, session_id: int) -> TurnRow | None:
    row = db.row(f"{_TURNS} WHERE session_id = ? ORDER BY position DESC LIMIT 1", session_id)
    return _turn(row) if row else None


def spoken(db: Db, upto: Session) -> list[Spoken]:
    """All that was said with the session's client up to the end of the session, first to last."""
    rows = db.rows(
        "SELECT t.id, t.speaker, t.text, t.corrected_emotion, t.strategy, t.disposition IS NOT NULL"
        " FROM sessions s JOIN turns t ON t.session_id = s.id WHERE s.client_id = ? AND s.number <= ?"
        " ORDER BY s.number, t.position",
        upto.client_id,
        upto.number,
    )
    return [
        Spoken(number, speaker, text, emotion, strategy, bool(disposed))
        for number, speaker, text, emotion, strategy, disposed in rows
    ]


def delete_turn(db: Db, turn_id: int) -> None:
    db.run("DELETE FROM turns WHERE id = ?", turn_id)


def set_text(db: Db, turn_id: int, text: str, *, origin: Origin, approved: bool) -> None:
    """Change the words; what was found in the old ones no longer holds, except an open risk."""
    db.run(
        "UPDATE turns SET text = ?, origin = ?, approved = ?, emotion = NULL, corrected_emotion = NULL"
        " WHERE id = ?",
        text,
        origin,
        int(approved),
        turn_id,
    )


def set_risk(db: Db, turn_id: int, risk: Risk | None) -> None:
    body = json.dumps(risk_json(risk)) if risk else None
    sql = "UPDATE turns SET risk_status = ?, risk = ?, disposition = NULL WHERE id = ?"
    db.run(sql, risk.status if risk else None, body, turn_id)


def set_disposition(db: Db, turn_id: int, disposition: str | None) -> None:
    """Set what was done about a hit; None opens it again."""
    db.run("UPDATE turns SET disposition = ? WHERE id = ?", disposition, turn_id)


def set_emotion(db: Db, turn_id: int, emotion: Emotion) -> None:
    db.run("UPDATE turns SET emotion = ? WHERE id = ?", json.dumps(emotion_json(emotion)), turn_id)


def set_corrected_emotion(db: Db, turn_id: int, label: str | None) -> None:
    db.run("UPDATE turns SET corrected_emotion = ? WHERE id = ?", label, turn_id)


def set_approved(db: Db, turn_id: int) -> None:
    db.run("UPDATE turns SET approved = 1 WHERE id = ?", turn_id)


def open_risk(db: Db, client_id: int) -> TurnRow | None:
    """The client's earliest hit that nobody has disposed of."""
    row = db.row(
        f"{_TURNS} WHERE client_id = ? AND risk_status = 'hit' AND disposition IS NULL ORDER BY id LIMIT 1",
        client_id,
    )
    return _turn(row) if row else None
