"""The key under which the clinic's training runs, and the bundles made from them, are sealed."""

from __future__ import annotations

from tfdesk.store import decisions
from tfdesk.store.vault import Vault

_FACT = "run key"


def run_key(vault: Vault) -> bytes:
    """32 bytes, the same each time, also after the vault's own key was changed. Raises Locked."""
    with vault.read() as db:
        kept = decisions.fact(db, _FACT)
    return bytes.fromhex(kept) if kept else vault.sub_key("runs")


def carry_over(old: Vault, new: Vault) -> None:
    """Keep the run key of ``old`` in ``new``, whose own key is another: the sealed files stay readable."""
    key = run_key(old)
    with new.write() as db:
        decisions.set_fact(db, _FACT, key.hex())
