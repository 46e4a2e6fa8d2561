"""Check single characters: invisible ones, control characters, and bytes that are not UTF-8."""

from __future__ import annotations

import codecs
import re
import unicodedata
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Final

from skillpack.findings import Edit, Issue, Location
from skillpack.frontmatter import Items, Text
from skillpack.rules.engine import Content, rule
from skillpack.secrets.scan import clip
from skillpack.skill.skill import Skill
from skillpack.text import count_characters
from skillpack.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from skillpack.frontmatter import Node


# values need only line feeds and tabs; prose may also have carriage returns, form feeds and NEL
_NOT_IN_VALUES: Final = "[\x00-\x08\x0b-\x1f\x7f-\x9f]"
_NOT_IN_PROSE: Final = "[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f]"
_CONTROL_IN_PROSE: Final = b"[\x00-\x08\x0b\x0e-\x1f\x7f]|\xc2[\x80-\x84\x86-\x9f]"  # the same in UTF-8
_MOST_REPAIRED: Final = 1 << 20  # bytes of a skill
_ASCII: Final = bytes(range(128))
_C1: Final = b"\xc2[\x80-\x9f]"  # in UTF-8
_CONTROLS: Final = bytes([*range(9), 0x0B, *range(0x0E, 0x20), 0x7F])
_USUAL: Final = _ASCII.translate(None, _CONTROLS)

# UTF-8 whose bytes were taken for Latin-1 and encoded again: every part is a lead byte and its continuations
_GARBLED: Final = (
    "(?:[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]"
    "|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2})+"
)
_UNDEFINED: Final = b"\x81\x8d\x8f\x90\x9d"  # in Windows-1252, where a decoder leaves them as they are
_OF_WINDOWS: Final = (
    "\u20ac\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u017d"
    "\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u017e\u0178"
)
_WINDOWS: Final = {
    ord(char): chr(byte)
    for char, byte in zip(_OF_WINDOWS, (byte for byte in range(0x80, 0xA0) if byte not in _UNDEFINED), strict=True)
}
"""The characters that Windows-1252 has in place of Latin-1's control characters, without importing the codec."""
_LEAD: Final = f"[\xc2-\xf4](?=[\x80-\xbf{''.join(map(chr, _WINDOWS))}])"  # how each begins: quicker to rule out
_CERTAIN: Final = "[\xe0-\xf4][\x80-\xbf]{2}"
_CONTROL: Final = "[\x80-\x9f]"
_UNSEEN: Final = "[\u200b-\u200f\u2060\ufeff]"
_BEFORE_FENCE: Final = f"{_UNSEEN}(?=`{{3}}|~{{3}})(?<!{_UNSEEN}.)"


@rule(Skill)
def field_control(skill: Skill) -> Iterator[Issue]:
    for name, text in _texts(skill):
        found = [] if text.value.isprintable() else re.findall(_NOT_IN_VALUES, text.value)
        if found:
            message = f"{name} contains the control character U+{ord(found[0]):04X}"
            yield Issue("field-control", _at(skill, text), _and_more(message, len(found) - 1))


@rule(Skill)
def field_invisible(skill: Skill) -> Iterator[Issue]:
    written = skill.reading.text if skill.reading else ""
    for name, text in _texts(skill):
        found = [(at, kind) for at, kind in find_hidden_in_prose(text.value) if text.value[at] not in written]
        if found:
            at, kind = found[0]
            message = f"{name} contains the invisible {kind} U+{ord(text.value[at]):04X}"
            yield Issue("field-invisible", _at(skill, text), _and_more(message, len(found) - 1))


@rule(Skill)
def manifest_not_utf8(skill: Skill) -> Iterator[Issue]:
    if skill.manifest:
        for issue in _find_not_utf8("manifest-not-utf8", skill.manifest.path, skill.content):
            if not _is_reported(skill, issue.location):
                yield issue


@rule(Content, when=lambda file: file.markdown and not file.ascii)
def text_not_utf8(content: Content) -> Iterator[Issue]:
    if not _is_manifest(content):
        yield from _find_not_utf8("text-not-utf8", content.file.path, content.content)


@rule(Content, when=lambda file: file.markdown)
def text_control(content: Content) -> Iterator[Issue]:
    utf16 = content.content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if utf16 or not _may_hold_controls(content.once(_find_unusual)):
        return
    repairs = content.bounded(_Repairs)
    for number, begin, end, first, more in _controls_by_line(content.content):
        column = count_characters(content.content[begin : first.start()]) + 1
        place = Location(content.file.path, line=number, column=column, end_line=number, end_column=column + 1)
        if _is_manifest(content) and _is_reported(content.skill, place):
            continue
        garbled = repairs.find(content.content[begin:end])
        if here := next((each for each in garbled if each.begin < column <= each.end), None):
            times = "twice" if here.times == 2 else f"{here.times} times"
            message = f"the line contains UTF-8 that was decoded {times}: here {here.meant} is meant"
            edits = _replace_in_line(content.file.path, begin, content.content[begin:end], garbled)
            yield Issue("text-control", place, message, hint=f"write {here.meant}", edits=edits)
            continue
        message = f"the line contains the control character U+{ord(first[0].decode()):04X}"
        yield Issue("text-control", place, _and_more(message, more))


