"""Register rules and run them on the values they judge."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from skillpack.errors import SkillChangedError
from skillpack.findings import Edit, Finding, Location, Report, Severity
from skillpack.rules.excerpts import excerpt_at
from skillpack.secrets.scan import masked, searchable, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from skillpack.secrets.scan import Token
    from skillpack.settings import Settings
    from skillpack.skill.skill import Skill
    from skillpack.skill.tree import SkillFile, SkillTree

Result = TypeVar("Result")
RequiredBy = Literal["api", "spec", "reader", "safety", "advice"]

MOST_FINDINGS: Final = 100
"""Of one rule in one file; a hostile file could have millions, each with an excerpt."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What a rule says of one place.

    `hint` stands for the rule's own where the place gives a better one; `quotable` says whether the source line
    may be shown with it (one that holds a secret may not).
    """

    location: Location
    message: str
    hint: str | None = None
    edits: tuple[Edit, ...] = ()
    quotable: bool = True


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: what it is called, which value it judges, how much it matters, whose demand it is, what to do."""

    id: str
    on: type
    severity: Severity
    required_by: tuple[RequiredBy, ...]
    hint: str
    page: str = field(repr=False)
    fix: bool
    remarks: Callable[[Any], Iterator[Remark]] = field(repr=False)


RULES: Final[dict[str, Rule]] = {}
_BY_TYPE: Final[dict[type, tuple[int, tuple[Rule, ...]]]] = {}


def rule(
    on: type, severity: Severity, *required_by: RequiredBy, hint: str, fix: bool = False
) -> Callable[[Callable[[Any], Iterator[Remark]]], Rule]:
    """Register a function as the rule its own name says, `_` read as `-`; its docstring is the rule's page.

    Args:
        on: the type of the value it judges.
        severity: how much its findings matter.
        *required_by: who requires it: api, spec, reader, safety or advice.
        hint: what to do about a finding.
        fix: whether its remarks carry edits that mend them.
    """

    def register(remarks: Callable[[Any], Iterator[Remark]]) -> Rule:
        id = remarks.__name__.replace("_", "-")
        assert id not in RULES, id
        _BY_TYPE.clear()
        RULES[id] = Rule(id, on, severity, required_by, hint, remarks.__doc__ or "", fix, remarks)
        return RULES[id]

    return register


def judge(value: Any, skill: str, levels: Mapping[str, str], text_of: Callable[[str], bytes | None]) -> Report:
    """Run every rule that judges values of this type.

    Args:
        value: what to judge.
        skill: the root the findings' places are relative to, as the caller wrote it.
        levels: rule id -> level in place of the rule's own, or off.
        text_of: gives the content of a file by its path, for excerpts.
    """
    findings: list[Finding] = []
    for rule in _on(type(value)):
        level = levels.get(rule.id)
        if level == "off":
            continue
        severity = Severity[level.upper()] if level else rule.severity
        try:
            findings += [_finding(rule, severity, skill, remark, text_of) for remark in _bounded(rule, value)]
        except (SkillChangedError, OSError):
            raise
        except Exception as error:  # the one place: a bug in a rule must not hide what the others say
            if isinstance(value, Crash):
                raise
            findings += judge(Crash(rule.id, type(error).__name__, _path(value)), skill, {}, text_of)
    return Report.merge((Report(findings=tuple(findings)),)) if findings else Report()


def _bounded(rule: Rule, value: Any) -> Iterator[Remark]:
    """Yield what a rule says, of each file no more than somebody would read; the last remark says so."""
    told: Counter[str] = Counter()
    for remark in rule.remarks(value):
        path = remark.location.path
        told[path] += path != "."
        if told[path] <= MOST_FINDINGS:
            yield remark
        elif told[path] == MOST_FINDINGS + 1:
            yield Remark(Location(path), f"there are more than the {MOST_FINDINGS} findings of {rule.id} listed here")
            if _path(value) == path:  # nothing else can follow
                return


