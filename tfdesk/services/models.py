"""Which model drafts: the starter that ships with the program, or a bundle that a supervisor promoted.

Whether a bundle may be loaded is checked by the model process, file by file; here only which one it is.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from tfdesk.core.errors import InputRefused, KnownError, Locked, ModelUnavailable
from tfdesk.core.paths import Paths
from tfdesk.core.said import said
from tfdesk.services import bundles, sign_offs
from tfdesk.services.access import Access
from tfdesk.services.run_key import run_key
from tfdesk.services.sign_offs import SignOff
from tfdesk.store import audit, lineage, signatures
from tfdesk.store.vault import Db, Vault
from trainer.config import starter_dir

MANIFEST, SEALED = "bundle.json", ".sealed"
_RUN_BUNDLE = "bundle"  # the folder of a run in which its bundle lies
_LARGEST_BUNDLE_FILES = 20

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model of this clinic.

    ``kind``: starter, imported or trained. ``state``: built in, signed off (by a supervisor), untrusted,
    changed (its manifest is not the one signed off) or forged (no supervisor's key made its signature);
    without the vault nothing is signed off. ``id`` is its folder's name, ``sha256`` its manifest's digest;
    ``promoted_at`` is None for one never promoted, ``signed_by`` the fingerprint of the supervisor's key.
    ``must_retrain``: it learned from a client who no longer agrees, or was erased.
    """

    name: str
    path: Path
    active: bool
    promoted_at: float | None
    version: str = ""
    kind: str = "imported"
    state: str = "untrusted"
    sha256: str = ""
    signed_by: str | None = None
    must_retrain: bool = False

    @property
    def id(self) -> str:
        return _id(self.path)


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
        if not self._stands(promoted):
            log.warning("no supervisor's key signed the promoted model; the starter is used")
            return starter_dir()
        return folder

    def run_key(self) -> bytes:
        """The 32 bytes under which this vault's runs, and the bundles made from them, are sealed."""
        if self._vault is None:
            raise Locked
        return run_key(self._vault)

    def list(self) -> Sequence[ModelEntry]:
        """The starter, then every bundle that was imported, trained here or promoted."""
        active, signed = self.active(), {}
        withdrawn: set[int] = set()
        if self._vault is not None:
            with self._vault.read() as db:
                signed, withdrawn = sign_offs.signed_off(db), lineage.withdrawn_runs(db)
        starter = _label_of(starter_dir(), None)
        entries = [
            ModelEntry(
                "starter",
                starter_dir(),
                active == starter_dir(),
                None,
                version=starter.version if starter else "",
                kind="starter",
                state="built in",
                sha256=starter.sha256 if starter else "",
            )
        ]
        folders = sorted(self._paths.models_dir.glob("*")) + sorted(
            self._paths.runs_dir.glob(f"run-*/{_RUN_BUNDLE}")
        )
        for folder in folders:
            digest = _manifest_sha256(folder)
            copied = folder.name == _RUN_BUNDLE and (self._paths.models_dir / (digest or "-")[:16]).is_dir()
            if folder.suffix != ".new" and (digest is not None or folder.name in signed) and not copied:
                entry = self._entry(folder, digest, signed.get(folder.name), active)
                entries.append(replace(entry, must_retrain=_run_of(folder, signed) in withdrawn))
        return entries

    def _entry(self, folder: Path, digest: str | None, signed: SignOff | None, active: Path) -> ModelEntry:
        sealed = (folder / f"{MANIFEST}{SEALED}").is_file()
        label = _label_of(folder, self.run_key() if sealed and self._vault is not None else None)
        state = "untrusted"
        if signed is not None:
            stands = "signed off" if self._stands(signed) else "forged"
            state = stands if signed.manifest == digest else "changed"
        return ModelEntry(
            signed.name if signed else label.name if label else _id(folder),
            folder,
            folder == active,
            signed.at if signed else None,
            version=label.version if label else "",
            kind="trained" if sealed else "imported",
            state=state,
            sha256=label.sha256 if label else digest or "",
            signed_by=signed.fingerprint if signed else None,
        )

    def find(self, name: str) -> ModelEntry:
        """The model that ``name`` means: an id, a name, or name and version. Raises InputRefused."""
        known = self.list()
        found = [model for model in known if model.id == name] or [
            model for model in known if name in (model.name, f"{model.name} {model.version}")
        ]
        if len(found) == 1:
            return found[0]
        if not found:
            raise InputRefused(f"There is no model {name[:60]!a}.", "See tfdesk models list.")
        ids = ", ".join(model.id for model in found)
        raise InputRefused(f"Several models are called {name[:60]!a}.", f"Say which by its id: {ids}.")

    def add(self, path: Path) -> ModelEntry:
        """Bring in a bundle, a folder or a .zip, checked before a byte is written. It stays untrusted.

        Raises ModelUnavailable, KnownError (disk full).
        """
        with bundles.opened(path) as source:
            label = bundles.check(source)
            folder = self._paths.models_dir / label.sha256[:16]
            if _label_of(folder, None) != label or _fault(folder, None) is not None:
                bundles.unpack(source, label, folder)
        if self._vault is not None:
            with self._vault.write() as db:
                audit.append(db, "model imported", time.time(), manifest=label.sha256)
        return next(model for model in self.list() if model.path == folder)

    def promote_named(self, name: str, *, access: Access, passphrase: str) -> ModelEntry:
        """Use a listed model from now on, after looking at every file of it. Raises as ``promote``."""
        model = self.find(name)
        if model.kind == "starter":
            self.use_starter(access=access, passphrase=passphrase)
        else:
            key = self.run_key() if model.kind == "trained" else None
            fault = _fault(model.path, key)
            if fault is not None:
                raise fault
            self.promote(model.path, model.name, access=access, passphrase=passphrase)
        return next(model for model in self.list() if model.active)

    def promote(self, bundle: Path, name: str, *, access: Access, passphrase: str) -> Path:
        """Use a bundle from now on, signed with the supervisor's key; returns where it was copied to.

        Raises Locked, RoleMissing, WrongPassphrase, ModelUnavailable (no bundle, must be trained anew),
        KnownError (disk full).
        """
        if self._vault is None:
            raise Locked
        signer = access.confirm(passphrase, "supervisor")
        digest = _manifest_sha256(bundle)
        if digest is None:
            raise ModelUnavailable(said("{0} is no model bundle ({1} is missing).", bundle.name, MANIFEST))
        with self._vault.read() as db:
            run = _run_of(bundle, sign_offs.signed_off(db))
            if run in lineage.withdrawn_runs(db):
                raise ModelUnavailable(
                    said("This model learned from a client who no longer agrees to training."),
                    said("Train anew first."),
                )
        promoted = SignOff(digest[:16], name, digest, time.time(), run).signed_by(signer)
        folder = self._paths.models_dir / promoted.folder
        if _manifest_sha256(folder) != digest:
            _copy_bundle(bundle, folder)
        with self._vault.write() as db:
            sign_offs.use(db, promoted)
            audit.append(db, "model promoted", promoted.at, role="supervisor", manifest=digest)
            signatures.sign_log(db, signer, "model promoted", promoted.at)
        return folder

    def use_starter(self, *, access: Access, passphrase: str) -> None:
        """Go back to the starter, confirmed by the supervisor's passphrase. Raises as ``promote``."""
        if self._vault is None:
            raise Locked
        signer = access.confirm(passphrase, "supervisor")
        with self._vault.write() as db:
            at = time.time()
            sign_offs.use(db, None)
            audit.append(db, "starter chosen", at, role="supervisor")
            signatures.sign_log(db, signer, "starter chosen", at)

    def roll_back(self, *, access: Access, passphrase: str) -> ModelEntry:
        """Use the model again that was in use before. Raises as ``promote``, InputRefused (none)."""
        if self._vault is None:
            raise Locked
        signer = access.confirm(passphrase, "supervisor")
        with self._vault.write() as db:
            before = sign_offs.before(db)
            if not before:
                raise InputRefused(said("No other model was in use before; nothing was changed."))
            last = before[-1]
            if last is not None and not self._usable(db, last):
                raise ModelUnavailable(
                    f"The model that was in use before, {last.name}, is missing, was changed or must be "
                    "trained anew.",
                    "Promote another one.",
                )
            sign_offs.go_back(db)
            kind, at = "model rolled back", time.time()
            audit.append(db, kind, at, role="supervisor", manifest=last.manifest if last else None)
            signatures.sign_log(db, signer, "model rolled back", at)
        return next(model for model in self.list() if model.active)

    def _usable(self, db: Db, entry: SignOff) -> bool:
        unchanged = _manifest_sha256(self._paths.models_dir / entry.folder) == entry.manifest
        return unchanged and sign_offs.stands(db, entry) and entry.run not in lineage.withdrawn_runs(db)

    def _stands(self, entry: SignOff) -> bool:
        if self._vault is None:
            return False
        with self._vault.read() as db:
            return sign_offs.stands(db, entry)

    def _promoted(self) -> SignOff | None:
        if self._vault is None:
            return None
        with self._vault.read() as db:
            return sign_offs.active(db)


