"""Conversation files: whatever is in them, messages come out or a sentence."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from tests.fuzz.mutations import broken, broken_json, check, inputs, one_line
from tfdesk.core.errors import InputRefused
from tfdesk.services.intake import KINDS, read
from tfdesk.services.intake_rows import LONGEST_TEXT, read_map

NAMES = read_map('[speakers]\n"Anna" = "client"\n"Dr. Berg" = "therapist"\n', "m")
TALK = "Client: I said yes.\nTherapist: You wanted no.\n[10:03] Anna: so\non\nDr. Berg (10:04): yes\n"
TURNS = [
    {"role": "client", "text": "I said yes.", "at": "2026-01-02 10:03"},
    {"role": "therapist", "text": "So"},
]
DIALOGUE = {
    "id": "1",
    "source": "x",
    "context": "work",
    "turns": [{"speaker": "client", "text": "yes", "emotion": "joy"}, {"speaker": "therapist", "text": "no"}],
}
SEEDS = {
    "txt": [
        TALK.encode(),
        TALK.encode("utf-16"),
        b"1/2/24, 10:15 - Anna: hello\n1/2/24, 10:16 - Dr. Berg: yes\n",
    ],
    "md": [("# Session\n" + TALK + "**Client:** more\n---\n> quoted\n").encode()],
    "csv": [b'who,said\nclient,"I said, ""yes"""\ntherapist,so\n', b"speaker;text\nAnna;a\nDr. Berg;b\n"],
    "tsv": [b"role\tmessage\nclient\tyes\ntherapist\tno\n"],
    "json": [json.dumps(TURNS).encode(), json.dumps(DIALOGUE).encode(), json.dumps([DIALOGUE]).encode()],
    "jsonl": [(json.dumps(DIALOGUE) + "\n").encode() * 2, ("\n".join(map(json.dumps, TURNS))).encode()],
    "vtt": [
        b"WEBVTT\n\nNOTE x\n\n1\n00:01.000 --> 00:02.000\n<v Anna>yes</v>\n\n00:03.000 --> 00:04.000\nT: no\n"
    ],
    "srt": [b"1\n00:00:01,000 --> 00:00:02,000\nClient: yes\n\n2\n00:00:03,000 --> 00:00:04,000\nT: no\n"],
    "docx": [],
}
WORDS = b'Client:|T:|Anna:|"|,|;|-->|<v Anna>|WEBVTT|[1/2/24, 10:15] |**|# |{|]|{"turns":|NaN'.split(b"|")
WORDS += [b"\n", b"\r\n", b"\n\n", b"\t", b"\0", b"\xef\xbb\xbf", b"\xff\xfe", b"[" * 5000]
DOCUMENT = (
    b'<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
    b"<w:body><w:p><w:r><w:t>Client: yes</w:t></w:r></w:p>"
    b"<w:p><w:r><w:t>T: no</w:t><w:br/><w:t>so</w:t></w:r></w:p>"
    b"<w:tbl><w:tr><w:tc><w:p><w:r><w:t>Client</w:t></w:r></w:p></w:tc><w:tc><w:p/></w:tc></w:tr></w:tbl>"
    b"</w:body></w:document>"
)
XML_WORDS = b'<w:p>|</w:p>|<!DOCTYPE a>|<!ENTITY a "b">|&a;|&#0;|<w:t>|xmlns:w=|]]>'.split(b"|")


def document(xml: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", xml)
    return buffer.getvalue()


def some_file(kind, chance):
    """A broken file of this kind."""
    if kind == "docx":
        if chance.random() < 0.5:
            return document(broken([DOCUMENT], XML_WORDS, chance))
        return broken([document(DOCUMENT)], [b"PK\3\4", b"PK\5\6", b"word/document.xml"], chance)
    if kind in ("json", "jsonl") and chance.random() < 0.5:
        lines = [json.dumps(broken_json(chance.choice([TURNS, DIALOGUE]), chance)) for _ in range(2)]
        return (lines[0] if kind == "json" else "\n".join(lines)).encode()
    return broken(SEEDS[kind], WORDS, chance)


@inputs
@pytest.mark.timeout(3600)
def test_whatever_is_in_a_file_messages_come_out_or_a_sentence(inputs):
    def law(chance):
        kind = chance.choice(KINDS)
        name = f"a.{kind if chance.random() < 0.8 else chance.choice([*KINDS, 'unknown'])}"
        try:
            reading = read(some_file(kind, chance), name, NAMES)
        except InputRefused as refusal:
            one_line(refusal.line())
            return
        for talk in reading.talks:
            for message in talk.messages:
                assert message.speaker in ("client", "therapist")
                assert message.text == message.text.strip() != ""
                assert len(message.text) <= LONGEST_TEXT
                message.text.encode()  # no half characters

    check(law, inputs)


@inputs
@pytest.mark.timeout(3600)
def test_whatever_is_in_a_map_it_is_read_or_a_sentence(inputs):
    seeds = [b'[speakers]\n"Anna" = "client"\n[columns]\nspeaker = "who"\ntext = "said"\n']
    words = [b"[", b"]", b"=", b'"', b"client", b"\n", b"[columns]", b"skip", b"1979-05-27", b"'''", b"[[a]]"]

    def law(chance):
        try:
            read_map(broken(seeds, words, chance).decode("utf8", "replace"), "m.toml")
        except InputRefused as refusal:
            one_line(refusal.line())

    check(law, inputs)
