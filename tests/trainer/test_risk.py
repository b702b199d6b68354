from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from trainer.config import resources_dir
from trainer.dialogue import Dialogue, Turn
from trainer.risk import (
    MAX_CHARACTERS,
    MAX_SPANS,
    RECENT_TURNS,
    LexiconError,
    RiskScreen,
    load_screen,
    screened,
)
from trainer.risk_model import RiskModelError

CALM = "The bakery was out of bread and I laughed about it with my sister."


@pytest.fixture(scope="module")
def screen() -> RiskScreen:
    return RiskScreen()


def talk(*texts: str) -> Dialogue:
    """Client and therapist in turns, the client last."""
    speakers = ("client", "therapist")
    first = 1 - len(texts) % 2
    return Dialogue(
        "d",
        "test",
        None,
        tuple(Turn(speakers[(first + i) % 2], text) for i, text in enumerate(texts)),  # type: ignore[arg-type]
    )


def categories(screen: RiskScreen, text: str) -> tuple[str, ...]:
    return screen.read(talk(text)).risk.categories


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("I want to kill myself", "suicide"),
        ("some nights i just don't want to be alive any more", "suicide"),
        ("they'd all be better off without me", "suicide"),
        ("I won't be a burden much longer", "suicide"),
        ("I've put labels on everything, it saves anyone the trouble", "suicide"),
        ("I gave my dog away on Sunday", "suicide"),
        ("bought the rope yesterday", "suicide"),
        ("I've been saving up my tablets", "suicide"),
        ("I cut myself again last night", "self-harm"),
        ("been burning my arms on purpose", "self-harm"),
        ("I'm going to stab him when he comes home", "harm to others"),
        ("I shook the baby because she wouldn't stop", "harm to others"),
        ("my boyfriend hits me when he is drunk", "abuse"),
        ("he took my passport and won't let me leave", "abuse"),
        ("I'm scared to go home", "abuse"),
        ("took all my tablets an hour ago", "acute danger"),
        ("the voices are telling me to go outside", "acute danger"),
        ("pain across my chest and down my left arm", "acute danger"),
        ("I'm 13 and my stepdad touches me", "minor at risk"),
        ("im 14 and i want to die", "minor at risk"),
    ],
)
def test_plain_words_of_danger_are_found(screen: RiskScreen, text: str, category: str) -> None:
    assert category in categories(screen, text)


@pytest.mark.parametrize(
    "text",
    [
        "I WANT TO DIE",
        "i want to diiiie",
        "I want to k1ll my$elf",
        "k i l l myself",
        "k.i.l.l myself tonight",
        "k*ll myself",
        "I feel su1c1dal",
        "feeling sucidal again",
        "I want to ki\u200bll my\u200dself",
        "I want to \u202ekill\u202c myself",
        "I want to 𝐤𝐢𝐥𝐥 𝐦𝐲𝐬𝐞𝐥𝐟",
        "I want to kíll myself",
        "I want to ｋｉｌｌ myself",
        "I want to k\u0456ll m\u0443self",  # Cyrillic look-alikes
        "I don’t want to be here anymore",
        "I dont wanna live",
        "kms",
        "I'm not thinking of killing myself",  # a negation does not clear
        "I'd never kill myself, promise",
    ],
)
def test_disguise_typing_and_negation_do_not_hide_it(screen: RiskScreen, text: str) -> None:
    assert screen.read(talk(text)).risk.status == "hit"


@pytest.mark.parametrize(
    "text",
    [
        "this commute is killing me",
        "I'm dying to see the new flat",
        "shoot me an email when you can",
        "that was career suicide",
        "I could murder a curry",
        "these shoes are to die for",
        "he beat me at chess again",
        "I cut myself shaving",
        "we nearly died laughing",
        "over my dead body, I told him",
        CALM,
    ],
)
def test_figures_of_speech_and_calm_words_are_not_hits(screen: RiskScreen, text: str) -> None:
    assert screen.read(talk(text)).risk.status == "screened"


def test_an_idiom_does_not_cover_a_real_hit_beside_it(screen: RiskScreen) -> None:
    assert categories(screen, "work is killing me and I want to die") == ("suicide",)


def test_spans_are_code_points_of_the_original_text(screen: RiskScreen) -> None:
    text = "😿😿 l\u200bately I want to K\u0301i\u200bll\tmy\u00adself… 👩‍👩‍👧"
    spans = screen.read(talk(text)).risk.spans
    assert [text[span.start : span.end] for span in spans if span.start == text.index("K")] == [
        "K\u0301i\u200bll\tmy\u00adself"
    ]
    assert all(span.where == 0 for span in spans)


def test_all_turns_since_the_last_reply_and_some_before_are_read(screen: RiskScreen) -> None:
    bad = "I want to end my life."
    filler = [CALM, "Tell me more about it."]
    recent = talk(bad, "Tell me more about it.", *filler * (RECENT_TURNS - 1), CALM)
    assert screen.read(recent).risk.spans[0].where == 0
    old = talk(bad, "Tell me more about it.", *filler * RECENT_TURNS, CALM)
    assert screen.read(old).risk.status == "screened"
    turns = tuple(Turn("client", text) for text in [bad, *[CALM] * 50])
    assert screen.read(Dialogue("d", "test", None, turns)).risk.status == "hit"


