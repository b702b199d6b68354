"""The window's speed: first frame, long conversations, searches, keys pressed while it drafts, and stalls.

Everything is the real thing, offscreen: a vault, the window, the starter's process. A stall is the time that
one event keeps the window's thread: as long as no other key, click or frame gets through.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from tests.bench import vault as fill
from tests.bench.timing import Timing, timed
from tests.ui.afternoon import Afternoon
from tfdesk.app import App
from tfdesk.core.paths import Paths
from tfdesk.core.settings import Settings
from tfdesk.jobs.desk_state import Phase
from tfdesk.services.access import Access
from tfdesk.services.finding import Finder
from tfdesk.store import conversations

PASSPHRASE = "correct horse for benchmarks"
LONG, MANY = 10_000, 100_000  # messages of the long session, and of all clients together
KEYS = "the quick brown fox jumps over the lazy dog while three drafts are written "
PASTED = "Marta: I said yes again.\nTherapist: What was that like?\n" * 18_000  # a megabyte
START = """
import sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from tfdesk.app import App
from tfdesk.core.paths import Paths
from tfdesk.core.settings import Settings
from tfdesk.services.access import Access
paths = Paths.default(Path(sys.argv[1]))
application = QApplication([])
app = App(application=application, paths=paths, settings=Settings(), access=Access(paths))
app.window.painted.connect(lambda: (print("painted", flush=True), application.quit()))
app.start()
application.exec()
"""


class Watched(QApplication):
    """Knows how long every event took that the loop, or a person's hand, sent to anything."""

    def __init__(self) -> None:
        super().__init__(["tfdesk"])
        self._depth = 0
        # Milliseconds by the clock, and of the processor (as on a machine that is not busy); what it was.
        self.spent: list[tuple[float, float, str]] = []

    def notify(self, receiver: QObject, event: QEvent) -> bool:
        self._depth += 1
        name = f"{type(receiver).__name__} {event.type().name}"
        began, worked = time.perf_counter(), time.thread_time()
        try:
            return super().notify(receiver, event)
        finally:
            self._depth -= 1
            if self._depth == 0:
                clock, processor = time.perf_counter() - began, time.thread_time() - worked
                self.spent.append((clock * 1000, processor * 1000, name))

    def stalls(self) -> dict[str, Any]:
        """Since the last call: how many events, the longest, and how many kept the thread too long."""
        spent, self.spent = self.spent, []
        found: dict[str, Any] = {"events": len(spent)}
        for place, name in enumerate(("clock", "processor")):
            ms = sorted(one[place] for one in spent)
            parts = quantiles(ms, n=1000, method="inclusive")
            found[name] = {
                "99 % below ms": round(parts[989], 1),
                "99.9 % below ms": round(parts[-1], 1),
                "longest ms": round(ms[-1], 1),
                "over 50 ms": sum(one > 50 for one in ms),
            }
        longest = sorted(spent, key=lambda one: -one[1])[:8]
        found["longest"] = [f"{clock:.0f} ({own:.0f}) ms {what}" for clock, own, what in longest]
        return found


class Hands:
    """A person at the window, for ``Afternoon``."""

    def keyClick(
        self, widget: QWidget, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
    ) -> None:
        QTest.keyClick(widget, key, modifier)

    def keyClicks(self, widget: QWidget, text: str) -> None:
        QTest.keyClicks(widget, text)

    def waitUntil(self, callback: Callable[[], bool], *, timeout: int = 60_000) -> None:
        end = time.monotonic() + timeout / 1000
        while not callback():
            if time.monotonic() > end:
                raise TimeoutError(callback)
            QApplication.processEvents()
            time.sleep(0.002)


@contextmanager
def desk(folder: Path, messages: int = 0) -> Iterator[App]:
    """An unlocked window over a new vault with ``messages``, its model loaded."""
    paths = Paths.default(folder)
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    app = App(application=application, paths=paths, settings=Settings(theme="light"), access=Access(paths))
    app.access.create(PASSPHRASE)
    if messages:
        fill.fill(app.access.vault, messages)
        with app.access.vault.write() as db:
            client = conversations.add_client(db, "A long story", "", 0.0)
            session = conversations.add_session(db, client, 0.0)
            for number in range(LONG):
                speaker = "therapist" if number % 2 else "client"
                conversations.add_turn(db, session, speaker, f"message {number} of a long story", number)
    app.window.resize(1280, 800)
    app.window.show()
    app.window.activateWindow()
    app.open_desk()
    Hands().waitUntil(lambda: app.model.ready is not None)
    try:
        yield app
    finally:
        app.window.close()
        app.deleteLater()
        QApplication.processEvents()


