"""Read the settings files of a git revision, without a checkout."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from skillpack.errors import NotASkillError, SettingsError
from skillpack.frontmatter.nodes import lazy
from skillpack.settings.file import MAX_BYTES, OWN, SHARED, SettingsFile
from skillpack.skill.tree import is_manifest
from skillpack.sources import run_git as git
from skillpack.text import escaped
from skillpack.values import replace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from skillpack.sources.git_revision import GitRevision

Entries = dict[str, tuple[bytes, str]]
"""Path relative to the root of the repository -> the mode and object of a file, or of a folder named like settings."""

ROOT: Final = "."
"""The place of the root of a repository; that of any other folder is its path."""

_MAX_LISTING: Final = 64 << 20
_FILE_MODE: Final = b"100"


class RevisionSettings:
    """The settings files of one tree of a repository, each read once.

    Args:
        top: the folder of the work tree, where the files would be in a checkout.
        name: the revision as the caller wrote it, for messages.
        entries: the files of the tree, at least those directly in the folders above each skill that is asked about.
    """

    def __init__(self, top: str, name: str, entries: Mapping[str, tuple[bytes, str]]) -> None:
        self._top, self._name, self._entries = top, name, entries
        self._read: dict[str, SettingsFile | None] = {}

    def above(self, place: str) -> SettingsFile | None:
        """Return the settings file of the skill at a place: the nearest above it; one in a skill does not count.

        Raises:
            SettingsError: the file is invalid, or cannot be read.
        """
        return None if place == ROOT else self._nearest(parents(place))

    def nearest_to(self, place: str) -> SettingsFile | None:
        """Return the settings file of the folder at a place, which may be in it. Raises what `above` does."""
        return self._nearest([place, *(parents(place) if place != ROOT else ())])

    def _nearest(self, folders: list[str]) -> SettingsFile | None:
        outermost = max((at for at, folder in enumerate(folders) if folder in self._skills), default=-1)
        for folder in folders[outermost + 1 :]:
            for name in (OWN, SHARED):
                if file := self._read_file(name if folder == ROOT else f"{folder}/{name}"):
                    return file
        return None

    @lazy
    def _skills(self) -> frozenset[str]:
        return skills_in(self._entries)

    def _read_file(self, path: str) -> SettingsFile | None:
        if path not in self._read:
            self._read[path] = self._parse(path)
        return self._read[path]

    def _parse(self, path: str) -> SettingsFile | None:
        mode, name = self._entries.get(path, (b"", ""))
        if not mode:
            return None
        shown = escaped(f"{self._name}:{path}")
        if not mode.startswith(_FILE_MODE):
            raise SettingsError("is not a regular file", shown)
        most = MAX_BYTES[path.rpartition("/")[2] == SHARED]
        try:
            content = git.run_bounded("cat-file", "blob", name, most=most, cwd=self._top)
        except git.GitError as error:
            message = f"cannot be read: {error} (objects missing from a partial clone?)"
            raise SettingsError(message, shown) from error
        return SettingsFile.parse(Path(self._top, path), content)


def find_settings(revision: GitRevision) -> tuple[GitRevision, dict[str, Any]]:
    """Return a skill in the tree that a revision names now, and the table of its settings file in that tree.

    A revision that git does not know, or a path with `..`, is returned as it is, with no settings: reading the skill
    reports it.

    Args:
        revision: the skill.

    Raises:
        SettingsError: the settings file is invalid, or cannot be read.
        NotASkillError: the folders above the skill cannot be listed.
    """
    repository = os.fspath(revision.repository)
    name = f"{revision.revision}^{{tree}}"
    try:
        found = git.run("rev-parse", "--verify", "--end-of-options", name, cwd=repository)
    except (git.GitError, ValueError):  # or a NUL
        return revision, {}
    tree = found.decode("ascii").strip()
    place = _place_of(revision)
    if ".." in place.split("/"):  # not a path in a tree
        return revision, {}
    entries = {} if place == ROOT else list_entries(tree, revision.revision, repository, parents(place))
    top = _top_of(repository)
    file = RevisionSettings(top, revision.revision, entries).above(place)
    return replace(revision, revision=tree), file.table_of(Path(top, place)) if file else {}


def place_on_disk(revision: GitRevision) -> str:
    """Return where the folder of a skill would be in a checkout: which overrides of a settings file apply to it."""
    return os.path.join(_top_of(os.fspath(revision.repository)), _place_of(revision))


def _place_of(revision: GitRevision) -> str:
    """Return the place of a skill: its path, without what does not change it."""
    return "/".join(part for part in revision.path.replace(os.sep, "/").split("/") if part not in ("", ".")) or ROOT


def _top_of(repository: str) -> str:
    """Return the folder of the work tree that a folder is in; the folder itself where there is no work tree."""
    try:
        found = git.run("rev-parse", "--show-toplevel", cwd=repository)
    except git.GitError:
        return os.path.abspath(repository)
    return os.path.realpath(os.fsdecode(found).rstrip("\r\n"))


def list_entries(tree: str, name: str, repository: str, folders: list[str] | None = None) -> Entries:
    """Return the files of a tree, and its folders named as settings files, which is an error above a skill.

    Args:
        tree: its object.
        name: the revision as the caller wrote it, for messages.
        repository: a folder of the repository.
        folders: the places of folders; if given, only the files directly in them.

    Raises:
        NotASkillError: it cannot be listed.
    """
    calls: list[tuple[str, ...]] = [("-r", "-t", "-z", "--full-tree", tree)]
    if folders is not None:
        inner = [f"{folder}/" for folder in folders if folder != ROOT]
        calls = [("-z", "--full-tree", tree), *([("-z", "--full-tree", tree, *inner)] if inner else [])]
    found = {}
    for call in calls:
        try:
            listed = git.run_bounded("ls-tree", *call, most=_MAX_LISTING, cwd=repository)
        except git.GitError as error:
            message = f"{name} cannot be listed: {error} (objects missing from a partial clone?)"
            raise NotASkillError(message) from error
        for record in listed.split(b"\0")[:-1]:
            fields, _, path = record.partition(b"\t")
            mode, kind, object = fields.split()
            if kind != b"tree" or path.rpartition(b"/")[2] in (OWN.encode(), SHARED.encode()):
                found[os.fsdecode(path)] = (mode, object.decode("ascii"))
    return found


def skills_in(entries: Mapping[str, tuple[bytes, str]]) -> frozenset[str]:
    """Return the places of the folders that have a SKILL.md."""
    manifests = (path for path in entries if is_manifest(path.rpartition("/")[2]))
    return frozenset(path.rpartition("/")[0] or ROOT for path in manifests)


def parents(place: str) -> list[str]:
    """Return the folders above a path, the nearest first, and the root last."""
    parts = place.split("/")[:-1]
    return ["/".join(parts[:count]) for count in range(len(parts), 0, -1)] + [ROOT]