class _Repairs:
    """How many more bytes of lines are searched for UTF-8 that was decoded more than once."""

    def __init__(self, _skill: Skill) -> None:
        self._left = _MOST_REPAIRED

    def used(self) -> float:
        """Return how much of what may be searched was."""
        return 1 - self._left / _MOST_REPAIRED

    def find(self, line: bytes) -> list[_Garbled]:
        """Return what is garbled in a line; nothing if that would take too long."""
        if line.isascii() or len(line) > self._left:
            return []
        text = line.decode("utf-8", "replace")
        if not _compiled(_LEAD).search(text):
            return []
        self._left -= len(line)
        return list(_find_garbled(text))


@rule(Content, when=lambda file: file.markdown and not file.ascii)
def text_invisible(content: Content) -> Iterator[Issue]:
    others = content.once(_find_unusual).translate(None, _ASCII).decode("utf-8", "replace")
    if not _compiled(_HIDDEN).search(others):
        return
    text = content.content.decode("utf-8", "replace")
    begin = 1 if text.startswith("\ufeff") else 0  # a byte order mark has its own rule
    if re.search(_UNSEEN, others) and ("```" in text or "~~~" in text):
        # one zero-width character directly before a fence shows the fence as text, in a sample within a sample
        text = re.sub(_BEFORE_FENCE, ".", text)
    found = find_hidden_by_line(text, begin)
    first = next(found, None)
    if first is None:
        return
    number, column, char, more = first
    if _compiled(_RIGHT_TO_LEFT).search(text):
        lines = [count for _, _, _, count in islice(found, MOST_COUNTED)]
        more += sum(lines) + len(lines)
    else:  # no line needs marks
        more = sum(1 for _ in islice(_hidden("").finditer(text, begin), 1, MOST_COUNTED + 1))
    message = f"the file contains the invisible {name_kind(char)} U+{ord(char):04X}"
    place = Location(content.file.path, line=number, column=column, end_line=number, end_column=column + 1)
    yield Issue("text-invisible", place, _and_more(message, min(more, MOST_COUNTED)))


@rule(Content, when=lambda file: file.start == b"#!" and file.returns)
def script_crlf(content: Content) -> Iterator[Issue]:
    first, newline, _ = content.content.partition(b"\n")
    if newline and first.endswith(b"\r"):
        end = content.content.rfind(b"\r\n") + 2
        begin = len(first) - 1
        edit = Edit(
            path=content.file.path, start=begin, end=end, text=content.content[begin:end].replace(b"\r\n", b"\n")
        )
        column = len(first.decode("utf-8", "replace"))
        place = Location(content.file.path, line=1, column=column, end_line=1, end_column=column + 1)
        yield Issue(
            "script-crlf",
            place,
            "the first line ends with a carriage return, which Linux reads as part of the path",
            hint=None,
            edits=(edit,),
        )


class _Garbled(NamedTuple):
    """A part of a line that is UTF-8 decoded more than once, what is meant, and how many times it was decoded."""

    begin: int
    end: int
    meant: str
    times: int


def _find_garbled(line: str) -> Iterator[_Garbled]:
    """Yield what was decoded more than once, as Latin-1 or Windows-1252, where something readable is meant.

    As Windows-1252, a letter before a quotation mark looks the same; three characters or a control character do not.
    """
    for found in _compiled(_GARBLED).finditer(line.translate(_WINDOWS)):
        begin, end = found.span()
        written, single = line[begin:end], found[0]
        if written == single or _compiled(_CERTAIN).search(single) or _compiled(_CONTROL).search(written):
            once = single.encode("latin-1").decode("utf-8")
            inner = list(_find_garbled(once))
            meant = _replace(once, inner)
            if not _compiled(_NOT_IN_PROSE).search(meant):
                yield _Garbled(begin, end, meant, max((each.times for each in inner), default=1) + 1)


def _replace(text: str, garbled: Iterable[_Garbled]) -> str:
    """Return a text with what is meant in place of what is garbled."""
    parts, at = [], 0
    for each in garbled:
        parts += [text[at : each.begin], each.meant]
        at = each.end
    return "".join([*parts, text[at:]])


def _replace_in_line(path: str, start: int, line: bytes, garbled: list[_Garbled]) -> tuple[Edit, ...]:
    """Return the edit that writes what is meant in a line; none if the line is not UTF-8."""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        return ()
    return (Edit(path=path, start=start, end=start + len(line), text=_replace(text, garbled).encode("utf-8")),)


def _texts(skill: Skill) -> Iterator[tuple[str, Text]]:
    """Yield every key and value of the frontmatter that is a text, with a name for messages."""
    for field in skill.reading.fields.entries if skill.reading else ():
        yield "the key", field.key
        yield from _below(field.value, f"the {clip(field.key.value, 40)}")


