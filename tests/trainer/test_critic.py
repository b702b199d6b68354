from __future__ import annotations

import io
import json
import random
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from trainer.bundle import BundleError, load_model
from trainer.calibration import Calibration
from trainer.config import CriticConfig, InputError
from trainer.critic import Critic
from trainer.critic_data import Negatives, collate, encode, garbled, labelled_heads, plan
from trainer.critic_train import from_base, losses, match_loss, pair_loss, train
from trainer.data import calibration, held_out
from trainer.dialogue import Dialogue, Turn, Worse, as_json
from trainer.empathy import MECHANISMS
from trainer.events import EventWriter
from trainer.packing import pack
from trainer.run import Progress, Run, read_data
from trainer.sealed import KEY_BYTES, Folder

CONFIG = CriticConfig(layers=1, epochs=2, batch=4, max_length=64, samples=6, checkpoint_every=3, threads=1)
# Client words, their emotion, a reply to them and its strategy: dull, but learnable by a tiny model.
TEXTS = (
    ("my mother died and the house is empty", "sadness", "Her death left the house empty.", "reflection"),
    ("my boss shouted and i am so angry", "anger", "What did your boss shout?", "open question"),
    ("i can't breathe on the tram, i panic", "fear", "The tram takes your breath.", "reflection"),
)


def dialogues(count: int = 40) -> list[Dialogue]:
    made = []
    for number in range(count):
        turns = []
        for text, emotion, reply, strategy in random.Random(number).sample(TEXTS, 2):
            worse = Worse("Many people feel that way.", "generic") if number % 3 else None
            turns += [
                Turn("client", text, emotion=emotion),
                Turn("therapist", reply, strategy=strategy, worse=worse),
            ]
        made.append(Dialogue(f"d{number}", "authored", None, tuple(turns)))
    return made


def write_data(file: Path, rows: list[Dialogue]) -> Path:
    file.write_text("".join(json.dumps(as_json(row)) + "\n" for row in rows))
    return file


def make_run(
    out: Path, data: Path, model: Path, *, key: bytes | None = None, resume: bool = False
) -> tuple[Run, io.StringIO]:
    stream = io.StringIO()
    run = Run(
        command="critic",
        out=Folder(out, key),
        data=(read_data(data, None),),
        model=model,
        critic=None,
        resume=resume,
        progress=Progress("critic", EventWriter(stream)),
        stop=threading.Event(),
    )
    return run, stream


