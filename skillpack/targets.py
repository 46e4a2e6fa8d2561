"""Paths as somebody gives them to what can be checked: folders of skills, zips, files inside skills."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from skillpack.disk import is_junction
from skillpack.errors import NotASkillError
from skillpack.findings import escaped
from skillpack.settings.file import has_manifest
from skillpack.tree import is_manifest

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
