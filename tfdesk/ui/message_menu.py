"""What can be done with one message of the conversation."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto

from PySide6.QtWidgets import QMenu, QWidget

from tfdesk.core.models import TurnRow
from tfdesk.ui.text import in_words, tr, with_key


class MessageAction(Enum):
    """A wish about a message; CORRECT comes with a label, or None to take a correction back."""

    CORRECT = auto()
    EDIT = auto()
    CHANGES = auto()
    APPROVE = auto()
    FLAG = auto()
    COPY = auto()


def message_menu(parent: QWidget, turn: TurnRow, labels: Sequence[str], *, changes_shown: bool) -> QMenu:
    """Everything that can be done with ``turn``; an action's data is (MessageAction, label or None)."""
    menu = QMenu(parent)
    menu.setAccessibleName(tr("Message"))
    client = turn.speaker == "client"
    if client and labels:
        emotions = emotion_menu(menu, labels, turn.corrected_emotion)
        emotions.setTitle(tr("Emotion"))
        menu.addMenu(emotions)
    if not client and not turn.approved and turn.origin != "typed":
        _add(menu, tr("Approve these words"), MessageAction.APPROVE)
    if turn.origin == "edited" and turn.approved:
        words = tr("Hide what you changed") if changes_shown else tr("Show what you changed")
        _add(menu, with_key(words, "D"), MessageAction.CHANGES)
    _add(menu, with_key(tr("Edit the words"), "F2"), MessageAction.EDIT)
    _add(menu, with_key(tr("Copy"), "Ctrl+C"), MessageAction.COPY)
    if client and not turn.risk_open:
        missed = turn.risk is not None and turn.risk.status == "screened"
        menu.addSeparator()
        words = tr("The screen missed a risk here") if missed else tr("Mark as a risk")
        _add(menu, with_key(words, "Ctrl+Shift+F"), MessageAction.FLAG)
    return menu


def _add(menu: QMenu, words: str, action: MessageAction) -> None:
    menu.addAction(words).setData((action, None))


def emotion_menu(parent: QWidget, labels: Sequence[str], corrected: str | None) -> QMenu:
    """A menu of emotion labels; an action's data is (CORRECT, label), or (CORRECT, None) for the model's."""
    menu = QMenu(parent)
    menu.setAccessibleName(tr("Emotion of this message"))
    for name in labels:
        action = menu.addAction(in_words(name))
        action.setData((MessageAction.CORRECT, name))
        action.setCheckable(True)
        action.setChecked(name == corrected)
    if corrected is not None:
        menu.addSeparator()
        menu.addAction(tr("Back to the model's reading")).setData((MessageAction.CORRECT, None))
    if not labels:
        menu.addAction(tr("The model is still loading")).setEnabled(False)
    return menu
