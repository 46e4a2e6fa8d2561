"""A report, or a list of files, to JSON: version 1, documented in docs/reference/json, additive only, ASCII."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from skillpack.findings import Severity

if TYPE_CHECKING:
    from skillpack.findings import Finding, Report
    from skillpack.output.look import Look
    from skillpack.tree import SkillTree


def render(report: Report, _look: Look | None = None) -> str:
    """Return the report as one JSON object."""
    return _dumps(
        {
            "version": 1,
            "skills": [
                {"path": subject.path, "name": subject.name, "digest": subject.digest} for subject in report.subjects
            ],
            "findings": [_finding(finding) for finding in report],
            "summary": {
                "errors": report.count(Severity.ERROR),
                "warnings": report.count(Severity.WARNING),
                "notes": report.count(Severity.NOTE),
            },
        }
    )


def render_files(tree: SkillTree) -> str:
    """Return what is packed and what is left out as one JSON object."""
    return _dumps(
        {
            "version": 1,
            "skill": tree.origin,
            "files": [{"path": file.path, "size": file.size, "executable": file.executable} for file in tree.files],
            "left_out": [
                {
                    "path": entry.path,
                    "layer": entry.decision.layer,
                    "file": entry.decision.file,
                    "line": entry.decision.line,
                    "pattern": entry.decision.pattern,
                }
                for entry in tree.left_out
            ],
        }
    )


def _finding(finding: Finding) -> dict[str, Any]:
    place = finding.location
    return {
        "rule": finding.rule,
        "severity": str(finding.severity),
        "skill": finding.skill,
        "path": finding.path,
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
        "offset": place.offset,
        "pointer": place.pointer,
        "message": finding.message,
        "hint": finding.hint,
        "fix": bool(finding.edits),
        "whose": list(finding.whose),
        "url": None,
    }


def _dumps(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2)
