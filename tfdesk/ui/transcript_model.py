"""The messages of one client as rows, and what is said about each in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from tfdesk.core.models import DiffPart, TurnRow
from tfdesk.ui.controls import Mark
from tfdesk.ui.text import in_words, short_date, tr
from trainer.events import Span

Index = QModelIndex | QPersistentModelIndex
ROW_ROLE = Qt.ItemDataRole.UserRole
MARKS_ROLE = ROW_ROLE + 1
_LONG = re.compile(r"[^\W\d_]{5,}")  # shorter words are mostly grammar
PAGE = 200  # messages shown at first, and added at each "earlier"


@dataclass(frozen=True, slots=True)
class Heading:
    """A line between sessions, or the offer to show earlier messages."""

    text: str
    earlier: bool = False


def emotion_words(turn: TurnRow) -> list[tuple[str, str | None]]:
    """Chips of a client message: (words, emotion label for the dot or None)."""
    if turn.corrected_emotion is not None:
        return [(tr("{0} (yours)").format(in_words(turn.corrected_emotion)), turn.corrected_emotion)]
    if turn.emotion is None:
        return []
    if turn.emotion.abstained:
        return [(tr("unsure"), None)]
    ranked = sorted(turn.emotion.distribution.items(), key=lambda item: -item[1])
    shown = [item for item in ranked[:2] if item[1] >= 0.2] or ranked[:1]
    return [(tr("{0} {1} %").format(in_words(name), round(share * 100)), name) for name, share in shown]


def origin_words(turn: TurnRow) -> str:
    """How a reply came about, in words."""
    if turn.origin != "typed" and not turn.approved:
        return tr("changed since you approved it")
    return {
        "drafted": tr("drafted, approved by you"),
        "edited": tr("drafted, edited by you"),
        "own": tr("written by you"),
        "typed": "",
    }[turn.origin]


class TranscriptModel(QAbstractListModel):
    """The latest messages of one client, oldest first, with a heading per session.

    MARKS_ROLE gives the marked words of a row as (Mark, Span) pairs.
    """

    def __init__(self) -> None:
        super().__init__()
        self._turns: list[TurnRow] = []
        self._marks: dict[Mark, dict[int, list[Span]]] = {}  # by turn id
        self._changes: dict[int, tuple[DiffPart, ...]] = {}  # edits that are shown, by turn id
        self._shown = PAGE
        self._rows: list[TurnRow | Heading] = []

    def show(self, turns: Sequence[TurnRow]) -> None:
        """Show the messages of a client, the latest page of them."""
        grown = [turn.id for turn in turns] != [turn.id for turn in self._turns]
        kept = {} if grown else self._marks.get(Mark.EVIDENCE, {})
        self._turns = list(turns)
        self._marks = {Mark.RISK: risk_marks(turns), Mark.EVIDENCE: kept}
        self._changes = {}
        self._shown = PAGE
        self._rebuild()

    def show_earlier(self) -> None:
        self._shown += PAGE
        self._rebuild()

    def reveal(self, turn_id: int) -> int:
        """The row of a message, which is made visible first if needed; -1 when there is none."""
        place = next((place for place, turn in enumerate(self._turns) if turn.id == turn_id), None)
        if place is None:
            return -1
        while place < len(self._turns) - self._shown:
            self.show_earlier()
        return next(
            row for row, entry in enumerate(self._rows) if isinstance(entry, TurnRow) and entry.id == turn_id
        )

    def turn(self, turn_id: int) -> TurnRow:
        """The message as it was said, whatever is shown of it."""
        return next(turn for turn in self._turns if turn.id == turn_id)

    def mark(self, mark: Mark, spans: Iterable[Span]) -> None:
        """Mark these words, and no others, in this way; a span's ``where`` counts all turns from 0."""
        by_turn: dict[int, list[Span]] = {}
        for span in spans:
            if isinstance(span.where, int) and 0 <= span.where < len(self._turns):
                by_turn.setdefault(self._turns[span.where].id, []).append(span)
        if self._marks.get(mark, {}) != by_turn:
            self._marks[mark] = by_turn
            self._repaint()

    def mark_taken_up(self, turn_id: int, reply: str, spans: Sequence[Span]) -> None:
        """Mark the evidence that lies in the conversation, and in message ``turn_id`` the words that the
        marked parts of ``reply`` say again."""
        marked = (reply[span.start : span.end] for span in spans if span.where == "reply")
        said = {word.casefold() for part in marked for word in _LONG.findall(part)}
        again = [
            Span(place, *match.span())
            for place, turn in enumerate(self._turns)
            if turn.id == turn_id
            for match in _LONG.finditer(turn.text)
            if match.group().casefold() in said
        ]
        self.mark(Mark.EVIDENCE, [*spans, *again])

    def occurrences(self, words: str) -> list[Span]:
        """Where ``words`` occur, whatever their case, oldest first."""
        if not words:
            return []
        pattern = re.compile(re.escape(words), re.IGNORECASE)
        return [
            Span(place, *match.span())
            for place, turn in enumerate(self._turns)
            for match in pattern.finditer(turn.text)
        ]

    def id_at(self, place: int) -> int:
        """The id of the message that is ``place``th of all, from 0."""
        return self._turns[place].id

    def show_changes(self, turn_id: int, parts: tuple[DiffPart, ...]) -> None:
        """Show how a reply differs from its draft; () shows its words again."""
        self._changes[turn_id] = parts
        row = self.reveal(turn_id)
        self._rows[row] = self._entry(self.turn(turn_id))
        self.dataChanged.emit(self.index(row), self.index(row))

    def changes_shown(self, turn_id: int) -> bool:
        return bool(self._changes.get(turn_id))

    def _repaint(self) -> None:
        if self._rows:
            self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1), [MARKS_ROLE])

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
            self._rows.append(self._entry(turn))
        self.endResetModel()

    def _entry(self, turn: TurnRow) -> TurnRow:
        parts = self._changes.get(turn.id)
        return replace(turn, text="".join(part.text for part in parts)) if parts else turn

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        entry = self._rows[index.row()]
        if role == ROW_ROLE:
            return entry
        if role == MARKS_ROLE:
            return self._marked(entry.id) if isinstance(entry, TurnRow) else []
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return entry.text if isinstance(entry, Heading) else spoken(entry)
        return None

    def _marked(self, turn_id: int) -> list[tuple[Mark, Span]]:
        if parts := self._changes.get(turn_id):
            return change_marks(parts)
        return [(mark, span) for mark, by_turn in self._marks.items() for span in by_turn.get(turn_id, ())]


def change_marks(parts: Sequence[DiffPart]) -> list[tuple[Mark, Span]]:
    """What an edit took out and added, as places in all its parts joined."""
    marks, at = [], 0
    for part in parts:
        end = at + len(part.text)
        if part.kind != "same":
            kind = Mark.ADDED if part.kind == "added" else Mark.REMOVED
            blank = len(part.text) - len(part.text.lstrip())
            marks.append((kind, Span("reply", at + blank, end)))
        at = end
    return marks


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
