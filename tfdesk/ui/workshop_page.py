"""The supervisor's page: from a file of conversations to a model in use."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QScrollArea,
    QStackedWidget,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from tfdesk.core.errors import KnownError
from tfdesk.jobs.tasks import Tasks
from tfdesk.jobs.workshop import RunState, Workshop, WorkshopState
from tfdesk.services.access import Access
from tfdesk.services.models import Models
from tfdesk.services.runs import Stage
from tfdesk.services.training_material import TrainingMaterial
from tfdesk.ui.controls import MarkedText, button, card, clear, label, row, surface
from tfdesk.ui.curves import SHOWN, Curves
from tfdesk.ui.error_dialog import show_error
from tfdesk.ui.help_window import help_link
from tfdesk.ui.promote_dialog import PromoteDialog
from tfdesk.ui.text import figure, in_words, tr, whole
from tfdesk.ui.theme import Theme, set_look
from tfdesk.ui.workshop_steps import StepList

SAMPLES_SHOWN = 3


def stage_name(stage: Stage) -> str:
    """A stage for people."""
    return {
        Stage.SFT: tr("Fine-tuning"),
        Stage.RL: tr("Reinforcement learning"),
        Stage.BUNDLE: tr("Packing the model"),
        Stage.EVALUATE: tr("Evaluation"),
    }[stage]


def time_left(seconds: float) -> str:
    """A duration a person can plan with."""
    if seconds < 90:
        return tr("about %n s left", "", max(1, round(seconds)))
    return tr("about %n min left", "", round(seconds / 60))


class WorkshopPage(QWidget):
    """Choose a file, watch it train, read the report, use the model.

    Signals:
        model_promoted: another model is in use now
    """

    model_promoted = Signal()

    def __init__(
        self, *, theme: Theme, workshop: Workshop, models: Models, access: Access, tasks: Tasks
    ) -> None:
        super().__init__()
        self.setObjectName("page")
        self._theme, self._workshop = theme, workshop
        self._models, self._access, self._tasks = models, access, tasks
        self._material = TrainingMaterial(access.vault)
        self._shown_state = RunState.NONE
        self.steps = StepList(theme)
        self._centre = QStackedWidget()
        self._start_view, self._run_view, self._report_view = self._start(), self._run(), self._report()
        for view in (self._start_view, self._run_view, self._report_view):
            self._centre.addWidget(view)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        line.addWidget(self.steps)
        line.addWidget(self._line())
        line.addWidget(self._centre, 1)
        workshop.state_changed.connect(self._on_state_changed)
        workshop.curves_changed.connect(self._on_curves_changed)
        workshop.samples_changed.connect(self._on_samples_changed)
        workshop.refused.connect(self._on_refused)
        for stage in SHOWN:
            self._on_curves_changed(stage)
        self._on_samples_changed()
        self._on_state_changed(workshop.state)

    def _line(self) -> QFrame:
        line = QFrame()
        line.setProperty("look", "line")
        line.setFixedWidth(1)
        return line

    # The three views ---------------------------------------------------------------------

    def _start(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(20, 20, 20, 20)
        frame, inner = card()
        frame.setMaximumWidth(620)
        inner.setContentsMargins(24, 20, 24, 22)
        inner.setSpacing(10)
        inner.addWidget(label(self.tr("Teach the model from conversations"), "title", wrap=True))
        words = self.tr(
            "Choose a file of conversations (.jsonl, one dialogue a line), or the finished sessions of this "
            "vault's clients who agreed to training. The starter model is fine-tuned on it, then improved by "
            "reward, then measured on conversations it has not seen. Everything stays on this computer, "
            "encrypted; training goes on while the window is locked."
        )
        inner.addWidget(label(words, "muted", wrap=True))
        self.choose = button(self.tr("Choose a file"), "primary")
        self.choose.clicked.connect(self._choose_file)
        self.consented = button(self.tr("Consented sessions of this vault"))
        self.consented.clicked.connect(self._use_sessions)
        self._offer = label("", "muted", wrap=True)
        inner.addSpacing(4)
        inner.addLayout(row(self.choose, self.consented, None))
        inner.addWidget(self._offer)
        self.withdrawn = label("", "error", wrap=True)
        inner.addWidget(self.withdrawn)
        inner.addLayout(row(help_link(self.tr("In what order, and what to look at"), "training"), None))
        column.addWidget(frame)
        column.addStretch(1)
        return page

    def _run(self) -> QWidget:
        page = QWidget()
        line = QHBoxLayout(page)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        middle = QVBoxLayout()
        middle.setContentsMargins(20, 14, 20, 14)
        middle.setSpacing(8)
        self._title = label("", "title")
        self._subtitle = label("", "muted", wrap=True)
        self.cancel = button(self.tr("Stop"), hint=self.tr("Keeps a checkpoint, so that it can go on later"))
        self.cancel.clicked.connect(self._workshop.cancel)
        self.go_on = button(self.tr("Continue"), "primary")
        self.go_on.clicked.connect(self._workshop.resume)
        self.again = button(self.tr("Choose another file"))
        self.again.clicked.connect(self._choose_file)
        self.to_report = button(self.tr("Report"), "primary")
        self.to_report.clicked.connect(self.open_report)
        middle.addLayout(row(self._title, None, self.again, self.to_report, self.go_on, self.cancel))
        middle.addWidget(self._subtitle)
        self._bar = QProgressBar(textVisible=False)
        self._bar.setAccessibleName(self.tr("Progress of this stage"))
        middle.addWidget(self._bar)
        self._left, self._policy = label("", "muted"), label("", "muted")
        self._policy.setText(self.tr("Training goes on when you lock"))
        middle.addLayout(row(self._left, None, self._policy))
        self._curves = {stage: Curves(self._theme, stage) for stage in SHOWN}
        self._curve_stack = QStackedWidget()
        for curves in self._curves.values():
            self._curve_stack.addWidget(curves)
        scroll = QScrollArea(widgetResizable=True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(self._curve_stack)
        middle.addWidget(scroll, 1)
        line.addLayout(middle, 1)
        line.addWidget(self._line())
        line.addWidget(self._samples())
        return page

    def _samples(self) -> QWidget:
        side = surface("side")
        side.setFixedWidth(320)
        column = QVBoxLayout(side)
        column.setContentsMargins(12, 14, 12, 12)
        column.addWidget(label(self.tr("Same message, as it learns"), "strong", wrap=True))
        self._sample_cards = QVBoxLayout()
        self._sample_cards.setSpacing(12)
        inner = QWidget()
        inner_column = QVBoxLayout(inner)
        inner_column.setContentsMargins(0, 4, 0, 0)
        inner_column.addLayout(self._sample_cards)
        inner_column.addStretch(1)
        scroll = QScrollArea(widgetResizable=True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(inner)
        column.addWidget(scroll)
        return side

    def _report(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(20, 14, 20, 14)
        column.setSpacing(10)
        self.use = button(self.tr("Use this model"), "primary")
        self.use.clicked.connect(self._promote)
        back = button(self.tr("Curves"))
        back.clicked.connect(self._show_curves)
        self._used = label("", "muted")
        column.addLayout(row(label(self.tr("Report"), "title"), self._used, None, back, self.use))
        self.browser = QTextBrowser(openLinks=False)
        self.browser.setProperty("look", "report")
        self.browser.setAccessibleName(self.tr("Evaluation report"))
        column.addWidget(self.browser, 1)
        return page

    # Showing -----------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        offer = self._material.offer()
        withdrawn = any(model.active and model.must_retrain for model in self._models.list())
        self.withdrawn.setVisible(withdrawn)
        self.withdrawn.setText(
            self.tr("The model in use learned from a client who no longer agrees to training. Train anew.")
        )
        self.consented.setEnabled(offer.clients > 0)
        if not offer.clients:
            words = self.tr(
                "No client who agreed to training has a finished session yet. Consent is recorded with: {0}"
            )
            self._offer.setText(words.format('tfdesk consent grant "NAME" --for training'))
            return
        self._offer.setText(
            self.tr("clients who agreed to training: {0}, their finished sessions: {1}").format(
                whole(offer.clients), whole(offer.sessions)
            )
        )

    def _on_state_changed(self, state: WorkshopState) -> None:
        self.steps.show_state(state)
        if state.run is None:
            self._centre.setCurrentWidget(self._start_view)
            return
        if state.run_state is not self._shown_state:
            self._shown_state = state.run_state
            self._centre.setCurrentWidget(self._run_view)
            if state.run_state is RunState.DONE:
                self.open_report()
        self._show_head(state)
        if state.stage in self._curves:
            self._curve_stack.setCurrentWidget(self._curves[state.stage])

    def _show_head(self, state: WorkshopState) -> None:
        assert state.run is not None
        finished = state.run_state is RunState.DONE
        stage = stage_name(state.stage) if state.stage is not None else self.tr("Finished")
        self._title.setText(self.tr("{0}, run {1}").format(stage, state.run.number))
        words = self.tr("replies to learn from: {0}").format(whole(state.run.replies))
        if state.total:
            words += self.tr(" · step {0} of {1}").format(whole(state.step), whole(state.total))
        if state.halved:
            words += self.tr(" · memory ran out: half as much at once")
        if state.run_state is RunState.FAILED:
            words = in_words(state.reason)
        self._subtitle.setText(words)
        set_look(self._subtitle, "look", "error" if state.run_state is RunState.FAILED else "muted")
        running = state.run_state in (RunState.RUNNING, RunState.CANCELLING)
        self._bar.setRange(0, 0 if running and not state.total else max(state.total, 1))
        self._bar.setValue(1 if finished else state.step)
        share = self.tr("{0} %").format(round(100 * state.step / state.total)) if state.total else ""
        left = time_left(state.seconds_left) if state.seconds_left is not None and running else ""
        self._left.setText(", ".join(part for part in (share, left) if part))
        self._policy.setVisible(running)
        self.cancel.setVisible(running)
        self.cancel.setEnabled(state.run_state is RunState.RUNNING)
        self.cancel.setText(self.tr("Stop") if state.run_state is RunState.RUNNING else self.tr("Stopping"))
        self.go_on.setVisible(state.run_state in (RunState.CANCELLED, RunState.FAILED))
        self.again.setVisible(not running)
        self.to_report.setVisible(finished)

    def _on_curves_changed(self, stage: Stage) -> None:
        if stage in self._curves:
            self._curves[stage].show_curves(self._workshop.history.curves.get(stage, {}))

    def _on_samples_changed(self) -> None:
        clear(self._sample_cards)
        samples = self._workshop.history.samples
        if not samples:
            words = self.tr("During reinforcement learning the reply to one message is shown here.")
            self._sample_cards.addWidget(label(words, "muted", wrap=True))
            return
        client, inner = card("quote")
        inner.addWidget(label(self.tr("client"), "muted"))
        inner.addWidget(MarkedText(self._theme, samples[-1].prompt))
        self._sample_cards.addWidget(client)
        for sample in samples[-SAMPLES_SHOWN:]:
            frame, inner = card()
            frame.setProperty("selected", "true" if sample is samples[-1] else "false")
            inner.addLayout(row(label(self.tr("step {0}").format(sample.step), "chip"), None))
            inner.addWidget(MarkedText(self._theme, sample.reply))
            inner.addWidget(label(self.tr("reward {0}").format(figure(sample.reward)), "muted"))
            self._sample_cards.addWidget(frame)

    def _show_curves(self) -> None:
        self._centre.setCurrentWidget(self._run_view)

    def open_report(self) -> None:
        """Show the report of the finished run, unsealed in memory."""
        try:
            self.browser.setHtml(self._workshop.report())
        except KnownError as error:
            show_error(self, error)
            return
        self._centre.setCurrentWidget(self._report_view)
        self.browser.setFocus()

    # What the person does ----------------------------------------------------------------

    def _choose_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self, self.tr("Choose conversations"), "", self.tr("Conversations (*.jsonl *.jsonl.gz)")
        )
        if name:
            self._workshop.begin(Path(name))

    def _use_sessions(self) -> None:
        self._workshop.begin_with(self._material)

    def _on_refused(self, error: KnownError) -> None:
        show_error(self, error)

    def _promote(self) -> None:
        bundle, run = self._workshop.bundle(), self._workshop.state.run
        if bundle is None or run is None:
            return
        dialog = PromoteDialog(
            self,
            models=self._models,
            access=self._access,
            tasks=self._tasks,
            bundle=bundle,
            name=self.tr("Clinic model {0}").format(run.number),
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(self._on_promoted)
        dialog.open()

    def _on_promoted(self) -> None:
        self.use.setEnabled(False)
        key = next(model.signed_by for model in self._models.list() if model.active)
        self._used.setText(self.tr("in use now, signed with the supervisor's key {0}").format(key))
        self.model_promoted.emit()
