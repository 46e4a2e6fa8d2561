"""Format reports and lists of files as ASCII JSON, version 1: keys are only added (docs/reference/json)."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from skillpack.errors import require_type
from skillpack.findings import Report, Severity
from skillpack.limits import MAX_FILE_BYTES
from skillpack.secrets.scan import masked
from skillpack.text import escape_commands_in_json, escaped, printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from skillpack.bundle.diff import FileDiff, SkillDiff, TextBudget
    from skillpack.bundle.lock import LockDifference
    from skillpack.bundle.size import SkillSize
    from skillpack.findings import Finding, Issue, Unread
    from skillpack.output.text import Look
    from skillpack.skill.decisions import Decision, Verdict
    from skillpack.skill.tree import SkillFile, SkillTree


_LONE: Final = re.compile("[\ud800-\udfff]")


def render(report: Report, look: Look | None = None) -> str:
    """Return the report as one JSON object; the summary counts what a baseline sets aside, if there is one."""
    found = to_dict(report)
    if look and look.known is not None:
        found["summary"]["in_baseline"] = look.known
    return _dump(found)


def to_dict(report: Report) -> dict[str, Any]:
    """Return a report as the dict that `skillpack check --output-format json` prints (docs/reference/json).

    Args:
        report: the report.
    """
    require_type("report", report, Report, "a Report")
    found: dict[str, Any] = _without_surrogates(
        {
            "version": 1,
            "tool": tool(),
            "unread": unread_to_list(report.unread),
            "skills": [
                {
                    "path": subject.path,
                    "name": subject.name and _mask(subject.name),
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
    return found


to_dict.__module__ = "skillpack"


def render_files(tree: SkillTree) -> str:
    """Return what is packed, excluded and rejected as one JSON object."""
    return dumps(
        {
            "version": 1,
            "tool": tool(),
            "unread": [],
            "skill": tree.origin,
            "files": [
                {
                    "path": file.path,
                    "size": file.size,
                    "sha256": file.sha256 if file.size <= MAX_FILE_BYTES else None,  # a larger one is never read
                    "executable": file.executable,
                }
                for file in tree.files
            ],
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
            "rejected": [_rejection(issue) for issue in tree.selection.rejected],
        }
    )


def render_size(size: SkillSize) -> str:
    """Return what a skill costs in a request as one JSON object."""
    return _dump(size_to_dict(size))


def size_to_dict(size: SkillSize) -> dict[str, Any]:
    """Return what a skill costs as the dict that `skillpack size --output-format json` prints (docs/reference/json)."""
    from dataclasses import asdict

    found: dict[str, Any] = _without_surrogates(
        {
            "version": 1,
            "tool": tool(),
            "unread": [],
            "skill": size.origin,
            "name": size.name,
            "body": size.body_bytes,
            "characters": size.characters,
            "zip": size.zip_bytes,
            "files": [asdict(file) for file in size.files],
            "folders": [asdict(folder) for folder in size.folders],
            "overhead": {"archive": size.archive_characters, "json": size.json_bytes},
            "limits": [{**asdict(use), "share": round(use.share, 6)} for use in size.limits],
            "savings": [{**asdict(saving), "paths": list(saving.paths)} for saving in size.savings],
            "texts": [
                {"kind": text.kind, "path": text.path, "characters": text.characters, "estimated_tokens": text.tokens}
                for text in size.texts
            ],
        }
    )
    return found


def render_why(verdicts: Iterable[Verdict]) -> str:
    """Return whether paths are packed, and the lines that decide, as one JSON object."""
    return dumps(
        {
            "version": 1,
            "tool": tool(),
            "unread": [],
            "paths": [
                {
                    "path": verdict.path,
                    "included": verdict.included,
                    "there": verdict.there,
                    "rejected": _rejection(verdict.rejected) if verdict.rejected else None,
                    "decided_by": _decision(verdict.decided_by) if verdict.decided_by else None,
                    "overridden": [_decision(decision) for decision in verdict.overridden],
                }
                for verdict in verdicts
            ],
        }
    )


def render_unread(unread: Iterable[Unread]) -> str:
    """Return the inputs that a command cannot read as one JSON object, in place of what it would print of them."""
    return dumps({"version": 1, "tool": tool(), "unread": unread_to_list(unread)})


def unread_to_list(unread: Iterable[Unread]) -> list[dict[str, str]]:
    """Return inputs that could not be read as a list of dicts."""
    return [{"path": each.path, "message": each.message} for each in unread]


def tool() -> dict[str, str]:
    """Return the name and the version of this program."""
    from skillpack import __version__

    return {"name": "skillpack", "version": __version__}


def render_diff(diffs: Iterable[tuple[str, SkillDiff]]) -> str:
    """Return what differs between skills as one JSON object.

    Args:
        diffs: the name of each skill, and what differs.
    """
    from skillpack.bundle.diff import TextBudget

    budget = TextBudget()
    skills = [_skill_diff(name, diff, budget) for name, diff in diffs]
    return _dump_skills(skills)


def render_lock_check(skills: Iterable[tuple[str, str, tuple[LockDifference, ...]]]) -> str:
    """Return what differs from a lock as one JSON object.

    Args:
        skills: the path and the name of each skill, and what differs.
    """
    listed = [
        {"path": path, "name": _mask(name), "equal": not changes, "changes": [_lock_change(each) for each in changes]}
        for path, name, changes in skills
    ]
    return _dump_skills(listed)


def _dump_skills(skills: list[dict[str, Any]]) -> str:
    equal = all(skill["equal"] for skill in skills)
    return dumps({"version": 1, "tool": tool(), "unread": [], "equal": equal, "skills": skills})


def _lock_change(change: LockDifference) -> dict[str, Any]:
    before, after = (file._asdict() if file else None for file in (change.before, change.after))
    return {
        "change": change.kind,
        "path": change.file or None,
        "old": _mask(change.old) or None,
        "before": before,
        "after": after,
    }


def _skill_diff(name: str, diff: SkillDiff, budget: TextBudget) -> dict[str, Any]:
    shown = budget.choose(diff.files)
    return {
        "name": _mask(name or diff.after.name or diff.before.name),
        "equal": diff.equal,
        "change": diff.change,
        "before": _side(diff.before.tree),
        "after": _side(diff.after.tree),
        "fields": [
            {"field": _mask(field.key), "before": _mask(field.before), "after": _mask(field.after)}
            for field in diff.fields
        ],
        "files": [_file_diff(file, budget.text(file) if file.path in shown else None) for file in diff.files],
    }


def _side(tree: SkillTree) -> dict[str, Any] | None:
    return {"path": tree.origin, "digest": tree.digest} if tree.files else None


def _file_diff(diff: FileDiff, text: str | None) -> dict[str, Any]:
    return {
        "path": diff.path,
        "change": diff.change,
        "before": _file(diff.before),
        "after": _file(diff.after),
        "new_script": diff.new_script,
        "newly_executable": diff.newly_executable,
        "diff": text,
    }


def _file(file: SkillFile | None) -> dict[str, Any] | None:
    if file is None:
        return None
    return {"path": file.path, "size": file.size, "executable": file.executable, "sha256": file.sha256}


def _rejection(issue: Issue) -> dict[str, str]:
    return {"path": issue.location.path, "rule": issue.rule_id, "detail": escaped(issue.message)}


def _decision(decision: Decision) -> dict[str, Any]:
    return {
        "layer": decision.layer,
        "file": decision.file,
        "line": decision.line,
        "pattern": decision.pattern,
        "matched": decision.matched,
    }


def _mask(text: str | None) -> str | None:
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
    }


def dumps(value: dict[str, Any]) -> str:
    """Return a value as indented ASCII JSON that neither a terminal nor a CI runner executes."""
    return _dump(_without_surrogates(value))


def _dump(value: dict[str, Any]) -> str:
    return escape_commands_in_json(json.dumps(value, indent=2))


def _without_surrogates(value: Any) -> Any:
    """Escape lone surrogates, which stand for undecodable bytes and which strict parsers reject."""
    if isinstance(value, dict):
        return {key: _without_surrogates(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_without_surrogates(part) for part in value]
    return printable(value) if isinstance(value, str) and not value.isascii() and _LONE.search(value) else value
