"""A therapist's own figures."""

import pytest

from tests.services.conftest import SCREENED, suggestion
from tfdesk.core.models import RejectReason, text_sha256
from tfdesk.services.reliance import DAYS, FEWEST, OverReliance, Reliance


class Clock:
    def __init__(self):
        self.at = 1_000_000.0

    def __call__(self):
        return self.at


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def decide(sessions, review, clock):
    """Answers one message after ``seconds``."""
    session = sessions.latest_session(sessions.add_client("Marta K.").id)

    def _decide(kind, seconds):
        turn = sessions.add_client_turn(session.id, "I said yes again")
        sessions.record_screening(turn.id, SCREENED, None)
        rows = review.save_drafts(turn.id, suggestion("one", "two"))
        clock.at += seconds
        if kind == "rejected":
            review.reject(rows[1].id, RejectReason.UNSAFE)
        elif kind == "approved":
            review.approve(rows[0].id, text_sha256("one"))
        elif kind == "edited":
            review.approve_edited(rows[0].id, "one and more")
        else:
            review.write_own(turn.id, "own words")
        return session

    return _decide


def test_figures_count_what_stands_and_how_long_it_took(decide, vault, clock):
    for kind, seconds in (("approved", 2), ("approved", 40), ("approved", 9), ("edited", 30), ("own", 60)):
        decide(kind, seconds)
    decide("rejected", 5)
    figures = OverReliance(vault, now=clock).figures()
    assert figures == Reliance(unchanged=3, edited=1, own=1, rejected=1, quick=1, median_s=9.0)
    assert figures.replies == 5 < FEWEST
    assert not figures.enough


def test_an_undone_decision_and_one_of_long_ago_do_not_count(decide, review, vault, clock):
    session = decide("approved", 2)
    review.undo_last(session.id)
    decide("own", 2)
    clock.at += DAYS * 86_400 + 1
    assert OverReliance(vault, now=clock).figures() == Reliance(0, 0, 0, 0, 0, None)
