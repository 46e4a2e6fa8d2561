"""Read a skill from a zip that skillpack or another tool made."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO, Final

from skillpack.archive.central_directory import TAIL_BYTES, find_end, find_zip64, read_header
from skillpack.archive.read_canonical import read_zip
from skillpack.archive.read_foreign import OTHER_LAYOUT, is_metadata, read_foreign, top_folder
from skillpack.archive.records import Member, lay_out
from skillpack.errors import ArchiveError, NotASkillError
from skillpack.findings import Issue, Location
from skillpack.limits import MAX_ZIP_BYTES, MAX_ZIP_ENTRIES
from skillpack.skill.tree import is_manifest
from skillpack.sources.directory import open_at_once
from skillpack.text import escaped, os_error
from skillpack.values import NamedTuple, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from skillpack.archive.central_directory import Header
    from skillpack.archive.read_foreign import Entry, Reading
    from skillpack.skill.tree import BytesLike, SkillTree
    from skillpack.targets import Layout

_MAX_DIRECTORY: Final = 16 << 20
"""Bytes of a central directory that are read for its names: 10,000 entries have about a megabyte."""


class ForeignZip(NamedTuple):
    """What another tool packed: the files of a skill before ignore rules apply.

    `contents` is path -> content of each file below the top folder, which is named `directory`; without metadata of
    macOS. Of a zip that is refused both are empty. The paths of `issues` are relative to the top folder; those of a
    refused zip, and of what is not in the top folder, are the names of entries. `origin` is the zip as the caller
    wrote it. `rejected` are issues with which the files are read, but not packed; `in_zip` is that of the selection.
    """

    contents: Mapping[str, bytes]
    directory: str
    origin: str
    issues: tuple[Issue, ...]
    rejected: tuple[Issue, ...] = ()
    in_zip: Location | None = None

    def demand_zip(self, file: str | None = None) -> None:
        """Make sure that the bytes are a zip, and no other kind of file as well.

        Raises:
            ArchiveError: they are not; it names the file.
        """
        for issue in self.issues:
            if issue.rule_id == "zip-not-a-zip":
                raise ArchiveError(issue.message, issue.rule_id, issue.location.offset, file)


def read_zip_source(data: BytesLike, origin: str, layout: Layout | None = "folder") -> SkillTree | ForeignZip:
    """Read the files of a skill's zip.

    Args:
        data: the whole zip.
        origin: the zip as the caller wrote it, for findings.
        layout: root if SKILL.md may be at the root of the zip, too; folder if it must be in one folder; None if one
            consumer wants this and another that: at the root its files are read, but rejected.

    Returns:
        The tree of a canonical zip, whose files were selected when it was packed. Of any other zip all files; what
        is an error in it is one of the issues.

    Raises:
        TypeError: `data` is not bytes.
    """
    try:
        tree = read_zip(data)
    except ArchiveError as error:
        return _read_other(bytes(data), origin, layout, error.offset)
    return _placed(replace(tree, origin=origin or tree.origin), _find_manifest(bytes(data)))


def _read_other(data: bytes, origin: str, layout: Layout | None, deviation: int | None) -> SkillTree | ForeignZip:
    """Read a zip that is not canonical, or that is so with SKILL.md at its root."""
    reading = read_foreign(data)
    manifest = next((entry for entry in reading.entries if is_manifest(entry.name)), None)
    if layout == "root" and any(is_manifest(entry.name) for entry in reading.refused):
        return _select_folder(reading, origin, deviation, top="")
    if layout == "folder" or manifest is None:
        return _select_folder(reading, origin, deviation)
    rejected = () if layout == "root" else (top_folder(reading.entries),)
    hint = "no zip fits all targets of this call: write one zip for each layout"
    issues = tuple(replace(issue, hint=hint) for issue in rejected if isinstance(issue, Issue))
    if found := _read_canonical_root(data, reading.entries):
        found = replace(found, origin=origin or "skill", directory="")
        return _placed(found, Location(manifest.name, offset=manifest.offset), issues)
    return _select_folder(reading, origin, deviation, top="")._replace(rejected=issues)


def _placed(tree: SkillTree, in_zip: Location | None, rejected: tuple[Issue, ...] = ()) -> SkillTree:
    return replace(tree, selection=replace(tree.selection, in_zip=in_zip, rejected=rejected))


def _find_manifest(data: bytes) -> Location | None:
    """Return the name and the offset of the SKILL.md in the top folder of a canonical zip, or None if it has none."""
    end = find_end(data)
    headers = _read_headers(data, end.begin) if end else ()
    found = ((header.name.decode(), header.offset) for header in headers)
    places = (Location(name, offset=offset) for name, offset in found if is_manifest(name.partition("/")[2]))
    return next(places, None)


def _read_canonical_root(data: bytes, entries: Iterable[Entry]) -> SkillTree | None:
    """Return the tree of a zip with SKILL.md at its root if its bytes are those that skillpack writes, else None."""
    members = [_member(entry) for entry in entries]
    if b"".join(lay_out(members)) != data:
        return None
    in_folder = (member._replace(name=b"skill/" + member.name) for member in members)
    try:
        return read_zip(b"".join(lay_out(in_folder)))
    except ArchiveError:
        return None


def _member(entry: Entry) -> Member:
    return Member(entry.raw_name, entry.method, entry.crc, entry.size, entry.executable, entry.data, len(entry.data))


def _select_folder(reading: Reading, origin: str, deviation: int | None, top: str | None = None) -> ForeignZip:
    """Return the files in the folder `top`, in the root if that is empty, or else in the one top folder."""
    if not reading.ok:
        found = top_folder(reading.refused) if reading.refused and top is None else None
        more = (found,) if isinstance(found, Issue) else ()
        return ForeignZip({}, "", origin, (*reading.issues, *more))
    if top is None:
        found = top_folder(reading.entries)
        if isinstance(found, Issue):
            return ForeignZip({}, "", origin, (*reading.issues, found))
        top = found
    prefix = f"{top}/" if top else ""
    files = {
        entry.name.removeprefix(prefix): entry
        for entry in reading.entries
        if not entry.is_directory and not is_metadata(entry.name)
    }
    contents = {path: entry.content for path, entry in files.items()}
    message = "another tool wrote this zip; skillpack packs its files again"
    note = Issue("zip-not-canonical", Location(offset=deviation), message)
    manifests = (Location(entry.name, offset=entry.offset) for path, entry in files.items() if is_manifest(path))
    issues = (note, *(_below(prefix, issue) for issue in reading.issues))
    return ForeignZip(contents, top, origin, issues, in_zip=next(manifests, None))


def _below(prefix: str, issue: Issue) -> Issue:
    path = issue.location.path.removeprefix(prefix)
    return replace(issue, location=replace(issue.location, path=path))


def read_zip_file(path: Path, layout: Layout | None = "folder") -> SkillTree | ForeignZip:
    """Read the zip at a path, as read_zip_source does.

    Args:
        path: the file.
        layout: as for read_zip_source.

    Raises:
        NotASkillError: it cannot be read, or is not a zip.
        ArchiveError: it is larger than the API allows, or not a zip although it begins like one.
    """
    content = read_start(path, MAX_ZIP_BYTES + 1)
    shown = escaped(path.as_posix())
    if len(content) > MAX_ZIP_BYTES and content.startswith(b"PK"):
        message = f"the zip has over the {MAX_ZIP_BYTES:,} bytes that the API takes"
        raise ArchiveError(message, "zip-too-large", file=shown)
    found = read_zip_source(content[:MAX_ZIP_BYTES], path.as_posix(), layout)
    if isinstance(found, ForeignZip):
        found = found._replace(issues=tuple(_name_target(issue, path) for issue in found.issues))
        try:
            found.demand_zip(shown)
        except ArchiveError as error:
            if content.startswith(b"PK"):
                raise
            raise NotASkillError(f"{path} is neither a directory nor a zip") from error
    return found


def _name_target(issue: Issue, path: Path) -> Issue:
    """Return an issue with the call that unpacks a zip with SKILL.md at its root, if it is about that."""
    if issue.hint != OTHER_LAYOUT:
        return issue
    from shlex import quote

    call = f"skillpack unpack {quote(path.as_posix())} --target google"
    return replace(issue, hint=f"OpenAI refuses the zip; unpack it into a folder: {call}")


def holds_manifest(file: BinaryIO) -> bool:
    """Return True if a file is a zip with a SKILL.md, at any depth.

    Only its central directory is read, and only if it has no more entries than are read of any zip.

    Args:
        file: a whole file that can be sought.

    Raises:
        OSError: it cannot be read.
    """
    file.seek(0)
    if file.read(2) != b"PK":
        return False
    size = file.seek(0, io.SEEK_END)
    start = file.seek(max(0, size - TAIL_BYTES))
    tail = file.read()
    end = find_end(tail)
    if end is None:
        return False
    last = find_zip64(tail, end) or end
    if last.entries > MAX_ZIP_ENTRIES or last.length > min(start + last.at, _MAX_DIRECTORY):
        return False
    file.seek(start + last.at - last.length)
    names = (header.name.decode("utf-8", "replace") for header in _read_headers(file.read(last.length)))
    return any(is_manifest(name.replace("\\", "/").rpartition("/")[2]) for name in names)


def _read_headers(data: bytes, at: int = 0) -> Iterator[Header]:
    """Yield the headers of a central directory from a place on, up to the first bytes that are not one."""
    while header := read_header(data, at, len(data)):
        yield header
        at = header.stop


def is_skill_zip(path: Path) -> bool:
    """Return True if the file at a path is a zip with a SKILL.md; False if it is not, or cannot be read."""
    try:
        with open(path, "rb", opener=open_at_once) as file:
            return holds_manifest(file)
    except OSError:
        return False


def read_start(path: Path, most: int) -> bytes:
    """Return the first bytes of a file.

    Raises:
        NotASkillError: it cannot be read.
    """
    try:
        with open(path, "rb", opener=open_at_once) as file:
            return file.read(most) or b""
    except OSError as error:
        raise NotASkillError(f"{path} cannot be read: {os_error(error)}") from error
