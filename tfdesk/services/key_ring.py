"""The computer's key ring as the rest of tfdesk sees it: short questions, a time limit, no plain text."""

from __future__ import annotations

import base64
import binascii
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tfdesk.core.errors import KeyRingUnavailable
from tfdesk.core.said import joined, said

SECONDS = 8.0  # a person may have to answer the key ring's own dialogue; a hung one must not hold up more
_SENTENCES = {
    "none": said("This computer has no key ring that keeps secrets encrypted."),
    "failed": said("The key ring refused to keep the secret."),
    "hung": said("The key ring did not answer in time."),
}
_PASSPHRASE = said("Use the passphrase instead.")


@dataclass(frozen=True, slots=True)
class KeyringStatus:
    """Whether the key ring can be used, as a sentence for the person."""

    available: bool
    sentence: str


class KeyRing:
    """Keeps wrapping keys in the computer's key ring, each question in a child that can be ended."""

    def __init__(self, command: Sequence[str] | None = None, seconds: float = SECONDS) -> None:
        self._command = list(command) if command else _child_command()
        self._seconds = seconds

    def status(self) -> KeyringStatus:
        """Ask the key ring whether it is there; takes up to the time limit."""
        status = self._ask("look")["status"]
        if status == "ok":
            return KeyringStatus(True, said("The key ring of this computer can open the vault for you."))
        return KeyringStatus(False, joined(_SENTENCES[status], _PASSPHRASE))

    def get(self, name: str) -> bytes | None:
        """The secret kept under ``name``; None when there is none. Raises KeyRingUnavailable."""
        secret = self._require(self._ask("get", name=name)).get("secret")
        try:
            return None if secret is None else base64.b64decode(secret, validate=True)
        except (binascii.Error, ValueError):
            return None

    def set(self, name: str, secret: bytes) -> None:
        """Keep a secret and read it back. Raises KeyRingUnavailable."""
        self._require(self._ask("set", name=name, secret=base64.b64encode(secret).decode()))

    def delete(self, name: str) -> None:
        """Forget a secret. Raises KeyRingUnavailable."""
        self._require(self._ask("delete", name=name))

    def _require(self, answer: dict[str, Any]) -> dict[str, Any]:
        if answer["status"] != "ok":
            raise KeyRingUnavailable(_SENTENCES[answer["status"]], _PASSPHRASE)
        return answer

    def _ask(self, do: str, **fields: str) -> dict[str, Any]:
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.CREATE_NO_WINDOW
        try:
            done = subprocess.run(
                self._command,
                input=json.dumps({"do": do, **fields}) + "\n",
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # what a key ring complains about may name secrets
                encoding="utf8",
                timeout=self._seconds,
                creationflags=flags,
                check=False,
            )
            answer = json.loads(done.stdout)
        except subprocess.TimeoutExpired:
            return {"status": "hung"}
        except (OSError, ValueError):
            return {"status": "failed"}
        known = isinstance(answer, dict) and answer.get("status") in ("ok", *_SENTENCES)
        return answer if known else {"status": "failed"}


def _child_command() -> list[str]:
    if getattr(sys, "frozen", False):
        return [sys.executable, "keyring-child"]
    return [sys.executable, "-m", "tfdesk", "keyring-child"]


def default_keyring() -> KeyRing | None:
    """The computer's key ring; None when TFDESK_NO_KEYRING=1 keeps it out."""
    return None if os.environ.get("TFDESK_NO_KEYRING") == "1" else KeyRing()
