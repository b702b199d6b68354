"""What the commands on an open vault share."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tfdesk.cli import paths_of, read_passphrase
from tfdesk.core.errors import InputRefused, Locked
from tfdesk.services.access import Access


def given_passphrase(args: argparse.Namespace) -> str:
    """The passphrase the options name. Raises Locked without one."""
    if args.passphrase_file is None:
        raise Locked(next_step="Give its passphrase with --passphrase-file FILE, or - to type.")
    return read_passphrase(args.passphrase_file)


def refuse_twice_from_stdin(*sources: str | None) -> None:
    """Standard input holds one passphrase. Raises InputRefused."""
    if sources.count("-") > 1:
        raise InputRefused("Two passphrases cannot both come from standard input.")


def unlocked(access: Access, args: argparse.Namespace) -> str:
    """Open the vault with the passphrase the options name, and return that. Raises Locked without one."""
    passphrase = given_passphrase(args)
    access.unlock(passphrase, args.role)
    return passphrase


@contextmanager
def opened(args: argparse.Namespace) -> Iterator[Access]:
    """The vault, open for the length of the block. Raises Locked without a passphrase."""
    access = Access.default(paths_of(args))
    try:
        unlocked(access, args)
        yield access
    finally:
        access.lock()


def tell(args: argparse.Namespace, told: dict[str, Any], lines: list[str]) -> None:
    """Print the object with --json, else the lines for people."""
    print(json.dumps(told) if args.json else "\n".join(lines))


def shown(text: str) -> str:
    """A text that cannot rearrange a terminal."""
    return "".join(character if character.isprintable() else " " for character in text)


def show(told: Mapping[str, Any], as_json: bool) -> None:
    """Print a result: one JSON object, or a line per entry for people."""
    if as_json:
        print(json.dumps(told))
        return
    for name, value in told.items():
        print(f"{name.replace('_', ' ')}: {_words(value)}")


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "none"
    return ", ".join(value) if isinstance(value, list) else str(value)
