"""The steps from transcripts to a model, beside the workshop's page."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from tfdesk.jobs.workshop import RunState, WorkshopState
from tfdesk.services.runs import Stage
from tfdesk.ui.controls import label, row
from tfdesk.ui.text import whole
from tfdesk.ui.theme import Theme, set_look

MOST_SIDE = 280  # pixels: at large text the curves still need room beside the steps


class StepList(QWidget):
    """The steps on the left, the present one marked."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("side")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(min(MOST_SIDE, theme.px(210)))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 14, 0, 12)
        column.setSpacing(0)
        heading = label(self.tr("FROM TRANSCRIPTS TO A MODEL"), "section", wrap=True)
        heading.setContentsMargins(16, 0, 16, 8)
        column.addWidget(heading)
        names = [
            self.tr("Data"),
            self.tr("Fine-tune"),
            self.tr("Reinforce"),
            self.tr("Pack"),
            self.tr("Evaluate"),
            self.tr("Use it"),
        ]
        self._rows = []
        for number, name in enumerate(names, start=1):
            frame = QFrame()
            frame.setProperty("look", "step")
            state = label("", "muted")
            line = row(label(f"{number}  {name}", "strong"), None, state)
            line.setContentsMargins(16, 8, 16, 8)
            frame.setLayout(line)
            column.addWidget(frame)
            self._rows.append((frame, state, name))
        column.addStretch(1)

    def show_state(self, state: WorkshopState) -> None:
        """Mark what is done and what is under way."""
        run, stages = state.run, list(Stage)
        words = [self.tr("dialogues: {0}").format(whole(run.dialogues)) if run is not None else ""]
        for stage in stages:
            words.append(self.tr("done") if stage in state.done else "")
        words.append("")
        present = 0 if run is None else len(stages) + 1
        if state.stage is not None:
            present = stages.index(state.stage) + 1
            words[present] = {
                RunState.RUNNING: self.tr("running"),
                RunState.CANCELLING: self.tr("stopping"),
                RunState.CANCELLED: self.tr("stopped"),
                RunState.FAILED: self.tr("failed"),
            }.get(state.run_state, "")
        for number, (frame, shown, name) in enumerate(self._rows):
            shown.setText(words[number])
            set_look(frame, "current", "true" if number == present else "false")
            frame.setAccessibleName(f"{name}: {words[number]}")
