"""``tfdesk suggest FILE|-``: the main job without a window."""

from __future__ import annotations

import argparse
import io
import json
import sys
import textwrap
from contextlib import closing
from pathlib import Path

from tfdesk.cli import Subparsers, add_common, add_secrets, paths_of, read_passphrase
from tfdesk.core.errors import InputRefused, ModelUnavailable
from tfdesk.services.access import Access
from tfdesk.services.model_client import ModelClient
from tfdesk.services.models import SEALED, Models
from trainer.config import InputError, starter_dir
from trainer.dialogue import Dialogue, ends_with_client, parse_dialogue
from trainer.events import Suggestion, suggestion_json

MAX_DRAFTS = 5
WIDTH = 88


def add_parser(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "suggest", help="draft replies to the last client message of a dialogue", description=__doc__
    )
    parser.add_argument(
        "file", metavar="FILE|-", help="a dialogue (.json) or one a line (.jsonl); - reads stdin"
    )
    parser.add_argument("--drafts", type=int, default=3, help="how many to show, 0 only screens and detects")
    parser.add_argument("--emotion", default="auto", metavar="auto|off|LABEL", help="what the client feels")
    parser.add_argument("--strategy", metavar="LABEL", help="write every draft with this strategy")
    parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same drafts")
    parser.add_argument("--model", type=Path, metavar="DIR", help="model folder instead of the one in use")
    add_common(parser)
    add_secrets(parser)


def run(args: argparse.Namespace) -> int:
    """Check the whole input, then draft for every dialogue; errors are raised as KnownError or InputError."""
    if not 0 <= args.drafts <= MAX_DRAFTS:
        raise InputRefused(f"--drafts: ask for 0 to {MAX_DRAFTS}.")
    if args.file == "-" and args.passphrase_file == "-":
        raise InputRefused("The dialogue and the passphrase cannot both come from standard input.")
    dialogues = read_input(args.file)
    with closing(_started(args)) as client:
        _check_labels(args, client)
        for number, dialogue in enumerate(dialogues):
            answer = client.suggest(
                dialogue, drafts=args.drafts, emotion=args.emotion, strategy=args.strategy, seed=args.seed
            )
            if args.json:
                print(json.dumps(suggestion_json(answer), ensure_ascii=True), flush=True)
            else:
                print("\n" * bool(number) + for_people(dialogue, answer), flush=True)
    return 0


def read_input(file: str) -> list[Dialogue]:
    """Every dialogue of a file, all checked: one pretty-printed object, or one a line. Raises InputError."""
    name = "standard input" if file == "-" else Path(file).name
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise InputError(f"{name}: cannot be read ({error.strerror}).") from None
    whole = _single(raw)
    if whole is not None:
        return [ends_with_client(parse_dialogue(whole, name), name)]
    dialogues = [
        ends_with_client(dialogue, f"{name}, line {line}")
        for line, raw_line in enumerate(io.BytesIO(raw), start=1)
        for dialogue in _one_line(raw_line, name, line)
    ]
    if not dialogues:
        raise InputError(f"{name}: there is no dialogue in it.")
    return dialogues


def _single(raw: bytes) -> str | None:
    """The text when it is one JSON value over several lines, None when it is one a line (or damaged)."""
    try:
        text = raw.decode("utf-8-sig")
        json.loads(text)
    except (ValueError, RecursionError):
        return None
    return text if len(text.strip().splitlines()) > 1 else None


def _one_line(raw: bytes, name: str, number: int) -> list[Dialogue]:
    """The dialogue of a line as a list, empty for a blank line; errors name the line."""
    text = raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw
    try:
        line = text.decode("utf8")
    except UnicodeDecodeError:
        raise InputError(f"{name}, line {number}: not valid UTF-8; save the file as UTF-8.") from None
    return [parse_dialogue(line, f"{name}, line {number}")] if line.strip() else []


def _model(args: argparse.Namespace) -> tuple[Path, bytes | None]:
    """Folder of the model to use, and the key it is sealed under, if it is."""
    if args.passphrase_file is None:
        return args.model or Models(None, paths_of(args)).active(), None
    access = Access.default(paths_of(args))
    try:
        models = Models(access.unlock(read_passphrase(args.passphrase_file), args.role), paths_of(args))
        model_dir = args.model or models.active()
        sealed = any(model_dir.glob(f"*{SEALED}"))
        return model_dir, models.run_key() if sealed else None
    finally:
        access.lock()


def _started(args: argparse.Namespace) -> ModelClient:
    """The model process, loaded. A promoted model that is damaged gives way to the starter, said so."""
    model_dir, run_key = _model(args)
    client = ModelClient(model_dir, run_key)
    try:
        client.start()
    except ModelUnavailable as error:
        if model_dir in (args.model, starter_dir()):
            raise
        print(f"tfdesk: {error.line()} The starter drafts instead.", file=sys.stderr)
        client = ModelClient(starter_dir())
        client.start()
    return client


def _check_labels(args: argparse.Namespace, client: ModelClient) -> None:
    """Refuse unknown labels before anything is printed."""
    emotions, strategies = client.ready["emotions"], client.ready["strategies"]
    if args.emotion not in ("auto", "off", *emotions):
        raise InputRefused(f"--emotion: this model knows auto, off, {', '.join(emotions)}.")
    if args.strategy is not None and args.strategy not in strategies:
        raise InputRefused(f"--strategy: this model knows {', '.join(strategies)}.")


def for_people(dialogue: Dialogue, answer: Suggestion) -> str:
    """The answer as it is read in a terminal."""
    context = answer.context
    cut = ", older ones left out" if context.truncated else ""
    lines = [
        f"Client    {_wrapped(_shortened(dialogue.turns[-1].text), 10)}",
        f"Emotion   {_emotion_words(answer)}",
        f"Context   {context.turns_used} of {context.turns_total} turns, {context.tokens} tokens{cut}",
        f"Model     {answer.model.name} {answer.model.version}",
    ]
    if answer.risk.status == "hit":
        lines.append(f"Risk      {', '.join(answer.risk.categories)}")
    for number, draft in enumerate(answer.drafts, start=1):
        lines += [
            "",
            f"{number}  {draft.strategy}, reward {draft.reward.total:.2f}",
            f"   {_wrapped(draft.text, 3)}",
        ]
    if answer.reason is not None:
        lines += ["", _wrapped(answer.reason, 0)]
    return "\n".join(lines)


def _emotion_words(answer: Suggestion) -> str:
    if answer.emotion is None:
        return "not read"
    sure = "unsure, perhaps " if answer.emotion.abstained else ""
    return f"{sure}{answer.emotion.label} ({answer.emotion.confidence:.0%})"


def _shortened(text: str) -> str:
    # Control and direction characters could rearrange a terminal.
    plain = "".join(character if character.isprintable() else " " for character in text[:600])
    return textwrap.shorten(plain, 300, placeholder=" ...")


def _wrapped(text: str, indent: int) -> str:
    return textwrap.fill(text, WIDTH - indent, subsequent_indent=" " * indent)
