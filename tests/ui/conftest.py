"""The real window over a real vault, with a real child process in place of the model."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tfdesk.app import App
from tfdesk.core.paths import Paths
from tfdesk.core.settings import Settings
from tfdesk.jobs.desk_state import Phase
from tfdesk.services.access import Access
from tfdesk.ui.desk_page import DeskPage
from tfdesk.ui.language import speak
from tfdesk.ui.session_watch import NO_BUSES, Buses

FAKE_MODEL = [sys.executable, str(Path(__file__).parent / "fake_model.py")]
LIGHT = Settings(theme="light")
PASSPHRASE = "correct horse for tests"


class Opened:
    """An unlocked window and shorthands for what a therapist does in it."""

    def __init__(self, app: App, qtbot: QtBot, options: list[str]) -> None:
        self.app, self._qtbot, self.options = app, qtbot, options

    @property
    def page(self) -> DeskPage:
        assert self.app.page is not None
        return self.app.page

    def activate(self) -> None:
        """The window comes to the front again: offscreen no window manager sees to that after a dialog."""
        self.app.window.activateWindow()
        self._qtbot.waitUntil(self.app.window.isActiveWindow, timeout=20_000)

    def reach(self, phase: Phase) -> None:
        """Wait until the desk is in ``phase``."""
        self._qtbot.waitUntil(
            lambda: self.app.desk is not None and self.app.desk.state.phase is phase, timeout=20_000
        )

    def say(self, text: str) -> None:
        """Type what the client wrote and press Enter."""
        self.page.composer.box.setPlainText(text)
        self.page.composer.add.click()

    def client_says(self, text: str, phase: Phase = Phase.READY) -> None:
        """A new client writes; wait until the desk is in ``phase``."""
        assert self.app.desk is not None
        self.app.desk.add_client("Nora B.", "First week")
        self.say(text)
        self.reach(phase)

    def turns(self) -> list[tuple[str, str, str]]:
        """Speaker, text and origin of every message of the open client, from the vault."""
        assert self.app.desk is not None
        return [(t.speaker, t.text, t.origin) for t in self.app.desk.all_turns()]


@pytest.fixture(params=["en", "de"])
def language(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[str]:
    """The language that is spoken during the test."""
    before = QLocale()
    speak(qapp, request.param)
    yield request.param
    speak(qapp, "en")
    QLocale.setDefault(before)


@pytest.fixture
def options() -> list[str]:
    """Options of the next fake model process; change the list to change the next one."""
    return []


@pytest.fixture
def make_app(qapp: QApplication, tmp_path: Path, options: list[str]) -> Iterator[Callable[[], App]]:
    """Builds an App over tmp_path; every one is closed at the end."""
    made: list[App] = []

    def make(settings: Settings = LIGHT, buses: Buses = NO_BUSES) -> App:
        paths = Paths.default(tmp_path)
        app = App(
            application=qapp,
            paths=paths,
            settings=settings,
            buses=buses,
            access=Access(paths),
            command=lambda _folder, _sealed: [*FAKE_MODEL, *options],
        )
        made.append(app)
        return app

    yield make
    for app in made:
        app.window.close()
        app.window.deleteLater()
        app.deleteLater()
    qapp.processEvents()


@pytest.fixture
def opened(make_app: Callable[[], App], qtbot: QtBot, tmp_path: Path, options: list[str]) -> Opened:
    """A window over a new, empty, unlocked vault, its model process ready."""
    app = make_app()
    app.access.create(PASSPHRASE)
    app.window.show()
    with qtbot.waitActive(app.window):
        app.window.activateWindow()
    app.open_desk()
    qtbot.waitUntil(lambda: app.model.ready is not None, timeout=20_000)
    return Opened(app, qtbot, options)
