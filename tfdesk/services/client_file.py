"""A client's file to take away: json and readable html in one zip, encrypted unless asked otherwise.

An encrypted file is ``MAGIC``, the length of the header (4 bytes), the header (JSON: salt and cost of the
passphrase) and the zip under AES-GCM; all that stands before is bound to it.
"""

from __future__ import annotations

import base64
import io
import json
import time
import zipfile
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from tfdesk.core.errors import InputRefused, WrongPassphrase
from tfdesk.core.files import write_atomically
from tfdesk.core.models import Client, Role
from tfdesk.core.said import said
from tfdesk.services.clients import named
from tfdesk.store import audit, crypto, keys, records
from tfdesk.store.crypto import Argon2Parameters, CannotOpen
from tfdesk.store.vault import Vault
from trainer.config import resources_dir

MAGIC = b"TFDESK-CLIENT-FILE\n"
_LARGEST_HEADER = 4096
_JSON, _HTML = "client.json", "client.html"


class ClientFiles:
    """Use case: export a client."""

    def __init__(self, vault: Vault, *, now: Callable[[], float] = time.time) -> None:
        self._vault = vault
        self._now = now

    def export(self, name: str, out: Path, passphrase: str | None, role: Role) -> dict[str, int]:
        """Write the file of a client, plain when ``passphrase`` is None; returns rows by table.

        Raises InputRefused (no such client, the file exists), KnownError (disk full); nothing is left then.
        """
        if passphrase is not None:
            keys.check_passphrase(passphrase)
        refuse_existing(out)
        with self._vault.read() as db:
            client = named(db, name)
            content = records.everything(db, client.id)
            sequence, head = audit.head(db)
        content["audit_head"] = {"sequence": sequence, "hash": head}
        archive = _archive(client, content, self._now())
        with self._vault.write() as db:
            kind = "client exported"
            audit.append(db, kind, self._now(), client=client.id, plain=int(passphrase is None), role=role)
            write_atomically(out, archive if passphrase is None else sealed(archive, passphrase))
        return {table: len(rows) for table, rows in content.items() if isinstance(rows, list)}


def refuse_existing(out: Path) -> None:
    """An export overwrites nothing. Raises InputRefused."""
    if out.exists():
        raise InputRefused(said("{0} exists already.", out.name), said("Choose another name."))


def _archive(client: Client, content: dict[str, Any], at: float) -> bytes:
    person = {"name": client.name, "situation": client.situation, "created_at": client.created_at}
    whole = {"format": 1, "exported_at": moment(at), "client": person, **content}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_JSON, json.dumps(whole, ensure_ascii=False, indent=1))
        archive.writestr(_HTML, _page(whole))
    return buffer.getvalue()


def _page(whole: dict[str, Any]) -> str:
    source = (resources_dir() / "export" / "client.html.j2").read_text(encoding="utf8")
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    environment.filters["moment"] = moment
    by_session = _grouped(whole["turns"], "session_id")
    by_turn = {table: _grouped(whole[table], "turn_id") for table in ("drafts", "decisions", "dispositions")}
    return environment.from_string(source).render(whole, by_session=by_session, by_turn=by_turn)


def _grouped(rows: list[dict[str, Any]], key: str) -> dict[int, list[dict[str, Any]]]:
    groups: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row[key], []).append(row)
    return groups


def moment(at: float) -> str:
    """UTC seconds as ISO 8601, to the second."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


# Encryption -----------------------------------------------------------------------------


def sealed(content: bytes, passphrase: str) -> bytes:
    """The encrypted file (takes about 0.3 s)."""
    cost, salt = Argon2Parameters(), crypto.new_salt()
    fields = {"format": 1, "salt": base64.b64encode(salt).decode(), "cost": asdict(cost)}
    header = json.dumps(fields, sort_keys=True).encode()
    head = MAGIC + len(header).to_bytes(4, "big") + header
    return head + crypto.wrap(content, crypto.passphrase_key(passphrase, salt, cost), head)


def opened_file(file: Path, passphrase: str) -> bytes:
    """The zip inside an encrypted file. Raises InputRefused (unreadable, damaged), WrongPassphrase."""
    try:
        data, name = file.read_bytes(), file.name
    except OSError as error:
        raise InputRefused(f"{file.name}: cannot be read ({error.strerror}).") from None
    start = len(MAGIC) + 4
    length = int.from_bytes(data[len(MAGIC) : start], "big")
    if not data.startswith(MAGIC) or not 0 < length <= _LARGEST_HEADER:
        raise InputRefused(f"{name} is not an encrypted client file.")
    head = data[: start + length]
    try:
        fields = json.loads(head[start:])
        cost, salt = Argon2Parameters(**fields["cost"]), base64.b64decode(fields["salt"], validate=True)
        cost.check()
        if fields["format"] != 1 or len(salt) != crypto.SALT_BYTES:
            raise ValueError
    except (ValueError, TypeError, KeyError, RecursionError):
        raise InputRefused(f"{name} is damaged or from a newer version.") from None
    try:
        return crypto.unwrap(data[len(head) :], crypto.passphrase_key(passphrase, salt, cost), head)
    except (CannotOpen, UnicodeEncodeError):
        raise WrongPassphrase("That is not the passphrase of this file, or the file was changed.") from None
