"""NLTK: the code alone. The usual hook would pack whatever corpora lie in the builder's home."""

from PyInstaller.utils.hooks import collect_data_files

datas = collect_data_files("nltk", includes=["VERSION"])
