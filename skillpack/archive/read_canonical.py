"""Read canonical zips, and refuse all others.

Every byte outside the compressed data is proved by writing it again. Compressed data is proved to give the content
and nothing else; deflate has many streams for one content, and which of them our compressor makes is a matter of its
version, so that is not asked.
"""

from __future__ import annotations

import itertools
import zlib
from typing import TYPE_CHECKING, Final

from skillpack.archive.central_directory import find_end, read_header
from skillpack.archive.records import (
    DEFLATED,
    END,
    LOCAL,
    MAX_ENTRIES,
    MAX_OFFSET,
    STORED,
    Member,
    lay_out,
    other_formats,
    refuse_clashes,
    split_name,
)
from skillpack.archive.sharing import share
from skillpack.errors import ArchiveError, require_type
from skillpack.limits import (
    FREELY_INFLATED_BYTES,
    MAX_FILE_BYTES,
    MAX_FILES,
    MAX_INFLATED_BYTES,
    MAX_INFLATION_RATIO,
)
from skillpack.skill.digest import Fingerprint
from skillpack.skill.tree import BytesLike, Memory, SkillFile, SkillTree, is_manifest
from skillpack.values import Value, field

if TYPE_CHECKING:
    from collections.abc import Iterator


_OURS_ONLY: Final = "only zips that skillpack made are read; give the folder"


def read_zip(data: BytesLike) -> SkillTree:
    """Return the tree in a canonical zip: `read_zip(write_zip(tree, name)) == tree`.

    Nothing is inflated before the headers are known to be canonical and the sizes they state to be bounded: up to
    500 files of 25 MiB and 4 GiB in all, or else 512 MiB, and 50 times the zip where that is over 64 MiB.
    Content is inflated one file at a time, to prove it here and again whenever it is read.

    Args:
        data: the whole zip.

    Raises:
        ArchiveError: the bytes are not the canonical zip of any tree, are another format as well, or unpack to more
            than that.
        TypeError: they are no bytes.
    """
    require_type("data", data, BytesLike, "the bytes of a zip")
    data = bytes(data)
    members = list(_members(data))
    _demand_canonical_bytes(data, members)
    for offset, message in other_formats(data):
        raise ArchiveError(message, "zip-not-a-zip", offset)
    _refuse_bomb(len(data), members)
    named = [split_name(member.name) for member in members]
    tops = {top for top, _ in named}
    if len(tops) != 1:
        raise ArchiveError(f"the zip has {len(tops)} top folders, not one", "zip-several-roots")
    refuse_clashes(member.name for member in members)
    if any(one.name > next.name for one, next in itertools.pairwise(members)):
        raise ArchiveError(f"the entries are not in the order of their names: {_OURS_ONLY}", "zip-not-canonical")
    top = tops.pop()
    tasks = [(path, member) for (_, path), member in zip(named, members, strict=True)]
    files = tuple(share(_file, tasks, sum(member.size for member in members)))
    return SkillTree(files, top, top)


read_zip.__module__ = "skillpack"


def is_bundle(data: bytes) -> bool:
    """Return True if the headers are those of a zip that skillpack makes of a skill, in either layout.

    Nothing is decompressed.
    """
    try:
        members = list(_members(data))
        _demand_canonical_bytes(data, members)
        names = [member.name.decode() for member in members]
    except (ArchiveError, UnicodeDecodeError):
        return False
    tops = {name.partition("/")[0] for name in names}
    return any(is_manifest(name) for name in names) or (
        len(tops) == 1 and any(name.count("/") == 1 and is_manifest(name.rpartition("/")[2]) for name in names)
    )


