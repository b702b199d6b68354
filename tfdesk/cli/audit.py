"""``tfdesk audit verify [FILE]`` and ``tfdesk audit export FILE``: the log of decisions.

With FILE, verify reads an exported log: no vault, no passphrase. It says whose signature covers how much, and
what comes after. Exit code 2 when the log, or a signature, is broken.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

from tfdesk.cli import Subparsers, add_common, add_secrets
from tfdesk.cli.opening import opened, tell
from tfdesk.services.audit_file import Verdict, parsed_keys, read_export, vault_log, verify, write_export


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("audit", help="verify or export the log of decisions", description=__doc__)
    add_common(parser)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    check = actions.add_parser("verify", help="find what was edited, deleted, reordered or cut off")
    check.add_argument(
        "file", type=Path, nargs="?", metavar="FILE", help="an exported log; without it the vault's"
    )
    check.add_argument("--head", metavar="N:HASH", help="the head that was kept elsewhere")
    check.add_argument(
        "--key",
        action="append",
        default=[],
        metavar="ROLE:FINGERPRINT",
        help="a role's key as it was noted when its passphrase was set; may be given again",
    )
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
        access.sign_log("audit export")
        log = vault_log(access.vault)
    head = write_export(log, args.file)
    told = {"file": str(args.file), "entries": len(log.entries), "head": head}
    tell(args, told, [f"{args.file}: {len(log.entries)} entries", f"head: {head}"])
    return 0


def _verify(args: argparse.Namespace) -> int:
    noted = parsed_keys(args.key)
    if args.file is not None:
        verdict = verify(read_export(args.file), args.head, noted)
    else:
        with opened(args) as access:
            verdict = verify(vault_log(access.vault), args.head, noted)
    lines = [verdict.sentence, *verdict.signed, f"head: {verdict.entries}:{verdict.head}"]
    if args.json or verdict.whole or verdict.covered:
        tell(args, _told(verdict), lines if verdict.whole else list(verdict.signed))
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
        "role": verdict.role,
        "against_head": verdict.against_head,
        "signatures": [asdict(covered) for covered in verdict.covered],
        "sentence": verdict.sentence,
    }
