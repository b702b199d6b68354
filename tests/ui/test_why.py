"""Why a draft stands where it stands."""

from __future__ import annotations

import pytest

from tfdesk.core.models import DraftRow, DraftState
from tfdesk.ui.why import why
from trainer.events import Component, Draft, Reward


def row(rank: int, **values: float) -> DraftRow:
    parts = {name: Component(value, 0.5) for name, value in values.items()}
    draft = Draft("words", "reflection", Reward(sum(values.values()) / len(values), parts))
    return DraftRow(rank + 1, 1, 1, rank, draft, DraftState.offered)


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ((0.9, 0.9), (0.5, 0.7), "Best of 2: higher in emotion and empathy than the next one."),
        ((0.9, 0.6), (0.5, 0.7), "Best of 2: higher in emotion than the next one, lower in empathy."),
        ((0.7, 0.7), (0.7, 0.7), "Best of 2, by very little."),
    ],
)
def test_the_first_is_compared_with_the_next(
    first: tuple[float, float], second: tuple[float, float], said: str
) -> None:
    rows = [row(0, emotion=first[0], empathy=first[1]), row(1, emotion=second[0], empathy=second[1])]
    assert why(rows[0], rows) == said


def test_the_others_are_compared_with_the_first_and_one_alone_says_so() -> None:
    rows = [
        row(0, emotion=0.9, empathy=0.5),
        row(1, emotion=0.6, empathy=0.6),
        row(2, emotion=0.9, empathy=0.5),
    ]
    assert why(rows[1], rows) == "Lower in emotion than the best one, higher in empathy."
    assert why(rows[2], rows) == "Almost as good as the best one."
    assert why(rows[0], rows[:1]) == "The only one that passed the checks."
