"""Words can be read in every theme."""

from __future__ import annotations

from itertools import product

import pytest
from PySide6.QtGui import QColor

from tfdesk.ui.theme import DARK, HIGH, LIGHT, Colours

THEMES = {"light": LIGHT, "dark": DARK, "high": HIGH}
GROUNDS = ("background", "panel", "field", "hover", "client_bubble", "accent_weak")
PAIRS = [
    *product(("text", "muted"), GROUNDS),
    *product(("accent",), ("background", "panel", "accent_weak")),
    *product(("text", "risk"), ("risk_weak", "panel", "background")),
    *product(("text", "warning"), ("warning_weak",)),
    ("muted", "risk_weak"),
    ("muted", "warning_weak"),
    ("text", "risk_mark"),
    ("text", "word_mark"),
    ("text", "track"),
    ("on_accent", "accent"),
    ("on_accent", "accent_strong"),
]


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2.2."""
    made = QColor(colour)
    parts = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (made.redF(), made.greenF(), made.blueF())
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_of_known_pairs() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_words_stand_out_from_their_ground(name: str, ink: str, ground: str) -> None:
    colours: Colours = THEMES[name]
    assert contrast(getattr(colours, ink), getattr(colours, ground)) >= 4.5


@pytest.mark.parametrize("name", THEMES)
def test_bars_and_focus_stand_out_from_what_is_beside_them(name: str) -> None:
    """Three to one, for what is not words."""
    colours: Colours = THEMES[name]
    for ground in ("panel", "background"):
        assert contrast(colours.focus, getattr(colours, ground)) >= 3
    for shade in colours.emotions.values():
        assert contrast(shade, colours.panel) >= 3


def test_high_contrast_is_black_white_and_one_yellow_focus() -> None:
    assert contrast(HIGH.text, HIGH.background) == pytest.approx(21)
    assert HIGH.focus == HIGH.focus_on_accent == "#ffff00"
    assert HIGH.line_width == 2
