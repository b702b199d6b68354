"""A model process without a model: a real child that speaks the protocol of trainer/events.py.

What it does follows from the client's last words (or the words given as arguments), to bring up every state:
"GIVE-UP" abstains, "UNSCREENED" fails the screen, "HANG" never answers, "CRASH" dies while drafting, "REFUSE"
fails the request; "the dog" is a risk hit. Everything else is drafted at once. ``--slow`` writes
candidates only as far as 5 of 12 and then waits for "stop"; ``--broken`` cannot load.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

EMOTIONS = ["neutral", "joy", "sadness", "depression", "fear", "anger", "disgust", "shame"]
STRATEGIES = ["open question", "reflection", "validation", "interpretation", "suggestion", "information"]
MODEL = {"name": "Sample model", "version": "1", "sha256": "0" * 64}
DRAFTS = [
    (
        "reflection",
        0.81,
        "The sentence was in your pocket and it stayed there, and then you watched the swimming bag go back "
        "upstairs. That second part seems to be what hurts most.",
        ["in your pocket", "the swimming bag go back upstairs"],
    ),
    ("open question", 0.76, "What was it like to see her take the bag back up without asking?", ["the bag"]),
    (
        "validation",
        0.70,
        "You carried it the whole shift. Getting it from the pocket to your mouth is the hard part, and you "
        "are working on exactly that.",
        ["the whole shift"],
    ),
]


def say(kind: str, /, **fields: Any) -> None:
    sys.stdout.write(json.dumps({"type": kind, **fields}) + "\n")
    sys.stdout.flush()


def find(text: str, words: str, where: str | int) -> dict[str, Any]:
    start = text.index(words)
    return {"where": where, "start": start, "end": start + len(words)}


def draft(strategy: str, total: float, text: str, evidence: list[str]) -> dict[str, Any]:
    names = {"emotion": 0.03, "relevance": 0.10, "professional": -0.03, "empathy": -0.08}
    components = {
        name: {
            "value": round(total + shift, 2),
            "weight": 0.25,
            "evidence": [find(text, words, "reply") for words in evidence] if name == "relevance" else [],
        }
        for name, shift in names.items()
    }
    reward = {"total": total, "components": components}
    return {"text": text, "strategy": strategy, "reward": reward, "flags": []}


def drafts_as(strategy: str | None, count: int) -> list[dict[str, Any]]:
    made = [draft(strategy or own, total, text, evidence) for own, total, text, evidence in DRAFTS]
    return made[:count]


def risk_in(turns: list[dict[str, Any]], asked: str) -> dict[str, Any]:
    """A hit when any client turn since the last reply speaks of the dog."""
    for where in range(len(turns) - 1, -1, -1):
        text = turns[where]["text"]
        if turns[where]["speaker"] == "therapist":
            break
        if "the dog" in text or "my dog" in text:
            marked = [w for w in ("the dog", "my dog to my brother", "really, you did your bit") if w in text]
            spans = [find(text, words, where) for words in marked]
            return {"status": "hit", "categories": ["suicide"], "spans": spans}
    status = "unscreened" if "UNSCREENED" in asked else "screened"
    return {"status": status, "categories": [], "spans": []}


def emotion_in(text: str) -> dict[str, Any]:
    if "unsure" in text:
        shares = {"sadness": 0.24, "fear": 0.22, "neutral": 0.2, "shame": 0.18, "anger": 0.16}
        return {"label": "sadness", "confidence": 0.24, "distribution": shares, "abstained": True}
    shares = {"shame": 0.58, "sadness": 0.27, "neutral": 0.08, "fear": 0.07}
    return {"label": "shame", "confidence": 0.58, "distribution": shares, "abstained": False}


def answer(message: dict[str, Any], slow: bool) -> None:
    turns = message["dialogue"]["turns"]
    text, request = " ".join([turns[-1]["text"], *sys.argv[1:]]), message["request"]
    risk, emotion = risk_in(turns, text), None if message["emotion"] == "off" else emotion_in(text)
    situation = message["dialogue"]["context"]
    context = {
        "situation": situation,
        "turns_used": min(8, len(turns)),
        "turns_total": len(turns),
        "tokens": 231,
        "truncated": len(turns) > 8,
        "prompt": f"<|context|>{situation or ''}<|client|>{turns[-1]['text']}<|emotion|>",
    }
    say("risk", request=request, value=risk)
    if "HANG" in text:
        return
    if "REFUSE" in text:
        say("error", request=request, kind="input", message="The last turn cannot be used.")
        return
    say("emotion", request=request, value=emotion)
    say("context", request=request, value=context)
    withheld, reason, drafts = None, None, drafts_as(message["strategy"], message["drafts"])
    if risk["status"] != "screened":
        withheld = "risk" if risk["status"] == "hit" else "unscreened"
    elif "GIVE-UP" in text:
        withheld, reason = "abstained", "There is too little to go on; nothing was drafted."
    if withheld is None:
        say("progress", request=request, done=5, total=12)
        if "CRASH" in text:
            os._exit(9)
        if slow:
            return
        say("progress", request=request, done=12, total=12)
    value = {
        "model": MODEL,
        "risk": risk,
        "emotion": emotion,
        "context": context,
        "drafts": drafts if withheld is None else [],
        "withheld": withheld,
        "reason": reason,
        "timing_ms": {},
    }
    say("result", request=request, value=value)


def main() -> int:
    if "--broken" in sys.argv:
        say("error", request=None, kind="input", message="model.safetensors is damaged.")
        return 2
    say("ready", model=MODEL, emotions=EMOTIONS, strategies=STRATEGIES, notice=None, load_ms=1.0)
    hanging = False
    for line in sys.stdin:
        message = json.loads(line)
        if message["type"] == "quit":
            return 0
        if message["type"] == "stop" and not hanging:
            say("stopped", request=message["request"])
        elif message["type"] == "suggest":
            hanging = "HANG" in message["dialogue"]["turns"][-1]["text"]
            answer(message, "--slow" in sys.argv)
    return 0


if __name__ == "__main__":
    sys.exit(main())
