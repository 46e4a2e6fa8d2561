"""Parse the frontmatter of a SKILL.md, or report every problem that prevents it."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate, islice
from typing import TYPE_CHECKING, Any, Final, NoReturn

from skillpack.findings import Edit, Issue
from skillpack.frontmatter.nodes import (
    Field,
    Fields,
    Frontmatter,
    Items,
    Node,
    Repair,
    Span,
    Style,
    Text,
    apply_changes,
    lazy,
    locate,
)
from skillpack.frontmatter.simple import read_simple
from skillpack.limits import MANIFEST
from skillpack.values import NamedTuple, replace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skillpack.findings import Location
    from skillpack.frontmatter.diagnose_yaml import Diagnosis


_STYLES: Final[dict[str | None, Style]] = {
    None: "plain",
    "": "plain",
    "'": "single",
    '"': "double",
    "|": "literal",
    ">": "folded",
}

_BEYOND_UNICODE: Final = r"\\U(?!000|0010)"
_SURROGATE: Final = "[\ud800-\udfff]"  # from an escape; the C loader refuses them
_IN_QUOTES: Final = ("single", "double")


class NotYamlError(Exception):
    """The parser refused the text at `index`, in what started at `context`; its own words are never shown."""

    def __init__(self, index: int, context: int, problem: str) -> None:
        super().__init__(index)
        self.index, self.context, self.problem = index, context, problem


def parse(block: Block) -> Fields:
    """Return the fields of the frontmatter.

    Raises:
        FrontmatterError: it is YAML that readers read differently, or too much of it.
        NotYamlError: it is not YAML.
    """
    if fields := read_simple(block.text, block.start):
        return fields
    return _parse_yaml(block)


def _parse_yaml(block: Block) -> Fields:
    """Return the fields of any frontmatter."""
    import yaml

    reader = _Reader(block)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for number, event in enumerate(yaml.parse(block.text, Loader=loader)):
            if number > MAX_EVENTS:
                refuse("frontmatter-too-large", locate(2), f"the frontmatter has over {MAX_EVENTS:,} values")
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
    except (ValueError, OverflowError) as error:  # PyYAML's Python loader at an escape such as \\Uffffffff
        index = next((found.start() for found in re.finditer(_BEYOND_UNICODE, block.text)), 0)
        raise NotYamlError(index, index, "escape") from error
    reader.refuse_tabs(len(block.text))
    reader.refuse_shallow()
    return reader.fields()


class _Extent(NamedTuple):
    """The characters of a scalar; `is_opaque` if every reader takes a tab in it for text."""

    start: int
    end: int
    is_opaque: bool


class _Reader:
    """Build nodes from the events of one document."""

    def __init__(self, block: Block) -> None:
        self._text, self._start = block.text, block.start
        self._ascii = block.text.isascii()
        self._bytes = {0: 0}
        self._last = 0
        self._root: Node | None = None
        self._open: list[tuple[Any, list[Node]]] = []
        self._documents = 0
        self._lines: list[str] = []
        self._shallow: dict[int, Repair] = {}
        self._scalars: list[_Extent] = []

    def take(self, event: Any) -> None:
        """Add the next event of the parser."""
        kind = type(event).__name__
        if kind == "ScalarEvent":
            begin, end, value = event.start_mark, event.end_mark, event.value
            if event.anchor or event.tag:
                self._refuse_unsupported(kind, event)
            if not value.isascii() and re.search(_SURROGATE, value):
                raise NotYamlError(begin.index, begin.index, "escape")
            style = _STYLES[event.style]
            self._scalars.append(_Extent(begin.index, end.index, style != "plain"))
            self._add(Text(value, style, self._span(begin, end)))
            return
        self._refuse_unsupported(kind, event)
        if kind in ("MappingStartEvent", "SequenceStartEvent"):
            if len(self._open) == MAX_DEPTH:
                place = event.start_mark.line + 2, event.start_mark.column + 1
                refuse("frontmatter-too-large", locate(*place), f"nested over {MAX_DEPTH} levels deep")
            self._byte(event.start_mark.index)
            self._open.append((event, []))
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            begin, children = self._open.pop()
            if not begin.flow_style:
                self._find_shallow(children, begin.start_mark.column)
            span = self._span(begin.start_mark, event.end_mark)
            if kind == "SequenceEndEvent":
                self._add(Items(tuple(children), bool(begin.flow_style), span))
            else:
                self._add(Fields(tuple(_pairs(children)), bool(begin.flow_style), span))

    def fields(self) -> Fields:
        """Return the top-level mapping."""
        if isinstance(self._root, Fields):
            return self._root
        if self._root is None or (isinstance(self._root, Text) and self._root.null):
            return Fields((), flow=False, span=Span(2, 1, 2, 1, self._start, self._start))
        place = locate(self._root.span.line, self._root.span.column)
        message, hint = "the frontmatter has no `key: value`", "write one `key: value` per line"
        if isinstance(self._root, Items) and any(isinstance(value, Fields) for value in self._root.values):
            message = "the frontmatter is a list of fields, not one mapping of `key: value`"
            hint = "delete the hyphens, and start each key in column 1"
        raise FrontmatterError(Issue("yaml-syntax", place, message, hint=hint))

    def refuse_tabs(self, end: int) -> None:
        """Refuse tabs before `end` outside quotes and blocks: PyYAML's Python loader refuses those."""
        tabs = tuple(self._find_tabs(end))
        if tabs:
            message, hint = "a tab outside quotes; some YAML parsers accept only spaces here", "replace it with a space"
            places = tuple(position(self._text, at) for at in tabs[:_MAX_TABS])
            raise FrontmatterError(Issue("yaml-syntax", locate(*places[0]), message, hint=hint), tabs=places)

    def _find_tabs(self, end: int) -> Iterator[int]:
        """Yield the first tab of each line that has one in the wrong place."""
        at = self._text.find("\t", 0, end)
        while at >= 0:
            scalar = self._scalar(at)
            if scalar and scalar.is_opaque:
                at = self._text.find("\t", scalar.end, end)
                continue
            if scalar or not self._is_in_comment(at):
                yield at
            line_end = self._text.find("\n", at)
            at = self._text.find("\t", line_end, end) if line_end >= 0 else -1

    def _scalar(self, index: int) -> _Extent | None:
        place = bisect_right(self._scalars, index, key=lambda extent: extent.start) - 1
        found = self._scalars[place] if place >= 0 else None
        return found if found and found.start <= index < found.end else None

    def _is_in_comment(self, at: int) -> bool:
        begin = self._text.rfind("\n", 0, at) + 1
        signs = re.finditer(r"(?:^|(?<=[ \t]))#", self._text[begin:at])
        return any(self._scalar(begin + sign.start()) is None for sign in signs)

    def _refuse_unsupported(self, kind: str, event: Any) -> None:
        if kind == "DocumentStartEvent":
            self._documents += 1
            if self._documents > 1:
                place = position(self._text, min(event.start_mark.index, len(self._text)))
                refuse("yaml-several-documents", locate(*place), "a second YAML document starts here")
            return
        line, column = (event.start_mark.line + 2, event.start_mark.column + 1) if event.start_mark else (2, 1)
        if kind == "AliasEvent":
            refuse("yaml-alias", locate(line, column), "a YAML alias (*)")
        if getattr(event, "anchor", None):
            refuse("yaml-alias", locate(line, column), "a YAML anchor (&)")
        if getattr(event, "tag", None):
            refuse("yaml-tag", locate(line, column), "a YAML tag (!)")

    def _find_shallow(self, nodes: list[Node], indent: int) -> None:
        """Remember continuation lines of a value that are not indented more than its key: js-yaml refuses them."""
        for node in nodes:
            span = node.span
            one_line = span.line == span.end_line
            if one_line or (node.style not in _IN_QUOTES if isinstance(node, Text) else not node.flow):
                continue
            self._lines = self._lines or self._text.split("\n")
            for number in range(span.line - 1, span.end_line - 1):
                line = self._lines[number]
                if line.strip() and len(line) - len(line.lstrip(" ")) <= indent:
                    self._shallow[number] = Repair(number, 0, number, 0, " " * (indent + 2))

    def refuse_shallow(self) -> None:
        """Refuse the frontmatter if a continuation line is not indented enough."""
        if self._shallow:
            message = "this line continues the value above; some YAML parsers need more indentation"
            issue = Issue("yaml-syntax", locate(min(self._shallow) + 2), message, hint="indent the line")
            raise FrontmatterError(issue, tuple(self._shallow.values()))

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
        """Return the index of a character in bytes; fast if asked for in ascending order, or again."""
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
            place = locate(key.span.line, key.span.column)
            refuse("yaml-syntax", place, "a key is a list or a mapping, not a text", "put the key in quotes")
        line, column = key.span.line, key.span.column
        if key.value == "<<" and key.style == "plain":
            refuse("yaml-alias", locate(line, column), "a YAML merge key (<<)")
        if key.value in seen:
            end = key.span.end_column if key.span.line == key.span.end_line else None
            message = f"this key is already on line {seen[key.value]}"
            refuse("yaml-duplicate-key", locate(line, column, end), message)
        seen[key.value] = key.span.line
        yield Field(key, value)


