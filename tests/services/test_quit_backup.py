"""The backup on quit: one a day, only of a changed vault, and a failure that is not forgotten."""

import pytest

from tfdesk.core.paths import Paths
from tfdesk.services.access import Access
from tfdesk.services.keeping import Keeping
from tfdesk.services.quit_backup import DAY, Last, QuitBackup
from tfdesk.services.sessions import Sessions


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "backups").mkdir()
    return tmp_path / "backups"


@pytest.fixture
def access(tmp_path):
    access = Access(Paths.default(tmp_path / "data"))
    access.create("one horse")
    yield access
    access.lock()


@pytest.fixture
def clock():
    return [1_800_000_000.0]


@pytest.fixture
def backup(access, folder, clock):
    return QuitBackup(access, str(folder), now=lambda: clock[0])


def quit_window(access, backup):
    """As the window does it; returns what was said to have failed."""
    failed = backup.make()
    access.lock()
    backup.remember(failed)
    return failed


def test_a_day_later_a_changed_vault_is_backed_up_again(access, backup, folder, clock, tmp_path):
    assert backup.due()
    assert quit_window(access, backup) == ""
    access.unlock("one horse")
    Sessions(access.vault).add_client("Marta K.")
    clock[0] += DAY - 1
    assert not backup.due()
    clock[0] += 1
    assert backup.due()
    assert quit_window(access, backup) == ""
    made = sorted(folder.iterdir())
    assert len(made) == 2
    assert {file.suffix for file in made} == {".tfbackup"}
    told = Keeping(Access(Paths.default(tmp_path / "other"))).restore(made[-1], "one horse", "therapist")
    assert told.made_at == clock[0]


def test_a_vault_that_was_only_read_is_not_backed_up_again(access, backup, clock):
    quit_window(access, backup)
    for _ in range(2):
        access.unlock("one horse")
        assert Sessions(access.vault).clients() == []
        clock[0] += 2 * DAY
        assert not backup.due()
        access.lock()
    access.unlock("one horse")
    Sessions(access.vault).add_client("Marta K.")
    assert backup.due()
    access.lock()  # and when the change is folded into the file
    access.unlock("one horse")
    assert backup.due()


def test_without_a_folder_or_while_locked_none_is_due(access, backup):
    assert not QuitBackup(access, "").due()
    access.lock()
    assert not backup.due()


def test_a_failure_is_told_until_one_succeeds(access, backup, folder):
    folder.rmdir()
    assert "no such folder" in quit_window(access, backup)
    assert "no such folder" in backup.warning
    access.unlock("one horse")
    assert backup.due()  # at once, not in a day
    folder.mkdir()
    assert quit_window(access, backup) == ""
    assert backup.warning == ""


def test_another_folder_begins_anew_and_forgets_the_old_ones_failure(access, backup, folder, clock):
    quit_window(access, backup)
    folder.joinpath("other").mkdir()
    other = QuitBackup(access, str(folder / "other"), now=lambda: clock[0])
    access.unlock("one horse")
    assert other.due()
    assert other.warning == ""
    assert QuitBackup(access, "").warning == ""


def test_a_clock_set_back_makes_it_due(access, backup, clock):
    quit_window(access, backup)
    access.unlock("one horse")
    Sessions(access.vault).add_client("Marta K.")
    clock[0] -= 3600
    assert backup.due()


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"at": "x"}', "\0", '{"at": 1, "size": null}'])
def test_a_damaged_note_counts_as_none(access, backup, content):
    access.paths.quit_backup_file.write_text(content)
    assert backup.last == Last()
    assert backup.due()
