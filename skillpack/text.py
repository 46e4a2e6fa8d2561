r"""Escape text for terminals and CI runners, and format numbers, sizes, paths and errors.

The runners of GitHub Actions and Azure Pipelines read what a step prints line by line. They execute `##[error]` and
`##vso[task.complete]` anywhere in a line, and `::error::` at its start, after whitespace (actions/runner,
ActionCommand.cs; microsoft/azure-pipelines-agent, Command.cs). TeamCity does the same with `##teamcity[`. A line ends
at \n or \r.

Patterns are compiled when they are first needed, which few calls do.
"""

from __future__ import annotations

import os
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Final

_SEQUENCE: Final = r"\x1b\[[0-?]*[ -/]*[@-~]"  # of colours or the cursor: it may be removed before a runner reads it

_COMMAND: Final = (
    rf"(?m)(?P<before>(?:^|\r)(?:[^\S\r\n]|{_SEQUENCE})*):(?=(?:{_SEQUENCE})*:)"
    rf"|#(?=(?:{_SEQUENCE})*#(?:\w|{_SEQUENCE})*\[)"
)
"""The character to escape, so that no command is left with the control sequences of a terminal or without them."""

_PART: Final = 1 << 16  # bytes that are decoded in one go

_COMMAND_IN_JSON: Final = r'(?P<before>(?:"|\\[nr])\s*):(?=:)|#(?=#\w*\[)'
"""The same at the start of a string in JSON, or of a line in one."""

_INVISIBLE: Final = (
    "["
    "\\u00ad"  # soft hyphen
    "\\u034f"  # combining grapheme joiner
    "\\u061c"  # Arabic letter mark
    "\\u115f\\u1160\\u3164\\uffa0"  # Hangul fillers: letters to Unicode, without a glyph
    "\\u17b4\\u17b5"
    "\\u180b-\\u180f"
    "\\u200b-\\u200f"  # zero width, marks of direction
    "\\u2028-\\u202e"  # line and paragraph separators, bidi embeddings
    "\\u2060-\\u206f"
    "\\u2800"  # empty Braille pattern
    "\\ufe00-\\ufe0f"  # variation selectors
    "\\ufeff"  # byte order mark
    "\\ufff9-\\ufffb"
    "\\U000e0000-\\U000e007f"  # tag characters
    "\\U000e0100-\\U000e01ef"
    "]"
)
"""Characters that Python calls printable or not, but that a reader does not see."""


def escaped(text: str) -> str:
    r"""Return `text` in one line that is safe to print: no terminal and no CI runner executes any of it.

    Unprintable characters become \x1b, \u202e and the like, commands of CI runners \x3a:error:: and \x23#[error].

    Args:
        text: any string; surrogates from undecodable file names included.
    """
    return escape_commands(printable(text))


def printable(text: str) -> str:
    r"""Return `text` with each unprintable or invisible character as its escape: \x1b, \u202e and the like.

    Args:
        text: any string; surrogates from undecodable file names included.
    """
    if text.isascii() and text.isprintable():
        return text
    text = "".join(char if char.isprintable() else _escape(char) for char in text)
    return text if text.isascii() else re.sub(_INVISIBLE, lambda found: _escape(found[0]), text)


def _escape(char: str) -> str:
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # os.fsdecode's stand-in for one undecodable byte
        return f"\\x{code - 0xDC00:02x}"
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def escape_commands(text: str) -> str:
    r"""Return `text` with each command broken by an escape: `\x3a:error::`, `\x23#[error]`.

    Args:
        text: any number of lines.
    """
    if "::" not in text and "##" not in text and "\x1b" not in text:
        return text
    return re.sub(_COMMAND, lambda found: f"{found['before'] or ''}\\x{ord(found[0][-1]):02x}", text)


def find_commands(text: str) -> frozenset[int]:
    """Return the indices of the characters that escape_commands escapes."""
    return frozenset(found.end() - 1 for found in re.finditer(_COMMAND, text))


