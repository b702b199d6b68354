"""``tfdesk vault create|status|backup|restore|rekey|passphrase|supervisor|recovery|keyring|slots``."""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tfdesk.cli import Subparsers, add_common, add_secrets, paths_of, read_passphrase, recovery, slots
from tfdesk.cli.opening import given_passphrase, refuse_twice_from_stdin, show, tell, unlocked
from tfdesk.core import places
from tfdesk.core.errors import InputRefused, Locked
from tfdesk.core.models import Role
from tfdesk.services.access import Access, VaultState
from tfdesk.services.erasure import unfinished
from tfdesk.services.keeping import Keeping
from tfdesk.services.recovery import Recovery

ACTIONS = {
    "create": "make the vault, or give a further role its passphrase",
    "status": "say whether there is a vault, whether the passphrase opens it, and whether it is whole",
    "backup": "write one encrypted file that restores the vault",
    "restore": "put a backup in the place of the vault, which is kept aside",
    "rekey": "encrypt the vault under a new key",
    "passphrase": "change or remove the passphrase of a role",
    "slots": "list who can open the vault, and the keys that sign",
}
SUPERVISOR = "set, change or remove the supervisor's passphrase"
RECOVERY = "type back, renew or remove the recovery key, or open the vault with it"
KEYRING = "let this computer's key ring open the vault, or no longer"


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("vault", help="; ".join(ACTIONS.values()), description=__doc__)
    add_common(parser)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    made = {}
    for name, help_text in ACTIONS.items():
        made[name] = actions.add_parser(name, help=help_text, description=help_text)
        add_common(made[name])
        add_secrets(made[name])
    slots.add_parser(actions, SUPERVISOR)
    slots.add_keyring_parser(actions, KEYRING)
    recovery.add_parser(actions, RECOVERY)
    for name in ("create", "rekey"):
        recovery.add_sheet(made[name])
    made["create"].add_argument(
        "--keyring", action="store_true", help="let this computer's key ring open it too"
    )
    made["create"].add_argument(
        "--unlock-file",
        metavar="FILE|-",
        help="for a further role in an existing vault: a passphrase that opens it (of the other role)",
    )
    made["status"].add_argument(
        "--accept-older", action="store_true", help="go on with an older copy that was put back on purpose"
    )
    made["backup"].add_argument("file", metavar="FILE", type=Path, help="the backup to write")
    made["backup"].add_argument("--replace", action="store_true", help="overwrite FILE")
    made["restore"].add_argument("file", metavar="FILE", type=Path, help="the backup to read")
    made["restore"].add_argument("--drill", action="store_true", help="check everything, change nothing")
    made["rekey"].add_argument(
        "--drop-other-slots",
        action="store_true",
        help="do without the other passphrases; a new recovery key is shown",
    )
    new = made["passphrase"].add_mutually_exclusive_group(required=True)
    new.add_argument("--new-passphrase-file", metavar="FILE|-", help="where the new passphrase is")
    new.add_argument("--remove", action="store_true", help="this role shall have none; another one must")


def run(args: argparse.Namespace) -> int:
    """Run the action; errors are raised as KnownError or InputError."""
    access = Access.default(paths_of(args))
    action = {
        "create": _create,
        "status": _status,
        "backup": _backup,
        "restore": _restore,
        "rekey": _rekey,
        "passphrase": _passphrase,
        "supervisor": slots.supervisor,
        "recovery": recovery.recovery,
        "keyring": slots.keyring,
        "slots": slots.slots,
    }[args.action]
    try:
        told = action(access, args)
    finally:
        access.lock()
    if args.action == "slots":
        tell(args, told, slots.lines(told))
    else:
        show(told, args.json)
    return 0


