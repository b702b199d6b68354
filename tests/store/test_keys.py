"""The key file: slots that open, damage that is survived, and files that are refused."""

import base64
import hashlib
import json

import pytest

from tfdesk.core.errors import InputRefused, VaultDamaged, VaultMissing, VaultNewer
from tfdesk.store import crypto, keys
from tfdesk.store.crypto import CannotOpen


@pytest.fixture(scope="module")
def made():
    """A data key, a recovery key and a key file with two passphrases and the recovery key."""
    key, recovery = crypto.new_key(), crypto.new_recovery_key()
    file = keys.new_key_file()
    file = file.with_slot(keys.passphrase_slot(file, key, "one horse", "therapist"))
    file = file.with_slot(keys.passphrase_slot(file, key, "two horses", "supervisor"))
    file = file.with_slot(keys.recovery_slot(file, key, recovery, "therapist"))
    return key, recovery, file


def test_each_way_in_gives_the_same_key(made):
    key, recovery, file = made
    wrapping = crypto.new_key()
    file = file.with_slot(keys.keyring_slot(file, key, wrapping, "therapist"))
    assert keys.open_with_passphrase(file, "one horse", "therapist") == key
    assert keys.open_with_passphrase(file, "two horses", "supervisor") == key
    assert keys.open_with_recovery_key(file, recovery) == key
    assert keys.open_with_wrapping_key(file, wrapping) == key


def test_a_passphrase_opens_only_its_own_role(made):
    _, _, file = made
    with pytest.raises(CannotOpen):
        keys.open_with_passphrase(file, "one horse", "supervisor")
    with pytest.raises(CannotOpen):
        keys.open_with_recovery_key(file, crypto.new_recovery_key())


def test_a_slot_moved_to_another_role_or_vault_does_not_open(made):
    _, _, file = made
    slot = file.find("passphrase", "therapist")[0]
    moved = keys.Slot("passphrase", "supervisor", slot.salt, slot.cost, slot.wrapped)
    with pytest.raises(CannotOpen):
        keys.open_with_passphrase(keys.KeyFile(file.vault, (moved,)), "one horse", "supervisor")
    with pytest.raises(CannotOpen):
        keys.open_with_passphrase(keys.KeyFile("0" * 32, (slot,)), "one horse", "therapist")


@pytest.mark.parametrize("passphrase", ["", "  \t", "\ud800"])
def test_a_passphrase_that_protects_nothing_is_refused(made, passphrase):
    key, _, file = made
    with pytest.raises(InputRefused):
        keys.passphrase_slot(file, key, passphrase, "therapist")


def test_the_file_comes_back_as_it_was_written(made, tmp_path):
    file = made[2]
    keys.write_key_file(tmp_path / "k.json", file)
    assert keys.read_key_file(tmp_path / "k.json") == file


@pytest.mark.parametrize("damage", ["missing", "truncated", "one byte", "not json", "list"])
def test_a_damaged_file_falls_back_to_its_copy(made, tmp_path, damage):
    file, place = made[2], tmp_path / "k.json"
    keys.write_key_file(place, file)
    whole = place.read_bytes()
    ruined = {
        "truncated": whole[: len(whole) // 2],
        "one byte": whole.replace(b'"salt": "', b'"salt": "A', 1),
        "not json": b"\xff\x00",
        "list": b"[1]",
    }
    if damage == "missing":
        place.unlink()
    else:
        place.write_bytes(ruined[damage])
    assert keys.read_key_file(place) == file


def test_when_the_copy_is_damaged_too_it_says_so_and_changes_nothing(made, tmp_path):
    place = tmp_path / "k.json"
    keys.write_key_file(place, made[2])
    place.write_bytes(b"{}")
    keys.copy_of(place).write_bytes(b"{}")
    with pytest.raises(VaultDamaged, match=r"k\.json"):
        keys.read_key_file(place)
    assert place.read_bytes() == b"{}"


def test_neither_file_means_there_is_no_vault(tmp_path):
    with pytest.raises(VaultMissing):
        keys.read_key_file(tmp_path / "k.json")


def _rewritten(place, change):
    """The file with its body changed and the checksum made to fit, as an attacker would."""
    body = json.loads(place.read_bytes())["body"]
    change(body)
    data = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    place.write_text(json.dumps({"body": body, "sha256": hashlib.sha256(data).hexdigest()}))
    keys.copy_of(place).unlink(missing_ok=True)


def test_a_file_from_a_newer_version_is_refused_in_a_sentence(made, tmp_path):
    place = tmp_path / "k.json"
    keys.write_key_file(place, made[2])
    _rewritten(place, lambda body: body.update(format=2))
    with pytest.raises(VaultNewer, match="newer version"):
        keys.read_key_file(place)


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body["slots"][0]["cost"].update(memory_kib=100 * 1024 * 1024),
        lambda body: body["slots"][0]["cost"].update(unknown=1),
        lambda body: body["slots"][0].update(cost=None),
        lambda body: body["slots"][0].update(role="owner"),
        lambda body: body["slots"][0].update(salt="%%"),
    ],
)
def test_hostile_contents_are_refused_unread(made, tmp_path, change):
    place = tmp_path / "k.json"
    keys.write_key_file(place, made[2])
    _rewritten(place, change)
    with pytest.raises(VaultDamaged):
        keys.read_key_file(place)


def test_the_file_holds_no_key_in_the_clear(made, tmp_path):
    key, recovery, file = made
    keys.write_key_file(tmp_path / "k.json", file)
    data = (tmp_path / "k.json").read_bytes()
    for secret in (key, base64.b64encode(key), key.hex().encode(), b"one horse", recovery.encode()):
        assert secret not in data
