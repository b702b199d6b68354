"""A conversation file of any usual kind, as messages. Pure: bytes in, values out; no vault, no Qt.

Kinds by ending, by content where the ending says nothing: txt, md, csv, tsv, json, jsonl, vtt, srt, docx.
What cannot be read for sure is refused in a sentence or reported as skipped: nothing is lost silently.
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from tfdesk.core.errors import InputRefused
from tfdesk.services.intake_docx import read_paragraphs
from tfdesk.services.intake_rows import NameMap, Parsed, Reading, gather, read_map
from tfdesk.services.intake_tables import parse_json, parse_json_lines, parse_table
from tfdesk.services.intake_text import parse_lines, parse_subtitles

LARGEST_FILE = 16 << 20  # bytes; a year of daily messages is about one MiB
KINDS = ("txt", "md", "csv", "tsv", "json", "jsonl", "vtt", "srt", "docx")
_OTHER_NAMES = {"text": "txt", "log": "txt", "markdown": "md", "ndjson": "jsonl", "tab": "tsv"}
_REFUSED = {
    "xlsx": "a CSV file",
    "xls": "a CSV file",
    "ods": "a CSV file",
    "pdf": "text",
    "doc": "a .docx file",
}
_BOMS = (
    (codecs.BOM_UTF8, "utf8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_JSON = re.compile(r"\s*(?:\{\s*\"|\[\s*\{)")
_SRT = re.compile(r"\s*\d+\n\d{2}:\d{2}:\d{2},\d{3} -->")


def read_file(path: Path, map_path: Path | None = None) -> Reading:
    """Read a conversation, and the map that says who is who. Raises InputRefused."""
    names = NameMap()
    if map_path is not None:
        names = read_map(_decoded(_bytes(map_path), map_path.name)[0], map_path.name)
    return read(_bytes(path), path.name, names)


def read(data: bytes, name: str, names: NameMap | None = None) -> Reading:
    """The messages in a file's bytes; ``name`` gives the ending and opens errors. Raises InputRefused."""
    names = names or NameMap()
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if ending in _REFUSED:
        raise InputRefused(f"{name}: files of this kind are not read; save it as {_REFUSED[ending]}.")
    kind = _OTHER_NAMES.get(ending, ending)
    if kind == "docx" or (kind not in KINDS and data.startswith(b"PK\3\4")):
        paragraphs, notes = read_paragraphs(data, name)
        # A soft line break may stand before the next speaker just as well as a paragraph's end.
        parsed = parse_lines("\n".join(paragraphs).split("\n"), names)
        parsed.notes += notes
        return gather(parsed, names, name)
    text, removed = _decoded(data, name)
    return gather(_parse(text, kind, names, name), names, name, removed)


def _parse(text: str, kind: str, names: NameMap, where: str) -> Parsed:
    lines = text.split("\n")
    if kind in ("txt", "") and text.startswith("WEBVTT"):
        kind = "vtt"
    if kind not in KINDS:
        kind = _kind_of(text)
    if kind in ("vtt", "srt"):
        return parse_subtitles(lines, names, vtt=kind == "vtt")
    if kind == "json":
        return parse_json(text, names, where)
    if kind == "jsonl":
        return parse_json_lines(lines, names, where)
    if kind in ("csv", "tsv"):
        return parse_table(text, names, where, kind)
    return parse_lines(lines, names, markdown=kind == "md")


def _kind_of(text: str) -> str:
    """The kind of a file whose ending says nothing."""
    # "[10:03] Client: ..." opens with a bracket too.
    if _JSON.match(text):
        first, _, rest = text.strip().partition("\n")
        return "jsonl" if rest and first.startswith("{") and first.rstrip().endswith("}") else "json"
    return "srt" if _SRT.match(text) else "txt"


def _bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise InputRefused(
                f"{path.name}: larger than {LARGEST_FILE >> 20} MiB; split it and import the parts."
            )
        with path.open("rb") as file:  # a pipe has no size: never read more than allowed
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise InputRefused(f"{path.name}: cannot be read ({error.strerror}).") from None
    if len(data) > LARGEST_FILE:
        raise InputRefused(
            f"{path.name}: larger than {LARGEST_FILE >> 20} MiB; split it and import the parts."
        )
    return data


def _decoded(data: bytes, name: str) -> tuple[str, int]:
    """The text with plain newlines and without NUL, and how many of those there were. Raises InputRefused."""
    mark, encoding = next(((mark, codec) for mark, codec in _BOMS if data.startswith(mark)), (b"", ""))
    data = data.removeprefix(mark)
    encoding = encoding or _without_mark(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputRefused(f"{name}, line {line}: not valid Unicode; save the file as UTF-8.") from None
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", ""), text.count("\0")


def _without_mark(data: bytes) -> str:
    """UTF-16 without its mark shows in the zeros of every second byte; all else is UTF-8."""
    sample = data[:4096]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if len(data) % 2 == 0 and max(even, odd) > len(sample) * 0.3 and min(even, odd) == 0:
        return "utf-16-le" if odd else "utf-16-be"
    return "utf8"
