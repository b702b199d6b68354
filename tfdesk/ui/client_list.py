"""The left column: clients waiting for a reply first, search as you type, a new client."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from tfdesk.core.models import Client
from tfdesk.ui.controls import KeyButton, label, row
from tfdesk.ui.text import short_time
from tfdesk.ui.theme import Theme

Index = QModelIndex | QPersistentModelIndex
CLIENT_ROLE = Qt.ItemDataRole.UserRole


class ClientModel(QAbstractListModel):
    """Clients under two small headings; a heading is a row of text that cannot be chosen."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Client | str] = []

    def show(self, clients: Sequence[Client]) -> None:
        """Replace the rows; ``clients`` come ordered from the store."""
        self.beginResetModel()
        waiting = [client for client in clients if client.awaiting]
        answered = [client for client in clients if not client.awaiting and client.last_text]
        new = [client for client in clients if not client.awaiting and not client.last_text]
        self._rows = []
        if waiting:
            self._rows += [self.tr("WAITING · {0}").format(len(waiting)), *waiting]
        if answered:
            self._rows += [self.tr("ANSWERED"), *answered]
        if new:
            self._rows += [self.tr("NO MESSAGE YET"), *new]
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        entry = self._rows[index.row()]
        if role == CLIENT_ROLE:
            return entry if isinstance(entry, Client) else None
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.name if isinstance(entry, Client) else entry
        if role == Qt.ItemDataRole.AccessibleTextRole and isinstance(entry, Client):
            state = self.tr("waiting for a reply") if entry.awaiting else self.tr("answered")
            return f"{entry.name}, {state}. {entry.last_text}"
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if index.isValid() and isinstance(self._rows[index.row()], Client):
            return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return Qt.ItemFlag.NoItemFlags

    def next_waiting(self, row: int) -> int:
        """The row of the next client who waits for a reply, after the last again the first; -1 for none."""
        rows = [n for n, entry in enumerate(self._rows) if isinstance(entry, Client) and entry.awaiting]
        return next((n for n in rows if n > row), rows[0] if rows else -1)

    def row_of(self, client_id: int) -> int:
        """The row of a client, -1 when the search hides it."""
        for number, entry in enumerate(self._rows):
            if isinstance(entry, Client) and entry.id == client_id:
                return number
        return -1


