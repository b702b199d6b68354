"""The model process over its real pipes."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.desk_model import MESSAGES, talk
from trainer.bundling import make_bundle
from trainer.dialogue import as_json
from trainer.sealed import KEY_BYTES

SECRET = "zanzibar"


class Child:
    """``trainer serve`` and its lines."""

    def __init__(self, model: Path, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "trainer", "serve", "--model", str(model), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf8",
        )
        self.seen: list[dict[str, Any]] = []

    def send(self, line: dict[str, Any] | str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write((line if isinstance(line, str) else json.dumps(line)) + "\n")
        self.process.stdin.flush()

    def ask(self, number: str, **fields: Any) -> None:
        dialogue = fields.pop("dialogue", as_json(talk(MESSAGES[0][0])))
        self.send({"type": "suggest", "request": number, "dialogue": dialogue, **fields})

    def until(self, kind: str, request: str | None = None) -> dict[str, Any]:
        """Read events up to the first of this kind (of this request)."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.seen.append(json.loads(line))
            if self.seen[-1]["type"] == kind and self.seen[-1].get("request") == request:
                return self.seen[-1]
        raise AssertionError(f"no {kind} event; {[event['type'] for event in self.seen]}")

    def end(self) -> tuple[int, str]:
        """Close stdin; exit code and stderr."""
        _, errors = self.process.communicate(timeout=120)
        return self.process.returncode, errors


@pytest.fixture(scope="module")
def child(desk_bundle: Path) -> Iterator[Child]:
    made = Child(desk_bundle)
    yield made
    made.process.kill()
    made.process.communicate()


def test_risk_is_answered_before_the_model_is_loaded(child: Child) -> None:
    child.ask("early", dialogue=as_json(talk("I want to die.")), drafts=0)
    child.until("ready")
    assert [(event["type"], event.get("request")) for event in child.seen] == [
        ("risk", "early"),
        ("ready", None),
    ]
    assert child.seen[0]["value"]["status"] == "hit"
    assert child.until("result", "early")["value"]["withheld"] == "risk"


def test_ready_names_the_model_and_its_labels(child: Child) -> None:
    ready = next(event for event in child.seen if event["type"] == "ready")
    assert ready["model"]["name"] == "tiny"
    assert "reflection" in ready["strategies"]
    assert "fear" in ready["emotions"]
    assert ready["load_ms"] > 0


def test_a_request_is_told_step_by_step_and_risk_only_once(child: Child) -> None:
    start = len(child.seen)
    child.ask("full", drafts=2)
    result = child.until("result", "full")["value"]
    events = [event for event in child.seen[start:] if event.get("request") == "full"]
    kinds = [event["type"] for event in events]
    assert kinds.count("risk") == 1
    assert list(dict.fromkeys(kinds)) == ["risk", "context", "emotion", "progress", "draft", "result"]
    assert [e["value"] for e in events if e["type"] == "draft"] == result["drafts"]
    assert all(value is not None for value in result["timing_ms"].values())


def test_stop_works_while_drafting_and_the_next_request_is_answered(child: Child) -> None:
    child.ask("long", drafts=5, seed=3)
    child.until("progress", "long")
    child.send({"type": "stop", "request": "long"})
    child.until("stopped", "long")
    child.ask("next", drafts=0)
    child.until("result", "next")
    assert not any(e["type"] in ("result", "draft") and e.get("request") == "long" for e in child.seen)


@pytest.mark.parametrize(
    "fields",
    [
        {"emotion": "bliss"},
        {"strategy": 7},
        {"drafts": "many"},
        {"dialogue": {"id": "x", "turns": []}},
        {"dialogue": {"id": "x", "turns": [{"speaker": "client", "text": SECRET + "\ud800"}]}},
        {"dialogue": {"id": "x", "turns": [{"speaker": "client", "text": SECRET + "\0"}]}},
        {"dialogue": {"id": "x", "turns": [{"speaker": "therapist", "text": SECRET}]}},
        {"dialogue": SECRET},
    ],
    ids=["emotion", "strategy", "drafts", "empty", "surrogate", "NUL", "therapist last", "no object"],
)
def test_a_bad_request_is_an_error_event_without_client_words(child: Child, fields: dict[str, Any]) -> None:
    child.ask("bad", **fields)
    error = child.until("error", "bad")
    assert error["kind"] == "input"
    assert SECRET not in error["message"]


def test_lines_that_are_no_requests_do_not_end_the_process(child: Child) -> None:
    child.send(SECRET)
    assert SECRET not in child.until("error")["message"]
    child.send({"type": "dance", "request": "1"})
    assert child.until("error")["kind"] == "bug"
    child.ask("after", drafts=0)
    child.until("result", "after")


def test_it_ends_when_stdin_closes_and_stderr_is_empty_of_client_words(child: Child) -> None:
    child.ask("last", dialogue=as_json(talk(f"{SECRET} {MESSAGES[0][0]}")), drafts=0)
    child.until("result", "last")
    code, errors = child.end()
    assert code == 0
    assert SECRET not in errors


def test_a_model_that_cannot_be_loaded_ends_it_with_a_sentence_after_the_risk(tmp_path: Path) -> None:
    child = Child(tmp_path / "nothing")
    child.ask("early", drafts=0)
    error = child.until("error")
    assert (error["kind"], "no such model folder" in error["message"]) == ("input", True)
    assert [event["type"] for event in child.seen] in (["risk", "error"], ["error"])
    assert child.end()[0] == 2


def test_a_sealed_bundle_opens_with_its_run_key(desk_bundle: Path, tmp_path: Path) -> None:
    key = bytes(range(KEY_BYTES))
    source = desk_bundle.parent
    sealed, _ = make_bundle(
        source / "model", source / "critic", tmp_path / "sealed", key,
        name="s", version="1", licence="none", notice="Made of one clinic's words.",
    )  # fmt: skip
    child = Child(sealed, "--sealed")
    child.send(base64.b64encode(key).decode())
    assert child.until("ready")["notice"] == "Made of one clinic's words."
    assert child.end()[0] == 0