def escape_commands_in_json(text: str) -> str:
    r"""Return JSON of the same value without commands: `"\u003a:error::"`, `"\u0023#[error]"`.

    Args:
        text: JSON. Outside of strings it has neither `::` nor `##`.
    """
    if "::" not in text and "##" not in text:
        return text
    return re.sub(_COMMAND_IN_JSON, lambda found: f"{found['before'] or ''}\\u{ord(found[0][-1]):04x}", text)


def count_characters(text: bytes) -> int:
    """Return how many characters a text in UTF-8 has, of any length; what is not UTF-8 counts as Python replaces it."""
    offset, before = skip_characters(text, 0, len(text), len(text))
    return before + len(text[offset:].decode("utf-8", "replace"))


def skip_characters(text: bytes, begin: int, end: int, most: int) -> tuple[int, int]:
    """Return a place in a part of a text in UTF-8, and the characters before it: not over `most`, and nearly as many.

    Only a small part is decoded at a time, as a character can take four bytes of memory.
    """
    count = 0
    while begin + _PART < end and count + _PART // 4 <= most:
        at = begin + _PART
        # a byte that continues no character begins one; of four that do, the last is of none
        at = next((place for place in range(at, at - 4, -1) if text[place] & 0xC0 != 0x80), at)
        characters = len(text[begin:at].decode("utf-8", "replace"))
        if count + characters > most:
            break
        begin, count = at, count + characters
    return begin, count


def plural(number: int, noun: str) -> str:
    """Return `1 file`, `1,200 files`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def list_words(words: Sequence[str], before_last: str = "and") -> str:
    """Return `a`, `a and b`, or `a, b and c`.

    Args:
        words: at least one.
        before_last: another word than `and`.
    """
    *first, last = words
    return f"{', '.join(first)} {before_last} {last}" if first else last


def format_size(number: int) -> str:
    """Return a number of bytes in the unit that a person would use, with three digits: 512 B, 48.0 kB, 31.4 MB."""
    if number < 1000:
        return f"{number} B"
    unit, name = (1000, "kB") if number < 999_500 else (1_000_000, "MB")
    return f"{_three_digits(number, unit)} {name}"


def _three_digits(number: int, unit: int) -> str:
    """Return a number in a unit, rounded to three digits; of one from 1,000 on all digits before the point."""
    for decimals in (2, 1):
        scaled = (number * 10**decimals + unit // 2) // unit
        if scaled < 1000:
            return f"{scaled / 10**decimals:.{decimals}f}"
    return f"{(number + unit // 2) // unit:,}"


def format_share(share: float) -> str:
    """Return a part of a whole in percent, as short as it is clear: <0.1 %, 2.5 %, 48 %."""
    percent = share * 100
    if 0 < percent < 0.05:
        return "<0.1 %"
    return f"{percent:.1f} %" if percent < 9.95 else f"{percent:,.0f} %"


def width(text: str) -> int:
    """Return how many columns of a terminal `text` takes: two for East Asian wide characters, none for accents."""
    if text.isascii():
        return len(text)
    import unicodedata

    accents = ("Mn", "Me")
    return sum(
        0 if unicodedata.category(char) in accents else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )


def os_error(error: Exception) -> str:
    """Return what the system reports of a failed call, in lower case: `no space left on device`."""
    if not isinstance(error, OSError):
        return "it cannot be resolved"  # a loop of symlinks or a NUL in a path, which pathlib reports in its own way
    return (error.strerror or "failed").lower()


def relative_path(path: str | os.PathLike[str], folder: str | os.PathLike[str] = ".") -> str:
    """Return a path relative to a folder, with `/`; absolute if it is on another drive of Windows."""
    try:
        relative = os.path.relpath(path, folder)
    except ValueError:  # no relative path leads from one drive to another
        relative = os.path.abspath(path)  # noqa: PTH100 - a symlink is not resolved
    return relative.replace(os.sep, "/")


def nearest(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean this?`, or an empty string if no known word is similar."""
    if len(word) > 64:  # a comparison takes time
        return ""
    import difflib

    near = difflib.get_close_matches(word, known, 1)
    return f"; did you mean {escaped(near[0])}?" if near else ""
