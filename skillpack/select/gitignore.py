"""The lines of an ignore file to the last of them that matches a path, exactly as git has it.

Most lines hold no wildcard, or a `*` at their beginning alone: those are looked up, however many there are. Only the
others are tried one by one, and only where the longest literal text in them occurs in the path.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

from skillpack.limits import MAX_IGNORE_BYTES, MAX_IGNORE_PATTERNS, MAX_IGNORE_STEPS
from skillpack.select.wildmatch import MalformedPatternError, entry_regex, line_text, literal

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from skillpack.select.gitpattern import GitPattern


_LOOKING_UP: Final = 20  # what it takes to look a path up in one file, in steps of trying
_WILD: Final = re.compile(r"[*?\\/]")


class TooCostlyError(Exception):
    """The patterns are too many, or too many for the paths they are asked of; the message says which."""


@dataclass(slots=True)
class Effort:
    """What the ignore rules of one walk may still cost: no patterns, however written, may take more than seconds.

    `patterns` counts lines, one with wildcards as often as it has characters; `steps` counts what is looked up and
    tried; `bytes` counts what is read.
    """

    patterns: int = MAX_IGNORE_PATTERNS
    steps: int = MAX_IGNORE_STEPS
    bytes: int = MAX_IGNORE_BYTES

    @property
    def spent(self) -> bool:
        """Whether more was read already than may be."""
        return self.patterns < 0 or self.bytes < 0

    def load(self, size: int) -> None:
        """Count bytes before they are read.

        Raises:
            TooCostlyError: they are more than may be.
        """
        self.bytes -= size
        if self.bytes < 0:
            raise TooCostlyError(f"over {MAX_IGNORE_BYTES:,} bytes of ignore files")

    def read(self, patterns: int) -> None:
        """Count patterns that were read.

        Raises:
            TooCostlyError: they are more than may be.
        """
        self.patterns -= patterns
        if self.patterns < 0:
            raise TooCostlyError(f"over {MAX_IGNORE_PATTERNS:,} patterns, one with wildcards by its characters")

    def match(self, steps: int) -> None:
        """Count steps before they are made.

        Raises:
            TooCostlyError: they are more than may be.
        """
        self.steps -= steps
        if self.steps < 0:
            raise TooCostlyError("too many patterns, or ignore files, for so many paths")


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one group of patterns says of a path: the number of the line, from 1, and whether it excludes."""

    line: int
    excluded: bool


