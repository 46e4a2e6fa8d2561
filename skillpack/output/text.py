"""Format reports as text: location, message, source lines, hint, and who requires it."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from skillpack.findings import Severity
from skillpack.text import escaped, plural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from skillpack.findings import Finding, Report


Style = Literal["error", "warning", "note", "bold", "dim", "good", "removed", "added", "place"]

SEVERITIES: Final[dict[Severity, Style]] = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.NOTE: "note",
}


def plain(text: str, _style: Style) -> str:
    """Return the text as it is."""
    return text


class Look(NamedTuple):
    """How text is displayed.

    `width` is in columns; without it nothing is wrapped, so that a message stays on one line for grep. `style` takes
    a text and the name of a style. `summed` is True for a summary at the end.
    """

    width: int | None = None
    style: Callable[[str, Style], str] = plain
    summed: bool = True


MOST_SHOWN: Final = 100
"""Findings of one rule in one skill; the summary counts all, and the other formats contain them."""

_AUTHORITIES: Final = {"api": "the OpenAI API", "spec": "the Agent Skills specification"}
_REASONS: Final = {
    "reader": "other programs may read this differently",
    "safety": "a security risk",
    "advice": "recommended by skillpack",
}


def describe_required_by(rule: str, required_by: Sequence[str]) -> str:
    """Return who requires a rule: `required by the OpenAI API; other YAML parsers may read this differently`.

    Args:
        rule: its id.
        required_by: as in a finding.
    """
    authorities = " and ".join(_AUTHORITIES[one] for one in required_by if one in _AUTHORITIES)
    reasons = [_REASONS[one] for one in required_by if one in _REASONS]
    if rule.startswith("yaml-"):
        reasons = [reason.replace("programs", "YAML parsers") for reason in reasons]
    return "; ".join([f"required by {authorities}", *reasons] if authorities else reasons)


def render(report: Report, look: Look) -> str:
    """Return the report as lines for a terminal: the findings of each skill, and a summary if `look` has one."""
    lines: list[str] = []
    explained: set[str] = set()
    for _, findings in groupby(report, key=attrgetter("skill")):
        lines += _skill(findings, look, explained)
    return "\n".join([*lines, summary(report, look)] if look.summed else lines[:-1])


def _skill(findings: Iterable[Finding], look: Look, explained: set[str]) -> Iterator[str]:
    """Yield the findings of one skill, at most 100 of each rule; rules in `explained` are not explained again."""
    path, counts = None, Counter[str]()
    for finding in findings:
        counts[finding.rule] += 1
        if counts[finding.rule] > MOST_SHOWN:
            continue
        yield from _finding(finding, look, repeated=finding.path == path)
        if finding.rule not in explained:
            yield from _source(finding, look)
        yield ""
        explained.add(finding.rule)
        path = finding.path
    more = [(rule, count - MOST_SHOWN) for rule, count in counts.items() if count > MOST_SHOWN]
    for rule, count in more:
        yield f"and {count:,} more of {rule}"
    if more:
        yield ""


def _finding(finding: Finding, look: Look, *, repeated: bool) -> Iterator[str]:
    place, label, message = _head(finding)
    begin = look.style(place, "dim" if repeated else "bold") if place else ""
    begin += look.style(label, SEVERITIES[finding.severity])
    if look.width is None or len(f"{place}{label}: {message}") <= look.width:
        yield f"{begin}: {message}"
    else:
        yield f"{begin}:"
        yield from _wrap(message, look, "    ", "    ")
    if finding.excerpt and finding.location.line is not None:
        from skillpack.output import excerpt

        yield from excerpt.draw(finding.excerpt, finding.location, SEVERITIES[finding.severity], look)
    if finding.hint and finding.edits:
        *lines, last = _aside(finding, f"fix: {escaped(finding.hint)}", look)
        yield from lines
        yield from _append(last, f"({_FIX})", look)
    elif finding.hint:
        yield from _aside(finding, f"hint: {escaped(finding.hint)}", look)


def _head(finding: Finding) -> tuple[str, str, str]:
    """Return the three parts of the concise line: location, severity with rule, message."""
    place, label, message = str(finding).partition(f"{finding.severity}[{finding.rule}]")
    return place, label, message.removeprefix(": ")


def _source(finding: Finding, look: Look) -> Iterator[str]:
    parts = [
        part
        for part in (describe_required_by(finding.rule, finding.required_by), f"more: skillpack rule {finding.rule}")
        if part
    ]
    joined = list(_aside(finding, "; ".join(parts), look, "dim"))
    yield from joined if len(joined) == 1 else (line for part in parts for line in _aside(finding, part, look, "dim"))


def _aside(finding: Finding, text: str, look: Look, style: Style | None = None) -> Iterator[str]:
    from skillpack.output import excerpt

    digits = excerpt.gutter(finding.excerpt, finding.location) if finding.excerpt else 1
    begin = f"{'':{digits + 3}}= "
    for line in _wrap(text, look, begin, " " * len(begin)):
        yield look.style(line, style) if style else line


def _append(line: str, text: str, look: Look) -> list[str]:
    """Return a line with more text after it, or below it if there is no room."""
    if look.width is None or len(line) + 4 + len(text) <= look.width:
        return [f"{line}    {text}"]
    indent = len(line) - len(line.lstrip(" ="))
    return [line, f"{'':{indent}}{text}"]


def _wrap(text: str, look: Look, first: str, further: str) -> list[str]:
    """Wrap text at spaces, after `first` on the first line and `further` on the others."""
    if look.width is None or len(first) + len(text) <= look.width:
        return [first + text]
    import textwrap

    return textwrap.wrap(
        text,
        look.width,
        initial_indent=first,
        subsequent_indent=further,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )


def render_concise(report: Report, look: Look) -> str:
    """Return one line for each finding; without findings, the summary."""
    if not report.findings:
        return summary(report, look) if look.summed else ""
    return "\n".join(str(finding) for finding in report)


_FIX: Final = "skillpack check --fix"
_PLAIN: Final = Look()


def summary(report: Report, look: Look = _PLAIN) -> str:
    """Return `2 skills checked: 1 error, 3 warnings; 2 fixable with skillpack check --fix`."""
    if report.unread and not report.findings and not report.subjects:
        return "no skills checked"
    skills = len(report.subjects)
    begin = f"{plural(skills, 'skill')} checked: " if skills else ""
    if not report.findings:
        return begin + look.style("no problems found", "good")
    counts = ", ".join(
        look.style(plural(number, str(severity)), SEVERITIES[severity])
        for severity in sorted(Severity, reverse=True)
        if (number := report.count(severity))
    )
    fixable = sum(bool(finding.edits) for finding in report)
    return begin + counts + (f"; {fixable:,} fixable with {_FIX}" if fixable else "")
