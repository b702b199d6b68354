"""``tfdesk policy show|emotion``: what the clinic decided for everybody who uses the vault."""

from __future__ import annotations

import argparse
import time
from typing import Any

from tfdesk.cli import Subparsers, add_common, add_secrets, paths_of
from tfdesk.cli.opening import show, unlocked
from tfdesk.core.errors import InputRefused
from tfdesk.services import policies
from tfdesk.services.access import Access
from tfdesk.services.policies import EmotionPolicy

ACTIONS = {
    "show": "what is decided, and whose signature it has",
    "emotion": "whether emotions are read and shown (supervisor)",
}


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("policy", help="; ".join(ACTIONS.values()), description=__doc__)
    add_common(parser)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    made = {}
    for name, help_text in ACTIONS.items():
        made[name] = actions.add_parser(name, help=help_text, description=help_text)
        add_common(made[name])
        add_secrets(made[name])
    made["emotion"].add_argument("wanted", choices=["on", "off"], help="from the next unlocking on")


def run(args: argparse.Namespace) -> int:
    """Run the action; errors are raised as KnownError."""
    if args.action == "emotion" and args.role != "supervisor":
        raise InputRefused(
            "Only a supervisor decides whether emotions are shown.",
            "Add --role supervisor and their passphrase.",
        )
    access = Access.default(paths_of(args))
    try:
        passphrase = unlocked(access, args)
        if args.action == "emotion":
            policies.decide(access, passphrase, shown=args.wanted == "on")
        show(_told(policies.policy(access.vault)), args.json)
    finally:
        access.lock()
    return 0


def _told(made: EmotionPolicy | None) -> dict[str, Any]:
    if made is None:
        return {"emotion": "on", "decided_at": None, "signed_by": None}
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(made.at)) if made.at else None
    return {
        "emotion": "on" if made.shown else "off",
        "decided_at": at,
        "signed_by": made.fingerprint or None,
    }
