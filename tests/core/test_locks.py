"""Who may use the vault at the same time."""

import os

import pytest

from tfdesk.core.errors import KnownError
from tfdesk.core.locks import FolderUse

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows does not replace open files")


@pytest.fixture
def file(tmp_path):
    return tmp_path / "lock"


def test_many_share_and_nobody_is_alone_beside_them(file):
    one, two = FolderUse(file), FolderUse(file)
    one.share()
    two.share()
    with pytest.raises(KnownError, match="Another program"), two.alone():
        pass
    one.release()
    with two.alone(), pytest.raises(KnownError, match="being replaced"):
        one.share()
    one.share()  # two shares again
    one.release()
    two.release()


def test_a_folder_that_cannot_be_written_to_is_said_plainly(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(KnownError, match="cannot be used"):
        FolderUse(tmp_path / "file" / "lock").share()
