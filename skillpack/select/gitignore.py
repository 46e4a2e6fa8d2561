"""Match paths against an ignore file with git's semantics: the last matching line wins.

Most lines hold no wildcard, or only a `*` at their beginning: those are looked up, however many there are. Only the
others are tried one by one, and only if the longest literal text in them occurs in the path.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from skillpack.select.wildmatch import MalformedPatternError, entry_regex, line_text, literal
from skillpack.sources.walk_budget import WalkBudget
from skillpack.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from skillpack.select.gitpattern import GitPattern


_LOOKUP: Final = 20  # match steps of looking a path up in one file
_WILD: Final = re.compile(r"[*?\\/]")


class Match(NamedTuple):
    """The last line that matches a path: its number, from 1, and whether it excludes the path."""

    line: int
    excluded: bool


class _Glob:
    """A line that has to be tried. It is compiled when it is first tried; most never are."""

    __slots__ = ("_line", "_pattern", "anchored", "needle", "number")

    def __init__(self, number: int, line: str, needle: str, *, anchored: bool) -> None:
        self.number, self.anchored, self.needle = number, anchored, needle
        self._line = line
        self._pattern: GitPattern | None = None

    def matches(self, subject: str, budget: WalkBudget, file: str) -> bool:
        # the product bounds what the regular expression does; compiling is counted when the line is read
        budget.spend("match_steps", 10 + len(self._line) * len(subject) // 10, file)
        if self._pattern is None:
            from skillpack.select.gitpattern import GitPattern

            self._pattern = GitPattern(self._line)
        return self._pattern.match_file(subject) is not None


class Patterns:
    """The lines of one ignore file, or of one list of options. The last line that matches wins.

    `lines` are as written, one character a byte; `malformed` are the numbers, from 1, of those that can never match,
    each with the reason.

    Args:
        lines: one character a byte.
        budget: what reading and matching them is counted on.
        file: the ignore file, for the message if a limit is exceeded.

    Raises:
        WalkLimitError: they exceed a limit.
    """

    __slots__ = ("_budget", "_endings", "_file", "_globs", "_lengths", "_literals", "lines", "malformed")

    def __init__(self, lines: Sequence[str], budget: WalkBudget | None = None, file: str = "") -> None:
        self.lines, self._budget, self._file = tuple(lines), budget or WalkBudget(), file
        # text -> the numbers of its lines; the text ends in `/` if its line matches folders only, and begins with `/`
        # in _literals if its line is anchored
        self._literals: dict[str, list[int]] = {}
        self._endings: dict[str, list[int]] = {}
        self._globs: list[_Glob] = []
        self._budget.spend("patterns", len(lines), file)
        malformed = []
        for number, line in enumerate(lines, 1):
            text = line_text(line)
            if text and not text.startswith("#"):
                reason = self._add(number, text)
                if reason:
                    malformed.append((number, reason))
        self.malformed = tuple(malformed)
        self._globs.reverse()
        self._lengths = sorted({len(end.removesuffix("/")) for end in self._endings})

    def _add(self, number: int, text: str) -> str | None:
        """Add a line; return the reason if it can never match."""
        glob = text.removeprefix("!")
        folder = "/" if glob.endswith("/") else ""
        bare = glob.removesuffix("/")
        anchored = "/" in bare
        bare = bare.removeprefix("/")
        exact = literal(bare)
        if exact:
            self._literals.setdefault(f"{'/' * anchored}{exact}{folder}", []).append(number)
            return _find_impossible_part(bare)
        if bare.startswith("*") and not anchored and (end := literal(bare.lstrip("*"))) is not None:
            self._endings.setdefault(f"{end}{folder}", []).append(number)
            return None
        self._budget.spend("patterns", len(text), self._file)
        try:
            entry_regex(glob)
        except MalformedPatternError as error:
            return str(error)
        self._globs.append(_Glob(number, text, _longest_literal(bare), anchored=anchored))
        return _find_impossible_part(bare)

    def last_match(self, path: str) -> Match | None:
        """Return the last line that matches, or None.

        Args:
            path: relative to the folder of the patterns, one character a byte, with `/` at the end of a folder's.

        Raises:
            WalkLimitError: matching this path exceeds a limit.
        """
        last = max((found[-1] for found in self._look_up(path)), default=0)
        last = next(self._try(path, [glob for glob in self._globs if glob.number > last]), last)
        return Match(last, not self.lines[last - 1].startswith("!")) if last else None

    def matching(self, path: str, among: Collection[int] | None = None) -> list[int]:
        """Return the numbers of all lines that match, from 1, in order.

        Args:
            path: as `last_match` takes it.
            among: the numbers to try; all if None.

        Raises:
            WalkLimitError: matching this path exceeds a limit.
        """
        numbers = [number for found in self._look_up(path) for number in found if among is None or number in among]
        globs = [glob for glob in self._globs if among is None or glob.number in among]
        return sorted([*numbers, *self._try(path, globs)])

    def _try(self, path: str, globs: Sequence[_Glob]) -> Iterator[int]:
        """Yield the numbers of the globs that match."""
        name = _name(path)
        for glob in globs:
            subject = path if glob.anchored else name
            if glob.needle in subject and glob.matches(subject, self._budget, self._file):
                yield glob.number

    def _look_up(self, path: str) -> list[list[int]]:
        """Return the numbers of the lines without wildcards that match, by their text."""
        steps = _LOOKUP + len(path) // 25 + len(self._lengths) + len(self._globs)
        self._budget.spend("match_steps", steps, self._file)
        name, key = _name(path).removesuffix("/"), f"/{path.removesuffix('/')}"
        keys, length = [name, key], len(name)
        ends = [name[length - count :] for count in self._lengths[: bisect_right(self._lengths, length)]]
        if path.endswith("/"):
            keys += [f"{key}/" for key in keys]
            ends += [f"{end}/" for end in ends]
        found = [self._literals[key] for key in keys if key in self._literals]
        return found + [self._endings[end] for end in ends if end in self._endings]


def _name(path: str) -> str:
    """Return the last part of a path, with the `/` of a folder."""
    return path[path.rfind("/", 0, -1) + 1 :]


def _longest_literal(glob: str) -> str:
    """Return the longest text, without `/`, that everything a glob matches contains."""
    outside = glob.partition("[")[0] + "*" + (glob.rpartition("]")[2] if "[" in glob else "")
    return max(_WILD.split(outside), key=len)


def _find_impossible_part(glob: str) -> str | None:
    parts = glob.split("/")
    if "." in parts or ".." in parts:
        return "no path has a part . or .."
    return "no path has two slashes in a row" if "" in parts else None
