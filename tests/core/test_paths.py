"""Where things are kept."""

from tfdesk.core.paths import Paths


def test_the_data_dir_option_moves_everything(tmp_path, monkeypatch):
    monkeypatch.setenv("TFDESK_DATA_DIR", str(tmp_path / "other"))
    paths = Paths.default(tmp_path / "mine")
    places = [paths.vault_file, paths.slots_file, paths.models_dir, paths.runs_dir, paths.log_file]
    assert all(tmp_path / "mine" in place.parents for place in (*places, paths.settings_file))


def test_the_environment_moves_everything_too(tmp_path, monkeypatch):
    monkeypatch.setenv("TFDESK_DATA_DIR", str(tmp_path / "other"))
    assert Paths.default().root == tmp_path / "other"


def test_otherwise_the_user_folders_are_used(monkeypatch):
    monkeypatch.delenv("TFDESK_DATA_DIR", raising=False)
    assert Paths.default().root.name == "tfdesk"
