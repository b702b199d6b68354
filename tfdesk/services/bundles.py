"""Model bundles from elsewhere: a folder or a ZIP archive, checked completely before a byte is written.

Nothing in them is trusted: names are compared with a fixed list and never used as paths, pickles are refused
unopened, sizes and ratios are capped, every file must be the one the manifest describes.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, cast

from tfdesk.core.errors import KnownError, ModelUnavailable
from tfdesk.core.files import check_room, sync_folder
from tfdesk.core.said import said
from tfdesk.services import weights
from trainer.config import InputError
from trainer.sealed import SUFFIX, Folder

MANIFEST = "bundle.json"
_NEEDED = {"config.json", "model.safetensors", "tokenizer.json"}
_NAMES = _NEEDED | {
    "tokenizer_config.json",
    "critic.json",
    "critic.safetensors",
    "sense.json",
    "sense.safetensors",
}
_IGNORED = {"README.md"}  # may lie in it and is left there
_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")  # as the trainer names bundles
MAX_ENTRIES, MAX_BYTES, MAX_RATIO = 20, 4 << 30, 100
_MAX_DIRECTORY = 1 << 16  # bytes of an archive's list of contents
_LARGEST_MANIFEST = 1 << 20
_CHUNK = 1 << 20
_END_OF_ZIP = 22 + 65_535  # the last record and the longest comment after it

Opener = Callable[[], BinaryIO]


@dataclass(frozen=True, slots=True)
class Source:
    """The files of a bundle by name, wherever they lie; ``where`` names it in sentences."""

    where: str
    files: Mapping[str, Opener]


@dataclass(frozen=True, slots=True)
class Label:
    """What a manifest says of its bundle; ``sha256`` is the manifest's own."""

    name: str
    version: str
    sha256: str
    files: Mapping[str, tuple[int, str]]  # size in bytes, SHA-256

    @property
    def size(self) -> int:
        return sum(size for size, _ in self.files.values())


# Where bundles come from -----------------------------------------------------------------


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """A folder or a .zip as a source. Raises ModelUnavailable."""
    name = path.name
    if path.is_dir():
        yield _folder(path)
        return
    if path.suffix.lower() in _PICKLES:
        raise _refused(
            name, "pickled weights can run code and are refused unopened; convert them to safetensors"
        )
    if path.suffix.lower() != ".zip":
        raise _refused(name, "a bundle is a folder or a .zip archive")
    try:
        with path.open("rb") as file:
            _check_directory(file, name)
            with zipfile.ZipFile(file) as archive:
                yield _archive(archive, name)
    except OSError as error:
        raise _refused(name, f"it cannot be read ({error.strerror})") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError):
        raise _refused(name, "the archive is damaged or of a kind that is not read; pack it again") from None


def sealed(path: Path, key: bytes) -> Source:
    """A bundle that this clinic trained, unsealed in memory."""
    folder = Folder(path, key)
    names = [file.name.removesuffix(SUFFIX) for file in path.glob(f"*{SUFFIX}")]

    def opener(name: str) -> Opener:
        return lambda: BytesIO(folder.read(name))

    return Source(path.name, {name: opener(name) for name in names if name in _NAMES | {MANIFEST}})


def _folder(path: Path) -> Source:
    files: dict[str, Opener] = {}
    try:
        for place in sorted(path.iterdir()):
            if len(files) >= MAX_ENTRIES:
                raise _refused(path.name, f"it holds more than {MAX_ENTRIES} files")
            if place.is_symlink() or not place.is_file():
                raise _refused(path.name, f"{_quoted(place.name)} is a link or a folder")
            _check_name(place.name, path.name)
            files[place.name] = _opener_of(place)
    except OSError as error:
        raise _refused(path.name, f"it cannot be read ({error.strerror})") from None
    return Source(path.name, files)


def _opener_of(place: Path) -> Opener:
    return lambda: place.open("rb")


def _archive(archive: zipfile.ZipFile, where: str) -> Source:
    files: dict[str, Opener] = {}
    folders: set[str] = set()
    total = 0
    for info in archive.infolist():
        name, folder = _member(info, where)
        folders.add(folder)
        if not name:
            continue
        if name.casefold() in {known.casefold() for known in files}:
            raise _refused(where, f"{_quoted(name)} is in it twice")
        total += info.file_size
        if info.file_size > max(1 << 20, MAX_RATIO * info.compress_size) or total > MAX_BYTES:
            raise _refused(where, f"{_quoted(name)} would unpack to far more than a model needs")
        files[name] = _member_opener(archive, info)
    if len(folders) > 1:
        raise _refused(where, "its files lie in more than one folder")
    return Source(where, files)


