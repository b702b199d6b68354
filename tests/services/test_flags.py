"""A therapist marks a message that no screen marked."""

import json

import pytest

from tests.services.conftest import HIT, SCREENED, suggestion
from tfdesk.core.errors import AlreadyDecided, InputRefused, RiskOpen
from tfdesk.core.models import FLAGGED, Disposition, DraftState
from tfdesk.services.flags import Flags


@pytest.fixture
def flags(vault, clock):
    return Flags(vault, now=clock)


@pytest.fixture
def session(sessions):
    return sessions.latest_session(sessions.add_client("Marta K.").id)


def entries(vault):
    with vault.read() as db:
        return [json.loads(body) for (body,) in db.rows("SELECT body FROM audit ORDER BY sequence")]


def test_a_flag_is_a_hit_over_all_the_words_and_stops_drafting(flags, sessions, review, session, vault):
    sessions.add_client_turn(session.id, "before")
    turn = sessions.add_client_turn(session.id, "I gave it all away")
    sessions.record_screening(turn.id, SCREENED, None)
    [draft] = review.save_drafts(turn.id, suggestion("one"))
    assert flags.flag(turn.id) is True
    risk = review.open_risk(session.id).risk
    assert risk.categories == (FLAGGED,)
    assert [(s.where, s.start, s.end) for s in risk.spans] == [(1, 0, len("I gave it all away"))]
    assert review.drafts(turn.id, 1)[0].state is DraftState.superseded
    with pytest.raises(RiskOpen):
        review.save_drafts(turn.id, suggestion("two"))
    last = entries(vault)[-1]
    assert (last["kind"], last["turn"], last["missed"]) == ("risk flagged", turn.id, 1)
    assert draft.id == 1


def test_a_message_that_was_never_screened_was_not_missed(flags, sessions, session, vault):
    turn = sessions.add_client_turn(session.id, "I gave it all away")
    assert flags.flag(turn.id) is False
    assert entries(vault)[-1]["missed"] == 0


def test_a_later_screening_does_not_take_the_flag_away(flags, sessions, review, session):
    turn = sessions.add_client_turn(session.id, "I gave it all away")
    flags.flag(turn.id)
    sessions.record_screening(turn.id, SCREENED, None)
    assert review.open_risk(session.id).id == turn.id
    review.dispose(turn.id, Disposition.CONTACTED)
    assert review.open_risk(session.id) is None
    flags.flag(turn.id)  # and it can be raised again
    assert review.open_risk(session.id).id == turn.id


def test_what_cannot_be_flagged_says_so(flags, sessions, review, session):
    turn = sessions.add_client_turn(session.id, "I gave it all away")
    sessions.record_screening(turn.id, HIT, None)
    with pytest.raises(AlreadyDecided):
        flags.flag(turn.id)
    reply = review.write_own(turn.id, "Are you safe?")
    with pytest.raises(InputRefused):
        flags.flag(reply.id)
