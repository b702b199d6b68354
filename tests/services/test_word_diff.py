"""The word diff."""

from hypothesis import given
from hypothesis import strategies as st

from tfdesk.services.word_diff import word_diff

texts = st.text(alphabet="ab \n🙂", max_size=40)


@given(texts, texts)
def test_both_texts_can_be_read_back_from_the_parts(before, after):
    parts = word_diff(before, after)
    assert "".join(p.text for p in parts if p.kind != "added") == before
    assert "".join(p.text for p in parts if p.kind != "removed") == after


def test_equal_texts_have_no_changes():
    assert [p.kind for p in word_diff("a b c", "a b c")] == ["same"]
