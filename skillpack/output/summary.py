"""A report to the one line that sums it up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from skillpack.findings import Severity
from skillpack.output.look import SEVERITIES, Look

if TYPE_CHECKING:
    from skillpack.findings import Report

FIX: Final = "skillpack check --fix"
_PLAIN: Final = Look()


def summary(report: Report, look: Look = _PLAIN) -> str:
    """Return `2 skills checked: 1 error, 3 warnings; skillpack check --fix mends 2 of them`."""
    if report.unread and not report.findings and not report.subjects:
        return "no skill checked"
    skills = len(report.subjects)
    begin = f"{_counted(skills, 'skill')} checked: " if skills else ""
    if not report:
        return begin + look.style("nothing to say", "good")
    said = ", ".join(
        look.style(_counted(number, str(severity)), SEVERITIES[severity])
        for severity in sorted(Severity, reverse=True)
        if (number := report.count(severity))
    )
    mendable = sum(bool(finding.edits) for finding in report)
    return begin + said + (f"; {FIX} mends {_share(mendable, len(report))}" if mendable else "")


def _share(part: int, whole: int) -> str:
    if part < whole:
        return f"{part:,} of them"
    return "it" if whole == 1 else "all of them"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
