"""The first run: make the vault, write down the recovery key, begin with or without the sample clinic."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QRadioButton,
    QStackedLayout,
    QWidget,
)

from tfdesk.core import places
from tfdesk.core.errors import KnownError
from tfdesk.jobs.tasks import Tasks
from tfdesk.services.access import Access
from tfdesk.ui.controls import button, card, label, row
from tfdesk.ui.fields import centred, passphrase_field
from tfdesk.ui.recovery_view import CARD_WIDTH, WIDEST_CARD, RecoveryView
from tfdesk.ui.theme import Theme


class FirstRun(QWidget):
    """Two steps: passphrase and choices, then the recovery key, typed back.

    Signals:
        finished: whether to load the sample clinic; the vault is open
    """

    finished = Signal(bool)

    def __init__(self, *, theme: Theme, access: Access, tasks: Tasks) -> None:
        super().__init__()
        self.setObjectName("page")
        self._width = min(WIDEST_CARD, theme.px(CARD_WIDTH))
        self._access = access
        self._tasks = tasks
        self._steps = QStackedLayout(self)
        self.recovery = RecoveryView(theme=theme, access=access)
        self.recovery.confirmed.connect(self._on_confirmed)
        for step in (self._passphrase_step(), self.recovery):
            self._steps.addWidget(step)
        tasks.run_in_background(access.keyring_status, self._on_keyring_known, self._on_keyring_failed)

    def _passphrase_step(self) -> QWidget:
        frame, column = card()
        column.setContentsMargins(28, 24, 28, 24)
        column.addWidget(label(self.tr("Make your vault"), "title"))
        intro = self.tr(
            "Everything you write is kept in one encrypted file on this computer. Choose a passphrase "
            "for it: several words that only you know."
        )
        column.addWidget(label(intro, "muted", wrap=True))
        notice, words = card("warning")
        self.place = label(places.warning(self._access.paths.root), wrap=True)
        words.addWidget(self.place)
        column.addWidget(notice)
        notice.setHidden(not self.place.text())
        self.passphrase = passphrase_field(self.tr("Passphrase"))
        self.repeat = passphrase_field(self.tr("Passphrase again"))
        for name, field in (
            (self.tr("Passphrase"), self.passphrase),
            (self.tr("Passphrase again"), self.repeat),
        ):
            column.addWidget(label(name, "strong"))
            column.addWidget(field)
            field.textChanged.connect(self._on_passphrase_changed)
            field.returnPressed.connect(self._create)
        self.message = label("", "error", wrap=True)
        column.addWidget(self.message)
        self.message.hide()
        self.keyring = QCheckBox(self.tr("Open without it while I am signed in to this computer"))
        self.keyring.setEnabled(False)
        self.keyring_words = label(self.tr("Looking for this computer's key ring."), "muted", wrap=True)
        self.keyring_words.setContentsMargins(26, 0, 0, 0)
        column.addSpacing(4)
        column.addWidget(self.keyring)
        column.addWidget(self.keyring_words)
        column.addSpacing(4)
        column.addWidget(label(self.tr("Begin with"), "strong"))
        self.sample = QRadioButton(self.tr("The sample clinic: three invented clients to try things with"))
        self.empty = QRadioButton(self.tr("An empty clinic"))
        self.sample.setChecked(True)
        group = QButtonGroup(self)
        for choice in (self.sample, self.empty):
            group.addButton(choice)
            column.addWidget(choice)
        self.make = button(self.tr("Make the vault"), "primary")
        self.make.setEnabled(False)
        self.make.clicked.connect(self._create)
        column.addSpacing(4)
        column.addLayout(row(None, self.make))
        page = QWidget()
        page.setLayout(centred(frame, self._width))
        return page

    def _on_keyring_known(self, status: object) -> None:
        self.keyring.setEnabled(status.available)  # type: ignore[attr-defined]
        self.keyring_words.setText(status.sentence)  # type: ignore[attr-defined]

    def _on_keyring_failed(self, _error: Exception) -> None:
        self.keyring_words.setText(self.tr("No key ring can be used here; you will type the passphrase."))

    def _on_passphrase_changed(self) -> None:
        first, second = self.passphrase.text(), self.repeat.text()
        differ = bool(second) and not first.startswith(second) and first != second
        self.message.setText(self.tr("The two passphrases differ."))
        self.message.setVisible(differ)
        self.make.setEnabled(bool(first) and first == second)

    def _create(self) -> None:
        if not self.make.isEnabled():
            return
        typed, keyring = self.passphrase.text(), self.keyring.isChecked()
        self.make.setEnabled(False)
        self.make.setText(self.tr("Making the vault"))
        self._tasks.run_in_background(
            lambda: self._access.create(typed, use_keyring=keyring), self._on_created, self._on_failed
        )

    def _on_created(self, recovery_key: str) -> None:
        self.passphrase.clear()
        self.repeat.clear()
        self.recovery.show_key(recovery_key)
        self._steps.setCurrentIndex(1)
        self.recovery.typed.setFocus()

    def _on_failed(self, error: Exception) -> None:
        self.make.setText(self.tr("Make the vault"))
        self.make.setEnabled(True)
        if not isinstance(error, KnownError):
            raise error
        self.message.setText(error.line())
        self.message.show()

    def _on_confirmed(self) -> None:
        self.finished.emit(self.sample.isChecked())
