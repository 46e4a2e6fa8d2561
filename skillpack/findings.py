"""Hold what a check reports: issues, the findings made from them, and the report of all findings."""

import enum
from collections.abc import Iterable, Iterator
from typing import Never

from skillpack.errors import SkillpackError
from skillpack.text import escape_commands, escaped
from skillpack.values import Value, field


class Severity(enum.IntEnum):
    """How severe a finding is; ordered, so that `max` and `>=` work."""

    __module__ = "skillpack"

    NOTE = 1
    WARNING = 2
    ERROR = 3

    def __str__(self) -> str:
        return self.name.lower()


class Location(Value):
    """A place: a file of a skill and a span in it, a byte of a zip, or a JSON pointer.

    `path` is relative to the skill's root; `.` is the skill itself. Lines (`line`, `end_line`) and columns (`column`,
    `end_column`) count from 1, columns in characters; the end is the first column after the span. `offset` counts
    bytes from 0; `pointer` is a JSON pointer (RFC 6901).
    """

    __module__ = "skillpack"

    path: str = field(default=".", kw_only=False)
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None
    offset: int | None = None
    pointer: str | None = None


def order_of_place(place: Location) -> tuple[str, int, int, int, str]:
    """Return the key that places are sorted by: path, line, column, offset, pointer."""
    return place.path, place.line or 0, place.column or 0, place.offset or 0, place.pointer or ""


class Excerpt(Value):
    """The source lines of a finding, so that printing it does not read the file again.

    `lines` start with the line of the location and are few, wherever it ends; `columns` is the span to underline in
    the first of them, from 1, the end excluded. `cut` is the number of characters removed from the start of the first
    line where it is too long; columns still count from the start of the line in the file.
    """

    __module__ = "skillpack"

    lines: tuple[str, ...]
    columns: tuple[int, int]
    cut: int = 0


class Edit(Value):
    """A change that fixes a finding: the bytes from `start` up to `end` of the file at `path` become `text`.

    Bytes count from 0, and the byte at `end` is not replaced; `path` is relative to the skill's root.
    """

    __module__ = "skillpack"

    path: str
    start: int
    end: int
    text: bytes = field(repr=False)


class Issue(Value):
    """A problem as the code that saw it describes it: the engine adds the level and makes it a Finding.

    `rule_id` is the rule's id. `location` is relative to the skill's root, and `message` describes the problem. `hint`
    replaces the hint of the rule where the place allows a better one, and `edits` fix the problem. The source line is
    quoted only if `quotable`: one that holds a secret is not. `severity` replaces the default level of the rule where
    the place is less important. `message` and `hint` may quote the skill unescaped; those of a Finding
    are safe to print.
    """

    __module__ = "skillpack"

    rule_id: str = field(kw_only=False)
    location: Location = field(kw_only=False)
    message: str = field(kw_only=False)
    hint: str | None = None
    edits: tuple[Edit, ...] = ()
    quotable: bool = True
    severity: Severity | None = None


class Finding(Value):
    """One problem that a rule found in one place.

    `rule` is the rule's id, and `severity` how severe the finding is. `skill` is the skill's root as the caller wrote
    it, and `location` a place in it. `message` describes the problem and `hint` how to fix it; `required_by` names
    where the rule comes from, such as the API or a specification. `excerpt` holds the lines it is about, and `edits`
    the changes that fix it.
    """

    __module__ = "skillpack"

    rule: str
    severity: Severity
    skill: str
    location: Location
    message: str
    hint: str | None = None
    required_by: tuple[str, ...] = ()
    excerpt: Excerpt | None = field(default=None, compare=False)
    edits: tuple[Edit, ...] = ()

    @property
    def path(self) -> str:
        """The file as a caller would open it: the skill's root joined with the place in it."""
        if self.location.path == ".":
            return self.skill
        if self.skill in ("", "."):
            return self.location.path
        return f"{self.skill.rstrip('/')}/{self.location.path}"

    def __str__(self) -> str:
        """`path:line:col: error[rule]: message`, safe to print; a finding about no file has no location."""
        place = f"{escaped(self.path)}{self._within()}".lstrip()
        message = f"{self.severity}[{self.rule}]: {escaped(self.message)}"
        return escape_commands(f"{place}: {message}" if place else message)

    def _within(self) -> str:
        place = self.location
        if place.pointer is not None:
            return f" at {escaped(place.pointer) or '/'}"
        if place.offset is not None:
            return f" at byte {place.offset:,}"
        return "".join(f":{number}" for number in (place.line, place.column) if number is not None)