def _id(folder: Path) -> str:
    return folder.parent.name if folder.name == _RUN_BUNDLE else folder.name


def _run_of(folder: Path, signed: Mapping[str, SignOff]) -> int:
    """The run in which a bundle was trained, 0 for one from elsewhere."""
    if folder.name in signed:
        return signed[folder.name].run
    number = folder.parent.name.removeprefix("run-")
    return int(number) if folder.name == _RUN_BUNDLE and number.isdecimal() else 0


def _source(folder: Path, key: bytes | None) -> AbstractContextManager[bundles.Source]:
    return bundles.opened(folder) if key is None else nullcontext(bundles.sealed(folder, key))


def _label_of(folder: Path, key: bytes | None) -> bundles.Label | None:
    """What a bundle says of itself; None for one that cannot be read, or is sealed and no key is given."""
    try:
        with _source(folder, key) as source:
            return bundles.read_label(source)
    except ModelUnavailable:
        return None


def _fault(folder: Path, key: bytes | None) -> ModelUnavailable | None:
    """Why a bundle must not be used, None when every file of it is right."""
    try:
        with _source(folder, key) as source:
            bundles.check(source)
    except ModelUnavailable as error:
        return error
    return None


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
            raise ModelUnavailable(said("{0} holds files that do not belong to a bundle.", source.name))
        for stale in (beside, target):
            shutil.rmtree(stale, ignore_errors=True)
        beside.mkdir(parents=True)
        for file in files:
            shutil.copyfile(file, beside / file.name)
        os.replace(beside, target)
    except OSError as error:
        shutil.rmtree(beside, ignore_errors=True)
        raise KnownError(
            said("The model could not be copied ({0}).", error.strerror),
            said("Make room on the disk and try again."),
        ) from None
