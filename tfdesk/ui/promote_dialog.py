"""The supervisor's confirmation before a model is used: their passphrase, or setting it the first time."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from tfdesk.core.errors import KnownError
from tfdesk.jobs.tasks import Tasks
from tfdesk.services.access import Access
from tfdesk.services.models import Models
from tfdesk.ui.controls import button, label, row
from tfdesk.ui.fields import passphrase_field
from tfdesk.ui.text import in_words


class PromoteDialog(QDialog):
    """Accepted once the model has been promoted."""

    def __init__(
        self, parent: QWidget, *, models: Models, access: Access, tasks: Tasks, bundle: Path, name: str
    ) -> None:
        super().__init__(parent)
        self._models, self._access, self._tasks = models, access, tasks
        self._bundle, self._name = bundle, name
        self._first = "supervisor" not in access.roles()
        self.setWindowTitle(self.tr("Use this model"))
        column = QVBoxLayout(self)
        column.addStrut(420)  # a minimum width of the dialog would win over that of its buttons
        column.setContentsMargins(20, 20, 20, 16)
        column.setSpacing(8)
        column.addWidget(label(self.tr("Use {0} for drafting").format(name), "heading", wrap=True))
        words = self.tr("A supervisor signs this with their own passphrase. The model now in use is kept.")
        if self._first:
            words = self.tr(
                "No supervisor passphrase has been set yet. The supervisor chooses one now; it protects the "
                "key that signs."
            )
        column.addWidget(label(words, "muted", wrap=True))
        self.passphrase = passphrase_field(self.tr("Supervisor's passphrase"))
        self.repeat = passphrase_field(self.tr("Supervisor's passphrase again"))
        fields = [(self.tr("Supervisor's passphrase"), self.passphrase)]
        if self._first:
            fields.append((self.tr("Supervisor's passphrase again"), self.repeat))
        for title, field in fields:
            column.addWidget(label(title, "strong"))
            column.addWidget(field)
            field.textChanged.connect(self._on_typed)
            field.returnPressed.connect(self._confirm)
        self.message = label("", "error", wrap=True)
        self.message.hide()
        column.addWidget(self.message)
        self.use = button(self.tr("Use this model"), "primary")
        self.use.setEnabled(False)
        self.use.clicked.connect(self._confirm)
        cancel = button(self.tr("Cancel"))
        cancel.clicked.connect(self.reject)
        column.addSpacing(8)
        column.addLayout(row(None, cancel, self.use))

    def _on_typed(self) -> None:
        typed = self.passphrase.text()
        self.use.setEnabled(bool(typed) and (not self._first or typed == self.repeat.text()))

    def _confirm(self) -> None:
        if self.use.isEnabled():
            self.use.setEnabled(False)
            typed = self.passphrase.text()
            self._tasks.run_in_background(lambda: self._promote(typed), self._on_done, self._on_failed)

    def _promote(self, passphrase: str) -> None:
        if self._first:
            self._access.set_passphrase(passphrase, "supervisor")
            self._first = False
        self._models.promote(self._bundle, self._name, access=self._access, passphrase=passphrase)

    def _on_done(self, _result: object) -> None:
        self.accept()

    def _on_failed(self, error: Exception) -> None:
        self.use.setEnabled(True)
        if not isinstance(error, KnownError):
            raise error
        self.message.setText(in_words(error.line()))
        self.message.show()
