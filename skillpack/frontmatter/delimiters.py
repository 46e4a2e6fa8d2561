"""Explain why the lines of `---` do not enclose a frontmatter."""

from __future__ import annotations

import re
from typing import Final

from skillpack.findings import Edit, Issue
from skillpack.frontmatter.nodes import FIELD, locate
from skillpack.limits import MANIFEST
from skillpack.values import NamedTuple

_UTF_32: Final = (b"\xff\xfe\0\0", b"\0\0\xfe\xff")
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff", b"-\0-\0", b"\0-\0-")
_LONE_CR: Final = rb"---[ \t]*\r(?!\n)"
_OPENING: Final = re.compile(rb"[ \t]*---[ \t]*\r?")
_CODE: Final = re.compile(rb"[ ]{0,3}(`{3,}|~{3,})")
_FIELD_OF_SKILL: Final = re.compile(rb"(?i)[ \t]*(?:name|description)[ \t]*:")

_FIELD_LINE: Final = re.compile(rf"(?i)(?:{FIELD})\s*[:=\uff1a]")
_KEY_LINE: Final = re.compile(r"""(?:[\w$./-]+|"[^"]*"|'[^']*')[ \t]*:(?=\s|$)""")
_OTHER_CLOSING: Final = re.compile(r"[ \t]*(?:[-_*+=\u2010-\u2015]{2,})[ \t]*")


class Start(NamedTuple):
    """What is wrong with the first line; `offset` is the byte where a frontmatter starts further down, if any."""

    issue: Issue
    offset: int | None = None


def explain_start(head: bytes) -> Start:
    """Return why the file does not start with a line of `---`.

    Args:
        head: the start of a file whose first line is not `---`, without a byte order mark of UTF-8.
    """
    if issue := _explain_encoding(head):
        return Start(issue)
    offset = _find_frontmatter(head)
    if offset is None:
        message = "the file does not start with a line of ---" if head.strip() else "the file is empty"
        return Start(Issue("frontmatter-missing", locate(1), message))
    begin = head.find(b"-", offset)
    edits = () if head[:begin].strip() else (Edit(path=MANIFEST, start=0, end=begin, text=b""),)
    line = head.count(b"\n", 0, offset) + 1
    if line == 1:
        message = "the first line is indented; it must be exactly ---"
        return Start(
            Issue("frontmatter-not-first", locate(1), message, hint="delete the indentation", edits=edits), offset
        )
    hint = "delete the empty lines above it" if edits else None
    message = f"the frontmatter starts on line {line}, not on line 1"
    return Start(Issue("frontmatter-not-first", locate(line, end_column=4), message, hint=hint, edits=edits), offset)


def _explain_encoding(head: bytes) -> Issue | None:
    hint = "save the file as UTF-8"
    if head.startswith(_UTF_16 + _UTF_32):
        name = "UTF-32" if head.startswith(_UTF_32) else "UTF-16"
        return Issue("frontmatter-encoding", locate(1), f"the file is {name}, not UTF-8", hint=hint, quotable=False)
    if head.startswith(b"---\0") or b"\0" in head[:4]:
        message = "the file starts with a NUL"
        return Issue("frontmatter-encoding", locate(1), message, hint="delete the NUL characters", quotable=False)
    if re.match(_LONE_CR, head):
        message = "lines end in a carriage return without a line feed"
        return Issue(
            "frontmatter-encoding", locate(1, 4), message, hint="save the file with LF line endings", quotable=False
        )
    return None


def _find_frontmatter(head: bytes) -> int | None:
    """Return where a line of `---` starts a frontmatter: outside a code sample, with a name or description below."""
    code, opening, offset = b"", None, 0
    for line in head.splitlines(keepends=True):
        sign = _CODE.match(line)
        if sign and (not code or sign[1].startswith(code)):
            code = b"" if code else sign[1]
        elif not code and _OPENING.fullmatch(line.rstrip(b"\n")):
            opening = offset
        elif not code and opening is not None and _FIELD_OF_SKILL.match(line):
            return opening
        offset += len(line)
    return None


def find_end(lines: list[str], *, closed: bool) -> int | None:
    """Return the first line, from 0, that no longer belongs to the frontmatter, or None if it lasts to the end.

    Below the last field of the specification, a code sample ends the frontmatter, and so does a line that is neither
    a key nor indented if an empty line or a heading is above it.

    Args:
        lines: what follows the first line of `---`.
        closed: a line of `---` follows the lines, so that a heading at the end of them is a comment.
    """
    code = next((at for at, line in enumerate(lines) if line.startswith(("```", "~~~"))), len(lines))
    begin = next((at + 1 for at in range(code - 1, -1, -1) if _FIELD_LINE.match(lines[at])), 0)
    heading: int | None = None
    for at in range(begin, code):
        line = lines[at]
        if _OTHER_CLOSING.fullmatch(line):
            return at
        if line.startswith("#"):
            heading = at if heading is None else heading
        elif _KEY_LINE.match(line):
            heading = heading if at and not lines[at - 1].strip() else None
        elif _is_stray(line) and (heading is not None or not closed or (at and not lines[at - 1].strip())):
            return at if heading is None else heading
    if code < len(lines):
        return code if heading is None else heading
    return None if closed else heading


def _is_stray(line: str) -> bool:
    """True if a line is neither indented nor a key, an item or the end of a value in brackets or quotes."""
    return bool(line.strip()) and line[0] not in " \t[]{})\"'" and not line.startswith("- ")


def describe_unclosed(lines: list[str], end: int | None) -> Issue:
    """Return the issue of a frontmatter without its second line of `---`.

    Args:
        lines: what follows the first line of `---`.
        end: the first line that no longer belongs to it, from 0; None is the end of the lines.
    """
    if end is not None and _OTHER_CLOSING.fullmatch(lines[end]):
        place = locate(end + 2, end_column=len(lines[end].rstrip()) + 1)
        message = f"the frontmatter is not closed: line {end + 2} is not exactly ---"
        return Issue("frontmatter-unclosed", place, message, hint="write --- there, without indentation")
    end = len(lines) if end is None else end
    last = next((at for at in range(end - 1, -1, -1) if lines[at].strip()), None)
    if last is None and end == len(lines):
        message = "the frontmatter is not closed by a line of ---"
        return Issue("frontmatter-unclosed", locate(1, end_column=4), message, hint="add the fields, and a line of ---")
    if last is None or not any(_FIELD_LINE.match(line) or _KEY_LINE.match(line) for line in lines[: last + 1]):
        message = "the first line is ---, but no `key: value` follows"
        return Issue("frontmatter-missing", locate(1, end_column=4), message)
    place = locate(last + 2, end_column=len(lines[last].rstrip()) + 1)
    message = "the frontmatter is not closed by a line of ---; it seems to end here"
    return Issue("frontmatter-unclosed", place, message, hint=f"add a line of --- below line {last + 2}")
