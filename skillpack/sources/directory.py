"""Read a skill from a directory: never outside it, never through a symbolic link, never blocking."""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from skillpack.errors import NotASkillError, SkillChangedError
from skillpack.findings import Issue, Location
from skillpack.limits import MAX_FILE_BYTES
from skillpack.skill.digest import Fingerprint
from skillpack.sources.source import FILE, FOLDER, JUNCTION, SYMLINK, Status
from skillpack.text import os_error
from skillpack.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager
    from typing import Self

Identity = tuple[int, int, int, int, int]

_KINDS: Final = {
    stat.S_IFREG: FILE,
    stat.S_IFDIR: FOLDER,
    stat.S_IFLNK: SYMLINK,
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}

_JUNCTION: Final = 0xA0000003  # IO_REPARSE_TAG_MOUNT_POINT in winnt.h; the module stat has it on Windows only

# O_NONBLOCK: opening a FIFO that took the file's place must not wait for a writer
_READ_ANY: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_READ: Final = _READ_ANY | getattr(os, "O_NOFOLLOW", 0)
_FOLDER: Final = _READ | getattr(os, "O_DIRECTORY", 0)
_PLACE: Final = (os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC) if hasattr(os, "O_PATH") else None
BY_DESCRIPTOR: Final = os.open in os.supports_dir_fd and os.scandir in os.supports_fd and hasattr(os, "O_NOFOLLOW")
"""True if a folder can be opened from its parent's descriptor; Windows has only paths."""

GONE: Final = frozenset((errno.ENOENT, errno.ELOOP, errno.ENOTDIR, errno.ESTALE, errno.ENXIO))
"""The errors of opening a file that was removed or replaced since it was scanned."""

_AS_IT_IS: Final = sys.getfilesystemencoding() == "utf-8"  # Windows and macOS always, Linux in nearly every locale


def portable(name: str) -> str:
    """Return a name from the system as a tree has it: its bytes read as UTF-8, whatever the locale.

    Bytes that are not UTF-8 become surrogates, as os.fsdecode makes them.
    """
    return name if _AS_IT_IS or name.isascii() else os.fsencode(name).decode("utf-8", "surrogateescape")


def native(path: str) -> str:
    """Return a path in a tree as the system's calls take it: the inverse of `portable`."""
    return path if _AS_IT_IS or path.isascii() else os.fsdecode(path.encode("utf-8", "surrogateescape"))


