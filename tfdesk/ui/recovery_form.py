"""The way in without the passphrase: the recovery key from paper, and a new passphrase."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from tfdesk.core.errors import KnownError
from tfdesk.jobs.tasks import Tasks
from tfdesk.services.access import Access
from tfdesk.services.recovery import Recovery
from tfdesk.ui.controls import button, label, row
from tfdesk.ui.fields import key_field, passphrase_field
from tfdesk.ui.text import in_words


class RecoveryForm(QWidget):
    """Asks for the key and a new passphrase for the therapist.

    Signals:
        opened: the vault is open, the new passphrase set
        left: back to the passphrase
    """

    opened = Signal()
    left = Signal()

    def __init__(self, *, access: Access, tasks: Tasks) -> None:
        super().__init__()
        self._recovery, self._tasks = Recovery(access), tasks
        self.key = key_field(self.tr("Recovery key"))
        self.passphrase = passphrase_field(self.tr("New passphrase"))
        self.repeat = passphrase_field(self.tr("New passphrase again"))
        self.message = label("", "error", wrap=True)
        self.message.hide()
        self.go = button(self.tr("Open and set the passphrase"), "primary")
        self.go.setEnabled(False)
        self.go.clicked.connect(self._open)
        back = button(self.tr("Back"))
        back.clicked.connect(self.left)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        fields = (self.key, self.passphrase, self.repeat)
        for field in fields:
            column.addWidget(label(field.accessibleName(), "strong"))
            column.addWidget(field)
            field.textChanged.connect(self._on_typed)
            field.returnPressed.connect(self._open)
        column.addWidget(self.message)
        column.addSpacing(4)
        column.addLayout(row(back, None, self.go))

    def clear(self) -> None:
        """Forget what was typed."""
        for field in (self.key, self.passphrase, self.repeat):
            field.clear()
        self.message.hide()

    def _on_typed(self) -> None:
        first, second = self.passphrase.text(), self.repeat.text()
        self.message.setText(self.tr("The two passphrases differ."))
        self.message.setVisible(bool(second) and not first.startswith(second))
        self.go.setEnabled(bool(self.key.text().strip() and first) and first == second)

    def _open(self) -> None:
        if self.go.isEnabled():
            key, passphrase = self.key.text(), self.passphrase.text()
            self.go.setEnabled(False)
            self._tasks.run_in_background(
                lambda: self._recovery.open(key, passphrase), self._on_opened, self._on_failed
            )

    def _on_opened(self, _fingerprint: str) -> None:
        self.clear()
        self.opened.emit()

    def _on_failed(self, error: Exception) -> None:
        self.go.setEnabled(True)
        if not isinstance(error, KnownError):
            raise error
        self.message.setText(in_words(error.line()))
        self.message.show()
