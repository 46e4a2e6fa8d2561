"""Take the paths of a command line from a git revision instead of the working tree."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from skillpack.discover import PRUNED
from skillpack.errors import NotASkillError
from skillpack.frontmatter.nodes import lazy
from skillpack.limits import MANIFEST
from skillpack.sources import run_git as git
from skillpack.sources.git import GitSource
from skillpack.sources.git_revision import GitRevision
from skillpack.sources.revision_settings import ROOT, RevisionSettings, list_entries, parents, skills_in
from skillpack.text import escaped
from skillpack.values import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from skillpack.api import Builder
    from skillpack.settings.file import SettingsFile
    from skillpack.skill.tree import SkillTree
    from skillpack.sources.revision_settings import Entries


_UNKNOWN: Final = "Needed a single revision"
"""What git prints for a name that is not a revision."""


class Revision:
    """A revision of the repository of the current directory. Paths are relative to the current directory.

    A branch that moves during the call changes nothing: the revision is resolved once. Nothing is fetched.

    Args:
        name: a commit, branch, tag or tree, as `git rev-parse` takes it.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def tree(self, builder: Builder, path: str) -> SkillTree:
        """Return the files of the skill at a path, or of the skill that the file at the path is in.

        Raises:
            NotASkillError: the path is not in the revision, or is not a skill there, or cannot be read.
        """
        skill = self.skill_of(path)
        if self._place(skill) not in self._skills:
            raise NotASkillError(f"no skill in {escaped(path)} in {escaped(self.name)}: it has no {MANIFEST}")
        return replace(builder.tree(self._revision(skill)), origin=skill)

    def source(self, path: str) -> GitSource:
        """Return the folder at a path.

        Raises:
            NotASkillError: the path is not in the revision, or cannot be read.
        """
        return GitSource(self._revision(path))

    def skill_of(self, path: str) -> str:
        """Return the path of a folder as it is, and the folder of the nearest skill above a file.

        Raises:
            NotASkillError: the path is not in the revision, or it is a file that is not in a skill.
        """
        place = self._place(path)
        if place in self._folders:
            return Path(path).as_posix()
        if place not in self._entries:
            raise NotASkillError(f"{escaped(path)} does not exist in {escaped(self.name)}")
        if (skill := self._nearest_skill(place)) is None:
            raise NotASkillError(f"{escaped(path)} is not in a skill in {escaped(self.name)}")
        return self._from_here(skill)

    def split(self, path: str, skill: str | None = None) -> tuple[str, str]:
        """Return the skill that a path is in, and the path relative to the skill; the path need not exist.

        Args:
            path: the path.
            skill: the folder of the skill; the nearest above the path if None.

        Raises:
            NotASkillError: the path is not in a skill of the revision, or `skill` is not a folder there.
        """
        place = self._place(path)
        root = self._nearest_skill(place) if skill is None else self._folder(skill)
        if root is None:
            raise NotASkillError(f"{escaped(path)} is not in a skill in {escaped(self.name)}: name one with --root")
        inner = place if root == ROOT else place.removeprefix(f"{root}/")
        if place == root or (root != ROOT and inner == place):
            raise NotASkillError(f"{escaped(path)} is not in {escaped(skill or self._from_here(root))}")
        return self._from_here(root), inner + ("/" if path.endswith("/") else "")

    def find_skills(
        self, paths: Iterable[str], failed: Callable[[str, NotASkillError], object], *, everywhere: bool
    ) -> list[str]:
        """Return the skills that paths refer to, each once.

        Args:
            paths: each a skill, a file in one, or a folder with skills in it.
            failed: called with each path that is not in the revision or has no skill, and the error.
            everywhere: find the skills below a folder at any depth.
        """
        found: dict[str, None] = {}
        for path in paths:
            try:
                found |= dict.fromkeys(self._find_at(path, everywhere=everywhere))
            except NotASkillError as error:
                failed(path, error)
        return list(found)

    def settings_file(self, skill: str | None = None) -> SettingsFile | None:
        """Return the settings file of a skill, or of the current directory; one in a skill does not count.

        Raises:
            SettingsError: the file is invalid, or cannot be read.
            NotASkillError: the skill is outside the repository.
        """
        place = self._place(skill or ".")
        return self._settings.above(place) if skill else self._settings.nearest_to(place)

    def _find_at(self, path: str, *, everywhere: bool) -> list[str]:
        place = self._place(path)
        if place not in self._folders:
            return [self.skill_of(path)]
        if place in self._skills and not everywhere:
            return [self._from_here(place)]
        depth = 0 if place == ROOT else place.count("/") + 1
        below = [skill for skill in self._skills if place in (ROOT, skill) or skill.startswith(f"{place}/")]
        inner = {skill: [] if skill == ROOT else skill.split("/")[depth:] for skill in below}
        found = [
            skill for skill, parts in inner.items() if (everywhere or len(parts) == 1) and PRUNED.isdisjoint(parts)
        ]
        if not found:
            hint = "" if everywhere else "; --all searches at any depth"
            raise NotASkillError(f"no skill in {escaped(path)} in {escaped(self.name)}{hint}")
        return [self._from_here(skill) for skill in sorted(found)]

    def _revision(self, path: str) -> GitRevision:
        place = self._folder(path)
        return GitRevision(self._top, self._tree, "" if place == ROOT else place)

    def _nearest_skill(self, place: str) -> str | None:
        return next((folder for folder in parents(place) if folder in self._skills), None)

    def _folder(self, path: str) -> str:
        """Return the path of a folder relative to the root of the repository."""
        place = self._place(path)
        if place not in self._folders:
            raise NotASkillError(f"{escaped(path)} is not a folder in {escaped(self.name)}")
        return place

    def _place(self, path: str) -> str:
        """Return a path relative to the root of the repository."""
        if not path:
            raise NotASkillError("empty path (unset shell variable?)")
        if path == "-":
            raise NotASkillError("--rev reads from git, not from stdin")
        absolute = os.path.normpath(Path.cwd().resolve() / path)
        for candidate in (absolute, os.path.realpath(absolute)):
            place = os.path.relpath(candidate, self._top).replace(os.sep, "/")
            if place.partition("/")[0] != "..":
                return place
        raise NotASkillError(f"{escaped(path)} is outside the repository {escaped(self._top)}")

    def _from_here(self, place: str) -> str:
        return os.path.relpath(Path(self._top, place), Path.cwd().resolve()).replace(os.sep, "/")

    @lazy
    def _top(self) -> str:
        try:
            found = git.run("rev-parse", "--show-toplevel")
        except git.GitMissingError as error:
            raise NotASkillError(f"{error}, and --rev needs it") from error
        except git.GitError as error:
            raise NotASkillError(f"--rev needs a git repository in the current directory: {error}") from error
        return os.path.realpath(os.fsdecode(found).rstrip("\r\n"))

    @lazy
    def _tree(self) -> str:
        try:
            return self._resolve(f"{self.name}^{{tree}}")
        except (git.GitError, ValueError) as error:  # or a NUL
            if self._is_missing_tree():
                message = f"the files of {escaped(self.name)} are missing from this repository (partial clone?)"
                raise NotASkillError(message) from error
            reason = "" if str(error) == _UNKNOWN else f": {error}"
            raise NotASkillError(f"{escaped(self.name)} is not a revision of this repository{reason}") from error

    def _is_missing_tree(self) -> bool:
        """Return True if the revision is a commit of the repository, whose tree is then missing."""
        try:
            return bool(self._resolve(f"{self.name}^{{commit}}"))
        except (git.GitError, ValueError):
            return False

    def _resolve(self, name: str) -> str:
        return git.run("rev-parse", "--verify", "--end-of-options", name, cwd=self._top).decode("ascii").strip()

    @lazy
    def _entries(self) -> Entries:
        """The mode and the object of each file, by its path relative to the root of the repository."""
        return list_entries(self._tree, self.name, self._top)

    @lazy
    def _folders(self) -> frozenset[str]:
        return frozenset(folder for path in self._entries for folder in parents(path)) | {ROOT}

    @lazy
    def _skills(self) -> frozenset[str]:
        return skills_in(self._entries)

    @lazy
    def _settings(self) -> RevisionSettings:
        return RevisionSettings(self._top, self.name, self._entries)