@dataclass(slots=True)
class _Glob:
    """A line that has to be tried; most never are, so it is compiled when it first is."""

    number: int
    line: str
    anchored: bool
    needle: str
    pattern: GitPattern | None = None

    def matches(self, subject: str, effort: Effort) -> bool:
        # the product bounds what the regular expression does; compiling is paid for when the line is read
        effort.match(10 + len(self.line) * len(subject) // 10)
        if self.pattern is None:
            from skillpack.select.gitpattern import GitPattern

            self.pattern = GitPattern(self.line)
        return self.pattern.match_file(subject) is not None


@dataclass(frozen=True, slots=True)
class Patterns:
    """The lines of one ignore file, or of one list of options, the last of which wins.

    `lines` are as written, one character a byte; `troubles` are the numbers, from 1, of those that can never match
    anything, each with the reason.
    """

    lines: tuple[str, ...]
    troubles: tuple[tuple[int, str], ...]
    _known: _Known = field(repr=False, compare=False)
    _effort: Effort = field(repr=False, compare=False)

    @classmethod
    def from_lines(cls, lines: Sequence[str], effort: Effort | None = None) -> Self:
        """Sort lines by how they are matched.

        Args:
            lines: one character a byte.
            effort: what reading and matching them is counted on; without one only they themselves count.

        Raises:
            TooCostlyError: they are more than may be.
        """
        effort = effort or Effort()
        effort.read(len(lines))
        known, troubles = _Known(), []
        for number, line in enumerate(lines, 1):
            text = line_text(line)
            if text and not text.startswith("#"):
                trouble = known.add(number, text, effort)
                if trouble:
                    troubles.append((number, trouble))
        known.settle()
        return cls(tuple(lines), tuple(troubles), known, effort)

    def opinion(self, path: str) -> Opinion | None:
        """Return what the last line that matches says, or None where none does.

        Args:
            path: relative to where the patterns stand, one character a byte, with `/` behind a folder.

        Raises:
            TooCostlyError: this path is one too many.
        """
        known, name = self._known, _name(path)
        self._effort.match(known.effort(path))
        last = max((found[-1] for found in known.looked_up(path, name)), default=0)
        for glob in known.globs:
            if glob.number < last:
                break
            subject = path if glob.anchored else name
            if glob.needle in subject and glob.matches(subject, self._effort):
                last = glob.number
                break
        return Opinion(last, not self.lines[last - 1].startswith("!")) if last else None

    def matching(self, path: str, among: Collection[int] | None = None) -> list[int]:
        """Return the numbers of all lines that match, from 1, whether a later one overrules them or not.

        Args:
            path: as `opinion` takes it.
            among: the numbers to look at; all if None.

        Raises:
            TooCostlyError: this path is one too many.
        """
        known, name = self._known, _name(path)
        self._effort.match(known.effort(path))
        numbers = [number for found in known.looked_up(path, name) for number in found]
        numbers = numbers if among is None else [number for number in numbers if number in among]
        globs = [glob for glob in known.globs if among is None or glob.number in among]
        for glob in globs:
            subject = path if glob.anchored else name
            if glob.needle in subject and glob.matches(subject, self._effort):
                numbers.append(glob.number)
        return sorted(numbers)


@dataclass(slots=True)
class _Known:
    """Lines by how they are matched: text and the numbers of the lines that hold it, and those to try, the last first.

    A text ends in `/` if its line matches folders only; in `literals` it begins with `/` where a line is anchored.
    """

    literals: dict[str, list[int]] = field(default_factory=dict)
    endings: dict[str, list[int]] = field(default_factory=dict)
    lengths: list[int] = field(default_factory=list)
    globs: list[_Glob] = field(default_factory=list)

    def add(self, number: int, text: str, effort: Effort) -> str | None:
        """Sort a line in; return why it can never match anything, if that is so."""
        glob = text.removeprefix("!")
        folder = "/" if glob.endswith("/") else ""
        bare = glob.removesuffix("/")
        anchored = "/" in bare
        bare = bare.removeprefix("/")
        exact = literal(bare)
        if exact:
            self.literals.setdefault(f"{'/' * anchored}{exact}{folder}", []).append(number)
            return _impossible(bare)
        if bare.startswith("*") and not anchored and (end := literal(bare.lstrip("*"))) is not None:
            self.endings.setdefault(f"{end}{folder}", []).append(number)
            return None
        effort.read(len(text))
        try:
            entry_regex(glob)
        except MalformedPatternError as error:
            return str(error)
        self.globs.append(_Glob(number, text, anchored, _needle(bare)))
        return _impossible(bare)

    def settle(self) -> None:
        """Make ready for looking up, once all lines are there."""
        self.globs.reverse()
        self.lengths = sorted({len(end.removesuffix("/")) for end in self.endings})

    def effort(self, path: str) -> int:
        """Return the steps it takes to look a path up, and to see which patterns to try."""
        return _LOOKING_UP + len(path) // 25 + len(self.lengths) + len(self.globs)

    def looked_up(self, path: str, name: str) -> list[list[int]]:
        """Return the numbers of the lines that match and need not be tried, line by line of the same text."""
        name, key = name.removesuffix("/"), f"/{path.removesuffix('/')}"
        keys, length = [name, key], len(name)
        ends = [name[length - count :] for count in self.lengths[: bisect_right(self.lengths, length)]]
        if path.endswith("/"):
            keys += [f"{key}/" for key in keys]
            ends += [f"{end}/" for end in ends]
        found = [self.literals[key] for key in keys if key in self.literals]
        return found + [self.endings[end] for end in ends if end in self.endings]


def _name(path: str) -> str:
    """Return the last part of a path, with the `/` of a folder."""
    return path[path.rfind("/", 0, -1) + 1 :]


def _needle(glob: str) -> str:
    """Return the longest text, without `/`, that whatever a glob matches must hold."""
    outside = glob.partition("[")[0] + "*" + (glob.rpartition("]")[2] if "[" in glob else "")
    return max(_WILD.split(outside), key=len)


def _impossible(glob: str) -> str | None:
    parts = glob.split("/")
    if "." in parts or ".." in parts:
        return "no path has a part . or .. in it"
    return "no path has two slashes in a row" if "" in parts else None
