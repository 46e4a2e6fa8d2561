"""Lay out the bytes of a zip: local headers, central directory and end record.

There is exactly one way to write each of them (docs/reference/bundle-format), so reading can prove that a zip is
canonical by writing its headers again. Field names are those of PKWARE's APPNOTE 6.3.10.
"""

from __future__ import annotations

import re
import struct
import unicodedata
from typing import TYPE_CHECKING, Final

from skillpack.errors import ArchiveError
from skillpack.limits import MAX_COMPONENT_BYTES, MAX_DEPTH, MAX_PATH_BYTES
from skillpack.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from skillpack.skill.tree import SkillTree


FORMAT_VERSION: Final = 1
"""Of everything here, of the names, their order and what counts as executable (docs/reference/bundle-format)."""

STORED: Final = 0
DEFLATED: Final = 8
_UTF8_NAMES: Final = 0x0800
_TIME: Final = 0x0000
_DATE: Final = 0x0021  # 1980-01-01, the first day a zip can name: time means nothing to a skill
_MADE_BY: Final = 0x0314  # Unix, APPNOTE 2.0
_NEEDED: Final = {STORED: 10, DEFLATED: 20}
_MODE: Final = {False: 0o100644, True: 0o100755}

LOCAL: Final = struct.Struct("<4sHHHHHLLLHH")
CENTRAL: Final = struct.Struct("<4sHHHHHHLLLHHHHHLL")
END: Final = struct.Struct("<4sHHHHLLH")

START_BYTES: Final = 32774
"""How many bytes from the first on decide whether a zip is another format as well."""

TAR_FIELD: Final = slice(148, 156)
"""Where a tar archive has the checksum of its first header."""

ISO_FIELD: Final = slice(32769, START_BYTES)
"""Where an ISO 9660 image has its mark."""

ISO_MARK: Final = b"CD001"

MAX_ENTRIES: Final = 0xFFFF - 1
MAX_OFFSET: Final = 0xFFFFFFFF - 1


class Member(NamedTuple):
    """One file as it is stored in the zip: `data` is its `size` bytes after compression."""

    name: bytes
    method: int
    crc: int
    size: int
    executable: bool
    data: bytes | bytearray | memoryview
    packed_size: int

    def __repr__(self) -> str:
        return f"Member({self.name!r})"  # without the content

    @property
    def footprint(self) -> int:
        """The number of bytes of this member in the zip, with both its headers."""
        return LOCAL.size + CENTRAL.size + 2 * len(self.name) + self.packed_size

    def local_header(self) -> bytes:
        """The local header, which precedes the data."""
        return (
            LOCAL.pack(
                b"PK\x03\x04",
                _NEEDED[self.method],
                _UTF8_NAMES,
                self.method,
                _TIME,
                _DATE,
                self.crc,
                self.packed_size,
                self.size,
                len(self.name),
                0,
            )
            + self.name
        )

    def central_header(self, offset: int) -> bytes:
        """The entry of the central directory for a member whose local header begins at `offset`."""
        return (
            CENTRAL.pack(
                b"PK\x01\x02",
                _MADE_BY,
                _NEEDED[self.method],
                _UTF8_NAMES,
                self.method,
                _TIME,
                _DATE,
                self.crc,
                self.packed_size,
                self.size,
                len(self.name),
                0,
                0,
                0,
                0,
                _MODE[self.executable] << 16,
                offset,
            )
            + self.name
        )


def upper_bound(tree: SkillTree, top: str | None) -> int:
    """Return the maximum size of the zip of a tree in bytes, from the sizes of its files: no file ever grows.

    Args:
        tree: the files.
        top: the folder that all of them get in the zip; None for none.
    """
    top_bytes = 0 if top is None else len(top.encode("utf-8", "surrogatepass")) + 1
    headers = LOCAL.size + CENTRAL.size + 2 * top_bytes
    paths = "".join([file.path for file in tree.files]).encode("utf-8", "surrogatepass")
    return tree.size + len(tree.files) * headers + 2 * len(paths) + END.size


def lay_out(members: Iterable[Member]) -> Iterator[bytes | bytearray | memoryview]:
    """Yield the zip of these members in pieces, each as soon as its member is available."""
    directory: list[bytes] = []
    offset = 0
    for member in members:
        directory.append(member.central_header(offset))
        header = member.local_header()
        offset += len(header) + member.packed_size
        yield header
        yield member.data
        del member  # or its data would be held until the next one is compressed
    central = b"".join(directory)
    yield central
    yield END.pack(b"PK\x05\x06", 0, 0, len(directory), len(directory), len(central), offset, 0)