MAX_BYTES: Final = 64 * 1024
MAX_EVENTS: Final = 4096
MAX_DEPTH: Final = 32  # of 5,376 public frontmatters none is deeper than 12

# Unclosed brackets: PyYAML looks ahead through all of them before the first event. Quoted text may contain some, but
# not this many.
_MAX_OPEN: Final = 256

BOM: Final = b"\xef\xbb\xbf"
_FENCE: Final = re.compile(rb"---[ \t]*\r?(?:\n|\Z)")
_CLOSING: Final = re.compile(rb"\n---[ \t]*\r?(?=\n|\Z)")
_CONTROLS: Final = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f"
_REFUSED: Final = f"[{_CONTROLS}\x80-\x9f\u2028\u2029\ufeff\ufffe\uffff]"
_LONE_RETURN: Final = r"\r(?!\n)"
_NAMES: Final = {
    "\0": "a NUL",
    "\r": "a carriage return without a line feed",
    "\x85": "a next-line character, which only YAML 1.1 reads as a line break",
    "\u2028": "a line separator, which only YAML 1.1 reads as a line break",
    "\u2029": "a paragraph separator, which only YAML 1.1 reads as a line break",
    "\ufeff": "a byte order mark",
}


class FrontmatterError(Exception):
    """The frontmatter cannot be read; caught in this package, which then returns the issue.

    `changes` repair it, where they are known; `tabs` are the lines and columns in the file of tabs in the wrong place.
    """

    def __init__(self, issue: Issue, changes: tuple[Repair, ...] = (), tabs: tuple[tuple[int, int], ...] = ()) -> None:
        super().__init__(issue.rule_id)
        self.issue, self.changes, self.tabs = issue, changes, tabs


