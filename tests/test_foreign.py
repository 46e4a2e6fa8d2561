"""Reading zips that other tools wrote: what is accepted, and what is refused at which byte and why."""

from __future__ import annotations

import json
import os
import re
import shlex
import struct
import subprocess
import sys
import unicodedata
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

import skillpack
from skillpack import Settings
from skillpack.archive import read_foreign as module
from skillpack.archive.read_foreign import ACCEPTED, read_foreign, top_folder
from skillpack.archive.records import END
from skillpack.cli import main
from skillpack.findings import Issue, Severity
from skillpack.limits import MAX_DEPTH, MAX_FILE_BYTES, MAX_ZIP_BYTES
from skillpack.rules import HELD, RULES
from tests.bounds import expect_at_most, processor_time
from tests.conftest import MANIFEST
from tests.judges import missing
from tests.zip_bombs import REFUSED
from tests.zip_drafts import DESCRIPTOR, Draft, deflated
from tests.zip_mutants import FILES, written

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT: Final = b"one line and another line and one more line\n" * 4
NAME: Final = b"demo/SKILL.md"
DATA: Final = 30 + len(NAME)
STOP: Final = DATA + len(deflated(TEXT))
"""Where the data of the first entry of `two` begins and ends."""


def two() -> Draft:
    """Two entries, deflated, without anything that is reported."""
    return Draft.of({NAME: TEXT, b"demo/a.txt": b"another"}, compress=True)


def extra(kind: int, value: bytes) -> bytes:
    return struct.pack("<HH", kind, len(value)) + value


def unicode_path(name: bytes, claimed: bytes) -> bytes:
    return extra(0x7075, b"\x01" + struct.pack("<L", zlib.crc32(name)) + claimed)


def errors(data: bytes) -> list[Issue]:
    return [issue for issue in read_foreign(data).issues if issue.rule_id not in ACCEPTED]


def contents(data: bytes) -> dict[str, bytes]:
    reading = read_foreign(data)
    assert reading.ok, reading.issues
    return {entry.name: entry.content for entry in reading.entries if not entry.is_directory}


# --- accepted --------------------------------------------------------------------------------------------------


def test_a_zip_of_any_writer_gives_the_files_that_went_in(tmp_path: Path) -> None:
    expected = {f"demo/{path}": content for path, content in FILES.items()}
    for writer, data in written(tmp_path).items():
        assert contents(data) == expected, writer
        assert top_folder(read_foreign(data).entries) == "demo", writer


def test_an_entry_has_its_place_size_and_mode() -> None:
    draft = Draft.of({b"demo/": b"", b"demo/run.sh": b"#!/bin/sh\n", b"demo/a": b"text"})
    draft.items[1].central["attributes"] = 0o100755 << 16
    folder, script, text = read_foreign(draft.build()).entries
    assert (folder.name, folder.raw_name, folder.is_directory, folder.executable) == ("demo", b"demo/", True, False)
    assert (script.offset, script.size, script.executable, script.is_directory) == (35, 10, True, False)
    assert (text.executable, text.content, text.offset) == (False, b"text", 35 + 30 + 11 + 10)


def test_entries_keep_the_order_of_the_directory() -> None:
    draft = two()
    draft.order = [1, 0]
    assert [entry.name for entry in read_foreign(draft.build()).entries] == ["demo/a.txt", "demo/SKILL.md"]


def _all(*changes: Callable[[Draft], object]) -> Callable[[Draft], object]:
    def change(draft: Draft) -> None:
        for one in changes:
            one(draft)

    return change


def _zip64(values: dict[str, int], **end: int) -> Callable[[Draft], object]:
    """Add a zip64 record that states these values, and to which the end record refers."""
    end = end or {"begin": 0xFFFFFFFF}
    return _all(lambda draft: setattr(draft, "zip64", values), lambda draft: draft.end.update(end))


def _changed(change: Callable[[Draft], object]) -> Draft:
    draft = two()
    change(draft)
    return draft


