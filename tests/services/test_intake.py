"""Conversation files of every kind: what is read, reported and refused; and the laws behind it."""

import codecs
import csv
import io
import json
import zipfile

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tfdesk.core.errors import InputRefused
from tfdesk.services import intake, intake_rows
from tfdesk.services.intake import KINDS, read, read_file
from tfdesk.services.intake_rows import LONGEST_TEXT, read_map

NAMES = read_map(
    '[speakers]\n"Anna" = "client"\n"Dr. Berg" = "therapist"\n"Bot" = "skip"\n"PS" = "text"\n', "m"
)


def said(reading):
    return [(message.speaker, message.text) for talk in reading.talks for message in talk.messages]


def skipped(reading):
    return [(one.line, one.reason) for one in reading.skipped]


BOTH = [("client", "I said yes."), ("therapist", "You wanted no.")]


# Plain text -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        "Client: I said yes.\nTherapist: You wanted no.\n",
        "CLIENT:I said yes.\nCounsellor:   You wanted no.",
        "Patient: I said yes.\nMe: You wanted no.",
        "C: I said yes.\n\nT: You wanted no.",
        "**Client:** I said yes.\n\n**Therapist**: You wanted no.\n",
        "- Client (10:03): I said yes.\n- Therapist (10:04): You wanted no.\n",
        "[10:03] Client: I said yes.\n[10:04] Counselor: You wanted no.\n",
        "Client:\nI said yes.\nTherapist:\nYou wanted no.\n",
        "Client: I said yes.\r\nTherapist: You wanted no.\r\n",
        "Client: I said yes.\rTherapist: You wanted no.\r",
    ],
)
@pytest.mark.parametrize("name", ["a.txt", "a.md", "a", "a.log"])
def test_the_usual_labels_need_no_map(content, name):
    reading = read(content.encode(), name)
    assert said(reading) == BOTH
    assert reading.skipped == ()


def test_lines_without_a_label_go_on_with_the_message():
    reading = read(
        b"Client: one\ntwo\n\nhe said: three\nC:\\letters\nhttp://x.y: z\nTherapist: four", "a.txt"
    )
    assert said(reading) == [
        ("client", "one\ntwo\n\nhe said: three\nC:\\letters\nhttp://x.y: z"),
        ("therapist", "four"),
    ]


def test_headings_of_markdown_end_a_message_and_are_reported():
    reading = read(b"# Session 3\n## Client\nhello\n---\nnot said\n### Therapist:\nyes\n", "a.md")
    assert said(reading) == [("client", "hello"), ("therapist", "yes")]
    assert skipped(reading) == [(1, "a heading"), (4, "a rule"), (5, "no speaker before it")]


@pytest.mark.parametrize("label", ["Anna", "Dr. Smith", "PS", "Note", "O'Neill"])
def test_a_name_nobody_knows_is_refused_with_its_line_and_never_quoted(label):
    with pytest.raises(InputRefused) as refused:
        read(f"Client: hello\n{label}: and more\n".encode(), "a.txt")
    assert "line 2" in refused.value.line()
    assert "--map" in refused.value.line()
    assert label not in refused.value.line()


def test_a_map_gives_names_a_meaning():
    content = "Anna: hello\nPS: again\nBot: beep\nDr. Berg: yes\n"
    reading = read(content.encode(), "a.txt", NAMES)
    assert said(reading) == [("client", "hello\nPS: again"), ("therapist", "yes")]
    assert skipped(reading) == [(3, "the map leaves this speaker out")]


@pytest.mark.parametrize(
    "content",
    [
        "[01/05/2024, 10:15:03] Anna: hello: you\nPS: more\n[01/05/2024, 10:16:00] Dr. Berg: yes\n",
        "01/05/2024, 10:15 - Anna: hello: you\nPS: more\n01/05/2024, 10:16 - Dr. Berg: yes\n",
        "[2024-05-01 10:15] Anna: hello: you\nPS: more\n[2024-05-01 10:16] Dr. Berg: yes\n",
        "\u200e[01.05.24, 10:15:03 AM] Anna: hello: you\nPS: more\n"
        "[01.05.24, 10:16:00\u202fAM] Dr. Berg: yes\n",
    ],
)
def test_exports_of_messengers_are_read_with_a_map(content):
    reading = read(content.encode(), "chat.txt", NAMES)
    assert said(reading) == [("client", "hello: you\nPS: more"), ("therapist", "yes")]
    first, second = (message.at for talk in reading.talks for message in talk.messages)
    assert 55 <= second - first <= 60 + 3
    with pytest.raises(InputRefused, match="--map"):
        read(content.encode(), "chat.txt")


