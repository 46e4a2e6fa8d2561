"""Zips of several writers, and random changes of them that are likely to leave a zip that some reader accepts."""

from __future__ import annotations

import io
import os
import shutil
import struct
import subprocess
import unicodedata
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

from skillpack import SkillTree, write_zip
from skillpack.archive.write import Compression
from tests.judges import judge
from tests.zip_drafts import DESCRIPTOR, Draft, deflated

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping

FILES: Final = {
    "SKILL.md": b"---\nname: demo\ndescription: Shows how things work. Use when asked.\n---\n# Demo\n" * 3,
    "run.sh": b"#!/bin/sh\necho done\n",
    "empty": b"",
    "docs/notes.txt": b"one line and another line and one more line\n" * 20,
    "docs/more/inner.bin": bytes(range(256)),
}
_TIME: Final = 1_600_000_000


class _Pipe(io.RawIOBase):
    """What zipfile cannot seek in."""

    def __init__(self) -> None:
        self.content = b""

    def writable(self) -> bool:
        return True

    def write(self, data: bytes, /) -> int:  # type: ignore[override]
        self.content += data
        return len(data)


def written(folder: Path, files: Mapping[str, bytes] = FILES) -> dict[str, bytes]:
    """Return zips of the same skill from several writers, by the name of the way they were written."""
    root = folder / "demo"
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    for place in (root, *root.rglob("*")):
        os.utime(place, (_TIME, _TIME))
    commands = {
        "zip -r": [judge("zip"), "-qr", "{}", "demo"],
        "zip -rX": [judge("zip"), "-qrX", "{}", "demo"],
        "zip -rD": [judge("zip"), "-qrD", "{}", "demo"],
        "zip -r -": [judge("zip"), "-qr", "-", "demo"],
        "7z": [judge("7z"), "a", "-bd", "-tzip", "{}", "demo"],
        "bsdtar": [judge("bsdtar"), "--format", "zip", "-cf", "{}", "demo"],
        "bsdtar stored": [judge("bsdtar"), "--format", "zip", "--options", "compression=store", "-cf", "{}", "demo"],
    }
    made = {}
    for number, (name, command) in enumerate(commands.items()):
        target = folder / f"{number}.zip"
        done = subprocess.run(
            [part.replace("{}", str(target)) for part in command], cwd=folder, check=True, capture_output=True
        )
        made[name] = target.read_bytes() if target.exists() else done.stdout
    for compression in (Compression.STORE, Compression.DEFLATE):
        made[f"skillpack {compression.value}"] = write_zip(SkillTree.from_files(files), "demo", compression)
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        made[f"zipfile {method}"] = _by_zipfile(io.BytesIO(), method, files)
        made[f"zipfile pipe {method}"] = _by_zipfile(_Pipe(), method, files)
    archived = shutil.make_archive(str(folder / "archived"), "zip", folder, "demo")
    made["shutil.make_archive"] = Path(archived).read_bytes()
    return made


def _by_zipfile(target: io.BytesIO | _Pipe, method: int, files: Mapping[str, bytes]) -> bytes:
    with zipfile.ZipFile(target, "w", method) as archive:
        archive.writestr(zipfile.ZipInfo("demo/"), b"")
        for path, content in files.items():
            info = zipfile.ZipInfo(f"demo/{path}", (2020, 1, 1, 0, 0, 0))
            info.compress_type = method
            with archive.open(info, "w", force_zip64=path == "empty") as file:
                file.write(content)
    return target.content if isinstance(target, _Pipe) else target.getvalue()


# --- changes ---------------------------------------------------------------------------------------------------

