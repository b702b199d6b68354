"""Safetensors files, looked at without the library: is the file what its header says, is every number finite.

The layout is 8 bytes of header length, a JSON header (name -> dtype, shape, data_offsets), then the numbers.
Names and shapes against the model's configuration are compared by the model process, which loads them.
"""

from __future__ import annotations

import json
import math
from typing import Any, BinaryIO

_LARGEST_HEADER = 100 << 20
_CHUNK = 1 << 22  # bytes; a multiple of every item size
_SIZES = {
    "F64": 8,
    "F32": 4,
    "F16": 2,
    "BF16": 2,
    "I64": 8,
    "I32": 4,
    "I16": 2,
    "I8": 1,
    "U8": 1,
    "BOOL": 1,
}
# A float is not finite when all bits of its exponent are set.
_EXPONENTS = {
    "F64": ("<u8", 0x7FF0000000000000),
    "F32": ("<u4", 0x7F800000),
    "F16": ("<u2", 0x7C00),
    "BF16": ("<u2", 0x7F80),
}


def fault(file: BinaryIO, size: int) -> str | None:
    """What is wrong with a safetensors file of ``size`` bytes, to end a sentence with; None when nothing."""
    try:
        tensors, data_size = _header(file, size)
        end = 0
        for _, dtype, start, stop in sorted(tensors, key=lambda tensor: tensor[2:]):
            if start != end:
                return "is damaged: its numbers overlap or have gaps"
            if not _finite(file, dtype, stop - start):
                return "holds weights that are not finite numbers"
            end = stop
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return "is no safetensors file, or a damaged one"
    return None if end == data_size else "is damaged: it is longer than its header says"


def _header(file: BinaryIO, size: int) -> tuple[list[tuple[str, str, int, int]], int]:
    """Name, type and place of every tensor, and the bytes of all. Raises ValueError and the like."""
    length = int.from_bytes(file.read(8), "little")
    if not 0 < length <= min(size - 8, _LARGEST_HEADER):
        raise ValueError("length")
    header = json.loads(file.read(length), object_pairs_hook=_unique)
    header.pop("__metadata__", None)
    tensors = []
    for name, entry in header.items():
        start, stop = entry["data_offsets"]
        if not all(type(number) is int and number >= 0 for number in (start, stop, *entry["shape"])):
            raise ValueError("offsets")
        wanted = math.prod(entry["shape"]) * _SIZES[entry["dtype"]]
        if stop - start != wanted or stop > size - 8 - length:
            raise ValueError("offsets")
        tensors.append((str(name), str(entry["dtype"]), start, stop))
    return tensors, size - 8 - length


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a name twice")
    return dict(pairs)


def _finite(file: BinaryIO, dtype: str, size: int) -> bool:
    """Read ``size`` bytes on; False when a float in them is not finite. Raises ValueError when cut off."""
    import numpy  # half a second that only looking at weights should cost

    kind, mask = _EXPONENTS.get(dtype, ("<u1", 0))
    while size > 0:
        data = file.read(min(_CHUNK, size))
        if not data or len(data) % numpy.dtype(kind).itemsize:
            raise ValueError("cut off")
        size -= len(data)
        if mask and bool(((numpy.frombuffer(data, kind) & mask) == mask).any()):
            return False
    return True
