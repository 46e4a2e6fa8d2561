"""Render the catalogue of rules as a table or as JSON, and the page of one rule, for a terminal."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, Final

from skillpack.output.text import SEVERITIES, describe_required_by
from skillpack.rules import HELD, RULES
from skillpack.rules.rule_page import Page

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from skillpack.output.text import Look
    from skillpack.rules import Rule

_PAGE_WIDTH: Final = 100
"""Columns; longer lines of prose are hard to read."""

_MIN_WIDTH: Final = 40
"""Columns for the sentence of a row; in less it is printed below the row."""


def render_table(look: Look) -> str:
    """Return all rules, one per row: id, level, where it comes from, whether --fix fixes it, what it detects."""
    rules = sorted(RULES.values(), key=lambda rule: rule.id)
    rows = [(rule.id, str(rule.severity), ", ".join(rule.required_by), "fix" if rule.fixable else "") for rule in rules]
    head = ("rule", "level", "required by", "")
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    cells = _pad(head, widths)
    beside = look.width is None or look.width - len("  ".join([*cells, ""])) >= _MIN_WIDTH
    lines = [look.style("  ".join([*cells, *["what it detects"] * beside]).rstrip(), "dim")]
    for rule, row in zip(rules, rows, strict=True):
        lines += _render_row(rule, _pad(row, widths), look)
    return "\n".join(lines)


def _pad(row: tuple[str, ...], widths: list[int]) -> list[str]:
    return [f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)]


def _render_row(rule: Rule, cells: list[str], look: Look) -> Iterator[str]:
    start = "  ".join([*cells, ""])
    summary = Page.from_rule(rule).summary
    if look.width is None:
        wrapped = [summary]
    elif look.width - len(start) < _MIN_WIDTH:
        wrapped = ["", *(f"    {line}" for line in _wrap(summary, look.width - 4))]
    else:
        first, *more = _wrap(summary, look.width - len(start))
        wrapped = [first, *(f"{'':{len(start)}}{line}" for line in more)]
    id, level, *rest = cells
    styled = [look.style(id, "bold"), look.style(level, SEVERITIES[rule.severity]), *rest, wrapped[0]]
    yield "  ".join(styled).rstrip()
    yield from wrapped[1:]


def render_page(rule: Rule, look: Look) -> str:
    """Return the page of a rule."""
    return "\n".join(_render_page(rule, Page.from_rule(rule), look))


def _render_page(rule: Rule, page: Page, look: Look) -> Iterator[str]:
    level = look.style(str(rule.severity), SEVERITIES[rule.severity])
    yield f"{look.style(rule.id, 'bold')}: {level}" + (", fixed by skillpack check --fix" if rule.fixable else "")
    if rule.required_by:
        yield describe_required_by(rule.id, rule.required_by)
    for heading, text in (
        ("What it detects", "\n\n".join(filter(None, (page.summary, page.details)))),
        ("What it does not detect", page.exceptions),
        ("Why it matters", page.why),
        ("How to fix", rule.hint),
        ("Before", f"```\n{page.before}\n```"),
        ("After", f"```\n{page.after}\n```"),
        ("How to configure", page.configuration),
    ):
        if text:
            yield from ("", look.style(heading, "bold"), *_render_prose(text, look))


def _render_prose(text: str, look: Look) -> Iterator[str]:
    """Wrap paragraphs and the items of lists; indent the lines of a code block instead."""
    width = min(look.width or _PAGE_WIDTH, _PAGE_WIDTH)
    code = False
    for number, paragraph in enumerate(text.split("\n\n")):
        if number:
            yield ""
        if not code and not paragraph.startswith("```"):
            items = re.split(r"\n(?=- )", paragraph) if paragraph.startswith("- ") else [paragraph]
            for item in items:
                yield from _wrap(item, width)
            continue
        for line in paragraph.split("\n"):
            if line.startswith("```"):
                code = not code
            else:
                yield f"    {line}".rstrip()


def _wrap(text: str, width: int) -> list[str]:
    indent = "  " if text.startswith("- ") else ""
    joined = " ".join(text.split())
    return textwrap.wrap(joined, width, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False)


def render_json(rules: Sequence[Rule]) -> str:
    """Return rules with their pages as JSON."""
    import json

    return json.dumps({"version": 1, "rules": [_describe(rule) for rule in rules]}, indent=2)


def _describe(rule: Rule) -> dict[str, object]:
    page = Page.from_rule(rule)
    return {
        "id": rule.id,
        "level": str(rule.severity),
        "required_by": list(rule.required_by),
        "fixable": rule.fixable,
        "always_error": rule.id in HELD,
        "summary": page.summary,
        "hint": rule.hint,
        "page": f"# {rule.id}\n\n{page.markdown}\n",
    }
