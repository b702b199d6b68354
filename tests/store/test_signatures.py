"""Signing keys and checkpoints: who can sign, what a signature covers, what no table takes back."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfdesk.core.errors import BugError
from tfdesk.store import audit, crypto, keys, signatures
from tfdesk.store.crypto import CannotOpen
from tfdesk.store.signatures import Signer
from tfdesk.store.vault import Vault

SEED = b"s" * 32


@pytest.fixture
def vault(tmp_path):
    vault = Vault.create(tmp_path / "vault.db", crypto.new_key())
    yield vault
    vault.close()


@pytest.fixture
def signer(vault):
    """The therapist, whose key the log names in its first entry."""
    signer = Signer("therapist", SEED)
    with vault.write() as db:
        signatures.adopt(db, signer, 1.0)
        audit.append(db, "vault created", 1.0, role="therapist", key=signer.fingerprint)
    return signer


@given(st.binary(max_size=200), st.binary(min_size=32, max_size=32), st.integers(0, 511))
@settings(max_examples=50)
def test_a_signature_holds_for_its_words_and_its_key_only(statement, other, bit):
    signature, public = crypto.sign(SEED, statement), crypto.public_key(SEED)
    assert crypto.verifies(public, signature, statement)
    assert not crypto.verifies(public, signature, statement + b"x")
    assert other == SEED or not crypto.verifies(crypto.public_key(other), signature, statement)
    changed = bytearray.fromhex(signature)
    changed[bit // 8] ^= 1 << bit % 8
    assert not crypto.verifies(public, changed.hex(), statement)


@given(st.text(), st.text())
def test_what_is_no_key_or_no_signature_verifies_nothing(public, signature):
    assert not crypto.verifies(public, signature, b"x")
    assert not crypto.verifies(crypto.public_key(SEED), signature, b"x")
    assert len(crypto.fingerprint(public)) == 39


def test_a_role_signs_an_entry_once_and_an_empty_log_never(vault):
    signer = Signer("therapist", SEED)
    with vault.write() as db:
        signatures.sign_log(db, signer, "lock", 1.0)
        assert signatures.checkpoints(db) == []
        audit.append(db, "x", 1.0)
        for _ in range(2):
            signatures.sign_log(db, signer, "lock", 1.0)
        signatures.sign_log(db, Signer("supervisor", b"t" * 32), "backup", 1.0)
        audit.append(db, "y", 1.0)
        signatures.sign_log(db, signer, "lock", 1.0)
        made = signatures.checkpoints(db)
        assert [(one.sequence, one.role) for one in made] == [
            (1, "therapist"),
            (1, "supervisor"),
            (2, "therapist"),
        ]
        assert made[2].hash == audit.head(db)[1]
    assert all(one.genuine for one in made)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE checkpoints SET role = 'supervisor'",
        "DELETE FROM checkpoints",
        "UPDATE signing_keys SET public = 'x'",
        "DELETE FROM signing_keys",
    ],
)
def test_the_tables_refuse_changes(vault, signer, sql):
    with vault.write() as db:
        signatures.sign_log(db, signer, "lock", 1.0)
    with pytest.raises(BugError), vault.write() as db:
        db.run(sql)


def test_a_key_is_learned_once(vault, signer):
    with vault.write() as db:
        signatures.adopt(db, signer, 2.0)
        assert [(key.role, key.at) for key in signatures.keys(db)] == [("therapist", 1.0)]
        assert signatures.keys(db, "supervisor") == []
        assert not signatures.knows(db, Signer("supervisor", SEED))


def test_the_seed_is_under_the_passphrase_and_the_data_key_does_not_open_it(tmp_path):
    key, recovery = crypto.new_key(), crypto.new_recovery_key()
    file = keys.new_key_file()
    file = file.with_slot(keys.passphrase_slot(file, key, "two horses", "supervisor", SEED))
    file = file.with_slot(keys.passphrase_slot(file, key, "one horse", "therapist"))
    file = file.with_slot(keys.recovery_slot(file, key, recovery, "supervisor"))
    keys.write_key_file(tmp_path / "k", file)
    file = keys.read_key_file(tmp_path / "k")
    assert keys.open_role(file, "two horses", "supervisor").seed == SEED
    assert keys.open_role(file, "one horse", "therapist").seed is None
    slot = file.find("passphrase", "supervisor")[0]
    assert slot.signing is not None
    for wrong in (key, crypto.sub_key(key, "signing key")):
        with pytest.raises(CannotOpen):
            crypto.unwrap(slot.signing, wrong, keys._bound_to(file.vault, slot))
    data = (tmp_path / "k").read_bytes()
    assert SEED not in data
    assert base64.b64encode(SEED) not in data
    assert SEED.hex() not in repr(keys.open_role(file, "two horses", "supervisor"))
