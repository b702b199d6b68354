"""scikit-learn: the style sheets it reads when imported, not its example data and C sources."""

from PyInstaller.utils.hooks import collect_data_files

datas = collect_data_files("sklearn", includes=["**/*.css", "**/*.js"])
