"""Translate a glob to a regular expression that matches exactly what git's wildmatch matches, in linear time.

Text represents bytes here, one character for each (latin-1), because git compares bytes.
"""

from __future__ import annotations

import codecs
import re
import sys
from typing import Final

from skillpack.values import NamedTuple

_ERRORS: Final = sys.getfilesystemencodeerrors()  # on Windows a name can hold a surrogate
_GLOB: Final = re.compile(r"[*?\[\\]")
_PLAIN: Final = re.compile(r"(?s:[^*?\[\\]|\\.)*")
_LONG: Final = 200
_ESCAPE: Final = re.compile(r"(?s:\\(.))")


def split_lines(content: bytes) -> list[str]:
    """Return the lines of an ignore file: without a byte order mark, split at LF alone, without one CR before it."""
    text = content.removeprefix(codecs.BOM_UTF8).decode("latin-1").removesuffix("\n")
    return [line.removesuffix("\r") for line in text.split("\n")]  # git adds the LF that is missing at the end


def without_negations(content: bytes) -> bytes:
    """Return an ignore file with an empty line for each negation, so that all others keep their numbers."""
    included = ("" if line.startswith("!") else line for line in split_lines(content))
    return "\n".join([*included, ""]).encode("latin-1")


def line_text(line: str) -> str:
    """Return a line as git reads it: without trailing spaces, except one after a backslash."""
    line = line.partition("\0")[0]  # it ends a C string
    if not line.endswith(" "):
        return line
    stripped = line.rstrip(" ")
    backslashes = len(stripped) - len(stripped.rstrip("\\"))
    return f"{stripped} " if backslashes % 2 else stripped


def literal_prefix(glob: str) -> str:
    """Return the part of a pattern before its first wildcard or backslash."""
    found = _GLOB.search(glob)
    return glob[: found.start()] if found else glob


def literal_start(glob: str) -> str:
    """Return the path before the first wildcard of a pattern, with its escapes removed."""
    found = _PLAIN.match(glob)
    return _ESCAPE.sub(r"\1", found[0]) if found else ""


def literal(glob: str) -> str | None:
    """Return the text that a pattern without wildcards matches, with its escapes removed, or None."""
    if not _GLOB.search(glob):
        return glob
    return _ESCAPE.sub(r"\1", glob) if _PLAIN.fullmatch(glob) else None


def escape_glob(path: str) -> str:
    """Return the pattern that matches exactly a path: with a backslash before each wildcard."""
    return _GLOB.sub(r"\\\g<0>", path)


def line_for(path: str) -> str:
    """Return the line that matches exactly one path, relative to the folder of the ignore file."""
    line = f"/{escape_glob(path)}"
    return f"{line[:-1]}\\ " if line.endswith(" ") else line


def byte_text(path: str) -> str:
    """Return a path of a tree as patterns see it: one character for each byte of its name on disk."""
    return path if path.isascii() else path.encode("utf-8", _ERRORS).decode("latin-1")


def excerpt(line: str) -> str:
    """Return a line for people, cut if it is very long: it may be reported for thousands of paths."""
    return shown(line_text(line) if len(line) <= _LONG else f"{line[:_LONG]}...")


def shown(text: str) -> str:
    """Return a line or path of one character a byte as Unicode text."""
    return text if text.isascii() else text.encode("latin-1").decode("utf-8", _ERRORS)


_CLASSES: Final = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": r" \t",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r" \t\n\r",  # git's own isspace: no vertical tab, no form feed
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}
_NOTHING: Final = "(?!)"


class MalformedPatternError(ValueError):
    """The pattern can never match; the message gives the reason."""


class _One(NamedTuple):
    """One character of a segment, as a regular expression."""

    regex: str


class _Folders(NamedTuple):
    """`**/`: any number of folders, at least `least`."""

    least: int


class _Mark:
    """Tokens without a value."""

    SLASH: Final = "/"
    STAR: Final = "*"
    REST: Final = "**"  # at the end: everything below


_Token = _One | _Folders | str


def entry_regex(glob: str) -> str:
    """Return the regular expression, with anchors, of the glob of a line: for an entry, `a/b`, or `a/b/` for a folder.

    Raises:
        MalformedPatternError: it can never match.
    """
    tail = "/" if glob.endswith("/") else "/?"
    glob = glob.removesuffix("/")
    anchored = "/" in glob
    glob = glob.removeprefix("/")
    if not glob:
        raise MalformedPatternError("its pattern is empty")
    if not anchored:
        return rf"(?s:\A(?:.*/)?{to_regex(glob, pathname=False)}(?<!/){tail})\Z"
    # git compares the part before the first wildcard byte by byte, and wildmatch starts after it: `foo**/bar` matches
    # `foobar`
    literal = literal_prefix(glob)
    return rf"(?s:\A{re.escape(literal)}{to_regex(glob[len(literal) :])}(?<!/){tail})\Z"


