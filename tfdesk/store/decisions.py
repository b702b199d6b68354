"""Drafts and what was decided about them: SQL on one side, frozen values on the other."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from tfdesk.core.errors import BugError
from tfdesk.core.models import (
    DecisionKind,
    DiffPart,
    DraftEvent,
    DraftRow,
    DraftState,
    TurnRow,
    advance,
)
from tfdesk.store.vault import Db, Row
from trainer.events import Draft, ModelName, draft_from, draft_json, risk_json

_DRAFTS = "SELECT id, turn_id, version, rank, draft, state FROM drafts"


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision that stands; ``reply_id`` is the therapist's turn it made, if it made one."""

    id: int
    turn_id: int
    draft_id: int | None
    reply_id: int | None
    kind: DecisionKind
    reason: str | None
    note: str


def _draft(row: Row) -> DraftRow:
    number, turn_id, version, rank, body, state = row
    return DraftRow(number, turn_id, version, rank, draft_from(json.loads(body)), DraftState(state))


# Drafts --------------------------------------------------------------------------------


def add_drafts(db: Db, turn_id: int, drafts: tuple[Draft, ...], model: ModelName, at: float) -> int:
    """Store a set of drafts, best first, and return its version (from 1)."""
    version = versions(db, turn_id) + 1
    db.run("INSERT INTO suggestions VALUES (?, ?, ?, ?)", turn_id, version, at, json.dumps(asdict(model)))
    for rank, draft in enumerate(drafts):
        db.run(
            "INSERT INTO drafts (turn_id, version, rank, draft, state) VALUES (?, ?, ?, ?, ?)",
            turn_id,
            version,
            rank,
            json.dumps(draft_json(draft)),
            DraftState.offered,
        )
    return version


def versions(db: Db, turn_id: int) -> int:
    """How many sets of drafts were made for a turn."""
    row = db.row("SELECT coalesce(max(version), 0) FROM suggestions WHERE turn_id = ?", turn_id)
    return int(row[0]) if row else 0


def drafts(db: Db, turn_id: int, version: int) -> list[DraftRow]:
    """One set of drafts, best first."""
    rows = db.rows(f"{_DRAFTS} WHERE turn_id = ? AND version = ? ORDER BY rank", turn_id, version)
    return [_draft(row) for row in rows]


def draft(db: Db, draft_id: int) -> DraftRow:
    """Raises BugError when there is none."""
    row = db.row(f"{_DRAFTS} WHERE id = ?", draft_id)
    if row is None:
        raise BugError(f"there is no draft {draft_id}")
    return _draft(row)


def move(db: Db, row: DraftRow, event: DraftEvent) -> None:
    """Advance one draft. Raises BugError for an illegal move."""
    db.run("UPDATE drafts SET state = ? WHERE id = ?", advance(row.state, event), row.id)


def supersede_open(db: Db, turn_id: int) -> None:
    """Drafts of a turn that nobody decided on make room."""
    for row in db.rows(f"{_DRAFTS} WHERE turn_id = ? AND state = ?", turn_id, DraftState.offered):
        move(db, _draft(row), DraftEvent.SUPERSEDE)


def reopen_newest(db: Db, turn_id: int) -> None:
    """After a reply is undone, its set of drafts is open again; those rejected before stay rejected."""
    for found in drafts(db, turn_id, versions(db, turn_id)):
        if found.state not in (DraftState.offered, DraftState.rejected):
            move(db, found, DraftEvent.UNDO)


# Decisions ------------------------------------------------------------------------------


def add_decision(
    db: Db,
    about: TurnRow,
    kind: DecisionKind,
    at: float,
    *,
    draft_id: int | None = None,
    reply_id: int | None = None,
    sha256: str | None = None,
    reason: str | None = None,
    note: str = "",
    diff: tuple[DiffPart, ...] = (),
) -> int:
    """Store a decision about client turn ``about`` and return its id."""
    parts = json.dumps([[part.kind, part.text] for part in diff]) if diff else None
    return db.run(
        "INSERT INTO decisions"
        " (session_id, turn_id, draft_id, reply_id, kind, text_sha256, reason, note, diff, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        about.session_id,
        about.id,
        draft_id,
        reply_id,
        kind,
        sha256,
        reason,
        note,
        parts,
        at,
    )


_DECISIONS = "SELECT id, turn_id, draft_id, reply_id, kind, reason, note FROM decisions"


