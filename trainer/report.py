"""The evaluation as one page for a clinician: pictures first, floors beside every score, then examples.

Self-contained, and plain enough for Qt's rich-text view: tables and images inside the page, no scripts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, StrictUndefined

from trainer.config import resources_dir
from trainer.plots import WIDTH, bars, heat_map, reliability_diagram
from trainer.report_tables import FLOORS, columns_of, in_order, shown, tables_of


@dataclass(frozen=True, slots=True)
class Plot:
    title: str
    caption: str
    png: str  # base64
    width: int


def render(report: Mapping[str, Any], samples: Sequence[Mapping[str, Any]]) -> str:
    """The page for ``report.json`` and some records of ``predictions.jsonl``."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    source = (resources_dir() / "report" / "report.html.j2").read_text(encoding="utf8")
    facts = report["models"]["model"]
    name = f"{facts['name']} {facts['version']}" if facts["name"] else "the model"
    page = environment.from_string(source)
    failed = [gate for gate, result in report["gates"].items() if not result["passed"]]
    return page.render(
        report=report,
        name=name,
        failed=failed,
        samples=samples,
        plots=_plots(report),
        tables=tables_of(report),
        columns=["model", *report["ladder"]],
    )


def _plots(report: Mapping[str, Any]) -> list[Plot]:
    replies, emotions = columns_of(report, FLOORS, True), columns_of(report, ("majority",), False)
    wanted = [
        (
            "Does a reply answer this client?",
            "How often a reply suits its own conversation better than another; 50% is a reply that fits "
            "everything. The echo wins by copying.",
            {name: figures["specificity"] for name, figures in replies.items()},
            True,
        ),
        (
            "Do the replies differ from each other?",
            "Share of different word pairs in 200 replies; one reply for everybody falls to zero.",
            {name: figures["distinct2"] for name, figures in replies.items()},
            True,
        ),
        (
            "Is the client's emotion named right?",
            "Share of messages; the floor always names the commonest emotion.",
            {name: figures["emotion_accuracy"] for name, figures in emotions.items()},
            True,
        ),
    ]
    if "total" in report["reward"]:
        totals = report["reward"]["total"]
        named = {shown(name): totals[name] for name in in_order(totals)}
        wanted.insert(1, ("Mean reward", "Of the critic and the rules, 0 to 1.", named, False))
    made = [
        Plot(title, caption, bars(values, share), WIDTH)
        for title, caption, values, share in wanted
        if any(figure["value"] is not None for figure in values.values())
    ]
    return made + _emotion_plots(report)


def _emotion_plots(report: Mapping[str, Any]) -> list[Plot]:
    """Confusion matrix and reliability diagram; none without labels."""
    confusion = report["confusion"]
    if not confusion["labels"]:
        return []
    return [
        Plot(
            "Which emotions are mixed up?",
            "Rows: what the annotator wrote, with the number of messages. Columns: what the model named. "
            "The darker a cell, the larger its part of the row; right answers lie on the diagonal.",
            heat_map(confusion["labels"], confusion["counts"]),
            WIDTH,
        ),
        Plot(
            "Is it as sure as it is right?",
            "Messages by the confidence shown. On the dashed line it is right as often as it says; "
            "below it, it is too sure. Bins with few messages say little.",
            reliability_diagram(report["reliability"]),
            WIDTH,
        ),
    ]
