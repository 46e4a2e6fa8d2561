"""What a rule is, and the catalogue of all of them."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final, Literal

from skillpack.errors import SkillChangedError
from skillpack.findings import Edit, Excerpt, Finding, Location, Report, Severity
from skillpack.rules.references import find
from skillpack.secrets.scan import masked, searchable, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from skillpack.rules.references import Reference
    from skillpack.secrets.scan import Token
    from skillpack.settings import Settings
    from skillpack.skill.skill import Skill
    from skillpack.skill.tree import SkillFile, SkillTree


Whose = Literal["api", "spec", "reader", "safety", "advice"]

MOST_FINDINGS: Final = 100
"""Of one rule in one file; a hostile file could have millions, each with an excerpt."""

_EXCERPT_CHARS: Final = 400
_EXCERPT_LINES: Final = 4
_BLOCK: Final = 65_536
_NEAR: Final = 16_384
"""What is looked at on both sides of what is shown, so that no credential is cut in two and not known for one."""


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
    whose: tuple[Whose, ...]
    hint: str
    page: str = field(repr=False)
    fix: bool
    remarks: Callable[[Any], Iterator[Remark]] = field(repr=False)


RULES: Final[dict[str, Rule]] = {}
_BY_TYPE: Final[dict[type, tuple[int, tuple[Rule, ...]]]] = {}


def rule(
    on: type, severity: Severity, *whose: Whose, hint: str, fix: bool = False
) -> Callable[[Callable[[Any], Iterator[Remark]]], Rule]:
    """Register a function as the rule its own name says, `_` read as `-`; its docstring is the rule's page.

    Args:
        on: the type of the value it judges.
        severity: how much its findings matter.
        whose: whose demand it is: api, spec, reader, safety or advice.
        hint: what to do about a finding.
        fix: whether its remarks carry edits that mend them.
    """

    def register(remarks: Callable[[Any], Iterator[Remark]]) -> Rule:
        id = remarks.__name__.replace("_", "-")
        assert id not in RULES, id
        _BY_TYPE.clear()
        RULES[id] = Rule(id, on, severity, whose, hint, remarks.__doc__ or "", fix, remarks)
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
    return Report.joined((Report(tuple(findings)),)) if findings else Report()


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
    shown = _shown(remark.location, text_of) if remark.quotable else None
    hint = (remark.hint if shown is None or not shown.masked else None) or rule.hint  # it may quote part of the line
    message, hint = _without_secrets(remark.message), _without_secrets(hint)
    place = replace(remark.location, path=_without_secrets(remark.location.path))
    excerpt = shown.excerpt if shown else None
    return Finding(rule.id, severity, skill, place, message, hint, rule.whose, excerpt, remark.edits)


def _without_secrets(text: str) -> str:
    """Return what a finding says with any credential masked: rules may quote the line they are about."""
    return masked(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")


@dataclass(frozen=True, slots=True)
class _Shown:
    """What is shown of a place, and whether a credential in it was made asterisks."""

    excerpt: Excerpt
    masked: bool


def _shown(location: Location, text_of: Callable[[str], bytes | None]) -> _Shown | None:
    """Return the first few lines of a place: of an overlong one only what surrounds it."""
    content = text_of(location.path) if location.line else None
    if content is None or location.line is None:
        return None
    last = min(location.end_line or location.line, location.line + _EXCERPT_LINES - 1)
    if location.end_column == 1 and last == location.end_line:  # it ends with the line break before
        last = max(location.line, last - 1)
    spans = _spans(content, location.line, last - location.line + 1)
    if not spans:
        return None
    begin = location.column or 1
    first = _text(content, spans[0], begin)
    columns = begin, min(_end(location, first, begin), max(begin, len(first)) + 1)
    cut = max(0, begin - _EXCERPT_CHARS // 2) if len(first) > _EXCERPT_CHARS else 0
    parts = [_part(content, span, cut if index == 0 else 0) for index, span in enumerate(spans)]
    lines = tuple(fit for _, fit in parts)
    return _Shown(Excerpt(lines, columns, cut), any(raw != fit for raw, fit in parts))


def _spans(content: bytes, line: int, count: int) -> list[tuple[int, int]]:
    """Return where so many lines begin and end, from one on, if there are so many."""
    breaks = _breaks(content)
    block = bisect_left(breaks, line - 1)  # the one in which the line before ends
    if block == len(breaks) and line > 1:
        return []
    begin = block * _BLOCK
    for _ in range(line - 1 - (breaks[block - 1] if block else 0)):
        begin = content.find(b"\n", begin) + 1
    spans: list[tuple[int, int]] = []
    while len(spans) < count and begin >= 0:
        end = content.find(b"\n", begin)
        spans.append((begin, end if end >= 0 else len(content)))
        begin = end + 1 if end >= 0 else -1
    return spans


@lru_cache(1)  # of one file after the other, many findings
def _breaks(content: bytes) -> list[int]:
    """Return how many line breaks there are up to the end of each block."""
    return list(accumulate(content.count(b"\n", at, at + _BLOCK) for at in range(0, len(content), _BLOCK)))


def _part(content: bytes, span: tuple[int, int], cut: int) -> tuple[str, str]:
    """Return what is shown of a line, as it is and without credentials, of which some begin or end lines away."""
    begin, end = span
    line = _text(content, span, cut)
    first = max(0, cut - _NEAR)
    raw = line[cut : cut + _EXCERPT_CHARS]
    before = (b"" if first else content[max(0, begin - _NEAR) : begin]) + line[first:cut].encode()
    behind = line[cut + _EXCERPT_CHARS :].encode()
    behind += content[end : end + max(0, _NEAR - len(behind))]
    fit = masked(before + raw.encode() + behind)
    return raw, fit[len(before) : len(before) + len(raw.encode())].decode("utf-8", "replace")


def _text(content: bytes, span: tuple[int, int], column: int) -> str:
    """Return a line as far as anybody looks who wants to show what is at a column."""
    begin, end = span
    characters = column + _EXCERPT_CHARS + _NEAR
    return content[begin : min(end, begin + 4 * characters)].decode("utf-8", "replace")[:characters].rstrip("\r")


def _end(location: Location, line: str, begin: int) -> int:
    """Return where the mark in the first line ends: with the span, else with the word."""
    if location.end_line is not None and location.end_line != location.line:
        return len(line) + 1
    if location.end_column is not None:
        return max(begin + 1, location.end_column)
    word = line[begin - 1 : begin - 1 + _EXCERPT_CHARS].split(maxsplit=1)
    return begin + max(len(word[0]) if word and not line[begin - 1 : begin].isspace() else 1, 1)


@dataclass(frozen=True)
class Content:
    """One file of a skill with its bytes, which are here only while it is judged.

    `allowed` says that the settings let exactly this content be sent, whatever secrets it holds.
    """

    skill: Skill
    file: SkillFile
    content: bytes = field(repr=False)
    allowed: bool = False

    @cached_property
    def dead_references(self) -> tuple[Reference, ...]:
        """What this file, if it is Markdown, names and whoever reads the bundle will not find."""
        return find(self)

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """What this file, if it is text, holds that looks like a credential; nothing where the settings allow it."""
        text = None if self.allowed else searchable(self.content)
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
