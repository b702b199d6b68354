"""Keys as this person wants them: the usual ones, but for those that were changed in the sheet of keys.

A key is known by the usual one ("Ctrl+E"); everything that shows or listens to a key asks ``bound`` for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QKeySequence

from tfdesk.core.errors import InputRefused

PORTABLE = QKeySequence.SequenceFormat.PortableText
_FREE = ("Ctrl+", "Alt+", "Meta+")  # begin keys that write no text; Shift alone does
_changed: dict[str, str] = {}


def use(changes: Mapping[str, str]) -> None:
    """From now on these keys instead of the usual ones; what is on the screen already keeps its own."""
    _changed.clear()
    _changed.update(changes)


def bound(usual: str) -> str:
    """The key that does what ``usual`` usually does."""
    return _changed.get(usual, usual)


def read(words: str) -> dict[str, str]:
    """Changes as the settings keep them: "Ctrl+E=Ctrl+Shift+E, Ctrl+R=F5"."""
    pairs = (pair.split("=", 1) for pair in words.split(", ") if "=" in pair)
    return {usual: wanted for usual, wanted in pairs if wanted and not fault(wanted)}


def written(changes: Mapping[str, str]) -> str:
    """The other way round."""
    return ", ".join(f"{usual}={wanted}" for usual, wanted in sorted(changes.items()))


def with_change(changes: Mapping[str, str], usual: str, wanted: str, others: Iterable[str]) -> dict[str, str]:
    """``changes`` with one more; the usual key takes a change back.

    Args:
        others: the usual keys of all other commands.

    Raises InputRefused (a key that writes text, one that something else has).
    """
    key = QKeySequence(wanted).toString(PORTABLE)
    problem = fault(key)
    if problem:
        raise InputRefused(problem)
    taken = {QKeySequence(changes.get(other, other)).toString(PORTABLE) for other in others}
    if key in taken:
        raise InputRefused(_tr("Something else has this key already."), _tr("Choose another one."))
    kept = {name: value for name, value in changes.items() if name != usual}
    return kept if key == QKeySequence(usual).toString(PORTABLE) else kept | {usual: key}


def fault(key: str) -> str:
    """Why a key cannot be used, "" when it can."""
    made = QKeySequence(key)
    if made.count() != 1 or not made.toString(PORTABLE):
        return _tr("Press one key, or one with Ctrl or Alt.")
    text = made.toString(PORTABLE)
    plain = text.removeprefix("Shift+")
    function = plain.startswith("F") and plain[1:].isdigit()
    if not function and not any(part in text for part in _FREE):
        return _tr("This key writes text or moves in it. Take one with Ctrl or Alt, or F2 to F12.")
    return ""


def _tr(text: str) -> str:
    return QCoreApplication.translate("", text)
