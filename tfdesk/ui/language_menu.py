"""Choosing the language of the window."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QMessageBox, QWidget

from tfdesk.ui.language import NAMES
from tfdesk.ui.text import PLAIN, tr


def language_names() -> dict[str, str]:
    """What can be chosen, by the value of the setting."""
    return {"": tr("As the system"), **NAMES}


def language_menu(parent: QMenu, setting: str, choose: Callable[[str], None]) -> QMenu:
    """The languages, the one that was chosen marked; ``choose`` is called with the new setting."""
    menu = QMenu(tr("Language"), parent)
    languages = QActionGroup(menu)
    for code, name in language_names().items():
        action = languages.addAction(name)
        action.setData(code)
        action.setCheckable(True)
        action.setChecked(code == setting)
    menu.addActions(languages.actions())
    menu.addSeparator()
    menu.addAction(tr("The model reads and writes English only")).setEnabled(False)
    languages.triggered.connect(lambda action: choose(action.data()))
    return menu


def tell_when(parent: QWidget) -> None:
    """Say when another language begins: words that are on the screen stay as they are."""
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowTitle(tr("Language"))
    box.setTextFormat(PLAIN)
    box.setText(tr("The language changes when you start tfdesk again."))
    box.setInformativeText(tr("The model reads and writes English only, whatever the language here."))
    box.open()
