"""Which model drafts."""

import pytest

from tfdesk.core.errors import Locked, ModelUnavailable, RoleMissing, WrongPassphrase
from tfdesk.core.paths import Paths
from tfdesk.services.access import Access
from tfdesk.services.models import Models
from trainer.config import starter_dir


@pytest.fixture
def paths(tmp_path):
    return Paths.default(tmp_path / "data")


@pytest.fixture
def access(paths):
    access = Access(paths)
    access.create("one horse")
    yield access
    access.lock()


@pytest.fixture
def models(access, paths):
    access.set_passphrase("two horses", "supervisor")
    return Models(access.vault, paths)


@pytest.fixture
def bundle(tmp_path):
    folder = tmp_path / "result"
    folder.mkdir()
    (folder / "bundle.json").write_text('{"name": "clinic"}')
    (folder / "model.safetensors").write_bytes(b"weights")
    return folder


def test_without_a_vault_or_a_promotion_the_starter_drafts(models, paths):
    assert Models(None, paths).active() == starter_dir()
    assert models.active() == starter_dir()
    assert [(m.name, m.active) for m in models.list()] == [("starter", True)]


def test_a_promoted_bundle_is_copied_and_used_while_unlocked(models, access, paths, bundle):
    folder = models.promote(bundle, "clinic 1", access=access, passphrase="two horses")
    assert folder.parent == paths.models_dir
    assert models.active() == folder
    assert (folder / "model.safetensors").read_bytes() == b"weights"
    assert Models(None, paths).active() == starter_dir()
    assert [(m.name, m.active) for m in models.list()] == [("starter", False), ("clinic 1", True)]
    models.promote(bundle, "clinic 1", access=access, passphrase="two horses")  # again is no harm
    assert [f.name for f in paths.models_dir.iterdir()] == [folder.name]


def test_a_sealed_bundle_can_be_promoted(models, access, bundle):
    (bundle / "bundle.json").rename(bundle / "bundle.json.sealed")
    assert models.promote(bundle, "clinic", access=access, passphrase="two horses") == models.active()


def test_only_the_supervisors_passphrase_promotes(models, access, paths, bundle):
    with pytest.raises(WrongPassphrase):
        models.promote(bundle, "clinic", access=access, passphrase="one horse")
    assert models.active() == starter_dir()
    assert not paths.models_dir.exists()


def test_without_a_supervisor_nothing_is_promoted(access, paths, bundle):
    with pytest.raises(RoleMissing):
        Models(access.vault, paths).promote(bundle, "clinic", access=access, passphrase="one horse")


def test_a_folder_without_a_manifest_is_no_bundle(models, access, tmp_path):
    with pytest.raises(ModelUnavailable, match=r"bundle\.json"):
        models.promote(tmp_path / "nothing", "clinic", access=access, passphrase="two horses")


@pytest.mark.parametrize("change", ["removed", "changed"])
def test_a_promoted_model_that_is_gone_or_changed_gives_way_to_the_starter(models, access, bundle, change):
    folder = models.promote(bundle, "clinic", access=access, passphrase="two horses")
    if change == "removed":
        (folder / "bundle.json").unlink()
    else:
        (folder / "bundle.json").write_text("{}")
    assert models.active() == starter_dir()


def test_the_supervisor_can_go_back_to_the_starter(models, access, bundle):
    models.promote(bundle, "clinic", access=access, passphrase="two horses")
    models.use_starter(access=access, passphrase="two horses")
    assert models.active() == starter_dir()


def test_the_run_key_is_the_same_each_time_and_needs_the_vault(models, access, paths):
    key = models.run_key()
    assert len(key) == 32
    assert Models(access.vault, paths).run_key() == key
    with pytest.raises(Locked):
        Models(None, paths).run_key()
