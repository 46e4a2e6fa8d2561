"""What frontmatter consists of: texts, lists and fields, each with its place; and what can be wrong with it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from skillpack.findings import Edit, Location
from skillpack.limits import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


Style = Literal["plain", "single", "double", "literal", "folded"]

_NULLS: Final = frozenset(("", "~", "null", "Null", "NULL"))


class Span(NamedTuple):
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

    @property
    def null(self) -> bool:
        """Whether YAML reads nothing here: an empty value, `~` or `null`."""
        return self.style == "plain" and self.value in _NULLS


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
    """Why there is no frontmatter, as the rule `rule` will say it; `edits` would mend it."""

    rule: str
    message: str
    location: Location
    hint: str | None = None
    edits: tuple[Edit, ...] = ()


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
        """Return the text of a field, or None where it is absent, null or no text."""
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


_CORE: Final = (  # the core schema of YAML 1.2.2, section 10.3.2
    ("null", re.compile(r"null|Null|NULL|~|")),
    ("a boolean", re.compile(r"true|True|TRUE|false|False|FALSE")),
    ("a number", re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")),
    ("a number", re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")),
    ("a number", re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")),
)
_WORDS: Final = {
    "null": "null",
    "bool": "a boolean",
    "int": "a number",
    "float": "a number",
    "timestamp": "a date",
    "merge": "a merge key",
    "value": "a default value",
}
_OTHER_NUMBER: Final = re.compile(r"[-+]?0[0-9]+")  # 010 is 8 to YAML 1.1 and 10 to YAML 1.2

TEXT: Final = "a text"


def types(value: str) -> tuple[str, str]:
    """Return what YAML 1.1 and YAML 1.2 take a plain scalar for: `a text`, `a number` and so on."""
    import yaml

    resolvers = yaml.SafeLoader.yaml_implicit_resolvers
    old = next((tag for tag, pattern in resolvers.get(value[:1], ()) if pattern.match(value)), None)
    new = next((word for word, pattern in _CORE if pattern.fullmatch(value)), TEXT)
    old_word = _WORDS[old.rpartition(":")[2]] if old else TEXT
    if old_word == new == "a number" and _OTHER_NUMBER.fullmatch(value):
        return "an octal number", "a decimal number"
    return old_word, new


def trouble(rule: str, message: str, line: int, column: int = 1, **more: object) -> Trouble:
    """Return the trouble of this rule at a place; `end_column`, `hint` and `edits` where they are known."""
    end = more.pop("end_column", None)
    assert end is None or isinstance(end, int)
    make: Callable[..., Trouble] = Trouble
    return make(rule, message, Location(MANIFEST, line, column, line if end else None, end), **more)
