"""What the therapist decides about drafts and risks. Every decision is on disk when the call returns."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from tfdesk.core.errors import AlreadyDecided, BugError, InputRefused, NothingToUndo, RiskOpen
from tfdesk.core.models import (
    DecisionKind,
    DiffPart,
    Disposition,
    DraftEvent,
    DraftRow,
    DraftState,
    Origin,
    RejectReason,
    TurnRow,
    text_sha256,
)
from tfdesk.core.said import said
from tfdesk.services.sessions import checked_text
from tfdesk.services.word_diff import word_diff
from tfdesk.store import audit, conversations, decisions
from tfdesk.store.vault import Db, Vault
from trainer.events import Suggestion

LONGEST_NOTE = 2_000
GIVEN_BACK = "Given back by the supervisor"
_UNDONE_WORDS = {
    DecisionKind.APPROVED: said("Approval undone; the drafts are open again."),
    DecisionKind.EDITED: said("Approval of your edit undone; the drafts are open again."),
    DecisionKind.OWN: said("Your own reply was taken back."),
    DecisionKind.REJECTED: said("Rejection undone; the draft is open again."),
}


@dataclass(frozen=True, slots=True)
class _Undone:
    """A decision that was taken back, with all it takes to make it again; ``text`` is the reply's."""

    session_id: int
    decision: decisions.Decision
    text: str


