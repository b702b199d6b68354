"""The command line in this process, on a real vault in a folder of its own."""

from __future__ import annotations

import io
import json
import logging

import pytest

from tfdesk.cli import main
from tfdesk.core.log import RedactingFormatter
from tfdesk.core.paths import Paths
from tfdesk.services import client_file
from tfdesk.services.access import Access
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
