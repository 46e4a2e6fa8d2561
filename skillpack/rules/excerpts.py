"""Take the source lines of a finding from a file, with credentials masked."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from skillpack.findings import Excerpt
from skillpack.secrets.scan import masked

if TYPE_CHECKING:
    from collections.abc import Callable

    from skillpack.findings import Location

_EXCERPT_CHARS: Final = 400
_EXCERPT_LINES: Final = 4
_BLOCK: Final = 65_536
_NEAR: Final = 16_384
"""What is looked at on both sides of what is shown, so that no credential is cut in two and not known for one."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown of a place, and whether a credential in it was made asterisks."""

    excerpt: Excerpt
    masked: bool


def excerpt_at(location: Location, text_of: Callable[[str], bytes | None]) -> Shown | None:
    """Return the first few lines of a place: of an overlong one only what surrounds it."""
    content = text_of(location.path) if location.line else None
    if content is None or location.line is None:
        return None
    last = min(location.end_line or location.line, location.line + _EXCERPT_LINES - 1)
    if location.end_column == 1 and last == location.end_line:  # it ends with the line break before
        last = max(location.line, last - 1)
    spans = _spans(content, location.line, last - location.line + 1)
    if not spans:
        return None
    begin = location.column or 1
    first = _text(content, spans[0], begin)
    columns = begin, min(_end(location, first, begin), max(begin, len(first)) + 1)
    cut = max(0, begin - _EXCERPT_CHARS // 2) if len(first) > _EXCERPT_CHARS else 0
    parts = [_part(content, span, cut if index == 0 else 0) for index, span in enumerate(spans)]
    lines = tuple(fit for _, fit in parts)
    return Shown(Excerpt(lines=lines, columns=columns, cut=cut), any(raw != fit for raw, fit in parts))


def _spans(content: bytes, line: int, count: int) -> list[tuple[int, int]]:
    """Return where so many lines begin and end, from one on, if there are so many."""
    breaks = _breaks(content)
    block = bisect_left(breaks, line - 1)  # the one in which the line before ends
    if block == len(breaks) and line > 1:
        return []
    begin = block * _BLOCK
    for _ in range(line - 1 - (breaks[block - 1] if block else 0)):
        begin = content.find(b"\n", begin) + 1
    spans: list[tuple[int, int]] = []
    while len(spans) < count and begin >= 0:
        end = content.find(b"\n", begin)
        spans.append((begin, end if end >= 0 else len(content)))
        begin = end + 1 if end >= 0 else -1
    return spans


@lru_cache(1)  # of one file after the other, many findings
def _breaks(content: bytes) -> list[int]:
    """Return how many line breaks there are up to the end of each block."""
    return list(accumulate(content.count(b"\n", at, at + _BLOCK) for at in range(0, len(content), _BLOCK)))


def _part(content: bytes, span: tuple[int, int], cut: int) -> tuple[str, str]:
    """Return what is shown of a line, as it is and without credentials, of which some begin or end lines away."""
    begin, end = span
    line = _text(content, span, cut)
    first = max(0, cut - _NEAR)
    raw = line[cut : cut + _EXCERPT_CHARS]
    before = (b"" if first else content[max(0, begin - _NEAR) : begin]) + line[first:cut].encode()
    behind = line[cut + _EXCERPT_CHARS :].encode()
    behind += content[end : end + max(0, _NEAR - len(behind))]
    fit = masked(before + raw.encode() + behind)
    return raw, fit[len(before) : len(before) + len(raw.encode())].decode("utf-8", "replace")


def _text(content: bytes, span: tuple[int, int], column: int) -> str:
    """Return a line as far as anybody looks who wants to show what is at a column."""
    begin, end = span
    characters = column + _EXCERPT_CHARS + _NEAR
    return content[begin : min(end, begin + 4 * characters)].decode("utf-8", "replace")[:characters].rstrip("\r")


def _end(location: Location, line: str, begin: int) -> int:
    """Return where the mark in the first line ends: with the span, else with the word."""
    if location.end_line is not None and location.end_line != location.line:
        return len(line) + 1
    if location.end_column is not None:
        return max(begin + 1, location.end_column)
    word = line[begin - 1 : begin - 1 + _EXCERPT_CHARS].split(maxsplit=1)
    return begin + max(len(word[0]) if word and not line[begin - 1 : begin].isspace() else 1, 1)
