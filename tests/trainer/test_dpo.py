from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.trainer.runs import (
    Recorder,
    assert_same_curve,
    files_with,
    killed,
    make_run,
    set_options,
    write_dialogues,
)
from trainer.bundle import LanguageModel, load_model
from trainer.checkpoint import Diverged
from trainer.config import DpoConfig, InputError
from trainer.data import calibration, held_out
from trainer.dialogue import Dialogue, Turn, Worse
from trainer.dpo import (
    Pair,
    log_probabilities,
    make_pairs,
    plan,
    preferences,
    rated_pairs,
    reply_log_probabilities,
    train,
)
from trainer.generate import SLOTS_WRITTEN
from trainer.ratings import Moment
from trainer.rewards import ngram_set
from trainer.sealed import KEY_BYTES, Folder

CONFIG = DpoConfig(max_steps=5, batch=4, max_length=96, learning_rate=3e-3, checkpoint_every=2, threads=1)
KEY = bytes(range(KEY_BYTES))
WORDS = "Zanzibarquince"  # stands in every turn; no file of a sealed run may hold it


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_dialogues(tmp_path_factory.mktemp("data") / "talks.jsonl", worse=True)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, data: Path, tiny_model: Path) -> tuple[Path, Recorder]:
    """An unbroken run; read only."""
    out, recorder = tmp_path_factory.mktemp("dpo") / "out", Recorder()
    assert train(CONFIG, make_run("dpo", out, data, tiny_model, recorder))
    return out, recorder


