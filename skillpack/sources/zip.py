"""Read a skill from a zip that skillpack or another tool made."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from skillpack.archive.canonical import read_zip
from skillpack.archive.foreign import is_metadata, read_foreign, top_folder
from skillpack.errors import ArchiveError
from skillpack.findings import Issue, Location

if TYPE_CHECKING:
    from collections.abc import Mapping

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
        return replace(read_zip(data), origin=origin)
    except ArchiveError as error:
        return _read_foreign(data, origin, error.offset)


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
    message = "the zip is not the one that skillpack makes of these files"
    note = Issue("zip-not-canonical", Location(offset=deviation), message)
    return ForeignZip(contents, top, origin, (note, *(_below(prefix, issue) for issue in reading.issues)))


def _below(prefix: str, issue: Issue) -> Issue:
    path = issue.location.path.removeprefix(prefix)
    return issue._replace(location=replace(issue.location, path=path))
