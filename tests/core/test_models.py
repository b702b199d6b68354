"""The moves a draft can make, and the hash that binds an approval."""

import hashlib

import pytest

from tfdesk.core.errors import BugError
from tfdesk.core.models import DraftEvent, DraftState, advance, text_sha256


def test_an_offered_draft_can_go_everywhere_and_undo_brings_it_back():
    for event in (DraftEvent.APPROVE, DraftEvent.EDIT, DraftEvent.REJECT, DraftEvent.SUPERSEDE):
        assert advance(advance(DraftState.offered, event), DraftEvent.UNDO) is DraftState.offered


@pytest.mark.parametrize("state", [s for s in DraftState if s is not DraftState.offered])
def test_a_decided_draft_can_only_be_undone(state):
    for event in DraftEvent:
        if event is not DraftEvent.UNDO:
            with pytest.raises(BugError):
                advance(state, event)


def test_an_offered_draft_has_nothing_to_undo():
    with pytest.raises(BugError):
        advance(DraftState.offered, DraftEvent.UNDO)


def test_the_text_hash_is_sha256_of_utf8():
    assert text_sha256("grüß 🙂") == hashlib.sha256("grüß 🙂".encode()).hexdigest()