HARMLESS: Final[dict[str, tuple[Callable[[Draft], object], list[tuple[str, int]]]]] = {
    "nothing": (lambda _draft: None, []),
    "a comment": (lambda draft: setattr(draft, "comment", b"5ec3523"), [("zip-comment", -7)]),
    "a comment of an entry": (lambda draft: setattr(draft.items[1], "comment", b"x"), [("zip-comment", -23)]),
    "a data descriptor": (lambda draft: draft.items[0].describe(), [("zip-descriptor", STOP)]),
    "a data descriptor with zip64": (
        lambda draft: draft.items[0].describe(zip64=True),
        [("zip64-unneeded", DATA), ("zip-descriptor", STOP + 4)],
    ),
    "zip64 sizes in the local header": (lambda draft: draft.items[0].widen(central=False), [("zip64-unneeded", DATA)]),
    "zip64 sizes in the directory": (lambda draft: draft.items[1].widen(local=False), [("zip64-unneeded", -42)]),
    "a zip64 end record": (_zip64({}), [("zip64-unneeded", -98)]),
    "metadata of macOS": (
        lambda draft: draft.items[0].rename(b"__MACOSX/demo/._x"),
        [("zip-metadata", -(22 + 46 * 2 + 10 + 17))],
    ),
    "a name in form NFD": (
        _all(
            lambda draft: draft.items[1].rename("demo/e\u0301".encode()), lambda draft: draft.items[1].set(flags=0x800)
        ),
        [("path-not-nfc", -30)],
    ),
    "times and owners of Info-ZIP": (
        lambda draft: draft.items[0].add_extra(extra(0x5455, b"\1\0\0\0\0") + extra(0x7875, b"\1\4\0\0\0\0\4\0\0\0\0")),
        [],
    ),
    "three times in the local header, one in the directory": (
        _all(
            lambda draft: setattr(draft.items[0], "local_extra", extra(0x5455, b"\7" + b"\0" * 12)),
            lambda draft: setattr(draft.items[0], "extra", extra(0x5455, b"\7" + b"\0" * 4)),
        ),
        [],
    ),
    "times of NTFS": (lambda draft: draft.items[0].add_extra(extra(0x0A, b"\0\0\0\0\1\0\x18\0" + b"\0" * 24)), []),
    "old fields of Info-ZIP": (
        _all(
            lambda draft: draft.items[0].add_extra(extra(0x5855, b"\0" * 8)),
            lambda draft: setattr(draft.items[1], "local_extra", extra(0x5855, b"\0" * 12) + extra(0x7855, b"\0" * 4)),
            lambda draft: setattr(draft.items[1], "extra", extra(0x7855, b"") + extra(0x7875, b"")),
        ),
        [],
    ),
    "a Unicode path that agrees": (lambda draft: draft.items[0].add_extra(unicode_path(NAME, NAME)), []),
    "a writer on Windows": (
        lambda draft: draft.items[0].central.update(made_by=0x0B14, attributes=0x20, internal=1),
        [],
    ),
    "names in UTF-8 of FAT with an extra field, as git writes them": (
        _all(
            lambda draft: draft.items[0].rename("demo/é".encode()),
            lambda draft: draft.items[0].set(flags=0x800),
            lambda draft: draft.items[0].add_extra(extra(0x5455, b"\1\0\0\0\0")),
            lambda draft: draft.items[0].central.update(made_by=0),
        ),
        [],
    ),
    "version 4.5": (lambda draft: draft.items[0].set(needed=45), []),
    "the signature of a descriptor in deflated content": (
        _all(
            lambda draft: draft.items[0].fill(
                DESCRIPTOR * 9, b"\1" + struct.pack("<HH", 36, 36 ^ 0xFFFF) + DESCRIPTOR * 9
            ),
            lambda draft: draft.items[0].describe(),
        ),
        [("zip-descriptor", DATA + 41)],
    ),
    "owners without a number": (lambda draft: draft.items[0].add_extra(extra(0x7875, b"\1\0\0")), []),
    "a name as long as can be": (
        lambda draft: draft.items[0].rename(b"x" * 255 + b"/" + b"/".join([b"y" * 204] * 5)),
        [],
    ),
    "a comment as long as can be": (lambda draft: setattr(draft, "comment", b"x" * 0xFFFF), [("zip-comment", -0xFFFF)]),
    "a zip within": (lambda draft: draft.items[1].fill(two().build()), []),
    "the name of a folder in other words": (lambda draft: draft.items[1].rename(b"demo/a;b"), []),
}
"""A change, and what is reported of it: rule and byte, negative ones from the end."""


@pytest.mark.parametrize("what", HARMLESS)
def test_what_all_readers_read_alike_is_accepted(what: str) -> None:
    change, reported = HARMLESS[what]
    draft = _changed(change)
    data = draft.build()
    assert [(issue.rule_id, issue.location.offset) for issue in read_foreign(data).issues] == [
        (rule, offset if offset >= 0 else len(data) + offset) for rule, offset in reported
    ]
    names = [unicodedata.normalize("NFC", item.name.decode()) for item in draft.items]
    assert [*contents(data)] == names


def test_a_folder_may_be_deflated_to_the_two_bytes_of_nothing() -> None:
    draft = _changed(_folder_with_data)
    draft.items[0].fill(b"", deflated(b""))
    assert len(draft.items[0].data) == 2
    assert not read_foreign(draft.build()).issues
    for data, rule in (b"\1\0\0\xff\xff", "zip-entry-kind"), (b"\0\0", "zip-data"), (b"\xff\xff", "zip-data"):
        draft.items[0].fill(b"", data)
        assert {issue.rule_id for issue in read_foreign(draft.build()).issues} == {rule}


def test_a_habit_of_the_writer_is_reported_once_with_its_number() -> None:
    draft = Draft.of({b"demo/%d" % number: b"text" for number in range(1_234)})
    for item in draft.items:
        item.describe()
    (issue,) = read_foreign(draft.build()).issues
    assert (issue.rule_id, issue.location.path) == ("zip-descriptor", "demo/0")
    assert "1,234" in issue.message


# --- refused ---------------------------------------------------------------------------------------------------

C: Final = 1 << 20
"""An offset from C on is one from the beginning of the central directory."""
E: Final = 1 << 21
"""An offset from E on is one from the beginning of the end record."""
SECOND: Final = C + 46 + len(NAME)


def _set(number: int = 0, **values: int) -> Callable[[Draft], object]:
    return lambda draft: draft.items[number].set(**values)


def _central(**values: int) -> Callable[[Draft], object]:
    return lambda draft: draft.items[0].central.update(values)


def _local(**values: int) -> Callable[[Draft], object]:
    return lambda draft: draft.items[0].local.update(values)


def _mode(mode: int, low: int = 0) -> Callable[[Draft], object]:
    return _central(attributes=mode << 16 | low)


def _named(name: str | bytes, flags: int = 0) -> Callable[[Draft], object]:
    raw = name if isinstance(name, bytes) else name.encode()
    return _all(lambda draft: draft.items[0].rename(raw), lambda draft: draft.items[0].set(flags=flags))


def _end(**values: int) -> Callable[[Draft], object]:
    return lambda draft: draft.end.update(values)


def _put(name: str, value: bytes, number: int | None = None) -> Callable[[Draft], object]:
    return lambda draft: setattr(draft if number is None else draft.items[number], name, value)


def _filled(content: bytes, data: bytes | None = None) -> Callable[[Draft], object]:
    return lambda draft: draft.items[0].fill(content, data)


def _described(descriptor: bytes) -> Callable[[Draft], object]:
    return _all(
        lambda draft: draft.items[0].describe(), lambda draft: setattr(draft.items[0], "descriptor", descriptor)
    )


