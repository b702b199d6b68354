"""Pairs are blind, their order is random, and what they come to is counted right."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from trainer.config import InputError, JudgeConfig
from trainer.judgements import (
    CONSTANT,
    CRITERIA,
    FLOORS,
    Judgement,
    Scores,
    chosen_systems,
    make_pairs,
    read_exchanges,
    summary,
)

SECRET = "zwetschgenknödel"


def row(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"d{number // 2}",
        "turn": number,
        "client": f"client {number}",
        "conversation": [
            {"speaker": "therapist", "text": "Hello."},
            {"speaker": "client", "text": f"client {number}"},
        ],
        "reference": f"professional {number}",
        "reply": f"model {number}",
        "others": {"sft": f"tuned {number}"},
    } | changes


def lines(*rows: Any) -> bytes:
    return "".join(json.dumps(one) + "\n" for one in rows).encode()


EXCHANGES = read_exchanges(lines(*map(row, range(40))), "p.jsonl")


def scores(value: int) -> Scores:
    return dict.fromkeys(CRITERIA, value)


def judged(first: tuple[str, int], second: tuple[str, int], dialogue: str = "d") -> Judgement:
    order = (first[0], second[0])
    return Judgement("p", dialogue, 1, order, (scores(first[1]), scores(second[1])))


def test_every_pair_holds_the_compared_system_and_one_other_and_floors_are_among_them() -> None:
    pairs = make_pairs(EXCHANGES, ("reply", "reference", "sft"), JudgeConfig(pairs=30), "x")
    others = Counter(name for pair in pairs for name in pair.order if name != "reply")
    assert others == dict.fromkeys(("reference", "sft", *FLOORS), 30)
    assert all("reply" in pair.order for pair in pairs)
    assert len({pair.id for pair in pairs}) == len(pairs) == 120


def test_the_judge_sees_no_system_and_the_order_is_shuffled() -> None:
    pairs = make_pairs(EXCHANGES, ("reply", "reference", "sft"), JudgeConfig(pairs=40), "x")
    for pair in pairs:
        shown = json.loads(pair.message)
        assert set(shown) == {"conversation", "first", "second"}
        assert shown["first"] == pair.exchange.replies[pair.order[0]]
        assert not any(name in pair.id for name in pair.exchange.replies)
    first = sum(pair.order[0] == "reply" for pair in pairs)
    assert 0.3 < first / len(pairs) < 0.7


def test_pairs_depend_on_seed_and_predictions_alone() -> None:
    def made(seed: int = 1, digest: str = "x") -> list[str]:
        config = JudgeConfig(pairs=10, seed=seed)
        return [pair.id for pair in make_pairs(EXCHANGES, ("reply", "sft"), config, digest)]

    assert made() == made()
    assert not set(made()) & set(made(seed=2))
    assert not set(made()) & set(made(digest="y"))


def test_without_the_conversation_the_clients_words_are_shown() -> None:
    exchange = read_exchanges(lines(row(1, conversation=None)), "p.jsonl")[0]
    assert exchange.conversation == ({"speaker": "client", "text": "client 1"},)
    assert exchange.replies["echo"] == "client 1"
    assert exchange.replies["constant"] == CONSTANT


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no exchange"),
        (b"{" + SECRET.encode(), "line 1: not a record"),
        (b"\xff", "line 1: not a record"),
        (lines([SECRET]), "line 1: not a record"),
        (lines(row(1), row(2, reply=None)), "line 2, field 'reply'"),
        (lines(row(1, client=5)), "field 'client'"),
        (lines(row(1, others=SECRET)), "field 'others'"),
        (lines(row(1, turn=SECRET)), "field 'turn'"),
        (lines(row(1, conversation=SECRET)), "field 'conversation'"),
        (lines(row(1, others={"sft": 1})), "field 'others.sft'"),
        (lines(row(1, others={"echo": SECRET})), "name of a floor"),
    ],
)
def test_unusable_predictions_are_refused_by_line_and_field(data: bytes, said: str) -> None:
    with pytest.raises(InputError) as refusal:
        read_exchanges(data, "p.jsonl")
    assert said in str(refusal.value)
    assert SECRET not in str(refusal.value)


def test_all_systems_are_compared_unless_some_are_named() -> None:
    assert chosen_systems((), EXCHANGES) == ("reply", "reference", "sft")
    assert chosen_systems(("sft", "reply"), EXCHANGES) == ("sft", "reply")
    with pytest.raises(InputError, match="'dpo' is not in the predictions; known: reply, reference, sft"):
        chosen_systems(("dpo",), EXCHANGES)


def test_means_wins_and_floors_are_counted_from_either_place() -> None:
    found = summary(
        [
            judged(("reply", 4), ("sft", 2), "a"),
            judged(("sft", 5), ("reply", 3), "b"),
            judged(("reply", 3), ("sft", 3), "c"),
            judged(("echo", 1), ("reply", 4), "a"),
            Judgement("q", "d", 1, ("reply", "sft"), None),
        ],
        ("reply", "sft"),
        seed=1,
    )
    assert (found["pairs"], found["answered"], found["unanswered"]) == (5, 4, 1)
    assert found["systems"]["reply"]["mean"]["value"] == pytest.approx(3.5)
    assert found["systems"]["sft"]["empathy"]["value"] == pytest.approx(10 / 3)
    assert found["floors"]["echo"]["mean"]["value"] == 1
    assert found["floors"]["constant"]["mean"]["reason"]
    assert (found["wins"]["sft"]["value"], found["wins"]["sft"]["count"]) == (0.5, 3)
    assert found["wins"]["echo"]["value"] == 1.0
    assert found["first_place"]["decided"] == 3
    assert found["first_place"]["value"] == pytest.approx(2 / 3)


def test_a_judge_that_always_prefers_the_first_is_seen() -> None:
    pairs = make_pairs(EXCHANGES, ("reply", "sft"), JudgeConfig(pairs=40), "x")
    found = summary(
        [judged((pair.order[0], 4), (pair.order[1], 3), pair.exchange.dialogue) for pair in pairs],
        ("reply", "sft"),
        seed=1,
    )
    assert found["first_place"]["value"] == 1.0
    assert found["first_place"]["low"] > 0.9
    assert 0.2 < found["wins"]["sft"]["value"] < 0.8
