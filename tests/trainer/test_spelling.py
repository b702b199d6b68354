"""Words that exist, and those that a model glued together."""

from __future__ import annotations

import gzip
import json

import pytest

from trainer.config import resources_dir
from trainer.rewards import Case, form, reward
from trainer.spelling import unknown_words


@pytest.mark.parametrize(
    "text",
    [
        "You walked to work at three, and it’s the tram you can't get on.",
        "Colour or color, organised or organized: both are right.",
        "Mum's texts, the kids' rooms, Anna's flat",
        "🙂 ... 14:30, 2nd, I a",
        "",
    ],
)
def test_what_people_write_is_known(text: str) -> None:
    assert unknown_words(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Finek, and you waited.", ["finek"]),
        ("The shoelations and the KERPAMMER.", ["shoelations", "kerpammer"]),
        ("You have beenilly since theained.", ["beenilly", "theained"]),
    ],
)
def test_glued_pieces_are_found(text: str, found: list[str]) -> None:
    assert unknown_words(text) == found


def test_the_clients_own_words_exist() -> None:
    assert unknown_words("What does Zyprolax do to you?") == ["zyprolax"]
    assert unknown_words("What does Zyprolax do to you?", "they gave me zyprolax") == []
    assert unknown_words("The zyprolaxes", "they gave me zyprolax") == []


def test_a_reply_with_a_word_that_does_not_exist_is_worth_little() -> None:
    client = "I walked to work again because I cannot get on the tram."
    right = Case(client, "Walking all the way feels safer to you than the tram does.")
    wrong = Case(client, "Walking all the way feels safer to you than the tramelations does.")
    assert form(right) == 1.0
    assert form(wrong) == pytest.approx(0.3)
    assert reward(wrong, None)["fluency"] == pytest.approx(0.3)


def test_professionals_replies_hold_hardly_any_unknown_word() -> None:
    """The authored replies are part of the list's sources: whatever they hold must be in it."""
    with gzip.open(resources_dir() / "authored" / "w1.jsonl.gz", "rt", encoding="utf8") as file:
        rows = [json.loads(line) for line in file]
    replies = [turn["text"] for row in rows for turn in row["turns"] if turn["speaker"] == "therapist"]
    strange = [text for text in replies if unknown_words(text)]
    assert len(replies) > 500
    assert len(strange) / len(replies) < 0.02
