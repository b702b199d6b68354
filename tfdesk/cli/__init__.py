"""tfdesk without a window: ``tfdesk COMMAND ...``.

Exit codes: 0 done, 1 our bug, 2 bad input or refused, 3 locked. Each command is a module with
``add_parser(subparsers)`` and ``run(args) -> int``; only the one asked for is imported.
"""

from __future__ import annotations

import argparse
import importlib
import keyword
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from tfdesk.core.errors import KnownError
from tfdesk.core.log import setup_logging
from tfdesk.core.models import ROLES, Role
from tfdesk.core.paths import Paths
from trainer.config import InputError

COMMANDS = {
    "suggest": "draft replies to the last client message of a dialogue",
    "vault": "create, check, back up, restore or re-encrypt the vault",
    "import": "read a conversation from a file into a client's sessions",
    "client": "list, export or erase clients",
    "consent": "record what a client agreed to",
    "audit": "verify or export the log of decisions",
    "models": "list, import, promote or roll back the models that draft",
    "policy": "what the clinic decided: whether emotions are read and shown",
}

Subparsers = Any  # argparse names the type only privately

log = logging.getLogger(__name__)


def add_common(parser: argparse.ArgumentParser) -> None:
    """The options that every command takes, before or after its name."""
    # SUPPRESS: a command's own default must not undo what was given before the command.
    suppress = argparse.SUPPRESS
    parser.add_argument(
        "--data-dir", type=Path, metavar="DIR", default=suppress, help="keep everything in DIR"
    )
    parser.add_argument("--json", action="store_true", default=suppress, help="print one JSON object")


def add_secrets(parser: argparse.ArgumentParser, *, whose: str = "", role: Role | None = None) -> None:
    """The options of commands that open the vault; with ``role`` it is always that role's passphrase."""
    words = whose or "read the passphrase from FILE, or from standard input"
    parser.add_argument("--passphrase-file", metavar="FILE|-", help=words)
    if role is None:
        parser.add_argument("--role", choices=ROLES, default="therapist", help="whose passphrase it is")
    else:
        parser.set_defaults(role=role)


def read_passphrase(source: str) -> str:
    """The passphrase in a file, or on standard input for "-"; one trailing newline is not part of it."""
    try:
        raw = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
        text = raw.decode("utf8")
    except OSError as error:
        raise InputError(f"{source}: the passphrase file cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise InputError("The passphrase file is not valid UTF-8; save it as UTF-8.") from None
    return text.removesuffix("\n").removesuffix("\r")


def paths_of(args: argparse.Namespace) -> Paths:
    """Where this run keeps its data."""
    return Paths.default(args.data_dir)


def chosen_command(argv: Sequence[str]) -> str | None:
    """The first word that is no option, None when there is none: then the window opens."""
    words = iter(argv)
    for word in words:
        if word == "--data-dir":
            next(words, None)
        elif not word.startswith("-") or word == "-":
            return word
    return None


def build_parser(command: str | None = None) -> argparse.ArgumentParser:
    """The parser; with a known ``command``, only that command's module is imported."""
    parser = argparse.ArgumentParser(
        prog="tfdesk", description="Drafts replies for therapists. Without a command it opens its window."
    )
    parser.set_defaults(data_dir=None, json=False)
    add_common(parser)
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in [command] if command in COMMANDS else COMMANDS:
        _module(name).add_parser(subparsers)
    return parser


def _module(command: str) -> ModuleType:
    # "import" is a word of the language: its module has an underscore.
    return importlib.import_module(f"tfdesk.cli.{command}{'_' * keyword.iskeyword(command)}")


def main(argv: Sequence[str]) -> int:
    """Run one command and return its exit code; every error is one sentence on stderr."""
    command = chosen_command(argv)
    try:
        args = build_parser(command).parse_args(argv)
    except SystemExit as end:  # argparse has printed the help or the complaint
        return int(end.code or 0)
    try:
        setup_logging(paths_of(args))
        return int(_module(args.command).run(args))
    except KnownError as error:
        print(f"tfdesk: {error.line()}", file=sys.stderr)
        return error.exit_code
    except InputError as error:
        print(f"tfdesk: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 2
    except Exception as error:
        log.exception("command failed")
        print(f"tfdesk: a fault of ours ({type(error).__name__}); the log file says where.", file=sys.stderr)
        return 1
