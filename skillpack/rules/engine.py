"""Run rules on the values they check, and make findings of the issues they yield."""

from __future__ import annotations

from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, Literal, Self, TypeVar

from skillpack.errors import SkillChangedError
from skillpack.findings import Finding, Issue, Location, Report, Severity
from skillpack.limits import MAX_FINDINGS
from skillpack.rules.catalogue import RULES, hint_for
from skillpack.rules.effort import Effort
from skillpack.rules.excerpts import Quotable, take_excerpt
from skillpack.secrets.budget import Budget
from skillpack.secrets.runs import LEAST_RUN, PART, find_few_runs
from skillpack.secrets.scan import is_text, masked, searchable, tokens
from skillpack.text import escaped
from skillpack.values import NamedTuple, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from skillpack.rules.effort import Bounded
    from skillpack.secrets.token import Token
    from skillpack.skill.skill import Skill
    from skillpack.skill.tree import SkillFile
    from skillpack.targets import Target, TargetName

    Rules = tuple[tuple[str, Callable[[Any], Iterator[Issue]]], ...]
    """Ids of rules with their functions."""

Result = TypeVar("Result")
Search = TypeVar("Search", bound="Bounded")
Find = TypeVar("Find", bound="Callable[[Any], Iterator[Issue]]")

MOST_FINDINGS: Final = 100
"""Of one rule in one file; a hostile file could have millions, each with an excerpt."""


MOST_SEARCHED: Final = 1 << 20
"""Bytes of a text in which most rules search; what is larger is data."""

_LONGEST_TARGET: Final = 4096
"""PATH_MAX of Linux; no longer symlink can be checked out."""

_SHORT_TEXT: Final = 1 << 13  # bytes; the API's 500 files of this size take little

_STARTS: Final = frozenset((b"#!", b"PK", b'{"', b"ve"))


class Traits(NamedTuple):
    """What is quickly seen of a file; most rules can find nothing in most files.

    `start` is the first two bytes, if a rule is about files that start so; `searched` is True for a text that is not
    too large to search, and `line` for what could be the target of a symlink: a line without an end.
    """

    start: bytes
    markdown: bool
    python: bool
    ascii: bool
    searched: bool
    line: bool
    returns: bool
    mode_executable: bool

    @classmethod
    def from_file(cls, file: SkillFile, content: bytes) -> Self:
        """Return the traits of a file.

        Args:
            file: the file.
            content: its bytes.
        """
        start = content[:2]
        return cls(
            start if start in _STARTS else b"",
            file.path[-3:].lower() == ".md",
            file.path.endswith(".py"),
            content.isascii(),
            len(content) <= MOST_SEARCHED and is_text(content),
            0 < len(content) <= _LONGEST_TARGET and content.find(b"\n") < 0,
            content.find(b"\r") >= 0,  # `in` raises an exception first, and takes five times as long
            bool(file.mode_executable),
        )


class Check(NamedTuple):
    """The function of a rule, the type of the values it takes, and which files it can find something in."""

    on: type
    find: Callable[[Any], Iterator[Issue]]
    when: Callable[[Traits], bool] | None


CHECKS: Final[dict[str, Check]] = {}
_NOTHING: Final = Report()
_SELECTED: Final[dict[tuple[type, Traits | None], tuple[int, Rules]]] = {}


def rule(on: type, when: Callable[[Traits], bool] | None = None) -> Callable[[Find], Find]:
    """Register a function as the rule that has its name, `_` read as `-`.

    Args:
        on: the type of the values that the function checks.
        when: returns whether it is called for a Content with these traits; if None, it is called for all.
    """

    def register(find: Find) -> Find:
        id = find.__name__.replace("_", "-")
        assert id in RULES, id
        assert id not in CHECKS, id
        _SELECTED.clear()
        CHECKS[id] = Check(on, find, when)
        return find

    return register


_MOST_COUNTED: Final = 20_000
"""Findings of a skill, after which only one of a rule in a file is counted: to make more takes longer than a check."""


class Tally:
    """Counts the findings of several runs: of each severity as many become findings as are ever listed."""

    __slots__ = ("_counts", "omitted")

    def __init__(self) -> None:
        self._counts = dict.fromkeys(Severity, 0)
        self.omitted = 0

    def most_of_rule(self) -> int:
        """Return how many more findings of one rule in one file count."""
        return MOST_FINDINGS if sum(self._counts.values()) < _MOST_COUNTED else 1

    def admit(self, severity: Severity) -> bool:
        """Count an issue, and return True unless there are enough findings of its severity."""
        self._counts[severity] += 1
        more = self._counts[severity] > MAX_FINDINGS
        self.omitted += more
        return not more


