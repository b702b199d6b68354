"""The unlocked window: header with pages, the page, a line at the foot. Destroyed when the vault locks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import (
    QButtonGroup,
    QFileDialog,
    QHBoxLayout,
    QMenu,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from tfdesk.jobs.model_process import ModelProcess, ModelReady
from tfdesk.ui.announce import announce
from tfdesk.ui.commands import Command
from tfdesk.ui.controls import KeyButton, button, card, label, surface
from tfdesk.ui.language_menu import language_menu, language_names
from tfdesk.ui.text import in_words, with_key
from tfdesk.ui.theme import LARGE_SCALE, LARGEST_SCALE, LEAST_SCALE, SCALE_STEP, Theme


class Workspace(QWidget):
    """Header, pages, footer.

    Signals:
        lock_requested
        search_requested
        keys_requested
        help_requested
        guide_requested: the guided first session, begun or gone on with
        habits_requested
        log_requested: the audit log, checked
        hand_overs_requested: what was handed over to the supervisor
        look_requested: theme ("system", "light", "dark", "high contrast"), text size in percent
        language_requested: one of settings.LANGUAGES
        backup_folder_requested: where a backup is made when the window closes, "" for none
    """

    lock_requested = Signal()
    search_requested = Signal()
    keys_requested = Signal()
    help_requested = Signal()
    guide_requested = Signal()
    habits_requested = Signal()
    log_requested = Signal()
    hand_overs_requested = Signal()
    look_requested = Signal(str, int)
    language_requested = Signal(str)
    backup_folder_requested = Signal(str)

    def __init__(
        self,
        *,
        theme: Theme,
        model: ModelProcess,
        pages: Sequence[tuple[str, QWidget]],
        idle_minutes: int,
        notice: QWidget | None = None,
    ) -> None:
        """``notice`` stands above every page until it is closed."""
        super().__init__()
        self._theme = theme
        self._backup_folder = ""
        self._language = ""
        self._stack = QStackedWidget()
        self._page_buttons = QButtonGroup(self, exclusive=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._header(pages))
        if notice is not None:
            column.addWidget(notice)
        column.addWidget(self._warning())
        column.addWidget(self._stack, 1)
        column.addWidget(self._footer(idle_minutes))
        model.model_ready.connect(self._on_model_ready)
        model.model_down.connect(self._on_model_down)
        model.model_refused.connect(self._on_model_refused)
        if model.ready is not None:
            self._on_model_ready(model.ready)

    def _warning(self) -> QWidget:
        self.warning = QWidget()
        outer = QVBoxLayout(self.warning)
        outer.setContentsMargins(12, 8, 12, 0)
        frame, inner = card("warning")
        self._warning_words = label("", "strong", wrap=True)
        inner.addWidget(self._warning_words)
        outer.addWidget(frame)
        self.warning.hide()
        return self.warning

    def _header(self, pages: Sequence[tuple[str, QWidget]]) -> QWidget:
        header = surface("header")
        line = QHBoxLayout(header)
        line.setContentsMargins(16, 5, 16, 5)
        line.setSpacing(4)
        self._wordmark = label("tfdesk", "wordmark")
        self._wordmark.setContentsMargins(0, 0, 12, 0)
        line.addWidget(self._wordmark)
        self._theme.changed.connect(self._fit_header)
        for number, (name, page) in enumerate(pages):
            tab = button(name, "page")
            tab.setCheckable(True)
            self._page_buttons.addButton(tab, number)
            self._stack.addWidget(page)
            line.addWidget(tab)
        self._page_buttons.idClicked.connect(self.show_page)
        line.addStretch(1)
        self.hand_overs = button("")
        self.hand_overs.clicked.connect(self.hand_overs_requested)
        self.hand_overs.hide()
        line.addWidget(self.hand_overs)
        line.addSpacing(4)
        self.search = KeyButton(self.tr("Search everything"), "Ctrl+K", "search")
        self.search.clicked.connect(self.search_requested)
        line.addWidget(self.search)
        line.addSpacing(4)
        self.view_button = button(self.tr("View ▾"), hint=self.tr("Colours and text size"))
        self.view_button.clicked.connect(self._open_view_menu)
        line.addWidget(self.view_button)
        line.addSpacing(4)
        self.backup_button = button(self.tr("Backup ▾"), hint=self.tr("Backup when the window closes"))
        self.backup_button.clicked.connect(self._open_backup_menu)
        line.addWidget(self.backup_button)
        line.addSpacing(4)
        self.help_button = button(self.tr("Help ▾"), hint=self.tr("Help and keys"))
        self.help_button.clicked.connect(self._open_help_menu)
        line.addWidget(self.help_button)
        line.addSpacing(4)
        self.lock = KeyButton(self.tr("Lock"), "Ctrl+L")
        self.lock.clicked.connect(self.lock_requested)
        line.addWidget(self.lock)
        self._fit_header()
        self.show_page(0)
        return header

    def _fit_header(self) -> None:
        """At large text the title bar alone says the program's name: the buttons need the room."""
        self._wordmark.setVisible(self._theme.scale < LARGE_SCALE)
        self.search.setMinimumWidth(self._theme.px(60))  # the first to give way in a narrow window

    def show_hand_overs(self, count: int) -> None:
        """How many risks wait for the supervisor; nothing is said of none."""
        self.hand_overs.setText(self.tr("Handed over · {0}").format(count))
        self.hand_overs.setAccessibleName(self.tr("Risks handed over to the supervisor: {0}").format(count))
        self.hand_overs.setVisible(count > 0)

    def show_banner(self, banner: QWidget) -> None:
        """Put a line above every page; it goes when it is closed."""
        column = self.layout()
        assert isinstance(column, QVBoxLayout)
        column.insertWidget(column.indexOf(self._stack), banner)

    def _footer(self, idle_minutes: int) -> QWidget:
        footer = surface("footer")
        line = QHBoxLayout(footer)
        line.setContentsMargins(16, 4, 16, 4)
        line.setSpacing(18)
        self._model_words = label(self.tr("Loading the model"))
        self._screen_words = label(self.tr("Risk screen starting"))
        for words in (self._model_words, self._screen_words, label(self.tr("No network"))):
            line.addWidget(words)
        line.addStretch(1)
        line.addWidget(label(self.tr("Vault unlocked, locks after {0} min without use").format(idle_minutes)))
        return footer

    def show_page(self, number: int) -> None:
        """Bring a page to the front, 0 is the desk."""
        self._stack.setCurrentIndex(number)
        self._page_buttons.button(number).setChecked(True)

    def commands(self) -> list[Command]:
        """What can be done from every page."""
        group, choose = self.tr("The window"), self.language_requested.emit
        pages = [self._page_buttons.button(number) for number in range(self._stack.count())]
        return [
            Command(group, self.tr("Search everything"), ("Ctrl+K",), self.search_requested.emit),
            Command(group, self.tr("All keys"), ("F1",), self.keys_requested.emit),
            Command(group, self.tr("Guided first session"), (), self.guide_requested.emit),
            Command(group, self.tr("How you use drafts"), (), self.habits_requested.emit),
            Command(group, self.tr("The log of decisions"), (), self.log_requested.emit),
            Command(group, self.tr("Risks handed over"), (), self.hand_overs_requested.emit),
            *(
                Command(group, self.tr("Go to: {0}").format(tab.text()), (f"Ctrl+{number}",), tab.click)
                for number, tab in enumerate(pages, start=1)
            ),
            *(
                Command(group, self.tr("Colours: {0}").format(name), (), partial(self._ask_theme, mode))
                for mode, name in self._theme_names().items()
            ),
            *(
                Command(
                    group,
                    self.tr("Language: {0}").format(name),
                    (),
                    partial(choose, code),
                )
                for code, name in language_names().items()
            ),
        ]

    def _theme_names(self) -> dict[str, str]:
        return {
            "system": self.tr("As the system"),
            "light": self.tr("Light"),
            "dark": self.tr("Dark"),
            "high contrast": self.tr("High contrast"),
        }

    def show_language(self, setting: str) -> None:
        """Know which language was chosen; "" for the system's."""
        self._language = setting

    def _ask_theme(self, mode: str) -> None:
        self.look_requested.emit(mode, self._theme.scale)

    def _on_model_ready(self, ready: ModelReady) -> None:
        self._model_words.setText(f"● {ready.model.name} {ready.model.version}")
        self._model_words.setToolTip(in_words(ready.notice or ""))
        self._screen_words.setText(self.tr("Risk screen on"))

    def _on_model_down(self, _reason: str) -> None:
        self._model_words.setText(self.tr("○ The model is being restarted"))
        self._screen_words.setText(self.tr("Risk screen off"))

    def _on_model_refused(self, _reason: str) -> None:
        self._model_words.setText(self.tr("○ No usable model"))
        self._screen_words.setText(self.tr("Risk screen off"))

    def warn(self, words: str) -> None:
        """Say something above the pages until it is taken back by ""."""
        self._warning_words.setText(words)
        self.warning.setVisible(bool(words))
        if words:
            announce(self, words)

    def show_backup_folder(self, folder: str) -> None:
        """Know where backups go; "" when none are made."""
        self._backup_folder = folder

    def backup_menu(self) -> QMenu:
        """What is done when the window closes, and the ways to change it."""
        menu = QMenu(self)
        folder = self._backup_folder
        words = self.tr("When the window closes: a backup a day in {0}").format(folder)
        menu.addAction(words if folder else self.tr("When the window closes: no backup")).setEnabled(False)
        menu.addAction(self.tr("Choose a folder…")).triggered.connect(self._choose_backup_folder)
        if folder:
            menu.addAction(self.tr("No backup any more")).triggered.connect(self._stop_backups)
        menu.aboutToHide.connect(menu.deleteLater)
        return menu

    def _open_backup_menu(self) -> None:
        self.backup_menu().popup(self.backup_button.mapToGlobal(self.backup_button.rect().bottomLeft()))

    def _choose_backup_folder(self) -> None:
        dialog = QFileDialog(self, self.tr("Folder for backups"), self._backup_folder)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(self.backup_folder_requested)
        dialog.open()

    def _stop_backups(self) -> None:
        self.backup_folder_requested.emit("")

    def help_menu(self) -> QMenu:
        """Help, and the keys."""
        menu = QMenu(self)
        menu.addAction(with_key(self.tr("Help"), "Shift+F1")).triggered.connect(self.help_requested)
        menu.addAction(self.tr("Guided first session")).triggered.connect(self.guide_requested)
        menu.addAction(with_key(self.tr("All keys"), "F1")).triggered.connect(self.keys_requested)
        menu.aboutToHide.connect(menu.deleteLater)
        return menu

    def _open_help_menu(self) -> None:
        self.help_menu().popup(self.help_button.mapToGlobal(self.help_button.rect().bottomLeft()))

    def _open_view_menu(self) -> None:
        menu = self.view_menu()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.view_button.mapToGlobal(self.view_button.rect().bottomLeft()))

    def view_menu(self) -> QMenu:
        """Colours, text size, language, and what else is about the window."""
        menu = QMenu(self)
        themes = QActionGroup(menu)
        for mode, name in self._theme_names().items():
            action = menu.addAction(name)
            action.setData((mode, self._theme.scale))
            action.setCheckable(True)
            action.setChecked(mode == self._theme.mode)
            themes.addAction(action)
        menu.addSeparator()
        scale = self._theme.scale
        for name, wanted in (
            (with_key(self.tr("Larger text"), "Ctrl++"), min(LARGEST_SCALE, scale + SCALE_STEP)),
            (with_key(self.tr("Smaller text"), "Ctrl+-"), max(LEAST_SCALE, scale - SCALE_STEP)),
            (self.tr("Normal text ({0} % now)").format(scale), 100),
        ):
            menu.addAction(name).setData((self._theme.mode, wanted))
        menu.addSeparator()
        menu.addMenu(language_menu(menu, self._language, self.language_requested.emit))
        menu.addSeparator()
        menu.addAction(self.tr("How you use drafts")).triggered.connect(self.habits_requested)
        menu.addAction(self.tr("The log of decisions")).triggered.connect(self.log_requested)
        menu.triggered.connect(self._on_look_chosen)
        return menu

    def _on_look_chosen(self, action: QAction) -> None:
        if isinstance(action.data(), tuple):  # the rest of the menu has its own slots
            self.look_requested.emit(*action.data())
