"""The message that is to be answered: where it stands, and what the model says about it. No widgets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from tfdesk.core.errors import KnownError
from tfdesk.core.models import DraftRow, TurnRow
from tfdesk.core.said import said
from tfdesk.jobs.desk_state import WAITING, DeskState, Phase, marked_messages
from tfdesk.jobs.model_process import ModelProcess, ModelReady
from tfdesk.services.review import Review
from tfdesk.services.sessions import Sessions
from trainer.events import WITHHELD_RISK, WITHHELD_UNSCREENED, ContextUsed, Emotion, Risk, Suggestion

DRAFTS = 3
MOST_CRASHES = 2  # of the model process for one message before the person must ask again


class Drafting(QObject):
    """Reads the store, asks the model process, and keeps one DeskState of it; Desk is what a person does.

    Signals (GUI thread):
        state_changed: DeskState
        turns_changed: list[TurnRow] of the open client, oldest first
        clients_changed: the list of clients may differ
        refused: KnownError to show
    """

    state_changed = Signal(DeskState)
    turns_changed = Signal(list)
    clients_changed = Signal()
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
        self._abstentions: dict[int, int] = {}  # likewise: answers without a draft
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

    def all_turns(self) -> list[TurnRow]:
        """Every message of the open client, oldest first; without emotions where the policy is "off"."""
        if self.state.client is None:
            return []
        sessions = self._sessions.sessions(self.state.client.id)
        return [self._seen(turn) for session in sessions for turn in self._sessions.turns(session.id)]

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
            phase = Phase.EMPTY if last is None else Phase.ANSWERED
            waiting_clients = sum(client.awaiting for client in self._sessions.clients())
            self._update(phase=phase, emotion=None, context=None, others_waiting=waiting_clients)
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
        self.state = replace(self.state, given_back=self._review.words_given_back(turn.id))
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
            # Each redraft differs, after an answer without a draft too; the same one can be made again.
            seed=self._review.versions(turn.id) + self._abstentions.get(turn.id, 0),
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
            changes["reason"] = said("The model stopped twice while it read this message.")
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
            self._abstentions[turn.id] = self._abstentions.get(turn.id, 0) + 1
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
        turns = self._sessions.turns(self.state.session.id)
        return self._seen(next(turn for turn in turns if turn.id == turn_id))

    def _seen(self, turn: TurnRow) -> TurnRow:
        """What of a message may be shown: emotions that were read before the policy was "off" may not."""
        return turn if self._emotion_enabled else replace(turn, emotion=None, corrected_emotion=None)

    def _update(self, **changes: Any) -> None:
        self.state = replace(self.state, **changes)
        self.state_changed.emit(self.state)
