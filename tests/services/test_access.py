"""Creating, opening and locking the vault; the key ring and what happens without it."""

import json
import sys

import pytest

from tfdesk.core.errors import (
    InputRefused,
    KeyRingUnavailable,
    KnownError,
    Locked,
    RoleMissing,
    VaultDamaged,
    VaultExists,
    VaultMissing,
    WrongPassphrase,
)
from tfdesk.core.paths import Paths
from tfdesk.services.access import Access, VaultState
from tfdesk.services.keeping import Keeping
from tfdesk.services.key_ring import KeyRing, default_keyring
from tfdesk.services.sessions import Sessions
from tfdesk.services.tries import LONGEST_WAIT


@pytest.fixture
def paths(tmp_path):
    return Paths.default(tmp_path / "data")


@pytest.fixture
def time():
    """A clock that the test moves: time[0] seconds."""
    return [0.0]


@pytest.fixture
def access(paths, time):
    access = Access(paths, clock=lambda: time[0])
    yield access
    access.lock()


def test_a_vault_is_made_opened_and_locked(access, paths):
    assert access.state is VaultState.MISSING
    with pytest.raises(VaultMissing):
        access.unlock("one horse")
    access.create("one horse")
    assert access.state is VaultState.UNLOCKED
    Sessions(access.vault).add_client("Marta K.")
    access.lock()
    assert access.state is VaultState.LOCKED
    with pytest.raises(Locked):
        _ = access.vault
    vault = access.unlock("one horse")
    assert [c.name for c in Sessions(vault).clients()] == ["Marta K."]
    left = {f.name for f in paths.root.iterdir()}
    assert not {name for name in left if name.endswith(".new")}


def test_locking_closes_what_others_still_hold(access):
    access.create("one horse")
    sessions = Sessions(access.vault)
    access.lock()
    access.lock()
    with pytest.raises(Locked):
        sessions.clients()


def test_an_existing_vault_is_never_made_again(access, paths):
    access.create("one horse")
    access.lock()
    before = paths.vault_file.read_bytes(), paths.slots_file.read_bytes()
    with pytest.raises(VaultExists):
        access.create("other")
    assert before == (paths.vault_file.read_bytes(), paths.slots_file.read_bytes())


def test_an_empty_passphrase_makes_nothing(access, paths):
    with pytest.raises(InputRefused):
        access.create(" ")
    assert access.state is VaultState.MISSING
    assert not paths.vault_file.exists()


def test_wrong_passphrases_are_refused_with_a_growing_wait_and_lose_nothing(access, time):
    access.create("one horse")
    access.lock()
    waits = []
    for _ in range(7):
        with pytest.raises(WrongPassphrase) as wrong:
            access.unlock("two horses")
        waits.append(wrong.value.wait_seconds)
        with_wait = time[0] + wrong.value.wait_seconds
        if wrong.value.wait_seconds:
            with pytest.raises(
                WrongPassphrase, match="Too many"
            ):  # even the right one, before the wait is over
                access.unlock("one horse")
        time[0] = with_wait
    assert waits == [0, 0, 0, 2, 4, 8, 16]
    assert waits == sorted(waits)
    assert waits[-1] <= LONGEST_WAIT
    access.unlock("one horse")


def test_the_recovery_key_opens_and_lets_a_new_passphrase_be_set(access):
    recovery = access.create("one horse")
    access.lock()
    access.unlock_with_recovery_key(recovery.lower())
    access.set_passphrase("new horse", "therapist")
    access.lock()
    with pytest.raises(WrongPassphrase):
        access.unlock("one horse")
    access.unlock("new horse")


@pytest.mark.parametrize("typed", ["", "AAAAA-AAAAA", "hello"])
def test_a_mistyped_recovery_key_is_named_as_such(access, typed):
    access.create("one horse")
    access.lock()
    with pytest.raises(InputRefused, match="typing error"):
        access.unlock_with_recovery_key(typed)


def test_a_supervisor_gets_a_passphrase_once_and_a_therapist_cannot_replace_it(access):
    access.create("one horse")
    with pytest.raises(RoleMissing):
        access.confirm("two horses", "supervisor")
    access.set_passphrase("two horses", "supervisor")
    access.confirm("two horses", "supervisor")
    with pytest.raises(WrongPassphrase):
        access.confirm("one horse", "supervisor")
    with pytest.raises(VaultExists):
        access.set_passphrase("mine now", "supervisor")
    access.lock()
    access.unlock("two horses", "supervisor")
    access.set_passphrase("three horses", "supervisor")
    assert set(access.roles()) == {"therapist", "supervisor"}


def test_a_damaged_key_file_is_no_obstacle_while_its_copy_is_whole(access, paths):
    access.create("one horse")
    access.lock()
    paths.slots_file.write_bytes(paths.slots_file.read_bytes()[:100])
    access.unlock("one horse")
    assert access.state is VaultState.UNLOCKED


def test_a_missing_database_beside_its_key_file_is_said_and_nothing_is_overwritten(access, paths):
    access.create("one horse")
    access.lock()
    moved = paths.vault_file.rename(paths.root / "elsewhere")
    assert access.state is VaultState.LOCKED
    with pytest.raises(VaultMissing, match=r"vault\.db"):
        access.unlock("one horse")
    with pytest.raises(VaultDamaged):
        access.create("other")
    moved.rename(paths.vault_file)
    access.unlock("one horse")


