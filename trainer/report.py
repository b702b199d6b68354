"""The evaluation as one page for a clinician: pictures first, floors beside every score, then examples.

Self-contained, and plain enough for Qt's rich-text view: tables and images inside the page, no scripts.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, StrictUndefined
from matplotlib.figure import Figure as Picture

from trainer.config import resources_dir

WIDTH = 640  # pixels on the page; drawn at twice that
MODEL_COLOUR, OTHER_COLOUR, FLOOR_COLOUR, HUMAN_COLOUR = "#24708f", "#8fb8c9", "#c3c9cf", "#5a8f5c"
FLOORS = ("constant", "retrieval", "echo")

# Key, name, and how a value is read.
REPLIES = (
    ("specificity", "Answers this client rather than another", "share"),
    ("copied3", "Wording taken from the client", "share"),
    ("strategy_fit", "Same strategy as the professional", "share"),
    ("safety_violations", "Breaches of wording (diagnosis, promise, …)", "share"),
    ("overlap8", "Copied from training text (runs of 8 words)", "share"),
    ("distinct1", "Different words (distinct-1)", "number"),
    ("distinct2", "Different word pairs (distinct-2)", "number"),
    ("length", "Words per reply", "words"),
    ("self_repetition", "Repeats itself", "share"),
    ("empathy", "Empathy", "number"),
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
class Plot:
    title: str
    caption: str
    png: str  # base64
    width: int


@dataclass(frozen=True, slots=True)
class Row:
    label: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]


def render(report: Mapping[str, Any], samples: Sequence[Mapping[str, Any]]) -> str:
    """The page for ``report.json`` and some records of ``predictions.jsonl``."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    source = (resources_dir() / "report" / "report.html.j2").read_text(encoding="utf8")
    facts = report["models"]["model"]
    name = f"{facts['name']} {facts['version']}" if facts["name"] else "the model"
    page = environment.from_string(source)
    return page.render(
        report=report, name=name, samples=samples, plots=_plots(report), tables=_tables(report)
    )


def _columns(report: Mapping[str, Any], floors: Sequence[str], human: bool) -> dict[str, Mapping[str, Any]]:
    """Figures by column: the model, the rest of the ladder, the professionals, the floors."""
    made = {"model": report["model"], **report["ladder"]}
    if human:
        made["professionals"] = report["human"]
    return made | {f"floor: {name}": report["floors"][name] for name in floors}


def _tables(report: Mapping[str, Any]) -> list[Table]:
    replies, emotions = _columns(report, FLOORS, True), _columns(report, ("majority",), False)
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
            _columns(report, FLOORS, False),
        ),
    ]
    if "total" in report["reward"]:
        made.insert(1, _reward_table(report["reward"]))
    return made


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
    names = _in_order(reward["total"])
    rows = [Row("Total", tuple(_cell(reward["total"][name], "number") for name in names))]
    for part, weight in reward["weights"].items():
        cells = tuple(_cell(reward["components"][name][part], "number") for name in names)
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
    return Table("Mean reward", caption, tuple(map(_shown, names)), tuple(rows), notes)


def _cell(figure: Mapping[str, Any], kind: str) -> str:
    value = figure["value"]
    if value is None:
        return "–"
    texts = {"share": "{:.1%}", "number": "{:.3f}", "words": "{:.1f}"}
    shown = texts[kind].format(value)
    if figure["low"] is None:
        return shown
    return f"{shown} ({texts[kind].format(figure['low'])}–{texts[kind].format(figure['high'])})"


def _plots(report: Mapping[str, Any]) -> list[Plot]:
    replies, emotions = _columns(report, FLOORS, True), _columns(report, ("majority",), False)
    wanted = [
        (
            "Does a reply answer this client?",
            "How often a reply suits its own conversation better than another; 50 % is a reply that fits "
            "everything. The echo wins by copying.",
            {name: figures["specificity"] for name, figures in replies.items()},
        ),
        (
            "Is the client's emotion named right?",
            "Share of messages; the floor always names the commonest emotion.",
            {name: figures["emotion_accuracy"] for name, figures in emotions.items()},
        ),
        (
            "Do the replies differ from each other?",
            "Share of different word pairs in 200 replies; one reply for everybody falls to zero.",
            {name: figures["distinct2"] for name, figures in replies.items()},
        ),
    ]
    if "total" in report["reward"]:
        totals = report["reward"]["total"]
        named = {_shown(name): totals[name] for name in _in_order(totals)}
        wanted.insert(1, ("Mean reward", "Of the critic and the rules, 0 to 1.", named))
    return [
        Plot(title, caption, _bars(values), WIDTH)
        for title, caption, values in wanted
        if any(figure["value"] is not None for figure in values.values())
    ]


def _in_order(names: Iterable[str]) -> list[str]:
    """Systems of the reward section as in the other tables: the ladder, the professionals, the floors."""
    last = {"human": 1} | {name: 2 + place for place, name in enumerate(FLOORS)}
    return sorted(names, key=lambda name: last.get(name, 0))


def _shown(name: str) -> str:
    """A system's name in the reward section as the other columns write it."""
    return {"human": "professionals"}.get(name, f"floor: {name}" if name in FLOORS else name)


def _bars(values: Mapping[str, Mapping[str, Any]]) -> str:
    """Horizontal bars with intervals as a base64 PNG; the model on top."""
    known = {name: figure for name, figure in values.items() if figure["value"] is not None}
    picture = Picture(figsize=(WIDTH / 100, 0.42 * len(known) + 0.5), dpi=200)
    axes = picture.add_subplot()
    for place, (name, figure) in enumerate(reversed(known.items())):
        value = figure["value"]
        axes.barh(place, value, color=_colour(name), height=0.62)
        if figure["low"] is not None:
            axes.plot([figure["low"], figure["high"]], [place, place], color="#1f2933", linewidth=1.4)
        end = max(value, figure["high"] or value)
        axes.text(end + 0.01, place, f"{value:.2f}", va="center", fontsize=8)
    axes.set_yticks(range(len(known)), list(reversed(known)), fontsize=9)
    axes.set_xlim(0, 1.08)
    axes.tick_params(axis="x", labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    picture.tight_layout()
    buffer = io.BytesIO()
    picture.savefig(buffer, format="png", metadata={"Software": None})
    return base64.b64encode(buffer.getvalue()).decode()


def _colour(name: str) -> str:
    if name == "model":
        return MODEL_COLOUR
    if name == "professionals":
        return HUMAN_COLOUR
    return FLOOR_COLOUR if name.startswith("floor") else OTHER_COLOUR
