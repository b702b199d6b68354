"""Named checks on a report: passed or not, and why, in words. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MARGIN = 0.02  # by which a share may be worse than the professionals' before a gate closes
VARIETY = 0.6  # of the professionals' distinct-2 that a model must reach
ECHO = 0.5  # a floor that copies this share of the client's words wins specificity by copying alone


def judge_gates(report: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """``{name: {"passed", "why"}}``; a gate whose figures are missing is not passed."""
    gates = {
        "unseen": _gate(
            report["unseen"],
            "Every dialogue under test was kept out of training."
            if report["unseen"]
            else "The models may have learned from the dialogues under test.",
        ),
        "specificity": _specificity(report),
        "variety": _beside_human(report, "distinct2", lambda mine, human: mine >= VARIETY * human),
        "recitation": _beside_human(report, "overlap8", lambda mine, human: mine <= human + MARGIN),
        "wording": _beside_human(report, "safety_violations", lambda mine, human: mine <= human + MARGIN),
        "copying": _beside_human(report, "copied3", lambda mine, human: mine <= human + 5 * MARGIN),
        "emotion": _emotion(report),
    }
    for name, figure in report["reward"].get("difference", {}).items():
        gates[f"reward over {name}"] = _gate(
            figure["low"] > 0,
            f"The mean reward differs by {figure['value']:+.3f} from {name}'s "
            f"(95 % interval {figure['low']:+.3f} to {figure['high']:+.3f}).",
        )
    return gates


def _gate(passed: bool, why: str) -> dict[str, Any]:
    return {"passed": bool(passed), "why": why}


def _specificity(report: Mapping[str, Any]) -> dict[str, Any]:
    mine = report["model"]["specificity"]
    if mine["value"] is None:
        return _gate(False, f"Not known: {mine['reason']}.")
    beaten, words = True, [f"The model's replies prefer their own context in {mine['value']:.0%}"]
    for name in ("constant", "retrieval", "echo"):
        floor = report["floors"][name]
        value, copied = floor["specificity"]["value"], floor["copied3"]["value"]
        if value is None:
            beaten = False
            words.append(f"{name} not known")
        elif copied is not None and copied > ECHO:
            words.append(f"{name} {value:.0%}, by copying the client, so it does not count")
        else:
            gap = report["over_floors"]["specificity"][name]
            beaten &= gap["low"] > 0
            words.append(
                f"{name} {value:.0%} (by {gap['value']:+.1%}, {gap['low']:+.1%} to {gap['high']:+.1%})"
            )
    return _gate(beaten, "; ".join(words) + ".")


def _beside_human(report: Mapping[str, Any], key: str, passes: Any) -> dict[str, Any]:
    mine, human = report["model"][key], report["human"][key]
    if mine["value"] is None or human["value"] is None:
        return _gate(False, f"Not known: {mine.get('reason') or human.get('reason')}.")
    return _gate(
        passes(mine["value"], human["value"]),
        f"{mine['value']:.3f}, the professionals' replies {human['value']:.3f}.",
    )


def _emotion(report: Mapping[str, Any]) -> dict[str, Any]:
    parts, passed = [], True
    for key, name in (("emotion_accuracy", "accuracy"), ("emotion_macro_f1", "macro-F1")):
        mine, floor = report["model"][key], report["floors"]["majority"][key]
        if mine["value"] is None or floor["value"] is None:
            return _gate(False, f"Not known: {mine.get('reason') or floor.get('reason')}.")
        gap = report["over_floors"][key]["majority"]
        if gap["value"] is None:
            return _gate(False, f"Not known: {gap['reason']}.")
        passed &= gap["low"] > 0
        parts.append(
            f"{name} {mine['value']:.2f}, always the commonest label {floor['value']:.2f} "
            f"(by {gap['value']:+.2f}, {gap['low']:+.2f} to {gap['high']:+.2f})"
        )
    return _gate(passed, "; ".join(parts).capitalize() + ".")
