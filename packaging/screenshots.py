"""Pictures of every screen and state: drives the real window with the sample clinic in a temporary vault.

    python packaging/screenshots.py OUT [--scale 150] [--size 1024x700] [--themes light,dark]
                                          [--language de] [--on-screen]

Drafts come from the starter model where there is one. States that it cannot be brought into at will, and the
workshop, are played by real children that only speak the protocol (tests/ui/fake_model.py, fake_trainer.py).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
if "--on-screen" not in sys.argv:
    SCREEN = Path(tempfile.mkdtemp()) / "screen.json"  # the plugin's own screen is smaller than the window
    SCREEN.write_text('{"screens": [{"name": "one", "x": 0, "y": 0, "width": 1920, "height": 1080}]}')
    os.environ.setdefault("QT_QPA_PLATFORM", f"offscreen:configfile={SCREEN}")

import numpy as np  # noqa: E402
from PySide6.QtCore import QEvent, QEventLoop, QPoint, Qt, QTimer  # noqa: E402
from PySide6.QtGui import QColor, QFont, QFontDatabase, QImage, QPainter, QPixmap  # noqa: E402
from PySide6.QtWidgets import QApplication, QDialog, QWidget  # noqa: E402

from tfdesk.app import App  # noqa: E402
from tfdesk.core.models import Disposition  # noqa: E402
from tfdesk.core.paths import Paths  # noqa: E402
from tfdesk.core.settings import Settings  # noqa: E402
from tfdesk.jobs.desk_state import WAITING, Phase  # noqa: E402
from tfdesk.jobs.workshop import RunState  # noqa: E402
from tfdesk.services.access import Access  # noqa: E402
from tfdesk.services.model_client import model_command  # noqa: E402
from tfdesk.services.pasted import recognise  # noqa: E402
from tfdesk.services.runs import RunFolder, Runs, Stage  # noqa: E402
from tfdesk.ui.first_run import FirstRun  # noqa: E402
from tfdesk.ui.guided import GuidedSession  # noqa: E402
from tfdesk.ui.habits_dialog import HabitsDialog  # noqa: E402
from tfdesk.ui.hand_over_dialog import HandOverDialog  # noqa: E402
from tfdesk.ui.help_window import HelpWindow  # noqa: E402
from tfdesk.ui.key_sheet import KeySheet  # noqa: E402
from tfdesk.ui.language import NAMES, speak, spoken  # noqa: E402
from tfdesk.ui.lock_view import LockView  # noqa: E402
from tfdesk.ui.log_dialog import LogDialog  # noqa: E402
from tfdesk.ui.message_menu import MessageAction  # noqa: E402
from tfdesk.ui.paste_dialog import PasteDialog  # noqa: E402
from tfdesk.ui.promote_dialog import PromoteDialog  # noqa: E402
from tfdesk.ui.reject_popup import RejectPopup  # noqa: E402
from tfdesk.ui.search_box import SearchBox  # noqa: E402
from tfdesk.ui.theme import Colours  # noqa: E402
from tfdesk.ui.workshop_page import WorkshopPage  # noqa: E402
from trainer.config import starter_dir  # noqa: E402

FAKE = [sys.executable, str(ROOT / "tests" / "ui" / "fake_model.py")]
FAKE_TRAINER = [sys.executable, str(ROOT / "tests" / "ui" / "fake_trainer.py")]
TALK = {
    "id": "a",
    "turns": [
        {"speaker": "client", "text": "I said yes again."},
        {"speaker": "therapist", "text": "What was that like?"},
    ],
}
CHAT = (
    "[22/11/2026, 20:14:03] Ingrid: wrote the sentence down, like you said\n"
    "[22/11/2026, 20:31:40] Me: Where is it now?\n"
    "[22/11/2026, 20:33:12] Ingrid: in my pocket. it stays there, mostly\n"
    "[23/11/2026, 07:58:55] Ingrid: tomorrow he will ask again about saturday"
)
WROTE = (
    "I said yes to the extra shift again. It was in my pocket the whole time. My daughter didn't even ask "
    "why, she just took her swimming bag back upstairs."
)
LOOKED_UP = {"en": "recovery key", "de": "wiederherstellung"}  # in Help
PASSPHRASE = "a passphrase for pictures only"
PATIENCE_S = 180.0


def wait_until(true: Callable[[], bool]) -> None:
    """Run the event loop until ``true()``; an error after three minutes."""
    end = time.monotonic() + PATIENCE_S
    while not true():
        if time.monotonic() > end:
            raise RuntimeError("the window did not reach the state to be pictured")
        loop = QEventLoop()
        QTimer.singleShot(10, loop.quit)
        loop.exec()


def few_colours(image: QImage, colours: Colours) -> QImage:
    """The picture in 256 colours, the palette's own among them: it looks the same in a third of the room."""
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    own = [
        *(value for value in asdict(colours).values() if isinstance(value, str)),
        *colours.emotions.values(),
    ]
    kept = [QColor(name).rgb() for name in own]
    found, counts = np.unique(np.frombuffer(image.constBits(), np.uint32), return_counts=True)
    kept += [int(colour) for colour in found[np.argsort(-counts)[: 256 - len(kept)]]]
    flat = Qt.ImageConversionFlag.ThresholdDither
    return image.convertToFormat(QImage.Format.Format_Indexed8, kept, flat)


