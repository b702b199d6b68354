"""Old vaults open; a copy is put aside first."""

import shutil
from pathlib import Path

import pytest

from tfdesk.core.errors import BugError, KnownError
from tfdesk.core.paths import Paths
from tfdesk.services.access import Access
from tfdesk.services.consent import Consents
from tfdesk.services.sessions import Sessions
from tfdesk.store import schema
from tfdesk.store.crypto import new_key
from tfdesk.store.vault import Vault

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture
def old(tmp_path):
    """A vault that version 1 of the tables wrote, with one client in it; its passphrase is "one horse"."""
    shutil.copyfile(DATA / "vault-1.db", tmp_path / "vault.db")
    shutil.copyfile(DATA / "vault-1.keys.json", tmp_path / "vault.keys.json")
    access = Access(Paths.default(tmp_path))
    yield access
    access.lock()


def test_a_vault_of_version_1_opens_whole_and_takes_the_new_tables(old):
    before = old.paths.vault_file.read_bytes()
    vault = old.unlock("one horse")
    vault.check()
    (client,) = Sessions(vault).clients("extra shift")
    assert client.name == "Marta K."
    assert [turn.approved for turn in Sessions(vault).turns(1)] == [False, True]
    Consents(vault).record("Marta K.", "training", True, "supervisor")
    assert Consents(vault).allowed(client.id, "training")
    (copy,) = schema.kept_copies(old.paths.vault_file)
    assert (copy.name, copy.read_bytes()) == ("vault.db.version-1", before)
    assert copy.stat().st_mode & 0o077 == 0


def test_a_vault_of_version_2_opens_whole_and_takes_the_new_tables(tmp_path):
    shutil.copyfile(DATA / "vault-2.db", tmp_path / "vault.db")
    shutil.copyfile(DATA / "vault-2.keys.json", tmp_path / "vault.keys.json")
    access = Access(Paths.default(tmp_path))
    vault = access.unlock("two horses", "supervisor")
    vault.check()
    assert [client.name for client in Sessions(vault).clients("extra shift")] == ["Marta K."]
    assert Consents(vault).allowed(1, "training")
    assert [copy.name for copy in schema.kept_copies(access.paths.vault_file)] == ["vault.db.version-2"]
    access.lock()


def test_a_vault_of_this_version_is_not_copied(tmp_path):
    key = new_key()
    Vault.create(tmp_path / "vault.db", key).close()
    Vault.open(tmp_path / "vault.db", key).close()
    assert schema.kept_copies(tmp_path / "vault.db") == []


def test_without_room_for_the_copy_the_old_vault_stays_as_it_is(old, monkeypatch):
    def full(*_):
        raise KnownError("no room")

    monkeypatch.setattr(schema, "write_atomically", full)
    before = old.paths.vault_file.read_bytes()
    with pytest.raises(KnownError, match="no room"):
        old.unlock("one horse")
    assert old.paths.vault_file.read_bytes() == before
    monkeypatch.undo()
    old.unlock("one horse").check()


@pytest.mark.parametrize("sql", ["UPDATE consents SET granted = 1", "DELETE FROM consents"])
def test_the_consent_ledger_refuses_changes(old, sql):
    vault = old.unlock("one horse")
    Consents(vault).record("Marta K.", "care", False, "therapist")
    with pytest.raises(BugError), vault.write() as db:
        db.run(sql)
    with vault.write() as db:  # and leaves together with its client
        db.run("DELETE FROM clients")
        assert db.rows("SELECT * FROM consents") == []


def test_beginnings_of_words_are_indexed_in_an_older_vault_too(old):
    """Searching at every key would else gather every message with a word that begins so."""
    vault = old.unlock("one horse")
    with vault.read() as db:
        assert db.rows("SELECT rowid FROM turn_words WHERE turn_words MATCH '\"ex\"*'") == [(1,)]
        (made,) = db.rows("SELECT sql FROM sqlite_master WHERE name = 'turn_words'")
    assert "prefix = '1 2 3 4'" in made[0]
