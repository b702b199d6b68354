"""``tfdesk audit verify [FILE]`` and ``tfdesk audit export FILE``: the log of decisions.

With FILE, verify reads an exported log: no vault, no passphrase. Exit code 2 when the log is broken.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tfdesk.cli import Subparsers, add_common, add_secrets
from tfdesk.cli.opening import opened, tell
from tfdesk.services.audit_file import Verdict, read_export, vault_entries, verify, write_export


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("audit", help="verify or export the log of decisions", description=__doc__)
    add_common(parser)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    check = actions.add_parser("verify", help="find what was edited, deleted, reordered or cut off")
    check.add_argument(
        "file", type=Path, nargs="?", metavar="FILE", help="an exported log; without it the vault's"
    )
    check.add_argument("--head", metavar="N:HASH", help="the head that was kept elsewhere")
    export = actions.add_parser("export", help="write the log to a file that anyone can verify")
    export.add_argument("file", type=Path, metavar="FILE", help="the file to write")
    for action in (check, export):
        add_common(action)
        add_secrets(action)


def run(args: argparse.Namespace) -> int:
    """Run the action; errors are raised as KnownError or InputError."""
    return _export(args) if args.action == "export" else _verify(args)


def _export(args: argparse.Namespace) -> int:
    with opened(args) as access:
        entries = vault_entries(access.vault)
    head = write_export(entries, args.file)
    told = {"file": str(args.file), "entries": len(entries), "head": head}
    tell(args, told, [f"{args.file}: {len(entries)} entries", f"head: {head}"])
    return 0


def _verify(args: argparse.Namespace) -> int:
    if args.file is not None:
        entries, stated = read_export(args.file)
        verdict = verify(entries, args.head, stated)
    else:
        with opened(args) as access:
            verdict = verify(vault_entries(access.vault), args.head)
    if args.json or verdict.whole:
        tell(args, _told(verdict), [verdict.sentence, f"head: {verdict.entries}:{verdict.head}"])
    if not verdict.whole:
        print(f"tfdesk: {verdict.sentence}", file=sys.stderr)
    return 0 if verdict.whole else 2


def _told(verdict: Verdict) -> dict[str, object]:
    return {
        "whole": verdict.whole,
        "entries": verdict.entries,
        "head": f"{verdict.entries}:{verdict.head}",
        "fault": verdict.fault,
        "sequence": verdict.sequence,
        "against_head": verdict.against_head,
        "sentence": verdict.sentence,
    }
