"""Write a file, or a new folder, completely or not at all."""

from __future__ import annotations

import errno
import functools
import os
import re
import stat
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from skillpack.errors import OutputError, SkillpackError
from skillpack.sources import directory as disk
from skillpack.text import escaped, os_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

TEMPORARY: Final = re.compile(r"\.skillpack-[0-9a-f]{16}\.tmp")
"""The names of our temporary files; those that SIGKILL left behind are removed once they are an hour old."""

_ABANDONED: Final = 3600.0
_WRITTEN_EARLY: Final = 4 << 20  # bytes of a file that are written to disk while the next are made
# Windows has only the last of these; there no handle is inherited unless asked for
_WRITE: Final = os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_CREATE: Final = _WRITE | os.O_CREAT | os.O_EXCL
_NO_REPLACE: Final = 1  # RENAME_NOREPLACE in linux/fs.h
_HERE: Final = -100  # AT_FDCWD in linux/fcntl.h
_NO_FLAGS: Final = frozenset((errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP))
"""What renameat2 answers where the kernel or the file system has no RENAME_NOREPLACE."""


def replace(path: Path, pieces: Iterable[bytes | bytearray | memoryview], *, private: bool = False) -> bool:
    """Write a file completely, or leave the old one unchanged.

    An existing file of the same user keeps its mode; a new one gets the mode that the umask allows.

    Args:
        path: the file; a symlink there is replaced, not followed. A character device such as /dev/null is written to.
        pieces: its content.
        private: if True, only its owner may read it (mode 0600).

    Returns:
        True if the file was synced to disk; it is in place in either case.

    Raises:
        OutputError: it could not be written; the old file is unchanged.
    """
    with output_errors(path), open_folder(path.parent) as folder:
        return replace_in(folder, path, pieces, private=private)


def replace_in(
    folder: int | str, path: Path, pieces: Iterable[bytes | bytearray | memoryview], *, private: bool = False
) -> bool:
    """Write a file as `replace` does, in a folder that is already open.

    Args:
        folder: its descriptor, or its path where the system has no calls by descriptor.
        path: the file; its name is that in the folder, and errors show the whole path.
        pieces: its content.
        private: if True, only its owner may read it (mode 0600).
    """
    with output_errors(path):
        name = path.name or "."
        there = status_of(folder, name)
        if there and stat.S_ISCHR(there.st_mode):
            _write_to_device(folder, path, pieces)
            return False
        _check_replaceable(folder, path, there)
        remove_abandoned(folder)
        _replace(folder, name, pieces, 0o600 if private else _mode_to_keep(there))
        return sync(folder)


@contextmanager
def output_errors(path: Path) -> Iterator[None]:
    """Raise an OutputError, which names the output, for an error of the system."""
    try:
        yield
    except SkillpackError:  # some are OSErrors: refused here, or raised by what makes the pieces
        raise
    except OSError as error:
        raise OutputError(f"cannot write {escaped(str(path))}: {os_error(error)}") from error
    except ValueError as error:  # a NUL in the path
        raise OutputError(f"cannot write {escaped(str(path))}: it contains a NUL character") from error


@contextmanager
def open_folder(folder: Path) -> Iterator[int | str]:
    """Open a folder, so that nothing is written to a folder that takes its place."""
    if not disk.BY_DESCRIPTOR:
        yield str(folder)
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except PermissionError:  # a folder that may not be listed may still be written to
        yield str(folder)
        return
    try:
        yield descriptor
    finally:
        with suppress(OSError):
            os.close(descriptor)


def _replace(folder: int | str, name: str, pieces: Iterable[bytes | bytearray | memoryview], mode: int | None) -> None:
    # The name is chosen first: a signal can arrive after the system made the file and before os.open returns.
    temporary, dir_fd = disk.at(folder, f".skillpack-{os.urandom(8).hex()}.tmp")
    try:
        create(folder, os.path.basename(temporary), pieces, mode)
        os.replace(temporary, disk.at(folder, name)[0], src_dir_fd=dir_fd, dst_dir_fd=dir_fd)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary, dir_fd=dir_fd)
        raise


