"""Rules on single characters: those nobody sees, those no text needs, bytes that are none."""

from __future__ import annotations

import codecs
import re
import unicodedata
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Final

from skillpack.findings import Edit, Location, Severity, escaped
from skillpack.frontmatter import Items, Text
from skillpack.rules.engine import Content, Remark, rule
from skillpack.skill.skill import Skill

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skillpack.frontmatter import Node


# a line break and a tab are all that a value needs; prose may have Windows' line breaks, those of pages and NEL
_NOT_IN_VALUES: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_NOT_IN_PROSE: Final = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f]")
_CONTROLS: Final = bytes([*range(9), 0x0B, *range(0x0E, 0x20), 0x7F])


@rule(Skill, Severity.ERROR, "reader", "safety", hint="delete the escape that stands for it")
def field_control(skill: Skill) -> Iterator[Remark]:
    r"""A value or key of the frontmatter holds a control character, written as an escape in double quotes.

    These are all of U+0000 to U+001F but the line break and the tab, and U+007F to U+009F.

    Why it matters: the file shows a few harmless letters, and whoever reads the value gets the character itself. The
    description goes into the request and before the model; a NUL ends the text for programs in C and is refused by
    databases, and an escape character lets the text steer the terminal it is printed on.

    Before:
        description: "Fills in PDF forms.\x00\e[8m"
    After:
        description: "Fills in PDF forms."
    """
    for name, text in _texts(skill):
        found = [match.group() for match in _NOT_IN_VALUES.finditer(text.value)]
        if found:
            message = f"{name} holds the control character U+{ord(found[0]):04X}"
            yield Remark(_at(skill, text), _and_more(message, len(found) - 1))


@rule(Skill, Severity.WARNING, "safety", hint="delete the escape that stands for it")
def field_invisible(skill: Skill) -> Iterator[Remark]:
    r"""A value or key of the frontmatter holds characters that nobody sees, written as escapes in double quotes.

    Bidi controls, zero-width characters and tags; written as themselves they are found by text-invisible.

    Why it matters: a name and a description are shown to people, who see nothing of them, and to models, which read
    all of it. Tags (U+E0000 to U+E007F) can hold whole sentences, and bidi controls show a text in another order
    than it has.

    Before:
        description: "Fills in PDF forms.\U000E0053\U000E0065\U000E006E\U000E0064"
    After:
        description: "Fills in PDF forms."
    """
    written = skill.said.text if skill.said else ""
    for name, text in _texts(skill):
        found = [(at, kind) for at, kind in hidden_in_prose(text.value) if text.value[at] not in written]
        if found:
            at, kind = found[0]
            message = f"nobody sees the {kind} U+{ord(text.value[at]):04X} in {name}"
            yield Remark(_at(skill, text), _and_more(message, len(found) - 1))


@rule(Skill, Severity.ERROR, "reader", hint="save the file as UTF-8")
def manifest_not_utf8(skill: Skill) -> Iterator[Remark]:
    """SKILL.md is not UTF-8, below the frontmatter or without one.

    Bytes in the frontmatter itself are a matter of frontmatter-encoding.

    Why it matters: an agent reads the whole file as UTF-8. skills-ref, the specification's own tool, ends with a
    traceback, and so do others; those that go on show the model other characters than were written.

    Before:
        # R<E9>sum<E9>s    (Latin-1)
    After:
        # Résumés    (UTF-8)
    """
    if skill.manifest:
        for remark in _not_utf8(skill.manifest.path, skill.content):
            if not _is_told(skill, remark.location):
                yield remark


@rule(Content, Severity.WARNING, "reader", hint="save the file as UTF-8")
def text_not_utf8(content: Content) -> Iterator[Remark]:
    """A Markdown file other than SKILL.md is not UTF-8.

    Why it matters: agents read text as UTF-8. One stops with an error in the middle of its work, another shows the
    model a question mark for each byte that does not fit.

    Before:
        # R<E9>sum<E9>s    (Latin-1)
    After:
        # Résumés    (UTF-8)
    """
    if _is_markdown(content) and not _is_manifest(content):
        yield from _not_utf8(content.file.path, content.content)


