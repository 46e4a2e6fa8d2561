"""Find the links, images and inline code in Markdown, with their places."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.rules_inline import backtick, image, link

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

Kind = Literal["link", "image", "path"]

_KINDS: Final[dict[str, Kind]] = {"link_open": "link", "image": "image", "code_inline": "path"}
_TARGET: Final = re.compile(r"\]\(\s*(?:<([^>\n]+)>|([^\s)]+))")
_FRONTMATTER: Final = re.compile(r"\A---[ \t]*\r?\n.*?^---[ \t]*\r?$", re.MULTILINE | re.DOTALL)


class Mention(NamedTuple):
    """A target and its place: the line, and the columns in it from 1, the end excluded.

    `block` is the text of the paragraph, heading, cell or item around it, and `at` its index in that.
    """

    kind: Kind
    target: str
    line: int
    column: int
    end: int
    block: str
    at: int


def find_mentions(text: str) -> Iterator[Mention]:
    """Yield the targets of links and images and the contents of inline code, in the order of the text."""
    text = _FRONTMATTER.sub(lambda found: "\n" * found[0].count("\n"), text)
    lines = text.split("\n")
    for token in _parser().parse(text):
        if token.type == "inline" and token.map is not None:
            first, end = token.map
            for mention in _find_in_block(token.content, token.children or [], lines[first:end]):
                yield mention._replace(line=mention.line + first + 1)


def _find_in_block(content: str, tokens: list[Token], lines: list[str]) -> Iterator[Mention]:
    """Yield the mentions in a block, lines counted from its first; `lines` are the same lines in the file."""
    own = content.split("\n")
    starts = list(accumulate((len(line) + 1 for line in own), initial=0))
    # in the file, quotation marks, bullets and indentation come before the block's own text
    shifts = [
        max(line.find(text.strip()), 0) - (len(text) - len(text.lstrip()))
        for text, line in zip(own, lines, strict=False)
    ]
    for token in tokens:
        kind, span = _KINDS.get(token.type), token.meta.get("span")
        if kind is None or span is None:
            continue
        target = token.content if kind == "path" else str(token.attrs["src" if kind == "image" else "href"])
        begin, end = _narrow(kind, content, span)
        index = bisect_right(starts, begin) - 1
        width = len(lines[index])
        column = min(max(begin - starts[index] + shifts[index] + 1, 1), max(width, 1))
        yield Mention(kind, target, index, column, min(column + end - begin, width + 1), content, begin)


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
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark").enable("table")
    for name, rule in (("link", link), ("image", image), ("backticks", backtick)):
        parser.inline.ruler.at(name, _record_span(rule))
    return parser


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
