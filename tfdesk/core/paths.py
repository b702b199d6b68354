"""Where tfdesk keeps things on this computer."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

APP = "tfdesk"


def localised(file: Path, language: str) -> Path:
    """``default_de.toml`` beside ``default.toml`` where there is one for the language, else the file."""
    name, *endings = file.name.split(".")
    own = file.with_name(".".join([f"{name}_{language}", *endings]))
    return own if own.is_file() else file


@dataclass(frozen=True, slots=True)
class Paths:
    """Every place the program writes to. ``config`` holds the settings; both may be one folder."""

    root: Path
    config: Path

    @classmethod
    def default(cls, data_dir: Path | None = None) -> Paths:
        """The user's own folders; ``data_dir``, else TFDESK_DATA_DIR, moves everything into one folder."""
        chosen = data_dir or os.environ.get("TFDESK_DATA_DIR")
        if chosen:
            root = Path(chosen).expanduser().absolute()
            return cls(root, root)
        return cls(
            Path(platformdirs.user_data_dir(APP, appauthor=False)),
            Path(platformdirs.user_config_dir(APP, appauthor=False)),
        )

    @property
    def data_dir(self) -> Path:
        return self.root

    @property
    def vault_file(self) -> Path:
        """The encrypted database."""
        return self.root / "vault.db"

    @property
    def slots_file(self) -> Path:
        """The data key, wrapped once per way of opening the vault."""
        return self.root / "vault.keys.json"

    @property
    def tries_file(self) -> Path:
        """How many wrong passphrases were tried, and when."""
        return self.root / "vault.tries.json"

    @property
    def use_file(self) -> Path:
        """Empty; locked by every program that has the vault open."""
        return self.root / "vault.lock"

    @property
    def window_file(self) -> Path:
        """Empty; locked by the window on this data folder."""
        return self.root / "vault.window.lock"

    @property
    def quit_backup_file(self) -> Path:
        """When the window last made a backup while closing, and how that ended."""
        return self.root / "vault.quit-backup.json"

    @property
    def anchor_file(self) -> Path:
        """Where the audit log had got to: beside the settings, so that a copied data folder lacks it."""
        return self.config / "vault.anchor.json"

    @property
    def models_dir(self) -> Path:
        """Bundles brought into this clinic, one folder each."""
        return self.root / "models"

    @property
    def runs_dir(self) -> Path:
        """Sealed training runs, one folder each."""
        return self.root / "runs"

    @property
    def protocol_file(self) -> Path:
        """The clinic's own risk protocol, if it has written one."""
        return self.root / "protocol.toml"

    @property
    def log_file(self) -> Path:
        return self.root / "logs" / "tfdesk.log"

    @property
    def settings_file(self) -> Path:
        return self.config / "settings.toml"
