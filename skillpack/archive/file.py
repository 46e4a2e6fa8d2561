"""A zip file on disk to its tree."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from skillpack.errors import ArchiveError, NotASkillError
from skillpack.findings import escaped
from skillpack.limits import MAX_ZIP_BYTES

if TYPE_CHECKING:
    from pathlib import Path

    from skillpack.tree import SkillTree


def is_file(path: Path) -> bool:
    """Whether a file lies at a path, which need be none that the system can have."""
    try:
        return path.is_file()
    except OSError:  # the name is too long
        return False


def read_zip_file(path: Path) -> SkillTree:
    """Return the tree of a zip file; it, and what makes it none, bear the name of the file: two may hold one folder.

    Raises:
        NotASkillError: it cannot be read, or is no zip at all.
        ArchiveError: it is not canonical.
    """
    from skillpack.archive.read import read_zip

    try:
        return replace(read_zip(_content(path)), origin=path.as_posix())
    except ArchiveError as error:
        raise ArchiveError(error.message, error.rule, error.offset, escaped(path.as_posix())) from error


def _at_once(path: str, flags: int) -> int:
    """Open without waiting: for the writer of a FIFO that took the file's place, for the next line of /proc/kmsg."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _content(path: Path) -> bytes:
    try:
        with open(path, "rb", opener=_at_once) as file:
            content = file.read(MAX_ZIP_BYTES + 1) or b""
    except OSError as error:
        reason = (error.strerror or "failed").lower()
        raise NotASkillError(f"{escaped(str(path))} cannot be read: {reason}") from error
    if content[:2] != b"PK":
        raise NotASkillError(f"{escaped(str(path))} is neither a directory nor a zip")
    if len(content) > MAX_ZIP_BYTES:
        raise ArchiveError(f"the zip has over the {MAX_ZIP_BYTES:,} bytes that the API takes", "zip-too-large")
    return content