def _stored_descriptor(draft: Draft) -> None:
    draft.items[0].fill(b"x" + DESCRIPTOR)
    draft.items[0].describe()


def _folder_with_data(draft: Draft) -> None:
    draft.items[0].rename(b"demo/x/")
    draft.items[0].central["attributes"] = 0o040755 << 16


def _prefixes_of_equal_crc(draft: Draft) -> None:
    """The four bytes after `abc` give the longer content the CRC-32 of the shorter."""
    draft.items[0].fill(b"abc")
    draft.items[1].fill(bytes.fromhex("616263e4502c59"))


def _as_tar(draft: Draft) -> None:
    """The content of the first file goes on from the local header to the header of a tar archive."""
    header = bytearray(512)
    header[100:148] = b"0000644\0" + b"0000000\0" * 2 + b"00000000005\0" + b"00000000000\0"
    header[156:263] = b"0" + bytes(100) + b"ustar\0"
    item = draft.items[0]
    item.fill(bytes(header[DATA:]))
    item.describe()
    header[:DATA] = Draft(items=[item]).build()[:DATA]
    header[148:156] = b"%06o\0 " % (sum(header) + 8 * 32)
    item.set(flags=0)
    item.fill(bytes(header[DATA:]) + b"evil" + bytes(508))
    item.describe()


