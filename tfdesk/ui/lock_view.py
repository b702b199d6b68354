"""What is on the screen while the vault is locked: one field, nothing of a client."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from tfdesk.core.errors import KnownError
from tfdesk.jobs.tasks import Tasks
from tfdesk.services.access import Access
from tfdesk.ui.controls import button, card, label, row
from tfdesk.ui.fields import centred, passphrase_field
from tfdesk.ui.help_window import help_link
from tfdesk.ui.recovery_form import RecoveryForm
from tfdesk.ui.text import in_words
from tfdesk.ui.theme import Theme

CARD_WIDTH, WIDEST_CARD = 440, 820


class LockView(QWidget):
    """Asks for the passphrase, after trying the key ring; or for the recovery key.

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
        column.addWidget(label(self.tr("tfdesk is locked"), "title", wrap=True))
        self._words = label("", "muted", wrap=True)
        column.addWidget(self._words)
        column.addSpacing(8)
        self._asking = QWidget()
        inner = QVBoxLayout(self._asking)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addWidget(label(self.tr("Passphrase"), "strong"))
        inner.addWidget(self.passphrase)
        inner.addWidget(self.message)
        inner.addSpacing(4)
        self.forgotten = button(self.tr("Use the recovery key"), "link")
        self.forgotten.clicked.connect(self._show_recovery)
        inner.addLayout(row(self.forgotten, None, self.unlock))
        self.recovery = RecoveryForm(access=access, tasks=tasks)
        self.recovery.opened.connect(self.unlocked)
        self.recovery.left.connect(self._show_passphrase)
        column.addWidget(self._asking)
        column.addWidget(self.recovery)
        column.addLayout(row(help_link(self.tr("If the passphrase is lost"), "vault"), None))
        self.setLayout(centred(frame, min(WIDEST_CARD, theme.px(CARD_WIDTH))))
        self.message.hide()
        self._show_passphrase()

    def _show_passphrase(self) -> None:
        self.recovery.clear()
        self.recovery.hide()
        self._words.setText(self.tr("Enter your passphrase to open the vault. Nothing leaves this computer."))
        self._asking.show()
        self.passphrase.setFocus()

    def _show_recovery(self) -> None:
        self.passphrase.clear()
        self._asking.hide()
        self._words.setText(self.tr("Type the recovery key from paper, and choose a new passphrase."))
        self.recovery.show()
        self.recovery.key.setFocus()

    def ask(self, *, try_keyring: bool, message: str = "") -> None:
        """Wait for the passphrase; with ``try_keyring`` the key ring is asked first, in the background.

        ``message`` says what went wrong when the vault was locked.
        """
        self.passphrase.clear()
        self.message.setText(message)
        self.message.setVisible(bool(message))
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
        self.message.setText(in_words(error.line()))
        self.message.show()
        self.passphrase.selectAll()
        self.passphrase.setFocus()
