"""Contents that make a zip a tar archive as well, for bsdtar: with and without compression of the file."""

from __future__ import annotations

import hashlib
import zlib
from functools import cache
from typing import Final

from skillpack.archive.records import DEFLATED, LOCAL, STORED, Member
from skillpack.archive.write import Compression
from skillpack.archive.write import _deflated as compress

_MEAN: Final = 510
"""Of the sum of four random bytes: the CRC-32, which is in the header, too."""


def member(name: bytes, content: bytes, data: bytes | None = None) -> Member:
    """Return a file stored uncompressed, or with this compressed data."""
    method, packed = (STORED, content) if data is None else (DEFLATED, data)
    return Member(name, method, zlib.crc32(content), len(content), False, packed, len(packed))


def stored_tar(name: bytes) -> bytes:
    """Return a content that makes a zip a tar archive with the file `evil`, if it is stored first under a name."""
    begin = LOCAL.size + len(name)
    header = bytearray(512)
    header[100:148] = b"0000644\0" + b"0000000\0" * 2 + b"00000000005\0" + b"00000000000\0"
    header[156:265] = b"0" + bytes(100) + b"ustar\x0000"
    return tar_content(name, bytes(header[begin:]) + b"evil\n" + bytes(507 + 1024))


def tar_content(name: bytes, content: bytes, written: bytes = b"%06o\0 ", *, wrong_by: int = 0) -> bytes:
    """Return a content that states the checksum of the tar header that a zip begins with, if it is stored first.

    Args:
        name: that of the file in the zip.
        content: what it begins with, but for the checksum.
        written: how the checksum is written in its eight bytes.
        wrong_by: what is added to it.
    """
    begin, field = LOCAL.size + len(name), 148 - LOCAL.size - len(name)
    content = content.ljust(512 - begin, b"\0")
    stated: int | None = None
    for attempt in range(100_000):  # the CRC-32 is in the header, too, and most endings give another sum
        made: bytes = content[:field] + written % (stated or 0) + content[field + 8 :] + b"%08d" % attempt
        start = member(name, made).local_header() + made
        total = sum(start[:148]) + 8 * 32 + sum(start[156:512]) + wrong_by
        if total == stated:
            return made
        stated = stated or total - sum(start[14:18]) + _MEAN
    raise AssertionError("no attempt has the checksum that it states")


@cache
def deflated_tar(name: bytes) -> bytes:
    """Return a content that makes a zip a tar archive, if it is deflated first under a name, and only then.

    Its beginning does not shrink, so the compressor copies it: five bytes later than where a stored file begins.
    """
    begin = LOCAL.size + len(name) + 5
    noise = b"".join(hashlib.sha512(b"%d" % block).digest() for block in range(5000))
    head = bytearray(noise)
    head[100 - begin : 148 - begin] = b"0000644 0012345 0076543 00000001000 01234567012 "
    head[156 - begin : 157 - begin] = b"0"
    head[329 - begin : 345 - begin] = b"0000000\0" * 2
    stated = 0
    for attempt in range(100_000):
        head[148 - begin : 156 - begin] = b"%06o\0 " % stated
        content = bytes(head) + bytes(100_000) + b"%06d" % attempt
        data = compress(content, Compression.DEFLATE)
        assert data
        start = member(name, content, bytes(data)).local_header() + data[:512]
        total = sum(start[:148]) + 8 * 32 + sum(start[156:512])
        if total == stated:
            return content
        stated = stated or total - sum(start[14:18]) + _MEAN
    raise AssertionError("no attempt has the checksum that it states")
