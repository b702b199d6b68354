"""One box for everything (Ctrl+K): clients, messages and commands, found as one types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from tfdesk.ui.controls import label
from tfdesk.ui.theme import Theme

Index = QModelIndex | QPersistentModelIndex
ENTRY_ROLE = Qt.ItemDataRole.UserRole
MOVES = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -8, Qt.Key.Key_PageDown: 8}


@dataclass(frozen=True, slots=True)
class Entry:
    """A line that can be chosen: ``side`` is short and stands at the right, ``detail`` below the title."""

    title: str
    run: Callable[[], object]
    side: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Entries of one kind under a small heading."""

    name: str
    entries: Sequence[Entry]


class EntryModel(QAbstractListModel):
    """Entries under their headings; a heading cannot be chosen."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Entry | str] = []

    def show(self, sections: Sequence[Section]) -> None:
        self.beginResetModel()
        self._rows = []
        for part in sections:
            if part.entries:
                self._rows += [part.name, *part.entries]
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        line = self._rows[index.row()]
        if role == ENTRY_ROLE:
            return line if isinstance(line, Entry) else None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            if isinstance(line, str):
                return line
            return ", ".join(part for part in (line.title, line.detail, line.side) if part)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if index.isValid() and isinstance(self._rows[index.row()], Entry):
            return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return Qt.ItemFlag.NoItemFlags

    def next_entry(self, row: int, step: int) -> int:
        """The nearest entry at ``row`` or beyond it in the direction of ``step``; -1 when there is none."""
        while 0 <= row < len(self._rows):
            if isinstance(self._rows[row], Entry):
                return row
            row += 1 if step > 0 else -1
        return -1


class EntryDelegate(QStyledItemDelegate):
    """Paints an entry in one line or two, or a heading."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:
        entry = index.data(ENTRY_ROLE)
        if entry is None:
            return QSize(100, self._theme.px(30))
        return QSize(100, self._theme.px(52 if entry.detail else 34))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        rect: QRect = option.rect
        state = option.state
        entry, colours = index.data(ENTRY_ROLE), self._theme.colours
        painter.save()
        if entry is None:
            painter.setFont(self._theme.font(12, strong=True))
            painter.setPen(QColor(colours.muted))
            side = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom
            painter.drawText(rect.adjusted(16, 0, -16, -self._theme.px(5)), side, str(index.data()))
        else:
            if state & QStyle.StateFlag.State_Selected:
                painter.fillRect(rect, QColor(colours.accent_weak))
                painter.fillRect(QRect(rect.left(), rect.top(), 3, rect.height()), QColor(colours.accent))
            self._paint_entry(painter, rect.adjusted(16, self._theme.px(7), -16, -self._theme.px(7)), entry)
        painter.restore()

    def _paint_entry(self, painter: QPainter, inner: QRect, entry: Entry) -> None:
        top, bottom = Qt.AlignmentFlag.AlignTop, Qt.AlignmentFlag.AlignBottom
        elide = Qt.TextElideMode.ElideRight
        painter.setFont(self._theme.font(12))
        painter.setPen(QColor(self._theme.colours.muted))
        painter.drawText(inner, Qt.AlignmentFlag.AlignRight | top, entry.side)
        width = painter.fontMetrics().horizontalAdvance(entry.side)
        painter.setFont(self._theme.font(13))
        detail = painter.fontMetrics().elidedText(entry.detail, elide, inner.width())
        painter.drawText(inner, Qt.AlignmentFlag.AlignLeft | bottom, detail)
        painter.setFont(self._theme.font(14, strong=bool(entry.detail)))
        painter.setPen(QColor(self._theme.colours.text))
        title = painter.fontMetrics().elidedText(entry.title, elide, inner.width() - width - 12)
        painter.drawText(inner, Qt.AlignmentFlag.AlignLeft | top, title)


class SearchBox(QDialog):
    """A field and what it finds; Up and Down choose, Enter or a click runs, Esc leaves all as it is."""

    def __init__(self, parent: QWidget, theme: Theme, find: Callable[[str], Sequence[Section]]) -> None:
        """``find(words)`` gives the sections to show; it is called at every key."""
        super().__init__(parent, Qt.WindowType.FramelessWindowHint | Qt.WindowType.Dialog)
        self.setObjectName("search_box")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(True)
        self._find, self._window = find, parent
        self.words = QLineEdit(placeholderText=self.tr("Search clients, messages, commands and Help"))
        self.words.setAccessibleName(self.tr("Search clients, messages, commands and Help"))
        self.words.setProperty("look", "search")
        self.words.textChanged.connect(self._show)
        self._model = EntryModel()
        self.view = QListView()
        self.view.setAccessibleName(self.tr("Found"))
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the field keeps the keyboard
        self.view.setModel(self._model)
        self.view.setItemDelegate(EntryDelegate(theme, self.view))
        self.view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.clicked.connect(self._run)
        self.nothing = label(self.tr("Nothing found. Try the beginning of a word."), "muted")
        self.nothing.setContentsMargins(16, 12, 16, 12)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 8)
        column.setSpacing(0)
        column.addWidget(self.words)
        column.addWidget(self.nothing)
        column.addWidget(self.view, 1)
        space = parent.rect()
        width, height = min(theme.px(600), space.width() - 40), min(theme.px(440), space.height() - 80)
        self.resize(width, height)
        top = parent.mapToGlobal(space.topLeft())
        self.move(top.x() + (space.width() - width) // 2, top.y() + 56)
        self._show("")

    def _show(self, words: str) -> None:
        self._model.show(self._find(words))
        first = self._model.next_entry(0, 1)
        self.nothing.setVisible(first < 0)
        self.view.setVisible(first >= 0)
        if first >= 0:
            self.view.setCurrentIndex(self._model.index(first))
            self.view.scrollToTop()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in MOVES:
            self._move(MOVES[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._run(self.view.currentIndex())
        else:
            super().keyPressEvent(event)

    def _move(self, step: int) -> None:
        row = max(0, min(self._model.rowCount() - 1, self.view.currentIndex().row() + step))
        found = self._model.next_entry(row, step)
        if found < 0:  # above the first entry stands its heading
            found = self._model.next_entry(row, -step)
        if found >= 0:
            self.view.setCurrentIndex(self._model.index(found))

    def _run(self, index: QModelIndex) -> None:
        entry = index.data(ENTRY_ROLE)
        if entry is not None:
            self.accept()
            QTimer.singleShot(0, self._window, entry.run)  # what it opens must not stand below this box
