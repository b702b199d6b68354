"""The workshop: one training run after another, stage by stage, for whatever page shows it.

Lives as long as the program: training goes on while the window is locked. It keeps numbers, no client words
but the sample, which ``forget_words`` drops when the window locks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from tfdesk.core.errors import BugError, KnownError
from tfdesk.jobs.training_process import Sample, Step, TrainingProcess
from tfdesk.services.runs import RunFolder, Runs, Stage
from tfdesk.services.training_material import TrainingMaterial

STAGES = tuple(Stage)
WATCH_MS = 1000  # how soon a run stops after its conversations were removed


class RunState(Enum):
    """Where a run stands."""

    NONE = "none"
    RUNNING = "running"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    FAILED = "failed"
    DONE = "done"


class RunEvent(Enum):
    """What can happen to a run."""

    BEGIN = "begin"
    CANCEL = "cancel"
    STOPPED = "stopped"
    BROKE = "broke"
    FINISHED = "finished"


_MOVES = {
    (RunState.NONE, RunEvent.BEGIN): RunState.RUNNING,
    (RunState.CANCELLED, RunEvent.BEGIN): RunState.RUNNING,
    (RunState.FAILED, RunEvent.BEGIN): RunState.RUNNING,
    (RunState.DONE, RunEvent.BEGIN): RunState.RUNNING,
    (RunState.RUNNING, RunEvent.CANCEL): RunState.CANCELLING,
    (RunState.RUNNING, RunEvent.BROKE): RunState.FAILED,
    (RunState.RUNNING, RunEvent.FINISHED): RunState.DONE,
    (RunState.CANCELLING, RunEvent.STOPPED): RunState.CANCELLED,
    (RunState.CANCELLING, RunEvent.BROKE): RunState.FAILED,
    (RunState.CANCELLING, RunEvent.FINISHED): RunState.DONE,
}


def advance(state: RunState, event: RunEvent) -> RunState:
    """The state after ``event``. Raises BugError for an illegal move."""
    try:
        return _MOVES[state, event]
    except KeyError:
        raise BugError(f"a run that is {state.value} cannot {event.value}") from None


@dataclass(frozen=True, slots=True)
class WorkshopState:
    """What the page shows besides the curves. ``done`` are the finished stages.

    ``halved``: memory ran out, and the stage goes on with half as much at once.
    """

    run_state: RunState = RunState.NONE
    run: RunFolder | None = None
    stage: Stage | None = None
    done: tuple[Stage, ...] = ()
    step: int = 0
    total: int = 0
    seconds_left: float | None = None
    halved: bool = False
    reason: str = ""


Curves = dict[str, list[tuple[int, float]]]  # by metric: (step, value)


@dataclass(slots=True)
class History:
    """Curves per stage, and the samples of the present run."""

    curves: dict[Stage, Curves] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)

    def add(self, stage: Stage, step: int, metrics: Mapping[str, float]) -> None:
        for name, value in metrics.items():
            self.curves.setdefault(stage, {}).setdefault(name, []).append((step, value))


class Workshop(QObject):
    """Prepares a run and drives its stages; training SFT, then RL, then bundle and evaluation.

    Signals (GUI thread):
        state_changed: WorkshopState
        curves_changed: Stage
        samples_changed
        refused: KnownError
    """

    state_changed = Signal(WorkshopState)
    curves_changed = Signal(Stage)
    samples_changed = Signal()
    refused = Signal(object)

    def __init__(self, runs: Runs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runs = runs
        self.state = WorkshopState()
        self.history = History()
        self._process = TrainingProcess(self)
        self._process.stage_started.connect(self._on_stage_started)
        self._process.step_logged.connect(self._on_step_logged)
        self._process.sample_written.connect(self._on_sample_written)
        self._process.stage_done.connect(self._on_stage_done)
        self._process.stage_cancelled.connect(self._on_stage_cancelled)
        self._process.stage_failed.connect(self._on_stage_failed)
        self._watch = QTimer(self, interval=WATCH_MS)  # the client is erased by another program
        self._watch.timeout.connect(self._on_watch)

    def begin(self, data: Path) -> None:
        """Start a run on a dialogue file; ``refused`` follows when the file cannot be used."""
        self._begin(lambda: self._runs.prepare(data))

    def begin_with(self, material: TrainingMaterial) -> None:
        """Start a run on the vault's own sessions; ``refused`` follows when nobody agreed to it."""
        self._begin(lambda: material.prepare(self._runs))

    def _begin(self, prepare: Callable[[], RunFolder]) -> None:
        if self._process.running:
            return
        try:
            run = prepare()
        except KnownError as error:
            self.refused.emit(error)
            return
        self.history = History()
        self.samples_changed.emit()
        self._update(
            run_state=advance(self.state.run_state, RunEvent.BEGIN), run=run, stage=None, done=(), reason=""
        )
        self._start(STAGES[0])

    def resume(self) -> None:
        """Go on with the stage at which the run was cancelled or failed."""
        if self.state.run is not None and self.state.stage is not None and not self._process.running:
            self._update(run_state=advance(self.state.run_state, RunEvent.BEGIN), reason="")
            self._start(self.state.stage, resume=True)

    def cancel(self) -> None:
        """Stop after the present step, keeping a checkpoint."""
        if self.state.run_state is RunState.RUNNING:
            self._update(run_state=advance(self.state.run_state, RunEvent.CANCEL))
            self._process.cancel()

    def report(self) -> str:
        """The report of the finished run as HTML. Raises KnownError."""
        if self.state.run is None:
            raise BugError("there is no run to report on")
        return self._runs.report_html(self.state.run)

    def bundle(self) -> Path | None:
        """The model of the finished run, None while there is none."""
        run = self.state.run
        return run.out(Stage.BUNDLE) if run is not None and Stage.BUNDLE in self.state.done else None

    def forget_words(self) -> None:
        """Drop the client's words in the sample; training goes on."""
        self.history.samples.clear()

    def shut_down(self) -> None:
        """End the child now: the program is closing. A run can be resumed from its last checkpoint."""
        self._process.kill()

    def _start(self, stage: Stage, *, resume: bool = False) -> None:
        assert self.state.run is not None
        self._update(stage=stage, step=0, total=0, seconds_left=None, halved=False)
        try:
            self._runs.check(self.state.run)
        except KnownError as error:
            self._abandon(self.state.run, error.line())
            return
        self._process.start(self._runs.command(self.state.run, stage, resume=resume), self._runs.run_key)
        self._watch.start()

    def _on_watch(self) -> None:
        """End the run at once when a client it learns from no longer agrees, or was erased."""
        if not self._process.running or self.state.run is None:
            self._watch.stop()
            return
        try:
            self._runs.check(self.state.run)
        except KnownError as error:
            self._watch.stop()
            self._process.kill()
            self._abandon(self.state.run, error.line())

    def _abandon(self, run: RunFolder, reason: str) -> None:
        self.forget_words()
        self.samples_changed.emit()
        try:
            self._runs.abandon(run, self.state.done)
        except KnownError as error:
            reason = f"{reason} {error.line()}"
        self._on_stage_failed(reason)

    def _on_stage_started(self, total: int, done: int, halved: bool) -> None:
        self._update(step=done, total=total, halved=halved)

    def _on_step_logged(self, step: Step) -> None:
        assert self.state.stage is not None
        self.history.add(self.state.stage, step.step, step.metrics)
        self._update(step=step.step, total=step.total, seconds_left=step.seconds_left)
        self.curves_changed.emit(self.state.stage)

    def _on_sample_written(self, sample: Sample) -> None:
        self.history.samples.append(sample)
        self.samples_changed.emit()

    def _on_stage_done(self) -> None:
        assert self.state.stage is not None
        place = STAGES.index(self.state.stage) + 1
        self._update(done=(*self.state.done, self.state.stage))
        if place == len(STAGES):
            self._update(run_state=advance(self.state.run_state, RunEvent.FINISHED), stage=None)
        elif self.state.run_state is RunState.CANCELLING:  # it finished before it could be stopped
            self._update(
                run_state=advance(self.state.run_state, RunEvent.STOPPED),
                stage=STAGES[place],
                step=0,
                total=0,
            )
        else:
            self._start(STAGES[place])

    def _on_stage_cancelled(self) -> None:
        self._update(run_state=advance(self.state.run_state, RunEvent.STOPPED))

    def _on_stage_failed(self, reason: str) -> None:
        self._update(run_state=advance(self.state.run_state, RunEvent.BROKE), reason=reason)

    def _update(self, **changes: object) -> None:
        self.state = replace(self.state, **changes)  # type: ignore[arg-type]
        self.state_changed.emit(self.state)
