"""What an edit changed, word by word."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from tfdesk.core.models import DiffPart

_WORDS = re.compile(r"\s*\S+|\s+")  # with the space before: a sentence added at the end changes no word


def word_diff(before: str, after: str) -> tuple[DiffPart, ...]:
    """The pieces that stayed, went and came, in reading order."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    parts: list[DiffPart] = []
    for tag, i, j, k, m in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if tag == "equal":
            parts.append(DiffPart("same", "".join(old[i:j])))
            continue
        if i < j:
            parts.append(DiffPart("removed", "".join(old[i:j])))
        if k < m:
            parts.append(DiffPart("added", "".join(new[k:m])))
    return tuple(parts)
