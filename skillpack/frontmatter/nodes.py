"""Define the values in frontmatter: texts, lists and fields, each with its place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypeVar

from skillpack.findings import Location
from skillpack.limits import MANIFEST
from skillpack.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Value = TypeVar("Value")
Style = Literal["plain", "single", "double", "literal", "folded"]

FIELD: Final = "name|description|license|compatibility|metadata|allowed-tools"
"""A pattern of the keys that the specification knows."""
_NULLS: Final = frozenset(("", "~", "null", "Null", "NULL"))


class Span(NamedTuple):
    """A span of the file: lines and columns from 1, bytes from the start of the file; ends excluded."""

    line: int
    column: int
    end_line: int
    end_column: int
    start: int
    end: int


class Text(NamedTuple):
    """A scalar: its text as YAML reads it, before a type is resolved."""

    value: str
    style: Style
    span: Span

    @property
    def null(self) -> bool:
        """True if YAML reads null here: an empty value, `~` or `null`."""
        return self.style == "plain" and self.value in _NULLS


class Items(NamedTuple):
    """A sequence."""

    values: tuple[Node, ...]
    flow: bool
    span: Span


class Field(NamedTuple):
    """A key and its value."""

    key: Text
    value: Node


class Fields(NamedTuple):
    """A mapping, in the order of the file."""

    entries: tuple[Field, ...]
    flow: bool
    span: Span

    def get(self, key: str) -> Field | None:
        """Return the field of this key, or None."""
        for field in self.entries:  # a generator would take twice as long, and rules call this often
            if field.key.value == key:
                return field
        return None


Node = Text | Items | Fields


class Frontmatter(NamedTuple):
    """The frontmatter of a SKILL.md.

    `text` is what is between the two lines of `---`; `start` and `end` are the bytes where it starts and ends.
    """

    fields: Fields
    text: str
    start: int
    end: int

    def __repr__(self) -> str:
        return f"Frontmatter(fields={self.fields!r}, start={self.start}, end={self.end})"

    def value(self, key: str) -> str | None:
        """Return the text of a field, or None where it is absent, null or not a text."""
        found = self.fields.get(key)
        if found is None or not isinstance(found.value, Text) or found.value.null:
            return None
        return found.value.value

    @property
    def name(self) -> str | None:
        """The name as YAML reads it."""
        return self.value("name")

    @property
    def description(self) -> str | None:
        """The description as YAML reads it, untrimmed."""
        return self.value("description")


class Repair(NamedTuple):
    """A repair of the source: what is between two places becomes `text`.

    Lines and columns count from 0, the end excluded; an `end_column` of None is the end of the line.
    """

    line: int
    column: int
    end_line: int
    end_column: int | None
    text: str


def apply_changes(lines: list[str], changes: Iterable[Repair]) -> list[str]:
    """Return the lines with the changes applied; no line moves, and those that a change joins become empty."""
    changed = list(lines)
    for change in changes:
        tail = "" if change.end_column is None else changed[change.end_line][change.end_column :]
        changed[change.line] = changed[change.line][: change.column] + change.text + tail
        changed[change.line + 1 : change.end_line + 1] = [""] * (change.end_line - change.line)
    return changed


# the core schema of YAML 1.2.2, section 10.3.2, with _NULLS
_BOOLEANS: Final = frozenset(("true", "True", "TRUE", "false", "False", "FALSE"))
_NUMBER: Final = (
    r"0o[0-7]+|0x[0-9a-fA-F]+"
    r"|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_NUMBER_STARTS: Final = frozenset("-+.0123456789")
_WORDS: Final = {
    "null": "null",
    "bool": "a boolean",
    "int": "a number",
    "float": "a number",
    "timestamp": "a date",
    "merge": "a merge key",
    "value": "a default value",
}
_OTHER_NUMBER: Final = r"[-+]?0[0-9]+"  # 010 is 8 in YAML 1.1 and 10 in YAML 1.2
_TYPED_WORDS: Final = frozenset(("true", "false", "yes", "no", "on", "off", "y", "n", "null"))
"""The scalars that start with a letter and can have a type, in lower case (yaml.org/type/bool.html, null.html)."""
TEXT: Final = "a text"


def resolve_types(value: str) -> tuple[str, str]:
    """Return the types of a plain scalar in YAML 1.1 and in YAML 1.2: `a text`, `a number` and so on."""
    if value[:1].isalpha() and value.lower() not in _TYPED_WORDS:  # so that most skills are checked without PyYAML
        return TEXT, TEXT
    import yaml

    resolvers = yaml.SafeLoader.yaml_implicit_resolvers
    old = next((tag for tag, pattern in resolvers.get(value[:1], ()) if pattern.match(value)), None)
    new = _resolve_core(value)
    old_word = _WORDS[old.rpartition(":")[2]] if old else TEXT
    if old_word == new == "a number" and re.fullmatch(_OTHER_NUMBER, value):
        return "an octal number", "a decimal number"
    return old_word, new


def _resolve_core(value: str) -> str:
    if value in _NULLS:
        return "null"
    if value in _BOOLEANS:
        return "a boolean"
    return "a number" if value[:1] in _NUMBER_STARTS and re.fullmatch(_NUMBER, value) else TEXT


def locate(line: int, column: int = 1, end_column: int | None = None) -> Location:
    """Return a place in SKILL.md, up to `end_column` of the same line where that is known."""
    return Location(MANIFEST, line=line, column=column, end_line=line if end_column else None, end_column=end_column)


class lazy(Generic[Value]):  # noqa: N801 - used as a decorator
    """An attribute that is computed when it is first read.

    Not functools.cached_property: on Python 3.11 all instances share its lock, and a fork while another thread holds
    it hangs the child.
    """

    def __init__(self, compute: Callable[[Any], Value]) -> None:
        self._compute = compute

    def __get__(self, instance: object, _owner: type) -> Value:
        value = instance.__dict__[self._compute.__name__] = self._compute(instance)
        return value
