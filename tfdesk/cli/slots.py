"""``tfdesk vault supervisor``, ``vault keyring`` and ``vault slots``: who can open it, who can sign."""

from __future__ import annotations

import argparse
from typing import Any

from tfdesk.cli import Subparsers, add_common, add_secrets, read_passphrase
from tfdesk.cli.opening import refuse_twice_from_stdin, unlocked
from tfdesk.services.access import Access
from tfdesk.services.client_file import moment

SUPERVISOR = {
    "set": "give the supervisor a passphrase, and so a signing key",
    "change": "change the supervisor's passphrase; the signing key stays",
    "remove": "take the supervisor's passphrase away; what was signed still counts",
}
WHOSE = {
    "set": "the passphrase that opens the vault now (of the therapist)",
    "change": "the supervisor's present passphrase",
    "remove": "the supervisor's passphrase",
}


def add_parser(actions: Subparsers, help_text: str) -> None:
    """The parser of ``vault supervisor``."""
    parser = actions.add_parser("supervisor", help=help_text, description=help_text)
    add_common(parser)
    steps = parser.add_subparsers(dest="step", required=True, metavar="STEP")
    for name, text in SUPERVISOR.items():
        step = steps.add_parser(name, help=text, description=text)
        add_common(step)
        add_secrets(step, whose=WHOSE[name], role="therapist" if name == "set" else "supervisor")
        if name != "remove":
            step.add_argument(
                "--new-passphrase-file", metavar="FILE|-", required=True, help="the supervisor's new one"
            )


def add_keyring_parser(actions: Subparsers, help_text: str) -> None:
    """The parser of ``vault keyring``."""
    parser = actions.add_parser("keyring", help=help_text, description=help_text)
    add_common(parser)
    steps = parser.add_subparsers(dest="step", required=True, metavar="STEP")
    for name in ("add", "remove"):
        step = steps.add_parser(name)
        add_common(step)
        add_secrets(step)


def keyring(access: Access, args: argparse.Namespace) -> dict[str, Any]:
    """Let the key ring open the vault, under a new wrapping key, or no longer."""
    unlocked(access, args)
    access.use_keyring(args.step == "add")
    return {"vault": str(access.paths.vault_file), "keyring": access.keyring_opens()}


def supervisor(access: Access, args: argparse.Namespace) -> dict[str, Any]:
    """Set, change or remove the supervisor's passphrase."""
    told: dict[str, Any] = {"vault": str(access.paths.vault_file), "role": "supervisor"}
    if args.step == "remove":
        unlocked(access, args)
        access.remove_passphrase("supervisor")
        return told | {"removed": True}
    refuse_twice_from_stdin(args.passphrase_file, args.new_passphrase_file)
    unlocked(access, args)
    key = access.set_passphrase(read_passphrase(args.new_passphrase_file), "supervisor")
    return told | {
        "key": key,
        "note": "Keep the fingerprint of the key on paper: it proves later whose signature it is.",
    }


def slots(access: Access, args: argparse.Namespace) -> dict[str, Any]:
    """All ways in; with a passphrase also the signing keys that the vault knows."""
    told: dict[str, Any] = {"vault": str(access.paths.vault_file)}
    found = access.key_file().slots
    told["slots"] = [{"kind": slot.kind, "role": slot.role} for slot in found]
    if args.passphrase_file is not None:
        unlocked(access, args)
        told["keys"] = [
            {"role": key.role, "key": key.fingerprint, "since": moment(key.at)}
            for key in access.signing_keys()
        ]
    return told


def lines(told: dict[str, Any]) -> list[str]:
    """The slots for people."""
    ways = [f"{slot['kind']}: {slot['role']}" for slot in told["slots"]]
    if not any(slot["role"] == "supervisor" and slot["kind"] == "passphrase" for slot in told["slots"]):
        ways.append("No supervisor passphrase is set: nobody can put a model into use.")
    signing = [f"{key['role']} signs with {key['key']} since {key['since']}" for key in told.get("keys", ())]
    return [f"vault: {told['vault']}", *ways, *signing]