def measure() -> dict[str, Any]:
    """Timings of the window in milliseconds, its memory in MB; see docs/benchmarks.md."""
    application = Watched()
    found: dict[str, Any] = {"first window": first_window().json()}
    with tempfile.TemporaryDirectory() as folder, desk(Path(folder), MANY) as app:
        found |= {name: timing.json() for name, timing in timed(works(app)).items()}
        found["open a session of 10,000 messages"] = opening(app).json()
        found["unlock, desk on the screen"] = unlocking(app).json()
        Hands().waitUntil(lambda: app.model.ready is not None)
        found["unlock, ready to draft"] = unlocking(app, 3, to_draft=True).json()
        found["key to screen while drafting"] = keys(app).json()
        application.stalls()
        app.page.composer.box.setPlainText(PASTED)  # type: ignore[union-attr]
        QApplication.processEvents()
        found["a megabyte pasted"] = application.stalls()
        app.page.composer.box.clear()  # type: ignore[union-attr]
        found["memory of the window, MB"] = round(memory())
    return found


def stall(messages: int = 40) -> dict[str, Any]:
    """The stalls of a scripted afternoon with the starter (tests/ui/afternoon.py)."""
    application = Watched()
    with tempfile.TemporaryDirectory() as folder, desk(Path(folder)) as app:
        application.stalls()
        day = Afternoon(app, Hands(), PASSPHRASE, messages)
        day.spend()
        found = application.stalls()
        if day.logged() != day.done:
            raise RuntimeError("the audit log is not what was done")
        return found | {"decisions": len(day.done), "memory of the window, MB": round(memory())}


def first_window(runs: int = 5) -> Timing:
    """From starting the program on an empty folder to its first frame."""
    spent = []
    for _ in range(runs + 1):
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            child = subprocess.Popen([sys.executable, "-c", START, folder], stdout=subprocess.PIPE)
            assert child.stdout is not None
            child.stdout.readline()
            spent.append((time.perf_counter() - began) * 1000)
            child.wait()
    spent = sorted(spent[1:])
    return Timing(spent[runs // 2], spent[0], spent[-1], runs)


def works(app: App) -> dict[str, Callable[[], object]]:
    """What is timed in turns."""
    assert app.desk is not None
    assert app.page is not None
    page, finder, common = app.page, Finder(app.access.vault), fill.word(3)

    def typed() -> None:
        page.clients.search.setText(common)
        QApplication.processEvents()
        page.clients.search.clear()
        QApplication.processEvents()

    return {
        "search 100,000 messages, a rare word": lambda: finder.messages(fill.word(4000)),
        "search 100,000 messages, a common word": lambda: finder.messages(common),
        "clients who used a common word, typed and cleared": typed,
    }


def opening(app: App, runs: int = 7) -> Timing:
    """From choosing the client with the long session to its messages on the screen."""
    assert app.desk is not None
    assert app.page is not None
    page, ids = app.page, {client.name: client.id for client in app.desk.clients("")}

    def leave() -> None:
        page.open_client(ids["Client 0"])

    def work() -> None:
        page.open_client(ids["A long story"])
        page.transcript.viewport().repaint()

    return after(leave, work, runs)


def unlocking(app: App, runs: int = 7, *, to_draft: bool = False) -> Timing:
    """From the passphrase to the desk on the screen, or until the model is loaded too.

    Deriving the key from the passphrase is made to take its time.
    """

    def work() -> None:
        app.access.unlock(PASSPHRASE)
        app.open_desk()
        app.window.repaint()
        if to_draft:
            Hands().waitUntil(lambda: app.model.ready is not None)

    return after(app.lock, work, runs)


def after(prepare: Callable[[], object], work: Callable[[], object], runs: int) -> Timing:
    """``work`` alone, ``prepare`` before each time; once to warm up."""
    spent = []
    for _ in range(runs + 1):
        prepare()
        QApplication.processEvents()
        began = time.perf_counter()
        work()
        spent.append((time.perf_counter() - began) * 1000)
    spent = sorted(spent[1:])
    return Timing(spent[runs // 2], spent[0], spent[-1], runs)


def keys(app: App) -> Timing:
    """From pressing a key in the field for messages to its being painted, while drafts are written."""
    assert app.desk is not None
    assert app.page is not None
    shown, box = app.desk, app.page.composer.box
    shown.add_client("Somebody who writes", "")
    spent: list[float] = []
    while len(spent) < len(KEYS):
        shown.add_client_message("I said yes to the extra shift again, and I could not tell her.")
        Hands().waitUntil(lambda: shown.state.phase is Phase.DRAFTING)
        box.setFocus()
        while shown.state.phase is Phase.DRAFTING and len(spent) < len(KEYS):
            began = time.perf_counter()
            QTest.keyClick(box, KEYS[len(spent)])
            box.viewport().repaint()
            spent.append((time.perf_counter() - began) * 1000)
            QApplication.processEvents()
        box.clear()
    spent.sort()
    return Timing(spent[len(spent) // 2], spent[0], spent[-1], len(spent))


def memory() -> float:
    """Resident memory of this process in megabytes."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