def _below(node: Node, name: str) -> Iterator[tuple[str, Text]]:
    if isinstance(node, Text):
        yield name, node
    elif isinstance(node, Items):
        for value in node.values:
            yield from _below(value, name)
    else:
        for field in node.entries:
            yield "the key", field.key
            yield from _below(field.value, name)


def _at(skill: Skill, text: Text) -> Location:
    assert skill.manifest is not None
    span = text.span
    return Location(
        skill.manifest.path, line=span.line, column=span.column, end_line=span.end_line, end_column=span.end_column
    )


def _find_unusual(content: Content) -> bytes:
    """Return the bytes of a file that are neither printable ASCII nor whitespace; most texts have few."""
    return content.content.translate(None, _USUAL)


def _may_hold_controls(unusual: bytes) -> bool:
    if len(unusual.translate(None, _CONTROLS)) < len(unusual):
        return True
    return unusual.find(b"\xc2") >= 0 and re.search(_C1, unusual) is not None


def _controls_by_line(text: bytes) -> Iterator[tuple[int, int, int, re.Match[bytes], int]]:
    """Yield each line with control characters: number, begin, end, the first of them, and how many more there are."""
    number, begin, pattern = 1, 0, re.compile(_CONTROL_IN_PROSE)
    while first := pattern.search(text, begin):
        at = first.start()
        number += text.count(b"\n", begin, at)
        begin = text.rfind(b"\n", begin, at) + 1 or begin
        end = text.find(b"\n", at)
        end = end if end >= 0 else len(text)
        more = sum(1 for _ in islice(pattern.finditer(text, first.end(), end), MOST_COUNTED))
        yield number, begin, end, first, more
        begin = end + 1
        number += 1


def _is_manifest(content: Content) -> bool:
    manifest = content.skill.manifest
    return manifest is not None and manifest.path == content.file.path


def _find_not_utf8(id: str, path: str, content: bytes) -> Iterator[Issue]:
    """Yield an issue at the first byte that is not UTF-8."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8")) + 1
        utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        message = "the file is UTF-16, not UTF-8"
        if not utf16:
            message = f"the file is not UTF-8: byte 0x{content[error.start]:02x} is invalid here"
        place = Location(path, line=line, column=column, end_line=line, end_column=column + 1)
        yield Issue(id, place, message, quotable=not utf16)  # the excerpt would be half NULs


def _is_reported(skill: Skill, place: Location) -> bool:
    """Return True if frontmatter-encoding reports that line already."""
    return any(issue.rule_id == "frontmatter-encoding" and issue.location.line == place.line for issue in skill.issues)


def _and_more(message: str, more: int) -> str:
    if more >= MOST_COUNTED:
        return f"{message} and at least {MOST_COUNTED:,} more"
    return f"{message} and {more:,} more" if more else message


_KINDS: Final = {
    "direction control": "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069",
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

_MOST_PROTECTED: Final = 20_000
_BLANK: Final = "\u2800"  # a braille cell without a dot


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Return a compiled pattern; most skills need none of these, and a hostile one needs them millions of times."""
    return re.compile(pattern)


def is_visible(text: str) -> bool:
    """Return True if the text has a character that can be seen."""
    return any(
        not char.isspace()
        and char != _BLANK
        and (char.isascii() or not _compiled(_HIDDEN).match(char))
        and unicodedata.category(char) not in ("Cc", "Cf", "Cs")
        for char in text
    )


def find_hidden_in_prose(text: str) -> Iterator[tuple[int, str]]:
    """Yield what `find_hidden` does, without direction marks in Arabic or Hebrew text, which needs them."""
    if text.isascii():
        return iter(())
    return _found(_hidden(_MARKS if _compiled(_RIGHT_TO_LEFT).search(text) else ""), text)


def find_hidden(text: str) -> Iterator[tuple[int, str]]:
    """Yield (index, kind) of every invisible character that no spelling needs.

    Joiners are allowed inside emoji and in scripts that are spelled with them, and so are flags made of tag
    characters and one variation selector after a character.
    """
    return iter(()) if text.isascii() else _found(_hidden(""), text)


def find_hidden_by_line(text: str, begin: int = 0) -> Iterator[tuple[int, int, str, int]]:
    """Yield the number, column, first invisible character and count of further ones, for each line that has any.

    Args:
        text: many lines, or one of many megabytes.
        begin: the index to start at in the first line.
    """
    if text.isascii():
        return
    number, start, protected = 1, 0, 0
    # after this many lines that need their marks, marks are no longer looked for
    while found := _hidden("" if protected < _MOST_PROTECTED else _MARKS).search(text, begin):
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
    return ((found.start(), name_kind(found[0])) for found in pattern.finditer(text))


def name_kind(char: str) -> str:
    """Return the kind of an invisible character."""
    return next(kind for kind, characters in _KINDS.items() if _compiled(f"[{characters}]").match(char))


@cache
def _hidden(marks: str) -> re.Pattern[str]:
    """Return a pattern for an invisible character that no spelling needs; `marks` are taken as needed.

    It starts with a set of characters, so that all others are skipped quickly, and looks around from there.
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
