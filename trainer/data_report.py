"""The data report: how much, of what, how long, under which terms, and what occurs twice. Torch-free."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from trainer.corpus import Tally
from trainer.data import sources
from trainer.dialogue import Dialogue

PERCENTILES = (5, 25, 50, 75, 95, 99, 100)
UNLABELLED = "(none)"


@dataclass(slots=True)
class Figures:
    """Counts over the dialogues of one part, taken one after another."""

    rows: int = 0
    turns: int = 0
    words: int = 0
    answered: int = 0  # therapist turns that follow a client's
    emotions: Counter[str] = field(default_factory=Counter)  # of client turns
    strategies: Counter[str] = field(default_factory=Counter)  # of therapist turns
    quality: Counter[str] = field(default_factory=Counter)
    empathy: int = 0  # turns with levels
    turn_words: Counter[int] = field(default_factory=Counter)
    dialogue_turns: Counter[int] = field(default_factory=Counter)

    def add(self, dialogue: Dialogue) -> None:
        """Count one dialogue, its turns merged."""
        self.rows += 1
        self.turns += len(dialogue.turns)
        self.dialogue_turns[len(dialogue.turns)] += 1
        self.quality[dialogue.quality or UNLABELLED] += 1
        for index, turn in enumerate(dialogue.turns):
            words = len(turn.text.split())
            self.words += words
            self.turn_words[words] += 1
            self.empathy += turn.empathy is not None
            if turn.speaker == "client":
                self.emotions[turn.emotion or UNLABELLED] += 1
            else:
                self.strategies[turn.strategy or UNLABELLED] += 1
                self.answered += index > 0

    def as_json(self, tally: Tally) -> dict[str, Any]:
        """The counts; ``tally``: what was left out while the part was read."""
        return {
            "rows": self.rows,
            "turns": self.turns,
            "words": self.words,
            "answered": self.answered,
            "emotions": _ordered(self.emotions),
            "strategies": _ordered(self.strategies),
            "quality": _ordered(self.quality),
            "empathy": self.empathy,
            "unmapped": {kind: count for kind, count in sorted(tally.unmapped.items()) if count},
            "skipped": _ordered(tally.skipped),
            "words_per_turn": percentiles(self.turn_words),
            "turns_per_dialogue": percentiles(self.dialogue_turns),
        }


def _ordered(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def percentiles(counts: Mapping[int, int]) -> dict[str, int]:
    """The smallest value that at least p % of all values do not exceed; {} of nothing."""
    total = sum(counts.values())
    found: dict[str, int] = {}
    seen = 0
    wanted = iter(PERCENTILES)
    percentile = next(wanted, None)
    for value in sorted(counts):
        seen += counts[value]
        while percentile is not None and seen * 100 >= percentile * total:
            found[f"p{percentile}"] = value
            percentile = next(wanted, None)
    return found


def terms(name: str) -> dict[str, Any]:
    """Licence of a source, and whether weights that learned from it may be shipped."""
    source = sources()[0].get(name)
    return {
        "licence": source.licence if source else "see the set's own terms",
        "shippable": source is not None,
    }


def markdown(report: Mapping[str, Any]) -> str:
    """The report to read: parts, labels, lengths, duplicates, notes."""
    parts = [
        (name, split, source[split])
        for name, source in report["sources"].items()
        for split in ("train", "valid")
    ]
    return "\n".join(
        [
            "# Data report",
            "",
            *_table(
                (
                    "set",
                    "part",
                    "rows",
                    "turns",
                    "words",
                    "answers",
                    "removed",
                    "skipped",
                    "licence",
                    "may ship",
                ),
                [_part_row(report, name, split, part) for name, split, part in parts],
            ),
            "Skipped rows make no dialogue; removed ones hold a text of a validation part.",
            "",
            "## Labels",
            "",
            *_table(
                (
                    "set",
                    "part",
                    "emotions of client turns",
                    "strategies of therapist turns",
                    "no counterpart",
                ),
                [
                    (
                        name,
                        split,
                        _shares(part["emotions"]),
                        _shares(part["strategies"]),
                        ", ".join(f"{kind} {count}" for kind, count in part["unmapped"].items()),
                    )
                    for name, split, part in parts
                ],
            ),
            "The last column counts labels before turns were merged and duplicates removed.",
            "",
            "## Lengths",
            "",
            "Percentiles: words of a turn, turns of a dialogue.",
            "",
            *_table(
                ("set", "part", *(f"{what} p{p}" for what in ("words", "turns") for p in PERCENTILES)),
                [
                    (name, split, *part["words_per_turn"].values(), *part["turns_per_dialogue"].values())
                    for name, split, part in parts
                ],
            ),
            "## Texts that occur twice",
            "",
            *_table(
                ("in", "and in", "word for word", "nearly"),
                [(row["a"], row["b"], row["exact"], row["near"]) for row in report["shared"]],
            ),
            *[f"- {note}" for note in report["notes"]],
            "",
        ]
    )


def _part_row(
    report: Mapping[str, Any], name: str, split: str, part: Mapping[str, Any]
) -> tuple[object, ...]:
    source = report["sources"][name]
    removed = len(source["removed"]) if split == "train" else 0
    skipped = sum(part["skipped"].values())
    may = "yes" if source["shippable"] else "no"
    counts = (part["rows"], part["turns"], part["words"], part["answered"])
    return (name, split, *counts, removed, skipped, source["licence"], may)


def _shares(counts: Mapping[str, int]) -> str:
    """Counts, and shares of what is labelled."""
    labelled = sum(counts.values()) - counts.get(UNLABELLED, 0)
    said = [
        f"{label} {count}" if label == UNLABELLED else f"{label} {count} ({count / labelled:.0%})"
        for label, count in counts.items()
    ]
    return ", ".join(said)


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    def line(cells: Sequence[object]) -> str:
        return "| " + " | ".join(f"{c:,}" if isinstance(c, int) else str(c) for c in cells) + " |"

    return [line(head), line(["---"] * len(head)), *map(line, rows), ""]
