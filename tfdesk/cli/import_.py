"""``tfdesk import FILE --client NAME``: a conversation becomes sessions of a client."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tfdesk.cli import Subparsers, add_common, add_secrets
from tfdesk.cli.opening import opened, shown, tell
from tfdesk.services.importing import Imported, Importing
from tfdesk.services.intake import read_file


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("import", help="read a conversation from a file into a client's sessions")
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="txt, md, csv, tsv, json, jsonl, vtt, srt or docx"
    )
    parser.add_argument(
        "--client", required=True, metavar="NAME", help="whose it is; added when not there yet"
    )
    parser.add_argument("--map", type=Path, metavar="FILE.toml", help="who is who, and which columns to read")
    add_common(parser)
    add_secrets(parser)


def run(args: argparse.Namespace) -> int:
    """The file is read whole before the vault is opened; errors are raised as KnownError or InputError."""
    reading = read_file(args.file, args.map)
    with opened(args) as access:
        done = Importing(access.vault).keep(args.client, reading, args.role)
    tell(args, _told(done), _lines(done))
    return 0


def _told(done: Imported) -> dict[str, Any]:
    return {
        "client": done.client.name,
        "created": done.created,
        "session": done.sessions[0],
        "sessions": list(done.sessions),
        "imported": done.messages,
        "skipped": [asdict(one) for one in done.skipped],
        "notes": list(done.notes),
    }


def _lines(done: Imported) -> list[str]:
    new = ", a new client" if done.created else ""
    numbers = ", ".join(str(number) for number in done.sessions)
    return [
        f"{shown(done.client.name)}{new}: {done.messages} messages in session {numbers}",
        *(f"line {one.line} was left out: {one.reason}" for one in done.skipped),
        *done.notes,
    ]
