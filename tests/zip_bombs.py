"""Zips that are small and costly to a careless reader."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from skillpack.archive.records import DEFLATED, END, Member
from tests.zip_drafts import Draft, deflated

if TYPE_CHECKING:
    from collections.abc import Callable

MIB: Final = 1 << 20


def _declaring(*sizes: int) -> bytes:
    """A zip whose headers state these uncompressed sizes; its data is small."""
    draft = Draft.of({b"demo/%d" % number: b"x" * 100 for number in range(len(sizes))}, compress=True)
    for item, size in zip(draft.items, sizes, strict=True):
        item.set(size=size)
    return draft.build()


def _zeros(*sizes: int) -> bytes:
    """A sound zip of files of zeros."""
    return Draft.of({b"demo/%d" % number: b"\0" * size for number, size in enumerate(sizes)}, compress=True).build()


def _lying(stated: int, real: int, *, local: bool = True, central: bool = True) -> bytes:
    draft = Draft.of({b"demo/a": b"\0" * real}, compress=True)
    for header, wanted in ((draft.items[0].local, local), (draft.items[0].central, central)):
        if wanted:
            header["size"] = stated
    return draft.build()


def _wide(size: int) -> bytes:
    draft = Draft.of({b"demo/a": b"x" * 100}, compress=True)
    draft.items[0].set(size=size)
    draft.items[0].widen()
    return draft.build()


def _closed(body: bytes, entries: list[bytes]) -> bytes:
    directory = b"".join(entries)
    return body + directory + END.pack(b"PK\5\6", 0, 0, len(entries), len(entries), len(directory), len(body), 0)


def _shared(count: int) -> bytes:
    """Many entries of the directory that lead to one local header."""
    data = deflated(b"\0" * MIB)
    member = Member(b"demo/a", DEFLATED, 1, MIB, False, data, len(data))
    return _closed(member.local_header() + data, [member.central_header(0)] * count)


def _quoted(count: int) -> bytes:
    """Overlapping entries after David Fifield: each holds the next one's header, quoted in a stored block."""
    body, size = deflated(b"\0" * MIB), MIB
    members: list[Member] = []
    for number in reversed(range(count)):
        member = Member(b"demo/%05d" % number, DEFLATED, 1, size, False, body, len(body))
        header = member.local_header()
        members.insert(0, member)
        body = header + body
        if number:
            body = b"\0" + struct.pack("<HH", len(header), len(header) ^ 0xFFFF) + body
        size += len(header)
    step = len(header) + 5
    return _closed(body, [member.central_header(number * step) for number, member in enumerate(members)])


def _many(count: int, stated: int | None = None) -> bytes:
    draft = Draft.of({b"d/%d" % number: b"" for number in range(count)})
    if stated is not None:
        draft.zip64 = {"here": stated, "count": stated}
        draft.end = {"here": 0xFFFF, "count": 0xFFFF}
    return draft.build()


def _extra(field: bytes, count: int) -> bytes:
    draft = Draft.of({b"demo/%d" % number: b"" for number in range(count)})
    for item in draft.items:
        item.add_extra(field * (0xFFFF // len(field)))
    return draft.build()


def _comments() -> bytes:
    draft = Draft.of({b"demo/a": b""})
    draft.comment = b"PK\5\6" * 16_000
    return draft.build()


def _signatures() -> bytes:
    draft = Draft.of({b"demo/a": b"PK\7\x08" * (4 * MIB)})
    draft.items[0].describe()
    return draft.build()


def _blocks() -> bytes:
    """Deflate data of nothing but empty blocks."""
    draft = Draft.of({b"demo/a": b""})
    draft.items[0].fill(b"", b"\0\0\0\xff\xff" * (4 * MIB))
    return draft.build()


def _same_crc() -> bytes:
    """Content whose CRC-32 is stated for many entries of other sizes."""
    draft = Draft.of({b"demo/%d" % number: b"\0" * (1000 + number) for number in range(5_000)}, compress=True)
    for item in draft.items:
        item.set(crc=1)
    return draft.build()


REFUSED: Final[dict[str, tuple[Callable[[], bytes], str]]] = {
    "a file of 25 MiB and a byte": (lambda: _zeros(25 * MIB + 1), "zip-bomb"),
    "a stated size of 4 GiB": (lambda: _declaring(0xFFFFFFFE), "zip-bomb"),
    "a stated size in zip64 of an exbibyte": (lambda: _wide(1 << 60), "zip-bomb"),
    "a stated size in zip64 of 2**64 - 1": (lambda: _wide((1 << 64) - 1), "zip-bomb"),
    "six files of 25 MiB": (lambda: _zeros(*[25 * MIB] * 6), "zip-bomb"),
    "three files of 25 MiB that shrink to nothing": (lambda: _zeros(*[25 * MIB] * 3), "zip-bomb"),
    "9,000 files of 16 KiB that are stated only": (lambda: _declaring(*[16 << 10] * 9_000), "zip-bomb"),
    "entries that share one local header": (lambda: _shared(1_000), "zip-overlap"),
    "entries that quote each other": (lambda: _quoted(250), "zip-overlap"),
    "10,001 entries": (lambda: _many(10_001), "zip-bomb"),
    "65,000 entries": (lambda: _many(65_000), "zip-bomb"),
    "a count of 2**40 entries": (lambda: _many(10, 1 << 40), "zip-bomb"),
    "a size of 100 for 32 MiB": (lambda: _lying(100, 32 * MIB), "zip-data"),
    "a size of 0 for 32 MiB": (lambda: _lying(0, 32 * MIB), "zip-data"),
    "a size that only the directory states": (lambda: _lying(100, 32 * MIB, local=False), "zip-directory-mismatch"),
    "a size that only the local header states": (
        lambda: _lying(100, 20 * MIB, central=False),
        "zip-directory-mismatch",
    ),
    "names of 65,000 bytes": (
        lambda: Draft.of({b"%d/" % n + b"x" * 65_000: b"" for n in range(300)}).build(),
        "path-too-long",
    ),
    "names of 500 folders": (
        lambda: Draft.of({b"%d" % n + b"/a" * 500: b"" for n in range(9_000)}).build(),
        "path-too-long",
    ),
    "10,000 long names, one of them twice": (
        lambda: Draft.of(
            {b"%05d/" % (n or 1) + b"x/" * 31 + b"x" * 250 + b"/" * (not n): b"" for n in range(10_000)}
        ).build(),
        "zip-duplicate",
    ),
    "extra fields without data": (lambda: _extra(b"\xfe\xca\0\0", 300), "zip-extra"),
    "extra fields of times": (lambda: _extra(b"UT\5\0\1\0\0\0\0", 300), "zip-extra"),
    "a comment of end records": (_comments, "zip-end-records"),
    "16 MiB of descriptor signatures": (_signatures, "zip-data"),
    "16 MiB of empty deflate blocks": (_blocks, "zip-data"),
    "5,000 entries with one CRC-32": (_same_crc, "zip-data"),
    "40 MiB of end records": (lambda: b"PK\5\6" * (10 * MIB), "zip-not-a-zip"),
    "40 MiB of zeros": (lambda: bytes(40 * MIB), "zip-not-a-zip"),
}
"""How a bomb is made, and a rule that refuses it."""