def refuse(rule_id: str, place: Location, message: str, hint: str | None = None) -> NoReturn:
    """Raise FrontmatterError with the issue of a rule at a place."""
    raise FrontmatterError(Issue(rule_id, place, message, hint=hint))


class Block(NamedTuple):
    """The text between the two lines of `---`, and the bytes of the file where it starts and ends."""

    text: str
    start: int
    end: int


def strip_bom(content: bytes) -> tuple[bytes, tuple[Issue, ...]]:
    """Return the content after a byte order mark, and an issue if there is one."""
    if not content.startswith(BOM):
        return content, ()
    edit = Edit(path=MANIFEST, start=0, end=len(BOM), text=b"")
    message = "the file starts with a byte order mark, before the first ---"
    return content[len(BOM) :], (Issue("frontmatter-bom", locate(1), message, edits=(edit,)),)


def scan(content: bytes) -> Block:
    """Find the frontmatter and decode it.

    Raises:
        FrontmatterError: there is no frontmatter, or one that some reader would refuse or misread.
    """
    start, end = _fences(content)
    if end - start > MAX_BYTES:
        refuse("frontmatter-too-large", locate(1), f"the frontmatter has {end - start:,} bytes, over {MAX_BYTES:,}")
    text = _decoded(content[start:end])
    refused = f"[{_CONTROLS}]" if text.isascii() else _REFUSED
    if found := re.search(refused, text) or ("\r" in text and re.search(_LONE_RETURN, text)):
        char = found.group()
        line, column = position(text, found.start())
        name = _NAMES.get(char, "a control character")
        refuse("frontmatter-encoding", locate(line, column), f"the frontmatter contains U+{ord(char):04X}, {name}")
    _bound_brackets(text)
    return Block(text, start, end)


