"""Explain why the parser refused the frontmatter: the most likely cause, and the text that was intended."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Final, NamedTuple

from skillpack.findings import Issue
from skillpack.frontmatter.nodes import locate
from skillpack.frontmatter.quoting import fold, quote

if TYPE_CHECKING:
    from collections.abc import Iterator


_COLON: Final = re.compile(r":(?=[ \t]|$)")
_INDICATOR: Final = re.compile(r"[@`%*&!>|\[{]|[-?](?= )")
_BLOCK_HEADER: Final = re.compile(r"[|>](?:[-+]?[1-9]?|[1-9][-+])(?:[ \t]+#.*)?")
_IN_QUOTES: Final = {'"': re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL), "'": re.compile(r"'(?:[^']|'')*'")}
_HEX: Final = "[0-9a-fA-F]"
_BY_NUMBER: Final = rf"x{_HEX}{{2}}|u(?![dD][89a-fA-F]){_HEX}{{4}}|U00(?:0{_HEX}|10){_HEX}{{4}}"
# Possessive: the second of two backslashes does not start an escape.
_NO_ESCAPE: Final = re.compile(rf"""(?:[^\\]|\\(?:[0abt\tnvfre "/\\N_LP\n]|{_BY_NUMBER}))*+(\\)""")
_INDENTED_KEY: Final = re.compile(r"[ ]+(name|description|license|compatibility|metadata|allowed-tools):(?=[ \t]|$)")
_LOST_BREAK: Final = re.compile(r"(license|compatibility|metadata|allowed-tools)$")
_KEY_BELOW: Final = re.compile(r"[ \t]+(?:-[ ]+)*[\w-]+:(?=[ \t]|$)")
_COMMENT: Final = re.compile(r"(?:^|[ \t])#")
_TEXTS: Final = ("name", "description")
_CLOSE: Final = "close it, or delete it"
_SHOWN: Final = 60
_ENDS_IN_COLON: Final = "a line of the value ends with a colon, which YAML reads as a key"

# words in PyYAML's message -> our message; the first match counts
_WORDS: Final = (
    ("escape", "a backslash in double quotes starts an escape, but YAML has no such escape"),
    ("while scanning a quoted", "a quoted text is never closed"),
    ("end of stream", "a quote or bracket is never closed"),
    ("expected ',' or", "a list or mapping in brackets is not closed, or lacks a comma"),
    ("mapping values are not allowed", "a colon where no key is allowed"),
    ("could not find expected ':'", "the line is neither `key: value` nor indented as part of the value above"),
    ("expected <block end>", "the line is not indented like the lines it belongs to"),
    ("expected the node content", "a value cannot start with this"),
    ("cannot start any token", "a value cannot start with this character"),
    ("undefined alias", "a YAML alias (*)"),
)


class Cause(NamedTuple):
    """A reason why the frontmatter is broken; `entry` is the value to put in quotes, where that fixes it."""

    issue: Issue
    entry: Entry | None = None
    fixable: bool = False


def find_causes(lines: list[str], number: int) -> Iterator[Cause]:
    """Yield possible problems with this line and with the entries above it that contain it, the likeliest first.

    Args:
        lines: the frontmatter.
        number: where the parser gave up, counted from 0.
    """
    for entry in entries_at(lines, number):
        if cause := _find_cause(entry):
            yield cause


def describe_refusal(lines: list[str], number: int, column: int, problem: str) -> Issue:
    """Return the issue of a line that the parser refused where no value explains it."""
    ends = [at for at, line in enumerate(lines[: number + 1]) if re.match(r"\.\.\.(?=[ ]|$)", line)]
    if "document start" in problem and ends:
        return Issue("yaml-several-documents", locate(ends[0] + 2), "the YAML document ends here, and more follows")
    for at in range(max(number - 1, 0), min(number + 1, len(lines))):
        if issue := _check_line(lines[at].rstrip(), at + 2) or _check_indentation(lines, at):
            return issue
    words = next((ours for theirs, ours in _WORDS if theirs in problem), "this is not YAML")
    return Issue("yaml-syntax", locate(number + 2, column + 1), words)


def _check_line(line: str, number: int) -> Issue | None:
    if re.fullmatch(r"[ ]*[\]}]+", line):
        sign = line.lstrip()[0]
        hint = f"delete it, or open it with {'[' if sign == ']' else '{'} above"
        return Issue("yaml-syntax", locate(number, len(line)), f"this {sign} closes nothing", hint)
    if found := re.match(r"([\w-]+):(?=[^\s/])", line):
        message = f"no space after the colon of {found[1][:_SHOWN]}"
        return Issue("yaml-syntax", locate(number, found.end()), message, "add a space after the colon")
    if re.match(r"[^\s:#'\"\[\]{}-][^:]*$", line):
        message = "the line is neither `key: value` nor indented as part of the value above"
        return Issue(
            "yaml-syntax", locate(number, end_column=len(line) + 1), message, "indent it, or start it with a key"
        )
    return None


def _check_indentation(lines: list[str], at: int) -> Issue | None:
    found = _INDENTED_KEY.match(lines[at])
    if found is None or all(entry.first == at for entry in entries_at(lines, at)):
        return None
    message = f"{found[1]} is indented, so it belongs to the value above"
    hint = "start each key in column 1"
    return Issue("yaml-syntax", locate(at + 2, found.start(1) + 1, end_column=found.end(1) + 1), message, hint)


def _find_cause(entry: Entry) -> Cause | None:
    value = entry.lines[0]
    if value[0] in _IN_QUOTES:
        return _find_cause_in_quotes(entry)
    template = value.startswith("{{")
    if value[0] in "[{" and entry.key not in _TEXTS and not template and not _has_text_after_brackets(entry.value):
        message = f"the {value[0]} that opens here is never closed, or its content is not YAML"
        return Cause(_locate("yaml-syntax", message, entry, hint="put the value in quotes if it is a text"), entry)
    if _INDICATOR.match(value) and not _BLOCK_HEADER.fullmatch(value):
        what = "a backquote" if value[0] == "`" else value[0]
        message = f"the value starts with {what}, which has a special meaning in YAML"
        return _make_fixable("yaml-leading-indicator", message, entry, 0, (0, 1))
    if value[0] in "|>" or any(_INDENTED_KEY.match(line) for line in entry.lines[1:]):
        return None
    for offset, line in enumerate(entry.lines):
        if found := _COLON.search(line):
            begin = len(line) - len(line.lstrip(" \t")) if offset else 0
            message = (
                'unquoted value contains ": ", which YAML reads as a mapping'
                if found.end() < len(line)
                else _ENDS_IN_COLON
            )
            cause = _make_fixable("yaml-unquoted-colon", message, entry, offset, (begin, found.end()))
            lost = _LOST_BREAK.search(line[max(found.start() - 20, 0) : found.start()])
            return _add_lost_break(cause, lost[1]) if lost else cause
    return None


def _find_cause_in_quotes(entry: Entry) -> Cause | None:
    text = "\n".join(entry.lines)
    quote = text[0]
    found = _IN_QUOTES[quote].match(text)
    if found is None:
        return Cause(_locate("yaml-syntax", f"the {quote} that opens here is never closed", entry, hint=_CLOSE), entry)
    rest = text[found.end() :].strip()
    if rest and not rest.startswith("#"):
        message = f"text follows the closing {quote}; YAML ends the value there"
        return Cause(_locate("yaml-syntax", message, entry, found.end(), hint=f"write {_quote_entry(entry)}"), entry)
    if quote == '"' and (bad := _NO_ESCAPE.match(found.group())):
        message = "a backslash in double quotes starts an escape, but YAML has no such escape"
        hint = "put the value in single quotes, or write each backslash twice"
        return Cause(_locate("yaml-syntax", message, entry, bad.start(1), hint=hint), entry)
    return None


def _has_text_after_brackets(value: str) -> bool:
    opening, closing = value[0], {"[": "]", "{": "}"}[value[0]]
    depth = 0
    for at, char in enumerate(value):
        depth += (char == opening) - (char == closing)
        if not depth:
            rest = value[at + 1 :].lstrip()
            return bool(rest) and not rest.startswith("#")
    return False


def _locate(rule_id: str, message: str, entry: Entry, offset: int = 0, *, hint: str) -> Issue:
    """Return an issue at a character of the value, counted through its lines."""
    before = "\n".join(entry.lines)[:offset]
    line = before.count("\n")
    column = offset - (before.rfind("\n") + 1) + (entry.column if not line else 0)
    return Issue(rule_id, locate(entry.first + line + 2, column + 1), message, hint)


def _make_fixable(rule_id: str, message: str, entry: Entry, offset: int, columns: tuple[int, int]) -> Cause:
    shift = entry.column if offset == 0 else 0
    begin, end = columns[0] + shift + 1, columns[1] + shift + 1
    doubt = _find_doubt(entry)
    made = Issue(
        rule_id,
        locate(entry.first + offset + 2, begin, end_column=end),
        message,
        doubt or _quote_entry(entry),
    )
    return Cause(made, entry, fixable=doubt is None)


def _find_doubt(entry: Entry) -> str | None:
    """Return what the author has to decide where the entry may be more than one text."""
    if any(_COMMENT.search(line) for line in entry.lines):
        return "put the value in quotes: all of it, or the part before the # if that starts a comment"
    if any(_KEY_BELOW.match(line) for line in entry.lines[1:]):
        key = entry.key[:_SHOWN]
        return f"if the keys below belong to {key}, give the first line a key too; otherwise quote all of it"
    if len(entry.lines) > 1 and entry.key not in _TEXTS:
        return "put all of it in quotes on one line if it is one text"
    return None


def _add_lost_break(cause: Cause, key: str) -> Cause:
    """Add a hint that a line break may be missing, for instance after a translation."""
    hint = f"{cause.issue.hint}, or start a new line with {key} if that is a field"
    return cause._replace(issue=cause.issue._replace(hint=hint))


def _quote_entry(entry: Entry) -> str:
    value = entry.value if len(entry.value) <= _SHOWN else entry.value[: _SHOWN - 1] + "…"
    return f"{entry.key[:_SHOWN]}: {quote(value)}"


def find_intended_text(lines: list[str], found: Issue) -> Cause | None:
    """Return the cause where an alias, anchor, tag or braces are more likely the start of a text.

    `*` is an alias if an anchor has its name, and `&` an anchor if an alias has; a tag with two `!` is intended.
    Two braces are a template that was not filled in.
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
    return _find_cause(entry)


# The key matches the spaces before its colon: spaces that two parts could match cost quadratic time.
_KEY: Final = r"""[\w$./][^:\n"']*|"[^"\n]*"[ ]*|'[^'\n]*'[ ]*"""
_PAIR: Final = re.compile(rf"(?P<indent>[ ]*)(?P<dash>(?:-[ ]+)*)(?P<key>{_KEY}):[ \t]+(?P<value>\S.*)")


class Entry(NamedTuple):
    """A key and its value: `lines` of text, the first of them from `column` on; counted from 0."""

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
        """The value as one line of plain text."""
        return fold(list(self.lines))

    def fix(self, lines: list[str]) -> list[str]:
        """Return all lines with this value in quotes; no line moves."""
        bare = self.value.strip(self.value[0]) if self.value[0] in "'\"" else self.value
        head = lines[self.first][: self.column] + quote(bare)
        return [*lines[: self.first], head, *[""] * (len(self.lines) - 1), *lines[self.last + 1 :]]


def entries_at(lines: list[str], number: int) -> Iterator[Entry]:
    """Yield the entry that starts on this line, and those above that can contain it, the nearest first."""
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
