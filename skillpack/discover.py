"""Find the skills that paths refer to: directories, zips, files in skills, and the files that git tracks."""

from __future__ import annotations

import os
import re
from bisect import bisect_left
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from skillpack.errors import NotASkillError
from skillpack.limits import MANIFEST
from skillpack.settings.file import has_manifest
from skillpack.skill.tree import is_manifest, resembles_manifest
from skillpack.sources.directory import describe_missing, is_file, is_junction, portable
from skillpack.text import escaped, os_error, relative_path
from skillpack.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    Failed = Callable[[str, NotASkillError], object]

PRUNED: Final = frozenset(
    {
        *(".git", ".hg", ".svn", ".bzr", ".jj", "_darcs", "CVS"),
        *("node_modules", ".pnpm-store", ".venv", "venv", "site-packages", "__pycache__"),
        *(".tox", ".nox", ".eggs", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis"),
    }
)
"""Directories that a search does not enter: they hold third-party skills or none."""

MOST_ENTERED: Final = 20_000
"""Directories that are searched for skills that no path of the call means: it may be a whole disk."""

MOST_COUNTED: Final = 10_000
"""Skills counted there."""

_ZIPS: Final = (".zip", ".skill")
_BODIES: Final = (".json",)
_INLINE: Final = rb'"(inline|data)"'


def find_skills(paths: Iterable[str], failed: Failed) -> list[str]:
    """Return the skills that paths refer to, each once, relative to the current directory if the path is.

    Args:
        paths: each a skill's directory, a zip, a file in a skill, or a directory with skills in it.
        failed: called with each path that does not exist or has no skill, and each directory that cannot be listed, and
            the error.
    """
    return _find(paths, partial(_children, failed=failed), failed)


def find_skills_below(
    paths: Iterable[str],
    failed: Failed,
    skipped: Callable[[str], object] | None = None,
    choose_bundles: Callable[[str, list[str]], Iterable[str]] | None = None,
) -> list[str]:
    """Return the same, but all skills below a directory, at any depth.

    A symlink to a skill counts if the skill is in the same directory, such as in one that the search does not enter.

    Args:
        paths: as for `find_skills`.
        failed: as for `find_skills`.
        skipped: called with each symlink to a skill outside the directory, which is not followed.
        choose_bundles: called with a directory and the zips and request bodies below it that hold a skill, and are not
            in a skill themselves; those that it returns are found too. Without it, no file is looked into.
    """
    search = partial(_below, failed=failed, skipped=skipped or _ignore, choose_bundles=choose_bundles)
    return _find(paths, search, failed, at_any_depth=True)


def split_ignored(folder: str, paths: Sequence[str]) -> tuple[list[str], list[str]]:
    """Split files below a directory into those that git does not ignore, and those that it ignores.

    Git ignores none in a directory that it ignores itself: the caller means the files there.

    Args:
        folder: the directory.
        paths: the files, through no symlink.
    """
    from skillpack.sources.checkout import find_ignored, find_repository

    root = os.path.realpath(folder)
    by_repository: dict[str, dict[str, str]] = {}
    for path in paths:
        place = os.path.join(root, os.path.relpath(path, folder))
        if top := find_repository(os.path.dirname(place)):
            by_repository.setdefault(top, {})[os.path.relpath(place, top)] = path
    ignored: set[str] = set()
    for top, inside in by_repository.items():
        above = os.path.relpath(root, top)
        asked = inside if above.partition(os.sep)[0] in (os.curdir, os.pardir) else [*inside, above]
        found = find_ignored(top, asked)
        if above not in found:
            ignored.update(inside[place] for place in found)
    return [path for path in paths if path not in ignored], sorted(ignored)


def count_deeper(paths: Iterable[str], found: Iterable[str]) -> int:
    """Return how many skills below the directories are not among those found; a skill's own directory has none.

    Args:
        paths: as for `find_skills`.
        found: what `find_skills` returned for them.
    """
    known = {os.path.realpath(skill) for skill in found}
    folders = [path for path in paths if os.path.isdir(path) and not has_manifest(path)]
    deeper: set[str] = set()
    for folder in folders:
        with suppress(OSError):
            deeper.update(os.path.realpath(skill) for skill in islice(_descendants(folder, MOST_ENTERED), MOST_COUNTED))
    return len({skill for skill in deeper - known if not _is_in_one(skill, known)})


def _is_in_one(skill: str, known: set[str]) -> bool:
    """Return True if a directory is in a skill: the check of that skill reports it."""
    return any(parent in known for parent in map(str, Path(skill).parents))


def find_all(folder: Path) -> tuple[Path, ...]:
    """Return the directory of each skill in a folder, at any depth, sorted.

    Raises:
        NotASkillError: the folder is not a directory, or it or a folder in it cannot be listed.
    """

    def failed(_path: str, error: NotASkillError) -> None:
        raise error

    if not folder.is_dir():
        raise NotASkillError(describe_missing(str(folder)) or f"{folder} is not a directory")
    try:
        return tuple(sorted(map(Path, _below(str(folder), failed, _ignore))))
    except OSError as error:
        raise NotASkillError(f"{folder} cannot be listed: {os_error(error)}") from error


def find_skill_of(path: str) -> str:
    """Return the directory of the skill that a file is in, relative if the path is, and any other path unchanged.

    A zip and a request body are skills themselves, also where they are in one.
    """
    if not path or not is_file(Path(path)) or path.casefold().endswith(_ZIPS):
        return path
    from skillpack.sources.request_body import BEGINNING, looks_like_payload
    from skillpack.sources.zip import read_start

    beginning = read_start(Path(path), BEGINNING)
    if beginning.startswith(b"PK") or looks_like_payload(beginning):
        return path
    return _root_of(path) or path


def require_skill(folder: str, take_all: str = "") -> None:
    """Refuse a directory that is not a skill.

    Args:
        folder: the directory.
        take_all: what the message states about how to take several skills in the directory.

    Raises:
        NotASkillError: it has no SKILL.md, in any case; the message names the nearest thing to one.
    """
    try:
        if os.path.lexists(os.path.join(folder, MANIFEST)) or has_manifest(folder) or not os.path.isdir(folder):
            return
        if near := _find_near_manifest(folder):
            hint = f": rename {near} to {MANIFEST}"
        elif inner := sorted(_children(folder)):
            hint = f", but in its folder {os.path.basename(inner[0])}"
            if more := len(inner) - 1:
                hint += f" and {more:,} more" + (f"; {take_all} takes all {more + 1:,}" if take_all else "")
        else:
            hint = f": it has no {MANIFEST}"
    except OSError:
        return  # whatever opens it reports that
    raise NotASkillError(f"no skill in {folder}{hint}")


def _find_near_manifest(folder: str) -> str | None:
    """Return the first file whose name resembles SKILL.md; a folder `skills` has skills."""
    names = filter(resembles_manifest, sorted(os.listdir(folder)))
    return next((name for name in names if os.path.isfile(os.path.join(folder, name))), None)


def _ignore(_path: str) -> None:
    """Do nothing."""


def _find(
    paths: Iterable[str], search: Callable[[str], Iterable[str]], failed: Failed, *, at_any_depth: bool = False
) -> list[str]:
    found: dict[str, str] = {}
    for path in paths:
        try:
            skills = _find_at(path, search, at_any_depth=at_any_depth)
        except NotASkillError as error:
            failed(path, error)
            continue
        for skill in skills:
            found.setdefault(os.path.abspath(skill), os.path.normpath(skill).replace(os.sep, "/"))
    return list(found.values())


def _find_at(path: str, search: Callable[[str], Iterable[str]], *, at_any_depth: bool) -> list[str]:
    if not os.path.isdir(path):
        return [_find_at_file(path)]
    try:
        skills = sorted(search(path))
    except OSError as error:
        raise NotASkillError(f"{path} cannot be listed: {os_error(error)}") from error
    if not skills:
        if near := _find_near_manifest(path):
            raise NotASkillError(f"no skill in {path}: rename {near} to {MANIFEST}")
        raise NotASkillError(
            f"no skill below {path}" if at_any_depth else f"no skill in {path}; --all searches at any depth"
        )
    return skills


def _children(folder: str, failed: Failed | None = None) -> Iterator[str]:
    if has_manifest(folder):
        yield folder
        return
    with os.scandir(folder) as entries:
        folders = [entry for entry in entries if _is_directory(entry)]
    for entry in folders:
        try:
            names = os.listdir(entry)
        except OSError as error:
            if failed and entry.name not in PRUNED:
                _fail_to_list(entry.path, error, failed)
        else:
            if any(map(is_manifest, names)):
                yield entry.path


def _fail_to_list(folder: str, error: OSError, failed: Failed) -> None:
    """Call `failed` for a directory that cannot be listed, unless it was deleted meanwhile."""
    if not isinstance(error, FileNotFoundError):
        folder = os.path.normpath(folder).replace(os.sep, "/")
        failed(folder, NotASkillError(f"{folder} cannot be listed: {os_error(error)}"))


def _below(
    folder: str,
    failed: Failed,
    skipped: Callable[[str], object],
    choose_bundles: Callable[[str, list[str]], Iterable[str]] | None = None,
) -> list[str]:
    """Return the skills below a directory, the symlinks in it to further ones that are in it, too, and its bundles."""
    links: list[str] = []
    files: list[str] | None = None if choose_bundles is None else []
    found = list(_descendants(folder, links=links, files=files, failed=failed))
    if choose_bundles and files and (bundles := sorted(filter(_is_bundle, files))):
        found += choose_bundles(folder, bundles)
    return [*found, *_find_linked(folder, links, found, skipped)] if links else found


def _find_linked(
    folder: str, links: Iterable[str], found: Iterable[str], skipped: Callable[[str], object]
) -> Iterator[str]:
    """Yield the symlinks in a directory to further skills that are in it, too, the first to each.

    Args:
        folder: the directory.
        links: the symlinks to directories.
        found: the skills that were found without them.
        skipped: called with each symlink to a skill outside the directory.
    """
    root, known = os.path.realpath(folder), set(map(os.path.realpath, found))
    for link in sorted(links):
        target = os.path.realpath(link)
        if target in known or not has_manifest(target):
            continue
        if not Path(target).is_relative_to(root):
            skipped(link)
            continue
        known.add(target)
        yield link


def _descendants(
    folder: str,
    most: int | None = None,
    links: list[str] | None = None,
    files: list[str] | None = None,
    failed: Failed | None = None,
) -> Iterator[str]:
    """Yield the skills below a directory; symlinks to directories are not followed, but added to `links`.

    Args:
        folder: where to search.
        most: how many directories to enter, if not all.
        links: gets the symlinks.
        files: gets the files that by their names may be bundles, and are not in a skill.
        failed: called with each directory that cannot be listed, unless it is in a skill, and the error.
    """
    waiting, entered = [(folder, False)], 0
    while waiting and (most is None or entered < most):
        current, in_skill = waiting.pop()
        entered += 1
        try:
            with os.scandir(current) as entries:
                found = list(entries)
        except OSError as error:
            if current == folder:
                raise
            if failed and not in_skill:  # the walk of the skill reports it, unless it is ignored there
                _fail_to_list(current, error, failed)
            continue
        if any(is_manifest(entry.name) for entry in found):
            yield current
            in_skill = True
        if any(entry.name == "pyvenv.cfg" for entry in found):  # a virtual environment, whatever its name
            continue
        if links is not None:
            links += (entry.path for entry in found if entry.is_symlink() and _is_directory(entry))
        if files is not None and not in_skill:
            named = (entry for entry in found if entry.name.casefold().endswith((*_ZIPS, *_BODIES)))
            files += (entry.path for entry in named if entry.is_file(follow_symlinks=False))
        folders = (entry for entry in found if entry.name not in PRUNED and entry.is_dir(follow_symlinks=False))
        waiting += ((folder.path, in_skill) for folder in folders if not is_junction(folder))


def _is_directory(entry: os.DirEntry[str]) -> bool:
    """Return True for a directory or a symlink to one; False for a symlink that cannot be resolved, such as a loop."""
    with suppress(OSError):
        return entry.is_dir()
    return False


def _is_bundle(path: str) -> bool:
    """Return whether a file is a zip with a SKILL.md, or begins like a request body with an inline skill."""
    from skillpack.sources.zip import is_skill_zip, read_start

    if path.casefold().endswith(_ZIPS):
        return is_skill_zip(Path(path))
    from skillpack.sources.request_body import BEGINNING, looks_like_payload

    try:
        beginning = read_start(Path(path), BEGINNING)
    except NotASkillError:
        return False
    return bool(re.search(_INLINE, beginning.replace(b"\0", b""))) and looks_like_payload(beginning)


def _find_at_file(path: str) -> str:
    from skillpack.sources.request_body import BEGINNING, looks_like_payload
    from skillpack.sources.zip import read_start

    if path == "-":  # stdin
        return path
    if not path:
        raise NotASkillError("empty path (unset shell variable?)")
    if not os.path.lexists(path):
        raise NotASkillError(f"{path} does not exist")
    if path.casefold().endswith(_ZIPS) and os.path.isfile(path):
        return path
    if is_file(Path(path)) and looks_like_payload(read_start(Path(path), BEGINNING)):
        return path
    if root := _root_of(path):
        return root
    if os.path.isfile(path):
        return path  # may be a zip with another name, which the builder decides
    raise NotASkillError(describe_missing(path) or f"{path} is not in a skill")


def _root_of(path: str) -> str | None:
    """Return the nearest directory above a file that is a skill, relative if the file is."""
    folder = os.path.dirname(os.path.abspath(path))
    while not has_manifest(folder):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder if os.path.isabs(path) else relative_path(folder)


class Tracked(NamedTuple):
    """The files that git tracks: sorted `paths` relative to the top of the repository, `top` its path from here.

    Skills are relative to the current directory, which may be any directory of the repository.

    pre-commit hides unstaged edits from a hook but leaves untracked files in place, which are not part of the commit.
    """

    paths: tuple[str, ...]
    top: str = "."

    @classmethod
    def from_git(cls) -> Self:
        """List the tracked files with git.

        Raises:
            NotASkillError: this is not a git repository, or git is not installed.
        """
        from skillpack.sources import run_git as git

        try:
            top = os.fsdecode(git.run("rev-parse", "--show-cdup")).rstrip("\r\n") or "."
            listed = git.run("ls-files", "-z", "--cached", "--full-name", ":/")
        except git.GitMissingError as error:
            raise NotASkillError(f"{error}, and --hook needs it to list the tracked files") from error
        except git.GitError as error:
            raise NotASkillError(f"git cannot list the tracked files: {error}") from error
        return cls(tuple(sorted({os.fsdecode(path) for path in listed.split(b"\0") if path})), top)

    def skills(self) -> list[str]:
        """Return every directory with a tracked SKILL.md that is checked out."""
        manifests = (path for path in self.paths if is_manifest(path.rpartition("/")[2]))
        folders = {self._from_here(path.rpartition("/")[0]) for path in manifests}
        return sorted(folder for folder in folders if os.path.isdir(folder))

    def skills_of(self, changed: Iterable[str]) -> list[str]:
        """Return the skills that contain changed files, each once; files outside of skills are ignored.

        A file of a skill inside another belongs to both, because the outer one must have only one SKILL.md.
        """
        folders = {folder for path in changed for folder in _parents(self._from_top(path))}
        return [skill for skill in self.skills() if self._from_top(skill) in folders]

    def skills_below(self, paths: Iterable[str]) -> list[str]:
        """Return every skill below the directories among the paths, and the skills that contain the files.

        Without a directory, search the current one.

        Raises:
            NotASkillError: a path does not exist.
        """
        paths = list(paths)
        for path in paths:
            if not os.path.lexists(path):
                raise NotASkillError(f"{escaped(path) or 'empty path'} does not exist")
        folders = {path for path in paths if os.path.isdir(path) and not os.path.islink(path)}
        prefixes = [f"{self._from_top(folder)}/" for folder in folders or {"."}]
        inside = tuple("" if prefix == "./" else prefix for prefix in prefixes)
        found = {skill for skill in self.skills() if f"{self._from_top(skill)}/".startswith(inside)}
        return sorted(found.union(self.skills_of(path for path in paths if path not in folders)))

    def files_of(self, skill: str) -> frozenset[str]:
        """Return the tracked files of a skill, relative to its directory."""
        folder = self._from_top(skill)
        if folder == ".":
            return frozenset(map(portable, self.paths))
        prefix = f"{folder}/"
        first = bisect_left(self.paths, prefix)
        last = bisect_left(self.paths, f"{folder}0", first)  # 0 is the character after /
        return frozenset(portable(path[len(prefix) :]) for path in self.paths[first:last])

    def _from_top(self, path: str) -> str:
        return relative_path(path, self.top)

    def _from_here(self, folder: str) -> str:
        return relative_path(os.path.join(self.top, folder))


def _parents(path: str) -> Iterator[str]:
    folder = path.rpartition("/")[0]
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]
    yield "."
