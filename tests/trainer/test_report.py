from __future__ import annotations

import base64
import re
from typing import Any

import pytest

from trainer.empathy import MECHANISMS
from trainer.gates import QUALITY, canary_limit, judge_gates
from trainer.metrics import METEOR_VARIANT, Guess, reliability
from trainer.report import render
from trainer.scoreboard import JUDGED, KEYS


def figure(value: float | None, spread: float = 0.05) -> dict[str, Any]:
    if value is None:
        return {"value": None, "low": None, "high": None, "reason": "not measured"}
    return {"value": value, "low": value - spread, "high": value + spread}


def system(**changes: float | None) -> dict[str, Any]:
    values: dict[str, float | None] = dict.fromkeys(KEYS, 0.5)
    values |= {"common_opening": 0.02, "stock_opening": 0.04}
    return {name: figure(value) for name, value in (values | changes).items()}


def counted(hits: int, count: int) -> dict[str, Any]:
    return figure(hits / count) | {"verbatim": hits, "count": count}


def memory(training: int = 0, unseen: int = 0, repeats: dict[str, float] | None = None) -> dict[str, Any]:
    canaries: dict[str, Any] = {"reason": "none planted"}
    if repeats is not None:
        found = {times: {"exposure": bits, "canaries": 2} for times, bits in repeats.items()}
        canaries = {"rivals": 255, "most": 8.0, "expected": 1.4, "repeats": found}
    continued = {"training": counted(training, 100), "unseen": counted(unseen, 50)}
    return {"tokens": 50, "continued": continued, "canaries": canaries}


def category(found: int, marked: int, right: int, flagged: int) -> dict[str, Any]:
    shares = {
        name: figure(hits / count if count else None)
        for name, hits, count in (("recall", found, marked), ("precision", right, flagged))
    }
    return shares | {"found": found, "marked": marked, "right": right, "flagged": flagged}


RISK = category(7, 10, 7, 9) | {
    "messages": 60,
    "unscreened": 2,
    "unseen": True,
    "categories": {"suicide": category(5, 6, 5, 7), "abuse": category(0, 0, 0, 1)},
}
GUESSES = [Guess("fear", "fear", 0.8, False), Guess("joy", "fear", 0.75, False)]


def report(**changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "n": 40,
        "dialogues": 12,
        "unseen": True,
        "model": system(
            specificity=0.7, copied3=0.1, safety_violations=0.01, overlap8=0.0, emotion_accuracy=0.6
        ),
        "ladder": {"sft": system()},
        "human": system(specificity=0.85, copied3=0.12, safety_violations=0.0, overlap8=0.0),
        "floors": {
            "constant": system(specificity=0.5, copied3=0.0),
            "majority": system(emotion_accuracy=0.3, emotion_macro_f1=0.1),
            "retrieval": system(specificity=0.6, copied3=0.05),
            "echo": system(specificity=0.99, copied3=1.0),
        },
        "constant_reply": "What do you mean?",
        "risk": RISK,
        "memorisation": memory(),
        "confusion": {"labels": ["fear", "joy"], "counts": [[3, 1], [0, 2]]},
        "reliability": reliability(GUESSES),
        "notes": ["No answered message is labelled shame."],
        "reward": {
            "weights": {"relevance": 1.0},
            "total": {
                name: figure(0.5) for name in ("model", "sft", "human", "constant", "retrieval", "echo")
            },
            "components": {
                name: {"relevance": figure(0.5)}
                for name in ("model", "sft", "human", "constant", "retrieval", "echo")
            },
            "difference": {"sft": figure(0.1)},
        },
        "over_models": {"sft": {key: figure(0.02) for key in JUDGED}},
        "judges": {"empathy": {}},
        "over_floors": {
            "specificity": {name: figure(0.1) for name in ("constant", "retrieval", "echo")},
            "emotion_accuracy": {"majority": figure(0.3)},
            "emotion_macro_f1": {"majority": figure(0.3)},
        },
        "meteor": METEOR_VARIANT,
        "models": {"model": {"sha256": "ab" * 32, "name": None, "version": None, "parameters": 1234567}},
        "config": {"temperature": 0.8, "top_p": 0.9, "max_reply": 64, "seed": 1},
    } | changes
    return made | {"gates": judge_gates(made)}


SAMPLE = {
    "id": "d1",
    "turn": 1,
    "client": "<script>alert(1)</script> & i can't sleep 🙂",
    "reference": "What keeps you awake?",
    "reply": "Nights are loud.",
    "emotion_true": "fear",
    "emotion_pred": "joy",
    "strategy_true": "open question",
    "strategy_pred": None,
    "others": {"sft": "I see."},
}


