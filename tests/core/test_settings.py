"""The settings file: round trip, and one sentence for everything that is wrong with it."""

from dataclasses import replace

import pytest

from tfdesk.core.errors import InputRefused
from tfdesk.core.settings import Settings, load_settings, save_settings


def test_no_file_means_the_defaults(tmp_path):
    assert load_settings(tmp_path / "settings.toml") == Settings()


def test_saved_settings_come_back(tmp_path):
    file = tmp_path / "made" / "settings.toml"
    changed = Settings(theme="dark", scale=150, idle_minutes=5, left_width=300, emotion_enabled=False)
    save_settings(changed, file)
    assert load_settings(file) == changed
    assert [f.name for f in file.parent.iterdir()] == ["settings.toml"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("colour = 1", "colour"),
        ("scale = 'big'", "scale"),
        ("scale = true", "scale"),
        ("scale = 500", "scale"),
        ("theme = 'pink'", "theme"),
        ("theme = ", "TOML"),
    ],
)
def test_a_wrong_line_is_refused_and_named(tmp_path, text, named):
    file = tmp_path / "settings.toml"
    file.write_text(text)
    with pytest.raises(InputRefused) as refused:
        load_settings(file)
    assert named in refused.value.line()
    assert "settings.toml" in refused.value.line()


def test_a_value_out_of_range_is_not_saved(tmp_path):
    file = tmp_path / "settings.toml"
    with pytest.raises(InputRefused):
        save_settings(replace(Settings(), scale=10), file)
    assert not file.exists()


@pytest.mark.parametrize("folder", ["", "/home/ann/Backups", '/a "b"/\\c/ü', "/emoji \U0001f600"])
def test_a_folder_comes_back_as_it_was_chosen(tmp_path, folder):
    file = tmp_path / "settings.toml"
    save_settings(Settings(backup_folder=folder), file)
    assert load_settings(file).backup_folder == folder


@pytest.mark.parametrize("folder", ["here", "/line\nbreak", "/bad \udc80 byte", "/del\x7f"])
def test_a_folder_that_cannot_be_found_again_is_refused(tmp_path, folder):
    with pytest.raises(InputRefused, match="backup_folder"):
        save_settings(Settings(backup_folder=folder), tmp_path / "settings.toml")
