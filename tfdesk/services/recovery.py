"""The recovery key: typed back before the vault counts as set up, made anew, printed, used."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import Enum
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from tfdesk.core.errors import InputRefused
from tfdesk.core.files import write_atomically
from tfdesk.core.models import Role
from tfdesk.core.paths import localised
from tfdesk.core.said import said
from tfdesk.services.access import Access
from tfdesk.services.client_file import moment, refuse_existing
from tfdesk.store import audit, crypto, decisions, keys
from tfdesk.store.crypto import CannotOpen
from tfdesk.store.keys import KeyFile
from trainer.config import resources_dir

SHEET_WARNING = said(
    "the sheet is not encrypted; print it, keep it locked away from this computer, delete the file."
)
_TYPED_BACK = "recovery key typed back"  # a fact: the salt of the slot that the typed key opened


class RecoveryState(Enum):
    """Whether somebody has shown that they hold the recovery key."""

    NONE = "none"
    NOT_TYPED_BACK = "not typed back"
    TYPED_BACK = "typed back"


class Recovery:
    """Use cases around the recovery key of one vault."""

    def __init__(self, access: Access, *, now: Callable[[], float] = time.time) -> None:
        self._access = access
        self._now = now

    @property
    def state(self) -> RecoveryState:
        """Raises Locked."""
        vault, slots = self._access.vault, self._access.key_file().find("recovery")
        if not slots:
            return RecoveryState.NONE
        with vault.read() as db:
            typed = decisions.fact(db, _TYPED_BACK)
        return RecoveryState.TYPED_BACK if typed == _mark(slots) else RecoveryState.NOT_TYPED_BACK

    def confirm(self, typed: str) -> None:
        """The key was typed back from paper. Raises InputRefused (typing error, another key), Locked."""
        vault, file = self._access.vault, self._access.key_file()
        try:
            keys.open_with_recovery_key(file, typed)
        except ValueError:
            raise InputRefused(
                said("The key has a typing error."), said("Compare it letter by letter.")
            ) from None
        except CannotOpen:
            raise InputRefused(
                said("This is not the recovery key of this vault."), said("Type the newest one.")
            ) from None
        with vault.write() as db:
            decisions.set_fact(db, _TYPED_BACK, _mark(file.find("recovery")))
            audit.append(db, "recovery key typed back", self._now())

    def renew(self, role: Role) -> str:
        """Make a new recovery key, to be shown once; the old one no longer opens this vault.

        It still opens older copies and backups: only ``rekey`` changes the data key. Raises Locked or
        KnownError.
        """
        recovery_key = crypto.new_recovery_key()

        def renewed(file: KeyFile, key: bytes) -> KeyFile:
            without = file.without("recovery")
            return without.with_slot(keys.recovery_slot(without, key, recovery_key, role))

        self._change(renewed, "recovery key renewed", role)
        return recovery_key

    def remove(self, role: Role) -> None:
        """From now on only passphrases and the key ring open it. Raises InputRefused (no key), Locked."""
        if self.state is RecoveryState.NONE:
            raise InputRefused(said("The vault has no recovery key."), said("Nothing was changed."))
        self._change(lambda file, _: file.without("recovery"), "recovery key removed", role)

    def check_sheet(self, target: Path) -> None:
        """Whether a sheet may be written there. Raises InputRefused (exists, no folder, beside the vault)."""
        refuse_existing(target)
        folder = target.absolute().parent
        if not folder.is_dir():
            raise InputRefused(said("{0}: there is no such folder.", folder.name), said("Make it first."))
        if folder.resolve().is_relative_to(self._access.paths.root.resolve()):
            raise InputRefused(
                said("The sheet would lie beside the vault: who takes the folder could open it."),
                said("Choose a place outside the data folder."),
            )

    def write_sheet(self, recovery_key: str, target: Path, language: str = "en") -> None:
        """Write a page to print, for the owner's eyes only. Raises as ``check_sheet``, KnownError."""
        self.check_sheet(target)
        template = localised(resources_dir() / "export" / "recovery.html.j2", language)
        source = template.read_text(encoding="utf8")
        page = Environment(autoescape=True, undefined=StrictUndefined).from_string(source)
        groups = recovery_key.split("-")
        made = moment(self._now())
        vault = self._access.key_file().vault[:8]
        write_atomically(target, page.render(groups=groups, made=made, vault=vault).encode("utf8"))

    def _change(self, change: Callable[[KeyFile, bytes], KeyFile], kind: str, role: Role) -> None:
        self._access.change_slots(change)
        with self._access.vault.write() as db:
            audit.append(db, kind, self._now(), role=role)

    def open(self, recovery_key: str, passphrase: str, role: Role = "therapist") -> str:
        """Open the vault with the key on paper and give a role a new passphrase and signing key.

        Returns the fingerprint of the new key. Raises InputRefused, WrongPassphrase, KnownError; the vault
        is locked then.
        """
        keys.check_passphrase(passphrase)
        self._access.unlock_with_recovery_key(recovery_key)
        try:
            with self._access.vault.write() as db:
                audit.append(db, "opened with the recovery key", self._now(), role=role)
            return self._access.set_passphrase(passphrase, role)
        except BaseException:
            self._access.lock()
            raise


def _mark(slots: tuple[keys.Slot, ...]) -> str:
    return " ".join(slot.salt.hex() for slot in slots)
