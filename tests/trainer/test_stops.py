from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.config import RlConfig
from trainer.rewards import words
from trainer.stops import (
    KL_STEPS,
    Spread,
    distinct2,
    drifted,
    flattest,
    health,
    mean_words,
    spoiled,
    spreads,
    steepest,
    template_share,
)

CONFIG = RlConfig()
# As varied as people write, so that only the rule under test can fire.
HEALTHY = [
    "You put the second plate back every evening.",
    "What would you tell her if she could hear you now?",
    "Nights have become the place where worries get loud.",
    "Part of you wonders whether this is too much to ask.",
]
BEGAN = {"relevance": 0.6, "safety": 1.0}
NOW = {"relevance": Spread(0.6, 0.1), "safety": Spread(1.0, 0.0)}


def test_distinct2_is_the_share_of_different_word_pairs() -> None:
    assert distinct2(["a b c", "a b d"]) == pytest.approx(3 / 4)
    assert distinct2(["same words here"] * 100) == pytest.approx(1 / 100)
    assert distinct2([""]) == 0.0


@pytest.mark.parametrize(
    ("replies", "share"),
    [
        ([], 0.0),
        (HEALTHY, 0.0),
        ([f"It sounds like {word} hurts." for word in ("he", "she", "work")], 1.0),
        (["It sounds like he hurts.", "IT SOUNDS, like a lot!", *HEALTHY], 2 / 6),
        ([*HEALTHY, "I hear you. You put the second plate back every evening."], 2 / 5),
        (["You are not alone. He left.", "She stayed. You are not alone!", *HEALTHY[:2]], 2 / 4),
        (["Same. Same.", *HEALTHY], 0.0),  # a sentence that one reply says twice is not shared
    ],
)
def test_a_template_is_a_common_opener_or_a_shared_sentence(replies: list[str], share: float) -> None:
    assert template_share(replies) == pytest.approx(share)


@given(st.lists(st.text(alphabet="ab .?", max_size=12).filter(words), max_size=12))
def test_shares_lie_in_the_unit_interval_and_copies_are_all_template(replies: list[str]) -> None:
    assert 0 <= template_share(replies) <= 1
    assert 0 <= distinct2(replies) <= 1
    assert template_share([*replies, *replies]) == (1.0 if replies else 0.0)


def test_unknown_components_do_not_count() -> None:
    rows = [{"emotion": None, "fluency": 0.2}, {"emotion": None, "fluency": 0.4}]
    found = spreads(rows, ["emotion", "fluency"])
    assert list(found) == ["fluency"]
    assert (found["fluency"].mean, found["fluency"].deviation) == pytest.approx((0.3, 0.1))


def test_a_full_component_may_stand_still() -> None:
    assert flattest(NOW) == ("relevance", 0.1)
    assert flattest({"safety": Spread(1.0, 0.0)}) is None


def test_the_steepest_fall_names_its_component() -> None:
    now = {"relevance": Spread(0.5, 0.1), "safety": Spread(0.7, 0.1), "new": Spread(0.0, 0.1)}
    assert steepest(BEGAN, now) == ("safety", pytest.approx(0.3))
    assert steepest({}, now) is None


def test_every_rule_has_its_curve() -> None:
    assert health(HEALTHY, BEGAN, NOW) == {
        "distinct2": distinct2(HEALTHY),
        "template": 0.0,
        "words": mean_words(HEALTHY),
        "least_spread": 0.1,
        "largest_fall": 0.0,
    }


def test_healthy_replies_go_on() -> None:
    assert spoiled(HEALTHY, BEGAN, NOW, CONFIG) is None


@pytest.mark.parametrize(
    ("replies", "now", "sentence"),
    [
        (["you and me and you and me"] * 4, NOW, "lost their variety (distinct-2 below 0.3)"),
        ([f"It sounds like {reply}" for reply in HEALTHY], NOW, "became a template"),
        (["No.", "Tell me more.", "Why so?", "Yes."], NOW, "too short (below 4.0 words on average)"),
        ([" ".join(HEALTHY + [f"w{i} x{i}" for i in range(n, n + 9)]) for n in (0, 20, 40)], NOW, "too long"),
        (HEALTHY, NOW | {"relevance": Spread(0.6, 0.001)}, "relevance no longer tells replies apart"),
        (HEALTHY, NOW | {"safety": Spread(0.79, 0.2)}, "safety was given up (its mean fell by more than 0.2"),
    ],
)
def test_each_way_to_go_wrong_has_its_sentence(
    replies: list[str], now: dict[str, Spread], sentence: str
) -> None:
    config = replace(CONFIG, stop_template=1.0) if "long" in sentence else CONFIG
    assert sentence in (spoiled(replies, BEGAN, now, config) or "")


def test_drift_is_judged_on_the_mean_of_the_latest_steps() -> None:
    assert drifted([9.0] * (KL_STEPS - 1), CONFIG) is None
    assert drifted([9.0, *[1.0] * KL_STEPS], CONFIG) is None
    assert "too far" in (drifted([0.0] * (KL_STEPS - 1) + [5.1], CONFIG) or "")
