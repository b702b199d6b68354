"""The table of labels: complete for the sets it names, and into our own labels only."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from trainer import labels
from trainer.config import InputError
from trainer.data import calibration, held_out
from trainer.dialogue import Dialogue, Turn
from trainer.labels import absent_labels, emotion_of, in_our_words, strategy_of, tables
from trainer.prompt import AUTHORED_LABELS

OURS = {"emotions": AUTHORED_LABELS.emotions, "strategies": AUTHORED_LABELS.strategies}


def test_every_label_leads_to_one_of_ours_or_nowhere() -> None:
    for source, kinds in tables().items():
        for kind, table in kinds.items():
            assert set(table.values()) - {None} <= set(OURS[kind]), (source, kind)


def test_what_is_in_our_words_already_stays_when_it_is_mapped_again() -> None:
    for source, kinds in tables().items():
        for kind, table in kinds.items():
            for ours in set(table.values()) - {None}:
                assert table.get(str(ours), ours) == ours, (source, kind, ours)


def test_a_dialogue_of_a_known_set_is_read_in_our_words() -> None:
    turns = (
        Turn("client", "I left.", "depression"),
        Turn("therapist", "You left.", None, "Restatement"),
        Turn("client", "Yes.", "Strange"),
    )
    read = in_our_words(Dialogue("a", "mesc", None, turns))
    assert [turn.emotion or turn.strategy for turn in read.turns] == ["depression", "reflection", "Strange"]
    assert in_our_words(read) == read
    clinic = Dialogue("b", "our clinic", None, turns)
    assert in_our_words(clinic) == clinic


def test_our_own_labels_stay_as_they_are() -> None:
    assert [emotion_of("authored", [name]) for name in OURS["emotions"]] == list(OURS["emotions"])
    assert [strategy_of("authored", name) for name in OURS["strategies"]] == list(OURS["strategies"])


@pytest.mark.parametrize(
    ("source", "theirs", "ours"),
    [
        ("goemotions", ["remorse"], "shame"),
        ("goemotions", ["annoyance", "anger"], "anger"),
        ("goemotions", ["joy", "surprise"], "joy"),
        ("goemotions", ["joy", "sadness"], None),
        ("goemotions", ["curiosity"], None),
        ("goemotions", [], None),
        ("empathetic_dialogues", ["25"], "shame"),
        ("dailydialog_part", ["no emotion"], "neutral"),
    ],
)
def test_labels_of_one_row_count_when_those_with_a_counterpart_agree(
    source: str, theirs: list[str], ours: str | None
) -> None:
    assert emotion_of(source, theirs) == ours


@pytest.mark.parametrize(
    ("source", "theirs", "ours"),
    [
        ("mesc", "Restatement", "reflection"),
        ("esconv", "Providing Suggestions or Information", None),
        ("annomi", "question:open", "open question"),
        ("annomi", "question:closed", None),
        ("bolt_behaviours", "Normalizing", "validation"),
        ("annomi", None, None),
    ],
)
def test_strategies_are_mapped(source: str, theirs: str | None, ours: str | None) -> None:
    assert strategy_of(source, theirs) == ours


@pytest.mark.parametrize("source", ["goemotions", "no_such_set"])
def test_a_label_that_the_table_lacks_is_refused_by_name(source: str) -> None:
    with pytest.raises(InputError, match=rf"{source}.*'melancholy'.*labels\.toml"):
        emotion_of(source, ["melancholy"])
    with pytest.raises(InputError, match=rf"{source}.*'hypnosis'.*labels\.toml"):
        strategy_of(source, "hypnosis")


def test_a_label_in_two_lines_of_the_table_is_refused() -> None:
    with pytest.raises(InputError, match=r"labels\.toml, \[x\]: 'glad' stands in two lines"):
        labels._turned({"joy": ["glad"], "neutral": ["glad"]}, "labels.toml, [x]")


def named(part: Callable[[str], bool]) -> str:
    return next(name for name in (f"d{n}" for n in range(99)) if part(name))


def test_a_label_that_a_split_lacks_is_told() -> None:
    learned, kept_out = named(lambda name: not (held_out(name) or calibration(name))), named(held_out)

    def talk(name: str, emotion: str | None, strategy: str | None) -> Dialogue:
        turns = (Turn("client", "a", emotion=emotion), Turn("therapist", "b", strategy=strategy))
        return Dialogue(name, "clinic", None, turns)

    def told(*dialogues: Dialogue) -> list[str]:
        return absent_labels(dialogues, ("fear", "joy"), ("reflection", "other"))

    whole = [talk(learned, "fear", "other"), talk(learned, "joy", "reflection")]
    assert told(*whole, talk(kept_out, None, None)) == []
    assert told(whole[0], talk(kept_out, "joy", None)) == [
        "Of the client turns that are learned from none is labelled joy: the model cannot learn it.",
        "Of the therapist turns that are learned from none is labelled reflection: the model cannot learn "
        "it.",
        "Of the client turns of the validation tenth none is labelled fear: nothing tells how well it was "
        "learned.",
    ]