_NAMES: Final = tuple(
    name if isinstance(name, bytes) else name.encode()
    for name in (
        *("demo/a", "demo/docs", "demo/docs/", "demo/docs/notes.txt/x", "DEMO/run.sh", "demo/Run.sh", "demo/run.sh/"),
        *("../demo/x", "/demo/x", "demo/../x", "demo/./x", "demo//x", "C:/x", "demo\\x", "demo/a:b", "", "/", "x"),
        *("demo/a;1", "demo/a;", "demo/a;1x", "demo/x;1/a", "demo/a ", "demo/a.", "demo/ a", "demo/-x", "demo/@x"),
        *("demo/été", unicodedata.normalize("NFD", "demo/été"), "demo/用語集", "demo/\u202ex", "demo/\U0001f600"),
        *("demo/\x7f", "demo/a\nb", "demo/a\0b", "demo/\u0085", "demo/\u2028", "demo/\ufeffx", "\ufeffdemo/x"),
        *("demo/aux", "demo/CON.txt", "demo/a*", "demo/a?b", "demo/[a]", "demo/<a>", "demo/a|b", 'demo/"a"', "demo/~"),
        *("demo/__proto__", "__proto__/x", "constructor/x", "demo/%2e%2e", "demo/#U00e9", "~/x", "-x/y", "demo/ß"),
        *("__MACOSX/demo/._x", "demo/.DS_Store", "demo/" + "x" * 255, "demo/" + "x" * 256, "demo" + "/x" * 33),
        *(b"demo/\x82", b"demo/\xff", b"demo/\xc3", b"demo/\xc0\xaf", b"demo/\xed\xa0\x80", "demo/\u212a", "demo/k"),
    )
)
_VALUES: Final = (0, 1, 2, 3, 8, 10, 20, 45, 46, 63, 99, 0x800, 0x808, 0x0314, 0x0B14, 0x1314, 0x7FFF, 0xFFFF)
_MODES: Final = (0o100644, 0o100755, 0o040755, 0o120777, 0o010644, 0o020644, 0o104755, 0o102755, 0o101644, 0o644, 0)
_CONTENTS: Final = (
    b"PK\x03\x04" * 8,
    b"PK\x01\x02" + b"x" * 60 + b"PK\x05\x06" + b"\0" * 18,
    b"before" + DESCRIPTOR + struct.pack("<LLL", zlib.crc32(b"before"), 6, 6) + b"after",
    Draft.of({b"demo/inside": b"x"}).build(),
    b"\0" * 70_000,
)


def _field(value: bytes, kind: int) -> bytes:
    return struct.pack("<HH", kind, len(value)) + value


def _unicode_path(name: bytes, claimed: bytes) -> bytes:
    return _field(b"\x01" + struct.pack("<L", zlib.crc32(name)) + claimed, 0x7075)


def _extra(draw: random.Random, name: bytes) -> bytes:
    return draw.choice(
        (
            _field(b"\x03" + b"\0" * 8, 0x5455),
            _field(b"\x01" + b"\0" * 4, 0x5455),
            _field(b"", 0x5455),
            _field(b"\x01\x04\0\0\0\0\x04\0\0\0\0", 0x7875),
            _field(b"\x01\x08" + b"\0" * 8 + b"\x08" + b"\0" * 8, 0x7875),
            _field(b"", 0x7875),
            _field(b"\0" * 4, 0x7855),
            _field(b"", 0x7855),
            _field(b"\0" * draw.choice((8, 12)), 0x5855),
            _field(b"\0\0\0\0\x01\0\x18\0" + b"\0" * 24, 0x000A),
            _field(b"\0" * 12 + b"/etc/passwd", 0x000D),
            _field(b"\0" * 14, 0x756E),
            _field(b"", 0xCAFE),
            _field(b"\x02\0AE\x03\0\0", 0x9901),
            _field(b"\0" * draw.choice((0, 8, 16, 24)), 0x0001),
            _unicode_path(name, name),
            _unicode_path(name, b"demo/other"),
            _unicode_path(b"demo/else", b"demo/other"),
            _field(b"\x01\0\0", 0x7075),
            b"\0" * draw.choice((1, 2, 3, 4)),
        )
    )


def _streams(content: bytes, draw: random.Random) -> bytes:
    """One of the many deflate streams of a content, or nearly one."""
    block = b"\x00" + struct.pack("<HH", len(content) & 0xFFFF, ~len(content) & 0xFFFF) + content[:0xFFFF]
    return draw.choice(
        (
            deflated(content, draw.randrange(10)),
            deflated(content, 9, zlib.Z_FIXED),
            deflated(content, 9, zlib.Z_HUFFMAN_ONLY),
            block + b"\x03\x00" if len(content) < 0x10000 else deflated(content),
            b"\x00\x00\x00\xff\xff" * 3 + deflated(content),
            deflated(content) + draw.choice((b"\0", b"\x03\x00", DESCRIPTOR)),
            deflated(content)[:-1],
        )
    )


def _rename(draft: Draft, draw: random.Random) -> None:
    item, name = draw.choice(draft.items), draw.choice(_NAMES)
    where = draw.random()
    if where < 0.8:
        item.rename(name)
    elif where < 0.9:
        item.name = name
    else:
        item.local_name = name
    if not name.isascii() and draw.random() < 0.8:
        item.set(flags=item.central["flags"] | 0x800)


def _change_field(draft: Draft, draw: random.Random) -> None:
    item = draw.choice(draft.items)
    key = draw.choice([*item.central])
    value = draw.choice((*_VALUES, *(1 << bit for bit in range(32))))
    if key in ("crc", "packed", "size", "attributes"):
        value ^= draw.choice((0, item.central[key]))
    else:
        value &= 0xFFFF
    where = draw.random()
    if where < 0.6:
        item.set(**{key: value})
    elif where < 0.8 or key not in item.local:
        item.central[key] = value
    else:
        item.local[key] = value


