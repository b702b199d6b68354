"""Text on the screen: where marked words lie for Qt, and times in words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from PySide6.QtCore import QCoreApplication, QLocale, Qt
from PySide6.QtGui import QKeySequence

from tfdesk.core.said import Said
from tfdesk.ui.keys import bound
from trainer.events import Span


def qt_ranges(text: str, spans: Iterable[Span]) -> list[tuple[int, int]]:
    """Spans as (start, length) in UTF-16 units of ``text``, which is how Qt counts; sorted, merged, clipped.

    Spans count Unicode code points. This is the only place where the two meet.
    """
    ranges: list[tuple[int, int]] = []
    for span in sorted(spans, key=lambda span: span.start):
        start = max(0, min(span.start, len(text)))
        end = max(start, min(span.end, len(text)))
        if ranges and start <= ranges[-1][1]:
            ranges[-1] = (ranges[-1][0], max(end, ranges[-1][1]))
        elif end > start:
            ranges.append((start, end))
    return [(_utf16_length(text[:start]), _utf16_length(text[start:end])) for start, end in ranges]


def code_point(text: str, at: int) -> int:
    """The code point of ``text`` that lies at Qt's position ``at``."""
    return len(text.encode("utf-16-le", "surrogatepass")[: 2 * at].decode("utf-16-le", "replace"))


def _utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def tr(text: str, comment: str = "", n: int = -1) -> str:
    """Translate a string outside of any widget; with ``n``, %n becomes the number.

    ``comment`` is for translators. Both are given by position: Qt's lupdate knows no names.
    """
    return QCoreApplication.translate("", text, comment or None, n)


def in_words(text: str) -> str:
    """What layers without Qt say, in the language of the window: sentences made with ``said``, and what
    stands in ``vocabulary``. Other text is returned as it is."""
    if isinstance(text, Said):
        given = (in_words(part) if isinstance(part, str) else part for part in text.given)
        return tr(text.pattern).format(*given)
    return tr(text) if text else ""


def figure(value: float, digits: int = 2) -> str:
    """A number with so many digits behind the point, or comma."""
    return QLocale().toString(float(value), "f", digits)


def whole(number: int) -> str:
    """A count with its thousands apart."""
    return QLocale().toString(number)


def short_time(at: float, now: float) -> str:
    """A moment as a therapist reads it: the time within a day, the day within a week, else the date.

    Both are UTC seconds; shown in local time.
    """
    moment = datetime.fromtimestamp(at)
    if now - at < 86400:
        return moment.strftime("%H:%M")
    if now - at < 6 * 86400:
        return QLocale().standaloneDayName(moment.isoweekday(), QLocale.FormatType.ShortFormat)
    return short_date(at)


def short_date(at: float) -> str:
    """Day and month, e.g. "22 Nov"."""
    moment = datetime.fromtimestamp(at)
    month = QLocale().standaloneMonthName(moment.month, QLocale.FormatType.ShortFormat)
    return tr("{0} {1}", "day, month").format(moment.day, month)


def time_in_transcript(at: float, now: float) -> str:
    """Minutes and hours within a day, the date and time after."""
    age = now - at
    if age < 60:
        return tr("just now")
    if age < 3600:
        return tr("%n min ago", "", int(age // 60))
    moment = datetime.fromtimestamp(at)
    if age < 86400:
        return moment.strftime("%H:%M")
    return f"{short_date(at)}, {moment:%H:%M}"


def key_hint(usual: str) -> str:
    """A command's shortcut as shown on a button, e.g. "Ctrl+↵"; another where that was changed."""
    return pressed(bound(usual))


def pressed(key: str) -> str:
    """The same of a key as it stands, whatever was changed."""
    shown = _native(key)
    for name, sign in (("Return", "↵"), ("Down", "↓"), ("Up", "↑")):
        shown = shown.replace(_key_name(name), sign)
    return shown.replace(f"{_key_name('Shift')}+", "⇧")


def _key_name(name: str) -> str:
    """A key as Qt calls it in the language that is spoken."""
    return QCoreApplication.translate("QShortcut", name)


def with_key(words: str, key: str) -> str:
    """The words of a menu's action with its shortcut, which something else makes work."""
    return f"{words}\t{key_words(key)}"


def key_words(usual: str) -> str:
    """A command's shortcut in words, as a screen reader says it."""
    return _native(bound(usual))


def _native(key: str) -> str:
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)


PLAIN = Qt.TextFormat.PlainText
