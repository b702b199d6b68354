"""The recovery key in the window: shown once, typed back, printed."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from tfdesk.core.errors import KnownError
from tfdesk.services.access import Access
from tfdesk.services.recovery import SHEET_WARNING, Recovery
from tfdesk.ui.controls import button, card, label, row
from tfdesk.ui.error_dialog import show_error
from tfdesk.ui.fields import centred, key_field
from tfdesk.ui.language import spoken
from tfdesk.ui.text import PLAIN, in_words
from tfdesk.ui.theme import Theme

CARD_WIDTH, WIDEST_CARD = 520, 820


class RecoveryView(QWidget):
    """Asks for the recovery key to be typed back: a new one that it shows, or the one on paper.

    Signals:
        confirmed: it was typed back; the vault is set up
    """

    confirmed = Signal()

    def __init__(self, *, theme: Theme, access: Access, step: str = "") -> None:
        """``step`` says how far the first run has got."""
        super().__init__()
        self.setObjectName("page")
        self._recovery = Recovery(access)
        self._shown = ""
        frame, column = card()
        column.setContentsMargins(28, 24, 28, 24)
        self._title = label(self.tr("Finish setting up the vault"), "title", wrap=True)
        self._words = label(
            self.tr(
                "The recovery key of this vault was never typed back, so nobody knows whether it is on "
                "paper. Type it in, or make a new one; the old one then no longer opens the vault."
            ),
            "muted",
            wrap=True,
        )
        self.key = label("", "recovery", wrap=True)
        self.key.setAccessibleName(self.tr("Recovery key"))
        self.key.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.key.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByKeyboard)
        self.key.hide()
        self.sheet = button(self.tr("Save a page to print"))
        self.sheet.clicked.connect(self._ask_sheet)
        self.sheet.hide()
        self.typed = key_field(self.tr("The recovery key, typed back"))
        self.typed.textChanged.connect(self._on_typed)
        self.typed.returnPressed.connect(self._confirm)
        self.message = label("", "error", wrap=True)
        self.message.hide()
        self.renew = button(self.tr("Make a new one"))
        self.renew.clicked.connect(self._renew)
        self.go_on = button(self.tr("Open the desk"), "primary")
        self.go_on.setEnabled(False)
        self.go_on.clicked.connect(self._confirm)
        if step:
            column.addWidget(label(step, "muted"))
        for widget in (self._title, self._words, self.key):
            column.addWidget(widget)
        column.addLayout(row(None, self.sheet, None))
        column.addWidget(label(self.tr("Type it from the paper, the whole key"), "strong"))
        column.addWidget(self.typed)
        column.addWidget(self.message)
        column.addSpacing(4)
        column.addLayout(row(self.renew, None, self.go_on))
        self.setLayout(centred(frame, min(WIDEST_CARD, theme.px(CARD_WIDTH))))

    def show_key(self, recovery_key: str) -> None:
        """Show a new key, and ask for it."""
        self._shown = recovery_key
        self._title.setText(self.tr("Write down the recovery key"))
        self._words.setText(
            self.tr(
                "It opens the vault if you forget the passphrase. It is shown only now. Without the "
                "passphrase and this key, everything in the vault is lost for good: nobody can open it for "
                "you."
            )
        )
        groups = recovery_key.split("-")
        half = len(groups) // 2  # two even lines are easier to copy than one that breaks anywhere
        self.key.setText("-".join(groups[:half]) + "-\n" + "-".join(groups[half:]))
        self.key.show()
        self.sheet.show()
        self.renew.hide()
        self.message.hide()
        self.typed.clear()
        self.typed.setFocus()

    def _on_typed(self, text: str) -> None:
        self.go_on.setEnabled(bool(text.strip()))
        self.message.hide()

    def _confirm(self) -> None:
        if not self.go_on.isEnabled():
            return
        try:
            self._recovery.confirm(self.typed.text())
        except KnownError as error:
            self.message.setText(in_words(error.line()))
            self.message.show()
            return
        self._shown = ""
        self.key.clear()
        self.typed.clear()
        self.confirmed.emit()

    def _renew(self) -> None:
        try:
            self.show_key(self._recovery.renew("therapist"))
        except KnownError as error:
            show_error(self, error)

    def _ask_sheet(self) -> None:
        """Warn, then ask where."""
        box = QMessageBox(self)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setWindowTitle(self.tr("Save a page to print"))
        box.setTextFormat(PLAIN)
        box.setText(self.tr("Whoever reads this page can open the vault."))
        box.setInformativeText(self.tr("Note: {0}").format(in_words(SHEET_WARNING)))
        box.setStandardButtons(QMessageBox.StandardButton.Save | QMessageBox.StandardButton.Cancel)
        box.accepted.connect(self._choose_sheet)
        box.open()

    def _choose_sheet(self) -> None:
        dialog = QFileDialog(self, self.tr("Save a page to print"), "", self.tr("Page to print (*.html)"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("html")
        dialog.fileSelected.connect(self.save_sheet)
        dialog.open()

    def save_sheet(self, file: str) -> None:
        """Write the page for the key that is shown."""
        try:
            self._recovery.write_sheet(self._shown, Path(file), spoken())
        except KnownError as error:
            show_error(self, error)
