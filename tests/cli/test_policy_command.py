"""``tfdesk policy``: only the supervisor's key decides; what nobody signed hides emotions."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest

from tfdesk.core.errors import WrongPassphrase
from tfdesk.services import policies
from tfdesk.services.access import Access
from tfdesk.services.policies import EmotionPolicy
from tfdesk.store import decisions


@pytest.fixture
def supervised(vault):
    """A vault with a supervisor; passphrase "two horses"."""
    access = Access(vault.paths)
    access.unlock("one horse")
    access.set_passphrase("two horses", "supervisor")
    access.lock()
    return vault


SUPERVISOR = ("--role", "supervisor")


def test_without_a_decision_emotions_are_shown(supervised):
    told = supervised.json("policy", "show", phrase="one horse")
    assert told == {"emotion": "on", "decided_at": None, "signed_by": None}


def test_the_supervisor_switches_emotions_off_and_on_and_the_log_verifies(supervised):
    off = supervised.json("policy", "emotion", "off", *SUPERVISOR, phrase="two horses")
    assert off["emotion"] == "off"
    assert off["signed_by"]
    assert supervised.json("policy", "show", phrase="one horse") == off
    on = supervised.json("policy", "emotion", "on", *SUPERVISOR, phrase="two horses")
    assert on["emotion"] == "on"
    assert supervised.json("audit", "verify", phrase="one horse")["whole"]


def test_the_therapist_decides_nothing(supervised):
    said = supervised.refused("policy", "emotion", "off", phrase="one horse")
    assert "Only a supervisor" in said


def test_the_wrong_passphrase_decides_nothing(supervised):
    access = Access(supervised.paths)
    access.unlock("one horse")
    with pytest.raises(WrongPassphrase):
        policies.decide(access, "three horses", shown=False)
    assert policies.emotion_shown(access.vault)
    access.lock()


@pytest.mark.parametrize(
    "forge",
    [
        lambda made: json.dumps(asdict(replace(made, shown=True))),
        lambda made: json.dumps(asdict(replace(made, shown=True, signature="", public=""))),
        lambda made: json.dumps(asdict(EmotionPolicy(True, made.at))),
        lambda made: "{",
        lambda made: json.dumps({"shown": True}),
        lambda made: "[]",
    ],
)
def test_a_decision_that_no_supervisor_signed_hides(supervised, forge):
    access = Access(supervised.paths)
    access.unlock("one horse")
    made = policies.decide(access, "two horses", shown=False)
    with access.vault.write() as db:
        decisions.set_fact(db, "emotion policy", forge(made))
    assert not policies.emotion_shown(access.vault)
    access.lock()