def _decision(row: Row | None) -> Decision | None:
    if row is None:
        return None
    number, turn_id, draft_id, reply_id, kind, reason, note = row
    return Decision(number, turn_id, draft_id, reply_id, DecisionKind(kind), reason, note)


def last_standing(db: Db, session_id: int) -> Decision | None:
    """The session's latest decision that was not voided."""
    sql = f"{_DECISIONS} WHERE session_id = ? AND voided_at IS NULL ORDER BY id DESC LIMIT 1"
    return _decision(db.row(sql, session_id))


def of_reply(db: Db, reply_id: int) -> Decision | None:
    """The latest decision, voided or not, that made a therapist's turn."""
    return _decision(db.row(f"{_DECISIONS} WHERE reply_id = ? ORDER BY id DESC LIMIT 1", reply_id))


def diff_of_reply(db: Db, reply_id: int) -> tuple[DiffPart, ...]:
    """How an approved edit differs from its draft; () when it does not."""
    row = db.row("SELECT diff FROM decisions WHERE reply_id = ? ORDER BY id DESC LIMIT 1", reply_id)
    return tuple(DiffPart(kind, text) for kind, text in json.loads(row[0])) if row and row[0] else ()


def timed(db: Db, since: float) -> list[tuple[DecisionKind, float | None]]:
    """Decisions that stand, with the seconds since their drafts were there; None for one without a draft."""
    rows = db.rows(
        "SELECT d.kind, d.at - s.at FROM decisions d LEFT JOIN drafts r ON r.id = d.draft_id"
        " LEFT JOIN suggestions s ON s.turn_id = r.turn_id AND s.version = r.version"
        " WHERE d.voided_at IS NULL AND d.at >= ?",
        since,
    )
    return [(DecisionKind(kind), wait) for kind, wait in rows]


def void(db: Db, decision_id: int, at: float) -> None:
    """A decision no longer counts; a second call changes nothing."""
    db.run("UPDATE decisions SET voided_at = ? WHERE id = ? AND voided_at IS NULL", at, decision_id)


def add_disposition(db: Db, turn: TurnRow, disposition: str, note: str, at: float) -> None:
    """Keep what was done about a hit, with the hit as it was."""
    risk = json.dumps(risk_json(turn.risk)) if turn.risk else "null"
    sql = "INSERT INTO dispositions (turn_id, risk, disposition, note, at) VALUES (?, ?, ?, ?, ?)"
    db.run(sql, turn.id, risk, disposition, note, at)


def handed_over(db: Db, handed: str, seen: str) -> list[tuple[int, int, str, str, str, float, float | None]]:
    """Messages after whose ``handed`` nothing was recorded but ``seen``, the oldest first.

    Each: turn, client, their name, its text, note, when, when it was seen (UTC seconds).
    """
    sql = (
        "SELECT d.turn_id, c.id, c.name, t.text, d.note, d.at,"
        " (SELECT min(s.at) FROM dispositions s WHERE s.turn_id = d.turn_id AND s.id > d.id)"
        " FROM dispositions d JOIN turns t ON t.id = d.turn_id JOIN clients c ON c.id = t.client_id"
        " WHERE d.disposition = ?1 AND NOT EXISTS (SELECT 1 FROM dispositions later"
        " WHERE later.turn_id = d.turn_id AND later.id > d.id AND later.disposition <> ?2) ORDER BY d.id"
    )
    return list(db.rows(sql, handed, seen))


def last_disposition(db: Db, turn_id: int) -> tuple[str, str] | None:
    """What was done last about a message and the note beside it; None when nothing was."""
    sql = "SELECT disposition, note FROM dispositions WHERE turn_id = ? ORDER BY id DESC LIMIT 1"
    row = db.row(sql, turn_id)
    return (str(row[0]), str(row[1])) if row else None


# Facts ----------------------------------------------------------------------------------


def fact(db: Db, name: str) -> str | None:
    """A single value of the vault."""
    row = db.row("SELECT value FROM facts WHERE name = ?", name)
    return str(row[0]) if row else None


def set_fact(db: Db, name: str, value: str | None) -> None:
    """Set a single value, or take it away with None."""
    if value is None:
        db.run("DELETE FROM facts WHERE name = ?", name)
    else:
        db.run("INSERT INTO facts VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2", name, value)