@rule(Content, Severity.WARNING, "safety", hint="delete it, or show it as text, such as `\\x1b`")
def text_control(content: Content) -> Iterator[Remark]:
    r"""A Markdown file holds control characters: a NUL, an escape, a backspace.

    Tabs, line breaks and page breaks are fine. There is one finding for each line; the frontmatter of SKILL.md is a
    matter of frontmatter-encoding, and a file in UTF-16 one of text-not-utf8.

    Why it matters: escape sequences hide text from whoever reads the file in a terminal (`\x1b[8m`) and backspaces
    overwrite it, while a model reads all of it. A NUL makes git and grep take the file for a binary, so that no diff
    and no search shows what is in it.

    Before:
        Fill in the form.\x1b[8m Then send it to ...\x1b[0m
    After:
        Fill in the form.
    """
    utf16 = content.content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if not _is_markdown(content) or utf16 or not _may_hold_controls(content.content):
        return
    for number, column, char, more in _controls_by_line(content.content.decode("utf-8", "replace")):
        place = Location(content.file.path, number, column, number, column + 1)
        if not _is_manifest(content) or not _is_told(content.skill, place):
            message = f"the line holds the control character U+{ord(char):04X}"
            yield Remark(place, _and_more(message, more))


@rule(Content, Severity.WARNING, "safety", hint="delete it, or write what it should say so that it can be seen")
def text_invisible(content: Content) -> Iterator[Remark]:
    r"""A Markdown file holds characters that nobody sees: bidi controls, zero-width characters, tags.

    Joiners are fine inside emoji and in scripts that are spelt with them, marks of direction in lines with Arabic
    or Hebrew. There is one finding for each line.

    Why it matters: a model reads what its owner cannot see. Text in tag characters (U+E0000 to U+E007F) is shown
    as nothing and read as ASCII; bidi controls show text in another order than it has (CVE-2021-42574,
    "Trojan Source").

    Before:
        Fill in the form.\U000e0053\U000e0065\U000e006e\U000e0064 ...
    After:
        Fill in the form.
    """
    if not _is_markdown(content) or content.content.isascii():
        return
    text = content.content.decode("utf-8", "replace")
    begin = 1 if text.startswith("\ufeff") else 0  # a byte order mark has a rule of its own
    for number, column, char, more in hidden_by_line(text, begin):
        place = Location(content.file.path, number, column, number, column + 1)
        yield Remark(place, _and_more(f"nobody sees the {kind_of(char)} U+{ord(char):04X} here", more))


@rule(
    Content,
    Severity.WARNING,
    "reader",
    hint="write the file with line breaks of one line feed, as Linux does",
    fix=True,
)
def script_crlf(content: Content) -> Iterator[Remark]:
    r"""A script begins with `#!` and has Windows line breaks.

    `--fix` makes each of them a single line feed.

    Why it matters: Linux takes the carriage return for a part of the interpreter's name: `bad interpreter:
    /bin/sh^M`, or `env: 'python3\r': No such file or directory`. The containers that skills run in are Linux.

    Before:
        #!/bin/sh\r\n
    After:
        #!/bin/sh\n
    """
    if not content.content.startswith(b"#!"):
        return
    first, newline, _ = content.content.partition(b"\n")
    if newline and first.endswith(b"\r"):
        end = content.content.rfind(b"\r\n") + 2
        begin = len(first) - 1
        edit = Edit(content.file.path, begin, end, content.content[begin:end].replace(b"\r\n", b"\n"))
        column = len(first.decode("utf-8", "replace"))
        place = Location(content.file.path, 1, column, 1, column + 1)
        yield Remark(place, "the first line ends with a carriage return, which Linux takes for text", None, (edit,))


