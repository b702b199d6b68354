"""What a therapist does with messages that were said already. No widgets."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject

from tfdesk.core.models import DiffPart, TurnRow, text_sha256
from tfdesk.core.said import said
from tfdesk.jobs.desk import Desk
from tfdesk.jobs.desk_state import Offer
from tfdesk.services.flags import Flags
from tfdesk.services.intake_rows import Message
from tfdesk.services.review import Review
from tfdesk.services.sessions import Sessions


class Messages(QObject):
    """Use cases beside the Desk, which shows what comes of them and says what was refused."""

    def __init__(self, *, desk: Desk, sessions: Sessions, review: Review, flags: Flags) -> None:
        super().__init__(desk)
        self._desk, self._sessions, self._review, self._flags = desk, sessions, review, flags

    def edit(self, turn: TurnRow, text: str) -> None:
        """Change the words of a message; a client's is screened again, a reply loses its approval."""
        with self._desk.saying_refusals():
            self._sessions.edit_turn(turn.id, text)
            self._desk.refresh()
            if turn.speaker == "client":
                words = said("Changed. What was found in the old words no longer holds.")
            else:
                words = said("Changed. The approval of the old words no longer holds.")
            self._desk.notice_given.emit(words, Offer.NOTHING)

    def add_chat(self, messages: Sequence[Message]) -> None:
        """Add the messages of a pasted chat to the open session, and draft for the last if it waits."""
        session = self._desk.state.session
        if session is not None:
            with self._desk.saying_refusals():
                self._sessions.add_turns(session.id, messages)
                self._desk.refresh()

    def approve_again(self, turn: TurnRow) -> None:
        """Stand behind a reply whose words were changed, and copy it."""
        with self._desk.saying_refusals():
            reply = self._review.approve_again(turn.id, text_sha256(turn.text))
            self._desk.refresh()
            self._desk.reply_approved.emit(reply.text)
            self._desk.notice_given.emit(said("Approved and copied."), Offer.NOTHING)

    def changes(self, turn_id: int) -> tuple[DiffPart, ...]:
        """How a reply differs from its draft; () when it does not."""
        return self._review.edit_diff(turn_id)

    def flag(self, turn_id: int) -> None:
        """Mark a client's message as a risk: nothing is drafted until someone records what was done."""
        with self._desk.saying_refusals():
            missed = self._flags.flag(turn_id)
            self._desk.refresh()
            words = (
                said("Marked. The screen had let it pass; that is counted.") if missed else said("Marked.")
            )
            self._desk.notice_given.emit(words, Offer.NOTHING)