REFUSALS: Final[dict[str, tuple[Callable[[Draft], object], str, int | None, str]]] = {
    # around the entries
    "bytes before, offsets without them": (_put("before", b"MZ", 0), "zip-prefix", 0, "byte 2"),
    "bytes between entries": (_put("before", b"\0", 1), "zip-gap", STOP, "no entry"),
    "bytes before the directory": (_put("before_directory", b"\0"), "zip-gap", C - 1, "no entry"),
    "bytes before the end record": (_put("before_end", b"\0"), "zip-gap", E - 1, "end record"),
    "bytes after the end": (_put("after", b"\0"), "zip-suffix", E + 22, "ends at byte"),
    "an end record in the comment": (_put("comment", two().build()), "zip-end-records", E, "second end"),
    "an offset one too small": (
        lambda draft: setattr(draft.items[1], "shift", -1),
        "zip-directory-mismatch",
        SECOND + 42,
        "no local header",
    ),
    "a comment cut off": (_end(comment=1), "zip-not-a-zip", E + 20, "cut off"),
    "a split zip": (_end(disk=1), "zip-end-records", E + 4, "split"),
    "a split zip, by the first disk": (_end(first=1), "zip-end-records", E + 4, "split"),
    "two counts": (_end(here=1), "zip-end-records", E + 4, "split"),
    "an entry on another disk": (_central(disk=1), "zip-end-records", C + 34, "another file"),
    "a count too small": (_end(here=1, count=1), "zip-count", SECOND, "goes on"),
    "a count too large": (_end(here=3, count=3), "zip-count", E, "holds 2 entries"),
    "a directory too long": (_end(length=1 << 20), "zip-end-records", E, "the end record is at"),
    "no entries": (lambda draft: draft.items.clear(), "zip-not-a-zip", E + 10, "no entries"),
    "a tar archive as well": (_as_tar, "zip-not-a-zip", 0, "tar"),
    "a disc image as well": (_filled(bytes(32769 - DATA) + b"CD001"), "zip-not-a-zip", 32769, "ISO 9660"),
    # zip64
    "a missing zip64 record": (_end(begin=0xFFFFFFFF), "zip-end-records", E, "missing"),
    "a count that refers to zip64": (_end(here=0xFFFF, count=0xFFFF), "zip-end-records", E, "missing"),
    "a zip64 record elsewhere": (_zip64({"at": 0}), "zip-end-records", E - 20, "does not lead"),
    "a zip64 locator of two disks": (_zip64({"disks": 2}), "zip-end-records", E - 20, "does not lead"),
    "a zip64 record with data of its own": (_zip64({"own": 60}), "zip-end-records", E - 72, "data of its own"),
    "a zip64 count that differs": (_zip64({"here": 1, "count": 1}), "zip-end-records", E - 76 + 32, "1 where"),
    "a zip64 length that differs": (_zip64({"length": 5}), "zip-end-records", E - 76 + 40, "5 where"),
    "a zip64 offset that differs": (_zip64({"begin": 5}, length=0xFFFFFFFF), "zip-end-records", E - 76 + 48, "5 where"),
    "a zip64 record that is not referred to": (_zip64({}, disk=0), "zip-end-records", E - 76, "jszip"),
    "a second zip64 locator": (
        _all(_zip64({}), _put("comment", b"PK\x06\x07" + bytes(16))),
        "zip-end-records",
        E + 22,
        "second zip64 locator",
    ),
    "a zip64 field for nothing": (_put("extra", extra(1, bytes(16)), 0), "zip-extra", SECOND, "needs one of 0 bytes"),
    "a zip64 field too short": (
        _all(
            lambda draft: draft.items[0].widen(local=False),
            lambda draft: setattr(draft.items[0], "extra", extra(1, bytes(8))),
        ),
        "zip-extra",
        SECOND,
        "needs one of 16",
    ),
    "no zip64 field": (_set(size=0xFFFFFFFF), "zip-extra", SECOND, "no zip64 field"),
    # local header and central directory
    "another name": (_put("local_name", b"demo/SKILL.mD", 0), "zip-directory-mismatch", 30, "names"),
    "another version": (_local(needed=10), "zip-directory-mismatch", 4, "version needed: 10"),
    "other flags": (_local(flags=2), "zip-directory-mismatch", 6, "flags: 2"),
    "another method": (_local(method=0), "zip-directory-mismatch", 8, "method: 0"),
    "another CRC-32": (_local(crc=1), "zip-directory-mismatch", 14, "CRC-32: 1"),
    "another compressed size": (_local(packed=1), "zip-directory-mismatch", 18, "compressed size: 1"),
    "another size": (_local(size=1), "zip-directory-mismatch", 22, "uncompressed size: 1"),
    "no size and no descriptor": (_local(size=0), "zip-directory-mismatch", 22, "size: 0"),
    "a size beside a descriptor": (
        _all(lambda draft: draft.items[0].describe(), lambda draft: draft.items[0].local.update(size=1)),
        "zip-directory-mismatch",
        22,
        "size: 1",
    ),
    "a descriptor that only the local header mentions": (
        _all(lambda draft: draft.items[0].describe(), lambda draft: draft.items[0].central.update(flags=0)),
        "zip-directory-mismatch",
        6,
        "flags: 8",
    ),
    "a descriptor without signature": (
        lambda draft: draft.items[0].describe(signature=False),
        "zip-directory-mismatch",
        STOP,
        "no signature",
    ),
    "a descriptor of another CRC-32": (
        _described(DESCRIPTOR + bytes(12)),
        "zip-directory-mismatch",
        STOP + 4,
        "CRC-32 or a size",
    ),
    "a local header that is not there": (
        lambda draft: setattr(draft.items[1], "shift", 10),
        "zip-directory-mismatch",
        SECOND + 42,
        "no local header",
    ),
    "an entry that reaches too far": (_central(packed=5_000), "zip-overlap", C + 20, "reaches into"),
    "an entry over the next": (_set(packed=60), "zip-overlap", STOP, "overlaps"),
    # names
    "one name twice": (lambda draft: draft.items[1].rename(NAME), "zip-duplicate", SECOND + 46, "the same name"),
    "a name in another case": (
        lambda draft: draft.items[1].rename(NAME.lower()),
        "zip-duplicate",
        SECOND + 46,
        "only in case",
    ),
    "a file that is a folder": (
        lambda draft: draft.items[1].rename(NAME + b"/x"),
        "zip-duplicate",
        SECOND + 46,
        "would also have to be a folder",
    ),
    "a folder after the file of its name": (
        _all(_folder_with_data, lambda draft: draft.items[0].fill(b""), lambda draft: draft.items[1].rename(b"demo/X")),
        "zip-duplicate",
        C + 46 + 7 + 46,
        "only in case",
    ),
    "a name that leads out": (_named("demo/../../x"), "path-unsafe", C + 46, "leads out"),
    "an absolute name": (_named("/etc/passwd"), "path-unsafe", C + 46, "absolute"),
    "a drive letter": (_named("C:/x"), "path-unsafe", C + 46, "drive"),
    "a backslash": (_named("demo\\SKILL.md"), "path-unsafe", C + 46, "backslash"),
    "an empty part": (_named("demo//x"), "path-unsafe", C + 46, "empty part"),
    "no name": (_named(""), "path-unsafe", C + 46, "empty part"),
    "a version number of VMS": (_named("demo/x;12"), "path-unsafe", C + 46, "unzip drops"),
    "a control character": (_named("demo/a\x1b[2J"), "path-control", C + 46, "control character"),
    "a long part": (_named("demo/" + "x" * 256), "path-too-long", C + 46, "255"),
    "a long path": (_named("demo" + "/x" * 34), "path-too-long", C + 46, "too deep"),
    "a name of 2,000 bytes": (_named("x" * 2_000), "path-too-long", C + 46, "2,000"),
    "a name that is not UTF-8": (_named(b"demo/\xff", 0x800), "path-not-utf8", C + 51, "not UTF-8"),
    "a name in cp437 or UTF-8": (_named("demo/é"), "zip-name-encoding", C + 46, "cp437"),
    "a name in UTF-8 that unzip reads as cp437": (
        _all(_named("demo/é", 0x800), _central(made_by=0x0014)),
        "zip-name-encoding",
        C + 46,
        "unzip",
    ),
    "a name in UTF-8 of NTFS that unzip reads as cp437": (
        _all(_named("demo/é", 0x800), _central(made_by=0x0B32)),
        "zip-name-encoding",
        C + 46,
        "unzip",
    ),
    "another Unicode path": (
        _put("extra", unicode_path(NAME, b"demo/x"), 0),
        "zip-unicode-path",
        SECOND,
        "another name than",
    ),
    "a Unicode path of another name": (
        _put("local_extra", unicode_path(b"x", NAME), 0),
        "zip-unicode-path",
        DATA,
        "belongs to another",
    ),
    "a Unicode path in the directory and a descriptor": (
        _all(_put("extra", unicode_path(NAME, NAME), 0), lambda draft: draft.items[0].describe()),
        "zip-unicode-path",
        SECOND,
        "unzip",
    ),
    "a Unicode path and a descriptor": (
        _all(_put("local_extra", unicode_path(NAME, NAME), 0), lambda draft: draft.items[0].describe()),
        "zip-unicode-path",
        DATA,
        "unzip",
    ),
    # extra fields
    "a field cut off": (_put("extra", b"UT\5\0\1\0", 0), "zip-extra", SECOND, "within a field"),
    "three bytes of a field": (_put("local_extra", b"UT\0", 0), "zip-extra", DATA, "within a field"),
    "an unknown field": (_put("extra", extra(0xCAFE, b""), 0), "zip-extra", SECOND, "0xcafe"),
    "a field with the target of a link": (
        _put("extra", extra(0x000D, bytes(12) + b"/etc"), 0),
        "zip-extra",
        SECOND,
        "0x000d",
    ),
    "a field twice": (_put("extra", extra(0x5455, b"\1\0\0\0\0") * 2, 0), "zip-extra", SECOND + 9, "twice"),
    "no time in a field of times": (_put("local_extra", extra(0x5455, b"\0"), 0), "zip-extra", DATA, "unexpected form"),
    "owners in an unknown version": (
        _put("extra", extra(0x7875, b"\2\1\0\1\0"), 0),
        "zip-extra",
        SECOND,
        "unexpected form",
    ),
    "owners too long": (_put("extra", extra(0x7875, b"\1\1\0\1\0\0"), 0), "zip-extra", SECOND, "unexpected form"),
    "empty owners in the local header": (
        _put("local_extra", extra(0x7875, b""), 0),
        "zip-extra",
        DATA,
        "unexpected form",
    ),
    "odd times of NTFS": (_put("extra", extra(0x0A, bytes(32)), 0), "zip-extra", SECOND, "unexpected form"),
    "odd fields of Info-ZIP": (_put("extra", extra(0x5855, bytes(12)), 0), "zip-extra", SECOND, "unexpected form"),
    "odd newer fields of Info-ZIP": (_put("extra", extra(0x7855, bytes(4)), 0), "zip-extra", SECOND, "unexpected form"),
    # how an entry is stored
    "encryption": (_set(flags=1), "zip-encrypted", C + 8, "encrypted"),
    "strong encryption": (_set(flags=0x40), "zip-encrypted", C + 8, "encrypted"),
    "masked headers": (_set(flags=0x2000), "zip-encrypted", C + 8, "encrypted"),
    "encryption after WinZip": (_set(method=99), "zip-encrypted", C + 8, "encrypted"),
    "bzip2": (_set(method=12), "zip-method", C + 10, "method 12"),
    "patched data": (_set(flags=0x20), "zip-method", C + 8, "0x0020"),
    "version 6.3": (_set(needed=63), "zip-method", C + 6, "6.3"),
    "a stored entry of two sizes": (_set(method=0), "zip-data", C + 20, "stored"),
    "a CRC-32 of 0": (_set(crc=0), "zip-data", C + 16, "CRC-32 is 0"),
    # what an entry is
    "a symbolic link": (_mode(0o120777), "zip-entry-kind", C + 38, "symbolic link"),
    "a device": (_mode(0o060644), "zip-entry-kind", C + 38, "device"),
    "a FIFO": (_mode(0o010644), "zip-entry-kind", C + 38, "FIFO"),
    "a socket": (_mode(0o140644), "zip-entry-kind", C + 38, "socket"),
    "an unknown type": (_mode(0o150644), "zip-entry-kind", C + 38, "type 150000"),
    "setuid": (_mode(0o104755), "zip-entry-kind", C + 38, "setuid"),
    "setgid": (_mode(0o102755), "zip-entry-kind", C + 38, "setgid"),
    "the mode of a folder": (_mode(0o040755), "zip-entry-kind", C + 38, "of a folder, the name that of a file"),
    "the attribute of a folder": (_mode(0o100644, 0x10), "zip-entry-kind", C + 38, "the name that of a file"),
    "a volume label": (_mode(0o100644, 0x08), "zip-entry-kind", C + 38, "volume label"),
    "a link of Windows": (_mode(0o100644, 0x400), "zip-entry-kind", C + 38, "link"),
    "a folder with data": (_folder_with_data, "zip-entry-kind", C + 38, "176 bytes of data"),
    "another system": (_central(made_by=0x0514), "zip-entry-kind", C + 38, "system 5"),
    # contents
    "bytes after the last block": (_filled(TEXT, deflated(TEXT) + b"\0\0"), "zip-data", STOP, "goes on"),
    "a stream cut off": (_filled(TEXT, deflated(TEXT)[:-1]), "zip-data", DATA, "cut off"),
    "no deflate stream": (_filled(TEXT, b"\xff" * 9), "zip-data", DATA, "not a deflate stream"),
    "a size too small": (_set(size=len(TEXT) - 1), "zip-data", DATA, "more bytes"),
    "a size too large": (_set(size=len(TEXT) + 1), "zip-data", DATA, "176 bytes; 177"),
    "a wrong CRC-32": (_set(crc=1), "zip-data", 14, "not that of the content"),
    "a content that begins with another of its CRC-32": (
        _prefixes_of_equal_crc,
        "zip-data",
        DATA + 3 + 14,
        "first 3 bytes",
    ),
    "the signature of a descriptor in stored content": (_stored_descriptor, "zip-data", DATA + 1, "stream"),
}
"""A change, the rule that refuses it, at which byte, and words of the message."""


