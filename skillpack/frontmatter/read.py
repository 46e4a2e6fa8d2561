"""The bytes of a SKILL.md to its frontmatter, or to everything that keeps it from being read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Final

from skillpack.findings import Edit
from skillpack.frontmatter.causes import Cause, causes, meant_as_text, unexplained
from skillpack.frontmatter.events import NotYamlError, parse
from skillpack.frontmatter.nodes import Frontmatter
from skillpack.frontmatter.quoting import quoted
from skillpack.frontmatter.scan import Block, TroubleError, position, scan, without_mark
from skillpack.limits import MANIFEST

if TYPE_CHECKING:
    from skillpack.frontmatter.entries import Entry
    from skillpack.frontmatter.nodes import Fields, Trouble

_MAX_CAUSES: Final = 8
_MAX_CANDIDATES: Final = 4


@dataclass(frozen=True, slots=True)
class _Reading:
    """What was found in one block: its fields, or those that were most likely meant; and what is wrong."""

    block: Block | None
    fields: Fields | None
    troubles: tuple[Trouble, ...]


def read_frontmatter(content: bytes) -> tuple[Frontmatter | None, tuple[Trouble, ...]]:
    """Return the frontmatter of a SKILL.md, and what is wrong with it; without the first there is the second.

    Args:
        content: the whole file.
    """
    reading = _read(content)
    if reading.troubles or reading.block is None or reading.fields is None:
        return None, reading.troubles
    return _frontmatter(reading.block, reading.fields), ()


def meant(content: bytes) -> Frontmatter | None:
    """Return the frontmatter that was most likely meant where it cannot be read, so that more can be said of it.

    Lines and columns are those of the file but for the mended values; bytes are not.

    Args:
        content: the whole file.
    """
    reading = _read(content)
    return _frontmatter(reading.block, reading.fields) if reading.block and reading.fields else None


def _frontmatter(block: Block, fields: Fields) -> Frontmatter:
    return Frontmatter(fields, block.text, block.start, block.end)


def _read(content: bytes) -> _Reading:
    rest, marks = without_mark(content)
    shift = len(content) - len(rest)
    try:
        block = scan(rest)
    except TroubleError as error:
        return _Reading(None, None, (*marks, error.trouble))
    block = Block(block.text, block.start + shift, block.end + shift)
    fields, troubles = _diagnose(block)
    return _Reading(block, fields, (*marks, *troubles))


def _diagnose(block: Block) -> tuple[Fields | None, tuple[Trouble, ...]]:
    """Parse; where that fails, name the cause, put the value in quotes, and try again for the next."""
    lines = [line.rstrip("\r") for line in block.text.split("\n")]
    text = block.text
    troubles: list[Trouble] = []
    for _ in range(_MAX_CAUSES):
        try:
            return parse(replace(block, text=text)), tuple(troubles)
        except TroubleError as error:
            cause = meant_as_text(lines, error.trouble) or Cause(error.trouble)
        except NotYamlError as error:
            cause = _cause(lines, text, error)
        troubles.append(replace(cause.trouble, edits=_edits(cause, block)))
        if cause.entry is None:
            break
        lines = cause.entry.mended(lines)
        text = "\n".join(lines)
    return None, tuple(troubles)


def _cause(lines: list[str], text: str, error: NotYamlError) -> Cause:
    """Return the likeliest cause: one that, mended, lets the parser get past it."""
    line, column = position(text, error.index)
    numbers = dict.fromkeys((line - 2, line - 3, position(text, error.context)[0] - 2))
    candidates = (cause for number in numbers if number >= 0 for cause in causes(lines, number))
    for cause in islice(candidates, _MAX_CANDIDATES):
        if cause.entry and _gets_past(cause.entry, lines):
            return cause
    if "quoted scalar" in error.problem:  # where it opened tells more than where the text ended
        line, column = position(text, error.context)
    return Cause(unexplained(lines, line - 2, column - 1, error.problem))


def _gets_past(entry: Entry, lines: list[str]) -> bool:
    text = "\n".join(entry.mended(lines))
    try:
        parse(Block(text, 0, 0))
    except TroubleError as error:
        return (error.trouble.location.line or 0) - 2 > entry.last
    except NotYamlError as error:
        return position(text, error.index)[0] - 2 > entry.last
    return True


def _edits(cause: Cause, block: Block) -> tuple[Edit, ...]:
    if cause.entry is None or not cause.fixable:
        return ()
    raw = block.text.split("\n")
    first, last = cause.entry.first, cause.entry.last
    before = "\n".join([*raw[:first], raw[first][: cause.entry.column]])
    through = "\n".join([*raw[:last], raw[last].rstrip()])
    start, end = (block.start + len(text.encode()) for text in (before, through))
    return (Edit(MANIFEST, start, end, quoted(cause.entry.value).encode()),)
