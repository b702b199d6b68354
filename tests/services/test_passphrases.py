"""Passphrases as people and keyboards make them: empty, very long, with combining marks."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfdesk.core.errors import InputRefused, WrongPassphrase
from tfdesk.core.paths import Paths
from tfdesk.services.access import Access, VaultState
from tfdesk.store import crypto
from tfdesk.store.crypto import Argon2Parameters
from tfdesk.store.keys import LONGEST_PASSPHRASE

MARKS = (
    "Zoe\u0308 cre\u0300me bru\u0302le\u0301e \u0915\u093f\u0924\u093e\u092c \u1112\u1161\u11ab a\u0323\u0301"
)


@pytest.fixture
def access(tmp_path, monkeypatch):
    monkeypatch.setattr(Argon2Parameters.__init__, "__defaults__", (64, 1, 1))
    access = Access(Paths.default(tmp_path / "data"))
    yield access
    access.lock()


@pytest.mark.parametrize("empty", ["", " ", "\t\n", "\u00a0\u3000", "\u2003"])
def test_an_empty_passphrase_is_refused_in_a_sentence_wherever_one_is_given(access, empty):
    with pytest.raises(InputRefused, match="empty"):
        access.create(empty)
    assert access.state is VaultState.MISSING
    access.create("one horse")
    with pytest.raises(InputRefused, match="empty"):
        access.set_passphrase(empty, "supervisor")
    assert access.roles() == ("therapist",)
    access.lock()
    with pytest.raises(InputRefused, match="empty"):
        access.unlock(empty)
    access.unlock("one horse")


@pytest.mark.parametrize("letter", ["x", "\u00e9", "\U0001f40e"])
def test_ten_thousand_bytes_open_and_one_more_letter_is_refused(access, letter):
    longest = letter * (LONGEST_PASSPHRASE // len(letter.encode()))
    assert len(longest.encode()) == LONGEST_PASSPHRASE
    with pytest.raises(InputRefused, match="10,000 bytes"):
        access.create(longest + letter)
    assert access.state is VaultState.MISSING
    access.create(longest)
    access.lock()
    with pytest.raises(WrongPassphrase):
        access.unlock(longest[:-1] + "y")
    with pytest.raises(InputRefused, match="longer than"):
        access.unlock(longest * 1000)  # 10 MB: refused before it is hashed, and not counted as a try
    access.unlock(longest)


def test_the_length_is_that_of_the_composed_form(access):
    decomposed = "e\u0301" * 5000  # 15,000 bytes as typed on some systems, 10,000 on others
    access.create(decomposed)
    access.lock()
    access.unlock(unicodedata.normalize("NFC", decomposed))


@pytest.mark.parametrize("made", ["NFC", "NFD"])
@pytest.mark.parametrize("typed", ["NFC", "NFD"])
def test_combining_marks_open_however_the_keyboard_composes_them(access, made, typed):
    access.create(unicodedata.normalize(made, MARKS))
    access.set_passphrase(unicodedata.normalize(made, MARKS + " too"), "supervisor")
    access.lock()
    access.unlock(unicodedata.normalize(typed, MARKS))
    access.confirm(unicodedata.normalize(typed, MARKS + " too"), "supervisor")
    access.lock()
    with pytest.raises(WrongPassphrase):
        access.unlock(MARKS.replace("\u0301", ""))


def test_marks_alone_are_a_passphrase_and_their_order_is_the_canonical_one(access):
    access.create("\u0301\u0323")
    access.lock()
    access.unlock("\u0323\u0301")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_way_to_write_a_text_gives_the_same_bytes(text):
    forms = {crypto.normalised(unicodedata.normalize(form, text)) for form in ("NFC", "NFD")}
    assert forms == {crypto.normalised(text)}


@given(st.text(alphabet="ae\u0301\u0308\u0323\u0327\u0345\u1112\u1161\u11ab\u2126\u212b", max_size=20))
def test_a_heap_of_marks_gives_the_same_bytes_in_either_form(text):
    forms = {crypto.normalised(unicodedata.normalize(form, text)) for form in ("NFC", "NFD")}
    assert forms == {crypto.normalised(text)}