def events(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.fixture(scope="session")
def critic_dir(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    folder = tmp_path_factory.mktemp("critic")
    run, _ = make_run(folder / "out", write_data(folder / "d.jsonl", dialogues()), tiny_model)
    assert train(CONFIG, run)
    return folder / "out"


def test_a_trained_critic_loads_and_scores_inside_its_ranges(critic_dir: Path) -> None:
    critic = Critic.load(critic_dir)
    (scores,) = critic.score([(dialogues()[0].cut_at(1), "What did your boss shout?")])
    for shares in (scores.emotion, scores.wanted, scores.strategy):
        assert sum(shares.values()) == pytest.approx(1.0, abs=1e-5)
    assert set(scores.emotion) == set(critic.encoder.labels.emotions)
    for value in (scores.belongs, scores.elsewhere, scores.quality, scores.tone):
        assert value is None or 0 < value < 1
    assert scores.quality is not None
    assert scores.tone is None  # no poorer reply in the data was out of tone


def test_scoring_together_gives_what_scoring_alone_gives(critic_dir: Path) -> None:
    critic = Critic.load(critic_dir)
    first, second = (row.cut_at(3) for row in dialogues()[:2])
    items = [(first, "What did your boss shout?"), (second, "No."), (first, "The tram takes your breath.")]
    together = critic.score(items)
    for item, scores in zip(items, together, strict=True):
        (alone,) = critic.score([item])
        assert alone.belongs == pytest.approx(scores.belongs, abs=1e-5)
        assert alone.elsewhere == pytest.approx(scores.elsewhere, abs=1e-5)
        assert alone.strategy == pytest.approx(scores.strategy, abs=1e-5)


def test_replies_packed_behind_one_context_for_training_score_as_they_do_alone(critic_dir: Path) -> None:
    critic = Critic.load(critic_dir)
    contexts = [critic.context_ids(row.cut_at(turn)) for row, turn in zip(dialogues(), (1, 3), strict=False)]
    replies = [[critic.reply_ids(text) for text in ("No.", "What did your boss shout?")], [(5, 6, 7)]]
    with torch.inference_mode():
        packed = critic.model(*pack(contexts, replies, critic.encoder.end))
    alone = critic.logits(
        [(contexts[0], replies[0][0]), (contexts[1], replies[1][0]), (contexts[0], replies[0][1])]
    )
    for head in ("belongs", "strategy", "quality", "tone"):
        assert torch.allclose(packed[head], alone[head], atol=1e-5)
    assert torch.allclose(packed["emotion"], alone["emotion"][:2], atol=1e-5)


def test_long_unusual_and_empty_texts_are_scored(critic_dir: Path) -> None:
    critic = Critic.load(critic_dir)
    long = Dialogue("x", "test", "why " * 5000, tuple(Turn("client", "no 🙂 " * 9000) for _ in range(50)))
    for reply in ("", "🙂\u200b", "word " * 20000, "<|endoftext|><|reply|>"):
        (scores,) = critic.score([(long, reply)])
        assert 0 <= scores.belongs <= 1
    assert critic.score([]) == []


def test_labels_that_are_absent_leave_their_heads_silent(tmp_path: Path, tiny_model: Path) -> None:
    bare = [
        Dialogue(row.id, "test", None, tuple(Turn(turn.speaker, turn.text) for turn in row.turns))
        for row in dialogues()
    ]
    run, _ = make_run(tmp_path / "out", write_data(tmp_path / "d.jsonl", bare), tiny_model)
    assert train(CONFIG, run)
    critic = Critic.load(tmp_path / "out")
    (scores,) = critic.score([(bare[0].cut_at(1), "Yes.")])
    assert (scores.emotion, scores.wanted, scores.strategy) == ({}, {}, {})
    assert scores.quality is None
    heads = {name for name in critic.report if not name.startswith("made up")}
    others = ("same_dialogue", "near", "wrong_facts", "echo")
    assert heads == {"belongs", *(f"belongs_{name}" for name in others)}


def test_the_report_gives_every_head_with_its_floor_on_held_out_rows(critic_dir: Path) -> None:
    report = Critic.load(critic_dir).report
    kept_out = [row for row in dialogues() if held_out(row.id)]
    assert report["emotion"]["n"] == sum(len(row.turns) // 2 for row in kept_out)
    assert 0 < report["emotion"]["floor"] <= 1
    assert report["belongs"]["floor"] == 0.5
    assert {"emotion", "wanted", "strategy", "belongs", "quality"} <= set(report)


def test_every_head_says_whether_it_beats_words_alone(critic_dir: Path) -> None:
    report = Critic.load(critic_dir).report
    for head in ("emotion", "wanted", "strategy"):
        figures = report[head]
        better = all(figures[name] > figures["words"][name] for name in ("accuracy", "macro_f1"))
        assert figures["beats_words"] is better
    for head in ("belongs", "belongs_same_dialogue", "quality"):
        assert report[head]["beats_words"] is (report[head]["accuracy"] > report[head]["words"]["accuracy"])


def test_people_are_compared_with_what_the_base_makes_up(critic_dir: Path) -> None:
    report = Critic.load(critic_dir).report
    assert report["made up"]["n"] == CONFIG.samples
    assert report["made up"]["floor"] == 0.5
    assert {"made up: relevance", "made up: professional", "made up: fluency"} <= set(report)


def test_labelled_texts_without_an_answer_teach_the_emotion_alone(tmp_path: Path, tiny_model: Path) -> None:
    texts = [
        Dialogue(f"t{number}", "test", None, (Turn("client", text, emotion=emotion),))
        for number in range(30)
        for text, emotion, *_ in [TEXTS[number % 3]]
    ]
    critic = from_base(load_model(tiny_model), CONFIG)
    rows = encode(critic, [*dialogues(2), *texts])
    assert sum(row.answered for row in rows) == 4
    critic = replace(critic, trained=labelled_heads(rows))
    lone = collate(critic, rows[4:8], Negatives(rows), random.Random(1))
    assert set(losses(critic.model, lone, critic.trained, {})) == {"emotion"}
    order = plan(rows, replace(CONFIG, epochs=1))
    assert len(order) == 8  # as many of them as there are answered ones, not all thirty
    run, _ = make_run(tmp_path / "out", write_data(tmp_path / "d.jsonl", [*dialogues(), *texts]), tiny_model)
    assert train(CONFIG, run)
    assert Critic.load(tmp_path / "out").report["emotion"]["n"] == sum(
        len(row.turns) // 2 for row in dialogues() if held_out(row.id)
    )


def test_only_texts_without_an_answer_cannot_teach_a_critic(tmp_path: Path, tiny_model: Path) -> None:
    texts = [Dialogue(f"t{n}", "test", None, (Turn("client", "no", emotion="anger"),)) for n in range(9)]
    run, _ = make_run(tmp_path / "out", write_data(tmp_path / "d.jsonl", texts), tiny_model)
    with pytest.raises(InputError, match="two dialogues"):
        train(CONFIG, run)


def test_empathy_is_learned_from_a_file_of_labels(tmp_path: Path, tiny_model: Path) -> None:
    file = tmp_path / "empathy.jsonl"
    levels = {text: [0, 2 * (number == 0), 2 * (number == 1)] for number, (*_, text, _) in enumerate(TEXTS)}
    file.write_text(
        "".join(
            json.dumps({"id": row.id, "turn": index, "empathy": levels[turn.text]}) + "\n"
            for row in dialogues()
            for index, turn in enumerate(row.turns)
            if turn.speaker == "therapist"
        )
    )
    run, _ = make_run(tmp_path / "out", write_data(tmp_path / "d.jsonl", dialogues()), tiny_model)
    assert train(replace(CONFIG, empathy=str(file)), run)
    critic = Critic.load(tmp_path / "out")
    assert critic.report["exploration"]["words"]["accuracy"] == 1.0
    (scores,) = critic.score([(dialogues()[0].cut_at(1), TEXTS[1][2])])
    assert set(scores.empathy) == set(MECHANISMS)
    assert all(0 <= level <= 1 for level in scores.empathy.values())


def test_below_its_threshold_the_critic_names_no_emotion(critic_dir: Path) -> None:
    critic = Critic.load(critic_dir)
    item = (dialogues()[0].cut_at(1), "Yes.")
    for threshold, named in ((0.0, True), (1.0, False)):
        chosen = replace(critic, calibration=Calibration(1.0, threshold))
        assert bool(chosen.score([item])[0].emotion) is named


def test_a_mixture_lies_between_the_network_and_the_words(critic_dir: Path) -> None:
    critic = replace(Critic.load(critic_dir), words_share={"emotion": 0.25})
    pairs = [(critic.context_ids(dialogues()[0].cut_at(1)), critic.reply_ids("Yes."))]
    network, words = critic.logits(pairs)["emotion"], critic.read_words(pairs)["emotion"]
    assert torch.allclose(critic.mixed(pairs)["emotion"], 0.75 * network + 0.25 * words)


def test_a_critic_of_the_first_format_keeps_its_heads_and_is_silent_on_later_ones(
    tmp_path: Path, critic_dir: Path
) -> None:
    later = ("context_words.", "reply_words.", "heads.fluent.", *(f"heads.{name}." for name in MECHANISMS))
    tensors = safetensors.torch.load((critic_dir / "critic.safetensors").read_bytes())
    kept = {name: tensor for name, tensor in tensors.items() if not name.startswith(later)}
    (tmp_path / "critic.safetensors").write_bytes(safetensors.torch.save(kept))
    config = json.loads((critic_dir / "critic.json").read_bytes())
    for field in ("words_share", "emotion_threshold"):
        del config[field]
    config |= {"format": 1, "trained": ["belongs", "emotion"]}
    (tmp_path / "critic.json").write_text(json.dumps(config))
    critic = Critic.load(tmp_path)
    (scores,) = critic.score([(dialogues()[0].cut_at(1), "Yes.")])
    assert scores.emotion
    assert (scores.fluent, scores.empathy) == (None, {})
    (tmp_path / "critic.json").write_text(json.dumps(config | {"format": 2}))
    with pytest.raises(BundleError):
        Critic.load(tmp_path)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("format", 3),
        ("format", None),
        ("emotion_threshold", "high"),
        ("emotion_temperature", 0.0),
        ("words_share", {"emotion": 2.0}),
        ("words_share", {"nothing": 0.5}),
    ],
)
def test_a_critic_with_damaged_settings_is_refused(
    tmp_path: Path, critic_dir: Path, field: str, value: Any
) -> None:
    config = json.loads((critic_dir / "critic.json").read_bytes()) | {field: value}
    (tmp_path / "critic.json").write_text(json.dumps(config))
    (tmp_path / "critic.safetensors").write_bytes((critic_dir / "critic.safetensors").read_bytes())
    with pytest.raises(BundleError):
        Critic.load(tmp_path)


def test_near_replies_answer_a_message_of_another_dialogue(tiny_model: Path) -> None:
    critic = from_base(load_model(tiny_model), CONFIG)
    rows = encode(critic, dialogues())
    negatives, rng = Negatives(rows), random.Random(1)
    of_dialogue: dict[int, set[tuple[int, ...]]] = {}
    for row in rows:
        of_dialogue.setdefault(row.dialogue, set()).add(row.reply)
    for row in rows[:10]:
        others = set().union(*(replies for number, replies in of_dialogue.items() if number != row.dialogue))
        assert negatives.near(row, rng) in others


def test_a_row_is_told_from_what_was_made_up_for_its_own_context(tiny_model: Path) -> None:
    critic = from_base(load_model(tiny_model), CONFIG)
    rows = encode(critic, dialogues())
    own = critic.reply_ids("made up for this very message")
    other = critic.reply_ids("made up for another message")
    made_up = {rows[0].context: own, rows[4].context: other}
    negatives = Negatives(rows, made_up)
    assert negatives.made_up(rows[0], random.Random(1)) == own
    assert {negatives.made_up(rows[9], random.Random(n)) for n in range(20)} == {own, other}
    assert Negatives(rows).made_up(rows[0], random.Random(1)) is None


def test_held_out_words_change_nothing_in_what_is_learned(tmp_path: Path, tiny_model: Path) -> None:
    def weights(name: str, change: Callable[[Dialogue], Dialogue]) -> bytes:
        data = write_data(tmp_path / f"{name}.jsonl", [change(row) for row in dialogues()])
        run, _ = make_run(tmp_path / name, data, tiny_model)
        assert train(replace(CONFIG, samples=0), run)
        return (tmp_path / name / "critic.safetensors").read_bytes()

    def other(row: Dialogue, reserved: Callable[[str], bool]) -> Dialogue:
        turns = (Turn("client", "other words"), Turn("therapist", "entirely"))
        return Dialogue(row.id, row.source, None, turns) if reserved(row.id) else row

    same = weights("same", lambda row: row)
    assert weights("held", lambda row: other(row, held_out)) == same
    assert weights("calibration", lambda row: other(row, calibration)) == same
    trained = next(row.id for row in dialogues() if not held_out(row.id) and not calibration(row.id))
    assert weights("trained", lambda row: other(row, trained.__eq__)) != same


def test_training_on_what_can_be_learned_lowers_the_loss(tmp_path: Path, tiny_model: Path) -> None:
    config = CriticConfig(
        layers=2, epochs=12, batch=8, max_length=64, learning_rate=5e-3, samples=0, threads=1
    )
    run, stream = make_run(tmp_path / "out", write_data(tmp_path / "d.jsonl", dialogues()), tiny_model)
    assert train(config, run)
    losses = [event["metrics"]["emotion"] for event in events(stream) if event["type"] == "step"]
    assert sum(losses[-4:]) < 0.5 * sum(losses[:4])


def test_a_stopped_run_resumes_to_the_same_weights(tmp_path: Path, tiny_model: Path) -> None:
    data = write_data(tmp_path / "d.jsonl", dialogues())
    whole, _ = make_run(tmp_path / "whole", data, tiny_model)
    assert train(CONFIG, whole)
    part, stream = make_run(tmp_path / "part", data, tiny_model)
    part.stop.set()
    assert not train(CONFIG, part)
    assert events(stream)[-1]["type"] == "cancelled"
    rest, stream = make_run(tmp_path / "part", data, tiny_model, resume=True)
    assert train(CONFIG, rest)
    assert events(stream)[0]["resumed_from"] == 1
    files = [tmp_path / name / "critic.safetensors" for name in ("whole", "part")]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_a_sealed_run_leaves_no_word_in_the_open_and_loads_with_its_key(
    tmp_path: Path, tiny_model: Path
) -> None:
    key = b"k" * KEY_BYTES
    data = write_data(tmp_path / "d.jsonl", dialogues())
    run, _ = make_run(tmp_path / "out", data, tiny_model, key=key)
    assert train(CONFIG, run)
    assert all(path.suffix == ".sealed" for path in (tmp_path / "out").iterdir())
    assert Critic.load(tmp_path / "out", key).report


def test_data_without_two_dialogues_is_refused(tmp_path: Path, tiny_model: Path) -> None:
    run, _ = make_run(tmp_path / "out", write_data(tmp_path / "d.jsonl", dialogues(1)), tiny_model)
    with pytest.raises(InputError, match="two dialogues"):
        train(CONFIG, run)


@pytest.mark.parametrize("damage", ["not a number", "wrong shape", "another head", "cut off", "no config"])
def test_a_damaged_critic_is_refused(tmp_path: Path, critic_dir: Path, damage: str) -> None:
    for file in critic_dir.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    weights = tmp_path / "critic.safetensors"
    tensors = safetensors.torch.load(weights.read_bytes())
    if damage == "not a number":
        tensors["heads.tone.bias"][:] = float("nan")
    elif damage == "wrong shape":
        tensors["heads.tone.bias"] = torch.zeros(2)
    elif damage == "another head":
        tensors["heads.extra.bias"] = torch.zeros(1)
    weights.write_bytes(safetensors.torch.save(tensors))
    if damage == "cut off":
        weights.write_bytes(weights.read_bytes()[:-100])
    elif damage == "no config":
        (tmp_path / "critic.json").unlink()
    with pytest.raises(BundleError):
        Critic.load(tmp_path)


def test_a_critic_without_a_tokenizer_of_its_own_uses_the_folders(
    tmp_path: Path, critic_dir: Path, tiny_model: Path
) -> None:
    config = json.loads((critic_dir / "critic.json").read_bytes()) | {"tokenizer": None}
    (tmp_path / "critic.json").write_text(json.dumps(config))
    for file in (critic_dir / "critic.safetensors", tiny_model / "tokenizer.json"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    item = (dialogues()[0].cut_at(1), "Yes.")
    assert Critic.load(tmp_path).score([item]) == Critic.load(critic_dir).score([item])


def test_negatives_never_are_the_reply_itself(tiny_model: Path) -> None:
    critic = from_base(load_model(tiny_model), CONFIG)
    rows = encode(critic, dialogues())
    negatives, rng = Negatives(rows), random.Random(1)
    for row in rows:
        assert negatives.same_dialogue(row, rng) != row.reply
        assert all(negatives(row, rng) for _ in range(5))
    batch = collate(critic, rows[:4], negatives, rng)
    assert batch.rows == 4
    assert len(batch.ends) == 8 + len(batch.better)
    assert [int(row) for row in batch.ends[8:, 0]] == batch.better.tolist()
    assert all(batch.ids[row, place] == critic.encoder.end for row, place in batch.ends.tolist())


def test_the_plan_visits_every_row_once_per_epoch(tiny_model: Path) -> None:
    rows = encode(from_base(load_model(tiny_model), CONFIG), dialogues())
    order = plan(rows, CONFIG)
    assert sorted(order[: len(rows)]) == list(range(len(rows)))
    assert len(order) == CONFIG.epochs * len(rows)


def test_a_garbled_reply_is_made_of_the_replys_own_words() -> None:
    text = "What did your boss shout at you today?"
    spoilt = [garbled(text, random.Random(seed)) for seed in range(20)]
    assert all(set(words.split()) <= set(text.split()) for words in spoilt)
    assert sum(words != text for words in spoilt) >= 18


def test_the_match_loss_counts_only_replies_of_other_dialogues_as_rivals() -> None:
    match = torch.tensor([[9.0, 9.0, 0.0], [9.0, 9.0, 0.0], [0.0, 0.0, 9.0]])
    siblings = float(match_loss(match, torch.tensor([1, 1, 2])))
    strangers = float(match_loss(match, torch.tensor([1, 2, 3])))
    assert siblings < 0.01
    assert strangers > 0.4


def test_words_that_stand_everywhere_start_with_less_weight(tiny_model: Path) -> None:
    model = from_base(load_model(tiny_model), CONFIG).model
    model.weigh([[1, 2], [1, 3], [1, 4, 4]])
    assert model.word_weight[1] < model.word_weight[2] == model.word_weight[4]


def test_the_pair_loss_falls_as_the_better_reply_rises() -> None:
    poor = torch.tensor([0.0])
    values = [float(pair_loss(torch.tensor([good]), poor)) for good in (-2.0, 0.0, 2.0)]
    assert values[0] > values[1] > values[2]