def _member_opener(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Opener:
    return lambda: cast(BinaryIO, archive.open(info))


def _member(info: zipfile.ZipInfo, where: str) -> tuple[str, str]:
    """Name and folder of an archive's entry, the name "" for a folder itself. Raises ModelUnavailable."""
    full = info.orig_filename  # ``filename`` is cut at a NUL already
    kind = info.external_attr >> 16
    if "\0" in full or "\\" in full or ":" in full or full.startswith("/"):
        raise _refused(where, f"{_quoted(full)} is no plain file name")
    if stat.S_IFMT(kind) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise _refused(where, f"{_quoted(full)} is a link or no file")
    parts = full.split("/")
    if len(parts) > 2 or any(part in (".", "..") for part in parts):
        raise _refused(where, f"{_quoted(full)} is no plain file name")
    folder = parts[0] if len(parts) == 2 else ""
    if _RESERVED.fullmatch(folder):
        raise _refused(where, f"{_quoted(full)} is a name that some systems reserve")
    if parts[-1]:
        _check_name(parts[-1], where)
    return parts[-1], folder


def _check_name(name: str, where: str) -> None:
    if name.lower().endswith(_PICKLES):
        raise _refused(
            where, f"{_quoted(name)} holds pickled weights, which can run code and are refused unopened"
        )
    if _RESERVED.fullmatch(name):
        raise _refused(where, f"{_quoted(name)} is a name that some systems reserve")
    if name not in _NAMES | _IGNORED | {MANIFEST}:
        raise _refused(where, f"{_quoted(name)} does not belong to a bundle")


def _check_directory(file: BinaryIO, where: str) -> None:
    """Refuse a huge list of contents before the library reads it into memory. Raises ModelUnavailable."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _END_OF_ZIP))
    tail = file.read()
    at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) - at < 22:
        raise zipfile.BadZipFile
    entries, length = int.from_bytes(tail[at + 10 : at + 12], "little"), tail[at + 12 : at + 16]
    large = tail[max(0, at - 20) : at].startswith(b"PK\6\7")  # ZIP64: more than a model needs
    if large or entries > MAX_ENTRIES or int.from_bytes(length, "little") > _MAX_DIRECTORY:
        raise _refused(where, f"it holds more than {MAX_ENTRIES} files")


# What is in them ---------------------------------------------------------------------------


def read_label(source: Source) -> Label:
    """The manifest alone. Raises ModelUnavailable."""
    if MANIFEST not in source.files:
        raise _refused(source.where, f"{MANIFEST} is missing")
    try:
        with source.files[MANIFEST]() as file:
            data = file.read(_LARGEST_MANIFEST + 1)
        value = json.loads(data)
        files = {str(name): _described(entry) for name, entry in value["files"].items()}
        name, version = str(value["name"]), str(value["version"])
    except InputError as error:
        raise ModelUnavailable(str(error)) from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise _refused(source.where, f"{MANIFEST} cannot be read") from None
    if value.get("format") != 1:
        raise _refused(source.where, f"{MANIFEST} was written by another version of the program")
    if len(data) > _LARGEST_MANIFEST or not _LABEL.fullmatch(name) or not _LABEL.fullmatch(version):
        raise _refused(source.where, f"{MANIFEST} gives it no proper name and version")
    if not _NEEDED <= set(files) <= _NAMES:
        raise _refused(source.where, f"{MANIFEST} does not name the files of a bundle")
    return Label(name, version, hashlib.sha256(data).hexdigest(), files)


def check(source: Source) -> Label:
    """Compare every file with the manifest, and look at the weights. Raises ModelUnavailable."""
    label = read_label(source)
    extra = set(source.files) - set(label.files) - _IGNORED - {MANIFEST}
    missing = set(label.files) - set(source.files)
    if extra or missing:
        raise _refused(source.where, f"{min(extra | missing)} is missing, or not named in {MANIFEST}")
    for name, (size, sha256) in label.files.items():
        try:
            with source.files[name]() as file:
                same = _digest(file, size) == sha256
            if not same:
                raise _refused(source.where, f"{name} is not the file that {MANIFEST} describes")
            if name.endswith(".safetensors"):
                with source.files[name]() as file:
                    found = weights.fault(file, size)
                if found is not None:
                    raise _refused(source.where, f"{name} {found}")
        except InputError as error:
            raise ModelUnavailable(str(error)) from None
        except OSError as error:
            raise _refused(source.where, f"{name} cannot be read ({error.strerror})") from None
    return label


def unpack(source: Source, label: Label, target: Path) -> None:
    """Write the files of a checked bundle; the folder takes its name when all are there and are right.

    Raises KnownError (disk full), ModelUnavailable (the source changed meanwhile).
    """
    beside = target.with_name(target.name + ".new")
    try:
        beside.parent.mkdir(parents=True, exist_ok=True)
        check_room(beside.parent, 2 * label.size, said("the model"))
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir()
        for name in (*label.files, MANIFEST):
            with source.files[name]() as file, (beside / name).open("xb") as out:
                shutil.copyfileobj(file, out, _CHUNK)
                out.flush()
                os.fsync(out.fileno())
        if check(_folder(beside)) != label:
            raise _refused(source.where, "it was changed while it was copied")
        shutil.rmtree(target, ignore_errors=True)
        os.replace(beside, target)
        sync_folder(target.parent)
    except OSError as error:
        raise KnownError(
            said("The model could not be copied ({0}); nothing was changed.", error.strerror),
            said("Make room on the disk and try again."),
        ) from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _described(entry: Any) -> tuple[int, str]:
    size, sha256 = entry["size"], entry["sha256"]
    if type(size) is not int or not 0 <= size <= MAX_BYTES:
        raise ValueError("size")
    return size, str(sha256)


def _digest(file: BinaryIO, size: int) -> str | None:
    """SHA-256 of a file of exactly ``size`` bytes, None for one of another size."""
    digest, seen = hashlib.sha256(), 0
    while seen <= size and (data := file.read(_CHUNK)):
        digest.update(data)
        seen += len(data)
    return digest.hexdigest() if seen == size else None


def _quoted(name: str) -> str:
    return ascii(name if len(name) <= 60 else name[:57] + "...")


def _refused(where: str, why: str) -> ModelUnavailable:
    return ModelUnavailable(f"{where}: {why}; nothing was written.")
