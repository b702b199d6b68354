"""Below the drafts: draft again, as which strategy, write one's own, earlier versions."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QPushButton, QWidget

from tfdesk.jobs.desk_state import DeskState, Phase
from tfdesk.ui.controls import KeyButton, button, label, row
from tfdesk.ui.flow import Flow
from tfdesk.ui.text import in_words, key_hint


class WaysOn(QWidget):
    """Buttons that never decide about a draft.

    Signals:
        redraft_requested: strategy or None
        own_reply_requested
        version_requested: number from 1
    """

    redraft_requested = Signal(object)
    own_reply_requested = Signal()
    version_requested = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._state = DeskState()
        self._strategies: tuple[str, ...] = ()
        self.redraft = KeyButton(self.tr("Redraft"), "Ctrl+R")
        self.redraft.clicked.connect(self.ask)
        self.strategy = button(self._strategy_words(None), hint=self.tr("Strategy of new drafts"))
        self.strategy.clicked.connect(self._open_strategies)
        self.own = button(self.tr("Write own"), hint="Ctrl+Shift+O")
        self.own.setToolTip(key_hint("Ctrl+Shift+O"))
        self.own.clicked.connect(self.own_reply_requested)
        self.older, self.newer = (self._step(sign) for sign in ("‹", "›"))
        self.older.setAccessibleName(self.tr("Earlier drafts"))
        self.newer.setAccessibleName(self.tr("Later drafts"))
        self._version = label("", "muted")
        versions = QWidget()
        pages = row(self.older, self._version, self.newer, spacing=6)
        pages.setContentsMargins(6, 0, 0, 0)
        versions.setLayout(pages)
        self.setLayout(Flow(self.redraft, self.strategy, self.own, versions, spacing=6))

    def _step(self, sign: str) -> QPushButton:
        made = button(sign, "link")
        made.clicked.connect(self._on_step_clicked)
        return made

    def show_state(self, state: DeskState, strategies: tuple[str, ...], *, writing: bool) -> None:
        """Show what can be done in ``state``; ``writing``: one's own reply is open."""
        self._state, self._strategies = state, strategies
        ready, risk = state.phase is Phase.READY, state.phase is Phase.RISK
        self.setVisible(ready or (risk and not writing))
        self.own.setVisible(not writing)
        for widget in (self.redraft, self.strategy):
            widget.setVisible(ready)
        self.strategy.setText(self._strategy_words(state.strategy))
        many = ready and state.versions > 1
        for part in (self.older, self.newer, self._version):
            part.setVisible(many)
        self._version.setText(f"{state.version} / {state.versions}")
        self.older.setEnabled(state.version > 1)
        self.newer.setEnabled(state.version < state.versions)

    def _strategy_words(self, name: str | None) -> str:
        return self.tr("as: {0} ▾").format(in_words(name)) if name else self.tr("as: any strategy ▾")

    def ask(self) -> None:
        """Ask for new drafts in the strategy of the present ones."""
        self.redraft_requested.emit(self._state.strategy)

    def _open_strategies(self) -> None:
        menu = QMenu(self)
        for name in (None, *self._strategies):
            action = menu.addAction(in_words(name) if name else self.tr("any strategy"))
            action.setData(name)
            action.setCheckable(True)
            action.setChecked(name == self._state.strategy)
        menu.triggered.connect(self._on_strategy_chosen)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.strategy.mapToGlobal(self.strategy.rect().bottomLeft()))

    def _on_strategy_chosen(self, action: QAction) -> None:
        """A chosen strategy is a wish for new drafts: redraft at once."""
        self.redraft_requested.emit(action.data())

    def _on_step_clicked(self) -> None:
        self.version_requested.emit(self._state.version + (1 if self.sender() is self.newer else -1))
