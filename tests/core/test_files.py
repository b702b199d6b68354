"""Atomic writing."""

import os

import pytest

from tfdesk.core.errors import KnownError
from tfdesk.core.files import write_atomically


def test_the_old_file_is_replaced_and_nothing_is_left_beside(tmp_path):
    file = tmp_path / "a" / "b.json"
    write_atomically(file, b"one")
    write_atomically(file, b"two")
    assert file.read_bytes() == b"two"
    assert [f.name for f in file.parent.iterdir()] == ["b.json"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_only_the_owner_may_read_it(tmp_path):
    write_atomically(tmp_path / "x", b"")
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o600


def test_what_an_interrupted_write_left_is_no_obstacle(tmp_path):
    (tmp_path / "x").write_bytes(b"old")
    (tmp_path / "x.new").write_bytes(b"half")
    write_atomically(tmp_path / "x", b"new")
    assert (tmp_path / "x").read_bytes() == b"new"


def test_a_failure_is_a_sentence_and_the_old_file_stays(tmp_path):
    (tmp_path / "folder").write_bytes(b"a file, not a folder")
    with pytest.raises(KnownError, match="could not be written"):
        write_atomically(tmp_path / "folder" / "x", b"new")
    assert (tmp_path / "folder").read_bytes() == b"a file, not a folder"
