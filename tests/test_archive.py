from __future__ import annotations

import hashlib
import json
import os
import struct
import subprocess
import zipfile
import zlib
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest

from skillpack import ArchiveError, NotASkillError, SkillTree, read_zip, write_zip
from skillpack.archive.records import CENTRAL, DEFLATED, END, LOCAL, STORED, Member, lay_out, upper_bound
from skillpack.archive.write import Compression, Compressor
from skillpack.cli import main
from skillpack.sources.zip import read_zip_file
from skillpack.values import replace
from tests.conftest import MANIFEST, make_tree
from tests.judges import judge
from tests.samples import ROOT

if TYPE_CHECKING:
    from skillpack.archive.write import CompressionName
    from tests.conftest import MakeSkill

GOLDEN: Final = Path(__file__).parent / "golden"

SAMPLE: Final = {
    "a.txt": b"a",
    "a/b": b"sorts behind a.txt: whole names are compared, not folders",
    "empty": b"",
    "noten/Grüße 日本.md": "# Grüße\n".encode() * 40,
    "scripts/run.sh": b"#!/bin/sh\necho demo\n",
    "data/table.csv": b"".join(b"%d,%d\n" % (row, row * row) for row in range(3000)),
    "data/noise.bin": b"".join(hashlib.sha256(b"%d" % block).digest() for block in range(3000)),
}


def sample() -> SkillTree:
    return make_tree(SAMPLE)


# --- the bytes -----------------------------------------------------------------------------------------------


def test_the_stored_zip_has_the_bytes_that_it_had_in_the_first_version() -> None:
    tree = make_tree({"b/run.sh": b"#!/bin/sh\n", "a.txt": b"hello\n", "\u00e9.md": b""})
    made = write_zip(tree, "demo", Compression.STORE)
    assert made == bytes.fromhex((GOLDEN / "stored.zip.hex").read_text())


@pytest.mark.parametrize(
    ("compression", "sha256"),
    [
        (Compression.STORE, "a8456f9d0f25d2f55014b78eab3c89183f8ff8f9c19292f9009f295cb9d1fcc2"),
        (Compression.DEFLATE, "08ca9c9e0ad2f899ea9f3ab8ecf912365744f52195e45c0d34422097c1e36765"),
        (Compression.SMALLEST, "40c4ea5122dc80b0866a6128e0622392b9ef44df5f20efdaf92aa2f3fecf1e73"),
    ],
)
def test_the_compressor_gives_the_bytes_that_its_minor_version_is_held_for(
    compression: Compression, sha256: str
) -> None:
    assert hashlib.sha256(write_zip(sample(), "demo", compression)).hexdigest() == sha256


def test_entries_stand_in_the_order_of_their_whole_names() -> None:
    names = [member.name for member in Compressor(sample(), "demo").members()]
    assert names == sorted(names)
    assert names.index(b"demo/a.txt") < names.index(b"demo/a/b")


def test_every_header_says_what_the_format_says() -> None:
    with zipfile.ZipFile(BytesIO(write_zip(sample(), "demo"))) as archive:
        assert archive.comment == b""
        assert archive.start_dir + sum(46 + len(info.filename.encode()) for info in archive.infolist()) + 22 == len(
            write_zip(sample(), "demo")
        )
        for info in archive.infolist():
            assert info.date_time == (1980, 1, 1, 0, 0, 0)
            assert info.flag_bits == 0x0800
            assert (info.create_system, info.create_version) == (3, 20)
            assert info.extract_version == (20 if info.compress_type == DEFLATED else 10)
            assert (info.extra, info.comment, info.internal_attr, info.volume) == (b"", b"", 0, 0)
            executable = info.filename.endswith(".sh")
            assert info.external_attr == (0o100755 if executable else 0o100644) << 16
            assert info.compress_size < info.file_size or info.compress_type == STORED


def test_executable_is_what_begins_with_a_hashbang_or_elf_magic() -> None:
    contents = {"sh": b"#!/bin/sh\n", "elf": b"\x7fELF\x02", "late": b"\n#!/bin/sh", "half": b"#", "none": b""}
    found = {file.path: file.executable for file in SkillTree.from_files(contents).files}
    assert found == {"sh": True, "elf": True, "late": False, "half": False, "none": False}


