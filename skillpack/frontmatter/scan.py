"""The bytes of a SKILL.md to the text between its two lines of `---`, with nothing in it that readers differ on.

What is refused here never reaches the YAML parser: too much of it, and every character that one parser takes for
a line break, a mark or an error and another for text. After this, PyYAML's two loaders agree on where lines end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn

from skillpack.findings import Edit, Location
from skillpack.frontmatter.nodes import Trouble
from skillpack.limits import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Callable

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


def trouble(rule: str, message: str, line: int, column: int = 1, **more: object) -> Trouble:
    """Return the trouble of this rule at a place; `end_column`, `hint` and `edits` where they are known."""
    end = more.pop("end_column", None)
    assert end is None or isinstance(end, int)
    make: Callable[..., Trouble] = Trouble
    return make(rule, message, Location(MANIFEST, line, column, line if end else None, end), **more)


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
