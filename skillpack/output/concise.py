"""A report to one line for each finding: `path:line:col: error[rule]: message`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skillpack.findings import Report
    from skillpack.output.look import Look


def render(report: Report, _look: Look) -> str:
    """Return the findings, one to a line."""
    return "\n".join(str(finding) for finding in report)
