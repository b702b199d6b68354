"""Whether the person is still at the computer, as far as the desktop tells: screen lock, sleep, user switch.

Linux: org.freedesktop.login1 on the system bus, the screen saver on the session bus. A bus is used only where
its address is a file on this computer; no network socket is ever opened. Elsewhere only idle time locks.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import SLOT, QObject, Signal, Slot
from PySide6.QtDBus import (
    QDBusConnection,
    QDBusMessage,
    QDBusPendingCallWatcher,
    QDBusUnixFileDescriptor,
    QDBusVariant,
)

LOGIN, LOGIN_PATH = "org.freedesktop.login1", "/org/freedesktop/login1"
MANAGER, SESSION = f"{LOGIN}.Manager", f"{LOGIN}.Session"
PROPERTIES = "org.freedesktop.DBus.Properties"
SCREEN_SAVERS = ("org.freedesktop.ScreenSaver", "org.gnome.ScreenSaver")
_SYSTEM, _SESSION = "tfdesk-system", "tfdesk-session"  # names of the two connections in this process


@dataclass(frozen=True, slots=True)
class Buses:
    """Addresses of the two message buses; None where there is none on this computer."""

    system: str | None
    session: str | None

    @classmethod
    def here(cls) -> Buses:
        """The buses of this computer, none outside Linux."""
        if sys.platform != "linux":
            return NO_BUSES
        system = os.environ.get("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/run/dbus/system_bus_socket")
        user_bus = f"unix:path=/run/user/{os.getuid()}/bus"
        return cls(local(system), local(os.environ.get("DBUS_SESSION_BUS_ADDRESS", user_bus)))


NO_BUSES = Buses(None, None)


def local(addresses: str) -> str | None:
    """The first of a bus's addresses that is a socket file here; None when it lies anywhere else."""
    for address in addresses.split(";"):
        kind, _, rest = address.partition(":")
        parts = dict(part.partition("=")[::2] for part in rest.split(","))
        if kind == "unix" and ("abstract" in parts or Path(parts.get("path", "")).is_socket()):
            return address
    return None


class SessionWatch(QObject):
    """Listens to the desktop while the window is open.

    Signals (GUI thread):
        went_away: "sleep", "screen lock" or "user switch". The computer sleeps only once all slots returned
            (or a few seconds have passed).
    """

    went_away = Signal(str)

    def __init__(self, buses: Buses, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._system = self._connected(buses.system, _SYSTEM)
        self._session = self._connected(buses.session, _SESSION)
        self._session_path = ""
        self._brake: int | None = None  # a file descriptor that holds the sleep back until it is closed

    @staticmethod
    def _connected(address: str | None, name: str) -> QDBusConnection | None:
        if address is None:
            return None
        bus = QDBusConnection.connectToBus(address, name)
        return bus if bus.isConnected() else None

    def start(self) -> None:
        """Listen from now on."""
        if self._session is not None:
            for saver in SCREEN_SAVERS:
                slot = _slot("_on_screen_saver(bool)")
                self._session.connect("", "", saver, "ActiveChanged", self, slot)
        if self._system is not None:
            slot = _slot("_on_sleep(bool)")
            self._system.connect(LOGIN, LOGIN_PATH, MANAGER, "PrepareForSleep", self, slot)
            self._take_brake()
            wanted = os.environ.get("XDG_SESSION_ID") or "auto"
            self._ask(LOGIN_PATH, MANAGER, "GetSession", [wanted], "_on_session_known")

    def stop(self) -> None:
        """Listen no more."""
        self._release_brake()
        for bus, name in ((self._system, _SYSTEM), (self._session, _SESSION)):
            if bus is not None:
                QDBusConnection.disconnectFromBus(name)
        self._system = self._session = None

    def _ask(self, path: str, interface: str, member: str, values: list[Any], answer: str) -> None:
        """Call a method of login1 and hand the watcher of its answer to the method named ``answer``."""
        if self._system is not None:
            message = QDBusMessage.createMethodCall(LOGIN, path, interface, member)
            message.setArguments(values)
            watcher = QDBusPendingCallWatcher(self._system.asyncCall(message), self)
            watcher.finished.connect(getattr(self, answer))

    # Sleep ----------------------------------------------------------------------------------

    def _take_brake(self) -> None:
        values = ["sleep", "tfdesk", "to lock the vault", "delay"]
        self._ask(LOGIN_PATH, MANAGER, "Inhibit", values, "_on_brake")

    def _on_brake(self, watcher: QDBusPendingCallWatcher) -> None:
        given = _first(watcher)
        if isinstance(given, QDBusUnixFileDescriptor) and given.isValid():
            self._release_brake()
            self._brake = os.dup(given.fileDescriptor())

    def _release_brake(self) -> None:
        if self._brake is not None:
            os.close(self._brake)
            self._brake = None

    @Slot(bool)
    def _on_sleep(self, begins: bool) -> None:
        if begins:
            self.went_away.emit("sleep")
            self._release_brake()
        else:
            self._take_brake()

    # Screen lock and user switch --------------------------------------------------------------

    @Slot(bool)
    def _on_screen_saver(self, active: bool) -> None:
        if active:
            self.went_away.emit("screen lock")

    def _on_session_known(self, watcher: QDBusPendingCallWatcher) -> None:
        path = _first(watcher)
        if path is not None and self._system is not None:
            self._session_path = path.path()
            bus, slot = self._system, _slot("_on_properties(QDBusMessage)")
            bus.connect(LOGIN, self._session_path, SESSION, "Lock", self, _slot("_on_locked()"))
            bus.connect(LOGIN, self._session_path, PROPERTIES, "PropertiesChanged", self, slot)

    @Slot()
    def _on_locked(self) -> None:
        self.went_away.emit("screen lock")

    @Slot(QDBusMessage)
    def _on_properties(self, message: QDBusMessage) -> None:
        if message.arguments()[:1] == [SESSION]:
            self._ask(self._session_path, PROPERTIES, "Get", [SESSION, "Active"], "_on_active_known")

    def _on_active_known(self, watcher: QDBusPendingCallWatcher) -> None:
        value = _first(watcher)
        if isinstance(value, QDBusVariant) and value.variant() is False:
            self.went_away.emit("user switch")


def _slot(signature: str) -> Any:
    """A slot as ``QDBusConnection.connect`` takes it: a str, though its type hints say bytes."""
    return SLOT(signature)


def _first(watcher: QDBusPendingCallWatcher) -> Any:
    """The first value of an answer; None for an error. The watcher is not needed any more."""
    reply = watcher.reply()
    watcher.deleteLater()
    if reply.type() != QDBusMessage.MessageType.ReplyMessage:
        return None
    return next(iter(reply.arguments()), None)
