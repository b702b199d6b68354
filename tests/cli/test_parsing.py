"""Which words mean which command."""

from pathlib import Path

import pytest

from tfdesk.cli import build_parser, chosen_command, read_passphrase
from trainer.config import InputError


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ([], None),
        (["--data-dir", "suggest"], None),
        (["--data-dir=x"], None),
        (["--data-dir", "x", "vault"], "vault"),
        (["vault", "--data-dir", "x"], "vault"),
        (["nonsense"], "nonsense"),
    ],
)
def test_the_first_word_that_is_no_option_is_the_command(words, command):
    assert chosen_command(words) == command


def test_the_data_dir_may_stand_before_between_or_after_the_command():
    for words in (
        ["--data-dir", "x", "vault", "status"],
        ["vault", "--data-dir", "x", "status"],
        ["vault", "status", "--data-dir", "x"],
    ):
        args = build_parser("vault").parse_args(words)
        assert (args.data_dir, args.json) == (Path("x"), False)
    assert build_parser("vault").parse_args(["vault", "status"]).data_dir is None


@pytest.mark.parametrize(
    ("raw", "read"), [(b"a b", "a b"), (b"a\n", "a"), (b"a\r\n", "a"), (b"a\n\n", "a\n")]
)
def test_one_trailing_newline_is_not_part_of_the_passphrase(tmp_path, raw, read):
    (tmp_path / "p").write_bytes(raw)
    assert read_passphrase(str(tmp_path / "p")) == read


def test_a_passphrase_file_that_is_not_text_is_refused(tmp_path):
    (tmp_path / "p").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="UTF-8"):
        read_passphrase(str(tmp_path / "p"))
