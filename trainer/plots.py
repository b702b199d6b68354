"""Pictures of the evaluation report: PNG, drawn at twice the size at which the page shows them."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure as Picture

WIDTH = 640  # pixels on the page
INCH = 100  # pixels on the page
TEXT, MUTED, LINE = "#22262a", "#646b73", "#e2dfd8"
MODEL_COLOUR, OTHER_COLOUR, FLOOR_COLOUR, HUMAN_COLOUR = "#0f6e6a", "#8cbdb8", "#cfcbc3", "#7a8a99"
PAPER = (255, 255, 255)
INK = (15, 110, 106)  # the model's colour
SMALL, NORMAL = 8, 9  # points
SLANT = math.radians(35)  # of the names above a confusion matrix
CHARACTER = 0.075  # inches that a letter of NORMAL size takes at most on average
LONGEST = 24  # letters of a name that is shown whole
LEFT = 1.45  # inches at which the axes of every picture begin, so that they stand below each other


def bars(values: Mapping[str, Mapping[str, Any]], share: bool) -> str:
    """Horizontal bars with 95 % intervals, the first on top; base64. ``share``: 0.5 is written 50 %."""
    known = {name: figure for name, figure in values.items() if figure["value"] is not None}
    picture = Picture(figsize=(WIDTH / INCH, 0.34 * len(known) + 0.45), dpi=2 * INCH)
    height = picture.get_figheight()
    left = _left(known)
    axes = picture.add_axes((left, 0.34 / height, 0.91 - left, 1 - 0.4 / height))
    for place, (name, figure) in enumerate(reversed(known.items())):
        value = figure["value"]
        axes.barh(place, value, color=_colour(name), height=0.66)
        if figure["low"] is not None:
            axes.plot([figure["low"], figure["high"]], [place, place], color=TEXT, linewidth=1.2)
        end = max(value, figure["high"] or value)
        written = f"{value:.0%}" if share else f"{value:.2f}"
        weight = "bold" if name == "model" else "normal"
        axes.text(end + 0.012, place, written, va="center", fontsize=NORMAL, color=TEXT, fontweight=weight)
    names = [_short(name) for name in reversed(known)]
    axes.set_yticks(range(len(known)), names, fontsize=NORMAL, color=TEXT)
    ticks = [0, 0.25, 0.5, 0.75, 1]
    axes.set_xticks(ticks, [f"{tick:.0%}" if share else f"{tick:g}" for tick in ticks])
    axes.set_xlim(0, 1.04)
    axes.set_ylim(-0.6, len(known) - 0.4)
    _quiet(axes)
    axes.grid(axis="x", color=LINE, linewidth=0.8)
    axes.spines["left"].set_visible(True)
    return _png(picture)


def heat_map(labels: Sequence[str], counts: Sequence[Sequence[int]]) -> str:
    """Confusion matrix, base64: rows true, columns predicted; a cell's shade is its share of the row."""
    size = len(labels)
    named = [f"{_short(label)} ({sum(row)})" for label, row in zip(labels, counts, strict=True)]
    left = _left(named)
    slanted = CHARACTER * max(len(_short(label)) for label in labels)
    room = WIDTH / INCH * (1 - left) - max(0.1, slanted * math.cos(SLANT) - 0.2)
    cell = min(0.58, room / size)  # inches
    high = cell * size * 0.78
    height = high + 0.3 + slanted * math.sin(SLANT)
    picture = Picture(figsize=(WIDTH / INCH, height), dpi=2 * INCH)
    axes = picture.add_axes((left, 0.1 / height, cell * size / (WIDTH / INCH), high / height))
    totals = [sum(row) for row in counts]
    shades = [
        [_shade(count / total if total else 0.0) for count in row]
        for row, total in zip(counts, totals, strict=True)
    ]
    axes.imshow(shades, aspect="auto")
    font = NORMAL if size <= 9 else max(5, round(80 / size))
    for row in range(size):
        for column in range(size):
            count = counts[row][column]
            dark = count > 0.55 * totals[row]
            axes.text(
                column,
                row,
                str(count) if count else "·",
                ha="center",
                va="center",
                fontsize=font,
                fontweight="bold" if row == column else "normal",
                color="#ffffff" if dark else TEXT if count else "#b8b4ac",
            )
    axes.set_yticks(range(size), named, fontsize=font, color=TEXT)
    shown = [_short(label) for label in labels]
    axes.set_xticks(range(size), shown, fontsize=font, color=TEXT, rotation=math.degrees(SLANT), ha="left")
    axes.xaxis.tick_top()
    axes.set_xticks([place - 0.5 for place in range(1, size)], minor=True)
    axes.set_yticks([place - 0.5 for place in range(1, size)], minor=True)
    axes.grid(which="minor", color="#ffffff", linewidth=2)
    axes.tick_params(which="both", length=0)
    axes.spines[:].set_visible(False)
    return _png(picture)


