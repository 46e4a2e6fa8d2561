"""Read a frontmatter of plain lines without PyYAML, which takes several times as long, and a fifth of a short run.

What is read here are mappings of `key: value`, nested or not, lists of `- value`, and blocks of text. Each value is on
one line: unquoted and without a sign that means something to YAML, or in quotes without an escape. YAML has one reading
of that; all else is left to PyYAML. tests/property/test_simple.py compares the two.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from skillpack.frontmatter.nodes import Field, Fields, Items, Span, Style, Text
from skillpack.frontmatter.quoting import fold

if TYPE_CHECKING:
    from skillpack.frontmatter.nodes import Node

_MAX_LINES: Final = 256
_MAX_DEPTH: Final = 4
_LINE: Final = r"( *)(?:([A-Za-z_][A-Za-z0-9_-]{0,63}):|-)(?: ([^ \n][^\n]*))?\n"
"""Indentation, key, and what is written after it; without a key it is an item of a list."""

_SIGNS: Final = frozenset("-?:,[]{}#&*!|>'\"%@`")
"""What an unquoted value does not start with."""

_SPECIAL: Final = "[\u2028\u2029\ufeff\ufffe\uffff]"
"""Line breaks to YAML 1.1, a byte order mark, and what PyYAML refuses."""

_QUOTES: Final[dict[str, Style]] = {'"': "double", "'": "single"}
_BLOCKS: Final[dict[str, Style]] = {"|": "literal", "|-": "literal", ">": "folded", ">-": "folded"}


def read_simple(text: str, start: int) -> Fields | None:
    """Return the fields of a frontmatter, or None if it is not as simple as that.

    Args:
        text: what is between the two lines of `---`; of the control characters it can have only tabs and line breaks.
        start: the byte of the file where it starts.
    """
    if not text.endswith("\n") or text.count("\n") > _MAX_LINES:
        return None
    if "\t" in text or "\r" in text or (not text.isascii() and re.search(_SPECIAL, text)):
        return None
    try:
        return _Reader(text, start).read()
    except _NotSimpleError:
        return None


class _NotSimpleError(Exception):
    """The frontmatter is left to PyYAML."""


class _Reader:
    """Reads a frontmatter line by line.

    `line` is the number of the next line in the file and `at` the character where it starts; its byte is that character
    and `shift` more.
    """

    def __init__(self, text: str, start: int) -> None:
        self._text, self._ascii = text, text.isascii()
        self._match = re.compile(_LINE).match
        self._line, self._at, self._shift = 2, 0, start

    def read(self) -> Fields:
        """Return the fields.

        Raises:
            _NotSimpleError: they are not simple.
        """
        fields = self._read_fields(0, 1)
        if self._at < len(self._text):
            raise _NotSimpleError
        return fields

    def _read_fields(self, indent: int, depth: int) -> Fields:
        line, begin = self._line, self._at + self._shift + indent
        fields: dict[str, Field] = {}
        while (found := self._match(self._text, self._at)) and found.end(1) - self._at == indent and (key := found[2]):
            if key in fields:
                raise _NotSimpleError
            column, at = indent + 1, self._at + self._shift + indent
            end = column + len(key)
            span = Span(self._line, column, self._line, end, at, at + len(key))
            fields[key] = Field(Text(key, "plain", span), self._read_value(found, indent, depth))
        if not fields:
            raise _NotSimpleError
        return Fields(tuple(fields.values()), flow=False, span=self._span_from(line, indent, begin))

    def _read_items(self, indent: int) -> Items:
        line, begin = self._line, self._at + self._shift + indent
        items: list[Node] = []
        while (found := self._match(self._text, self._at)) and found.end(1) - self._at == indent and not found[2]:
            if not found[3]:
                raise _NotSimpleError
            items.append(self._read_scalar(found))
        return Items(tuple(items), flow=False, span=self._span_from(line, indent, begin))

    def _span_from(self, line: int, indent: int, begin: int) -> Span:
        """Return the span of a mapping or list, which ends where the text of the next line begins."""
        found = self._match(self._text, self._at)
        after = found.end(1) - self._at if found else 0
        return Span(line, indent + 1, self._line, after + 1, begin, self._at + self._shift + after)

    def _read_value(self, found: re.Match[str], indent: int, depth: int) -> Node:
        """Read the value of a key, on its line or below it."""
        if found[3] in _BLOCKS:
            return self._read_block(found, indent)
        if found[3]:
            return self._read_scalar(found)
        self._advance(found.end())
        below = self._match(self._text, self._at)
        if below is None or depth == _MAX_DEPTH:
            raise _NotSimpleError
        inner = below.end(1) - self._at
        if below[2] and inner > indent:
            return self._read_fields(inner, depth + 1)
        if not below[2] and inner >= indent:
            return self._read_items(inner)
        raise _NotSimpleError  # the value is empty

    def _read_scalar(self, found: re.Match[str]) -> Text:
        """Read a value that is on one line."""
        written = found[3].rstrip(" ")
        style = _QUOTES.get(written[0], "plain")
        if not (_is_plain(written) if style == "plain" else _is_quoted(written)):
            raise _NotSimpleError
        column = found.start(3) - self._at + 1
        begin = found.start(3) + self._shift
        size = len(written) if self._ascii else len(written.encode())
        span = Span(self._line, column, self._line, column + len(written), begin, begin + size)
        self._advance(found.end())
        return Text(written if style == "plain" else written[1:-1], style, span)

    def _read_block(self, found: re.Match[str], indent: int) -> Text:
        """Read a block of text, whose lines are indented alike."""
        header, line, column = found[3], self._line, found.start(3) - self._at + 1
        begin = found.start(3) + self._shift
        self._advance(found.end())
        lines = self._read_text(indent, is_folded=header[0] == ">")
        value = (fold(lines) if header[0] == ">" else "\n".join(lines)) + "\n" * (len(header) == 1)
        return Text(value, _BLOCKS[header], Span(line, column, self._line, 1, begin, self._at + self._shift))

    def _read_text(self, indent: int, *, is_folded: bool) -> list[str]:
        """Read the lines of a block, unless spaces at the end of a line or before one may be part of its text."""
        lines: list[str] = []
        inner = 0
        while self._at < len(self._text):
            end = self._text.index("\n", self._at)
            line = self._text[self._at : end]
            own = len(line) - len(line.lstrip(" "))
            if line and own <= indent:
                break
            inner = inner or own
            if line and (own < inner or line[-1] == " " or (is_folded and own > inner)):
                raise _NotSimpleError
            lines.append(line[inner:])
            self._advance(end + 1)
        if not lines or not lines[0] or not lines[-1]:
            raise _NotSimpleError
        return lines

    def _advance(self, end: int) -> None:
        """Go to the next line, which starts at a character."""
        if not self._ascii:
            line = self._text[self._at : end]
            self._shift += len(line.encode()) - len(line)
        self._at = end
        self._line += 1


def _is_plain(written: str) -> bool:
    """Return True if YAML reads all of an unquoted value as one text."""
    return written[0] not in _SIGNS and ": " not in written and " #" not in written and written[-1] != ":"


def _is_quoted(written: str) -> bool:
    """Return True if the quote that opens a value is closed at its end, and all between is the text itself."""
    return written.find(written[0], 1) == len(written) - 1 and (written[0] == "'" or "\\" not in written)
