"""``tfdesk client list|export|open-export|erase|retention``: what a client may ask for."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from tfdesk.cli import Subparsers, add_common, add_secrets, paths_of, read_passphrase
from tfdesk.cli.opening import opened, refuse_twice_from_stdin, shown, tell
from tfdesk.core.errors import InputRefused
from tfdesk.core.files import write_atomically
from tfdesk.core.settings import load_settings
from tfdesk.services.client_file import ClientFiles, moment, opened_file, refuse_existing
from tfdesk.services.clients import Clients
from tfdesk.services.consent import Consents, standing
from tfdesk.services.erasure import Certificate, Erasure
from tfdesk.services.retention import Retention

PLAIN_WARNING = "warning: the file is not encrypted; whoever has it can read it."


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("client", help="list, export or erase clients")
    add_common(parser)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="all clients, those waiting for a reply first")
    export = actions.add_parser("export", help="everything about a client, as json and html in one zip")
    erase = actions.add_parser("erase", help="erase a client everywhere and print a certificate")
    export.add_argument("name", metavar="NAME", help="the client's name")
    erase.add_argument("name", metavar="NAME", nargs="?", help="the client's name")
    erase.add_argument("--finish", action="store_true", help="go on with one that was cut short or failed")
    export.add_argument("--out", type=Path, required=True, metavar="FILE", help="the file to write")
    export.add_argument("--plain", action="store_true", help="do not encrypt it")
    erase.add_argument("--yes", action="store_true", help="really erase; it cannot be undone")
    keeping = actions.add_parser("retention", help="list clients whose retention period is over")
    keeping.add_argument("--yes", action="store_true", help="erase them; it cannot be undone")
    for action in (listing, export, erase, keeping):
        add_common(action)
        add_secrets(action)
    reading = actions.add_parser("open-export", help="decrypt an exported file; needs no vault")
    reading.add_argument("file", type=Path, metavar="FILE", help="the encrypted file")
    reading.add_argument("--out", type=Path, required=True, metavar="FILE.zip", help="the zip to write")
    add_common(reading)
    for action in (export, reading):
        action.add_argument("--export-passphrase-file", metavar="FILE|-", help="the passphrase of that file")


def run(args: argparse.Namespace) -> int:
    """Run the action; errors are raised as KnownError or InputError."""
    actions = {"list": _list, "export": _export, "open-export": _open_export, "erase": _erase}
    return (actions | {"retention": _retention})[args.action](args)


def _list(args: argparse.Namespace) -> int:
    with opened(args) as access:
        found = Clients(access.vault).list()
        ledgers = {client.id: standing(entries) for client, entries in Consents(access.vault).ledger()}
    told = [
        {
            "name": one.client.name,
            "id": one.client.id,
            "sessions": one.sessions,
            "messages": one.messages,
            "awaiting": one.client.awaiting,
            "last_at": moment(one.client.last_at),
            "consent": ledgers[one.client.id],
        }
        for one in found
    ]
    lines = [
        f"{shown(one.client.name)}: {one.messages} messages in {one.sessions} sessions"
        + (", waiting for a reply" if one.client.awaiting else "")
        for one in found
    ]
    tell(args, {"clients": told}, lines or ["There is no client yet."])
    return 0


def _export(args: argparse.Namespace) -> int:
    passphrase = _export_passphrase(args)
    with opened(args) as access:
        rows = ClientFiles(access.vault).export(args.name, args.out, passphrase, args.role)
    if passphrase is None:
        print(f"tfdesk: {PLAIN_WARNING}", file=sys.stderr)
    told = {"file": str(args.out), "encrypted": passphrase is not None, "rows": rows}
    tell(args, told, [f"{args.out}: {rows['turns']} messages, {'not ' * (passphrase is None)}encrypted"])
    return 0


def _export_passphrase(args: argparse.Namespace) -> str | None:
    source = args.export_passphrase_file
    if args.plain == (source is not None):
        raise InputRefused(
            "Give --export-passphrase-file FILE to encrypt the export, or --plain to leave it open."
        )
    if source is None:
        return None
    refuse_twice_from_stdin(source, args.passphrase_file)
    return read_passphrase(source)


def _open_export(args: argparse.Namespace) -> int:
    if args.export_passphrase_file is None:
        raise InputRefused(
            "Give the passphrase of the file with --export-passphrase-file FILE, or - to type."
        )
    refuse_existing(args.out)
    content = opened_file(args.file, read_passphrase(args.export_passphrase_file))
    write_atomically(args.out, content)
    print(f"tfdesk: {PLAIN_WARNING}", file=sys.stderr)
    tell(args, {"file": str(args.out), "encrypted": False}, [str(args.out)])
    return 0


def _erase(args: argparse.Namespace) -> int:
    if not args.yes:
        raise InputRefused("Nothing was erased; an erasure cannot be undone, so it needs --yes.")
    if args.finish == (args.name is not None):
        raise InputRefused("Give the NAME of a client, or --finish for an unfinished erasure.")
    with opened(args) as access:
        erasure = Erasure(access)
        done = erasure.finish() if args.finish else erasure.erase(args.name, args.role)
    tell(args, {"client": args.name, **_certificate(done)}, _certificate_lines(done, args.name))
    return 0


def _certificate(done: Certificate) -> dict[str, Any]:
    return {
        "id": done.client_id,
        "erased": done.erased,
        "done": list(done.done),
        "not_erased": list(done.not_erased),
        "at": moment(done.at),
        "audit_head": f"{done.audit_sequence}:{done.audit_head}",
    }


def _certificate_lines(done: Certificate, name: str | None) -> list[str]:
    return [
        "Certificate of erasure",
        f"client: {shown(name) + ' ' if name else ''}(number {done.client_id})",
        f"time: {moment(done.at)}",
        *(f"erased {part}: {count}" for part, count in done.erased.items()),
        *done.done,
        *(f"not erased: {sentence}" for sentence in done.not_erased),
        f"audit head: {done.audit_sequence}:{done.audit_head}",
    ]


def _retention(args: argparse.Namespace) -> int:
    """A dry run unless --yes is given."""
    days = load_settings(paths_of(args).settings_file).retention_days
    with opened(args) as access:
        retention = Retention(access, days)
        due = retention.due()
        done = list(retention.erase(args.role)) if args.yes else []
    told = [{"name": one.name, "id": one.id, "last_at": moment(one.last_at)} for one in due]
    certificates = [{"client": client.name, **_certificate(made)} for client, made in done]
    lines = [f"{shown(one.name)} (number {one.id}): last message {moment(one.last_at)}" for one in due]
    lines = lines or [f"No client has been silent for more than {days} days."]
    if due and not args.yes:
        lines.append("Nothing was erased: this is only the list. Add --yes to erase these clients.")
    for client, made in done:
        lines += ["", *_certificate_lines(made, client.name)]
    tell(args, {"retention_days": days, "due": told, "erased": certificates}, lines)
    return 0
