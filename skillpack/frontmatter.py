"""The bytes of a SKILL.md to what its frontmatter says: values with their places, or what is wrong with them.

Values come from PyYAML's events, never from its constructors: those let the last of two equal keys win, turn `on`
into True, and quote the input in their errors.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from skillpack.findings import Location
from skillpack.limits import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES: Final = 64 * 1024
MAX_EVENTS: Final = 4096
MAX_DEPTH: Final = 8

Style = Literal["plain", "single", "double", "literal", "folded"]
_STYLES: Final[dict[str | None, Style]] = {
    None: "plain",
    "": "plain",
    "'": "single",
    '"': "double",
    "|": "literal",
    ">": "folded",
}


@dataclass(frozen=True, slots=True)
class Span:
    """Where something stands: lines and columns from 1 in the file, bytes from its start; ends excluded."""

    line: int
    column: int
    end_line: int
    end_column: int
    start: int
    end: int

    @property
    def location(self) -> Location:
        """The same as a place in SKILL.md."""
        return Location(MANIFEST, self.line, self.column, self.end_line, self.end_column)


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar: its text as YAML reads it, before anything guesses a type."""

    value: str
    style: Style
    span: Span


@dataclass(frozen=True, slots=True)
class Items:
    """A sequence."""

    values: tuple[Node, ...]
    flow: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Field:
    """A key and its value."""

    key: Text
    value: Node


@dataclass(frozen=True, slots=True)
class Fields:
    """A mapping, in the order of the file."""

    fields: tuple[Field, ...]
    flow: bool
    span: Span

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)

    def get(self, key: str) -> Field | None:
        """Return the field of this key, or None."""
        return next((field for field in self.fields if field.key.value == key), None)


