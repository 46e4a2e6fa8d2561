"""Find where an escape or an invisible character may split a token, and undo it."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Final

from skillpack.secrets.patterns import broken
from skillpack.secrets.runs import IN_TOKEN, RUNS, SHORTEST, any_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_BESIDE_SPLIT: Final = IN_TOKEN | frozenset(b"+/=.:~@")
_BEFORE_ESCAPE: Final = _BESIDE_SPLIT | frozenset(range(128, 256))
_PERCENT: Final = ord("%")
_ASCII: Final = bytes(range(128))
_NOT_ASCII: Final = bytes(range(128, 256))
# escapes, and the invisible characters as UTF-8, which a program or a page may put into a token
ESCAPED: Final = {
    escape: bytes.fromhex(escape[1:].decode())
    for escape in (b"%2F", b"%2f", b"%2B", b"%2b", b"%3A", b"%3a", b"%3D", b"%3d", b"%40", b"%24")
}
_FREQUENT: Final = 8  # in less than so many bytes on average
# by the first two bytes, which are quick to rule out
_INVISIBLE: Final = (
    (b"\xc2\xad", b""),
    (b"\xcd\x8f", b""),
    (b"\xd8\x9c", b""),
    (b"\xe1\x85", rb"[\x9f\xa0]"),
    (b"\xe1\x9e", rb"[\xb4\xb5]"),
    (b"\xe1\xa0", rb"\x8e"),
    (b"\xe2\x80", rb"[\x8b-\x8f\xaa-\xae]"),
    (b"\xe2\x81", rb"[\xa0-\xaf]"),
    (b"\xe3\x85", rb"\xa4"),
    (b"\xef\xb8", rb"[\x80-\x8f]"),
    (b"\xef\xbb", rb"\xbf"),
    (b"\xef\xbe", rb"\xa0"),
    (b"\xef\xbf", rb"[\xb9-\xbb]"),
    (b"\xf3\xa0", rb"[\x80-\x87][\x80-\xbf]"),
)
_INVISIBLE_BY_FIRST: Final = tuple((key, tuple(pairs)) for key, pairs in groupby(_INVISIBLE, lambda each: each[0][:1]))
# where `%` is frequent, four searches instead of ten: %2B and %2f as %2F, %3a as %3D; `re` looks at each byte once
_AS_ONE: Final = bytes.maketrans(b"BbfAad", b"FFFDDD")
_MERGED: Final = (b"%2F", b"%3D", b"%40", b"%24")
_LONGEST_SPLIT: Final = 5  # bytes, with the one behind it
SPLIT_PART: Final = 1 << 13
_BLOCK: Final = 8 * SPLIT_PART
_MOST_PARTS: Final = 32  # that are searched in one go
_BEFORE_SPLIT: Final = 1024
_BEHIND_SPLIT: Final = 2048
_LONGEST_SPLIT_TOKEN: Final = 32_768
_RARE: Final = 256  # in so many bytes on average
_MOST_PERCENT: Final = _BLOCK // _RARE


def neighbourhoods(content: bytes) -> Iterator[tuple[int, int]]:
    """Yield the parts of a text in which something may split a token, with what is around them."""
    size, begin, end = len(content), -1, -1
    for at in _slices_with_split(content):
        if at != end or end - begin >= _MOST_PARTS * SPLIT_PART:
            if begin >= 0:
                behind = _LONGEST_SPLIT_TOKEN if at == end else _BEHIND_SPLIT
                yield max(begin - _BEFORE_SPLIT, 0), min(end + behind, size)
            begin = at
        end = at + SPLIT_PART
    if begin >= 0:
        yield max(begin - _BEFORE_SPLIT, 0), min(end + _BEHIND_SPLIT, size)


def _slices_with_split(content: bytes) -> Iterator[int]:
    """Yield where the slices of a text begin in which something may split a token."""
    for block in range(0, len(content), _BLOCK):
        end = min(block + _BLOCK, len(content))
        if not _find_invisible(content[block : end + _LONGEST_SPLIT]):
            yield from _slices_with_escape(content, block, end)
        else:
            for at in range(block, end, SPLIT_PART):
                if has_split(content[max(at - 1, 0) : at + SPLIT_PART + _LONGEST_SPLIT]):
                    yield at


def _slices_with_escape(content: bytes, begin: int, end: int) -> Iterator[int]:
    """Yield the same of a block in which only an escape may split a token."""
    at, reach = begin, end + _LONGEST_SPLIT - len(b"%2F")
    escape = content.find(b"%", at, reach)
    for _ in range(_MOST_PERCENT):
        if escape < 0:
            return
        if content[escape : escape + 3] in ESCAPED and content[escape - 1] in _BEFORE_ESCAPE and escape:
            at = max(at, (escape - 3) // SPLIT_PART * SPLIT_PART)
            yield at
            at += SPLIT_PART
            if at >= end:
                return
            escape = at - 1
        escape = content.find(b"%", escape + 1, reach)
    for slice_ in range(max(at, escape // SPLIT_PART * SPLIT_PART), end, SPLIT_PART):
        if _has_escape_among_many(content[max(slice_ - 1, 0) : slice_ + SPLIT_PART + _LONGEST_SPLIT]):
            yield slice_


def has_split(part: bytes) -> bool:
    """Return whether an escape or an invisible character is where it may split a token."""
    return has_escape(part) or has_invisible(part)


def has_invisible(part: bytes) -> bool:
    """Return whether an invisible character is where it may split a token."""
    return not part.isascii() and any(_splitting(*each).search(part) for each in _find_invisible(part))


def has_escape(part: bytes) -> bool:
    """Return whether there is an escape behind what may be in a token or, where `%` is frequent, anywhere."""
    at = part.find(b"%", 1)
    for _ in range(len(part) // _RARE + 1):
        if at < 0:
            return False
        if part[at : at + 3] in ESCAPED and part[at - 1] in _BEFORE_ESCAPE:
            return True
        at = part.find(b"%", at + 1)
    return _has_escape_among_many(part)


def _has_escape_among_many(part: bytes) -> bool:
    """Return whether there is an escape anywhere; where `%` is frequent, to look at each takes longer."""
    merged = part.translate(_AS_ONE)
    return any(re.search(escape, merged) for escape in _MERGED)


def _find_invisible(part: bytes) -> list[tuple[bytes, bytes]]:
    """Return which invisible characters are in a text; they are looked for in what is not ASCII, often very little."""
    if part.isascii():
        return []
    rest = part.translate(None, _ASCII)
    return [
        (pair, last)
        for first, pairs in _INVISIBLE_BY_FIRST
        if rest.find(first) >= 0
        for pair, last in pairs
        if rest.find(pair) >= 0 and _invisible(pair, last).search(rest)
    ]


@cache
def _invisible(pair: bytes, last: bytes) -> re.Pattern[bytes]:
    """Return what finds the invisible characters that begin with two bytes."""
    return re.compile(pair + last)


@cache
def _splitting(pair: bytes, last: bytes) -> re.Pattern[bytes]:
    """Return what finds the same between what may be in a token, where they may split one."""
    behind = any_of(_BESIDE_SPLIT | {_PERCENT} | {pair[0] for pair, _ in _INVISIBLE})
    return re.compile(b"%b(?<=%b%b)%b(?=%b)" % (pair, any_of(_BESIDE_SPLIT), pair, last, behind))


def may_hold_token(part: bytes) -> bool:
    """Return whether a word is as long as the shortest token, or a literal there, without what is not ASCII.

    What an escape stands for is never part of a long word.
    """
    bare = part if part.isascii() else part.translate(None, _NOT_ASCII)
    return SHORTEST in bare.translate(RUNS) or any(each.text.strip(b"+=") in bare for each in broken())


@cache
def _every_split() -> re.Pattern[bytes]:
    """Return what finds escapes and invisible characters."""
    return re.compile(b"|".join([*map(b"".join, _INVISIBLE), *ESCAPED]))


def undo(part: bytes) -> bytes:
    """Return a part of a text with what escapes stand for, and without invisible characters."""
    percent = part.count(b"%")
    if percent:
        # a search for each takes longer than to see which are there, if `%` is not very frequent
        there = ESCAPED if percent * _FREQUENT > len(part) else {*re.findall(b"|".join(ESCAPED), part)}
        for escape in there:
            part = part.replace(escape, ESCAPED[escape])
    return part if part.isascii() else _every_invisible().sub(b"", part)


@cache
def _every_invisible() -> re.Pattern[bytes]:
    return re.compile(b"|".join(map(b"".join, _INVISIBLE)))


def placing(part: bytes) -> Callable[[int], int]:
    """Return a function that maps a place in the undone text to the place in the part of the text."""
    starts, shifts = [0], [0]
    for found in _every_split().finditer(part):
        first, last = found.span()
        escape = part[first] == _PERCENT  # which stands for one byte
        starts.append(first - shifts[-1] + escape)
        shifts.append(shifts[-1] + last - first - escape)
    return lambda at: at + shifts[bisect_right(starts, at) - 1]