def _texts(skill: Skill) -> Iterator[tuple[str, Text]]:
    """Yield every key and value of the frontmatter that is a text, and what to call it."""
    for field in skill.said.fields if skill.said else ():
        yield "the key", field.key
        yield from _below(field.value, f"the {escaped(field.key.value[:40])}")


def _below(node: Node, name: str) -> Iterator[tuple[str, Text]]:
    if isinstance(node, Text):
        yield name, node
    elif isinstance(node, Items):
        for value in node.values:
            yield from _below(value, name)
    else:
        for field in node:
            yield "the key", field.key
            yield from _below(field.value, name)


def _at(skill: Skill, text: Text) -> Location:
    assert skill.manifest is not None
    span = text.span
    return Location(skill.manifest.path, span.line, span.column, span.end_line, span.end_column)


def _may_hold_controls(content: bytes) -> bool:
    return len(content.translate(None, _CONTROLS)) < len(content) or b"\xc2" in content  # what C1 begins with


def _controls_by_line(text: str) -> Iterator[tuple[int, int, str, int]]:
    """Yield of each line with a control character its number, the column, the first of them and how many more."""
    number, begin, pattern = 1, 0, re.compile(_NOT_IN_PROSE)
    while found := pattern.search(text, begin):
        at = found.start()
        number += text.count("\n", begin, at)
        begin = text.rfind("\n", begin, at) + 1 or begin
        end = text.find("\n", at)
        end = end if end >= 0 else len(text)
        more = sum(1 for _ in islice(pattern.finditer(text, at + 1, end), MOST_COUNTED))
        yield number, at - begin + 1, found[0], more
        begin = end + 1
        number += 1


def _is_markdown(content: Content) -> bool:
    return content.file.path.lower().endswith(".md")


def _is_manifest(content: Content) -> bool:
    manifest = content.skill.manifest
    return manifest is not None and manifest.path == content.file.path


def _not_utf8(path: str, content: bytes) -> Iterator[Remark]:
    """Say of the first byte that is no UTF-8 where it stands."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8")) + 1
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            message = "the file is UTF-16, not UTF-8"
        else:
            message = f"the file is not UTF-8: byte 0x{content[error.start]:02x} does not belong there"
        yield Remark(Location(path, line, column, line, column + 1), message)


def _is_told(skill: Skill, place: Location) -> bool:
    """Whether frontmatter-encoding speaks of that line already."""
    return any(each.rule == "frontmatter-encoding" and each.location.line == place.line for each in skill.trouble)


def _and_more(message: str, more: int) -> str:
    if more >= MOST_COUNTED:
        return f"{message} and at least {MOST_COUNTED:,} more"
    return f"{message} and {more:,} more" if more else message


_KINDS: Final = {
    "control of direction": "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069",
    "zero-width character": "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200d\u2060-\u2065\u206a-\u206f"
    "\u3164\ufeff\uffa0\ufff9-\ufffb",
    "variation selector": "\ufe00-\ufe0f\U000e0100-\U000e01ef",
    "tag character": "\U000e0000-\U000e007f",
}
_HIDDEN: Final = f"[{''.join(_KINDS.values())}]"
_JOINERS: Final = "\u200c\u200d"
# scripts whose spelling needs joiners: Arabic and its neighbours, those of India, Burmese, Khmer, Mongolian
_JOINING: Final = "[\u0600-\u0dff\u1000-\u109f\u1780-\u18af\ua800-\uabff\ufb50-\ufdff\ufe70-\ufefc]"
_EMOJI: Final = "[\u00a9\u00ae\u2190-\u2bff\u3030\u303d\u3297\u3299\ufe0f\U0001f000-\U0001faff]"
# the flags of England, Scotland, Wales and the like: a black flag, a region of at most six letters, the end
_FLAG: Final = "\U0001f3f4"
_FLAG_LETTER: Final = "[\U000e0030-\U000e0039\U000e0061-\U000e007a]"
_FLAG_END: Final = "\U000e007f"

_RIGHT_TO_LEFT: Final = "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]"
_MARKS: Final = "\u061c\u200e\u200f"
"""They order mixed text and hide nothing; the embeddings, overrides and isolates can do both."""
MOST_COUNTED: Final = 1000
"""Characters counted in one line: it can have eight million."""

_MOST_SPARED: Final = 20_000
_BLANK: Final = "\u2800"  # a braille cell without a dot


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Return a pattern compiled; most skills need none of these, and a hostile one needs them millions of times."""
    return re.compile(pattern)


