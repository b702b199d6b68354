"""Checkpoints: one blob of tensors and plain values, plain or sealed, that a killed run continues from.

Two files take turns: the older one is overwritten only with a whole new one (written beside, flushed,
renamed), and the new one is read back before it counts. A blob opens with the SHA-256 of the rest and is
loaded with ``weights_only=True``, so it can run no code.
"""

from __future__ import annotations

import errno
import hashlib
import io
import math
import random
import shutil
from typing import Any

import numpy as np
import torch

from trainer.config import InputError
from trainer.sealed import SUFFIX, Folder

NAMES = ("checkpoint-0.pt", "checkpoint-1.pt")
RUN_TOKENIZER = "run-tokenizer.json"  # of a pre-training that has perhaps no checkpoint yet
_DIGEST = 32


class Diverged(InputError):
    """A run that cannot go on since its figures are no numbers; ``reason`` is the cause without advice."""

    def __init__(self, reason: str, advice: str = "") -> None:
        super().__init__(f"{reason[0].upper()}{reason[1:]}{advice}.")
        self.reason = reason


def require_finite(norm: float, step: int, kept: int | None) -> None:
    """Refuse an update whose gradient has no finite norm: its loss was none either. Raises Diverged.

    ``step`` is the one in progress, ``kept`` that of the newest checkpoint, None when there is none.
    """
    if math.isfinite(norm):
        return
    raise Diverged(
        f"the loss or its gradient is not a number at step {step}",
        f"; {what_is_kept(kept)}. If it comes back, start anew with a lower learning_rate",
    )


def what_is_kept(step: int | None) -> str:
    """What a run that broke off can go on from; ``step`` is that of the newest checkpoint."""
    if step is None:
        return "no checkpoint was written yet"
    return f"the checkpoint of step {step} is kept and --resume tries again from there"


class Checkpoints:
    """The checkpoints of one run in its output folder."""

    def __init__(self, folder: Folder, fingerprint: str) -> None:
        self._folder = folder
        self._fingerprint = fingerprint
        self._next = 0

    def save(self, step: int, state: dict[str, Any]) -> None:
        """Keep ``state`` (tensors, numbers, text, lists and dicts of them) as the newest checkpoint.

        Raises InputError, with the previous checkpoint untouched, when the disk does not take it.
        """
        buffer = io.BytesIO()
        torch.save({"step": step, "fingerprint": self._fingerprint, "state": state}, buffer)
        payload = buffer.getvalue()
        blob = hashlib.sha256(payload).digest() + payload
        name = NAMES[self._next]
        try:
            self._folder.write(name, blob)
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            advice = f"free {len(blob) >> 20} MB" if full else str(error.strerror)
            raise InputError(
                f"{self._folder.path.name}: the checkpoint of step {step} cannot be written ({advice}); "
                "the one before it is kept and --resume continues from there."
            ) from None
        if self._folder.read(name) != blob:
            raise InputError(
                f"{self._folder.path.name}: the disk did not keep what was written; check the disk."
            )
        self._next = 1 - self._next

    def load(self) -> tuple[int, dict[str, Any]] | None:
        """Step and state of the newest whole checkpoint, None when there is none.

        Raises InputError when none is whole, or it is of a run with other settings, data or base model.
        """
        if not any(self._folder.exists(name) for name in NAMES):
            return None
        found = [(number, value) for number in (0, 1) if (value := self._read(NAMES[number])) is not None]
        if not found:
            raise InputError(
                f"{self._folder.path.name}: its checkpoints are damaged or sealed with another key."
            )
        number, newest = max(found, key=lambda item: int(item[1]["step"]))
        if newest["fingerprint"] != self._fingerprint:
            raise InputError(
                f"{self._folder.path.name}: this run was started with other settings, data or base model; "
                "resume it with the same ones or choose another --out."
            )
        self._next = 1 - number
        return int(newest["step"]), newest["state"]

    def _read(self, name: str) -> dict[str, Any] | None:
        if not self._folder.exists(name):
            return None
        try:
            blob = self._folder.read(name)
        except InputError:  # damaged, or sealed with another key: the other file may be whole
            return None
        if hashlib.sha256(blob[_DIGEST:]).digest() != blob[:_DIGEST]:
            return None
        value: dict[str, Any] = torch.load(io.BytesIO(blob[_DIGEST:]), map_location="cpu", weights_only=True)
        return value

    def remove(self) -> None:
        """Delete them; the run is finished."""
        for name in NAMES:
            self._folder.file(name).unlink(missing_ok=True)


def require_space(folder: Folder, size: int) -> None:
    """Refuse to begin where ``size`` bytes will not fit. Raises InputError."""
    place = folder.path.absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if free < size:
        raise InputError(
            f"{folder.path.name}: the checkpoints need about {size >> 20} MB and {free >> 20} MB are free; "
            "free some space or choose another --out."
        )


def prepare_out(folder: Folder, resume: bool) -> None:
    """Refuse an output folder that would mix two runs; sweep what a killed run left half-written.

    Raises InputError unless it is absent, empty or, with ``resume``, holds an unfinished run.
    """
    if not folder.path.exists():
        return
    if not folder.path.is_dir():
        raise InputError(f"{folder.path.name}: --out must be a folder.")
    for orphan in folder.path.glob(".*.part"):
        orphan.unlink(missing_ok=True)
    files = {path.name.removesuffix(SUFFIX) for path in folder.path.iterdir()}
    unfinished = not files.isdisjoint((*NAMES, RUN_TOKENIZER))
    if not files:
        return
    if not unfinished:
        raise InputError(f"{folder.path.name}: --out is not empty; choose a new folder.")
    if not resume:
        raise InputError(
            f"{folder.path.name}: --out holds an unfinished run; add --resume or choose a new folder."
        )


def random_state() -> dict[str, Any]:
    """Every random generator's state, as plain values and tensors."""
    name, keys, position, has_gauss, cached = np.random.get_state(legacy=True)
    return {
        "python": random.getstate(),
        "numpy": (str(name), torch.from_numpy(np.asarray(keys, dtype=np.int64)), position, has_gauss, cached),
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
    }


def set_random_state(state: dict[str, Any]) -> None:
    """The inverse of ``random_state``."""
    version, keys, gauss = state["python"]
    random.setstate((version, tuple(keys), gauss))
    name, numbers, position, has_gauss, cached = state["numpy"]
    np.random.set_state((name, numbers.numpy().astype(np.uint32), position, has_gauss, cached))
    torch.set_rng_state(state["torch"])
    if state["cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(state["cuda"])
