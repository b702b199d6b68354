"""The desk: which client is open, what the therapist does with drafts and risks. No widgets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Signal

from tfdesk.core.models import Client, Disposition, DraftRow, RejectReason, TurnRow, text_sha256
from tfdesk.core.said import said
from tfdesk.jobs.desk_state import WAITING, DeskState, Offer, Phase
from tfdesk.jobs.drafting import Drafting


class Desk(Drafting):
    """Use cases of the therapist's page: services and the model process behind one set of facts.

    Signals (GUI thread):
        reply_approved: text to put on the clipboard; nothing is ever sent
        notice_given: sentence (English, see ``core.said``), Offer
    """

    reply_approved = Signal(str)
    notice_given = Signal(object, Offer)  # an object: a Signal of str would forget what Said knows

    # Reading ------------------------------------------------------------------

    def clients(self, search: str) -> list[Client]:
        """Clients whose name matches, those waiting for a reply first."""
        return self._sessions.clients(search)

    def emotion_labels(self) -> tuple[str, ...]:
        """Labels a therapist may choose from; empty until a model is loaded, and where policy forbids it."""
        ready = self._model.ready if self._emotion_enabled else None
        return ready.emotions if ready is not None else ()

    def strategies(self) -> tuple[str, ...]:
        ready = self._model.ready
        return ready.strategies if ready is not None else ()

    # The client and the messages -------------------------------------------------

    def open_client(self, client_id: int) -> None:
        """Show a client's conversation and draft for the last message if it waits for a reply."""
        self._stop_quietly()
        client = self._sessions.client(client_id)
        self.state = DeskState(client=client, session=self._sessions.latest_session(client_id))
        self._settle()

    def add_client(self, name: str, situation: str) -> None:
        """A new client, opened at once."""
        with self.saying_refusals():
            client = self._sessions.add_client(name, situation)
            self.open_client(client.id)
            self.clients_changed.emit()

    def new_session(self) -> None:
        """Begin another session with the open client."""
        if self.state.client is not None:
            self._sessions.new_session(self.state.client.id)
            self.open_client(self.state.client.id)

    def add_client_message(self, text: str) -> bool:
        """Store what the client wrote, then screen and draft. False when the text was refused."""
        if self.state.session is not None:
            with self.saying_refusals():
                self._sessions.add_client_turn(self.state.session.id, text)
                self.state = replace(self.state, strategy=None)
                self.refresh()
                return True
        return False

    def correct_emotion(self, turn_id: int, label: str | None) -> None:
        """Keep the therapist's label for a client message; None takes it back."""
        self._sessions.correct_emotion(turn_id, label)
        self._show_turns()
        if self.state.turn is not None and self.state.turn.id == turn_id:
            self._update(turn=self._turn(turn_id))
            if self.state.phase is Phase.READY:
                words = said("Kept. New drafts will read the message as {0}.", label)
                self.notice_given.emit(words if label else said("Taken back."), Offer.REDRAFT)

    # Drafting ------------------------------------------------------------------------

    def redraft(self, strategy: str | None = None) -> None:
        """Write new drafts for the same message, as ``strategy`` if given; earlier ones are kept."""
        if self.state.turn is not None and self.state.phase not in (Phase.RISK, Phase.DISPOSED):
            self._crashes = 0
            self.state = replace(self.state, strategy=strategy)
            self._ask()

    def stop(self) -> None:
        """Stop drafting; what was written so far is dropped."""
        if self.state.phase is Phase.DRAFTING:
            self._model.stop()
        elif self.state.phase in WAITING:
            self._stop_quietly()
            self._update(phase=Phase.STOPPED)

    def show_version(self, version: int) -> None:
        """Show an earlier set of drafts for the message (1 is the first)."""
        if self.state.turn is not None and 1 <= version <= self.state.versions:
            self._update(version=version, drafts=tuple(self._review.drafts(self.state.turn.id, version)))

    # Deciding -------------------------------------------------------------------------

    def approve(self, draft: DraftRow) -> None:
        """Take the draft exactly as shown as the reply. A second click finds nothing left to decide."""
        if self.state.phase is Phase.READY:
            self._decide(lambda: self._review.approve(draft.id, text_sha256(draft.draft.text)))

    def approve_edited(self, draft: DraftRow, text: str) -> None:
        """Take the edited text as the reply; the draft and the difference are kept."""
        self._decide(lambda: self._review.approve_edited(draft.id, text))

    def write_own(self, text: str) -> None:
        """Take the therapist's own words as the reply."""
        turn = self.state.turn
        if turn is not None:
            self._decide(lambda: self._review.write_own(turn.id, text))

    def _decide(self, decision: Callable[[], TurnRow]) -> None:
        with self.saying_refusals():
            reply = decision()
            self.refresh()
            self.reply_approved.emit(reply.text)
            self.notice_given.emit(said("Copied. Paste it where you write to the client."), Offer.UNDO)

    def reject(self, draft: DraftRow, reason: RejectReason, note: str = "") -> None:
        """Put a draft aside; the others stay."""
        with self.saying_refusals():
            self._review.reject(draft.id, reason, note)
            if self.state.turn is not None:
                self._update(drafts=tuple(self._review.drafts(self.state.turn.id, self.state.version)))
            self.notice_given.emit(said("Rejected: {0}.", reason.value), Offer.UNDO)

    def undo(self) -> None:
        """Take back the last decision in this session."""
        if self.state.session is not None:
            with self.saying_refusals():
                done = self._review.undo_last(self.state.session.id)
                self.refresh()
                self.notice_given.emit(done, Offer.REDO)

    def redo(self) -> None:
        """Make the decision again that was taken back last."""
        session = self.state.session
        if session is not None:
            with self.saying_refusals():
                reply = self._review.redo_last(session.id)
                self.refresh()
                if reply is not None:
                    self.reply_approved.emit(reply.text)
                self.notice_given.emit(said("Done again."), Offer.UNDO)

    def dispose(self, disposition: Disposition, note: str) -> None:
        """Record what was done about the open risk."""
        if self.state.risk_turn is not None:
            with self.saying_refusals():
                self._review.dispose(self.state.risk_turn.id, disposition, note)
                self.clients_changed.emit()
                self._settle()