Node = Text | Items | Fields


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why there is no frontmatter, as the rule `rule` will say it."""

    rule: str
    message: str
    location: Location
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Frontmatter:
    """What stands between the two lines of `---`.

    `text` is that, without the two lines; `start` and `end` are where it begins and ends, in bytes.
    """

    fields: Fields
    text: str = field(repr=False)
    start: int
    end: int

    def value(self, key: str) -> str | None:
        """Return the text of a field, or None where it is absent or no text."""
        found = self.fields.get(key)
        return found.value.value if found and isinstance(found.value, Text) else None

    @property
    def name(self) -> str | None:
        """The name as YAML reads it."""
        return self.value("name")

    @property
    def description(self) -> str | None:
        """The description as YAML reads it, untrimmed."""
        return self.value("description")


def read_frontmatter(content: bytes) -> tuple[Frontmatter | None, tuple[Trouble, ...]]:
    """Return the frontmatter of a SKILL.md, and what is wrong with it; without the first there is the second.

    Args:
        content: the whole file.
    """
    try:
        start, end = _fences(content)
        return _parse(content, start, end), ()
    except _TroubleError as error:
        return None, (error.trouble,)


class _TroubleError(Exception):
    """Ends the reading; never leaves this module."""

    def __init__(self, rule: str, message: str, line: int, column: int | None = None, hint: str | None = None) -> None:
        super().__init__(rule)
        self.trouble = Trouble(rule, message, Location(MANIFEST, line, column), hint)


def _fences(content: bytes) -> tuple[int, int]:
    if content.startswith(b"\xef\xbb\xbf"):
        raise _TroubleError("frontmatter-bom", "the file begins with a byte order mark", 1, 1)
    lines = content[: MAX_BYTES + 8].split(b"\n")
    if lines[0].rstrip() != b"---":
        if any(line.rstrip() == b"---" for line in lines):
            raise _TroubleError("frontmatter-not-first", "the first line is not ---", 1, 1)
        raise _TroubleError("frontmatter-missing", "there is no frontmatter", 1, 1)
    start = at = len(lines[0]) + 1
    for line in lines[1:]:
        if line.rstrip() == b"---":
            return start, at
        at += len(line) + 1
    if len(content) > MAX_BYTES:
        raise _TroubleError("frontmatter-too-large", f"the frontmatter does not end within {MAX_BYTES:,} bytes", 1, 1)
    raise _TroubleError("frontmatter-unclosed", "the frontmatter is not closed by a line of ---", 1, 1)


def _parse(content: bytes, start: int, end: int) -> Frontmatter:
    import yaml

    try:
        text = content[start:end].decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, start + error.start) + 1
        raise _TroubleError("frontmatter-encoding", "the frontmatter is not UTF-8", line) from error
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    reader = _Reader(text, start)
    try:
        for number, event in enumerate(yaml.parse(text, Loader=loader)):
            if number > MAX_EVENTS:
                raise _TroubleError("frontmatter-too-large", f"over {MAX_EVENTS:,} values", 2)
            reader.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 2, mark.column + 1) if mark else (2, 1)
        raise _TroubleError("yaml-syntax", "this is not YAML", line, column) from error
    except yaml.YAMLError as error:
        raise _TroubleError("yaml-syntax", "this is not YAML", 2) from error
    return Frontmatter(reader.fields(), text, start, end)


class _Reader:
    """Builds nodes from the events of one document."""

    def __init__(self, text: str, start: int) -> None:
        self._text, self._start = text, start
        self._root: Node | None = None
        self._open: list[tuple[Any, list[Node]]] = []
        self._documents = 0

    def take(self, event: Any) -> None:
        kind = type(event).__name__
        line, column = (event.start_mark.line + 2, event.start_mark.column + 1) if event.start_mark else (2, 1)
        if kind == "DocumentStartEvent":
            self._documents += 1
            if self._documents > 1:
                raise _TroubleError("yaml-several-documents", "a second YAML document begins here", line, column)
        elif kind == "AliasEvent" or getattr(event, "anchor", None):
            raise _TroubleError("yaml-alias", "an anchor or alias of YAML", line, column)
        elif getattr(event, "tag", None):
            raise _TroubleError("yaml-tag", "a tag of YAML", line, column)
        elif kind == "ScalarEvent":
            self._add(Text(event.value, _STYLES[event.style], self._span(event, event)))
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            if len(self._open) == MAX_DEPTH:
                raise _TroubleError("frontmatter-too-large", f"nested over {MAX_DEPTH} deep", line, column)
            self._open.append((event, []))
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            begin, children = self._open.pop()
            span = self._span(begin, event)
            if kind == "SequenceEndEvent":
                self._add(Items(tuple(children), bool(begin.flow_style), span))
            else:
                self._add(Fields(tuple(_pairs(children)), bool(begin.flow_style), span))

    def fields(self) -> Fields:
        if isinstance(self._root, Fields):
            return self._root
        if self._root is None:
            return Fields((), flow=False, span=Span(2, 1, 2, 1, self._start, self._start))
        raise _TroubleError("yaml-syntax", "the frontmatter is not a list of keys and values", 2, 1)

    def _add(self, node: Node) -> None:
        if self._open:
            self._open[-1][1].append(node)
        else:
            self._root = node

    def _span(self, first: Any, last: Any) -> Span:
        begin, end = first.start_mark, last.end_mark
        return Span(
            begin.line + 2,
            begin.column + 1,
            end.line + 2,
            end.column + 1,
            self._start + len(self._text[: begin.index].encode("utf-8", "surrogatepass")),
            self._start + len(self._text[: end.index].encode("utf-8", "surrogatepass")),
        )


def _pairs(children: list[Node]) -> Iterator[Field]:
    seen = set()
    for key, value in zip(children[::2], children[1::2], strict=True):
        if not isinstance(key, Text):
            raise _TroubleError("yaml-syntax", "a key is not a text", key.span.line, key.span.column)
        if key.value in seen:
            raise _TroubleError("yaml-duplicate-key", "this key stands twice", key.span.line, key.span.column)
        seen.add(key.value)
        yield Field(key, value)