def _members(data: bytes) -> Iterator[Member]:
    """Parse the end record and the central directory, unverified until the zip is built again and compared."""
    end = find_end(data)
    if end is None or end.at != len(data) - END.size or end.at > MAX_OFFSET:
        raise ArchiveError("the end of central directory record is not the last 22 bytes", "zip-not-a-zip")
    if end.entries > MAX_ENTRIES or end.begin + end.length != end.at:
        raise ArchiveError("the central directory does not end where the end record begins", "zip-gap", end.at)
    view = memoryview(data)
    at = end.begin
    for _ in range(end.entries):
        header = read_header(data, at, end.at)
        if header is None or header.stop > end.at:
            raise ArchiveError("the central directory is cut short", "zip-count", at)
        if header.extra or header.comment:
            raise ArchiveError(f"an entry has an extra field or a comment: {_OURS_ONLY}", "zip-not-canonical", at)
        begin = header.offset + LOCAL.size + len(header.name)
        if header.method not in (STORED, DEFLATED):
            raise ArchiveError(f"compression method {header.method} is neither stored nor deflate", "zip-method", at)
        if begin + header.packed > end.begin:
            raise ArchiveError("an entry's data is not before the central directory", "zip-overlap", at)
        executable = header.attributes >> 16 & 0o111 != 0
        data_there = view[begin : begin + header.packed]
        yield Member(header.name, header.method, header.crc, header.size, executable, data_there, header.packed)
        at = header.stop


def _demand_canonical_bytes(data: bytes, members: list[Member]) -> None:
    at = 0
    for piece in lay_out(members):
        if not data.startswith(piece, at):  # of views it compares memory, where == takes byte by byte
            raise ArchiveError(f"the bytes here are not the canonical ones: {_OURS_ONLY}", "zip-not-canonical", at)
        at += len(piece)
    if at != len(data):
        raise ArchiveError("there are bytes that no entry owns", "zip-gap", at)


def _refuse_bomb(size: int, members: list[Member]) -> None:
    inflated = sum(member.size for member in members)
    small = len(members) <= MAX_FILES and all(member.size <= MAX_FILE_BYTES for member in members)
    if small and inflated <= MAX_OFFSET:
        return  # one file at a time is inflated, and none is larger than any that is read from disk
    ratio = inflated / size
    if inflated > MAX_INFLATED_BYTES or (inflated > FREELY_INFLATED_BYTES and ratio > MAX_INFLATION_RATIO):
        raise ArchiveError(f"the zip of {size:,} bytes would unpack to {inflated:,}", "zip-bomb")


def _file(task: tuple[str, Member]) -> SkillFile:
    path, member = task
    content = _content(member)
    fingerprint = Fingerprint.from_content(content)
    if fingerprint.executable != member.executable:
        raise ArchiveError("a mode bit contradicts the content", "zip-entry-kind")
    included = member.method == STORED
    return SkillFile(path, len(content), Memory(content) if included else _Deflated(bytes(member.data), fingerprint))


class _Deflated(Value, kw_only=False):
    """Content that is decompressed at each read, because the files of a small zip can exceed the memory."""

    data: bytes = field(repr=False)
    fingerprint: Fingerprint

    def read(self) -> bytes:
        """Return the content, which was verified when the zip was read."""
        return zlib.decompress(self.data, -zlib.MAX_WBITS)


def _content(member: Member) -> bytes:
    """Return the verified content of a member; at most its stated size is decompressed."""
    if member.method == STORED:
        content = bytes(member.data)
    elif member.packed_size >= member.size:
        raise ArchiveError(f"an entry is compressed that would be smaller stored: {_OURS_ONLY}", "zip-not-canonical")
    else:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            content = inflater.decompress(member.data, member.size + 1)
        except zlib.error as error:
            raise ArchiveError("an entry's data is not a deflate stream", "zip-data") from error
        if not inflater.eof or inflater.unused_data:
            raise ArchiveError("an entry's data does not end where its header states", "zip-data")
    if len(content) != member.size or zlib.crc32(content) != member.crc:
        raise ArchiveError("an entry's size or crc differs from its content", "zip-data")
    return content