def run_rules(  # noqa: PLR0913, PLR0917 - a tally is only for the parts of one skill
    value: Any,
    skill: str,
    levels: Mapping[str, str],
    file_of: Callable[[str], Quotable | None],
    issues: Iterable[Issue] = (),
    tally: Tally | None = None,
) -> Report:
    """Run every rule for values of this type, and report what it finds with the issues found before.

    Args:
        value: what to check.
        skill: the root that paths are relative to, as the caller wrote it.
        levels: rule id -> level that replaces the rule's own, or off.
        file_of: returns a file by its path, for excerpts.
        issues: what was found while the skill was read.
        tally: counts the findings of the skill; what it does not admit is neither shown nor quoted.
    """
    tally = tally or Tally()
    findings: list[Finding] = []

    def add(found: Iterable[Issue]) -> None:
        findings.extend([*_findings(found, _path(value), skill, levels, file_of, tally)])

    if issues != ():  # those of a skill, and not of one of its files
        add(issues)
    traits = Traits.from_file(value.file, value.content) if isinstance(value, Content) else None
    off = {id for id, level in levels.items() if level == "off"}
    for id, find in _rules_for(type(value), traits):
        if id in off:
            continue
        try:
            found = find(value)
            for first in found:  # most rules find nothing
                add(chain((first,), found))
                break
        except (SkillChangedError, OSError):
            raise
        except Exception as error:  # noqa: BLE001 - the one place: a bug in one rule must not hide what others find
            crash = f"the rule {id} crashed: {type(error).__name__}"
            add([Issue("rule-crashed", Location(_path(value)), crash)])
    return Report.merge((Report(findings=tuple(findings)),)) if findings else _NOTHING


def _rules_for(kind: type, traits: Traits | None) -> Rules:
    """Return the rules that check values of a type, and files with these traits; cached, as files are many."""
    count, rules = _SELECTED.get((kind, traits), (0, ()))
    if count != len(CHECKS):  # one was registered since
        checks = [(id, check) for id, check in CHECKS.items() if issubclass(kind, check.on)]
        rules = tuple(
            (id, check.find) for id, check in checks if traits is None or check.when is None or check.when(traits)
        )
        _SELECTED[kind, traits] = len(CHECKS), rules
    return rules


def _path(value: Any) -> str:
    """Return the path of the file that a value is about, or of the root."""
    return str(getattr(getattr(value, "file", None), "path", "."))


def _findings(  # noqa: PLR0913, PLR0917 - those of run_rules
    issues: Iterable[Issue],
    only: str,
    skill: str,
    levels: Mapping[str, str],
    file_of: Callable[[str], Quotable | None],
    tally: Tally,
) -> Iterator[Finding]:
    for issue in _limit(issues, only, tally.most_of_rule()):
        level = levels.get(issue.rule_id)
        if level != "off":
            default = issue.severity or RULES[issue.rule_id].severity
            severity = Severity[level.upper()] if level else default
            if tally.admit(severity):
                yield _finding(issue, severity, skill, file_of)


def _limit(issues: Iterable[Issue], only: str, most: int) -> Iterator[Issue]:
    """Yield some issues of a rule in a file, and an issue in place of the rest.

    Args:
        issues: in the order they were found.
        only: the one file they can be about, or the root where they can be about all.
        most: how many of one rule in one file.
    """
    counts: dict[tuple[str, str], int] = {}
    for issue in issues:
        id, path = key = issue.rule_id, issue.location.path
        count = counts[key] = counts.get(key, 0) + (path != ".")
        if count <= most:
            yield issue
        elif count == most + 1:
            first = f"finding of {id} in this file is" if most == 1 else f"{most} findings of {id} in this file are"
            yield Issue(id, Location(path), f"only the first {first} listed")
            if only == path:  # none of another file can follow
                return


def _finding(issue: Issue, severity: Severity, skill: str, file_of: Callable[[str], Quotable | None]) -> Finding:
    """Make a finding: credentials are masked here, in all that is shown of it."""
    rule, location = RULES[issue.rule_id], issue.location
    excerpt, masks = take_excerpt(location, file_of) if issue.quotable else (None, False)
    hint = (None if masks else issue.hint) or hint_for(
        rule, severity
    )  # the hint of the issue may quote part of a masked line
    path = redact(location.path)
    return Finding(
        rule=rule.id,
        severity=severity,
        skill=skill,
        location=location if path == location.path else replace(location, path=path),
        message=escaped(redact(issue.message)),
        hint=escaped(redact(hint)),
        required_by=rule.required_by,
        excerpt=excerpt,
        edits=issue.edits,
    )


