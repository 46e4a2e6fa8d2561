"""The ignore files in a folder of a skill, and in those above it, to compiled ones. They are read, never followed."""

from __future__ import annotations

import codecs
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from skillpack.disk import DiskFile, identity, native, portable
from skillpack.errors import SkillChangedError
from skillpack.ignore import GITIGNORE, SKILLIGNORE, IgnoreFile
from skillpack.limits import MAX_IGNORE_FILE_BYTES
from skillpack.tree import Odd, Oddity

if TYPE_CHECKING:
    from pathlib import Path

    from skillpack.settings import Settings


@dataclass(frozen=True, slots=True)
class Found:
    """The ignore files of some folders, strongest first, and what is odd about them.

    `unread` could not be read: what they would leave out is unknown, so the skill cannot be packed.
    """

    files: tuple[IgnoreFile, ...] = ()
    noted: tuple[Odd, ...] = ()
    unread: tuple[Odd, ...] = ()

    def __add__(self, other: Found) -> Found:
        return Found(self.files + other.files, self.noted + other.noted, self.unread + other.unread)


def in_folder(root: str, prefix: str, settings: Settings) -> Found:
    """Read the ignore files of one folder of a skill.

    Args:
        root: the skill's directory.
        prefix: the folder relative to it, `""` or `a/b/`.
        settings: whether .gitignore counts.
    """
    directory = os.path.join(root, native(prefix))
    names = (SKILLIGNORE, GITIGNORE) if settings.gitignore else (SKILLIGNORE,)
    return sum((_read(os.path.join(directory, name), prefix + name, prefix, "") for name in names), Found())


def above(root: Path, settings: Settings) -> Found:
    """Read the .gitignore files above a skill, the nearest first, up to the root of the repository it lies in.

    Without a repository, and with .gitignore switched off, none counts.

    Args:
        root: the skill's directory, resolved.
        settings: whether .gitignore counts.
    """
    found = Found()
    for folder in _folders_above(root) if settings.gitignore else ():
        below = root.relative_to(folder)
        file = "../" * len(below.parts) + GITIGNORE
        found += _read(str(folder / GITIGNORE), file, "", portable(f"{below.as_posix()}/"))
    return found


def _folders_above(root: Path) -> tuple[Path, ...]:
    """The folders above a skill, the nearest first, the repository's root the last; none outside a repository."""
    if os.path.lexists(root / ".git"):
        return ()
    parents = list(root.parents)
    for number, folder in enumerate(parents, 1):
        if os.path.lexists(folder / ".git"):
            return tuple(parents[:number])
    return ()


def _read(path: str, file: str, within: str, above: str) -> Found:
    try:
        status = os.lstat(path)
        if not stat.S_ISREG(status.st_mode):
            return _odd(file, f"it is {'a link' if stat.S_ISLNK(status.st_mode) else 'no regular file'}: git skips it")
        if status.st_size > MAX_IGNORE_FILE_BYTES:
            return _unread(file, f"an ignore file of over {MAX_IGNORE_FILE_BYTES:,} bytes")
        content = DiskFile(path, identity(status)).read()
    except (FileNotFoundError, NotADirectoryError):
        return Found()
    except OSError as error:
        return _unread(file, (error.strerror or "failed").lower())
    except SkillChangedError:
        return _unread(file, "it changes while it is read")
    found = Found((IgnoreFile.of(file, content, within, above),))
    return found + _odd(file, "it begins with a byte order mark") if content.startswith(codecs.BOM_UTF8) else found


def _odd(file: str, detail: str) -> Found:
    return Found(noted=(Odd(file, Oddity.IGNORE_FILE_ODD, detail),))


def _unread(file: str, reason: str) -> Found:
    return Found(unread=(Odd(file, Oddity.FILE_UNREADABLE, reason),))
