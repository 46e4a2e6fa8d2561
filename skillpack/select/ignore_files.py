"""Read the ignore files in a folder of a skill, and in the folders above it. Symbolic links are not followed."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, Final

from skillpack.errors import NotASkillError, SkillChangedError
from skillpack.findings import Issue, Location
from skillpack.limits import MAX_IGNORE_FILE_BYTES
from skillpack.select.layers import GITIGNORE, SKILLIGNORE, IgnoreFile
from skillpack.select.wildmatch import without_negations
from skillpack.settings.ownership import owner_name, trusted_owners
from skillpack.sources.source import FILE, FOLDER, SYMLINK
from skillpack.text import os_error
from skillpack.values import NamedTuple

if TYPE_CHECKING:
    from skillpack.sources.source import Folder, Source, Status
    from skillpack.sources.walk_budget import WalkBudget

_HINT: Final = "change its owner if it is yours, or delete it"
_MAX_GITFILE_BYTES: Final = 1 << 20  # what git reads of a .git that is a file (setup.c, read_gitfile_gently)


class Found(NamedTuple):
    """Ignore files, strongest first, and the issues with them.

    `unread` are issues with files that could not be read: what they exclude is unknown, so the skill cannot be packed.
    """

    files: tuple[IgnoreFile, ...] = ()
    notes: tuple[Issue, ...] = ()
    unread: tuple[Issue, ...] = ()

    def join(self, other: Found) -> Found:
        """Return these and then others."""
        return Found(self.files + other.files, self.notes + other.notes, self.unread + other.unread)


class Reader:
    """Reads the ignore files of one skill.

    Args:
        source: the skill.
        gitignore: True if .gitignore files apply.
        budget: what their bytes and patterns are counted on.
    """

    __slots__ = ("_budget", "_gitignore", "source")

    def __init__(self, source: Source, budget: WalkBudget, *, gitignore: bool) -> None:
        self.source, self._budget, self._gitignore = source, budget, gitignore

    def read_folder(self, folder: Folder, prefix: str) -> Found:
        """Read the ignore files of one folder, strongest first.

        Args:
            folder: the folder.
            prefix: its path, `""` or `a/b/`.

        Raises:
            WalkLimitError: they exceed a limit.
        """
        found = Found()
        for name in (SKILLIGNORE, GITIGNORE) if self._gitignore else (SKILLIGNORE,):
            found = found.join(self._read(folder, name, prefix + name, within=prefix))
        return found

    def read_above(self) -> Found:
        """Read the .gitignore files above the skill, the nearest first, up to the root of its repository.

        Without a repository, or if .gitignore files do not apply, there are none.

        Raises:
            NotASkillError: the skill's directory cannot be opened.
            WalkLimitError: they exceed a limit.
        """
        found, parts = Found(), self.source.parts
        if not self._gitignore or not parts:
            return found
        try:
            with self.source.open_folder("") as folder:  # on disk `..` is its parent now, not where its path leads
                levels, found = self._find_repository(folder, len(parts))
                for level in range(1, 1 + levels):
                    file = "../" * level + GITIGNORE
                    found = found.join(self._read(folder, file, file, above="/".join(parts[-level:]) + "/"))
        except (OSError, SkillChangedError) as error:
            raise NotASkillError(f"{self.source.origin} cannot be listed: {os_error(error)}") from error
        return found

    def _read(self, folder: Folder, name: str, file: str, within: str = "", above: str = "") -> Found:
        try:
            status = folder.status(name)
            if status.kind != FILE or status.size > MAX_IGNORE_FILE_BYTES:
                return _describe_unreadable(file, status)
            self._budget.spend("ignore_bytes", status.size, file)
            content = folder.read(name, status)
        except (FileNotFoundError, NotADirectoryError):
            return Found()
        except SkillChangedError:
            content = None
        except OSError as error:
            return _unread(file, os_error(error))
        if content is None:
            return _unread(file, "it changes while it is read")
        notes = (
            self._note_owner(file, status, "the file", "it excludes, but its negations have no effect") if above else ()
        )
        if notes:
            content = without_negations(content)
        ignore_file = IgnoreFile.from_content(file, content, self._budget, within, above)
        problem = _find_encoding_problem(content)
        return Found((ignore_file,), notes + (_note(file, problem) if problem else ()))

    def _find_repository(self, folder: Folder, most: int) -> tuple[int, Found]:
        """Return how far above a skill the root of its repository is: 0 if it is the skill itself or has no repository.

        A `.git` that git would not accept counts only where there is no repository above it, and a `.git` of another
        user never does: either could otherwise switch off the rules above it.

        Args:
            folder: the skill's folder.
            most: how many folders there are above it.
        """
        found, nearest = Found(), None
        for level in range(most + 1):
            name = "../" * level + ".git"
            try:
                status = folder.status(name)
            except OSError:
                continue
            if notes := self._note_owner(name, status, "the repository", "it hides no rule above it", _HINT):
                found = found.join(Found(notes=notes))
            elif _is_repository(folder, name, status):
                return level, found
            elif nearest is None:
                nearest = level
        return nearest or 0, found

    def _note_owner(
        self, file: str, status: Status, what: str, effect: str, hint: str | None = None
    ) -> tuple[Issue, ...]:
        location = self.source.location
        trusted = None if location is None or status.owner is None else trusted_owners((location,))
        if trusted is None or status.owner is None or status.owner in trusted:
            return ()
        message = f"{what} belongs to {owner_name(status.owner)}: {effect}"
        return (Issue("settings-not-yours", Location(file), message, hint=hint),)


def _is_repository(folder: Folder, name: str, status: Status) -> bool:
    """Return whether git accepts a `.git`: a repository, or a file that names one (setup.c, is_git_directory)."""
    try:
        if status.kind != FILE:
            head = folder.status(name + "/HEAD")
            kinds = {folder.status(f"{name}/{inner}").kind for inner in ("objects", "refs")}
            return kinds <= {FOLDER, SYMLINK} and (head.kind == SYMLINK or _is_head(folder.read(name + "/HEAD", head)))
        return status.size <= _MAX_GITFILE_BYTES and (folder.read(name, status) or b"").startswith(b"gitdir:")
    except (OSError, SkillChangedError):
        return False


def _is_head(content: bytes | None) -> bool:
    return bool(content and re.match(rb"ref:\s*refs/|[0-9a-f]{40}", content))


def _describe_unreadable(file: str, status: Status) -> Found:
    if status.kind == FILE:
        return _unread(file, f"an ignore file of over {MAX_IGNORE_FILE_BYTES:,} bytes")
    kind = "a symlink" if status.kind == SYMLINK else "not a regular file"
    return Found(notes=_note(file, f"it is {kind}: git skips it"))


def _find_encoding_problem(content: bytes) -> str | None:
    """Return the problem with the encoding of an ignore file, which git would read without a message."""
    if content.startswith(codecs.BOM_UTF8):
        return "it starts with a byte order mark"
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # as `echo build/ > .gitignore` in PowerShell 5
        return "it is UTF-16: git finds none of its patterns"
    if b"\0" in content:
        return "it holds NUL characters: git ignores the rest of the line"
    if b"\r" in content and b"\n" not in content:
        return "its lines end in CR alone: git reads them as one line"
    return None


def _note(file: str, problem: str) -> tuple[Issue, ...]:
    return (Issue("ignore-file-invalid", Location(file), problem),)


def _unread(file: str, reason: str) -> Found:
    return Found(unread=(Issue("file-unreadable", Location(file), f"it cannot be read: {reason}"),))
