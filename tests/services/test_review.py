"""Approving, editing, rejecting, undoing, and what a risk blocks."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.services.conftest import HIT, SCREENED, suggestion
from tfdesk.core.errors import AlreadyDecided, BugError, InputRefused, NothingToUndo, RiskOpen
from tfdesk.core.models import Disposition, DraftState, RejectReason, text_sha256
from tfdesk.store import audit
from tfdesk.store.vault import Vault
from trainer.events import Risk, Span


@pytest.fixture
def session(sessions):
    return sessions.latest_session(sessions.add_client("Marta K.").id)


@pytest.fixture
def turn(sessions, session):
    turn = sessions.add_client_turn(session.id, "I said yes again")
    sessions.record_screening(turn.id, SCREENED, None)
    return turn


@pytest.fixture
def drafts(review, turn):
    return review.save_drafts(turn.id, suggestion("one", "two words here", "three"))


def states(review, turn, version=None):
    return [row.state.value for row in review.drafts(turn.id, version)]


def test_saved_drafts_come_back_best_first_and_whole(review, turn, drafts):
    assert review.drafts(turn.id) == drafts
    assert [d.draft for d in drafts] == list(suggestion("one", "two words here", "three").drafts)
    assert [(d.version, d.rank) for d in drafts] == [(1, 0), (1, 1), (1, 2)]


def test_redrafting_supersedes_the_open_ones_and_keeps_them(review, turn, drafts):
    review.reject(drafts[0].id, RejectReason.TOO_GENERIC)
    review.save_drafts(turn.id, suggestion("four"))
    assert review.versions(turn.id) == 2
    assert [d.draft.text for d in review.drafts(turn.id)] == ["four"]
    assert states(review, turn, 1) == ["rejected", "superseded", "superseded"]


def test_approving_makes_the_reply_and_settles_the_others(review, sessions, session, turn, drafts):
    reply = review.approve(drafts[1].id, text_sha256("two words here"))
    assert (reply.speaker, reply.text, reply.strategy, reply.origin, reply.approved) == (
        "therapist",
        "two words here",
        "reflection",
        "drafted",
        True,
    )
    assert sessions.turns(session.id)[-1] == reply
    assert states(review, turn) == ["superseded", "approved", "superseded"]


def test_a_second_click_approves_nothing_more(review, sessions, session, drafts):
    review.approve(drafts[0].id, text_sha256("one"))
    for row in drafts:
        with pytest.raises(AlreadyDecided):
            review.approve(row.id, text_sha256(row.draft.text))
    assert len(sessions.turns(session.id)) == 2


def test_an_approval_of_another_text_is_refused(review, sessions, session, drafts):
    with pytest.raises(AlreadyDecided):
        review.approve(drafts[0].id, text_sha256("one."))
    assert len(sessions.turns(session.id)) == 1


def test_a_draft_for_an_older_message_cannot_be_approved(review, sessions, session, drafts):
    sessions.add_client_turn(session.id, "and another thing")
    with pytest.raises(AlreadyDecided, match="written since"):
        review.approve(drafts[0].id, text_sha256("one"))


def test_an_edited_approval_keeps_draft_edit_and_difference(review, turn, drafts):
    reply = review.approve_edited(drafts[1].id, "  two other words here ")
    assert (reply.text, reply.origin, reply.approved) == ("two other words here", "edited", True)
    assert states(review, turn) == ["superseded", "edited", "superseded"]
    assert review.drafts(turn.id)[1].draft.text == "two words here"
    parts = review.edit_diff(reply.id)
    assert [(p.kind, p.text) for p in parts] == [
        ("same", "two"),
        ("added", " other"),
        ("same", " words here"),
    ]


def test_an_edit_that_changes_nothing_is_an_approval(review, turn, drafts):
    reply = review.approve_edited(drafts[0].id, "one")
    assert reply.origin == "drafted"
    assert review.edit_diff(reply.id) == ()


@pytest.mark.parametrize("text", ["", "  ", "a\0"])
def test_an_edit_that_cannot_be_kept_is_refused(review, turn, drafts, text):
    with pytest.raises(InputRefused):
        review.approve_edited(drafts[0].id, text)
    assert states(review, turn) == ["offered"] * 3


def test_own_words_answer_once(review, sessions, session, turn, drafts):
    reply = review.write_own(turn.id, "Mine.")
    assert (reply.origin, reply.approved, reply.strategy) == ("own", True, None)
    with pytest.raises(AlreadyDecided):
        review.write_own(turn.id, "Mine.")
    assert len(sessions.turns(session.id)) == 2
    assert states(review, turn, 1) == ["superseded"] * 3


def test_a_rejected_draft_cannot_be_approved_until_that_is_undone(review, session, turn, drafts):
    review.reject(drafts[0].id, RejectReason.WRONG_TONE, "too cool")
    with pytest.raises(AlreadyDecided, match="rejected"):
        review.approve(drafts[0].id, text_sha256("one"))
    assert "Rejection" in review.undo_last(session.id)
    review.approve(drafts[0].id, text_sha256("one"))


def test_undo_takes_an_approval_back_and_opens_the_drafts_again(review, sessions, session, turn, drafts):
    review.reject(drafts[2].id, RejectReason.OFF_TOPIC)
    review.approve_edited(drafts[0].id, "one more")
    assert "edit" in review.undo_last(session.id)
    assert len(sessions.turns(session.id)) == 1
    assert states(review, turn) == ["offered", "offered", "rejected"]
    assert "Rejection" in review.undo_last(session.id)
    with pytest.raises(NothingToUndo):
        review.undo_last(session.id)


def test_undo_of_own_words_opens_the_newest_drafts_only(review, session, turn, drafts):
    review.save_drafts(turn.id, suggestion("four"))
    review.write_own(turn.id, "Mine.")
    review.undo_last(session.id)
    assert states(review, turn, 1) == ["superseded"] * 3
    assert states(review, turn, 2) == ["offered"]


def test_a_reply_the_client_has_answered_stays(review, sessions, session, drafts):
    review.approve(drafts[0].id, text_sha256("one"))
    sessions.add_client_turn(session.id, "thanks")
    with pytest.raises(NothingToUndo, match="written since"):
        review.undo_last(session.id)


def test_editing_an_approved_reply_voids_the_approval(review, sessions, session, drafts):
    reply = review.approve(drafts[0].id, text_sha256("one"))
    sessions.edit_turn(reply.id, "one, changed")
    changed = sessions.turns(session.id)[-1]
    assert (changed.text, changed.approved, changed.origin) == ("one, changed", False, "edited")
    with pytest.raises(NothingToUndo):  # the decision no longer stands
        review.undo_last(session.id)
    with pytest.raises(AlreadyDecided):
        review.approve_again(reply.id, text_sha256("one"))
    assert review.approve_again(reply.id, text_sha256("one, changed")).approved
    with pytest.raises(AlreadyDecided):
        review.approve_again(reply.id, text_sha256("one, changed"))
    assert [(p.kind, p.text) for p in review.edit_diff(reply.id)] == [
        ("removed", "one"),
        ("added", "one, changed"),
    ]


def test_drafts_of_a_message_that_was_edited_cannot_be_approved(review, sessions, session, turn, drafts):
    review.approve(drafts[0].id, text_sha256("one"))
    sessions.edit_turn(turn.id, "something else")
    review.undo_last(session.id)
    with pytest.raises(RiskOpen, match="screened"):
        review.approve(drafts[0].id, text_sha256("one"))


def test_withheld_drafts_are_never_saved(review, turn):
    answer = suggestion("one")
    for bad in (
        replace(answer, risk=HIT),
        replace(answer, risk=Risk("unscreened")),
        replace(answer, withheld="risk"),
    ):
        with pytest.raises(BugError):
            review.save_drafts(turn.id, bad)
    assert review.versions(turn.id) == 0


def test_drafts_that_come_after_the_reply_are_not_kept(review, turn):
    review.write_own(turn.id, "Mine.")
    with pytest.raises(AlreadyDecided):
        review.save_drafts(turn.id, suggestion("late"))
    assert review.versions(turn.id) == 0


def test_a_failure_in_the_middle_of_saving_keeps_no_draft(review, turn):
    broken = suggestion("one", "two")
    reward = replace(broken.drafts[1].reward, components=None)
    broken = replace(broken, drafts=(broken.drafts[0], replace(broken.drafts[1], reward=reward)))
    with pytest.raises(AttributeError):
        review.save_drafts(turn.id, broken)
    assert review.versions(turn.id) == 0
    assert review.drafts(turn.id) == []


# Risk -----------------------------------------------------------------------------------


def test_an_open_risk_blocks_drafts_and_approvals_but_not_own_words(review, sessions, session, turn, drafts):
    sessions.record_screening(turn.id, HIT, None)
    with pytest.raises(RiskOpen):
        review.approve(drafts[0].id, text_sha256("one"))
    with pytest.raises(RiskOpen):
        review.save_drafts(turn.id, suggestion("four"))
    review.write_own(turn.id, "I am calling you now.")
    assert review.open_risk(session.id).id == turn.id


def test_a_risk_stays_open_across_replies_messages_and_sessions(review, sessions, session, turn):
    sessions.record_screening(turn.id, HIT, None)
    review.write_own(turn.id, "Are you safe?")
    sessions.add_client_turn(session.id, "yes")
    later = sessions.new_session(session.client_id)
    assert review.open_risk(later.id).id == turn.id
    review.dispose(turn.id, Disposition.CONTACTED)
    assert review.open_risk(later.id) is None


def test_another_clients_risk_is_not_shown(review, sessions, turn):
    sessions.record_screening(turn.id, HIT, None)
    other = sessions.add_client("Devon A.")
    assert review.open_risk(sessions.latest_session(other.id).id) is None


def test_not_a_risk_needs_a_reason_and_a_disposition_is_final(review, sessions, session, turn):
    sessions.record_screening(turn.id, HIT, None)
    with pytest.raises(InputRefused):
        review.dispose(turn.id, Disposition.NOT_A_RISK, " ")
    review.dispose(turn.id, Disposition.NOT_A_RISK, "a film title")
    assert sessions.turns(session.id)[0].disposition == Disposition.NOT_A_RISK.value
    with pytest.raises(AlreadyDecided):
        review.dispose(turn.id, Disposition.EMERGENCY)


def test_a_disposition_clears_every_message_the_hit_marked_until_one_is_edited(
    review, sessions, session, turn
):
    second = sessions.add_client_turn(session.id, "really")
    third = sessions.add_client_turn(session.id, "you did your bit")
    sessions.record_screening(third.id, Risk("hit", ("suicide",), (Span(0, 2, 6), Span(2, 0, 3))), None)
    review.dispose(third.id, Disposition.HANDED_OVER)
    assert sessions.cleared(session.id) == (0, 2)
    sessions.record_screening(third.id, HIT, None)  # the same words again
    assert review.open_risk(session.id) is None
    sessions.edit_turn(turn.id, "other words")
    assert sessions.cleared(session.id) == (2,)
    sessions.record_screening(turn.id, HIT, None)
    assert review.open_risk(session.id).id == turn.id
    assert second.id not in (turn.id, third.id)


# What is kept ---------------------------------------------------------------------------


def test_every_decision_is_in_the_audit_chain_without_its_words(
    review, sessions, session, turn, drafts, vault
):
    review.reject(drafts[0].id, RejectReason.UNSAFE, "a private note")
    review.approve_edited(drafts[1].id, "edited words")
    review.undo_last(session.id)
    sessions.record_screening(turn.id, HIT, None)
    review.dispose(turn.id, Disposition.EMERGENCY, "a private note")
    with vault.read() as db:
        bodies = "".join(row[0] for row in db.rows("SELECT body FROM audit"))
        assert audit.first_fault(db) is None
    for kind in ("rejected", "edited", "undone", "risk hit", "risk disposed"):
        assert f'"kind":"{kind}"' in bodies
    for words in ("private", "edited words", "two words", "said yes"):
        assert words not in bodies


ROOT = Path(__file__).parents[2]
APPROVER = """
import sys
from pathlib import Path
from tfdesk.core.models import text_sha256
from tfdesk.services.review import Review
from tfdesk.services.sessions import Sessions
from tfdesk.store.vault import Vault
from tests.services.conftest import suggestion

