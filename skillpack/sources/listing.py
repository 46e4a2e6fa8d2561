"""Walk a source whose entries are all known in advance: a mapping, a git tree, the directory of a zip."""

from __future__ import annotations

import errno
import os
from abc import ABC, abstractmethod
from contextlib import contextmanager
from typing import TYPE_CHECKING

from skillpack.findings import Issue, Location
from skillpack.limits import MAX_DEPTH
from skillpack.sources.source import FILE, FOLDER, Status
from skillpack.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from skillpack.skill.tree import ContentSource


class Listing(ABC):
    """A folder with known entries. What reads their contents is a subclass.

    Args:
        entries: the path of each relative to the folder, and what it is; folders need no entry of their own.
        origin: the folder as the caller wrote it.
        parts: the names of the folders on the way to it, its own last.
        above: the entries of each folder above it, the nearest first.
    """

    location = None

    def __init__(
        self,
        entries: Iterable[tuple[str, Status]],
        origin: str,
        parts: tuple[str, ...] = (),
        above: Sequence[Mapping[str, Status]] = (),
    ) -> None:
        self.origin, self.parts, self._above = origin, parts, tuple(above)
        self._folders: dict[str, dict[str, Status]] = {"": {}}
        collisions = {path for path, status in entries if not self._add(path, status)}
        message = "several entries have this path, and only one of them could be packed"
        self.notes = tuple(Issue("path-collision", Location(path), message) for path in sorted(collisions))

    def _add(self, path: str, status: Status) -> bool:
        """Add an entry and the folders on the way to it; return False if its path is taken by another."""
        *folders, name = path.split("/", MAX_DEPTH + 1)  # what is deeper is never entered
        if "/" in name:
            name, status = name[: name.index("/")], Status(FOLDER)
        here = ""
        for folder in folders:
            if self._folders[here].setdefault(folder, Status(FOLDER)).kind != FOLDER:
                return False
            here += f"{folder}/"
            self._folders.setdefault(here, {})
        entries = self._folders[here]
        if name in entries:
            return entries[name].kind == status.kind == FOLDER
        entries[name] = status
        if status.kind == FOLDER:
            self._folders.setdefault(f"{here}{name}/", {})
        return True

    @contextmanager
    def open_folder(self, prefix: str) -> Iterator[ListedFolder]:
        """Open a folder, as Source has it."""
        if prefix not in self._folders:
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), prefix)
        yield ListedFolder(self, self._folders[prefix], () if prefix else self._above)

    @abstractmethod
    def content(self, path: str, status: Status, /) -> ContentSource:
        """Return where the content of a file comes from, as Source has it."""


class ListedFolder:
    """A folder of a listing."""

    __slots__ = ("_above", "_entries", "_listing")
    mounted = False

    def __init__(self, listing: Listing, entries: Mapping[str, Status], above: Sequence[Mapping[str, Status]]) -> None:
        self._listing, self._entries, self._above = listing, entries, above

    def entries(self) -> Iterator[ListedEntry]:
        """Yield its entries, as Folder has it."""
        return (ListedEntry(name, found) for name, found in self._entries.items())

    def status(self, name: str) -> Status:
        """Return what an entry is, as Folder has it."""
        level, name = name.count("../"), name.rpartition("/")[2]
        found = (self._entries, *self._above)[level].get(name) if level <= len(self._above) else None
        if found is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
        return ListedEntry(name, found).status()

    def read(self, name: str, status: Status) -> bytes:
        """Return the content of a file, as Folder has it."""
        return self._listing.content(name, status).read()


class ListedEntry(NamedTuple):
    """An entry of a listing."""

    name: str
    found: Status

    @property
    def is_folder(self) -> bool:
        """True if it is a folder, as Entry has it."""
        return self.found.kind == FOLDER

    def status(self) -> Status:
        """Return what it is, as Entry has it."""
        if self.found.kind == FILE and self.found.size < 0:
            raise OSError(errno.EIO, "its content is missing from this partial clone", self.name)
        return self.found