def ending(settings: Settings) -> str:
    """How the names of pictures end: the theme, and what is not as usual."""
    parts = [settings.theme.replace(" ", "-"), *([str(settings.scale)] if settings.scale != 100 else [])]
    return "-".join(parts + ([settings.language] if settings.language != "en" else []))


class PlayedRuns(Runs):
    """Real run folders, stages played by a child."""

    options: tuple[str, ...] = ("--wait",)

    def command(self, run: RunFolder, stage: Stage, *, resume: bool = False) -> list[str]:
        options = () if resume or stage is Stage.SFT else self.options
        return [*FAKE_TRAINER, stage.value, str(run.out(stage)), *options]


class Photographer:
    """One temporary clinic, photographed state by state."""

    def __init__(self, application: QApplication, folder: Path, out: Path, settings: Settings) -> None:
        self._out, self._suffix = out, ending(settings)
        self._folder = folder
        self.options: list[str] = []
        self.real = (starter_dir() / "bundle.json").is_file()
        self.app = App(
            application=application,
            paths=Paths.default(folder),
            settings=settings,
            access=Access(Paths.default(folder)),
            command=self.command,
            make_runs=PlayedRuns,
        )
        self.app.window.resize(1280, 800)

    def command(self, folder: Path, sealed: bool) -> list[str]:
        return model_command(folder, sealed) if self.real else [*FAKE, *self.options]

    def picture(self, name: str) -> None:
        """Save the window as NAME-THEME.png, without a blinking cursor and with layouts settled."""
        for _ in range(3):
            QApplication.sendPostedEvents()
            QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
            QApplication.processEvents()
        path = self._out / f"{name}-{self._suffix}.png"
        few_colours(self._seen().toImage(), self.app.theme.colours).save(str(path), "PNG", 0)
        print(path.name)

    def _seen(self) -> QPixmap:
        """The window and what lies on top of it."""
        window = self.app.window
        shot = window.grab()
        painter = QPainter(shot)
        for other in QApplication.topLevelWidgets():
            if other.isVisible() and isinstance(other, QDialog | RejectPopup):
                painter.drawPixmap(window.mapFromGlobal(other.mapToGlobal(QPoint(0, 0))), other.grab())
        painter.end()
        return shot

    def reach(self, phase: Phase) -> None:
        wait_until(lambda: self.app.desk is not None and self.app.desk.state.phase is phase)

    def restart_model(self, *options: str) -> None:
        """The next child gets these options."""
        self.real, self.options = False, list(options)
        self.app.model.shut_down()
        self.app.model.start(self._folder)
        wait_until(lambda: self.app.model.ready is not None)

    def say(self, text: str) -> None:
        """Type what the client wrote and press Enter."""
        assert self.app.page is not None
        self.app.page.composer.box.setPlainText(text)
        self.app.page.composer.add.click()

    def first_run(self) -> None:
        self.app.start()
        view = self.app.window.centralWidget()
        assert isinstance(view, FirstRun)
        looking = view.keyring_words.text()
        wait_until(lambda: view.keyring_words.text() != looking)
        self.picture("first-run")
        view.passphrase.setText(PASSPHRASE)
        view.repeat.setText(PASSPHRASE)
        view.next.click()
        self.picture("first-run-key-ring")
        view.next_after_keyring.click()
        self.picture("first-run-clinic")
        view.make.click()
        wait_until(lambda: bool(view.recovery.key.text()))
        self.picture("recovery-key")
        view.recovery.typed.setText(view.recovery.key.text())
        view.recovery.go_on.click()
        wait_until(lambda: self.app.desk is not None)

    def unlock(self) -> None:
        self.app.lock()
        view = self.app.window.centralWidget()
        assert isinstance(view, LockView)
        self.picture("locked")
        view.passphrase.setText(PASSPHRASE)
        view.unlock.click()
        wait_until(lambda: self.app.desk is not None)

    def open(self, name: str) -> None:
        """Open a client of the sample clinic."""
        desk = self.app.desk
        assert desk is not None
        desk.open_client(next(client.id for client in desk.clients("") if client.name == name))
        desk.clients_changed.emit()

    def desk(self) -> None:
        desk = self.app.desk
        assert desk is not None
        page = self.app.page
        assert page is not None
        wait_until(lambda: desk.state.phase not in WAITING)
        self.picture("guided")
        guide = self.app.window.findChild(GuidedSession)
        assert guide is not None
        guide.leave.click()
        self.open("Nina P.")
        wait_until(lambda: desk.state.phase not in WAITING)
        self.picture("drafts-first")
        page.clients.new_client_requested.emit("Nora B.", "Writes between sessions; first week")
        self.picture("empty-session")
        self.open("Marta K.")
        wait_until(lambda: desk.state.phase not in WAITING)
        if desk.state.phase is not Phase.READY:  # the starter declined: let the child speak
            self.restart_model()
            desk.redraft()
            self.reach(Phase.READY)
        self.picture("drafts-ready")
        page.decisions.drafts.edit()
        self.picture("editing")
        page.decisions.escape()
        self.restart_model("--slow")
        desk.redraft()
        wait_until(lambda: desk.state.progress[0] == 5)
        self.picture("drafting")
        desk.stop()
        self.reach(Phase.STOPPED)
        self.picture("stopped")
        self.restart_model()
        desk.redraft()
        self.reach(Phase.READY)
        page.decisions.approve()
        self.picture("approved")
        self.say("Thanks. I am unsure what I feel about it, to be honest.")
        self.reach(Phase.READY)
        self.picture("unsure")
        self.restart_model("GIVE-UP")
        self.say("ok")
        self.reach(Phase.ABSTAINED)
        self.picture("abstained")
        self.restart_model("UNSCREENED")
        self.say("It came back on the bus, the thing with the collarbone.")
        self.reach(Phase.UNSCREENED)
        self.picture("unscreened")
        self.restart_model()
        self.open("Ruben S.")
        self.reach(Phase.RISK)
        self.picture("risk-hit")
        self.hand_over()
        self.boxes()
        self.open("Devon A.")
        self.restart_model("CRASH")
        self.say("he found the note")
        self.reach(Phase.MODEL_DOWN)
        self.picture("model-down")

    def hand_over(self) -> None:
        """The risk goes to the supervisor, whose list and log are looked at."""
        page, workspace = self.app.page, self.app.workspace
        assert page is not None
        assert workspace is not None
        panel = page.decisions.risk
        panel.choices[Disposition.SUPERVISOR].click()
        panel.note.setText("He sounded calm on the phone. His brother has a key.")
        panel.save.click()
        self.reach(Phase.DISPOSED)
        workspace.hand_overs_requested.emit()
        self.picture("hand-overs")
        self.close(HandOverDialog)
        workspace.log_requested.emit()
        wait_until(lambda: self.app.window.findChild(LogDialog) is not None)
        self.picture("log")
        self.close(LogDialog)

    def boxes(self) -> None:
        """What opens on top of the page."""
        desk, page, workspace = self.app.desk, self.app.page, self.app.workspace
        assert desk is not None
        assert page is not None
        assert workspace is not None
        page.clients.new_client_requested.emit("Ingrid V.", "Work stress: cannot say no to her manager")
        page.composer.box.chat_pasted.emit(recognise(CHAT), CHAT)
        self.picture("paste")
        dialog = self.app.window.findChild(PasteDialog)
        assert dialog is not None
        dialog.add.click()
        self.reach(Phase.READY)
        self.say(WROTE)
        self.reach(Phase.READY)
        page.decisions.drafts.reject()
        self.picture("reject")
        self.close(RejectPopup)
        page.decisions.drafts.edit()
        editor = page.decisions.drafts.cards[0].editor
        editor.setPlainText(editor.toPlainText().replace("the swimming bag", "her bag") + " Is that close?")
        page.decisions.approve()
        page.transcript.asked.emit(MessageAction.CHANGES, desk.all_turns()[-1].id, None)
        self.picture("edit-shown")
        page.find_bar.open_bar()
        page.find_bar.words.setText("pocket")
        self.picture("find")
        page.find_bar.close_bar()
        workspace.search_requested.emit()
        box = self.app.window.findChild(SearchBox)
        assert box is not None
        box.words.setText("sh")
        self.picture("search")
        self.close(SearchBox)
        workspace.keys_requested.emit()
        self.picture("keys")
        self.close(KeySheet)
        self.app.window.help_requested.emit("roles")
        self.picture("help")
        self.app.window.findChild(HelpWindow).words.setText(LOOKED_UP[spoken()])
        self.picture("help-found")
        self.close(HelpWindow)
        workspace.habits_requested.emit()
        self.picture("habits")
        self.close(HabitsDialog)
        page.decisions.set_write_first(True)
        self.say("I did not read it out. But I did not say yes either, this time.")
        self.reach(Phase.READY)
        self.picture("write-first")
        page.decisions.set_write_first(False)
        page.decisions.own.show_drafts.click()

    def close(self, kind: type[QWidget]) -> None:
        """Close what lies on top."""
        for other in QApplication.topLevelWidgets():
            if isinstance(other, kind):
                other.close()
        QApplication.processEvents()

    def workshop(self) -> None:
        shop, workspace = self.app.workshop, self.app.workspace
        assert shop is not None
        assert workspace is not None
        self.restart_model()
        workspace.show_page(1)
        self.picture("workshop-empty")
        data = self._folder / "talks.jsonl"
        data.write_text(json.dumps(TALK))
        shop.begin(data)
        wait_until(lambda: shop.state.stage is Stage.RL and shop.state.step == 22)
        self.picture("workshop")
        shop.cancel()
        wait_until(lambda: shop.state.run_state is RunState.CANCELLED)
        PlayedRuns.options = ()
        shop.resume()
        wait_until(lambda: shop.state.run_state is RunState.DONE)
        PlayedRuns.options = ("--wait",)
        self.picture("report")
        page = workspace.findChild(WorkshopPage)
        assert page is not None
        page.use.click()
        self.picture("sign-off")
        self.close(PromoteDialog)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--scale", type=int, default=100, help="text size in percent")
    parser.add_argument("--themes", default="light,dark")
    parser.add_argument("--size", default="1280x800", help="of the window, in pixels")
    parser.add_argument("--language", default="en", choices=sorted(NAMES), help="of the window")
    parser.add_argument("--on-screen", action="store_true", help="real windows on $DISPLAY")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    application = QApplication(["tfdesk"])
    if "Inter" in QFontDatabase.families():  # offscreen there is no desktop that names a UI font
        application.setFont(QFont("Inter"))
    speak(application, given.language)
    for theme in given.themes.split(","):
        settings = Settings(theme=theme, scale=given.scale, language=given.language)
        with tempfile.TemporaryDirectory() as folder:
            shots = Photographer(application, Path(folder), given.out, settings)
            shots.app.window.resize(*map(int, given.size.split("x")))
            shots.first_run()
            shots.unlock()
            shots.desk()
            shots.workshop()
            shots.app.window.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
