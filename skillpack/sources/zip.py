"""Read a skill from a zip that skillpack or another tool made."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from skillpack.archive.canonical import read_zip
from skillpack.archive.foreign import is_metadata, read_foreign, top_folder
from skillpack.errors import ArchiveError, NotASkillError
from skillpack.findings import Issue, Location, escaped
from skillpack.limits import MAX_ZIP_BYTES
from skillpack.text import os_error
from skillpack.values import replace

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from skillpack.skill.tree import BytesLike, SkillTree


class ForeignZip(NamedTuple):
    """What another tool packed: the files of a skill before ignore rules apply.

    `contents` is path -> content of each file below the top folder, which is named `directory`; without metadata of
    macOS. Of a zip that is refused both are empty. The paths of `issues` are relative to the top folder; those of a
    refused zip, and of what is not in the top folder, are the names of entries. `origin` is the zip as the caller
    wrote it.
    """

    contents: Mapping[str, bytes]
    directory: str
    origin: str
    issues: tuple[Issue, ...]

    def demand_zip(self, file: str | None = None) -> None:
        """Make sure that the bytes are a zip, and no other kind of file as well.

        Raises:
            ArchiveError: they are not; it names the file.
        """
        for issue in self.issues:
            if issue.rule_id == "zip-not-a-zip":
                raise ArchiveError(issue.message, issue.rule_id, issue.location.offset, file)


def read_zip_source(data: BytesLike, origin: str) -> SkillTree | ForeignZip:
    """Read the files of a skill's zip.

    Args:
        data: the whole zip.
        origin: the zip as the caller wrote it, for findings.

    Returns:
        The tree of a canonical zip, whose files were selected when it was packed. Of any other zip all files; what
        is an error in it is one of the issues.

    Raises:
        TypeError: `data` is not bytes.
    """
    try:
        tree = read_zip(data)
    except ArchiveError as error:
        return _read_foreign(data, origin, error.offset)
    return replace(tree, origin=origin or tree.origin)


def _read_foreign(data: BytesLike, origin: str, deviation: int | None) -> ForeignZip:
    reading = read_foreign(data)
    if not reading.ok:
        return ForeignZip({}, "", origin, reading.issues)
    top = top_folder(reading.entries)
    if isinstance(top, Issue):
        return ForeignZip({}, "", origin, (*reading.issues, top))
    prefix = f"{top}/"
    contents = {
        entry.name.removeprefix(prefix): entry.read()
        for entry in reading.entries
        if not entry.is_directory and not is_metadata(entry.name)
    }
    message = "another tool wrote this zip; skillpack packs its files again"
    note = Issue("zip-not-canonical", Location(offset=deviation), message)
    return ForeignZip(contents, top, origin, (note, *(_below(prefix, issue) for issue in reading.issues)))


def _below(prefix: str, issue: Issue) -> Issue:
    path = issue.location.path.removeprefix(prefix)
    return replace(issue, location=replace(issue.location, path=path))


def read_zip_file(path: Path) -> SkillTree | ForeignZip:
    """Read the zip at a path, as read_zip_source does.

    Raises:
        NotASkillError: it cannot be read, or is not a zip.
        ArchiveError: it is larger than the API allows, or not a zip although it begins like one.
    """
    content = read_start(path, MAX_ZIP_BYTES + 1)
    shown = escaped(path.as_posix())
    if len(content) > MAX_ZIP_BYTES and content.startswith(b"PK"):
        message = f"the zip has over the {MAX_ZIP_BYTES:,} bytes that the API takes"
        raise ArchiveError(message, "zip-too-large", file=shown)
    found = read_zip_source(content[:MAX_ZIP_BYTES], path.as_posix())
    if isinstance(found, ForeignZip):
        try:
            found.demand_zip(shown)
        except ArchiveError as error:
            if content.startswith(b"PK"):
                raise
            raise NotASkillError(f"{escaped(str(path))} is neither a directory nor a zip") from error
    return found


def read_start(path: Path, most: int) -> bytes:
    """Return the first bytes of a file.

    Raises:
        NotASkillError: it cannot be read.
    """
    try:
        with open(path, "rb", opener=_at_once) as file:
            return file.read(most) or b""
    except OSError as error:
        raise NotASkillError(f"{escaped(str(path))} cannot be read: {os_error(error)}") from error


def _at_once(path: str, flags: int) -> int:
    """Open without waiting: for the writer of a FIFO that took the file's place, for the next line of /proc/kmsg."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
