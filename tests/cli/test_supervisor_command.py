"""``tfdesk vault supervisor`` and ``vault slots``, and the models that a supervisor's key stands behind."""

import json

import pytest

from tests.cli.test_models_command import bundle_files, folder_of
from tfdesk.services.access import Access
from tfdesk.store import crypto, decisions


@pytest.fixture
def file_of(tmp_path):
    """A passphrase in a file."""

    def make(words):
        place = tmp_path / words.replace(" ", "-")
        place.write_text(words)
        return place

    return make


@pytest.fixture
def clinic(vault, file_of):
    """A vault with a supervisor; passphrases "one horse" and "two horses"."""
    told = vault.json(
        *("vault", "supervisor", "set", "--new-passphrase-file", file_of("two horses")), phrase="one horse"
    )
    assert len(told["key"]) == 39
    assert "paper" in told["note"]
    return vault


def slots(cli):
    return [(slot["kind"], slot["role"]) for slot in cli.json("vault", "slots")["slots"]]


def test_a_supervisor_is_set_once_changed_by_themselves_and_removed(clinic, file_of):
    both = [("passphrase", "therapist"), ("recovery", "therapist"), ("passphrase", "supervisor")]
    assert slots(clinic) == both
    change = ("vault", "supervisor", "change", "--new-passphrase-file", file_of("three horses"))
    again = ("vault", "supervisor", "set", "--new-passphrase-file", file_of("three horses"))
    assert "already" in clinic.refused(*again, phrase="one horse")
    clinic.refused(*change, phrase="one horse", code=3)
    before = clinic.json("vault", "slots", phrase="one horse")["keys"]
    assert [key["role"] for key in before] == ["therapist", "supervisor"]
    assert clinic.json(*change, phrase="two horses")["key"] == before[1]["key"]
    clinic.refused("vault", "supervisor", "remove", phrase="two horses", code=3)
    assert clinic.json("vault", "supervisor", "remove", phrase="three horses")["removed"]
    assert slots(clinic) == both[:2]
    assert "No supervisor passphrase" in clinic("vault", "slots")[1]
    assert "supervisor signs with" in clinic("vault", "slots", phrase="one horse")[1]
    assert "No supervisor" in clinic.refused("vault", "supervisor", "remove", phrase="three horses")


def test_two_passphrases_from_standard_input_are_refused(vault):
    words = ("vault", "supervisor", "set", "--new-passphrase-file", "-")
    assert "standard input" in vault.refused(*words, phrase="one horse")
    assert slots(vault) == [("passphrase", "therapist"), ("recovery", "therapist")]


@pytest.mark.parametrize("empty", ["", "   ", "\u3000"])
def test_an_empty_passphrase_sets_nobody(vault, tmp_path, empty):
    (tmp_path / "empty").write_text(empty)
    words = ("vault", "supervisor", "set", "--new-passphrase-file", tmp_path / "empty")
    assert "empty" in vault.refused(*words, phrase="one horse")
    assert slots(vault) == [("passphrase", "therapist"), ("recovery", "therapist")]


def test_without_a_vault_there_are_no_slots(cli):
    cli.refused("vault", "slots", code=3)


# Models -------------------------------------------------------------------------------------


@pytest.fixture
def promoted(clinic, tmp_path):
    """The id of a model that the supervisor signed off."""
    told = clinic.json("models", "import", folder_of(tmp_path / "ours", bundle_files()))
    words = ("models", "promote", told["id"], "--role", "supervisor")
    assert clinic.json(*words, phrase="two horses")["signed_by"] == supervisors_key(clinic)
    return told["id"]


def supervisors_key(cli):
    return cli.json("vault", "slots", phrase="one horse")["keys"][-1]["key"]


def model(cli, wanted):
    code, out, _ = cli("models", "list", "--json", phrase="one horse")  # a forged one is warned of on stderr
    assert code == 0
    return {m["id"]: m for m in json.loads(out)["models"]}[wanted]


def rewrite(cli, change):
    """As the therapist could, who has the vault's key: change the supervisor's records."""
    access = Access(cli.paths)
    with access.unlock("one horse").write() as db:
        for name in ("active model", "signed models"):
            value = json.loads(decisions.fact(db, name))
            for entry in [value] if isinstance(value, dict) else value:
                change(entry)
            decisions.set_fact(db, name, json.dumps(value))
    access.lock()


def unsigned(entry):
    entry.update(public="", signature="")


def backdated(entry):
    entry.update(at=entry["at"] - 86400)


def as_if_older_than_signatures(entry):
    unsigned(entry)
    backdated(entry)


def renamed(entry):
    entry.update(name="theirs")


def by_somebody_else(entry):
    seed = crypto.new_key()
    entry.update(public=crypto.public_key(seed), signature=crypto.sign(seed, b"x"))


@pytest.mark.parametrize(
    "change", [unsigned, backdated, as_if_older_than_signatures, renamed, by_somebody_else]
)
def test_a_sign_off_that_the_supervisors_key_did_not_make_is_told_and_not_used(clinic, promoted, change):
    assert (model(clinic, promoted)["state"], model(clinic, promoted)["active"]) == ("signed off", True)
    rewrite(clinic, change)
    assert (model(clinic, promoted)["state"], model(clinic, promoted)["active"]) == ("forged", False)
    clinic("models", "promote", promoted, "--role", "supervisor", phrase="two horses")
    assert (model(clinic, promoted)["state"], model(clinic, promoted)["active"]) == ("signed off", True)


def test_a_forged_sign_off_is_not_rolled_back_to(clinic, promoted):
    words = ("models", "promote", "starter", "--role", "supervisor")
    clinic.json(*words, phrase="two horses")
    access = Access(clinic.paths)
    with access.unlock("one horse").write() as db:
        before = json.loads(decisions.fact(db, "models before"))
        renamed(before[-1])
        decisions.set_fact(db, "models before", json.dumps(before))
    access.lock()
    told = clinic.refused("models", "rollback", "--role", "supervisor", phrase="two horses")
    assert "is missing, was changed" in told


def test_what_a_supervisor_signed_stays_signed_after_they_left(clinic, promoted):
    clinic.json("vault", "supervisor", "remove", phrase="two horses")
    assert (model(clinic, promoted)["state"], model(clinic, promoted)["active"]) == ("signed off", True)


def test_without_a_supervisor_nothing_is_promoted_and_that_is_said(vault, tmp_path):
    told = vault.json("models", "import", folder_of(tmp_path / "ours", bundle_files()))
    words = ("models", "promote", told["id"], "--role", "supervisor")
    assert "No supervisor passphrase" in vault.refused(*words, phrase="one horse")
