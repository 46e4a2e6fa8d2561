"""Format the list of targets, and which of them skills fit, as text or as ASCII JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from skillpack.findings import Severity
from skillpack.output.json import dumps, to_dict, tool, unread_to_list
from skillpack.targets import TARGETS
from skillpack.text import escaped, plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from skillpack.findings import Finding, Report, Unread
    from skillpack.output.text import Look
    from skillpack.targets import Target, TargetName

_MOST_SHOWN: Final = 3
"""Errors of one target; `check --target NAME` shows all of them."""


def render_list(names: Sequence[TargetName], look: Look) -> str:
    """Return what is known of targets: the layout of the zip, limits, what is refused, and the source."""
    lines: list[str] = []
    for name in names:
        target = TARGETS[name]
        lines += [f"{look.style(f'{name:<14}', 'bold')} {target.title}"]
        lines += [f"{'':14} {fact}" for fact in _facts(target)]
    return "\n".join(lines)


def _facts(target: Target) -> Iterator[str]:
    yield "SKILL.md at the root of the zip" if target.layout == "root" else "one folder in the zip"
    limits = {
        "{:,} files": target.max_files,
        "{:,} bytes in all": target.max_bytes,
        "{:,} levels of folders": target.max_depth,
        "{:,} times the size of the zip": target.max_ratio,
    }
    stated = [text.format(most) for text, most in limits.items() if most is not None]
    if stated:
        yield f"at most {', '.join(stated)}"
    refused = [f"names with {' or '.join(target.reserved_words)}"] if target.reserved_words else []
    refused += ["XML tags in name and description"] * target.refuses_xml
    refused += ["the manifest of a plugin"] * target.refuses_plugins
    if refused:
        yield f"refuses {', '.join(refused)}"
    if target.levels:
        yield f"treats as errors: {', '.join(id for id, _ in target.levels)}"
    yield from target.notes
    yield f"source: {target.source}"


def render_list_json(names: Sequence[TargetName], _look: Look) -> str:
    """Return what is known of targets as JSON."""
    return dumps({"version": 1, "tool": tool(), "targets": [_describe(name, TARGETS[name]) for name in names]})


def _describe(name: TargetName, target: Target) -> dict[str, Any]:
    return {
        "name": name,
        **target._asdict(),
        "levels": dict(target.levels),
        "off": sorted(target.off),
    }


def render_matrix(
    found: Sequence[tuple[str, Mapping[TargetName, Report]]], _unread: Sequence[Unread], look: Look
) -> str:
    """Return for each skill which targets it fits, and for the others the first reasons."""
    return "\n\n".join("\n".join(_matrix(skill, reports, look)) for skill, reports in found)


def _matrix(skill: str, reports: Mapping[TargetName, Report], look: Look) -> Iterator[str]:
    yield look.style(escaped(skill), "bold")
    errors = {
        name: [finding for finding in report if finding.severity is Severity.ERROR] for name, report in reports.items()
    }
    common = [finding for finding in next(iter(errors.values())) if all(finding in each for each in errors.values())]
    if common and len(errors) > 1:
        yield f"  {'every target':<14} {look.style(plural(len(common), 'error'), 'error')}"
        yield from _reasons(common)
    for name, report in reports.items():
        own = [finding for finding in errors[name] if len(errors) == 1 or finding not in common]
        warnings = report.count(Severity.WARNING)
        verdict = look.style("does not fit", "error") if errors[name] else look.style("fits", "good")
        more = [plural(warnings, "warning")] if warnings else []
        yield f"  {name:<14} {', '.join([verdict, *more])}"
        yield from _reasons(own)


def _reasons(findings: Sequence[Finding]) -> Iterator[str]:
    for finding in findings[:_MOST_SHOWN]:
        place = finding.location
        line = f":{place.line}" if place.line else ""
        yield f"  {'':14} {escaped(place.path)}{line}: {finding.message} [{finding.rule}]"
    if len(findings) > _MOST_SHOWN:
        yield f"  {'':14} and {len(findings) - _MOST_SHOWN} more"


def render_matrix_json(
    found: Sequence[tuple[str, Mapping[TargetName, Report]]], unread: Sequence[Unread], _look: Look
) -> str:
    """Return for each skill and target whether it fits, with the findings, and what could not be read, as JSON."""
    skills = [
        {"path": skill, "targets": {name: {"fits": report.ok, **_findings(report)} for name, report in reports.items()}}
        for skill, reports in found
    ]
    return dumps({"version": 1, "tool": tool(), "unread": unread_to_list(unread), "skills": skills})


def _findings(report: Report) -> dict[str, Any]:
    found = to_dict(report)
    return {"findings": found["findings"], "summary": found["summary"]}
