from __future__ import annotations

import base64
import re
from typing import Any

from trainer.gates import judge_gates
from trainer.metrics import METEOR_VARIANT
from trainer.report import render
from trainer.scoreboard import KEYS


def figure(value: float | None, spread: float = 0.05) -> dict[str, Any]:
    if value is None:
        return {"value": None, "low": None, "high": None, "reason": "not measured"}
    return {"value": value, "low": value - spread, "high": value + spread}


def system(**changes: float | None) -> dict[str, Any]:
    values: dict[str, float | None] = dict.fromkeys(KEYS, 0.5)
    return {name: figure(value) for name, value in (values | changes).items()}


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
        "risk": {},
        "confusion": {"labels": ["fear", "joy"], "counts": [[3, 1], [0, 2]]},
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


def test_pictures_come_before_tables_and_examples_last() -> None:
    page = render(report(), [SAMPLE])
    images = re.findall(r'src="data:image/png;base64,([^"]+)"', page)
    assert len(images) == 4
    assert all(base64.b64decode(image).startswith(b"\x89PNG") for image in images)
    assert page.rindex("<img") < page.index("<table") < page.index("side by side")


def test_every_reply_score_stands_beside_its_floors_and_the_professionals() -> None:
    page = render(report(), [SAMPLE])
    tables = {part.split("<")[0]: part for part in page.split("<h2>") if '<th class="number">' in part}
    for title in ("Replies", "Mean reward"):
        header = re.findall(r'<th class="number">([^<]+)', tables[title])
        assert header == [
            "model",
            "sft",
            "professionals",
            "floor: constant",
            "floor: retrieval",
            "floor: echo",
        ]
    assert "70.0% (65.0%–75.0%)" in tables["Replies"]


def test_what_is_not_known_is_a_dash_with_its_reason() -> None:
    page = render(report(model=system(empathy=None)), [SAMPLE])
    assert "Empathy: not measured." in page
    assert "–" in page


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
        "variety": {"distinct2": 0.2},
        "recitation": {"overlap8": 0.2},
        "wording": {"safety_violations": 0.1},
        "copying": {"copied3": 0.6},
    }
    good = {name: part["value"] for name, part in report()["model"].items()}
    for name, change in failing.items():
        gates = report(model=system(**(good | change)))["gates"]
        assert [gate for gate, result in gates.items() if not result["passed"]] == [name]


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
