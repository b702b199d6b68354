"""What the clinic does when a message may speak of a risk: a small file it can replace by its own."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfdesk.core.errors import InputRefused
from tfdesk.core.paths import localised
from tfdesk.core.said import said
from trainer.config import resources_dir

PARTS = ("steps", "questions", "contacts")


@dataclass(frozen=True, slots=True)
class Protocol:
    """``steps`` in their order; ``questions`` to ask the client; ``contacts`` to call.

    ``notice`` is a sentence when the clinic's own file could not be read and this is the standard one.
    """

    steps: tuple[str, ...]
    questions: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    notice: str = ""


class Protocols:
    """The clinic's file, else the standard one. Read at every use: a change shows at the next message."""

    def __init__(self, own_file: Path, language: str = "en") -> None:
        self._own_file = own_file
        self._standard = localised(resources_dir() / "protocols" / "default.toml", language)

    def of(self, categories: Sequence[str]) -> Protocol:
        """The protocol of the first category that has one of its own, each part it lacks the general one."""
        try:
            chosen = self._own_file if self._own_file.is_file() else self._standard
            return _protocol(_read(chosen), categories)
        except InputRefused as error:
            return _protocol(_read(self._standard), categories, error.sentence)


def _read(file: Path) -> dict[str, Any]:
    """Raises InputRefused naming the file."""
    sentence = said("The clinic's file {0} cannot be read; this is the standard protocol.", file.name)
    try:
        table = tomllib.loads(file.read_text(encoding="utf8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        raise InputRefused(sentence) from None
    parts = [table, *(value for value in table.values() if isinstance(value, dict))]
    for part in parts:
        for name in PARTS:
            lines = part.get(name, [])
            if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
                raise InputRefused(sentence)
    if not table.get("steps"):
        raise InputRefused(sentence)
    return table


def _protocol(table: Mapping[str, Any], categories: Sequence[str], notice: str = "") -> Protocol:
    keys = [name.replace(" ", "_").replace("-", "_") for name in categories]
    own: Mapping[str, Any] = next((table[key] for key in keys if isinstance(table.get(key), dict)), {})
    steps, questions, contacts = (tuple(own.get(name, table.get(name, ()))) for name in PARTS)
    return Protocol(steps, questions, contacts, notice)