@pytest.mark.parametrize("what", REFUSALS)
def test_what_readers_could_read_differently_is_refused_at_its_place(what: str) -> None:
    change, rule, offset, words = REFUSALS[what]
    draft = _changed(change)
    data = draft.build()
    if offset is not None and offset >= E - (1 << 10):
        offset += len(data) - 22 - len(draft.comment) - len(draft.after) - E
    elif offset is not None and offset >= C - (1 << 10):
        offset += len(data[: data.index(b"PK\1\2")]) - C
    found = [
        issue
        for issue in errors(data)
        if (issue.rule_id, issue.location.offset) == (rule, offset) and words in issue.message
    ]
    assert found, errors(data)
    assert read_foreign(data).entries == ()


def test_bytes_before_a_zip_whose_offsets_do_not_count_them_are_measured() -> None:
    (issue,) = errors(b"MZ" + two().build())
    assert (issue.rule_id, issue.location.offset) == ("zip-prefix", 0)
    assert "starts at byte 2:" in issue.message


@pytest.mark.parametrize("system", range(256))
def test_only_entries_of_systems_whose_attributes_have_one_meaning_are_accepted(system: int) -> None:
    draft = two()
    draft.items[0].central["made_by"] = system << 8 | 20
    assert [issue.rule_id for issue in errors(draft.build())] == (
        [] if system in {0, 3, 10, 11, 14, 19} else ["zip-entry-kind"]
    )


def test_every_problem_is_reported_in_the_order_of_the_bytes() -> None:
    draft = two()
    draft.items[0].central["attributes"] = 0o120777 << 16
    draft.items[1].rename(b"demo\\x")
    draft.items[1].local["crc"] = 1
    found = errors(draft.build())
    assert [issue.rule_id for issue in found] == ["zip-directory-mismatch", "zip-entry-kind", "path-unsafe"]
    assert [issue.location.path for issue in found] == ["demo\\x", "demo/SKILL.md", "demo\\x"]


