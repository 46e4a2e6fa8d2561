"""Write a file completely or not at all."""

from __future__ import annotations

import os
import re
import stat
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from skillpack.errors import OutputError, SkillpackError
from skillpack.findings import escaped
from skillpack.sources import directory as disk
from skillpack.text import os_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

TEMPORARY: Final = re.compile(r"\.skillpack-[0-9a-f]{16}\.tmp")
"""The names of our temporary files; those that SIGKILL left behind are removed once they are an hour old."""

_ABANDONED: Final = 3600.0
# Windows has only the last of these; there no handle is inherited unless asked for
_WRITE: Final = os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_CREATE: Final = _WRITE | os.O_CREAT | os.O_EXCL


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
    with _output_errors(path), _open_folder(path.parent) as folder:
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
    with _output_errors(path):
        name = path.name or "."
        there = _status(folder, name)
        if there and stat.S_ISCHR(there.st_mode):
            _write_to_device(folder, path, pieces)
            return False
        _check_replaceable(folder, path, there)
        _remove_abandoned(folder)
        _replace(folder, name, pieces, 0o600 if private else _mode_to_keep(there))
        return _sync(folder)


@contextmanager
def _output_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except SkillpackError:  # some are OSErrors: refused here, or raised by what makes the pieces
        raise
    except OSError as error:
        raise OutputError(f"cannot write {escaped(str(path))}: {os_error(error)}") from error
    except ValueError as error:  # a NUL in the path
        raise OutputError(f"cannot write {escaped(str(path))}: it contains a NUL character") from error


@contextmanager
def _open_folder(folder: Path) -> Iterator[int | str]:
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
        # the kernel applies the umask
        descriptor = os.open(temporary, _CREATE, 0o666 if mode is None else 0o600, dir_fd=dir_fd)
        with open(descriptor, "wb") as file:
            file.writelines(pieces)
            file.flush()
            if mode is not None and hasattr(os, "fchmod"):
                os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        os.replace(temporary, disk.at(folder, name)[0], src_dir_fd=dir_fd, dst_dir_fd=dir_fd)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary, dir_fd=dir_fd)
        raise


def _status(folder: int | str, name: str) -> os.stat_result | None:
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


def _sync(folder: int | str) -> bool:
    if isinstance(folder, str):
        return os.name != "posix"  # Windows does not open folders
    try:
        os.fsync(folder)
    except OSError:
        return False
    return True


def _remove_abandoned(folder: int | str) -> None:
    """Remove the temporary files that killed runs of the same user left here."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if TEMPORARY.fullmatch(entry.name) and _is_abandoned(entry.stat(follow_symlinks=False)):
                path, dir_fd = disk.at(folder, entry.name)
                with suppress(OSError):
                    os.unlink(path, dir_fd=dir_fd)


def _is_abandoned(status: os.stat_result) -> bool:
    ours = not hasattr(os, "geteuid") or status.st_uid == os.geteuid()
    return ours and stat.S_ISREG(status.st_mode) and time.time() - status.st_mtime > _ABANDONED
