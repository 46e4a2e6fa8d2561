"""A file on disk to its content: the same bytes each time, or an error; never waiting, never through a link."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass, field
from typing import Final

from skillpack.errors import SkillChangedError
from skillpack.findings import escaped
from skillpack.tree import Fingerprint

# O_NONBLOCK: opening a FIFO that took the file's place must not wait for a writer
_READ: Final = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


@dataclass(slots=True)
class DiskFile:
    """Content that lies on disk. The first read fixes what it is; each later one must give the same bytes."""

    path: str
    identity: tuple[int, int, int, int]
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
        try:
            content = self._read()
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ELOOP, errno.ENOTDIR):
                raise SkillChangedError(f"{escaped(self.path)} vanished while it was read") from error
            raise
        now = Fingerprint.of(content)
        if self._known is None:
            self._known = now
        if now != self._known:
            raise SkillChangedError(f"{escaped(self.path)} changed after it was judged")
        return content

    def _read(self) -> bytes:
        descriptor = os.open(self.path, _READ)
        with open(descriptor, "rb", buffering=0) as file:
            before = identity(os.fstat(descriptor))
            content = file.read(before[2] + 1)
            if before != self.identity or len(content) != before[2] or identity(os.fstat(descriptor)) != before:
                raise SkillChangedError(f"{escaped(self.path)} changed while it was read")
        return content


def identity(status: os.stat_result) -> tuple[int, int, int, int]:
    """What tells one state of one file from any other: device, inode, size in bytes, time of change."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
