"""The therapist's own reply: written instead of a draft, or before the drafts are looked at."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QVBoxLayout

from tfdesk.ui.controls import KeyButton, button, label
from tfdesk.ui.flow import Flow
from tfdesk.ui.theme import Theme


class OwnReply(QFrame):
    """A box for one's own words; hidden until it is opened.

    Signals:
        saved: text
        cancelled: the box is closed; its text stays
        drafts_requested: the therapist has written first and wants to compare
    """

    saved = Signal(str)
    cancelled = Signal()
    drafts_requested = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setProperty("look", "card")
        self._title = label("", "strong")
        self._hint = label("", "muted", wrap=True)
        self.text = QPlainTextEdit()
        self.text.setProperty("look", "conversation")
        self.text.setAccessibleName(self.tr("Your own reply"))
        self.text.setTabChangesFocus(True)
        self.text.setFixedHeight(theme.px(120))
        self.save = KeyButton(self.tr("Save and copy"), "Ctrl+Return", "primary")
        self.save.clicked.connect(self.save_text)
        self.cancel = KeyButton(self.tr("Cancel"), "Esc")
        self.cancel.clicked.connect(self.cancelled)
        self.show_drafts = button(self.tr("Show the drafts"))
        self.show_drafts.clicked.connect(self.drafts_requested)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 10)
        column.setSpacing(6)
        for part in (self._title, self._hint, self.text):
            column.addWidget(part)
        column.addLayout(Flow(self.save, self.show_drafts, self.cancel))
        self.hide()

    @property
    def is_open(self) -> bool:
        return not self.isHidden()

    def open_box(self, *, first: bool = False, ready: bool = False) -> None:
        """Show the box. ``first``: the drafts stay unseen until they are asked for; ``ready``: there are."""
        self._title.setText(self.tr("Write first") if first else self.tr("Your own reply"))
        self._hint.setVisible(first)
        self._hint.setText(
            self.tr("The drafts are ready. Write your reply, then compare.")
            if ready
            else self.tr("The drafts are being written. Write your reply, then compare.")
        )
        self.show_drafts.setVisible(first)
        self.show_drafts.setEnabled(ready)
        self.cancel.setVisible(not first)
        self.show()

    def save_text(self) -> None:
        """Hand over what was written, if anything was."""
        if self.text.toPlainText().strip():
            self.saved.emit(self.text.toPlainText())


def take_sentence(editor: QPlainTextEdit, sentence: str) -> None:
    """Insert a sentence at the cursor, apart from the words before it."""
    cursor = editor.textCursor()
    before = editor.toPlainText()[: cursor.position()]
    cursor.insertText(sentence if not before or before[-1].isspace() else f" {sentence}")
    editor.setTextCursor(cursor)
    editor.setFocus()
