"""Zips that are refused with an exception, and zips of other tools, whose issues are reported."""

from __future__ import annotations

import zipfile
import zlib
from io import BytesIO
from typing import TYPE_CHECKING

from skillpack.api import Builder
from skillpack.archive.read_foreign import read_foreign
from skillpack.archive.records import DEFLATED, STORED, Member, lay_out
from skillpack.archive.write import write_zip
from skillpack.rules.engine import run_rules
from tests.conftest import MANIFEST, make_tree
from tests.rules.made import Case, made
from tests.zip_drafts import Draft

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from skillpack.findings import Report

GOOD = write_zip(make_tree({"notes.md": b"notes"}), "demo")
END = len(GOOD) - 22
DIRECTORY = int.from_bytes(GOOD[END + 16 : END + 20], "little")


def _member(
    name: bytes, method: int = STORED, *, executable: bool = False, size: int = 4, crc: int | None = None
) -> Member:
    checksum = zlib.crc32(b"text") if crc is None else crc
    return Member(name, method, checksum, size, executable, memoryview(b"text"), 4)


def _with_directory(offset: int, field: bytes) -> bytes:
    """Return the good zip with another value in the first header of its central directory."""
    at = DIRECTORY + offset
    return GOOD[:at] + field + GOOD[at + len(field) :]


def _refused(message: str, *members: Member) -> Case:
    return Case(b"".join(lay_out(members)), GOOD, message)


@made
def zip_not_a_zip(tmp_path: Path) -> Case:
    said = "the end of central directory record is not the last 22 bytes [zip-not-a-zip]"
    return Case(GOOD[:-1], GOOD, said)


