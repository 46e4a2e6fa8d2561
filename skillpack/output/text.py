"""A report to what a person reads: place, message, the line it is about, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skillpack.findings import Severity, escaped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from skillpack.findings import Excerpt, Finding, Report


def render(report: Report, style: Callable[[str, str], str] = lambda text, _: text) -> str:
    """Return the report as lines for a terminal.

    Args:
        report: what to say.
        style: (text, name of a style) -> the text in that style.
    """
    lines = [line for finding in report for line in _finding(finding, style)]
    return "\n".join([*lines, _summary(report)])


def _finding(finding: Finding, style: Callable[[str, str], str]) -> Iterator[str]:
    place = escaped(finding.path)
    if finding.location.line is not None:
        place += f":{finding.location.line}:{finding.location.column or 1}"
    label = style(f"{finding.severity}[{finding.rule}]", str(finding.severity))
    yield f"{style(place, 'bold')}: {label}: {escaped(finding.message)}"
    if finding.excerpt and finding.location.line is not None:
        yield from _excerpt(finding.excerpt, finding.location.line)
    if finding.hint:
        yield f"    = {escaped(finding.hint)}"


def _excerpt(excerpt: Excerpt, first: int) -> Iterator[str]:
    begin, end = excerpt.columns
    line = excerpt.lines[0]
    before = escaped(line[: begin - 1])
    marked = escaped(line[begin - 1 : end - 1])
    yield f"{first:>5} | {escaped(line)}"
    yield f"      | {' ' * len(before)}{'^' * max(len(marked), 1)}"


def _summary(report: Report) -> str:
    counts = [(report.count(severity), str(severity)) for severity in sorted(Severity, reverse=True)]
    said = ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in counts if count)
    skills = f"{len(report.subjects)} skill{'' if len(report.subjects) == 1 else 's'}"
    return f"{skills} checked: {said or 'nothing to say'}" if report.subjects else said