def to_regex(glob: str, *, pathname: bool = True) -> str:
    """Return the regular expression of a glob, without anchors.

    Every `*` but the last of a segment and every `**/` but the last commit to their first match (atomic groups):
    backtracking could never help, and with it `*a*a*a*b` takes exponential time.

    Args:
        glob: the pattern, one character a byte.
        pathname: True if `**` between slashes crosses them; if False, it is `*`.

    Raises:
        MalformedPatternError: a bracket does not end, or the pattern ends in a backslash.
    """
    runs: list[list[_Token]] = [[]]
    gaps: list[_Folders] = []
    for token in _tokens(glob, pathname=pathname):
        if isinstance(token, _Folders):
            gaps.append(token)
            runs.append([])
        else:
            runs[-1].append(token)
    rest = runs[-1][-1:] == [_Mark.REST]
    if rest:
        runs[-1].pop()
    parts = [_run(runs[0])]
    for number, (gap, run) in enumerate(zip(gaps, runs[1:], strict=True), 1):
        folders = "(?:[^/]*/)" + ("+" if gap.least else "*")
        last = number == len(gaps)
        parts.append(folders + _run(run) if last else f"(?>{folders}?{_run(run)})")
    return "".join(parts) + (".*" if rest else "")


def _tokens(glob: str, *, pathname: bool) -> list[_Token]:
    tokens: list[_Token] = []
    at = 0
    while at < len(glob):
        char = glob[at]
        if char == "*":
            token, at = _stars(glob, at, pathname=pathname)
        elif char == "[":
            regex, at = _Bracket(glob, at + 1).read()
            token = _One(regex)
        elif char == "\\":
            if at + 1 == len(glob):
                raise MalformedPatternError("it ends in a backslash that escapes nothing")
            token = _plain(glob[at + 1])
            at += 2
        else:
            token = _One("[^/]") if char == "?" else _plain(char)
            at += 1
        tokens.append(token)
    return tokens


def _plain(char: str) -> _Token:
    return _Mark.SLASH if char == "/" else _One(re.escape(char))


def _stars(glob: str, start: int, *, pathname: bool) -> tuple[_Token, int]:
    end = start
    while end < len(glob) and glob[end] == "*":
        end += 1
    alone = end - start >= 2 and pathname and (start == 0 or glob[start - 1] == "/")
    if not alone:
        return _Mark.STAR, end
    if end == len(glob):
        return _Mark.REST, end
    if glob[end] == "/":
        return _Folders(0), end + 1
    if glob.startswith("\\/", end):  # git looks for "/" itself before it lets `**/` match no folder at all
        return _Folders(1), end + 2
    return _Mark.STAR, end


def _run(tokens: list[_Token]) -> str:
    """Join segments with `/`."""
    segments: list[list[_Token]] = [[]]
    for token in tokens:
        if token == _Mark.SLASH:
            segments.append([])
        else:
            segments[-1].append(token)
    return "/".join(_segment(segment) for segment in segments)


def _segment(tokens: list[_Token]) -> str:
    chunks = [""]
    for token in tokens:
        if isinstance(token, _One):
            chunks[-1] += token.regex
        else:
            chunks.append("")
    if len(chunks) == 1:
        return chunks[0]
    middle = "".join(f"(?>[^/]*?{chunk})" for chunk in chunks[1:-1])
    return f"{chunks[0]}{middle}[^/]*{chunks[-1]}"


class _Bracket:
    """`[...]`, read as wildmatch.c reads it: its first `]` is a character, its ranges compare bytes."""

    def __init__(self, glob: str, at: int) -> None:
        self._glob, self._at = glob, at
        self._items: list[str] = []
        self._before: str | None = None  # the character a range may begin with

    def read(self) -> tuple[str, int]:
        """Return the regular expression for one character, and the position after the bracket."""
        negated = self._glob[self._at : self._at + 1] in ("!", "^")
        self._at += negated
        first = True
        while True:
            char = self._next()
            if char == "]" and not first:
                break
            first = False
            self._add(char)
        body = "".join(self._items)
        if negated:
            return f"[^/{body}]", self._at
        return (f"(?!/)[{body}]" if body else _NOTHING), self._at

    def _add(self, char: str) -> None:
        if char == "\\":
            self._add_char(self._next())
        elif char == "-" and self._before is not None and self._glob[self._at : self._at + 1] not in ("", "]"):
            end = self._next()
            end = self._next() if end == "\\" else end
            if self._before <= end:
                self._items.append(f"{_byte(self._before)}-{_byte(end)}")
            self._before = None
        elif char == "[" and self._glob[self._at : self._at + 1] == ":":
            self._add_class()
        else:
            self._add_char(char)

    def _add_class(self) -> None:
        end = self._glob.find("]", self._at + 1)
        if end < 0:
            raise MalformedPatternError("a bracket does not end")
        if end == self._at + 1 or self._glob[end - 1] != ":":
            self._add_char("[")  # no `:]` follows: a plain character, and what follows it too
            return
        name = self._glob[self._at + 1 : end - 1]
        if name not in _CLASSES:
            raise MalformedPatternError("there is no character class of this name")
        self._items.append(_CLASSES[name])
        self._before, self._at = None, end + 1

    def _add_char(self, char: str) -> None:
        self._items.append(_byte(char))
        self._before = char

    def _next(self) -> str:
        if self._at >= len(self._glob):
            raise MalformedPatternError("a bracket does not end")
        self._at += 1
        return self._glob[self._at - 1]


def _byte(char: str) -> str:
    return f"\\x{ord(char):02x}"
