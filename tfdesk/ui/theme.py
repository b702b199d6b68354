"""Colours and sizes of the window: three palettes, one style sheet, one scale."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from trainer.config import resources_dir

LEAST_SCALE, LARGEST_SCALE, SCALE_STEP = 80, 200, 10
LARGE_SCALE = 150


@dataclass(frozen=True, slots=True)
class Colours:
    """Every colour the window uses, as #rrggbb. ``emotions`` by label; unknown labels are neutral."""

    background: str
    panel: str
    line: str
    text: str
    muted: str
    accent: str
    accent_strong: str  # pressed, hovered
    accent_weak: str
    on_accent: str
    client_bubble: str
    field: str
    hover: str
    risk: str
    risk_weak: str
    risk_mark: str
    warning: str
    warning_weak: str
    word_mark: str  # behind words that moved a reward, or that an edit added
    track: str  # the empty part of a bar, and a pressed button
    focus: str  # ring around what has the keyboard
    focus_on_accent: str
    line_width: int  # pixels
    emotions: Mapping[str, str]

    def emotion(self, label: str) -> QColor:
        return QColor(self.emotions.get(label, self.emotions["neutral"]))


LIGHT = Colours(
    background="#f6f5f2",
    panel="#ffffff",
    line="#e2dfd8",
    text="#22262a",
    muted="#646b73",
    accent="#0f6e6a",
    accent_strong="#0b5653",
    accent_weak="#e3f1ef",
    on_accent="#ffffff",
    client_bubble="#eef0f2",
    field="#f6f5f2",
    hover="#f1efea",
    risk="#a3211c",
    risk_weak="#fdecea",
    risk_mark="#f7d4d0",
    warning="#8a4b00",
    warning_weak="#fff3e0",
    word_mark="#d3ebe8",
    track="#e2dfd8",
    focus="#0f6e6a",
    focus_on_accent="#22262a",
    line_width=1,
    emotions={
        "neutral": "#8b929a",
        "joy": "#b7860b",
        "sadness": "#3b6fb6",
        "depression": "#5b5f97",
        "fear": "#7b52ab",
        "anger": "#b5472f",
        "disgust": "#5f7f3a",
        "shame": "#a2557f",
    },
)

DARK = Colours(
    background="#1b1d1f",
    panel="#242729",
    line="#363a3d",
    text="#e8e6e1",
    muted="#a3a9af",
    accent="#5cc0b8",
    accent_strong="#7bd0c9",
    accent_weak="#1f3a39",
    on_accent="#0c2423",
    client_bubble="#2d3134",
    field="#1b1d1f",
    hover="#2d3134",
    risk="#ff9d94",
    risk_weak="#42211f",
    risk_mark="#6b2f2b",
    warning="#ffca80",
    warning_weak="#3a2c14",
    word_mark="#25524f",
    track="#363a3d",
    focus="#5cc0b8",
    focus_on_accent="#e8e6e1",
    line_width=1,
    emotions={
        "neutral": "#a3a9af",
        "joy": "#d4ac45",
        "sadness": "#7aa7e8",
        "depression": "#9fa3dd",
        "fear": "#b592dd",
        "anger": "#e0866c",
        "disgust": "#a0c07a",
        "shame": "#e09bbd",
    },
)


HIGH = Colours(
    background="#000000",
    panel="#000000",
    line="#ffffff",
    text="#ffffff",
    muted="#ffffff",
    accent="#ffffff",
    accent_strong="#e0e0e0",
    accent_weak="#262626",
    on_accent="#000000",
    client_bubble="#000000",
    field="#000000",
    hover="#333333",
    risk="#ff9d94",
    risk_weak="#000000",
    risk_mark="#7a1512",
    warning="#ffca80",
    warning_weak="#000000",
    word_mark="#404040",
    track="#595959",
    focus="#ffff00",
    focus_on_accent="#ffff00",
    line_width=2,
    emotions=dict.fromkeys(DARK.emotions, "#ffffff"),
)


