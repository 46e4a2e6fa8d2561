"""A body to its bytes: compact UTF-8 JSON, in which a value of bytes becomes its base64.

The base64 goes straight between head and tail: json.dumps of a 70 MB string takes 395 ms and 134 MiB (measured),
this 108 ms and 2 MiB.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHUNK: Final = 768 * 1024  # a multiple of three, and small enough for the processor's cache


def pieces(value: object) -> Iterator[bytes]:
    """Yield the JSON of a value made of dicts, lists, tuples, str, int, bool, None, and bytes for base64."""
    if isinstance(value, bytes):
        yield b'"'
        yield from _base64(value)
        yield b'"'
    elif isinstance(value, dict):
        yield from _joined(b"{}", ((_dumps(key) + b":", item) for key, item in value.items()))
    elif isinstance(value, list | tuple):
        yield from _joined(b"[]", ((b"", item) for item in value))
    else:
        yield _dumps(value)


def encoded(value: Any) -> Any:
    """Return the same value as json.loads would give it back: base64 as str, tuples as lists."""
    if isinstance(value, bytes):
        import pybase64

        return pybase64.b64encode_as_string(value)
    if isinstance(value, dict):
        return {key: encoded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [encoded(item) for item in value]
    return value


def _joined(brackets: bytes, items: Iterator[tuple[bytes, object]]) -> Iterator[bytes]:
    separator = brackets[:1]
    for label, item in items:
        yield separator + label
        yield from pieces(item)
        separator = b","
    yield brackets[1:] if separator == b"," else brackets


def _dumps(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def _base64(data: bytes) -> Iterator[bytes]:
    import pybase64

    view = memoryview(data)
    for at in range(0, len(data), _CHUNK):
        yield pybase64.b64encode(view[at : at + _CHUNK])
