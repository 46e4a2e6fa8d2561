"""Parse the end records and the central directory of a zip. Nothing that they state is verified here.

Field names are those of PKWARE's APPNOTE 6.3.10.
"""

from __future__ import annotations

import struct
from typing import Final

from skillpack.archive.records import CENTRAL, END
from skillpack.values import NamedTuple

ZIP64_END: Final = struct.Struct("<4sQHHLLQQQQ")
ZIP64_LOCATOR: Final = struct.Struct("<4sLQL")
LOCATOR_SIGNATURE: Final = b"PK\x06\x07"
END_SIGNATURE: Final = b"PK\x05\x06"
CENTRAL_SIGNATURE: Final = b"PK\x01\x02"

TAIL_BYTES: Final = ZIP64_END.size + ZIP64_LOCATOR.size + END.size + 0xFFFF
"""How many bytes at the end of a zip hold its end records, with the longest comment."""


class EndRecord(NamedTuple):
    """An end of central directory record, at byte `at`.

    `here` and `entries` are numbers of entries, `length` and `begin` the size and the offset of the central directory,
    `comment` is a number of bytes.
    """

    at: int
    disk: int
    first_disk: int
    here: int
    entries: int
    length: int
    begin: int
    comment: int


class Zip64Record(NamedTuple):
    """A zip64 end of central directory record, which is at byte `at` if the zip has one, and its locator after it."""

    at: int
    signature: bytes
    size: int
    disk: int
    first_disk: int
    here: int
    entries: int
    length: int
    begin: int
    locator: tuple[int, int, int]


class Header(NamedTuple):
    """An entry of the central directory, at byte `at`; the next one is at byte `stop`.

    `packed` and `size` are numbers of bytes, `offset` is the place of the local header, `comment` a number of bytes.
    """

    at: int
    made_by: int
    needed: int
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    disk: int
    attributes: int
    offset: int
    name: bytes
    extra: bytes
    comment: int
    stop: int


def find_end(data: bytes) -> EndRecord | None:
    """Return the last end of central directory record, or None if the data has no such record.

    Args:
        data: the whole zip, or its last TAIL_BYTES.
    """
    at = data.rfind(END_SIGNATURE, max(0, len(data) - END.size - 0xFFFF), max(0, len(data) - END.size + 4))
    return None if at < 0 else EndRecord(at, *END.unpack_from(data, at)[1:])


def find_zip64(data: bytes, end: EndRecord) -> Zip64Record | None:
    """Return the zip64 record before an end record, or None if there is no locator of one.

    Args:
        data: as for find_end.
        end: the end record; if there is not enough before it for a zip64 record, `at` of that is negative.
    """
    locator = end.at - ZIP64_LOCATOR.size
    if locator < 0 or data[locator : locator + 4] != LOCATOR_SIGNATURE:
        return None
    at = locator - ZIP64_END.size
    led: tuple[int, int, int] = ZIP64_LOCATOR.unpack_from(data, locator)[1:]
    record = data[at:locator] if at >= 0 else bytes(ZIP64_END.size)
    signature, size, _, _, disk, first_disk, here, entries, length, begin = ZIP64_END.unpack(record)
    return Zip64Record(at, signature, size, disk, first_disk, here, entries, length, begin, led)


def read_header(data: bytes, at: int, limit: int) -> Header | None:
    """Return the header at a place of the central directory, or None if there is not a whole one before `limit`.

    What follows its fixed part (name, extra fields, comment) may be cut off; then `stop` is beyond `limit`.
    """
    if at + CENTRAL.size > limit or data[at : at + 4] != CENTRAL_SIGNATURE:
        return None
    (_, made_by, needed, flags, method, _, _, crc, packed, size, name_length, extra_length, comment, *rest) = (
        CENTRAL.unpack_from(data, at)
    )
    disk, _, attributes, offset = rest
    begin = at + CENTRAL.size
    name_end = begin + name_length
    extra_end = name_end + extra_length
    return Header(
        *(at, made_by, needed, flags, method, crc, packed, size, disk, attributes, offset),
        name=data[begin:name_end],
        extra=data[name_end:extra_end],
        comment=comment,
        stop=extra_end + comment,
    )
