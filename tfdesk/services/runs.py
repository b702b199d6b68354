"""Training runs of the clinic: sealed folders, the commands of their stages, the report at the end.

A run is a folder ``run-N`` below runs_dir; everything in it is sealed under the vault's run key, the
conversations it learns from included. Nothing plain is ever written.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tfdesk.core.errors import InputRefused, KnownError
from tfdesk.core.paths import Paths
from tfdesk.core.said import said
from trainer.config import InputError, starter_dir
from trainer.dialogue import Dialogue, as_json, read_dialogues
from trainer.sealed import SUFFIX, Folder

DATA, REPORT = "conversations.jsonl", "report.html"


class Stage(StrEnum):
    """The steps of a run, in order; the value is the trainer's command."""

    SFT = "sft"
    RL = "rl"
    BUNDLE = "bundle"
    EVALUATE = "evaluate"


@dataclass(frozen=True, slots=True)
class RunFolder:
    """One run; ``dialogues`` and ``replies`` say how much it learns from."""

    path: Path
    number: int
    dialogues: int
    replies: int

    def out(self, stage: Stage) -> Path:
        """Where a stage leaves its result."""
        return self.path / stage.value

    @property
    def data(self) -> Path:
        """The sealed conversations."""
        return self.path / f"{DATA}{SUFFIX}"


def run_folder(paths: Paths, number: int, dialogues: int = 0, replies: int = 0) -> RunFolder:
    """The folder of a run, whether or not it is there."""
    return RunFolder(paths.runs_dir / f"run-{number}", number, dialogues, replies)


def replies_in(dialogues: Iterable[Dialogue]) -> int:
    """How many therapist turns answer a client."""
    return sum(
        before.speaker == "client" and turn.speaker == "therapist"
        for dialogue in dialogues
        for before, turn in zip(dialogue.turns, dialogue.turns[1:], strict=False)
    )


class Runs:
    """Makes run folders and knows the command of every stage."""

    def __init__(
        self, paths: Paths, run_key: bytes, *, settings: Mapping[Stage, Sequence[str]] | None = None
    ) -> None:
        """``settings``: ``key=value`` strings per stage, as ``--set`` takes them."""
        self._paths = paths
        self.run_key = run_key
        self._settings = settings or {}

    def prepare(self, data: Path) -> RunFolder:
        """Check a dialogue file completely and seal it into a new run folder.

        Raises InputRefused naming file, line and field, or KnownError when the disk refuses.
        """
        try:
            dialogues = list(read_dialogues(data))
        except InputError as error:
            raise InputRefused(str(error)) from None
        if replies_in(dialogues) == 0:
            raise InputRefused(
                said("{0}: no therapist turn in it answers a client.", data.name),
                said("Choose another file."),
            )
        return self.keep(dialogues, self.next_number())

    def keep(self, dialogues: Sequence[Dialogue], number: int) -> RunFolder:
        """Seal dialogues into a new run folder of that number. Raises KnownError when the disk refuses."""
        run = run_folder(self._paths, number, len(dialogues), replies_in(dialogues))
        lines = "".join(json.dumps(as_json(dialogue)) + "\n" for dialogue in dialogues)
        try:
            Folder(run.path, self.run_key).write(DATA, lines.encode())
        except OSError as error:
            raise KnownError(
                said("The run could not be prepared ({0}).", error.strerror), said("Make room on the disk.")
            ) from None
        return run

    def next_number(self) -> int:
        """The number of the next run: no folder has a higher one."""
        taken = [int(path.name[4:]) for path in self._paths.runs_dir.glob("run-*") if path.name[4:].isdigit()]
        return max(taken, default=0) + 1

    def check(self, run: RunFolder) -> None:
        """Raises InputRefused when the run's conversations were removed."""
        if not run.data.exists():
            raise InputRefused(
                said(
                    "The conversations of this run were removed, because a client no longer agrees to "
                    "training."
                ),
                said("Start a new run."),
            )

    def abandon(self, run: RunFolder, done: Sequence[Stage]) -> None:
        """Delete what a run that may not go on has learned; a bundle that was ``done`` stays, for its mark.

        Raises KnownError when the disk refuses.
        """
        kept = {Stage.BUNDLE} & set(done)
        try:
            for stage in Stage:
                if stage not in kept and run.out(stage).exists():
                    shutil.rmtree(run.out(stage))
        except OSError as error:
            raise KnownError(
                said("What the run had learned could not be deleted ({0}).", error.strerror)
            ) from None

    def command(self, run: RunFolder, stage: Stage, *, resume: bool = False) -> list[str]:
        """Command line of a stage; its first line on stdin must be the run key in base64."""
        data, starter = str(run.data), str(starter_dir())
        options = {
            Stage.SFT: ["--data", data, "--model", starter],
            Stage.RL: ["--data", data, "--model", str(run.out(Stage.SFT)), "--critic", starter],
            Stage.BUNDLE: [
                *("--model", str(run.out(Stage.RL)), "--critic", starter),
                *("--name", "clinic", "--version", str(run.number), "--licence", "private to this clinic"),
            ],
            Stage.EVALUATE: [
                *("--data", data, "--train", data, "--model", str(run.out(Stage.BUNDLE))),
                *("--compare", f"starter={starter}", "--compare", f"sft={run.out(Stage.SFT)}"),
            ],
        }[stage]
        if stage is not Stage.BUNDLE:
            options += [
                "--events",
                *(part for item in self._settings.get(stage, ()) for part in ("--set", item)),
            ]
        if resume and stage in (Stage.SFT, Stage.RL):
            options.append("--resume")
        return [*_trainer(), stage.value, *options, "--out", str(run.out(stage)), "--sealed"]

    def report_html(self, run: RunFolder) -> str:
        """The report, unsealed in memory. Raises KnownError when it cannot be read."""
        try:
            return Folder(run.out(Stage.EVALUATE), self.run_key).read(REPORT).decode()
        except InputError as error:
            raise KnownError(str(error)) from None


def _trainer() -> list[str]:
    """How this program starts its trainer: the frozen one hands over by its first argument."""
    frozen = getattr(sys, "frozen", False)
    return [sys.executable, "trainer"] if frozen else [sys.executable, "-m", "trainer"]
