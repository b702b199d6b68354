"""The composition root of the window: the only place that wires things together.

Order: paths, log, settings, access, processes, window; services and controllers when the vault opens. Nothing
slow happens before the first frame is painted, and torch is never imported here.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QWidget

from tfdesk.core.errors import InputRefused, KnownError
from tfdesk.core.log import Public, setup_logging
from tfdesk.core.paths import Paths
from tfdesk.core.settings import Settings, load_settings, save_settings
from tfdesk.jobs.desk import Desk
from tfdesk.jobs.messages import Messages
from tfdesk.jobs.model_process import ModelProcess
from tfdesk.jobs.tasks import Tasks
from tfdesk.jobs.workshop import Workshop
from tfdesk.services.access import Access, VaultState
from tfdesk.services.flags import Flags
from tfdesk.services.hand_overs import HandOvers
from tfdesk.services.key_ring import KeyRing
from tfdesk.services.model_client import model_command
from tfdesk.services.models import MANIFEST, SEALED, Models
from tfdesk.services.policies import emotion_shown
from tfdesk.services.protocols import Protocols
from tfdesk.services.recovery import Recovery, RecoveryState
from tfdesk.services.review import Review
from tfdesk.services.runs import Runs
from tfdesk.services.sessions import Sessions
from tfdesk.ui import keys
from tfdesk.ui.boxes import Boxes
from tfdesk.ui.clipboard import Clipboard
from tfdesk.ui.closing import LastBackup
from tfdesk.ui.commands import Command, Shortcuts
from tfdesk.ui.desk_page import DeskPage
from tfdesk.ui.error_dialog import UncaughtErrors, show_alone, show_error
from tfdesk.ui.first_run import FirstRun
from tfdesk.ui.guided import GuidedSession, Step, steps_done
from tfdesk.ui.language import chosen, speak, spoken
from tfdesk.ui.language_menu import tell_when
from tfdesk.ui.late_page import LatePage
from tfdesk.ui.lock_view import LockView
from tfdesk.ui.main_window import MainWindow
from tfdesk.ui.older_copy import OlderCopy
from tfdesk.ui.one_window import OneWindow
from tfdesk.ui.recovery_view import RecoveryView
from tfdesk.ui.session_watch import NO_BUSES, Buses, SessionWatch
from tfdesk.ui.text import in_words
from tfdesk.ui.theme import SCALE_STEP, Theme
from tfdesk.ui.unsaved import give_back, unsaved_words
from tfdesk.ui.workspace import Workspace
from trainer.config import starter_dir

log = logging.getLogger(__name__)


class App(QObject):
    """Everything that lives as long as the window, and the moves between locked and unlocked."""

    def __init__(
        self,
        *,
        application: QApplication,
        paths: Paths,
        settings: Settings,
        access: Access,
        command: Callable[[Path, bool], Sequence[str]] = model_command,
        make_runs: Callable[[Paths, bytes], Runs] = Runs,
        buses: Buses = NO_BUSES,
    ) -> None:
        """``command(folder, sealed)`` makes the command line of the model process, ``make_runs(paths, key)``
        the runs of the workshop; ``buses`` tell when the person goes away."""
        super().__init__(application)
        self._application = application
        self._paths = paths
        self._settings = settings
        keys.use(keys.read(settings.keys))
        self._make_runs = make_runs
        self.access = access
        self.tasks = Tasks(self)
        self.model = ModelProcess(command=command, parent=self)
        self.theme = Theme(application, mode=settings.theme, scale=settings.scale)
        self.clipboard = Clipboard(seconds=settings.clipboard_seconds, parent=self)
        self.model.model_refused.connect(self._on_model_refused)
        self._model_dir = starter_dir()
        self.window = MainWindow(idle_minutes=settings.idle_minutes, may_close=self._may_close)
        self.window.painted.connect(self._on_painted)
        self.window.idled.connect(self.lock)
        self.window.closed.connect(self._on_closed)
        self.watch = SessionWatch(buses, self)
        self.watch.went_away.connect(self.lock)
        self.last_backup = LastBackup(
            access=access, tasks=self.tasks, folder=settings.backup_folder, parent=self
        )
        self.last_backup.ended.connect(self.window.close)
        self._backup_warning = self.last_backup.warning
        self.workshop: Workshop | None = None
        self.desk: Desk | None = None
        self.page: DeskPage | None = None
        self.workspace: Workspace | None = None
        self._notice: OlderCopy | None = None
        self._guide: GuidedSession | None = None
        self._guiding = False  # it comes back after a lock
        self.boxes = self._boxes()
        self.commands = self._commands()
        Shortcuts(self.window, self.commands)

    def _boxes(self) -> Boxes:
        boxes = Boxes(
            window=self.window,
            theme=self.theme,
            access=self.access,
            tasks=self.tasks,
            settings=lambda: self._settings,
            always=lambda: self.commands,
            everywhere=self._all_commands,
        )
        self.window.help_requested.connect(boxes.open_help)
        boxes.client_wanted.connect(self._on_client_found)
        boxes.message_wanted.connect(self._on_message_found)
        boxes.keys_changed.connect(self._on_keys_changed)
        boxes.write_first_toggled.connect(self._on_write_first_toggled)
        boxes.hand_overs_changed.connect(self._count_hand_overs)
        boxes.given_back.connect(self._on_given_back)
        return boxes

    def start(self) -> None:
        """Show the window: first run or lock screen."""
        if self.access.state is VaultState.MISSING:
            first = FirstRun(theme=self.theme, access=self.access, tasks=self.tasks)
            first.finished.connect(self._on_first_run_finished)
            self.window.show_view(first, watch_idle=False)
        else:
            self._show_lock(try_keyring=True)
        self.window.show()

    def _commands(self) -> list[Command]:
        """What works with the vault locked too."""
        group = self.tr("The window")
        return [
            Command(group, self.tr("Help"), ("Shift+F1",), self.boxes.open_help),
            Command(group, self.tr("Lock"), ("Ctrl+L",), self.lock),
            Command(group, self.tr("Larger text"), ("Ctrl++", "Ctrl+="), self._enlarge),
            Command(group, self.tr("Smaller text"), ("Ctrl+-",), self._shrink),
            Command(group, self.tr("Normal text"), ("Ctrl+0",), self._normal_size),
        ]

    def _on_painted(self) -> None:
        self.window.watch_input()
        self.watch.start()
        if self.desk is None:  # loading takes longest: it begins while the passphrase is typed
            self.open_model()

    def open_model(self) -> None:
        """Start the model in use; without an open vault only the starter is known."""
        vault = self.access.vault if self.access.state is VaultState.UNLOCKED else None
        models = Models(vault, self._paths)
        self._model_dir = folder = models.active()
        sealed = (folder / f"{MANIFEST}{SEALED}").is_file()
        self.model.start(folder, models.run_key() if sealed else None)
        if self.workspace is not None:
            self.workspace.warn("")

    def _on_model_refused(self, reason: str) -> None:
        """The promoted model is damaged: the starter drafts, and whoever drafts is told."""
        if self._model_dir == starter_dir():
            return
        log.warning("the promoted model cannot be used; the starter is used")
        self._model_dir = starter_dir()
        self.model.start(self._model_dir)
        if self.workspace is not None:
            words = self.tr(
                "The model that your supervisor chose cannot be used: {0} The starter drafts until another "
                "one is chosen."
            )
            self.workspace.warn(words.format(reason))

    # Locked and unlocked ------------------------------------------------------------------

    def _show_lock(self, *, try_keyring: bool, message: str = "") -> None:
        view = LockView(theme=self.theme, access=self.access, tasks=self.tasks)
        view.unlocked.connect(self._on_unlocked)
        self.window.show_view(view, watch_idle=False)
        view.ask(try_keyring=try_keyring, message=message)

    def _on_unlocked(self) -> None:
        """The desk, once the recovery key was typed back: a first run may have been cut short before."""
        if Recovery(self.access).state is not RecoveryState.NOT_TYPED_BACK:
            self.open_desk()
            return
        view = RecoveryView(theme=self.theme, access=self.access)
        view.confirmed.connect(self.open_desk)
        self.window.show_view(view, watch_idle=True)
        view.typed.setFocus()

    def _on_first_run_finished(self, sample: bool) -> None:
        if sample:
            Sessions(self.access.vault).load_sample_clinic()
            self._guiding = True
        self.open_desk()

    def open_desk(self) -> None:
        """Show the workspace over the open vault."""
        vault = self.access.vault
        self.open_model()
        sessions, review = Sessions(vault), Review(vault)
        self.desk = Desk(
            sessions=sessions,
            review=review,
            model=self.model,
            emotion_enabled=self._settings.emotion_enabled and emotion_shown(vault),
            parent=self,
        )
        self.desk.reply_approved.connect(self.clipboard.copy)
        self.page = DeskPage(
            theme=self.theme,
            desk=self.desk,
            messages=Messages(desk=self.desk, sessions=sessions, review=review, flags=Flags(vault)),
            protocols=Protocols(self._paths.protocol_file, spoken()),
            left_width=self._settings.left_width,
            right_width=self._settings.right_width,
        )
        self.page.decisions.set_write_first(self._settings.write_first)
        self.page.widths_changed.connect(self._on_widths_changed)
        self.page.copy_requested.connect(self.clipboard.copy)
        if self.workshop is None:  # it outlives the lock, and trains on meanwhile
            key = Models(vault, self._paths).run_key()
            self.workshop = Workshop(self._make_runs(self._paths, key), self)
        self.workspace = Workspace(
            theme=self.theme,
            model=self.model,
            pages=[(self.tr("Desk"), self.page), (self.tr("Workshop"), LatePage(self._workshop_page))],
            idle_minutes=self._settings.idle_minutes,
            notice=self._older_copy(),
        )
        self.workspace.lock_requested.connect(self.lock)
        self.workspace.look_requested.connect(self._on_look_requested)
        self.workspace.search_requested.connect(self.boxes.open_search)
        self.workspace.keys_requested.connect(self.boxes.open_keys)
        self.workspace.help_requested.connect(self.boxes.open_help)
        self.workspace.guide_requested.connect(self._open_guide)
        self.workspace.habits_requested.connect(self.boxes.open_habits)
        self.workspace.log_requested.connect(self.boxes.check_log)
        self.workspace.hand_overs_requested.connect(self.boxes.open_hand_overs)
        self.desk.clients_changed.connect(self._count_hand_overs)
        self._count_hand_overs()
        Shortcuts(self.workspace, self.workspace.commands())
        self.workspace.backup_folder_requested.connect(self._on_backup_folder_requested)
        self.workspace.show_backup_folder(self._settings.backup_folder)
        self.workspace.show_language(self._settings.language)
        self.workspace.language_requested.connect(self._on_language_requested)
        self.window.show_view(self.workspace, watch_idle=True)
        self.page.clients.view.setFocus()
        if self._guiding:
            self._open_guide()
        self._give_back_unsaved()
        self._tell_failed_backup()

    def _older_copy(self) -> OlderCopy | None:
        warning = self.access.anchoring.warning
        if not warning:
            return None
        self._notice = OlderCopy(warning)
        self._notice.accepted.connect(self._on_older_accepted)
        return self._notice

    def _on_older_accepted(self) -> None:
        try:
            self.access.accept_older()
        except KnownError as error:
            show_error(self.window, error)
        if self._notice is not None and not self.access.anchoring.warning:
            self._notice.hide()

    def _all_commands(self) -> list[Command]:
        assert self.page is not None
        assert self.workspace is not None
        return [*self.page.commands, *self.workspace.commands(), *self.commands]

    def _on_client_found(self, client_id: int) -> None:
        if self.page is not None and self.workspace is not None:
            self.workspace.show_page(0)
            self.page.open_client(client_id)

    def _on_message_found(self, client_id: int, turn_id: int) -> None:
        if self.page is not None and self.workspace is not None:
            self.workspace.show_page(0)
            self.page.show_message(client_id, turn_id)

    def _on_keys_changed(self, changes: dict[str, str]) -> None:
        self._save(replace(self._settings, keys=keys.written(changes)))

    def _open_guide(self) -> None:
        """Begin the guided first session, go on with it, or begin again when all of it was done."""
        if self.desk is None or self.page is None or self.workspace is None or self._guide is not None:
            return
        if not any(client.name == "Nina P." for client in self.desk.clients("")):
            what = self.tr("The guided session needs the sample clinic, which is not in this vault.")
            show_error(
                self.window, KnownError(what, self.tr("Read \u201cYour first session\u201d in Help instead."))
            )
            return
        done = steps_done(self._settings.first_session)
        self._guide = GuidedSession(
            desk=self.desk, page=self.page, done=done if len(done) < len(Step) else frozenset()
        )
        self._guide.progressed.connect(self._on_guide_progressed)
        self._guide.left.connect(self._on_guide_left)
        self._guiding = True
        self.workspace.show_page(0)
        self.workspace.show_banner(self._guide)

    def _on_guide_progressed(self, steps: str) -> None:
        self._save(replace(self._settings, first_session=steps))

    def _on_guide_left(self) -> None:
        self._guiding = False
        if self._guide is not None:
            self._guide.hide()
            self._guide.deleteLater()
            self._guide = None

    def _count_hand_overs(self) -> None:
        if self.workspace is not None and self.access.state is VaultState.UNLOCKED:
            self.workspace.show_hand_overs(len(HandOvers(self.access).open()))

    def _on_given_back(self) -> None:
        if self.desk is not None:
            self.desk.refresh()

    def _on_write_first_toggled(self, write_first: bool) -> None:
        if self.page is not None:
            self.page.decisions.set_write_first(write_first)
        self._save(replace(self._settings, write_first=write_first))

    def _workshop_page(self) -> QWidget:
        # Its charts bring numpy: half a second that neither the first frame nor the desk must wait for.
        from tfdesk.ui.workshop_page import WorkshopPage

        assert self.workshop is not None
        page = WorkshopPage(
            theme=self.theme,
            workshop=self.workshop,
            models=Models(self.access.vault, self._paths),
            access=self.access,
            tasks=self.tasks,
        )
        page.model_promoted.connect(self.open_model)
        return page

    def lock(self) -> None:
        """End the model process, forget every client word on the screen, close the vault."""
        if self.access.state is not VaultState.UNLOCKED or self.last_backup.running:
            return
        lost = self._leave_desk()
        self.access.lock()
        self._show_lock(try_keyring=False, message=lost)

    def _leave_desk(self) -> str:
        """All of locking but the vault; returns a sentence when unsaved words were lost."""
        lost = self._keep_unsaved()
        self.model.shut_down()
        self.clipboard.forget()
        if self.workshop is not None:
            self.workshop.forget_words()
        if self.desk is not None:
            self.desk.deleteLater()
        self.desk = self.page = self.workspace = self._notice = self._guide = None
        return lost

    def _give_back_unsaved(self) -> None:
        try:
            words = Sessions(self.access.vault).take_unsaved()
        except KnownError as error:  # they stay in the vault
            show_error(self.window, error)
            return
        if words is not None and self.page is not None and self.desk is not None:
            give_back(words, self.page, self.desk)

    def _keep_unsaved(self) -> str:
        """Keep in the vault what is typed and not saved; returns a sentence when that failed."""
        words = unsaved_words(self.page, self.desk) if self.page and self.desk else None
        try:
            if words is not None:
                Sessions(self.access.vault).keep_unsaved(words)
        except Exception as error:  # whatever it is, the vault must lock
            log.warning("unsaved words were not kept: %s", Public(type(error).__name__))
            why = in_words(error.line()) if isinstance(error, KnownError) else self.tr("It is our fault.")
            return self.tr("What you were typing could not be kept: {0}").format(why)
        return ""

    # Closing -------------------------------------------------------------------------------

    def _may_close(self) -> bool:
        """Whether the window may close at once. When a backup is due, that is made first, for all to see."""
        if self.last_backup.running:
            return False
        if self._application.isSavingSession() or not self.last_backup.due():
            return True  # a computer that shuts down does not wait
        self._leave_desk()
        self.window.show_view(self.last_backup.begin(self.theme), watch_idle=False)
        return False

    def _tell_failed_backup(self) -> None:
        """Once after the start: the last backup is not what the person relies on."""
        warning, self._backup_warning = self._backup_warning, ""
        if warning:
            step = self.tr("Look at the folder for backups; it is tried again when you close the window.")
            show_error(self.window, KnownError(warning, step, self.tr("The last backup was not made")))

    def _on_closed(self) -> None:
        self.lock()
        self.watch.stop()
        self.model.shut_down()
        if self.workshop is not None:
            self.workshop.shut_down()
        self.tasks.wait()

    # Settings ----------------------------------------------------------------------------

    def _on_look_requested(self, mode: str, scale: int) -> None:
        self.theme.apply(mode, scale)
        self._save(replace(self._settings, theme=self.theme.mode, scale=self.theme.scale))

    def _on_backup_folder_requested(self, folder: str) -> None:
        self._save(replace(self._settings, backup_folder=folder))
        self.last_backup.folder = self._settings.backup_folder
        if self.workspace is not None:
            self.workspace.show_backup_folder(self._settings.backup_folder)

    def _on_language_requested(self, language: str) -> None:
        self._save(replace(self._settings, language=language))
        if self.workspace is not None:
            self.workspace.show_language(self._settings.language)
            if chosen(self._settings.language) != spoken():
                tell_when(self.window)

    def _enlarge(self) -> None:
        self._on_look_requested(self.theme.mode, self.theme.scale + SCALE_STEP)

    def _normal_size(self) -> None:
        self._on_look_requested(self.theme.mode, 100)

    def _shrink(self) -> None:
        self._on_look_requested(self.theme.mode, self.theme.scale - SCALE_STEP)

    def _on_widths_changed(self, left: int, right: int) -> None:
        self._save(replace(self._settings, left_width=left, right_width=right))

    def _save(self, settings: Settings) -> None:
        try:
            save_settings(settings, self._paths.settings_file)
        except InputRefused as error:
            show_error(self.window, error)
            return
        except KnownError as error:
            show_error(self.window, error)
        self._settings = settings


def main(argv: Sequence[str]) -> int:
    """Run the window until it is closed. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="tfdesk", description="Drafts replies that a therapist approves.")
    parser.add_argument("--data-dir", type=Path, default=None, help="keep everything in this folder")
    given = parser.parse_args(list(argv))
    paths = Paths.default(given.data_dir)
    setup_logging(paths)
    try:
        settings = load_settings(paths.settings_file)
    except KnownError as error:
        print(f"tfdesk: {error.line()}", file=sys.stderr)
        return error.exit_code
    application = QApplication(["tfdesk"])
    application.setApplicationName("tfdesk")
    speak(application, chosen(settings.language))
    one_window = OneWindow(paths)
    try:
        if not one_window.begin():
            return 0
    except KnownError as error:
        show_alone(error)
        return error.exit_code
    access = Access(paths, None if os.environ.get("TFDESK_NO_KEYRING") else KeyRing())
    app = App(application=application, paths=paths, settings=settings, access=access, buses=Buses.here())
    UncaughtErrors(app.window).install()
    one_window.raise_requested.connect(app.window.come_forward)
    app.window.closed.connect(one_window.end)
    app.start()
    return application.exec()
