"""Parse the frontmatter of a SKILL.md, or report every problem that prevents it."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

from skillpack.findings import Edit, Issue
from skillpack.frontmatter.nodes import Field, Fields, Frontmatter, Items, Node, Span, Style, Text, locate
from skillpack.frontmatter.quoting import quote
from skillpack.limits import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skillpack.findings import Location
    from skillpack.frontmatter.diagnose import Cause, Entry


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
                self._refuse_shallow(children, begin.start_mark.column)
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
        place = self._root.span.line, self._root.span.column
        raise FrontmatterError(Issue("yaml-syntax", locate(*place), "the frontmatter has no `key: value`"))

    def refuse_tabs(self, end: int) -> None:
        """Refuse a tab before `end` outside quotes and blocks: PyYAML's Python loader refuses those."""
        at = self._text.find("\t", 0, end)
        while at >= 0:
            scalar = self._scalar(at)
            if scalar and scalar.is_opaque:
                at = self._text.find("\t", scalar.end, end)
            elif not scalar and self._is_in_comment(at):
                line_end = self._text.find("\n", at)
                at = self._text.find("\t", line_end, end) if line_end >= 0 else -1
            else:
                message = "a tab outside quotes; some YAML parsers accept only spaces here"
                refuse(
                    "yaml-syntax", locate(*position(self._text, at)), message, "use spaces, or put the value in quotes"
                )

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

    def _refuse_shallow(self, nodes: list[Node], indent: int) -> None:
        """Refuse a value whose continuation lines are not indented more than its key: js-yaml does."""
        for node in nodes:
            span = node.span
            one_line = span.line == span.end_line
            self._lines = self._lines or self._text.split("\n")
            if one_line or (node.style not in _IN_QUOTES if isinstance(node, Text) else not node.flow):
                continue
            for number in range(span.line - 1, span.end_line - 1):
                line = self._lines[number]
                if line.strip() and len(line) - len(line.lstrip(" ")) <= indent:
                    message = "this line continues the value above; some YAML parsers need more indentation"
                    refuse(
                        "yaml-syntax", locate(number + 2), message, "indent the line, or write the value on one line"
                    )

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
            refuse("yaml-syntax", locate(key.span.line, key.span.column), "a key is a list or a mapping, not a text")
        place = key.span.line, key.span.column
        if key.value == "<<" and key.style == "plain":
            refuse("yaml-alias", locate(*place), "a YAML merge key (<<)")
        if key.value in seen:
            end = key.span.end_column if key.span.line == key.span.end_line else None
            message = f"this key is already on line {seen[key.value]}"
            refuse("yaml-duplicate-key", locate(*place, end_column=end), message)
        seen[key.value] = key.span.line
        yield Field(key, value)


MAX_BYTES: Final = 64 * 1024
MAX_EVENTS: Final = 4096
MAX_DEPTH: Final = 8

# Unclosed brackets: PyYAML looks ahead through all of them before the first event. Quoted text may contain some, but
# not this many.
_MAX_OPEN: Final = 256

BOM: Final = b"\xef\xbb\xbf"
_FENCE: Final = rb"---[ \t]*\r?(?:\n|\Z)"
_LATER: Final = rb"(?m)^[ \t]*---[ \t]*\r?\n(?=[A-Za-z_-]+:)"
_CLOSING: Final = re.compile(rb"\n---[ \t]*\r?(?=\n|\Z)")
_LONE_CR: Final = rb"---[ \t]*\r(?!\n)"
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
    """The frontmatter cannot be read; caught in this package, which then returns the issue."""

    def __init__(self, issue: Issue) -> None:
        super().__init__(issue.rule_id)
        self.issue = issue


def refuse(rule_id: str, place: Location, message: str, hint: str | None = None) -> NoReturn:
    """Raise FrontmatterError with the issue of a rule at a place."""
    raise FrontmatterError(Issue(rule_id, place, message, hint))


class Block(NamedTuple):
    """The text between the two lines of `---`, and the bytes of the file where it starts and ends."""

    text: str
    start: int
    end: int


def strip_bom(content: bytes) -> tuple[bytes, tuple[Issue, ...]]:
    """Return the content after a byte order mark, and an issue if there is one."""
    if not content.startswith(BOM):
        return content, ()
    edit = Edit(MANIFEST, 0, len(BOM), b"")
    message = "the file starts with a byte order mark, before the first ---"
    return content[len(BOM) :], (Issue("frontmatter-bom", locate(1), message, edits=(edit,)),)