class Root(NamedTuple):
    """The directory of a skill: its path without symlinks, and which directory that was when the walk began."""

    path: str
    device: int
    inode: int

    @classmethod
    def from_path(cls, path: str) -> Root:
        """Look a directory up.

        Args:
            path: its path, already resolved: a symlink on it was put there since.

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
            raise NotASkillError(_not_opened(path, error)) from error
        return cls(path, status.st_dev, status.st_ino)

    @contextmanager
    def folder(self, prefix: str) -> Iterator[int | str]:
        """Open a folder of the skill as `open_folder` does, and close it."""
        opened = self.open_folder(prefix)
        try:
            yield opened
        finally:
            close_folder(opened)

    def open_folder(self, prefix: str) -> int | str:
        """Open a folder of the skill, going down from the root folder by folder, so that no symlink can lead out.

        Args:
            prefix: its path relative to the root, `""` or `a/b/`.

        Returns:
            Its descriptor, or its path where the system enters folders by path only.

        Raises:
            SkillChangedError: another directory took the root's place.
            OSError: it cannot be opened, or a symlink took its place.
        """
        if not BY_DESCRIPTOR:
            return os.path.join(self.path, native(prefix))
        descriptor = os.open(self.path, _FOLDER)
        status = os.fstat(descriptor)
        if (status.st_dev, status.st_ino) != (self.device, self.inode):
            os.close(descriptor)
            raise SkillChangedError(f"{self.path} was replaced while it was read")
        return _inner(descriptor, native(prefix).split("/")[:-1], _FOLDER)


class DiskFile:
    """Content on disk. The first read determines it; each later read must return the same bytes.

    No descriptor is held between reads, so that trees of any size can be kept, copied and pickled.

    Args:
        path: relative to `root`, as a tree has it.
        identity: of the file that was scanned.
        root: the skill's directory.
    """

    __slots__ = ("_known", "identity", "path", "root")

    def __init__(self, path: str, identity: Identity, root: Root) -> None:
        self.path, self.identity, self.root = path, identity, root
        self._known: Fingerprint | None = None

    @property
    def fingerprint(self) -> Fingerprint:
        """The fingerprint of the content, which is read if it has not been."""
        if self._known is None:
            self.read()
        assert self._known is not None
        return self._known

    def read(self) -> bytes:
        """Return the whole content.

        Raises:
            SkillChangedError: it is not the file that was scanned, or its content changed since the first read.
            OSError: it cannot be read.
        """
        if self.identity[2] > MAX_FILE_BYTES:  # a sparse file of terabytes takes one block
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), self.path)
        try:
            content = read_scanned(self.place, self.identity)
            if content is None:  # it may only have been touched, or a folder was moved away and back
                with self.folder() as folder:
                    content = self.read_in(folder)
        except OSError as error:
            if error.errno in GONE:
                raise SkillChangedError(f"{self.path} vanished while it was read") from error
            raise
        now = Fingerprint.from_content(content)
        if self._known is None:
            self._known = now
        elif now != self._known:
            raise SkillChangedError(f"{self.path} changed after it was judged")
        return content

    @property
    def place(self) -> str:
        """Its absolute path."""
        return f"{self.root.path}{os.sep}{native(self.path)}"

    def leads_to(self, target: str) -> bool:
        """Return whether something is at a path relative to its folder, where a symlink would lead."""
        try:
            return os.path.lexists(os.path.join(os.path.dirname(self.place), target))
        except ValueError:
            return False

    def folder(self) -> AbstractContextManager[int | str]:
        """Open the folder that contains it, as Root.folder does."""
        prefix, slash, _ = self.path.rpartition("/")
        return self.root.folder(prefix + slash)

    def read_in(self, folder: int | str) -> bytes:
        """Return the content of the entry of its name in an open folder, if it has the size that was scanned.

        Raises:
            SkillChangedError: it has another size, is not a regular file, or changes while it is read.
            OSError: it cannot be read.
        """
        path, dir_fd = at(folder, native(self.path.rpartition("/")[2]))
        found = self.identity
        if dir_fd is not None:  # by path, what was touched may be anywhere
            found = identity(os.lstat(path, dir_fd=dir_fd))
        content = read_scanned(path, found, dir_fd) if found[2] == self.identity[2] else None
        if content is None:
            raise SkillChangedError(f"{self.path} changed while it was read")
        self.identity = found
        return content


class Directory:
    """A skill in a directory.

    Args:
        path: of the directory, as the caller wrote it; a symlink to one is followed.

    Raises:
        NotASkillError: it is not a directory that can be opened.
    """

    __slots__ = ("_devices", "_mounted", "location", "notes", "origin", "parts", "root")

    def __init__(self, path: Path) -> None:
        directory = _find_unlinked(path)
        self.notes: tuple[Issue, ...] = ()
        if directory is None:
            directory = _resolve(path)
            if path.name != ".." and directory != _resolve(path.parent) / path.name:
                target = portable(directory.as_posix())
                self.notes = (Issue("root-is-link", Location(), f"the path is a symbolic link to {target}"),)
        self.location = str(directory)
        self.root = Root.from_path(self.location)
        self.origin = portable(path.as_posix())
        self.parts = tuple(portable(part) for part in directory.parts[1:])
        self._mounted = _mounted_in(self.location)
        self._devices = {"": self.root.device}

    def open_folder(self, prefix: str) -> DiskFolder:
        """Open the skill's folder or one in it, as Source has it."""
        opened = self.root.open_folder(prefix)
        try:
            crossed = bool(prefix) and self._is_crossed(prefix, os.stat(opened).st_dev)
        except BaseException:
            close_folder(opened)
            raise
        return DiskFolder(opened, prefix, crossed, self._mounted)

    def _is_crossed(self, prefix: str, device: int) -> bool:
        """Return whether a folder is on another device than the one above it, or something is mounted there."""
        self._devices[prefix] = device
        above = prefix[: prefix.rfind("/", 0, -1) + 1]
        return device != self._devices.get(above, device) or prefix[:-1] in self._mounted

    def content(self, path: str, status: Status) -> DiskFile:
        """Return where the content of a file comes from, as Source has it."""
        return DiskFile(path, identity(status.handle), self.root)


