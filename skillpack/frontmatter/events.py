"""The text of the frontmatter to its fields, by PyYAML's events."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from skillpack.frontmatter.nodes import Field, Fields, Items, Node, Span, Style, Text
from skillpack.frontmatter.scan import MAX_DEPTH, MAX_EVENTS, Block, TroubleError, position, refuse, trouble

if TYPE_CHECKING:
    from collections.abc import Iterator

_STYLES: Final[dict[str | None, Style]] = {
    None: "plain",
    "": "plain",
    "'": "single",
    '"': "double",
    "|": "literal",
    ">": "folded",
}

_BEYOND_UNICODE: Final = re.compile(r"\\U(?!000|0010)")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")  # from an escape; the C loader refuses them
_IN_QUOTES: Final = ("single", "double")


class NotYamlError(Exception):
    """The parser refused the text at `index`, in what began at `context`; its own words are never shown."""

    def __init__(self, index: int, context: int, problem: str) -> None:
        super().__init__(index)
        self.index, self.context, self.problem = index, context, problem


def parse(block: Block) -> Fields:
    """Return the fields of the frontmatter.

    Raises:
        TroubleError: it is YAML on which readers differ, or too much of it.
        NotYamlError: it is no YAML.
    """
    import yaml

    reader = _Reader(block)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for number, event in enumerate(yaml.parse(block.text, Loader=loader)):
            if number > MAX_EVENTS:
                refuse("frontmatter-too-large", f"the frontmatter has over {MAX_EVENTS:,} values", 2)
            reader.take(event)
    except yaml.MarkedYAMLError as error:
        index, context = (
            min(mark.index if mark else 0, len(block.text))
            for mark in (error.problem_mark or error.context_mark, error.context_mark)
        )
        reader.refuse_tabs(index + 1)
        raise NotYamlError(index, context, f"{error.context or ''} {error.problem or ''}") from error
    except yaml.YAMLError as error:
        raise NotYamlError(0, 0, "") from error
    except (ValueError, OverflowError) as error:  # the Python loader on an escape such as \\Uffffffff
        index = next((found.start() for found in _BEYOND_UNICODE.finditer(block.text)), 0)
        raise NotYamlError(index, index, "escape") from error
    reader.refuse_tabs(len(block.text))
    return reader.fields()


class _Extent(NamedTuple):
    """The characters of a scalar; `quiet` where a tab among them is text to every reader."""

    start: int
    end: int
    quiet: bool


class _Reader:
    """Builds nodes from the events of one document."""

    def __init__(self, block: Block) -> None:
        self._text, self._start = block.text, block.start
        self._ascii = block.text.isascii()
        self._bytes = {0: 0}
        self._last = 0
        self._root: Node | None = None
        self._open: list[tuple[Any, list[Node]]] = []
        self._documents = 0
        self._lines: list[str] = []
        self._scalars: list[_Extent] = []

    def take(self, event: Any) -> None:
        """Add what the parser says next."""
        kind = type(event).__name__
        if kind == "ScalarEvent":
            begin, end, value = event.start_mark, event.end_mark, event.value
            if event.anchor or event.tag:
                self._refuse_odd(kind, event)
            if not value.isascii() and _SURROGATE.search(value):
                raise NotYamlError(begin.index, begin.index, "escape")
            style = _STYLES[event.style]
            self._scalars.append(_Extent(begin.index, end.index, style != "plain"))
            self._add(Text(value, style, self._span(begin, end)))
            return
        self._refuse_odd(kind, event)
        if kind in ("MappingStartEvent", "SequenceStartEvent"):
            if len(self._open) == MAX_DEPTH:
                place = event.start_mark.line + 2, event.start_mark.column + 1
                refuse("frontmatter-too-large", f"nested over {MAX_DEPTH} deep", *place)
            self._byte(event.start_mark.index)
            self._open.append((event, []))
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            begin, children = self._open.pop()
            if not begin.flow_style:
                self._refuse_shallow(children, begin.start_mark.column)
            span = self._span(begin.start_mark, event.end_mark)
            if kind == "SequenceEndEvent":
                self._add(Items(tuple(children), bool(begin.flow_style), span))
            else:
                self._add(Fields(tuple(_pairs(children)), bool(begin.flow_style), span))

    def fields(self) -> Fields:
        """Return the whole."""
        if isinstance(self._root, Fields):
            return self._root
        if self._root is None or (isinstance(self._root, Text) and self._root.null):
            return Fields((), flow=False, span=Span(2, 1, 2, 1, self._start, self._start))
        place = self._root.span.line, self._root.span.column
        raise TroubleError(trouble("yaml-syntax", "the frontmatter holds no `key: value`", *place))

    def refuse_tabs(self, end: int) -> None:
        """Refuse a tab before `end` that is neither in quotes nor in a block: PyYAML's Python loader knows none."""
        at = self._text.find("\t", 0, end)
        while at >= 0:
            scalar = self._scalar(at)
            if scalar and scalar.quiet:
                at = self._text.find("\t", scalar.end, end)
            elif not scalar and self._in_remark(at):
                line_end = self._text.find("\n", at)
                at = self._text.find("\t", line_end, end) if line_end >= 0 else -1
            else:
                message = "a tab; some readers of YAML take only spaces between words and for indentation"
                refuse("yaml-syntax", message, *position(self._text, at), hint="use spaces, or put the value in quotes")

    def _scalar(self, index: int) -> _Extent | None:
        place = bisect_right(self._scalars, index, key=lambda extent: extent.start) - 1
        found = self._scalars[place] if place >= 0 else None
        return found if found and found.start <= index < found.end else None

    def _in_remark(self, at: int) -> bool:
        begin = self._text.rfind("\n", 0, at) + 1
        signs = re.finditer(r"(?:^|(?<=[ \t]))#", self._text[begin:at])
        return any(self._scalar(begin + sign.start()) is None for sign in signs)

    def _refuse_odd(self, kind: str, event: Any) -> None:
        if kind == "DocumentStartEvent":
            self._documents += 1
            if self._documents > 1:
                place = position(self._text, min(event.start_mark.index, len(self._text)))
                refuse("yaml-several-documents", "a second YAML document begins here", *place)
            return
        line, column = (event.start_mark.line + 2, event.start_mark.column + 1) if event.start_mark else (2, 1)
        if kind == "AliasEvent":
            refuse("yaml-alias", "an alias (*) of YAML", line, column)
        if getattr(event, "anchor", None):
            refuse("yaml-alias", "an anchor (&) of YAML", line, column)
        if getattr(event, "tag", None):
            refuse("yaml-tag", "a tag (!) of YAML", line, column)

    def _refuse_shallow(self, nodes: list[Node], indent: int) -> None:
        """Refuse what goes on over lines that are not indented more than its key: js-yaml does."""
        for node in nodes:
            span = node.span
            one_line = span.line == span.end_line
            self._lines = self._lines or self._text.split("\n")
            if one_line or (node.style not in _IN_QUOTES if isinstance(node, Text) else not node.flow):
                continue
            for number in range(span.line - 1, span.end_line - 1):
                line = self._lines[number]
                if line.strip() and len(line) - len(line.lstrip(" ")) <= indent:
                    message = "what began above goes on here, indented too little for some readers"
                    refuse("yaml-syntax", message, number + 2, hint="indent the line, or write the value on one line")

    def _add(self, node: Node) -> None:
        if self._open:
            self._open[-1][1].append(node)
        else:
            self._root = node

    def _span(self, begin: Any, end: Any) -> Span:
        return Span(
            begin.line + 2,
            begin.column + 1,
            end.line + 2,
            end.column + 1,
            self._start + self._byte(begin.index),
            self._start + self._byte(end.index),
        )

    def _byte(self, index: int) -> int:
        """Return the place of a character in bytes; asked for the characters from first to last, or once more."""
        if self._ascii:
            return min(index, len(self._text))
        if index not in self._bytes:
            begin = self._last if self._last < index else 0
            self._bytes[index] = self._bytes[begin] + len(self._text[begin:index].encode())
            self._last = index
        return self._bytes[index]


def _pairs(children: list[Node]) -> Iterator[Field]:
    seen: dict[str, int] = {}
    for key, value in zip(children[::2], children[1::2], strict=True):
        if not isinstance(key, Text):
            refuse("yaml-syntax", "a key is a list or a mapping, not a text", key.span.line, key.span.column)
        place = key.span.line, key.span.column
        if key.value == "<<" and key.style == "plain":
            refuse("yaml-alias", "a merge key (<<) of YAML", *place)
        if key.value in seen:
            end = key.span.end_column if key.span.line == key.span.end_line else None
            message = f"this key stands on line {seen[key.value]} already"
            refuse("yaml-duplicate-key", message, *place, end_column=end)
        seen[key.value] = key.span.line
        yield Field(key, value)