class ClientDelegate(QStyledItemDelegate):
    """Paints a name, a time and the last words, or a heading."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:
        heading = index.data(CLIENT_ROLE) is None
        return QSize(100, self._theme.px(36 if heading else 55))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        rect: QRect = option.rect
        state = option.state
        client = index.data(CLIENT_ROLE)
        painter.save()
        if client is None:
            self._paint_heading(painter, rect, str(index.data()))
        else:
            selected = bool(state & QStyle.StateFlag.State_Selected)
            focused = bool(state & QStyle.StateFlag.State_HasFocus)
            self._paint_client(painter, rect, client, selected, focused)
        painter.restore()

    def _paint_heading(self, painter: QPainter, rect: QRect, text: str) -> None:
        painter.setFont(self._theme.font(12, strong=True))
        painter.setPen(QColor(self._theme.colours.muted))
        painter.drawText(
            rect.adjusted(16, 0, -8, -self._theme.px(6)),
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom,
            text,
        )

    def _paint_client(
        self, painter: QPainter, rect: QRect, client: Client, selected: bool, focused: bool
    ) -> None:
        colours = self._theme.colours
        if selected:
            painter.fillRect(rect, QColor(colours.accent_weak))
            painter.fillRect(QRect(rect.left(), rect.top(), 3, rect.height()), QColor(colours.accent))
        if focused:
            painter.setPen(QColor(colours.focus))
            painter.drawRect(rect.adjusted(0, 0, -1, -1))
        inner = rect.adjusted(19, self._theme.px(8), -16, -self._theme.px(8))
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        when = short_time(client.last_at, time.time()) if client.last_text else ""
        painter.setFont(self._theme.font(13))
        painter.setPen(QColor(colours.muted))
        painter.drawText(inner, right | Qt.AlignmentFlag.AlignTop, when)
        width = painter.fontMetrics().horizontalAdvance(when)
        last = client.last_text.replace("\n", " ")
        if client.last_text and not client.awaiting:
            last = self.tr("You: {0}").format(last)
        line = painter.fontMetrics().elidedText(last, Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(inner, left | Qt.AlignmentFlag.AlignBottom, line)
        painter.setFont(self._theme.font(14, strong=True))
        painter.setPen(QColor(colours.text))
        name = painter.fontMetrics().elidedText(
            client.name, Qt.TextElideMode.ElideRight, inner.width() - width - 8
        )
        painter.drawText(inner, left | Qt.AlignmentFlag.AlignTop, name)


class ClientList(QWidget):
    """Search field, list and "New client".

    Signals:
        client_chosen: id
        search_changed: text in the search field
        new_client_requested: name, situation
    """

    client_chosen = Signal(int)
    search_changed = Signal(str)
    new_client_requested = Signal(str, str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("side")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.search = QLineEdit(placeholderText=self.tr("Find a client"), clearButtonEnabled=True)
        self.search.setAccessibleName(self.tr("Find a client"))
        self.search.textChanged.connect(self.search_changed)
        self._model = ClientModel()
        self.view = QListView()
        self.view.setAccessibleName(self.tr("Clients"))
        self.view.setModel(self._model)
        self.view.setItemDelegate(ClientDelegate(theme, self.view))
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.view.selectionModel().currentChanged.connect(self._on_current_changed)
        theme.changed.connect(self.view.doItemsLayout)
        self.empty = label("", "muted", wrap=True)
        self.empty.setContentsMargins(16, 16, 16, 0)
        self.new_client = KeyButton(self.tr("New client"), "Ctrl+N")
        self.new_client.clicked.connect(self.ask_new_client)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 12, 0, 12)
        column.setSpacing(0)
        top = row(self.search)
        top.setContentsMargins(12, 0, 12, 0)
        column.addLayout(top)
        column.addWidget(self.empty)
        column.addWidget(self.view, 1)
        bottom = row(self.new_client, None)
        bottom.setContentsMargins(16, 8, 16, 0)
        column.addLayout(bottom)

    def show_clients(self, clients: Sequence[Client], current: int | None) -> None:
        """Show these clients; the one with id ``current`` stays chosen."""
        self._model.show(clients)
        self.empty.setVisible(not clients)
        if self.search.text():
            self.empty.setText(self.tr("No client of that name. Ctrl+K searches messages too."))
        else:
            self.empty.setText(self.tr("No client yet. Add the first one below."))
        number = self._model.row_of(current) if current is not None else -1
        if number >= 0:
            selection = self.view.selectionModel()
            selection.blockSignals(True)  # shown, not chosen
            self.view.setCurrentIndex(self._model.index(number))
            selection.blockSignals(False)
            self.view.viewport().update()

    def _on_current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        client = current.data(CLIENT_ROLE)
        if client is not None:
            # The list also moves to its first client when it gets the focus, without selecting it.
            self.view.selectionModel().select(current, QItemSelectionModel.SelectionFlag.ClearAndSelect)
            self.client_chosen.emit(client.id)

    def choose_next_waiting(self) -> None:
        """Open the next client who waits for a reply."""
        found = self._model.next_waiting(self.view.currentIndex().row())
        if found >= 0:
            self.view.setCurrentIndex(self._model.index(found))

    def ask_new_client(self) -> None:
        """Ask for a name and a situation."""
        dialog = NewClientDialog(self)
        if dialog.exec() == QDialog.DialogCode.Accepted:
            self.new_client_requested.emit(dialog.name.text().strip(), dialog.situation.text().strip())


class NewClientDialog(QDialog):
    """Name and situation of a new client."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("New client"))
        self.name = QLineEdit()
        self.name.setAccessibleName(self.tr("Name or code"))
        self.situation = QLineEdit()
        self.situation.setAccessibleName(self.tr("Situation, in a sentence"))
        self.situation.setPlaceholderText(self.tr("Optional. The model reads it with every message."))
        kind = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(kind.Ok | kind.Cancel)
        ok = buttons.button(kind.Ok)
        ok.setText(self.tr("Add client"))
        ok.setProperty("look", "primary")
        ok.setEnabled(False)
        self.name.textChanged.connect(self._on_name_changed)
        self._ok = ok
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        self.situation.ensurePolished()  # its font is known from here on
        width = self.situation.fontMetrics().horizontalAdvance(self.situation.placeholderText())
        column.addStrut(max(440, width + 40))
        column.setContentsMargins(20, 20, 20, 20)
        column.setSpacing(8)
        for text, field in (
            (self.tr("Name or code"), self.name),
            (self.tr("Situation, in a sentence"), self.situation),
        ):
            words = label(text, "strong")
            words.setBuddy(field)
            column.addWidget(words)
            column.addWidget(field)
        column.addSpacing(8)
        column.addWidget(buttons)

    def _on_name_changed(self, text: str) -> None:
        self._ok.setEnabled(bool(text.strip()))
