from __future__ import annotations

import base64
import json
import math
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from skillpack.payload import wire

if TYPE_CHECKING:
    from collections.abc import Callable

_CHUNK = 768 * 1024


@pytest.mark.parametrize(
    "value",
    [
        {},
        [],
        "",
        None,
        True,
        0,
        -1,
        {"a": []},
        {"a": {}, "b": [[], {}, [1, 2, {"c": None}]]},
        {"name": 'quotes " and \\ and \n \x00 \x7f', "emoji": "\U0001f600 é \u2028"},
        ("a", ("b",)),
        1 << 80,
    ],
)
def test_the_pieces_are_what_compact_json_would_be(value: Any) -> None:
    whole = b"".join(wire.pieces(value))
    assert whole == json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    assert json.loads(whole) == wire.encoded(value)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, _CHUNK - 1, _CHUNK, _CHUNK + 1, 2 * _CHUNK + 2])
def test_base64_in_chunks_is_base64_of_the_whole(size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    data = data[:size]
    expected = base64.b64encode(data).decode()
    assert b"".join(wire.pieces({"data": data})) == b'{"data":"%s"}' % expected.encode()
    assert wire.encoded({"data": data}) == {"data": expected}


@pytest.mark.parametrize(
    "sizes",
    [
        [],
        [0, 0],
        [1, 1, 1, 1],
        [2] * 1000,
        [_CHUNK],
        [_CHUNK - 1, 1, 0, 1],
        [1, _CHUNK - 1, 1],
        [5, 3 * _CHUNK, 7],
        [_CHUNK - 2, 2 * _CHUNK + 1, 3, _CHUNK],
    ],
)
@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_base64_of_parts_of_any_size_is_base64_of_them_together(
    sizes: list[int], kind: Callable[[bytes], bytes | bytearray | memoryview]
) -> None:
    random = Random(1)
    parts = [random.randbytes(size) for size in sizes]
    pieces = [*wire.pieces(wire.Flow(lambda: map(kind, parts)))]
    assert b"".join(pieces) == b'"%s"' % base64.b64encode(b"".join(parts))
    assert len(pieces) == 2 + math.ceil(sum(sizes) / _CHUNK)


def test_no_piece_is_much_larger_than_a_chunk() -> None:
    assert max(map(len, wire.pieces([b"x" * (5 * _CHUNK)]))) == _CHUNK // 3 * 4


def test_base64_has_no_line_breaks_where_gnu_base64_has_them() -> None:
    data = bytes(1000)
    assert b"\n" not in b"".join(wire.pieces(data))
    assert b"\n" in base64.encodebytes(data)  # as `base64 FILE` prints it: no JSON string may hold that
