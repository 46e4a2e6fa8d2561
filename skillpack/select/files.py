"""The ignore files in a folder of a skill, and in those above it, to compiled ones. They are read, never followed."""

from __future__ import annotations

import codecs
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from skillpack.errors import NotASkillError, SkillChangedError
from skillpack.findings import escaped
from skillpack.limits import MAX_IGNORE_FILE_BYTES
from skillpack.select.gitignore import TooCostlyError
from skillpack.select.layers import GITIGNORE, SKILLIGNORE, IgnoreFile
from skillpack.select.wildmatch import without_negations
from skillpack.settings.ownership import owner_name, trusted_owners
from skillpack.skill.decisions import Odd, Oddity
from skillpack.sources.directory import GONE, at, identity, portable, read_scanned, status_in
from skillpack.sources.links import reason

if TYPE_CHECKING:
    import os

    from skillpack.select.gitignore import Effort
    from skillpack.sources.directory import Root


@dataclass(frozen=True, slots=True)
class Found:
    """The ignore files of some folders, strongest first, and what is odd about them.

    `unread` could not be read: what they would leave out is unknown, so the skill cannot be packed.
    """

    files: tuple[IgnoreFile, ...] = ()
    notes: tuple[Odd, ...] = ()
    unread: tuple[Odd, ...] = ()

    def __add__(self, other: Found) -> Found:
        return Found(self.files + other.files, self.notes + other.notes, self.unread + other.unread)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the ignore files of one skill.

    `root` is its directory; `gitignore` whether .gitignore counts; `effort` what their patterns are counted
    on: those of the file that is one too many are not taken, nor those of any after it.
    """

    root: Root
    gitignore: bool
    effort: Effort

    def in_folder(self, folder: int | str, prefix: str) -> Found:
        """Read the ignore files of one folder, strongest first.

        Args:
            folder: the folder, opened by `root`.
            prefix: its path, `""` or `a/b/`.
        """
        names = (SKILLIGNORE, GITIGNORE) if self.gitignore else (SKILLIGNORE,)
        return sum((self._read(folder, name, prefix + name, prefix) for name in names), Found())

    def above(self) -> Found:
        """Read the .gitignore files above the skill, the nearest first, up to the root of the repository it lies in.

        Without a repository, and with .gitignore switched off, none counts.

        Raises:
            NotASkillError: the skill's directory cannot be opened.
        """
        if not self.gitignore:
            return Found()
        names, found = PurePath(self.root.path).parts, Found()
        try:
            with self.root.folder("") as folder:  # its `..` is where it really lies, whatever its path leads to now
                for level in range(1, 1 + _levels(folder, len(names))):
                    file = "../" * level + GITIGNORE
                    above = portable("/".join(names[-level:]) + "/")
                    found += self._read(folder, file, file, above=above)
        except (OSError, SkillChangedError) as error:
            raise NotASkillError(f"{escaped(self.root.path)} cannot be listed: {reason(error)}") from error
        return found

    def _read(self, folder: int | str, name: str, file: str, within: str = "", above: str = "") -> Found:
        try:
            read = Found() if self.effort.spent else _content(folder, name, file, self.effort)
            if isinstance(read, Found):
                return read
            content, owner = read
            notes: tuple[Odd, ...] = ()
            trusted = trusted_owners((self.root.path,)) if above else None
            if trusted is not None and owner not in trusted:
                notes = (Odd(file, Oddity.SETTINGS_NOT_YOURS, owner_name(owner)),)
                content = without_negations(content)
            found = Found((IgnoreFile.from_content(file, content, self.effort, within, above),), notes)
        except TooCostlyError as error:
            return Found(unread=(Odd(file, Oddity.IGNORE_TOO_COSTLY, str(error)),))
        detail = _encoding(content)
        return found + _odd(file, detail) if detail else found


def _levels(folder: int | str, most: int) -> int:
    """Return how far above a skill the root of its repository lies: 0 if it is the skill itself, or if there is none.

    Args:
        folder: the skill's directory.
        most: how many folders are above it.
    """
    for level in range(most):
        with suppress(OSError):
            status_in(folder, "../" * level + ".git")
            return level
    return 0


def _content(folder: int | str, name: str, file: str, effort: Effort) -> tuple[bytes, int] | Found:
    """Return the content of an ignore file and its owner's id, or what is odd about it where it cannot be had."""
    try:
        status = status_in(folder, name)
    except (FileNotFoundError, NotADirectoryError):
        return Found()
    except OSError as error:
        return _unread(file, reason(error))
    if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_IGNORE_FILE_BYTES:
        return _not_to_read(file, status)
    effort.load(status.st_size)
    path, dir_fd = at(folder, name)
    try:
        content = read_scanned(path, identity(status), dir_fd)
    except OSError as error:
        if error.errno not in GONE:
            return _unread(file, reason(error))
        content = None
    if content is None:
        return _unread(file, "it changes while it is read")
    return content, status.st_uid  # whose change would have changed the identity


def _not_to_read(file: str, status: os.stat_result) -> Found:
    if stat.S_ISREG(status.st_mode):
        return _unread(file, f"an ignore file of over {MAX_IGNORE_FILE_BYTES:,} bytes")
    return _odd(file, f"it is {'a link' if stat.S_ISLNK(status.st_mode) else 'no regular file'}: git skips it")


def _encoding(content: bytes) -> str | None:
    """Say what is odd about the bytes of an ignore file, which git takes for lines without a word."""
    if content.startswith(codecs.BOM_UTF8):
        return "it begins with a byte order mark"
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # as `echo build/ > .gitignore` in PowerShell 5
        return "it is UTF-16: git finds none of its patterns"
    if b"\0" in content:
        return "it holds NUL characters: git reads no further in a line"
    if b"\r" in content and b"\n" not in content:
        return "its lines end in CR alone: git takes them for one"
    return None


def _odd(file: str, detail: str) -> Found:
    return Found(notes=(Odd(file, Oddity.IGNORE_FILE_ODD, detail),))


def _unread(file: str, reason: str) -> Found:
    return Found(unread=(Odd(file, Oddity.FILE_UNREADABLE, reason),))
