"""The source lines of a finding to what a terminal shows: numbers, the text cut to fit, and carets below it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from skillpack.findings import escaped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skillpack.findings import Excerpt, Location, Severity
    from skillpack.output.look import Look

DEFAULT_WIDTH: Final = 120
_TAB: Final = 4
_CUT: Final = "..."


@dataclass(frozen=True, slots=True)
class _Cell:
    """One character of the source as it is shown."""

    text: str
    width: int
    marked: bool


def gutter(excerpt: Excerpt, location: Location) -> int:
    """Return how many columns the line numbers take."""
    return len(str((location.line or 1) + len(excerpt.lines) - 1))


def draw(excerpt: Excerpt, location: Location, severity: Severity, look: Look) -> Iterator[str]:
    """Yield the lines of an excerpt, each followed by one with carets below what is marked.

    Args:
        excerpt: the lines.
        location: where they stand.
        severity: gives the carets their colour.
        look: how wide the whole may be.
    """
    from skillpack.output.look import SEVERITIES

    digits = gutter(excerpt, location)
    room = max((look.width or DEFAULT_WIDTH) - digits - 5, 20)
    bar = look.style("|", "dim")
    for index, line in enumerate(excerpt.lines):
        begin, end = _marks(excerpt, location, index)
        cells = _window([_cell(char, begin <= column < end) for column, char in _columns(excerpt, index, line)], room)
        number = look.style(f"{(location.line or 1) + index:>{digits}}", "dim")
        yield f"  {number} {bar} {''.join(cell.text for cell in cells)}".rstrip()
        carets = _carets(cells, at_end=begin == end or not any(cell.marked for cell in cells))
        if carets:
            yield f"  {'':{digits}} {bar} {look.style(carets, SEVERITIES[severity])}"


def _columns(excerpt: Excerpt, index: int, line: str) -> Iterator[tuple[int, str]]:
    return enumerate(line, 1 + (0 if index else excerpt.cut))


def _marks(excerpt: Excerpt, location: Location, index: int) -> tuple[int, int]:
    """Return the columns to mark in one of the lines, the end excluded."""
    line = excerpt.lines[index]
    if index == 0:
        return excerpt.columns
    indent = len(line) - len(line.lstrip())
    if (location.line or 1) + index == location.end_line:
        return indent + 1, location.end_column or len(line) + 1
    return indent + 1, len(line) + 1


def _cell(char: str, marked: bool) -> _Cell:  # noqa: FBT001 - a cell is made in one place
    if char == "\t":
        return _Cell(" " * _TAB, _TAB, marked)
    shown = escaped(char)
    if shown != char:
        return _Cell(shown, len(shown), marked)
    if unicodedata.category(char) in ("Mn", "Me"):
        return _Cell(char, 0, marked)
    return _Cell(char, 2 if unicodedata.east_asian_width(char) in "WF" else 1, marked)


def _window(cells: list[_Cell], room: int) -> list[_Cell]:
    """Return the cells that fit, so that the marked ones are seen, with dots where something was cut."""
    if sum(cell.width for cell in cells) <= room:
        return cells
    cut = _Cell(_CUT, len(_CUT), marked=False)
    first = next((index for index, cell in enumerate(cells) if cell.marked), len(cells))
    room -= 2 * cut.width
    start, before = first, 0
    while start and before + cells[start - 1].width <= room // 3:
        start -= 1
        before += cells[start].width
    end = start
    while end < len(cells) and room >= cells[end].width:
        room -= cells[end].width
        end += 1
    while start and room >= cells[start - 1].width:
        start -= 1
        room -= cells[start].width
    return [*([cut] if start else []), *cells[start:end], *([cut] if end < len(cells) else [])]


def _carets(cells: list[_Cell], *, at_end: bool) -> str:
    if at_end:  # the place is behind the last character
        return " " * sum(cell.width for cell in cells) + "^"
    return "".join(("^" if cell.marked else " ") * cell.width for cell in cells).rstrip()
