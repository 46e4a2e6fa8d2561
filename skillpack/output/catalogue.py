"""The rules to a table, and one rule to its page, for a terminal."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from skillpack.output.text import SEVERITIES, describe_required_by
from skillpack.rules import RULES
from skillpack.rules.page import Page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skillpack.output.text import Look
    from skillpack.rules import Rule

_PAGE_WIDTH: Final = 100
"""Columns; longer lines of prose are hard to read."""


def render_table(look: Look) -> str:
    """Return all rules, one to a row: id, level, whose demand, whether --fix mends it, what it finds."""
    rules = sorted(RULES.values(), key=lambda rule: rule.id)
    rows = [(rule.id, str(rule.severity), ", ".join(rule.required_by), "fix" if rule.fix else "") for rule in rules]
    head = ("rule", "level", "required_by", "")
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [look.style("  ".join([*_padded(head, widths), "what it finds"]), "dim")]
    for rule, row in zip(rules, rows, strict=True):
        lines += _row(rule, _padded(row, widths), look)
    return "\n".join(lines)


def _padded(row: tuple[str, ...], widths: list[int]) -> list[str]:
    return [f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)]


def _row(rule: Rule, cells: list[str], look: Look) -> Iterator[str]:
    begin = "  ".join([*cells, ""])
    summary = Page.from_rule(rule).summary
    if look.width is None:
        wrapped = [summary]
    elif look.width - len(begin) < 40:  # a narrow terminal: the sentence goes below
        wrapped = ["", *(f"    {line}" for line in _wrap(summary, look.width - 4))]
    else:
        first, *more = _wrap(summary, look.width - len(begin))
        wrapped = [first, *(f"{'':{len(begin)}}{line}" for line in more)]
    id, level, *rest = cells
    styled = [look.style(id, "bold"), look.style(level, SEVERITIES[rule.severity]), *rest, wrapped[0]]
    yield "  ".join(styled).rstrip()
    yield from wrapped[1:]


def render_page(rule: Rule, look: Look) -> str:
    """Return the page of a rule."""
    return "\n".join(_page(rule, Page.from_rule(rule), look))


def _page(rule: Rule, page: Page, look: Look) -> Iterator[str]:
    level = look.style(str(rule.severity), SEVERITIES[rule.severity])
    yield f"{look.style(rule.id, 'bold')}: {level}" + (", mended by skillpack check --fix" if rule.fix else "")
    if rule.required_by:
        yield describe_required_by(rule.id, rule.required_by)
    yield ""
    yield from _prose(page.summary, look)
    if page.detects:
        yield ""
        yield from _prose(page.detects, look)
    for heading, lines in (
        ("Why it matters", list(_prose(page.why, look))),
        ("Before", [f"    {line}" for line in page.before.split("\n")]),
        ("After", [f"    {line}" for line in page.after.split("\n")]),
        ("What to do", list(_prose(rule.hint, look))),
    ):
        yield from ("", look.style(heading, "bold"), *lines)


def _prose(text: str, look: Look) -> Iterator[str]:
    """Wrap paragraphs; what is indented, or a list or a table, stays as it is."""
    width = min(look.width or _PAGE_WIDTH, _PAGE_WIDTH)
    for number, paragraph in enumerate(text.split("\n\n")):
        if number:
            yield ""
        if any(line.startswith((" ", "|", "- ")) for line in paragraph.split("\n")):
            yield from paragraph.split("\n")
        else:
            yield from _wrap(paragraph, width)


def _wrap(text: str, width: int) -> list[str]:
    return textwrap.wrap(" ".join(text.split()), width, break_on_hyphens=False, break_long_words=False)
