"""Draw the source lines of a finding: line numbers, the text cut to fit, and carets below the span."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from skillpack.text import escaped, find_commands, width
from skillpack.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from skillpack.findings import Excerpt, Location
    from skillpack.output.text import Look, Style

DEFAULT_WIDTH: Final = 120
_TAB: Final = 4


class _Cells(NamedTuple):
    """The characters of a line as they are displayed, the columns of each, and the indices of those that are marked.

    Where none is marked, the indices are empty and at the end.
    """

    texts: Sequence[str]
    widths: Sequence[int]
    marked: range


_DOTS: Final = "..."


def gutter(excerpt: Excerpt, location: Location) -> int:
    """Return how many columns the line numbers take."""
    return len(str((location.line or 1) + len(excerpt.lines) - 1))


def draw(excerpt: Excerpt, location: Location, style: Style, look: Look) -> Iterator[str]:
    """Yield the lines of an excerpt, each followed by a line with carets below the span.

    Args:
        excerpt: the lines.
        location: the place of the lines, and the span.
        style: the style of the carets.
        look: the width.
    """
    digits = gutter(excerpt, location)
    room = max((look.width or DEFAULT_WIDTH) - digits - 5, 20)
    bar = look.style("|", "dim")
    for index, line in enumerate(excerpt.lines):
        begin, end = _marks(excerpt, location, index)
        first = 1 if index else 1 + excerpt.cut
        cells = _cells(line, max(begin - first, 0), max(end - first, 0))
        cells = _window(_with_dots(cells, 0, len(cells.texts), before=True) if first > 1 else cells, room)
        number = look.style(f"{(location.line or 1) + index:>{digits}}", "dim")
        yield f"  {number} {bar} {''.join(cells.texts)}".rstrip()
        if index == 0 or cells.marked:
            yield f"  {'':{digits}} {bar} {look.style(_carets(cells), style)}"


def _marks(excerpt: Excerpt, location: Location, index: int) -> tuple[int, int]:
    """Return the columns to mark in one of the lines, the end excluded."""
    line = excerpt.lines[index]
    if index == 0:
        return excerpt.columns
    indent = len(line) - len(line.lstrip())
    if (location.line or 1) + index == location.end_line:
        return indent + 1, location.end_column or len(line) + 1
    return indent + 1, len(line) + 1


def _cells(line: str, begin: int, end: int) -> _Cells:
    """Return the characters of a line, those from index `begin` up to `end` marked."""
    end = min(end, len(line))
    marked = range(begin, end) if begin < end else range(len(line), len(line))
    if line.isascii() and escaped(line) == line:  # nearly always
        return _Cells(line, b"\1" * len(line), marked)
    texts = [_show(char) for char in line]
    for at in find_commands(line):
        texts[at] = f"\\x{ord(line[at]):02x}"
    return _Cells(texts, [_width(text) for text in texts], marked)


@lru_cache(maxsize=1024)  # a report shows the same few characters again and again
def _show(char: str) -> str:
    return " " * _TAB if char == "\t" else escaped(char)


_width: Final = lru_cache(maxsize=1024)(width)


def _window(cells: _Cells, room: int) -> _Cells:
    """Return the characters that fit, with the first marked ones among them, and dots where something was cut."""
    widths, first = cells.widths, cells.marked.start
    beyond = not cells.marked  # then the caret is after the end of the line
    if sum(widths) + beyond <= room:
        return cells
    room -= 2 * len(_DOTS)
    start = _reach(widths[:first][::-1], room // 3)
    end = _reach(widths[first:], room - sum(widths[first - start : first]))
    room -= sum(widths[first - start : first + end])
    start += _reach(widths[: first - start][::-1], room)  # the end of the line leaves more room before the span
    begin, end = first - start, first + end
    return _with_dots(cells, begin, end, before=begin > 0, after=end < len(widths))


def _reach(widths: Sequence[int], room: int) -> int:
    """Return how many of the first characters fit."""
    return bisect_right([*accumulate(widths)], room)


def _with_dots(cells: _Cells, begin: int, end: int, *, before: bool, after: bool = False) -> _Cells:
    """Return the characters from index `begin` up to `end`, and dots before and after them."""
    texts = [*([_DOTS] if before else []), *cells.texts[begin:end], *([_DOTS] if after else [])]
    widths = [*([len(_DOTS)] if before else []), *cells.widths[begin:end], *([len(_DOTS)] if after else [])]
    shift = before - begin
    return _Cells(texts, widths, range(cells.marked.start + shift, min(cells.marked.stop, end) + shift))


def _carets(cells: _Cells) -> str:
    begin, end = cells.marked.start, cells.marked.stop
    before = sum(cells.widths[:begin])
    if carets := sum(cells.widths[begin:end]):
        return " " * before + "^" * carets
    above = bool(cells.marked) and before > 0  # a combining mark is displayed with the character before it
    return " " * (before - above) + "^"
