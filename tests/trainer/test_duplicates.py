"""Texts that occur twice are found, near ones as by comparing every pair of sets of shingles."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from trainer import duplicates
from trainer.duplicates import NEAR, SHINGLE, Found, Shared, TextIndex, key_of, words_of

WORDS = [f"word{number}" for number in range(40)]


def found(*parts: Sequence[Sequence[str]]) -> Found:
    """Parts of dialogues of texts."""
    with TextIndex(len(parts)) as index:
        for part, dialogues in enumerate(parts):
            for number, texts in enumerate(dialogues):
                index.add(part, number, texts)
        return index.find()


def sentence(seed: int, length: int = 40) -> list[str]:
    return random.Random(seed).choices(WORDS, k=length)


def jaccard(one: Sequence[str], two: Sequence[str]) -> float:
    a, b = ({tuple(t[i : i + SHINGLE]) for i in range(len(t) - SHINGLE + 1)} for t in (one, two))
    return len(a & b) / len(a | b)


def test_case_and_punctuation_do_not_count_and_signs_are_not_all_alike() -> None:
    assert key_of("Well — I DON'T know!") == key_of("well i don't know")
    assert key_of(":-)") != key_of(":-(")
    assert words_of("Don't, I said.") == ["don't", "i", "said"]


def test_a_training_dialogue_with_a_text_of_validation_leaks() -> None:
    long = " ".join(sentence(1))
    valid = [["Hello.", long, "Yes."], ["Fine"]]
    train = [
        ["Yes.", "No."],  # a short turn may well be said twice
        ["Hello.", long.upper() + "!", "No."],
        ["fine!"],  # but not a whole dialogue, be it short
        ["Hello.", " ".join(sentence(2))],
    ]
    assert found(valid, train).leaks([True, False]) == {(1, 1): [0], (1, 2): [0]}


def test_validation_parts_may_share_texts_with_each_other() -> None:
    text = " ".join(sentence(1))
    assert found([[text]], [[text]]).leaks([True, True]) == {}


def test_near_texts_are_those_whose_shingles_overlap_by_four_fifths() -> None:
    base = sentence(3, length=100)
    changed = {count: [*base[: 100 - count], *sentence(4, length=count)] for count in (2, 5, 40, 100)}
    parts = [[" ".join(base)]], [[" ".join(text)] for text in changed.values()]
    near = {number for _, number in found(*parts).leaks([True, False])}
    assert near == {i for i, text in enumerate(changed.values()) if jaccard(base, text) >= NEAR} == {0, 1}


def test_all_pairs_clear_of_the_threshold_are_told_as_by_brute_force() -> None:
    valid = [sentence(seed, length=60) for seed in range(80)]
    train = [[*text[seed % 20 :], *sentence(seed + 1000, length=seed % 3)] for seed, text in enumerate(valid)]
    leaks = found([[" ".join(t)] for t in valid], [[" ".join(t)] for t in train]).leaks([True, False])
    told = {True: 0, False: 0}
    for number, text in enumerate(train):
        best = max(jaccard(text, other) for other in valid)
        if abs(best - NEAR) > 0.1:  # three standard errors of the estimate
            told[best > NEAR] += 1
            assert ((1, number) in leaks) == (best > NEAR), best
    assert min(told.values()) > 10


def test_counts_name_the_pair_of_parts_exact_apart_from_near() -> None:
    one, two = sentence(5), sentence(6)
    close = [*one[:-1], "elsewhere"]
    assert jaccard(one, close) >= NEAR
    a = [[" ".join(one)], [" ".join(one)], [" ".join(two)]]
    b = [[" ".join(two)], [" ".join(close)]]
    assert list(found(a, b).shared()) == [Shared(0, 0, 1, 0), Shared(0, 1, 1, 1)]


def test_a_crowded_bucket_still_compares_everything_with_its_first_texts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(duplicates, "BUCKET", 1)
    base = sentence(7, length=200)
    train = [[" ".join([*base[:-1], f"end{number}"])] for number in range(20)]
    assert len(found([[" ".join(base)]], train).leaks([True, False])) == 20


def test_only_short_texts_are_no_trouble() -> None:
    assert found([["Hi", "Oh"]], [["Oh", "Hi"]]).leaks([True, False]) == {}
