"""The guided first session: one line above the desk that ticks a step off when it was really done."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame

from tfdesk.core.models import DraftState
from tfdesk.jobs.desk import Desk
from tfdesk.jobs.desk_state import DeskState, Offer, Phase
from tfdesk.ui.announce import announce
from tfdesk.ui.controls import button, label, row
from tfdesk.ui.desk_page import DeskPage


class Step(Enum):
    """What is tried out, in this order; each value is its name in the settings."""

    OPEN = "open"
    READ = "read"
    POINT = "point"
    REJECT = "reject"
    EDIT = "edit"
    UNDO = "undo"
    RISK = "risk"


NEED_DRAFTS = (Step.POINT, Step.REJECT, Step.EDIT)


def steps_done(words: str) -> frozenset[Step]:
    """Steps from the settings; names that this version does not know are left out."""
    names = words.split()
    return frozenset(step for step in Step if step.value in names)


class GuidedSession(QFrame):
    """Listens to the desk; the first step that is not done yet is in words.

    Signals:
        progressed: the steps done so far, as the settings keep them
        left: the person put it away
    """

    progressed = Signal(str)
    left = Signal()

    def __init__(self, *, desk: Desk, page: DeskPage, done: frozenset[Step]) -> None:
        super().__init__()
        self.setProperty("look", "banner")
        self.done = done
        self._desk = desk
        self._abstained = desk.state.phase is Phase.ABSTAINED
        self.words = label("", wrap=True)
        self.ticks = label("", "muted")
        self.leave = button("")
        self.leave.clicked.connect(self.left)
        inner = row(label(self.tr("First session"), "strong"), self.ticks)
        inner.addWidget(self.words, 1)
        inner.addWidget(self.leave)
        inner.setContentsMargins(16, 6, 16, 6)
        inner.setSpacing(12)
        self.setLayout(inner)
        page.clients.client_chosen.connect(self._on_client_chosen)
        page.decisions.context.exact_opened.connect(self._on_exact_opened)
        page.decisions.drafts.component_pointed.connect(self._on_component_pointed)
        desk.state_changed.connect(self._on_state_changed)
        desk.reply_approved.connect(self._on_reply_approved)
        desk.notice_given.connect(self._on_notice_given)
        self._show()

    def _sentence(self, step: Step) -> str:
        return {
            Step.OPEN: self.tr("Choose Nina P. on the left."),
            Step.READ: self.tr("Open \u201cExact input\u201d on the right: it is all that the model read."),
            Step.POINT: self.tr("Point at a part of a draft's reward: the words that moved it are marked."),
            Step.REJECT: self.tr("Reject a draft that you would not send, and say why."),
            Step.EDIT: self.tr("Edit a draft until you could send it, then approve it."),
            Step.UNDO: self.tr(
                "Take that decision back: \u201cUndo\u201d below the conversation, or its key."
            ),
            Step.RISK: self.tr("Open Ruben S. and read his last message: here nothing is drafted."),
        }[step]

    def _show(self) -> None:
        self.ticks.setText(" ".join("\u2713" if step in self.done else "\u25cb" for step in Step))
        told = self.tr("{0} of {1} done").format(len(self.done), len(Step))
        self.ticks.setAccessibleName(told)
        self.ticks.setToolTip(told)
        following = next((step for step in Step if step not in self.done), None)
        if following is None:
            self.words.setText(self.tr("That was everything. Help has the rest."))
        elif following in NEED_DRAFTS and self._abstained:
            self.words.setText(
                self.tr("Nothing was good enough to show: \u201cTry again\u201d, or choose Nina P.")
            )
        else:
            self.words.setText(self._sentence(following))
        name = self.tr("Not now") if following is not None else self.tr("Close")
        self.leave.setText(name)
        self.leave.setAccessibleName(name)

    def _tick(self, step: Step) -> None:
        if step not in self.done:
            self.done |= {step}
            self._show()
            announce(self, self.words.text())
            self.progressed.emit(" ".join(one.value for one in Step if one in self.done))

    def _on_client_chosen(self, _client_id: int) -> None:
        self._tick(Step.OPEN)

    def _on_exact_opened(self) -> None:
        self._tick(Step.READ)

    def _on_component_pointed(self, name: str) -> None:
        if name:
            self._tick(Step.POINT)

    def _on_state_changed(self, state: DeskState) -> None:
        abstained = state.phase is Phase.ABSTAINED
        if abstained is not self._abstained:
            self._abstained = abstained
            self._show()
        if state.phase is Phase.RISK:
            self._tick(Step.RISK)
        if any(draft.state is DraftState.rejected for draft in state.drafts):
            self._tick(Step.REJECT)

    def _on_reply_approved(self, _text: str) -> None:
        if self._desk.all_turns()[-1].origin == "edited":
            self._tick(Step.EDIT)

    def _on_notice_given(self, _words: str, offer: Offer) -> None:
        if offer is Offer.REDO:  # only a decision that was taken back offers that
            self._tick(Step.UNDO)
