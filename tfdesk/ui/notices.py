"""The states of the decision column that are a few words and a button or two."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from tfdesk.jobs.desk_state import DeskState, Phase
from tfdesk.ui.controls import KeyButton, card, clear, label, row
from tfdesk.ui.flow import Flow
from tfdesk.ui.text import in_words, tr


@dataclass(frozen=True, slots=True)
class Words:
    """What a state says, and which ways on it offers."""

    title: str
    sentence: str
    look: str = "card"
    redraft: str = ""  # label of the redraft button, "" = none
    own: bool = False  # offers writing one's own reply
    onward: bool = False  # offers the next client who waits


def words_of(state: DeskState) -> Words | None:
    """The notice for a state; None for the states that show drafts, progress or a risk."""
    name = state.client.name if state.client is not None else ""
    reason = in_words(state.reason)
    return {
        Phase.NO_CLIENT: Words(
            tr("Choose a client"),
            tr("Choose one on the left, or add one with Ctrl+N. The drafts appear here."),
        ),
        Phase.EMPTY: Words(
            tr("No message yet"),
            tr("Paste or type what {0} wrote, then press Enter. Drafts appear here.").format(name),
        ),
        Phase.ANSWERED: Words(
            tr("Nothing to answer"),
            tr("When {0} writes again, paste it below the conversation.").format(name),
            onward=state.others_waiting > 0,
        ),
        Phase.LOADING: Words(tr("Loading the model"), tr("A few seconds. You can read and write meanwhile.")),
        Phase.STOPPED: Words(
            tr("You stopped drafting"), tr("Nothing was kept of it."), redraft=tr("Draft again"), own=True
        ),
        Phase.MODEL_DOWN: Words(
            tr("The drafting model stopped"),
            tr("It is being restarted. Your text is safe; drafting goes on by itself."),
            look="warning",
            own=True,
        ),
        Phase.MODEL_REFUSED: Words(
            tr("The model cannot be used"),
            " ".join(part for part in (reason, tr("You can write replies yourself.")) if part),
            look="warning",
            own=True,
        ),
        Phase.UNSCREENED: Words(
            tr("This message was not screened"),
            reason
            or tr(
                "The risk screen did not work, so nothing was drafted. Read the message yourself, "
                "for signs of risk too."
            ),
            look="warning",
            redraft=tr("Screen again"),
            own=True,
        ),
        Phase.DISPOSED: Words(
            tr("Write this reply yourself"),
            tr(
                "The risk screen marked the message and you recorded what you did. Nothing is drafted for it."
            ),
            own=True,
        ),
        Phase.ABSTAINED: Words(
            tr("No draft this time"),
            reason or tr("No candidate was good enough to show."),
            redraft=tr("Try again"),
            own=True,
        ),
        Phase.FAILED: Words(
            tr("Drafting did not work"), reason, look="warning", redraft=tr("Try again"), own=True
        ),
    }.get(state.phase)


class Notice(QWidget):
    """A card with a title, a sentence and the ways on.

    Signals:
        redraft_requested
        own_reply_requested
        next_client_requested
    """

    redraft_requested = Signal()
    own_reply_requested = Signal()
    next_client_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)

    def show_words(self, words: Words) -> None:
        """Replace what is shown."""
        clear(self._column)
        frame, inner = card(words.look)
        inner.setContentsMargins(14, 12, 14, 14)
        inner.addWidget(label(words.title, "heading", wrap=True))
        inner.addWidget(label(words.sentence, wrap=True))
        if words.redraft or words.own or words.onward:
            line = Flow()
            if words.onward:
                onward = KeyButton(self.tr("Next client who waits"), "Alt+Down", "primary")
                onward.clicked.connect(self.next_client_requested)
                line.addWidget(onward)
            if words.redraft:
                again = KeyButton(words.redraft, "Ctrl+R", "primary")
                again.clicked.connect(self.redraft_requested)
                line.addWidget(again)
            if words.own:
                own = KeyButton(self.tr("Write your own"), "Ctrl+Shift+O")
                own.clicked.connect(self.own_reply_requested)
                line.addWidget(own)
            inner.addSpacing(4)
            inner.addLayout(line)
        frame.setAccessibleName(f"{words.title}. {words.sentence}")
        self._column.addWidget(frame)


class DraftingProgress(QWidget):
    """Progress while candidates are written unseen, and Stop.

    Signals:
        stop_requested
    """

    stop_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        frame, inner = card()
        inner.setContentsMargins(14, 12, 14, 14)
        self._count = label("", "muted")
        self._count.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._bar = QProgressBar(textVisible=False)
        self._bar.setAccessibleName(self.tr("Candidates written"))
        self.stop = KeyButton(self.tr("Stop"), "Esc")
        self.stop.clicked.connect(self.stop_requested)
        head = row()
        head.addWidget(label(self.tr("Writing drafts"), "heading", wrap=True), 1)
        head.addWidget(self._count)
        inner.addLayout(head)
        inner.addWidget(self._bar)
        inner.addWidget(
            label(
                self.tr("Drafts appear when they are complete and have passed the checks."),
                "muted",
                wrap=True,
            )
        )
        inner.addLayout(row(self.stop, None))
        column.addWidget(frame)

    def show_progress(self, done: int, total: int) -> None:
        """``total`` 0: not known yet."""
        self._bar.setRange(0, max(total, 1))
        self._bar.setValue(done)
        self._count.setText(self.tr("{0} of {1} candidates").format(done, total) if total else "")
