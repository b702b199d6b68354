"""A language model on this computer as a judge of replies: blinded pairs, a published rubric.

The judge reads the conversation and two replies in random order and rates each by
``resources/report/rubric.md``. The model's reply is paired with each other system's and with two floors: an
echo of the client and a constant. What the floors get says what the judge's scores are worth. A judge is
never a reward: nothing that trains or ranks may import this module (checked). Torch-free.
"""

from __future__ import annotations

import hashlib
import http.client
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from trainer.config import InputError, JudgeConfig, resources_dir
from trainer.judgements import (
    CRITERIA,
    Judgement,
    Pair,
    Scores,
    chosen_systems,
    make_pairs,
    read_exchanges,
    summary,
)
from trainer.loopback import Loopback
from trainer.run import Run, read_bytes

WORST, BEST = 1, 5
TRIES = 3
SAVE_EVERY = 10  # answers that a killed run may lose
BUSY = (408, 429)  # and 5xx: worth another try
FILE, SUMMARY = "judgements.jsonl", "judge.json"
REMINDER = "Answer with the JSON object of the rubric alone."


def judge(config: JudgeConfig, run: Run, predictions: Path) -> bool:
    """Have the pairs judged that are not judged yet; write judgements and summary. False when stopped.

    Raises InputError for an address that is not this computer's, unusable predictions or a silent server.
    """
    if config.pairs < 1 or config.timeout <= 0:
        raise InputError("judge: pairs and timeout must be above 0.")
    server = Loopback(config.url, config.timeout)
    _, data = read_bytes(predictions, run.key)
    exchanges = read_exchanges(data, predictions.name)
    systems = chosen_systems(config.systems, exchanges)
    rubric = (resources_dir() / "report" / "rubric.md").read_text(encoding="utf8")
    pairs = make_pairs(exchanges, systems, config, digest=hashlib.sha256(data + rubric.encode()).hexdigest())
    known = _earlier(run, pairs)
    run.progress("started", total=len(pairs), resumed_from=len(known))
    try:
        for pair in pairs:
            if run.stop.is_set():
                break
            if pair.id not in known:
                scores = _asked(server, config.model, rubric, pair)
                known[pair.id] = Judgement(
                    pair.id, pair.exchange.dialogue, pair.exchange.turn, pair.order, scores
                )
                run.progress("step", step=len(known), metrics={"unanswered": _unanswered(known.values())})
                if len(known) % SAVE_EVERY == 0:
                    _save(run, known.values())
    finally:
        if known:
            _save(run, known.values())
    if len(known) < len(pairs):
        run.progress("cancelled", step=len(known))
        return False
    made = summary(list(known.values()), systems, config.seed)
    made |= {"config": asdict(config), "rubric_sha256": hashlib.sha256(rubric.encode()).hexdigest()}
    run.out.write(SUMMARY, json.dumps(made, indent=1, allow_nan=False).encode())
    run.progress("done", out=str(run.out.path), metrics={"unanswered": made["unanswered"]})
    return True


def _asked(server: Loopback, model: str, rubric: str, pair: Pair) -> tuple[Scores, Scores] | None:
    """The judge's scores; None when it gives no usable answer in ``TRIES`` tries. Raises InputError."""
    message = pair.message
    path = "/chat/completions" if server.url.rstrip("/").endswith("/v1") else "/v1/chat/completions"
    for _ in range(TRIES):
        messages = [{"role": "system", "content": rubric}, {"role": "user", "content": message}]
        try:
            answer = server.post(path, {"model": model, "messages": messages, "temperature": 0})
        except ConnectionRefusedError:
            raise InputError(
                f"{server.url}: no server answers there; start it. What is judged is kept (--resume)."
            ) from None
        except (OSError, http.client.HTTPException):
            continue
        if answer.status == 200:
            scores = read_scores(answer.body)
            if scores is not None:
                return scores
            message = f"{pair.message}\n\n{REMINDER}"
        elif answer.status < 500 and answer.status not in BUSY:
            raise InputError(f"{server.url}: the server refuses the request (status {answer.status}).")
    return None


def read_scores(body: Any) -> tuple[Scores, Scores] | None:
    """Scores of the first and the second reply out of a completion; None unless all eight are there."""
    try:
        text = body["choices"][0]["message"]["content"]
        found, _ = json.JSONDecoder().raw_decode(text, text.index("{"))
        first, second = ({name: found[place][name] for name in CRITERIA} for place in ("first", "second"))
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, RecursionError):
        return None
    given = [*first.values(), *second.values()]
    right = all(type(score) is int and WORST <= score <= BEST for score in given)
    return (first, second) if right else None


def _earlier(run: Run, pairs: Sequence[Pair]) -> dict[str, Judgement]:
    """What an earlier run judged; pairs that got no answer are asked again. Raises InputError."""
    if not run.out.exists(FILE):
        return {}
    if not run.resume:
        raise InputError(f"{run.out.path.name}: --out holds judgements; add --resume or choose a new folder.")
    rows = [json.loads(line) for line in run.out.read(FILE).decode().splitlines()]
    if not {row["pair"] for row in rows} <= {pair.id for pair in pairs}:
        raise InputError(
            f"{run.out.path.name}: its judgements are of other predictions or settings; choose a new folder."
        )
    return {
        row["pair"]: Judgement(
            row["pair"], row["dialogue"], row["turn"], tuple(row["order"]), tuple(row["scores"])
        )
        for row in rows
        if row["scores"] is not None
    }


def _save(run: Run, judgements: Iterable[Judgement]) -> None:
    lines = "".join(json.dumps(asdict(one)) + "\n" for one in judgements)
    run.out.write(FILE, lines.encode())


def _unanswered(judgements: Iterable[Judgement]) -> int:
    return sum(one.scores is None for one in judgements)