@lru_cache(1024)  # many paths and hints are the same
def redact(text: str) -> str:
    """Return a text with each credential in it masked."""
    return masked(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")


class Content:
    """One file of a skill with its bytes, which are held only while it is checked.

    `allowed` is True where the settings allow exactly this content, whatever secrets it holds. `shared` holds what
    several files of the skill need, computed once.
    """

    __slots__ = ("_computed", "_shared", "allowed", "content", "file", "skill")

    def __init__(
        self,
        skill: Skill,
        file: SkillFile,
        content: bytes,
        allowed: bool = False,  # noqa: FBT001, FBT002 - as the fields are named
        shared: dict[Callable[[Skill], Any], Any] | None = None,
    ) -> None:
        self.skill, self.file, self.content, self.allowed = skill, file, content, allowed
        self._computed: dict[Callable[[Content], Any], Any] = {}
        self._shared = {} if shared is None else shared

    def once(self, compute: Callable[[Content], Result]) -> Result:
        """Return compute(self), which several rules of this file need, computed once."""
        if compute not in self._computed:
            self._computed[compute] = compute(self)
        result: Result = self._computed[compute]
        return result

    def once_for_skill(self, compute: Callable[[Skill], Result]) -> Result:
        """Return compute(self.skill), which the rules need for many files, computed once for the skill."""
        if compute not in self._shared:
            self._shared[compute] = compute(self.skill)
        result: Result = self._shared[compute]
        return result

    def bounded(self, compute: Callable[[Skill], Search]) -> Search:
        """Return the same of a search, and count what it takes in the effort for the skill."""
        search = self.once_for_skill(compute)
        self.effort.add(search)
        return search

    @property
    def effort(self) -> Effort:
        """What the searches of all rules for the skill have taken."""
        return self.once_for_skill(Effort)

    @property
    def text(self) -> bytes | None:
        """The content as UTF-8 where possible, or None if it is binary."""
        return self.once(_make_searchable)

    @property
    def runs(self) -> list[tuple[int, int]] | None:
        """The runs of at least LEAST_RUN bytes in the text, or None if it is none, is very long or has many of them."""
        return self.once(_find_runs)

    @property
    def tokens(self) -> tuple[Token, ...]:
        """The places that look like a credential, if this file is text; none where the settings allow the file."""
        return self.once(_find_tokens)

    def quote(self, path: str) -> Quotable | None:
        """Return what findings in this file quote, or None of another file."""
        return self.once(_make_quotable) if path == self.file.path else None


def _make_quotable(content: Content) -> Quotable:
    searched = not content.allowed and content.text is content.content  # neither binary nor UTF-16
    clean = searched and not content.tokens and not content.once_for_skill(_scan_budget).is_short()
    return Quotable(content.content, clean)


def _find_tokens(content: Content) -> tuple[Token, ...]:
    text = None if content.allowed else content.text
    if not text:
        return ()
    budget = content.bounded(_scan_budget)
    if (len(text) > _SHORT_TEXT or budget.is_short()) and content.effort.is_spent():
        budget.cut_short()
    return tuple(tokens(text, budget, content.runs))


def _make_searchable(content: Content) -> bytes | None:
    return searchable(content.content)


def _find_runs(content: Content) -> list[tuple[int, int]] | None:
    text = content.text
    return None if text is None or len(text) > PART else find_few_runs(text, LEAST_RUN)


def _scan_budget(_skill: Skill) -> Budget:
    return Budget()


class OptionPatterns(NamedTuple):
    """The patterns of a command line, those of include with `!` in front, and those that matched nothing, by skill."""

    patterns: tuple[str, ...]
    unmatched: tuple[tuple[str, ...], ...]


class Packed(NamedTuple):
    """A skill and the size of its zip, in bytes.

    `footprints` are (path, bytes in the zip); where the zip is known to fit without being compressed, there are none
    and `size` is an upper bound. `names` are the targets of the check.
    """

    skill: Skill
    size: int
    footprints: tuple[tuple[str, int], ...] = ()
    names: tuple[TargetName, ...] = ()


class SkillForTarget(NamedTuple):
    """A skill and one consumer that it is for: the name of the target, and what that requires.

    `names` are all targets of the check: what several refuse alike is reported for the first of them.
    """

    skill: Skill
    name: TargetName
    target: Target
    names: tuple[TargetName, ...] = ()


class Delivered(NamedTuple):
    """A zip that was read, for one target: as it was given, not as it is packed again.

    `in_zip` is the place of its SKILL.md; `other_layout` is True if another target of the call wants the other layout.
    """

    in_zip: Location
    name: str
    target: Target
    other_layout: bool


class Environment(NamedTuple):
    """The skills and files of one request: the names of inline skills, (skill_id, version) of references.

    The kind is that of the API's environment, or `files` for skills that one call writes, each to a file. `places` are
    the paths of the inline skills, in the order of the names, where they are known.
    """

    kind: Literal["container", "container_auto", "openai_hosted", "local", "files"]
    names: tuple[str, ...] = ()
    references: tuple[tuple[str, str | None], ...] = ()
    file_ids: tuple[str, ...] = ()
    places: tuple[str, ...] = ()


class Neighbours(NamedTuple):
    """The skills of one call, as (path, name): a name is empty where the skill has none."""

    skills: tuple[tuple[str, str], ...]
