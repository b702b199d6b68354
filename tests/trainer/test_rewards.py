"""Gaming must not pay: whatever the critic says, tricks earn less than an honest reply."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.config import RlConfig
from trainer.empathy import MECHANISMS
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
WEIGHTS = RlConfig().weights
# A critic that is taken in by everything: only the rules stand between a trick and its reward.
FOOLED = CriticScores(
    emotion={"sadness": 0.9, "neutral": 0.1},
    wanted={"reflection": 0.6, "open question": 0.4},
    strategy={"reflection": 0.9, "open question": 0.1},
    belongs=0.95,
    elsewhere=0.05,
    quality=0.9,
    tone=0.9,
    fluent=1.0,
    message=20,
    empathy={"reaction": 0.5, "interpretation": 0.6, "exploration": 0.6},
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


def chances() -> st.SearchStrategy[float]:
    return st.floats(0.0, 1.0)


def shares(names: tuple[str, ...]) -> st.SearchStrategy[dict[str, float]]:
    """Nothing, or a distribution over ``names``."""
    weights = st.lists(st.floats(0.01, 1.0), min_size=len(names), max_size=len(names))
    return st.just({}) | weights.map(lambda w: {n: x / sum(w) for n, x in zip(names, w, strict=True)})


ANY_SCORES = st.builds(
    CriticScores,
    emotion=shares(("sadness", "neutral")),
    wanted=shares(("reflection", "open question")),
    strategy=shares(("reflection", "open question")),
    belongs=chances(),
    elsewhere=chances(),
    quality=st.none() | chances(),
    tone=st.none() | chances(),
    fluent=st.none() | chances(),
    message=st.integers(0, 500),
    empathy=st.just({}) | st.fixed_dictionaries({name: chances() for name in MECHANISMS}),
)
REPLIES = st.text(max_size=80) | st.sampled_from([HONEST, *(trick[1] for trick in TRICKS)])


@given(REPLIES, ANY_SCORES, REPLIES)
def test_whatever_is_written_and_scored_every_component_is_a_share(
    reply: str, scores: CriticScores, other: str
) -> None:
    made = reward(case(reply, reference=HONEST), scores, [other])
    assert all(part is None or 0.0 <= part <= 1.0 for part in made.values())
    assert 0.0 <= total(made, WEIGHTS) <= 1.0
    assert made == reward(case(reply, reference=HONEST), scores, [other])


@given(REPLIES, ANY_SCORES, st.sampled_from(["belongs", "quality", "tone", "fluent", *MECHANISMS]))
def test_no_component_falls_when_the_critic_finds_more_good(
    reply: str, scores: CriticScores, head: str
) -> None:
    if head in MECHANISMS:
        better = replace(scores, empathy=scores.empathy and {**scores.empathy, head: 1.0})
    else:
        better = replace(scores, **{head: None if getattr(scores, head) is None else 1.0})
    before, after = reward(case(reply), scores), reward(case(reply), better)
    for name, part in before.items():
        again = after[name]
        assert (part is None) == (again is None)
        assert part is None or again is None or again >= part - 1e-12


@given(st.lists(chances(), min_size=7, max_size=7), st.integers(0, 6), chances())
def test_the_total_rises_with_each_of_its_parts(values: list[float], place: int, higher: float) -> None:
    names = [*WEIGHTS, "reference"]
    parts: dict[str, float | None] = dict(zip(names, values, strict=True))
    raised = parts | {names[place]: max(higher, values[place])}
    assert total(raised, WEIGHTS) >= total(parts, WEIGHTS) - 1e-12


@pytest.mark.parametrize(
    ("mechanism", "calls", "does_not"),
    [
        ("reaction", {"emotion": {"sadness": 1.0}}, {"emotion": {"neutral": 1.0}}),
        ("exploration", {"message": 0}, {"message": 60}),
        ("interpretation", {"message": 60}, {"message": 0}),
    ],
)
def test_a_mechanism_of_empathy_counts_more_where_it_is_called_for(
    mechanism: str, calls: dict[str, object], does_not: dict[str, object]
) -> None:
    shown = replace(FOOLED, empathy=dict.fromkeys(MECHANISMS, 0.0) | {mechanism: 1.0})
    more = reward(case(HONEST), replace(shown, **calls))["empathy"]  # type: ignore[arg-type]
    less = reward(case(HONEST), replace(shown, **does_not))["empathy"]  # type: ignore[arg-type]
    assert more == pytest.approx(1.0)
    assert less == pytest.approx(0.5)


def test_empathy_is_not_known_without_its_heads() -> None:
    assert reward(case(HONEST), replace(FOOLED, empathy={}))["empathy"] is None
    assert reward(case(HONEST), None)["empathy"] is None


def test_a_poor_reply_earns_nothing_by_its_strategy() -> None:
    assert reward(case(HONEST), replace(FOOLED, quality=0.0))["professional"] == 0.0


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
