"""Closing the window with a backup before it, and what is on the screen meanwhile: nothing of a client."""

from __future__ import annotations

import logging

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QProgressBar, QWidget

from tfdesk.core.errors import KnownError
from tfdesk.core.log import Public
from tfdesk.jobs.tasks import Tasks
from tfdesk.services.access import Access
from tfdesk.services.quit_backup import QuitBackup
from tfdesk.ui.controls import card, label
from tfdesk.ui.fields import centred
from tfdesk.ui.text import in_words
from tfdesk.ui.theme import Theme

CARD_WIDTH, WIDEST_CARD = 440, 820

log = logging.getLogger(__name__)


class ClosingView(QWidget):
    """Says what is being waited for; the window closes by itself."""

    def __init__(self, *, theme: Theme, folder: str) -> None:
        super().__init__()
        self.setObjectName("page")
        frame, column = card()
        column.setContentsMargins(24, 22, 24, 24)
        column.addWidget(label(self.tr("Making the backup"), "title", wrap=True))
        words = self.tr("An encrypted copy of the vault goes to {0}. Then the window closes by itself.")
        column.addWidget(label(words.format(folder), "muted", wrap=True))
        bar = QProgressBar(textVisible=False)
        bar.setRange(0, 0)
        bar.setAccessibleName(self.tr("Making the backup"))
        column.addSpacing(8)
        column.addWidget(bar)
        self.setLayout(centred(frame, min(WIDEST_CARD, theme.px(CARD_WIDTH))))


class LastBackup(QObject):
    """Makes the backup in the background, then closes the vault and notes how it went.

    Signals:
        ended: the vault is closed, the window may close
    """

    ended = Signal()

    def __init__(self, *, access: Access, tasks: Tasks, folder: str, parent: QObject | None = None) -> None:
        """``folder``: where backups go, "" for none; it may be changed later."""
        super().__init__(parent)
        self._access, self._tasks = access, tasks
        self.folder = folder
        self.running = False

    @property
    def _backup(self) -> QuitBackup:
        return QuitBackup(self._access, self.folder)

    @property
    def warning(self) -> str:
        """Why the last one was not made, "" when it was."""
        return self._backup.warning

    def due(self) -> bool:
        """Whether closing has to wait for one."""
        return self._backup.due()

    def begin(self, theme: Theme) -> ClosingView:
        """Start it; returns what to show until ``ended``."""
        self.running = True
        self._tasks.run_in_background(self._backup.make, self._on_made, self._on_broken)
        return ClosingView(theme=theme, folder=self.folder)

    def _on_broken(self, error: Exception) -> None:
        log.error("the backup on quit broke: %s", Public(type(error).__name__))
        self._on_made(self.tr("A fault of ours; the log file says where."))

    def _on_made(self, failed: str) -> None:
        self._access.lock()
        try:
            self._backup.remember(in_words(failed))  # read at the next start, as it stands
        except KnownError as error:  # a full disk: the next start cannot tell
            log.warning("the backup's note was not written: %s", error)
        self.running = False
        self.ended.emit()
