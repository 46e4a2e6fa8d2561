"""The lines of an ignore file to patterns that match exactly what git matches.

Git compares bytes. Lines and paths are text of one character a byte here (latin-1), whatever they encode.
"""

from __future__ import annotations

import codecs
import re
import sys
from dataclasses import dataclass, field
from typing import Any, Final, Self

from pathspec import PathSpec
from pathspec.pattern import RegexPattern

from skillpack.wildmatch import MalformedPatternError, to_regex

_NEVER: Final = "(?!)"
_ODD: Final = sys.getfilesystemencodeerrors()  # on Windows a name can hold a surrogate
_GLOB: Final = re.compile(r"[*?\[\\]")
_PLAIN: Final = re.compile(r"(?s:[^*?\[\\]|\\.)*")
_ESCAPE: Final = re.compile(r"(?s:\\(.))")


class GitPattern(RegexPattern):
    """One line. It matches an entry itself, `a/b` for a file and `a/b/` for a folder, never what lies in it.

    A line that git cannot match matches nothing; none raises.
    """

    __slots__ = ()

    @classmethod
    def pattern_to_regex(cls, pattern: Any) -> tuple[Any, bool | None]:
        """Return the regular expression and whether it excludes; (None, None) for a comment or an empty line."""
        text = line_text(pattern)
        if not text or text.startswith("#"):
            return None, None
        negated = text.startswith("!")
        try:
            return _regex(text[negated:]), not negated
        except MalformedPatternError:
            return _NEVER, not negated


def _regex(glob: str) -> str:
    tail = "/" if glob.endswith("/") else "/?"
    glob = glob.removesuffix("/")
    anchored = "/" in glob
    glob = glob.removeprefix("/")
    if not glob:
        raise MalformedPatternError("there is nothing for it to match")
    if not anchored:
        return rf"(?s:\A(?:.*/)?{to_regex(glob, pathname=False)}(?<!/){tail})\Z"
    # git compares what stands before the first wildcard byte by byte and lets wildmatch begin afresh behind it:
    # `foo**/bar` matches `foobar`
    literal = literal_prefix(glob)
    return rf"(?s:\A{re.escape(literal)}{to_regex(glob[len(literal) :])}(?<!/){tail})\Z"


def literal_prefix(glob: str) -> str:
    """Return what stands before the first wildcard or backslash of a pattern."""
    found = _GLOB.search(glob)
    return glob[: found.start()] if found else glob


def literal_start(glob: str) -> str:
    """Return the path that stands before the first wildcard of a pattern, its escapes undone."""
    found = _PLAIN.match(glob)
    return _ESCAPE.sub(r"\1", found[0]) if found else ""


def line_for(path: str) -> str:
    """Return the line that matches exactly one path, given relative to where the line stands."""
    line = "/" + _GLOB.sub(r"\\\g<0>", path)
    return f"{line[:-1]}\\ " if line.endswith(" ") else line


def line_text(line: str) -> str:
    """Return a line as git keeps it: without trailing spaces, but for one behind a backslash."""
    line = line.partition("\0")[0]  # a C string ends there
    stripped = line.rstrip(" ")
    backslashes = len(stripped) - len(stripped.rstrip("\\"))
    return f"{stripped} " if backslashes % 2 and stripped != line else stripped


def split_lines(content: bytes) -> list[str]:
    """Return the lines of an ignore file: without a byte order mark, split at LF alone, without one CR before it."""
    text = content.removeprefix(codecs.BOM_UTF8).decode("latin-1").removesuffix("\n")
    return [line.removesuffix("\r") for line in text.split("\n")]  # git adds the LF that is missing at the end


def byte_text(path: str) -> str:
    """Return a path of a tree as patterns see it: one character for each byte of its name on disk."""
    return path if path.isascii() else path.encode("utf-8", _ODD).decode("latin-1")


def shown(text: str) -> str:
    """Return a line or path of one character a byte as a person wrote it."""
    return text if text.isascii() else text.encode("latin-1").decode("utf-8", _ODD)


def trouble(line: str) -> str | None:
    """Say why a line can never match anything, or return None where it can."""
    text = line_text(line)
    if not text or text.startswith("#"):
        return None
    glob = text.removeprefix("!")
    try:
        _regex(glob)
    except MalformedPatternError as error:
        return str(error)
    parts = glob.removeprefix("/").removesuffix("/").split("/")
    if "." in parts or ".." in parts:
        return "no path has a part . or .. in it"
    return "no path has two slashes in a row" if "" in parts else None


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one group of patterns says of a path: the number of the line, from 1, and whether it excludes."""

    line: int
    excluded: bool


@dataclass(frozen=True, slots=True)
class Patterns:
    """The lines of one ignore file, or of one list of options, the last of which wins.

    `lines` are as written, one character a byte.
    """

    lines: tuple[str, ...]
    _spec: PathSpec[GitPattern] = field(repr=False, compare=False)

    @classmethod
    def of(cls, lines: list[str]) -> Self:
        """Compile lines."""
        # "simple" by name: with re2 or hyperscan installed pathspec would take those, which know no atomic groups
        return cls(tuple(lines), PathSpec([GitPattern(line) for line in lines], backend="simple"))

    def opinion(self, path: str) -> Opinion | None:
        """Return what the last line that matches says, or None where none does.

        Args:
            path: relative to where the patterns stand, one character a byte, with `/` behind a folder.
        """
        found = self._spec.check_file(path, separators=())
        if found.include is None or found.index is None:
            return None
        return Opinion(found.index + 1, found.include)

    def matching(self, path: str) -> list[int]:
        """Return the numbers of all lines that match, from 1, whether a later one overrules them or not."""
        return [
            number
            for number, pattern in enumerate(self._spec.patterns, 1)
            if pattern.include is not None and pattern.match_file(path) is not None
        ]
