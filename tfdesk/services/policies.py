"""What the clinic decided for everybody who uses a vault, signed by its supervisor.

So far one thing: whether emotions are read and shown at all (T10). A decision that was changed without the
supervisor's key counts as the stricter one.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, replace

from tfdesk.services.access import Access
from tfdesk.store import audit, crypto, decisions, signatures
from tfdesk.store.signatures import Signer
from tfdesk.store.vault import Db, Vault

_FACT = "emotion policy"


@dataclass(frozen=True, slots=True)
class EmotionPolicy:
    """Whether emotions are ``shown``, since when (UTC seconds); ``public`` and ``signature`` are hex."""

    shown: bool
    at: float
    public: str = ""
    signature: str = ""

    @property
    def statement(self) -> bytes:
        """What is signed."""
        return signatures.statement("emotion policy 1", shown=self.shown, at=self.at)

    @property
    def fingerprint(self) -> str:
        """Of the key it is signed with."""
        return crypto.fingerprint(self.public) if self.public else ""

    def signed_by(self, signer: Signer) -> EmotionPolicy:
        """The same with a signature."""
        return replace(self, public=signer.public, signature=signer.sign(self.statement))


def policy(vault: Vault) -> EmotionPolicy | None:
    """The decision that stands; None when nobody decided. One without a supervisor's signature hides."""
    with vault.read() as db:
        value = decisions.fact(db, _FACT)
        if value is None:
            return None
        try:
            made = EmotionPolicy(**json.loads(value))
            return made if _stands(db, made) else EmotionPolicy(False, 0.0)
        except (ValueError, TypeError):
            return EmotionPolicy(False, 0.0)


def emotion_shown(vault: Vault) -> bool:
    """Whether emotions may be read and shown."""
    made = policy(vault)
    return made is None or made.shown


def decide(access: Access, passphrase: str, *, shown: bool) -> EmotionPolicy:
    """Record the decision, signed with the supervisor's key, in the vault and its audit log.

    Raises Locked, RoleMissing, WrongPassphrase.
    """
    signer = access.confirm(passphrase, "supervisor")
    made = EmotionPolicy(shown, time.time()).signed_by(signer)
    with access.vault.write() as db:
        decisions.set_fact(db, _FACT, json.dumps(asdict(made)))
        audit.append(db, "emotion policy", made.at, role="supervisor", shown=int(shown))
        signatures.sign_log(db, signer, "emotion policy", made.at)
    return made


def _stands(db: Db, made: EmotionPolicy) -> bool:
    known = any(key.public == made.public for key in signatures.keys(db, "supervisor"))
    return known and crypto.verifies(made.public, made.signature, made.statement)
