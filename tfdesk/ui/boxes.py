"""What opens over the window and closes again: search, keys, Help, habits, hand-overs, the audit log."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal

from tfdesk.core.settings import Settings
from tfdesk.jobs.tasks import Tasks
from tfdesk.services.access import Access, VaultState
from tfdesk.services.audit_file import Line, Verdict, latest, vault_log, verify
from tfdesk.services.finding import Finder
from tfdesk.services.hand_overs import HandOvers
from tfdesk.services.reliance import OverReliance
from tfdesk.ui import keys
from tfdesk.ui.commands import Command, Shortcuts
from tfdesk.ui.error_dialog import show_error
from tfdesk.ui.everything import Everything
from tfdesk.ui.habits_dialog import HabitsDialog
from tfdesk.ui.hand_over_dialog import HandOverDialog
from tfdesk.ui.help_window import HelpWindow
from tfdesk.ui.key_sheet import KeySheet
from tfdesk.ui.log_dialog import SHOWN, LogDialog
from tfdesk.ui.main_window import MainWindow
from tfdesk.ui.search_box import SearchBox
from tfdesk.ui.theme import Theme


class Boxes(QObject):
    """Opens each box; what a person does in one is told by a signal. Locked, only Help opens."""

    client_wanted = Signal(int)  # client
    message_wanted = Signal(int, int)  # client, turn
    keys_changed = Signal(dict)  # command -> its key as written
    write_first_toggled = Signal(bool)
    hand_overs_changed = Signal()
    given_back = Signal()  # a hand-over, to its therapist

    def __init__(
        self,
        *,
        window: MainWindow,
        theme: Theme,
        access: Access,
        tasks: Tasks,
        settings: Callable[[], Settings],
        always: Callable[[], list[Command]],
        everywhere: Callable[[], list[Command]],
    ) -> None:
        """``always`` gives the commands that work with the vault locked too, ``everywhere`` all of them."""
        super().__init__(window)
        self._window, self._theme = window, theme
        self._access, self._tasks = access, tasks
        self._settings, self._always, self._everywhere = settings, always, everywhere

    @property
    def _open(self) -> bool:
        return self._access.state is VaultState.UNLOCKED

    def open_search(self) -> None:
        """Clients, messages, commands and Help in one box."""
        if self._open:
            everything = Everything(
                finder=Finder(self._access.vault),
                commands=self._everywhere(),
                open_client=self.client_wanted.emit,
                open_message=self.message_wanted.emit,
                open_topic=self.open_help,
            )
            SearchBox(self._window, self._theme, everything.find).open()

    def open_keys(self) -> None:
        """Every command with its key, to be changed."""
        if self._open:
            changes = keys.read(self._settings().keys)
            sheet = KeySheet(self._window, self._theme, self._everywhere(), changes)
            sheet.keys_changed.connect(self.keys_changed)
            sheet.open()

    def open_help(self, topic: str = "") -> None:
        """Open Help, or bring it to the front; it works with the vault locked too."""
        shown = self._window.findChild(HelpWindow)
        if shown is None:
            shown = HelpWindow(self._window, self._theme)
            shown.keys_requested.connect(self.open_keys)
            Shortcuts(shown, self._always())
        shown.open_topic(topic)

    def open_habits(self) -> None:
        """The therapist's own figures of approving unread."""
        figures = OverReliance(self._access.vault).figures()
        dialog = HabitsDialog(self._window, self._theme, figures, write_first=self._settings().write_first)
        dialog.write_first.toggled.connect(self.write_first_toggled)
        dialog.open()

    def open_hand_overs(self) -> None:
        """Risks that wait for the supervisor."""
        dialog = HandOverDialog(self._window, self._theme, HandOvers(self._access))
        dialog.conversation_requested.connect(self.message_wanted)
        dialog.changed.connect(self.hand_overs_changed)
        dialog.given_back.connect(self.given_back)
        dialog.open()

    def check_log(self) -> None:
        """Verify the audit log in the background, then show what it says."""
        vault = self._access.vault

        def work() -> tuple[Verdict, list[Line]]:
            log_now = vault_log(vault)
            return verify(log_now), latest(log_now, SHOWN)

        self._tasks.run_in_background(work, self._show_log, partial(show_error, self._window))

    def _show_log(self, found: tuple[Verdict, list[Line]]) -> None:
        if self._open:
            LogDialog(self._window, self._theme, *found).open()
