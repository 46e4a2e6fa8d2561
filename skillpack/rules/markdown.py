"""Find the links, images, inline code and shell commands in Markdown, with their places."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from functools import cache, lru_cache
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, Final, Literal

from markdown_it import MarkdownIt
from markdown_it.rules_block import reference
from markdown_it.rules_inline import backtick, image, link

from skillpack.rules.blocks import MARKS, ends_label
from skillpack.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

Kind = Literal["link", "image", "path", "command"]

_KINDS: Final[dict[str, Kind]] = {"link_open": "link", "image": "image", "code_inline": "path"}
_TARGET: Final = re.compile(r"\]\(\s*(?:<([^>\n]+)>|([^\s)]+))")
_FRONTMATTER: Final = re.compile(r"\A---[ \t]*\r?\n.*?^---[ \t]*\r?$", re.MULTILINE | re.DOTALL)
_LEAD: Final = 300
_GROUPS_OPEN: Final = ("bullet_list_open", "ordered_list_open", "table_open")
_GROUPS_CLOSE: Final = ("bullet_list_close", "ordered_list_close", "table_close")
_HEADING_OR_FENCE: Final = (  # each with the line feed before, which is quick to find
    r"\n(?:#{1,6}[ \t]|(?P<indent> {0,3})(?P<fence>`{3,}|~{3,})(?P<info>[^\n]*)"
    # HTML that does not end on its first line
    rf"|{MARKS}(?P<html><(?:!--(?!.*-->)|[?!](?!--)"
    r"|(?i:(?:pre|script|style|textarea)\b(?!.*</(?:pre|script|style|textarea)>)))))"
)
_BLOCKS: Final = {  # what the text of a section has that needs the rule of the parser; the others always apply
    "table": ("|",),
    "code": ("    ", "\t"),
    "fence": ("```", "~~~"),
    "blockquote": (">",),
    "reference": ("]:",),
    "html_block": ("<",),
}
_RULED_BLOCKS: Final = {  # the same, of what only a pattern finds
    "hr": r"([*_-])[ \t]*\1[ \t]*\1",
    "lheading": r"[=-][ \t]*(?:[\r\n]|\Z)",
}
_WHOLE: Final = ("]:", "```", "~~~")
"""A section with one of these is parsed as a whole: definitions, and fences, which empty lines do not end."""

_WHOLE_LINES: Final = rf"\n(?:{MARKS}[#<]|(?<!\n\n)(?<!\n\r\n)[ \t>]*(?:=+|-+)[ \t]*\r?(?:\n|\Z))"
"""The same for lines after the first: further headings, and HTML."""

_PARAGRAPH: Final = r"\n[ \t]*\r?\n(?=(?:[^\W\d_]|\*\*[^\s*]|`[^`])[^|\n]*(?:\n|\Z))"
"""An empty line and the begin of what is surely a paragraph: it ends every list, table and quotation before it."""
_NOT_TEXT: Final = re.compile(r"[\\`\[\]!<]")
"""What links, images, code, HTML and escapes begin with; emphasis changes none of them."""

_SHELLS: Final = frozenset(("", "sh", "bash", "shell", "zsh", "console", "shell-session", "shellsession"))


class Mention(NamedTuple):
    """A target and its place: the line, and the columns in it from 1, the end excluded.

    `block` is the text of the paragraph, heading, cell or item around it, and `at` its index in that. `lead` is the
    text that introduces the block: the paragraph before its list, or the headings above it.
    """

    kind: Kind
    target: str
    line: int
    column: int
    end: int
    block: str
    at: int
    lead: str = ""


def find_mentions(text: str, lines: Sequence[int]) -> Iterator[Mention]:
    """Yield the targets of links and images, inline code and the lines of shell commands, in the order of the text.

    Args:
        text: Markdown, with or without frontmatter.
        lines: indexes of the lines that may have a mention that matters, in ascending order. Only the sections and
            blocks around them are parsed; the text of a block takes four times as long as its begin and end.
    """
    text = _FRONTMATTER.sub(lambda found: "\n" * found[0].count("\n"), text)
    for first, section in _split_sections(text):
        end = first + section.count("\n") + (not section.endswith("\n"))
        begin, past = bisect_left(lines, first), bisect_left(lines, end)
        if begin < past:
            for mention in _find_in_section(section, [line - first for line in lines[begin:past]]):
                yield mention._replace(line=mention.line + first)


def _split_sections(text: str) -> Iterator[tuple[int, str]]:
    """Yield the number of lines before each section and its text: a section begins with a heading outside samples.

    A heading without indentation ends every list and quotation, so that sections can be parsed one by one.
    """
    starts = _section_starts(text)
    lines = 0
    for begin, end in pairwise([0, *starts, len(text)]):
        yield lines, text[begin:end]
        lines += text.count("\n", begin, end)


def _section_starts(text: str) -> list[int]:
    """Return where sections begin; nowhere if it is not certain, or if links are defined in another section.

    It is not certain if an indented fence may be in a list that ends before the fence does, or HTML goes on over the
    headings. Most HTML ends at an empty line: where there is any, headings and fences that follow text may be in it.
    """
    defines = any(ends_label(text, found.start()) for found in re.finditer(r"\]:", text))
    pattern = rf"{_HEADING_OR_FENCE}|(?P<label>\]:)" if defines else _HEADING_OR_FENCE
    text = f"\n{text}"  # the index of a line in the text is that of the line feed before it in this
    html = "<" in text and re.search(rf"\n{MARKS}<", text) is not None
    starts: list[int] = []
    opened: re.Match[str] | None = None
    for found in re.finditer(pattern, text):
        if found.lastgroup == "label":
            if opened is None and ends_label(text, found.start()):
                return []
        elif opened is None:
            unsure = html and _follows_text(text, found.start())
            if found["html"] or (unsure and found["fence"]):
                return []
            if found["fence"]:
                opened = found if found["fence"][0] == "~" or "`" not in found["info"] else None
            elif not unsure:
                starts.append(found.start())
        elif not found["html"] and _may_be_in_list(text, opened, found):
            return []
        elif _closes(opened, found):
            opened = None
    return starts


def _closes(opened: re.Match[str], found: re.Match[str]) -> bool:
    fence = found["fence"]
    return fence is not None and fence.startswith(opened["fence"]) and not found["info"].strip()


def _may_be_in_list(text: str, opened: re.Match[str], found: re.Match[str]) -> bool:
    """Return True if a fence may be in a list that ends before the next heading or fence."""
    indent = opened["indent"]
    if not _closes(opened, found):
        return bool(indent)
    inside = text[opened.end() : found.start()]
    return indent != found["indent"] or bool(indent and re.search(rf"(?m)^(?!{indent})[ \t]*\S", inside))


def _follows_text(text: str, at: int) -> bool:
    """Return True if the line that a line feed ends is not empty."""
    return bool(text[text.rfind("\n", 0, at) + 1 : at].strip(" \t\r"))  # a no-break space is text


def _blank_unwanted(text: str, wanted: Sequence[int]) -> str:
    """Return a section with empty lines for those paragraphs, with what follows them, that have no wanted line.

    The first line, which is the heading, stays.
    """
    if any(sign in text for sign in _WHOLE) or re.match(rf"{MARKS}<", text) or re.search(_WHOLE_LINES, text):
        return text
    heading = text.partition("\n")[0]
    parts: list[str] = []
    first = 0
    for begin, end in pairwise([0, *(found.end() for found in re.finditer(_PARAGRAPH, text)), len(text)]):
        breaks = text.count("\n", begin, end)
        past = first + breaks + (end == len(text))
        is_wanted = bisect_left(wanted, first) < bisect_left(wanted, past)
        parts.append(text[begin:end] if is_wanted else ("" if begin else heading) + "\n" * breaks)
        first = past
    return "".join(parts)


def _unneeded_rules(text: str) -> tuple[str, ...]:
    return (
        *(rule for rule, signs in _BLOCKS.items() if not any(sign in text for sign in signs)),
        *(rule for rule, pattern in _RULED_BLOCKS.items() if re.search(pattern, text) is None),
    )


def _find_in_section(text: str, wanted: Sequence[int]) -> Iterator[Mention]:
    lines = text.split("\n")
    text = _blank_unwanted(text, wanted)
    parser = _parser(_unneeded_rules(text))
    environment: dict[str, Any] = {}
    introduction = _Introduction()
    for token in parser.parse(text, environment):
        introduction.add(token)
        if token.map is None or token.type not in ("inline", "fence"):
            continue
        first, end = token.map
        if bisect_left(wanted, first) == bisect_left(wanted, end):
            continue
        if token.type == "fence":
            found = _find_commands(token, lines[first + 1 : end])
            first += 1
        else:
            children: list[Token] = []
            parser.inline.parse(token.content, parser, environment, children)
            found = _find_in_block(token.content, children, lines[first:end])
        for mention in found:
            yield mention._replace(line=mention.line + first + 1, lead=introduction.before(token))


class _Introduction:
    """The nearest heading above a block, and the paragraphs that introduce its list, table or sample."""

    def __init__(self) -> None:
        self._heading = ""
        self._in_heading = False
        self._texts = [""]

    def add(self, token: Token) -> None:
        """Take the next token of the text."""
        kind = token.type
        if kind == "heading_open":
            self._in_heading, self._texts = True, [""] * len(self._texts)
        elif kind == "heading_close":
            self._in_heading = False
        elif kind in _GROUPS_OPEN:
            self._texts.append("")
        elif kind in _GROUPS_CLOSE:
            self._texts.pop()
        elif kind == "inline" and self._in_heading:
            self._heading = token.content[:_LEAD]
        elif kind == "inline":
            self._texts[-1] = token.content[-_LEAD:]

    def before(self, token: Token) -> str:
        """Return the heading and the paragraphs before a block, each on a line."""
        return "\n".join([self._heading, *(self._texts if token.type == "fence" else self._texts[:-1])])


def _find_commands(token: Token, lines: list[str]) -> Iterator[Mention]:
    """Yield the lines of a shell sample, unless it shows a whole script, which runs elsewhere."""
    if token.info.strip().split(" ")[0].lower() not in _SHELLS or token.content.startswith("#!"):
        return
    at = 0
    for index, (text, line) in enumerate(zip(token.content.split("\n"), lines, strict=False)):
        column = max(line.find(text), 0) + 1
        yield Mention("command", text, index, column, column + len(text), token.content, at)
        at += len(text) + 1


def _find_in_block(content: str, tokens: list[Token], lines: list[str]) -> Iterator[Mention]:
    """Yield the mentions in a block, lines counted from its first; `lines` are the same lines in the file."""
    own = content.split("\n")
    escaped: list[int] = []
    if len(own) == 1 and r"\|" in lines[0] and content.strip() not in lines[0]:  # a cell, which has | for each \|
        row, escaped = _unescape_row(lines[0])
        lines = [row]
    starts = list(accumulate((len(line) + 1 for line in own), initial=0))
    # in the file, quotation marks, bullets and indentation come before the block's own text
    shifts = [
        max(line.find(text.strip()), 0) - (len(text) - len(text.lstrip()))
        for text, line in zip(own, lines, strict=False)
    ]
    depth = 0
    for token in tokens:
        depth += (token.type == "link_open") - (token.type == "link_close")
        kind, span = _KINDS.get(token.type), token.meta.get("span")
        if kind is None or span is None or (kind == "path" and depth):  # the target of a link decides, not its text
            continue
        target = token.content if kind == "path" else str(token.attrs["src" if kind == "image" else "href"])
        begin, end = _narrow(kind, content, span)
        index = bisect_right(starts, begin) - 1
        width = len(lines[index])
        column = min(max(begin - starts[index] + shifts[index] + 1, 1), max(width, 1))
        past = min(column + end - begin, width + 1)
        column, past = (place + bisect_left(escaped, place - 1) for place in (column, past))
        yield Mention(kind, target, index, column, past, content, begin)


@lru_cache(1)  # a row can have thousands of cells
def _unescape_row(row: str) -> tuple[str, list[int]]:
    """Return a row of a table with `|` for each escaped one, and the indexes of these."""
    return row.replace(r"\|", "|"), [found.start() - count for count, found in enumerate(re.finditer(r"\\\|", row))]


def _narrow(kind: Kind, content: str, span: tuple[int, int]) -> tuple[int, int]:
    """Return the span of the target itself: after `](`, or between the backquotes."""
    source = content[span[0] : span[1]]
    if kind == "path":
        marks = len(source) - len(source.lstrip("`"))
        return span[0] + marks, span[1] - marks
    found = _TARGET.match(source, source.rfind("](")) if "](" in source else None
    if found is None:  # [text][name], with the target elsewhere
        return span
    group = 1 if found[1] else 2
    return span[0] + found.start(group), span[0] + found.end(group)


@cache
def _parser(unneeded: tuple[str, ...]) -> MarkdownIt:
    """Return a parser without the rules for blocks that a section does not need, and for text that is no mention."""
    parser = MarkdownIt("commonmark").enable("table")
    parser.core.ruler.enableOnly(["normalize", "block"])
    parser.block.ruler.at("reference", _define_link)
    parser.block.ruler.disable(unneeded)
    parser.inline.ruler.disable(["newline", "emphasis", "entity"])
    parser.inline.ruler2.enableOnly([])
    parser.inline.ruler.at("text", _pass_over)
    for name, rule in (("link", link), ("image", image), ("backticks", backtick)):
        parser.inline.ruler.at(name, _record_span(rule))
    return parser


def _pass_over(state: StateInline, _silent: bool) -> bool:  # noqa: FBT001 - as markdown-it calls it
    """Go on to the next character that matters; the text itself is not needed."""
    begin = state.pos
    found = _NOT_TEXT.search(state.src, begin, state.posMax)
    state.pos = found.start() if found else state.posMax
    return state.pos > begin


def _define_link(state: StateBlock, first: int, end: int, silent: bool) -> bool:  # noqa: FBT001 - as markdown-it calls it
    """Read the definition of a link; `[^1]: ...` is a footnote, with text."""
    begin = state.bMarks[first] + state.tShift[first]
    return not state.src.startswith("[^", begin) and reference(state, first, end, silent)


def _record_span(rule: Callable[[StateInline, bool], bool]) -> Callable[[StateInline, bool], bool]:
    """Wrap a rule so that its token records which characters of the block it comes from."""

    def recording(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - markdown-it calls it so
        begin, count = state.pos, len(state.tokens)
        done = rule(state, silent)
        if done and not silent:
            token = next((token for token in state.tokens[count:] if token.type in _KINDS), None)
            if token is not None:
                token.meta["span"] = begin, state.pos
        return done

    return recording
