"""The report's tables: every figure beside its floors and the professionals', with its interval."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trainer.gates import how_often

FLOORS = ("constant", "retrieval", "echo")

# Key, name, and how a value is read.
REPLIES = (
    ("specificity", "Answers this client rather than another", "share"),
    ("copied3", "Wording taken from the client", "share"),
    ("strategy_fit", "Same strategy as the professional", "share"),
    ("empathy", "Empathy that its words express", "share"),
    ("quality", "Worded as in sessions rated high", "share"),
    ("safety_violations", "Breaches of wording (diagnosis, promise, …)", "share"),
    ("overlap8", "Copied from training text (runs of 8 words)", "share"),
    ("distinct1", "Different words (distinct-1)", "number"),
    ("distinct2", "Different word pairs (distinct-2)", "number"),
    ("common_opening", "Begins with the commonest three words", "share"),
    ("stock_opening", "Begins as to anybody (“It sounds like”, …)", "share"),
    ("length", "Words per reply", "words"),
    ("self_repetition", "Repeats itself", "share"),
)
OVERLAP = (
    ("bleu", "BLEU", "number"),
    ("rouge1", "ROUGE-1", "number"),
    ("rouge2", "ROUGE-2", "number"),
    ("rougeL", "ROUGE-L", "number"),
    ("meteor", "METEOR", "number"),
)
EMOTION = (
    ("emotion_accuracy", "Right", "share"),
    ("emotion_macro_f1", "Macro-F1", "number"),
    ("emotion_ece", "Calibration error", "number"),
    ("abstention", "Left as “unsure”", "share"),
    ("accuracy_answered", "Right when named", "share"),
)


@dataclass(frozen=True, slots=True)
class Cell:
    value: str
    interval: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    label: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]


def columns_of(report: Mapping[str, Any], floors: Sequence[str], human: bool) -> dict[str, Mapping[str, Any]]:
    """Figures by column: the model, the rest of the ladder, the professionals, the floors."""
    made = {"model": report["model"], **report["ladder"]}
    if human:
        made["professionals"] = report["human"]
    return made | {f"floor: {name}": report["floors"][name] for name in floors}


def tables_of(report: Mapping[str, Any]) -> list[Table]:
    replies, emotions = columns_of(report, FLOORS, True), columns_of(report, ("majority",), False)
    made = [
        _table("Replies", "The professionals' own replies show what can be reached.", REPLIES, replies),
        _table(
            "Emotion",
            "The client's emotion as the model names it, against the annotated one.",
            EMOTION,
            emotions,
        ),
        _table(
            "Closeness to the professional's words",
            "Overlap rewards blandness: a constant reply does well here. No check rests on it.",
            OVERLAP,
            columns_of(report, FLOORS, False),
        ),
    ]
    if "total" in report["reward"]:
        made.insert(1, _reward_table(report["reward"]))
    if report["over_models"]:
        made.insert(1, _gains_table(report["over_models"]))
    if report["judges"]["empathy"].get("replies"):
        made.append(_judge_table(report["judges"]["empathy"]))
    if report["judges"].get("quality"):
        made.append(_quality_table(report["judges"]["quality"]))
    return [*made, _risk_table(report["risk"]), _memory_table(report["memorisation"])]


def _gains_table(gains: Mapping[str, Mapping[str, Any]]) -> Table:
    """Paired differences of the model to the rest of the ladder, by judges that no reward is made of."""
    labels = {key: label for key, label, _ in REPLIES}
    first = next(iter(gains.values()))
    return Table(
        "Model minus the rest of the ladder",
        "Judged by what no reward is made of, on the same messages and resamples. An interval that holds 0 "
        "shows no difference.",
        tuple(gains),
        tuple(Row(labels[key], tuple(_cell(one[key], "gain") for one in gains.values())) for key in first),
        tuple(f"{labels[key]}: {figure['reason']}." for key, figure in first.items() if "reason" in figure),
    )


def _judge_table(agreement: Mapping[str, Mapping[str, Mapping[str, float]]]) -> Table:
    """How far the judge of empathy agrees with ratings that it never saw."""
    names = {"replies": "replies", "poorer": "poorer replies"}
    return Table(
        "The judge of empathy",
        "It learned from ratings of training replies to read three mechanisms from a reply's words (the "
        "critic may have learned from the same ratings, by other means), and is checked here on ratings that "
        "it never saw. Kappa is 0 by chance, 1 when it always agrees. It does not know whether the words fit "
        "the client: what it makes of poorer replies shows how far it can be trusted.",
        ("right", "always the commonest", "kappa"),
        tuple(
            Row(
                f"{mechanism}, {one['n']:.0f} {names[part]}",
                (Cell(f"{one['accuracy']:.1%}"), Cell(f"{one['floor']:.1%}"), Cell(f"{one['kappa']:.2f}")),
            )
            for part, found in agreement.items()
            for mechanism, one in found.items()
        ),
        (),
    )


def _quality_table(agreement: Mapping[str, float]) -> Table:
    """How far the judge of quality knows sessions that it never saw."""
    high = agreement["sessions"] - agreement["low"]
    return Table(
        "The judge of quality",
        f"It learned from {high:.0f} sessions that experts rated high and {agreement['low']:.0f} rated low "
        "which wording is whose, and is checked here on sessions left out in turn. Chance is .500, never "
        "wrong 1. A single reply says little; it does not know whether the words fit the client.",
        ("high before low",),
        (
            Row("whole sessions", (Cell(f"{agreement['auc_session']:.3f}"),)),
            Row("single replies", (Cell(f"{agreement['auc_reply']:.3f}"),)),
        ),
        (),
    )


def _risk_table(risk: Mapping[str, Any]) -> Table:
    """The shipped screen, overall and per category."""
    title = "Risk screen"
    if "messages" not in risk:
        return Table(title, f"Not measured: {risk['recall']['reason']}.", (), (), ())
    caption = (
        f"What is looked for before anything is drafted, on {risk['messages']} messages labelled by a person"
        f"{'' if risk['unseen'] else '; its authors may have read them'}. A "
        "message in which nothing is found is not a safe message."
    )
    rows = [("any danger", risk), *risk["categories"].items()]
    unread = risk["unscreened"]
    return Table(
        title,
        caption,
        ("found of the marked", "right of the flagged"),
        tuple(
            Row(
                name,
                (
                    _counted(one["recall"], one["found"], one["marked"], "none marked"),
                    _counted(one["precision"], one["right"], one["flagged"], "none flagged"),
                ),
            )
            for name, one in rows
        ),
        (f"{unread} messages could not be read by the screen; nothing is drafted for them.",)
        if unread
        else (),
    )


def _counted(figure: Mapping[str, Any], hits: int, count: int, none: str) -> Cell:
    """A share with what it is a share of."""
    if not count:
        return Cell("–", none)
    cell = _cell(figure, "share")
    return Cell(cell.value, f"{hits} of {count}" + (f", {cell.interval}" if cell.interval else ""))


def _memory_table(memory: Mapping[str, Any]) -> Table:
    """What was learned by heart: continuations, then canaries."""
    caption = (
        f"Given a reply's first half, does the model write the next {memory['tokens']} tokens word for word? "
        "Unseen replies show how often chance and set phrases do."
    )
    names = {"training": "Replies it was trained on", "unseen": "Replies it never saw"}
    rows = [
        Row(names[side], (_counted(found, found["verbatim"], found["count"], "none long enough"),))
        for side, found in memory["continued"].items()
    ]
    reasons = {f"{names[s]}: {one['reason']}." for s, one in memory["continued"].items() if "reason" in one}
    canaries = memory["canaries"]
    notes = [f"No planted secrets were ranked: {canaries['reason']}."] if "reason" in canaries else []
    for times, one in canaries.get("repeats", {}).items():
        rows.append(
            Row(
                f"Secrets planted {how_often(int(times))}",
                (Cell(f"{one['exposure']:.1f} bits", f"mean of {one['canaries']}"),),
            )
        )
    if not notes:
        notes.append(
            f"A secret nobody learned stands out by {canaries['expected']:.1f} bits on average, a fully "
            f"learned one by {canaries['most']:.0f} (rank among {canaries['rivals']} random alternatives)."
        )
    return Table(
        "Learned by heart", caption, ("continued, or standing out",), tuple(rows), (*sorted(reasons), *notes)
    )


def _table(
    title: str,
    caption: str,
    keys: Sequence[tuple[str, str, str]],
    columns: Mapping[str, Mapping[str, Any]],
) -> Table:
    rows = tuple(
        Row(label, tuple(_cell(figures[key], kind) for figures in columns.values()))
        for key, label, kind in keys
    )
    reasons = {
        f"{label}: {figures[key]['reason']}."
        for key, label, _ in keys
        for figures in (columns["model"],)
        if figures[key].get("reason")
    }
    return Table(title, caption, tuple(columns), rows, tuple(sorted(reasons)))


def _reward_table(reward: Mapping[str, Any]) -> Table:
    """Mean reward and its components per system, and the paired differences."""
    names = in_order(reward["total"])
    rows = [Row("Total", tuple(_cell(reward["total"][name], "reward") for name in names))]
    for part, weight in reward["weights"].items():
        cells = tuple(_cell(reward["components"][name][part], "reward") for name in names)
        rows.append(Row(f"{part} (weight {weight:g})", cells))
    notes = tuple(
        f"Model minus {name}: {figure['value']:+.3f} ({figure['low']:+.3f} to {figure['high']:+.3f})."
        for name, figure in reward["difference"].items()
    )
    caption = (
        "What reinforcement learning was told to raise; the judges above were never part of it. "
        "A reply copied from training text earns nothing. The emotion part of the professionals and the "
        "floors is the tone alone, since they name no emotion."
    )
    return Table("Mean reward", caption, tuple(map(shown, names)), tuple(rows), notes)


def _cell(figure: Mapping[str, Any], kind: str) -> Cell:
    value = figure["value"]
    if value is None:
        return Cell("–")
    texts = {
        "share": "{:.1%}",
        "number": "{:.3f}",
        "reward": "{:.2f}",
        "words": "{:.1f}",
        "gain": "{:+.1%}",
    }
    if figure["low"] is None:
        return Cell(texts[kind].format(value))
    shown, *edges = (texts[kind].format(figure[key]) for key in ("value", "low", "high"))
    if edges == [shown, shown]:  # the same in every resample
        return Cell(shown)
    between = " to " if kind == "gain" else "–"
    return Cell(shown, between.join(edge.removesuffix("%") for edge in edges))


def in_order(names: Iterable[str]) -> list[str]:
    """Systems of the reward section as in the other tables: the ladder, the professionals, the floors."""
    last = {"human": 1} | {name: 2 + place for place, name in enumerate(FLOORS)}
    return sorted(names, key=lambda name: last.get(name, 0))


def shown(name: str) -> str:
    """A system's name in the reward section as the other columns write it."""
    return {"human": "professionals"}.get(name, f"floor: {name}" if name in FLOORS else name)