def test_a_creation_that_was_cut_short_can_be_begun_again(access, paths):
    access.create("one horse")
    access.lock()
    paths.vault_file.rename(paths.root / "vault.db.new")  # as a crash before the last step leaves it
    assert access.state is VaultState.MISSING
    access.create("two horses")
    access.lock()
    access.unlock("two horses")


def test_a_data_folder_that_cannot_be_written_to_is_said_plainly(access, paths):
    paths.root.write_text("a file where the folder should be")
    with pytest.raises(KnownError, match="could not be made"):
        access.create("one horse")
    assert access.state is VaultState.MISSING


# The key ring: a real keyring backend, in the real child process ---------------------------

BACKEND = """
import json, sys, time
from pathlib import Path
import keyring
from keyring.backend import KeyringBackend
from tfdesk.services import keyring_child

store = Path(sys.argv[1])


class FileBackend(KeyringBackend):
    priority = 1

    def get_password(self, service, name):
        kept = json.loads(store.read_text()) if store.exists() else {}
        return kept.get(f"{service}/{name}")

    def set_password(self, service, name, secret):
        kept = json.loads(store.read_text()) if store.exists() else {}
        store.write_text(json.dumps(kept | {f"{service}/{name}": secret}))

    def delete_password(self, service, name):
        kept = json.loads(store.read_text())
        del kept[f"{service}/{name}"]
        store.write_text(json.dumps(kept))


class ForgetfulBackend(FileBackend):
    def set_password(self, service, name, secret):
        pass


class HungBackend(FileBackend):
    def get_password(self, service, name):
        time.sleep(600)


class BrokenBackend(FileBackend):
    def get_password(self, service, name):
        raise RuntimeError("no service")


keyring.set_keyring(globals()[sys.argv[2]]())
sys.exit(keyring_child.main(["__main__"] if sys.argv[3] == "allowed" else keyring_child.ALLOWED))
"""


@pytest.fixture
def keyring(tmp_path):
    """Make a KeyRing whose child uses one of the backends above."""
    script = tmp_path / "child.py"
    script.write_text(BACKEND)

    def make(backend="FileBackend", listed="allowed", seconds=30.0):
        command = [sys.executable, str(script), str(tmp_path / "ring.json"), backend, listed]
        return KeyRing(command, seconds)

    return make


def test_the_key_ring_opens_the_vault_without_a_passphrase(paths, keyring, tmp_path):
    access = Access(paths, keyring())
    assert access.keyring_status().available
    access.create("one horse", use_keyring=True)
    access.lock()
    assert access.keyring_opens()
    assert access.unlock_with_keyring() is not None
    access.use_keyring(False)
    access.lock()
    assert access.unlock_with_keyring() is None
    assert json.loads((tmp_path / "ring.json").read_text()) == {}
    access.unlock("one horse")
    access.lock()


def test_a_key_ring_that_lost_its_secret_leaves_the_passphrase(paths, keyring, tmp_path):
    access = Access(paths, keyring())
    access.create("one horse", use_keyring=True)
    access.lock()
    (tmp_path / "ring.json").write_text("{}")
    assert access.unlock_with_keyring() is None
    access.unlock("one horse")
    access.lock()


@pytest.mark.parametrize(
    ("backend", "listed", "said"),
    [
        ("FileBackend", "not allowed", "no key ring"),
        ("ForgetfulBackend", "allowed", "refused to keep"),
        ("BrokenBackend", "allowed", "refused to keep"),
    ],
)
def test_a_key_ring_that_keeps_nothing_safe_is_never_used(paths, keyring, backend, listed, said):
    access = Access(paths, keyring(backend, listed))
    with pytest.raises(KeyRingUnavailable, match=said):
        access.create("one horse", use_keyring=True)
    assert access.state is VaultState.MISSING
    access.create("one horse")
    access.lock()


def test_a_hung_key_ring_is_ended_and_said(paths, keyring):
    access = Access(paths, keyring("HungBackend", seconds=1.5))
    status = access.keyring_status()
    assert not status.available
    assert "in time" in status.sentence
    assert "passphrase" in status.sentence


def test_the_real_child_answers_on_a_computer_without_a_key_ring(monkeypatch):
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    status = KeyRing(seconds=60).status()
    assert not status.available
    assert "no key ring" in status.sentence


def test_the_environment_keeps_the_key_ring_out(paths, monkeypatch):
    monkeypatch.setenv("TFDESK_NO_KEYRING", "1")
    assert default_keyring() is None
    access = Access.default(paths)
    assert not access.keyring_status().available
    assert access.unlock_with_keyring() is None
    with pytest.raises(KeyRingUnavailable):
        access.create("one horse", use_keyring=True)
    monkeypatch.setenv("TFDESK_NO_KEYRING", "0")
    assert isinstance(default_keyring(), KeyRing)


def test_another_data_key_is_given_to_the_key_ring_too(paths, keyring):
    access = Access(paths, keyring())
    access.create("one horse", use_keyring=True)
    done = Keeping(access).rekey("one horse", "therapist", drop_other_slots=True)
    assert done.dropped == ("the recovery key",)
    access.lock()
    assert access.unlock_with_keyring() is not None
    access.lock()


def test_a_key_ring_that_does_not_answer_is_named_before_another_data_key_locks_it_out(paths, keyring):
    access = Access(paths, keyring())
    access.create("one horse", use_keyring=True)
    access.lock()
    silent = Access(paths, keyring("BrokenBackend"))
    with pytest.raises(InputRefused, match="the key ring"):
        Keeping(silent).rekey("one horse", "therapist")
    silent.lock()
    assert access.unlock_with_keyring() is not None
    access.lock()
