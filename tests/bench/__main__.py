"""python -m tests.bench NAME [--json] [--size N ...]: medians in milliseconds, with least and most.

vault  the vault beside plain sqlite3 (also named by --vs sqlite3), 10k, 100k and 1M messages unless --size
desk   the window: first frame, long conversations, searches, keys while it drafts, memory
sense  how well figures tell drafts that make sense (rated, resources/labels); --model DIR
stall  how long the window's thread is kept through a scripted afternoon of 40 messages
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

from tests.bench import desk, vault


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("name", choices=["vault", "desk", "sense", "stall"])
    parser.add_argument("--model", type=Path, help="a bundle; the starter without it")
    parser.add_argument("--vs", choices=["sqlite3"], default="sqlite3")
    parser.add_argument("--size", type=int, action="append")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    if args.name == "vault":
        found = vault.measure(tuple(args.size or vault.SIZES))
        print(json.dumps(found, indent=1) if args.json else _table(found))
    elif args.name == "sense":
        from tests.bench import sense  # torch: only here

        print(json.dumps(sense.measure(args.model), indent=1))
    else:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        print(json.dumps(desk.measure() if args.name == "desk" else desk.stall(), indent=1))


def _table(found: dict[str, Any]) -> str:
    lines = ["| messages | work | vault, ms | sqlite3, ms | ratio |", "| ---: | --- | ---: | ---: | ---: |"]
    for size, works in found["messages"].items():
        for work, one in works.items():
            if work == "bytes":
                continue
            cells = [
                f"{one[name]['median']:.2f} ({one[name]['least']:.2f} to {one[name]['most']:.2f})"
                for name in ("vault", "sqlite3")
            ]
            lines.append(f"| {size:,} | {work} | {cells[0]} | {cells[1]} | {one['ratio']:.2f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