def create(
    folder: int | str, name: str, pieces: Iterable[bytes | bytearray | memoryview], mode: int | None = None
) -> None:
    """Write a file that does not exist yet, and sync it; a failure leaves a part of it.

    Args:
        folder: its descriptor, or its path.
        name: of the file, as the system has it.
        pieces: its content.
        mode: its mode; if None, what the umask allows.

    Raises:
        OSError: it cannot be written.
    """
    path, dir_fd = disk.at(folder, name)
    # the kernel applies the umask
    descriptor = os.open(path, _CREATE, 0o666 if mode is None else 0o600, dir_fd=dir_fd)
    with open(descriptor, "wb") as file:
        begin = end = 0
        for piece in pieces:
            file.write(piece)
            end += len(piece)
            del piece  # or a large one would be held until the next is made
            if end - begin >= _WRITTEN_EARLY:
                _begin_sync(descriptor, begin, end - begin)
                begin = end
        file.flush()
        if mode is not None and hasattr(os, "fchmod"):
            os.fchmod(descriptor, mode)
        os.fsync(descriptor)


def _begin_sync(descriptor: int, begin: int, count: int) -> None:
    """Have the system write a part of a file to disk in the background, so that the sync at its end waits for less.

    On Linux, to advise that a part is no longer needed begins to write what is not on disk yet; that stays in memory.
    """
    if hasattr(os, "posix_fadvise"):
        with suppress(OSError):
            os.posix_fadvise(descriptor, begin, count, os.POSIX_FADV_DONTNEED)


@contextmanager
def create_folder(folder: int | str, name: str, mode: int) -> Iterator[int | str]:
    """Make a folder that does not exist yet; its mode is set, and it is synced, when it is complete.

    Args:
        folder: the descriptor or the path of the one that gets it.
        name: of the new folder, as the system has it.
        mode: its mode; until it is complete, only its owner may enter it.

    Yields:
        Its descriptor, or its path where the system enters folders by path only.

    Raises:
        OSError: it cannot be made.
    """
    path, dir_fd = disk.at(folder, name)
    os.mkdir(path, 0o700, dir_fd=dir_fd)
    if not isinstance(folder, int):
        yield path
        os.chmod(path, mode)
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=dir_fd)
    try:
        yield descriptor
        os.fchmod(descriptor, mode)
        os.fsync(descriptor)
    finally:
        with suppress(OSError):
            os.close(descriptor)


def rename_new(folder: int | str, old: str, new: str) -> None:
    """Rename a folder within its parent; nothing is ever replaced.

    Where the system cannot do both in one call, the new name is first claimed with an empty folder.

    Args:
        folder: the parent's descriptor, or its path.
        old: the folder's name, as the system has it.
        new: its new name.

    Raises:
        FileExistsError: there is something of the new name.
        OSError: it cannot be renamed.
    """
    (source, dir_fd), (target, _) = disk.at(folder, old), disk.at(folder, new)
    if call := _renameat2():
        number = call(_HERE if dir_fd is None else dir_fd, os.fsencode(source), os.fsencode(target))
        if number not in _NO_FLAGS:
            if number:
                raise OSError(number, os.strerror(number), new)
            return
    if os.name == "nt":  # where a rename replaces nothing
        os.rename(source, target)
        return
    os.mkdir(target, 0o700, dir_fd=dir_fd)
    try:
        os.rename(source, target, src_dir_fd=dir_fd, dst_dir_fd=dir_fd)
    except BaseException:
        with suppress(OSError):  # it is the renamed folder, or no longer empty
            os.rmdir(target, dir_fd=dir_fd)
        raise


