"""The bytes of a SKILL.md to its frontmatter, or to everything that keeps it from being read."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Final

from skillpack.findings import Edit
from skillpack.frontmatter.events import NotYamlError, parse
from skillpack.frontmatter.nodes import Frontmatter
from skillpack.frontmatter.quoting import quoted
from skillpack.frontmatter.scan import Block, TroubleError, position, scan, without_mark
from skillpack.limits import MANIFEST

if TYPE_CHECKING:
    from skillpack.frontmatter.causes import Cause
    from skillpack.frontmatter.entries import Entry
    from skillpack.frontmatter.nodes import Fields, Trouble

_MAX_CAUSES: Final = 128
_MAX_REREAD: Final = 1_500
"""Lines; what is broken in a nested list or mapping is read from its beginning again for each value of it."""
_MAX_CANDIDATES: Final = 4


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found in one file: its frontmatter, or the one that was most likely meant; and what is wrong.

    Of what was meant, lines and columns are those of the file but for the mended values; bytes are not.
    """

    frontmatter: Frontmatter | None
    meant: Frontmatter | None
    troubles: tuple[Trouble, ...]


def read(content: bytes) -> Reading:
    """Return the frontmatter of a SKILL.md and what is wrong with it, from one reading.

    Args:
        content: the whole file.
    """
    rest, marks = without_mark(content)
    shift = len(content) - len(rest)
    try:
        block = scan(rest)
    except TroubleError as error:
        return Reading(None, None, (*marks, error.trouble))
    block = Block(block.text, block.start + shift, block.end + shift)
    fields, found = _diagnose(block)
    troubles = (*marks, *found)
    said = Frontmatter(fields, block.text, block.start, block.end) if fields is not None else None
    return Reading(None if troubles else said, said, troubles)


def read_frontmatter(content: bytes) -> tuple[Frontmatter | None, tuple[Trouble, ...]]:
    """Return the frontmatter of a SKILL.md, and what is wrong with it; without the first there is the second.

    Args:
        content: the whole file.
    """
    reading = read(content)
    return reading.frontmatter, reading.troubles


def meant(content: bytes) -> Frontmatter | None:
    """Return the frontmatter that was most likely meant where it cannot be read, so that more can be said of it.

    Args:
        content: the whole file.
    """
    return read(content).meant


def _diagnose(block: Block) -> tuple[Fields | None, tuple[Trouble, ...]]:
    """Parse; where that fails, name the cause, put the value in quotes, and try again for the next.

    What stands above the last key of the first column that was mended is not read again until the end.
    """
    lines = [line.rstrip("\r") for line in block.text.split("\n")]
    tail, begin = block, 0
    troubles: list[Trouble] = []
    mended: set[int] = set()
    reread = 0
    while True:
        try:
            fields = parse(tail)
            if not begin:
                return fields, tuple(troubles)
            cause = None
        except TroubleError as error:
            from skillpack.frontmatter.causes import Cause, meant_as_text

            cause = meant_as_text(lines, error.trouble) or Cause(error.trouble)
        except NotYamlError as error:
            cause = _cause(lines, tail.text, error, mended)
        if cause:
            troubles.append(replace(cause.trouble, edits=_edits(cause, block)))
            entry = cause.entry
            if entry is None or entry.first in mended or len(troubles) == _MAX_CAUSES or reread > _MAX_REREAD:
                return None, tuple(troubles)
            mended.add(entry.first)
            lines = entry.mended(lines)
            begin = _begin(lines, entry.first)
            reread += entry.first - begin
        else:
            begin = 0
        tail = replace(block, text=_from(lines, begin))


def _begin(lines: list[str], number: int) -> int:
    """Return the key of the first column that a line belongs to."""
    return next((at for at in range(number, 0, -1) if re.match(r"[\w\"']", lines[at])), 0)


def _from(lines: list[str], begin: int) -> str:
    """Return the text with empty lines in place of those above `begin`, so that no line moves."""
    return "\n" * begin + "\n".join(lines[begin:])


def _cause(lines: list[str], text: str, error: NotYamlError, mended: set[int]) -> Cause:
    """Return the likeliest cause: one that, mended, lets the parser get past it."""
    from skillpack.frontmatter.causes import Cause, causes, unexplained

    line, column = position(text, error.index)
    numbers = dict.fromkeys((line - 2, line - 3, position(text, error.context)[0] - 2))
    candidates = (cause for number in numbers if number >= 0 for cause in causes(lines, number))
    for cause in islice(candidates, _MAX_CANDIDATES):
        if cause.entry and cause.entry.first not in mended and _gets_past(cause.entry, lines, _place(text, error)):
            return cause
    if "quoted scalar" in error.problem:  # where it opened tells more than where the text ended
        line, column = position(text, error.context)
    return Cause(unexplained(lines, line - 2, column - 1, error.problem))


def _gets_past(entry: Entry, lines: list[str], place: tuple[int, int, str]) -> bool:
    """Whether the parser, with this value in quotes, gives up further down or not at all."""
    text = _from(entry.mended(lines), _begin(lines, entry.first))
    try:
        parse(Block(text, 0, 0))
    except TroubleError as error:
        return (error.trouble.location.line or 0) - 2 > entry.last
    except NotYamlError as error:
        return position(text, error.index)[0] - 2 > entry.last and _place(text, error) != place
    return True


def _place(text: str, error: NotYamlError) -> tuple[int, int, str]:
    """Return what tells one refusal from another: the lines, and the parser's words."""
    return position(text, error.index)[0], position(text, error.context)[0], error.problem


def _edits(cause: Cause, block: Block) -> tuple[Edit, ...]:
    if cause.entry is None or not cause.fixable:
        return ()
    raw = block.text.split("\n")
    first, last = cause.entry.first, cause.entry.last
    before = "\n".join([*raw[:first], raw[first][: cause.entry.column]])
    through = "\n".join([*raw[:last], raw[last].removesuffix("\r")])  # a tab at the end goes with the value
    start, end = (block.start + len(text.encode()) for text in (before, through))
    return (Edit(MANIFEST, start, end, quoted(cause.entry.value).encode()),)
