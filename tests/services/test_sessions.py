"""Clients, sessions and turns."""

import pytest

from tests.services.conftest import HIT, SCREENED, suggestion
from tfdesk.core.errors import BugError, InputRefused
from trainer.events import Emotion, Risk, Span

SHAME = Emotion("shame", 0.6, {"shame": 0.6, "fear": 0.4}, False)


@pytest.fixture
def marta(sessions):
    return sessions.add_client("Marta K.", "Work stress: cannot say no")


@pytest.fixture
def session(sessions, marta):
    return sessions.latest_session(marta.id)


def test_a_new_client_has_one_empty_session_and_waits_for_nothing(sessions, marta):
    assert (marta.name, marta.situation, marta.awaiting, marta.last_text) == (
        "Marta K.",
        "Work stress: cannot say no",
        False,
        "",
    )
    assert [s.number for s in sessions.sessions(marta.id)] == [1]


@pytest.mark.parametrize("name", ["", " \n", "a\0b", "x" * 201, "MARTA k."])
def test_a_name_that_cannot_be_kept_is_refused_and_nothing_is_added(sessions, marta, name):
    with pytest.raises(InputRefused):
        sessions.add_client(name)
    assert len(sessions.clients()) == 1


def test_turns_come_back_in_order_with_their_text_unchanged(sessions, session):
    texts = ["first", "שלום 🙂 \u200b<b>x</b>", "a\nb", "y" * 50_000]
    for text in texts:
        sessions.add_client_turn(session.id, text)
    turns = sessions.turns(session.id)
    assert [t.text for t in turns] == texts
    assert [t.position for t in turns] == [0, 1, 2, 3]
    assert {(t.speaker, t.origin, t.risk, t.emotion) for t in turns} == {("client", "typed", None, None)}


@pytest.mark.parametrize("text", ["", " ", "a\0", "\ud800", "x" * 1_000_001])
def test_a_message_that_cannot_be_kept_is_refused_without_quoting_it(sessions, session, text):
    with pytest.raises(InputRefused) as refused:
        sessions.add_client_turn(session.id, text)
    assert "xx" not in refused.value.line()
    assert sessions.turns(session.id) == []


def test_clients_who_wait_come_first_then_the_newest(sessions, review, marta, session):
    devon = sessions.add_client("Devon A.")
    ruben = sessions.add_client("Ruben S.")
    first = sessions.add_client_turn(session.id, "hello")
    sessions.add_client_turn(sessions.latest_session(devon.id).id, "hi")
    assert [c.name for c in sessions.clients()] == ["Devon A.", "Marta K.", "Ruben S."]
    review.write_own(first.id, "Good morning.")
    listed = sessions.clients()
    assert [(c.name, c.awaiting) for c in listed] == [
        ("Devon A.", True),
        ("Marta K.", False),
        ("Ruben S.", False),
    ]
    assert listed[1].last_text == "Good morning."
    assert ruben.last_at == ruben.created_at


def test_search_finds_names_situations_and_words_of_messages(sessions, marta, session):
    sessions.add_client("Devon A.")
    sessions.add_client_turn(session.id, "My daughter took her Schwimmtäsche upstairs")
    for found in ("mart", "SAY NO", "daughter", "daugh upst", "schwimmtasche"):
        assert [c.id for c in sessions.clients(found)] == [marta.id]
    assert sessions.clients("daughter downstairs") == []


@pytest.mark.parametrize(
    "text", ['"', "*", "NEAR(", "a AND", "-", "text:", "(", "^", "'", "\0", "🙂", "²", "NOT"]
)
def test_search_takes_any_characters(sessions, marta, session, text):
    sessions.add_client_turn(session.id, "words")
    assert sessions.clients(text) in ([], sessions.clients())


def test_an_edited_message_is_found_by_its_new_words_only(sessions, session):
    turn = sessions.add_client_turn(session.id, "before")
    sessions.edit_turn(turn.id, "after")
    assert len(sessions.clients("after")) == 1
    assert sessions.clients("before") == []


def test_a_new_session_is_numbered_and_an_empty_one_is_used_again(sessions, marta, session):
    assert sessions.new_session(marta.id) == session
    sessions.add_client_turn(session.id, "hello")
    second = sessions.new_session(marta.id)
    assert second.number == 2
    assert sessions.latest_session(marta.id) == second


