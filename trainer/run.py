"""What every training command is given: paths, data, progress, and a way to be stopped. Torch-free."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import math
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from trainer.config import InputError
from trainer.data import sources
from trainer.dialogue import Dialogue, merge_turns, parse_lines
from trainer.events import EventWriter
from trainer.labels import in_our_words
from trainer.sealed import SUFFIX, Folder

if TYPE_CHECKING:
    from trainer.bundle import LanguageModel

NOT_RESUMED = ("data", "evaluate")
LIBRARIES = ("torch", "transformers", "trl", "tokenizers")


@dataclass(frozen=True, slots=True)
class DataFile:
    """One file of dialogues as it was read; ``id`` is its name without folders and suffixes.

    The speakers of ``dialogues`` alternate: turns of one speaker in a row were merged.
    """

    id: str
    sha256: str  # of the plain content
    dialogues: tuple[Dialogue, ...]
    merged: frozenset[str] = frozenset()  # ids of dialogues whose turns are no longer those of the file


class Progress:
    """Tells how a run goes, in the events of ``trainer.events``: as JSON lines, or as a bar on the terminal.

    Call it with the kind of event and its fields; "step" gets its total and the seconds left from here.
    """

    def __init__(self, command: str, events: EventWriter | None = None) -> None:
        self._command = command
        self._events = events
        self._bar: Any = None
        self._total = 0
        self._first = (0, 0.0)  # step and time at which this process began

    def __call__(self, kind: str, /, **fields: Any) -> None:
        if kind == "started":
            fields.setdefault("resumed_from", 0)
            self._total, self._first = fields["total"], (fields["resumed_from"], time.monotonic())
            fields["command"] = self._command
        elif kind == "step":
            fields = self._timed(**fields)
        if self._events is not None:
            self._events(kind, **fields)
        else:
            self._show(kind, fields)

    def _timed(self, step: int, metrics: Mapping[str, float], **given: Any) -> dict[str, Any]:
        finite = {name: float(value) for name, value in metrics.items() if math.isfinite(value)}
        done, seconds = step - self._first[0], time.monotonic() - self._first[1]
        left = seconds / done * (self._total - step) if done > 0 else None
        return {"step": step, "total": self._total, "metrics": finite, "seconds_left": left} | given

    def _show(self, kind: str, fields: Mapping[str, Any]) -> None:
        """Nothing of a "sample" is shown here: client words do not belong on a terminal."""
        if kind == "started":
            # disable=None: silent where stderr is no terminal
            for note in fields.get("notes", ()):
                print(note, file=sys.stderr)
            self._bar = tqdm(
                total=self._total,
                initial=fields["resumed_from"],
                desc=self._command,
                file=sys.stderr,
                disable=None,
            )
        elif kind == "step" and self._bar is not None:
            self._bar.set_postfix(
                {name: f"{value:.3g}" for name, value in list(fields["metrics"].items())[:5]}, refresh=False
            )
            self._bar.update(fields["step"] - self._bar.n)
        elif kind in ("done", "cancelled", "failed"):
            if self._bar is not None:
                self._bar.close()
            print(self._closing(kind, fields), file=sys.stderr)

    def _closing(self, kind: str, fields: Mapping[str, Any]) -> str:
        if kind == "failed":
            return str(fields["message"])
        if kind == "cancelled" and self._command in NOT_RESUMED:
            return f"{self._command}: stopped, nothing was written."
        if kind == "cancelled":
            return f"{self._command}: stopped after step {fields['step']}; --resume continues it."
        if "stopped" in fields:
            return f"{self._command}: stopped early, {fields['stopped']}; the result is in {fields['out']}"
        return f"{self._command}: done, the result is in {fields['out']}"


@dataclass(frozen=True, slots=True)
class Run:
    """One invocation of a command. ``key`` is the run key of a sealed run, None for a plain one."""

    command: str
    out: Folder
    data: tuple[DataFile, ...]
    model: Path | None
    critic: Path | None
    resume: bool
    progress: Progress
    stop: threading.Event
    sense: Path | None = None

    @property
    def key(self) -> bytes | None:
        return self.out.key

    @property
    def data_sha256(self) -> str:
        """One digest for all data files, in the order in which they were given."""
        return hashlib.sha256("".join(file.sha256 for file in self.data).encode()).hexdigest()

    def dialogues(self) -> list[Dialogue]:
        """All dialogues of all files. Raises InputError when an id occurs twice with another content."""
        by_id: dict[str, Dialogue] = {}
        for file in self.data:
            for dialogue in file.dialogues:
                if by_id.setdefault(dialogue.id, dialogue) != dialogue:
                    raise InputError(
                        f"{file.id}: the id of one of its dialogues is used by another; ids must differ."
                    )
        if not by_id:
            raise InputError("There is no dialogue in the data; give --data FILE.jsonl.")
        return list(by_id.values())

    def fingerprint(self, config: Any, *bases: str) -> str:
        """What this run depends on: settings, data, base weights. A checkpoint of another run is refused."""
        return fingerprint(self.command, config, self.data_sha256, *bases)

    def meta(self, config: Any, base: LanguageModel) -> dict[str, Any]:
        """What every result's ``meta.json`` says about how it was made."""
        own = [_source(file) for file in self.data]
        known = {source["sha256"] for source in own}
        return {
            "command": self.command,
            "config": asdict(config),
            "data": [{key: source[key] for key in ("file", "sha256", "rows")} for source in own],
            "data_sha256": self.data_sha256,
            "base_sha256": base.sha256,
            "seed": getattr(config, "seed", None),
            "versions": {name: version(name) for name in LIBRARIES},
            "sources": [s for s in base.sources if s["sha256"] not in known] + own,
        }


