"""Wording that a reply must not use, and wording that fits everywhere. Pure, torch-free.

Patterns (resources/lexicons/replies.toml) find what is said outright; what is only meant is left to the
critic and to the therapist.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from trainer.config import resources_dir

_SENTENCE = re.compile(r"[^.?!…]+[.?!…]*")


@dataclass(frozen=True, slots=True)
class Fault:
    """A breach of craft and where it stands (code points of the reply)."""

    name: str
    start: int
    end: int
    unsafe: bool  # must never be sent, nor shown as a draft


@dataclass(frozen=True, slots=True)
class _Wording:
    faults: tuple[tuple[str, bool, re.Pattern[str]], ...]
    stock: re.Pattern[str]
    advice: re.Pattern[str]
    closed: re.Pattern[str]
    opening: re.Pattern[str]
    personal: re.Pattern[str]
    rejoicing: re.Pattern[str]


@cache
def _wording() -> _Wording:
    """The lexicon, compiled. It is packaged with the program: an error in it is ours."""
    file = resources_dir() / "lexicons" / "replies.toml"
    table = tomllib.loads(file.read_text(encoding="utf8"))

    def compiled(entry: Mapping[str, Any]) -> re.Pattern[str]:
        pattern = "|".join(f"(?:{one})" for one in entry["patterns"])
        for name, alternatives in table["words"].items():
            pattern = pattern.replace(f"<{name}>", alternatives)
        return re.compile(pattern.replace("_", r"\ "), re.IGNORECASE | re.VERBOSE)

    return _Wording(
        tuple((name, entry.get("unsafe", False), compiled(entry)) for name, entry in table["faults"].items()),
        compiled(table["stock"]),
        compiled(table["advice"]),
        compiled(table["closed"]),
        compiled(table["opening"]),
        compiled(table["personal"]),
        compiled(table["rejoicing"]),
    )


def _plain(reply: str) -> str:
    """Straight apostrophes and plain blanks, one code point for one: places stay right."""
    return re.sub(r"\s", " ", reply.replace("’", "'"))


def faults(reply: str) -> list[Fault]:
    """Diagnosis, prescription, promise, judgement, dismissal, a machine's human experience, unsafe advice."""
    plain = _plain(reply)
    return [
        Fault(name, match.start(), match.end(), unsafe)
        for name, unsafe, pattern in _wording().faults
        for match in pattern.finditer(plain)
    ]


def stock_share(reply: str) -> float:
    """Share of the reply's letters that stand in phrases which fit every message."""
    plain = _plain(reply)
    letters = sum(map(str.isalnum, plain))
    stock = sum(sum(map(str.isalnum, match.group())) for match in _wording().stock.finditer(plain))
    return stock / letters if letters else 0.0


def opens_as_always(reply: str) -> bool:
    """The reply begins as one to anybody could: "It sounds like", "I'm sorry to hear"."""
    return _wording().opening.match(_plain(reply).strip()) is not None


def sentences(reply: str) -> list[str]:
    """The reply's sentences, blank ones left out."""
    found = (match.group().strip() for match in _SENTENCE.finditer(_plain(reply)))
    return [sentence for sentence in found if sentence]


def advice_comes_first(reply: str) -> bool:
    """The reply opens with advice: nothing shows that the client was heard before."""
    found = sentences(reply)
    return bool(found) and _wording().advice.search(found[0]) is not None


def asks_about_the_therapist(message: str) -> bool:
    """A client's message asks for something of the therapist's own life."""
    return _wording().personal.search(_plain(message).strip()) is not None


def rejoices(reply: str) -> bool:
    """A reply shares the client's joy: "I'm so happy for you", "Congratulations"."""
    return _wording().rejoicing.search(_plain(reply)) is not None


def is_closed_question(reply: str) -> bool:
    """Nothing but questions that can be answered by yes or no."""
    found = sentences(reply)
    return bool(found) and all(s.endswith("?") and _wording().closed.match(s) for s in found)
