"""The bytes of a SKILL.md to its frontmatter, or to everything that keeps it from being read."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

from skillpack.findings import Edit
from skillpack.frontmatter.nodes import Field, Fields, Frontmatter, Items, Node, Span, Style, Text, Trouble, trouble
from skillpack.frontmatter.quoting import quoted
from skillpack.limits import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skillpack.frontmatter.diagnose import Cause, Entry


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


MAX_BYTES: Final = 64 * 1024
MAX_EVENTS: Final = 4096
MAX_DEPTH: Final = 8

# More brackets opened than closed: PyYAML looks ahead through all of them before it gives the first event. Text in
# quotes may hold some; none holds this many.
_MAX_OPEN: Final = 256

BOM: Final = b"\xef\xbb\xbf"
_FENCE: Final = re.compile(rb"---[ \t]*\r?(?:\n|\Z)")
_LATER: Final = re.compile(rb"^[ \t]*---[ \t]*\r?\n(?=[A-Za-z_-]+:)", re.MULTILINE)
_CLOSING: Final = re.compile(rb"\n---[ \t]*\r?(?=\n|\Z)")
_LONE_CR: Final = re.compile(rb"---[ \t]*\r(?!\n)")
_ODD: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_LONE_RETURN: Final = re.compile(r"\r(?!\n)")
_NAMES: Final = {
    "\0": "a NUL",
    "\r": "a carriage return with no line feed",
    "\x85": "a next line, which only YAML 1.1 takes for a line break",
    "\u2028": "a line separator, which only YAML 1.1 takes for a line break",
    "\u2029": "a paragraph separator, which only YAML 1.1 takes for a line break",
    "\ufeff": "a byte order mark",
}


class TroubleError(Exception):
    """Ends the reading; never leaves this package."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.rule)
        self.trouble = trouble


def refuse(rule: str, message: str, line: int, column: int = 1, **more: object) -> NoReturn:
    """Raise the trouble of this rule at a place; `hint` and `edits` as in Trouble."""
    raise TroubleError(trouble(rule, message, line, column, **more))


@dataclass(frozen=True, slots=True)
class Block:
    """The text of the frontmatter without its two lines, and where it begins and ends in the file, in bytes."""

    text: str
    start: int
    end: int


def without_mark(content: bytes) -> tuple[bytes, tuple[Trouble, ...]]:
    """Return the content behind a byte order mark, and the trouble that there is one."""
    if not content.startswith(BOM):
        return content, ()
    edit = Edit(MANIFEST, 0, len(BOM), b"")
    message = "the file begins with a byte order mark, before the first ---"
    return content[len(BOM) :], (trouble("frontmatter-bom", message, 1, edits=(edit,)),)


def scan(content: bytes) -> Block:
    """Find the frontmatter and decode it.

    Raises:
        TroubleError: there is none, or one that some reader would refuse or misread.
    """
    start, end = _fences(content)
    if end - start > MAX_BYTES:
        refuse("frontmatter-too-large", f"the frontmatter has {end - start:,} bytes, over {MAX_BYTES:,}", 1)
    text = _decoded(content[start:end])
    if found := _ODD.search(text) or _LONE_RETURN.search(text):
        char = found.group()
        line, column = position(text, found.start())
        name = _NAMES.get(char, "a control character")
        refuse("frontmatter-encoding", f"the frontmatter holds U+{ord(char):04X}, {name}", line, column)
    _bound_brackets(text)
    return Block(text, start, end)


def position(text: str, index: int) -> tuple[int, int]:
    """Return line and column in the file, from 1, of a character of the frontmatter."""
    return text.count("\n", 0, index) + 2, index - (text.rfind("\n", 0, index) + 1) + 1


def _fences(content: bytes) -> tuple[int, int]:
    head = content[: MAX_BYTES + 64]
    opening = _FENCE.match(head)
    if opening is None:
        _explain_missing(head)
    if closing := _CLOSING.search(content, opening.end() - 1):
        return opening.end(), closing.start() + 1
    hint = "close it with a line of ---, without indentation"
    refuse("frontmatter-unclosed", "the frontmatter is not closed by a line of ---", 1, end_column=4, hint=hint)


def _explain_missing(head: bytes) -> NoReturn:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        refuse("frontmatter-encoding", "the file is UTF-16, not UTF-8", 1)
    if head.startswith(b"---\0") or b"\0" in head[:4]:
        refuse("frontmatter-encoding", "the file begins with a NUL", 1)
    if _LONE_CR.match(head):
        refuse("frontmatter-encoding", "lines end in a carriage return with no line feed", 1, 4)
    if found := _LATER.search(head):
        line = head.count(b"\n", 0, found.start()) + 1
        if line == 1:
            refuse("frontmatter-not-first", "the first line is indented; it has to be exactly ---", 1)
        message = f"the frontmatter begins on line {line}, not on the first"
        refuse("frontmatter-not-first", message, line, end_column=4)
    refuse("frontmatter-missing", "the file does not begin with a line of ---" if head else "the file is empty", 1)


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line, column = position(raw[: error.start].decode("utf-8"), error.start)
        before = raw[raw.rfind(b"\n", 0, error.start) + 1 : error.start]
        column = len(before.decode("utf-8")) + 1
        byte = raw[error.start]
        message = f"the frontmatter is not UTF-8: byte 0x{byte:02x} does not belong there"
        raise TroubleError(trouble("frontmatter-encoding", message, line, column)) from error


def _bound_brackets(text: str) -> None:
    if text.count("[") + text.count("{") <= _MAX_OPEN:
        return
    opened = 0
    for found in re.finditer(r"[\[\]{}]", text):
        opened = opened + 1 if found.group() in "[{" else max(opened - 1, 0)
        if opened > _MAX_OPEN:
            refuse(
                "frontmatter-too-large", f"over {_MAX_OPEN} brackets are open at once", *position(text, found.start())
            )


