"""Take a zip apart into its records, change any of them, and put it together again."""

from __future__ import annotations

import copy
import struct
import zlib
from dataclasses import dataclass, field
from typing import Final, Self

from skillpack.archive.records import CENTRAL, DEFLATED, END, LOCAL, STORED

_LOCAL: Final = ("needed", "flags", "method", "time", "date", "crc", "packed", "size")
_CENTRAL: Final = ("made_by", *_LOCAL)
DESCRIPTOR: Final = b"PK\x07\x08"
_LATER: Final = ("disk", "internal", "attributes")


@dataclass
class Item:
    """An entry: the fields of both its headers, and the bytes around its data."""

    local: dict[str, int]
    central: dict[str, int]
    local_name: bytes
    name: bytes
    data: bytes
    local_extra: bytes = b""
    extra: bytes = b""
    comment: bytes = b""
    descriptor: bytes = b""
    before: bytes = b""
    shift: int = 0

    def set(self, **values: int) -> None:
        """Change fields in both headers."""
        for key, value in values.items():
            if key in _LOCAL:
                self.local[key] = value
            self.central[key] = value

    def rename(self, name: bytes) -> None:
        self.local_name = self.name = name

    def add_extra(self, extra: bytes) -> None:
        self.local_extra += extra
        self.extra += extra

    def fill(self, content: bytes, data: bytes | None = None) -> None:
        """Give the entry a content, deflated as `data` where that is given, else stored."""
        self.data, method = (content, STORED) if data is None else (data, DEFLATED)
        self.set(method=method, crc=zlib.crc32(content), packed=len(self.data), size=len(content))

    def describe(self, *, zip64: bool = False, signature: bool = True) -> None:
        """Move CRC-32 and sizes behind the data."""
        sizes = struct.pack("<QQ" if zip64 else "<LL", self.central["packed"], self.central["size"])
        crc = struct.pack("<L", self.central["crc"])
        self.descriptor = (DESCRIPTOR if signature else b"") + crc + sizes
        self.set(flags=self.central["flags"] | 8)
        self.local.update(crc=0, packed=0, size=0)
        if zip64:
            self.local_extra += struct.pack("<HH", 1, 0)

    def widen(self, *, local: bool = True, central: bool = True) -> None:
        """Move the sizes into zip64 fields."""
        for wanted, header, extra in ((local, self.local, "local_extra"), (central, self.central, "extra")):
            if wanted:
                value = struct.pack("<HHQQ", 1, 16, header["size"], header["packed"])
                setattr(self, extra, getattr(self, extra) + value)
                header.update(size=0xFFFFFFFF, packed=0xFFFFFFFF)


@dataclass
class Draft:
    """A zip as its records; `build` computes offsets and lengths, `end` overrides what the end record states."""

    items: list[Item] = field(default_factory=list)
    order: list[int] | None = None
    before_directory: bytes = b""
    before_end: bytes = b""
    comment: bytes = b""
    after: bytes = b""
    end: dict[str, int] = field(default_factory=dict)
    zip64: dict[str, int] | None = None

    @classmethod
    def of(cls, files: dict[bytes, bytes], *, compress: bool = False) -> Self:
        """Entries as Unix tools write them; names that end in a slash are folders."""
        draft = cls()
        for name, content in files.items():
            flags = 0 if name.isascii() else 0x0800
            mode = 0o040755 << 16 | 0x10 if name.endswith(b"/") else 0o100644 << 16
            local = dict.fromkeys(_LOCAL, 0) | {"needed": 20, "flags": flags, "date": 0x21}
            central = {**local, "made_by": 0x0314, "disk": 0, "internal": 0, "attributes": mode}
            item = Item(local, central, name, name, b"")
            item.fill(content, deflated(content) if compress and content else None)
            draft.items.append(item)
        return draft

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """The records of a sound zip whose local headers are in the order of its directory."""
        _, _, _, _, count, _, directory, length = END.unpack_from(data, at := data.rfind(b"PK\x05\x06"))
        draft = cls(comment=data[at + END.size : at + END.size + length])
        place = directory
        for _ in range(count):
            values = CENTRAL.unpack_from(data, place)
            lengths = values[10:13]
            texts = place + CENTRAL.size
            central = dict(zip(_CENTRAL, values[1:10], strict=True)) | dict(zip(_LATER, values[13:16], strict=True))
            name = data[texts : texts + lengths[0]]
            extra = data[texts + lengths[0] : texts + lengths[0] + lengths[1]]
            stop = texts + sum(lengths)
            comment = data[stop - lengths[2] : stop]
            offset = values[16]
            head = LOCAL.unpack_from(data, offset)
            local = dict(zip(_LOCAL, head[1:9], strict=True))
            begin = offset + LOCAL.size + head[9] + head[10]
            local_name = data[offset + LOCAL.size : offset + LOCAL.size + head[9]]
            local_extra = data[offset + LOCAL.size + head[9] : begin]
            content = data[begin : begin + central["packed"]]
            item = Item(local, central, local_name, name, content, local_extra, extra, comment)
            if local["flags"] & 8:
                size = 24 if local_extra.startswith(b"\x01\x00") else 16
                item.descriptor = data[begin + len(content) : begin + len(content) + size]
            draft.items.append(item)
            place = stop
        return draft

    def copy(self) -> Self:
        return copy.deepcopy(self)

    def build(self) -> bytes:
        made = bytearray()
        offsets = []
        for item in self.items:
            made += item.before
            offsets.append(len(made) + item.shift)
            lengths = (len(item.local_name), len(item.local_extra))
            made += LOCAL.pack(b"PK\x03\x04", *(item.local[key] for key in _LOCAL), *lengths)
            made += item.local_name + item.local_extra + item.data + item.descriptor
        made += self.before_directory
        begin = len(made)
        for number in self.order or range(len(self.items)):
            item = self.items[number]
            texts = (len(item.name), len(item.extra), len(item.comment))
            made += CENTRAL.pack(
                b"PK\x01\x02",
                *(item.central[key] for key in _CENTRAL),
                *texts,
                *(item.central[key] for key in _LATER),
                max(0, offsets[number]),
            )
            made += item.name + item.extra + item.comment
        count = len(self.order or self.items)
        stated = {"here": count, "count": count, "length": len(made) - begin, "begin": begin}
        if self.zip64 is not None:
            wide = stated | self.zip64
            made += struct.pack(
                "<4sQHHLLQQQQ", b"PK\x06\x06", wide.get("own", 44), 45, 45, 0, 0, *(wide[key] for key in stated)
            )
            made += struct.pack("<4sLQL", b"PK\x06\x07", 0, wide.get("at", len(made) - 56), wide.get("disks", 1))
        stated |= {"disk": 0, "first": 0, "comment": len(self.comment)} | self.end
        made += self.before_end
        fields = ("disk", "first", "here", "count", "length", "begin", "comment")
        made += END.pack(b"PK\x05\x06", *(stated[key] for key in fields)) + self.comment + self.after
        return bytes(made)


def deflated(content: bytes, level: int = 9, strategy: int = zlib.Z_DEFAULT_STRATEGY) -> bytes:
    packer = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS, 8, strategy)
    return packer.compress(content) + packer.flush()
