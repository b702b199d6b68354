"""``tfdesk client retention``: a list first, erasure only on purpose, an audit entry each."""

import json
import time

import pytest

from tfdesk.core.settings import Settings, save_settings
from tfdesk.services.access import Access
from tfdesk.services.retention import Retention
from tfdesk.services.sessions import Sessions

DAY = 86400.0


def add(paths, name, days_ago, messages=1):
    """A client whose last message is so many days old; with no message, who was added then."""
    access = Access(paths)
    sessions = Sessions(access.unlock("one horse"), now=lambda: time.time() - days_ago * DAY)
    client = sessions.add_client(name)
    for number in range(messages):
        sessions.add_client_turn(sessions.latest_session(client.id).id, f"message {number}")
    access.lock()


def names(found):
    return [one["name"] for one in found]


@pytest.fixture
def clinic(desk, told, paths):
    """A vault with clients of several ages, the period 365 days."""
    for name, days in (("Long gone", 800), ("Gone", 366), ("Here", 364), ("Today", 0)):
        add(paths, name, days)
    add(paths, "Never wrote", 400, messages=0)
    save_settings(Settings(retention_days=365), paths.settings_file)
    return told


def erased(told, tmp_path, place="log.jsonl"):
    told("audit", "export", tmp_path / place)
    lines = [json.loads(line) for line in (tmp_path / place).read_text().splitlines()]
    bodies = [json.loads(line["body"]) for line in lines if "body" in line]
    return [body for body in bodies if body["kind"] == "client erased"]


def test_without_a_period_nothing_is_listed_and_nothing_erased(desk, paths):
    add(paths, "Long gone", 8000)
    for words in ((), ("--yes",)):
        code, out, err = desk("client", "retention", *words)
        assert (code, out) == (2, "")
        assert "retention_days" in err
    assert "Long gone" in desk("client", "list")[1]


def test_the_list_is_a_dry_run(clinic, desk, tmp_path):
    told = clinic("client", "retention")
    assert names(told["due"]) == ["Long gone", "Never wrote", "Gone"]
    assert told["erased"] == []
    assert "Nothing was erased" in desk("client", "retention")[1]
    assert len(clinic("client", "list")["clients"]) == 5
    assert erased(clinic, tmp_path) == []


def test_with_yes_each_is_erased_with_a_certificate_and_an_audit_entry(clinic, desk, tmp_path):
    ids = {one["name"]: one["id"] for one in clinic("client", "list")["clients"]}
    told = clinic("client", "retention", "--yes")
    gone = ["Long gone", "Never wrote", "Gone"]
    assert [made["client"] for made in told["erased"]] == gone
    assert [made["erased"]["turns"] for made in told["erased"]] == [1, 0, 1]
    assert sorted(names(clinic("client", "list")["clients"])) == ["Here", "Today"]
    entries = erased(clinic, tmp_path)
    assert [(entry["client"], entry["reason"]) for entry in entries] == [(ids[n], "retention") for n in gone]
    again = clinic("client", "retention", "--yes")
    assert (again["due"], again["erased"]) == ([], [])
    assert "No client has been silent for more than 365 days." in desk("client", "retention")[1]
    clinic("client", "erase", "Here", "--yes")
    assert erased(clinic, tmp_path, "later.jsonl")[-1]["reason"] == "request"


def test_a_locked_vault_lists_nobody(clinic, desk):
    code, out, _ = desk("client", "retention", "--yes", opens=False)
    assert (code, out) == (3, "")


def test_the_limit_itself_is_not_over(clinic, paths):
    access = Access(paths)
    vault = access.unlock("one horse")
    with vault.read() as db:
        last = db.row("SELECT max(at) FROM turns")[0]
    assert "Today" not in [c.name for c in Retention(access, 1, now=lambda: last + DAY).due()]
    assert "Today" in [c.name for c in Retention(access, 1, now=lambda: last + DAY + 1).due()]
    access.lock()