class Review:
    """Use cases around drafts, approvals and risk."""

    def __init__(self, vault: Vault, *, now: Callable[[], float] = time.time) -> None:
        self._vault = vault
        self._now = now
        self._undone: list[_Undone] = []  # the latest last; forgotten by a new decision and with the lock

    # Drafts ---------------------------------------------------------------------------

    def save_drafts(self, turn_id: int, suggestion: Suggestion) -> list[DraftRow]:
        """Keep a finished set of drafts, all or none; earlier open ones become superseded.

        Raises RiskOpen while a hit is open, AlreadyDecided when the message was answered meanwhile.
        """
        if suggestion.risk.status != "screened" or suggestion.withheld is not None:
            raise BugError("drafts that were withheld cannot be saved")
        with self._vault.write() as db:
            turn = conversations.turn(db, turn_id)
            self._refuse_open_risk(db, turn)
            _refuse_unless_last(db, turn)
            if turn.risk is None:
                conversations.set_risk(db, turn_id, suggestion.risk)
            decisions.supersede_open(db, turn_id)
            version = decisions.add_drafts(db, turn_id, suggestion.drafts, suggestion.model, self._now())
            return decisions.drafts(db, turn_id, version)

    def drafts(self, turn_id: int, version: int | None = None) -> list[DraftRow]:
        """One set of drafts, best first; without ``version`` the newest.

        The newest set is empty when its message was changed after it was drafted: it answers other words.
        """
        with self._vault.read() as db:
            found = decisions.drafts(db, turn_id, version or decisions.versions(db, turn_id))
        states = {row.state for row in found}
        stale = DraftState.superseded in states and not states & {DraftState.approved, DraftState.edited}
        return [] if version is None and stale else found

    def versions(self, turn_id: int) -> int:
        """How many sets of drafts were made for a message."""
        with self._vault.read() as db:
            return decisions.versions(db, turn_id)

    # Decisions ------------------------------------------------------------------------

    def approve(self, draft_id: int, text_sha256: str) -> TurnRow:
        """Take a draft, exactly as shown, as the reply; ``text_sha256`` is core.models.text_sha256 of it.

        Raises AlreadyDecided (a second click, or another text), RiskOpen.
        """
        with self._vault.write() as db:
            row, turn = self._open_draft(db, draft_id)
            if text_sha256 != _hash(row.draft.text):
                raise AlreadyDecided(
                    said("The draft on the screen is not the one that was kept."), said("Look at it again.")
                )
            return self._reply(db, turn, row.draft.text, "drafted", DecisionKind.APPROVED, row)

    def approve_edited(self, draft_id: int, text: str) -> TurnRow:
        """Take an edited draft as the reply; draft, edit and word diff are kept. An unchanged text approves.

        Raises AlreadyDecided, RiskOpen, InputRefused.
        """
        text = checked_text(text, said("The reply"))
        with self._vault.write() as db:
            row, turn = self._open_draft(db, draft_id)
            if text == row.draft.text.strip():
                return self._reply(db, turn, row.draft.text, "drafted", DecisionKind.APPROVED, row)
            return self._reply(db, turn, text, "edited", DecisionKind.EDITED, row)

    def write_own(self, turn_id: int, text: str) -> TurnRow:
        """Take the therapist's own words as the reply; allowed while a risk is open.

        Raises AlreadyDecided (answered, or the client has written again), InputRefused.
        """
        text = checked_text(text, said("The reply"))
        with self._vault.write() as db:
            turn = conversations.turn(db, turn_id)
            _refuse_unless_last(db, turn)
            return self._reply(db, turn, text, "own", DecisionKind.OWN, None)

    def approve_again(self, reply_id: int, text_sha256: str) -> TurnRow:
        """Stand behind a reply that was changed after its approval. Raises AlreadyDecided."""
        with self._vault.write() as db:
            reply = conversations.turn(db, reply_id)
            earlier = decisions.of_reply(db, reply_id)
            if reply.approved or earlier is None or text_sha256 != _hash(reply.text):
                raise AlreadyDecided(said("This reply cannot be approved again."), said("Look at it again."))
            about = conversations.turn(db, earlier.turn_id)
            draft = decisions.draft(db, earlier.draft_id) if earlier.draft_id is not None else None
            kind = DecisionKind.EDITED if draft else DecisionKind.OWN
            conversations.set_approved(db, reply_id)
            self._record(db, about, reply.text, kind, reply_id, draft)
            return conversations.turn(db, reply_id)

    def reject(self, draft_id: int, reason: RejectReason, note: str = "") -> None:
        """Put a draft aside and keep why. Raises AlreadyDecided, InputRefused (note too long)."""
        note = _checked_note(note)
        with self._vault.write() as db:
            row, turn = self._open_draft(db, draft_id, risk_matters=False)
            decisions.move(db, row, DraftEvent.REJECT)
            decisions.add_decision(
                db,
                turn,
                DecisionKind.REJECTED,
                self._now(),
                draft_id=draft_id,
                reason=reason.value,
                note=note,
            )
            audit.append(db, "rejected", self._now(), row.draft.text, draft=draft_id, reason=reason.value)
            self._undone = []

    def undo_last(self, session_id: int) -> str:
        """Take back the session's latest decision; returns what was undone. Raises NothingToUndo."""
        with self._vault.write() as db:
            decision = decisions.last_standing(db, session_id)
            if decision is None:
                raise NothingToUndo(said("There is no decision to take back in this session."))
            text = ""
            if decision.reply_id is not None:
                last = conversations.last_turn(db, session_id)
                if last is None or last.id != decision.reply_id:
                    raise NothingToUndo(said("The client has written since that reply, so it stays."))
                text = last.text
                conversations.delete_turn(db, decision.reply_id)
                decisions.reopen_newest(db, decision.turn_id)
            elif decision.draft_id is not None:
                decisions.move(db, decisions.draft(db, decision.draft_id), DraftEvent.UNDO)
            decisions.void(db, decision.id, self._now())
            audit.append(db, "undone", self._now(), decision=decision.id, what=decision.kind)
        self._undone.append(_Undone(session_id, decision, text))
        return _UNDONE_WORDS[decision.kind]

    def redo_last(self, session_id: int) -> TurnRow | None:
        """Make the decision again that was taken back last; the reply it made, None for a rejection.

        Raises NothingToUndo (nothing was taken back, or another decision was made since), AlreadyDecided
        (the client has written since), RiskOpen.
        """
        if not self._undone or self._undone[-1].session_id != session_id:
            raise NothingToUndo(said("There is no decision to make again in this session."))
        *earlier, undone = self._undone
        decision, reply = undone.decision, None
        if decision.draft_id is None:
            reply = self.write_own(decision.turn_id, undone.text)
        elif decision.kind is DecisionKind.REJECTED:
            self.reject(decision.draft_id, RejectReason(decision.reason), decision.note)
        else:  # an unchanged text approves
            reply = self.approve_edited(decision.draft_id, undone.text)
        self._undone = earlier
        return reply

    def edit_diff(self, reply_id: int) -> tuple[DiffPart, ...]:
        """How an approved edit differs from its draft; () for any other reply."""
        with self._vault.read() as db:
            return decisions.diff_of_reply(db, reply_id)

    # Risk -----------------------------------------------------------------------------

    def open_risk(self, session_id: int) -> TurnRow | None:
        """The earliest hit of this client, in any session, that nobody has disposed of."""
        with self._vault.read() as db:
            return conversations.open_risk(db, conversations.session(db, session_id).client_id)

    def dispose(self, turn_id: int, disposition: Disposition, note: str = "") -> None:
        """Record what a person did about a hit, for every message whose words it marked.

        Raises AlreadyDecided, InputRefused (no reason given for "not a risk").
        """
        note = _checked_note(note)
        if disposition is Disposition.NOT_A_RISK and not note:
            raise InputRefused(said("Say in a few words why this is not a risk."))
        with self._vault.write() as db:
            turn = conversations.turn(db, turn_id)
            if not turn.risk_open:
                raise AlreadyDecided(said("What was done about this message is recorded already."))
            for marked in marked_turns(db, turn):
                conversations.set_disposition(db, marked, disposition.value)
            decisions.add_disposition(db, turn, disposition.value, note, self._now())
            audit.append(db, "risk disposed", self._now(), note or None, turn=turn_id, done=disposition.value)

    def words_given_back(self, turn_id: int) -> str:
        """What the supervisor wrote who gave this risk back; "" when that was not the last thing done."""
        with self._vault.read() as db:
            last = decisions.last_disposition(db, turn_id)
        return last[1] if last is not None and last[0] == GIVEN_BACK else ""

    # Helpers --------------------------------------------------------------------------

    def _open_draft(self, db: Db, draft_id: int, *, risk_matters: bool = True) -> tuple[DraftRow, TurnRow]:
        row = decisions.draft(db, draft_id)
        turn = conversations.turn(db, row.turn_id)
        _refuse_unless_last(db, turn)
        if row.state is not DraftState.offered:
            raise AlreadyDecided(
                said("This draft is {0} already.", row.state.value), said("Undo that first, or draft again.")
            )
        if risk_matters:
            self._refuse_open_risk(db, turn)
            if turn.risk is None:
                raise RiskOpen(
                    said("This message was changed and has not been screened since."), said("Draft again.")
                )
        return row, turn

    def _refuse_open_risk(self, db: Db, turn: TurnRow) -> None:
        client_id = conversations.session(db, turn.session_id).client_id
        if conversations.open_risk(db, client_id) is not None:
            raise RiskOpen(
                said("A message of this client may mean a risk."), said("Record first what you did about it.")
            )

    def _reply(
        self, db: Db, about: TurnRow, text: str, origin: Origin, kind: DecisionKind, row: DraftRow | None
    ) -> TurnRow:
        """Store the therapist's turn, settle the drafts it was chosen from, and record who decided what."""
        where = conversations.session(db, about.session_id)
        strategy = row.draft.strategy if row else None
        reply_id = conversations.add_turn(
            db, where, "therapist", text, self._now(), origin=origin, strategy=strategy, approved=True
        )
        if row is not None:
            event = DraftEvent.APPROVE if kind is DecisionKind.APPROVED else DraftEvent.EDIT
            decisions.move(db, row, event)
        decisions.supersede_open(db, about.id)
        self._record(db, about, text, kind, reply_id, row)
        return conversations.turn(db, reply_id)

    def _record(
        self, db: Db, about: TurnRow, text: str, kind: DecisionKind, reply_id: int, row: DraftRow | None
    ) -> None:
        edited = row is not None and kind is DecisionKind.EDITED
        decisions.add_decision(
            db,
            about,
            kind,
            self._now(),
            draft_id=row.id if row else None,
            reply_id=reply_id,
            sha256=_hash(text),
            diff=word_diff(row.draft.text, text) if row and edited else (),
        )
        audit.append(
            db, kind, self._now(), text, turn=about.id, draft=row.id if row else None, reply=reply_id
        )
        self._undone = []


_hash = text_sha256  # under another name: parameters of the same meaning hide it


def _checked_note(note: str) -> str:
    return checked_text(note, said("The note"), LONGEST_NOTE) if note.strip() else ""


def marked_turns(db: Db, turn: TurnRow) -> set[int]:
    """Ids of the turn with the hit and of the other turns its spans point into (indices of the dialogue)."""
    spoken = conversations.spoken(db, conversations.session(db, turn.session_id))
    indices = {span.where for span in turn.risk.spans if isinstance(span.where, int)} if turn.risk else set()
    return {turn.id} | {spoken[index].id for index in indices if 0 <= index < len(spoken)}


def _refuse_unless_last(db: Db, turn: TurnRow) -> None:
    """A reply answers the session's last message, which must be the client's."""
    last = conversations.last_turn(db, turn.session_id)
    if last is None or last.id == turn.id:
        return
    if last.speaker == "therapist":
        raise AlreadyDecided(
            said("This message has been answered already."), said("Undo the reply to choose another.")
        )
    raise AlreadyDecided(said("The client has written since."), said("Answer the newer message."))
