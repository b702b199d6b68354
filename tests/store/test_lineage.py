"""Which run learned from whom: found by the client, mute once they are erased."""

import pytest

from tfdesk.store import lineage
from tfdesk.store.crypto import new_key
from tfdesk.store.vault import Vault


@pytest.fixture
def vault(tmp_path):
    vault = Vault.create(tmp_path / "vault.db", new_key())
    with vault.write() as db:
        lineage.record(db, 1, [1, 2])
        lineage.record(db, 2, [2])
        lineage.record(db, 5, [3])
    yield vault
    vault.close()


def test_only_the_runs_of_the_client_are_marked_and_once(vault):
    with vault.write() as db:
        assert lineage.withdrawn_runs(db) == set()
        assert lineage.withdraw(db, 2, 1.0) == (1, 2)
        assert lineage.withdraw(db, 2, 2.0) == ()
        assert lineage.withdraw(db, 9, 2.0) == ()
        assert lineage.withdrawn_runs(db) == {1, 2}
        assert lineage.last_run(db) == 5


def test_rows_of_one_client_look_unlike_and_a_forgotten_client_is_found_no_more(vault):
    with vault.write() as db:
        assert len({row[0] for row in db.rows("SELECT client FROM lineage")}) == 4
        lineage.withdraw(db, 2, 1.0)
        assert lineage.forget(db, 2) == 2
        assert lineage.forget(db, 2) == 0
        assert len(db.rows("SELECT 1 FROM lineage WHERE salt IS NULL")) == 2
        assert lineage.withdrawn_runs(db) == {1, 2}
        assert lineage.withdraw(db, 1, 1.0) == ()  # run 1 again, for another client: it was marked before
        assert lineage.withdraw(db, 3, 1.0) == (5,)
