"""Who signed an audit log, and up to which entry: pure, for logs in a vault and out of it.

A signature counts when its key is named by the log for that role, no later than where it was made; when it
is genuine; and when the log's entries up to there are the ones that were signed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from tfdesk.core.said import said
from tfdesk.store import crypto
from tfdesk.store.audit import Entry
from tfdesk.store.signatures import Checkpoint

# {0} is the role, {1} the entry, {2} the log's last entry.
WORDS = {
    "signature changed": said(
        "The {0}'s signature of entries 1 to {1} is not genuine: it was changed, or made without the {0}'s "
        "key, and proves nothing."
    ),
    "signature of another log": said(
        "The {0} signed other entries than these: what is in the log up to entry {1} was written anew after "
        "it was signed."
    ),
    "signed and cut off": said(
        "The {0} signed entries 1 to {1}, but the log ends at entry {2}: entries were cut off at its end."
    ),
    "signed by a stranger": said(
        "Entries 1 to {1} are signed in the {0}'s name with a key that the log does not name as the {0}'s: "
        "the signature proves nothing."
    ),
    "another key": said(
        "The {0}'s signature of entries 1 to {1} was made with another key than noted: not by the person who "
        "holds that one, unless a lost passphrase brought a new key; then give both."
    ),
    "nothing signed": said("The {0}, whose key was noted, signed nothing in this log."),
}
UNSIGNED = said("Nobody signed it.")
Noted = Mapping[str, set[str]]


@dataclass(frozen=True, slots=True)
class Covered:
    """A good signature: the role stands behind entries 1 to ``sequence``."""

    role: str
    sequence: int
    at: float
    fingerprint: str
    after: int  # entries that come later

    @property
    def sentence(self) -> str:
        day = datetime.fromtimestamp(self.at, UTC).strftime("%Y-%m-%d %H:%M")
        if self.after:
            return said(
                "The {0}'s signature of {1} UTC covers entries 1 to {2}; {3} later entries are not covered. "
                "Key {4}.",
                self.role,
                day,
                self.sequence,
                self.after,
                self.fingerprint,
            )
        return said(
            "The {0}'s signature of {1} UTC covers entries 1 to {2}; nothing comes after. Key {3}.",
            self.role,
            day,
            self.sequence,
            self.fingerprint,
        )


@dataclass(frozen=True, slots=True)
class SignatureFault:
    """The first signature that does not hold; ``kind`` is a key of WORDS."""

    kind: str
    role: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Signatures:
    """The furthest good signature of each role, and the first bad one, if any."""

    covered: tuple[Covered, ...]
    fault: SignatureFault | None


def check(entries: list[Entry], checkpoints: list[Checkpoint], noted: Noted, whole_until: int) -> Signatures:
    """Hold signatures against the log.

    ``noted``: fingerprints by role that were kept elsewhere; there must be signatures of that role then, and
    all by those keys.
    ``whole_until``: the chain is unbroken up to this entry; what was signed further on is not looked at.
    """
    named = _named_keys(entries)
    good: dict[str, Checkpoint] = {}
    fault: SignatureFault | None = None
    for checkpoint in sorted(checkpoints, key=lambda one: one.sequence):
        kind = _fault(entries, checkpoint, named, noted, whole_until)
        if kind is None and checkpoint.sequence <= whole_until:
            good[checkpoint.role] = checkpoint
        elif kind is not None and fault is None:
            fault = SignatureFault(kind, checkpoint.role, checkpoint.sequence)
    missing = sorted(noted.keys() - good.keys())
    if missing and fault is None and whole_until == len(entries):
        fault = SignatureFault("nothing signed", missing[0], 0)
    covered = tuple(
        Covered(role, one.sequence, one.at, crypto.fingerprint(one.public), len(entries) - one.sequence)
        for role, one in sorted(good.items())
    )
    return Signatures(covered, fault)


def _fault(
    entries: list[Entry],
    checkpoint: Checkpoint,
    named: Mapping[tuple[str, str], int],
    noted: Noted,
    whole_until: int,
) -> str | None:
    fingerprint = crypto.fingerprint(checkpoint.public)
    if not checkpoint.genuine:
        return "signature changed"
    if fingerprint not in noted.get(checkpoint.role, {fingerprint}):
        return "another key"
    if whole_until < min(checkpoint.sequence, len(entries)):  # the break in the chain is told instead
        return None
    if checkpoint.sequence > len(entries):
        return "signed and cut off"
    if checkpoint.sequence < 1 or entries[checkpoint.sequence - 1].own != checkpoint.hash:
        return "signature of another log"
    if named.get((checkpoint.role, fingerprint), len(entries) + 1) > checkpoint.sequence:
        return "signed by a stranger"
    return None


def _named_keys(entries: list[Entry]) -> dict[tuple[str, str], int]:
    """Role and fingerprint of every key that the log names, with the entry that names it first."""
    found: dict[tuple[str, str], int] = {}
    for number, entry in enumerate(entries, start=1):
        if '"key":' not in entry.body:
            continue
        try:
            facts = json.loads(entry.body)
        except (ValueError, RecursionError):
            continue
        if isinstance(facts, dict):
            found.setdefault((str(facts.get("role")), str(facts.get("key"))), number)
    return found
