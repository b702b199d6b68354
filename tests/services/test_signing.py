"""Who signs the audit log when, with real key files and vaults."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tfdesk.core.errors import InputRefused, Locked, RoleMissing, VaultDamaged, VaultExists
from tfdesk.core.paths import Paths
from tfdesk.services.access import Access
from tfdesk.services.audit_file import vault_log, verify
from tfdesk.services.keeping import Keeping
from tfdesk.services.models import Models
from tfdesk.store import audit, crypto, decisions, keys, signatures
from tfdesk.store.crypto import Argon2Parameters
from tfdesk.store.signatures import Signer

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    monkeypatch.setattr(Argon2Parameters.__init__, "__defaults__", (64, 1, 1))


@pytest.fixture
def access(tmp_path):
    access = Access(Paths.default(tmp_path / "data"))
    yield access
    access.lock()


def grow(access):
    with access.vault.write() as db:
        audit.append(db, "something", 1.0)


def signed(access):
    """Role and entry of every signature."""
    with access.vault.read() as db:
        return [(one.role, one.sequence, one.reason) for one in signatures.checkpoints(db)]


def test_locking_signs_the_log_when_it_has_grown(access):
    access.create("one horse")
    access.lock()
    for _ in range(2):  # nothing happened: nothing is signed
        access.unlock("one horse")
        access.lock()
    access.unlock("one horse")
    grow(access)
    access.lock()
    access.unlock("one horse")
    assert signed(access) == [("therapist", 1, "lock"), ("therapist", 2, "lock")]
    verdict = verify(vault_log(access.vault))
    assert [(one.role, one.sequence, one.after) for one in verdict.covered] == [("therapist", 2, 0)]


def test_nobody_signs_for_a_recovery_key(access):
    recovery = access.create("one horse")
    access.lock()
    access.unlock_with_recovery_key(recovery)
    grow(access)
    access.lock()
    access.unlock("one horse")
    assert signed(access) == [("therapist", 1, "lock")]


def test_a_changed_passphrase_keeps_the_key_and_a_recovered_one_brings_another(access):
    recovery = access.create("one horse")
    first = access.set_passphrase("other horse", "therapist")
    assert access.set_passphrase("third horse", "therapist") == first
    access.lock()
    access.unlock("third horse")
    access.lock()
    access.unlock_with_recovery_key(recovery)
    second = access.set_passphrase("fourth horse", "therapist")
    assert second != first
    access.lock()
    access.unlock("fourth horse")
    assert [key.fingerprint for key in access.signing_keys()] == [first, second]
    verdict = verify(vault_log(access.vault))  # what the old key signed still counts
    assert verdict.whole
    assert [one.fingerprint for one in verdict.covered] == [second]
    assert verify(vault_log(access.vault), noted={"therapist": {first}}).fault == "another key"
    assert verify(vault_log(access.vault), noted={"therapist": {first, second}}).whole


def test_an_older_copy_that_nobody_accepted_is_not_signed(access):
    access.create("one horse")
    access.lock()
    older = access.paths.vault_file.read_bytes()
    access.unlock("one horse")
    grow(access)
    access.lock()
    access.paths.vault_file.write_bytes(older)
    access.unlock("one horse")
    grow(access)
    access.lock()
    access.unlock("one horse")
    assert signed(access) == [("therapist", 1, "lock")]


def test_a_new_data_key_keeps_the_signing_key(access):
    access.create("one horse")
    (before,) = access.signing_keys()
    Keeping(access).rekey("one horse", "therapist", drop_other_slots=True)
    access.lock()
    access.unlock("one horse")
    grow(access)
    access.lock()
    access.unlock("one horse")
    assert access.signing_keys() == [before]
    assert verify(vault_log(access.vault)).covered[0].after == 0


def test_a_backup_carries_a_signature_of_all_that_is_in_it(access, tmp_path):
    access.create("one horse")
    grow(access)
    Keeping(access).backup(tmp_path / "b")
    access.lock()
    restored = Access(Paths.default(tmp_path / "elsewhere"))
    Keeping(restored).restore(tmp_path / "b", "one horse", "therapist")
    covered = verify(vault_log(restored.vault)).covered
    restored.lock()
    assert [(one.role, one.sequence, one.after) for one in covered] == [("therapist", 2, 1)]


def test_the_therapist_cannot_sign_for_the_supervisor(access):
    """Not even with the whole vault in hand: the key file and the data key are theirs to read."""
    access.create("one horse")
    fingerprint = access.set_passphrase("two horses", "supervisor")
    grow(access)
    forger = Signer("supervisor", crypto.new_key())
    with access.vault.write() as db:
        signatures.sign_log(db, forger, "model promoted", 1.0)
    verdict = verify(vault_log(access.vault))
    assert (verdict.fault, verdict.role, verdict.sequence) == ("signed by a stranger", "supervisor", 3)
    with access.vault.write() as db:  # who goes on and names the key is found by the one on paper
        signatures.adopt(db, forger, 1.0)
        audit.append(db, "passphrase set", 1.0, role="supervisor", key=forger.fingerprint)
        signatures.sign_log(db, forger, "model promoted", 1.0)
    verdict = verify(vault_log(access.vault), noted={"supervisor": {fingerprint}})
    assert verdict.fault == "another key"


def test_confirming_needs_the_open_vault(access):
    access.create("one horse")
    access.set_passphrase("two horses", "supervisor")
    assert access.confirm("two horses", "supervisor").role == "supervisor"
    access.lock()
    with pytest.raises(Locked):
        access.confirm("two horses", "supervisor")


def test_a_passphrase_is_removed_by_its_own_role_and_never_the_last(access):
    access.create("one horse")
    with pytest.raises(RoleMissing):
        access.remove_passphrase("supervisor")
    access.set_passphrase("two horses", "supervisor")
    with pytest.raises(VaultExists, match="not yours"):
        access.remove_passphrase("supervisor")
    access.lock()
    access.unlock("two horses", "supervisor")
    access.remove_passphrase("supervisor")
    access.lock()
    assert access.roles() == ("therapist",)
    access.unlock("one horse")
    assert [key.role for key in access.signing_keys()] == ["therapist", "supervisor"]
    assert ("supervisor", 3, "lock") in signed(access)
    with pytest.raises(InputRefused, match="only passphrase"):
        access.remove_passphrase("therapist")


def test_a_signing_key_taken_out_of_the_key_file_is_not_replaced_in_silence(access):
    access.create("one horse")
    first = access.set_passphrase("two horses", "supervisor")
    access.lock()
    file = access.key_file()
    slots = tuple(replace(slot, signing=None) for slot in file.slots)
    keys.write_key_file(access.paths.slots_file, replace(file, slots=slots))
    access.unlock("one horse")  # nobody is kept out, but nobody signs
    grow(access)
    with pytest.raises(VaultDamaged, match="supervisor's signing key is missing"):
        access.confirm("two horses", "supervisor")
    access.lock()
    access.unlock("two horses", "supervisor")
    assert ("therapist", 3, "lock") not in signed(access)
    assert access.set_passphrase("two horses", "supervisor") != first
    assert access.confirm("two horses", "supervisor").fingerprint != first


# Vaults of earlier versions -----------------------------------------------------------------


@pytest.fixture(params=["1", "2"])
def old(request, tmp_path):
    shutil.copyfile(DATA / f"vault-{request.param}.db", tmp_path / "vault.db")
    shutil.copyfile(DATA / f"vault-{request.param}.keys.json", tmp_path / "vault.keys.json")
    access = Access(Paths.default(tmp_path))
    yield access
    access.lock()


def test_the_first_unlocking_of_an_older_vault_makes_the_key(old):
    for _ in range(2):
        old.unlock("one horse").check()
        assert [key.role for key in old.signing_keys()] == ["therapist"]
        old.lock()
    old.unlock("one horse")
    verdict = verify(vault_log(old.vault))
    assert verdict.whole
    assert [(one.role, one.after) for one in verdict.covered] == [("therapist", 0)]


def test_a_model_signed_off_before_there_were_signatures_stays_in_use(tmp_path):
    for name in ("vault-2.db", "vault-2.keys.json"):
        shutil.copyfile(DATA / name, tmp_path / name.replace("-2", ""))
    access = Access(Paths.default(tmp_path))
    with access.unlock("one horse").read() as db:
        folder = tmp_path / "models" / str(decisions.fact(db, "active model")).split('"')[3]
    folder.mkdir(parents=True)
    (folder / "bundle.json").write_text('{"name": "clinic"}')
    for _ in range(2):  # before and after the supervisor has a key
        assert Models(access.vault, access.paths).active() == folder
        assert Models(access.vault, access.paths).list()[1].signed_by is None
        access.confirm("two horses", "supervisor")
    (folder.parent.parent / "bundle").mkdir()
    (folder.parent.parent / "bundle" / "bundle.json").write_text('{"name": "clinic"}')
    Models(access.vault, access.paths).promote(
        folder.parent.parent / "bundle", "clinic 1", access=access, passphrase="two horses"
    )
    entry = Models(access.vault, access.paths).list()[1]
    assert entry.signed_by == access.signing_keys()[-1].fingerprint
    access.lock()
