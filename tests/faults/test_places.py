"""A data folder where other computers get at it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import cheap_argon, cli  # noqa: F401 (the command line)
from tests.faults.tools import in_new_mounts, result, script
from tfdesk.core.paths import Paths
from tfdesk.core.places import filesystem, shared_place
from tfdesk.jobs.tasks import Tasks
from tfdesk.services.access import Access
from tfdesk.ui.first_run import FirstRun
from tfdesk.ui.theme import Theme

# As the kernel writes it.
MOUNTS = r"""22 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw
30 22 0:26 / /tmp rw,nosuid shared:5 - tmpfs tmpfs rw
40 22 0:40 / /home/nora/clinic\040share rw shared:9 - cifs //server/clinic rw,vers=3.1
41 22 0:41 / /srv/nfs rw - nfs4 server:/export rw
42 22 0:42 / /srv/nfs/own rw - ext4 /dev/sdb1 rw
43 22 0:43 / /mnt/far rw master:3 propagate_from:2 - fuse.sshfs nora@server: rw
44 22 0:44 / /mnt/over rw - ext4 /dev/sdc1 rw
45 22 0:45 / /mnt/over rw - nfs server:/other rw
a broken line
46 22 - nfs
"""


@pytest.fixture
def mounts(tmp_path) -> Path:
    file = tmp_path / "mountinfo"
    file.write_text(MOUNTS)
    return file


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/home/nora/tfdesk", ""),
        ("/home/nora/clinic share/tfdesk", "a network drive (cifs)"),
        ("/home/nora/clinic share 2", ""),
        ("/srv/nfs/a/b", "a network drive (nfs4)"),
        ("/srv/nfs/own/a", ""),
        ("/srv/nfs2", ""),
        ("/mnt/far", "a network drive (fuse.sshfs)"),
        ("/mnt/over/a", "a network drive (nfs)"),
        ("/home/nora/Dropbox/tfdesk", "Dropbox"),
        ("/home/nora/Dropbox (Clinic)/tfdesk", "Dropbox"),
        ("C:/Users/nora/OneDrive - Clinic/tfdesk", "OneDrive"),
        ("/Users/nora/Library/Mobile Documents/com~apple~CloudDocs/tfdesk", "iCloud Drive"),
        ("/Users/nora/Library/CloudStorage/GoogleDrive-nora@example.org/My Drive", "Google Drive"),
        ("/home/nora/Nextcloud/tfdesk", "Nextcloud"),
        ("/home/nora/dropboxes/tfdesk", ""),
        ("/home/nora/box/tfdesk", ""),
    ],
)
def test_fault_23_shared_places_are_known(mounts, folder, kind):
    assert shared_place(Path(folder), mounts) == kind


@pytest.mark.parametrize(
    ("mark", "service"),
    [(".stfolder", "Syncthing"), (".dropbox", "Dropbox"), (".nextcloudsync.log", "Nextcloud")],
)
def test_fault_23_a_synchronised_folder_of_another_name_is_known_by_its_marks(tmp_path, mark, service):
    assert shared_place(tmp_path / "clinic" / "tfdesk") == ""
    (tmp_path / "clinic").mkdir()
    (tmp_path / "clinic" / mark).touch()
    assert shared_place(tmp_path / "clinic" / "tfdesk") == service


def test_fault_23_a_link_into_a_synchronised_folder_is_followed(tmp_path):
    (tmp_path / "Nextcloud" / "tfdesk").mkdir(parents=True)
    (tmp_path / "data").symlink_to(tmp_path / "Nextcloud" / "tfdesk")
    assert shared_place(tmp_path / "data") == "Nextcloud"


def test_fault_23_a_computer_that_tells_no_mounts_warns_of_none(tmp_path):
    assert filesystem(tmp_path, tmp_path / "missing") == ""
    assert shared_place(tmp_path, tmp_path / "missing") == ""


def kinds(folder: Path) -> dict[str, Any]:
    """What this computer's kernel says of a folder that was just mounted, and of the one around it."""
    return {"inside": filesystem(folder / "a"), "around": filesystem(folder.parent)}


def test_fault_23_the_kernel_is_asked_what_a_folder_is_on(tmp_path, tell):
    folder = tmp_path / "a folder"
    folder.mkdir()
    found = result(in_new_mounts(f'mount -t ramfs none "{folder}"', script(kinds, folder)))
    assert found["inside"] == "ramfs"
    assert found["around"] not in ("ramfs", "")
    tell(1, "a real mount of a kind of its own is told from the folder around it")


def test_fault_23_setting_up_and_status_warn(tmp_path, cli, qtbot, tell):  # noqa: F811 (a fixture)
    typed = tmp_path / "typed"
    typed.write_text("one horse")
    for folder, service in ((tmp_path / "Dropbox" / "tfdesk", "Dropbox"), (tmp_path / "own", None)):
        given = ("--data-dir", str(folder))
        answers = [
            cli.json("vault", "status", *given),
            cli.json("vault", "create", *given, "--passphrase-file", str(typed)),
            cli.json("vault", "status", *given, "--passphrase-file", str(typed)),
        ]
        said = [str(answer.get("folder", "")) for answer in answers]
        assert ["Dropbox" in sentence for sentence in said] == [service is not None] * 3, json.dumps(said)
    tell(2, "told before and at the set-up and by vault status; silent elsewhere")


def test_fault_23_the_window_warns_while_the_vault_is_set_up(tmp_path, qapp, qtbot, tell):
    for folder, warned in ((tmp_path / "OneDrive - Clinic" / "tfdesk", True), (tmp_path / "own", False)):
        tasks = Tasks()
        page = FirstRun(
            theme=Theme(qapp, mode="light", scale=100), access=Access(Paths.default(folder)), tasks=tasks
        )
        qtbot.addWidget(page)
        page.show()
        assert page.place.isVisible() is warned
        assert ("OneDrive" in page.place.text()) is warned
        tasks.wait()
    tell(2, "one sentence on the page where the vault is made")
