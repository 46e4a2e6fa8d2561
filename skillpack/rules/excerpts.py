"""Take the source lines of a finding from a file, with credentials masked."""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from skillpack.findings import Excerpt
from skillpack.secrets.scan import masked
from skillpack.text import skip_characters
from skillpack.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from skillpack.findings import Location

_EXCERPT_CHARS: Final = 400
_EXCERPT_LINES: Final = 4
_BLOCK: Final = 65_536
_NEAR: Final = 16_384
"""Characters searched on both sides of the part shown, so that a credential cut in two is still recognised."""


class Quotable(NamedTuple):
    """The content of a file that findings quote; `clean` is True if all of it was searched and has no credential."""

    content: bytes
    clean: bool = False


def take_excerpt(location: Location, file_of: Callable[[str], Quotable | None]) -> tuple[Excerpt | None, bool]:
    """Return the first lines of a place, and True if a credential in them is masked; long lines are cut around it."""
    file = file_of(location.path) if location.line else None
    if file is None or location.line is None:
        return None, False
    content = file.content
    last = min(location.end_line or location.line, location.line + _EXCERPT_LINES - 1)
    if location.end_column == 1 and last == location.end_line:  # it ends with the line break before
        last = max(location.line, last - 1)
    spans = _spans(content, location.line, last - location.line + 1)
    if not spans:
        return None, False
    begin = location.column or 1
    first = _line(content, spans[0], begin)
    columns = begin, min(_end(location, first, begin), max(begin, first.length) + 1)
    cut = max(0, begin - _EXCERPT_CHARS // 2) if first.length > _EXCERPT_CHARS else 0
    parts = [_part(file, span, cut if index == 0 else 0) for index, span in enumerate(spans)]
    lines = tuple(fit for _, fit in parts)
    return Excerpt(lines=lines, columns=columns, cut=cut), any(raw != fit for raw, fit in parts)


def _spans(content: bytes, line: int, count: int) -> list[tuple[int, int]]:
    """Return where up to `count` lines start and end, from `line` on."""
    breaks = _breaks(content)
    block = bisect_left(breaks, line - 1)  # the block in which the previous line ends
    if block == len(breaks) and line > 1:
        return []
    begin = block * _BLOCK
    if before := line - 1 - (breaks[block - 1] if block else 0):
        part = content[begin : begin + _BLOCK]
        begin += len(part) - len(part.split(b"\n", before)[-1])
    spans: list[tuple[int, int]] = []
    while len(spans) < count and begin >= 0:
        end = content.find(b"\n", begin)
        spans.append((begin, end if end >= 0 else len(content)))
        begin = end + 1 if end >= 0 else -1
    return spans


@lru_cache(1)  # files come one after the other, each with many findings
def _breaks(content: bytes) -> list[int]:
    """Return the number of line breaks up to the end of each block."""
    return list(accumulate(content.count(b"\n", at, at + _BLOCK) for at in range(0, len(content), _BLOCK)))


class _Line(NamedTuple):
    """What is needed of a line to show a part of it: the text, and the characters and the offset before that."""

    text: str
    before: int
    offset: int

    @property
    def length(self) -> int:
        """The characters of the line up to the end of what is needed."""
        return self.before + len(self.text)


def _line(content: bytes, span: tuple[int, int], column: int) -> _Line:
    """Return what is needed of a line to show what is at a column."""
    begin, end = span
    offset, before = skip_characters(content, begin, end, column - _EXCERPT_CHARS - _NEAR)
    characters = column - before + _EXCERPT_CHARS + _NEAR
    text = content[offset : min(end, offset + 4 * characters)].decode("utf-8", "replace")[:characters].rstrip("\r")
    return _Line(text, before, offset)


def _part(file: Quotable, span: tuple[int, int], cut: int) -> tuple[str, str]:
    """Return the part of a line that is shown, raw and masked; a credential can start or end lines away."""
    content = file.content
    line = _line(content, span, cut)
    at = cut - line.before
    raw = line.text[at : at + _EXCERPT_CHARS]
    head, shown = line.text[:at].encode(), raw.encode()
    if content.startswith(head + shown, line.offset):
        if file.clean:
            return raw, raw
        start = line.offset + len(head)
        begin, end = max(0, start - _NEAR) // _NEAR * _NEAR, (start + len(shown) + 2 * _NEAR) // _NEAR * _NEAR
        start -= begin
        fit = _masked(content[begin:end])
    else:  # it is not UTF-8, so its bytes are others than those it is shown as
        before, after = _around(content, span, line.text, at)
        start = len(before)
        fit = masked(before + shown + after)
    return raw, fit[start : start + len(shown)].decode("utf-8", "replace")


@lru_cache(8)  # what is shown of neighbouring findings is in the same part of a file, and SKILL.md is seen twice
def _masked(part: bytes) -> bytes:
    """Return a part of a content with credentials masked."""
    return masked(part)


def _around(content: bytes, span: tuple[int, int], line: str, cut: int) -> tuple[bytes, bytes]:
    """Return what is before and after the part of a line that is shown."""
    begin, end = span
    first = max(0, cut - _NEAR)
    before = (b"" if first else content[max(0, begin - _NEAR) : begin]) + line[first:cut].encode()
    after = line[cut + _EXCERPT_CHARS :].encode()
    return before, after + content[end : end + max(0, _NEAR - len(after))]


def _end(location: Location, line: _Line, begin: int) -> int:
    """Return the column where the underline in the first line ends: with the span, or else with the word."""
    if location.end_line is not None and location.end_line != location.line:
        return line.length + 1
    if location.end_column is not None:
        return max(begin + 1, location.end_column)
    rest = line.text[begin - 1 - line.before :][:_EXCERPT_CHARS]
    word = rest.split(maxsplit=1)
    return begin + max(len(word[0]) if word and not rest[:1].isspace() else 1, 1)
