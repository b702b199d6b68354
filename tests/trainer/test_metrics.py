from __future__ import annotations

import random

import pytest
import sacrebleu
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score, roc_auc_score

from trainer import metrics
from trainer.metrics import Guess, Resamples

REFERENCES = [
    "Two plates, and then the moment of putting one away. What goes through you?",
    "It sounds as if nights have become the place where the worries get loud.",
    "Part of you wonders whether you are too sensitive, and part of you is not so sure.",
]
REPLIES = [
    "What goes through you in the moment of putting one away?",
    "It sounds as if nights have become loud.",
    "Part of you is not so sure.",
]


def test_bleu_is_sacrebleus_corpus_figure_without_smoothing() -> None:
    expected = sacrebleu.corpus_bleu(REPLIES, [REFERENCES], smooth_method="none").score / 100
    assert expected > 0
    assert metrics.bleu(REPLIES, REFERENCES).overall == pytest.approx(expected)


def test_bleu_is_nothing_when_no_run_of_four_words_matches() -> None:
    assert metrics.bleu(["What do you mean?"], [REFERENCES[0]]).overall == 0.0
    assert metrics.bleu([""], [REFERENCES[0]]).overall == 0.0


def test_the_professionals_own_reply_is_the_best_match() -> None:
    for metric in (metrics.bleu, metrics.meteor, lambda a, b: metrics.rouge(a, b)["rougeL"]):
        assert metric(REFERENCES, REFERENCES).overall > 0.98
        assert metric(REPLIES, REFERENCES).overall < 0.8


def test_meteor_counts_stems_but_no_synonyms() -> None:
    assert metrics.meteor(["she worries"], ["she worried"]).overall > 0.9
    assert metrics.meteor(["large"], ["big"]).overall == 0.0


def test_distinct_reads_two_hundred_replies_of_thirty_tokens() -> None:
    assert metrics.distinct(["a b c"] * 2, 2).value == 0.5
    assert metrics.distinct(["a b"] * 200 + ["c d e f"], 2).value == pytest.approx(1 / 200)
    assert metrics.distinct(["x " * 30 + "y z"], 1).value == pytest.approx(1 / 30)
    assert metrics.distinct(["a", ""], 2).value is None


def test_macro_f1_is_the_mean_over_labels_that_occur() -> None:
    rng = random.Random(3)
    true = [rng.choice("abc") for _ in range(60)]
    said = [rng.choice("abc") for _ in range(60)]
    guesses = [Guess(t, s, 0.5, False) for t, s in zip(true, said, strict=True)]
    made = metrics.guessed(guesses)
    assert made["macro_f1"].overall == pytest.approx(f1_score(true, said, average="macro"))


def test_always_naming_the_commonest_label_has_a_poor_macro_f1() -> None:
    made = metrics.guessed(
        [Guess("neutral", "neutral", 1.0, False)] * 97 + [Guess("joy", "neutral", 1.0, False)] * 3
    )
    assert made["accuracy"].overall == pytest.approx(0.97)
    assert made["macro_f1"].overall < 0.5


def test_calibration_error_is_the_gap_between_confidence_and_truth() -> None:
    made = metrics.guessed([Guess("a", "a", 0.75, False)] * 3 + [Guess("a", "b", 0.75, False)])
    assert made["ece"].overall == pytest.approx(0.0)
    sure = metrics.guessed([Guess("a", "a", 1.0, False), Guess("a", "b", 1.0, False)])
    assert sure["ece"].overall == pytest.approx(0.5)


def test_abstaining_leaves_only_the_answered_ones() -> None:
    made = metrics.guessed([Guess("a", "a", 0.9, False), Guess("a", "b", 0.2, True), None])
    assert made["abstention"].overall == 0.5
    assert made["accuracy_answered"].overall == 1.0
    assert made["accuracy"].overall == 0.5


def test_auc_counts_ties_half() -> None:
    positive, negative = [0.1, 0.4, 0.4, 0.9], [0.4, 0.2, 0.1]
    truth = [1] * 4 + [0] * 3
    assert metrics.auc(positive, negative) == pytest.approx(roc_auc_score(truth, positive + negative))


