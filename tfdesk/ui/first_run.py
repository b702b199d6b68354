"""The first run in four steps: passphrase, key ring, what to begin with; then the recovery key, typed back.

The recovery key comes last because it exists only once the vault does, and from then on there is no way back.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QHBoxLayout,
    QPushButton,
    QRadioButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from tfdesk.core import places
from tfdesk.core.errors import KnownError
from tfdesk.jobs.tasks import Tasks
from tfdesk.services.access import Access
from tfdesk.ui.controls import button, card, label, row
from tfdesk.ui.fields import centred, passphrase_field
from tfdesk.ui.help_window import help_link
from tfdesk.ui.recovery_view import CARD_WIDTH, WIDEST_CARD, RecoveryView
from tfdesk.ui.text import in_words, tr
from tfdesk.ui.theme import Theme

MADE = 3  # the place of the recovery key: the vault exists


def step_words(number: int) -> str:
    """How far it is."""
    return tr("Step {0} of 4").format(number)


class FirstRun(QWidget):
    """Three steps that can be gone back on, then the recovery key, typed back.

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
        self._busy = False
        self._steps = QStackedLayout(self)
        self.recovery = RecoveryView(theme=theme, access=access, step=step_words(4))
        self.recovery.confirmed.connect(self._on_confirmed)
        for step in (self._passphrase_step(), self._keyring_step(), self._clinic_step(), self.recovery):
            self._steps.addWidget(step)
        tasks.run_in_background(access.keyring_status, self._on_keyring_known, self._on_keyring_failed)

    def _page(self, number: int, title: str, words: str) -> tuple[QWidget, QVBoxLayout]:
        """A step's page, and the column of its card."""
        frame, column = card()
        column.setContentsMargins(28, 24, 28, 24)
        column.addWidget(label(step_words(number), "muted"))
        column.addWidget(label(title, "title", wrap=True))
        column.addWidget(label(words, "muted", wrap=True))
        column.addSpacing(4)
        page = QWidget()
        page.setLayout(centred(frame, self._width))
        return page, column

    def _buttons(self, go_on: QPushButton, *, back: bool = True) -> QHBoxLayout:
        made = button(self.tr("Back"))
        made.clicked.connect(self._go_back)
        made.setVisible(back)
        return row(made, None, go_on)

    def _next(self) -> QPushButton:
        made = button(self.tr("Next"), "primary")
        made.clicked.connect(self._go_on)
        return made

    def _passphrase_step(self) -> QWidget:
        intro = self.tr(
            "Everything you write is kept in one encrypted file on this computer. Choose a passphrase "
            "for it: several words that only you know."
        )
        page, column = self._page(1, self.tr("Choose a passphrase"), intro)
        notice, words = card("warning")
        self.place = label(in_words(places.warning(self._access.paths.root)), wrap=True)
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
        self.differ = label(self.tr("The two passphrases differ."), "error", wrap=True)
        column.addWidget(self.differ)
        self.differ.hide()
        self.next = self._next()
        self.next.setEnabled(False)
        column.addSpacing(4)
        column.addLayout(row(help_link(self.tr("What if I lose it?"), "vault"), None, self.next))
        return page

    def _keyring_step(self) -> QWidget:
        intro = self.tr(
            "This computer can keep a key for the vault. Then whoever is signed in as you can open it. "
            "You can leave this out."
        )
        page, column = self._page(2, self.tr("Open without the passphrase?"), intro)
        self.keyring = QCheckBox(self.tr("Open without it while I am signed in to this computer"))
        self.keyring.setEnabled(False)
        self.keyring_words = label(self.tr("Looking for this computer's key ring."), "muted", wrap=True)
        self.keyring_words.setContentsMargins(26, 0, 0, 0)
        column.addWidget(self.keyring)
        column.addWidget(self.keyring_words)
        column.addSpacing(4)
        self.next_after_keyring = self._next()
        column.addLayout(self._buttons(self.next_after_keyring))
        return page

    def _clinic_step(self) -> QWidget:
        intro = self.tr("The vault is made after this step. Until then you can go back.")
        page, column = self._page(3, self.tr("Begin with"), intro)
        self.sample = QRadioButton(self.tr("The sample clinic: four invented clients to try things with"))
        self.empty = QRadioButton(self.tr("An empty clinic"))
        self.sample.setChecked(True)
        group = QButtonGroup(self)
        for choice in (self.sample, self.empty):
            group.addButton(choice)
            column.addWidget(choice)
        self.message = label("", "error", wrap=True)
        column.addWidget(self.message)
        self.message.hide()
        self.make = button(self.tr("Make the vault"), "primary")
        self.make.setEnabled(False)
        self.make.clicked.connect(self._create)
        column.addSpacing(4)
        self._making = self._buttons(self.make)
        column.addLayout(self._making)
        return page

    # Moving ------------------------------------------------------------------------------

    def _show(self, step: int) -> None:
        self.message.hide()
        self._steps.setCurrentIndex(step)
        firsts: list[QWidget] = [self.passphrase, self.next_after_keyring, self.sample]
        if step == 1 and self.keyring.isEnabled():
            firsts[1] = self.keyring
        if step == 2 and self.empty.isChecked():
            firsts[2] = self.empty
        firsts[step].setFocus()

    def _go_on(self) -> None:
        if self.next.isEnabled():
            self._show(min(self._steps.currentIndex() + 1, 2))

    def _go_back(self) -> None:
        if not self._busy:
            self._show(max(self._steps.currentIndex() - 1, 0))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on and Esc goes back, wherever the keyboard is, until the vault is made."""
        step = self._steps.currentIndex()
        if step < MADE and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if step < MADE - 1:
                self._go_on()
            else:
                self._create()
        elif step < MADE and event.key() == Qt.Key.Key_Escape:
            self._go_back()
        else:
            super().keyPressEvent(event)

    def _on_keyring_known(self, status: object) -> None:
        self.keyring.setEnabled(status.available)  # type: ignore[attr-defined]
        self.keyring_words.setText(in_words(status.sentence))  # type: ignore[attr-defined]

    def _on_keyring_failed(self, _error: Exception) -> None:
        self.keyring_words.setText(self.tr("No key ring can be used here; you will type the passphrase."))

    def _on_passphrase_changed(self) -> None:
        first, second = self.passphrase.text(), self.repeat.text()
        differ = bool(second) and not first.startswith(second) and first != second
        self.differ.setVisible(differ)
        for made in (self.next, self.make):
            made.setEnabled(bool(first) and first == second)

    def _create(self) -> None:
        if not self.make.isEnabled():
            return
        typed, keyring = self.passphrase.text(), self.keyring.isChecked()
        self._busy = True
        self.make.setEnabled(False)
        self.make.setText(self.tr("Making the vault"))
        self._tasks.run_in_background(
            lambda: self._access.create(typed, use_keyring=keyring), self._on_created, self._on_failed
        )

    def _on_created(self, recovery_key: str) -> None:
        self.passphrase.clear()
        self.repeat.clear()
        self.recovery.show_key(recovery_key)
        self._steps.setCurrentIndex(MADE)
        self.recovery.typed.setFocus()

    def _on_failed(self, error: Exception) -> None:
        self._busy = False
        self.make.setText(self.tr("Make the vault"))
        self.make.setEnabled(True)
        if not isinstance(error, KnownError):
            raise error
        self.message.setText(in_words(error.line()))
        self.message.show()

    def _on_confirmed(self) -> None:
        self.finished.emit(self.sample.isChecked())
