"""The clinic's protocol: its own file, else the standard one."""

import pytest

from tfdesk.services.protocols import Protocols


@pytest.fixture
def file(tmp_path):
    return tmp_path / "protocol.toml"


def test_without_a_file_of_the_clinic_the_standard_protocol_is_shown(file):
    protocols = Protocols(file)
    assert len(protocols.of(["suicide"]).questions) == 6
    assert protocols.of(["abuse"]).steps != protocols.of(["suicide"]).steps
    assert protocols.of(["marked by a person"]).steps == protocols.of([]).steps
    assert protocols.of(["self-harm"]).steps == protocols.of(["self_harm"]).steps


def test_the_clinics_own_lines_take_its_place_at_once(file):
    protocols = Protocols(file)
    file.write_text('steps = ["Call Ana."]\ncontacts = ["Ana: ext. 40"]\n[suicide]\nsteps = ["Call Ben."]\n')
    assert protocols.of(["harm to others"]).steps == ("Call Ana.",)
    suicide = protocols.of(["suicide"])
    assert (suicide.steps, suicide.contacts, suicide.notice) == (("Call Ben.",), ("Ana: ext. 40",), "")


@pytest.mark.parametrize(
    "text", ["steps = [", "", 'steps = "one"', "steps = [1]", 'steps = ["a"]\n[abuse]\nquestions = 3']
)
def test_a_damaged_file_shows_the_standard_protocol_and_says_so(file, text):
    file.write_text(text)
    shown = Protocols(file).of(["suicide"])
    assert "protocol.toml cannot be read" in shown.notice
    assert len(shown.steps) == 4
