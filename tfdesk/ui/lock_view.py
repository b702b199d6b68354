"""What is on the screen while the vault is locked: one field, nothing of a client."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from tfdesk.core.errors import KnownError
from tfdesk.jobs.tasks import Tasks
from tfdesk.services.access import Access
from tfdesk.ui.controls import button, card, label, row
from tfdesk.ui.theme import Theme

CARD_WIDTH, WIDEST_CARD = 440, 820


def centred(inner: QWidget, width: int) -> QVBoxLayout:
    """A layout that keeps ``inner`` in the middle, ``width`` pixels wide."""
    inner.setFixedWidth(width)
    column = QVBoxLayout()
    column.addStretch(2)
    column.addLayout(row(None, inner, None))  # an alignment would keep wrapped labels from growing
    column.addStretch(3)
    return column


def passphrase_field(name: str) -> QLineEdit:
    """A field that shows dots and is kept out of the input method's memory."""
    made = QLineEdit(echoMode=QLineEdit.EchoMode.Password)
    made.setAccessibleName(name)
    hints = Qt.InputMethodHint
    made.setInputMethodHints(hints.ImhSensitiveData | hints.ImhNoPredictiveText | hints.ImhNoAutoUppercase)
    return made


class LockView(QWidget):
    """Asks for the passphrase, after trying the key ring.

    Signals:
        unlocked: the vault is open
    """

    unlocked = Signal()

    def __init__(self, *, theme: Theme, access: Access, tasks: Tasks) -> None:
        super().__init__()
        self.setObjectName("page")
        self._access = access
        self._tasks = tasks
        self.passphrase = passphrase_field(self.tr("Passphrase"))
        self.unlock = button(self.tr("Unlock"), "primary")
        self.message = label("", "error", wrap=True)
        self.passphrase.returnPressed.connect(self._try)
        self.unlock.clicked.connect(self._try)
        frame, column = card()
        column.setContentsMargins(24, 22, 24, 24)
        column.addWidget(label(self.tr("tfdesk is locked"), "title"))
        column.addWidget(
            label(
                self.tr("Enter your passphrase to open the vault. Nothing leaves this computer."),
                "muted",
                wrap=True,
            )
        )
        column.addSpacing(8)
        column.addWidget(label(self.tr("Passphrase"), "strong"))
        column.addWidget(self.passphrase)
        column.addWidget(self.message)
        column.addSpacing(4)
        column.addLayout(row(None, self.unlock))
        self.setLayout(centred(frame, min(WIDEST_CARD, theme.px(CARD_WIDTH))))
        self.message.hide()

    def ask(self, *, try_keyring: bool) -> None:
        """Wait for the passphrase; with ``try_keyring`` the key ring is asked first, in the background."""
        self.passphrase.clear()
        self.message.hide()
        self._busy(False)
        self.passphrase.setFocus()
        if try_keyring:
            self._tasks.run_in_background(
                self._access.unlock_with_keyring, self._on_keyring_answered, self._on_failed
            )

    def _busy(self, busy: bool) -> None:
        self.unlock.setEnabled(not busy)
        self.passphrase.setEnabled(not busy)
        self.unlock.setText(self.tr("Unlocking") if busy else self.tr("Unlock"))

    def _try(self) -> None:
        typed = self.passphrase.text()
        if typed and self.unlock.isEnabled():
            self._busy(True)
            self._tasks.run_in_background(
                lambda: self._access.unlock(typed), self._on_unlocked, self._on_failed
            )

    def _on_keyring_answered(self, vault: object) -> None:
        if vault is not None and self.isVisible():
            self._on_unlocked(vault)

    def _on_unlocked(self, _vault: object) -> None:
        self.passphrase.clear()
        self._busy(False)
        self.unlocked.emit()

    def _on_failed(self, error: Exception) -> None:
        self._busy(False)
        if not isinstance(error, KnownError):
            raise error
        self.message.setText(error.line())
        self.message.show()
        self.passphrase.selectAll()
        self.passphrase.setFocus()
