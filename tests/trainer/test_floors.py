from __future__ import annotations

import random

import pytest

from trainer.dialogue import Dialogue, Turn, exchanges
from trainer.floors import CONSTANTS, constant, echo, majority, retrieved
from trainer.judges import Specificity, StrategyJudge

TOPICS = {
    "sleep": ("i lie awake at night and cannot sleep", "The nights without sleep wear you out."),
    "boss": ("my boss shouted in the meeting at work", "Being shouted at by your boss stays with you."),
    "mother": ("my mother died and her kitchen is empty", "Her empty kitchen is where you miss your mother."),
    "tram": ("i panic on the tram when doors close", "When the tram doors close the panic comes."),
}


def conversation(name: str, topic: str, extra: str = "") -> Dialogue:
    client, reply = TOPICS[topic]
    turns = (Turn("client", f"{client} {extra}"), Turn("therapist", reply, strategy="reflection"))
    return Dialogue(name, "test", None, turns)


def training(count: int = 80) -> list[Dialogue]:
    rng = random.Random(1)
    return [conversation(f"t{n}", rng.choice(list(TOPICS)), f"day {n}") for n in range(count)]


def test_an_exchange_is_a_client_turn_that_is_answered() -> None:
    turns = [
        Turn("therapist", "Hello."),
        Turn("client", "hi"),
        Turn("therapist", "A"),
        Turn("therapist", "B"),
    ]
    found = exchanges([Dialogue("d", "test", "situation", tuple(turns))])
    assert [(len(context.turns), reply) for context, reply in found] == [(2, "A")]
    assert found[0][0].context == "situation"


def test_the_best_constant_is_chosen_by_the_training_replies() -> None:
    context = conversation("x", "sleep").cut_at(1)
    for wanted in CONSTANTS[:3]:
        assert constant([(context, wanted)] * 5) == wanted


def test_the_majority_is_the_commonest_label() -> None:
    assert majority(["fear", "joy", "fear"]) == "fear"
    assert majority(["joy", "fear"]) == "fear"


def test_retrieval_answers_with_the_reply_to_the_nearest_message_of_another_dialogue() -> None:
    known = exchanges([conversation("a", "sleep"), conversation("b", "boss"), conversation("c", "tram")])
    contexts = [conversation("new", "boss").cut_at(1), conversation("c", "tram").cut_at(1)]
    found = retrieved(known, contexts)
    assert found[0] == TOPICS["boss"][1]
    assert found[1] != TOPICS["tram"][1]


def test_retrieval_without_another_dialogue_finds_nothing() -> None:
    only = conversation("a", "sleep")
    assert retrieved(exchanges([only]), [only.cut_at(1)]) == [""]


def test_the_echo_is_the_clients_last_message() -> None:
    assert echo(conversation("a", "sleep").cut_at(1)).startswith("i lie awake")


def test_specificity_prefers_fitting_replies_and_is_one_half_for_a_constant() -> None:
    judge = Specificity(exchanges(training()), 1)
    contexts = [conversation(f"new{n}", topic).cut_at(1) for n, topic in enumerate(TOPICS)]
    fitting = judge.judge(contexts, [TOPICS[topic][1] for topic in TOPICS], 1)
    swapped = judge.judge(contexts, [TOPICS[topic][1] for topic in reversed(TOPICS)], 1)
    same = judge.judge(contexts, ["What do you mean?"] * 4, 1)
    assert [value for value in fitting if value is not None] == [1.0] * 4
    assert sum(value or 0.0 for value in swapped) / 4 < 0.8
    assert sum(value or 0.0 for value in same) / 4 == pytest.approx(0.5)


def test_specificity_can_be_fitted_on_fewer_exchanges_than_its_space_has_directions() -> None:
    """As small as a clinic's first file may be: 50 exchanges, and many more words than that."""
    talks = []
    for n in range(50):
        said = " ".join(f"word{4 * n + k}x" for k in range(8))  # half of them shared with the next exchange
        turns = (Turn("client", said), Turn("therapist", said))
        talks.append(Dialogue(f"d{n}", "test", None, turns))
    found = Specificity(exchanges(talks), 1).judge(
        [talk.cut_at(1) for talk in talks[:5]], [talk.turns[1].text for talk in talks[:5]], 1
    )
    assert found == [1.0] * 5


def test_specificity_is_not_known_with_one_dialogue_alone() -> None:
    judge = Specificity(exchanges(training()), 1)
    assert judge.judge([conversation("x", "sleep").cut_at(1)], ["Yes."], 1) == [None]


def test_the_strategy_judge_learns_strategies_from_words() -> None:
    questions = [f"What happened on day {n}?" for n in range(30)]
    statements = [f"Day {n} was hard for you." for n in range(30)]
    judge = StrategyJudge(questions + statements, ["open question"] * 30 + ["reflection"] * 30, 1)
    assert judge.strategies(["What happened then?", "That was hard."]) == ["open question", "reflection"]
