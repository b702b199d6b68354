"""The chain of decisions: changes are found, words are not in it."""

import pytest

from tfdesk.core.errors import BugError
from tfdesk.store import audit
from tfdesk.store.crypto import new_key
from tfdesk.store.vault import Vault


@pytest.fixture
def vault(tmp_path):
    vault = Vault.create(tmp_path / "vault.db", new_key())
    with vault.write() as db:
        for number in range(1, 5):
            assert audit.append(db, "approved", 1.0, "same words", turn=number) == number
    yield vault
    vault.close()


def test_an_untouched_chain_is_whole(vault):
    with vault.read() as db:
        assert audit.first_fault(db) is None


def test_neither_words_nor_equal_hashes_for_equal_words_are_kept(vault):
    with vault.read() as db:
        bodies = [row[0] for row in db.rows("SELECT body FROM audit")]
    assert not any("words" in body for body in bodies)
    assert len({body.split("text_sha256")[1] for body in bodies}) == 4


def test_a_fact_cannot_take_the_place_of_the_entrys_own_field(vault):
    with pytest.raises(ValueError, match="sequence"), vault.write() as db:
        audit.append(db, "approved", 1.0, sequence=9)


@pytest.mark.parametrize("sql", ["UPDATE audit SET body = '{}'", "DELETE FROM audit WHERE sequence = 2"])
def test_the_tables_refuse_changes(vault, sql):
    with pytest.raises(BugError), vault.write() as db:
        db.run(sql)


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("UPDATE audit SET body = replace(body, '\"turn\":2', '\"turn\":9') WHERE sequence = 2", 2),
        ("DELETE FROM audit WHERE sequence = 3", 3),
        ("UPDATE audit SET sequence = 9 WHERE sequence = 4", 4),
        ("UPDATE audit SET previous = hash WHERE sequence = 1", 1),
    ],
)
def test_a_change_behind_the_programs_back_is_found(vault, sql, fault):
    with vault.write() as db:
        db.run("DROP TRIGGER audit_is_append_only_update")
        db.run("DROP TRIGGER audit_is_append_only_delete")
        db.run("DELETE FROM audit_salts")
        db.run(sql)
    with vault.read() as db:
        assert audit.first_fault(db) == fault


def test_erasing_salts_leaves_the_chain_whole(vault):
    with vault.write() as db:
        db.run("DELETE FROM audit_salts")
    with vault.read() as db:
        assert audit.first_fault(db) is None
