"""Paths as somebody gives them to what can be checked: folders of skills, zips, files inside skills."""

from __future__ import annotations

import os
from bisect import bisect_left
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from skillpack.errors import NotASkillError
from skillpack.findings import escaped
from skillpack.settings.file import has_manifest
from skillpack.skill.tree import is_manifest
from skillpack.sources.directory import is_junction, portable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


PRUNED: Final = frozenset(
    {
        *(".git", ".hg", ".svn", ".bzr", ".jj", "_darcs", "CVS"),
        *("node_modules", ".pnpm-store", ".venv", "venv", "site-packages", "__pycache__"),
        *(".tox", ".nox", ".eggs", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis"),
    }
)
"""Folders that hold other people's skills, or none: a search does not enter them."""

_ZIPS: Final = (".zip", ".skill")


def skills_at(paths: Iterable[str], failed: Callable[[NotASkillError], object]) -> list[str]:
    """Return the skills that paths stand for, each once, as it would be opened from here.

    Args:
        paths: each a skill's folder, a zip, a file in a skill, or a folder whose children are skills.
        failed: given what is wrong with each path that is not there, cannot be listed or has no skill.
    """
    return _each(paths, _children, failed)


def skills_below(paths: Iterable[str], failed: Callable[[NotASkillError], object]) -> list[str]:
    """Return the same, but of a folder every skill at any depth; links are not followed. Takes the same."""
    return _each(paths, _descendants, failed)


def find_skills(folder: Path) -> tuple[Path, ...]:
    """Return the directory of each skill in a folder, at any depth, sorted.

    Raises:
        NotASkillError: the folder is not a directory, or cannot be listed.
    """
    if not folder.is_dir():
        raise NotASkillError(f"{escaped(str(folder))} is not a directory")
    try:
        return tuple(sorted(map(Path, _descendants(str(folder)))))
    except OSError as error:
        raise NotASkillError(
            f"{escaped(str(folder))} cannot be listed: {(error.strerror or 'failed').lower()}"
        ) from error


def _each(
    paths: Iterable[str], inside: Callable[[str], Iterator[str]], failed: Callable[[NotASkillError], object]
) -> list[str]:
    found: dict[str, str] = {}
    for path in paths:
        try:
            skills = _of(path, inside)
        except NotASkillError as error:
            failed(error)
            continue
        for skill in skills:
            found.setdefault(os.path.abspath(skill), os.path.normpath(skill).replace(os.sep, "/"))
    return list(found.values())


def _of(path: str, inside: Callable[[str], Iterator[str]]) -> list[str]:
    if not os.path.isdir(path):
        return [_of_file(path)]
    try:
        skills = sorted(inside(path))
    except OSError as error:
        raise NotASkillError(f"{escaped(path)}: {(error.strerror or 'failed').lower()}") from error
    if not skills:
        raise NotASkillError(f"there is no skill in {escaped(path)}; --all looks at any depth")
    return skills


def _children(folder: str) -> Iterator[str]:
    if has_manifest(folder):
        yield folder
        return
    with os.scandir(folder) as entries:
        yield from (entry.path for entry in entries if entry.is_dir() and has_manifest(entry.path))


def _descendants(folder: str) -> Iterator[str]:
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        try:
            with os.scandir(current) as entries:
                found = list(entries)
        except OSError:
            if current == folder:
                raise
            continue  # a folder that cannot be listed is no skill; if it is part of one, the walk says so
        if any(is_manifest(entry.name) for entry in found):
            yield current
        if any(entry.name == "pyvenv.cfg" for entry in found):  # an environment under another name than .venv
            continue
        folders = (entry for entry in found if entry.name not in PRUNED and entry.is_dir(follow_symlinks=False))
        waiting += (folder.path for folder in folders if not is_junction(folder))


def _of_file(path: str) -> str:
    if not path:
        raise NotASkillError("an empty path is no skill; is a variable not set?")
    if not os.path.lexists(path):
        raise NotASkillError(f"{escaped(path)} is not there")
    if path.casefold().endswith(_ZIPS) and os.path.isfile(path):
        return path
    if root := _root_of(path):
        return root
    if os.path.isfile(path):
        return path  # a zip under another name, or the builder says that it is none
    raise NotASkillError(f"{escaped(path)} lies in no skill")


def _root_of(path: str) -> str | None:
    """Return the nearest folder above a file that is a skill, relative if the file is."""
    folder = os.path.dirname(os.path.abspath(path))
    while not has_manifest(folder):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder if os.path.isabs(path) else os.path.relpath(folder)


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
        from skillpack import git

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
