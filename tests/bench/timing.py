"""Medians of repeated runs."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

RUNS = 7


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of ``runs`` runs after a warm-up."""

    median: float
    least: float
    most: float
    runs: int

    def json(self) -> dict[str, Any]:
        return {
            name: round(value, 4) if isinstance(value, float) else value
            for name, value in asdict(self).items()
        }


def timed(works: Mapping[str, Callable[[], object]], runs: int = RUNS) -> dict[str, Timing]:
    """Run each once to warm up, then ``runs`` times, in turns: what else the machine does hits all alike."""
    for work in works.values():
        work()
    spent: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(runs):
        for name, work in works.items():
            began = time.perf_counter()
            work()
            spent[name].append((time.perf_counter() - began) * 1000)
    return {name: Timing(statistics.median(ms), min(ms), max(ms), runs) for name, ms in spent.items()}
