"""The desk: which client is open, what is being drafted, what the therapist decided. No widgets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from tfdesk.core.errors import KnownError
from tfdesk.core.models import Client, Disposition, DraftRow, RejectReason, TurnRow, text_sha256
from tfdesk.jobs.desk_state import WAITING, DeskState, Offer, Phase, marked_messages
from tfdesk.jobs.model_process import ModelProcess, ModelReady
from tfdesk.services.review import Review
from tfdesk.services.sessions import Sessions
from trainer.events import WITHHELD_RISK, WITHHELD_UNSCREENED, ContextUsed, Emotion, Risk, Suggestion

DRAFTS = 3
MOST_CRASHES = 2  # of the model process for one message before the person must ask again


class Desk(QObject):
    """Use cases of the therapist's page: services and the model process behind one set of facts.

    Signals (GUI thread):
        state_changed: DeskState
        turns_changed: list[TurnRow] of the open client, oldest first
        clients_changed: the list of clients may differ
        reply_approved: text to put on the clipboard; nothing is ever sent
        notice_given: sentence, Offer
        refused: KnownError to show
    """

    state_changed = Signal(DeskState)
    turns_changed = Signal(list)
    clients_changed = Signal()
    reply_approved = Signal(str)
    notice_given = Signal(str, Offer)
    refused = Signal(object)

    def __init__(
        self,
        *,
        sessions: Sessions,
        review: Review,
        model: ModelProcess,
        emotion_enabled: bool,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._sessions = sessions
        self._review = review
        self._model = model
        self._emotion_enabled = emotion_enabled
        self._request: str | None = None
        self._crashes = 0  # of the model process, while it drafted for the present message
        self._contexts: dict[int, ContextUsed] = {}  # by turn, for this unlocked time only
        self.state = DeskState()
        model.model_ready.connect(self._on_model_ready)
        model.model_down.connect(self._on_model_down)
        model.model_refused.connect(self._on_model_refused)
        model.risk_known.connect(self._on_risk_known)
        model.emotion_known.connect(self._on_emotion_known)
        model.context_known.connect(self._on_context_known)
        model.progress_made.connect(self._on_progress_made)
        model.result_arrived.connect(self._on_result_arrived)
        model.request_stopped.connect(self._on_request_stopped)
        model.request_failed.connect(self._on_request_failed)

    # Reading ------------------------------------------------------------------

    def clients(self, search: str) -> list[Client]:
        """Clients whose name matches, those waiting for a reply first."""
        return self._sessions.clients(search)

    def emotion_labels(self) -> tuple[str, ...]:
        """Labels a therapist may choose from; empty until a model is loaded."""
        ready = self._model.ready
        return ready.emotions if ready is not None else ()

    def strategies(self) -> tuple[str, ...]:
        ready = self._model.ready
        return ready.strategies if ready is not None else ()

    def all_turns(self) -> list[TurnRow]:
        """Every message of the open client, oldest first."""
        if self.state.client is None:
            return []
        sessions = self._sessions.sessions(self.state.client.id)
        return [turn for session in sessions for turn in self._sessions.turns(session.id)]

    # The client and the messages -------------------------------------------------

    def open_client(self, client_id: int) -> None:
        """Show a client's conversation and draft for the last message if it waits for a reply."""
        self._stop_quietly()
        client = self._sessions.client(client_id)
        self.state = DeskState(client=client, session=self._sessions.latest_session(client_id))
        self._settle()

    def refresh(self) -> None:
        """Messages changed: what was asked about the old ones no longer matters."""
        self._stop_quietly()
        self._settle()
        self.clients_changed.emit()

    @contextmanager
    def saying_refusals(self) -> Iterator[None]:
        """What a service refuses inside this block ends the block and is shown to the person."""
        try:
            yield
        except KnownError as error:
            self.refused.emit(error)

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
                words = self.tr("Kept. New drafts will read the message as {0}.").format(label)
                self.notice_given.emit(words if label else self.tr("Taken back."), Offer.REDRAFT)

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
            self.notice_given.emit(self.tr("Copied. Paste it where you write to the client."), Offer.UNDO)

    def reject(self, draft: DraftRow, reason: RejectReason, note: str = "") -> None:
        """Put a draft aside; the others stay."""
        with self.saying_refusals():
            self._review.reject(draft.id, reason, note)
            if self.state.turn is not None:
                self._update(drafts=tuple(self._review.drafts(self.state.turn.id, self.state.version)))
            self.notice_given.emit(self.tr("Rejected: {0}.").format(reason.value), Offer.UNDO)

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
                self.notice_given.emit(self.tr("Done again."), Offer.UNDO)

    def dispose(self, disposition: Disposition, note: str) -> None:
        """Record what was done about the open risk."""
        if self.state.risk_turn is not None:
            with self.saying_refusals():
                self._review.dispose(self.state.risk_turn.id, disposition, note)
                self.clients_changed.emit()
                self._settle()

    # Where things stand ----------------------------------------------------------------

    def _settle(self) -> None:
        """Read the store and go on from there: show drafts, a risk, nothing to do, or ask the model."""
        session = self.state.session
        turns = [turn for turn in self._show_turns() if session is not None and turn.session_id == session.id]
        self._crashes = 0
        last = turns[-1] if turns else None
        open_risk = self._review.open_risk(session.id) if session is not None else None
        waiting = last if last is not None and last.speaker == "client" else None
        self.state = replace(
            self.state, turn=waiting, risk_turn=None, drafts=(), version=0, versions=0, reason="", marked=()
        )
        if open_risk is not None:
            self._show_risk(open_risk)
            if waiting is not None and waiting.risk is None and self._model.running:
                self._send(waiting, drafts=0)  # a newer message while the hit is open: screen it too
        elif waiting is None:
            self._update(phase=Phase.EMPTY if last is None else Phase.ANSWERED, emotion=None, context=None)
        elif waiting.disposition is not None:
            self._update(phase=Phase.DISPOSED, emotion=waiting.emotion, context=None)
        elif drafts := self._review.drafts(waiting.id):
            self._enter_ready(waiting, drafts)
        else:
            self._ask()

    def _enter_ready(self, turn: TurnRow, drafts: list[DraftRow]) -> None:
        versions = self._review.versions(turn.id)
        self._update(
            phase=Phase.READY,
            turn=turn,
            drafts=tuple(drafts),
            version=versions,
            versions=versions,
            emotion=turn.emotion,
            context=self._contexts.get(turn.id),
        )
        if self.state.context is None and self._model.running:
            self._send(turn, drafts=0)  # drafted before the vault was last locked: read it again

    def _show_risk(self, turn: TurnRow) -> None:
        assert self.state.session is not None
        marked = marked_messages(self._sessions.dialogue(self.state.session.id), turn.risk)
        self._update(phase=Phase.RISK, risk_turn=turn, marked=marked, drafts=(), emotion=None, context=None)

    def _ask(self) -> None:
        """Ask the model for drafts, now or as soon as it is there."""
        turn = self.state.turn
        if turn is None:
            return
        self.state = replace(
            self.state, drafts=(), emotion=None, context=None, marked=(), progress=(0, 0), reason=""
        )
        if self._model.running:  # even while it loads: the risk screen answers first
            self._send(turn, drafts=DRAFTS)
        waiting = Phase.MODEL_DOWN if self._model.failing else Phase.LOADING
        self._update(phase=waiting if self._model.ready is None else Phase.DRAFTING)

    def _send(self, turn: TurnRow, *, drafts: int) -> None:
        assert self.state.session is not None
        dialogue = self._sessions.dialogue(self.state.session.id)
        emotion = "off" if not self._emotion_enabled else turn.corrected_emotion or "auto"
        self._request = self._model.suggest(
            dialogue,
            drafts=drafts,
            emotion=emotion,
            strategy=self.state.strategy,
            seed=self._review.versions(turn.id),  # each redraft differs; the same one can be made again
            cleared=self._sessions.cleared(self.state.session.id),
        )

    # What the model says ----------------------------------------------------------------

    def _on_model_ready(self, _ready: ModelReady) -> None:
        if self.state.phase in (Phase.LOADING, Phase.MODEL_DOWN) and self._request is not None:
            self._update(phase=Phase.DRAFTING)
        elif self.state.phase in (Phase.LOADING, Phase.MODEL_DOWN, Phase.MODEL_REFUSED):
            self._ask()
        elif self.state.phase is Phase.RISK:
            self._settle()

    def _on_model_down(self, reason: str) -> None:
        crashed = self.state.phase is Phase.DRAFTING
        self._request = None
        if self.state.phase not in WAITING:
            return
        self._crashes += crashed
        changes = {"reason": reason, "progress": (0, 0), "emotion": None, "context": None}
        if (
            self._crashes >= MOST_CRASHES
        ):  # this message brings it down: asking again and again would not help
            changes["reason"] = self.tr("The model stopped twice while it read this message.")
            self._update(phase=Phase.FAILED, **changes)
        else:
            self._update(phase=Phase.MODEL_DOWN, **changes)

    def _on_model_refused(self, reason: str) -> None:
        self._request = None
        if self.state.phase in WAITING:
            self._update(phase=Phase.MODEL_REFUSED, reason=reason)

    def _on_risk_known(self, request: str, risk: Risk) -> None:
        """A hit is stored and shown at once: it must survive whatever happens to the rest of the answer."""
        if request == self._request and self.state.turn is not None and risk.status == "hit":
            self._sessions.record_screening(self.state.turn.id, risk, None)
            self._settle_risk()

    def _settle_risk(self) -> None:
        assert self.state.session is not None
        self._show_turns()
        open_risk = self._review.open_risk(self.state.session.id)
        if open_risk is not None:
            self._show_risk(open_risk)

    def _on_emotion_known(self, request: str, emotion: Emotion | None) -> None:
        if request == self._request and self.state.phase is Phase.DRAFTING:
            self._update(emotion=emotion)

    def _on_context_known(self, request: str, context: ContextUsed) -> None:
        if request == self._request and self.state.turn is not None:
            self._contexts[self.state.turn.id] = context
            if self.state.phase in (Phase.DRAFTING, Phase.READY):
                self._update(context=context)

    def _on_progress_made(self, request: str, done: int, total: int) -> None:
        if request == self._request and self.state.phase is Phase.DRAFTING:
            self._update(progress=(done, total))

    def _on_result_arrived(self, request: str, answer: Suggestion) -> None:
        turn = self.state.turn
        if request != self._request or turn is None:
            return
        self._request = None
        emotion = answer.emotion if self._emotion_enabled else None
        self._sessions.record_screening(turn.id, answer.risk, emotion)
        if answer.withheld == WITHHELD_RISK or answer.risk.status == "hit" or self.state.phase is Phase.RISK:
            self._settle_risk()
            return
        if self.state.phase is Phase.READY:
            return
        self.state = replace(self.state, emotion=emotion, context=answer.context, reason=answer.reason or "")
        self._show_turns()
        if answer.withheld == WITHHELD_UNSCREENED or answer.risk.status != "screened":
            self._update(phase=Phase.UNSCREENED)
        elif answer.withheld is not None or not answer.drafts:
            self._update(phase=Phase.ABSTAINED)
        else:
            with self.saying_refusals():
                self._enter_ready(self._turn(turn.id), self._review.save_drafts(turn.id, answer))

    def _on_request_stopped(self, request: str) -> None:
        if request == self._request:
            self._request = None
            self._update(phase=Phase.STOPPED, progress=(0, 0))

    def _on_request_failed(self, request: str, message: str) -> None:
        if request == self._request:
            self._request = None
            self._update(phase=Phase.FAILED, reason=message)

    # Helpers ------------------------------------------------------------------------------

    def _stop_quietly(self) -> None:
        """Stop a running request whose answer no longer matters."""
        if self._request is not None:
            self._request = None
            self._model.stop()

    def _show_turns(self) -> list[TurnRow]:
        turns = self.all_turns()
        self.turns_changed.emit(turns)
        return turns

    def _turn(self, turn_id: int) -> TurnRow:
        assert self.state.session is not None
        return next(turn for turn in self._sessions.turns(self.state.session.id) if turn.id == turn_id)

    def _update(self, **changes: Any) -> None:
        self.state = replace(self.state, **changes)
        self.state_changed.emit(self.state)
