"""Labels of other data sets in our own words: ``resources/labels.toml`` is the one table. Torch-free."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

from trainer.config import InputError, resources_dir
from trainer.data import calibration, held_out
from trainer.dialogue import Dialogue

UNMAPPED = "unmapped"


@cache
def tables() -> dict[str, dict[str, dict[str, str | None]]]:
    """By source and kind (emotions, strategies): their label to ours, None where it has no counterpart."""
    raw = tomllib.loads((resources_dir() / "labels.toml").read_text(encoding="utf8"))
    return {
        source: {kind: _turned(rows, f"labels.toml, [{source}.{kind}]") for kind, rows in kinds.items()}
        for source, kinds in raw.items()
    }


def _turned(rows: Mapping[str, Sequence[str]], where: str) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for ours, theirs in rows.items():
        for label in theirs:
            if label in found:
                raise InputError(f"{where}: {label!r} stands in two lines.")
            found[label] = None if ours == UNMAPPED else ours
    return found


def _looked_up(source: str, kind: str, label: str) -> str | None:
    table = tables().get(source, {}).get(kind, {})
    if label not in table:
        raise InputError(
            f"source {source!r}: its label {label!r} is not in resources/labels.toml; add it to "
            f"[{source}.{kind}], under '{UNMAPPED}' if it has no counterpart."
        )
    return table[label]


def in_our_words(dialogue: Dialogue) -> Dialogue:
    """The dialogue with its set's own labels in ours; labels that the table does not know stay as they are.

    A dialogue that is in our words already is not changed.
    """
    kinds = tables().get(dialogue.source)
    if kinds is None:
        return dialogue

    def ours(kind: str, label: str | None) -> str | None:
        return None if label is None else kinds.get(kind, {}).get(label, label)

    turns = tuple(
        replace(t, emotion=ours("emotions", t.emotion), strategy=ours("strategies", t.strategy))
        for t in dialogue.turns
    )
    return replace(dialogue, turns=turns)


def require_known(dialogues: Sequence[Dialogue], emotions: Sequence[str], strategies: Sequence[str]) -> None:
    """Refuse turns whose emotion or strategy the model does not know. Raises InputError."""
    turns = [turn for dialogue in dialogues for turn in dialogue.turns]
    for speaker, field, known in (("client", "emotion", emotions), ("therapist", "strategy", strategies)):
        strange = sum(
            turn.speaker == speaker and getattr(turn, field) not in (None, *known) for turn in turns
        )
        if strange:
            raise InputError(
                f"The data has {strange} {speaker} turns whose field {field!r} holds a label that the model "
                f"does not know; use: {', '.join(known)}."
            )


def absent_labels(
    dialogues: Sequence[Dialogue], emotions: Sequence[str], strategies: Sequence[str]
) -> list[str]:
    """Sentences on labels of which a split has no example while it has others; [] when none is lacking."""
    learned = [d for d in dialogues if not (held_out(d.id) or calibration(d.id))]
    kept_out = [d for d in dialogues if held_out(d.id)]
    told = []
    for part, chosen, so in (
        ("that are learned from", learned, "the model cannot learn it"),
        ("of the validation tenth", kept_out, "nothing tells how well it was learned"),
    ):
        turns = [turn for dialogue in chosen for turn in dialogue.turns]
        for speaker, known, found in (
            ("client", emotions, {turn.emotion for turn in turns}),
            ("therapist", strategies, {turn.strategy for turn in turns}),
        ):
            absent = [label for label in known if label not in found]
            if absent and found - {None}:
                told.append(f"Of the {speaker} turns {part} none is labelled {' or '.join(absent)}: {so}.")
    return told


def emotion_of(source: str, labels: Sequence[str]) -> str | None:
    """Our emotion for one row's labels: the mapped ones must agree, else None. Raises InputError."""
    return _agreed([_looked_up(source, "emotions", label) for label in labels])


def strategy_of(source: str, label: str | None) -> str | None:
    """Our strategy for a label of the set; None when it has none or no counterpart. Raises InputError."""
    return None if label is None else _looked_up(source, "strategies", label)


def strategy_of_all(source: str, labels: Sequence[str]) -> str | None:
    """Our strategy for one row's labels: the mapped ones must agree, else None. Raises InputError."""
    return _agreed([_looked_up(source, "strategies", label) for label in labels])


def _agreed(mapped: Sequence[str | None]) -> str | None:
    found = set(mapped) - {None}
    return found.pop() if len(found) == 1 else None
