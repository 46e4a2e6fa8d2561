"""What a caller hands over to the same value, or to an exception that names the argument."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import UnionType


def demand(name: str, value: object, kind: type | UnionType, words: str) -> None:
    """Refuse an argument of another type; to Python a bool is a number, to a caller it is none.

    Args:
        name: what the caller knows the argument by.
        value: the argument.
        kind: the types it may have.
        words: the same in words.

    Raises:
        TypeError: it has another one.
    """
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
        raise TypeError(f"{name} must be {words}, not {type(value).__name__}")


def strings(name: str, values: Iterable[str]) -> tuple[str, ...]:
    """Return several strings as a tuple.

    Args:
        name: what the caller knows the argument by.
        values: the strings; one string would be taken for a list of its letters.

    Raises:
        TypeError: they are none.
    """
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise TypeError(f"{name} must be a list of strings, not {type(values).__name__}")
    found = tuple(values)
    for value in found:
        demand(f"what {name} holds", value, str, "a string")
    return found


def paths(name: str, values: Iterable[str]) -> tuple[str, ...]:
    """Return several paths as a tuple. Takes and raises what strings does.

    Raises:
        ValueError: a system can have no file of such a name.
    """
    found = strings(name, values)
    for path in found:
        if "\0" in path or not encodable(path):
            raise ValueError(f"{name} holds a path that no file can have")
    return found


def encodable(text: str) -> bool:
    """Whether a text has bytes, as every name on disk does; of those that are no UTF-8 os.fsdecode makes surrogates."""
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return True
