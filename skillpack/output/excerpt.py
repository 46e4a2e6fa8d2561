"""Draw the source lines of a finding: line numbers, the text cut to fit, and carets below the span."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from skillpack.text import escaped, find_commands, width
from skillpack.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skillpack.findings import Excerpt, Location
    from skillpack.output.text import Look, Style

DEFAULT_WIDTH: Final = 120
_TAB: Final = 4


class _Cell(NamedTuple):
    """One character of the source as it is displayed."""

    text: str
    width: int
    marked: bool


_DOTS: Final = _Cell("...", 3, marked=False)


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
        cells = _window([_DOTS, *cells] if first > 1 else cells, room)
        number = look.style(f"{(location.line or 1) + index:>{digits}}", "dim")
        yield f"  {number} {bar} {''.join(cell.text for cell in cells)}".rstrip()
        if index == 0 or any(cell.marked for cell in cells):
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


def _cells(line: str, begin: int, end: int) -> list[_Cell]:
    """Return the characters of a line, those from index `begin` up to `end` marked."""
    known = {char: _cell(char) for char in set(line)}  # far fewer than the characters
    cells = [known[char] for char in line]
    for at in find_commands(line):
        cells[at] = _shown_as(f"\\x{ord(line[at]):02x}")
    cells[begin:end] = [_Cell(text, columns, marked=True) for text, columns, _ in cells[begin:end]]
    return cells


@lru_cache(maxsize=1024)  # a report shows the same few characters again and again
def _cell(char: str) -> _Cell:
    shown = " " * _TAB if char == "\t" else escaped(char)
    return _Cell(char, width(char), marked=False) if shown == char else _shown_as(shown)


def _shown_as(text: str) -> _Cell:
    return _Cell(text, len(text), marked=False)


def _window(cells: list[_Cell], room: int) -> list[_Cell]:
    """Return the cells that fit, with the first marked ones among them, and dots where something was cut."""
    beyond = not any(cell.marked for cell in cells)  # then the caret is after the end of the line
    if sum(cell.width for cell in cells) + beyond <= room:
        return cells
    first = next((index for index, cell in enumerate(cells) if cell.marked), len(cells))
    room -= 2 * _DOTS.width
    start = _reach(cells[:first][::-1], room // 3)
    end = _reach(cells[first:], room - sum(cell.width for cell in cells[first - start : first]))
    room -= sum(cell.width for cell in cells[first - start : first + end])
    start += _reach(cells[: first - start][::-1], room)  # the end of the line leaves more room before the span
    before, after = cells[: first - start], cells[first + end :]
    shown = cells[first - start : first + end]
    return [*([_DOTS] if before else []), *shown, *([_DOTS] if after else [])]


def _reach(cells: list[_Cell], room: int) -> int:
    """Return how many of the first cells fit."""
    for count, cell in enumerate(cells):
        room -= cell.width
        if room < 0:
            return count
    return len(cells)


def _carets(cells: list[_Cell]) -> str:
    carets = "".join(("^" if cell.marked else " ") * cell.width for cell in cells).rstrip()
    if carets:
        return carets
    first = next((index for index, cell in enumerate(cells) if cell.marked), len(cells))
    before = sum(cell.width for cell in cells[:first])
    above = first < len(cells) and before > 0  # a combining mark is displayed with the character before it
    return " " * (before - above) + "^"
