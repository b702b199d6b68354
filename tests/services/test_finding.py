"""Search over names and messages."""

import pytest

from tfdesk.services.finding import LONGEST, MOST_MESSAGES, Finder, excerpt


@pytest.fixture
def finder(vault, sessions):
    for name, texts in (
        ("Marta K.", ["I said yes to the extra shift", "My daughter took her Schwimmtäsche upstairs"]),
        ("Devon A.", ["the shift was long"]),
    ):
        client = sessions.add_client(name)
        for text in texts:
            sessions.add_client_turn(sessions.latest_session(client.id).id, text)
    return Finder(vault)


def test_messages_are_found_by_the_beginnings_of_their_words_newest_first(finder):
    found = finder.messages("shi")
    assert [(f.client_name, f.excerpt) for f in found] == [
        ("Devon A.", "the shift was long"),
        ("Marta K.", "I said yes to the extra shift"),
    ]
    assert [f.client_name for f in finder.messages("extra shift")] == ["Marta K."]
    assert len(finder.messages("schwimmtasche")) == 1


@pytest.mark.parametrize("search", ["", "  ", '"', "-", "NEAR(", "hift", "shift OR long"])
def test_what_is_no_word_of_a_message_finds_nothing(finder, search):
    assert finder.messages(search) == []


def test_clients_are_found_anywhere_in_their_name(finder):
    assert [c.name for c in finder.clients("ART")] == ["Marta K."]
    assert len(finder.clients("")) == 2


def test_no_more_messages_come_back_than_a_person_reads(finder, sessions):
    session = sessions.latest_session(sessions.add_client("Nora").id)
    for number in range(MOST_MESSAGES + 5):
        sessions.add_client_turn(session.id, f"lighthouse {number}")
    found = finder.messages("lighthouse")
    assert len(found) == MOST_MESSAGES
    assert found[0].excerpt == f"lighthouse {MOST_MESSAGES + 4}"


def test_an_excerpt_is_one_line_around_the_word_with_its_cuts_shown():
    text = "one\n" * 40 + "the lighthouse " + "two " * 80
    cut = excerpt(text, "light")
    assert "lighthouse" in cut
    assert cut.startswith("…one")
    assert cut.endswith("…")
    assert "\n" not in cut
    assert len(cut) <= LONGEST + 2
    assert excerpt("short", "x") == "short"
