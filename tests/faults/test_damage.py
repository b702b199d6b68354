"""One bit turned over, anywhere: found, said, and what is whole is used."""

from __future__ import annotations

import random
import shutil

import pytest

from tests.faults.tools import PASSPHRASE, flipped, texts, tries
from tfdesk.core.errors import KnownError, ModelUnavailable, VaultDamaged
from tfdesk.services import bundles
from tfdesk.services.access import Access
from tfdesk.services.keeping import Keeping
from tfdesk.services.sessions import Sessions
from tfdesk.store import keys
from tfdesk.store.vault import Vault
from trainer.bundle import load_model
from trainer.checkpoint import NAMES, Checkpoints
from trainer.config import InputError
from trainer.sealed import Folder


@tries(quick=15, long=50)
def test_fault_10_a_bit_turned_over_in_a_model_is_refused_everywhere(desk_bundle, tmp_path, tell, tries):
    chance = random.Random(4)
    names = sorted(file.name for file in desk_bundle.iterdir() if file.name != "README.md")
    for number in range(tries):
        copy = tmp_path / f"{number}"
        shutil.copytree(desk_bundle, copy)
        changed = copy / names[number % len(names)]
        changed.write_bytes(flipped(changed.read_bytes(), chance))
        whole = changed.name == bundles.MANIFEST
        with bundles.opened(copy) as source:
            if whole and _label(source) is not None:  # the name itself changed: another bundle, not this one
                assert _label(source).sha256 != _label_of(desk_bundle).sha256
            else:
                with pytest.raises(ModelUnavailable) as refusal:
                    bundles.check(source)
                assert "\n" not in refusal.value.line()
        if not whole:  # the model process looks for itself
            with pytest.raises(InputError):
                load_model(copy)
    tell(tries, "refused by the import and by the model process")


def _label(source):
    try:
        return bundles.read_label(source)
    except ModelUnavailable:
        return None


def _label_of(folder):
    with bundles.opened(folder) as source:
        return bundles.read_label(source)


@pytest.fixture
def filled(paths, session):
    """A closed vault with a few pages of messages; returns its data key."""
    access = Access(paths)
    sessions = Sessions(access.unlock(PASSPHRASE))
    for number in range(40):
        sessions.add_client_turn(session, f"message {number}" + " more" * 300)
    key = access.vault._key
    access.lock()
    return key


@tries(quick=15, long=50)
def test_fault_32_a_bit_turned_over_in_the_vault_is_found(paths, filled, tell, tries):
    whole, chance = paths.vault_file.read_bytes(), random.Random(6)
    for _ in range(tries):
        paths.vault_file.write_bytes(flipped(whole, chance))
        with pytest.raises(VaultDamaged):
            Vault.open(paths.vault_file, filled).check()
        for side in ("-wal", "-shm"):
            paths.vault_file.with_name(paths.vault_file.name + side).unlink(missing_ok=True)
    paths.vault_file.write_bytes(whole)
    vault = Vault.open(paths.vault_file, filled)
    assert len(texts(vault)) == 40
    vault.close()
    tell(tries, "damage found every time")


@tries(quick=10, long=50)
def test_fault_32_a_bit_turned_over_in_a_backup_is_found_by_the_drill(paths, filled, tmp_path, tell, tries):
    access, backup = Access(paths), tmp_path / "monday.tfbackup"
    access.unlock(PASSPHRASE)
    Keeping(access).backup(backup)
    access.lock()
    whole, chance, before = backup.read_bytes(), random.Random(5), paths.vault_file.read_bytes()
    for _ in range(tries):
        backup.write_bytes(flipped(whole, chance))
        with pytest.raises(KnownError):
            Keeping(access).restore(backup, PASSPHRASE, "therapist", drill=True)
        assert paths.vault_file.read_bytes() == before
    backup.write_bytes(whole)
    Keeping(access).restore(backup, PASSPHRASE, "therapist", drill=True)
    tell(tries, "damage found every time before anything changed")


@tries(quick=10, long=50)
def test_fault_14_a_bit_turned_over_in_the_key_file_changes_nothing(paths, session, tell, tries):
    whole, chance = paths.slots_file.read_bytes(), random.Random(7)
    expected = keys.read_key_file(paths.slots_file)
    for _ in range(tries):
        paths.slots_file.write_bytes(flipped(whole, chance))
        assert keys.read_key_file(paths.slots_file) == expected
    access = Access(paths)
    access.unlock(PASSPHRASE)
    access.lock()
    tell(tries, "the copy was used, or the bit said nothing")


@tries(quick=10, long=50)
def test_fault_04_a_bit_turned_over_in_a_checkpoint_falls_back_to_the_one_before(tmp_path, tell, tries):
    import torch

    saved, chance = Checkpoints(Folder(tmp_path, bytes(32)), "run"), random.Random(8)
    for step in (1, 2):
        saved.save(step, {"weights": torch.full((5000,), float(step))})
    newest = tmp_path / f"{NAMES[1]}.sealed"
    whole = newest.read_bytes()
    for _ in range(tries):
        newest.write_bytes(flipped(whole, chance))
        found = Checkpoints(Folder(tmp_path, bytes(32)), "run").load()
        assert found is not None
        assert found[0] == 1
        assert torch.equal(found[1]["weights"], torch.full((5000,), 1.0))
    tell(tries, "the damage was found and the checkpoint before was loaded")
