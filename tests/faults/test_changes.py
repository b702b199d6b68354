"""Killed while the tables or the keys of a vault change."""

from __future__ import annotations

import os
import random
import shutil
import time

import pytest

from tests.cli.killed import Run
from tests.faults.tools import FORK, PASSPHRASE, ROOT, killed_at, texts, tries
from tfdesk.services.access import Access
from tfdesk.store import keys, schema
from tfdesk.store.crypto import new_key
from tfdesk.store.vault import Db, Vault, _connect

OLD = ROOT / "tests" / "data" / "vault-1.db"
SAID = "extra shift"  # in a message of the old vault


@pytest.fixture(scope="module")
def old_key():
    file = keys.read_key_file(OLD.with_name("vault-1.keys.json"))
    return keys.open_with_passphrase(file, PASSPHRASE, "therapist")


@pytest.fixture
def old(tmp_path):
    """Where a vault of version 1 lies; call it to put back the one that was never opened."""
    place = tmp_path / "vault.db"

    def fresh():
        for file in tmp_path.iterdir():
            file.unlink()
        return shutil.copyfile(OLD, place)

    return fresh


@pytest.fixture(scope="module")
def tables_of(tmp_path_factory):
    """The names in the schema of every version of the tables."""
    found = {}
    for version in range(1, schema.VERSION + 1):
        with pytest.MonkeyPatch.context() as earlier:
            earlier.setattr(schema, "STEPS", schema.STEPS[:version])
            earlier.setattr(schema, "VERSION", version)
            place, key = tmp_path_factory.mktemp("schema") / "vault.db", new_key()
            Vault.create(place, key).close()
        found[version] = _schema(place, key)[1]
    return found


def _schema(place, key):
    """Version and names of the tables, without bringing them up to date."""
    connection = _connect(place, key)
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        return version, {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    finally:
        connection.close()


def _old_or_new_and_whole(place, key, tables_of):
    """Look at a vault after a kill, open it, and return the version that the kill had left."""
    version, tables = _schema(place, key)
    assert tables == tables_of[version]
    copies = schema.kept_copies(place)
    assert version == 1 or copies, "the tables were changed before there was a copy"
    assert all(copy.read_bytes() == OLD.read_bytes() for copy in copies if copy.name.endswith("-1"))
    vault = Vault.open(place, key)
    assert any(SAID in text for text in texts(vault))
    vault.close()
    assert _schema(place, key)[0] == schema.VERSION
    return version


def _migrate(place, key):
    Vault.open(place, key)
    os.fsync(os.open(place, os.O_RDONLY))  # one more step, after the last change


def test_fault_02_killed_at_every_step_of_a_migration(old, old_key, tables_of, tell):
    steps = ((os, "fsync"), (os, "replace"), (Db, "run"), (Vault, "_version"))
    place, found = old(), []
    while killed_at(len(found) + 1, lambda: _migrate(place, old_key), *steps):
        found.append(_old_or_new_and_whole(place, old_key, tables_of))
        old()
    assert {1, schema.VERSION} <= set(found)
    tell(len(found), "old tables or new ones, nothing between; the copy was there before the first change")


@tries(quick=3, long=24)
def test_fault_02_killed_at_any_time_in_a_migration(old, old_key, tables_of, tell, tries):
    place = old()
    begun = time.monotonic()
    _migrate(place, old_key)
    whole, chance, found = time.monotonic() - begun, random.Random(2), []
    while len(found) < tries:
        child = FORK.Process(target=_migrate, args=(old(), old_key))
        child.start()
        child.join(whole * 1.2 * chance.random())
        if child.exitcode is None:
            child.kill()
            child.join()
            found.append(_old_or_new_and_whole(place, old_key, tables_of))
    tell(tries, "old tables or new ones, nothing between; every message there")


@tries(quick=3, long=24)
def test_fault_02_killed_at_any_time_while_the_data_key_changes(paths, session, tmp_path, tell, tries):
    (tmp_path / "phrase").write_text(PASSPHRASE)
    rekey = (paths.root, tmp_path / "phrase", "vault", "rekey", "--drop-other-slots")
    begun = time.monotonic()
    assert Run(0, *rekey).wait() == 0
    whole, chance, killed, keys_seen = time.monotonic() - begun, random.Random(2), 0, set()
    while killed < tries:
        run = Run(0, *rekey)
        if run.wait(whole * chance.random()) is None:
            run.kill()
            killed += 1
        access = Access(paths)
        vault = access.unlock(PASSPHRASE)
        texts(vault)
        assert access.anchoring.state in ("ok", "none")
        keys_seen.add(vault._key)
        access.lock()
    tell(tries, f"the old key or the new one opens the whole vault ({len(keys_seen)} keys seen)")