def position(text: str, index: int) -> tuple[int, int]:
    """Return line and column in the file, from 1, of a character of the frontmatter."""
    return text.count("\n", 0, index) + 2, index - (text.rfind("\n", 0, index) + 1) + 1


def _fences(content: bytes) -> tuple[int, int]:
    opening = _FENCE.match(content)
    start = opening.end() if opening else 0
    if closing := _CLOSING.search(content, start - 1):
        return start, closing.start() + 1
    from skillpack.frontmatter.delimiters import describe_unclosed, find_end

    head = content[start : start + MAX_BYTES].decode("utf-8", "replace")
    lines = [line.rstrip("\r") for line in head.split("\n")]
    raise FrontmatterError(describe_unclosed(lines, find_end(lines, closed=False)))


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line, column = position(raw[: error.start].decode("utf-8"), error.start)
        before = raw[raw.rfind(b"\n", 0, error.start) + 1 : error.start]
        column = len(before.decode("utf-8")) + 1
        byte = raw[error.start]
        message = f"the frontmatter is not UTF-8: byte 0x{byte:02x} is invalid here"
        raise FrontmatterError(Issue("frontmatter-encoding", locate(line, column), message)) from error


def _bound_brackets(text: str) -> None:
    if text.count("[") + text.count("{") <= _MAX_OPEN:
        return
    opened = 0
    for found in re.finditer(r"[\[\]{}]", text):
        opened = opened + 1 if found.group() in "[{" else max(opened - 1, 0)
        if opened > _MAX_OPEN:
            refuse(
                "frontmatter-too-large",
                locate(*position(text, found.start())),
                f"over {_MAX_OPEN} brackets are open at once",
            )


_MAX_CAUSES: Final = 128
_MAX_REREAD: Final = 1_500
"""Lines; a broken nested list or mapping is parsed again from its start for each value in it."""
_MAX_CANDIDATES: Final = 4
_MAX_TABS: Final = 1_000


class Reading(NamedTuple):
    """The frontmatter of one file, or the one that was most likely intended, and its issues.

    In `intended`, lines and columns are those of the file except in the fixed values; bytes are not.
    """

    frontmatter: Frontmatter | None
    intended: Frontmatter | None
    issues: tuple[Issue, ...]


