"""``tfdesk-trainer`` / ``python -m trainer``: training, evaluation, the model process, bundles.

Exit codes: 0 done or stopped cleanly, 1 our bug, 2 bad input (one sentence says what to change).
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType

from trainer.commands import bundle, parser, run_training
from trainer.config import InputError
from trainer.events import own_stdout, parse_event, stdin_lines
from trainer.hardening import harden
from trainer.run import Progress
from trainer.sealed import parse_key

DONE, BUG, BAD_INPUT = 0, 1, 2
BUG_MESSAGE = "The program made a mistake and stopped; nothing that was saved is lost."
MEMORY_MESSAGE = (
    "There is not enough memory; set a smaller batch (--set batch=4, for rl --set completions=4)."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; see the module's text for the exit codes."""
    harden()
    _prepare_libraries()
    given = list(sys.argv[1:] if argv is None else argv)
    if given[:1] == ["serve"]:
        from trainer.serve import main as serve

        return serve(given[1:])
    arguments = parser().parse_args(given)
    events = vars(arguments).get("events", False)
    progress = Progress(arguments.command, own_stdout() if events else None)
    stop = threading.Event()
    lines = stdin_lines()
    try:
        key = parse_key(next(lines, "")) if arguments.sealed else None
        if events:
            threading.Thread(target=_await_cancel, args=(lines, stop), daemon=True).start()
        with _stopping_on_signals(stop):
            if arguments.command == "bundle":
                progress("done", out=str(bundle(arguments, key)), metrics={})
            else:
                run_training(arguments, key, progress, stop)
    except InputError as error:
        progress("failed", kind="input", message=str(error))
        return BAD_INPUT
    except Exception as error:
        return _failed(error, progress)
    return DONE


def _prepare_libraries() -> None:
    """Call before their first import: a trainer of TRL reports home when built, and logs may quote data.

    Threads that wait sleep: spinning for a core that another process holds made a step five times slower.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.update(
        HF_HUB_OFFLINE="1",
        TRANSFORMERS_OFFLINE="1",
        HF_DATASETS_OFFLINE="1",
        HF_HUB_DISABLE_TELEMETRY="1",
        DO_NOT_TRACK="1",
        TRL_EXPERIMENTAL_SILENCE="1",
        TRANSFORMERS_VERBOSITY="error",
        TOKENIZERS_PARALLELISM="false",
    )
    warnings.simplefilter("ignore")
    for name in ("trl", "accelerate", "datasets"):
        logging.getLogger(name).setLevel(logging.ERROR)


def _await_cancel(lines: Iterator[str], stop: threading.Event) -> None:
    for line in lines:
        try:
            kind = parse_event(line)["type"]
        except ValueError:
            continue
        if kind == "cancel":
            stop.set()


@contextlib.contextmanager
def _stopping_on_signals(stop: threading.Event) -> Iterator[None]:
    """The first signal asks for a clean stop, a second one ends the process at once."""

    def asked(number: int, _: FrameType | None) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    before = {number: signal.signal(number, asked) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _failed(error: Exception, progress: Callable[..., None]) -> int:
    """Out of memory is the user's to change, the rest is ours. Its text may quote a client: not shown."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        progress("failed", kind="input", message=MEMORY_MESSAGE)
        return BAD_INPUT
    frames = traceback.extract_tb(error.__traceback__)
    places = "; ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
    print(f"{type(error).__name__} at {places}", file=sys.stderr)
    progress("failed", kind="bug", message=BUG_MESSAGE)
    return BUG


if __name__ == "__main__":
    sys.exit(main())
