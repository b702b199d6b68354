"""A whole chat on the clipboard."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfdesk.core.errors import InputRefused
from tfdesk.services.pasted import known_already, recognise

LABELLED = "Client: I said yes again.\nand again\nTherapist: What was that like?\nClient: Small."
WHATSAPP = (
    "[12/05/2024, 10:15:03] Marta: I said yes again.\n"
    "[12/05/2024, 10:16:10] Dr. Ley: What was that like?\n"
    "[12/05/2024, 10:17:44] Marta: Small.\nAnd tired."
)


@pytest.mark.parametrize("text", [LABELLED, WHATSAPP, LABELLED.replace("\n", "\r\n")])
def test_a_chat_is_recognised_with_who_is_who(text):
    chat = recognise(text)
    messages, skipped = chat.read(chat.guess("Marta K."))
    assert [m.speaker for m in messages] == ["client", "therapist", "client"]
    assert messages[1].text == "What was that like?"
    assert skipped == ()


def test_lines_without_a_name_belong_to_the_message_before():
    chat = recognise(WHATSAPP)
    messages, _ = chat.read(chat.guess("Marta K."))
    assert messages[-1].text == "Small.\nAnd tired."


@pytest.mark.parametrize(
    "text",
    [
        "",
        "one line",
        "Note to self: none",
        "two\nparagraphs, no names",
        "Mum: you never call\nMum: never",
        "a\n" * 9,
    ],
)
def test_a_single_message_is_left_alone(text):
    assert recognise(text) is None


def test_unknown_names_are_the_therapist_when_the_client_is_known_and_the_other_way_round():
    assert recognise("Anna: hi\nBen: hello").guess("Anna B.") == {"Anna": "client", "Ben": "therapist"}
    assert recognise("Me: hi\nBen: hello").guess("Zoe") == {"Me": "therapist", "Ben": "client"}


def test_a_person_can_be_left_out():
    chat = recognise("Client: hi\nBot: reminder\nTherapist: hello")
    messages, skipped = chat.read({"Client": "client", "Bot": "skip", "Therapist": "therapist"})
    assert [m.text for m in messages] == ["hi", "hello"]
    assert len(skipped) == 1


TURNS = st.lists(st.tuples(st.sampled_from(["client", "therapist"]), st.sampled_from("abc")), max_size=8)


@given(TURNS.filter(bool), TURNS)
def test_pasting_what_is_there_and_more_adds_exactly_what_is_new(known, new):
    assert known_already(known, [*known, *new]) == len(known)


@given(TURNS.filter(bool), st.integers(1, 8), TURNS)
def test_a_window_of_the_chat_is_recognised_too(known, size, new):
    """Only the latest turns were copied: at most they are taken for old, never more than they are."""
    window = known[-size:]
    assert 0 < known_already(known, [*window, *new]) <= len(window) + len(new)
    assert known_already(known, window) == len(window)


@given(TURNS)
def test_an_empty_conversation_knows_nothing(pasted):
    assert known_already([], pasted) == 0


def test_a_pasted_chat_is_added_whole_or_not_at_all(sessions):
    session = sessions.latest_session(sessions.add_client("Marta K.").id)
    chat = recognise(WHATSAPP)
    messages, _ = chat.read(chat.guess("Marta K."))
    sessions.add_turns(session.id, messages)
    assert [(t.speaker, t.position) for t in sessions.turns(session.id)] == [
        ("client", 0),
        ("therapist", 1),
        ("client", 2),
    ]
    bad = chat.read(chat.guess("Marta K."))[0]

    with pytest.raises(InputRefused):
        sessions.add_turns(session.id, [bad[0], replace(bad[1], text=" ")])
    assert len(sessions.turns(session.id)) == 3
