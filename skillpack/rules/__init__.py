"""A value to what its author should know of it: one function a rule."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from skillpack.errors import SkillChangedError
from skillpack.findings import Report, Subject
from skillpack.limits import MANIFEST, MAX_FILE_BYTES
from skillpack.rules import (
    fields,
    files,
    ignoring,
    manifest,
    names,
    requests,
    secrets,
    size,
    text,
    yaml_style,
    yaml_syntax,
)
from skillpack.rules import references as content
from skillpack.rules.catalogue import HELD, objection, select
from skillpack.rules.engine import RULES, Applied, Asked, Content, Environment, Packed, Remark, Rule, judge, rule
from skillpack.rules.safe_edits import offered
from skillpack.skill.decisions import Odd, Oddity

if TYPE_CHECKING:
    from collections.abc import Callable

    from skillpack.settings import Settings
    from skillpack.skill.skill import Skill
    from skillpack.skill.tree import SkillFile

__all__ = [
    "HELD",
    "RULES",
    "Asked",
    "Content",
    "Environment",
    "Packed",
    "Remark",
    "Rule",
    "check",
    "objection",
    "rule",
    "select",
    "weigh",
]
_MODULES = (content, fields, files, ignoring, manifest, names, requests, secrets, size, text, yaml_style, yaml_syntax)


def check(skill: Skill, settings: Settings, seen: Callable[[SkillFile, bytes], object] | None = None) -> Report:
    """Judge a skill: every file once, then the whole.

    Args:
        skill: what to judge.
        settings: how.
        seen: given each file with its content before that is judged, in archive order.

    Raises:
        SettingsError: the settings name a rule that is not there.
    """
    levels = select(settings)
    tree = skill.tree
    reports = [judge(value, tree.origin, levels, _nothing) for value in (settings, Applied(settings, tree))]
    unreadable = []
    if size.countless(skill) and levels.get(size.too_many_files.id, "error") == "error":
        skill = skill.replaced(tree, unread=True)
    readable = not skill.unread and not size.unzippable(skill)
    for file in tree.files if readable else ():
        if file.size > MAX_FILE_BYTES:
            continue
        try:
            content = file.read()
        except SkillChangedError:
            unreadable.append(Odd(file.path, Oddity.FILE_CHANGED))
        except OSError as error:
            unreadable.append(Odd(file.path, Oddity.FILE_UNREADABLE, (error.strerror or "failed").lower()))
        else:
            if seen:
                seen(file, content)
            allowed = settings.allow_secrets.get(file.path) == file.sha256
            reports.append(judge(Content(skill, file, content, allowed), tree.origin, levels, {file.path: content}.get))
            del content  # or two large files would be held while the next is read
    selection = replace(tree.selection, rejected=(*tree.selection.rejected, *unreadable))
    whole = skill.replaced(replace(tree, selection=selection), unread=skill.unread)
    sound = readable and not unreadable and tree.listable and all(file.size <= MAX_FILE_BYTES for file in tree.files)
    subject = Subject(path=tree.origin, name=skill.name or None, digest=tree.digest if sound else None)
    reports.append(judge(whole, tree.origin, levels, _contents(skill).get))
    report = Report.merge([*reports, Report(findings=(), subjects=(subject,))])
    manifest = skill.manifest.path if skill.manifest else MANIFEST
    return replace(report, findings=tuple(offered(report.findings, tree, manifest, skill.content)))


def weigh(value: Packed | Environment | Asked, settings: Settings, origin: str = "") -> Report:
    """Judge a skill with its zip, the skills of one request together, or the patterns of a command line.

    Raises:
        SettingsError: the settings name a rule that is not there.
    """
    return judge(value, origin, select(settings), _nothing)


def _contents(skill: Skill) -> dict[str, bytes]:
    return {skill.manifest.path: skill.content} if skill.manifest else {}


def _nothing(_path: str) -> None:
    return None
