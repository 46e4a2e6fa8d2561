"""Find the file that a symbolic link leads to, inside the skill only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skillpack.errors import SkillChangedError
from skillpack.findings import Issue, Location
from skillpack.limits import MAX_LINKS
from skillpack.skill.decisions import describe_error
from skillpack.sources.source import FILE, FOLDER, JUNCTION, SYMLINK, Status
from skillpack.values import NamedTuple

if TYPE_CHECKING:
    from skillpack.sources.source import Source
    from skillpack.sources.walk_budget import WalkBudget


class Regular(NamedTuple):
    """A regular file of the skill: the path of the entry itself, or of the end of a symlink, and what it is."""

    path: str
    status: Status


class Links:
    """The symbolic links of one skill. What is at a path is looked up once.

    Each folder on the way is opened from its parent, and nothing outside the skill is looked at: a link that leaves it
    is refused at that step. What its steps cost is counted: test_hostile_directories, "links that wind".
    """

    __slots__ = ("_budget", "_known", "_source")

    def __init__(self, source: Source, budget: WalkBudget) -> None:
        self._source, self._budget = source, budget
        self._known: dict[str, Status] = {}

    def resolve(self, path: str, status: Status) -> Regular | Issue:
        """Return the regular file that an entry is, or that a symlink leads to; else the issue with it.

        Args:
            path: of the entry, relative to the skill's root.
            status: what the entry is.

        Raises:
            WalkLimitError: the links have too many steps.
        """
        target = path
        if status.kind == SYMLINK:
            found = self._follow(path, status)
            if isinstance(found, Issue):
                return found
            target = found
            try:  # again: what follows from an earlier look may be out of date
                status = status_at(self._source, target)
            except (OSError, SkillChangedError) as error:
                return describe_error(path, error)
        if status.kind == FOLDER and target != path:
            return Issue("link-to-directory", Location(path), "the symlink points to a folder")
        if status.kind == JUNCTION:
            return describe_escape(path)
        if status.kind != FILE:
            return Issue("file-not-regular", Location(path), f"this is {status.kind}, not a regular file")
        return Regular(target, status)

    def _follow(self, path: str, status: Status) -> str | Issue:
        """Return the path without symlinks that a symlink leads to."""
        broken = Issue("link-broken", Location(path), "the symlink's target does not exist")
        self._known[path] = status
        *here, name = path.split("/")
        left, followed = [name], 0
        while left:
            part = left.pop()
            if part in ("", "."):
                continue
            if part == "..":
                if not here:
                    return describe_escape(path)
                here.pop()
                continue
            here.append(part)
            try:
                found = self._at("/".join(here))
            except OSError:
                return broken
            if found.kind == SYMLINK:
                followed += 1
                if followed > MAX_LINKS:
                    return broken
                if found.target.startswith("/"):
                    return describe_escape(path)
                parts = found.target.split("/")
                self._budget.spend("entries", len(parts) // 4)
                left += reversed(parts)
                here.pop()
            elif left and found.kind != FOLDER:
                return describe_escape(path) if found.kind == JUNCTION else broken
        return "/".join(here)

    def _at(self, path: str) -> Status:
        known = self._known.get(path)
        if known is None:
            known = self._known[path] = status_at(self._source, path)
        return known


def status_at(source: Source, path: str) -> Status:
    """Return what is at a path of a skill; neither a folder on the way nor the entry itself is followed as a symlink.

    Args:
        source: the skill.
        path: relative to its root; empty for the root itself.

    Raises:
        SkillChangedError: the skill's folder was replaced.
        OSError: there is nothing, or a symlink is on the way.
    """
    if not path:
        return Status(FOLDER)
    prefix, slash, name = path.rpartition("/")
    with source.open_folder(prefix + slash) as folder:
        return folder.status(name)


def describe_escape(path: str) -> Issue:
    """Return the issue with a symlink that leads out of the skill."""
    return Issue("link-escapes", Location(path), "the symlink points out of the skill")