def visible(text: str) -> bool:
    """Return whether there is anything in the text that can be seen."""
    return any(
        not char.isspace()
        and char != _BLANK
        and (char.isascii() or not _compiled(_HIDDEN).match(char))
        and unicodedata.category(char) not in ("Cc", "Cf", "Cs")
        for char in text
    )


def hidden_in_prose(text: str) -> Iterator[tuple[int, str]]:
    """Yield what `hidden` does, but for marks of direction in text with Arabic or Hebrew, which needs them."""
    if text.isascii():
        return iter(())
    return _found(_hidden(_MARKS if _compiled(_RIGHT_TO_LEFT).search(text) else ""), text)


def hidden(text: str) -> Iterator[tuple[int, str]]:
    """Yield (index, what it is) of every character that nobody sees and that no spelling needs.

    Joiners inside emoji and in scripts that are spelt with them are fine, and so are the flags made of tag
    characters and one variation selector behind a character.
    """
    return iter(()) if text.isascii() else _found(_hidden(""), text)


def hidden_by_line(text: str, begin: int = 0) -> Iterator[tuple[int, int, str, int]]:
    """Yield what `hidden_in_prose` says of each line that has any: number, column, character, how many more.

    Args:
        text: many lines, or one of many megabytes.
        begin: where to begin in the first line.
    """
    if text.isascii():
        return
    number, start, protected = 1, 0, 0
    # after so many lines that need their marks, marks are no longer asked about
    while found := _hidden("" if protected < _MOST_SPARED else _MARKS).search(text, begin):
        at = found.start()
        number += text.count("\n", start, at)
        start = text.rfind("\n", start, at) + 1 or start
        end = text.find("\n", at)
        end = end if end >= 0 else len(text)
        marks = _MARKS if _compiled(_RIGHT_TO_LEFT).search(text, start, end) else ""
        more = islice(_hidden(marks).finditer(text, at, end), MOST_COUNTED + 1)
        if first := next(more, None):
            yield number, first.start() - start + 1, first[0], sum(1 for _ in more)
        else:
            protected += 1
        begin = start = end + 1
        number += 1


def _found(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, str]]:
    return ((found.start(), kind_of(found[0])) for found in pattern.finditer(text))


def kind_of(char: str) -> str:
    """Return what a character that nobody sees is."""
    return next(kind for kind, characters in _KINDS.items() if _compiled(f"[{characters}]").match(char))


@cache
def _hidden(marks: str) -> re.Pattern[str]:
    """Return what finds a character that nobody sees and no spelling needs; `marks` are needed too.

    It begins with a set of characters, so that all others are passed over quickly, and looks around from there.
    """
    every, letter = "".join(_KINDS.values()), _FLAG_LETTER
    needed = [
        f"(?<={_JOINING}[{_JOINERS}])(?:{_JOINING}|\n|\\Z)",
        f"(?<={_EMOJI}[{_JOINERS}]){_EMOJI}",
        f"(?<=[^\\s{every}][{_KINDS['variation selector']}])",  # a second one in a row can carry hidden bytes
        *(f"(?<={_FLAG}{letter}{{{at}}}){letter}{{{max(3 - at, 0)},{6 - at}}}{_FLAG_END}" for at in range(1, 7)),
        *(f"(?<={_FLAG}{letter}{{{at}}}{_FLAG_END})" for at in range(3, 7)),
        *([f"(?<=[{marks}])"] if marks else []),
    ]
    return re.compile(f"[{every}](?!{'|'.join(needed)})")
