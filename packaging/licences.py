"""Write docs/licences.md: every package that ships with the program, its version and licence.

Read from the installed packages' own metadata, so it cannot drift from what is shipped:
``.venv/bin/python packaging/licences.py > docs/licences.md``
"""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, distribution

SKIP = re.compile(r";.*extra\s*==")


def needed(name: str, seen: set[str]) -> set[str]:
    """Names of a package's requirements, and theirs, as far as they are installed."""
    for line in distribution(name).requires or []:
        if SKIP.search(line):
            continue
        other = re.split(r"[\s;<>=!~\[(]", line, maxsplit=1)[0].lower().replace("_", "-")
        if other in seen:
            continue
        try:
            distribution(other)
        except PackageNotFoundError:
            continue
        seen.add(other)
        needed(other, seen)
    return seen


def licence(name: str) -> str:
    data = distribution(name).metadata
    named = data.get("License-Expression") or ""
    classes = [
        c.rsplit("::", 1)[1].strip() for c in data.get_all("Classifier") or [] if c.startswith("License ::")
    ]
    return named or ", ".join(classes) or (data.get("License") or "see the package").splitlines()[0][:60]


def main() -> None:
    print("# Licences of what ships with tfdesk\n")
    print("Made by `packaging/licences.py` from the installed packages' metadata.\n")
    print("| package | version | licence |\n| --- | --- | --- |")
    for name in sorted(needed("tfdesk", set())):
        print(f"| {name} | {distribution(name).version} | {licence(name)} |")


if __name__ == "__main__":
    main()
