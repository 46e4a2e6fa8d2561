"""Explain why the parser refused the frontmatter: the most likely cause, and the text that was intended."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Final

from skillpack.findings import Issue
from skillpack.frontmatter.nodes import FIELD, Repair, locate
from skillpack.frontmatter.quoting import fold, quote
from skillpack.secrets.scan import clip
from skillpack.values import NamedTuple, replace

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
_QUOTE_TEXT: Final = "put the value in quotes if it is a text"
_ESCAPE: Final = "a backslash in double quotes starts an escape, but YAML has no such escape"
_ESCAPE_HINT: Final = "put the value in single quotes, or write each backslash twice"
_STRAY: Final = "the line is neither `key: value` nor indented as part of the value above"
_STRAY_HINT: Final = "indent it, or start it with a key"
_SHOWN: Final = 60
_MARKED: Final = 30  # twice as many columns in Chinese: these fit on every terminal
_ENDS_IN_COLON: Final = "a line of the value ends with a colon, which YAML reads as a key"

# words in PyYAML's message -> our message and hint; the first match counts
_WORDS: Final = (
    ("escape", _ESCAPE, _ESCAPE_HINT),
    ("while scanning a quoted", "a quoted text is never closed", _CLOSE),
    ("end of stream", "a quote or bracket is never closed", _CLOSE),
    ("expected ',' or", "a list or mapping in brackets is not closed, or lacks a comma", _QUOTE_TEXT),
    ("mapping values are not allowed", "a colon where no key is allowed", _QUOTE_TEXT),
    ("could not find expected ':'", _STRAY, _STRAY_HINT),
    ("expected <block end>", "the line is not indented like the lines it belongs to", "start each key in column 1"),
    ("expected the node content", "a value cannot start with this", "put the value in quotes"),
    ("cannot start any token", "a value cannot start with this character", "put the value in quotes"),
    ("undefined alias", "a YAML alias (*)", _QUOTE_TEXT),
)

_SPACE: Final = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"  # spaces that YAML reads as text
_SEPARATOR: Final = re.compile(rf"(?i)({FIELD})([ {_SPACE}]*[:=\uff1a][ {_SPACE}]*)(?=\S)")
_INDENTATION: Final = re.compile(rf"[ {_SPACE}]+(?=\S)")
_ANCHOR: Final = re.compile(r"&([^\s,\[\]{}]+)[ \t]+(?=\S)")
_LIKE_A_FIELD: Final = re.compile(rf"(?:{FIELD})(?:[ ]|$)")
_LIKE_A_KEY: Final = re.compile(r"[a-z][\w-]*[ ]\S+$")


class Diagnosis(NamedTuple):
    """A reason why the frontmatter is broken.

    `entry` is the value to put in quotes, or `changes` what else makes it readable; `fixable` if the result is what the
    author meant for sure.
    """

    issue: Issue
    entry: Entry | None = None
    fixable: bool = False
    changes: tuple[Repair, ...] = ()

    @property
    def repair(self) -> tuple[Repair, ...]:
        """What lets the parser continue; empty where nothing is known to."""
        return self.changes or ((self.entry.quoted(),) if self.entry else ())


def find_causes(lines: list[str], number: int) -> Iterator[Diagnosis]:
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
    words = ((message, hint) for theirs, message, hint in _WORDS if theirs in problem)
    message, hint = next(words, ("this is not YAML", "write one `key: value` per line"))
    return Issue("yaml-syntax", locate(number + 2, column + 1), message, hint=hint)


def _check_line(line: str, number: int) -> Issue | None:
    if re.fullmatch(r"[ ]*[\]}]+", line):
        sign = line.lstrip()[0]
        hint = f"delete it, or open it with {'[' if sign == ']' else '{'} above"
        return Issue("yaml-syntax", locate(number, len(line)), f"this {sign} closes nothing", hint=hint)
    if found := re.match(r"([\w-]+):(?=[^\s/])", line):
        message = f"no space after the colon of {clip(found[1], _SHOWN)}"
        return Issue("yaml-syntax", locate(number, found.end()), message, hint="add a space after the colon")
    if re.match(r"[^\s:#'\"\[\]{}-][^:]*$", line):
        return Issue("yaml-syntax", locate(number, end_column=len(line) + 1), _STRAY, hint=_STRAY_HINT)
    return None


def _check_indentation(lines: list[str], at: int) -> Issue | None:
    found = _INDENTED_KEY.match(lines[at])
    if found is None or all(entry.first == at for entry in entries_at(lines, at)):
        return None
    message = f"{found[1]} is indented, so it belongs to the value above"
    hint = "start each key in column 1"
    return Issue("yaml-syntax", locate(at + 2, found.start(1) + 1, end_column=found.end(1) + 1), message, hint=hint)


def _find_cause(entry: Entry) -> Diagnosis | None:
    value = entry.lines[0]
    if value[0] in _IN_QUOTES:
        return _find_cause_in_quotes(entry)
    template = value.startswith("{{")
    if value[0] in "[{" and entry.key not in _TEXTS and not template and not _has_text_after_brackets(entry.value):
        message = f"the {value[0]} that opens here is never closed, or its content is not YAML"
        return Diagnosis(_locate("yaml-syntax", message, entry, hint=_QUOTE_TEXT), entry)
    is_block = bool(_BLOCK_HEADER.fullmatch(value))
    if _INDICATOR.match(value) and not is_block:
        what = "a backquote" if value[0] == "`" else value[0]
        message = f"the value starts with {what}, which has a special meaning in YAML"
        return _make_fixable("yaml-leading-indicator", message, entry, 0, (0, 1))
    if not is_block and not any(_INDENTED_KEY.match(line) for line in entry.lines[1:]):
        cause = _find_colon(entry)
        if cause:
            return cause
    return _find_stray(entry, is_block=is_block) if entry.stray is not None else None


def _find_colon(entry: Entry) -> Diagnosis | None:
    for offset, line in enumerate(entry.lines):
        if found := _COLON.search(line):
            begin = _find_begin(line, len(line) - len(line.lstrip(" \t")) if offset else 0, found.start())
            message = (
                'unquoted value contains ": ", which YAML reads as a mapping'
                if found.end() < len(line)
                else _ENDS_IN_COLON
            )
            cause = _make_fixable("yaml-unquoted-colon", message, entry, offset, (begin, found.end()))
            lost = _LOST_BREAK.search(line[max(found.start() - 20, 0) : found.start()])
            return _add_lost_break(cause, lost[1]) if lost else cause
    return None


def _find_begin(line: str, begin: int, colon: int) -> int:
    """Return where to mark a line from: its text, or the words by the colon where an excerpt may not show all."""
    if colon - begin <= _MARKED:
        return begin
    near = colon - _MARKED // 2
    return line.find(" ", near, colon) + 1 or near


def _find_stray(entry: Entry, *, is_block: bool) -> Diagnosis:
    """Return the cause of a value that continues in the first column."""
    assert entry.stray is not None
    line = entry.lines[entry.stray]
    place = locate(entry.first + entry.stray + 2, end_column=len(line.rstrip()) + 1)
    if is_block:
        is_sure = not any(_LIKE_A_FIELD.match(line) for line in entry.lines[entry.stray :])
        issue = Issue("yaml-syntax", place, _STRAY, hint="indent it" if is_sure else _STRAY_HINT)
        return Diagnosis(issue, fixable=is_sure, changes=entry.indented())
    doubt = _find_doubt(entry)
    return Diagnosis(
        Issue("yaml-syntax", place, _STRAY, hint=doubt or _quote_entry(entry)), entry, fixable=doubt is None
    )


def _find_cause_in_quotes(entry: Entry) -> Diagnosis | None:
    text = "\n".join(entry.lines)
    quote = text[0]
    found = _IN_QUOTES[quote].match(text)
    if found is None:
        return Diagnosis(
            _locate("yaml-syntax", f"the {quote} that opens here is never closed", entry, hint=_CLOSE), entry
        )
    rest = text[found.end() :].strip()
    if rest and not rest.startswith("#"):
        message = f"text follows the closing {quote}; YAML ends the value there"
        is_sure = _has_quotes_inside(entry.value) and "\\" not in text and _find_doubt(entry) is None
        issue = _locate("yaml-syntax", message, entry, found.end(), hint=f"write {_quote_entry(entry)}")
        return Diagnosis(issue, entry, fixable=is_sure)
    if quote == '"' and (bad := _NO_ESCAPE.match(found.group())):
        return Diagnosis(_locate("yaml-syntax", _ESCAPE, entry, bad.start(1), hint=_ESCAPE_HINT), entry)
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
    return Issue(rule_id, locate(entry.first + line + 2, column + 1), message, hint=hint)


def _make_fixable(rule_id: str, message: str, entry: Entry, offset: int, columns: tuple[int, int]) -> Diagnosis:
    shift = entry.column if offset == 0 else 0
    begin, end = columns[0] + shift + 1, columns[1] + shift + 1
    doubt = _find_doubt(entry)
    made = Issue(
        rule_id,
        locate(entry.first + offset + 2, begin, end_column=end),
        message,
        hint=doubt or _quote_entry(entry),
    )
    return Diagnosis(made, entry, fixable=doubt is None)


def _find_doubt(entry: Entry) -> str | None:
    """Return what the author has to decide where the entry may be more than one text."""
    if any(_COMMENT.search(line) for line in entry.lines):
        return "put the value in quotes: all of it, or the part before the # if that starts a comment"
    strays = () if entry.stray is None else entry.lines[entry.stray :]
    if any(_LIKE_A_FIELD.match(line) or _LIKE_A_KEY.match(line) for line in strays):
        return "indent each line that belongs to the value above, or start it with a key"
    if any(_KEY_BELOW.match(line) for line in entry.lines[1:]) or _is_below_with_key(entry):
        key = clip(entry.key, _SHOWN)
        return f"if the keys below belong to {key}, give the first line a key too; otherwise quote all of it"
    if len(entry.lines) > 1 and entry.key not in _TEXTS:
        return "put all of it in quotes on one line if it is one text"
    return None


def _is_below_with_key(entry: Entry) -> bool:
    return entry.below and bool(_KEY_LINE.match(entry.lines[0]))


def _add_lost_break(cause: Diagnosis, key: str) -> Diagnosis:
    """Add a hint that a line break may be missing, for instance after a translation."""
    hint = f"{cause.issue.hint}, or start a new line with {key} if that is a field"
    return cause._replace(issue=replace(cause.issue, hint=hint))


def _quote_entry(entry: Entry) -> str:
    text = quote(clip(entry.text, _SHOWN))
    return f"{clip(entry.key, _SHOWN)}: {text}" if entry.key else f"- {text}"


def find_separators(lines: list[str]) -> dict[int, Diagnosis]:
    """Return line -> cause for each field of the specification whose key is not followed by a colon and a space."""
    return {
        at: cause
        for at, line in enumerate(lines)
        if (found := _SEPARATOR.match(line)) and (cause := _check_separator(found, at))
    }


def _check_separator(found: re.Match[str], at: int) -> Diagnosis | None:
    key, separator = found[1], found[2]
    if re.match(r"[ ]*:[ ]", separator):  # what follows is the value
        return None
    column = found.end(1)
    sign = re.search(rf"[=\uff1a{_SPACE}]", separator)
    if sign is None:
        column, message = column + separator.index(":"), f"no space after the colon of {key}"
        hint = "add a space after the colon"
    elif sign[0] in "=\uff1a":
        name = "=" if sign[0] == "=" else "a full-width colon (U+FF1A)"
        column, message = column + sign.start(), f"{key} is followed by {name}, not by a colon"
        hint = f"write `{key}: `"
    else:
        name = f"a no-break space (U+{ord(sign[0]):04X})" if sign[0] in "\u00a0\u202f" else f"U+{ord(sign[0]):04X}"
        column, message = column + sign.start(), f"{name} next to the colon of {key}, where YAML needs a space"
        hint = "replace it with a space"
    issue = Issue("yaml-syntax", locate(at + 2, column + 1), message, hint=hint)
    return Diagnosis(issue, fixable=True, changes=(Repair(at, found.end(1), at, found.end(2), ": "),))


def find_indentation(lines: list[str], number: int) -> Diagnosis | None:
    """Return the cause where a line is indented with characters that look like spaces and are text to YAML."""
    found = _INDENTATION.match(lines[number]) if number < len(lines) else None
    sign = re.search(f"[{_SPACE}]", found[0]) if found else None
    if found is None or sign is None:
        return None
    message = f"the line is indented with U+{ord(sign[0]):04X}; YAML accepts only spaces there"
    issue = Issue("yaml-syntax", locate(number + 2, sign.start() + 1), message, hint="indent it with spaces")
    changes = tuple(
        Repair(at, 0, at, other.end(), re.sub(f"[{_SPACE}]", " ", other[0]))
        for at, line in enumerate(lines)
        if line[0:1] == lines[number][0] and (other := _INDENTATION.match(line))
    )
    return Diagnosis(issue, fixable=True, changes=changes)


def explain_refusal(lines: list[str], found: Issue) -> Diagnosis:
    """Return the cause of YAML that the parser reads but this package refuses, with a repair where one is known."""
    number, column = (found.location.line or 2) - 2, (found.location.column or 1) - 1
    return _find_anchor(lines, number, column) or _find_intended_text(lines, found) or Diagnosis(found)


def replace_tabs(lines: list[str], issue: Issue, tabs: tuple[tuple[int, int], ...]) -> Diagnosis:
    """Return the cause of tabs that some parsers refuse, with the changes that remove them.

    A tab in a text is kept: the text is put in quotes, with an escape. Any other becomes a space, or two spaces where
    it indents a line.

    Args:
        lines: the frontmatter.
        issue: the issue of the first tab.
        tabs: line and column, from 1, of the first of each line of the file.
    """
    changes: list[Repair] = []
    fixable = True
    if tabs[0][1] == 1:  # the parser has not seen what is below, which is usually indented in the same way
        tabs = tuple((at + 2, 1) for at, line in enumerate(lines) if line.startswith("\t"))
    for line, column in tabs:
        number, at = line - 2, column - 1
        if changes and number <= changes[-1].end_line:
            continue
        before = lines[number][:at]
        if before.strip():
            change, is_sure = _replace_tab(lines, number, at)
        else:
            indent = re.match(r"[ \t]*", lines[number])
            assert indent is not None
            change = Repair(number, 0, number, indent.end(), indent[0].replace("\t", "  "))
            is_sure = not indent[0].strip("\t")
        changes.append(change)
        fixable = fixable and is_sure
    if not lines[tabs[0][0] - 2][: tabs[0][1] - 1].strip():
        issue = replace(issue, hint="indent it with spaces")
    elif not fixable:
        issue = replace(issue, hint="use spaces, or put the value in quotes")
    return Diagnosis(issue, fixable=fixable, changes=tuple(changes))


def _replace_tab(lines: list[str], number: int, column: int) -> tuple[Repair, bool]:
    line = lines[number]
    begin, end = len(line[:column].rstrip(" \t")), len(line) - len(line[column:].lstrip(" \t"))
    rest = line[end:]
    entry = next((entry for entry in entries_at(lines, number) if _is_inside(entry, number, column)), None)
    if entry and entry.lines[0][0] not in "'\"[{|>" and rest and not rest.startswith("#"):
        return entry.quoted(), _find_doubt(entry) is None
    return Repair(number, begin, number, end, " " if rest else ""), True


def _is_inside(entry: Entry, number: int, column: int) -> bool:
    return entry.first < number <= entry.last or (number == entry.first and column > entry.column)


def _find_anchor(lines: list[str], number: int, column: int) -> Diagnosis | None:
    """Return the cause where an anchor has no alias: the value is what follows it."""
    anchor = _ANCHOR.match(lines[number], column)
    if anchor is None or re.search(rf"\*{re.escape(anchor[1])}(?![\w-])", "\n".join(lines)):
        return None
    place = locate(number + 2, column + 1, end_column=column + len(anchor[1]) + 2)
    issue = Issue("yaml-alias", place, "a YAML anchor (&) that nothing refers to", hint="delete it")
    return Diagnosis(issue, fixable=True, changes=(Repair(number, column, number, anchor.end(), ""),))


def _find_intended_text(lines: list[str], found: Issue) -> Diagnosis | None:
    """Return the cause where an alias, tag or braces are more likely the start of a text.

    `*` is an alias if an anchor has its name; a tag with two `!` is intended. Two braces are a template that was not
    filled in.
    """
    number = (found.location.line or 2) - 2
    entry = next(iter(entries_at(lines, number)), None)
    if entry is None or entry.first != number:
        return None
    if entry.column + 1 + entry.lines[0].startswith("{{") != found.location.column:
        return None
    sign = re.match(r"[*!]([^\s]*)|\{\{.*\}\}", entry.lines[0])
    if sign is None or entry.lines[0].startswith(("!!", "!<")):
        return None
    if entry.lines[0][0] == "*" and sign[1] and f"&{sign[1]}" in "\n".join(lines):
        return None
    return _find_cause(entry)


# The key matches the spaces before its colon: spaces that two parts could match cost quadratic time.
_KEY: Final = r"""[\w$./][^:\n"']*|"[^"\n]*"[ ]*|'[^'\n]*'[ ]*"""
_BEFORE: Final = r"(?P<indent>[ ]*)(?P<dash>(?:-[ ]+)*)"
_PAIR: Final = re.compile(rf"{_BEFORE}(?P<key>{_KEY}):(?:[ \t]+(?P<value>\S.*))?")
_ITEM: Final = re.compile(r"(?P<indent>[ ]*)-[ ]+(?P<dash>(?:-[ ]+)*)(?P<value>\S.*)(?P<key>)")
_KEY_LINE: Final = re.compile(r"""(?:[\w$./-]+|"[^"]*"|'[^']*')[ \t]*[:=\uff1a](?!//)""")


class Entry(NamedTuple):
    """A key and its value: `lines` of text, the first of them from `column` on; counted from 0.

    The key is empty for an item of a list. `begin` is where the value is written: at the end of the line of the key if
    the value starts below it in the first column; `below` says that it starts below. `stray` is the index in `lines`
    of the first that is not indented.
    """

    key: str
    first: int
    column: int
    lines: tuple[str, ...]
    begin: tuple[int, int]
    below: bool
    stray: int | None = None

    @property
    def last(self) -> int:
        """The last line that is not empty."""
        return self.first + len(self.lines) - 1

    @property
    def value(self) -> str:
        """The value as one line of plain text."""
        return fold(list(self.lines))

    @property
    def text(self) -> str:
        """What the author meant: the value, without the quotes around it."""
        value, sign = self.value, self.value[0]
        if sign not in _IN_QUOTES:
            return value
        if _has_quotes_inside(value):
            return value[1:-1].replace("''", "'") if sign == "'" else value[1:-1]
        found = _IN_QUOTES[sign].match(value)
        is_part = found and value[found.end() :].strip()
        return value if is_part else value.strip(sign)

    def quoted(self) -> Repair:
        """Return the change that writes the value on one line in quotes."""
        gap = " " if self.begin != (self.first, self.column) else ""
        return Repair(*self.begin, self.last, None, gap + quote(self.text))

    def indented(self) -> tuple[Repair, ...]:
        """Return the changes that indent each line that is not indented, as far as the first that is."""
        below = (_indent(line) for line in self.lines[1:] if line.strip())
        indent = " " * (next(below, 0) or 2)
        return tuple(
            Repair(self.first + at, 0, self.first + at, 0, indent)
            for at, line in enumerate(self.lines)
            if at and line.strip() and not _indent(line)
        )


def _has_quotes_inside(value: str) -> bool:
    """True if the quotes around a value contain one of their kind that starts or is inside a word."""
    at = value.find(value[0], 1)
    return value[-1] == value[0] and 0 < at < len(value) - 1 and value[at + 1].isalnum()


def entries_at(lines: list[str], number: int) -> Iterator[Entry]:
    """Yield the entry that starts on this line, and those above that can contain it, the nearest first."""
    limit = sys.maxsize
    number = min(number, len(lines) - 1)
    for at in range(number, -1, -1):
        if not lines[at].strip():
            continue
        indent = _indent(lines[at])
        loose = indent == 0 and _is_stray(lines[at])
        if indent >= limit or (loose and at != number):
            continue
        limit = indent or 1
        if entry := _entry(lines, at):
            yield entry
        if indent == 0 and not loose:
            return


def _entry(lines: list[str], first: int) -> Entry | None:
    line = lines[first].rstrip()
    found = _PAIR.fullmatch(line) or _ITEM.fullmatch(line)
    if found is None:
        return None
    key, value, column = found["key"].strip(), found["value"], found.start("value")
    indent, at, begin = len(found["indent"]), first, (first, column)
    if value is None:
        at = next((at for at in range(first + 1, len(lines)) if lines[at].strip()), first)
        value, column = lines[at].strip(), _indent(lines[at])
        begin = (at, column) if column else (first, len(line))
        is_text = value[0] != "#" and (key in _TEXTS or not re.match(r"-[ ]|[\w$./-]+:(?=\s|$)", value))
        if at == first or not is_text or (column <= indent and not _takes_stray(key, indent, value, lines[at])):
            return None
    last, stray = at, (0 if column <= indent and begin[0] != at else None)
    for number in range(at + 1, len(lines)):
        if not lines[number].strip():
            continue
        if _indent(lines[number]) <= indent:
            if not _takes_stray(key, indent, value, lines[number]):
                break
            stray = number - at if stray is None else stray
        last = number
    return Entry(key, at, column, (value, *lines[at + 1 : last + 1]), begin, at > first, stray)


def _takes_stray(key: str, indent: int, value: str, line: str) -> bool:
    """True if a line that is not indented can only be a part of the value above: of a description or a block."""
    is_block = bool(_BLOCK_HEADER.fullmatch(value))
    is_text = (key == "description" and value[0] not in "'\"[{") or is_block
    return indent == 0 and is_text and _is_stray(line)


def _is_stray(line: str) -> bool:
    return not (line[0] in " \t#" or _KEY_LINE.match(line) or line.startswith("..."))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))
