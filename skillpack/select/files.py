"""The ignore files in a folder of a skill, and in those above it, to compiled ones. They are read, never followed."""

from __future__ import annotations

import codecs
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from skillpack.errors import SkillChangedError
from skillpack.limits import MAX_IGNORE_FILE_BYTES
from skillpack.select.gitignore import TooCostlyError
from skillpack.select.layers import GITIGNORE, SKILLIGNORE, IgnoreFile
from skillpack.select.wildmatch import without_negations
from skillpack.settings.ownership import owner_name, trusted_owners
from skillpack.skill.decisions import Odd, Oddity
from skillpack.sources.directory import DiskFile, identity, native, portable

if TYPE_CHECKING:
    from pathlib import Path

    from skillpack.select.gitignore import Effort


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

    `root` is its directory, resolved; `gitignore` whether .gitignore counts; `effort` what their patterns are counted
    on: those of the file that is one too many are not taken, nor those of any after it.
    """

    root: Path
    gitignore: bool
    effort: Effort

    def in_folder(self, prefix: str) -> Found:
        """Read the ignore files of one folder, `""` or `a/b/`, strongest first."""
        names = (SKILLIGNORE, GITIGNORE) if self.gitignore else (SKILLIGNORE,)
        folder = os.path.join(self.root, native(prefix))
        return sum((self._read(os.path.join(folder, name), prefix + name, prefix) for name in names), Found())

    def above(self) -> Found:
        """Read the .gitignore files above the skill, the nearest first, up to the root of the repository it lies in.

        Without a repository, and with .gitignore switched off, none counts.
        """
        found, trusted = Found(), trusted_owners((self.root,))
        for folder in _folders_above(self.root) if self.gitignore else ():
            below = self.root.relative_to(folder)
            file = "../" * len(below.parts) + GITIGNORE
            found += self._read(str(folder / GITIGNORE), file, above=portable(f"{below.as_posix()}/"), trusted=trusted)
        return found

    def _read(
        self, path: str, file: str, within: str = "", above: str = "", trusted: frozenset[int] | None = None
    ) -> Found:
        try:
            read = Found() if self.effort.spent else _content(path, file, self.effort)
            if isinstance(read, Found):
                return read
            content, owner = read
            notes: tuple[Odd, ...] = ()
            if trusted is not None and owner not in trusted:
                notes = (Odd(file, Oddity.SETTINGS_NOT_YOURS, owner_name(owner)),)
                content = without_negations(content)
            found = Found((IgnoreFile.from_content(file, content, self.effort, within, above),), notes)
        except TooCostlyError as error:
            return Found(unread=(Odd(file, Oddity.IGNORE_TOO_COSTLY, str(error)),))
        detail = _encoding(content)
        return found + _odd(file, detail) if detail else found


def _folders_above(root: Path) -> tuple[Path, ...]:
    """The folders above a skill, the nearest first, the repository's root the last; none outside a repository."""
    if os.path.lexists(root / ".git"):
        return ()
    parents = list(root.parents)
    for number, folder in enumerate(parents, 1):
        if os.path.lexists(folder / ".git"):
            return tuple(parents[:number])
    return ()


def _content(path: str, file: str, effort: Effort) -> tuple[bytes, int] | Found:
    """Return the content of an ignore file and its owner's id, or what is odd about it where it cannot be had."""
    try:
        status = os.lstat(path)
        if not stat.S_ISREG(status.st_mode):
            return _odd(file, f"it is {'a link' if stat.S_ISLNK(status.st_mode) else 'no regular file'}: git skips it")
        if status.st_size > MAX_IGNORE_FILE_BYTES:
            return _unread(file, f"an ignore file of over {MAX_IGNORE_FILE_BYTES:,} bytes")
        effort.load(status.st_size)
        return DiskFile(path, identity(status)).read(), status.st_uid
    except (FileNotFoundError, NotADirectoryError):
        return Found()
    except SkillChangedError:
        return _unread(file, "it changes while it is read")
    except OSError as error:
        return _unread(file, (error.strerror or "failed").lower())


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
