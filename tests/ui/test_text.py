from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QTextCursor, QTextDocument

from tfdesk.ui.text import qt_ranges, short_time, time_in_transcript
from trainer.events import Span

MARCH = 1_772_000_000.0


@pytest.mark.parametrize(
    ("text", "start", "end", "marked"),
    [
        ("plain words", 0, 5, "plain"),
        ("🙂 after an emoji", 2, 7, "after"),
        ("👩‍👧 the family", 4, 7, "the"),
        ("e\u0301 combining", 3, 12, "combining"),
        ("שלום 🙂 עולם", 7, 11, "עולם"),
    ],
)
def test_a_span_marks_the_same_words_in_qt_as_in_python(text: str, start: int, end: int, marked: str) -> None:
    document = QTextDocument()
    document.setPlainText(text)
    [(at, length)] = qt_ranges(text, [Span("reply", start, end)])
    cursor = QTextCursor(document)
    cursor.setPosition(at)
    cursor.setPosition(at + length, QTextCursor.MoveMode.KeepAnchor)
    assert text[start:end] == marked
    assert cursor.selectedText() == marked


@given(st.text(), st.lists(st.tuples(st.integers(-5, 60), st.integers(-5, 60))))
def test_ranges_stay_inside_the_text_and_never_overlap(text: str, pairs: list[tuple[int, int]]) -> None:
    ranges = qt_ranges(text, [Span("reply", start, end) for start, end in pairs])
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    assert all(at >= 0 and length > 0 and at + length <= units for at, length in ranges)
    assert all(a + b < c for (a, b), (c, _) in pairwise(ranges))


def test_a_moment_is_a_time_then_a_day_then_a_date() -> None:
    assert ":" in short_time(MARCH - 60, MARCH)
    assert ":" not in short_time(MARCH - 3 * 86400, MARCH)
    assert short_time(MARCH - 3 * 86400, MARCH).isalpha()
    assert short_time(MARCH - 30 * 86400, MARCH).split()[0].isdigit()


def test_times_in_the_transcript_are_relative_within_the_hour() -> None:
    assert time_in_transcript(MARCH - 5, MARCH) == "just now"
    assert time_in_transcript(MARCH - 600, MARCH) == "10 min ago"
