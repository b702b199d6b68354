"""Swapping words for their like keeps a conversation consistent and leaves everything else alone."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.dialogue import Dialogue, Turn, Worse
from trainer.swaps import misremembered, shipped_classes, swapped

ANIMALS = [[("dog", "dogs"), ("owl", "owls")]]


def dialogue(*texts: str, worse: str = "") -> Dialogue:
    turns = [Turn("client" if place % 2 == 0 else "therapist", text) for place, text in enumerate(texts)]
    if worse:
        turns[-1] = Turn("therapist", texts[-1], worse=Worse(worse, "generic"))
    return Dialogue("a-1", "authored", "family: a man and his dog", tuple(turns))


def swap_always(given: Dialogue, classes: object) -> Dialogue:
    """With the first seed that swaps; seeds are tried in order, so the outcome is always the same."""
    made = (swapped(given, random.Random(seed), classes) for seed in range(50))  # type: ignore[arg-type]
    return next(one for one in made if one != given)


def test_a_word_is_the_same_other_word_everywhere():
    given = dialogue("My dog died. DOGS die.", "What was a dog to you?", worse="Get another dog.")
    made = swap_always(given, ANIMALS)
    assert [turn.text for turn in made.turns] == ["My owl died. OWLS die.", "What was an owl to you?"]
    assert made.turns[1].worse == Worse("Get another owl.", "generic")
    assert made.context == "family: a man and his owl"
    assert made.id == given.id


def test_parts_of_words_and_other_articles_stay():
    made = swap_always(dialogue("A hotdog, a dog-lead, an honest dog's life with an apple", "ok"), ANIMALS)
    assert made.turns[0].text == "A hotdog, a dog-lead, an honest owl's life with an apple"


def test_two_words_of_a_class_stay_two():
    given = dialogue("On Monday and on Tuesday", "Monday first?")
    for seed in range(200):
        first, second = swapped(given, random.Random(seed)).turns
        days = re.findall(r"\b[A-Z][a-z]+day\b", first.text)
        assert len(set(days)) == 2
        assert second.text == f"{days[0]} first?"


def test_the_same_seed_gives_the_same_copy():
    given = dialogue("My sister left on Friday at ten", "Your sister left?")
    assert swapped(given, random.Random(4)) == swapped(given, random.Random(4))


@given(st.integers(0, 2**32), st.text(max_size=80))
def test_numbers_of_words_and_turns_never_change(seed: int, text: str):
    given = dialogue(text, "Two days?", text)
    made = swapped(given, random.Random(seed))
    assert [len(turn.text.split()) for turn in made.turns] == [len(turn.text.split()) for turn in given.turns]
    assert [turn.speaker for turn in made.turns] == [turn.speaker for turn in given.turns]


def test_no_shipped_word_stands_in_two_classes():
    forms = [form for entries in shipped_classes() for entry in entries for form in entry]
    assert len(forms) == len(set(forms))


@pytest.mark.parametrize("entries", shipped_classes(), ids=lambda entries: entries[0][0])
def test_shipped_classes_offer_a_choice_of_single_lower_case_words(entries):
    assert len(entries) >= 3
    assert all(re.fullmatch(r"[a-z]+|\d+", form) for entry in entries for form in entry)


@pytest.mark.parametrize("seed", range(20))
def test_what_is_misremembered_was_taken_from_the_client(seed: int):
    made = misremembered(
        "Two days without your sister, and a dog.", "2 days, my sister...", random.Random(seed)
    )
    assert made is not None
    assert made != "Two days without your sister, and a dog."
    assert made.startswith("Two ")
    assert made.endswith("and a dog.")


def test_a_reply_that_takes_nothing_cannot_be_misremembered():
    assert misremembered("What was that like?", "my dog died on Monday", random.Random(1)) is None
