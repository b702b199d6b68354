"""Times as files write them, as UTC seconds. A time without a zone is this computer's."""

from __future__ import annotations

import re
from datetime import datetime

_LATEST = 4_102_444_800.0  # the year 2100
_DATED = re.compile(
    r"(?P<a>\d{1,4})[./-](?P<b>\d{1,2})[./-](?P<c>\d{1,4}),?\s+(?P<hour>\d{1,2})[:.](?P<minute>\d{2})"
    r"(?:[:.](?P<second>\d{2}))?\s?(?P<half>[AaPp]\.?\s?[Mm]\.?)?"
)
_CLOCK = re.compile(r"[\d:.,]{1,12}(\s?[AaPp]\.?[Mm]\.?)?")


def read_times(written: list[str]) -> tuple[list[float | None], list[str]]:
    """UTC seconds for each writing, None where there is none or it cannot be read; and notes for people.

    1/2/2024 is the first of February unless another date of the file shows that the month comes first.
    """
    texts = [" ".join(text.split()) for text in written]
    dates = [match for text in texts if (match := _DATED.fullmatch(text)) and len(match["a"]) < 3]
    month_first = any(int(m["b"]) > 12 for m in dates) and not any(int(m["a"]) > 12 for m in dates)
    times = [_seconds(text, month_first) if text else None for text in texts]
    notes = []
    if dates and not any(int(m["a"]) > 12 or int(m["b"]) > 12 for m in dates):
        notes.append("Dates such as 1/2/2024 were read with the day first.")
    lost = sum(bool(text) and at is None for text, at in zip(texts, times, strict=True))
    if lost:
        bare = all(
            at is not None or not text or _CLOCK.fullmatch(text)
            for text, at in zip(texts, times, strict=True)
        )
        why = "have no date" if bare else "could not be read"
        notes.append(f"{lost} times {why}; those messages bear the time of the import.")
    return times, notes


def _seconds(text: str, month_first: bool) -> float | None:
    try:
        if text.isascii() and text.isdigit() and len(text) in (10, 13):
            at = int(text) / (1000 if len(text) == 13 else 1)
        else:
            match = _DATED.fullmatch(text)
            moment = _dated(match, month_first) if match else _iso(text)
            at = moment.timestamp()
    except (ValueError, OverflowError, OSError):
        return None
    return at if 0 <= at < _LATEST else None


def _iso(text: str) -> datetime:
    if len(text) < 8 or _CLOCK.fullmatch(text):
        raise ValueError("no date")
    return datetime.fromisoformat(text)


def _dated(match: re.Match[str], month_first: bool) -> datetime:
    a, b, c = int(match["a"]), int(match["b"]), int(match["c"])
    if len(match["a"]) == 4:
        year, month, day = a, b, c
    else:
        day, month = (b, a) if month_first else (a, b)
        year = c + 2000 if c < 100 else c
    hour = int(match["hour"])
    if match["half"]:
        if not 1 <= hour <= 12:
            raise ValueError("no hour of half a day")
        hour = hour % 12 + (12 if match["half"][0] in "pP" else 0)
    return datetime(year, month, day, hour, int(match["minute"]), int(match["second"] or 0))
