"""The messages of one client as rows, and what is said about each in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from tfdesk.core.models import TurnRow
from tfdesk.ui.text import short_date, tr
from trainer.events import Span

Index = QModelIndex | QPersistentModelIndex
ROW_ROLE = Qt.ItemDataRole.UserRole
MARKS_ROLE = ROW_ROLE + 1
PAGE = 200  # messages shown at first, and added at each "earlier"


@dataclass(frozen=True, slots=True)
class Heading:
    """A line between sessions, or the offer to show earlier messages."""

    text: str
    earlier: bool = False


def emotion_words(turn: TurnRow) -> list[tuple[str, str | None]]:
    """Chips of a client message: (words, emotion label for the dot or None)."""
    if turn.corrected_emotion is not None:
        return [(tr("{0} (yours)").format(turn.corrected_emotion), turn.corrected_emotion)]
    if turn.emotion is None:
        return []
    if turn.emotion.abstained:
        return [(tr("unsure"), None)]
    ranked = sorted(turn.emotion.distribution.items(), key=lambda item: -item[1])
    shown = [item for item in ranked[:2] if item[1] >= 0.2] or ranked[:1]
    return [(f"{name} {round(share * 100)} %", name) for name, share in shown]


def origin_words(origin: str) -> str:
    """How a reply came about, in words."""
    return {
        "drafted": tr("drafted, approved by you"),
        "edited": tr("drafted, edited by you"),
        "own": tr("written by you"),
        "typed": "",
    }[origin]


class TranscriptModel(QAbstractListModel):
    """The latest messages of one client, oldest first, with a heading per session."""

    def __init__(self) -> None:
        super().__init__()
        self._turns: list[TurnRow] = []
        self._marks: dict[int, list[Span]] = {}
        self._shown = PAGE
        self._rows: list[TurnRow | Heading] = []

    def show(self, turns: Sequence[TurnRow]) -> None:
        self._turns = list(turns)
        self._marks = risk_marks(turns)
        self._shown = PAGE
        self._rebuild()

    def show_earlier(self) -> None:
        self._shown += PAGE
        self._rebuild()

    def _rebuild(self) -> None:
        self.beginResetModel()
        self._rows = []
        shown = self._turns[-self._shown :]
        if len(shown) < len(self._turns):
            hidden = len(self._turns) - len(shown)
            self._rows.append(Heading(self.tr("Show earlier messages ({0})").format(hidden), earlier=True))
        session = None
        for turn in shown:
            if turn.session_id != session:
                session = turn.session_id
                self._rows.append(Heading(short_date(turn.at)))
            self._rows.append(turn)
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        entry = self._rows[index.row()]
        if role == ROW_ROLE:
            return entry
        if role == MARKS_ROLE:
            return self._marks.get(entry.id, []) if isinstance(entry, TurnRow) else []
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return entry.text if isinstance(entry, Heading) else spoken(entry)
        return None


def risk_marks(turns: Sequence[TurnRow]) -> dict[int, list[Span]]:
    """Marked words by turn id. A hit's spans count turns from the client's first, as ``turns`` does."""
    marks: dict[int, list[Span]] = {}
    for turn in turns:
        for span in turn.risk.spans if turn.risk is not None else ():
            if isinstance(span.where, int) and 0 <= span.where < len(turns):
                marks.setdefault(turns[span.where].id, []).append(span)
    return marks


def spoken(turn: TurnRow) -> str:
    """A message as a screen reader says it."""
    who = tr("Client") if turn.speaker == "client" else tr("You")
    chips = ", ".join(words for words, _ in emotion_words(turn))
    return " ".join(part for part in (f"{who}:", turn.text, chips) if part)
