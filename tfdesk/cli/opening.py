"""What the commands on an open vault share."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tfdesk.cli import paths_of, read_passphrase
from tfdesk.core.errors import Locked
from tfdesk.services.access import Access


@contextmanager
def opened(args: argparse.Namespace) -> Iterator[Access]:
    """The vault, open for the length of the block. Raises Locked without a passphrase."""
    if args.passphrase_file is None:
        raise Locked(next_step="Give its passphrase with --passphrase-file FILE, or - to type.")
    access = Access.default(paths_of(args))
    try:
        access.unlock(read_passphrase(args.passphrase_file), args.role)
        yield access
    finally:
        access.lock()


def tell(args: argparse.Namespace, told: dict[str, Any], lines: list[str]) -> None:
    """Print the object with --json, else the lines for people."""
    print(json.dumps(told) if args.json else "\n".join(lines))


def shown(text: str) -> str:
    """A text that cannot rearrange a terminal."""
    return "".join(character if character.isprintable() else " " for character in text)
