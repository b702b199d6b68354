"""One window for a data folder and user: a second one asks the first to come to the front, and ends.

They meet at a local socket (a named pipe on Windows) that only this user reaches and that carries one word.
Another data folder has another window. Whoever holds the lock beside the vault is the first; the operating
system drops it with the process, so nothing that a killed window leaves behind holds anybody up.
"""

from __future__ import annotations

import getpass
import hashlib
import logging
import os
import time
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from tfdesk.core.errors import KnownError
from tfdesk.core.locks import FolderUse
from tfdesk.core.paths import Paths
from tfdesk.ui.text import tr

RAISE = b"raise\n"
ANSWER_MS = 5000  # a window that is drafting or locking answers within this
MOST_CALLERS = 8  # at once: the other programs of this user could open many and say nothing
_START_SECONDS = 3.0  # from taking the lock to listening
_LONGEST_ADDRESS = 100  # bytes: systems allow a little more

log = logging.getLogger(__name__)


class OneWindow(QObject):
    """The place at which a second window finds the first.

    Signals:
        raise_requested: another window was started on the same data folder
    """

    raise_requested = Signal()

    def __init__(self, paths: Paths, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._address = _address(paths.root)
        self._lock = FolderUse(paths.window_file)
        self._server: QLocalServer | None = None

    def begin(self, *, answer_ms: int = ANSWER_MS) -> bool:
        """True: open the window. False: another one is open and came to the front.

        Raises KnownError when the other one does not answer.
        """
        end = time.monotonic() + _START_SECONDS
        while not self._alone():
            if self._raised(answer_ms):
                return False
            if time.monotonic() > end:  # held by another user of the folder: nobody to raise
                return True
            time.sleep(0.05)
        if os.name == "nt" and self._raised(answer_ms):  # the lock does nothing there
            return False
        self._listen()
        return True

    def end(self) -> None:
        """Whoever starts from now on is the first."""
        if self._server is not None:
            self._server.close()
            self._server.deleteLater()
            self._server = None
        self._lock.release()

    def _alone(self) -> bool:
        """Whether this window is the first. Where nothing can be locked each one is: they do no harm."""
        try:
            return self._lock.take()
        except KnownError:
            return True

    def _listen(self) -> None:
        server = QLocalServer(self)
        server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        server.newConnection.connect(self._on_new_connection)
        QLocalServer.removeServer(self._address)  # of a window that was killed: its lock was free
        if len(os.fsencode(self._address)) <= _LONGEST_ADDRESS and server.listen(self._address):
            self._server = server
        else:
            log.warning("a second window will open beside this one")
            server.deleteLater()

    def _raised(self, answer_ms: int) -> bool:
        """Whether the first window was found and came to the front. Raises KnownError without an answer."""
        socket = QLocalSocket()
        socket.connectToServer(self._address)
        if not socket.waitForConnected(1000):
            return False
        socket.write(RAISE)
        socket.flush()
        if socket.state() is not QLocalSocket.LocalSocketState.UnconnectedState and not (
            socket.waitForDisconnected(answer_ms)
        ):
            raise KnownError(
                tr("tfdesk is open already, but its window does not answer."),
                tr("Wait a moment, or end that program, then start tfdesk again."),
            )
        return True

    def _on_new_connection(self) -> None:
        assert self._server is not None
        while (caller := self._server.nextPendingConnection()) is not None:
            if len(self._server.findChildren(QLocalSocket)) > MOST_CALLERS:
                caller.abort()
                caller.deleteLater()
                continue
            caller.setReadBufferSize(len(RAISE))
            caller.disconnected.connect(caller.deleteLater)
            caller.readyRead.connect(self._on_ready_read)
        self._on_ready_read()

    def _on_ready_read(self) -> None:
        """Read what callers said. Anything but the one word is dropped; either way the talk is over."""
        if self._server is None:
            return
        for caller in self._server.findChildren(QLocalSocket):
            if caller.bytesAvailable() < len(RAISE):
                continue
            if bytes(caller.read(len(RAISE)).data()) == RAISE:
                self.raise_requested.emit()
            caller.disconnectFromServer()


def _address(root: Path) -> str:
    """Where the windows of this user and this data folder meet."""
    with suppress(OSError):
        root = root.resolve()
    digest = hashlib.sha256(str(root).encode("utf8", "surrogateescape")).hexdigest()[:16]
    if os.name == "nt":
        return f"tfdesk-{getpass.getuser()}-{digest}"
    return str(Path(os.environ.get("XDG_RUNTIME_DIR") or root) / f"tfdesk-{digest}")
