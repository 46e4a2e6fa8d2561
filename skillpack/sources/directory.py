"""A file on disk to its content: the same bytes each time, or an error; never waiting, never through a link."""

from __future__ import annotations

import errno
import os
import stat
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from skillpack.errors import NotASkillError, SkillChangedError
from skillpack.findings import escaped
from skillpack.limits import MAX_FILE_BYTES
from skillpack.skill.tree import Fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager

Identity = tuple[int, int, int, int, int]

_JUNCTION: Final = 0xA0000003  # IO_REPARSE_TAG_MOUNT_POINT in winnt.h; the module stat has it on Windows only

# O_NONBLOCK: opening a FIFO that took the file's place must not wait for a writer
_READ_ANY: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_READ: Final = _READ_ANY | getattr(os, "O_NOFOLLOW", 0)
_FOLDER: Final = _READ | getattr(os, "O_DIRECTORY", 0)
_PLACE: Final = (os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC) if hasattr(os, "O_PATH") else None
BY_DESCRIPTOR: Final = os.open in os.supports_dir_fd and os.scandir in os.supports_fd and hasattr(os, "O_NOFOLLOW")
"""Whether a folder can be entered from its parent's descriptor; Windows has only paths."""

GONE: Final = frozenset((errno.ENOENT, errno.ELOOP, errno.ENOTDIR, errno.ESTALE, errno.ENXIO))
"""The errors of opening a file that was scanned, and has gone or become something else since."""

_AS_IT_IS: Final = sys.getfilesystemencoding() == "utf-8"  # Windows and macOS always, Linux in nearly every locale


def portable(name: str) -> str:
    """Return a name that the system gave as a tree has it: its bytes read as UTF-8, whatever the locale says.

    What is no UTF-8 stands there as surrogates, as os.fsdecode makes them.
    """
    return name if _AS_IT_IS or name.isascii() else os.fsencode(name).decode("utf-8", "surrogateescape")


def native(path: str) -> str:
    """Return a path in a tree as the system's calls take it: the inverse of `portable`."""
    return path if _AS_IT_IS or path.isascii() else os.fsdecode(path.encode("utf-8", "surrogateescape"))


@dataclass(frozen=True, slots=True)
class Root:
    """The directory of a skill: its path without links, and which one it was when the walk began."""

    path: str
    device: int
    inode: int

    @classmethod
    def from_path(cls, path: str) -> Root:
        """Look a directory up.

        Args:
            path: its path, resolved already: a link on it has been put there since.

        Raises:
            NotASkillError: it cannot be looked up.
        """
        try:
            if _PLACE is None or not BY_DESCRIPTOR:
                status = os.stat(path)
            else:
                flags = _PLACE | os.O_DIRECTORY
                descriptor = _inner(os.open(os.sep, flags), filter(None, path.split(os.sep)), flags)
                status = os.fstat(descriptor)
                os.close(descriptor)
        except OSError as error:
            raise NotASkillError(f"{escaped(path)} cannot be opened: {(error.strerror or 'failed').lower()}") from error
        return cls(path, status.st_dev, status.st_ino)

    @contextmanager
    def folder(self, prefix: str) -> Iterator[int | str]:
        """Open a folder of the skill, going down from the root folder by folder, so that no link can lead out.

        Args:
            prefix: its path relative to the root, `""` or `a/b/`.

        Yields:
            Its descriptor, or its path where the system enters folders by path only.

        Raises:
            SkillChangedError: the root is not the directory it was.
            OSError: it cannot be opened, or a link took its place.
        """
        if not BY_DESCRIPTOR:
            yield os.path.join(self.path, native(prefix))
            return
        descriptor = os.open(self.path, _FOLDER)
        status = os.fstat(descriptor)
        if (status.st_dev, status.st_ino) != (self.device, self.inode):
            os.close(descriptor)
            raise SkillChangedError(f"{escaped(self.path)} was exchanged while it was read")
        descriptor = _inner(descriptor, native(prefix).split("/")[:-1], _FOLDER)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def status(self, path: str) -> os.stat_result:
        """Return what lies at a path of the skill; no folder on the way, nor the entry itself, may be a link.

        Args:
            path: relative to the root.

        Raises:
            SkillChangedError: the root is not the directory it was.
            OSError: there is nothing, or a link took a folder's place.
        """
        prefix, slash, name = path.rpartition("/")
        with self.folder(prefix + slash) as folder:
            return status_in(folder, native(name))


