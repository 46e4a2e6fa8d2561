"""Format reports as text: location, message, source lines, hint, and who requires it."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Final, Literal

from skillpack.findings import Severity
from skillpack.text import escaped, plural
from skillpack.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from skillpack.findings import Finding, Report


Style = Literal["error", "warning", "note", "bold", "dim", "good", "removed", "added", "hunk"]

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
    a text and the name of a style. `summed` is True for a summary at the end, and `hidden` counts the findings that are
    not in the report because their level is too low, `known` those that a baseline sets aside, if there is one. `fix`
    is the call that fixes what is fixable.
    """

    width: int | None = None
    style: Callable[[str, Style], str] = plain
    summed: bool = True
    hidden: int = 0
    known: int | None = None
    fix: str = "skillpack check --fix"


MOST_SHOWN: Final = 100
"""Findings of one rule in one skill; the summary counts all, and the other formats contain them."""

MOST_UNFOLDED: Final = 3
"""Skills with notes of one rule; in more skills than that, the notes are one line."""

MOST_UNCOUNTED: Final = 10
"""Skills of one check; over more of them, the findings are counted by rule at the end."""

_AUTHORITIES: Final = {"api": "the OpenAI API", "spec": "the Agent Skills specification"}
_REASONS: Final = {
    "target": "required by the target",
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
    """Return the report as lines for a terminal: errors, warnings, notes, and a summary if `look` has one.

    Notes of one rule in many skills are folded into one line.
    """
    lines: list[str] = []
    explained: set[str] = set()
    folded = _find_repeated_notes(report)
    for severity in sorted(Severity, reverse=True):
        findings = (each for each in report if each.severity is severity and each.rule not in folded)
        for _, of_skill in groupby(findings, key=attrgetter("skill")):
            lines += _skill(of_skill, look, explained)
    for notes in folded.values():
        lines += _fold(notes, look)
    if not look.summed:
        return "\n".join(lines[:-1])
    return "\n".join([*lines, *_table(report, look), summary(report, look)])


def _find_repeated_notes(report: Report) -> dict[str, list[Finding]]:
    """Return the notes of each rule that has notes in many skills, and nothing but notes."""
    by_rule: dict[str, list[Finding]] = {}
    for finding in report:
        by_rule.setdefault(finding.rule, []).append(finding)
    return {
        rule: found
        for rule, found in sorted(by_rule.items())
        if len({each.skill for each in found}) > MOST_UNFOLDED and {each.severity for each in found} == {Severity.NOTE}
    }


def _fold(notes: Sequence[Finding], look: Look) -> Iterator[str]:
    first = notes[0]
    skills = len({note.skill for note in notes})
    place, label, message = _head(first)
    yield look.style(label, "note") + f": {len(notes):,} in {skills:,} skills; the first: {place}{message}"
    yield from _source(first, look)
    yield ""


def _table(report: Report, look: Look) -> Iterator[str]:
    """Yield the rules with findings in a check of many skills: the level, the findings and the skills of each."""
    if len(report.subjects) <= MOST_UNCOUNTED or not report.findings:
        return
    skills: dict[tuple[Severity, str], list[str]] = {}
    for finding in report:
        skills.setdefault((finding.severity, finding.rule), []).append(finding.skill)
    rows = sorted(skills.items(), key=lambda row: (-row[0][0], -len(row[1]), row[0][1]))
    width = max(len(rule) for _, rule in skills)
    yield f"{'rule':{width}}  {'level':7}  findings  skills"
    for (severity, rule), found in rows:
        level = look.style(f"{severity!s:7}", SEVERITIES[severity])
        yield f"{rule:{width}}  {level}  {len(found):8,}  {len(set(found)):6,}"
    yield ""


def _skill(findings: Iterable[Finding], look: Look, explained: set[str]) -> Iterator[str]:
    """Yield the findings of one skill, at most 100 of each rule; rules in `explained` are not explained again."""
    path, counts = None, Counter[str]()
    for finding in findings:
        counts[finding.rule] += 1
        if counts[finding.rule] > MOST_SHOWN:
            continue
        brief = finding.severity is Severity.NOTE and (finding.hint or "").startswith(_NO_ACTION)
        yield from _finding(finding, look, repeated=finding.path == path, brief=brief)
        if not brief and finding.rule not in explained:
            yield from _source(finding, look)
        yield ""
        explained.add(finding.rule)
        path = finding.path
    more = [(rule, count - MOST_SHOWN) for rule, count in counts.items() if count > MOST_SHOWN]
    for rule, count in more:
        yield f"and {count:,} more of {rule}"
    if more:
        yield ""


def _finding(finding: Finding, look: Look, *, repeated: bool, brief: bool) -> Iterator[str]:
    place, label, message = _head(finding)
    begin = look.style(place, "dim" if repeated else "bold") if place else ""
    begin += look.style(label, SEVERITIES[finding.severity])
    if look.width is None or len(f"{place}{label}: {message}") <= look.width:
        yield f"{begin}: {message}"
    else:
        yield f"{begin}:"
        yield from wrap(message, look, "    ", "    ")
    if finding.excerpt and finding.location.line is not None:
        from skillpack.output import excerpt

        yield from excerpt.draw(finding.excerpt, finding.location, SEVERITIES[finding.severity], look)
    if finding.hint and finding.edits:
        *lines, last = _aside(finding, f"fix: {escaped(finding.hint)}", look)
        yield from lines
        yield from _append(last, f"({_FIX})", look)
    elif finding.hint and not brief:
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
    for line in wrap(text, look, begin, " " * len(begin)):
        yield look.style(line, style) if style else line


def _append(line: str, text: str, look: Look) -> list[str]:
    """Return a line with more text after it, or below it if there is no room."""
    if look.width is None or len(line) + 4 + len(text) <= look.width:
        return [f"{line}    {text}"]
    indent = len(line) - len(line.lstrip(" ="))
    return [line, f"{'':{indent}}{text}"]


def wrap(text: str, look: Look, first: str, further: str) -> list[str]:
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
    """Return one line for each finding, with `[*]` where --fix fixes it, and the summary."""
    lines = [_concise(finding) if finding.edits else str(finding) for finding in report]
    return "\n".join([*lines, summary(report, look, mark="[*] ")] if look.summed else lines)


def _concise(finding: Finding) -> str:
    place, label, message = _head(finding)
    return f"{place}{label}: [*] {message}"


_FIX: Final = "skillpack check --fix"
_NO_ACTION: Final = "no action needed; "  # the hint of what the user need only know: a note of one line
_PLAIN: Final = Look()


def summary(report: Report, look: Look = _PLAIN, mark: str = "") -> str:
    """Return `2 skills checked: 1 error, 3 warnings; 2 fixable with skillpack check --fix skills/a`.

    Args:
        report: the findings.
        look: what to add, and how it is displayed.
        mark: what the lines of fixable findings have, to be explained.
    """
    if report.unread and not report.findings and not report.subjects:
        return "no skills checked"
    skills = len(report.subjects)
    begin = f"{plural(skills, 'skill')} checked: " if skills else ""
    hidden = f"; {plural(look.hidden, 'finding')} of lower levels not listed" if look.hidden else ""
    known = f"; {look.known:,} in the baseline" if look.known else ""
    if not report.findings:
        return (
            begin
            + (f"no findings of this level{hidden}" if hidden else look.style("no problems found", "good"))
            + known
        )
    counts = ", ".join(
        look.style(plural(number, str(severity)), SEVERITIES[severity])
        for severity in sorted(Severity, reverse=True)
        if (number := report.count(severity))
    )
    fixable = sum(bool(finding.edits) for finding in report)
    return begin + counts + hidden + known + (f"; {mark}{fixable:,} fixable with {look.fix}" if fixable else "")