_MAX_CAUSES: Final = 128
_MAX_REREAD: Final = 1_500
"""Lines; what is broken in a nested list or mapping is read from its beginning again for each value of it."""
_MAX_CANDIDATES: Final = 4


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found in one file: its frontmatter, or the one that was most likely meant; and what is wrong.

    Of what was meant, lines and columns are those of the file but for the mended values; bytes are not.
    """

    frontmatter: Frontmatter | None
    meant: Frontmatter | None
    troubles: tuple[Trouble, ...]


def read(content: bytes) -> Reading:
    """Return the frontmatter of a SKILL.md and what is wrong with it, from one reading.

    Args:
        content: the whole file.
    """
    rest, marks = without_mark(content)
    shift = len(content) - len(rest)
    try:
        block = scan(rest)
    except TroubleError as error:
        return Reading(None, None, (*marks, error.trouble))
    block = Block(block.text, block.start + shift, block.end + shift)
    fields, found = _diagnose(block)
    troubles = (*marks, *found)
    said = Frontmatter(fields, block.text, block.start, block.end) if fields is not None else None
    return Reading(None if troubles else said, said, troubles)


def read_frontmatter(content: bytes) -> tuple[Frontmatter | None, tuple[Trouble, ...]]:
    """Return the frontmatter of a SKILL.md, and what is wrong with it; without the first there is the second.

    Args:
        content: the whole file.
    """
    reading = read(content)
    return reading.frontmatter, reading.troubles


def meant(content: bytes) -> Frontmatter | None:
    """Return the frontmatter that was most likely meant where it cannot be read, so that more can be said of it.

    Args:
        content: the whole file.
    """
    return read(content).meant


def _diagnose(block: Block) -> tuple[Fields | None, tuple[Trouble, ...]]:
    """Parse; where that fails, name the cause, put the value in quotes, and try again for the next.

    What stands above the last key of the first column that was mended is not read again until the end.
    """
    lines = [line.rstrip("\r") for line in block.text.split("\n")]
    tail, begin = block, 0
    troubles: list[Trouble] = []
    fixed: set[int] = set()
    reread = 0
    while True:
        try:
            fields = parse(tail)
            if not begin:
                return fields, tuple(troubles)
            cause = None
        except TroubleError as error:
            from skillpack.frontmatter.diagnose import Cause, meant_as_text

            cause = meant_as_text(lines, error.trouble) or Cause(error.trouble)
        except NotYamlError as error:
            cause = _cause(lines, tail.text, error, fixed)
        if cause:
            troubles.append(replace(cause.trouble, edits=_edits(cause, block)))
            entry = cause.entry
            if entry is None or entry.first in fixed or len(troubles) == _MAX_CAUSES or reread > _MAX_REREAD:
                return None, tuple(troubles)
            fixed.add(entry.first)
            lines = entry.fixed(lines)
            begin = _begin(lines, entry.first)
            reread += entry.first - begin
        else:
            begin = 0
        tail = replace(block, text=_from(lines, begin))


def _begin(lines: list[str], number: int) -> int:
    """Return the key of the first column that a line belongs to."""
    return next((at for at in range(number, 0, -1) if re.match(r"[\w\"']", lines[at])), 0)


def _from(lines: list[str], begin: int) -> str:
    """Return the text with empty lines in place of those above `begin`, so that no line moves."""
    return "\n" * begin + "\n".join(lines[begin:])


def _cause(lines: list[str], text: str, error: NotYamlError, fixed: set[int]) -> Cause:
    """Return the likeliest cause: one that, mended, lets the parser get past it."""
    from skillpack.frontmatter.diagnose import Cause, causes, unexplained

    line, column = position(text, error.index)
    numbers = dict.fromkeys((line - 2, line - 3, position(text, error.context)[0] - 2))
    candidates = (cause for number in numbers if number >= 0 for cause in causes(lines, number))
    for cause in islice(candidates, _MAX_CANDIDATES):
        if cause.entry and cause.entry.first not in fixed and _gets_past(cause.entry, lines, _place(text, error)):
            return cause
    if "quoted scalar" in error.problem:  # where it opened tells more than where the text ended
        line, column = position(text, error.context)
    return Cause(unexplained(lines, line - 2, column - 1, error.problem))


def _gets_past(entry: Entry, lines: list[str], place: tuple[int, int, str]) -> bool:
    """Whether the parser, with this value in quotes, gives up further down or not at all."""
    text = _from(entry.fixed(lines), _begin(lines, entry.first))
    try:
        parse(Block(text, 0, 0))
    except TroubleError as error:
        return (error.trouble.location.line or 0) - 2 > entry.last
    except NotYamlError as error:
        return position(text, error.index)[0] - 2 > entry.last and _place(text, error) != place
    return True


def _place(text: str, error: NotYamlError) -> tuple[int, int, str]:
    """Return what tells one refusal from another: the lines, and the parser's words."""
    return position(text, error.index)[0], position(text, error.context)[0], error.problem


def _edits(cause: Cause, block: Block) -> tuple[Edit, ...]:
    if cause.entry is None or not cause.fixable:
        return ()
    raw = block.text.split("\n")
    first, last = cause.entry.first, cause.entry.last
    before = "\n".join([*raw[:first], raw[first][: cause.entry.column]])
    through = "\n".join([*raw[:last], raw[last].removesuffix("\r")])  # a tab at the end goes with the value
    start, end = (block.start + len(text.encode()) for text in (before, through))
    return (Edit(MANIFEST, start, end, quoted(cause.entry.value).encode()),)