def test_a_dated_line_among_labelled_ones_loses_none_of_them():
    content = b"Client: hello\nTherapist: yes\n[2024-05-01 10:15] Client: later\nTherapist: good\n"
    reading = read(content, "a.txt")
    assert [text for _, text in said(reading)] == ["hello", "yes", "later", "good"]
    assert reading.skipped == ()


def test_a_notice_of_the_messenger_is_reported():
    content = "1/5/24, 10:14 - Messages are encrypted.\n1/5/24, 10:15 - Anna: hello\n"
    reading = read(content.encode(), "chat.txt", NAMES)
    assert skipped(reading) == [(1, "no speaker is named (a notice of the messenger)")]
    assert reading.notes == ("Dates such as 1/2/2024 were read with the day first.",)


def test_the_month_comes_first_where_a_date_shows_it():
    content = "[5/1/2024, 10:15] Anna: a\n[5/31/2024, 10:15] Anna: b\n"
    reading = read(content.encode(), "chat.txt", NAMES)
    first, second = (message.at for message in reading.talks[0].messages)
    assert second - first == pytest.approx(30 * 86400, abs=3700)
    assert reading.notes == ()


# Tables and JSON ----------------------------------------------------------------------------


@pytest.mark.parametrize("speaker", ["speaker", "Who", "role", "From", " sender "])
@pytest.mark.parametrize("text", ["text", "said", "Message", "content", "body"])
@pytest.mark.parametrize(("delimiter", "name"), [(",", "a.csv"), (";", "a.csv"), ("\t", "a.tsv")])
def test_the_usual_headers_need_no_map(speaker, text, delimiter, name):
    rows = [["id", speaker, text], ["1", "client", "I said yes."], ["2", "Therapist", "You wanted no."]]
    content = "\n".join(delimiter.join(row) for row in rows)
    assert said(read(content.encode(), name)) == BOTH


def test_rows_that_are_no_message_are_reported_with_the_line_they_begin_on():
    content = (
        'who,said,time\nclient,"one\n\ntwo",2024-05-01T10:00:00Z\nclient,a,b,c\n,x,\nclient,,\n\n'
        "therapist,four,never\n"
    )
    reading = read(content.encode(), "a.csv")
    assert said(reading) == [("client", "one\n\ntwo"), ("therapist", "four")]
    assert skipped(reading) == [(5, "4 cells under 3 headers"), (6, "no speaker"), (7, "no words")]
    assert reading.talks[0].messages[0].at == 1714557600.0
    assert reading.notes == ("1 times could not be read; those messages bear the time of the import.",)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a,b\nclient,hello\n", "first line must name"),
        ("who,role,text\nclient,x,hello\n", "more than one column could be the speaker"),
        ("who,said\nAnna,hello\n", "line 2: the speaker is neither"),
        ('who,said\nclient,"hello\n', "line 2: not a valid table"),
        ("", "first line must name"),
    ],
)
def test_a_table_that_cannot_be_understood_is_refused(content, words):
    with pytest.raises(InputRefused, match=words):
        read(content.encode(), "a.csv")


def test_a_map_names_the_columns():
    names = read_map('[columns]\nspeaker = "wer"\ntext = "was"\n', "m")
    assert (
        said(read(b"wer,was,text\nclient,I said yes.,x\ntherapist,You wanted no.,y\n", "a.csv", names))
        == BOTH
    )


ROWS = [{"role": "client", "content": "I said yes."}, {"role": "therapist", "content": "You wanted no."}]
TURNS = {"id": 1, "context": "work", "turns": [{"speaker": s, "text": t} for s, t in BOTH]}


@pytest.mark.parametrize(
    ("value", "name"),
    [(ROWS, "a.json"), ({"messages": ROWS}, "a.json"), (TURNS, "a.json"), ([TURNS], "a.json"), (TURNS, "a")],
)
def test_json_is_a_list_of_messages_or_a_dialogue(value, name):
    assert said(read(json.dumps(value, indent=1).encode(), name)) == BOTH


def test_json_lines_are_dialogues_or_messages_and_what_is_neither_is_reported():
    lines = [
        json.dumps(TURNS),
        "{broken",
        "[]",
        json.dumps({"turns": [1, {"speaker": "client", "text": "\0 \0"}]}),
    ]
    reading = read("\n".join(lines).encode(), "a.jsonl")
    assert said(reading) == BOTH
    assert reading.talks[0].context == "work"
    assert sorted(skipped(reading)) == [
        (2, "not valid JSON"),
        (3, "not an object"),
        (4, "turn 1: not an object"),
        (4, "turn 2: no words"),
    ]
    assert said(read("\n".join(map(json.dumps, ROWS)).encode(), "a")) == BOTH


