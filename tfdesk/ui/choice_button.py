"""A numbered choice whose words may take more than one line."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy

from tfdesk.ui.controls import label


class ChoiceButton(QPushButton):
    """Number and words, as wide as there is room; ``number`` is also its key, where the owner says so."""

    def __init__(self, number: int, words: str) -> None:
        super().__init__()
        self.setAutoDefault(True)  # Enter presses a focused button, as Space does
        self.setAccessibleName(words)
        self.setAccessibleDescription(str(number))
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 5, 12, 5)
        line.setSpacing(10)
        for part in (label(str(number)), label(words, wrap=True)):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            line.addWidget(part, 0, Qt.AlignmentFlag.AlignVCenter)
        line.setStretch(1, 1)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def heightForWidth(self, width: int) -> int:
        whole = self.layout()
        assert whole is not None
        return whole.totalHeightForWidth(width)

    def sizeHint(self) -> QSize:
        whole = self.layout()
        assert whole is not None
        return whole.totalSizeHint()

    def minimumSizeHint(self) -> QSize:
        whole = self.layout()
        assert whole is not None
        return whole.totalMinimumSize()
