"""The bytes of an ignore file to its lines, a line to what of it counts, a path to the line that names it.

Git compares bytes. Lines and paths are text of one character a byte here (latin-1), whatever they encode.
"""

from __future__ import annotations

import codecs
import re
import sys
from typing import Final

_ODD: Final = sys.getfilesystemencodeerrors()  # on Windows a name can hold a surrogate
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
    kept = ("" if line.startswith("!") else line for line in split_lines(content))
    return "\n".join([*kept, ""]).encode("latin-1")


def line_text(line: str) -> str:
    """Return a line as git keeps it: without trailing spaces, but for one behind a backslash."""
    line = line.partition("\0")[0]  # a C string ends there
    if not line.endswith(" "):
        return line
    stripped = line.rstrip(" ")
    backslashes = len(stripped) - len(stripped.rstrip("\\"))
    return f"{stripped} " if backslashes % 2 else stripped


def literal_prefix(glob: str) -> str:
    """Return what stands before the first wildcard or backslash of a pattern."""
    found = _GLOB.search(glob)
    return glob[: found.start()] if found else glob


def literal_start(glob: str) -> str:
    """Return the path that stands before the first wildcard of a pattern, its escapes undone."""
    found = _PLAIN.match(glob)
    return _ESCAPE.sub(r"\1", found[0]) if found else ""


def literal(glob: str) -> str | None:
    """Return the one text that a pattern without wildcards matches, its escapes undone; None if it has wildcards."""
    if not _GLOB.search(glob):
        return glob
    return _ESCAPE.sub(r"\1", glob) if _PLAIN.fullmatch(glob) else None


def literally(path: str) -> str:
    """Return a path as a pattern that matches it has it: with a backslash before each wildcard."""
    return _GLOB.sub(r"\\\g<0>", path)


def line_for(path: str) -> str:
    """Return the line that matches exactly one path, given relative to where the line stands."""
    line = f"/{literally(path)}"
    return f"{line[:-1]}\\ " if line.endswith(" ") else line


def byte_text(path: str) -> str:
    """Return a path of a tree as patterns see it: one character for each byte of its name on disk."""
    return path if path.isascii() else path.encode("utf-8", _ODD).decode("latin-1")


def excerpt(line: str) -> str:
    """Return a line as a person wrote it, of a very long one its beginning: thousands of paths may tell of it."""
    return shown(line_text(line) if len(line) <= _LONG else f"{line[:_LONG]}...")


def shown(text: str) -> str:
    """Return a line or path of one character a byte as a person wrote it."""
    return text if text.isascii() else text.encode("latin-1").decode("utf-8", _ODD)