def test_an_interval_is_of_whole_dialogues_and_holds_the_value() -> None:
    values = [1.0, 1.0, 1.0, 0.0, 0.0, 0.0]
    per_dialogue = Resamples(["a"] * 3 + ["b"] * 3, 500, 1).figure(metrics.mean(values))
    per_reply = Resamples(list("abcdef"), 500, 1).figure(metrics.mean(values))
    assert (per_dialogue.low, per_dialogue.value, per_dialogue.high) == (0.0, 0.5, 1.0)
    assert per_reply.low is not None
    assert per_reply.high is not None
    assert 0.0 < per_reply.low < 0.5 < per_reply.high < 1.0


def test_a_resampled_total_equals_counting_by_hand() -> None:
    names = ["a", "b", "a", "c"]
    resamples = Resamples(names, 50, 7)
    metric = metrics.mean([1.0, 2.0, 3.0, None])
    totals = resamples.totals(metric.sums)
    for weights, (value, count) in zip(resamples._weights, totals, strict=True):
        a, b, _ = (int(w) for w in weights)
        assert (value, count) == (a * 4.0 + b * 2.0, a * 2 + b)


def test_a_paired_difference_is_narrower_than_its_parts() -> None:
    rng = random.Random(1)
    base = [rng.random() for _ in range(100)]
    better = [value + 0.05 for value in base]
    made = Resamples([str(n) for n in range(100)], 300, 1).difference(
        metrics.mean(better), metrics.mean(base)
    )
    assert made.value == pytest.approx(0.05)
    assert made.low == pytest.approx(0.05)
    assert made.high == pytest.approx(0.05)


def test_what_nothing_counts_for_is_missing_with_a_reason() -> None:
    made = Resamples(["a", "b"], 10, 1).figure(metrics.mean([None, None]))
    assert made.value is None
    assert made.json()["reason"]


@given(st.integers(1, 500), st.data())
def test_wilsons_interval_lies_around_the_share_and_within_0_and_1(count: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, count))
    figure = metrics.wilson(hits, count, "never")
    assert figure.low is not None
    assert figure.high is not None
    assert 0 <= figure.low <= hits / count + 1e-12
    assert hits / count - 1e-12 <= figure.high <= 1
    assert figure.high - figure.low > 0


def test_wilsons_interval_is_the_published_one() -> None:
    """Newcombe 1998, table I: 81 of 263."""
    figure = metrics.wilson(81, 263, "never")
    assert (figure.low, figure.high) == (pytest.approx(0.2553, abs=1e-4), pytest.approx(0.3662, abs=1e-4))
    assert metrics.wilson(0, 0, "none").reason == "none"


def test_openings_count_what_is_said_to_everybody() -> None:
    replies = ["What do you mean?", "What do you need?", "It sounds like a lot.", "Two plates again."]
    found = {name: metric.overall for name, metric in metrics.openings(replies).items()}
    assert found == {"common_opening": 0.5, "stock_opening": 0.25}


def test_an_opening_that_occurs_once_is_nobodys_habit() -> None:
    assert metrics.openings(["What do you mean?", "Two plates again."])["common_opening"].overall == 0


def test_the_reliability_bins_hold_every_guess_and_tell_the_calibration_error() -> None:
    rng = random.Random(3)
    guesses = [
        None if rng.random() < 0.2 else Guess("a", rng.choice("ab"), rng.random(), False) for _ in range(200)
    ]
    known = [guess for guess in guesses if guess is not None]
    bins = metrics.reliability(guesses)
    assert [(one["low"], one["high"]) for one in bins] == [(n / 10, (n + 1) / 10) for n in range(10)]
    assert sum(one["count"] or 0 for one in bins) == len(known)
    error = sum(
        (one["count"] or 0) * abs((one["confidence"] or 0) - (one["accuracy"] or 0)) for one in bins
    ) / len(known)
    assert metrics.guessed(guesses)["ece"].overall == pytest.approx(error)


def test_a_confidence_of_one_lies_in_the_last_bin() -> None:
    assert metrics.reliability([Guess("a", "a", 1.0, False)])[-1]["count"] == 1