def test_nothing_is_inflated_where_a_header_has_an_error() -> None:
    draft = two()
    draft.items[0].set(crc=1)
    assert [issue.rule_id for issue in errors(draft.build())] == ["zip-data"]
    draft.items[1].set(method=12)
    assert [issue.rule_id for issue in errors(draft.build())] == ["zip-method"]


@pytest.mark.parametrize("data", [b"", b"P", b"PK", b"PK\3\4", b"hello", b"\x1f\x8b" * 40, b"PK\5\6", bytes(22)])
def test_what_is_no_zip_is_refused(data: bytes) -> None:
    (issue,) = errors(data)
    assert (issue.rule_id, issue.location.offset) == ("zip-not-a-zip", len(data))
    assert ("cut off" in issue.message) == data.startswith(b"PK")


@pytest.mark.parametrize("begin", [0, 0xFFFFFFFF])
def test_a_zip64_record_that_would_begin_before_the_first_byte_is_reported_at_that(begin: int) -> None:
    (issue,) = errors(b"PK\6\7" + bytes(16) + END.pack(b"PK\5\6", 0, 0, 0, 0, 0, begin, 0))
    assert (issue.rule_id, issue.location.offset) == ("zip-end-records", 0)


def test_an_entry_without_a_name_or_data_has_a_local_header() -> None:
    assert [issue.rule_id for issue in errors(Draft.of({b"": b""}).build())] == ["path-unsafe"]


@pytest.mark.parametrize("mode", [0o644, 0o666, 0o744, 0o654, 0o645, 0o755])
def test_a_file_is_executable_if_its_mode_allows_it_to_any_class_of_users(mode: int) -> None:
    draft = two()
    draft.items[0].central["attributes"] = (0o100000 | mode) << 16
    first, second = read_foreign(draft.build()).entries
    assert first.executable == any(digit in "157" for digit in f"{mode:o}")
    assert not second.executable


def test_a_file_that_is_also_a_folder_is_found_above_the_deepest_path() -> None:
    deepest = b"demo" + b"/x" * (MAX_DEPTH + 1)
    assert errors(Draft.of({deepest: b""}).build()) == []
    clashing = errors(Draft.of({b"demo/x": b"", deepest: b""}).build())
    assert [issue.rule_id for issue in clashing] == ["zip-duplicate"]


def test_a_zip_too_large_for_the_api_is_not_looked_at() -> None:
    (issue,) = errors(two().build() + bytes(MAX_ZIP_BYTES))
    assert issue.rule_id == "zip-too-large"


@pytest.mark.parametrize("value", ["text", None, 7])
def test_what_is_not_bytes_is_a_type_error(value: object) -> None:
    with pytest.raises(TypeError):
        read_foreign(value)  # type: ignore[arg-type]


def test_every_rule_has_an_issue_here_and_its_level_says_whether_the_zip_is_read() -> None:
    source = Path(module.__file__).read_text("utf-8")
    reported = {rule for _, rule, _, _ in REFUSALS.values()} | {rule for _, rule in REFUSED.values()}
    accepted = {rule for _, issues in HARMLESS.values() for rule, _ in issues}
    elsewhere = {"zip-too-large", "zip-several-roots", "manifest-missing"}
    assert set(re.findall(r'"((?:zip|zip64|path|manifest)-[a-z0-9-]+)"', source)) <= reported | accepted | elsewhere
    assert accepted == ACCEPTED
    refused = reported | elsewhere
    assert {rule for rule in refused | accepted if RULES[rule].severity < Severity.ERROR} == accepted
    assert refused - HELD == {"path-too-long"}, "settings cannot lower what refuses a zip"


# --- changed bytes ---------------------------------------------------------------------------------------------


def described() -> bytes:
    draft = two()
    draft.items[0].describe()
    draft.items[1].widen()
    draft.comment = b"made by hand"
    return draft.build()


