"""The window's part of a day, in a process of its own: drafts, approves, trains, crashes, locks, is killed.

    day_window.py DATA_DIR BUNDLE TALKS SENTENCE

Prints "done" and its process id when only the kill is left; the kill comes from outside.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from tests.faults.tools import PASSPHRASE
from tests.ui.test_real_children import SHORT
from tfdesk.app import App
from tfdesk.core.log import setup_logging
from tfdesk.core.paths import Paths
from tfdesk.core.settings import load_settings
from tfdesk.jobs.desk import Desk
from tfdesk.jobs.desk_state import Phase
from tfdesk.jobs.workshop import RunState
from tfdesk.services import models, runs
from tfdesk.services.access import Access
from tfdesk.services.runs import Runs
from tfdesk.ui.error_dialog import UncaughtErrors

SECONDS = 120.0


def wait_for(what: str, condition: Callable[[], bool]) -> None:
    """Run the window until something is so."""
    end = time.monotonic() + SECONDS
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"the window waited too long for: {what}")
        QApplication.processEvents()
        time.sleep(0.005)


def desk_of(app: App) -> Desk:
    assert app.desk is not None
    return app.desk


def open_desk(app: App) -> None:
    """Unlock, and open the first client."""
    app.access.unlock(PASSPHRASE)
    app.open_desk()
    wait_for("the model", lambda: app.model.ready is not None)
    desk_of(app).open_client(desk_of(app).clients("")[0].id)


def say(app: App, text: str) -> None:
    """Type a client's message and press Enter."""
    assert app.page is not None
    app.page.composer.box.setPlainText(text)
    app.page.composer.add.click()


def main(data: str, bundle: str, talks: str, sentence: str) -> None:
    models.starter_dir = runs.starter_dir = lambda: Path(bundle)
    paths = Paths.default(Path(data))
    setup_logging(paths)
    app = App(
        application=QApplication([]),
        paths=paths,
        settings=load_settings(paths.settings_file),
        access=Access(paths),
        make_runs=lambda where, key: Runs(where, key, settings=SHORT),
    )
    UncaughtErrors(app.window).install()
    app.window.show()
    open_desk(app)
    answered = (Phase.READY, Phase.ABSTAINED)
    wait_for("drafts", lambda: desk_of(app).state.phase in answered)
    say(app, f"I said yes to the extra shift again. {sentence}")
    wait_for("drafts", lambda: desk_of(app).state.phase in answered)
    if desk_of(app).state.drafts:
        desk_of(app).approve_edited(desk_of(app).state.drafts[0], f"My own words. {sentence}")
    else:
        desk_of(app).write_own(f"My own words. {sentence}")

    assert app.workshop is not None
    workshop = app.workshop
    workshop.begin(Path(talks))
    wait_for("a step of training", lambda: workshop.state.step > 0 or workshop.state.reason != "")
    assert workshop.state.reason == "", workshop.state.reason
    workshop.cancel()
    wait_for("the run to stop", lambda: workshop.state.run_state is RunState.CANCELLED)

    say(app, f"The house is so quiet since he left. {sentence}")
    os.kill(app.model.pid, signal.SIGKILL)  # while it reads the message
    wait_for("another model process", lambda: app.model.ready is not None and not app.model.failing)
    QTimer.singleShot(0, lambda: int(sentence))  # our own mistake, with the words in its text
    wait_for("the report of it", lambda: "uncaught" in paths.log_file.read_text(encoding="utf8"))
    app.lock()
    open_desk(app)
    say(app, f"Still here. {sentence}")
    assert app.page is not None
    app.page.composer.box.setPlainText(f"half a message {sentence}")
    print("done", os.getpid(), flush=True)
    wait_for("the kill", lambda: False)


if __name__ == "__main__":
    main(*sys.argv[1:])
