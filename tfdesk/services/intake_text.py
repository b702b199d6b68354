"""Conversations as plain text: ``Client: ...`` line by line, exports of messengers, subtitles."""

from __future__ import annotations

import html
import re

from tfdesk.services.intake_rows import LONGEST_TEXT, TOO_LONG, NameMap, Parsed, Row

NO_SPEAKER = "no speaker before it"
# "**Client** (10:03): text", "- Client: text"
_LABELLED = re.compile(
    r"(?:[-*>•]\s+)?(?P<mark>\*{0,3}|_{0,3})(?P<label>[^\W\d_][^:\n]{0,39}?)"
    r"(?:\s?[\[(](?P<when>\d[\d:., ]{2,20})[\])])?(?:\*{0,3}|_{0,3}):(?P<text>.*)",
    re.DOTALL,
)
# "[12/05/2024, 10:15:03] Anna: text" and "12/05/2024, 10:15 - Anna: text"
_STAMP = re.compile(
    r"[\u200e\u200f]?(?:\[(?P<inside>\d[\d ,.:/TZAaPpMm\u202f\u00a0-]{3,38})\]"
    r"|(?P<outside>\d{1,4}[./-]\d{1,2}[./-]\d{1,4},? \d{1,2}:\d{2}(?::\d{2})?"
    r"(?:[ \u202f\u00a0]?[AaPp]\.?[Mm]\.?)?)"
    r"(?= [-–] ))(?: [-–])? *(?P<rest>.*)",
    re.DOTALL,
)
_NAMED = re.compile(r"(?P<label>[^:\n]{1,60}):(?P<text>.*)", re.DOTALL)
_HEADING, _RULE = re.compile(r"#{1,6}\s+(?P<title>.*?)\s*#*"), re.compile(r"\s*(-{3,}|\*{3,}|_{3,})\s*")
_VOICE = re.compile(r"<v(?:\.[^\s>]{0,99})?\s+([^>\n]{1,200})>")
_TAG = re.compile(r"<[^<>\n]{0,200}>")
_SRT_TAG = re.compile(r"</?(?:i|b|u|font)\b[^<>\n]{0,200}>|\{\\[^{}\n]{0,50}\}", re.IGNORECASE)


def parse_lines(lines: list[str], names: NameMap, *, markdown: bool = False) -> Parsed:
    """Each label opens a message; lines without one go on with it."""
    exported = any(_stamped(line) for line in lines)
    collected = _Collected(names)
    for number, line in enumerate(lines, start=1):
        if markdown and _heading(collected, number, line):
            continue
        if exported:
            _messenger_line(collected, number, line)
        else:
            collected.labelled_line(number, line)
    return collected.finished()


class _Collected:
    """The message being read, and those that are done."""

    def __init__(self, names: NameMap, joint: str = "\n") -> None:
        self.names = names
        self._joint = joint  # between the parts of a message
        self.parsed = Parsed()
        self._open: tuple[int, str, str] | None = None  # line, label, time
        self._text: list[str] = []

    def begin(self, line: int, label: str, text: str, when: str = "") -> None:
        self.end()
        self._open, self._text = (line, label, when), [text]

    def goes_on(self, line: int, text: str) -> None:
        if self._open is not None:
            self._text.append(text)
        elif text.strip():
            self.parsed.skip(line, NO_SPEAKER)

    def end(self) -> None:
        if self._open is not None:
            line, label, when = self._open
            self.parsed.add(Row(line, label, self._joint.join(self._text), when))
        self._open = None

    def labelled_line(self, number: int, line: str) -> None:
        found = _labelled(line, self.names)
        if found is None:
            self.goes_on(number, line)
        else:
            self.begin(number, *found)

    def finished(self) -> Parsed:
        self.end()
        return self.parsed


def _labelled(line: str, names: NameMap) -> tuple[str, str, str] | None:
    """Label, text and time of a line that begins with a speaker, or may begin with one."""
    stamp = _STAMP.fullmatch(line)
    match = _LABELLED.fullmatch(stamp["rest"] if stamp else line)
    if match is None:
        return None
    label, text, mark = match["label"].strip(), match["text"], match["mark"]
    meaning = names.meaning(label)
    apart = not text or text[0].isspace() or (bool(mark) and text.startswith(mark))
    # "C:\\letters" is no client, and a name nobody knows counts only where it looks like one.
    if meaning == "text" or (not apart and (meaning is None or len(label) == 1)):
        return None
    if meaning is None and not _looks_like_a_name(label):
        return None
    when = (stamp["inside"] or stamp["outside"]) if stamp else match["when"]
    return label, text.removeprefix(mark), when or ""


