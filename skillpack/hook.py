"""Names of changed files, as pre-commit passes them, to the skills they lie in and what git tracks there."""

from __future__ import annotations

import os
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from skillpack import git
from skillpack.disk import portable
from skillpack.errors import NotASkillError
from skillpack.findings import escaped
from skillpack.tree import is_manifest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True, slots=True)
class Tracked:
    """What git tracks: paths relative to the top of the repository, sorted; `top` is the way there from here.

    Skills go in and out as they are opened from here, which may be any folder of the repository.

    pre-commit hides unstaged edits from a hook, but leaves untracked files where they are; those are not part of
    the commit that is judged.
    """

    paths: tuple[str, ...]
    top: str = "."

    @classmethod
    def here(cls) -> Self:
        """Ask git.

        Raises:
            NotASkillError: this is no git repository, or there is no git.
        """
        try:
            top = os.fsdecode(git.run("rev-parse", "--show-cdup")).rstrip("\r\n") or "."
            listed = git.run("ls-files", "-z", "--cached", "--full-name", ":/")
        except git.GitMissingError as error:
            raise NotASkillError(f"{error}, and only git knows which files are part of a commit") from error
        except git.GitError as error:
            raise NotASkillError(f"git cannot tell which files it tracks: {error}") from error
        return cls(tuple(sorted({os.fsdecode(path) for path in listed.split(b"\0") if path})), top)

    def skills(self) -> list[str]:
        """Return every folder with a tracked SKILL.md that is checked out."""
        manifests = (path for path in self.paths if is_manifest(path.rpartition("/")[2]))
        folders = {self._from_here(path.rpartition("/")[0]) for path in manifests}
        return sorted(folder for folder in folders if os.path.isdir(folder))

    def skills_of(self, changed: Iterable[str]) -> list[str]:
        """Return the skills that changed files lie in, each once; a file outside any skill belongs to none.

        A file of a skill inside a skill belongs to both: the outer one may only hold one SKILL.md.
        """
        folders = {folder for path in changed for folder in _folders(self._from_top(path))}
        return [skill for skill in self.skills() if self._from_top(skill) in folders]

    def skills_below(self, paths: Iterable[str]) -> list[str]:
        """Return every skill in some folders, at any depth, and the skills that files among the paths are in.

        Without a folder, return every skill below the current one.

        Raises:
            NotASkillError: a path does not exist.
        """
        paths = list(paths)
        for path in paths:
            if not os.path.lexists(path):
                raise NotASkillError(f"{escaped(path) or 'an empty path'} is not there")
        folders = {path for path in paths if os.path.isdir(path) and not os.path.islink(path)}
        prefixes = [f"{self._from_top(folder)}/" for folder in folders or {"."}]
        inside = tuple("" if prefix == "./" else prefix for prefix in prefixes)
        found = {skill for skill in self.skills() if f"{self._from_top(skill)}/".startswith(inside)}
        return sorted(found.union(self.skills_of(path for path in paths if path not in folders)))

    def below(self, skill: str) -> frozenset[str]:
        """Return what is tracked in the folder of a skill, relative to it, as the skill's tree has it."""
        folder = self._from_top(skill)
        if folder == ".":
            return frozenset(map(portable, self.paths))
        prefix = f"{folder}/"
        first = bisect_left(self.paths, prefix)
        last = bisect_left(self.paths, f"{folder}0", first)  # 0 is the character after /
        return frozenset(portable(path[len(prefix) :]) for path in self.paths[first:last])

    def _from_top(self, path: str) -> str:
        return os.path.relpath(path, self.top).replace(os.sep, "/")

    def _from_here(self, folder: str) -> str:
        return os.path.relpath(os.path.join(self.top, folder)).replace(os.sep, "/")


def _folders(path: str) -> Iterator[str]:
    folder = path.rpartition("/")[0]
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]
    yield "."