def entry_name(top: str | None, path: str) -> bytes:
    """Return the name of the entry for a path below the top folder, or at the root of the zip if that is None.

    Raises:
        ArchiveError: some reader would put such a file somewhere else, or nowhere.
    """
    whole = path if top is None else f"{top}/{path}"
    try:
        name = whole.encode()
    except UnicodeEncodeError as error:
        raise ArchiveError("a file's name is not Unicode", "path-not-utf8") from error
    if top is not None and "/" in top:
        raise ArchiveError("the top folder's name holds a slash", "path-unsafe")
    refuse_unsafe(whole.split("/"))
    if len(path.encode()) > MAX_PATH_BYTES or path.count("/") > MAX_DEPTH:
        raise ArchiveError("a file's path is too long or too deep for some systems", "path-too-long")
    return name


def split_name(name: bytes) -> tuple[str, str]:
    """Return the top folder and the path that an entry's name is made of.

    Raises:
        ArchiveError: `entry_name` makes no such name.
    """
    try:
        top, slash, path = name.decode("utf-8").partition("/")
    except UnicodeDecodeError as error:
        raise ArchiveError("an entry's name is not UTF-8", "path-not-utf8") from error
    if not slash:
        raise ArchiveError("an entry is not in a top folder", "zip-several-roots")
    entry_name(top, path)
    return top, path


def refuse_clashes(names: Iterable[bytes]) -> None:
    """Refuse entries that cannot all be unpacked: one name twice, a file that is also a folder.

    Raises:
        ArchiveError: two entries clash.
    """
    files: set[bytes] = set()
    folders: set[bytes] = set()
    for name in names:
        if name in files:
            raise ArchiveError("two files have the same name", "path-collision")
        files.add(name)
        parent = name.rpartition(b"/")[0]
        while parent and parent not in folders:
            folders.add(parent)
            parent = parent.rpartition(b"/")[0]
    if files & folders:
        raise ArchiveError("a file would also have to be a folder", "path-collision")


def refuse_unsafe(parts: list[str]) -> None:
    """Refuse a name, given as its parts, that some readers change or cannot store.

    Raises:
        ArchiveError: the first problem.
    """
    if parts[0] == "" and len(parts) > 1:
        raise ArchiveError("a file's name is an absolute path", "path-unsafe")
    for part in parts:
        if part == "..":
            raise ArchiveError("a file's name has a part `..`, which leads out of the folder", "path-unsafe")
        if part in ("", "."):
            raise ArchiveError("a file's name has an empty part or a part `.`", "path-unsafe")
        if "\\" in part:
            raise ArchiveError("a file's name has a backslash, a folder separator on Windows", "path-unsafe")
        if ":" in part:
            raise ArchiveError(
                "a file's name contains a colon, which names a drive or stream on Windows", "path-unsafe"
            )
        if not part.isprintable() and any(unicodedata.category(char) == "Cc" for char in part):
            raise ArchiveError("a file's name contains a control character", "path-control")
        if len(part.encode()) > MAX_COMPONENT_BYTES:
            raise ArchiveError(f"a file's name has over {MAX_COMPONENT_BYTES} bytes", "path-too-long")
        if not part.isascii() and not unicodedata.is_normalized("NFC", part):
            raise ArchiveError("a file's name is not in Unicode form NFC", "path-not-nfc")


def start_of_zip(members: Iterable[Member], size: int = START_BYTES) -> bytes:
    """Return the first bytes of the zip of these members.

    Args:
        members: all of the zip, or at least those that begin in these bytes.
        size: how many; those that `other_formats` reads if it is not given.
    """
    start = bytearray()
    for piece in lay_out(members):
        start += piece[:size]
        if len(start) >= size:
            break
    return bytes(start[:size])


def holds_tar_checksum(data: bytes) -> bool:
    """Return whether a zip may also be a tar archive: it has octal digits where that has its checksum."""
    return not data[TAR_FIELD].strip(b" \x0001234567")


def other_formats(data: bytes) -> Iterator[tuple[int, str]]:
    """Yield offset and message for each format that libarchive (bsdtar, the Finder) prefers to a zip.

    Args:
        data: the zip, of which the first START_BYTES decide. The content of its first file can hold the rest of a
            header that begins like a zip.
    """
    if holds_tar_checksum(data) and _is_tar_header(data[:512], data[TAR_FIELD]):
        yield 0, "the zip is also a tar archive: bsdtar extracts that one"
    if data[ISO_FIELD] == ISO_MARK:
        yield ISO_FIELD.start, "the zip is also an ISO 9660 image: bsdtar extracts that one"


def _is_tar_header(header: bytes, field: bytes) -> bool:
    """Return whether the checksum in a field is that of the header, with spaces in place of the field."""
    summed = header[:148] + b" " * 8 + header[156:]
    sums = (sum(summed), sum(summed) - 256 * sum(byte > 127 for byte in summed))  # of unsigned and of signed bytes
    return any(int(one, 8) in sums for one in re.findall(rb"[0-7]+", field))
