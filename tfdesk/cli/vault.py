"""``tfdesk vault create|status``."""

from __future__ import annotations

import argparse
import json
from typing import Any

from tfdesk.cli import Subparsers, add_common, add_secrets, paths_of, read_passphrase
from tfdesk.core.errors import InputRefused
from tfdesk.core.models import Role
from tfdesk.services.access import Access, VaultState


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("vault", help="create the vault, or say how it stands")
    add_common(parser)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    create = actions.add_parser("create", help="make the vault, or give a further role its passphrase")
    add_common(create)
    add_secrets(create)
    create.add_argument("--keyring", action="store_true", help="let this computer's key ring open it too")
    create.add_argument(
        "--unlock-file",
        metavar="FILE|-",
        help="for a further role in an existing vault: a passphrase that opens it (of the other role)",
    )
    status = actions.add_parser(
        "status", help="say whether there is a vault and whether the passphrase opens it"
    )
    add_common(status)
    add_secrets(status)


def run(args: argparse.Namespace) -> int:
    """Run the action; errors are raised as KnownError or InputError."""
    access = Access.default(paths_of(args))
    try:
        told = _create(access, args) if args.action == "create" else _status(access, args)
    finally:
        access.lock()
    if args.json:
        print(json.dumps(told))
    else:
        for name, value in told.items():
            print(f"{name.replace('_', ' ')}: {_words(value)}")
    return 0


def _create(access: Access, args: argparse.Namespace) -> dict[str, Any]:
    if args.passphrase_file is None:
        raise InputRefused(
            "A new vault needs a passphrase.", "Give it with --passphrase-file FILE, or - to type."
        )
    passphrase = read_passphrase(args.passphrase_file)
    made: dict[str, Any] = {"vault": str(access.paths.vault_file), "role": args.role}
    if args.unlock_file is None:
        return made | {"recovery_key": access.create(passphrase, args.role, args.keyring)}
    other: Role = "therapist" if args.role == "supervisor" else "supervisor"
    access.unlock(read_passphrase(args.unlock_file), other)
    access.set_passphrase(passphrase, args.role)
    return made


def _status(access: Access, args: argparse.Namespace) -> dict[str, Any]:
    """Without a passphrase the vault stays closed and only the key file is read."""
    told: dict[str, Any] = {"vault": str(access.paths.vault_file), "state": access.state.value}
    if access.state is VaultState.MISSING:
        return told
    told |= {"roles": list(access.roles()), "keyring": access.keyring_opens()}
    if args.passphrase_file is not None:
        access.unlock(read_passphrase(args.passphrase_file), args.role).check()
        told |= {"state": access.state.value, "whole": True}
    return told


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else str(value)
