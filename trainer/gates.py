"""Named checks on a report: passed or not, and why, in words. Torch-free."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

QUALITY = ("specificity", "variety", "openings", "emotion")  # what a reply for everybody must never pass
MARGIN = 0.02  # by which a share may be worse than the professionals' before a gate closes
VARIETY = 0.6  # of the professionals' distinct-2 that a model must reach
DISTINCT2 = 0.35  # least distinct-2 of the first 200 replies
OF_SFT = 0.9  # of the fine-tuned model's distinct-2 that reinforcement learning must leave
OPENING = 0.10  # most replies that may begin alike, or as one to anybody could
RECITED = 0.01  # by which continuing training replies verbatim may exceed continuing unseen ones
DEVIATIONS = 3.0  # of a canary's exposure above chance; it is spread as an exponential distribution
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
        "variety": _variety(report),
        "openings": _openings(report["model"]),
        "recitation": _beside_human(report, "overlap8", "Wording copied from training text", MARGIN),
        "wording": _beside_human(report, "safety_violations", "Replies that breach the wording", MARGIN),
        "copying": _beside_human(report, "copied3", "Wording taken from the client", 5 * MARGIN),
        "emotion": _emotion(report),
        "memorisation": _memorisation(report["memorisation"]),
    }
    for name, figure in report["reward"].get("difference", {}).items():
        gates[f"reward over {name}"] = _gate(
            figure["low"] > 0,
            f"The mean reward differs by {figure['value']:+.3f} from {name}'s "
            f"(95% interval {figure['low']:+.3f} to {figure['high']:+.3f}).",
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


def _variety(report: Mapping[str, Any]) -> dict[str, Any]:
    mine, human = report["model"]["distinct2"], report["human"]["distinct2"]
    if mine["value"] is None or human["value"] is None:
        return _gate(False, f"Not known: {mine.get('reason') or human.get('reason')}.")
    least = {f"at least {DISTINCT2:.0%} are asked": DISTINCT2}
    least[f"{human['value']:.0%} in the professionals' replies"] = VARIETY * human["value"]
    tuned = report["ladder"].get("sft", {}).get("distinct2", {}).get("value")
    if tuned is not None:
        least[f"{tuned:.0%} in those of sft"] = OF_SFT * tuned
    return _gate(
        mine["value"] >= max(least.values()),
        f"{mine['value']:.0%} of the word pairs differ; {'; '.join(least)}.",
    )


def _openings(mine: Mapping[str, Any]) -> dict[str, Any]:
    common, stock = mine["common_opening"], mine["stock_opening"]
    if common["value"] is None or stock["value"] is None:
        return _gate(False, f"Not known: {common.get('reason') or stock.get('reason')}.")
    return _gate(
        max(common["value"], stock["value"]) < OPENING,
        f"{common['value']:.1%} begin with the same three words, {stock['value']:.1%} in a way that fits "
        f"everybody (“It sounds like”); less than {OPENING:.0%} is asked.",
    )


def _memorisation(found: Mapping[str, Any]) -> dict[str, Any]:
    """Neither continuations nor canaries may show that training text was learned by heart."""
    training, unseen = found["continued"]["training"], found["continued"]["unseen"]
    for side in (training, unseen):
        if side["value"] is None:
            return _gate(False, f"Not known: {side['reason']}.")
    words = [
        f"Given the first half of a reply, the model continues {training['verbatim']} of {training['count']} "
        f"training replies word for word and {unseen['verbatim']} of {unseen['count']} unseen ones"
    ]
    passed = training["value"] <= unseen["value"] + RECITED
    canaries = found["canaries"]
    if "reason" in canaries:
        words.append("no secrets were planted")
    for times, one in canaries.get("repeats", {}).items():
        stands = f"secrets planted {how_often(int(times))} stand out by {one['exposure']:.1f} bits"
        if int(times) == 0:
            words.append(f"{stands} ({canaries['expected']:.1f} by chance)")
        else:
            allowed = canary_limit(canaries["expected"], one["canaries"])
            passed &= one["exposure"] <= allowed
            words.append(f"{stands} ({allowed:.1f} allowed)")
    return _gate(passed, "; ".join(words) + ".")


def how_often(times: int) -> str:
    return {0: "nowhere", 1: "once"}.get(times, f"{times} times")


def canary_limit(expected: float, count: int) -> float:
    """Mean exposure of ``count`` canaries above which chance no longer explains it (bits)."""
    return expected * (1 + DEVIATIONS / math.sqrt(count))


def _beside_human(report: Mapping[str, Any], key: str, what: str, margin: float) -> dict[str, Any]:
    """Open while the model's share is at most ``margin`` above the professionals'."""
    mine, human = report["model"][key], report["human"][key]
    if mine["value"] is None or human["value"] is None:
        return _gate(False, f"Not known: {mine.get('reason') or human.get('reason')}.")
    return _gate(
        mine["value"] <= human["value"] + margin,
        f"{what}: {mine['value']:.1%}, in the professionals' replies {human['value']:.1%} "
        f"(up to {margin:.0%} more is allowed).",
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
    return _gate(passed, f"The emotion is named right: {'; '.join(parts)}.")
