"""The one place that puts a reply on the clipboard, and takes it away again."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QMimeData, QObject, QTimer
from PySide6.QtGui import QClipboard, QGuiApplication

from tfdesk.core.models import text_sha256

# What asks the programs that remember clipboards to leave this one out: KDE's and others that follow it, then
# Windows' history, its cloud, and third parties there.
KDE_HINT = "x-kde-passwordManagerHint"
_WINDOWS = 'application/x-qt-windows-mime;value="{0}"'
WINDOWS_HINTS = {
    _WINDOWS.format("ExcludeClipboardContentFromMonitorProcessing"): b"\1\0\0\0",
    _WINDOWS.format("CanIncludeInClipboardHistory"): b"\0\0\0\0",
    _WINDOWS.format("CanUploadToCloudClipboard"): b"\0\0\0\0",
}


def marked(text: str) -> QMimeData:
    """The text, marked to be kept out of clipboard histories."""
    data = QMimeData()
    data.setText(text)
    data.setData(KDE_HINT, b"secret")
    for kind, value in WINDOWS_HINTS.items():
        data.setData(kind, value)
    return data


class Clipboard(QObject):
    """Holds what was copied for a while, whether by Approve or by hand. It remembers only a hash of it."""

    def __init__(
        self, *, seconds: int, owns: Callable[[], bool] | None = None, parent: QObject | None = None
    ) -> None:
        """``seconds``: after this time what was copied is taken away; ``owns``: this program copied last."""
        super().__init__(parent)
        self._clipboard = QGuiApplication.clipboard()
        self._owns = owns or self._clipboard.ownsClipboard
        self._clipboard.dataChanged.connect(self._on_changed)
        self._copied = ""
        self._timer = QTimer(self, singleShot=True, interval=seconds * 1000)
        self._timer.timeout.connect(self.forget)

    def copy(self, text: str) -> None:
        """Put a text on the clipboard."""
        self._clipboard.setMimeData(marked(text))
        self._copied = text_sha256(text)
        self._timer.start()

    def _on_changed(self) -> None:
        """Mark what an editor or the conversation copied by hand, too."""
        data = self._clipboard.mimeData()
        if data is not None and data.hasText() and not data.hasFormat(KDE_HINT) and self._owns():
            self.copy(data.text())

    def forget(self) -> None:
        """Empty the clipboard if it still holds what was copied; drop what is selected in the window."""
        self._timer.stop()
        if self._copied and text_sha256(self._clipboard.text()) == self._copied:
            self._clipboard.clear()
        self._copied = ""
        selection = QClipboard.Mode.Selection
        if self._clipboard.supportsSelection() and self._clipboard.ownsSelection():
            self._clipboard.clear(selection)