class DiskFolder:
    """A folder that is open, by its descriptor or its path, until the end of a `with`."""

    __slots__ = ("_mounted", "_opened", "_prefix", "mounted")

    def __init__(self, opened: int | str, prefix: str, mounted: bool, mount_points: frozenset[str]) -> None:  # noqa: FBT001 - a value
        self._opened, self._prefix, self.mounted, self._mounted = opened, prefix, mounted, mount_points

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        close_folder(self._opened)

    def entries(self) -> Iterator[DiskEntry]:
        """Yield its entries, as Folder has it."""
        with os.scandir(self._opened) as entries:
            for entry in entries:
                yield DiskEntry(entry, self)

    def status(self, name: str) -> Status:
        """Return what an entry is, as Folder has it."""
        return self.describe(name, status_in(self._opened, native(name)))

    def read(self, name: str, status: Status) -> bytes | None:
        """Return the content of a file, as Folder has it."""
        path, dir_fd = at(self._opened, native(name))
        try:
            return read_scanned(path, identity(status.handle), dir_fd)
        except OSError as error:
            if error.errno in GONE:
                return None
            raise

    def describe(self, name: str, found: os.stat_result) -> Status:
        """Return what the system reports of an entry as a Status."""
        kind = _KINDS.get(stat.S_IFMT(found.st_mode), "of an unknown kind")
        if kind == FOLDER and getattr(found, "st_reparse_tag", 0) == _JUNCTION:
            kind = JUNCTION
        return Status(
            kind,
            found.st_size,
            self._read_link(name) if kind == SYMLINK else "",
            None if os.name == "nt" else bool(found.st_mode & 0o111),
            (found.st_dev, found.st_ino),
            found.st_nlink > 1 and kind == FILE,
            f"{self._prefix}{name}" in self._mounted,
            found.st_uid,
            found,
        )

    def _read_link(self, name: str) -> str:
        path, dir_fd = at(self._opened, native(name))
        try:
            target = portable(os.readlink(path, dir_fd=dir_fd))
        except OSError as error:
            if error.errno == errno.EINVAL:  # it was replaced by something else
                raise SkillChangedError(f"{self._prefix + name} changed while it was read") from error
            raise
        if os.name != "nt":
            return target
        drive, rest = os.path.splitdrive(target)
        return (f"/{drive}{rest}" if drive else rest).replace("\\", "/")


class DiskEntry:
    """An entry of a folder; it is examined only when its status is asked for."""

    __slots__ = ("_entry", "_folder", "is_folder", "name")

    def __init__(self, entry: os.DirEntry[str], folder: DiskFolder) -> None:
        self._entry, self._folder = entry, folder
        self.name = portable(entry.name)
        self.is_folder = entry.is_dir(follow_symlinks=False)

    def status(self) -> Status:
        """Return what it is, as Entry has it."""
        if is_junction(self._entry):
            return Status(JUNCTION)
        if os.name == "nt":  # there the scan does not know device, inode and links
            return self._folder.status(self.name)
        return self._folder.describe(self.name, self._entry.stat(follow_symlinks=False))


def _not_opened(path: str, error: Exception) -> str:
    return describe_missing(path) or f"{path} cannot be opened: {os_error(error)}"


def describe_missing(path: str) -> str | None:
    """Return what does not exist, a path or the target of a symlink, or None if it does."""
    try:
        if os.path.lexists(path):
            if not os.path.islink(path) or os.path.exists(path):
                return None
            return f"{path} is a {'loop of symlinks' if _is_loop(path) else 'symlink whose target does not exist'}"
    except ValueError:  # a NUL
        return None
    parent = os.path.dirname(path) or os.curdir
    return f"{path} does not exist" if not os.path.lexists(parent) or os.path.isdir(parent) else None


def _is_loop(path: str) -> bool:
    try:
        os.stat(path)
    except OSError as error:
        return error.errno == errno.ELOOP
    return False


def _find_unlinked(path: Path) -> Path | None:
    """Return a directory without symlinks in its path, if its own name is not one and it is found; else None.

    This is quicker than `_resolve`, which does the rest.
    """
    parent, name = os.path.split(path)
    if name in ("", "..") or not BY_DESCRIPTOR:
        return None
    try:
        place = os.path.join(os.path.realpath(parent, strict=True), name)
        return Path(place) if stat.S_ISDIR(os.lstat(place).st_mode) else None
    except (OSError, ValueError):
        return None


def _resolve(path: Path) -> Path:
    try:
        directory = path.resolve(strict=True)
        if directory.is_dir():
            return directory
    except (OSError, RuntimeError, ValueError) as error:
        raise NotASkillError(_not_opened(str(path), error)) from error
    raise NotASkillError(f"{path} is not a directory")


def _mounted_in(root: str) -> frozenset[str]:
    """Return the paths, relative to a directory, at which something is mounted, as Linux lists them.

    These include bind mounts of the same device and of single files. There is no such list on other systems.

    Args:
        root: the directory, without symlinks.
    """
    try:
        with open("/proc/self/mounts", "rb", buffering=0) as file:  # mountinfo has more, and takes twice as long
            listed = file.readall()
    except OSError:
        return frozenset()
    # the kernel writes these four as octal numbers: man 3 getmntent
    above = re.sub(rb"[ \t\n\\]", lambda found: b"\\%03o" % found[0][0], os.fsencode(root.rstrip("/"))) + b"/"
    if b" " + above not in listed:  # nearly always
        return frozenset()
    points = (line.split(b" ", 2)[1] for line in listed.split(b"\n") if line)
    inside = (point.removeprefix(above) for point in points if point.startswith(above) and point != above)
    plain = (re.sub(rb"\\([0-7]{3})", lambda found: bytes((int(found[1], 8),)), point) for point in inside)
    return frozenset(portable(os.fsdecode(point)) for point in plain)