def test_the_page_is_self_contained_and_escapes_what_people_wrote() -> None:
    page = render(report(), [SAMPLE])
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "🙂" in page
    assert "http" not in page
    assert re.search(r"<(link|iframe|svg)", page) is None


def sections(page: str) -> dict[str, str]:
    return {part.split("<")[0]: part for part in page.split("<h2>")[1:]}


def test_pictures_come_before_tables_and_examples_last() -> None:
    page = render(report(), [SAMPLE])
    images = re.findall(r'src="data:image/png;base64,([^"]+)"', page)
    assert len(images) == 6
    assert all(base64.b64decode(image).startswith(b"\x89PNG") for image in images)
    assert page.rindex("<img") < page.index("<table") < page.index("side by side")


def test_every_reply_score_stands_beside_its_floors_and_the_professionals() -> None:
    page = render(report(), [SAMPLE])
    tables = sections(page)
    for title in ("Replies", "Mean reward"):
        header = re.findall(r'<th class="column">(.+?)</th>', tables[title].replace("<br>", " "))
        assert header == [
            "model",
            "sft",
            "professionals",
            "floor: constant",
            "floor: retrieval",
            "floor: echo",
        ]
    assert '70.0%<br><span class="interval">65.0–75.0</span>' in tables["Replies"]


def test_what_is_not_known_is_a_dash_with_its_reason() -> None:
    page = render(report(model=system(empathy=None)), [SAMPLE])
    assert "Empathy that its words express: not measured." in page
    assert "–" in page


def test_gains_over_the_ladder_stand_with_their_sign_and_interval() -> None:
    gains = {"sft": {key: figure(0.02) for key in JUDGED}, "base": {key: figure(None) for key in JUDGED}}
    table = sections(render(report(over_models=gains), [SAMPLE]))["Model minus the rest of the ladder"]
    assert table.count('+2.0%<br><span class="interval">-3.0 to +7.0</span>') == len(JUDGED)
    assert "–" in table
    assert "rest of the ladder" not in render(report(over_models={}), [SAMPLE])


def test_the_judge_of_empathy_stands_beside_its_floor() -> None:
    agreement = {name: {"n": 50, "accuracy": 0.75, "floor": 0.5, "kappa": 0.45} for name in MECHANISMS}
    judges = {"empathy": {"replies": agreement, "poorer": {"reaction": agreement["reaction"] | {"n": 9}}}}
    table = sections(render(report(judges=judges), [SAMPLE]))["The judge of empathy"]
    for words in ("interpretation, 50 replies", "reaction, 9 poorer replies", "75.0%", "50.0%", "0.45"):
        assert words in table


def test_a_report_without_reward_emotions_or_samples_still_renders() -> None:
    bare = report(
        reward={"reason": "no critic"},
        confusion={"labels": [], "counts": []},
        constant_reply=None,
        model=system(**dict.fromkeys(KEYS)),
    )
    page = render(bare, [])
    assert "Mean reward" not in page
    assert "0 exchanges" in page


def test_gates_pass_for_a_model_that_clears_them() -> None:
    assert all(gate["passed"] for gate in report()["gates"].values())


def test_an_echo_wins_specificity_only_by_copying_and_does_not_count() -> None:
    gate = report()["gates"]["specificity"]
    assert gate["passed"]
    assert "by copying the client" in gate["why"]


def test_each_gate_closes_on_its_own_failing() -> None:
    failing = {
        "variety": {"distinct2": 0.34},
        "openings": {"common_opening": 0.2},
        "recitation": {"overlap8": 0.2},
        "wording": {"safety_violations": 0.1},
        "copying": {"copied3": 0.6},
    }
    good = {name: part["value"] for name, part in report()["model"].items()}
    for name, change in failing.items():
        gates = report(model=system(**(good | change)))["gates"]
        assert [gate for gate, result in gates.items() if not result["passed"]] == [name]


@pytest.mark.parametrize("habit", ["common_opening", "stock_opening"])
def test_one_habit_of_opening_closes_the_gate(habit: str) -> None:
    assert not report(model=system(**{habit: 0.1}))["gates"]["openings"]["passed"]
    assert report(model=system(**{habit: 0.09}))["gates"]["openings"]["passed"]


def test_variety_must_stay_near_that_of_sft_when_it_is_compared() -> None:
    near, far = system(distinct2=0.5), system(distinct2=0.6)
    assert report(ladder={"sft": near})["gates"]["variety"]["passed"]
    gate = report(ladder={"sft": far})["gates"]["variety"]
    assert not gate["passed"]
    assert "60% in those of sft" in gate["why"]
    assert report(ladder={"base": far})["gates"]["variety"]["passed"]


