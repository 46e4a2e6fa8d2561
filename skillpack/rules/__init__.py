"""A value to what its author should know of it: one function a rule."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from skillpack.errors import SettingsError, SkillChangedError
from skillpack.findings import Report, Subject
from skillpack.limits import MAX_FILE_BYTES
from skillpack.rules import bodies, content, entries, fields, ignoring, manifest, names, secrets, weight, yaml
from skillpack.rules.rule import RULES, Remark, Rule, judge, rule
from skillpack.rules.values import Content, Environment, Packed
from skillpack.tree import Odd, Oddity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from skillpack.settings import Settings
    from skillpack.skill import Skill

__all__ = ["RULES", "Content", "Environment", "Packed", "Remark", "Rule", "check", "rule", "select", "weigh"]
_MODULES = (bodies, content, entries, fields, ignoring, manifest, names, secrets, weight, yaml)


def select(settings: Settings) -> Mapping[str, str]:
    """Return rule id -> level for every rule that the settings set.

    Raises:
        SettingsError: there is no such rule.
    """
    for id in settings.rules:
        if id not in RULES:
            import difflib

            near = difflib.get_close_matches(id, RULES, 1)
            raise SettingsError(f"there is no rule {id}" + (f"; did you mean {near[0]}?" if near else ""))
    return settings.rules


def check(skill: Skill, settings: Settings) -> Report:
    """Judge a skill: every file once, then the whole.

    Raises:
        SettingsError: the settings name a rule that is not there.
    """
    levels = select(settings)
    tree = skill.tree
    report, unreadable = Report(), []
    for file in tree.files:
        if file.size > MAX_FILE_BYTES:
            continue
        try:
            content = file.read()
        except SkillChangedError:
            unreadable.append(Odd(file.path, Oddity.FILE_CHANGED))
        except OSError as error:
            unreadable.append(Odd(file.path, Oddity.FILE_UNREADABLE, (error.strerror or "failed").lower()))
        else:
            found = judge(Content(skill, file, content), tree.origin, levels, {file.path: content}.get)
            report = report + found if found else report
    whole = replace(skill, tree=replace(tree, refused=(*tree.refused, *unreadable)))
    sound = not unreadable and all(file.size <= MAX_FILE_BYTES for file in tree.files)
    subject = Subject(tree.origin, skill.name or None, tree.digest if sound else None)
    return report + judge(whole, tree.origin, levels, _contents(skill).get) + Report((), (subject,))


def weigh(value: Packed | Environment, settings: Settings, origin: str = "") -> Report:
    """Judge a skill with its zip, or the skills of one request together.

    Raises:
        SettingsError: the settings name a rule that is not there.
    """
    return judge(value, origin, select(settings), lambda _: None)


def _contents(skill: Skill) -> dict[str, bytes]:
    return {skill.manifest.path: skill.content} if skill.manifest else {}