def meta(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((path / "meta.json").read_text())
    return found


def test_training_changes_the_parameters_and_prefers_the_better_reply(
    finished: tuple[Path, Recorder], tiny_model: Path
) -> None:
    out, recorder = finished
    before, after = load_model(tiny_model).model.state_dict(), load_model(out).model.state_dict()
    assert all(not torch.equal(before[name], after[name]) for name in before)
    assert recorder.curve("margin")[1] == pytest.approx(0, abs=1e-2)  # the policy is still the reference
    assert recorder.curve("chosen_gain")[1] == pytest.approx(0, abs=5e-2)
    assert recorder.curve("margin")[5] > 0.05
    assert recorder.curve("accuracy")[5] == 1.0
    assert recorder.curve("loss")[5] < recorder.curve("loss")[1]


def test_held_out_pairs_are_ranked_before_and_after_beside_their_floors(
    finished: tuple[Path, Recorder],
) -> None:
    metrics = meta(finished[0])["metrics"]
    assert metrics["pairs"] > 0
    assert metrics["pair_floor"] == 0.5
    assert metrics["pair_accuracy"] >= metrics["pair_accuracy_before"]
    assert metrics["pair_accuracy_reward"] == 1.0
    assert metrics["chosen_logp"] > metrics["chosen_logp_before"]
    assert finished[1].of("done")[0]["metrics"] == metrics


def test_a_stopped_run_continues_on_the_same_curve(
    tmp_path: Path, data: Path, tiny_model: Path, finished: tuple[Path, Recorder]
) -> None:
    first = Recorder(stop_at=3)
    assert not train(CONFIG, make_run("dpo", tmp_path, data, tiny_model, first))
    assert first.events[-1] == {"type": "cancelled", "step": 3}
    second = Recorder()
    assert train(CONFIG, make_run("dpo", tmp_path, data, tiny_model, second, resume=True))
    assert second.of("started")[0]["resumed_from"] == 3
    for name in ("loss", "margin", "chosen_gain", "learning_rate"):
        found = first.curve(name) | second.curve(name)
        assert found == pytest.approx(finished[1].curve(name), abs=1e-6)
    unbroken = load_model(finished[0]).model.state_dict()
    for name, tensor in load_model(tmp_path).model.state_dict().items():
        assert torch.allclose(tensor, unbroken[name], atol=1e-6)
    assert meta(tmp_path)["metrics"] == pytest.approx(meta(finished[0])["metrics"], abs=1e-6)


def test_a_run_stopped_while_it_measures_the_starting_model_begins_anew(
    tmp_path: Path, data: Path, tiny_model: Path, finished: tuple[Path, Recorder]
) -> None:
    recorder = Recorder()
    recorder.stop.set()
    assert not train(CONFIG, make_run("dpo", tmp_path, data, tiny_model, recorder))
    assert [event["type"] for event in recorder.events] == ["started", "cancelled"]
    again = Recorder()
    assert train(CONFIG, make_run("dpo", tmp_path, data, tiny_model, again, resume=True))
    assert again.curve() == pytest.approx(finished[1].curve(), abs=1e-6)


def test_a_killed_sealed_run_continues_on_the_same_curve_and_leaves_no_word_in_any_file(
    tmp_path: Path, tiny_model: Path
) -> None:
    plain = write_dialogues(tmp_path / "talks.jsonl", words=WORDS, worse=True)
    vault = tmp_path / "vault"
    Folder(vault, KEY).write("talks.jsonl", plain.read_bytes())
    plain.unlink()
    data, out = vault / "talks.jsonl.sealed", vault / "dpo"
    given = ["dpo", "--model", str(tiny_model), "--data", str(data), "--out", str(out), *set_options(CONFIG)]
    told, errors = killed(given, tmp_path / "work", "step", 3, KEY)
    assert WORDS not in errors
    assert not files_with(WORDS, tmp_path)  # nothing could be tidied up
    resumed, whole = Recorder(), Recorder()
    assert train(CONFIG, make_run("dpo", out, data, tiny_model, resumed, resume=True, key=KEY))
    assert resumed.of("started")[0]["resumed_from"] >= 2
    assert train(CONFIG, make_run("dpo", vault / "whole", data, tiny_model, whole, key=KEY))
    assert_same_curve(whole, told, resumed)
    assert not files_with(WORDS, tmp_path)
    assert all(path.name.endswith(".sealed") for path in out.iterdir())


def test_held_out_and_calibration_pairs_train_nothing(tmp_path: Path, data: Path, tiny_model: Path) -> None:
    run = make_run("dpo", tmp_path, data, tiny_model, Recorder())
    ids = {d.id for d in run.dialogues() if held_out(d.id) or calibration(d.id)}
    assert ids
    only = tmp_path / "only.jsonl"
    lines = data.read_text().splitlines()
    only.write_text("".join(line + "\n" for line in lines if json.loads(line)["id"] in ids))
    with pytest.raises(InputError, match="no therapist turn with a poorer alternative"):
        train(CONFIG, make_run("dpo", tmp_path / "out", only, tiny_model, Recorder()))


def test_data_without_pairs_is_refused(tmp_path: Path, tiny_model: Path) -> None:
    plain = write_dialogues(tmp_path / "talks.jsonl")
    with pytest.raises(InputError, match="no therapist turn with a poorer alternative"):
        train(CONFIG, make_run("dpo", tmp_path / "out", plain, tiny_model, Recorder()))
    assert not (tmp_path / "out").exists()


def test_beta_must_hold_the_model(tmp_path: Path, data: Path, tiny_model: Path) -> None:
    with pytest.raises(InputError, match="beta must be above 0"):
        train(replace(CONFIG, beta=0.0), make_run("dpo", tmp_path / "out", data, tiny_model, Recorder()))


def test_a_loss_that_is_no_number_stops_the_run_and_keeps_its_checkpoint(
    tmp_path: Path, data: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    probabilities = log_probabilities

    def spoiled(lm: LanguageModel, pairs: list[Pair], *_: object) -> torch.Tensor:
        found = probabilities(lm, pairs)
        if len(pairs) > 0:
            found[plan(pairs, CONFIG.max_steps, CONFIG)[2 * CONFIG.batch]] = math.nan  # seen in step 3
        return found

    monkeypatch.setattr("trainer.dpo.log_probabilities", spoiled)
    recorder = Recorder()
    with pytest.raises(Diverged, match=r"not a number at step 3; the checkpoint of step 2 is kept"):
        train(CONFIG, make_run("dpo", tmp_path, data, tiny_model, recorder))
    assert list(recorder.curve()) == [1, 2]
    again = Recorder()
    with pytest.raises(Diverged, match="at step 3"):  # the reference is in the checkpoint
        train(CONFIG, make_run("dpo", tmp_path, data, tiny_model, again, resume=True))
    assert again.of("started")[0]["resumed_from"] == 2


def talk(worse: Worse | None, strategy: str | None = "reflection") -> Dialogue:
    turns = (
        Turn("therapist", "Welcome.", worse=Worse("Hm.", "dismissive")),  # answers nothing
        Turn("client", "i can't sleep", "fear"),
        Turn("therapist", "That is a lot to carry.", strategy=strategy, worse=worse),
    )
    return Dialogue("d", "test", None, turns)


def test_both_replies_of_a_pair_follow_the_same_slots(tiny_lm: LanguageModel) -> None:
    encoder = tiny_lm.encoder
    pairs = make_pairs([talk(Worse("Cheer up.", "dismissive"))], encoder, 96)
    assert len(pairs) == 1
    assert pairs[0].prompt == encoder.prompt(talk(None).cut_at(2), 80).ids
    assert list(pairs[0].chosen) == encoder.completion_ids("fear", "reflection", "That is a lot to carry.")
    assert list(pairs[0].rejected) == encoder.completion_ids("fear", "reflection", "Cheer up.")
    assert pairs[0].chosen[:4] == pairs[0].rejected[:4]


def test_turns_without_a_poorer_text_or_with_the_same_make_no_pair(tiny_lm: LanguageModel) -> None:
    same = Worse("That is a lot to carry.", "generic")
    assert make_pairs([talk(None), talk(same)], tiny_lm.encoder, 96) == []


def test_a_pair_fits_its_limit(tiny_lm: LanguageModel) -> None:
    pair = make_pairs([talk(Worse("why " * 90, "off topic"))], tiny_lm.encoder, 40)[0]
    assert len(pair.prompt) + max(len(pair.chosen), len(pair.rejected)) <= 40


def test_log_probabilities_are_those_of_the_words_and_of_the_labels_before_them(
    tiny_lm: LanguageModel,
) -> None:
    pairs = make_pairs([talk(Worse("Cheer up.", "dismissive"))], tiny_lm.encoder, 96)
    found = log_probabilities(tiny_lm, pairs * 3)
    assert found.shape == (3, 2)
    _, labels = reply_log_probabilities(tiny_lm, pairs * 3)
    assert labels.shape == (3,)
    for column, reply in enumerate((pairs[0].chosen, pairs[0].rejected)):
        ids = torch.tensor([[*pairs[0].prompt, *reply]])
        scores = tiny_lm.model(ids).logits[0, :-1].detach().log_softmax(-1).gather(-1, ids[0, 1:, None])[:, 0]
        said = scores[-len(reply) :]
        assert float(found[2, column]) == pytest.approx(float(said[SLOTS_WRITTEN:].sum()), rel=1e-2)
        if column == 0:
            assert float(labels[2]) == pytest.approx(float(said[:SLOTS_WRITTEN].sum()), rel=1e-2)


def test_ranking_is_by_token_and_stands_beside_its_floors() -> None:
    labels = (90, 91, 92, 93)
    pairs = [Pair((1,), (*labels, 2, 3, 4, 5), (*labels, 6, 7)), Pair((1,), (*labels, 2), (*labels, 3))]
    before = torch.tensor([[-4.0, -3.0], [-2.0, -1.0]])
    after = torch.tensor([[-4.0, -5.0], [-2.5, -1.0]])
    assert preferences(pairs, before, after) == pytest.approx(
        {
            "pairs": 2,
            "pair_accuracy_before": 0.5,  # -1 against -1.5, -2 against -1
            "pair_accuracy": 0.5,
            "pair_accuracy_reward": 0.5,  # 0 against -2, -.5 against 0
            "pair_floor": 0.5,
            "pair_floor_longer": 0.75,
            "chosen_logp_before": -1.5,
            "chosen_logp": -1.75,
        }
    )
    assert preferences([], torch.empty(0, 2), torch.empty(0, 2)) == {}


def test_every_pair_comes_once_before_any_comes_again() -> None:
    pairs = [Pair((number // 2,), (1, number), (2, number)) for number in range(7)]
    order = plan(pairs, 4, CONFIG)
    assert len(order) == 16
    assert sorted(order[:7]) == sorted(order[7:14]) == list(range(7))
    assert order == plan(pairs, 4, CONFIG) != plan(pairs, 4, replace(CONFIG, seed=2))
    together = [pairs[place].prompt for place in order[:7]]
    assert together == sorted(together, key=together.index)  # a prompt's pairs follow one another


def rated(senses: list[int], strategies: list[str | None]) -> Moment:
    replies = tuple(f"Reply {number}." for number in range(len(senses)))
    dialogue = Dialogue("rated", "test", None, (Turn("client", "i can't sleep", emotion="fear"),))
    return Moment(dialogue, replies, tuple(senses), tuple(strategies))


def test_rated_replies_are_paired_within_a_message_the_better_first(tiny_lm: LanguageModel) -> None:
    encoder = tiny_lm.encoder
    moment = rated([0, 2, 1, 0], ["reflection", "reflection", None, "other"])
    pairs = rated_pairs([moment], encoder, 128, against=2, seed=1, known=frozenset())

    def text(ids: tuple[int, ...]) -> str:
        return encoder.parse(ids).reply or ""

    found = {(text(pair.chosen), text(pair.rejected)) for pair in pairs}
    assert found == {("Reply 1.", "Reply 0."), ("Reply 1.", "Reply 3.")} | {
        ("Reply 2.", f"Reply {number}.") for number in (0, 3)
    }
    mended = replace(rated([0, 2, 0], [None] * 3), replies=("Why plates?", "Why awake?", "So, she left you."))
    (one,) = rated_pairs([mended], encoder, 128, against=1, seed=1, known=frozenset())
    assert text(one.rejected) == "Why plates?"  # shares most words
    assert {encoder.parse(pair.chosen).emotion for pair in pairs} == {"fear"}
    assert (
        rated_pairs([rated([1, 1], [None, None])], encoder, 128, against=2, seed=1, known=frozenset()) == []
    )


def test_stock_phrases_and_the_clients_own_words_are_never_the_better_reply(tiny_lm: LanguageModel) -> None:
    moment = replace(rated([2, 0], [None, None]), replies=("Thank you for telling me.", "Plates."))
    assert rated_pairs([moment], tiny_lm.encoder, 128, against=2, seed=1, known=frozenset()) == []
    moment = replace(moment, replies=("So you wrote i can't sleep.", "Plates."))
    assert rated_pairs([moment], tiny_lm.encoder, 128, against=2, seed=1, known=frozenset()) == []


def test_a_sentence_that_is_written_again_and_again_is_never_the_better_reply(tiny_lm: LanguageModel) -> None:
    def moment(number: int, better: str) -> Moment:
        dialogue = Dialogue(f"rated-{number}", "test", None, (Turn("client", f"night {number}"),))
        return Moment(dialogue, (better, "Plates."), (2, 0), (None, None))

    often = [moment(number, f"Night {number}. What keeps you awake?") for number in range(4)]
    once = [moment(9, "What did you do then?")]
    made = rated_pairs(often + once, tiny_lm.encoder, 128, against=1, seed=1, known=frozenset())
    assert [tiny_lm.encoder.parse(pair.chosen).reply for pair in made] == ["What did you do then?"]
    text = "What did you do then, after that long day?"
    made = rated_pairs([moment(9, text)], tiny_lm.encoder, 128, against=1, seed=1, known=ngram_set([text]))
    assert made == []


def test_ratings_teach_what_no_turn_of_the_data_says(tmp_path: Path, tiny_model: Path) -> None:
    data = write_dialogues(tmp_path / "talks.jsonl")
    ids = [json.loads(line)["id"] for line in data.read_text().splitlines()]
    file = tmp_path / "ratings.jsonl"
    file.write_text(
        "".join(
            json.dumps({"id": name, "turn": 1, "reply": reply, "sense": sense}) + "\n"
            for name in ids
            for reply, sense in ((f"What keeps you awake, {name}?", 2), ("Plates, plates!", 0))
        )
    )
    config = replace(CONFIG, ratings=(str(file),))
    recorder = Recorder()
    assert train(config, make_run("dpo", tmp_path / "out", data, tiny_model, recorder))
    assert recorder.curve("margin")[5] > 0.05
    with pytest.raises(InputError, match="rated replies"):
        train(CONFIG, make_run("dpo", tmp_path / "none", data, tiny_model, Recorder()))
