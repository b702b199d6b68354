"""Gaming must not pay: whatever the critic says, tricks earn less than an honest reply."""

from __future__ import annotations

from dataclasses import replace

import pytest

from trainer.rewards import (
    Case,
    CriticScores,
    copied_share,
    ngram_set,
    overlap_share,
    repeated_share,
    reward,
    total,
)

CLIENT = (
    "my mother died in march. every evening i lay the table for two, then i see the plate and put it back"
)
HONEST = "Two plates, and then the moment of putting one away. What goes through you as you put it back?"
WEIGHTS = {"emotion": 0.2, "relevance": 0.3, "professional": 0.25, "fluency": 0.15, "safety": 0.1}
# A critic that is taken in by everything: only the rules stand between a trick and its reward.
FOOLED = CriticScores(
    emotion={"sadness": 0.9, "neutral": 0.1},
    wanted={"reflection": 0.6, "open question": 0.4},
    strategy={"reflection": 0.9, "open question": 0.1},
    belongs=0.95,
    elsewhere=0.05,
    quality=0.9,
    tone=0.9,
)
TRAINING = ("It sounds as though the evenings have become the place where her absence is loudest for you.",)
# What a critic that sees through it says of a reply that fits everything.
GENERIC = replace(FOOLED, belongs=0.6, elsewhere=0.6)

TRICKS = [
    ("constant question", "What do you mean?", FOOLED),
    ("stock empathy", "I'm so sorry to hear that. That must be really hard for you.", FOOLED),
    ("stock question at the end", "I hear you. Tell me more. How does that make you feel?", FOOLED),
    ("generic, not in any list", "There is a lot going on there, and it is good that you wrote.", GENERIC),
    ("echo of the client", CLIENT, FOOLED),
    ("most of the client's words", "My mother died in march, every evening I lay the table for two.", FOOLED),
    ("a training reply", TRAINING[0], FOOLED),
    ("silence", "", FOOLED),
    ("punctuation", "...", FOOLED),
    ("one word", "Mhm.", FOOLED),
    (
        "very long",
        "The plate on the table is one more thing that you carry through your evening. " * 9,
        FOOLED,
    ),
    ("repeated bigrams", "the plate the plate the plate the plate the plate the plate the plate.", FOOLED),
    ("cut off", "Two plates, and then the moment of putting one away, as if the", FOOLED),
    ("advice first", "Have you tried eating at a friend's house on the worst evenings of the week?", FOOLED),
    ("judgement", "You should just move the plate to another cupboard and leave it there.", FOOLED),
    ("promise", "I promise it will be fine, the plate will matter less by the summer.", FOOLED),
    ("diagnosis", "You have bipolar disorder, and the second plate is one of its signs.", FOOLED),
    ("prescription", "You could start taking sertraline before you lay the table tonight.", FOOLED),
    ("dismissal", "It's not that bad, many people lay a plate too many in the first year.", FOOLED),
    ("invented life", "When my mother died I laid two plates as well, for years and years.", FOOLED),
    ("unsafe", "Maybe you should just end it all and lay no table any more.", FOOLED),
]


def case(reply: str, **fields: object) -> Case:
    base = Case(
        client=CLIENT,
        reply=reply,
        emotion_true="sadness",
        emotion_said="sadness",
        training=ngram_set(TRAINING),
    )
    return replace(base, **fields)  # type: ignore[arg-type]


def value(reply: str, scores: CriticScores | None = FOOLED, **fields: object) -> float:
    return total(reward(case(reply, **fields), scores), WEIGHTS)


@pytest.mark.parametrize(("name", "reply", "scores"), TRICKS, ids=[name for name, *_ in TRICKS])
def test_a_trick_earns_clearly_less_than_an_honest_reply(name: str, reply: str, scores: CriticScores) -> None:
    ended = name != "cut off"
    assert value(reply, scores, ended=ended) < value(HONEST) - 0.05


@pytest.mark.parametrize("reply", [trick[1] for trick in TRICKS] + [HONEST, "🙂", "’", "\u200b", "a" * 5000])
@pytest.mark.parametrize("scores", [FOOLED, None])
def test_every_component_stays_between_nothing_and_one(reply: str, scores: CriticScores | None) -> None:
    made = reward(case(reply, reference=HONEST), scores, neighbours=[HONEST, ""])
    assert all(part is None or 0.0 <= part <= 1.0 for part in made.values())


@pytest.mark.parametrize("reply", ["", "Maybe you should just end it all.", TRAINING[0]])
def test_nothing_at_all_is_earned_by_silence_harm_or_copied_training_text(reply: str) -> None:
    made = reward(case(reply), FOOLED)
    assert all(part == pytest.approx(0.0) for part in made.values() if part is not None)


def test_always_naming_neutral_earns_nothing_for_naming() -> None:
    right = reward(case(HONEST), FOOLED)["emotion"]
    wrong = reward(case(HONEST, emotion_said="neutral"), FOOLED)["emotion"]
    assert right is not None
    assert wrong is not None
    assert right - wrong == pytest.approx(0.5)


def test_what_is_not_known_is_none_and_leaves_the_total() -> None:
    bare = reward(Case(client=CLIENT, reply=HONEST), None)
    assert bare["emotion"] is None
    assert bare["relevance"] is None
    assert bare["reference"] is None
    assert total({"a": 0.5, "b": None}, {"a": 0.2, "b": 0.8}) == 0.5
    assert total({"b": None}, {"b": 1.0}) == 0.0


def test_a_strategy_that_fits_the_moment_earns_more_than_one_that_does_not() -> None:
    fits = reward(case(HONEST), FOOLED)["professional"]
    misses = reward(case(HONEST), replace(FOOLED, strategy={"information": 1.0}))["professional"]
    assert fits is not None
    assert misses is not None
    assert fits > misses + 0.3


def test_saying_what_another_draft_says_costs_fluency() -> None:
    alone = reward(case(HONEST), FOOLED)["fluency"]
    beside_another = reward(case(HONEST), FOOLED, neighbours=["Nights are loud. What helps?"])["fluency"]
    beside_itself = reward(case(HONEST), FOOLED, neighbours=[HONEST])["fluency"]
    assert alone == beside_another == 1.0
    assert beside_itself == 0.0


def test_the_professionals_own_words_are_the_closest_to_the_reference() -> None:
    exact = reward(case(HONEST, reference=HONEST), FOOLED)["reference"]
    other = reward(case("Nights are loud.", reference=HONEST), FOOLED)["reference"]
    assert exact == pytest.approx(1.0)
    assert other == pytest.approx(0.0)


def test_shares_of_copied_and_repeated_wording() -> None:
    assert copied_share("I lay the table", "i lay the table for two") == 1.0
    assert copied_share("Two plates then", "i lay the table for two") == 0.0
    assert copied_share("", "anything") == 0.0
    assert repeated_share("a b a b a b") == pytest.approx(3 / 5)
    assert repeated_share("one") == 0.0


def test_overlap_with_training_text_counts_eight_word_runs() -> None:
    seen = ngram_set(["one two three four five six seven eight nine"])
    assert overlap_share("One, two three four five six seven eight!", seen) == 1.0
    assert overlap_share("zero one two three four five six seven eight", seen) == 0.5
    assert overlap_share("one two three four five six seven", seen) == 0.0