@functools.cache
def _renameat2() -> Callable[[int, bytes, bytes], int] | None:
    """Return a function that renames without replacing and returns the error number, or None without such a call."""
    if sys.platform != "linux":
        return None
    import ctypes

    try:
        call = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):  # an old C library
        return None
    call.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)

    def rename(dir_fd: int, old: bytes, new: bytes) -> int:
        return ctypes.get_errno() if call(dir_fd, old, dir_fd, new, _NO_REPLACE) else 0

    return rename


def remove_folder(folder: int | str, name: str) -> None:
    """Remove a folder with everything in it; symlinks are removed, not followed, and failures are ignored.

    Args:
        folder: the parent's descriptor, or its path.
        name: of the folder, as the system has it.
    """
    path, dir_fd = disk.at(folder, name)
    import shutil  # imports three compression modules

    shutil.rmtree(path, ignore_errors=True, dir_fd=dir_fd)


def status_of(folder: int | str, name: str) -> os.stat_result | None:
    """Return the status of an entry of a folder, symlinks not followed, or None if it does not exist.

    Args:
        folder: its descriptor, or its path.
        name: of the entry, as the system has it.
    """
    try:
        return disk.status_in(folder, name)
    except FileNotFoundError:
        return None


def _mode_to_keep(there: os.stat_result | None) -> int | None:
    """Return the mode of a file that is replaced, if it belongs to the same user, or None for that of the umask."""
    if there is None or not stat.S_ISREG(there.st_mode) or not hasattr(os, "geteuid") or there.st_uid != os.geteuid():
        return None
    return stat.S_IMODE(there.st_mode) & 0o777


def _check_replaceable(folder: int | str, path: Path, there: os.stat_result | None) -> None:
    """Refuse to replace a folder, FIFO, socket or disk by a file, or /dev/stdout as root.

    Raises:
        OutputError: there is something other than a file or symlink.
    """
    if there is None or stat.S_ISREG(there.st_mode):
        return
    if not stat.S_ISLNK(there.st_mode):
        raise OutputError(f"cannot write {escaped(str(path))}: it exists and is not a regular file")
    if os.path.exists("/dev") and os.path.samefile(folder, "/dev"):
        raise OutputError(f"cannot write {escaped(str(path))}: it is a symlink to a stream; use - for stdout")


def _write_to_device(folder: int | str, path: Path, pieces: Iterable[bytes | bytearray | memoryview]) -> None:
    name, dir_fd = disk.at(folder, path.name)
    descriptor = os.open(name, _WRITE | getattr(os, "O_NOCTTY", 0), dir_fd=dir_fd)
    with open(descriptor, "wb") as file:
        if file.isatty():
            raise OutputError(f"cannot write {escaped(str(path))}: it is a terminal; use - for stdout")
        file.writelines(pieces)


def sync(folder: int | str) -> bool:
    """Sync the entries of a folder to disk; return whether that succeeded.

    Args:
        folder: its descriptor, or its path.
    """
    if isinstance(folder, str):
        return os.name != "posix"  # Windows does not open folders
    try:
        os.fsync(folder)
    except OSError:
        return False
    return True


def remove_abandoned(folder: int | str, *, folders: bool = False) -> None:
    """Remove the temporary files, or else the temporary folders, that killed runs of the same user left in a folder.

    Args:
        folder: its descriptor, or its path.
        folders: whether to remove folders; only those who make them look for them.
    """
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if not TEMPORARY.fullmatch(entry.name) or not _is_abandoned(entry.stat(follow_symlinks=False)):
                continue
            path, dir_fd = disk.at(folder, entry.name)
            if entry.is_dir(follow_symlinks=False) != folders:
                continue
            if folders:
                remove_folder(folder, entry.name)
                continue
            with suppress(OSError):
                os.unlink(path, dir_fd=dir_fd)


def _is_abandoned(status: os.stat_result) -> bool:
    ours = not hasattr(os, "geteuid") or status.st_uid == os.geteuid()
    plain = stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)
    return ours and plain and time.time() - status.st_mtime > _ABANDONED
