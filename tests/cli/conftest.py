"""The command line in this process, on a real vault in a folder of its own."""

from __future__ import annotations

import io
import json
import logging
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tfdesk.cli import main
from tfdesk.core.log import RedactingFormatter
from tfdesk.core.paths import Paths
from tfdesk.services import client_file
from tfdesk.services.access import Access
from tfdesk.services.sessions import Sessions
from tfdesk.store import keys
from tfdesk.store.crypto import Argon2Parameters

PASSPHRASE = "one horse"


@pytest.fixture
def cheap(monkeypatch):
    """Passphrases that are quick to derive: their cost has its own tests."""
    for module in (keys, client_file):
        monkeypatch.setattr(module, "Argon2Parameters", _cheap)


def _cheap(memory_kib: int = 64, iterations: int = 1, lanes: int = 1) -> Argon2Parameters:
    return Argon2Parameters(memory_kib, iterations, lanes)


@pytest.fixture
def paths(tmp_path):
    return Paths.default(tmp_path / "data")


@pytest.fixture
def phrase(tmp_path):
    """A file with the passphrase of the vault."""
    file = tmp_path / "phrase"
    file.write_text(PASSPHRASE + "\n")
    return file


@pytest.fixture
def desk(cheap, paths, phrase, capsys, monkeypatch):
    """Run a command on a vault that is there; returns (exit code, stdout, stderr)."""
    access = Access(paths)
    access.create(PASSPHRASE)
    access.lock()

    def run(*words, opens=True, typed=""):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(typed.encode())))
        secrets = ("--passphrase-file", str(phrase)) if opens else ()
        code = main(["--data-dir", str(paths.root), *map(str, words), *secrets])
        told = capsys.readouterr()
        return code, told.out, told.err

    yield run
    root = logging.getLogger()
    for handler in [h for h in root.handlers if isinstance(h.formatter, RedactingFormatter)]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(logging.WARNING)


@pytest.fixture
def told(desk):
    """Run a command that must succeed, and return its one JSON object."""

    def run(*words):
        code, out, err = desk(*words, "--json")
        assert code == 0, err
        assert len(out.splitlines()) == 1
        return json.loads(out)

    return run


@pytest.fixture
def unlocked(paths):
    """The vault as a service sees it, for the length of a ``with`` block's worth of code; locked after."""
    access = Access(paths)
    yield lambda: access.unlock(PASSPHRASE)
    access.lock()


@pytest.fixture
def talk(tmp_path):
    """A small conversation on disk."""
    file = tmp_path / "talk.txt"
    file.write_text("Client: I said yes again.\nTherapist: You wanted to say no.\nClient: I did.\n")
    return file


@dataclass
class Cli:
    """``cli("vault", "status")`` runs a command and returns (exit code, stdout, stderr)."""

    folder: Path
    capsys: Any
    monkeypatch: Any

    def __call__(self, *words: object, phrase: str | None = None) -> tuple[int, str, str]:
        """``phrase`` is what a person types into --passphrase-file -."""
        given = ["--data-dir", str(self.folder), *map(str, words)]
        self.capsys.readouterr()
        with self.monkeypatch.context() as patch:
            if phrase is not None:
                typed = SimpleNamespace(buffer=io.BytesIO(f"{phrase}\n".encode()))
                patch.setattr("sys.stdin", typed)
                given += ["--passphrase-file", "-"]
            code = main(given)
        told = self.capsys.readouterr()
        return code, told.out, told.err

    def json(self, *words: object, phrase: str | None = None) -> dict[str, Any]:
        """The object of a command that succeeds."""
        code, out, err = self(*words, "--json", phrase=phrase)
        assert code == 0, err
        assert err == ""
        value: dict[str, Any] = json.loads(out)
        return value

    def refused(self, *words: object, phrase: str | None = None, code: int = 2) -> str:
        """The one sentence of a command that must not succeed."""
        found, out, err = self(*words, phrase=phrase)
        assert (found, out) == (code, "")
        assert len(err.splitlines()) == 1
        assert err.startswith("tfdesk: ")
        return err

    @property
    def paths(self) -> Paths:
        return Paths.default(self.folder)

    def add_client(self, name: str, phrase: str = "one horse", messages: int = 1) -> None:
        """As the window would: a client with a conversation."""
        access = Access(self.paths)
        sessions = Sessions(access.unlock(phrase))
        where = sessions.latest_session(sessions.add_client(name).id)
        for number in range(messages):
            sessions.edit_turn(
                sessions.add_client_turn(where.id, f"message {number}").id, f"message {number} of {name}"
            )
        access.lock()

    def clients(self, phrase: str = "one horse") -> list[str]:
        access = Access(self.paths)
        try:
            return sorted(client.name for client in Sessions(access.unlock(phrase)).clients())
        finally:
            access.lock()

    def files(self) -> dict[str, bytes]:
        """Every byte of the vault's own files."""
        names = ("vault.db", "vault.db-wal", "vault.keys.json", "vault.keys.json.bak")
        return {name: (self.folder / name).read_bytes() for name in names if (self.folder / name).exists()}


@pytest.fixture
def cheap_argon(monkeypatch):
    monkeypatch.setattr(Argon2Parameters.__init__, "__defaults__", (64, 1, 1))


@pytest.fixture
def cli(tmp_path, capsys, monkeypatch, cheap_argon):
    root, before = logging.getLogger(), list(logging.getLogger().handlers)
    yield Cli(tmp_path / "data", capsys, monkeypatch)
    for handler in [h for h in root.handlers if h not in before]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(logging.WARNING)


@pytest.fixture
def vault(cli):
    """The command line with a vault in which one client is; passphrase "one horse"."""
    cli("vault", "create", phrase="one horse")
    cli.add_client("Marta K.")
    return cli
