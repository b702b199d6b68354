"""Pictures are drawn for every shape of data, inside their edges."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import pytest
from matplotlib.image import imread

from trainer.metrics import Guess, reliability
from trainer.plots import WIDTH, bars, heat_map, reliability_diagram


def pixels(png: str) -> np.ndarray[Any, Any]:
    found: np.ndarray[Any, Any] = imread(io.BytesIO(base64.b64decode(png)))[..., :3]
    return found


def is_framed(png: str) -> bool:
    """The outermost pixels are paper: nothing is cut off."""
    image = pixels(png)
    edges = (image[0], image[-1], image[:, 0], image[:, -1])
    return image.shape[1] == 2 * WIDTH and all(bool((edge > 0.99).all()) for edge in edges)


def test_bars_keep_names_and_figures_inside() -> None:
    figures = {
        name: {"value": value, "low": value, "high": value}
        for name, value in (("model", 0.0), ("a model of a long name", 1.0), ("floor: retrieval", 0.5))
    }
    figures["unknown"] = {"value": None, "low": None, "high": None}
    assert is_framed(bars(figures, True))
    assert is_framed(bars({"reinforcement learning " * 3: figures["model"]}, False))


@pytest.mark.parametrize("size", [1, 2, 8, 27])
def test_a_confusion_matrix_fits_whatever_the_number_of_labels(size: int) -> None:
    labels = [f"embarrassment{n}"[-14:] for n in range(size)]
    counts = [[100 * (row == column) for column in range(size)] for row in range(size)]
    assert is_framed(heat_map(labels, counts))


def test_a_cell_is_darker_the_larger_its_part_of_the_row() -> None:
    """Two labels: all of the first row on the diagonal, the second row divided."""
    image = pixels(heat_map(["fear", "joy"], [[8, 0], [4, 4]]))
    ink = image.mean(axis=2)
    assert ink.min() < 0.5
    empty = pixels(heat_map(["fear", "joy"], [[0, 0], [0, 0]])).mean(axis=2)
    assert (ink < 0.8).sum() > 2 * (empty < 0.8).sum()


@pytest.mark.parametrize("guesses", [[], [Guess("a", "a", 1.0, False)] * 12345])
def test_a_reliability_diagram_is_drawn_for_no_and_for_many_messages(guesses: list[Guess | None]) -> None:
    assert is_framed(reliability_diagram(reliability(guesses)))