def test_half_a_surrogate_pair_and_endless_text_are_reported():
    rows = [
        {"who": "client", "text": "\ud800"},
        {"who": "client", "text": "x" * (LONGEST_TEXT + 1)},
        {"who": "client", "text": "x" * LONGEST_TEXT},
    ]
    reading = read(json.dumps(rows).encode(), "a.json")
    assert skipped(reading) == [(1, "half of a surrogate pair"), (2, "longer than 1,000,000 characters")]
    assert reading.messages == 1


# Subtitles ------------------------------------------------------------------------------------


def test_voices_of_a_vtt_are_joined_per_speaker_and_notes_reported():
    content = (
        "WEBVTT - talk\n\nNOTE made by hand\n\n1\n00:01.000 --> 00:02.000\n<v Client>I <i>said</i>\n\n"
        "00:02.000 --> 00:03.000 align:start\n<v.loud Client>yes &amp; no.</v>\n\n"
        "00:04.000 --> 00:05.000\n<v Therapist>You wanted no.</v>\n"
    )
    for name in ("a.vtt", "a.txt", "a"):
        reading = read(content.encode(), name)
        assert said(reading) == [("client", "I said yes & no."), ("therapist", "You wanted no.")]
        assert skipped(reading) == [(3, "no cue (a note or a style)")]
        assert reading.notes == ("3 cues were joined to 2 messages, one per speaker in a row.",)


def test_srt_takes_labels_and_goes_on_without_one():
    content = (
        "1\n00:00:01,000 --> 00:00:02,000\nClient: I said\n\n"
        "2\n00:00:02,000 --> 00:00:03,000\n<i>yes</i> < 3.\n\n"
        "3\n00:00:04,000 --> 00:00:05,000\nTherapist: You wanted no.\n"
    )
    for name in ("a.srt", "a"):
        assert said(read(content.encode(), name)) == [
            ("client", "I said yes < 3."),
            ("therapist", "You wanted no."),
        ]


def test_a_cue_with_a_name_nobody_knows_is_refused():
    with pytest.raises(InputRefused, match="line 4"):
        read(b"WEBVTT\n\n00:01.000 --> 00:02.000\n<v Anna>hello\n", "a.vtt")


# Word documents -------------------------------------------------------------------------------

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def docx(body, *, head="", other=()):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", f"{head}<w:document {W}><w:body>{body}</w:body></w:document>")
        for name in other:
            archive.writestr(name, "x")
    return buffer.getvalue()


def paragraph(text):
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def test_paragraphs_soft_breaks_and_table_rows_of_a_document_are_read():
    soft = "<w:p><w:r><w:t>Client: I said yes.</w:t><w:br/><w:t>Therapist: You wanted no.</w:t></w:r></w:p>"
    cells = [
        f"<w:tc>{paragraph(text)}</w:tc>" for text in ("Client", "I said yes.", "Therapist", "You wanted no.")
    ]
    table = f"<w:tbl><w:tr>{''.join(cells[:2])}</w:tr><w:tr>{''.join(cells[2:])}</w:tr></w:tbl>"
    plain = paragraph("Client: I <!-- x -->said yes.") + paragraph("Therapist: You wanted no.")
    for body in (soft, table, plain):
        assert said(read(docx(body), "a.docx")) == BOTH
        assert said(read(docx(body), "a")) == BOTH


def test_what_lies_outside_the_text_of_a_document_is_noted():
    reading = read(docx(paragraph("Client: hello"), other=("word/comments.xml",)), "a.docx")
    assert reading.notes == ("Headers, footnotes and comments of the document were not read.",)


def test_a_document_that_is_none_or_a_trap_is_refused(monkeypatch):
    bomb = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
    whole = docx(paragraph("Client: hello"))
    for data in (b"", b"Client: hello", whole[:-40], docx("<w:p>"), docx(paragraph("&b;"), head=bomb)):
        with pytest.raises(InputRefused):
            read(data, "a.docx")
    monkeypatch.setattr("tfdesk.services.intake_docx.LARGEST_XML", 1000)
    with pytest.raises(InputRefused, match="larger than"):
        read(docx(paragraph("x" * 2000)), "a.docx")


@pytest.mark.parametrize(("name", "words"), [("a.xlsx", "CSV"), ("a.pdf", "as text")])
def test_kinds_that_are_not_read_say_what_to_do(name, words):
    with pytest.raises(InputRefused, match=words):
        read(b"x", name)


# Bytes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_every_usual_encoding_is_recognised(encoding):
    content = "Client: Müde 😔\nTherapist: Ich höre zu.\n"
    assert said(read(content.encode(encoding), "a.txt")) == [
        ("client", "Müde 😔"),
        ("therapist", "Ich höre zu."),
    ]
    mark = codecs.BOM_UTF16_BE
    assert said(read(mark + content.encode("utf-16-be"), "a.txt"))[0] == ("client", "Müde 😔")


def test_bytes_that_are_no_text_are_refused_with_their_line():
    with pytest.raises(InputRefused, match="line 2: not valid Unicode"):
        read(b"Client: hello\nTherapist: \xff\n", "a.txt")


