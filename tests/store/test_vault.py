"""The encrypted file: what opens it, what is refused, and what survives a kill."""

import sqlite3
import subprocess
import sys

import pytest

from tfdesk.core.errors import BugError, Locked, VaultDamaged, VaultMissing, VaultNewer
from tfdesk.store import schema
from tfdesk.store.crypto import new_key
from tfdesk.store.vault import Vault


@pytest.fixture
def key():
    return new_key()


@pytest.fixture
def file(tmp_path, key):
    """A closed vault with one fact in it."""
    place = tmp_path / "vault.db"
    vault = Vault.create(place, key)
    with vault.write() as db:
        db.run("INSERT INTO facts VALUES ('colour', 'green')")
    vault.close()
    return place


def _facts(vault):
    with vault.read() as db:
        return db.rows("SELECT * FROM facts")


def test_what_was_written_is_there_after_reopening(file, key):
    vault = Vault.open(file, key)
    assert _facts(vault) == [("colour", "green")]
    vault.check()
    vault.close()


def test_the_file_is_encrypted_from_its_first_byte(file):
    data = file.read_bytes()
    assert not data.startswith(b"SQLite format 3")
    assert b"colour" not in data
    assert b"CREATE TABLE" not in data


def test_connection_settings_are_the_ones_that_were_decided(file, key):
    vault = Vault.open(file, key)
    names = ("journal_mode", "synchronous", "secure_delete", "temp_store", "foreign_keys", "cipher_log_level")
    with vault.read() as db:
        found = {name: db.row(f"PRAGMA {name}")[0] for name in names}
        assert db.row("PRAGMA cipher_version")[0]
    vault.close()
    assert found.pop("cipher_log_level") in (0, "0", "NONE")
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "secure_delete": 1,
        "temp_store": 2,
        "foreign_keys": 1,
    }


def test_another_key_is_refused_in_a_sentence(file):
    with pytest.raises(VaultDamaged, match="key file"):
        Vault.open(file, new_key())


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_key_of_another_length_is_never_taken_as_a_passphrase(tmp_path, length):
    with pytest.raises(BugError, match="32 bytes"):
        Vault.create(tmp_path / "v.db", b"k" * length)


def test_a_plain_database_is_refused_and_left_alone(tmp_path, key):
    place = tmp_path / "vault.db"
    plain = sqlite3.connect(place)
    plain.execute("CREATE TABLE clients (name)")
    plain.commit()
    plain.close()
    before = place.read_bytes()
    with pytest.raises(VaultDamaged, match="without encryption"):
        Vault.open(place, key)
    assert place.read_bytes() == before


@pytest.mark.parametrize("left", [0, 100, 5000])
def test_a_file_cut_short_is_refused(file, key, left):
    file.write_bytes(file.read_bytes()[:left])
    with pytest.raises(VaultDamaged):
        Vault.open(file, key)


def test_a_flipped_bit_is_found(file, key):
    data = bytearray(file.read_bytes())
    data[5000] ^= 1
    file.write_bytes(data)
    with pytest.raises(VaultDamaged):  # on opening or on reading, depending on the page
        Vault.open(file, key).check()


def test_a_missing_file_is_not_made_by_opening(tmp_path, key):
    with pytest.raises(VaultMissing):
        Vault.open(tmp_path / "vault.db", key)
    assert list(tmp_path.iterdir()) == []


def test_a_vault_from_a_newer_version_is_refused_and_unchanged(file, key):
    vault = Vault.open(file, key)
    with vault.write() as db:
        db.run(f"PRAGMA user_version = {schema.VERSION + 1}")
    vault.close()
    before = file.read_bytes()
    with pytest.raises(VaultNewer, match="newer version"):
        Vault.open(file, key)
    assert file.read_bytes() == before


def test_a_block_that_raises_leaves_nothing(file, key):
    vault = Vault.open(file, key)
    with pytest.raises(ZeroDivisionError), vault.write() as db:  # noqa: PT012
        db.run("INSERT INTO facts VALUES ('a', 'b')")
        raise ZeroDivisionError
    assert len(_facts(vault)) == 1
    with vault.write() as db:  # and the next one works
        db.run("INSERT INTO facts VALUES ('a', 'b')")
    assert len(_facts(vault)) == 2
    vault.close()


def test_a_closed_vault_says_that_it_is_locked(file, key):
    vault = Vault.open(file, key)
    vault.close()
    vault.close()
    for use in (lambda: _facts(vault), lambda: vault.sub_key("x"), lambda: vault.write().__enter__()):
        with pytest.raises(Locked):
            use()


def test_errors_of_the_database_never_quote_what_was_searched(file, key):
    vault = Vault.open(file, key)
    with pytest.raises(BugError) as error, vault.read() as db:
        db.rows("SELECT rowid FROM turn_words WHERE turn_words MATCH ?", '"my secret')
    assert "secret" not in str(error.value)
    assert error.value.__context__ is None or error.value.__suppress_context__
    vault.close()


def test_closing_leaves_no_write_ahead_log(file, key):
    vault = Vault.open(file, key)
    with vault.write() as db:
        db.run("INSERT INTO facts VALUES ('a', 'b')")
    vault.close()
    assert [f.name for f in file.parent.iterdir()] == ["vault.db"]


def test_other_tables_are_made_by_a_migration_that_is_whole_or_absent(file, key, monkeypatch):
    steps, broken = schema.STEPS, "CREATE TABLE extra (a TEXT);\nCREATE TABLE extra (a TEXT);\n"
    monkeypatch.setattr(schema, "STEPS", (*steps, broken))
    monkeypatch.setattr(schema, "VERSION", schema.VERSION + 1)
    with pytest.raises(BugError):
        Vault.open(file, key)
    monkeypatch.setattr(schema, "STEPS", (*steps, "CREATE TABLE extra (a TEXT);\n"))
    vault = Vault.open(file, key)
    with vault.read() as db:
        assert db.rows("SELECT * FROM extra") == []
    vault.close()


WRITER = """
import sys
from pathlib import Path
from tfdesk.store.vault import Vault

vault = Vault.open(Path(sys.argv[1]), bytes.fromhex(sys.argv[2]))
number = int(sys.argv[3])
while True:
    with vault.write() as db:
        db.run("INSERT INTO facts VALUES (?, ?)", f"{number:06}", "x" * 2000)
        db.run("INSERT INTO facts VALUES (?, ?)", f"{number:06} pair", "y" * 2000)
    print(number, flush=True)
    number += 1
"""


def test_kill_9_in_the_middle_of_saves_loses_no_acknowledged_row(file, key):
    told = 0
    for round_number in range(6):
        command = [sys.executable, "-c", WRITER, str(file), key.hex(), str(told + 1)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        lines = []
        for line in child.stdout:
            lines.append(int(line))
            if len(lines) == 5 + 7 * round_number:
                child.kill()
        child.stdout.close()
        child.wait()
        vault = Vault.open(file, key)
        vault.check()
        with vault.read() as db:
            names = {row[0] for row in db.rows("SELECT name FROM facts")} - {"colour"}
        vault.close()
        acknowledged = {f"{n:06}" for n in range(1, lines[-1] + 1)}
        assert acknowledged <= names
        assert {f"{n} pair" for n in names if " " not in n} <= names  # no half transaction
        told = max(int(name.split()[0]) for name in names)
