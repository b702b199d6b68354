"""The judges of empathy and quality. (Specificity and strategies: test_floors.py.)"""

from __future__ import annotations

import pytest
from sklearn.metrics import cohen_kappa_score

from trainer.dialogue import Dialogue, Quality, Turn
from trainer.empathy import MECHANISMS
from trainer.judges import FOLDS, MIN_EXCHANGES, EmpathyJudge, QualityJudge, Rated, can_rate, can_teach

# What each reply says, and its levels: dull, but learnable from words.
KINDS: tuple[Rated, ...] = (
    ("I am so sorry, that must hurt.", (2, 1, 0)),
    ("Being passed over stings after all that work.", (0, 2, 0)),
    ("What went through you then?", (0, 0, 2)),
    ("What happened?", (0, 0, 1)),
    ("The form is on the website.", (0, 0, 0)),
)
RATED = KINDS * 12


@pytest.fixture(scope="module")
def judge() -> EmpathyJudge:
    return EmpathyJudge(RATED)


def test_it_learns_levels_from_words_and_counts_strong_reactions_as_reactions(judge: EmpathyJudge) -> None:
    found = judge.levels(
        ["So sorry.", "That stings after such work.", "What went on then?", "See the website."]
    )
    assert found.tolist() == [[1, 1, 0], [0, 2, 0], [0, 0, 2], [0, 0, 0]]


def test_a_reply_is_judged_by_the_mean_of_its_mechanisms_as_shares_of_the_highest(
    judge: EmpathyJudge,
) -> None:
    said = judge.judge([text for text, _ in KINDS])
    assert said == pytest.approx([(1 + 0.5) / 3, 1 / 3, 1 / 3, 0.5 / 3, 0.0])


def test_its_agreement_stands_beside_the_commonest_level(judge: EmpathyJudge) -> None:
    rated: list[Rated] = [
        ("So sorry.", (1, 1, 0)),
        ("What happened?", (1, 0, 1)),
        ("The website.", (0, 0, 0)),
        ("The form.", (0, 1, 2)),
    ]
    found = judge.agreement(rated)
    assert set(found) == set(MECHANISMS)
    assert found["reaction"] == pytest.approx({"n": 4, "accuracy": 0.75, "floor": 0.5, "kappa": 0.5})
    exploration = cohen_kappa_score([0, 1, 0, 2], [0, 1, 0, 0], weights="linear")
    assert found["exploration"] == pytest.approx(
        {"n": 4, "accuracy": 0.75, "floor": 0.5, "kappa": exploration}
    )
    assert judge.agreement([]) == {}


def test_ratings_that_are_all_alike_tell_nothing_of_agreement(judge: EmpathyJudge) -> None:
    found = judge.agreement([("See the website.", (0, 0, 0))])
    assert found["reaction"] == {"n": 1, "accuracy": 1.0, "floor": 1.0, "kappa": 0.0}


@pytest.mark.parametrize(
    ("rated", "enough"),
    [
        (RATED, True),
        (RATED[: MIN_EXCHANGES - 1], False),
        ((("a", (1, 1, 1)), ("b", (2, 0, 0))) * 60, False),  # strong reactions count as reactions: one level
        ((), False),
    ],
)
def test_few_ratings_or_one_level_alone_teach_nothing(rated: tuple[Rated, ...], enough: bool) -> None:
    assert can_teach(rated) is enough


def sessions(kind: Quality, count: int, *replies: str) -> list[Dialogue]:
    turns = tuple(t for text in replies for t in (Turn("client", "I smoke."), Turn("therapist", text)))
    return [Dialogue(f"{kind}{number}", "clinic", None, turns, kind) for number in range(count)]


ASKING = ("What worries you about it?", "You would like to stop this year.")
TELLING = ("You should stop right now.", "I told you it is bad.")


def test_quality_is_learned_from_wording_and_checked_on_sessions_left_out() -> None:
    judge = QualityJudge([*sessions("high", 20, *ASKING), *sessions("low", 8, *TELLING)], seed=1)
    good, poor = judge.judge(["What would worry you?", "You should stop."])
    assert poor < 0.5 < good
    assert judge.agreement["sessions"] == 28
    assert judge.agreement["low"] == 8
    assert judge.agreement["auc_session"] == 1.0


def test_wording_that_tells_nothing_is_shown_to_tell_nothing() -> None:
    """The same words in both kinds of session: the judge's own check says chance."""
    judge = QualityJudge([*sessions("high", 20, *ASKING), *sessions("low", 20, *ASKING)], seed=1)
    assert judge.agreement["auc_session"] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("high", "low", "enough"),
    [(30, FOLDS, True), (30, FOLDS - 1, False), (FOLDS - 1, 30, False), (6, 6, False)],
)
def test_both_kinds_of_session_are_needed(high: int, low: int, enough: bool) -> None:
    assert can_rate([*sessions("high", high, *ASKING), *sessions("low", low, *TELLING)]) is enough


def test_sessions_without_a_rating_and_short_answers_teach_nothing() -> None:
    unrated = [
        Dialogue(str(n), "clinic", None, (Turn("client", "Hi."), Turn("therapist", ASKING[0])))
        for n in range(90)
    ]
    assert not can_rate(unrated)
    assert not can_rate([*sessions("high", 60, "Mm-hmm, okay."), *sessions("low", 60, "Right.")])
