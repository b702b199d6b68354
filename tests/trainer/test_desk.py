"""Sample and rank: how sure the model is of its candidates."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.desk_model import MESSAGES, talk
from trainer.bundle import LanguageModel
from trainer.data import calibration
from trainer.desk import assurance, desk_prompt, usual_likelihood, write_candidates
from trainer.dialogue import Turn
from trainer.engine import Request, load_engine
from trainer.generate import SLOTS_WRITTEN, Generated
from trainer.rewards import Case, reward
from trainer.risk import load_screen

CALM = talk(MESSAGES[0][0])


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.desk.MAX_REPLY", 24)
    monkeypatch.setattr("trainer.desk.CANDIDATES", 16)


def test_a_replys_likelihood_is_the_mean_log_probability_of_its_tokens(tiny_lm: LanguageModel) -> None:
    prompt = desk_prompt(tiny_lm, CALM)
    for made in write_candidates(tiny_lm, prompt, seed=3):
        ids = torch.tensor([[*prompt.ids, *made.ids]])
        with torch.inference_mode():
            logs = torch.log_softmax(tiny_lm.model(ids).logits[0].float(), dim=-1)
        first = len(prompt.ids) + SLOTS_WRITTEN
        own = logs[torch.arange(first - 1, ids.shape[1] - 1), ids[0, first:]]
        assert made.likelihood == pytest.approx(float(own.mean()), abs=1e-3)


def test_assurance_rises_with_likelihood_and_is_a_half_at_the_usual_one() -> None:
    assert assurance(-0.9, -0.9) == 0.5
    assert assurance(-1.5, -0.9) < 0.2 < 0.8 < assurance(-0.4, -0.9) < 1
    assert assurance(-1.5, None) == 1.0


def test_assurance_adds_what_a_reader_of_sense_finds() -> None:
    assert assurance(-0.9, -0.9, 0.8) == pytest.approx(0.8)
    assert assurance(-1.5, -0.9, 0.8) < assurance(-1.5, -0.9) * 4
    assert assurance(-0.4, -0.9, 0.2) < assurance(-0.4, -0.9) < assurance(-0.4, -0.9, 0.8)
    assert assurance(-1.5, None, 0.3) == 0.3
    assert 0 < assurance(-2.0, -0.9, 0.0) < assurance(0.0, -0.9, 1.0) < 1


def test_an_unlikely_reply_earns_less_of_everything_but_safety() -> None:
    sure = reward(Case(client="I lost my job.", reply="You lost your job this week."), None)
    unsure = reward(Case(client="I lost my job.", reply="You lost your job this week.", assurance=0.5), None)
    known = {name for name, value in sure.items() if value is not None}
    assert known
    for name in known - {"safety"}:
        assert unsure[name] == pytest.approx(sure[name] / 2)
    assert unsure["safety"] == sure["safety"]


def test_the_usual_likelihood_is_measured_on_unseen_messages_or_kept(tiny_lm: LanguageModel) -> None:
    kept = replace(tiny_lm, meta={"likelihood": -2.5})
    assert usual_likelihood(kept, [CALM]) == -2.5
    unseen = [replace(CALM, id=f"c{n}") for n in range(200) if calibration(f"c{n}")]
    answered = [replace(d, turns=(*d.turns, Turn("therapist", "That hurt."))) for d in unseen]
    found = usual_likelihood(kept, answered)
    assert found is not None
    assert found < 0
    assert found != -2.5


def test_the_usual_likelihood_is_that_of_a_messages_best_candidate(
    tiny_lm: LanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    unseen = [replace(CALM, id=f"c{n}") for n in range(200) if calibration(f"c{n}")][:5]
    answered = [replace(d, turns=(*d.turns, Turn("therapist", "That hurt."))) for d in unseen]
    best = iter((-0.9, -0.1, -0.5, -0.3, -0.7))

    def candidates(*_: object) -> list[Generated]:
        plain = Generated("neutral", "reflection", "That hurt.", True, {}, (), next(best))
        cut_off = replace(plain, ended=False, likelihood=0.0)
        return [replace(plain, likelihood=-3.0), plain, cut_off]

    monkeypatch.setattr("trainer.desk.write_candidates", candidates)
    assert usual_likelihood(tiny_lm, answered) == -0.5


def test_measuring_the_likelihood_leaves_the_model_and_what_a_training_wrapped_around_it_alone(
    tiny_lm: LanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A training library replaces ``forward`` on the object; a copy of the object still calls it."""
    unseen = [replace(CALM, id=f"c{n}") for n in range(200) if calibration(f"c{n}")]
    answered = [replace(d, turns=(*d.turns, Turn("therapist", "That hurt."))) for d in unseen]
    plain = usual_likelihood(tiny_lm, answered)
    before = {name: weight.clone() for name, weight in tiny_lm.model.state_dict().items()}
    attention = tiny_lm.model.config._attn_implementation

    def wrapped(*_: object, **__: object) -> None:
        raise AssertionError("the trained model was called, not its copy")

    monkeypatch.setattr(tiny_lm.model, "forward", wrapped)
    assert usual_likelihood(tiny_lm, answered) == plain
    after = tiny_lm.model.state_dict()
    assert after.keys() == before.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert tiny_lm.model.config._attn_implementation == attention


def test_the_desk_ranks_by_what_the_model_is_sure_of(desk_bundle: Path) -> None:
    engine, _ = load_engine(desk_bundle, None, load_screen(), lambda: 0.0)
    assert engine.lm.manifest is not None
    plain = engine.suggest(Request(CALM))
    engine.lm = replace(engine.lm, manifest=replace(engine.lm.manifest, likelihood=0.5))  # never that sure
    assert len(plain.drafts) > 0
    assert engine.suggest(Request(CALM)).withheld == "abstained"


def test_a_bundles_own_limit_decides_what_is_shown(desk_bundle: Path) -> None:
    engine, _ = load_engine(desk_bundle, None, load_screen(), lambda: 0.0)
    assert engine.lm.manifest is not None
    best = engine.suggest(Request(CALM)).drafts[0].reward.total
    for limit, shown in ((best, True), (1.0, False)):
        engine.lm = replace(engine.lm, manifest=replace(engine.lm.manifest, least_reward=limit))
        answer = engine.suggest(Request(CALM))
        assert all(draft.reward.total >= limit for draft in answer.drafts)
        assert bool(answer.drafts) == shown