@pytest.mark.parametrize("data", [two().build(), described()], ids=["plain", "with descriptor and zip64"])
def test_a_changed_byte_is_an_error_or_changes_no_content(data: bytes) -> None:
    """Each bit of each byte; names may change, which both headers must then do, and one bit cannot."""
    expected = contents(data)
    for place in range(len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[place] ^= 1 << bit
            reading = read_foreign(bytes(changed))
            if reading.ok:
                assert {entry.name: entry.content for entry in reading.entries} == expected
            else:
                assert reading.entries == ()


@pytest.mark.parametrize("data", [two().build(), described()], ids=["plain", "with descriptor and zip64"])
def test_a_zip_cut_short_or_extended_is_an_error(data: bytes) -> None:
    shorter = [data[:end] for end in range(len(data))] + [data[begin:] for begin in range(1, len(data))]
    longer = [data + b"\0", b"\0" + data, data + data, data + data[-22:], data[:30] + b"\0" + data[30:]]
    for changed in shorter + longer:
        assert errors(changed), len(changed)


# --- bombs -----------------------------------------------------------------------------------------------------

_MEASURE: Final = """
import json, sys, time
from pathlib import Path
from skillpack.archive.read_foreign import ACCEPTED, read_foreign
data = Path(sys.argv[1]).read_bytes()
before = time.process_time()
reading = read_foreign(data)
seconds = time.process_time() - before
# not ru_maxrss: that of a new process begins with what the one that started it held
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]
print(json.dumps([seconds, int(peak) * 1024, sorted({issue.rule_id for issue in reading.issues} - ACCEPTED)]))
"""


def measured(data: bytes, folder: Path) -> tuple[float, int, list[str]]:
    """Read a zip in a process of its own; return its processor time, its memory and the rules with errors."""
    if not Path("/proc/self/status").exists():
        missing("the memory of a process is only known under /proc")
    (folder / "in.zip").write_bytes(data)
    work = folder / "work"
    work.mkdir()
    command = [sys.executable, "-c", _MEASURE, str(folder / "in.zip")]
    environment = {**os.environ, "TMPDIR": str(work), "PYTHONPATH": str(Path(__file__).parent.parent)}
    done = subprocess.run(command, cwd=work, env=environment, capture_output=True, check=True)
    assert [*work.iterdir()] == []
    seconds, peak, rules = json.loads(done.stdout)
    return seconds, peak, rules


@pytest.mark.parametrize("what", REFUSED)
def test_a_bomb_is_refused_with_little_time_and_memory_and_writes_nothing(what: str, tmp_path: Path) -> None:
    make, rule = REFUSED[what]
    seconds, peak, rules = measured(make(), tmp_path)
    assert rule in rules
    expect_at_most(seconds, 1)
    assert peak < 100 * 1_000_000


def test_zips_within_zips_are_not_inflated(tmp_path: Path) -> None:
    inner = Draft.of({b"demo/%d" % number: bytes(16 << 20) for number in range(4)}, compress=True).build()
    for level in range(5):
        inner = Draft.of({b"demo/%d.%d.zip" % (level, number): inner for number in range(16)}, compress=True).build()
    seconds, peak, rules = measured(inner, tmp_path)
    assert rules == []
    expect_at_most(seconds, 1)
    assert peak < 100 * 1_000_000
    assert set(contents(inner).values()).pop().startswith(b"PK\3\4")


@pytest.mark.parametrize(
    ("total", "padding"),
    [
        pytest.param(64 << 20, 0, id="64 MiB, of any ratio"),
        pytest.param(None, 2 << 20, id="50 times the zip"),
        pytest.param(128 << 20, 4 << 20, id="128 MiB"),
    ],
)
def test_the_limits_of_all_contents_are_exact(total: int | None, padding: int) -> None:
    """The sizes are only stated: none of the data is a deflate stream."""
    draft = Draft.of({b"demo/%d" % number: b"" for number in range(9)} | {b"demo/x": bytes(padding)})
    files = draft.items[:9]
    for item in files:
        item.fill(b"", b"\xff" * 9)
    for above in (0, 1):
        rest = (total or 50 * len(draft.build())) + above - padding
        for number, item in enumerate(files):
            item.set(size=rest // 9 + (rest % 9 if number == 0 else 0), crc=1)
        assert {issue.rule_id for issue in errors(draft.build())} == {"zip-bomb" if above else "zip-data"}


def test_the_limits_are_exact() -> None:
    draft = Draft.of({b"demo/a": bytes(MAX_FILE_BYTES)}, compress=True)
    assert errors(draft.build()) == []
    draft = Draft.of({b"demo/a": bytes(MAX_FILE_BYTES + 1)}, compress=True)
    assert [issue.rule_id for issue in errors(draft.build())] == ["zip-bomb"]
    many = {b"demo/%d" % number: b"" for number in range(10_000)}
    assert errors(Draft.of(many).build()) == []
    assert [issue.rule_id for issue in errors(Draft.of(many | {b"demo/x": b""}).build())] == ["zip-bomb"]


# --- encryption ------------------------------------------------------------------------------------------------


def test_what_encryption_does_to_sizes_and_checksums_is_not_reported_as_well() -> None:
    draft = Draft.of({b"demo/SKILL.md": b"12 bytes more"})
    (item,) = draft.items
    item.fill(b"12 bytes more", b"x" * (12 + len(b"12 bytes more")))
    item.set(flags=0x801, crc=0)
    assert [issue.rule_id for issue in errors(draft.build())] == ["zip-encrypted"]


# --- the top folder --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["demo/SKILL.md"], "demo"),
        (["demo/", "demo/SKILL.md", "demo/docs/SKILL.md"], "demo"),
        (["demo/skill.md"], "demo"),
        (["demo/a.txt"], "demo"),
        (["__MACOSX/demo/._SKILL.md", "demo/SKILL.md", ".DS_Store"], "demo"),
        (["empty/", "demo/SKILL.md"], "demo"),
        (["SKILL.md"], ("zip-several-roots", "SKILL.md is at the root of the zip, not in one top folder", "SKILL.md")),
        (
            ["a.txt", "b/SKILL.md", "skill.md"],
            ("zip-several-roots", "SKILL.md is at the root of the zip, not in one top folder", "skill.md"),
        ),
        (["demo/SKILL.md", "x"], ("zip-several-roots", "a file is at the root of the zip, not in one top folder", "x")),
        (["a/SKILL.md", "b/SKILL.md"], ("zip-several-roots", "the zip has 2 top folders, not one", "b/SKILL.md")),
        (["a/x", "b/x", "c/x"], ("zip-several-roots", "the zip has 3 top folders, not one", "b/x")),
        (["out/demo/SKILL.md"], ("manifest-missing", "SKILL.md is one folder too deep", "out/demo/SKILL.md")),
        (["a/b/c/SKILL.md"], ("manifest-missing", "SKILL.md is 2 folders too deep", "a/b/c/SKILL.md")),
        (["demo/"], ("manifest-missing", "the zip holds no files", ".")),
    ],
)
def test_the_top_folder_is_the_only_one_or_the_reason_is_reported(names: list[str], expected: object) -> None:
    reading = read_foreign(Draft.of({name.encode(): b"" for name in names}).build())
    assert reading.ok
    found = top_folder(reading.entries)
    if isinstance(found, Issue):
        assert (found.rule_id, found.message, found.location.path) == expected
        assert [entry.offset for entry in reading.entries if entry.name == found.location.path] == (
            [] if found.location.offset is None else [found.location.offset]
        )
    else:
        assert found == expected


# --- zips that others labelled ---------------------------------------------------------------------------------

