"""Wrapping, recovery keys, and limits on what a file may ask of the key derivation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfdesk.store import crypto
from tfdesk.store.crypto import Argon2Parameters, CannotOpen

CHEAP = Argon2Parameters(memory_kib=64, iterations=1, lanes=1)
SALT = b"s" * crypto.SALT_BYTES


@given(st.binary(max_size=100), st.binary(max_size=40))
def test_what_was_wrapped_opens_with_the_same_key_and_context(secret, bound):
    key = crypto.new_key()
    assert crypto.unwrap(crypto.wrap(secret, key, bound), key, bound) == secret


def test_another_key_context_or_any_changed_byte_does_not_open():
    key = crypto.new_key()
    wrapped = crypto.wrap(b"x" * 32, key, b"role")
    for bad in (b"", wrapped[:5], wrapped[:-1], *(_flip(wrapped, i) for i in range(len(wrapped)))):
        with pytest.raises(CannotOpen):
            crypto.unwrap(bad, key, b"role")
    with pytest.raises(CannotOpen):
        crypto.unwrap(wrapped, crypto.new_key(), b"role")
    with pytest.raises(CannotOpen):
        crypto.unwrap(wrapped, key, b"other role")


def _flip(data: bytes, index: int) -> bytes:
    return data[:index] + bytes([data[index] ^ 1]) + data[index + 1 :]


def test_one_passphrase_typed_composed_or_decomposed_is_the_same():
    assert crypto.passphrase_key("caf\u00e9", SALT, CHEAP) == crypto.passphrase_key("cafe\u0301", SALT, CHEAP)
    assert crypto.passphrase_key("cafe", SALT, CHEAP) != crypto.passphrase_key("caf\u00e9", SALT, CHEAP)


@pytest.mark.parametrize(
    "cost",
    [
        Argon2Parameters(memory_kib=100 * 1024 * 1024),
        Argon2Parameters(iterations=10_000),
        Argon2Parameters(lanes=0),
        Argon2Parameters(memory_kib=8, lanes=4),
        Argon2Parameters(iterations=True),
    ],
)
def test_hostile_cost_parameters_are_refused_before_use(cost):
    with pytest.raises(ValueError, match="out of range"):
        crypto.passphrase_key("x", SALT, cost)


def test_sub_keys_differ_by_purpose_and_from_the_key():
    key = crypto.new_key()
    assert len({key, crypto.sub_key(key, "a"), crypto.sub_key(key, "b")}) == 3
    assert crypto.sub_key(key, "a") == crypto.sub_key(key, "a")


def test_a_recovery_key_survives_how_people_copy_it():
    printed = crypto.new_recovery_key()
    secret = crypto.recovery_secret(printed)
    assert len(secret) * 8 >= 160
    assert len(printed.split("-")) == 8
    copied = printed.lower().replace("-", " ").replace("o", "0").replace("i", "1").replace("b", "8")
    assert crypto.recovery_secret(f"  {copied}\n") == secret


@pytest.mark.parametrize("index", [0, 7, 20, 40])
def test_one_wrong_letter_in_a_recovery_key_is_noticed(index):
    printed = crypto.new_recovery_key()
    index += printed[index] == "-"
    wrong = printed[:index] + ("A" if printed[index] != "A" else "C") + printed[index + 1 :]
    with pytest.raises(ValueError, match="typing error"):
        crypto.recovery_secret(wrong)
    with pytest.raises(ValueError, match="typing error"):
        crypto.recovery_secret(printed[:-6])
    with pytest.raises(ValueError, match="typing error"):
        crypto.recovery_secret("")
