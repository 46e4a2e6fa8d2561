"""Check skills: every rule on each file and on the whole, and one report of all findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from skillpack.errors import SkillChangedError
from skillpack.findings import Issue, Location, Report, Severity, Subject
from skillpack.limits import MAX_FILE_BYTES, MAX_FINDINGS
from skillpack.rules import (  # noqa: F401 - importing a module registers its rules
    content,
    fields,
    ignoring,
    leftovers,
    manifest,
    names,
    references,
    requests,
    secrets,
    secrets_assigned,
    size,
    targets,
    text,
    yaml_style,
)
from skillpack.rules.catalogue import HELD, RULES, Rule, explain_refused_level, find_lowered, hint_for, select
from skillpack.rules.engine import (
    CHECKS,
    Content,
    Delivered,
    Environment,
    Neighbours,
    OptionPatterns,
    Packed,
    SkillForTarget,
    Tally,
    redact,
    rule,
    run_rules,
)
from skillpack.rules.excerpts import Quotable
from skillpack.rules.other_formats import FirstFiles
from skillpack.rules.safe_edits import drop_unsafe_edits
from skillpack.skill.tree import is_listable
from skillpack.targets import TARGETS, layout_for
from skillpack.text import os_error
from skillpack.values import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from skillpack.findings import Finding
    from skillpack.select.inputs import ReceivedBody
    from skillpack.settings import Settings
    from skillpack.skill.skill import Skill
    from skillpack.skill.tree import SkillFile
    from skillpack.targets import TargetName

__all__ = [
    "CHECKS",
    "HELD",
    "RULES",
    "Content",
    "Environment",
    "Issue",
    "Neighbours",
    "OptionPatterns",
    "Packed",
    "Rule",
    "check",
    "check_delivered",
    "check_targets",
    "explain_refused_level",
    "report_body",
    "rule",
    "select",
    "weigh",
]
_DO_NOT_UNPACK: Final = "do not unpack it; ask its author for a zip made with skillpack"
_RECEIVER_HINTS: Final = {
    "zip-name-encoding": "ask its author for a zip made with skillpack, which marks names as UTF-8",
    "zip-encrypted": "ask its author for a zip without a password, made with skillpack",
}

_ONLY_THE_MANIFEST: Final = dict.fromkeys(RULES.keys() - {"manifest-missing"}, "off")
"""Levels for a folder whose skill is in a folder below it: what else is wrong is not about a skill."""


def check(skill: Skill, settings: Settings, seen: Callable[[SkillFile, bytes], object] | None = None) -> Report:
    """Check a skill: each file once, then the whole.

    Args:
        skill: what to check.
        settings: the levels of rules, and which files may contain secrets.
        seen: called with each file and its content before they are checked, in archive order.

    Raises:
        SettingsError: the settings name a rule that does not exist.
    """
    levels = select(settings)
    tree = skill.tree
    reports: list[Report] = []
    if tree.selection.unreadable:  # its files are unknown, so no rule can judge them
        found = [*find_lowered(settings), *map(_for_receiver, tree.selection.rejected), *tree.selection.notes]
        report = run_rules(None, tree.origin, levels, _no_content, found)
        return replace(report, subjects=(Subject(path=tree.origin),))
    if manifest.has_another(skill):
        report = run_rules(skill, tree.origin, _ONLY_THE_MANIFEST, _no_content)
        return replace(report, subjects=(Subject(path=tree.origin),))
    issues = [*find_lowered(settings), *skill.issues, *tree.selection.rejected, *tree.selection.notes]
    if size.has_too_many_to_read(skill) and levels.get("too-many-files", "error") == "error":
        skill = skill.replaced(tree, unread=True)
    over = [*size.find_over_budget(skill, settings.max_contents)]
    issues += over
    readable = not skill.unread and not over and not size.exceeds_zip(skill)
    complete = readable and is_listable(tree)
    shared: dict[Callable[[Skill], Any], Any] = {}
    in_files, in_skill = Tally(), Tally()
    first_files = FirstFiles(skill)
    quote = _quote_manifest(skill)
    for file in tree.files if readable else ():
        if file.size > MAX_FILE_BYTES:
            complete = False
            continue
        try:
            content = (skill.content if file is skill.manifest else b"") or file.read()
        except SkillChangedError:
            complete = False
            issues.append(Issue("file-changed", Location(file.path), "the file changed while it was read"))
        except OSError as error:
            complete = False
            issues.append(Issue("file-unreadable", Location(file.path), f"it cannot be read: {os_error(error)}"))
        else:
            if seen:
                seen(file, content)
            first_files.add(file, content)
            stated = settings.allow_secrets.get(file.path)
            allowed = stated is not None and stated == file.sha256
            checked = Content(skill, file, content, allowed, shared)
            reports.append(run_rules(checked, tree.origin, levels, checked.quote, tally=in_files))
            quote = checked.quote if file is skill.manifest else quote  # it is not searched for credentials again
            del content, checked  # or two large files would be held while the next is read
    issues += first_files.find() if complete else ()
    reports.append(run_rules(skill, tree.origin, levels, quote, issues, in_skill))
    reports += [_aim(skill, name, levels, settings.targets, quote) for name in settings.targets if complete]
    subject = Subject(path=tree.origin, name=redact(skill.name) or None, digest=tree.digest if complete else None)
    report = Report.merge([*reports, Report(subjects=(subject,))])
    report = _limit_findings(report, in_files.omitted + in_skill.omitted, levels)
    return drop_unsafe_edits(report, skill)


def _for_receiver(issue: Issue) -> Issue:
    """Return an issue of a refused zip with a hint for its receiver, who may not be its author."""
    hint = _RECEIVER_HINTS.get(issue.rule_id, _DO_NOT_UNPACK)
    dangerous = {"reader", "safety"}.intersection(RULES[issue.rule_id].required_by)
    return replace(issue, hint=hint) if dangerous and not issue.hint else issue


def check_targets(
    skill: Skill,
    report: Report,
    settings: Settings,
    target_names: Iterable[TargetName],
    packed: Packed | None = None,
) -> dict[TargetName, Report]:
    """Judge for several targets, each on its own, a skill whose files were checked once.

    Args:
        skill: what was checked.
        report: the findings without any target, and without those about its zip.
        settings: as check takes it; its targets do not count.
        target_names: the targets.
        packed: the size of its zip, if it has one.

    Returns:
        name -> the findings that a check for this target alone has.

    Raises:
        SettingsError: the settings name a rule that does not exist.
    """
    reports: dict[TargetName, Report] = {}
    for name in target_names:
        alone = replace(settings, targets=(name,))
        levels = select(alone)
        findings = tuple(
            _at_level(finding, Severity[level.upper()]) if (level := levels.get(finding.rule)) else finding
            for finding in report
            if levels.get(finding.rule) != "off"
            and not (finding.rule == "zip-several-roots" and _wants_root(skill, name))
        )
        quote = _quote_manifest(skill)
        aimed = _aim(skill, name, levels, (name,), quote) if report.subjects[0].digest else Report()
        weighed = weigh(packed, alone, skill.tree.origin) if packed else Report()
        reports[name] = replace(report, findings=findings) + aimed + weighed + check_delivered(skill, alone)
    return reports


def _at_level(finding: Finding, severity: Severity) -> Finding:
    rule = RULES[finding.rule]
    hint = hint_for(rule, severity) if finding.hint == rule.hint else finding.hint
    return replace(finding, severity=severity, hint=hint)


def _wants_root(skill: Skill, name: TargetName) -> bool:
    """Return True if SKILL.md is at the root of the zip that was read, and a target wants it there."""
    place = skill.tree.selection.in_zip
    return place is not None and "/" not in place.path and TARGETS[name].layout == "root"


def check_delivered(skill: Skill, settings: Settings) -> Report:
    """Check the layout of the zip that a skill was read from for its targets; packing writes another zip.

    Raises:
        SettingsError: the settings name a rule that does not exist.
    """
    place = skill.tree.selection.in_zip
    if place is None or not settings.targets:
        return Report()
    levels, mixed = select(settings), layout_for(settings.targets) is None
    return Report.merge(
        run_rules(Delivered(place, name, TARGETS[name], mixed), skill.tree.origin, levels, _no_content)
        for name in settings.targets
    )


def _aim(
    skill: Skill,
    name: TargetName,
    levels: Mapping[str, str],
    together: Sequence[TargetName],
    quote: Callable[[str], Quotable | None],
) -> Report:
    aimed = SkillForTarget(skill, name, TARGETS[name], tuple(together))
    return run_rules(aimed, skill.tree.origin, levels, quote)


def _limit_findings(report: Report, omitted: int, levels: Mapping[str, str]) -> Report:
    """Return the report with the most severe findings of a skill, and one that counts the others."""
    over = max(0, len(report) - MAX_FINDINGS)
    if not over + omitted:
        return report
    severe = sorted(report.findings, key=lambda finding: -finding.severity)[:MAX_FINDINGS]  # in the same order
    message = f"{over + omitted:,} more findings are not listed; none is more severe than those that are"
    counted = run_rules(
        None, report.subjects[0].path, levels, _no_content, [Issue("too-many-findings", Location(), message)]
    )
    return Report.merge((Report(findings=tuple(severe), subjects=report.subjects), counted))


def weigh(value: Packed | Environment | Neighbours | OptionPatterns, settings: Settings, origin: str = "") -> Report:
    """Check a skill with its zip, the skills of one request or of one call together, or the patterns of a command line.

    Raises:
        SettingsError: the settings name a rule that does not exist.
    """
    if isinstance(value, Packed):
        value = value._replace(names=tuple(settings.targets))
    return run_rules(value, origin, select(settings), _no_content)


def report_body(body: ReceivedBody, settings: Settings) -> Report:
    """Report the issues with a request body itself, and check its skills and files together.

    Raises:
        SettingsError: the settings name a rule that does not exist.
    """
    reports = [run_rules(None, body.origin, select(settings), _no_content, body.issues)]
    for found in body.environments:
        if found.kind in ("container", "container_auto", "local"):
            environment = Environment(found.kind, found.names, found.references, found.file_ids)
            reports.append(weigh(environment, settings, body.origin))
    return Report.merge(reports)


def _quote_manifest(skill: Skill) -> Callable[[str], Quotable | None]:
    """Return what findings quote of a SKILL.md that was not searched for credentials as a whole."""
    return {skill.manifest.path: Quotable(skill.content)}.get if skill.manifest else _no_content


def _no_content(_path: str) -> None:
    return None
