"""A report to what a person reads: place, message, the lines it is about, what to do, whose demand it is."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from skillpack.findings import escaped
from skillpack.output import excerpt
from skillpack.output.look import SEVERITIES
from skillpack.output.summary import FIX, summary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skillpack.findings import Finding, Report
    from skillpack.output.look import Look, Style

WHOSE: Final = {
    "api": "OpenAI's API",
    "spec": "the Agent Skills specification",
    "reader": "readers that would differ",
    "safety": "safety",
    "advice": "advice",
}
"""Whose demand a rule is, in a few words."""


def render(report: Report, look: Look) -> str:
    """Return the report as lines for a terminal: findings by file, and a summary at the end."""
    lines: list[str] = []
    path, explained = None, set()
    for finding in report:
        lines += _finding(finding, look, repeated=finding.path == path)
        if finding.rule not in explained:
            lines += _source(finding, look)
        lines.append("")
        explained.add(finding.rule)
        path = finding.path
    return "\n".join([*lines, summary(report, look)])


def _finding(finding: Finding, look: Look, *, repeated: bool) -> Iterator[str]:
    place, label, message = _head(finding)
    begin = f"{place}{label}: "
    first, *more = _wrap(message, look, begin, "    ")
    styled = look.style(place, "dim" if repeated else "bold") if place else ""
    yield f"{styled}{look.style(label, SEVERITIES[finding.severity])}: {first[len(begin) :]}"
    yield from more
    if finding.excerpt and finding.location.line is not None:
        yield from excerpt.draw(finding.excerpt, finding.location, finding.severity, look)
    if finding.hint:
        yield from _aside(finding, f"{'fix' if finding.edits else 'hint'}: {escaped(finding.hint)}", look)
    if finding.edits:
        yield from _aside(finding, f"{FIX} does this", look)


def _head(finding: Finding) -> tuple[str, str, str]:
    """Return the three parts of the concise line: where, what, the message."""
    place, label, message = str(finding).partition(f"{finding.severity}[{finding.rule}]")
    return place, label, message.removeprefix(": ")


def _source(finding: Finding, look: Look) -> Iterator[str]:
    whose = " and ".join(WHOSE.get(whose, whose) for whose in finding.whose)
    demanded = f"asked for by {whose}; " if whose else ""
    yield from _aside(finding, f"{demanded}more: skillpack rule {finding.rule}", look, "dim")


def _aside(finding: Finding, text: str, look: Look, style: Style | None = None) -> Iterator[str]:
    digits = excerpt.gutter(finding.excerpt, finding.location) if finding.excerpt else 1
    begin = f"{'':{digits + 3}}= "
    for line in _wrap(text, look, begin, " " * len(begin)):
        yield look.style(line, style) if style else line


def _wrap(text: str, look: Look, first: str, further: str) -> list[str]:
    """Break text at spaces, behind `first` on the first line and `further` on the others."""
    if look.width is None or len(first) + len(text) <= look.width:
        return [first + text]
    return textwrap.wrap(
        text,
        look.width,
        initial_indent=first,
        subsequent_indent=further,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )
