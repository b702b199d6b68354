"""The keyboard goes from pane to pane (F6)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget


class Panes:
    """Panes in their order; each says where the keyboard goes in it, None for nowhere at present."""

    def __init__(self, panes: Sequence[tuple[QWidget, Callable[[], QWidget | None]]], usual: int) -> None:
        """``usual``: the pane to go on from when the keyboard is in none."""
        self._panes = panes
        self._usual = usual

    def go_on(self) -> None:
        self._move(1)

    def go_back(self) -> None:
        self._move(-1)

    def _move(self, step: int) -> None:
        focus = QApplication.focusWidget()
        here = next((n for n, (pane, _) in enumerate(self._panes) if _holds(pane, focus)), self._usual)
        for distance in range(1, len(self._panes)):
            target = self._panes[(here + distance * step) % len(self._panes)][1]()
            if target is not None and target.isVisible():
                target.setFocus(Qt.FocusReason.ShortcutFocusReason)
                return


def _holds(pane: QWidget, focus: QWidget | None) -> bool:
    return focus is not None and (pane is focus or pane.isAncestorOf(focus))