NO_FOLDER_ENTRY: Final = "zip__iffy__nosubdir.zip"
"""A file in a folder that has no entry of its own: so are the zips of skillpack, `zip -D`, Explorer and PowerShell."""
FLAGS_DIFFER: Final = {"zip__accept__data_descriptor.zip", "zip__accept__data_descriptor_zip64.zip"}
"""Only the local header announces the descriptor, which 7-Zip reports as a header error."""


def labelled() -> list[Path]:
    folder = os.environ.get("SKILLPACK_MALO", "")
    if not Path(folder, NO_FOLDER_ENTRY).exists():
        pytest.skip("SKILLPACK_MALO does not name the folder of the labelled zips")
    found = sorted(Path(folder).glob("*.zip"))
    assert len(found) == 79
    return found


def test_labelled_zips_are_judged_as_they_are_labelled() -> None:
    for path in labelled():
        label = path.name.split("__")[1]
        found = errors(path.read_bytes())
        if path.name == NO_FOLDER_ENTRY:
            assert found == []
        elif path.name in FLAGS_DIFFER:
            assert [(issue.rule_id, issue.location.offset) for issue in found] == [("zip-directory-mismatch", 6)], (
                path.name
            )
        elif label == "accept":
            assert found == [], path.name
        else:
            assert any(issue.rule_id.startswith("zip") for issue in found), path.name


def test_a_labelled_zip_takes_little_processor_time() -> None:
    for path in labelled():
        data = path.read_bytes()
        with processor_time(1):
            read_foreign(data)


# --- what its receiver is told ---------------------------------------------------------------------------------

UNMARKED: Final = ("Begriffe-Größe.md", "été.md", "表单.md")


def unmarked(*names: str) -> bytes:
    """Return a zip as Info-ZIP writes it with a UTF-8 locale: names in UTF-8, without the flag for it."""
    draft = Draft.of({name.encode(): MANIFEST for name in names})
    for item in draft.items:
        item.set(flags=0)
    return draft.build()


@pytest.mark.parametrize("name", UNMARKED)
def test_a_name_that_is_utf8_without_the_flag_is_shown_as_utf8(name: str) -> None:
    (finding,) = skillpack.check(unmarked("demo/SKILL.md", f"demo/{name}")).errors
    assert (finding.rule, finding.location.path) == ("zip-name-encoding", f"demo/{name}")
    assert finding.message.endswith(f"see demo/{name.encode().decode('cp437')}")
    assert finding.hint == "ask its author for a zip made with skillpack, which marks names as UTF-8"


def test_a_name_that_is_not_utf8_is_shown_as_cp437() -> None:
    draft = Draft.of({b"demo/SKILL.md": MANIFEST, b"demo/\x82.md": b""})
    draft.items[1].set(flags=0)
    (finding,) = skillpack.check(draft.build()).errors
    assert (finding.rule, finding.location.path) == ("zip-name-encoding", "demo/é.md")


@pytest.mark.parametrize(
    ("names", "rule"),
    [
        (["SKILL.md"], "zip-several-roots"),
        (["a/x", "b/x"], "zip-several-roots"),
        (["a/b/SKILL.md"], "manifest-missing"),
    ],
)
def test_the_encoding_of_names_does_not_hide_a_wrong_layout(names: list[str], rule: str) -> None:
    folder = names[0].rpartition("/")[0]
    data = unmarked(*names, f"{folder}/é.md".lstrip("/"))
    assert {finding.rule for finding in skillpack.check(data).errors} == {"zip-name-encoding", rule}
    if names == ["SKILL.md"]:
        (finding,) = skillpack.check(data, settings=Settings(targets=("google",))).errors
        assert finding.rule == "zip-name-encoding"


@pytest.mark.parametrize("name", ["g.zip", "it's a skill.zip"])
def test_the_hint_for_a_zip_with_the_manifest_at_its_root_works_as_it_is_written(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("demo").mkdir()
    Path("demo/SKILL.md").write_bytes(MANIFEST)
    assert main(["zip", "demo", "--target", "google", "-o", name]) == 0
    Path("demo/SKILL.md").unlink()
    Path("demo").rmdir()
    for command in ("check", "files", "digest", "unpack"):
        assert main([command, name]) == 1
        printed = "".join(capsys.readouterr())
        (call,) = re.findall(r"hint: OpenAI refuses the zip; unpack it into a folder: skillpack (.*)", printed)
    assert main(shlex.split(call)) == 0
    assert Path("demo/SKILL.md").read_bytes() == MANIFEST


@pytest.mark.parametrize("names", [["SKILL.md"], ["README.md", "SKILL.md"], ["a.txt", "b/SKILL.md"]])
def test_no_hint_for_a_zip_recommends_to_unpack_it_with_another_tool(names: list[str]) -> None:
    for data in (Draft.of({name.encode(): MANIFEST for name in names}).build(), unmarked(*names, "é")):
        assert not [finding for finding in skillpack.check(data) if "unzip" in str(finding.hint)]


def test_the_folder_that_is_one_too_deep_is_named() -> None:
    (finding,) = skillpack.check(Draft.of({b"skills/hello/SKILL.md": MANIFEST}).build()).errors
    assert finding.hint == "zip the folder hello itself: skillpack zip"


def test_what_refuses_a_zip_for_safety_addresses_its_receiver() -> None:
    addressed = {"reader", "safety"}
    seen = set()
    for change, rule, *_ in REFUSALS.values():
        if rule == "zip-not-a-zip":  # not a skill, which is an exception
            continue
        draft = two()
        change(draft)
        for finding in skillpack.check(draft.build()).errors:
            if addressed & set(finding.required_by):
                seen.add(finding.rule)
                assert "ask its author" in str(finding.hint), finding
    assert {"path-unsafe", "zip-duplicate", "zip-encrypted", "zip-gap", "zip-entry-kind"} <= seen