def test_the_dialogue_is_the_whole_history_up_to_that_session(sessions, review, marta, session):
    turn = sessions.add_client_turn(session.id, "one")
    review.write_own(turn.id, "two")
    second = sessions.new_session(marta.id)
    sessions.add_client_turn(second.id, "three")
    dialogue = sessions.dialogue(second.id)
    assert [(t.speaker, t.text) for t in dialogue.turns] == [
        ("client", "one"),
        ("therapist", "two"),
        ("client", "three"),
    ]
    assert dialogue.context == "Work stress: cannot say no"
    assert [t.text for t in sessions.dialogue(session.id).turns] == ["one", "two"]


def test_only_a_corrected_emotion_is_a_label_of_the_dialogue(sessions, session):
    turn = sessions.add_client_turn(session.id, "one")
    sessions.record_screening(turn.id, SCREENED, SHAME)
    assert sessions.dialogue(session.id).turns[0].emotion is None
    sessions.correct_emotion(turn.id, "anger")
    assert sessions.dialogue(session.id).turns[0].emotion == "anger"
    stored = sessions.turns(session.id)[0]
    assert (stored.emotion, stored.corrected_emotion) == (SHAME, "anger")
    sessions.correct_emotion(turn.id, None)
    assert sessions.turns(session.id)[0].corrected_emotion is None


def test_a_later_screening_adds_to_a_hit_and_never_removes_it(sessions, session):
    turn = sessions.add_client_turn(session.id, "I gave it away")
    sessions.record_screening(turn.id, HIT, None)
    sessions.record_screening(turn.id, SCREENED, SHAME)
    sessions.record_screening(turn.id, Risk("hit", ("self-harm",), (Span(0, 0, 1),)), None)
    sessions.record_screening(turn.id, Risk("unscreened"), None)
    stored = sessions.turns(session.id)[0]
    assert stored.risk == Risk("hit", ("suicide", "self-harm"), (Span(0, 2, 6), Span(0, 0, 1)))
    assert stored.risk_open
    assert stored.emotion == SHAME


def test_an_unscreened_turn_can_be_screened_later(sessions, session):
    turn = sessions.add_client_turn(session.id, "hello")
    sessions.record_screening(turn.id, Risk("unscreened"), None)
    sessions.record_screening(turn.id, SCREENED, None)
    assert sessions.turns(session.id)[0].risk == SCREENED


def test_editing_a_message_forgets_what_was_found_in_the_old_words(sessions, review, session):
    turn = sessions.add_client_turn(session.id, "hello")
    sessions.record_screening(turn.id, SCREENED, SHAME)
    sessions.correct_emotion(turn.id, "anger")
    review.save_drafts(turn.id, suggestion("a", "b"))
    sessions.edit_turn(turn.id, "hello you")
    stored = sessions.turns(session.id)[0]
    assert (stored.text, stored.risk, stored.emotion, stored.corrected_emotion) == (
        "hello you",
        None,
        None,
        None,
    )
    assert review.drafts(turn.id) == []
    assert len(review.drafts(turn.id, 1)) == 2  # the history keeps them


def test_editing_a_message_with_an_open_hit_keeps_the_hit(sessions, review, session):
    turn = sessions.add_client_turn(session.id, "I gave it away")
    sessions.record_screening(turn.id, HIT, None)
    sessions.edit_turn(turn.id, "harmless")
    assert review.open_risk(session.id).risk == Risk("hit", ("suicide",))


def test_editing_to_the_same_words_changes_nothing(sessions, session):
    turn = sessions.add_client_turn(session.id, "hello")
    sessions.record_screening(turn.id, SCREENED, SHAME)
    sessions.edit_turn(turn.id, "hello")
    assert sessions.turns(session.id)[0].risk == SCREENED


def test_screening_a_therapists_turn_is_our_bug(sessions, review, session):
    turn = sessions.add_client_turn(session.id, "hello")
    reply = review.write_own(turn.id, "hi")
    with pytest.raises(BugError):
        sessions.record_screening(reply.id, SCREENED, None)


def test_the_sample_clinic_loads_once_and_leaves_clients_waiting(sessions):
    sessions.load_sample_clinic()
    sessions.load_sample_clinic()
    clients = sessions.clients()
    assert len(clients) == 4
    assert sum(c.awaiting for c in clients) == 3
    for client in clients:
        assert len(sessions.sessions(client.id)) == (1 if client.name == "Nina P." else 3)
        times = [t.at for s in sessions.sessions(client.id) for t in sessions.turns(s.id)]
        assert times == sorted(times)
        assert times[-1] < 1_000_100  # not in the future of the clock that was given
        assert client.situation