def reliability_diagram(bins: Sequence[Mapping[str, Any]]) -> str:
    """Accuracy over stated confidence beside the diagonal, and how many messages lie in each bin; base64."""
    picture = Picture(figsize=(WIDTH / INCH, 3.9), dpi=2 * INCH)
    left = _left(())
    axes = picture.add_axes((left, 0.33, 0.6, 0.64))
    filled = [one for one in bins if one["count"]]
    width = bins[0]["high"] - bins[0]["low"]
    for one in filled:
        axes.bar(one["low"] + width / 2, one["accuracy"], width=width * 0.9, color=OTHER_COLOUR)
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
    axes.plot(
        [one["confidence"] for one in filled],
        [one["accuracy"] for one in filled],
        color=MODEL_COLOUR,
        marker="o",
        markersize=5,
        linewidth=0,
        clip_on=False,  # a bin that is never right lies on the edge
    )
    axes.set_ylabel("named right", fontsize=SMALL, color=TEXT)
    axes.set_ylim(0, 1.02)
    below = picture.add_axes((left, 0.13, 0.6, 0.15))
    most = max(one["count"] for one in bins) or 1
    for one in bins:
        middle = one["low"] + width / 2
        below.bar(middle, one["count"], width=width * 0.9, color=FLOOR_COLOUR)
        below.text(
            middle, one["count"] + most * 0.06, str(one["count"]), ha="center", fontsize=7, color=MUTED
        )
    below.set_ylim(0, most * 1.5)
    below.set_yticks([])
    below.set_ylabel("messages", fontsize=SMALL, color=TEXT)
    below.set_xlabel("confidence", fontsize=SMALL, color=TEXT)
    for one_of, shown in ((axes, False), (below, True)):
        one_of.set_xlim(0, 1)
        one_of.yaxis.set_label_coords(-0.14, 0.5)
        ticks = [number / 5 for number in range(6)]
        one_of.set_xticks(ticks, [f"{tick:.0%}" for tick in ticks] if shown else [])
        _quiet(one_of)
        one_of.spines[["left", "bottom"]].set_visible(True)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0%", "25%", "50%", "75%", "100%"])
    axes.grid(axis="y", color=LINE, linewidth=0.8)
    return _png(picture)


def _left(names: Iterable[str]) -> float:
    """Where the axes begin, as a part of the width: names stand before them."""
    longest = max((len(_short(name)) for name in names), default=0)
    return max(LEFT, 0.2 + CHARACTER * longest) * INCH / WIDTH


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"


def _quiet(axes: Any) -> None:
    """Lines and ticks stand back behind the data."""
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "bottom", "left"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(LINE)
    axes.tick_params(length=0)
    for axis in ("x", "y"):
        axes.tick_params(axis=axis, labelsize=SMALL if axis == "x" else NORMAL, labelcolor=TEXT)


def _shade(share: float) -> tuple[float, ...]:
    """From paper to ink; the root keeps small shares visible."""
    depth = 0.06 + 0.94 * share**0.7
    return tuple((paper + (ink - paper) * depth) / 255 for paper, ink in zip(PAPER, INK, strict=True))


def _colour(name: str) -> str:
    if name == "model":
        return MODEL_COLOUR
    if name == "professionals":
        return HUMAN_COLOUR
    return FLOOR_COLOUR if name.startswith("floor") else OTHER_COLOUR


def _png(picture: Picture) -> str:
    buffer = io.BytesIO()
    picture.savefig(buffer, format="png", metadata={"Software": None}, facecolor="#ffffff")
    return base64.b64encode(buffer.getvalue()).decode()