@made
def zip_not_canonical(tmp_path: Path) -> Case:
    foreign = BytesIO()
    with zipfile.ZipFile(foreign, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("demo/SKILL.md", MANIFEST)
    said = "demo at byte 0: note[zip-not-canonical]: another tool wrote this zip; skillpack packs its files again"
    return Case(Builder().check(foreign.getvalue()), Builder().check(GOOD), said)


@made
def zip_several_roots(tmp_path: Path) -> Case:
    return _refused("the zip has 2 top folders, not one [zip-several-roots]", _member(b"a/x"), _member(b"b/x"))


@made
def zip_gap(tmp_path: Path) -> Case:
    said = f"the central directory does not end where the end record begins at byte {END + 1} [zip-gap]"
    return Case(GOOD[:END] + b"\0" + GOOD[END:], GOOD, said)


@made
def zip_count(tmp_path: Path) -> Case:
    three = GOOD[: END + 8] + b"\3\0\3\0" + GOOD[END + 12 :]
    return Case(three, GOOD, f"the central directory is cut short at byte {END} [zip-count]")


@made
def zip_method(tmp_path: Path) -> Case:
    said = f"compression method 12 is neither stored nor deflate at byte {DIRECTORY} [zip-method]"
    return Case(_with_directory(10, b"\x0c\0"), GOOD, said)


@made
def zip_overlap(tmp_path: Path) -> Case:
    said = f"an entry's data is not before the central directory at byte {DIRECTORY} [zip-overlap]"
    return Case(_with_directory(20, END.to_bytes(4, "little")), GOOD, said)


@made
def zip_entry_kind(tmp_path: Path) -> Case:
    return _refused("a mode bit contradicts the content [zip-entry-kind]", _member(b"a/x", executable=True))


@made
def zip_data(tmp_path: Path) -> Case:
    said = "an entry's size or crc differs from its content [zip-data]"
    return _refused(said, _member(b"a/x", crc=1))


@made
def zip_bomb(tmp_path: Path) -> Case:
    said = "the zip of 194 bytes would unpack to 2,147,483,648 [zip-bomb]"
    return _refused(said, *(_member(b"a/%d" % number, DEFLATED, size=1 << 30) for number in range(2)))


# --- zips of other tools ---------------------------------------------------------------------------------------


def _draft() -> Draft:
    return Draft.of({b"demo/SKILL.md": MANIFEST, b"demo/a.txt": b"text"})


def _judged(data: bytes) -> Report:
    return run_rules(None, "demo.zip", {}, lambda _path: None, read_foreign(data).issues)


def _foreign(change: Callable[[Draft], object], expected: str) -> Case:
    """Return a case of the zip that another tool could have written, with one change."""
    draft = _draft()
    change(draft)
    return Case(_judged(draft.build()), _judged(_draft().build()), expected)


@made
def zip_prefix(tmp_path: Path) -> Case:
    said = "demo.zip at byte 0: error[zip-prefix]: the zip starts at byte 2: its offsets are too small by as many"
    return Case(_judged(b"MZ" + _draft().build()), _judged(_draft().build()), said)


@made
def zip_suffix(tmp_path: Path) -> Case:
    said = "demo.zip at byte 313: error[zip-suffix]: the zip ends at byte 313, but there are 314 bytes"
    return _foreign(lambda draft: setattr(draft, "after", b"\0"), said)


@made
def zip_end_records(tmp_path: Path) -> Case:
    said = (
        "demo.zip at byte 291: error[zip-end-records]: "
        "a second end of central directory record is in the comment of this one: readers choose differently"
    )
    return _foreign(lambda draft: setattr(draft, "comment", _draft().build()), said)


@made
def zip_directory_mismatch(tmp_path: Path) -> Case:
    said = (
        "demo.zip/demo/SKILL.md at byte 30: error[zip-directory-mismatch]: "
        "the names in the local header and in the central directory differ"
    )
    return _foreign(lambda draft: setattr(draft.items[0], "local_name", b"demo/SKILL.mD"), said)


@made
def zip_duplicate(tmp_path: Path) -> Case:
    said = (
        "demo.zip/demo/Skill.md at byte 284: error[zip-duplicate]: "
        "the entry has a name that differs only in case or form from the one at byte 179"
    )
    return _foreign(lambda draft: draft.items[1].rename(b"demo/Skill.md"), said)


@made
def zip_extra(tmp_path: Path) -> Case:
    said = "demo.zip/demo/a.txt at byte 291: error[zip-extra]: extra field 0xcafe is not one that all readers ignore"
    return _foreign(lambda draft: setattr(draft.items[1], "extra", b"\xfe\xca\0\0"), said)


@made
def zip_unicode_path(tmp_path: Path) -> Case:
    name = b"demo/a.txt"
    field = b"\x01" + zlib.crc32(name).to_bytes(4, "little") + b"demo/b.txt"
    said = (
        "demo.zip/demo/a.txt at byte 291: error[zip-unicode-path]: "
        "the Unicode path field holds another name than the header"
    )
    return _foreign(
        lambda draft: setattr(draft.items[1], "extra", b"up" + len(field).to_bytes(2, "little") + field), said
    )


@made
def zip_name_encoding(tmp_path: Path) -> Case:
    said = (
        "demo.zip/demo/\u00e9t\u00e9.md at byte 284: error[zip-name-encoding]: "
        "the name is not marked as UTF-8: readers that take it for cp437 see demo/├⌐t├⌐.md"
    )
    return _foreign(lambda draft: draft.items[1].rename("demo/\u00e9t\u00e9.md".encode()), said)


@made
def zip_encrypted(tmp_path: Path) -> Case:
    return _foreign(
        lambda draft: draft.items[1].set(flags=1),
        "demo.zip/demo/a.txt at byte 243: error[zip-encrypted]: the entry is encrypted",
    )


@made
def zip_comment(tmp_path: Path) -> Case:
    said = "demo.zip at byte 313: warning[zip-comment]: comments on the zip or on entries: 1; they are ignored"
    return _foreign(lambda draft: setattr(draft, "comment", b"5ec3523"), said)


@made
def zip_descriptor(tmp_path: Path) -> Case:
    said = (
        "demo.zip/demo/a.txt at byte 176: note[zip-descriptor]: "
        "entries followed by a data descriptor: 1; each agrees with the central directory"
    )
    return _foreign(lambda draft: draft.items[1].describe(), said)


@made
def zip64_unneeded(tmp_path: Path) -> Case:
    said = (
        "demo.zip/demo/a.txt at byte 311: note[zip64-unneeded]: zip64 fields although every size fits into 32 bits: 2"
    )
    return _foreign(lambda draft: draft.items[1].widen(), said)


@made
def zip_metadata(tmp_path: Path) -> Case:
    said = (
        "demo.zip/__MACOSX/demo/._SKILL.md at byte 249: note[zip-metadata]: "
        "entries with metadata of macOS (__MACOSX, .DS_Store): 1; they are ignored"
    )
    return _foreign(lambda draft: draft.items[1].rename(b"__MACOSX/demo/._SKILL.md"), said)