@dataclass(slots=True)
class DiskFile:
    """Content that lies on disk. The first read fixes what it is; each later one must give the same bytes.

    `path` is relative to `root`, as a tree has it. No descriptor is held between reads, so that trees of any size can
    be kept, copied and pickled.
    """

    path: str
    identity: Identity
    root: Root
    _known: Fingerprint | None = field(default=None, compare=False)

    @property
    def fingerprint(self) -> Fingerprint:
        """What the content says of the file; reads it if nothing has yet."""
        if self._known is None:
            self.read()
        assert self._known is not None
        return self._known

    def read(self) -> bytes:
        """Return the whole content.

        Raises:
            SkillChangedError: it is not the file that was scanned, or no longer has the content first read.
            OSError: it cannot be read.
        """
        if self.identity[2] > MAX_FILE_BYTES:  # a sparse file of terabytes lies in one block
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), self.path)
        try:
            content = read_scanned(self.place, self.identity)
            if content is None:  # it may only have been touched, or a folder was exchanged and is back
                with self.folder() as folder:
                    content = self.read_in(folder)
        except OSError as error:
            if error.errno in GONE:
                raise SkillChangedError(f"{escaped(self.path)} vanished while it was read") from error
            raise
        now = Fingerprint.from_content(content)
        if self._known is None:
            self._known = now
        if now != self._known:
            raise SkillChangedError(f"{escaped(self.path)} changed after it was judged")
        return content

    @property
    def place(self) -> str:
        """Its whole path."""
        return f"{self.root.path}{os.sep}{native(self.path)}"

    def folder(self) -> AbstractContextManager[int | str]:
        """Open the folder it lies in, as Root.folder does."""
        prefix, slash, _ = self.path.rpartition("/")
        return self.root.folder(prefix + slash)

    def read_in(self, folder: int | str) -> bytes:
        """Return the content of the entry of its name in an open folder, as long as it has the size that was judged.

        Raises:
            SkillChangedError: it does not, is not a regular file, or changes while it is read.
            OSError: it cannot be read.
        """
        path, dir_fd = at(folder, native(self.path.rpartition("/")[2]))
        found = self.identity
        if dir_fd is not None:  # by path, what was touched may lie anywhere
            found = identity(os.lstat(path, dir_fd=dir_fd))
        content = read_scanned(path, found, dir_fd) if found[2] == self.identity[2] else None
        if content is None:
            raise SkillChangedError(f"{escaped(self.path)} changed while it was read")
        self.identity = found
        return content


def at(folder: int | str, name: str) -> tuple[str, int | None]:
    """Return what names an entry of a folder in the system's calls: a path, and the `dir_fd` it is relative to.

    Args:
        folder: its descriptor, or its path.
        name: of the entry, as the system has it.
    """
    return (name, folder) if isinstance(folder, int) else (os.path.join(folder, name), None)


def status_in(folder: int | str, name: str) -> os.stat_result:
    """Return the status of an entry of a folder; a link is not followed.

    Raises:
        OSError: there is nothing of that name.
    """
    path, dir_fd = at(folder, name)
    return os.lstat(path, dir_fd=dir_fd)


def read_scanned(path: str, scanned: Identity, dir_fd: int | None = None) -> bytes | None:
    """Return the content of a regular file, or None if it is not what was scanned, or does not stay it.

    Raises:
        OSError: it cannot be read.
    """
    descriptor = _open_scanned(path, scanned, dir_fd)
    if descriptor is None:
        return None
    try:
        content = _read_at_most(descriptor, scanned[2] + 1)
        unchanged = len(content) == scanned[2] and identity(os.fstat(descriptor)) == scanned
    finally:
        os.close(descriptor)
    return content if unchanged else None


def _inner(folder: int, names: Iterable[str], flags: int) -> int:
    """Go down from an open folder, which is then closed, folder by folder, so that no link can lead out."""
    for name in names:
        try:
            inner = os.open(name, flags, dir_fd=folder)
        finally:
            os.close(folder)
        folder = inner
    return folder


def _open_scanned(path: str, scanned: Identity, dir_fd: int | None) -> int | None:
    # To open a FIFO wakes the program that waits to write to it, to open a device may do anything. O_PATH opens
    # neither: it holds on to what lies at the path, which is then looked at, and opened only if it is the file.
    # That costs one call of open more than to open first and look after; but to look at the path first and then open
    # it leaves time for another exchange.
    if _PLACE is not None and BY_DESCRIPTOR:
        place = os.open(path, _PLACE, dir_fd=dir_fd)
        try:
            return os.open(f"/proc/self/fd/{place}", _READ_ANY) if _is_scanned(os.fstat(place), scanned) else None
        except FileNotFoundError:  # /proc is not mounted
            pass
        finally:
            os.close(place)
    if not _is_scanned(os.lstat(path, dir_fd=dir_fd), scanned):
        return None
    descriptor = os.open(path, _READ, dir_fd=dir_fd)
    if _is_scanned(os.fstat(descriptor), scanned):
        return descriptor
    os.close(descriptor)
    return None


def _is_scanned(status: os.stat_result, scanned: Identity) -> bool:
    return stat.S_ISREG(status.st_mode) and identity(status) == scanned


def identity(status: os.stat_result) -> Identity:
    """What tells one state of one file from any other: device, inode, size in bytes, times of change."""
    changed = 0 if os.name == "nt" else status.st_ctime_ns  # there it is the time of making, and rounded
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, changed


def is_file(path: os.PathLike[str]) -> bool:
    """Whether a file lies at a path, which need be none that the system can have."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except (OSError, ValueError):  # absent, too long, or with a NUL
        return False


def is_junction(entry: os.DirEntry[str]) -> bool:
    """Whether a folder is really another one, which may lie anywhere: Windows takes such for folders, not for links."""
    return os.name == "nt" and getattr(entry.stat(follow_symlinks=False), "st_reparse_tag", 0) == _JUNCTION


def _read_at_most(descriptor: int, count: int) -> bytes:
    """Read to the end of the file, which file systems in user space may give in small pieces."""
    first = os.read(descriptor, count)
    if len(first) in (0, count - 1, count):  # nearly always; one more read tells whether it is the end
        return first + (os.read(descriptor, count - len(first)) if len(first) == count - 1 else b"")
    pieces = [first]
    while pieces[-1] and (left := count - sum(map(len, pieces))):
        pieces.append(os.read(descriptor, left))
    return b"".join(pieces)
