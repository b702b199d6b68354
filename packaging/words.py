#!/usr/bin/env python3
"""Make resources/lexicons/words.txt.gz, the words that a draft may hold: python packaging/words.py DATA_ROOT

Every word that stands in at least three documents of the sources below, or that a person wrote in the
authored dialogues. A list of words is no copy of a text; the sources are those of the starter model.
"""

from __future__ import annotations

import gzip
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = (
    "authored",
    "books_novels",
    "books_standard",
    "casino",
    "changelog",
    "counsel_chat",
    "empathic_reactions",
    "goemotions",
    "mts_dialog",
    "self_dialogue",
    "sgd",
    "stories_pratham",
    "synthetic_persona",
    "topical_chat",
)
DOCUMENTS = 3  # fewer, and it may be a slip of the pen


def main(root: Path) -> None:
    sys.path.insert(0, str(ROOT))
    from trainer.data import documents
    from trainer.spelling import WORDS, words_of

    found: Counter[str] = Counter()
    for name in SOURCES:
        for document in documents(root, name):
            there = {word for _, text in document.parts for word in words_of(text)}
            found.update(dict.fromkeys(there, DOCUMENTS if name == "authored" else 1))
    kept = sorted(word for word, count in found.items() if count >= DOCUMENTS)
    target = ROOT / "resources" / "lexicons" / WORDS
    target.write_bytes(gzip.compress("\n".join(kept).encode(), mtime=0))
    print(f"{len(kept)} words, {target.stat().st_size // 1024} kB")


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
