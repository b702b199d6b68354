"""The clock steps: back a day, over a change of summer time, past 2038. Order comes from numbers."""

from __future__ import annotations

import time

import pytest

from tests.faults.tools import PASSPHRASE, texts
from tests.services.conftest import SCREENED, suggestion
from tfdesk.core.models import text_sha256
from tfdesk.services.access import Access
from tfdesk.services.client_file import ClientFiles
from tfdesk.services.consent import Consents
from tfdesk.services.review import Review
from tfdesk.services.sessions import Sessions
from tfdesk.store import audit

NOW = 1_790_000_000.0
DAY = 24 * 3600.0
STEPS = {
    "back a day": (NOW, NOW - DAY),
    "back ten years": (NOW, NOW - 3650 * DAY),
    "summer time ends": (1_792_890_000.0, 1_792_890_000.0 - 3600),  # 25 October 2026, 01:00 UTC
    "summer time begins": (1_774_746_000.0, 1_774_746_000.0 + 3600),  # 29 March 2026
    "past 2038": (2**31 - 5.0, 2**31 + 5.0),
    "before 1970": (NOW, -5.0),
}


@pytest.fixture
def berlin(monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("step", STEPS)
def test_fault_24_a_clock_that_steps_changes_no_order(paths, session, berlin, tmp_path, tell, step):
    before, after = STEPS[step]
    clock = [before]
    access = Access(paths, clock=lambda: clock[0])
    vault = access.unlock(PASSPHRASE)
    sessions, review = Sessions(vault, now=lambda: clock[0]), Review(vault, now=lambda: clock[0])
    consents = Consents(vault, now=lambda: clock[0])
    consents.record("Marta K.", "training", True, "therapist")
    first = sessions.add_client_turn(session, "first")
    sessions.record_screening(first.id, SCREENED, None)
    rows = review.save_drafts(first.id, suggestion("second", "other"))
    clock[0] = after
    reply = review.approve(rows[0].id, text_sha256("second"))
    sessions.add_client_turn(session, "third")
    consents.record("Marta K.", "training", False, "therapist")
    other = sessions.add_client("Newer")
    assert [turn.text for turn in sessions.turns(session)] == ["first", "second", "third"]
    assert [turn.text for turn in sessions.dialogue(session).turns] == ["first", "second", "third"]
    assert reply.at == after
    assert not consents.allowed(sessions.clients("third")[0].id, "training")  # the later word
    assert [client.name for client in sessions.clients()] == ["Marta K.", "Newer"]
    assert sessions.client(other.id).created_at == after
    assert texts(vault) == {"first", "second", "third"}
    with vault.read() as db:
        assert [entry.sequence for entry in audit.entries(db)] == list(range(1, audit.head(db)[0] + 1))
    ClientFiles(vault, now=lambda: clock[0]).export("Marta K.", tmp_path / "out.zip", None, "therapist")
    assert (tmp_path / "out.zip").stat().st_size
    access.lock()
    again = Access(paths, clock=lambda: clock[0])
    again.unlock(PASSPHRASE)
    assert again.anchoring.state == "ok"
    again.lock()
    tell(1, "turns, consent and audit log keep their order; export and anchor work")
