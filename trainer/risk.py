"""The risk screen: reads what the client wrote for signs of danger before anything is drafted.

Two halves, and a hit of either is a hit: phrases (trainer/risk_lexicon.py) and a small linear model
(trainer/risk_model.py) for what is only hinted at. Spans are given in the original text: the phrase that was
found, or the sentence that the model scores highest. The screen fails closed: whatever it cannot read, and a
half that is missing or damaged, is "unscreened". Torch-free, so that it works when the reply model does not.
It reads English and misses much that is only hinted at (docs/risk.md): it never says that there is no risk.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from trainer.config import RISK_MODEL_SHA256, resources_dir
from trainer.dialogue import Dialogue, Turn
from trainer.events import Risk, Span
from trainer.risk_lexicon import Lexicon, LexiconError
from trainer.risk_model import RiskModelError, load_model
from trainer.wording import Token

RECENT_TURNS = 6  # client turns before the latest reply that are read again
MAX_CHARACTERS = 2_000_000  # some seconds of screening; more is refused, not skipped
MAX_SPANS = 50

UNREAD = "The risk screen could not read this conversation, so nothing was drafted; read it yourself."
FOREIGN = "The risk screen reads English only, so nothing was drafted; read this conversation yourself."
TOO_LONG = "There is too much text to screen for risk, so nothing was drafted; start a new session."


@dataclass(frozen=True, slots=True)
class Screening:
    """The verdict, and why there is none when the status is "unscreened"."""

    risk: Risk
    reason: str | None = None


class RiskScreen:
    """Both halves, ready to read."""

    def __init__(self, lexicon: Path | None = None, model: Path | None = None) -> None:
        """Load both (default: the packaged ones). Raises LexiconError, RiskModelError."""
        self._lexicon = Lexicon(lexicon or lexicon_file())
        file = model or resources_dir() / "risk" / "model.safetensors"
        self._model = load_model(file, RISK_MODEL_SHA256, self._lexicon.categories)

    @property
    def categories(self) -> tuple[str, ...]:
        return self._lexicon.categories

    def read(self, dialogue: Dialogue, cleared: frozenset[int] = frozenset()) -> Screening:
        """Screen all client turns since the latest therapist reply and a few before it.

        A therapist's question about danger among them is a hit too: the answer ("Yes. Since Easter.") says
        nothing by itself, and it is no moment for a drafted reply.
        ``cleared`` are indices of turns whose hit a person has disposed of. Never raises: whatever goes wrong
        is an "unscreened" verdict.
        """
        try:
            return self._read(dialogue, cleared)
        except Exception:  # fail closed, whatever it was
            return Screening(Risk("unscreened"), UNREAD)

    def _read(self, dialogue: Dialogue, cleared: frozenset[int]) -> Screening:
        turns = _turns_to_read(dialogue)
        if sum(len(dialogue.turns[index].text) for index in turns) > MAX_CHARACTERS:
            return Screening(Risk("unscreened"), TOO_LONG)
        found: dict[str, list[Span]] = {}
        foreign = False
        for index in turns:
            turn = dialogue.turns[index]
            tokens = self._lexicon.tokens(turn.text)
            if turn.speaker == "client":
                foreign = foreign or not self._lexicon.readable(turn.text, tokens)
            for name, start, end in self._hits(turn, tokens) if index not in cleared else ():
                found.setdefault(name, []).append(Span(index, tokens[start].start, tokens[end - 1].end))
        if found:
            names = tuple(name for name in self.categories if name in found)
            ordered = sorted(
                {s for name in names for s in found[name]}, key=lambda s: (s.where, s.start, s.end)
            )
            return Screening(Risk("hit", names, tuple(ordered[-MAX_SPANS:])))
        return Screening(Risk("unscreened"), FOREIGN) if foreign else Screening(Risk("screened"))

    def _hits(self, turn: Turn, tokens: Sequence[Token]) -> Iterator[tuple[str, int, int]]:
        """Category, first and last-plus-one token of every sign of danger in one turn."""
        client = turn.speaker == "client"
        for name, matches in (self._lexicon.hits if client else self._lexicon.asked)(tokens).items():
            yield from ((name, match.start, match.end) for match in matches)
        if client:
            for name, (start, end) in self._model.read(tokens).items():
                yield name, start, end


def _turns_to_read(dialogue: Dialogue) -> list[int]:
    """Indices of the turns that count, oldest first: the client's, and the replies between them."""
    picked: list[int] = []
    older = 0
    replied = False
    for index in range(len(dialogue.turns) - 1, -1, -1):
        if dialogue.turns[index].speaker == "client":
            older += replied
        else:
            replied = True
        if older > RECENT_TURNS:
            break
        picked.append(index)
    return picked[::-1]


def lexicon_file() -> Path:
    """The packaged lexicon."""
    return resources_dir() / "lexicons" / "risk.toml"


def load_screen() -> RiskScreen | None:
    """The packaged screen, None when a half of it cannot be used: then nothing is ever drafted."""
    try:
        return RiskScreen()
    except (LexiconError, RiskModelError):
        return None


def screened(
    screen: RiskScreen | None, dialogue: Dialogue, cleared: frozenset[int] = frozenset()
) -> Screening:
    """Screen a dialogue; without a screen it stays "unscreened"."""
    if screen is None:
        return Screening(Risk("unscreened"), UNREAD)
    return screen.read(dialogue, cleared)
