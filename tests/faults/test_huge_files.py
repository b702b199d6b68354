"""Files too large for memory, imported where there is little of it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.faults.tools import PASSPHRASE, ROOT, new_clinic
from tfdesk.core.paths import Paths
from tfdesk.services.access import Access

LIMITED = """
import resource, sys
from tfdesk.cli import main
import tfdesk.cli.import_, tfdesk.services.access, tfdesk.services.importing
size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize() + (300 << 20)
resource.setrlimit(resource.RLIMIT_AS, (size, size))
sys.exit(main(sys.argv[1:]))
"""


def _gigabyte(file):
    with file.open("wb") as out:
        out.truncate(1 << 30)


def _one_line(file):
    file.write_bytes(b"Client: " + b"x" * 10_000_000)


def _many_lines(file):
    file.write_bytes(b"Client: hello\nTherapist: yes\n" * (16 * 1024 * 1024 // 29))


@pytest.mark.parametrize(
    ("make", "said"),
    [(_gigabyte, "larger than 16 MiB"), (_one_line, "No message"), (_many_lines, "more than")],
)
def test_fault_29_a_huge_file_is_refused_in_little_memory(tmp_path, cheap_argon, tell, make, said):
    new_clinic(Access(Paths.default(tmp_path / "data")))
    (tmp_path / "phrase").write_text(PASSPHRASE)
    file = tmp_path / "talk.txt"
    make(file)
    words = ["--data-dir", tmp_path / "data", "import", file, "--client", "Marta K."]
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, *words, "--passphrase-file", tmp_path / "phrase"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert said in done.stderr
    tell(1, "refused in a sentence within 300 MB")
