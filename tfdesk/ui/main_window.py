"""The one window: first run, lock screen or workspace; the idle lock."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QIcon, QPaintEvent, QWhatsThisClickedEvent
from PySide6.QtWidgets import QApplication, QDialog, QMainWindow, QMenu, QWidget

from trainer.config import resources_dir

ACTIVITY = {
    QEvent.Type.KeyPress,
    QEvent.Type.MouseButtonPress,
    QEvent.Type.MouseMove,
    QEvent.Type.Wheel,
    QEvent.Type.TouchBegin,
}


class MainWindow(QMainWindow):
    """Holds one view at a time; a view that is replaced is destroyed with every word in it.

    Signals:
        painted: once, when the first frame is on the screen
        idled: nobody touched the window for as long as allowed
        closed
        help_requested: a topic, asked for by a link somewhere in the window
    """

    painted = Signal()
    idled = Signal()
    closed = Signal()
    help_requested = Signal(str)

    def __init__(self, *, idle_minutes: int, may_close: Callable[[], bool] = lambda: True) -> None:
        """``may_close`` is asked first: False keeps the window open, and whoever said so closes it later."""
        super().__init__()
        self._may_close = may_close
        self.setWindowTitle("tfdesk")  # never a client's name
        self.setWindowIcon(QIcon(str(resources_dir() / "icons" / "tfdesk.svg")))
        self.resize(1280, 800)
        self.setMinimumSize(880, 560)
        self._painted = False
        self._idle = QTimer(self, singleShot=True, interval=idle_minutes * 60_000)
        self._idle.timeout.connect(self.idled)

    def show_view(self, view: QWidget, *, watch_idle: bool) -> None:
        """Replace what the window shows. ``watch_idle``: count idle time, because words are legible."""
        for other in QApplication.topLevelWidgets():
            if isinstance(other, QDialog | QMenu):
                other.close()
        old = self.takeCentralWidget()
        self.setCentralWidget(view)
        if old is not None:
            old.hide()
            old.deleteLater()
        if watch_idle:
            self._idle.start()
        else:
            self._idle.stop()

    def come_forward(self) -> None:
        """In front of other programs; where the desktop does not allow that, its entry asks for attention."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()
        QApplication.alert(self)

    def watch_input(self) -> None:
        """Begin to notice keys and the mouse. Call it once the window is shown."""
        handle = self.windowHandle()
        if handle is not None:
            handle.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in ACTIVITY and self._idle.isActive():
            self._idle.start()
        return super().eventFilter(watched, event)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QWhatsThisClickedEvent):
            self.help_requested.emit(event.href())
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self.painted.emit)

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._may_close():
            event.ignore()
            return
        self.closed.emit()
        super().closeEvent(event)
