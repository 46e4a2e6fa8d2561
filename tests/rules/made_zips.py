"""Zips that are refused: what is wrong with them is an exception of the call, with the id of a rule."""

from __future__ import annotations

import zipfile
import zlib
from io import BytesIO
from typing import TYPE_CHECKING

from skillpack.archive import write_zip
from skillpack.archive.layout import DEFLATED, STORED, Member, lay_out
from tests.conftest import MANIFEST, make_tree
from tests.rules.made import Case, made

if TYPE_CHECKING:
    from pathlib import Path

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
    said = (
        "the bytes here are not the canonical ones: only zips that skillpack made are read; give the folder "
        "at byte 0 [zip-not-canonical]"
    )
    return Case(foreign.getvalue(), GOOD, said)


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
    said = f"an entry's data does not lie before the central directory at byte {DIRECTORY} [zip-overlap]"
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
