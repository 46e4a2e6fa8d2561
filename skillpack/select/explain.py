"""Explain which line decides on a path, without walking the whole skill."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from skillpack.errors import NotASkillError, SkillChangedError
from skillpack.findings import Issue
from skillpack.limits import MANIFEST
from skillpack.select.ignore_files import Found, Reader
from skillpack.select.layers import SKILLIGNORE, IgnoreRules, describe_limit
from skillpack.select.walk import find_folder_problem, find_name_problem
from skillpack.select.wildmatch import line_for
from skillpack.skill.decisions import Layer, Verdict, describe_error
from skillpack.sources.links import Links, status_at
from skillpack.sources.source import FOLDER, JUNCTION
from skillpack.sources.walk_budget import WalkBudget, WalkLimitError
from skillpack.text import os_error
from skillpack.values import replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from skillpack.settings import Settings
    from skillpack.sources.source import Source, Status


def why(source: Source, settings: Settings, paths: Iterable[str]) -> tuple[Verdict, ...]:
    """Return a verdict on each path, which need not exist, with the line that decides.

    Args:
        source: the skill.
        settings: which ignore rules apply.
        paths: relative to its root; `/` at the end makes one a folder if nothing is there.

    Raises:
        NotASkillError: the skill's folder cannot be opened.
        SettingsError: the patterns of the settings exceed a limit.
    """
    try:
        explanation = _Explanation(source, settings)
    except WalkLimitError as error:
        issue = describe_limit(error)
        return tuple(replace(_reject(path, issue), there=_is_there(source, path)) for path in paths)
    return tuple(explanation.explain(path) for path in paths)


def remedy(verdict: Verdict) -> str:
    """Return how to change a verdict: the line to add and where. Options are quoted for a shell."""
    if not verdict.rejected:
        return _suggest_line(verdict)
    place = verdict.rejected.location.path
    inside = f"{verdict.path}/".startswith(f"{place}/")  # else it is about an ignore file
    out = f"to exclude it, add to {SKILLIGNORE}: {line_for(place)}; " if inside else ""
    return f"{out}see skillpack rule {verdict.rejected.rule_id}"


def _suggest_line(verdict: Verdict) -> str:
    from shlex import quote

    decision, path = verdict.decided_by, verdict.path
    layer = decision.layer if decision else None
    if layer is Layer.ALWAYS:
        return "nothing changes this"
    if verdict.included and (layer is Layer.MANIFEST or path == MANIFEST):
        return "SKILL.md at the root is always packed"
    if decision and layer is Layer.OPTION:
        return f"remove it from exclude and include: {decision.pattern}"
    if decision and not f"{path}/".startswith(f"{decision.matched.rstrip('/')}/"):
        return f"symlink to {decision.matched}, which decides"
    if decision and not verdict.included and decision.matched.rstrip("/") != path.rstrip("/"):
        return f"to include it, pass --include {quote(line_for(path))}, or add that pattern to include in the settings"
    file = decision.file if decision and decision.file and layer is Layer.SKILLIGNORE else SKILLIGNORE
    line = line_for(path.removeprefix(file.removesuffix(SKILLIGNORE)))
    return f"to exclude it, add to {file}: {line}" if verdict.included else f"to include it, add to {file}: !{line}"


class _Explanation:
    """The rules of the folders entered so far; an excluded or rejected folder has a verdict instead."""

    def __init__(self, source: Source, settings: Settings) -> None:
        budget = WalkBudget()
        self._source = source
        self._links = Links(source, budget)
        self._reader = Reader(source, budget, gitignore=settings.gitignore)
        above = self._reader.read_above()
        rules = IgnoreRules.from_settings(settings, above.files, budget)
        self._known: dict[str, IgnoreRules | Verdict] = {"": self._add_files(rules, above.unread)}

    def explain(self, path: str) -> Verdict:
        """Return the verdict on a path."""
        parent, _, name = path.rstrip("/").rpartition("/")
        try:
            rules = self._rules(parent)
            if isinstance(rules, Verdict):
                return replace(rules, path=path, there=_is_there(self._source, path))
            return self._judge(rules, name, folder=path.endswith("/"))
        except WalkLimitError as error:
            return _reject(path, describe_limit(error))

    def _rules(self, folder: str) -> IgnoreRules | Verdict:
        if folder not in self._known:
            parent, _, name = folder.rpartition("/")
            rules = self._rules(parent)
            self._known[folder] = rules if isinstance(rules, Verdict) else self._enter(rules, name)
        return self._known[folder]

    def _enter(self, rules: IgnoreRules, name: str) -> IgnoreRules | Verdict:
        """Return the rules of a folder, or the verdict on everything in it; nothing is in a file or a symlink."""
        found = self._judge(rules, name, folder=True)
        if found.rejected or not found.path.endswith("/"):
            return found
        if found.included or found.decided_by is None:
            return self._add_files(rules.enter(name))
        return rules.reopen(name, found.decided_by) or found

    def _add_files(self, rules: IgnoreRules, unread: tuple[Issue, ...] = ()) -> IgnoreRules | Verdict:
        found = self._read_folder(rules.prefix)
        unread += found.unread
        return _reject(rules.prefix, unread[0]) if unread else rules.add_files(found.files)

    def _read_folder(self, prefix: str) -> Found:
        try:
            with self._source.open_folder(prefix) as folder:
                return self._reader.read_folder(folder, prefix)
        except (OSError, SkillChangedError) as error:
            if not prefix:
                raise NotASkillError(f"{self._source.origin} cannot be listed: {os_error(error)}") from error
            issue = describe_error(prefix.rstrip("/"), error)
            return Found() if issue.rule_id == "file-changed" else Found(unread=(issue,))  # the folder is not there

    def _judge(self, rules: IgnoreRules, name: str, *, folder: bool) -> Verdict:
        """Return the verdict on an entry of a folder that is entered, as the walk would decide."""
        path = rules.prefix + name
        status = self._status(path)
        if isinstance(status, Issue):
            return _reject(path, status)
        folder = status.kind in (FOLDER, JUNCTION) if status else folder
        found = rules.explain(name, directory=folder)
        if not found.included or status is None:
            return replace(found, there=status is not None)
        issue = find_name_problem(path) or (find_folder_problem(path, status) if folder else None)
        if issue:
            return replace(found, included=False, rejected=issue)
        return found if folder else self._judge_file(found, status)

    def _judge_file(self, found: Verdict, status: Status) -> Verdict:
        """Return the verdict on a file; that on a symlink is the verdict on its target, which would be copied."""
        file = self._links.resolve(found.path, status)
        if isinstance(file, Issue):
            return replace(found, included=False, rejected=file)
        if file.path == found.path:
            return found
        target = self.explain(file.path)
        return found if target.included else replace(target, path=found.path)

    def _status(self, path: str) -> Status | Issue | None:
        try:
            return status_at(self._source, path.rstrip("/"))
        except (OSError, SkillChangedError) as error:
            issue = describe_error(path, error)
            return None if issue.rule_id == "file-changed" else issue  # a symlink on the way has a verdict of its own


def _is_there(source: Source, path: str) -> bool:
    with suppress(OSError, SkillChangedError):
        return bool(status_at(source, path.rstrip("/")))
    return False


def _reject(path: str, issue: Issue) -> Verdict:
    return Verdict(path=path, included=False, rejected=issue)