@pytest.mark.parametrize("compression", Compression)
def test_threads_change_no_byte(compression: Compression) -> None:
    tree = make_tree({f"{number:03}.bin": bytes([number]) * (number * 4000) for number in range(120)})
    assert write_zip(tree, "demo", compression, threads=1) == write_zip(tree, "demo", compression, threads=4)


@pytest.mark.parametrize(
    ("compression", "size", "shared"), [("deflate", 1_000, 0), ("deflate", 8_000, 4), ("smallest", 1_000, 4)]
)
def test_small_files_are_compressed_by_the_thread_that_asks(
    monkeypatch: pytest.MonkeyPatch, compression: CompressionName, size: int, shared: int
) -> None:
    files = {f"{at}.txt": (b"%04d," % at) * (size // 5) for at in range(250)}
    tree = SkillTree.from_files({"SKILL.md": MANIFEST, **files}, "demo")
    one = write_zip(tree, "demo", compression, threads=1)
    share = Compressor._share
    batches: list[Compressor] = []

    def count(compressor: Compressor, *arguments: Any) -> None:
        batches.append(compressor)
        share(compressor, *arguments)

    monkeypatch.setattr(Compressor, "_share", count)
    assert write_zip(tree, "demo", compression, threads=4) == one
    assert len(batches) == shared


# --- what is compressed ----------------------------------------------------------------------------------------


def noise(size: int, seed: int = 0) -> bytes:
    blocks = (hashlib.sha512(struct.pack("<QQ", seed, block)).digest() for block in range(size // 64 + 1))
    return b"".join(blocks)[:size]


def methods(contents: dict[str, bytes], compression: Compression = Compression.DEFLATE) -> dict[str, int]:
    return {
        member.name.decode(): member.method
        for member in Compressor(SkillTree.from_files(contents), "s", compression).members()
    }


def test_a_file_that_does_not_shrink_is_stored() -> None:
    contents = {"small": noise(1000), "large": noise(3 << 20), "empty": b"", "one": b"x", "text": b"text " * 99}
    stored = {f"s/{name}": STORED for name in ("small", "large", "empty", "one")}
    assert methods(contents) == stored | {"s/text": DEFLATED}


def test_store_compresses_nothing() -> None:
    assert methods({"text": b"text " * 99}, Compression.STORE) == {"s/text": STORED}


def test_text_in_the_middle_of_images_is_noticed() -> None:
    # a tar of photographs with a 300 KiB table among them
    tar = noise(2 << 20, 1) + b"".join(b"%08d;" % row for row in range(36000)) + noise(2 << 20, 2)
    assert methods({"photos.tar": tar}) == {"s/photos.tar": DEFLATED}


def test_what_the_probe_overlooks_smallest_finds() -> None:
    """The probe looks at places only; what lies between them it misses, and always misses in the same way."""
    hidden = noise(1 << 20, 1) + noise(30_000, 3) + b"\0" * 2048 + noise(1 << 20, 2)
    assert methods({"hidden": hidden}, Compression.SMALLEST) == {"s/hidden": DEFLATED}


# --- what has no zip ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("../up", "path-unsafe"),
        ("/root", "path-unsafe"),
        ("a//b", "path-unsafe"),
        ("a/./b", "path-unsafe"),
        ("a/", "path-unsafe"),
        ("", "path-unsafe"),
        ("C:/x", "path-unsafe"),
        ("a\\b", "path-unsafe"),
        ("a\nb", "path-control"),
        ("a\0b", "path-control"),
        ("\x9b", "path-control"),
        ("\udcff", "path-not-utf8"),
        ("x" * 256, "path-too-long"),
        ("/".join(["x" * 200] * 6), "path-too-long"),
        ("/".join("x" * 40), "path-too-long"),
    ],
)
def test_a_name_that_readers_take_differently_is_not_written(path: str, rule: str) -> None:
    with pytest.raises(ArchiveError) as caught:
        write_zip(SkillTree.from_files({path: b""}), "demo")
    assert caught.value.rule == rule
    assert len(str(caught.value)) < 120


@pytest.mark.parametrize("top", ["", ".", "..", "a/b", "a\\b", "a:b", "a\nb", "\ud800", "e\u0301", "x" * 256])
def test_the_top_folder_is_one_safe_component(top: str) -> None:
    with pytest.raises(ArchiveError):
        write_zip(SkillTree.from_files({"SKILL.md": MANIFEST}), top)


@pytest.mark.parametrize("paths", [("a", "a/b"), ("é", "e\u0301"), ("a/b/c", "a/b/c/d/e")])
def test_files_that_cannot_all_be_unpacked_are_not_written(paths: tuple[str, str]) -> None:
    with pytest.raises(ArchiveError) as caught:
        write_zip(SkillTree.from_files(dict.fromkeys(paths, b"")), "demo")
    assert caught.value.rule == "path-collision"


def test_more_files_than_a_plain_zip_counts_are_not_written() -> None:
    with pytest.raises(ArchiveError, match="zip64"):
        write_zip(SkillTree.from_files({str(number): b"" for number in range(0xFFFF)}), "demo")


def test_the_upper_bound_is_never_below_the_zip_and_exact_when_stored() -> None:
    tree = sample()
    assert upper_bound(tree, "demo") == len(write_zip(tree, "demo", Compression.STORE))
    assert upper_bound(tree, "demo") >= len(write_zip(tree, "demo"))
    incompressible = make_tree({"n": noise(70_000)})
    assert upper_bound(incompressible, "demo") >= len(write_zip(incompressible, "demo"))


def test_the_upper_bound_counts_each_path_alone_also_where_two_halves_of_a_character_meet() -> None:
    halves = make_tree({"a\ud83d": b"1", "\ude00b": b"22"})
    alone = [upper_bound(replace(halves, files=(file,)), "demo") for file in halves.files]
    assert upper_bound(halves, "demo") == sum(alone) - (len(alone) - 1) * END.size


# --- reading -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("compression", Compression)
def test_a_zip_read_again_gives_the_same_tree(compression: Compression) -> None:
    tree = sample()
    again = read_zip(write_zip(tree, "demo", compression))
    assert again == tree
    assert again.digest == tree.digest
    assert (again.directory, again.origin) == ("demo", "demo")


class Exhausted(NamedTuple):
    """A zip of which every byte is changed to every value, and the only changes that read_zip accepts.

    `padding` is place -> the bits after the last block of a deflate stream, which no reader uses; `others` are the
    places and values that are another stream of the same content.
    """

    files: dict[str, bytes]
    compression: Compression
    padding: dict[int, int]
    others: frozenset[tuple[int, int]]

    @property
    def tree(self) -> SkillTree:
        return SkillTree.from_files(self.files)

    def zip(self) -> bytes:
        return write_zip(self.tree, "demo", self.compression)

    def accepted(self) -> set[tuple[int, int]]:
        whole = self.zip()
        free = {(place, whole[place] ^ bits) for place, mask in self.padding.items() for bits in submasks(mask)}
        return free | self.others


def submasks(mask: int) -> set[int]:
    return {bits & mask for bits in range(256)} - {0}


FEW: Final = {"SKILL.md": MANIFEST * 2, "a.txt": b"hello hello hello ", "run.sh": b"#!/bin/sh\necho\n"}
ROWS: Final = "".join(f"{row * row * 7919 % 1000} grüße an {chr(97 + row % 26)}\n" for row in range(18)).encode()
VARIED: Final = {"SKILL.md": MANIFEST, "docs/Grüße.md": ROWS, "bin/tool": b"\x7fELF\x7fELF" + bytes(40), "empty": b""}
EXHAUSTED: Final = {
    "stored": Exhausted(FEW, Compression.STORE, {}, frozenset()),
    "deflate": Exhausted(FEW, Compression.DEFLATE, {128: 0b11111000}, frozenset()),
    "smallest": Exhausted(VARIED, Compression.SMALLEST, {176: 0b11100000, 336: 0b11110000}, frozenset({(323, 157)})),
}


@pytest.mark.parametrize("case", EXHAUSTED.values(), ids=EXHAUSTED)
def test_a_changed_byte_is_noticed_or_gives_another_stream_of_the_same_content(case: Exhausted) -> None:
    """Deflate has many streams for one content; of those made by one byte, the list has all."""
    whole, tree = case.zip(), case.tree
    accepted = set()
    for place in range(len(whole)):
        for value in set(range(256)) - {whole[place]}:
            changed = bytearray(whole)
            changed[place] = value
            try:
                again = read_zip(bytes(changed))
            except ArchiveError:
                continue
            accepted.add((place, value))
            assert again == tree
            assert again.digest == tree.digest
            assert write_zip(again, again.directory, case.compression) == whole
    assert accepted == case.accepted()


def test_the_page_on_canonical_bundles_states_how_many_changes_are_accepted() -> None:
    page = " ".join((ROOT / "docs" / "explanation" / "canonical-bundles.md").read_text("utf-8").split())
    changes = sum(255 * len(case.zip()) for case in EXHAUSTED.values())
    others = sum(len(case.others) for case in EXHAUSTED.values())
    accepted = sum(len(case.accepted()) for case in EXHAUSTED.values())
    assert others == 1
    stated = f"{changes:,} changes. {accepted} of them are accepted: {accepted - others} change only the bits"
    assert stated in page


@pytest.mark.parametrize("case", EXHAUSTED.values(), ids=EXHAUSTED)
def test_another_stream_of_the_same_content_is_attested_as_another_zip(
    case: Exhausted, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, digests = case.zip(), set()
    zips = [whole, *(whole[:place] + bytes([value]) + whole[place + 1 :] for place, value in sorted(case.accepted()))]
    path = tmp_path / "demo.zip"
    for data in zips[:5]:
        path.write_bytes(data)
        assert main(["attest", str(path)]) == 0
        (subject,) = json.loads(capsys.readouterr().out)["subject"]
        assert subject["digest"]["sha256"] == hashlib.sha256(data).hexdigest()
        digests.add(subject["digest"]["skillpack1"])
    assert digests == {case.tree.digest.partition(":")[2]}


@pytest.mark.parametrize("case", EXHAUSTED.values(), ids=EXHAUSTED)
def test_a_zip_cut_short_or_extended_is_refused(case: Exhausted) -> None:
    whole = case.zip()
    places = range(len(whole))
    shorter = [*(whole[:end] for end in places), *(whole[begin:] for begin in places if begin)]
    shorter += [whole[:place] + whole[place + 1 :] for place in places]
    bytes_ = [bytes([value]) for value in range(256)]
    longer = [*(whole + byte for byte in bytes_), *(byte + whole for byte in bytes_)]
    longer += [whole[:place] + byte + whole[place:] for place in places for byte in (b"\0", b"\xff", b"P", b"\x01")]
    longer += [whole[:place] + whole[place : place + 1] + whole[place:] for place in places]
    longer += [whole + whole, whole + whole[-22:]]
    for changed in shorter + longer:
        with pytest.raises(ArchiveError):
            read_zip(changed)


def test_a_second_directory_of_the_same_files_is_refused() -> None:
    whole = EXHAUSTED["stored"].zip()
    *_, count, length, begin, _ = END.unpack_from(whole, len(whole) - END.size)
    directory = whole[begin : begin + length]
    second = directory + END.pack(b"PK\5\6", 0, 0, count, count, length, len(whole), 0)
    with pytest.raises(ArchiveError) as caught:
        read_zip(whole + second)
    assert (caught.value.rule, caught.value.offset) == ("zip-gap", len(whole))


def test_what_python_writes_is_not_canonical() -> None:
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("demo/SKILL.md", MANIFEST)
    with pytest.raises(ArchiveError, match="zip-not-canonical"):
        read_zip(made.getvalue())


def raw_member(name: bytes, content: bytes, **changes: object) -> Member:
    fields = {
        "name": name,
        "method": STORED,
        "crc": zlib.crc32(content),
        "size": len(content),
        "executable": False,
        "data": content,
        "packed_size": len(content),
    }
    return Member(**(fields | changes))  # type: ignore[arg-type]


def zip_of(*listed: Member) -> bytes:
    return b"".join(lay_out(listed))


@pytest.mark.parametrize(
    ("made", "rule"),
    [
        ([], "zip-several-roots"),
        ([raw_member(b"SKILL.md", b"")], "zip-several-roots"),
        ([raw_member(b"a/x", b""), raw_member(b"b/x", b"")], "zip-several-roots"),
        ([raw_member(b"a/x", b""), raw_member(b"a/x", b"")], "path-collision"),
        ([raw_member(b"a/x", b""), raw_member(b"a/x/y", b"")], "path-collision"),
        ([raw_member(b"a/y", b""), raw_member(b"a/x", b"")], "zip-not-canonical"),
        ([raw_member(b"a/", b"")], "path-unsafe"),
        ([raw_member(b"a/../x", b"")], "path-unsafe"),
        ([raw_member(b"/a/x", b"")], "path-unsafe"),
        ([raw_member(b"a/C:x", b"")], "path-unsafe"),
        ([raw_member(b"a/\xff", b"")], "path-not-utf8"),
        ([raw_member("a/e\u0301".encode(), b"")], "path-not-nfc"),
        ([raw_member(b"a/x\x1b[2J", b"")], "path-control"),
        ([raw_member(b"a/x", b"#!/bin/sh")], "zip-entry-kind"),
        ([raw_member(b"a/x", b"text", executable=True)], "zip-entry-kind"),
        ([raw_member(b"a/x", b"text", crc=1)], "zip-data"),
        ([raw_member(b"a/x", b"text", size=5)], "zip-data"),
        ([raw_member(b"a/x", b"text", method=DEFLATED)], "zip-not-canonical"),
        ([raw_member(b"a/x", b"text", method=DEFLATED, size=9)], "zip-data"),
    ],
)
def test_a_zip_with_sound_headers_and_unsound_entries_is_refused(made: list[Member], rule: str) -> None:
    with pytest.raises(ArchiveError) as caught:
        read_zip(zip_of(*made))
    assert caught.value.rule == rule


def deflated(content: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


@pytest.mark.parametrize("size", [64 << 20, (1 << 32) - 1, 1 << 30])
def test_a_bomb_is_refused_before_anything_is_inflated(size: int) -> None:
    data = deflated(b"\0" * (1 << 20))
    bomb = zip_of(*[raw_member(b"a/%d" % n, data, method=DEFLATED, size=size, crc=0) for n in range(2)])
    with pytest.raises(ArchiveError) as caught:
        read_zip(bomb)
    assert caught.value.rule == "zip-bomb"


MIB: Final = 1 << 20


@pytest.mark.parametrize(
    ("sizes", "names", "rule"),
    [
        ([513 * MIB], (), "zip-bomb"),
        ([25 * MIB + 1] * 3, (), "zip-bomb"),
        ([2 * MIB] * 500, (), "zip-bomb"),
        ([25 * MIB] * 499, (), "zip-bomb"),
        ([], (b"b/x",), "zip-several-roots"),
        ([], (b"a/x/x", b"a/x"), "path-collision"),
        ([], (b"a/x", b"a/w"), "zip-not-canonical"),
        ([], (b"a/" + b"x" * 256,), "path-too-long"),
        ([], (b"a" + b"/x" * 34,), "path-too-long"),
        ([], (b"a/x\x1b",), "path-control"),
        ([], (b"a/../x",), "path-unsafe"),
        ([], (b"a/\xff",), "path-not-utf8"),
    ],
)
def test_nothing_is_inflated_of_a_zip_whose_directory_breaks_a_limit(
    sizes: list[int], names: tuple[bytes, ...], rule: str
) -> None:
    """The first entry is not a deflate stream: that would be the problem if any were inflated."""
    first = raw_member(b"a/0", b"\xff" * 9, method=DEFLATED, size=100)
    with pytest.raises(ArchiveError, match="not a deflate stream"):
        read_zip(zip_of(first))
    large = [raw_member(b"a/1%03d" % n, b"\xff" * 9, method=DEFLATED, size=size) for n, size in enumerate(sizes)]
    with pytest.raises(ArchiveError) as caught:
        read_zip(zip_of(first, *large, *(raw_member(name, b"") for name in names)))
    assert caught.value.rule == rule


@pytest.mark.parametrize(
    ("packed", "sizes"),
    [
        pytest.param(9, [25 * MIB] * 30, id="small files of over 512 MiB, of any ratio"),
        pytest.param(11 * MIB, [512 * MIB], id="512 MiB of a large file"),
        pytest.param(9, [64 * MIB], id="64 MiB of a large file, of any ratio"),
        pytest.param(2 * MIB, [50 * (2 * MIB + 30 + 46 + 22 + 2 * 4)], id="50 times the zip"),
    ],
)
def test_the_limits_of_what_is_inflated_are_exact(packed: int, sizes: list[int]) -> None:
    """None is a deflate stream, which is found once the limits allow to inflate it."""
    data = b"\xff" * packed
    for above, rule in ((0, "zip-data"), (1, "zip-bomb")):
        stated = [size + above for size in sizes]
        members = [raw_member(b"a/%02x" % n, data, method=DEFLATED, size=size) for n, size in enumerate(stated)]
        with pytest.raises(ArchiveError) as caught:
            read_zip(zip_of(*members))
        assert caught.value.rule == rule


def test_an_entry_is_inflated_no_further_than_it_says() -> None:
    content = b"\0" * (32 << 20)
    lying = zip_of(raw_member(b"a/x", deflated(content), method=DEFLATED, size=100_000))
    with pytest.raises(ArchiveError, match="does not end where its header states"):
        read_zip(lying)


@pytest.mark.parametrize("tail", [b"x", b"\0" * 30, deflated(b"second")])
def test_bytes_behind_the_compressed_data_are_refused(tail: bytes) -> None:
    content = b"text " * 200
    data = deflated(content) + tail
    with pytest.raises(ArchiveError) as caught:
        read_zip(zip_of(raw_member(b"a/x", data, method=DEFLATED, size=len(content), crc=zlib.crc32(content))))
    assert caught.value.rule == "zip-data"


@pytest.mark.parametrize("packed", [0xFFFFFFFF, 0xFFFFFF00, 1 << 31, 5000])
def test_sizes_that_lie_are_refused_and_raise_nothing_else(packed: int) -> None:
    """Two entries whose sizes add up to more than a header can hold."""
    lying = [raw_member(b"a/%d" % n, b"text", packed_size=packed, size=packed) for n in range(3)]
    directory = b"".join(member.central_header(0) for member in lying)
    body = lying[0].local_header() + b"text"
    end = END.pack(b"PK\x05\x06", 0, 0, 3, 3, len(directory), len(body), 0)
    with pytest.raises(ArchiveError):
        read_zip(body + directory + end)


def test_a_directory_that_reaches_past_its_end_is_refused() -> None:
    long = raw_member(b"a/" + b"x" * 60_000, b"").central_header(0)[: CENTRAL.size + 10]
    body = b"\0" * LOCAL.size
    end = END.pack(b"PK\x05\x06", 0, 0, 1, 1, len(long), len(body), 0)
    with pytest.raises(ArchiveError):
        read_zip(body + long + end)


@pytest.mark.parametrize("options", [["-qr"], ["-qrD"], ["-qrX"], ["-qrDX"]])
def test_a_zip_of_info_zip_is_refused_with_what_to_do(
    options: list[str], make_skill: MakeSkill, tmp_path: Path
) -> None:
    make_skill({"a/b.md": "b\n"})
    subprocess.run([judge("zip"), *options, "demo.zip", "demo"], cwd=tmp_path, check=True)
    with pytest.raises(ArchiveError, match="only zips that skillpack made are read; give the folder") as caught:
        read_zip((tmp_path / "demo.zip").read_bytes())
    assert caught.value.rule == "zip-not-canonical"


@pytest.mark.parametrize("written", [None, b"", b"PK"])
def test_a_fifo_in_place_of_a_zip_is_not_waited_for(tmp_path: Path, written: bytes | None) -> None:
    path = tmp_path / "demo.zip"
    os.mkfifo(path)
    if written is None:
        with pytest.raises(NotASkillError):
            read_zip_file(path)
        return
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.write(descriptor, written)
        with pytest.raises((NotASkillError, ArchiveError)):
            read_zip_file(path)
    finally:
        os.close(descriptor)
