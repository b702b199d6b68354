"""``tfdesk models list|import|promote|rollback``."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from tfdesk.cli import Subparsers, add_common, add_secrets, paths_of
from tfdesk.cli.opening import show, unlocked
from tfdesk.core.errors import InputRefused
from tfdesk.services.access import Access
from tfdesk.services.models import ModelEntry, Models

ACTIONS = {
    "list": "the models of this clinic and which one drafts",
    "import": "bring in a bundle, a folder or a .zip; it stays untrusted until it is promoted",
    "promote": "use a model from now on (supervisor)",
    "rollback": "use the model again that was in use before (supervisor)",
}


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("models", help="; ".join(ACTIONS.values()), description=__doc__)
    add_common(parser)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    made = {}
    for name, help_text in ACTIONS.items():
        made[name] = actions.add_parser(name, help=help_text, description=help_text)
        add_common(made[name])
        add_secrets(made[name])
    made["import"].add_argument(
        "path", metavar="PATH", type=Path, help="a bundle: a folder or a .zip archive"
    )
    made["promote"].add_argument("name", metavar="NAME", help="its id, its name, or its name and version")


def run(args: argparse.Namespace) -> int:
    """Run the action; errors are raised as KnownError or InputError."""
    if args.action in ("promote", "rollback") and args.role != "supervisor":
        raise InputRefused(
            "Only a supervisor decides which model drafts.", "Add --role supervisor and their passphrase."
        )
    access = Access.default(paths_of(args))
    try:
        if args.action in ("promote", "rollback"):
            _decide(access, args)
        else:
            _look(access, args)
    finally:
        access.lock()
    return 0


def _look(access: Access, args: argparse.Namespace) -> None:
    """List or import; without a passphrase the vault stays closed and only the starter drafts."""
    if args.passphrase_file is not None:
        unlocked(access, args)
    models = Models(access.vault if args.passphrase_file is not None else None, access.paths)
    if args.action == "import":
        show(_told(models.add(args.path)), args.json)
        return
    told = [_told(model) for model in models.list()]
    if args.json:
        print(json.dumps({"models": told}))
        return
    for model in told:
        mark, words = "*" if model["active"] else " ", [model["kind"], model["state"]]
        if model["state"] == "signed off" and model["signed_by"] is None:
            words.append("not signed")
        if model["must_retrain"]:
            words.append("must retrain: a client it learned from no longer agrees")
        print(f"{mark} {model['id']:18}{model['name']} {model['version']}, {', '.join(words)}")


def _decide(access: Access, args: argparse.Namespace) -> None:
    passphrase = unlocked(access, args)
    models = Models(access.vault, access.paths)
    if args.action == "promote":
        chosen = models.promote_named(args.name, access=access, passphrase=passphrase)
    else:
        chosen = models.roll_back(access=access, passphrase=passphrase)
    show(_told(chosen), args.json)


def _told(model: ModelEntry) -> dict[str, Any]:
    at = model.promoted_at
    return {
        "id": model.id,
        "name": model.name,
        "version": model.version,
        "kind": model.kind,
        "state": model.state,
        "active": model.active,
        "signed_by": model.signed_by,
        "must_retrain": model.must_retrain,
        "sha256": model.sha256,
        "promoted_at": None if at is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)),
    }
