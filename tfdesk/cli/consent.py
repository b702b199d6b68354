"""``tfdesk consent grant|revoke|show``: the ledger of what clients agreed to."""

from __future__ import annotations

import argparse
from typing import Any

from tfdesk.cli import Subparsers, add_common, add_secrets
from tfdesk.cli.opening import opened, shown, tell
from tfdesk.core.models import PURPOSES, Client, Consent
from tfdesk.services.access import Access
from tfdesk.services.client_file import moment
from tfdesk.services.consent import Consents, standing
from tfdesk.services.models import Models
from tfdesk.services.training_material import drop_withdrawn

LEARNED = "A model that was trained before keeps what it learned: train again without this client."


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("consent", help="record what a client agreed to")
    add_common(parser)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, help_text in (("grant", "the client agrees"), ("revoke", "the client no longer agrees")):
        action = actions.add_parser(name, help=help_text)
        action.add_argument("name", metavar="NAME", help="the client's name")
        action.add_argument("--for", choices=PURPOSES, required=True, dest="purpose", help="to what")
    show = actions.add_parser("show", help="the ledger of one client, or of all")
    show.add_argument("name", metavar="NAME", nargs="?", help="the client's name")
    for action in actions.choices.values():
        add_common(action)
        add_secrets(action)


def run(args: argparse.Namespace) -> int:
    """Run the action; errors are raised as KnownError or InputError."""
    with opened(args) as access:
        consents = Consents(access.vault)
        if args.action != "show":
            consents.record(args.name, args.purpose, args.action == "grant", args.role)
        retrain = _after_revoking(access) if args.action == "revoke" and args.purpose == "training" else None
        ledgers = consents.ledger(args.name)
    told = [_told(client, entries) for client, entries in ledgers]
    lines = [line for client, entries in ledgers for line in _lines(client, entries)]
    if retrain is not None:
        told[0] |= {"notes": [LEARNED], "must_retrain": retrain}
        lines += [LEARNED, *(f"must retrain: {model}" for model in retrain)]
    tell(args, {"clients": told} if args.name is None else told[0], lines or ["There is no client yet."])
    return 0


def _after_revoking(access: Access) -> list[str]:
    """Delete what training runs still hold of the client; returns the ids of the models that are marked."""
    drop_withdrawn(access.vault, access.paths)
    return [model.id for model in Models(access.vault, access.paths).list() if model.must_retrain]


def _told(client: Client, entries: list[Consent]) -> dict[str, Any]:
    ledger = [{"for": e.purpose, "granted": e.granted, "role": e.role, "at": moment(e.at)} for e in entries]
    return {"client": client.name, "consent": standing(entries), "ledger": ledger}


def _lines(client: Client, entries: list[Consent]) -> list[str]:
    stand = ", ".join(f"{purpose} {'yes' if given else 'no'}" for purpose, given in standing(entries).items())
    history = [
        f"  {moment(e.at)} {'granted' if e.granted else 'revoked'} for {e.purpose} (recorded by the {e.role})"
        for e in entries
    ]
    return [f"{shown(client.name)}: {stand}", *history]