class Theme(QObject):
    """The look in use. Widgets that paint themselves read it and repaint on ``changed``.

    Signals:
        changed: the palette or the scale is another one
    """

    changed = Signal()

    def __init__(self, app: QApplication, *, mode: str, scale: int) -> None:
        """``mode`` is "system", "light", "dark" or "high contrast"; ``scale`` in percent."""
        super().__init__(app)
        self._app = app
        self.mode = mode
        self.scale = scale
        self.colours = LIGHT
        app.setStyle("Fusion")
        app.styleHints().colorSchemeChanged.connect(self._on_system_scheme_changed)
        self.apply(mode, scale)

    def apply(self, mode: str, scale: int) -> None:
        """Switch palette and scale everywhere, at once."""
        self.mode = mode
        self.scale = max(LEAST_SCALE, min(LARGEST_SCALE, scale))
        dark = (
            self._app.styleHints().colorScheme() == Qt.ColorScheme.Dark
            if mode == "system"
            else mode == "dark"
        )
        self.colours = HIGH if mode == "high contrast" else DARK if dark else LIGHT
        font = QFont(self._app.font())
        font.setPixelSize(self.px(14))
        self._app.setFont(font)
        self._app.setPalette(_palette(self.colours))
        self._app.setStyleSheet(self._style_sheet())
        self.changed.emit()

    @property
    def large(self) -> bool:
        """Text so large that what stands side by side must stand one below the other."""
        return self.scale > LARGE_SCALE

    def px(self, size: float) -> int:
        """``size`` pixels at 100 % in pixels at the present scale."""
        return round(size * self.scale / 100)

    def font(self, size: float, *, strong: bool = False) -> QFont:
        """The UI font at ``size`` pixels (before scaling)."""
        font = QFont(self._app.font())
        font.setPixelSize(self.px(size))
        font.setWeight(QFont.Weight.DemiBold if strong else QFont.Weight.Normal)
        return font

    def _style_sheet(self) -> str:
        """The style sheet with ``@name`` replaced by colours and ``13dp`` by scaled pixels."""
        resources = resources_dir()
        text = (resources / "qss" / "tfdesk.qss").read_text(encoding="utf8")
        shade = "light" if self.colours is LIGHT else "dark"
        for name, icon in (("@check_mark", "check"), ("@radio_dot", "dot"), ("@arrow_down", "arrow")):
            text = text.replace(name, (resources / "icons" / f"{icon}-{shade}.svg").as_posix())
        text = text.replace("@link_line", "underline" if self.colours is HIGH else "none")
        text = text.replace("@hair", f"{self.colours.line_width}px")
        text = text.replace("@radio_radius", f"{(self.px(14) + 2) // 2}px")  # more than half draws a square
        text = re.sub(r"@([a-z_]+)", lambda match: str(getattr(self.colours, match[1])), text)
        return re.sub(r"\b(\d+)dp\b", lambda match: f"{self.px(int(match[1]))}px", text)

    def _on_system_scheme_changed(self, _scheme: Qt.ColorScheme) -> None:
        if self.mode == "system":
            self.apply(self.mode, self.scale)


def _palette(colours: Colours) -> QPalette:
    """Fusion's palette: what the style sheet leaves out (menus, check boxes, scroll bars) follows too."""
    role = QPalette.ColorRole
    pairs = {
        role.Window: colours.background,
        role.WindowText: colours.text,
        role.Base: colours.panel,
        role.AlternateBase: colours.background,
        role.Text: colours.text,
        role.PlaceholderText: colours.muted,
        role.Button: colours.panel,
        role.ButtonText: colours.text,
        role.ToolTipBase: colours.panel,
        role.ToolTipText: colours.text,
        role.Highlight: colours.accent,
        role.HighlightedText: colours.on_accent,
        role.Accent: colours.accent,
        role.Link: colours.accent,
    }
    palette = QPalette()
    for name, colour in pairs.items():
        palette.setColor(name, QColor(colour))
    for name in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, name, QColor(colours.muted))
    return palette


def set_look(widget: QWidget, name: str, value: str) -> None:
    """Set a property that the style sheet selects on, and restyle the widget if it changed."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)
