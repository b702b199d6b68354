"""``tfdesk consent`` as a script sees it."""

import pytest

from tfdesk.services.consent import Consents
from tfdesk.services.sessions import Sessions
from tfdesk.store import audit


@pytest.fixture(autouse=True)
def marta(told, talk):
    told("import", talk, "--client", "Marta K.")


def test_nothing_is_allowed_until_it_is_granted(told, unlocked):
    assert told("consent", "show", "Marta K.")["consent"] == {"care": False, "training": False}
    vault = unlocked()
    (client,) = Sessions(vault).clients()
    assert not Consents(vault).allowed(client.id, "training")
    vault.close()
    assert told("consent", "grant", "marta k.", "--for", "training")["consent"]["training"] is True


def test_the_ledger_keeps_who_and_when_and_the_log_holds_it(told, desk, unlocked, phrase, paths):
    told("consent", "grant", "Marta K.", "--for", "training")
    told("consent", "grant", "Marta K.", "--for", "care")
    shown = told("consent", "revoke", "Marta K.", "--for", "training")
    assert [(e["for"], e["granted"], e["role"]) for e in shown["ledger"]] == [
        ("training", True, "therapist"),
        ("care", True, "therapist"),
        ("training", False, "therapist"),
    ]
    assert shown["consent"] == {"care": True, "training": False}
    assert "train again" in shown["notes"][0]
    vault = unlocked()
    (client,) = Sessions(vault).clients()
    assert Consents(vault).allowed(client.id, "care")
    assert not Consents(vault).allowed(client.id, "training")
    with vault.read() as db:
        bodies = [entry.body for entry in audit.entries(db)]
    assert sum("consent" in body for body in bodies) == 3
    assert not any("Marta" in body for body in bodies)


def test_the_supervisors_entries_bear_their_role(told, desk, phrase, tmp_path):
    second = tmp_path / "second"
    second.write_text("two horses")
    words = ("vault", "create", "--role", "supervisor", "--unlock-file", phrase, "--passphrase-file", second)
    assert desk(*words, opens=False)[0] == 0
    words = (
        "consent",
        "grant",
        "Marta K.",
        "--for",
        "training",
        "--role",
        "supervisor",
        "--passphrase-file",
        second,
    )
    assert desk(*words, opens=False)[0] == 0
    assert told("consent", "show")["clients"][0]["ledger"][0]["role"] == "supervisor"


def test_lines_for_people(desk):
    desk("consent", "grant", "Marta K.", "--for", "training")
    first, second = desk("consent", "show")[1].splitlines()
    assert first == "Marta K.: care no, training yes"
    assert second.endswith("granted for training (recorded by the therapist)")


@pytest.mark.parametrize(
    "words",
    [
        ("consent", "grant", "No One", "--for", "care"),
        ("consent", "show", "No One"),
        ("consent", "grant", "Marta K.", "--for", "marketing"),
        ("consent", "grant", "Marta K."),
        ("consent",),
    ],
)
def test_bad_input_ends_with_2_and_nothing_on_stdout(desk, words):
    code, out, err = desk(*words, opens="show" in words or "grant" in words)
    assert (code, out) == (2, "")
    assert err
