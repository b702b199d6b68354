"""``tfdesk-trainer data``: named sets as files of dialogues, without what training and validation share.

Sets are read twice, one dialogue at a time: first to find texts that occur twice, then to write what is kept.
A training dialogue with a text of any validation part, word for word or nearly, is left out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from trainer.config import DataConfig, InputError
from trainer.corpus import SPLITS, Tally, read_source
from trainer.data_report import Figures, markdown, terms
from trainer.dialogue import Dialogue, as_json
from trainer.duplicates import Found, TextIndex
from trainer.run import Run

REPORT, READABLE = "report.json", "report.md"


@dataclass(frozen=True, slots=True)
class Part:
    """One split of one set."""

    source: str
    split: str

    @property
    def name(self) -> str:
        """Also the name of its file, without the suffix."""
        return self.source if self.split == "train" else f"{self.source}.valid"

    def read(self, config: DataConfig, tally: Tally | None = None) -> Iterator[Dialogue]:
        return read_source(
            Path(config.data_root), self.source, self.split, shippable=not config.experiment, tally=tally
        )


def prepare(config: DataConfig, run: Run) -> bool:
    """Write ``NAME.jsonl`` and ``NAME.valid.jsonl`` of every source, and the report.

    False when stopped while the sets were compared; nothing is written then, and once writing has begun it is
    finished. Raises InputError before anything is written for settings, rows and labels that cannot be used.
    """
    _check(config)
    # Validation first: in a crowded bucket of like texts the first ones are compared with all others.
    parts = [Part(name, split) for split in reversed(SPLITS) for name in config.sources]
    run.progress("started", total=2 * len(parts))
    with TextIndex(len(parts)) as index:
        for number, part in enumerate(parts):
            if run.stop.is_set():
                run.progress("cancelled", step=number)
                return False
            _index(index, number, part, config)
            run.progress("step", step=number + 1, metrics={})
        found = index.find()
    leaks = found.leaks([part.split == "valid" for part in parts])
    _check_left(parts, found, leaks)
    report = _report(config, parts, found)
    for number, part in enumerate(parts):
        because = {at: [parts[p].name for p in why] for (place, at), why in leaks.items() if place == number}
        _write(run, config, part, because, report)
        run.progress("step", step=len(parts) + number + 1, metrics={})
    report["notes"] = _notes(report)
    run.out.write(REPORT, json.dumps(report, indent=1, allow_nan=False).encode())
    run.out.write(READABLE, markdown(report).encode())
    run.progress("done", out=str(run.out.path), metrics={"removed": float(len(leaks))})
    return True


def _check(config: DataConfig) -> None:
    if not config.data_root or not Path(config.data_root).is_dir():
        raise InputError("data_root: name the folder that holds one folder per source.")
    if not config.sources:
        raise InputError("sources: name at least one source (--set sources=a,b).")
    for name in config.sources:
        if config.sources.count(name) > 1:
            raise InputError(f"sources: {name!r} is named twice.")


def _index(index: TextIndex, number: int, part: Part, config: DataConfig) -> None:
    tally = Tally()
    at = -1
    for at, dialogue in enumerate(part.read(config, tally)):
        index.add(number, at, [turn.text for turn in dialogue.turns])
    if at < 0:
        why = ", ".join(f"{reason}: {count}" for reason, count in tally.skipped.items())
        raise InputError(
            f"source {part.source!r}: its {part.split} split holds no dialogue that can be used"
            f"{f' ({why})' if why else ''}; leave the source out."
        )


def _check_left(parts: Sequence[Part], found: Found, leaks: dict[tuple[int, int], list[int]]) -> None:
    for number, part in enumerate(parts):
        rows = int(found.dialogue[found.part == number].max()) + 1
        if rows == sum(place == number for place, _ in leaks):
            raise InputError(
                f"source {part.source!r}: every training dialogue holds a text of a validation part; "
                "leave the source out."
            )


def _report(config: DataConfig, parts: Sequence[Part], found: Found) -> dict[str, Any]:
    """The report without the figures of the parts."""
    return {
        "config": asdict(config) | {"data_root": Path(config.data_root).name},
        "sources": {name: terms(name) | {"removed": []} for name in config.sources},
        "shared": [
            {"a": parts[s.a].name, "b": parts[s.b].name, "exact": s.exact, "near": s.near}
            for s in found.shared()
        ],
    }


def _write(
    run: Run, config: DataConfig, part: Part, because: dict[int, list[str]], report: dict[str, Any]
) -> None:
    """Write one part but the dialogues numbered in ``because``; add its figures to the report."""
    tally, figures, digest = Tally(), Figures(), hashlib.sha256()
    removed = report["sources"][part.source]["removed"]

    def lines() -> Iterator[bytes]:
        for at, dialogue in enumerate(part.read(config, tally)):
            if at in because:
                removed.append({"id": dialogue.id, "because": because[at]})
                continue
            figures.add(dialogue)
            line = json.dumps(as_json(dialogue), ensure_ascii=False).encode() + b"\n"
            digest.update(line)
            yield line

    run.out.write_stream(f"{part.name}.jsonl", lines())
    report["sources"][part.source][part.split] = figures.as_json(tally) | {"sha256": digest.hexdigest()}


def _notes(report: dict[str, Any]) -> list[str]:
    """What a reader must know: who is not answered, what may not be shipped."""
    notes = [
        f"{name}: in its {split} part no therapist answers a client; it teaches labels alone."
        for name, source in report["sources"].items()
        for split in SPLITS
        if not source[split]["answered"]
    ]
    private = [name for name, source in report["sources"].items() if not source["shippable"]]
    if private:
        notes.append(f"For experiments only, weights may not be shipped: {', '.join(private)}.")
    return notes
