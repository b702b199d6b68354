"""TRL: it looks for its templates beside itself when a trainer is made."""

from PyInstaller.utils.hooks import collect_data_files

datas = collect_data_files("trl", includes=["chat_templates/*", "templates/*"])