def at(folder: int | str, name: str) -> tuple[str, int | None]:
    """Return the path of an entry of a folder for the system's calls, and the `dir_fd` it is relative to.

    Args:
        folder: its descriptor, or its path.
        name: of the entry, as the system has it.
    """
    return (name, folder) if isinstance(folder, int) else (os.path.join(folder, name), None)


def close_folder(folder: int | str) -> None:
    """Close a folder that is open by its descriptor; one that is only a path needs nothing."""
    if isinstance(folder, int):
        os.close(folder)


def status_in(folder: int | str, name: str) -> os.stat_result:
    """Return the status of an entry of a folder; a symlink is not followed.

    Raises:
        OSError: there is nothing of that name.
    """
    path, dir_fd = at(folder, name)
    return os.lstat(path, dir_fd=dir_fd)


def read_scanned(path: str, scanned: Identity, dir_fd: int | None = None) -> bytes | None:
    """Return the content of a regular file, or None if it is not what was scanned, or changes while it is read.

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
    """Go down from an open folder, which is then closed, folder by folder, so that no symlink can lead out."""
    for name in names:
        try:
            inner = os.open(name, flags, dir_fd=folder)
        finally:
            os.close(folder)
        folder = inner
    return folder


def _open_scanned(path: str, scanned: Identity, dir_fd: int | None) -> int | None:
    # Opening a FIFO wakes the program that waits to write to it, and opening a device may do anything. O_PATH opens
    # neither: it refers to what is at the path, which is then examined, and opened only if it is the file. Examining
    # the path first and then opening it would leave time to replace it.
    if _PLACE is not None and BY_DESCRIPTOR and _leads_on():
        place = os.open(path, _PLACE, dir_fd=dir_fd)
        try:
            return os.open(f"/proc/self/fd/{place}", _READ_ANY) if _is_scanned(os.fstat(place), scanned) else None
        except FileNotFoundError:  # /proc is not mounted any more
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


@cache
def _leads_on() -> bool:
    """Return whether /proc/self/fd leads from a descriptor to what it refers to; Emscripten's only lists them."""
    assert _PLACE is not None
    place = os.open(os.sep, _PLACE | os.O_DIRECTORY)
    try:
        return os.path.samestat(os.stat(f"/proc/self/fd/{place}"), os.fstat(place))
    except (FileNotFoundError, PermissionError):
        return False
    finally:
        os.close(place)


def _is_scanned(status: os.stat_result, scanned: Identity) -> bool:
    return stat.S_ISREG(status.st_mode) and identity(status) == scanned


def identity(status: os.stat_result) -> Identity:
    """Return what distinguishes one state of one file from any other: device, inode, size, times of change."""
    changed = 0 if os.name == "nt" else status.st_ctime_ns  # there it is the time of creation, and rounded
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, changed


def open_at_once(path: str, flags: int) -> int:
    """Open without waiting: for the writer of a FIFO that took a file's place, for the next line of /proc/kmsg."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def is_file(path: str | os.PathLike[str]) -> bool:
    """Return whether `path` is a file; False for paths the system rejects."""
    return identify(path) is not None


FileIdentity = tuple[int, int]


def identify(file: str | os.PathLike[str] | int) -> FileIdentity | None:
    """Return the device and the inode of a file, or of what a descriptor has open; None of anything else."""
    try:
        status = os.stat(file)
    except (OSError, ValueError):  # absent, too long, with a NUL, or a closed descriptor
        return None
    return (status.st_dev, status.st_ino) if stat.S_ISREG(status.st_mode) else None


def is_junction(entry: os.DirEntry[str]) -> bool:
    """Return whether a folder is a junction of Windows, which is really another folder and not a symlink."""
    return os.name == "nt" and getattr(entry.stat(follow_symlinks=False), "st_reparse_tag", 0) == _JUNCTION


def _read_at_most(descriptor: int, count: int) -> bytes:
    """Read to the end of a file of count - 1 bytes, which file systems in user space may return in small pieces."""
    pieces = [os.read(descriptor, count)]
    left = count - len(pieces[0])
    while left > 1 and pieces[-1]:
        pieces.append(os.read(descriptor, left))
        left -= len(pieces[-1])
    return b"".join(pieces)  # a piece alone is not copied
