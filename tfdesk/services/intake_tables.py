"""Conversations as tables and as JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from tfdesk.core.errors import InputRefused
from tfdesk.services.intake_rows import SAY_WHICH, NameMap, Parsed, Row, chosen_columns

_DELIMITERS = {"csv": ",;\t", "tsv": "\t"}


def parse_table(text: str, names: NameMap, where: str, kind: str) -> Parsed:
    """Rows under a header that names the speaker and the text. Raises InputRefused."""
    delimiter = max(_DELIMITERS[kind], key=text.partition("\n")[0].count)
    # A message may be as long as the file: the usual limit of a field is 128 KiB.
    csv.field_size_limit(max(csv.field_size_limit(), len(text) + 1))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows = _numbered(reader, where)
    _, headers = next(rows, (0, []))
    columns = chosen_columns(headers, names, where)
    if not columns["speaker"] or not columns["text"]:
        raise InputRefused(f"{where}: the first line must name a speaker and a text column; {SAY_WHICH}.")
    speaker, said = headers.index(columns["speaker"][0]), headers.index(columns["text"][0])
    when = [index for index, header in enumerate(headers) if header in columns["when"]]
    parsed = Parsed()
    for line, row in rows:
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(headers):
            parsed.skip(line, f"{len(row)} cells under {len(headers)} headers")
        elif not row[speaker].strip():
            parsed.skip(line, "no speaker")
        else:
            parsed.add(Row(line, row[speaker], row[said], " ".join(row[index] for index in when)))
    return parsed


def _numbered(reader: Any, where: str) -> Iterator[tuple[int, list[str]]]:
    """The rows with the line each begins on."""
    while True:
        line = reader.line_num + 1
        try:
            yield line, next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise InputRefused(
                f"{where}, line {line}: not a valid table (a quote is not closed?); save it again as CSV."
            ) from None


def parse_json(text: str, names: NameMap, where: str) -> Parsed:
    """A dialogue, a list of them, or a list of messages. Raises InputRefused."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise InputRefused(f"{where}: not valid JSON.", "Save it again, or as one object a line.") from None
    if isinstance(value, dict) and isinstance(value.get("messages"), list):
        value = value["messages"]
    items = value if isinstance(value, list) else [value]
    return _parse_items(list(enumerate(items, start=1)), names, where)


def parse_json_lines(lines: list[str], names: NameMap, where: str) -> Parsed:
    """One dialogue, or one message, a line."""
    items: list[tuple[int, Any]] = []
    broken: list[int] = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                items.append((number, json.loads(line)))
            except (ValueError, RecursionError):
                broken.append(number)
    parsed = _parse_items(items, names, where)
    for number in broken:
        parsed.skip(number, "not valid JSON")
    return parsed


def _parse_items(items: list[tuple[int, Any]], names: NameMap, where: str) -> Parsed:
    parsed, labels = Parsed(), 0
    for talk, (line, item) in enumerate(items):
        if not isinstance(item, dict):
            parsed.skip(line, "not an object")
        elif isinstance(item.get("turns"), list):
            if isinstance(item.get("context"), str):
                parsed.contexts[talk] = item["context"]
            for number, turn in enumerate(item["turns"], start=1):
                _add_object(parsed, turn, names, where, line, talk, f"turn {number}: ")
                labels += isinstance(turn, dict) and bool(turn.get("emotion") or turn.get("strategy"))
        else:
            _add_object(parsed, item, names, where, line)
    if labels:
        parsed.notes.append(f"Emotions and strategies of {labels} turns were not taken over.")
    return parsed


def _add_object(
    parsed: Parsed, item: Any, names: NameMap, where: str, line: int, talk: int = 0, part: str = ""
) -> None:
    if not isinstance(item, dict):
        parsed.skip(line, f"{part}not an object")
        return
    columns = chosen_columns(item, names, f"{where}, line {line}")
    label, text = (item[found[0]] if (found := columns[name]) else None for name in ("speaker", "text"))
    if not isinstance(label, str) or not label.strip():
        parsed.skip(line, f"{part}no speaker")
    elif not isinstance(text, str):
        parsed.skip(line, f"{part}no text")
    else:
        when = " ".join(str(item[name]) for name in columns["when"] if isinstance(item[name], str | int))
        parsed.add(Row(line, label, text, when, talk, part))
