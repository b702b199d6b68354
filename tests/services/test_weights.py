"""A header that lies about shapes and sizes is refused in a sentence, whatever its numbers are."""

from __future__ import annotations

import io
import json

import pytest

from tfdesk.services import weights


def file_with(shape: list[object], stop: int = 16) -> bytes:
    header = json.dumps({"a": {"dtype": "F32", "shape": shape, "data_offsets": [0, stop]}}).encode()
    return len(header).to_bytes(8, "little") + header + bytes(16)


def fault(data: bytes) -> str | None:
    return weights.fault(io.BytesIO(data), len(data))


def test_a_whole_file_has_no_fault():
    assert fault(file_with([2, 2])) is None


@pytest.mark.parametrize(
    "shape",
    [[2, 3], [2, -2], [2.0, 2], [10**400, 0.5], [0.5, 10**400], ["2", 2], [True, 4], [10**400, 10**400]],
    ids=str,
)
def test_a_shape_that_is_not_whole_numbers_of_that_size_is_refused(shape):
    assert fault(file_with(shape)) == "is no safetensors file, or a damaged one"
