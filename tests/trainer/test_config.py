"""Settings come from defaults, file and --set; nothing unknown is ignored."""

from __future__ import annotations

from pathlib import Path

import pytest

from trainer.config import InputError, PretrainConfig, RlConfig, SftConfig, load_config, resources_dir


def test_file_and_sets_override_defaults_in_order(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text("[sft]\nbatch = 2\nlearning_rate = 1\n[rl]\nmax_steps = 9\n")
    config = load_config(SftConfig, file, ["batch=4"])
    assert (config.batch, config.learning_rate, config.seed) == (4, 1.0, SftConfig().seed)


def test_one_weight_changes_and_the_others_stay() -> None:
    weights = load_config(RlConfig, None, ["weights.safety=0.5"]).weights
    assert weights == RlConfig().weights | {"safety": 0.5}


def test_top_level_tables_are_read_when_they_are_settings(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text("steps = 3\n[mix]\nauthored = 1\n")
    assert load_config(PretrainConfig, file).mix == {"authored": 1.0}


@pytest.mark.parametrize(
    ("sets", "said"),
    [
        (["batsh=4"], "batsh"),
        (["batch"], "key=value"),
        (["batch=many"], "batch"),
        (["batch=1.5"], "batch"),
        (["batch=true"], "batch"),
        (["learning_rate=[1]"], "learning_rate"),
    ],
)
def test_unknown_keys_and_wrong_types_are_refused(sets: list[str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        load_config(SftConfig, None, sets)


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ("batch=0", "setting 'batch': must be a number, at least 1; it is 0"),
        ("checkpoint_every=-1", "setting 'checkpoint_every': must be a number, at least 1"),
        ("max_length=4", "at least 16"),
        ("epochs=0", "setting 'epochs': must be above 0"),
        ("learning_rate=nan", "setting 'learning_rate': must be a number, at least 0; it is nan"),
        ("learning_rate=-1e-3", "setting 'learning_rate': must be a number, at least 0"),
        ("seed=99999999999", "setting 'seed': must be a number, at least 0, at most 4294967295"),
        ("weights.safety=inf", "setting 'weights.safety': must be a number, at least 0"),
    ],
)
def test_numbers_that_cannot_work_are_refused(item: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        load_config(RlConfig if item.startswith("weights") else SftConfig, None, [item])


@pytest.mark.parametrize("text", ["not toml [", "[sft]\nunknown_key = 1"])
def test_bad_files_are_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "a.toml"
    file.write_text(text)
    with pytest.raises(InputError):
        load_config(SftConfig, file)


def test_the_starter_recipe_fits_every_command() -> None:
    recipe = Path(__file__).parents[2] / "trainer" / "recipes" / "starter.toml"
    assert load_config(PretrainConfig, recipe).mix["authored"] > 0


def test_resources_are_found() -> None:
    assert (resources_dir() / "sources.toml").is_file()
