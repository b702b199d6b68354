"""``tfdesk models``: bundles from elsewhere, hostile ones among them, and which of them drafts."""

import hashlib
import json
import os
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tfdesk.services import bundles
from tfdesk.services.access import Access
from tfdesk.services.models import Models
from trainer.config import starter_dir
from trainer.sealed import Folder

ROOT = Path(__file__).parents[2]


def tensors(numbers=(1.0, 2.0), **header):
    """A safetensors file, written by hand: the window process knows no library for it."""
    data = struct.pack(f"<{len(numbers)}f", *numbers)
    header = header or {"w": {"dtype": "F32", "shape": [len(numbers)], "data_offsets": [0, len(data)]}}
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def bundle_files(version="1", **changed):
    """Name -> bytes of a small bundle whose manifest fits."""
    files = {"config.json": b"{}", "tokenizer.json": b"{}", "model.safetensors": tensors()} | changed
    described = {
        name: {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)} for name, data in files.items()
    }
    manifest = {"format": 1, "name": "ours", "version": version, "files": described}
    return {"bundle.json": json.dumps(manifest).encode(), **files}


def folder_of(path, files):
    path.mkdir()
    for name, data in files.items():
        (path / name).write_bytes(data)
    return path


def zip_of(path, files, *more, compression=zipfile.ZIP_DEFLATED):
    """An archive of ``files``; ``more`` are (name or ZipInfo, bytes) that go in as they are."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in (*files.items(), *more):
            archive.writestr(name, data)
    return path


@pytest.fixture
def clinic(vault):
    """The command line with a vault that has a supervisor; passphrase "two horses"."""
    access = Access(vault.paths)
    access.unlock("one horse")
    access.set_passphrase("two horses", "supervisor")
    access.lock()
    return vault


def listed(clinic, **options):
    return {model["name"]: model for model in clinic.json("models", "list", **options)["models"]}


def test_the_starter_drafts_until_another_is_promoted(clinic):
    for options in ({}, {"phrase": "one horse"}):
        starter = listed(clinic, **options)["starter"]
        assert (starter["kind"], starter["state"], starter["active"]) == ("starter", "built in", True)
        assert len(starter["sha256"]) == 64


@pytest.mark.parametrize("shape", ["folder", "zip", "zip with a folder in it"])
def test_a_bundle_is_imported_untrusted_and_nothing_is_left_over(clinic, tmp_path, shape):
    files = bundle_files() | {"README.md": b"a card"}
    inside = {f"ours-1/{name}": data for name, data in files.items()} | {"ours-1/": b""}
    source = {
        "folder": lambda: folder_of(tmp_path / "ours", files),
        "zip": lambda: zip_of(tmp_path / "ours.zip", files),
        "zip with a folder in it": lambda: zip_of(tmp_path / "ours.zip", inside),
    }[shape]()
    told = clinic.json("models", "import", source, phrase="one horse")
    assert (told["name"], told["version"], told["state"]) == ("ours", "1", "untrusted")
    assert told["sha256"] == hashlib.sha256(files["bundle.json"]).hexdigest()
    kept = clinic.paths.models_dir / told["id"]
    assert {f.name: f.read_bytes() for f in kept.iterdir()} == bundle_files()
    assert [f.name for f in clinic.paths.models_dir.iterdir()] == [told["id"]]
    assert (
        clinic.json("models", "import", source)["id"] == told["id"]
    )  # again is no harm, nor without a vault
    assert not listed(clinic, phrase="one horse")["ours"]["active"]


def test_only_a_supervisor_promotes_and_the_one_before_comes_back(clinic, tmp_path):
    for version in ("1", "2"):
        clinic.json("models", "import", folder_of(tmp_path / version, bundle_files(version)))
    supervisor = ("--role", "supervisor")
    assert "supervisor" in clinic.refused("models", "promote", "ours 1", phrase="one horse")
    assert "not the passphrase" in clinic.refused(
        "models", "promote", "ours 1", *supervisor, phrase="one horse", code=3
    )
    assert "Several" in clinic.refused("models", "promote", "ours", *supervisor, phrase="two horses")
    assert "no model" in clinic.refused("models", "promote", "theirs", *supervisor, phrase="two horses")
    told = clinic.json("models", "promote", "ours 1", *supervisor, phrase="two horses")
    assert (told["version"], told["state"], told["active"]) == ("1", "signed off", True)
    two = clinic.json("models", "promote", "ours 2", *supervisor, phrase="two horses")
    clinic.json("models", "promote", two["id"], *supervisor, phrase="two horses")  # twice is once
    starter = json.loads((starter_dir() / "bundle.json").read_text(encoding="utf8"))["version"]
    for expected in ("1", starter):
        told = clinic.json("models", "rollback", *supervisor, phrase="two horses")
        assert (told["version"], told["active"]) == (expected, True)
    assert told["kind"] == "starter"
    assert "No other model" in clinic.refused("models", "rollback", *supervisor, phrase="two horses")
    assert clinic.json("models", "promote", "starter", *supervisor, phrase="two horses")["active"]
    models = clinic.json("models", "list", phrase="one horse")["models"]
    assert [model["state"] for model in models] == ["built in", "signed off", "signed off"]
    assert audit_kinds(clinic)[-3:] == ["model rolled back", "model rolled back", "starter chosen"]
    assert audit_kinds(clinic).count("model promoted") == 3


def audit_kinds(clinic):
    access = Access(clinic.paths)
    with access.unlock("one horse").read() as db:
        kinds = [json.loads(body)["kind"] for (body,) in db.rows("SELECT body FROM audit ORDER BY sequence")]
    access.lock()
    return kinds


def test_a_rollback_to_a_model_that_was_changed_is_refused(clinic, tmp_path):
    supervisor = ("--role", "supervisor")
    ids = []
    for version in ("1", "2"):
        ids.append(
            clinic.json("models", "import", folder_of(tmp_path / version, bundle_files(version)))["id"]
        )
        clinic.json("models", "promote", ids[-1], *supervisor, phrase="two horses")
    (clinic.paths.models_dir / ids[0] / "bundle.json").write_text("{}")
    assert "changed" in clinic.refused("models", "rollback", *supervisor, phrase="two horses")
    models = {m["id"]: m for m in clinic.json("models", "list", phrase="one horse")["models"]}
    assert models[ids[1]]["active"]
    assert models[ids[0]]["state"] == "changed"


def test_a_file_changed_after_the_import_is_not_promoted(clinic, tmp_path):
    told = clinic.json("models", "import", folder_of(tmp_path / "ours", bundle_files()))
    weights = clinic.paths.models_dir / told["id"] / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    words = ("models", "promote", told["id"], "--role", "supervisor")
    assert "not the file" in clinic.refused(*words, phrase="two horses")
    assert listed(clinic, phrase="one horse")["starter"]["active"]
    clinic.json("models", "import", tmp_path / "ours")  # importing again repairs it
    assert clinic.json(*words, phrase="two horses")["active"]


def test_a_model_trained_here_is_listed_and_promoted_by_its_run(clinic):
    access = Access(clinic.paths)
    key = Models(access.unlock("one horse"), clinic.paths).run_key()
    access.lock()
    run = Folder(clinic.paths.runs_dir / "run-3" / "bundle", key)
    for name, data in bundle_files("3").items():
        run.write(name, data)
    assert listed(clinic)["run-3"]["state"] == "untrusted"  # its name is sealed while the vault is locked
    trained = listed(clinic, phrase="one horse")["ours"]
    assert (trained["kind"], trained["id"], trained["state"]) == ("trained", "run-3", "untrusted")
    told = clinic.json("models", "promote", "run-3", "--role", "supervisor", phrase="two horses")
    assert (told["kind"], told["state"], told["active"]) == ("trained", "signed off", True)
    models = clinic.json("models", "list", phrase="one horse")["models"]
    assert [(m["name"], m["active"]) for m in models] == [("starter", False), ("ours", True)]


def link(name):
    info = zipfile.ZipInfo(name)
    info.external_attr = 0o120777 << 16
    return info


def with_nul(path):
    """An archive in which a name goes on behind a NUL."""
    zip_of(path, bundle_files() | {"config.jsonX.sh": b""})
    path.write_bytes(path.read_bytes().replace(b"config.jsonX.sh", b"config.json\0.sh"))
    return path


HOSTILE_NAMES = {
    "up": "../config.json",
    "far up": "ours/../../x",
    "absolute": "/etc/config.json",
    "a drive": "C:/config.json",
    "a backslash": "..\\config.json",
    "too deep": "a/b/config.json",
    "reserved": "NUL",
    "reserved with an ending": "com1.json",
    "a reserved folder": "aux/config.json",
    "a pickle": "pytorch_model.bin",
    "another pickle": "model.PT",
    "a script": "setup.py",
    "in a folder of its own": "other/config.json",
    "twice": "tokenizer.json",
}


@pytest.mark.parametrize("name", HOSTILE_NAMES.values(), ids=HOSTILE_NAMES)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_archive_with_a_hostile_name_is_refused_before_anything_is_written(clinic, tmp_path, name):
    source = zip_of(tmp_path / "x.zip", bundle_files(), (name, b"{}"))
    before = sorted(tmp_path.rglob("*"))
    assert "nothing was written" in clinic.refused("models", "import", source)
    assert [p for p in sorted(tmp_path.rglob("*")) if "logs" not in p.parts] == [
        p for p in before if "logs" not in p.parts
    ]
    assert not clinic.paths.models_dir.exists()


def damaged(path):
    data = bytearray(zip_of(path, bundle_files(), compression=zipfile.ZIP_STORED).read_bytes())
    data[data.index(b"data_offsets") + 20] ^= 255
    path.write_bytes(data)
    return path


def encrypted(path):
    data = bytearray(zip_of(path, bundle_files()).read_bytes())
    for mark, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = data.find(mark)
        while at >= 0:
            data[at + place] |= 1
            at = data.find(mark, at + 1)
    path.write_bytes(data)
    return path


def text(path, content):
    path.write_bytes(content)
    return path


def cut(path):
    whole = zip_of(path, bundle_files()).read_bytes()
    return text(path, whole[: len(whole) // 2])


def fake_entries(path):
    """A list of contents that claims sixty thousand entries."""
    data = bytearray(zip_of(path, bundle_files()).read_bytes())
    at = data.rfind(b"PK\5\6")
    data[at + 8 : at + 12] = b"\x60\xea\x60\xea"
    return text(path, bytes(data))


HOSTILE_ARCHIVES = {
    "a link": lambda p: zip_of(p, bundle_files(), (link("critic.json"), b"/etc/passwd")),
    "a NUL": with_nul,
    "a bomb": lambda p: zip_of(p, bundle_files(), ("critic.json", b"\0" * (30 << 20))),
    "many files": lambda p: zip_of(p, {f"{n}.json": b"" for n in range(1000)}),
    "claims many files": fake_entries,
    "a wrong checksum": damaged,
    "encrypted": encrypted,
    "cut off": cut,
    "empty": lambda p: text(p, b""),
    "no archive": lambda p: text(p, b"hello" * 100),
    "no manifest": lambda p: zip_of(p, {"config.json": b"{}"}),
    "a folder as a link": lambda p: zip_of(p, bundle_files(), (link("ours/"), b"/etc")),
}


@pytest.mark.parametrize("make", HOSTILE_ARCHIVES.values(), ids=HOSTILE_ARCHIVES)
def test_a_hostile_archive_is_refused_before_anything_is_written(clinic, tmp_path, make):
    source = make(tmp_path / "x.zip")
    assert "nothing was written" in clinic.refused("models", "import", source)
    assert not clinic.paths.models_dir.exists()


def manifest_of(**changed):
    files = bundle_files()
    value = json.loads(files["bundle.json"]) | changed
    return files | {"bundle.json": json.dumps(value).encode()}


F32 = {"dtype": "F32", "shape": [2]}
HOSTILE_FILES = {
    "a file changed": bundle_files() | {"config.json": b"[]"},
    "a file longer": bundle_files() | {"config.json": b"{}" * 1000},
    "a file missing": {k: v for k, v in bundle_files().items() if k != "config.json"},
    "a file more": bundle_files() | {"critic.json": b"{}"},
    "a path in the manifest": manifest_of(files={"../x": {"sha256": "", "size": 1}}),
    "no files": manifest_of(files=[]),
    "a size that is no number": manifest_of(files={"config.json": {"sha256": "", "size": "1"}}),
    "a newer format": manifest_of(format=2),
    "a name with control characters": manifest_of(name="a\x1b[2J"),
    "a manifest that is no JSON": bundle_files() | {"bundle.json": b"\xff"},
    "a deep manifest": bundle_files() | {"bundle.json": b"[" * 100_000},
    "not a number": bundle_files(**{"model.safetensors": tensors((1.0, float("nan")))}),
    "infinite": bundle_files(**{"model.safetensors": tensors((float("-inf"), 1.0))}),
    "a pickle by another name": bundle_files(**{"model.safetensors": b"\x80\x04}q\0." * 10}),
    "weights cut off": bundle_files(**{"model.safetensors": tensors()[:-1]}),
    "weights too long": bundle_files(**{"model.safetensors": tensors() + b"code"}),
    "overlapping": bundle_files(
        **{"model.safetensors": tensors(a=F32 | {"data_offsets": [0, 8]}, b=F32 | {"data_offsets": [0, 8]})}
    ),
    "a tensor twice": bundle_files(
        **{
            "model.safetensors": tensors(aa=F32 | {"data_offsets": [0, 8]}, ab={}).replace(
                b'"ab": {}', b'"aa": {}'
            )
        }
    ),
    "negative": bundle_files(**{"model.safetensors": tensors(a=F32 | {"data_offsets": [-8, 0]})}),
    "an unknown type": bundle_files(
        **{"model.safetensors": tensors(a={"dtype": "X", "shape": [8], "data_offsets": [0, 8]})}
    ),
}


@pytest.mark.parametrize("files", HOSTILE_FILES.values(), ids=HOSTILE_FILES)
def test_a_bundle_that_is_not_what_its_manifest_says_is_refused(clinic, tmp_path, files):
    for source in (folder_of(tmp_path / "x", files), zip_of(tmp_path / "x.zip", files)):
        assert "nothing was written" in clinic.refused("models", "import", source)
    assert not clinic.paths.models_dir.exists()


def test_a_folder_with_a_link_or_a_pickle_in_it_is_refused(clinic, tmp_path):
    source = folder_of(tmp_path / "x", bundle_files())
    os.symlink("/etc/hostname", source / "critic.json")
    assert "link" in clinic.refused("models", "import", source)
    (source / "critic.json").unlink()
    (source / "pytorch_model.bin").write_bytes(b"cos\nsystem\n")
    assert "run code" in clinic.refused("models", "import", source)


@pytest.mark.parametrize("name", ["model.pt", "model.bin", "model.tar", "model.safetensors", "missing.zip"])
def test_what_is_neither_folder_nor_zip_is_refused_unopened(clinic, tmp_path, name):
    if name != "missing.zip":
        (tmp_path / name).write_bytes(b"x")
    clinic.refused("models", "import", tmp_path / name)


def test_too_much_to_unpack_is_refused(clinic, tmp_path, monkeypatch):
    monkeypatch.setattr(bundles, "MAX_BYTES", 100)
    source = zip_of(tmp_path / "x.zip", bundle_files(), compression=zipfile.ZIP_STORED)
    assert "far more" in clinic.refused("models", "import", source)


def test_a_disk_without_room_is_told_and_nothing_stays(clinic, tmp_path, monkeypatch):
    import shutil

    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10, 10, 0))
    assert "not enough room" in clinic.refused(
        "models", "import", folder_of(tmp_path / "ours", bundle_files())
    )
    assert list(clinic.paths.models_dir.iterdir()) == []


def test_the_starter_with_its_real_weights_passes_the_same_checks():
    with bundles.opened(starter_dir()) as source:
        assert bundles.check(source).name == "starter"


def test_looking_at_models_loads_no_model_stack(clinic, tmp_path):
    source = folder_of(tmp_path / "ours", bundle_files())
    code = (
        "import sys\nfrom tfdesk.cli import main\n"
        f"main(['--data-dir', {str(clinic.folder)!r}, 'models', 'import', {str(source)!r}, '--json'])\n"
        "print([m for m in ('torch', 'safetensors', 'transformers', 'PySide6') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_promoted_model_drafts_once_the_vault_is_open(clinic, desk_bundle, tmp_path):
    files = {file.name: file.read_bytes() for file in desk_bundle.iterdir()}
    told = clinic.json("models", "import", zip_of(tmp_path / "tiny.zip", files))
    clinic.json("models", "promote", told["id"], "--role", "supervisor", phrase="two horses")
    talk = tmp_path / "talk.json"
    said = {"speaker": "client", "text": "The house is so quiet since he left."}
    talk.write_text(json.dumps({"id": "1", "source": "test", "context": None, "turns": [said]}))
    answer = clinic.json("suggest", talk, "--drafts", "0", phrase="one horse")
    assert (answer["model"]["name"], answer["model"]["sha256"]) == ("tiny", told["sha256"])
