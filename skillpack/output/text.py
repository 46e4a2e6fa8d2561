"""A report to what a person reads: place, message, the lines it is about, what to do, whose demand it is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Final, Literal

from skillpack.findings import Severity, escaped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from skillpack.findings import Finding, Report


Style = Literal["error", "warning", "note", "bold", "dim", "good"]

SEVERITIES: Final[dict[Severity, Style]] = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.NOTE: "note",
}


def plain(text: str, _style: Style) -> str:
    """Return the text as it is."""
    return text


@dataclass(frozen=True, slots=True)
class Look:
    """How text looks.

    `width` is in columns; without one nothing is wrapped, so that a line stays a line for whoever greps it.
    `style` takes a text and the name of a style. `summed` says whether one line sums it all up.
    """

    width: int | None = None
    style: Callable[[str, Style], str] = plain
    summed: bool = True


MOST_SHOWN: Final = 100
"""Of one rule in one skill; the summary counts all, and the other formats hold them."""

_DEMANDING: Final = {"api": "OpenAI's API", "spec": "the Agent Skills specification"}
_REASONS: Final = {
    "reader": "other readers would stumble",
    "safety": "a matter of safety",
    "advice": "skillpack's own advice",
}


def demand(required_by: Sequence[str]) -> str:
    """Return whose demand a rule is, in words: `asked for by OpenAI's API; other readers would stumble`."""
    demanding = " and ".join(_DEMANDING[one] for one in required_by if one in _DEMANDING)
    reasons = [_REASONS[one] for one in required_by if one in _REASONS]
    return "; ".join([f"asked for by {demanding}", *reasons] if demanding else reasons)


def render(report: Report, look: Look) -> str:
    """Return the report as lines for a terminal: findings by file, and where it is asked for a summary at the end."""
    lines: list[str] = []
    explained: set[str] = set()
    for _, findings in groupby(report, key=attrgetter("skill")):
        lines += _of_skill(findings, look, explained)
    return "\n".join([*lines, summary(report, look)] if look.summed else lines[:-1])


def _of_skill(findings: Iterable[Finding], look: Look, explained: set[str]) -> Iterator[str]:
    """Yield the findings of one skill, of each rule no more than somebody would read; `explained` gets those told."""
    path, told = None, Counter[str]()
    for finding in findings:
        told[finding.rule] += 1
        if told[finding.rule] > MOST_SHOWN:
            continue
        yield from _finding(finding, look, repeated=finding.path == path)
        if finding.rule not in explained:
            yield from _source(finding, look)
        yield ""
        explained.add(finding.rule)
        path = finding.path
    more = [(rule, count - MOST_SHOWN) for rule, count in told.items() if count > MOST_SHOWN]
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
        yield from _beside(last, f"({FIX})", look)
    elif finding.hint:
        yield from _aside(finding, f"hint: {escaped(finding.hint)}", look)


def _head(finding: Finding) -> tuple[str, str, str]:
    """Return the three parts of the concise line: where, what, the message."""
    place, label, message = str(finding).partition(f"{finding.severity}[{finding.rule}]")
    return place, label, message.removeprefix(": ")


def _source(finding: Finding, look: Look) -> Iterator[str]:
    parts = [part for part in (demand(finding.required_by), f"more: skillpack rule {finding.rule}") if part]
    joined = list(_aside(finding, "; ".join(parts), look, "dim"))
    yield from joined if len(joined) == 1 else (line for part in parts for line in _aside(finding, part, look, "dim"))


def _aside(finding: Finding, text: str, look: Look, style: Style | None = None) -> Iterator[str]:
    from skillpack.output import excerpt

    digits = excerpt.gutter(finding.excerpt, finding.location) if finding.excerpt else 1
    begin = f"{'':{digits + 3}}= "
    for line in _wrap(text, look, begin, " " * len(begin)):
        yield look.style(line, style) if style else line


def _beside(line: str, text: str, look: Look) -> list[str]:
    """Return a line with more text behind it, or below where there is no room."""
    if look.width is None or len(line) + 4 + len(text) <= look.width:
        return [f"{line}    {text}"]
    indent = len(line) - len(line.lstrip(" ="))
    return [line, f"{'':{indent}}{text}"]


def _wrap(text: str, look: Look, first: str, further: str) -> list[str]:
    """Break text at spaces, behind `first` on the first line and `further` on the others."""
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


def render_concise(report: Report, _look: Look) -> str:
    """Return the findings, one to a line."""
    return "\n".join(str(finding) for finding in report)


FIX: Final = "skillpack check --fix"
_PLAIN: Final = Look()


def summary(report: Report, look: Look = _PLAIN) -> str:
    """Return `2 skills checked: 1 error, 3 warnings; skillpack check --fix mends 2 of them`."""
    if report.unread and not report.findings and not report.subjects:
        return "no skill checked"
    skills = len(report.subjects)
    begin = f"{_counted(skills, 'skill')} checked: " if skills else ""
    if not report.findings:
        return begin + look.style("nothing to say", "good")
    said = ", ".join(
        look.style(_counted(number, str(severity)), SEVERITIES[severity])
        for severity in sorted(Severity, reverse=True)
        if (number := report.count(severity))
    )
    fixable = sum(bool(finding.edits) for finding in report)
    return begin + said + (f"; {FIX} mends {_share(fixable, len(report))}" if fixable else "")


def _share(part: int, whole: int) -> str:
    if part < whole:
        return f"{part:,} of them"
    return "it" if whole == 1 else "all of them"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
