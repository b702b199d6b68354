"""The log: what the program did, never what anyone said.

Texts given as arguments are replaced by their length unless marked ``Public``; an exception shows its type
and where it was raised, and its message only when it is one of ours (those hold no client words). Messages of
libraries, already formatted and of unknown content, are withheld.
"""

from __future__ import annotations

import logging
import sys
import traceback
from logging.handlers import RotatingFileHandler
from types import TracebackType
from typing import Any

from tfdesk.core.errors import KnownError, TfdeskError
from tfdesk.core.paths import Paths

_BYTES, _KEPT = 1 << 20, 3


class Public(str):
    """A text that may be logged: a state, a file name of ours, a version. Never anything a person typed."""

    __slots__ = ()


class RedactingFormatter(logging.Formatter):
    """Formats records without the texts they carry."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        safe = logging.makeLogRecord(record.__dict__)
        # Another handler may have cached the whole traceback, message included: never reuse it.
        safe.exc_text = safe.stack_info = None
        if record.name.split(".")[0] not in ("tfdesk", "__main__"):
            safe.msg, safe.args = f"({len(record.getMessage())} characters withheld)", ()
        elif isinstance(record.args, tuple):
            safe.args = tuple(_without_text(value) for value in record.args)
        else:
            safe.args = {key: _without_text(value) for key, value in (record.args or {}).items()}
        return super().format(safe)

    def formatException(
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        return describe(ei[1]) if ei[1] is not None else ""


def describe(error: BaseException) -> str:
    """The exception's chain of types, files, lines and functions; messages only of our own errors."""
    lines: list[str] = []
    shown: BaseException | None = error
    while shown is not None and len(lines) < 200:
        for frame in traceback.extract_tb(shown.__traceback__):
            lines.append(f"  {frame.filename}:{frame.lineno} {frame.name}")
        message = f": {shown}" if isinstance(shown, TfdeskError) else ""
        lines.append(f"{type(shown).__name__}{message}")
        shown = shown.__cause__ or (None if shown.__suppress_context__ else shown.__context__)
    return "\n".join(lines)


def _without_text(value: Any) -> Any:
    if value is None or isinstance(value, Public | int | float):
        return value
    if isinstance(value, BaseException):
        return f"{type(value).__name__}{f': {value}' if isinstance(value, TfdeskError) else ''}"
    if isinstance(value, str | bytes):
        return f"({len(value)} characters)"
    return f"({type(value).__name__})"


def setup_logging(paths: Paths) -> None:
    """Send warnings of libraries and everything of ours to the log file, warnings of ours to stderr too.

    A log file that cannot be opened is no reason to stop: stderr alone is used then.
    """
    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler.formatter, RedactingFormatter):
            root.removeHandler(handler)
            handler.close()
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    handlers[0].setLevel(logging.WARNING)
    try:
        paths.log_file.parent.mkdir(parents=True, exist_ok=True)
        file = RotatingFileHandler(paths.log_file, maxBytes=_BYTES, backupCount=_KEPT, encoding="utf8")
        handlers.append(file)
    except OSError as error:
        problem = KnownError(f"The log file cannot be written ({error.strerror}).")
        logging.getLogger(__name__).warning("%s", problem)
    for handler in handlers:
        handler.setFormatter(RedactingFormatter())
        root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("tfdesk").setLevel(logging.INFO)