def read(content: bytes) -> Reading:
    """Parse the frontmatter of a SKILL.md.

    Args:
        content: the whole file.
    """
    rest, marks = strip_bom(content)
    above = 0
    if not _FENCE.match(rest):
        from skillpack.frontmatter.delimiters import explain_start

        shift = len(content) - len(rest)
        issue, offset = explain_start(rest[: MAX_BYTES + 64])
        edits = (replace(edit, start=edit.start + shift, end=edit.end + shift) for edit in issue.edits)
        marks = (*marks, replace(issue, edits=tuple(edits)))
        if offset is None:
            return Reading(None, None, marks)
        above, rest = rest.count(b"\n", 0, offset), rest[offset:].lstrip(b" \t")
    try:
        block = scan(rest)
    except FrontmatterError as error:
        return Reading(None, None, marks if above else (*marks, error.issue))
    shift = len(content) - len(rest) - above  # an empty line for each line above keeps the numbers of lines
    block = Block("\n" * above + block.text, block.start + shift, block.end + shift + above)
    fields, found = _parse_or_diagnose(block)
    issues = (*marks, *found)
    intended = Frontmatter(fields, block.text, block.start, block.end) if fields is not None else None
    return Reading(None if issues else intended, intended, issues)


def read_frontmatter(content: bytes) -> tuple[Frontmatter | None, tuple[Issue, ...]]:
    """Return the frontmatter of a SKILL.md and no issues, or None and at least one issue.

    Args:
        content: the whole file.
    """
    reading = read(content)
    return reading.frontmatter, reading.issues


def read_intended(content: bytes) -> Frontmatter | None:
    """Return the frontmatter, or the one that was most likely intended where it cannot be read.

    Args:
        content: the whole file.
    """
    return read(content).intended


def _parse_or_diagnose(block: Block) -> tuple[Fields | None, tuple[Issue, ...]]:
    try:
        return parse(block), ()
    except (FrontmatterError, NotYamlError):
        return _diagnose(block)


def _diagnose(block: Block) -> tuple[Fields | None, tuple[Issue, ...]]:
    """Parse what cannot be parsed: name the cause, repair it, and try again for the next.

    Lines above the last repaired key of the first column are not parsed again until the end.
    """
    lines = [line.rstrip("\r") for line in block.text.split("\n")]
    source = _Source(block, lines)
    tail, begin = block, 0
    issues: list[Issue] = []
    fixed: set[int] = set()
    reread = 0
    while True:
        try:
            fields = parse(tail)
            if not begin:
                return fields, tuple(issues)
            begin = 0
        except (FrontmatterError, NotYamlError) as error:
            cause = _find_cause(source, lines, tail.text, error, fixed)
            issues.append(replace(cause.issue, edits=source.make_edits(cause)))
            first = min((change.line for change in cause.repair), default=None)
            if first is None or len(issues) == _MAX_CAUSES or reread > _MAX_REREAD:
                return None, tuple(issues)
            if cause.entry and not cause.changes:
                fixed.add(cause.entry.first)
            lines = apply_changes(lines, cause.repair)
            begin = _find_key(lines, first)
            reread += first - begin
        tail = block._replace(text=_blank_above(lines, begin))


class _Source:
    """The frontmatter as it is in the file, and what is found out about it once."""

    def __init__(self, block: Block, lines: list[str]) -> None:
        self._block, self._lines = block, lines
        self._changed: set[int] = set()

    @lazy
    def end(self) -> int:
        """The first line, from 0, that no longer seems to belong to the frontmatter."""
        from skillpack.frontmatter.delimiters import find_end

        end = find_end(self._lines, closed=True)
        return len(self._lines) if end is None else end

    @lazy
    def separators(self) -> dict[int, Diagnosis]:
        """Line -> cause for each key without a colon and a space."""
        from skillpack.frontmatter.diagnose_yaml import find_separators

        return find_separators(self._lines[: self.end])

    @lazy
    def _starts(self) -> list[int]:
        """The byte where each line starts."""
        sizes = (len(line.encode()) + 1 for line in self._block.text.split("\n"))
        return list(accumulate(sizes, initial=self._block.start))

    def make_edits(self, cause: Diagnosis) -> tuple[Edit, ...]:
        """Return the edits of a repair, or none where an earlier repair has changed one of its lines."""
        if not cause.fixable:
            return ()
        numbers = {number for change in cause.repair for number in range(change.line, change.end_line + 1)}
        if numbers & self._changed:
            return ()
        self._changed |= numbers
        return tuple(
            Edit(
                path=MANIFEST,
                start=self._byte(change.line, change.column),
                end=self._byte(change.end_line, change.end_column),
                text=change.text.encode(),
            )
            for change in cause.repair
        )

    def _byte(self, number: int, column: int | None) -> int:
        return self._starts[number] + len(self._lines[number][:column].encode())


