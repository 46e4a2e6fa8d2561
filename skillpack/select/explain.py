"""Paths in a skill to what becomes of them and the lines that decide, without a walk of the whole skill."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from typing import TYPE_CHECKING

from skillpack.errors import SkillChangedError
from skillpack.limits import MANIFEST, WalkTooLongError
from skillpack.select.files import Found, Reader
from skillpack.select.gitignore import Effort
from skillpack.select.layers import SKILLIGNORE, CostlyFileError, IgnoreRules
from skillpack.select.walk import directory_of
from skillpack.select.wildmatch import line_for
from skillpack.skill.decisions import Layer, Odd, Oddity, Verdict
from skillpack.sources.directory import Root
from skillpack.sources.links import Links, misnamed, resolved, too_deep, unseen

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from skillpack.settings import Settings


def why(root: Path, settings: Settings, paths: Iterable[str]) -> tuple[Verdict, ...]:
    """Say what becomes of each path, which need not be there, and which line decides.

    Args:
        root: the skill's directory.
        settings: which ignore rules count.
        paths: relative to it; `/` at the end makes one a folder that is not there.

    Raises:
        NotASkillError: `root` is no directory that can be opened.
    """
    asked = _Asked(directory_of(root), settings)
    return tuple(asked.verdict(path) for path in paths)


def remedy(verdict: Verdict) -> str:
    """Say what changes a verdict: the line to add and where, or that nothing does. Options are quoted for a shell."""
    if not verdict.rejected:
        return _remedy(verdict)
    odd = verdict.rejected
    inside = f"{verdict.path}/".startswith(f"{odd.path}/")  # else it speaks of an ignore file
    out = f"to leave it out, add to {SKILLIGNORE}: {line_for(odd.path)}; " if inside else ""
    return f"{out}skillpack rule {odd.oddity} says more"


def _remedy(verdict: Verdict) -> str:
    from shlex import quote

    decision, path = verdict.decided_by, verdict.path
    layer = decision.layer if decision else None
    if layer is Layer.ALWAYS:
        return "nothing changes this"
    if verdict.included and (layer is Layer.MANIFEST or path == MANIFEST):
        return "SKILL.md at the root is always kept"
    if decision and layer is Layer.OPTION:
        return f"take it from exclude and include: {decision.pattern}"
    if decision and not f"{path}/".startswith(f"{decision.matched.rstrip('/')}/"):
        return f"it is a link, and goes the way of what it leads to: {decision.matched}"
    if decision and not verdict.included and decision.matched.rstrip("/") != path.rstrip("/"):
        return f"to keep it, give --include {quote(line_for(path))}, or add that pattern to include in the settings"
    file = decision.file if decision and decision.file and layer is Layer.SKILLIGNORE else SKILLIGNORE
    line = line_for(path.removeprefix(file.removesuffix(SKILLIGNORE)))
    return f"to leave it out, add to {file}: {line}" if verdict.included else f"to keep it, add to {file}: !{line}"


class _Asked:
    """The rules of the folders looked into so far; one that is left out or refused has a verdict instead."""

    def __init__(self, root: Path, settings: Settings) -> None:
        self._disk, effort = Root.from_path(str(root)), Effort()
        self._links = Links(self._disk)
        self._reader = Reader(self._disk, settings.gitignore, effort)
        above = self._reader.above()
        rules = IgnoreRules.from_settings(settings, above.files, effort)
        self._known: dict[str, IgnoreRules | Verdict] = {"": self._with_files(rules, above.unread)}

    def verdict(self, path: str) -> Verdict:
        """Return what becomes of a path."""
        parent, _, name = path.rstrip("/").rpartition("/")
        try:
            rules = self._rules(parent)
            if isinstance(rules, Verdict):
                return replace(rules, path=path, there=isinstance(self._status(path), os.stat_result))
            return self._judged(rules, name, folder=path.endswith("/"))
        except CostlyFileError as error:
            return _refused(path, Odd(error.file, Oddity.IGNORE_TOO_COSTLY, str(error)))
        except WalkTooLongError as error:
            return _refused(path, Odd(path, Oddity.WALK_TOO_LONG, str(error)))

    def _rules(self, folder: str) -> IgnoreRules | Verdict:
        if folder not in self._known:
            parent, _, name = folder.rpartition("/")
            rules = self._rules(parent)
            self._known[folder] = rules if isinstance(rules, Verdict) else self._enter(rules, name)
        return self._known[folder]

    def _enter(self, rules: IgnoreRules, name: str) -> IgnoreRules | Verdict:
        """Return the rules of a folder, or what becomes of everything in it; a file or a link has nothing in it."""
        found = self._judged(rules, name, folder=True)
        if found.rejected or not found.path.endswith("/"):
            return found
        if found.included or found.decided_by is None:
            return self._with_files(rules.inside(name))
        return rules.reopened(name, found.decided_by) or found

    def _with_files(self, rules: IgnoreRules, unread: tuple[Odd, ...] = ()) -> IgnoreRules | Verdict:
        found = self._found(rules.prefix)
        unread += found.unread
        return _refused(rules.prefix, unread[0]) if unread else rules.beside(found.files)

    def _found(self, prefix: str) -> Found:
        try:
            with self._disk.folder(prefix) as folder:
                return self._reader.in_folder(folder, prefix)
        except (OSError, SkillChangedError) as error:
            odd = unseen(prefix.rstrip("/"), error)
            return Found() if odd.oddity is Oddity.FILE_CHANGED else Found(unread=(odd,))  # the folder is not there

    def _judged(self, rules: IgnoreRules, name: str, *, folder: bool) -> Verdict:
        """Return what becomes of an entry of a folder that is entered, as the walk would find it."""
        path = rules.prefix + name
        status = self._status(path)
        if isinstance(status, Odd):
            return _refused(path, status)
        folder = stat.S_ISDIR(status.st_mode) if status else folder
        found = rules.explain(name, directory=folder)
        odd = misnamed(path) or (too_deep(path) if folder else None)
        if not found.included or status is None or odd:
            odd = odd if found.included else None
            return replace(found, included=found.included and not odd, rejected=odd, there=status is not None)
        return found if folder else self._of_file(found, status)

    def _of_file(self, found: Verdict, status: os.stat_result) -> Verdict:
        """A link goes the way of what it leads to: as a copy, that would go along under another name."""
        file = resolved(self._links, found.path, status)
        if isinstance(file, Odd):
            return replace(found, included=False, rejected=file)
        if file.path == found.path:
            return found
        behind = self.verdict(file.path)
        return found if behind.included else replace(behind, path=found.path)

    def _status(self, path: str) -> os.stat_result | Odd | None:
        try:
            return self._disk.status(path.rstrip("/"))
        except (OSError, SkillChangedError) as error:
            odd = unseen(path, error)
            return None if odd.oddity is Oddity.FILE_CHANGED else odd  # a link on the way, which is told there


def _refused(path: str, odd: Odd) -> Verdict:
    return Verdict(path=path, included=False, rejected=odd)
