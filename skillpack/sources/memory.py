"""Read a skill from memory, or from a package or zip file by its Traversable."""

from __future__ import annotations

import errno
import os
import stat
import zipfile
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, cast

from skillpack.errors import NotASkillError, require_type
from skillpack.limits import MAX_FILE_BYTES, MAX_INFLATED_BYTES
from skillpack.skill.tree import BytesLike, Memory
from skillpack.sources.listing import Listing
from skillpack.sources.source import FILE, FOLDER, SYMLINK, Status
from skillpack.text import os_error

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from importlib.resources.abc import Traversable


class MemorySource(Listing):
    """Files in memory.

    Args:
        contents: path relative to the skill's folder -> content of the file there.
        directory: the name of the folder; if it is empty, findings name `skill/SKILL.md`.

    Raises:
        TypeError: a path is not a string, or a content is not bytes.
    """

    def __init__(self, contents: Mapping[str, BytesLike], directory: str = "") -> None:
        for path, content in contents.items():
            require_type("a path in contents", path, str, "a string")
            require_type("the content of a file", content, BytesLike, "bytes")
        sources = ((path, Memory(bytes(content))) for path, content in contents.items())
        entries = ((path, Status(FILE, len(memory.content), handle=memory)) for path, memory in sources)
        super().__init__(entries, directory or "skill", (directory,) if directory else ())

    def content(self, _path: str, status: Status, /) -> Memory:
        """Return where the content of a file comes from, as Source has it."""
        assert isinstance(status.handle, Memory)
        return status.handle


_FAILURES: Final = (OSError, RuntimeError, ValueError, EOFError, zipfile.BadZipFile, zlib.error)
"""What zipfile raises on a damaged or encrypted file, beside OSError."""


class TraversableSource:
    """A folder of a package or of a zip file. A file is read when it is selected, as its size is unknown before.

    Args:
        root: the folder.

    Raises:
        NotASkillError: it is not a folder.
    """

    location = None
    notes = ()

    def __init__(self, root: Traversable) -> None:
        if not root.is_dir():
            raise NotASkillError(f"{root} is not a folder")
        self._root, self._left = root, MAX_INFLATED_BYTES
        name = "" if _entry_of_zip(root) == "" else root.name
        self.origin, self.parts = name or "skill", (name,) if name else ()

    @contextmanager
    def open_folder(self, prefix: str) -> Iterator[TraversableFolder]:
        """Open a folder, as Source has it."""
        folder = TraversableFolder(self, self._root)
        for name in prefix.split("/")[:-1]:
            folder = folder.open(name)
        yield folder

    def content(self, _path: str, status: Status, /) -> Memory:
        """Return where the content of a file comes from, as Source has it."""
        assert isinstance(status.handle, Memory)
        return status.handle

    def read(self, file: Traversable) -> bytes:
        """Return the content of a file, or its first 25 MiB and a byte if it is too large to pack.

        Raises:
            OSError: it cannot be read, or the skill's files together are too large.
        """
        try:
            with file.open("rb") as opened:
                content = opened.read(min(MAX_FILE_BYTES, self._left) + 1)
        except _FAILURES as error:
            raise OSError(errno.EIO, os_error(error) if isinstance(error, OSError) else str(error)) from error
        self._left -= len(content)
        if self._left < 0:
            raise OSError(errno.EFBIG, f"the files have over {MAX_INFLATED_BYTES:,} bytes")
        return content


class TraversableFolder:
    """A folder of a TraversableSource."""

    __slots__ = ("_entries", "_source")
    mounted = False

    def __init__(self, source: TraversableSource, folder: Traversable) -> None:
        self._source = source
        try:
            self._entries = {entry.name: TraversableEntry(source, entry) for entry in folder.iterdir()}
        except _FAILURES as error:
            raise OSError(errno.EIO, os_error(error)) from error

    def open(self, name: str) -> TraversableFolder:
        """Open a folder in it.

        Raises:
            NotADirectoryError: there is no such folder, or a symlink is in its place.
        """
        found = self._entries.get(name)
        if found is None or not found.is_folder:
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), name)
        return TraversableFolder(self._source, found.place)

    def entries(self) -> Iterator[TraversableEntry]:
        """Yield its entries, as Folder has it."""
        return iter(self._entries.values())

    def status(self, name: str) -> Status:
        """Return what an entry is, as Folder has it."""
        if name not in self._entries:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
        return self._entries[name].status()

    def read(self, name: str, status: Status) -> bytes:
        """Return the content of a file, as Folder has it."""
        return self._source.content(name, status).content


class TraversableEntry:
    """An entry of a TraversableFolder."""

    __slots__ = ("_is_link", "_source", "is_folder", "name", "place")

    def __init__(self, source: TraversableSource, place: Traversable) -> None:
        self._source, self.place, self.name = source, place, place.name
        self._is_link = _is_symlink(place)
        self.is_folder = not self._is_link and place.is_dir()

    def status(self) -> Status:
        """Return what it is, as Entry has it; a file is read."""
        if self.is_folder:
            return Status(FOLDER)
        if self._is_link:
            if isinstance(self.place, os.PathLike):
                return Status(SYMLINK, target=os.readlink(cast("os.PathLike[str]", self.place)))
            return Status(SYMLINK, target=self._source.read(self.place).decode("utf-8", "surrogateescape"))
        if not self.place.is_file():
            return Status("of an unknown kind")
        memory = Memory(self._source.read(self.place))
        return Status(FILE, len(memory.content), handle=memory)


def _is_symlink(place: object) -> bool:
    if isinstance(place, zipfile.Path):  # whose own method is always False before Python 3.13
        info = place.root.NameToInfo.get(place.at)
        return info is not None and stat.S_ISLNK(info.external_attr >> 16)
    return isinstance(place, os.PathLike) and os.path.islink(place)


def _entry_of_zip(place: object) -> str | None:
    """Return the name of the entry that a zipfile.Path is, empty for the zip itself."""
    return place.at if isinstance(place, zipfile.Path) else None
