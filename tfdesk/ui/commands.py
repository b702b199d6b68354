"""What a person can do by key, in one list: shortcuts, the search box and the sheet of keys all read it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QWidget

from tfdesk.ui.composer import MessageBox
from tfdesk.ui.keys import bound


@dataclass(frozen=True, slots=True)
class Command:
    """``keys`` all work, the first is shown and can be changed; () has no key.

    ``decides``: never fires while someone types.
    """

    group: str
    name: str
    keys: tuple[str, ...]
    run: Callable[[], object]
    decides: bool = False

    @property
    def bound(self) -> tuple[str, ...]:
        """The keys that really work: a changed one takes the place of all."""
        if not self.keys or bound(self.keys[0]) == self.keys[0]:
            return self.keys
        return (bound(self.keys[0]),)


def typing() -> bool:
    """A text field has the focus: its keys are its own. An empty message box only waits for words."""
    field = QApplication.focusWidget()
    if isinstance(field, MessageBox):
        return bool(field.toPlainText())
    return isinstance(field, QLineEdit) or (isinstance(field, QPlainTextEdit) and not field.isReadOnly())


class Shortcuts(QObject):
    """The keys of some commands, alive while ``parent`` is on the screen."""

    def __init__(self, parent: QWidget, commands: Iterable[Command]) -> None:
        super().__init__(parent)
        self._commands: dict[QShortcut, Command] = {}
        for command in commands:
            for key in command.bound:
                shortcut = QShortcut(QKeySequence(key), parent)
                shortcut.setContext(Qt.ShortcutContext.WindowShortcut)
                shortcut.activated.connect(self._on_activated)
                self._commands[shortcut] = command

    def _on_activated(self) -> None:
        shortcut = self.sender()
        if isinstance(shortcut, QShortcut):
            command = self._commands[shortcut]
            if not (command.decides and typing()):
                command.run()
