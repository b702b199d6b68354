"""The only process that talks to the computer's key ring; it lives for one question.

A key ring can hang (a Secret Service that never answers), so the parent gives this child a time limit and
ends it. One JSON line in, one out; secrets travel by these pipes, never as an argument. Backends that would
store in plain text, or nothing at all, are refused: only those on the list are used.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import IO, Any

SERVICE = "tfdesk"
ALLOWED = (
    "keyring.backends.SecretService",
    "keyring.backends.kwallet",
    "keyring.backends.macOS",
    "keyring.backends.Windows",
)


def main(allowed: Sequence[str] = ALLOWED) -> int:
    """Answer the one question on stdin. ``allowed``: modules whose backends may be used."""
    answer = _answer(sys.stdin, allowed)
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
    return 0


def _answer(questions: IO[str], allowed: Sequence[str]) -> dict[str, Any]:
    question = json.loads(questions.readline())
    try:
        backend = _backend(allowed)
        if backend is None:
            return {"status": "none"}
        return _ask(backend, question)
    except Exception:  # every backend has errors of its own, and their texts are not ours to pass on
        return {"status": "failed"}


def _backend(allowed: Sequence[str]) -> Any:
    """The backend the computer is set up for, if it is on the list; of several the preferred one."""
    import keyring

    chosen = keyring.get_keyring()
    candidates = getattr(chosen, "backends", None) or [chosen]  # a chain lists its members, best first
    return next((c for c in candidates if type(c).__module__ in allowed), None)


def _ask(backend: Any, question: dict[str, Any]) -> dict[str, Any]:
    name = question.get("name", "")
    match question["do"]:
        case "get":
            return {"status": "ok", "secret": backend.get_password(SERVICE, name)}
        case "set":
            backend.set_password(SERVICE, name, question["secret"])
            kept = backend.get_password(SERVICE, name) == question["secret"]
            return {"status": "ok" if kept else "failed"}
        case "delete":
            if backend.get_password(SERVICE, name) is not None:
                backend.delete_password(SERVICE, name)
            return {"status": "ok"}
        case _:  # "look": is there one that answers
            backend.get_password(SERVICE, "is it there")
            return {"status": "ok"}