def _looks_like_a_name(label: str) -> bool:
    words = label.split()
    return len(words) <= 3 and all(
        word[0].isalpha() and not word[0].islower() and all(c.isalnum() or c in ".'’-" for c in word)
        for word in words
    )


def _heading(collected: _Collected, number: int, line: str) -> bool:
    """Take a heading of Markdown: one that is a speaker opens a message, any other ends it."""
    match = _HEADING.fullmatch(line)
    if match is None and not _RULE.fullmatch(line):
        return False
    label = match["title"].rstrip(":") if match else ""
    if collected.names.meaning(label) in ("client", "therapist", "skip"):
        collected.begin(number, label, "")
    else:
        collected.end()
        collected.parsed.skip(number, "a heading" if match else "a rule")
    return True


# Exports of messengers -------------------------------------------------------------------


def _stamped(line: str) -> bool:
    """Whether a line carries date, time and a name, as only exports have them."""
    match = _STAMP.fullmatch(line)
    dated = match is not None and re.match(r"\d{1,4}[./-]\d{1,2}[./-]", match["inside"] or match["outside"])
    return bool(match and dated and _NAMED.fullmatch(match["rest"]))


def _messenger_line(collected: _Collected, number: int, line: str) -> None:
    match = _STAMP.fullmatch(line)
    if match is None:
        found = _labelled(line, collected.names)
        # Lines of one message follow without a date; of names, only those that are known open another.
        if found is not None and collected.names.meaning(found[0]) is not None:
            collected.begin(number, *found)
        else:
            collected.goes_on(number, line)
        return
    named = _NAMED.fullmatch(match["rest"])
    if named is None:
        collected.end()
        collected.parsed.skip(number, "no speaker is named (a notice of the messenger)")
    else:
        when = match["inside"] or match["outside"]
        collected.begin(number, named["label"], named["text"], when)


# Subtitles ----------------------------------------------------------------------------------


def parse_subtitles(lines: list[str], names: NameMap, *, vtt: bool) -> Parsed:
    """Cues of one speaker in a row are one message; a cue without a name goes on with the one before."""
    collected, cues = _Cues(names), 0
    for start, block in _blocks(lines):
        at = next((index for index, line in enumerate(block) if "-->" in line), None)
        if at is None:
            if start > 1 or not block[0].startswith("WEBVTT"):
                collected.parsed.skip(start, "no cue (a note or a style)")
            continue
        if sum(map(len, block)) > LONGEST_TEXT:
            collected.parsed.skip(start, TOO_LONG)
            continue
        cues += 1
        for label, text in _voices("\n".join(block[at + 1 :]), names, vtt=vtt):
            collected.say(start + at + 1, label, text)
    parsed = collected.finished()
    if 0 < collected.messages < cues:
        parsed.notes.append(
            f"{cues} cues were joined to {collected.messages} messages, one per speaker in a row."
        )
    return parsed


class _Cues(_Collected):
    def __init__(self, names: NameMap) -> None:
        super().__init__(names, joint=" ")
        self._label: str | None = None
        self.messages = 0

    def say(self, line: int, label: str | None, text: str) -> None:
        if label is None or label == self._label:
            self.goes_on(line, text)
        else:
            self._label = label
            self.messages += 1
            self.begin(line, label, text)


def _blocks(lines: list[str]) -> list[tuple[int, list[str]]]:
    """Runs of lines between blank ones, each with the number of its first line."""
    blocks: list[tuple[int, list[str]]] = []
    inside = False
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            inside = False
        elif inside:
            blocks[-1][1].append(line)
        else:
            blocks.append((number, [line]))
            inside = True
    return blocks


def _voices(payload: str, names: NameMap, *, vtt: bool) -> list[tuple[str | None, str]]:
    """The speakers of a cue and what each says; None for words before any name."""
    before, *named = _VOICE.split(payload)
    pairs = [(label, text) for label, text in zip(named[::2], named[1::2], strict=True)]
    said: list[tuple[str | None, str]] = []
    for line in before.split("\n"):
        found = _labelled(line, names)
        said.append((found[0], found[1]) if found else (None, line))
    return [(label, plain) for label, text in [*said, *pairs] if (plain := _plain(text, vtt)) or label]


def _plain(text: str, vtt: bool) -> str:
    bare = html.unescape(_TAG.sub("", text)) if vtt else _SRT_TAG.sub("", text)
    return bare.strip()
