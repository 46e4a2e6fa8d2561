"""A canonical zip back to its tree; anything else is refused."""

from __future__ import annotations

import unicodedata
import zlib
from typing import TYPE_CHECKING

from skillpack.archive.layout import CENTRAL, DEFLATED, END, LOCAL, STORED, Member, lay_out
from skillpack.errors import ArchiveError
from skillpack.tree import Memory, SkillFile, SkillTree, in_archive_order

if TYPE_CHECKING:
    from collections.abc import Iterator


def read_zip(data: bytes) -> SkillTree:
    """Return the tree a canonical zip holds: `read_zip(write_zip(tree, name)) == tree`.

    Args:
        data: the whole zip.

    Raises:
        ArchiveError: the bytes are not the canonical zip of any tree.
    """
    members = list(_members(data))
    _demand_canonical_bytes(data, members)
    files = []
    roots = set()
    for member in members:
        root, path = _split(member)
        roots.add(root)
        content = _inflate(member)
        files.append(SkillFile(path, len(content), Memory(content)))
        if files[-1].executable != member.executable:
            raise ArchiveError("a mode bit contradicts the content", "zip-entry-kind")
    if len(roots) != 1:
        raise ArchiveError(f"the zip has {len(roots)} top folders, not one", "zip-several-roots")
    if in_archive_order(files) != tuple(files) or len({file.path for file in files}) < len(files):
        raise ArchiveError("the entries are not in order, or one stands twice", "zip-duplicate")
    root = roots.pop()
    return SkillTree(root, tuple(files), origin=root)


def _members(data: bytes) -> Iterator[Member]:
    """Parse what the end record and the central directory claim; nothing is believed before it is rebuilt."""
    at = len(data) - END.size
    if at < 0 or data[at : at + 4] != b"PK\x05\x06":
        raise ArchiveError("the end of central directory record is not the last 22 bytes", "zip-not-a-zip")
    _, _, _, _, count, length, offset, _ = END.unpack_from(data, at)
    if offset + length != at:
        raise ArchiveError("the central directory does not end where the end record begins", "zip-gap", at)
    view = memoryview(data)
    at = offset
    for _ in range(count):
        if data[at : at + 4] != b"PK\x01\x02" or at + CENTRAL.size > len(data):
            raise ArchiveError("the central directory is cut short", "zip-count", at)
        (_, _, _, _, method, _, _, crc, packed, size, name_length, _, _, _, _, mode, local) = CENTRAL.unpack_from(
            data, at
        )
        name = data[at + CENTRAL.size : at + CENTRAL.size + name_length]
        begin = local + LOCAL.size + name_length
        if method not in (STORED, DEFLATED):
            raise ArchiveError(f"compression method {method} is neither stored nor deflate", "zip-method", at)
        executable = mode >> 16 & 0o111 != 0
        yield Member(name, method, crc, size, executable, view[begin : begin + packed], packed)
        at += CENTRAL.size + name_length


def _demand_canonical_bytes(data: bytes, members: list[Member]) -> None:
    at = 0
    view = memoryview(data)
    for piece in lay_out(members):
        if view[at : at + len(piece)] != piece:
            raise ArchiveError("the bytes here are not the canonical ones", "zip-not-canonical", at)
        at += len(piece)
    if at != len(data):
        raise ArchiveError("there are bytes that no entry owns", "zip-gap", at)


def _split(member: Member) -> tuple[str, str]:
    try:
        name = member.name.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ArchiveError("an entry's name is not UTF-8", "path-not-utf8") from error
    parts = name.split("/")
    unsafe = any(part in ("", ".", "..") or "\\" in part or "\0" in part for part in parts)
    if unsafe or len(parts) == 1 or not unicodedata.is_normalized("NFC", name):
        raise ArchiveError("an entry's name is unsafe, outside a top folder or not NFC", "path-unsafe")
    return parts[0], "/".join(parts[1:])


def _inflate(member: Member) -> bytes:
    if member.method == STORED:
        content = bytes(member.data)
    else:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            content = inflater.decompress(member.data, member.size + 1)
        except zlib.error as error:
            raise ArchiveError("an entry's data is no deflate stream", "zip-data") from error
        if not inflater.eof or inflater.unused_data:
            raise ArchiveError("an entry's data does not end where it says", "zip-data")
    if len(content) != member.size or zlib.crc32(content) != member.crc:
        raise ArchiveError("an entry's size or crc differs from its content", "zip-data")
    return content