def _create(access: Access, args: argparse.Namespace) -> dict[str, Any]:
    if args.passphrase_file is None:
        raise InputRefused(
            "A new vault needs a passphrase.", "Give it with --passphrase-file FILE, or - to type."
        )
    refuse_twice_from_stdin(args.passphrase_file, args.unlock_file)
    passphrase = read_passphrase(args.passphrase_file)
    made: dict[str, Any] = {"vault": str(access.paths.vault_file), "role": args.role}
    if args.unlock_file is None:
        made |= _place(access)
        if args.sheet is not None:
            Recovery(access).check_sheet(args.sheet)
        recovery_key = access.create(passphrase, args.role, args.keyring)
        made["key"] = access.signing_keys()[-1].fingerprint
        return made | recovery.shown(access, recovery_key, args)
    other: Role = "therapist" if args.role == "supervisor" else "supervisor"
    access.unlock(read_passphrase(args.unlock_file), other)
    return made | {"key": access.set_passphrase(passphrase, args.role)}


def _place(access: Access) -> dict[str, str]:
    """A warning where the data folder lies somewhere that other computers get at it."""
    sentence = places.warning(access.paths.root)
    return {"folder": sentence} if sentence else {}


def _status(access: Access, args: argparse.Namespace) -> dict[str, Any]:
    """Without a passphrase the vault stays closed and only the key file is read."""
    told: dict[str, Any] = {"vault": str(access.paths.vault_file), "state": access.state.value}
    told |= _place(access)
    if access.state is VaultState.MISSING:
        return told
    told |= {"roles": list(access.roles()), "keyring": access.keyring_opens()}
    if args.passphrase_file is None:
        if args.accept_older:
            raise Locked
        return told
    unlocked(access, args)
    access.vault.check()
    if args.accept_older and access.anchoring.state in ("older", "unverifiable"):
        access.accept_older()
    found = access.anchoring
    told |= {"state": access.state.value, "whole": True, "anchor": found.state}
    told |= {"audit_entries": found.head.sequence, "audit_head": found.head.hash}
    told["recovery"] = Recovery(access).state.value
    if unfinished(access.vault):
        told["erasure"] = "one is unfinished: go on with it by tfdesk client erase --finish --yes"
    return told | ({"warning": found.warning} if found.warning else {})


def _backup(access: Access, args: argparse.Namespace) -> dict[str, Any]:
    unlocked(access, args)
    made = Keeping(access).backup(args.file, replace=args.replace)
    return {
        "backup": str(made.path),
        "bytes": made.size,
        "made_at": _utc(made.made_at),
        "audit_entries": made.head.sequence,
        "audit_head": made.head.hash,
        "verified": True,
    }


def _restore(access: Access, args: argparse.Namespace) -> dict[str, Any]:
    done = Keeping(access).restore(args.file, given_passphrase(args), args.role, drill=args.drill)
    return {
        "backup": str(args.file),
        "restored": not args.drill,
        "made_at": _utc(done.made_at),
        "audit_entries": done.head.sequence,
        "audit_head": done.head.hash,
        "entries_behind": done.behind,
        "kept": str(done.kept) if done.kept else None,
        "verified": True,
    }


def _rekey(access: Access, args: argparse.Namespace) -> dict[str, Any]:
    passphrase = given_passphrase(args)
    if args.sheet is not None:
        Recovery(access).check_sheet(args.sheet)
    done = Keeping(access).rekey(passphrase, args.role, drop_other_slots=args.drop_other_slots)
    told: dict[str, Any] = {"vault": str(access.paths.vault_file), **asdict(done)}
    told["dropped"] = list(done.dropped)
    return told | (recovery.shown(access, done.recovery_key, args) if done.recovery_key else {})


def _passphrase(access: Access, args: argparse.Namespace) -> dict[str, Any]:
    told: dict[str, Any] = {"vault": str(access.paths.vault_file), "role": args.role}
    if args.remove:
        unlocked(access, args)
        access.remove_passphrase(args.role)
        return told | {"removed": True}
    refuse_twice_from_stdin(args.passphrase_file, args.new_passphrase_file)
    unlocked(access, args)
    key = access.set_passphrase(read_passphrase(args.new_passphrase_file), args.role)
    return told | {"changed": True, "key": key}


def _utc(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