def _change_mode(draft: Draft, draw: random.Random) -> None:
    item = draw.choice(draft.items)
    low = draw.choice((0, 0, 0x10, 0x20, 0x08, 0x40, 0x400, 0x8000, 0x8020))
    item.central["attributes"] = draw.choice(_MODES) << 16 | low
    item.central["made_by"] = draw.choice((0, 3, 3, 3, 10, 11, 14, 19, draw.randrange(20))) << 8 | 20


def _add_extra(draft: Draft, draw: random.Random) -> None:
    item = draw.choice(draft.items)
    extra, where = _extra(draw, item.name), draw.random()
    if where < 0.6:
        item.local_extra += extra
    if where > 0.3:
        item.extra += extra


def _move_sizes(draft: Draft, draw: random.Random) -> None:
    item = draw.choice(draft.items)
    if draw.random() < 0.5:
        item.widen(local=draw.random() < 0.7, central=draw.random() < 0.7)
    else:
        item.describe(zip64=draw.random() < 0.3, signature=draw.random() < 0.8)


def _duplicate(draft: Draft, draw: random.Random) -> None:
    copied = Draft(items=[draw.choice(draft.items)]).copy().items[0]
    if draw.random() < 0.5:
        copied.rename(copied.name.swapcase() if draw.random() < 0.5 else b"demo/copy%d" % draw.randrange(3))
    draft.items.insert(draw.randrange(len(draft.items) + 1), copied)


def _insert_bytes(draft: Draft, draw: random.Random) -> None:
    junk = draw.choice((b"\0", b"x" * 7, b"PK\x03\x04", b"PK\x06\x07" + b"\0" * 16, b"PK\x05\x06" + b"\0" * 18))
    where = draw.randrange(6)
    if where == 0:
        draw.choice(draft.items).before = junk
    elif where == 1:
        draft.before_directory = junk
    elif where == 2:
        draft.before_end = junk
    elif where == 3:
        draft.after = junk
    elif where == 4:
        draft.comment = junk + draw.choice((b"", draft.build()))
    else:
        draw.choice(draft.items).comment = junk


def _reorder(draft: Draft, draw: random.Random) -> None:
    draft.order = [*range(len(draft.items))]
    draw.shuffle(draft.order)
    if draw.random() < 0.2:
        draft.order.pop()
    elif draw.random() < 0.2:
        draft.items[0].shift = draw.choice((-1, 1, 4, 30))


def _refill(draft: Draft, draw: random.Random) -> None:
    item = draw.choice(draft.items)
    if item.descriptor:
        return
    content = draw.choice((*_CONTENTS, *FILES.values()))
    item.fill(content, _streams(content, draw) if draw.random() < 0.7 else None)


def _swap(draft: Draft, draw: random.Random) -> None:
    one, other = draw.sample(draft.items, 2)
    attribute = draw.choice(("local_name", "name", "data", "local", "central", "local_extra", "extra", "descriptor"))
    first, second = getattr(one, attribute), getattr(other, attribute)
    setattr(one, attribute, second)
    setattr(other, attribute, first)


def _change_end(draft: Draft, draw: random.Random) -> None:
    where = draw.random()
    if where < 0.5:
        draft.zip64 = draw.choice(({}, {}, {"own": 60}, {"at": 0}, {"disks": 0}, {"count": 1}, {"begin": 1}))
        sentinels = {"here": 0xFFFF, "count": 0xFFFF, "length": 0xFFFFFFFF, "begin": 0xFFFFFFFF}
        draft.end = {key: value for key, value in sentinels.items() if draw.random() < 0.6}
    else:
        key = draw.choice(("disk", "first", "here", "count", "length", "begin", "comment"))
        draft.end = {key: draw.choice((0, 1, 2, 0xFFFF))}


_CHANGES: Final[tuple[Callable[[Draft, random.Random], None], ...]] = (
    *(_rename, _rename, _change_field, _change_field, _change_mode, _add_extra, _add_extra, _move_sizes),
    *(_duplicate, _insert_bytes, _reorder, _refill, _refill, _swap, _change_end),
)


def mutant(bases: list[bytes], draw: random.Random) -> bytes:
    """Return a random zip: one to three changes of records, sometimes a changed byte or a cut on top."""
    draft = Draft.parse(draw.choice(bases))
    for _ in range(draw.choice((1, 1, 2, 3))):
        draw.choice(_CHANGES)(draft, draw)
    made = bytearray(draft.build())
    chance = draw.random()
    if chance < 0.2:
        made[draw.randrange(len(made))] ^= 1 << draw.randrange(8)
    elif chance < 0.23:
        del made[draw.randrange(len(made)) :]
    return bytes(made)
