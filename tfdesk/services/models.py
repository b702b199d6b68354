"""Which model drafts: the starter that ships with the program, or a bundle that a supervisor promoted.

Whether a bundle may be loaded is checked by the model process, file by file; here only which one it is.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from tfdesk.core.errors import KnownError, Locked, ModelUnavailable
from tfdesk.core.paths import Paths
from tfdesk.services.access import Access
from tfdesk.services.run_key import run_key
from tfdesk.store import audit, decisions
from tfdesk.store.vault import Vault
from trainer.config import starter_dir

MANIFEST, SEALED = "bundle.json", ".sealed"
_ACTIVE = "active model"
_LARGEST_BUNDLE_FILES = 20

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model that can be used; ``promoted_at`` is None for the starter."""

    name: str
    path: Path
    active: bool
    promoted_at: float | None


@dataclass(frozen=True, slots=True)
class _Promoted:
    """As the vault records it: folder below models_dir, SHA-256 of the manifest file as it lies there."""

    folder: str
    name: str
    manifest: str
    at: float


class Models:
    """The models of this clinic. Without a vault (locked) only the starter is known."""

    def __init__(self, vault: Vault | None, paths: Paths) -> None:
        self._vault = vault
        self._paths = paths

    def active(self) -> Path:
        """Folder of the model in use: the promoted one while it is unchanged, else the starter."""
        promoted = self._promoted()
        if promoted is None:
            return starter_dir()
        folder = self._paths.models_dir / promoted.folder
        if _manifest_sha256(folder) != promoted.manifest:
            log.warning("the promoted model is missing or was changed; the starter is used")
            return starter_dir()
        return folder

    def run_key(self) -> bytes:
        """The 32 bytes under which this vault's runs, and the bundles made from them, are sealed."""
        if self._vault is None:
            raise Locked
        return run_key(self._vault)

    def list(self) -> list[ModelEntry]:
        """The starter and the promoted model, if any."""
        active, promoted = self.active(), self._promoted()
        entries = [ModelEntry("starter", starter_dir(), active == starter_dir(), None)]
        if promoted is not None:
            folder = self._paths.models_dir / promoted.folder
            entries.append(ModelEntry(promoted.name, folder, active == folder, promoted.at))
        return entries

    def promote(self, bundle: Path, name: str, *, access: Access, passphrase: str) -> Path:
        """Use a bundle from now on, confirmed by the supervisor's passphrase; returns where it was copied to.

        Raises Locked, RoleMissing, WrongPassphrase, ModelUnavailable (no bundle), KnownError (disk full).
        """
        if self._vault is None:
            raise Locked
        access.confirm(passphrase, "supervisor")
        digest = _manifest_sha256(bundle)
        if digest is None:
            raise ModelUnavailable(f"{bundle.name} is no model bundle ({MANIFEST} is missing).")
        promoted = _Promoted(digest[:16], name, digest, time.time())
        folder = self._paths.models_dir / promoted.folder
        if _manifest_sha256(folder) != digest:
            _copy_bundle(bundle, folder)
        with self._vault.write() as db:
            fields = {"folder": promoted.folder, "name": name, "manifest": digest, "at": promoted.at}
            decisions.set_fact(db, _ACTIVE, json.dumps(fields))
            audit.append(db, "model promoted", promoted.at, role="supervisor", manifest=digest)
        return folder

    def use_starter(self, *, access: Access, passphrase: str) -> None:
        """Go back to the starter, confirmed by the supervisor's passphrase. Raises as ``promote``."""
        if self._vault is None:
            raise Locked
        access.confirm(passphrase, "supervisor")
        with self._vault.write() as db:
            decisions.set_fact(db, _ACTIVE, None)
            audit.append(db, "starter chosen", time.time(), role="supervisor")

    def _promoted(self) -> _Promoted | None:
        if self._vault is None:
            return None
        with self._vault.read() as db:
            value = decisions.fact(db, _ACTIVE)
        return _Promoted(**json.loads(value)) if value else None


def _manifest_sha256(folder: Path) -> str | None:
    """Digest of the manifest file, sealed or plain, None when there is none."""
    for name in (MANIFEST, MANIFEST + SEALED):
        try:
            return hashlib.sha256((folder / name).read_bytes()).hexdigest()
        except OSError:
            continue
    return None


def _copy_bundle(source: Path, target: Path) -> None:
    """Copy the files of a bundle; the folder takes its name when all are there."""
    beside = target.with_name(target.name + ".new")
    try:
        files = sorted(file for file in source.iterdir() if file.is_file() and not file.is_symlink())
        if len(files) > _LARGEST_BUNDLE_FILES:
            raise ModelUnavailable(f"{source.name} holds files that do not belong to a bundle.")
        for stale in (beside, target):
            shutil.rmtree(stale, ignore_errors=True)
        beside.mkdir(parents=True)
        for file in files:
            shutil.copyfile(file, beside / file.name)
        os.replace(beside, target)
    except OSError as error:
        shutil.rmtree(beside, ignore_errors=True)
        raise KnownError(
            f"The model could not be copied ({error.strerror}).", "Make room on the disk and try again."
        ) from None
