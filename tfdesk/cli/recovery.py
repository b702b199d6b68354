"""``tfdesk vault recovery confirm|renew|remove|open``: the key on paper."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from tfdesk.cli import Subparsers, add_common, add_secrets, read_passphrase
from tfdesk.cli.opening import refuse_twice_from_stdin, unlocked
from tfdesk.core.errors import InputRefused
from tfdesk.core.models import ROLES
from tfdesk.services.access import Access
from tfdesk.services.recovery import SHEET_WARNING, Recovery, RecoveryState

RECOVERY = {
    "confirm": "type the recovery key back: only then is the vault set up",
    "renew": "make a new recovery key; the old one no longer opens the vault",
    "remove": "do without a recovery key: who forgets the passphrase then loses everything",
    "open": "open the vault with the recovery key and set a new passphrase",
}
NOT_SET_UP = "It is set up once the key was typed back: tfdesk vault recovery confirm"


def add_parser(actions: Subparsers, help_text: str) -> None:
    """The parser of ``vault recovery``."""
    parser = actions.add_parser("recovery", help=help_text, description=help_text)
    add_common(parser)
    steps = parser.add_subparsers(dest="step", required=True, metavar="STEP")
    for name, text in RECOVERY.items():
        step = steps.add_parser(name, help=text, description=text)
        add_common(step)
        if name != "open":
            add_secrets(step)
        if name in ("confirm", "open"):
            step.add_argument(
                "--recovery-key-file", metavar="FILE|-", required=True, help="where the recovery key is"
            )
        if name == "open":
            step.add_argument("--new-passphrase-file", metavar="FILE|-", required=True, help="the new one")
            step.add_argument("--role", choices=ROLES, default="therapist", help="whose passphrase is set")
        elif name == "renew":
            add_sheet(step)
        elif name == "remove":
            step.add_argument("--yes", action="store_true", help="really remove it")


def add_sheet(parser: argparse.ArgumentParser) -> None:
    """The option of commands that show a recovery key."""
    parser.add_argument(
        "--sheet", type=Path, metavar="FILE.html", help="also write a page to print, not encrypted"
    )


def recovery(access: Access, args: argparse.Namespace) -> dict[str, Any]:
    """Confirm, renew or remove the recovery key, or open the vault with it."""
    keep = Recovery(access)
    told: dict[str, Any] = {"vault": str(access.paths.vault_file)}
    if args.step == "open":
        refuse_twice_from_stdin(args.recovery_key_file, args.new_passphrase_file)
        typed, passphrase = read_passphrase(args.recovery_key_file), read_passphrase(args.new_passphrase_file)
        key = keep.open(typed, passphrase, args.role)
        return told | {"role": args.role, "changed": True, "key": key}
    if args.step == "confirm":
        refuse_twice_from_stdin(args.passphrase_file, args.recovery_key_file)
        unlocked(access, args)
        keep.confirm(read_passphrase(args.recovery_key_file))
        return told | {"recovery": keep.state.value}
    if args.step == "remove":
        if not args.yes:
            raise InputRefused("Nothing was changed.", "Add --yes to do without a recovery key.")
        unlocked(access, args)
        keep.remove(args.role)
        return told | {"recovery": keep.state.value}
    unlocked(access, args)
    if args.sheet is not None:
        keep.check_sheet(args.sheet)
    return told | shown(access, keep.renew(args.role), args)


def shown(access: Access, recovery_key: str, args: argparse.Namespace) -> dict[str, Any]:
    """What is said of a new recovery key: written as a sheet if asked for, typed back at a terminal."""
    keep = Recovery(access)
    told: dict[str, Any] = {"recovery_key": recovery_key}
    if args.sheet is not None:
        keep.write_sheet(recovery_key, args.sheet)
        print(f"tfdesk: warning: {SHEET_WARNING}", file=sys.stderr)
        told["sheet"] = str(args.sheet)
    if args.passphrase_file != "-" and not args.json and sys.stdin.isatty():
        _ask_back(keep, recovery_key)
    told["recovery"] = keep.state.value
    if keep.state is not RecoveryState.TYPED_BACK:
        told["note"] = NOT_SET_UP
    return told


def _ask_back(keep: Recovery, recovery_key: str) -> None:
    """Ask until the key is typed right; an empty line leaves it for later."""
    print(f"Write this recovery key down; it is shown only now:\n\n    {recovery_key}\n")
    while typed := _line("Type it back (an empty line: later): "):
        try:
            keep.confirm(typed)
        except InputRefused as error:
            print(error.line())
        else:
            return


def _line(words: str) -> str:
    try:
        return input(words).strip()
    except EOFError:
        return ""
