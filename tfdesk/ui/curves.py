"""The curves of a run: one small chart per figure worth watching, two a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtWidgets import QGridLayout, QWidget

from tfdesk.services.runs import Stage
from tfdesk.ui.chart import Chart
from tfdesk.ui.text import tr
from tfdesk.ui.theme import Theme

Points = Sequence[tuple[int, float]]
# metric, hue (an emotion's colour, or the accent), dashed line
SHOWN: dict[Stage, tuple[tuple[str, str, float | None], ...]] = {
    Stage.SFT: (("loss", "accent", None), ("token_accuracy", "sadness", None)),
    Stage.RL: (
        ("reward", "accent", None),
        ("relevance", "sadness", None),
        ("emotion", "shame", None),
        ("professional", "fear", None),
        ("empathy", "sadness", None),
        ("fluency", "disgust", None),
        ("safety", "depression", None),
        ("distinct2", "joy", 0.30),
        ("kl", "anger", None),
    ),
}


def title_of(metric: str) -> str:
    """A figure's name for people."""
    return {
        "loss": tr("Loss (lower is better)"),
        "token_accuracy": tr("Words predicted"),
        "reward": tr("Reward, total"),
        "relevance": tr("Relevance"),
        "emotion": tr("Emotion fit"),
        "professional": tr("Professional logic"),
        "empathy": tr("Empathy"),
        "fluency": tr("Fluency"),
        "safety": tr("Safety"),
        "distinct2": tr("Distinct-2 (stops below 0.30)"),
        "kl": tr("Distance from SFT (KL, nats)"),
    }[metric]


class Curves(QWidget):
    """The charts of one stage."""

    def __init__(self, theme: Theme, stage: Stage) -> None:
        super().__init__()
        self._charts: dict[str, Chart] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(10)
        for number, (metric, colour, limit) in enumerate(SHOWN[stage]):
            chart = Chart(theme, title_of(metric), colour, limit=limit)
            self._charts[metric] = chart
            grid.addWidget(chart, number // 2, number % 2)

    def show_curves(self, curves: Mapping[str, Points]) -> None:
        """Draw what is known so far."""
        for metric, chart in self._charts.items():
            chart.show_curve(curves.get(metric, ()))
