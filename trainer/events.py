"""What the window and its child processes say to each other: one JSON object a line. Torch-free.

In a child, events own stdout; prints, progress bars and logging go to stderr.

Model process (``trainer serve``), stdin -> stdout::

    {"type": "suggest", "request", "dialogue": {...}, "drafts": 3, "emotion": "auto"|"off"|LABEL,
     "strategy": LABEL|null, "seed": 0, "cleared": [turn index, ...]}    cleared: risk hits disposed of
    {"type": "stop", "request"}                 stop that request: answered by "stopped", nothing is kept
    {"type": "quit"}

    {"type": "ready", "model": {"name", "version", "sha256"}, "emotions": [...], "strategies": [...],
     "notice": str|null, "load_ms"}             once, when the model can draft
    {"type": "risk"|"emotion"|"context", "request", "value": {...}}     as soon as each is known
    {"type": "progress", "request", "done", "total"}                    candidates being written, unseen
    {"type": "draft", "request", "index", "value": {...}}               complete, screened, best first
    {"type": "result", "request", "value": {...}}                       the contract's whole answer
    {"type": "stopped", "request"}
    {"type": "error", "request": str|null, "kind": "input"|"bug", "message"}

Training process (every other command with ``--events``), stdin -> stdout::

    {"type": "cancel"}                          save a checkpoint and end

    {"type": "started", "command", "total", "resumed_from": int, "notes"?: [str], "halved"?: bool}
        notes: what the data lacks; halved: told again after memory ran out, with half as much at once
    {"type": "step", "step", "total", "metrics": {NAME: float}, "seconds_left": float|null}
    {"type": "sample", "step", "prompt", "reply", "reward"}             the same message as it learns
    {"type": "checkpoint", "step"}
    {"type": "done", "out", "metrics": {NAME: float}, "stopped"?: str}  stopped: why a run ended early
    {"type": "cancelled", "step"}
    {"type": "failed", "kind": "input"|"bug", "message"}
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import IO, Any

WITHHELD_RISK, WITHHELD_UNSCREENED, WITHHELD_ABSTAINED = "risk", "unscreened", "abstained"


@dataclass(frozen=True, slots=True)
class Span:
    """Characters ``start`` to ``end`` (Unicode code points of the original text).

    ``where`` is "reply", "context" or the index of a turn; ``delta`` is how much the component loses when
    these words are taken out.
    """

    where: str | int
    start: int
    end: int
    delta: float | None = None


@dataclass(frozen=True, slots=True)
class Component:
    """One part of a reward: value in [0, 1], its weight in the total, the words that moved it."""

    value: float
    weight: float
    evidence: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Reward:
    """Weighted mean of the components, in [0, 1]."""

    total: float
    components: Mapping[str, Component]


@dataclass(frozen=True, slots=True)
class Draft:
    """A complete, screened reply."""

    text: str
    strategy: str
    reward: Reward
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Risk:
    """status: "hit" (words found), "screened" (none found; never "no risk"), "unscreened" (failed)."""

    status: str
    categories: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Emotion:
    """Calibrated distribution of the client's emotion; ``abstained``: too flat to name one."""

    label: str
    confidence: float
    distribution: Mapping[str, float]
    abstained: bool


@dataclass(frozen=True, slots=True)
class ContextUsed:
    """What the model read: ``prompt`` is the model's input, slots visible."""

    situation: str | None
    turns_used: int
    turns_total: int
    tokens: int
    truncated: bool
    prompt: str


