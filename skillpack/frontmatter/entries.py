"""The lines of frontmatter that is no YAML to the keys and values that were most likely meant."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from skillpack.frontmatter.quoting import folded, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

# The key takes the spaces before its colon along: spaces that two parts could take cost the square of their number.
_KEY: Final = r"""[\w$./][^:\n"']*|"[^"\n]*"[ ]*|'[^'\n]*'[ ]*"""
_PAIR: Final = re.compile(rf"(?P<indent>[ ]*)(?P<dash>(?:-[ ]+)*)(?P<key>{_KEY}):[ \t]+(?P<value>\S.*)")


@dataclass(frozen=True, slots=True)
class Entry:
    """A key with what follows it: `lines` of text, the first of them from `column` on; counted from 0."""

    key: str
    first: int
    column: int
    lines: tuple[str, ...]

    @property
    def last(self) -> int:
        """The last line that is not empty."""
        return self.first + len(self.lines) - 1

    @property
    def value(self) -> str:
        """The text as it would be if it were a plain text, on one line."""
        return folded(list(self.lines))

    def mended(self, lines: list[str]) -> list[str]:
        """Return all lines with this value in quotes; no line moves."""
        bare = self.value.strip(self.value[0]) if self.value[0] in "'\"" else self.value
        head = lines[self.first][: self.column] + quoted(bare)
        return [*lines[: self.first], head, *[""] * (len(self.lines) - 1), *lines[self.last + 1 :]]


def entries_at(lines: list[str], number: int) -> Iterator[Entry]:
    """Yield the entry that begins on this line, and those above that this line can be part of, the nearest first."""
    limit = sys.maxsize
    for at in range(min(number, len(lines) - 1), -1, -1):
        if not lines[at].strip():
            continue
        indent = _indent(lines[at])
        if indent >= limit:
            continue
        limit = indent
        if entry := _entry(lines, at):
            yield entry
        if indent == 0:
            return


def _entry(lines: list[str], first: int) -> Entry | None:
    found = _PAIR.fullmatch(lines[first].rstrip())
    if found is None:
        return None
    indent, last = len(found["indent"]), first
    for at in range(first + 1, len(lines)):
        if lines[at].strip() and _indent(lines[at]) <= indent:
            break
        if lines[at].strip():
            last = at
    return Entry(found["key"].strip(), first, found.start("value"), (found["value"], *lines[first + 1 : last + 1]))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))
