"""Lines between the processes: what is no message ends the child or is answered; nothing breaks."""

from __future__ import annotations

import io
import json

import pytest

from tests.fuzz.mutations import as_line, broken, broken_json, check, inputs, one_line
from tfdesk.jobs.model_process import ModelProcess
from tfdesk.jobs.training_process import TrainingProcess
from trainer.config import InputError
from trainer.events import EventWriter, parse_event
from trainer.serve import _Inbox, _request

SPAN = {"where": "reply", "start": 0, "end": 3, "delta": 0.1}
DRAFT = {
    "text": "yes",
    "strategy": "reflection",
    "reward": {"total": 0.5, "components": {"fluency": {"value": 0.5, "weight": 1.0, "evidence": [SPAN]}}},
    "flags": [],
}
RISK = {"status": "hit", "categories": ["suicide"], "spans": [{"where": 0, "start": 0, "end": 2}]}
EMOTION = {"label": "joy", "confidence": 0.5, "distribution": {"joy": 0.5}, "abstained": False}
CONTEXT = {
    "situation": None,
    "turns_used": 1,
    "turns_total": 1,
    "tokens": 9,
    "truncated": False,
    "prompt": "p",
}
MODEL = {"name": "tiny", "version": "1", "sha256": "0"}
ANSWER = {"model": MODEL, "risk": RISK, "emotion": EMOTION, "context": CONTEXT, "drafts": [DRAFT]}
ANSWER |= {"withheld": None, "reason": None, "timing_ms": {"load": 1.0}}
FROM_MODEL = [
    {
        "type": "ready",
        "model": MODEL,
        "emotions": ["joy"],
        "strategies": ["other"],
        "notice": None,
        "load_ms": 1.0,
    },
    {"type": "risk", "request": "1", "value": RISK},
    {"type": "emotion", "request": "1", "value": EMOTION},
    {"type": "context", "request": "1", "value": CONTEXT},
    {"type": "progress", "request": "1", "done": 1, "total": 8},
    {"type": "result", "request": "1", "value": ANSWER},
    {"type": "stopped", "request": "1"},
    {"type": "error", "request": "1", "kind": "input", "message": "m"},
    {"type": "error", "request": None, "kind": "bug", "message": "m"},
]
FROM_TRAINING = [
    {"type": "started", "command": "sft", "total": 3, "resumed_from": 0},
    {"type": "step", "step": 1, "total": 3, "metrics": {"loss": 2.0}, "seconds_left": None},
    {"type": "sample", "step": 1, "prompt": "p", "reply": "r", "reward": 0.5},
    {"type": "done", "out": "x", "metrics": {}},
    {"type": "failed", "kind": "bug", "message": "m"},
]
TALK = {"id": "1", "source": "x", "context": None, "turns": [{"speaker": "client", "text": "yes"}]}
ASKED = {"type": "suggest", "request": "1", "dialogue": TALK, "drafts": 3, "emotion": "auto"}
TO_MODEL = [ASKED | {"strategy": None, "seed": 0, "cleared": [0]}, {"type": "stop", "request": "1"}]
WORDS = [b"{", b"}", b"[", b'"', b":", b"null", b"NaN", b'"type"', b'"quit"', b"\\ud800", b"[" * 3000]


def some_line(events, chance):
    """A line that was an event."""
    if chance.random() < 0.3:
        lines = [json.dumps(event).encode() for event in events]
        return broken(lines, WORDS, chance).decode("utf8", "replace").replace("\n", " ")
    return as_line(broken_json(chance.choice(events), chance))


def event_or_none(line):
    try:
        return parse_event(line)
    except ValueError:
        return None  # the window ends a child that says this


@inputs
@pytest.mark.timeout(3600)
def test_whatever_a_model_process_says_the_window_goes_on(qtbot, inputs):
    process = ModelProcess(command=lambda _folder, _sealed: ["false"])

    def law(chance):
        event = event_or_none(some_line(FROM_MODEL, chance))
        process._request = "1"
        if event is not None:
            process._on_event(event)
        process.shut_down()

    check(law, inputs)


@inputs
@pytest.mark.timeout(3600)
def test_whatever_a_training_process_says_the_window_goes_on(qtbot, inputs):
    process = TrainingProcess()

    def law(chance):
        event = event_or_none(some_line(FROM_TRAINING, chance))
        if event is not None:
            process._on_event(event)

    check(law, inputs)


@inputs
@pytest.mark.timeout(3600)
def test_whatever_the_model_process_is_asked_it_answers_or_refuses(inputs):
    def law(chance):
        out = io.StringIO()
        inbox = _Inbox([], EventWriter(out), None)
        inbox._take(some_line(TO_MODEL, chance))
        for line in out.getvalue().splitlines():
            assert parse_event(line)["type"] in ("risk", "error")
        while not inbox._waiting.empty():
            try:
                _request(inbox.next().value)
            except InputError as refusal:
                one_line(str(refusal))

    check(law, inputs)
