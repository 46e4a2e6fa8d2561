"""Format the list of targets, and which of them skills fit, as text or as ASCII JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from skillpack.findings import Severity
from skillpack.output.json import dumps, to_dict, tool, unread_to_list
from skillpack.output.text import SEVERITIES, wrap
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
        first, *more = wrap(target.title, look, f"{name:<14} ", f"{'':18} ")
        lines += [look.style(first[:14], "bold") + first[14:], *more]
        for fact in _facts(target):
            lines += wrap(fact, look, f"{'':14} ", f"{'':18} ")
    return "\n".join(lines)


def _facts(target: Target) -> Iterator[str]:
    yield "SKILL.md at the root of the zip" if target.layout == "root" else "one folder in the zip"
    limits = {
        "{:,} files": target.max_files,
        "{:,} bytes in all": target.max_bytes,
        "{:,} levels of folders": target.max_depth,
        "{:,} times the size of the zip": target.max_ratio,
        "{:,} bytes of zip": target.max_zip_bytes,
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
    found = {name: sorted(report.at_least(Severity.WARNING), key=_by_severity) for name, report in reports.items()}
    common = [finding for finding in next(iter(found.values())) if all(finding in each for each in found.values())]
    if common and len(found) > 1:
        yield f"  {'every target':<14} {', '.join(_counts(common, look))}"
        yield from _reasons(common, look)
    for name, report in reports.items():
        own = [finding for finding in found[name] if len(found) == 1 or finding not in common]
        warnings = report.count(Severity.WARNING)
        verdict = look.style("fits", "good") if report.ok else look.style("does not fit", "error")
        more = [plural(warnings, "warning")] if warnings else []
        yield f"  {name:<14} {', '.join([verdict, *more])}"
        yield from _reasons(own, look)


def _by_severity(finding: Finding) -> int:
    return -finding.severity


def _counts(findings: Sequence[Finding], look: Look) -> Iterator[str]:
    """Yield `2 errors` and `1 warning`, as far as there are any."""
    for severity in (Severity.ERROR, Severity.WARNING):
        if number := sum(finding.severity is severity for finding in findings):
            yield look.style(plural(number, str(severity)), SEVERITIES[severity])


def _reasons(findings: Sequence[Finding], look: Look) -> Iterator[str]:
    for finding in findings[:_MOST_SHOWN]:
        place = finding.location
        line = f":{place.line}" if place.line else ""
        named = place.path == "." or finding.message.startswith(place.path)
        where = "" if named else f"{escaped(place.path)}{line}: "
        level = "" if finding.severity is Severity.ERROR else f"{finding.severity}: "
        yield from wrap(f"{level}{where}{finding.message} [{finding.rule}]", look, f"  {'':14} ", f"  {'':18} ")
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