def test_nul_characters_are_removed_with_a_note():
    reading = read(b"Client: he\0llo\0\n", "a.txt")
    assert said(reading) == [("client", "hello")]
    assert reading.notes == ("2 NUL characters were removed.",)


@pytest.mark.parametrize("line", ["Client: hello\n", "x\n"])
def test_more_rows_than_memory_should_hold_are_refused(line, monkeypatch):
    monkeypatch.setattr(intake_rows, "MOST_ROWS", 100)
    read((line * 100).encode(), "a.txt")
    with pytest.raises(InputRefused, match="more than 100 rows"):
        read((line * 101).encode(), "a.txt")


def test_a_file_over_the_limit_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr(intake, "LARGEST_FILE", 1 << 20)
    (tmp_path / "a.txt").write_bytes(b"Client: " + b"x" * (1 << 20))
    with pytest.raises(InputRefused, match="larger than 1 MiB"):
        read_file(tmp_path / "a.txt")


@pytest.mark.parametrize(
    "content",
    [
        "[speakers",
        "[people]\n",
        '[speakers]\nAnna = "boss"',
        "[columns]\nspeaker = 1",
        '[columns]\nwho = "x"',
    ],
)
def test_a_map_that_says_nothing_known_is_refused(content):
    with pytest.raises(InputRefused, match="map"):
        read_map(content, "m.toml")


# Laws -------------------------------------------------------------------------------------------

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), min_size=1, max_size=80)
talks = st.lists(st.tuples(st.sampled_from(["client", "therapist"]), texts), min_size=1, max_size=8)


def kept(talk):
    return [(speaker, text.strip()) for speaker, text in talk if text.strip()]


@given(talks)
def test_a_made_conversation_comes_back_from_json(talk):
    rows = [{"speaker": speaker, "text": text} for speaker, text in talk]
    reading = read(json.dumps(rows).encode(), "a.json")
    assert said(reading) == kept(talk)
    assert reading.messages + len(reading.skipped) == len(talk)
    lines = json.dumps({"id": "x", "turns": rows})
    assert said(read(lines.encode(), "a.jsonl")) == kept(talk)


@given(talks)
def test_a_made_conversation_comes_back_from_a_table(talk):
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([["who", "said"], *talk])
    reading = read(buffer.getvalue().encode(), "a.csv")
    assert said(reading) == kept(talk)
    assert reading.messages + len(reading.skipped) == len(talk)


@given(talks, st.sampled_from(["utf8", "utf-8-sig", "utf-16"]), st.sampled_from(["\n", "\r\n"]))
def test_a_made_conversation_comes_back_from_text(talk, encoding, newline):
    # A line of a message that itself looks like the start of one cannot be told from it.
    assume(not any(":" in text or "#" in text for _, text in talk))
    content = newline.join(f"{speaker.title()}: {text.replace(chr(10), newline)}" for speaker, text in talk)
    reading = read(content.encode(encoding), "a.txt")
    assert said(reading) == kept(talk)
    assert reading.messages + len(reading.skipped) == len(talk)


@given(st.binary(max_size=400) | st.text(max_size=200).map(lambda t: t.encode("utf8", "replace")))
@settings(max_examples=300)
def test_no_bytes_do_more_than_be_refused(data):
    for kind in (*KINDS, "unknown"):
        try:
            reading = read(data, f"a.{kind}", NAMES)
        except InputRefused:
            continue
        assert all(text.strip() == text != "" for _, text in said(reading))


PIECES = (
    *(
        "Client:",
        "T:",
        "Anna:",
        "[1/2/24, 10:15] ",
        "<v Anna>",
        "-->",
        "WEBVTT",
        "\n",
        "\n\n",
        '"',
        ",",
        "{",
        "]",
    ),
    *("#", "who,said\n", '{"turns":', '[{"role":"client","text":"a"}', " ", "x", "\0", "**"),
    "1\n00:00:01,000 --> ",
)
pieces = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


@given(pieces)
@settings(max_examples=200)
def test_pieces_of_every_kind_in_any_order_do_not_break_it(content):
    for kind in (*KINDS, "unknown"):
        if kind != "docx":
            try:
                reading = read(content.encode(), f"a.{kind}", NAMES)
            except InputRefused:
                continue
            plain = content.replace("\0", "")
            assert all(word in plain for _, text in said(reading) for word in text.split())


def test_a_line_of_ten_megabytes_ends_quickly_as_one_skipped_row():
    for line in (b"Client: " + b"x" * 10_000_000, b"A " * 5_000_000, b"[" * 10_000_000):
        reading = read(b"Client: hello\nTherapist: yes\n" + line, "a.txt")
        assert reading.messages + len(reading.skipped) >= 2