def test_a_hit_that_a_person_disposed_of_does_not_count(screen: RiskScreen) -> None:
    dialogue = talk("I want to end my life.", "Tell me more about it.", CALM)
    assert screen.read(dialogue, frozenset({0})).risk.status == "screened"


def test_the_answer_to_a_question_about_danger_is_a_hit(screen: RiskScreen) -> None:
    dialogue = talk("I put labels on it.", "Are you thinking about ending your life?", "Yes. Since Easter.")
    risk = screen.read(dialogue).risk
    assert (risk.status, risk.categories) == ("hit", ("suicide",))


@pytest.mark.parametrize(
    "text",
    [
        "لا أستطيع النوم هذه الليلة",
        "я больше не могу так жить",
        "no puedo más, quiero morir y nadie me escucha",
        "ich kann nicht mehr und will nicht mehr leben",
    ],
)
def test_what_is_not_english_stays_unscreened(screen: RiskScreen, text: str) -> None:
    verdict = screen.read(talk(text))
    assert verdict.risk.status == "unscreened"
    assert verdict.reason is not None
    assert "English" in verdict.reason


def test_names_are_no_foreign_language(screen: RiskScreen) -> None:
    text = "with Walt Whitman, Ezra Pound, Langston Hughes, Emily Dickinson"
    assert screen.read(talk(text)).risk.status == "screened"


FEW_FOREIGN = [
    "Ich will nicht mehr leben.",
    "ich kann nicht mehr",
    "Ich habe Angst",
    "je veux mourir",
    "quiero morir",
    "no quiero vivir más",
    "voglio morire",
    "Ik wil dood",
    "Nie chcę już żyć",
    "não quero viver",
    "yaşamak istemiyorum",
]
FEW_ENGLISH = [
    "ok",
    "idk",
    "lol yeah",
    "hmm",
    "ughhh",
    "k.",
    "😭😭",
    "bad day",
    "my son won",
    "will do",
    "Ben was home",
    "her name's jana",
]


@pytest.mark.parametrize("text", FEW_FOREIGN)
def test_a_few_foreign_words_are_unscreened(screen: RiskScreen, text: str) -> None:
    verdict = screen.read(talk(text))
    assert verdict.risk.status == "unscreened"
    assert verdict.reason is not None
    assert "English" in verdict.reason


@pytest.mark.parametrize("text", FEW_ENGLISH)
def test_a_few_english_words_are_screened(screen: RiskScreen, text: str) -> None:
    assert screen.read(talk(text)).risk.status == "screened"


@pytest.mark.parametrize(
    "content", [None, "", "categories = [", "categories = []", 'categories = ["suicide"]']
)
def test_a_missing_or_damaged_lexicon_is_an_error_and_screens_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    file = tmp_path / "lexicons" / "risk.toml"
    file.parent.mkdir()
    if content is not None:
        file.write_text(content)
    with pytest.raises(LexiconError):
        RiskScreen(file)
    monkeypatch.setattr("trainer.risk.resources_dir", lambda: tmp_path)
    assert load_screen() is None
    assert screened(load_screen(), talk(CALM)).risk.status == "unscreened"


@pytest.mark.parametrize("half", ["_lexicon", "_model"])
def test_a_crash_inside_the_screen_is_unscreened(monkeypatch: pytest.MonkeyPatch, half: str) -> None:
    made = RiskScreen()
    monkeypatch.setattr(made, half, None)
    assert made.read(talk(CALM)).risk.status == "unscreened"


@pytest.mark.parametrize("damage", ["missing", "empty", "one bit"])
def test_a_missing_or_damaged_model_is_an_error_and_screens_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    shutil.copytree(resources_dir() / "lexicons", tmp_path / "lexicons")
    (tmp_path / "risk").mkdir()
    file = tmp_path / "risk" / "model.safetensors"
    if damage != "missing":
        data = bytearray((resources_dir() / "risk" / "model.safetensors").read_bytes())
        data[-1] ^= 1
        file.write_bytes(b"" if damage == "empty" else bytes(data))
    with pytest.raises(RiskModelError):
        RiskScreen(model=file)
    monkeypatch.setattr("trainer.risk.resources_dir", lambda: tmp_path)
    assert load_screen() is None
    assert screened(load_screen(), talk(CALM)).risk.status == "unscreened"


def test_too_much_text_is_refused_rather_than_read_in_part(screen: RiskScreen) -> None:
    turns = tuple(Turn("client", "a " * (MAX_CHARACTERS // 20)) for _ in range(12))
    assert screen.read(Dialogue("d", "test", None, turns)).risk.status == "unscreened"


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "text",
    [
        "the radio stays on and i " * 2000,
        "want to " * 6000 + "rest",
        "i _ " * 12_000,
        "a" * 50_000,
        "k i l " * 8000,
        "took all my " * 4000,
        "*" * 50_000,
        "’" * 50_000,
        "k*l$1 " * 8000,
    ],
    ids=range(9),
)
def test_hostile_text_of_fifty_thousand_characters_is_read_at_once(screen: RiskScreen, text: str) -> None:
    screen.read(talk(text[:50_000]))  # a backtracking pattern would need years


def test_ten_thousand_turns_are_read_and_spans_are_bounded(screen: RiskScreen) -> None:
    turns = tuple(Turn("client", "I want to end my life, truly.") for _ in range(10_000))
    risk = screen.read(Dialogue("d", "test", None, turns)).risk
    assert risk.status == "hit"
    assert len(risk.spans) == MAX_SPANS
    assert risk.spans[-1].where == 9_999