@pytest.mark.parametrize(
    ("found", "passed", "words"),
    [
        (memory(), True, "no secrets were planted"),
        (memory(training=1), True, "continues 1 of 100 training replies"),
        (memory(training=2), False, "0 of 50 unseen"),
        (memory(training=5, unseen=2), True, "2 of 50 unseen"),
        (memory(repeats={"0": 1.2, "1": 1.5, "16": 2.0}), True, "planted once stand out by 1.5 bits"),
        (memory(repeats={"0": 7.0, "16": 1.0}), True, "nowhere"),  # chance, not memory
        (memory(repeats={"0": 1.0, "16": 7.9}), False, "planted 16 times stand out by 7.9 bits"),
    ],
)
def test_the_memorisation_gate_says_what_was_learned_by_heart(
    found: dict[str, Any], passed: bool, words: str
) -> None:
    gate = report(memorisation=found)["gates"]["memorisation"]
    assert gate["passed"] == passed
    assert words in gate["why"]
    assert gate["why"].endswith(".")


def test_memory_that_was_not_measured_is_not_passed() -> None:
    unknown = memory()
    unknown["continued"]["unseen"] = figure(None) | {"verbatim": 0, "count": 0}
    assert report(memorisation=unknown)["gates"]["memorisation"] == {
        "passed": False,
        "why": "Not known: not measured.",
    }


def test_more_secrets_leave_chance_less_room() -> None:
    assert canary_limit(1.4, 1) > canary_limit(1.4, 4) > canary_limit(1.4, 100) > 1.4


def test_the_risk_table_counts_what_each_share_is_of() -> None:
    table = sections(render(report(), [SAMPLE]))["Risk screen"]
    assert "on 60 messages labelled by a person" in table
    assert "5 of 6" in table
    assert "none marked" in table
    assert "2 messages could not be read" in table


def test_data_without_risk_labels_leaves_a_reason_instead_of_a_table() -> None:
    bare = {"recall": figure(None), "precision": figure(None), "categories": {}, "unseen": False}
    table = sections(render(report(risk=bare), [SAMPLE]))["Risk screen"]
    assert "Not measured: not measured." in table
    assert "<table" not in table


def test_what_was_learned_by_heart_has_its_table() -> None:
    found = memory(training=3, unseen=1, repeats={"0": 1.2, "1": 1.5, "16": 7.9})
    table = sections(render(report(memorisation=found), [SAMPLE]))["Learned by heart"]
    for words in ("3 of 100", "1 of 50", "planted nowhere", "planted once", "planted 16 times", "7.9 bits"):
        assert words in table


def test_an_exchange_shows_the_professional_the_model_and_every_other_model() -> None:
    page = render(report(), [SAMPLE])
    row = page[page.index("side by side") :]
    places = [row.index(reply) for reply in (SAMPLE["reference"], SAMPLE["reply"], "I see.")]
    assert places == sorted(places)
    assert re.findall(r'<th width="33%">([^<]+)', row) == ["professional", "model", "sft"]


def test_the_page_opens_with_the_checks_that_failed_and_with_its_notes() -> None:
    page = render(report(model=system(specificity=None, distinct2=0.1)), [SAMPLE])
    assert "checks not passed:" in page[: page.index("<h2>")]
    assert "labelled shame" in page[: page.index("<h2>")]
    assert "All 10 checks passed" in render(report(), [SAMPLE])


def test_the_gates_that_claim_quality_are_gates() -> None:
    assert set(QUALITY) <= report()["gates"].keys()


def test_a_floor_is_beaten_only_when_the_paired_interval_is_above_nothing() -> None:
    near = figure(0.04)
    for key, floor, gate in (
        ("specificity", "retrieval", "specificity"),
        ("emotion_macro_f1", "majority", "emotion"),
    ):
        made = report()
        made["over_floors"][key][floor] = near
        closed = [name for name, result in judge_gates(made).items() if not result["passed"]]
        assert closed == [gate]


def test_a_gate_whose_figures_are_missing_is_not_passed_and_says_so() -> None:
    gates = report(model=system(specificity=None, emotion_accuracy=None))["gates"]
    assert not gates["specificity"]["passed"]
    assert "not measured" in gates["emotion"]["why"].lower()


def test_a_reward_gain_counts_only_when_its_interval_is_above_nothing() -> None:
    made = report()
    made["reward"]["difference"]["sft"] = figure(0.03)
    assert not judge_gates(made)["reward over sft"]["passed"]
