"""Inputs that were once good, a little broken: for parsers that must refuse them in their own words.

Hypothesis chooses the seeds, so that a failing input comes back with the number that it prints.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

inputs = pytest.mark.parametrize("inputs", [100, pytest.param(100_000, marks=pytest.mark.slow)])
HANGS_MS = 30_000  # of one input: no parser may take that long for a few kilobytes

ODD_TEXT = (
    "",
    "\0",
    "\ud800",
    "\u202e",
    "é" * 500,
    "../../x",
    "null",
    "1e999",
    '"',
    "\\",
    "{",
    "<v A>",
    "😿",
)
ODD = (None, True, False, 0, -1, 2**31, 2**63, 10**400, 0.5, float("nan"), float("inf"), [], {}, *ODD_TEXT)
LONGEST = 20_000


def check(law: Callable[[random.Random], None], count: int) -> None:
    """Hold ``law`` against ``count`` seeds."""

    @settings(max_examples=count, deadline=HANGS_MS, database=None, suppress_health_check=list(HealthCheck))
    @given(st.integers(0, 2**63))
    def holds(seed: int) -> None:
        law(random.Random(seed))

    holds()


def one_line(text: str) -> None:
    """A refusal is one sentence that fits a terminal."""
    assert text
    assert "\n" not in text


def broken(seeds: Sequence[bytes], words: Sequence[bytes], chance: random.Random) -> bytes:
    """One of ``seeds`` after one to five changes; ``words`` are those that mean something in its format."""
    data = bytearray(chance.choice(seeds))
    for _ in range(chance.randint(1, 5)):
        _break(data, seeds, words, chance)
    return bytes(data[:LONGEST])


def _break(data: bytearray, seeds: Sequence[bytes], words: Sequence[bytes], chance: random.Random) -> None:
    start, end = sorted((chance.randint(0, len(data)), chance.randint(0, len(data))))
    match chance.randrange(8):
        case 0:
            data[start : start + 1] = chance.randbytes(1)
        case 1:
            if start < len(data):
                data[start] ^= 1 << chance.randrange(8)
        case 2:
            del data[start:end]
        case 3:
            data[start:start] = data[start:end] * chance.randint(1, 3)
        case 4:
            data[start:start] = chance.choice(words) * chance.choice((1, 1, 1, 2, 50))
        case 5:
            other = chance.choice(seeds)
            data[start:] = other[chance.randint(0, len(other)) :]
        case 6:
            data[start:end] = chance.randbytes(chance.randint(0, 20))
        case _:
            data[start:start] = chance.choice(ODD_TEXT).encode("utf8", "surrogatepass")


def broken_json(value: Any, chance: random.Random) -> Any:
    """``value`` after one to four changes of its shape: odd values, missing and foreign keys, other types."""
    value = copy.deepcopy(value)
    for _ in range(chance.randint(1, 4)):
        value = _bent(value, chance)
    return value


def _bent(value: Any, chance: random.Random) -> Any:
    if isinstance(value, dict) and value and chance.random() < 0.8:
        key = chance.choice(list(value))
        if chance.random() < 0.15:
            del value[key]
        elif chance.random() < 0.1:
            value[chance.choice(ODD_TEXT)] = value[key]
        else:
            value[key] = _bent(value[key], chance)
        return value
    if isinstance(value, list) and value and chance.random() < 0.8:
        place = chance.randrange(len(value))
        if chance.random() < 0.2:
            value[place:place] = [copy.deepcopy(value[place])] * chance.randint(0, 3)
        else:
            value[place] = _bent(value[place], chance)
        return value
    if chance.random() < 0.1:
        return [value]
    return copy.deepcopy(chance.choice(ODD))


def as_line(value: Any) -> str:
    """JSON as a careless or hostile writer writes it: NaN and lone surrogates included."""
    return json.dumps(value)
