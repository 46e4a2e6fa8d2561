"""A report, or a list of files, to JSON: version 1, documented in docs/reference/json, additive only, ASCII."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from skillpack.findings import Severity, printable
from skillpack.secrets.scan import masked
from skillpack.text import escape_commands_in_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from skillpack.findings import Finding, Issue, Report
    from skillpack.output.text import Look
    from skillpack.skill.decisions import Decision, Verdict
    from skillpack.skill.tree import SkillTree


_LONE: Final = re.compile("[\ud800-\udfff]")


def render(report: Report, _look: Look | None = None) -> str:
    """Return the report as one JSON object."""
    return _dumps(
        {
            "version": 1,
            "skills": [
                {
                    "path": subject.path,
                    "name": subject.name and _without_credentials(subject.name),
                    "digest": subject.digest,
                }
                for subject in report.subjects
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
            "excluded": [
                {
                    "path": entry.path,
                    "layer": entry.decision.layer,
                    "file": entry.decision.file,
                    "line": entry.decision.line,
                    "pattern": entry.decision.pattern,
                }
                for entry in tree.selection.excluded
            ],
            "rejected": [_refused(issue) for issue in tree.selection.rejected],
        }
    )


def render_why(verdicts: Iterable[Verdict]) -> str:
    """Return what becomes of paths, and which lines say so, as one JSON object."""
    return _dumps(
        {
            "version": 1,
            "paths": [
                {
                    "path": verdict.path,
                    "included": verdict.included,
                    "there": verdict.there,
                    "rejected": _refused(verdict.rejected) if verdict.rejected else None,
                    "decided_by": _decision(verdict.decided_by) if verdict.decided_by else None,
                    "overridden": [_decision(decision) for decision in verdict.overridden],
                }
                for verdict in verdicts
            ],
        }
    )


def _refused(issue: Issue) -> dict[str, str]:
    return {"path": issue.location.path, "rule": issue.rule_id, "detail": issue.message}


def _decision(decision: Decision) -> dict[str, Any]:
    return {
        "layer": decision.layer,
        "file": decision.file,
        "line": decision.line,
        "pattern": decision.pattern,
        "matched": decision.matched,
    }


def _without_credentials(text: str | None) -> str | None:
    return text and masked(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")


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
        "required_by": list(finding.required_by),
        "url": None,
    }


def _dumps(value: dict[str, Any]) -> str:
    return escape_commands_in_json(json.dumps(_sound(value), indent=2))


def _sound(value: Any) -> Any:
    """Return the same without lone surrogates, which stand for undecodable bytes and which no strict reader takes."""
    if isinstance(value, dict):
        return {key: _sound(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_sound(part) for part in value]
    return printable(value) if isinstance(value, str) and not value.isascii() and _LONE.search(value) else value
