"""The paragraphs of a Word document (.docx): the standard library only, within stated bounds."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import IO
from xml.parsers import expat

from tfdesk.core.errors import InputRefused

LARGEST_XML = 32 << 20  # bytes of the unpacked document
MOST_ENTRIES = 5_000
_BODY = "word/document.xml"
_CHUNK = 1 << 16
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main "
_FALLBACK = "http://schemas.openxmlformats.org/markup-compatibility/2006 Fallback"
_UNREAD = ("word/footnotes.xml", "word/endnotes.xml", "word/comments.xml", "word/header1.xml")


def read_paragraphs(data: bytes, where: str) -> tuple[list[str], list[str]]:
    """Paragraphs in order, a table's row of two cells as "cell: cell"; and notes. Raises InputRefused."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            if len(names) > MOST_ENTRIES or _BODY not in names:
                raise InputRefused(f"{where}: not a Word document.", "Save it as .docx or as text.")
            with archive.open(_BODY) as body:
                paragraphs = _parse(body, where)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError):
        raise InputRefused(f"{where}: the Word document is damaged or has a password.") from None
    except expat.ExpatError:
        raise InputRefused(f"{where}: the Word document is damaged.") from None
    unread = any(name in names for name in _UNREAD)
    return paragraphs, ["Headers, footnotes and comments of the document were not read."] if unread else []


def _parse(body: IO[bytes], where: str) -> list[str]:
    document, parser, read = _Document(), expat.ParserCreate(namespace_separator=" "), 0
    parser.buffer_text = True
    parser.StartElementHandler = document.start
    parser.EndElementHandler = document.end
    parser.CharacterDataHandler = document.words

    def refuse(*_: object) -> None:
        raise InputRefused(f"{where}: the document declares XML entities and was not read.")

    parser.StartDoctypeDeclHandler = refuse
    while chunk := body.read(_CHUNK):
        read += len(chunk)
        if read > LARGEST_XML:
            raise InputRefused(f"{where}: unpacked it is larger than {LARGEST_XML >> 20} MiB.", "Split it.")
        parser.Parse(chunk)
    parser.Parse(b"", True)
    return document.paragraphs


class _Document:
    """Collects paragraphs from the events of the parser."""

    def __init__(self) -> None:
        self.paragraphs: list[str] = []
        self._text: list[str] = []
        self._in_text = False
        self._hidden = 0  # depth of fallbacks: the same words once more
        self._rows: list[list[list[str]]] = []  # open table rows, innermost last: cells of paragraphs

    def start(self, name: str, _: object) -> None:
        self._hidden += name == _FALLBACK
        if name == _W + "t":
            self._in_text = True
        elif name == _W + "tab":
            self._text.append("\t")
        elif name in (_W + "br", _W + "cr"):
            self._text.append("\n")
        elif name == _W + "tr":
            self._rows.append([])
        elif name == _W + "tc" and self._rows:
            self._rows[-1].append([])

    def end(self, name: str) -> None:
        self._hidden -= name == _FALLBACK
        if name == _W + "t":
            self._in_text = False
        elif name == _W + "p":
            self._add("".join(self._text))
            self._text.clear()
        elif name == _W + "tr" and self._rows:
            cells = ["\n".join(cell) for cell in self._rows.pop()]
            pair = len(cells) == 2 and "\n" not in cells[0].strip() and cells[0].strip()
            for line in [f"{cells[0].strip()}: {cells[1]}"] if pair else cells:
                self._add(line)

    def words(self, text: str) -> None:
        if self._in_text and not self._hidden:
            self._text.append(text)

    def _add(self, paragraph: str) -> None:
        if self._rows and self._rows[-1]:
            self._rows[-1][-1].append(paragraph)
        else:
            self.paragraphs.append(paragraph)
