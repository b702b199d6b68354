"""pyarrow: its compiled modules import each other unseen; without remote file systems and the flight server.

The library for substrait has to stay: every compiled module is linked to it.
"""

from PyInstaller.utils.hooks import collect_submodules

_LEFT_OUT = (
    "pyarrow.tests",
    "pyarrow.conftest",
    "pyarrow.benchmark",
    "pyarrow.cuda",
    "pyarrow.flight",
    "pyarrow.interchange.tests",
    "pyarrow._azurefs",
    "pyarrow._cuda",
    "pyarrow._flight",
    "pyarrow._gcsfs",
    "pyarrow._hdfs",
    "pyarrow._pyarrow_cpp_tests",
    "pyarrow._s3fs",
    "pyarrow.libarrow",  # libraries that look like modules; the linker finds those that are needed
)
hiddenimports = collect_submodules(
    "pyarrow", filter=lambda name: not name.startswith(_LEFT_OUT), on_error="ignore"
)
