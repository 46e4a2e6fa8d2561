"""Read JSON strictly: report what parsers read differently, each problem with its byte, and go on after it.

Parsers disagree on duplicate keys, NaN, lone surrogates and deep nesting (RFC 8259, sections 4, 6, 8.2 and 9).
Base64 takes nearly all of a body, so the string at a key named `data` is not decoded: it is returned as a view.
Python takes four bytes for each character of a text with one emoji, so another long string is decoded in pieces, and
only its beginning and its length are kept.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from skillpack.findings import Issue, Location
from skillpack.limits import (
    MAX_JSON_DEPTH,
    MAX_JSON_KEPT_BYTES,
    MAX_JSON_STRING_BYTES,
    MAX_JSON_VALUES,
    MAX_SKILL_ID_CHARS,
)
from skillpack.secrets.scan import masked
from skillpack.text import escaped, plural
from skillpack.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Self

Path = tuple[str | int, ...]

PLACEHOLDER: Final = "UEs="
"""Stands in the value for each string at a key named `data`."""

MOST_ISSUES: Final = 100
"""Of one body: a hostile one could have as many as it has values."""

_SPACE: Final = re.compile(rb"[ \t\n\r]*")
_REST_OF_STRING: Final = re.compile(rb'(?s)(?:[^"\\]++|\\.)*+"')
_NUMBER: Final = re.compile(rb"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORD: Final = re.compile(rb"[^\s\[\]{},:\"'/#]+")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_CONTROLS: Final = bytes(range(0x20))
_FIRST_CONTROL: Final = re.compile(rb"[\x00-\x1f]")
_CUT_OFF: Final = re.compile(  # at the end: a character or an escape sequence that may go on, or a first surrogate
    rb"(?:[\xc0-\xff][\x80-\xbf]{0,2}|\\(?:u[0-9a-fA-F]{0,3}|u[dD][89abAB][0-9a-fA-F]{2}(?:\\(?:u[0-9a-fA-F]{0,3})?)?)?)\Z"
)
_MOST_CUT_OFF: Final = 11  # bytes of that
_CHUNK: Final = 768 * 1024  # small enough for the processor's cache
_MOST_DIGITS: Final = 1_000  # Python takes time that grows with the square of the digits
_MOST_MASKED: Final = 4_096  # characters of a key that are searched for credentials before it is shortened
_CLOSING: Final = {b"{": b"}", b"[": b"]"}
_CONSTANTS: Final = {b"true": True, b"false": False, b"null": None}
_FOREIGN_CONSTANTS: Final = frozenset(
    {b"NaN", b"Infinity", b"-Infinity", b"None", b"True", b"False", b"undefined", b"nan", b"inf", b"-inf"}
)
_DECODER: Final = json.JSONDecoder(strict=False)  # control characters are reported on their own


class Data(NamedTuple):
    """A string at a key named `data`; `offset` is where its bytes begin in the body, None if it has escapes."""

    inside: memoryview
    offset: int | None
    has_escapes: bool = False

    @property
    def text(self) -> memoryview:
        """The bytes that it states: a view, or if it has escape sequences a new text, which takes as much memory."""
        if not self.has_escapes:
            return self.inside
        text = bytearray()
        for _, piece in _pieces(self.inside, 0, len(self.inside)):
            text += _decode(piece)[0].encode("utf-8", "surrogatepass")
        return memoryview(text).toreadonly()


class Document(NamedTuple):
    """What a text states, with PLACEHOLDER for the strings in `data`; `whole` is False if reading stopped early."""

    value: Any
    data: Mapping[Path, Data]
    whole: bool


class LongText(str):
    """Stands for a text of which only the beginning is kept; `len` is that of the whole."""

    __slots__ = ("_length",)
    _length: int

    def __new__(cls, beginning: str, length: int) -> Self:
        """Return what stands for a text with this beginning and this length."""
        text = super().__new__(cls, beginning)
        text._length = length
        return text

    def __len__(self) -> int:
        return self._length

    def __getnewargs__(self) -> tuple[str, int]:  # type: ignore[override]  # those of its own __new__
        return str(self), self._length


class Log:
    """The issues so far, at most MOST_ISSUES and one that says so."""

    def __init__(self) -> None:
        self._issues: list[Issue] = []

    def add(self, rule: str, message: str, path: Path | None = None, offset: int | None = None) -> None:
        """Add an issue.

        Args:
            rule: the id of the rule.
            message: what is wrong, without any value.
            path: keys and indices that lead to the place, if it is one of the value.
            offset: the byte, if known.
        """
        if self._has_room():
            location = Location(offset=offset, pointer=None if path is None else pointer(path))
            self._issues.append(Issue(rule, location, message))

    def add_at(self, rule: str, message: str, pointer: str) -> None:
        """Add an issue.

        Args:
            rule: the id of the rule.
            message: what is wrong, without any value.
            pointer: the JSON pointer of the place.
        """
        if self._has_room():
            self._issues.append(Issue(rule, Location(pointer=pointer), message))

    def _has_room(self) -> bool:
        if len(self._issues) == MOST_ISSUES:
            rule = self._issues[-1].rule_id
            self._issues.append(Issue(rule, Location(), f"only the first {MOST_ISSUES} problems are listed"))
        return len(self._issues) < MOST_ISSUES

    @property
    def issues(self) -> tuple[Issue, ...]:
        """The issues in the order in which they were found."""
        return tuple(self._issues)


def pointer(path: Path) -> str:
    """Return the JSON pointer (RFC 6901) of a path; a key is input, so it is shortened, masked and escaped."""
    return "".join(f"/{key_shown(part).replace('~', '~0').replace('/', '~1')}" for part in path)


def key_shown(part: str | int) -> str:
    """Return a key or an index, fit for a terminal."""
    text = masked(str(part)[:_MOST_MASKED].encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")
    return escaped(text if len(text) <= MAX_SKILL_ID_CHARS else f"{text[:MAX_SKILL_ID_CHARS]}...")


def read_json(text: bytes, log: Log) -> Document:
    """Read one JSON text.

    Args:
        text: the whole text.
        log: what is wrong with it is added here. Reading goes on after a problem where the structure is still clear.
    """
    encoding = json.detect_encoding(text[:4])
    if not encoding.startswith("utf-8"):
        log.add("json-encoding", f"the text is in {encoding[:6].upper()}, not in UTF-8", offset=0)
        return Document(None, {}, whole=False)
    if encoding == "utf-8-sig":
        log.add("json-encoding", "the text starts with a byte order mark, which JSON does not allow", offset=0)
    return _Reader(text, 3 if encoding == "utf-8-sig" else 0, log).read()


def read_beginning(text: bytes) -> Any:
    """Return the value that the first bytes of a JSON text state, in any encoding; what is cut off is missing."""
    decoded = text.decode(json.detect_encoding(text[:4]), "ignore")
    return _Reader(decoded.encode("utf-8", "ignore"), 0, Log()).read().value


class _StopError(Exception):
    """The structure is unclear from here on."""


class _Frame:
    """An array or object that is not closed yet, and the key or index of the value that is being read."""

    __slots__ = ("closing", "container", "key")

    def __init__(self, container: dict[str, Any] | list[Any], closing: bytes) -> None:
        self.container, self.closing = container, closing
        self.key: str | int | None = None


class _Reader:
    """Reads from left to right without recursion, in time that grows with the text."""

    def __init__(self, text: bytes, at: int, log: Log) -> None:
        self._text, self._at, self._log = text, at, log
        self._frames: list[_Frame] = []
        self._root: list[Any] = []
        self._values = self._kept = 0
        self._data: dict[Path, Data] = {}

    def read(self) -> Document:
        try:
            self._read_value()
            while self._frames:
                self._read_next(self._frames[-1])
            if self._peek():
                self._fail(f"{plural(len(self._text) - self._at, 'byte')} after the end of the JSON value")
        except _StopError:
            return Document(self._root[0] if self._root else None, self._data, whole=False)
        return Document(self._root[0], self._data, whole=True)

    @property
    def _path(self) -> Path:
        """The keys and indices that lead to the value, or to the object whose key is being read."""
        return tuple(frame.key for frame in self._frames if frame.key is not None)

    def _peek(self) -> bytes:
        """Return the next byte that is not white space, or nothing at the end."""
        space = _SPACE.match(self._text, self._at)
        assert space
        self._at = space.end()
        return self._text[self._at : self._at + 1]

    def _fail(self, message: str) -> None:
        self._log.add("json-invalid", message, offset=self._at)
        raise _StopError

    def _stop(self, message: str, offset: int) -> None:
        self._log.add("json-depth", message, offset=offset)
        raise _StopError

    def _fail_without(self, wanted: str) -> None:
        """Report that something else is here than what has to be."""
        byte = self._peek()
        if not byte:
            self._fail(f"the JSON ends here, before {wanted}: it may have been cut off")
        if byte == b"'":
            self._fail("a string begins with a single quote; JSON has double quotes")
        if byte in b"/#":
            self._fail("a comment, which JSON does not have")
        self._fail(f"{wanted} is missing here")

    def _read_next(self, frame: _Frame) -> None:
        """Read the end of an array or object, or its next value."""
        byte = self._peek()
        if frame.container and byte != frame.closing:
            if byte != b",":
                self._fail_without(f"a comma or {frame.closing.decode()}")
            comma = self._at
            self._at += 1
            byte = self._peek()
            if byte == frame.closing:
                self._log.add("json-invalid", "a comma before the closing bracket", offset=comma)
        if byte == frame.closing:
            self._at += 1
            self._frames.pop()
            return
        if isinstance(frame.container, dict):
            self._read_key(frame, frame.container)
        else:
            frame.key = len(frame.container)
        self._read_value()

    def _read_key(self, frame: _Frame, container: dict[str, Any]) -> None:
        if self._peek() != b'"':
            self._fail_without("a key in double quotes")
        begin = self._at
        frame.key = None
        inside = self._find_string()
        if inside[1] - inside[0] > MAX_JSON_STRING_BYTES:
            self._stop(f"a key with over {MAX_JSON_STRING_BYTES:,} bytes; the rest is not read", begin)
        frame.key = self._decode(*inside)
        if frame.key in container:
            self._log.add("json-duplicate-key", "this key occurs twice in one object", self._path, begin)
        if self._peek() != b":":
            self._fail_without("a colon")
        self._at += 1

    def _read_value(self) -> None:
        byte = self._peek()
        self._values += 1
        if self._values > MAX_JSON_VALUES:
            self._stop(f"over {MAX_JSON_VALUES:,} values; the rest is not read", self._at)
        if byte == b'"':
            self._read_string()
        elif byte == b"{":
            self._open({}, byte)
        elif byte == b"[":
            self._open([], byte)
        else:
            self._read_word()

    def _open(self, container: dict[str, Any] | list[Any], byte: bytes) -> None:
        if len(self._frames) == MAX_JSON_DEPTH:
            message = f"over {MAX_JSON_DEPTH} arrays and objects inside one another; the rest is not read"
            self._stop(message, self._at)
        self._at += 1
        self._store(container)
        self._frames.append(_Frame(container, _CLOSING[byte]))

    def _store(self, value: Any) -> None:
        if not self._frames:
            self._root.append(value)
            return
        frame = self._frames[-1]
        if isinstance(frame.container, dict):
            frame.container[str(frame.key)] = value
        else:
            frame.container.append(value)

    def _read_string(self) -> None:
        if not self._frames or self._frames[-1].key != "data":
            self._store(self._decode(*self._find_string()))
            return
        self._store(PLACEHOLDER)  # also where it is cut off, for read_beginning
        begin, end = self._find_string()
        has_escapes = self._text.find(b"\\", begin, end) >= 0
        if has_escapes:
            for _ in self._pieces(begin, end):
                pass  # it reports what is wrong
        else:
            self._report_control(begin, end)
        self._data[self._path] = Data(memoryview(self._text)[begin:end], None if has_escapes else begin, has_escapes)

    def _find_string(self) -> tuple[int, int]:
        """Return where the inside of the string begins and ends that is here, and go to its end."""
        begin = self._at + 1
        end = self._text.find(b'"', begin)
        if end >= 0 and self._is_escaped(begin, end):
            match = _REST_OF_STRING.match(self._text, end + 1)
            end = match.end() - 1 if match else -1
        if end < 0:
            self._fail("the string that begins here does not end: it may have been cut off")
        self._at = end + 1
        return begin, end

    def _is_escaped(self, begin: int, end: int) -> bool:
        """Return whether the quote at `end` is part of an escape sequence: after an odd number of backslashes."""
        at = end
        while at > begin and self._text[at - 1] == ord("\\"):
            part = self._text[max(begin, at - _CHUNK) : at]
            at -= len(part) - len(part.rstrip(b"\\"))
        return (end - at) % 2 == 1

    def _decode(self, begin: int, end: int) -> str:
        """Return a key or a value; of a long value what stands for it."""
        if end - begin > MAX_JSON_STRING_BYTES:
            beginning, length = "", 0
            for piece in self._pieces(begin, end):
                beginning = beginning or piece[:_MOST_MASKED]
                length += len(piece)
            return LongText(beginning, length)
        self._kept += end - begin
        if self._kept > MAX_JSON_KEPT_BYTES:
            self._stop(f"over {MAX_JSON_KEPT_BYTES:,} bytes of keys and short strings; the rest is not read", begin)
        return "".join(self._pieces(begin, end))

    def _pieces(self, begin: int, end: int) -> Iterator[str]:
        """Decode a string in pieces, and report the first problem of each kind in it."""
        self._report_control(begin, end)
        reported: set[str] = set()
        for at, raw in _pieces(self._text, begin, end):
            text, problems = _decode(raw)
            for kind, rule, message, index in problems:
                if kind not in reported:
                    reported.add(kind)
                    self._log.add(rule, message, self._path, begin if index is None else at + index)
            yield text

    def _report_control(self, begin: int, end: int) -> None:
        """Report the first control character of a string, in a fifth of the time of a regular expression."""
        for at in range(begin, end, _CHUNK):
            part = self._text[at : min(at + _CHUNK, end)]
            if len(part.translate(None, _CONTROLS)) == len(part):
                continue
            match = _FIRST_CONTROL.search(part)
            assert match
            what = "a line break" if match[0] in b"\r\n" else f"the control character U+{match[0][0]:04X}"
            message = f"{what} in a string; JSON writes it as an escape sequence"
            self._log.add("json-invalid", message, self._path, at + match.start())
            return

    def _read_word(self) -> None:
        match = _WORD.match(self._text, self._at)
        if not match:
            self._fail_without("a value")
            return
        word = match[0]
        if word in _CONSTANTS:
            self._store(_CONSTANTS[word])
        elif len(word) <= _MOST_DIGITS and (number := _NUMBER.fullmatch(word)):
            self._store(self._number(number))
        else:
            self._log.add("json-invalid", _describe_word(word), self._path, self._at)
            self._store(None)
        self._at = match.end()

    def _number(self, match: re.Match[bytes]) -> int | float:
        if match[1] is None and match[2] is None:
            return int(match[0])
        number = float(match[0])
        if number in (float("inf"), float("-inf")):
            message = "a number that is too large for most JSON parsers"
            self._log.add("json-invalid", message, self._path, self._at)
        return number


def _pieces(text: bytes | memoryview, begin: int, end: int) -> Iterator[tuple[int, bytes]]:
    """Yield pieces of the inside of a string and where they begin; none of them ends inside a character."""
    while begin < end:
        piece = bytes(text[begin : min(begin + _CHUNK, end)])
        if begin + len(piece) < end and (
            found := _CUT_OFF.search(piece.replace(rb"\\", b".."), len(piece) - _MOST_CUT_OFF)
        ):
            piece = piece[: found.start()]
        yield begin, piece
        begin += len(piece)


def _decode(piece: bytes) -> tuple[str, list[tuple[str, str, str, int | None]]]:
    """Return what a piece of a string states, and its problems: kind, rule, message and the byte, if it has one."""
    problems: list[tuple[str, str, str, int | None]] = []
    try:
        text = piece.decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"byte 0x{piece[error.start]:02x} is not UTF-8"
        problems.append(("UTF-8", "json-encoding", message, error.start))
        text = piece.decode("utf-8", "replace")
    if "\\" in text:
        try:
            text = str(_DECODER.decode(f'"{text}"'))
        except json.JSONDecodeError as error:
            index = len(text[: error.pos - 1].encode("utf-8", "surrogatepass"))
            problems.append(("escape", "json-invalid", "an escape sequence that JSON does not have", index))
    if not text.isascii() and _SURROGATE.search(text):
        message = "half of a surrogate pair, which UTF-8 cannot state"
        problems.append(("surrogate", "json-encoding", message, None))
    return text, problems


def _describe_word(word: bytes) -> str:
    if word in _FOREIGN_CONSTANTS:
        return f"{word.decode()} is not JSON"
    if word[:1] in b"+-.0123456789":
        if len(word) > _MOST_DIGITS and _NUMBER.fullmatch(word):
            return f"a number with {len(word):,} characters; at most {_MOST_DIGITS:,} are read"
        return "a number in a form that JSON does not have"
    return "neither a string in double quotes nor a number, true, false or null"
