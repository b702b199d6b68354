"""Whether a folder lies where other computers get at it: kept in step by a service, or on a network drive.

A database that something else copies or locks while it is written can be damaged, and a synchronised one
leaves its copies with a third party, which erasing a client does not reach.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path, PurePath

from tfdesk.core.said import said

MOUNTS = Path("/proc/self/mountinfo")
# Services by the name of the folder that they keep in step, in lower case.
_SYNCED = {
    "Dropbox": r"dropbox( \(.*\))?|dropbox-.*",
    "OneDrive": r"onedrive( - .*)?|onedrive-.*",
    "iCloud Drive": r"icloud ?drive|com~apple~clouddocs|mobile documents",
    "Google Drive": r"google ?drive|googledrive-.*|my drive|google drive file stream",
    "Nextcloud": r"nextcloud\d*|nextcloud-.*",
    "ownCloud": r"owncloud\d*",
    "Box": r"box sync|box-box",
    "pCloud": r"pcloud ?drive|pcloud ?sync",
    "MEGA": r"mega ?sync|megasync",
    "Seafile": r"seafile|seadrive",
    "Syncthing": r"syncthing",
}
# ... and by what they leave in it, whatever its name is.
_MARKS = {
    "Dropbox": (".dropbox", ".dropbox.cache"),
    "Nextcloud": (".nextcloudsync.log",),
    "ownCloud": (".owncloudsync.log",),
    "Syncthing": (".stfolder",),
}
_NETWORK = re.compile(
    r"nfs4?|cifs|smb\w*|ncpfs?|afs|auristorfs|coda|ceph|lustre|glusterfs|davfs2?|"
    r"fuse\.(sshfs|rclone|davfs2?|s3fs|gvfsd-fuse|glusterfs|ceph.*|smbnetfs|curlftpfs|onedriver|"
    r"google-drive-ocamlfuse|juicefs|seadrive|pcloud.*)|fuse\.kio-fuse"
)
_ESCAPED = re.compile(r"\\([0-7]{3})")
_REMOTE_DRIVE = 4  # what Windows calls it


def shared_place(folder: Path, mounts: Path = MOUNTS) -> str:
    """What keeps the folder in step with elsewhere: "Dropbox", "a network drive (nfs4)"; "" for none."""
    real = _resolved(folder)
    for place in dict.fromkeys((folder, real)):
        service = _service(place)
        if service:
            return service
    if str(real).startswith(("\\\\", "//")) or _remote_drive(real):
        return said("a network drive")
    kind = filesystem(real, mounts)
    return said("a network drive ({0})", kind) if _NETWORK.fullmatch(kind) else ""


def warning(folder: Path) -> str:
    """A sentence for whoever keeps a vault there; "" when all is well."""
    place = shared_place(folder)
    if not place:
        return ""
    return said(
        "The data folder lies in {0}. Other computers get copies of the vault there, which stay when a "
        "client is erased, and writing from two places can damage it. Better choose a folder on this "
        "computer's own disk (--data-dir, or TFDESK_DATA_DIR).",
        place,
    )


def filesystem(folder: Path, mounts: Path = MOUNTS) -> str:
    """The kind of file system that a folder is on, as Linux names it; "" where that cannot be asked."""
    try:
        lines = mounts.read_text(encoding="utf8", errors="surrogateescape").splitlines()
    except OSError:
        return ""
    found, deepest = "", -1
    for line in lines:
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) < 5 or not after:
            continue
        point = PurePath(_ESCAPED.sub(lambda octal: chr(int(octal[1], 8)), fields[4]))
        # Of several at one place the last one is on top.
        if folder.is_relative_to(point) and len(point.parts) >= deepest:
            found, deepest = after.split(" ")[0], len(point.parts)
    return found


def _service(folder: Path) -> str:
    for place in (folder, *folder.parents):
        for service, name in _SYNCED.items():
            if re.fullmatch(name, place.name.casefold()):
                return service
        for service, marks in _MARKS.items():
            if any((place / mark).exists() for mark in marks):
                return service
    return ""


def _resolved(folder: Path) -> Path:
    """Where the folder really is: it need not exist, and links on the way may lead elsewhere."""
    try:
        return folder.resolve()
    except (OSError, RuntimeError):  # a loop of links
        return folder.absolute()


def _remote_drive(folder: Path) -> bool:
    if sys.platform != "win32":
        return False
    import ctypes

    return bool(ctypes.windll.kernel32.GetDriveTypeW(os.path.splitdrive(folder)[0] + "\\") == _REMOTE_DRIVE)
