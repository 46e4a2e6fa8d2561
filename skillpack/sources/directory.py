"""A file on disk to its content: the same bytes each time, or an error; never waiting, never through a link."""

from __future__ import annotations

import errno
import os
import stat
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from skillpack.errors import SkillChangedError
from skillpack.findings import escaped
from skillpack.limits import MAX_FILE_BYTES
from skillpack.skill.tree import Fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterator

Identity = tuple[int, int, int, int, int]

_JUNCTION: Final = 0xA0000003  # IO_REPARSE_TAG_MOUNT_POINT in winnt.h; the module stat has it on Windows only

# O_NONBLOCK: opening a FIFO that took the file's place must not wait for a writer
_READ: Final = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_FOLDER: Final = _READ | getattr(os, "O_DIRECTORY", 0)
BY_DESCRIPTOR: Final = os.open in os.supports_dir_fd and os.scandir in os.supports_fd and hasattr(os, "O_NOFOLLOW")
"""Whether a folder can be entered from its parent's descriptor; Windows has only paths."""

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
        """Look a directory up; the path must be resolved already."""
        status = os.stat(path)
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
        try:
            status = os.fstat(descriptor)
            if (status.st_dev, status.st_ino) != (self.device, self.inode):
                raise SkillChangedError(f"{escaped(self.path)} was exchanged while it was read")
            for name in native(prefix).split("/")[:-1]:
                inner = os.open(name, _FOLDER, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = inner
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
            if isinstance(folder, int):
                return os.stat(native(name), dir_fd=folder, follow_symlinks=False)
            return os.lstat(os.path.join(folder, native(name)))


@dataclass(slots=True)
class DiskFile:
    """Content that lies on disk. The first read fixes what it is; each later one must give the same bytes.

    `root`, where there is one, is what `path`, as a tree has it, is relative to. No descriptor is held between reads,
    so that trees of any size can be kept, copied and pickled.
    """

    path: str
    identity: Identity
    root: Root | None = None
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
            content = self._read_twice()
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ELOOP, errno.ENOTDIR, errno.ESTALE, errno.ENXIO):
                raise SkillChangedError(f"{escaped(self.path)} vanished while it was read") from error
            raise
        now = Fingerprint.from_content(content)
        if self._known is None:
            self._known = now
        if now != self._known:
            raise SkillChangedError(f"{escaped(self.path)} changed after it was judged")
        return content

    def _read_twice(self) -> bytes:
        """Read; if the file was touched in between, once more, as long as it has the size that was judged."""
        try:
            return self._content(os.open(self.place, _READ), self.identity)
        except SkillChangedError:
            if self.root is None or not BY_DESCRIPTOR:
                raise
        # What lies at the path may not be what was scanned, so this time no folder is entered by its path.
        prefix, _, name = self.path.rpartition("/")
        with self.root.folder(f"{prefix}/" if prefix else "") as folder:
            assert isinstance(folder, int)
            status = os.stat(native(name), dir_fd=folder, follow_symlinks=False)
            found = identity(status)
            if found[2] != self.identity[2]:
                raise SkillChangedError(f"{escaped(self.path)} changed while it was read")
            content = self._content(os.open(native(name), _READ, dir_fd=folder), found)
        self.identity = found
        return content

    @property
    def place(self) -> str:
        """Its whole path."""
        return os.path.join(self.root.path, native(self.path)) if self.root else self.path

    def _content(self, descriptor: int, scanned: Identity) -> bytes:
        try:
            if identity(os.fstat(descriptor)) == scanned:
                content = _read_at_most(descriptor, scanned[2] + 1)
                if len(content) == scanned[2] and identity(os.fstat(descriptor)) == scanned:
                    return content
        finally:
            os.close(descriptor)
        raise SkillChangedError(f"{escaped(self.path)} changed while it was read")


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
