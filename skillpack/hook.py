"""Names of changed files, as pre-commit passes them, to the skills they lie in and what git tracks there."""

from __future__ import annotations

import os
import subprocess
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from skillpack.errors import NotASkillError
from skillpack.findings import escaped
from skillpack.targets import is_manifest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True, slots=True)
class Tracked:
    """What git tracks in this folder and below: paths relative to it, sorted.

    pre-commit hides unstaged edits from a hook, but leaves untracked files where they are; those are not part of
    the commit that is judged.
    """

    paths: tuple[str, ...]

    @classmethod
    def here(cls) -> Self:
        """Ask git.

        Raises:
            NotASkillError: this is no git repository, or there is no git.
        """
        command = ("git", "ls-files", "-z", "--cached")
        try:
            listed = subprocess.run(command, capture_output=True, check=False)
        except OSError as error:
            raise NotASkillError(
                "git cannot be started, and only git knows which files are part of a commit"
            ) from error
        if listed.returncode != 0:
            said = listed.stderr.decode("utf-8", "replace").partition("\n")[0]
            raise NotASkillError(f"git cannot tell which files it tracks: {escaped(said[:200])}")
        return cls(tuple(sorted({os.fsdecode(path) for path in listed.stdout.split(b"\0") if path})))

    def skills(self) -> list[str]:
        """Return every folder with a tracked SKILL.md that is checked out."""
        manifests = (path for path in self.paths if is_manifest(path.rpartition("/")[2]))
        folders = {path.rpartition("/")[0] or "." for path in manifests}
        return sorted(folder for folder in folders if os.path.isdir(folder))

    def skills_of(self, changed: Iterable[str]) -> list[str]:
        """Return the skills that changed files lie in, each once; a file outside any skill belongs to none.

        A file of a skill inside a skill belongs to both: the outer one may only hold one SKILL.md.
        """
        folders = {folder for path in changed for folder in _folders(path)}
        return [skill for skill in self.skills() if skill in folders]

    def skills_below(self, folders: Iterable[str]) -> list[str]:
        """Return every skill in some folders, at any depth."""
        prefixes = [f"{os.path.relpath(folder).replace(os.sep, '/')}/" for folder in folders]
        inside = tuple("" if prefix == "./" else prefix for prefix in prefixes)
        return [skill for skill in self.skills() if f"{skill}/".startswith(inside)]

    def below(self, skill: str) -> frozenset[str]:
        """Return what is tracked in the folder of a skill, relative to it."""
        if skill == ".":
            return frozenset(self.paths)
        prefix = f"{skill}/"
        first = bisect_left(self.paths, prefix)
        last = bisect_left(self.paths, f"{skill}0", first)  # 0 is the character after /
        return frozenset(path[len(prefix) :] for path in self.paths[first:last])


def _folders(path: str) -> Iterator[str]:
    folder = os.path.dirname(os.path.relpath(path)).replace(os.sep, "/")
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]
    yield "."