def _on(kind: type) -> tuple[Rule, ...]:
    """Return the rules that judge values of a type; asked once a file, so it looks through the catalogue once."""
    count, rules = _BY_TYPE.get(kind, (0, ()))
    if count != len(RULES):  # one was registered since
        rules = tuple(rule for rule in RULES.values() if issubclass(kind, rule.on))
        _BY_TYPE[kind] = len(RULES), rules
    return rules


@dataclass(frozen=True, slots=True)
class Crash:
    """A rule that raised: which one, what it raised, at which file."""

    rule: str
    error: str
    path: str = "."


@rule(Crash, Severity.ERROR, hint="a bug of skillpack, not of the skill: report it with this line")
def rule_crashed(crash: Crash) -> Iterator[Remark]:
    """A rule of skillpack raised an exception: a bug of skillpack, not of the skill.

    The finding names the rule. All other rules have run, and the exit code is 2, because nobody can say
    whether the skill is sound. No setting turns this off.

    Why it matters: a check that dies at the first surprise hides what the other rules have to say, and one that
    swallows the surprise says that a skill is sound which nobody has looked at.

    Before:
        skills/pdf-forms: error[rule-crashed]: the rule body-too-long crashed: ZeroDivisionError
    After:
        (the same skill under a version of skillpack in which the rule is mended)
    """
    yield Remark(Location(crash.path), f"the rule {crash.rule} crashed: {crash.error}")


def _path(value: Any) -> str:
    """Return the file a value is about, or the root."""
    return str(getattr(getattr(value, "file", None), "path", "."))


def _finding(
    rule: Rule, severity: Severity, skill: str, remark: Remark, text_of: Callable[[str], bytes | None]
) -> Finding:
    shown = excerpt_at(remark.location, text_of) if remark.quotable else None
    hint = (remark.hint if shown is None or not shown.masked else None) or rule.hint  # it may quote part of the line
    message, hint = _without_secrets(remark.message), _without_secrets(hint)
    place = replace(remark.location, path=_without_secrets(remark.location.path))
    excerpt = shown.excerpt if shown else None
    return Finding(
        rule=rule.id,
        severity=severity,
        skill=skill,
        location=place,
        message=message,
        hint=hint,
        required_by=rule.required_by,
        excerpt=excerpt,
        edits=remark.edits,
    )


def _without_secrets(text: str) -> str:
    """Return what a finding says with any credential masked: rules may quote the line they are about."""
    return masked(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")


@dataclass(frozen=True, slots=True)
class Content:
    """One file of a skill with its bytes, which are here only while it is judged.

    `allowed` says that the settings let exactly this content be sent, whatever secrets it holds.
    """

    skill: Skill
    file: SkillFile
    content: bytes = field(repr=False)
    allowed: bool = False

    _computed: dict[Callable[[Content], Any], Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, compute: Callable[[Content], Result]) -> Result:
        """Return compute(self), which several rules of this file need, computed once."""
        if compute not in self._computed:
            self._computed[compute] = compute(self)
        result: Result = self._computed[compute]
        return result

    @property
    def tokens(self) -> tuple[Token, ...]:
        """What this file, if it is text, holds that looks like a credential; nothing where the settings allow it."""
        return self.once(_tokens)


def _tokens(content: Content) -> tuple[Token, ...]:
    text = None if content.allowed else searchable(content.content)
    return tuple(tokens(text)) if text else ()


@dataclass(frozen=True, slots=True)
class Applied:
    """Settings, and the tree that they and the ignore files made of a skill."""

    settings: Settings
    tree: SkillTree


@dataclass(frozen=True, slots=True)
class Asked:
    """The patterns of a command line, those of include with `!` in front, and what each skill had no match for."""

    patterns: tuple[str, ...]
    unmatched: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Packed:
    """A skill and what its zip weighs, in bytes.

    `footprints` are (path, bytes in the zip); where nothing had to be compressed to know that the zip fits, there
    are none and `size` is the most it can be.
    """

    skill: Skill
    size: int
    footprints: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Environment:
    """The skills and files of one request: the names of inline skills, (skill_id, version) of references."""

    kind: Literal["container", "container_auto", "local"]
    names: tuple[str, ...] = ()
    references: tuple[tuple[str, str | None], ...] = ()
    file_ids: tuple[str, ...] = ()
