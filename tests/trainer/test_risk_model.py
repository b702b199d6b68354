from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from trainer.dialogue import Dialogue, Turn
from trainer.risk import RiskScreen, lexicon_file
from trainer.risk_lexicon import Lexicon
from trainer.risk_model import (
    BUCKETS,
    LONGEST_SENTENCE,
    WINDOW,
    RiskModel,
    RiskModelError,
    features,
    load_model,
    parse_model,
    sentences,
    windows,
)
from trainer.wording import Token

CATEGORIES = ("suicide", "abuse")


def tables(**changed: np.ndarray) -> bytes:
    """A model that scores the word "lantern" as suicide and "gravel" as abuse."""
    weights = np.zeros((3, BUCKETS), np.int8)
    for row, word in ((0, "lantern"), (1, "gravel"), (2, "lantern"), (2, "gravel")):
        weights[row, features([word])[0]] = 100
    made = {
        "weights": weights,
        "scale": np.full(3, 0.5, np.float32),
        "bias": np.full(3, -1, np.float32),
        "idf": np.ones(BUCKETS, np.float16),
        "cut": np.array([0], np.float32),
    }
    data: bytes = save(made | changed)
    return data


@pytest.fixture(scope="module")
def model() -> RiskModel:
    return parse_model(tables(), CATEGORIES)


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon(lexicon_file())


def found_in(model: RiskModel, lexicon: Lexicon, text: str) -> dict[str, str]:
    """Category to the words of its span."""
    tokens = lexicon.tokens(text)
    return {
        name: text[tokens[start].start : tokens[end - 1].end]
        for name, (start, end) in model.read(tokens).items()
    }


def test_the_sentence_that_says_most_is_named(model: RiskModel, lexicon: Lexicon) -> None:
    text = "😿😿 It rained. 👩‍👩‍👧 I left the lantern by the door… We had soup."
    assert found_in(model, lexicon, text) == {"suicide": "I left the lantern by the door"}
    assert found_in(model, lexicon, "It rained. We had soup.") == {}


def test_each_category_has_its_own_sentence(model: RiskModel, lexicon: Lexicon) -> None:
    text = "The lantern is lit. Nothing else. He spread the gravel."
    assert found_in(model, lexicon, text) == {
        "suicide": "The lantern is lit",
        "abuse": "He spread the gravel",
    }


@pytest.mark.parametrize("before", [0, 500])
def test_one_sentence_is_not_diluted_by_a_long_message(
    model: RiskModel, lexicon: Lexicon, before: int
) -> None:
    text = "We had soup at noon and then it rained. " * before + "The lantern is lit."
    assert found_in(model, lexicon, text) == {"suicide": "The lantern is lit"}


def test_a_message_scores_at_least_as_high_as_any_of_its_sentences(model: RiskModel) -> None:
    said = [features(["the", word, "is", "there"]) for word in ("lantern", "soup", "gravel", "rain", "cat")]
    scores = model.scores(said)
    assert (scores.best >= scores.sentence.max(0)).all()


def test_text_without_words_is_no_hit(model: RiskModel, lexicon: Lexicon) -> None:
    for text in ("", "…", "😿", "???"):
        assert found_in(model, lexicon, text) == {}


def test_sentences_cover_every_word_once_and_are_not_long(lexicon: Lexicon) -> None:
    tokens = lexicon.tokens("one two. " * 3 + "word " * 100 + "! last")
    covered = [index for start, end in sentences(tokens) for index in range(start, end)]
    assert covered == [index for index, token in enumerate(tokens) if token.word != "."]
    assert max(end - start for start, end in sentences(tokens)) == LONGEST_SENTENCE


@pytest.mark.parametrize("count", [1, 2, WINDOW, WINDOW + 1, 9])
def test_windows_hold_every_sentence_and_the_whole_message(count: int) -> None:
    made = list(windows(count))
    assert len(set(made)) == len(made)
    assert (0, count) in made
    assert {(i, i + 1) for i in range(count)} <= set(made)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a model at all",
        tables()[:-5],
        tables(idf=np.ones(BUCKETS - 1, np.float16)),
        tables(bias=np.array([0, np.nan, 0], np.float32)),
        tables(cut=np.array([np.inf], np.float32)),
        tables(more=np.zeros(1, np.float32)),
    ],
    ids=["empty", "text", "cut short", "shape", "nan", "infinite", "a table too many"],
)
def test_damaged_tables_are_refused(data: bytes) -> None:
    with pytest.raises(RiskModelError):
        parse_model(data, CATEGORIES)


def test_only_the_pinned_file_is_loaded(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes(tables())
    digest = hashlib.sha256(tables()).hexdigest()
    assert load_model(file, digest, CATEGORIES).categories == CATEGORIES
    with pytest.raises(RiskModelError):
        load_model(file, digest[::-1], CATEGORIES)
    with pytest.raises(RiskModelError):
        load_model(tmp_path / "none", digest, CATEGORIES)


def test_a_score_that_is_no_number_is_an_error(lexicon: Lexicon) -> None:
    broken = RiskModel(CATEGORIES, np.full((3, BUCKETS), np.inf), np.ones(BUCKETS), np.full(3, -np.inf), 0.0)
    with pytest.raises(RiskModelError), np.errstate(invalid="ignore"):
        broken.read([Token("a", 0, 1)])


def test_a_hit_of_the_model_alone_is_a_hit_of_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = RiskScreen()
    monkeypatch.setattr(screen, "_model", parse_model(tables(), CATEGORIES))
    text = "We had soup. 😿 I left the lantern by the door."
    turns = (Turn("client", text), Turn("therapist", "The lantern?"), Turn("client", "We had soup again."))
    risk = screen.read(Dialogue("d", "test", None, turns)).risk
    assert (risk.status, risk.categories) == ("hit", ("suicide",))
    spans = [text[span.start : span.end] for span in risk.spans]
    assert ([span.where for span in risk.spans], spans) == ([0], ["I left the lantern by the door"])
    cleared = screen.read(Dialogue("d", "test", None, turns), frozenset({0})).risk
    assert cleared.status == "screened"


def test_the_screen_starts_without_torch_and_scikit_learn() -> None:
    code = (
        "import sys, trainer.risk as r; r.RiskScreen(); print({'torch', 'sklearn', 'scipy'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
