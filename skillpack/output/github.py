"""Format reports for GitHub: workflow commands that become annotations, and Markdown for the job summary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from skillpack.findings import Severity
from skillpack.output.text import Look, summary
from skillpack.text import escaped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skillpack.findings import Finding, Report

_PLAIN: Final = Look()
_COMMANDS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_MAX_ROWS: Final = 500
_MAX_BYTES: Final = 1_000_000
"""GitHub does not show a job summary of more than 1 MiB for each step; the rest is for the lines around the rows."""


def render(report: Report, look: Look) -> str:
    """Return a workflow command for each unread path and each finding, and without findings also the summary."""
    lines = [f"::error title=skillpack::{_data(escaped(each.message))}" for each in report.unread]
    lines += map(_command, report)
    if not report.findings and look.summed:
        lines.append(summary(report, look))
    return "\n".join(lines)


def render_summary(report: Report, look: Look = _PLAIN) -> str:
    """Return the report as Markdown for $GITHUB_STEP_SUMMARY."""
    lines = ["### skillpack", "", f"{summary(report, look)}."]
    if report.unread:
        lines += ["", *(f"- error: {_cell(each.message)}" for each in report.unread[:_MAX_ROWS])]
    rows = list(_rows(report))
    if rows:
        lines += ["", "| | place | finding |", "|---|---|---|", *rows]
    if more := len(report) - len(rows):
        lines += ["", f"{more:,} more findings are in the log."]
    return "\n".join(lines) + "\n"


def _rows(report: Report) -> Iterator[str]:
    """Yield the rows of a table, as many as fit."""
    room = _MAX_BYTES
    for finding in report.findings[:_MAX_ROWS]:
        row = _row(finding)
        room -= len(row.encode("utf-8", "surrogatepass")) + 1
        if room < 0:
            return
        yield row


def _command(finding: Finding) -> str:
    properties = ",".join(f"{name}={_property(str(value))}" for name, value in _properties(finding))
    text = f"{finding}\n{escaped(finding.hint)}" if finding.hint else str(finding)
    return f"::{_COMMANDS[finding.severity]} {properties}::{_data(text)}"


def _properties(finding: Finding) -> Iterator[tuple[str, str | int]]:
    place = finding.location
    yield "title", f"skillpack {finding.rule}"
    if finding.path:
        yield "file", escaped(finding.path)
    if place.line is None:
        return
    yield "line", place.line
    if place.end_line is not None and place.end_line != place.line:
        yield "endLine", place.end_line  # GitHub accepts columns only for a span within one line
    elif place.column is not None:
        yield "col", place.column
        if place.end_column is not None and place.end_column > place.column:
            yield "endColumn", place.end_column


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _row(finding: Finding) -> str:
    place = finding.path if finding.location.line is None else f"{finding.path}:{finding.location.line}"
    hint = f"<br>{_cell(finding.hint)}" if finding.hint else ""
    return f"| {finding.severity} | {_cell(place)} | {_cell(finding.message)} ({_cell(finding.rule)}){hint} |"


def _cell(text: str) -> str:
    """Escape text for a cell of a Markdown table."""
    return "".join(f"&#{ord(char)};" if char in _MARKUP else char for char in escaped(text))


_MARKUP: Final = frozenset("\\`*_{}[]<>()#+!|~&@:$")