def scan(content: bytes) -> Block:
    """Find the frontmatter and decode it.

    Raises:
        FrontmatterError: there is none, or one that some reader would refuse or misread.
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
    head = content[: MAX_BYTES + 64]
    opening = re.match(_FENCE, head)
    if opening is None:
        _explain_missing(head)
    if closing := _CLOSING.search(content, opening.end() - 1):
        return opening.end(), closing.start() + 1
    hint = "add a line of --- after the last field, without indentation"
    refuse("frontmatter-unclosed", locate(1, end_column=4), "the frontmatter is not closed by a line of ---", hint)


def _explain_missing(head: bytes) -> NoReturn:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        refuse("frontmatter-encoding", locate(1), "the file is UTF-16, not UTF-8")
    if head.startswith(b"---\0") or b"\0" in head[:4]:
        refuse("frontmatter-encoding", locate(1), "the file starts with a NUL")
    if re.match(_LONE_CR, head):
        refuse("frontmatter-encoding", locate(1, 4), "lines end in a carriage return without a line feed")
    if found := re.search(_LATER, head):
        line = head.count(b"\n", 0, found.start()) + 1
        if line == 1:
            refuse("frontmatter-not-first", locate(1), "the first line is indented; it must be exactly ---")
        message = f"the frontmatter starts on line {line}, not on line 1"
        refuse("frontmatter-not-first", locate(line, end_column=4), message)
    refuse(
        "frontmatter-missing", locate(1), "the file does not start with a line of ---" if head else "the file is empty"
    )


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
    shift = len(content) - len(rest)
    try:
        block = scan(rest)
    except FrontmatterError as error:
        return Reading(None, None, (*marks, error.issue))
    block = Block(block.text, block.start + shift, block.end + shift)
    fields, found = _diagnose(block)
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


def _diagnose(block: Block) -> tuple[Fields | None, tuple[Issue, ...]]:
    """Parse; where that fails, name the cause, put the value in quotes, and try again for the next.

    Lines above the last fixed key of the first column are not parsed again until the end.
    """
    lines = [line.rstrip("\r") for line in block.text.split("\n")]
    tail, begin = block, 0
    issues: list[Issue] = []
    fixed: set[int] = set()
    reread = 0
    while True:
        try:
            fields = parse(tail)
            if not begin:
                return fields, tuple(issues)
            cause = None
        except FrontmatterError as error:
            from skillpack.frontmatter.diagnose import Cause, find_intended_text

            cause = find_intended_text(lines, error.issue) or Cause(error.issue)
        except NotYamlError as error:
            cause = _find_cause(lines, tail.text, error, fixed)
        if cause:
            issues.append(cause.issue._replace(edits=_make_edits(cause, block)))
            entry = cause.entry
            if entry is None or entry.first in fixed or len(issues) == _MAX_CAUSES or reread > _MAX_REREAD:
                return None, tuple(issues)
            fixed.add(entry.first)
            lines = entry.fix(lines)
            begin = _find_key(lines, entry.first)
            reread += entry.first - begin
        else:
            begin = 0
        tail = block._replace(text=_blank_above(lines, begin))


def _find_key(lines: list[str], number: int) -> int:
    """Return the line of the top-level key that a line belongs to."""
    return next((at for at in range(number, 0, -1) if re.match(r"[\w\"']", lines[at])), 0)


def _blank_above(lines: list[str], begin: int) -> str:
    """Return the text with empty lines in place of those above `begin`, so that no line moves."""
    return "\n" * begin + "\n".join(lines[begin:])


def _find_cause(lines: list[str], text: str, error: NotYamlError, fixed: set[int]) -> Cause:
    """Return the likeliest cause: one that lets the parser continue once it is fixed."""
    from skillpack.frontmatter.diagnose import Cause, describe_refusal, find_causes

    line, column = position(text, error.index)
    numbers = dict.fromkeys((line - 2, line - 3, position(text, error.context)[0] - 2))
    candidates = (cause for number in numbers if number >= 0 for cause in find_causes(lines, number))
    for cause in islice(candidates, _MAX_CANDIDATES):
        if cause.entry and cause.entry.first not in fixed and _gets_past(cause.entry, lines, _place(text, error)):
            return cause
    if "quoted scalar" in error.problem:  # where it opened is more useful than where the text ended
        line, column = position(text, error.context)
    return Cause(describe_refusal(lines, line - 2, column - 1, error.problem))


def _gets_past(entry: Entry, lines: list[str], place: tuple[int, int, str]) -> bool:
    """Return True if the parser, with this value in quotes, fails further down or not at all."""
    text = _blank_above(entry.fix(lines), _find_key(lines, entry.first))
    try:
        parse(Block(text, 0, 0))
    except FrontmatterError as error:
        return (error.issue.location.line or 0) - 2 > entry.last
    except NotYamlError as error:
        return position(text, error.index)[0] - 2 > entry.last and _place(text, error) != place
    return True


def _place(text: str, error: NotYamlError) -> tuple[int, int, str]:
    """Return what distinguishes two refusals: the lines, and the parser's words."""
    return position(text, error.index)[0], position(text, error.context)[0], error.problem


def _make_edits(cause: Cause, block: Block) -> tuple[Edit, ...]:
    if cause.entry is None or not cause.fixable:
        return ()
    raw = block.text.split("\n")
    first, last = cause.entry.first, cause.entry.last
    before = "\n".join([*raw[:first], raw[first][: cause.entry.column]])
    through = "\n".join([*raw[:last], raw[last].removesuffix("\r")])  # a tab at the end belongs to the value
    start, end = (block.start + len(text.encode()) for text in (before, through))
    return (Edit(MANIFEST, start, end, quote(cause.entry.value).encode()),)
