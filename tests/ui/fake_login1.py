"""A stand-in for login1 on a bus of its own: real messages, no system. Commands on stdin, facts on stdout.

``sleep``, ``wake``, ``lock``, ``lock-other``, ``leave`` (another user's session becomes the active one),
``return``, ``save`` (the screen saver starts), ``unsave``. It prints "ready", then "brake" whenever somebody
took the brake on sleeping, and "released" when they let it go.
"""

from __future__ import annotations

import os
import sys
import threading

from PySide6.QtCore import QCoreApplication, QObject, QSocketNotifier, QTimer, Signal
from PySide6.QtDBus import (
    QDBusConnection,
    QDBusMessage,
    QDBusObjectPath,
    QDBusUnixFileDescriptor,
    QDBusVariant,
    QDBusVirtualObject,
)

LOGIN, PATH = "org.freedesktop.login1", "/org/freedesktop/login1"
OURS, OTHERS = f"{PATH}/session/_31", f"{PATH}/session/_32"


def say(words: str) -> None:
    print(words, flush=True)


class Login(QDBusVirtualObject):
    """Answers GetSession, Inhibit and Get."""

    def __init__(self) -> None:
        super().__init__()
        self.active = True
        self._ends: list[tuple[int, QSocketNotifier]] = []

    def introspect(self, _path: str) -> str:
        return ""

    def handleMessage(self, message: QDBusMessage, bus: QDBusConnection) -> bool:
        member = message.member()
        if member == "GetSession":
            bus.send(message.createReply(QDBusObjectPath(OURS)))
        elif member == "Inhibit":
            bus.send(message.createReply(self._pipe()))
            say("brake")
        elif member == "Get":
            bus.send(message.createReply(QDBusVariant(self.active)))
        else:
            return False
        return True

    def _pipe(self) -> QDBusUnixFileDescriptor:
        mine, theirs = os.pipe()
        given = QDBusUnixFileDescriptor(theirs)
        os.close(theirs)
        notifier = QSocketNotifier(mine, QSocketNotifier.Type.Read, self)
        notifier.activated.connect(self._on_released)
        self._ends.append((mine, notifier))
        return given

    def _on_released(self) -> None:
        for _, notifier in self._ends:
            notifier.setEnabled(False)
        say("released")


class Lines(QObject):
    """Lines of stdin, as signals."""

    came = Signal(str)
    ended = Signal()

    def read(self) -> None:
        for line in sys.stdin:
            self.came.emit(line.strip())
        self.ended.emit()


class Desktop(QObject):
    """Sends what is asked for."""

    def __init__(self, bus: QDBusConnection, login: Login) -> None:
        super().__init__()
        self._bus, self._login = bus, login

    def do(self, word: str) -> None:
        if word in ("sleep", "wake"):
            self._send(PATH, f"{LOGIN}.Manager", "PrepareForSleep", word == "sleep")
        elif word in ("lock", "lock-other"):
            self._send(OURS if word == "lock" else OTHERS, f"{LOGIN}.Session", "Lock")
        elif word in ("leave", "return"):
            self._login.active = word == "return"
            names = "org.freedesktop.DBus.Properties"
            self._send(OURS, names, "PropertiesChanged", f"{LOGIN}.Session", {}, ["Active"])
        elif word in ("save", "unsave"):
            name = "org.freedesktop.ScreenSaver"
            self._send("/org/freedesktop/ScreenSaver", name, "ActiveChanged", word == "save")

    def _send(self, path: str, interface: str, member: str, *values: object) -> None:
        message = QDBusMessage.createSignal(path, interface, member)
        message.setArguments(list(values))
        self._bus.send(message)


def main() -> int:
    application = QCoreApplication([])
    bus = QDBusConnection.connectToBus(sys.argv[1], "fake")
    login = Login()
    bus.registerVirtualObject(PATH, login, QDBusConnection.VirtualObjectRegisterOption.SubPath)
    if not bus.registerService(LOGIN):
        return 1
    desktop, lines = Desktop(bus, login), Lines()
    lines.came.connect(desktop.do)
    lines.ended.connect(application.quit)
    threading.Thread(target=lines.read, daemon=True).start()
    QTimer.singleShot(0, lambda: say("ready"))
    return application.exec()


if __name__ == "__main__":
    sys.exit(main())