def fingerprint(command: str, config: Any, *inputs: str) -> str:
    """A digest of a command, its settings and what it reads; ``inputs`` are digests.

    Settings that only change how a run is carried out are left out.
    """
    settings = asdict(config)
    for key in ("threads", "checkpoint_every"):
        settings.pop(key, None)
    return hashlib.sha256(json.dumps([command, settings, *inputs], sort_keys=True).encode()).hexdigest()


def _source(file: DataFile) -> dict[str, Any]:
    """What was read. The table of sources gives id and licence when all rows name one of its sources."""
    names = {dialogue.source for dialogue in file.dialogues}
    known = sources()[0].get(names.pop()) if len(names) == 1 else None
    return {
        "id": known.id if known else file.id,
        "file": file.id,
        "sha256": file.sha256,
        "licence": known.licence if known else "not stated",
        "rows": len(file.dialogues),
    }


def read_data(path: Path, key: bytes | None) -> DataFile:
    """Read ``FILE.jsonl[.gz]``, with a run key also ``FILE.jsonl[.gz].sealed``. Raises InputError.

    The one place where turns are merged for training and evaluation, and where the labels of known sets
    become ours; the desk keeps a conversation as it is.
    """
    logical, data = read_bytes(path, key)
    if logical.endswith(".gz"):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError):
            raise InputError(f"{path.name}: damaged or not a gzip file.") from None
    written = tuple(map(in_our_words, parse_lines(io.BytesIO(data), logical)))
    dialogues = tuple(replace(dialogue, turns=merge_turns(dialogue.turns)) for dialogue in written)
    merged = frozenset(d.id for d, w in zip(dialogues, written, strict=True) if len(d.turns) < len(w.turns))
    return DataFile(logical.split(".")[0], hashlib.sha256(data).hexdigest(), dialogues, merged)


def read_bytes(path: Path, key: bytes | None) -> tuple[str, bytes]:
    """A file's name without the seal's suffix, and its plain content. Raises InputError."""
    name = path.name
    sealed = name.endswith(SUFFIX)
    if sealed and key is None:
        raise InputError(f"{name}: a sealed file needs --sealed and its run key.")
    logical = name.removesuffix(SUFFIX)
    return logical, Folder(path.parent, key if sealed else None).read(logical) if sealed else _read(path)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path.name}: cannot be read ({error.strerror}).") from None