vault = Vault.open(Path(sys.argv[1]), bytes.fromhex(sys.argv[2]))
sessions, review = Sessions(vault), Review(vault)
while True:
    turn = sessions.add_client_turn(int(sys.argv[3]), "hello")
    rows = review.save_drafts(turn.id, suggestion("one", "two"))
    print("saved", turn.id, flush=True)
    review.approve(rows[0].id, text_sha256("one"))
    print("approved", turn.id, flush=True)
"""


def test_kill_9_while_drafting_and_approving_keeps_what_was_acknowledged_and_no_half(
    tmp_path, sessions, vault
):
    session = sessions.latest_session(sessions.add_client("Marta K.").id)
    place, key = tmp_path / "vault.db", vault._key
    vault.close()
    acknowledged = []
    for stop_after in (3, 8, 13):
        command = [sys.executable, "-c", APPROVER, str(place), key.hex(), str(session.id)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        for number, line in enumerate(child.stdout, start=1):
            acknowledged.append(line.split())
            if number == stop_after:
                child.kill()
        child.stdout.close()
        child.wait()
    again = Vault.open(place, key)
    again.check()
    with again.read() as db:
        drafts = dict(db.rows("SELECT turn_id, count(*) FROM drafts GROUP BY turn_id"))
        replies = {row[0] for row in db.rows("SELECT turn_id FROM decisions WHERE reply_id IS NOT NULL")}
        approved = {row[0] for row in db.rows("SELECT turn_id FROM drafts WHERE state = 'approved'")}
        assert audit.first_fault(db) is None
    again.close()
    assert set(drafts.values()) == {2}
    assert replies == approved
    assert {int(turn) for what, turn in acknowledged if what == "saved"} <= set(drafts)
    assert {int(turn) for what, turn in acknowledged if what == "approved"} <= replies


def test_draft_states_are_stored_as_the_table_says(review, drafts, vault):
    with vault.read() as db:
        assert {row[0] for row in db.rows("SELECT state FROM drafts")} == {DraftState.offered.value}


# Redo ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["approved", "edited", "own", "rejected"])
def test_redo_makes_any_undone_decision_again(review, sessions, session, turn, drafts, kind):
    decide = {
        "approved": lambda: review.approve(drafts[0].id, text_sha256("one")),
        "edited": lambda: review.approve_edited(drafts[1].id, "two other words"),
        "own": lambda: review.write_own(turn.id, "my own words"),
        "rejected": lambda: review.reject(drafts[2].id, RejectReason.WRONG_TONE, "too cold"),
    }[kind]
    decide()
    before = [(t.text, t.origin) for t in sessions.turns(session.id)], states(review, turn)
    review.undo_last(session.id)
    reply = review.redo_last(session.id)
    assert ([(t.text, t.origin) for t in sessions.turns(session.id)], states(review, turn)) == before
    assert (reply is None) == (kind == "rejected")
    with pytest.raises(NothingToUndo):
        review.redo_last(session.id)


def test_several_undone_decisions_are_made_again_in_their_order(review, session, turn, drafts):
    review.reject(drafts[0].id, RejectReason.OFF_TOPIC)
    review.reject(drafts[1].id, RejectReason.UNSAFE)
    review.undo_last(session.id)
    review.undo_last(session.id)
    review.redo_last(session.id)
    assert states(review, turn) == ["rejected", "offered", "offered"]
    review.redo_last(session.id)
    assert states(review, turn) == ["rejected", "rejected", "offered"]


def test_a_new_decision_leaves_nothing_to_redo(review, session, turn, drafts):
    review.reject(drafts[0].id, RejectReason.OFF_TOPIC)
    review.undo_last(session.id)
    review.reject(drafts[1].id, RejectReason.OFF_TOPIC)
    with pytest.raises(NothingToUndo):
        review.redo_last(session.id)


def test_an_undone_reply_cannot_be_made_again_after_the_client_has_written(
    review, sessions, session, turn, drafts
):
    review.approve(drafts[0].id, text_sha256("one"))
    review.undo_last(session.id)
    sessions.add_client_turn(session.id, "and another thing")
    with pytest.raises(AlreadyDecided):
        review.redo_last(session.id)


def test_redo_in_another_session_does_nothing(review, sessions, session, turn, drafts):
    review.reject(drafts[0].id, RejectReason.OFF_TOPIC)
    review.undo_last(session.id)
    other = sessions.latest_session(sessions.add_client("Devon A.").id)
    with pytest.raises(NothingToUndo):
        review.redo_last(other.id)
