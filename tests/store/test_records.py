"""Erasure reaches every page; the list of a client's tables is complete."""

import pytest

from tests.services.conftest import SCREENED, suggestion
from tests.store.pages import decrypted
from tfdesk.core.models import Disposition, RejectReason, Unsaved, text_sha256
from tfdesk.services.consent import Consents
from tfdesk.services.review import Review
from tfdesk.services.sessions import Sessions
from tfdesk.store import audit, records
from tfdesk.store.crypto import new_key
from tfdesk.store.vault import Vault
from trainer.events import Risk, Span

WORDS = (
    *("name", "situation", "message", "draft", "edited", "note", "own", "undone", "reason", "before"),
    "unsaved",
)
SENTINELS = {word: f"zq{word}sentinel" for word in WORDS}


@pytest.fixture
def vault(tmp_path):
    vault = Vault.create(tmp_path / "vault.db", new_key())
    yield vault
    vault.close()


def live(vault, name="zqnamesentinel"):
    """A client with something in every table; returns the client."""
    says, sessions, review = SENTINELS, Sessions(vault), Review(vault)
    client = sessions.add_client(name, says["situation"])
    session = sessions.latest_session(client.id)
    turn = sessions.add_client_turn(session.id, says["before"])
    sessions.edit_turn(turn.id, says["message"] + " word" * 3000)
    sessions.record_screening(turn.id, SCREENED, None)
    sessions.correct_emotion(turn.id, "shame")
    rows = review.save_drafts(turn.id, suggestion(says["draft"], says["draft"] + " two"))
    review.reject(rows[1].id, RejectReason.UNSAFE, says["note"])
    undone = review.approve_edited(rows[0].id, says["undone"])
    sessions.edit_turn(undone.id, says["undone"] + " again")
    review.approve_again(undone.id, text_sha256(says["undone"] + " again"))
    review.undo_last(session.id)
    review.approve_edited(rows[0].id, says["edited"])
    second = sessions.add_client_turn(session.id, says["message"] + " again")
    sessions.record_screening(second.id, Risk("hit", ("suicide",), (Span(2, 0, 3),)), None)
    review.dispose(second.id, Disposition.NOT_A_RISK, says["reason"])
    review.write_own(second.id, says["own"])
    Consents(vault).record(name, "care", True, "therapist")
    sessions.keep_unsaved(Unsaved(client.id, message=says["unsaved"], draft_id=rows[0].id, edit="edit"))
    return client


def found(vault, tmp_path):
    data = decrypted(tmp_path / "vault.db", vault._key)
    return {word for word in SENTINELS.values() if word.encode() in data or word[2:-2].encode() in data}


def test_the_search_finds_what_is_there(vault, tmp_path):
    live(vault)
    assert found(vault, tmp_path) >= {SENTINELS[word] for word in ("name", "message", "draft", "note", "own")}


def test_after_an_erasure_no_page_of_file_or_log_holds_a_word(vault, tmp_path):
    client = live(vault)
    other = Sessions(vault).add_client("Devon A.")
    Sessions(vault).add_client_turn(Sessions(vault).latest_session(other.id).id, "devonword stays")
    with vault.write() as db:
        counts = records.erase(db, client.id)
    records.sweep(vault)
    assert counts["turns"] == 4
    assert all(counts.values()), counts
    assert found(vault, tmp_path) == set()
    assert b"devonword" in decrypted(tmp_path / "vault.db", vault._key)
    assert (tmp_path / "vault.db-wal").stat().st_size == 0
    vault.check()
    assert [one.name for one in Sessions(vault).clients("devonword")] == ["Devon A."]
    with vault.read() as db:
        assert audit.first_fault(db) is None
        assert db.rows("SELECT * FROM audit_salts") == []


def test_without_the_sweep_closing_the_vault_is_enough(vault, tmp_path):
    client, key = live(vault), vault._key
    with vault.write() as db:
        records.erase(db, client.id)
    vault.close()
    data = decrypted(tmp_path / "vault.db", key)
    assert [word for word in SENTINELS.values() if word.encode() in data] == []


def test_the_salts_of_other_clients_stay(vault):
    erased, other = live(vault), live(vault, "Devon A.")
    with vault.write() as db:
        before = len(db.rows("SELECT * FROM audit_salts"))
        gone = records.erase(db, erased.id)["audit salts"]
        assert 0 < gone < before == gone + len(db.rows("SELECT * FROM audit_salts"))
        assert len(records.everything(db, other.id)["turns"]) == 4


def test_everything_of_a_client_is_read_and_nothing_of_another(vault):
    client = live(vault)
    with vault.read() as db:
        whole = records.everything(db, client.id)
    other = live(vault, "Devon A.")
    with vault.read() as db:
        assert records.everything(db, client.id) == whole
        assert {e["client"] for e in records.everything(db, other.id)["audit"] if "client" in e} == {other.id}
    assert all(whole.values())
    said = str(whole)
    assert all(SENTINELS[word] in said for word in ("message", "draft", "edited", "note", "own", "reason"))


def test_every_table_that_hangs_on_clients_is_read_and_counted(vault):
    with vault.read() as db:
        tables = [row[0] for row in db.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
        links = {table: {row[2] for row in db.rows(f"PRAGMA foreign_key_list({table})")} for table in tables}
        hanging, size = {"clients"}, 0
        while len(hanging) != size:
            size = len(hanging)
            hanging |= {table for table, parents in links.items() if parents & hanging}
        assert hanging == {"clients", *records.PARTS}
        for table, (columns, _) in records.PARTS.items():
            there = {row[1] for row in db.rows(f"PRAGMA table_info({table})")}
            assert there - set(columns) <= {"client_id"}, table
