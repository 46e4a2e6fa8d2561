"""Format reports as SARIF 2.1.0, the exchange format of code scanners (OASIS standard of 27 March 2020)."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from skillpack.errors import require_type
from skillpack.findings import Report, Severity
from skillpack.rules import RULES
from skillpack.rules.rule_page import Page
from skillpack.secrets.scan import masked
from skillpack.text import escape_commands_in_json, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skillpack.findings import Edit, Finding, Location
    from skillpack.output.text import Look

_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT: Final = "%SRCROOT%"
"""The base of relative URIs; GitHub takes the root of the repository."""


def render(report: Report, _look: Look) -> str:
    """Return the report as one SARIF log with one run."""
    return escape_commands_in_json(json.dumps(to_sarif(report), indent=2))


def to_sarif(report: Report) -> dict[str, Any]:
    """Return a report as a SARIF 2.1.0 log with one run, as a dict for json.dump.

    Args:
        report: the report; its paths become URIs relative to `%SRCROOT%`, so they should be relative to the root of
            the repository.
    """
    require_type("report", report, Report, "a Report")
    run = {
        "tool": {"driver": _driver(report)},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(report)],
        "results": list(_results(report)),
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


to_sarif.__module__ = "skillpack"


def _invocation(report: Report) -> dict[str, Any]:
    """Return whether the check was complete; unread paths make the results incomplete (SARIF 2.1.0, appendix I)."""
    messages = [each.message for each in report.unread]
    messages += [str(finding) for finding in report if finding.rule == "rule-crashed"]
    reasons = [{"level": "error", "message": {"text": message}} for message in messages]
    invocation: dict[str, Any] = {"executionSuccessful": not reasons}
    return invocation | {"toolExecutionNotifications": reasons} if reasons else invocation


def _driver(report: Report) -> dict[str, Any]:
    from skillpack import __version__

    return {"name": "skillpack", "semanticVersion": __version__, "rules": [_rule(id) for id in _rules(report)]}


def _rules(report: Report) -> list[str]:
    return sorted({finding.rule for finding in report})


def _rule(id: str) -> dict[str, Any]:
    rule = RULES.get(id)
    if rule is None:  # a finding that a caller made
        return {"id": id}
    page = Page.from_rule(rule)
    return {
        "id": id,
        "shortDescription": {"text": page.summary},
        "fullDescription": {"text": page.text},
        "help": {"text": page.text, "markdown": page.markdown},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": list(rule.required_by)},
    }


def _results(report: Report) -> Iterator[dict[str, Any]]:
    rules = {id: index for index, id in enumerate(_rules(report))}
    seen: Counter[str] = Counter()
    secret = {
        finding.path for finding in report if finding.rule.startswith("secret-")
    }  # an edit may start within a secret
    for finding in report:
        mark = _fingerprint(finding)
        seen[mark] += 1
        text = f"{finding.message}; {finding.hint}" if finding.hint else finding.message
        result: dict[str, Any] = {
            "ruleId": finding.rule,
            "ruleIndex": rules[finding.rule],
            "level": _LEVELS[finding.severity],
            "message": {"text": printable(text)},
            "partialFingerprints": {"skillpackFinding/v1": f"{mark}:{seen[mark]}"},
        }
        if finding.path:
            result["locations"] = [_location(finding)]
        if finding.path not in secret and _can_be_shown(finding.edits):
            result["fixes"] = [_fix(finding)]
        yield result


def _fingerprint(finding: Finding) -> str:
    """Return a hash of what stays the same when lines move: the rule, the file and the text of the line."""
    subject = finding.excerpt.lines[0].strip() if finding.excerpt else finding.location.pointer or ""
    parts = (finding.rule, finding.path, subject)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _location(finding: Finding) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": _artifact(finding.path)}
    if region := _region(finding.location):
        physical["region"] = region
    location: dict[str, Any] = {"physicalLocation": physical}
    if finding.location.pointer is not None:
        location["logicalLocations"] = [{"fullyQualifiedName": printable(finding.location.pointer), "kind": "member"}]
    return location


def _artifact(path: str) -> dict[str, Any]:
    try:
        encoded = quote(path.encode("utf-8", "surrogateescape"), safe="/")
    except UnicodeEncodeError:  # half of a surrogate pair, which no name on disk has
        encoded = quote(path.encode("utf-8", "surrogatepass"), safe="/")
    if path.startswith("/"):
        network = path.startswith("//") and os.sep == "\\"  # //server/share/skill
        return {"uri": f"file:{'' if network else '//'}{encoded}"}
    if os.sep == "\\" and re.match("[A-Za-z]:/", path):
        return {"uri": f"file:///{path[0]}:{encoded.partition('%3A')[2]}"}
    return {"uri": encoded, "uriBaseId": _ROOT}


def _region(place: Location) -> dict[str, int]:
    if place.line is None:
        return {} if place.offset is None else {"byteOffset": place.offset, "byteLength": 0}
    numbers = {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    }
    return {name: number for name, number in numbers.items() if number is not None}


def _can_be_shown(edits: tuple[Edit, ...]) -> bool:
    """Return whether there are edits without credentials: logs are kept, and masked edits cannot be applied."""
    return bool(edits) and all(masked(edit.text) == edit.text for edit in edits)


def _fix(finding: Finding) -> dict[str, Any]:
    by_path: dict[str, list[Edit]] = {}
    for edit in finding.edits:
        by_path.setdefault(edit.path, []).append(edit)
    root = finding.path.removesuffix(finding.location.path)
    return {
        "description": {"text": printable(finding.hint or "")},
        "artifactChanges": [
            {"artifactLocation": _artifact(root + path), "replacements": [_replacement(edit) for edit in edits]}
            for path, edits in by_path.items()
        ],
    }


def _replacement(edit: Edit) -> dict[str, Any]:
    return {
        "deletedRegion": {"byteOffset": edit.start, "byteLength": edit.end - edit.start},
        "insertedContent": _content(edit.text),
    }


def _content(inserted: bytes) -> dict[str, str]:
    try:
        return {"text": inserted.decode("utf-8")}
    except UnicodeDecodeError:  # a replacement character would be written to the file
        return {"binary": base64.b64encode(inserted).decode("ascii")}
