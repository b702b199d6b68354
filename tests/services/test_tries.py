"""The growing delay on wrong passphrases: it survives a restart, a clock set back, a full disk."""

import json

import pytest

from tfdesk.core.errors import WrongPassphrase
from tfdesk.services.tries import LONGEST_WAIT, Tries, pause_after


@pytest.fixture
def time():
    """A clock that the test moves: time[0] seconds."""
    return [1_000_000.0]


@pytest.fixture
def file(tmp_path):
    return tmp_path / "tries.json"


def again(file, time):
    """As after a restart of the program."""
    return Tries(file, lambda: time[0])


def test_three_tries_are_free_then_the_wait_doubles_to_a_minute():
    assert [pause_after(n) for n in range(1, 12)] == [0, 0, 0, 2, 4, 8, 16, 32, 60, 60, 60]
    assert pause_after(10**9) == LONGEST_WAIT


def test_ten_wrong_ones_over_ten_restarts_wait_longer_and_longer_and_lose_nothing(file, time):
    for number in range(1, 11):
        assert again(file, time).begin() == pause_after(number)
        if pause_after(number):
            with pytest.raises(WrongPassphrase, match=f"wait {pause_after(number):.0f} s"):
                again(file, time).begin()
        time[0] += pause_after(number)
    assert json.loads(file.read_text())["count"] == 10


def test_a_right_one_makes_the_next_wrong_one_the_first(file, time):
    for _ in range(3):
        again(file, time).begin()
    again(file, time).succeeded()
    assert not file.exists()
    assert again(file, time).begin() == 0


def test_a_clock_set_back_neither_ends_the_wait_nor_makes_it_longer(file, time):
    for number in range(1, 6):
        again(file, time).begin()
        time[0] += pause_after(number)
    again(file, time).begin()  # the sixth: 8 s
    time[0] -= 24 * 3600
    with pytest.raises(WrongPassphrase, match="wait 8 s"):
        again(file, time).begin()
    time[0] += 7
    with pytest.raises(WrongPassphrase, match="wait 1 s"):
        again(file, time).begin()
    time[0] += 1
    assert again(file, time).begin() == 16


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", b'{"count": "x", "at": 1}', b'{"count": -5, "at": 1}', b'{"count": 9, "at": NaN}'],
)
def test_a_damaged_file_locks_nobody_out(file, time, content):
    file.write_bytes(content)
    assert again(file, time).begin() == 0


def test_where_nothing_can_be_written_the_program_itself_remembers(tmp_path, time):
    (tmp_path / "no folder").write_text("")
    tries = again(tmp_path / "no folder" / "tries.json", time)
    for _ in range(4):
        tries.begin()
    with pytest.raises(WrongPassphrase):
        tries.begin()
