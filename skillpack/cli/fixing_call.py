"""Write the call that fixes what a report lists as fixable."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from skillpack.text import escaped
from skillpack.values import replace

if TYPE_CHECKING:
    from skillpack.findings import Report

LONGEST_CALL: Final = 300
"""Characters of the paths of a call that is printed to be pasted."""


def without_idle_edits(report: Report, *, on_disk: bool = True) -> Report:
    """Return the report without the edits of what --fix does not write: skills in zips, bodies and revisions.

    Args:
        report: the findings.
        on_disk: whether the skills are on disk, and not in a revision.
    """
    fixable = {each.path for each in report.subjects if on_disk and os.path.isdir(each.path)}
    findings = (each if not each.edits or each.skill in fixable else replace(each, edits=()) for each in report)
    return replace(report, findings=tuple(findings))


def fixing_call(report: Report, paths: tuple[str, ...] = (), *, everywhere: bool = False) -> str:
    """Return the shortest call that fixes what is fixable, as a shell takes it, so that it can be pasted.

    Args:
        report: the findings.
        paths: those of the call; where it is shorter, the skills with something to fix are named instead.
        everywhere: whether --all was given.
    """
    skills = sorted({each.skill for each in report if each.edits})
    call = ["skillpack check --fix", *(["--all"] if everywhere else [])]
    if paths == (".",):
        return " ".join(call)
    import shlex

    calls = []
    for start, named in ((" ".join(call), paths), (call[0], skills)):
        arguments = shlex.join(["--", *named] if any(path.startswith("-") for path in named) else named)
        if named and len(arguments) <= LONGEST_CALL:
            calls.append(f"{start} {arguments}")
    return escaped(min(calls, key=len)) if calls else f"{' '.join(call)} and the same paths"
