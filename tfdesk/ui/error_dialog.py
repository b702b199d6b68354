"""The one place that shows errors to the person."""

from __future__ import annotations

import logging
import sys
import threading
from types import TracebackType

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QDialog, QPlainTextEdit, QVBoxLayout, QWidget

from tfdesk.core.errors import KnownError
from tfdesk.core.log import describe
from tfdesk.ui.controls import button, label, row
from tfdesk.ui.text import in_words, tr

log = logging.getLogger(__name__)


class ErrorDialog(QDialog):
    """Title, sentence, next step; for our own bugs also the whole report, which holds no client words."""

    def __init__(
        self, parent: QWidget | None, *, title: str, sentence: str, next_step: str = "", report: str = ""
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        column.addStrut(400)
        column.setContentsMargins(20, 20, 20, 16)
        column.setSpacing(8)
        column.addWidget(label(title, "heading", wrap=True))
        column.addWidget(label(sentence, wrap=True))
        if next_step:
            column.addWidget(label(next_step, "muted", wrap=True))
        if report:
            shown = QPlainTextEdit(report, readOnly=True)
            shown.setProperty("look", "exact")
            shown.setAccessibleName(tr("Report"))
            shown.setMinimumSize(560, 220)
            column.addWidget(shown)
        close = button(tr("Close"), "primary")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        column.addSpacing(8)
        column.addLayout(row(None, close))


def show_error(parent: QWidget | None, error: KnownError) -> None:
    """Show an error a person can act on. Returns at once."""
    title, sentence, step = (in_words(part) for part in (error.title, error.sentence, error.next_step))
    ErrorDialog(parent, title=title, sentence=sentence, next_step=step).open()


def show_alone(error: KnownError) -> None:
    """Show an error before there is a window; returns when it was read."""
    ErrorDialog(None, title=error.title, sentence=error.sentence, next_step=error.next_step).exec()


class UncaughtErrors(QObject):
    """Shows what nobody caught, on whichever thread it happened; the first one only, all of them in the log.

    Signals:
        found: report
    """

    found = Signal(str)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._shown = False
        self.found.connect(self._on_found, Qt.ConnectionType.QueuedConnection)

    def install(self) -> None:
        """Take over sys.excepthook and threading.excepthook."""
        sys.excepthook = self._on_uncaught
        threading.excepthook = self._on_uncaught_in_thread

    def _on_uncaught(
        self, _kind: type[BaseException], error: BaseException, _trace: TracebackType | None
    ) -> None:
        log.critical("uncaught", exc_info=error)
        self.found.emit(describe(error))

    def _on_uncaught_in_thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            self._on_uncaught(args.exc_type, args.exc_value, args.exc_traceback)

    def _on_found(self, report: str) -> None:
        if not self._shown:
            self._shown = True
            ErrorDialog(
                self._window,
                title=tr("Something went wrong in tfdesk"),
                sentence=tr("This is our mistake. What you saved is safe. Please restart tfdesk."),
                next_step=tr(
                    "The report below holds no client words; you can copy it for the people who fix it."
                ),
                report=report,
            ).open()
