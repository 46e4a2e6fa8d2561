"""Paths in a skill to the lines that decide on them, without a walk of the whole skill."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from skillpack.decisions import Layer, Verdict
from skillpack.disk import native, portable
from skillpack.gitignore import Effort
from skillpack.ignore import SKILLIGNORE, IgnoreRules
from skillpack.ignorefiles import Reader
from skillpack.ignorelines import line_for
from skillpack.limits import MANIFEST
from skillpack.walk import directory_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from skillpack.settings import Settings


def why(root: Path, settings: Settings, paths: Iterable[str]) -> tuple[Verdict, ...]:
    """Say which line decides on each path, which need not be there.

    Args:
        root: the skill's directory.
        settings: which ignore rules count.
        paths: relative to it; `/` at the end makes one a folder that is not there.

    Raises:
        NotASkillError: `root` is no directory that can be opened.
    """
    resolved = directory_of(root)
    asked = _Asked(resolved, settings)
    return tuple(asked.verdict(path) for path in paths)


def remedy(verdict: Verdict) -> str:
    """Say what changes a verdict: the line to add and where, or that nothing does. Options are quoted for a shell."""
    from shlex import quote

    decision, path = verdict.decided_by, verdict.path
    layer = decision.layer if decision else None
    if layer is Layer.ALWAYS:
        return "nothing changes this"
    if verdict.kept and (layer is Layer.MANIFEST or path == MANIFEST):
        return "SKILL.md at the root is always kept"
    if decision and layer is Layer.OPTION:
        return f"take it from exclude and include: {decision.pattern}"
    if decision and not f"{path}/".startswith(f"{decision.matched.rstrip('/')}/"):
        return f"it is a link, and goes the way of what it leads to: {decision.matched}"
    if decision and not verdict.kept and decision.matched.rstrip("/") != path.rstrip("/"):
        return f"to keep it, give --include {quote(line_for(path))}, or add that pattern to include in the settings"
    file = decision.file if decision and decision.file and layer is Layer.SKILLIGNORE else SKILLIGNORE
    line = line_for(path.removeprefix(file.removesuffix(SKILLIGNORE)))
    return f"to leave it out, add to {file}: {line}" if verdict.kept else f"to keep it, add to {file}: !{line}"


class _Asked:
    """The rules of the folders looked into so far; a folder that is left out has a verdict instead."""

    def __init__(self, root: Path, settings: Settings) -> None:
        self._root, effort = str(root), Effort()
        self._reader = Reader(root, settings.gitignore, effort)
        rules = IgnoreRules.of(settings, self._reader.above().files, effort)
        self._known: dict[str, IgnoreRules | Verdict] = {"": self._with_files(rules)}

    def verdict(self, path: str) -> Verdict:
        """Return what becomes of a path."""
        place = os.path.join(self._root, native(path))
        folder = path.endswith("/") or (os.path.isdir(place) and not os.path.islink(place))
        parent, _, name = path.rstrip("/").rpartition("/")
        rules = self._rules(parent)
        if isinstance(rules, Verdict):
            return replace(rules, path=path)
        found = rules.explain(name, directory=folder)
        if os.path.islink(place) and found.kept:
            return self._of_link(place, found)
        return found

    def _of_link(self, place: str, found: Verdict) -> Verdict:
        """A link goes the way of what it leads to: as a copy, that would go along under another name."""
        target = portable(os.path.relpath(os.path.realpath(place), self._root).replace(os.sep, "/"))
        if target.startswith("../") or not os.path.isfile(place):
            return found
        behind = self.verdict(target)
        return found if behind.kept else replace(behind, path=found.path)

    def _rules(self, folder: str) -> IgnoreRules | Verdict:
        if folder not in self._known:
            self._known[folder] = self._enter(folder)
        return self._known[folder]

    def _enter(self, folder: str) -> IgnoreRules | Verdict:
        parent, _, name = folder.rpartition("/")
        rules = self._rules(parent)
        if isinstance(rules, Verdict):
            return rules
        found = rules.explain(name, directory=True)
        if found.kept or found.decided_by is None:
            return self._with_files(rules.inside(name))
        return rules.reopened(name, found.decided_by) or found

    def _with_files(self, rules: IgnoreRules) -> IgnoreRules:
        found = self._reader.in_folder(rules.prefix)
        return rules.beside(found.files)