@dataclass(frozen=True, slots=True)
class ModelName:
    """Which model answered; ``sha256`` is the digest of its manifest."""

    name: str
    version: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The answer to one dialogue, as ``tfdesk suggest --json`` prints it."""

    model: ModelName
    risk: Risk
    emotion: Emotion | None
    context: ContextUsed
    drafts: tuple[Draft, ...]
    withheld: str | None
    reason: str | None
    timing_ms: Mapping[str, float | None] = field(default_factory=dict)


def span_json(span: Span) -> dict[str, Any]:
    """A span as in the contract; ``delta`` only when known."""
    made: dict[str, Any] = {"where": span.where, "start": span.start, "end": span.end}
    if span.delta is not None:
        made["delta"] = span.delta
    return made


def draft_json(draft: Draft) -> dict[str, Any]:
    return {
        "text": draft.text,
        "strategy": draft.strategy,
        "reward": {
            "total": draft.reward.total,
            "components": {
                name: {
                    "value": part.value,
                    "weight": part.weight,
                    "evidence": [span_json(span) for span in part.evidence],
                }
                for name, part in draft.reward.components.items()
            },
        },
        "flags": list(draft.flags),
    }


def risk_json(risk: Risk) -> dict[str, Any]:
    return {
        "status": risk.status,
        "categories": list(risk.categories),
        "spans": [span_json(span) for span in risk.spans],
    }


def emotion_json(emotion: Emotion | None) -> dict[str, Any] | None:
    return None if emotion is None else asdict(emotion) | {"distribution": dict(emotion.distribution)}


def context_json(context: ContextUsed) -> dict[str, Any]:
    return asdict(context)


def suggestion_json(answer: Suggestion) -> dict[str, Any]:
    """The contract's JSON object of ``tfdesk suggest``."""
    return {
        "model": asdict(answer.model),
        "risk": risk_json(answer.risk),
        "emotion": emotion_json(answer.emotion),
        "context": context_json(answer.context),
        "drafts": [draft_json(draft) for draft in answer.drafts],
        "withheld": answer.withheld,
        "reason": answer.reason,
        "timing_ms": dict(answer.timing_ms),
    }


def span_from(value: Mapping[str, Any]) -> Span:
    return Span(value["where"], value["start"], value["end"], value.get("delta"))


def draft_from(value: Mapping[str, Any]) -> Draft:
    components = {
        name: Component(part["value"], part["weight"], tuple(span_from(span) for span in part["evidence"]))
        for name, part in value["reward"]["components"].items()
    }
    return Draft(
        text=value["text"],
        strategy=value["strategy"],
        reward=Reward(value["reward"]["total"], components),
        flags=tuple(value["flags"]),
    )


def risk_from(value: Mapping[str, Any]) -> Risk:
    spans = tuple(span_from(span) for span in value["spans"])
    return Risk(value["status"], tuple(value["categories"]), spans)


def emotion_from(value: Mapping[str, Any] | None) -> Emotion | None:
    return None if value is None else Emotion(**value)


def context_from(value: Mapping[str, Any]) -> ContextUsed:
    return ContextUsed(**value)


def suggestion_from(value: Mapping[str, Any]) -> Suggestion:
    """The inverse of suggestion_json. Raises KeyError or TypeError for another shape."""
    return Suggestion(
        model=ModelName(**value["model"]),
        risk=risk_from(value["risk"]),
        emotion=emotion_from(value["emotion"]),
        context=context_from(value["context"]),
        drafts=tuple(draft_from(draft) for draft in value["drafts"]),
        withheld=value["withheld"],
        reason=value["reason"],
        timing_ms=value["timing_ms"],
    )


class EventWriter:
    """Writes events, one flushed line each; lines of several threads never mix."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def __call__(self, kind: str, /, **fields: Any) -> None:
        """Write one event. Values must be JSON; NaN and infinity are refused (ValueError)."""
        line = json.dumps({"type": kind, **fields}, ensure_ascii=True, allow_nan=False)
        with self._lock:
            self._stream.write(line + "\n")
            self._stream.flush()


def own_stdout() -> EventWriter:
    """Give stdout to events alone: whatever else prints from now on goes to stderr."""
    writer = EventWriter(sys.stdout)
    sys.stdout = sys.stderr
    return writer


def stdin_lines() -> Iterator[str]:
    """Lines of stdin, read past Python's buffers: a thread waiting in those blocks the interpreter's end."""
    rest: list[bytes] = []
    while more := os.read(0, 1 << 16):
        *whole, last = more.split(b"\n")
        for part in whole:
            yield b"".join([*rest, part]).decode("utf8", "replace")
            rest = []
        rest.append(last)
    if any(rest):
        yield b"".join(rest).decode("utf8", "replace")


def read_events(stream: IO[str]) -> Iterator[dict[str, Any]]:
    """Events from a stream until it ends. A line that is no event raises ValueError (ours to fix)."""
    for line in stream:
        if line.strip():
            yield parse_event(line)


def parse_event(line: str) -> dict[str, Any]:
    """One line to an event. Raises ValueError, without quoting the line, when it is none."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        raise ValueError("a line on the event stream is not JSON") from None
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        raise ValueError("a line on the event stream is not an event")
    return event
