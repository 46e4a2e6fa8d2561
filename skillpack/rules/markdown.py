"""Markdown to what it mentions, with the place: links, images, inline code. Knows no skill."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, Literal

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


@dataclass(frozen=True, slots=True)
class Mention:
    """A target and where it stands: its line and the columns in it from 1, the end excluded.

    `block` is the paragraph, heading, cell or item around it, `at` where in that it begins.
    """

    kind: Kind
    target: str
    line: int
    column: int
    end: int
    block: str
    at: int


def mentions(text: str) -> Iterator[Mention]:
    """Yield the targets of links and images and the contents of inline code, in the order of the text."""
    text = _FRONTMATTER.sub(lambda found: "\n" * found[0].count("\n"), text)
    lines = text.split("\n")
    for block in _parser().parse(text):
        if block.type != "inline" or block.map is None:
            continue
        for token in block.children or ():
            kind = _KINDS.get(token.type)
            span = token.meta.get("span")
            if kind and span:
                target = token.content if kind == "path" else str(token.attrs["src" if kind == "image" else "href"])
                yield _placed(kind, target, block, span, lines)


def _placed(kind: Kind, target: str, block: Token, span: tuple[int, int], lines: list[str]) -> Mention:
    """Find a span of a block's own text in the file, where quotation marks and indentation stand before each line."""
    assert block.map is not None
    begin, end = _narrowed(kind, block.content, span)
    before = block.content[:begin]
    index = block.map[0] + before.count("\n")
    within = begin - (before.rfind("\n") + 1)
    own = block.content[begin - within :].split("\n", 1)[0]
    line = lines[index]
    column = line.find(own.strip()) - (len(own) - len(own.lstrip())) + within + 1
    column = min(max(column, 1), max(len(line), 1))
    return Mention(kind, target, index + 1, column, min(column + end - begin, len(line) + 1), block.content, begin)


def _narrowed(kind: Kind, content: str, span: tuple[int, int]) -> tuple[int, int]:
    """Return where the target itself stands: behind `](`, between the backquotes."""
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
        parser.inline.ruler.at(name, _noting(rule))
    return parser


def _noting(rule: Callable[[StateInline, bool], bool]) -> Callable[[StateInline, bool], bool]:
    """Wrap a rule so that the token it makes knows which characters of the block it comes from."""

    def noting(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - markdown-it calls it so
        begin, count = state.pos, len(state.tokens)
        done = rule(state, silent)
        if done and not silent:
            token = next((token for token in state.tokens[count:] if token.type in _KINDS), None)
            if token is not None:
                token.meta["span"] = begin, state.pos
        return done

    return noting