class Subject(Value):
    """One skill that a report covers.

    `path` is its root as the caller wrote it; `name` and `digest`, the content digest, are None where unknown.
    """

    __module__ = "skillpack"

    path: str
    name: str | None = None
    digest: str | None = None


class Unread(Value):
    """A `path` that could not be checked; `message` gives the reason in a line that is safe to print."""

    __module__ = "skillpack"

    path: str
    message: str


class Report(Value):
    """All `findings` of one run, in a stable order, and the `subjects`: the skills that were checked.

    `unread` holds the paths that could not be checked. Iterate a report for its findings; `report.ok` is True if none
    of them blocks packing, and `len(report)` is how many there are.
    """

    __module__ = "skillpack"

    findings: tuple[Finding, ...] = ()
    subjects: tuple[Subject, ...] = ()
    unread: tuple[Unread, ...] = ()

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def __bool__(self) -> Never:
        """Refuse: True could mean that there are findings, or that there are no errors."""
        raise TypeError("the truth value of a report is ambiguous: use report.ok, report.findings or len(report)")

    def __add__(self, other: "Report") -> "Report":
        return Report.merge((self, other))

    @classmethod
    def merge(cls, reports: Iterable["Report"]) -> "Report":
        """Return one report of several. Adding them one by one would sort the findings each time.

        Args:
            reports: in any order; duplicate findings are removed.
        """
        reports = tuple(reports)
        findings = {finding for report in reports for finding in report.findings}
        subjects = dict.fromkeys(subject for report in reports for subject in report.subjects)
        unread = dict.fromkeys(each for report in reports for each in report.unread)
        ordered = tuple(sorted(findings, key=_order)) if len(findings) > 1 else tuple(findings)
        return cls(findings=ordered, subjects=tuple(subjects), unread=tuple(unread))

    def at_least(self, severity: Severity) -> tuple[Finding, ...]:
        """Return the findings of a severity or a higher one.

        Args:
            severity: the lowest that counts.
        """
        return tuple(finding for finding in self if finding.severity >= severity)

    def count(self, severity: Severity) -> int:
        """Return how many findings have exactly this severity.

        Args:
            severity: the only one that counts.
        """
        return sum(finding.severity is severity for finding in self)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that block packing."""
        return self.at_least(Severity.ERROR)

    @property
    def ok(self) -> bool:
        """True if there are no errors, so that the skill can be packed."""
        return not self.errors

    def raise_for_errors(self) -> "Report":
        """Return self.

        Raises:
            RejectedError: a finding blocks packing.
        """
        if self.ok:
            return self
        raise RejectedError(self)


def _order(finding: Finding) -> tuple[object, ...]:
    """Return the key that makes the order of a report stable: skill, place, rule, message."""
    return finding.skill, order_of_place(finding.location), finding.rule, finding.message


def has_crashed(report: Report) -> bool:
    """Return True if a rule raised an exception, so that its findings are unknown."""
    return any(finding.rule == "rule-crashed" for finding in report)


class RejectedError(SkillpackError):
    """The skill has findings that block packing.

    Args:
        report: all its findings.
    """

    __module__ = "skillpack"

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self.report = report

    def _words(self) -> str:
        errors = self.report.errors
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        return f"{errors[0]}{more}" if errors else "rejected"
