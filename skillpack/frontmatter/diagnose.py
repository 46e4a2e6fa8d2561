"""Why the parser refused the frontmatter, in words that help: the one most likely cause, and what was meant."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from skillpack.frontmatter.nodes import trouble
from skillpack.frontmatter.quoting import folded, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skillpack.frontmatter.nodes import Trouble


_COLON: Final = re.compile(r":(?=[ \t]|$)")
_INDICATOR: Final = re.compile(r"[@`%*&!>|\[{]|[-?](?= )")
_BLOCK_HEADER: Final = re.compile(r"[|>](?:[-+]?[1-9]?|[1-9][-+])(?:[ \t]+#.*)?")
_IN_QUOTES: Final = {'"': re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL), "'": re.compile(r"'(?:[^']|'')*'")}
_HEX: Final = "[0-9a-fA-F]"
_BY_NUMBER: Final = rf"x{_HEX}{{2}}|u(?![dD][89a-fA-F]){_HEX}{{4}}|U00(?:0{_HEX}|10){_HEX}{{4}}"
# What an escape took is never given back: the second of two backslashes begins none.
_NO_ESCAPE: Final = re.compile(rf"""(?:[^\\]|\\(?:[0abt\tnvfre "/\\N_LP\n]|{_BY_NUMBER}))*+(\\)""")
_INDENTED_KEY: Final = re.compile(r"[ ]+(name|description|license|compatibility|metadata|allowed-tools):(?=[ \t]|$)")
_LOST_BREAK: Final = re.compile(r"(license|compatibility|metadata|allowed-tools)$")
_KEY_BELOW: Final = re.compile(r"[ \t]+(?:-[ ]+)*[\w-]+:(?=[ \t]|$)")
_COMMENT: Final = re.compile(r"(?:^|[ \t])#")
_TEXTS: Final = ("name", "description")
_CLOSE: Final = "close it, or take it away"
_SHOWN: Final = 60
_ENDS_IN_COLON: Final = "a line of the value ends with a colon, which makes it a key as YAML"

# what PyYAML says -> what we say; the first that its words hold
_WORDS: Final = (
    ("escape", "a backslash in double quotes begins an escape, and this is none that YAML knows"),
    ("while scanning a quoted", "a text in quotes is never closed"),
    ("end of stream", "something that was opened is never closed"),
    ("expected ',' or", "a list or mapping in brackets is not closed, or lacks a comma"),
    ("mapping values are not allowed", "a colon stands where no key can be"),
    ("could not find expected ':'", "the line is neither `key: value` nor indented as part of the value above"),
    ("expected <block end>", "the line is not indented like the lines it belongs to"),
    ("expected the node content", "something stands here that cannot begin a value"),
    ("cannot start any token", "this character cannot begin a value"),
    ("undefined alias", "an alias (*) of YAML"),
)


@dataclass(frozen=True, slots=True)
class Cause:
    """A way the frontmatter is broken; `entry` is the value to put in quotes, where that would mend it."""

    trouble: Trouble
    entry: Entry | None = None
    fixable: bool = False


def causes(lines: list[str], number: int) -> Iterator[Cause]:
    """Yield what may be wrong with this line and those above it that it can be part of, the likeliest first.

    Args:
        lines: the frontmatter.
        number: where the parser gave up, counted from 0.
    """
    for entry in entries_at(lines, number):
        if cause := _cause(entry):
            yield cause


def unexplained(lines: list[str], number: int, column: int, problem: str) -> Trouble:
    """Return what can be said of a line that the parser refused where no value explains it."""
    ends = [at for at, line in enumerate(lines[: number + 1]) if re.match(r"\.\.\.(?=[ ]|$)", line)]
    if "document start" in problem and ends:
        return trouble("yaml-several-documents", "the YAML document ends here, and more follows", ends[0] + 2)
    for at in range(max(number - 1, 0), min(number + 1, len(lines))):
        if said := _odd_line(lines[at].rstrip(), at + 2) or _indented_key(lines, at):
            return said
    words = next((ours for theirs, ours in _WORDS if theirs in problem), "this is not YAML")
    return trouble("yaml-syntax", words, number + 2, column + 1)


def _odd_line(line: str, number: int) -> Trouble | None:
    if re.fullmatch(r"[ ]*[\]}]+", line):
        sign = line.lstrip()[0]
        hint = f"take it away, or open it with {'[' if sign == ']' else '{'} above"
        return trouble("yaml-syntax", f"nothing is open that this {sign} could close", number, len(line), hint=hint)
    if found := re.match(r"([\w-]+):(?=[^\s/])", line):
        message = f"no space follows the colon of {found[1][:_SHOWN]}"
        return trouble("yaml-syntax", message, number, found.end(), hint="put a space after the colon")
    if re.match(r"[^\s:#'\"\[\]{}-][^:]*$", line):
        message = "the line is neither `key: value` nor indented as part of the value above"
        return trouble("yaml-syntax", message, number, end_column=len(line) + 1, hint="indent it, or give it a key")
    return None


def _indented_key(lines: list[str], at: int) -> Trouble | None:
    found = _INDENTED_KEY.match(lines[at])
    if found is None or all(entry.first == at for entry in entries_at(lines, at)):
        return None
    message = f"{found[1]} is indented, so it belongs to the value above"
    hint = "begin each key of the skill in column 1"
    return trouble("yaml-syntax", message, at + 2, found.start(1) + 1, end_column=found.end(1) + 1, hint=hint)


def _cause(entry: Entry) -> Cause | None:
    value = entry.lines[0]
    if value[0] in _IN_QUOTES:
        return _quote_cause(entry)
    template = value.startswith("{{")
    if value[0] in "[{" and entry.key not in _TEXTS and not template and not _text_follows_brackets(entry.value):
        message = f"the {value[0]} that opens here is never closed, or something in it is no YAML"
        return Cause(_at_value("yaml-syntax", message, entry, hint="put the value in quotes if it is a text"), entry)
    if _INDICATOR.match(value) and not _BLOCK_HEADER.fullmatch(value):
        what = "a backquote" if value[0] == "`" else value[0]
        message = f"the value begins with {what}, which means something else in YAML"
        return _quotable("yaml-leading-indicator", message, entry, 0, (0, 1))
    if value[0] in "|>" or any(_INDENTED_KEY.match(line) for line in entry.lines[1:]):
        return None
    for offset, line in enumerate(entry.lines):
        if found := _COLON.search(line):
            begin = len(line) - len(line.lstrip(" \t")) if offset else 0
            message = 'the value holds ": ", which ends it as YAML' if found.end() < len(line) else _ENDS_IN_COLON
            cause = _quotable("yaml-unquoted-colon", message, entry, offset, (begin, found.end()))
            lost = _LOST_BREAK.search(line[max(found.start() - 20, 0) : found.start()])
            return _with_lost_break(cause, lost[1]) if lost else cause
    return None


def _quote_cause(entry: Entry) -> Cause | None:
    text = "\n".join(entry.lines)
    quote = text[0]
    found = _IN_QUOTES[quote].match(text)
    if found is None:
        return Cause(
            _at_value("yaml-syntax", f"the {quote} that opens here is never closed", entry, hint=_CLOSE), entry
        )
    rest = text[found.end() :].strip()
    if rest and not rest.startswith("#"):
        message = f"text follows the closing {quote}; YAML ends the value there"
        return Cause(_at_value("yaml-syntax", message, entry, found.end(), hint=f"write {_shown(entry)}"), entry)
    if quote == '"' and (odd := _NO_ESCAPE.match(found.group())):
        message = "a backslash in double quotes begins an escape, and this is none that YAML knows"
        hint = "put the value in single quotes, or write each backslash twice"
        return Cause(_at_value("yaml-syntax", message, entry, odd.start(1), hint=hint), entry)
    return None


def _text_follows_brackets(value: str) -> bool:
    opening, closing = value[0], {"[": "]", "{": "}"}[value[0]]
    depth = 0
    for at, char in enumerate(value):
        depth += (char == opening) - (char == closing)
        if not depth:
            rest = value[at + 1 :].lstrip()
            return bool(rest) and not rest.startswith("#")
    return False


def _at_value(rule: str, message: str, entry: Entry, offset: int = 0, *, hint: str) -> Trouble:
    """Place a trouble at a character of the value, counted through its lines."""
    before = "\n".join(entry.lines)[:offset]
    line = before.count("\n")
    column = offset - (before.rfind("\n") + 1) + (entry.column if not line else 0)
    return trouble(rule, message, entry.first + line + 2, column + 1, hint=hint)


def _quotable(rule: str, message: str, entry: Entry, offset: int, columns: tuple[int, int]) -> Cause:
    shift = entry.column if offset == 0 else 0
    begin, end = columns[0] + shift + 1, columns[1] + shift + 1
    doubt = _doubt(entry)
    made = trouble(rule, message, entry.first + offset + 2, begin, end_column=end, hint=doubt or _shown(entry))
    return Cause(made, entry, fixable=doubt is None)


def _doubt(entry: Entry) -> str | None:
    """Return what its author has to decide where the entry may be more than one text."""
    if any(_COMMENT.search(line) for line in entry.lines):
        return "put the value in quotes: all of it, or what stands before the # if that begins a comment"
    if any(_KEY_BELOW.match(line) for line in entry.lines[1:]):
        key = entry.key[:_SHOWN]
        return f"if the keys below belong to {key}, give the first line a key as well; else put all of it in quotes"
    if len(entry.lines) > 1 and entry.key not in _TEXTS:
        return "put all of it in quotes on one line if it is one text"
    return None


def _with_lost_break(cause: Cause, key: str) -> Cause:
    """Hint at a line break that got lost, for instance in a translation."""
    hint = f"{cause.trouble.hint}, or begin a line with {key} if that is a field"
    return replace(cause, trouble=replace(cause.trouble, hint=hint))


def _shown(entry: Entry) -> str:
    value = entry.value if len(entry.value) <= _SHOWN else entry.value[: _SHOWN - 1] + "…"
    return f"{entry.key[:_SHOWN]}: {quoted(value)}"


def meant_as_text(lines: list[str], found: Trouble) -> Cause | None:
    """Return the cause where an alias, anchor, tag or braces are far likelier the beginning of a text.

    `*` is an alias where some anchor has its name, `&` an anchor where some alias has; a tag of two `!` is meant.
    Two braces are a template that was never filled in.
    """
    number = (found.location.line or 2) - 2
    entry = next(iter(entries_at(lines, number)), None)
    if entry is None or entry.first != number:
        return None
    if entry.column + 1 + entry.lines[0].startswith("{{") != found.location.column:
        return None
    sign = re.match(r"[*&!]([^\s]*)|\{\{.*\}\}$", entry.lines[0])
    if sign is None or entry.lines[0].startswith(("!!", "!<")):
        return None
    partner = {"*": "&", "&": "*"}.get(entry.lines[0][0])
    others = [line for at, line in enumerate(lines) if at != number]
    if partner and sign[1] and any(f"{partner}{sign[1]}" in line for line in others):
        return None
    return _cause(entry)


# The key takes the spaces before its colon along: spaces that two parts could take cost the square of their number.
_KEY: Final = r"""[\w$./][^:\n"']*|"[^"\n]*"[ ]*|'[^'\n]*'[ ]*"""
_PAIR: Final = re.compile(rf"(?P<indent>[ ]*)(?P<dash>(?:-[ ]+)*)(?P<key>{_KEY}):[ \t]+(?P<value>\S.*)")


@dataclass(frozen=True, slots=True)
class Entry:
    """A key with what follows it: `lines` of text, the first of them from `column` on; counted from 0."""

    key: str
    first: int
    column: int
    lines: tuple[str, ...]

    @property
    def last(self) -> int:
        """The last line that is not empty."""
        return self.first + len(self.lines) - 1

    @property
    def value(self) -> str:
        """The text as it would be if it were a plain text, on one line."""
        return folded(list(self.lines))

    def fixed(self, lines: list[str]) -> list[str]:
        """Return all lines with this value in quotes; no line moves."""
        bare = self.value.strip(self.value[0]) if self.value[0] in "'\"" else self.value
        head = lines[self.first][: self.column] + quoted(bare)
        return [*lines[: self.first], head, *[""] * (len(self.lines) - 1), *lines[self.last + 1 :]]


def entries_at(lines: list[str], number: int) -> Iterator[Entry]:
    """Yield the entry that begins on this line, and those above that this line can be part of, the nearest first."""
    limit = sys.maxsize
    for at in range(min(number, len(lines) - 1), -1, -1):
        if not lines[at].strip():
            continue
        indent = _indent(lines[at])
        if indent >= limit:
            continue
        limit = indent
        if entry := _entry(lines, at):
            yield entry
        if indent == 0:
            return


def _entry(lines: list[str], first: int) -> Entry | None:
    found = _PAIR.fullmatch(lines[first].rstrip())
    if found is None:
        return None
    indent, last = len(found["indent"]), first
    for at in range(first + 1, len(lines)):
        if lines[at].strip() and _indent(lines[at]) <= indent:
            break
        if lines[at].strip():
            last = at
    return Entry(found["key"].strip(), first, found.start("value"), (found["value"], *lines[first + 1 : last + 1]))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))