def _find_key(lines: list[str], number: int) -> int:
    """Return the line of the top-level key that a line belongs to."""
    return next((at for at in range(number, 0, -1) if re.match(r"[\w\"']", lines[at])), 0)


def _blank_above(lines: list[str], begin: int) -> str:
    """Return the text with empty lines in place of those above `begin`, so that no line moves."""
    return "\n" * begin + "\n".join(lines[begin:])


def _find_cause(
    source: _Source, lines: list[str], text: str, error: FrontmatterError | NotYamlError, fixed: set[int]
) -> Diagnosis:
    """Return the likeliest cause: one that lets the parser continue once it is repaired."""
    from skillpack.frontmatter.diagnose_yaml import Diagnosis, explain_refusal, find_indentation, replace_tabs

    is_refused = isinstance(error, FrontmatterError)
    line = error.issue.location.line if isinstance(error, FrontmatterError) else position(text, error.index)[0]
    number = (line or 2) - 2
    if source.end <= number:
        from skillpack.frontmatter.delimiters import describe_unclosed

        return Diagnosis(describe_unclosed(lines, source.end))
    at = next((at for at in source.separators if at <= number or is_refused), None)
    if at is not None:
        return source.separators.pop(at)
    if not isinstance(error, NotYamlError):
        if error.changes:
            return Diagnosis(error.issue, fixable=True, changes=error.changes)
        return replace_tabs(lines, error.issue, error.tabs) if error.tabs else explain_refusal(lines, error.issue)
    return find_indentation(lines, number) or _find_value(lines[: source.end], text, error, fixed)


def _find_value(lines: list[str], text: str, error: NotYamlError, fixed: set[int]) -> Diagnosis:
    """Return the cause of what is not YAML: usually a value that needs quotes."""
    from skillpack.frontmatter.diagnose_yaml import Diagnosis, describe_refusal, find_causes

    line, column = position(text, error.index)
    numbers = dict.fromkeys((line - 2, line - 3, position(text, error.context)[0] - 2))
    candidates = (cause for number in numbers if number >= 0 for cause in find_causes(lines, number))
    for cause in islice(candidates, _MAX_CANDIDATES):
        if cause.entry and cause.entry.first in fixed:
            continue
        if cause.repair and _gets_past(cause.repair, lines, _place(text, error)):
            return cause
    if "quoted scalar" in error.problem:  # where it opened is more useful than where the text ended
        line, column = position(text, error.context)
    return Diagnosis(describe_refusal(lines, line - 2, column - 1, error.problem))


def _gets_past(changes: tuple[Repair, ...], lines: list[str], place: tuple[int, int, str]) -> bool:
    """Return True if the parser, with these changes, fails further down or not at all."""
    first, last = min(change.line for change in changes), max(change.end_line for change in changes)
    lines = apply_changes(lines, changes)
    text = _blank_above(lines, _find_key(lines, first))
    try:
        parse(Block(text, 0, 0))
    except FrontmatterError as error:
        return (error.issue.location.line or 0) - 2 > last
    except NotYamlError as error:
        return position(text, error.index)[0] - 2 > last and _place(text, error) != place
    return True


def _place(text: str, error: NotYamlError) -> tuple[int, int, str]:
    """Return what distinguishes two refusals: the lines, and the parser's words."""
    return position(text, error.index)[0], position(text, error.context)[0], error.problem
