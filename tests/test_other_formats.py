"""A zip that is a tar archive or an ISO 9660 image as well is neither written nor read."""

from __future__ import annotations

import subprocess
import zipfile
from io import BytesIO
from typing import TYPE_CHECKING, Final, get_args

import pytest

import skillpack
from skillpack import ArchiveError, Builder, RejectedError, Settings, SkillTree, read_zip, write_zip
from skillpack.archive.records import LOCAL, STORED, lay_out, other_formats, start_of_zip
from skillpack.archive.write import Compression, CompressionName, Compressor
from skillpack.cli import main
from skillpack.sources.zip import read_zip_file
from skillpack.targets import Layout
from tests.conftest import MANIFEST
from tests.judges import judge
from tests.other_formats import deflated_tar, member, stored_tar

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from skillpack import Report, SkillSource

TOP: Final = {"folder": b"demo/", "root": b""}


def disc_image(name: bytes) -> bytes:
    return bytes(32769 - LOCAL.size - len(name)) + b"CD001"


def with_tar(layout: Layout = "folder") -> dict[str, bytes]:
    """The files of a skill whose zip without compression is a tar archive, in one layout."""
    return {"!": stored_tar(TOP[layout] + b"!"), "SKILL.md": MANIFEST}


def listed_by_bsdtar(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    done = subprocess.run([judge("bsdtar"), "-tf", path], capture_output=True, check=False)
    return done.stdout.decode(errors="replace")


def raw_zip(files: dict[str, bytes]) -> bytes:
    """What a writer makes that looks for no other format."""
    return b"".join(lay_out([member(f"demo/{path}".encode(), content) for path, content in files.items()]))


# --- the writer --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", get_args(Layout))
@pytest.mark.parametrize(
    ("content_for", "said"), [(stored_tar, "also a tar archive"), (disc_image, "also an ISO 9660")]
)
def test_a_stored_zip_that_is_another_format_is_not_written(
    content_for: Callable[[bytes], bytes], said: str, layout: Layout
) -> None:
    tree = SkillTree.from_files({"!": content_for(TOP[layout] + b"!"), "SKILL.md": MANIFEST})
    with pytest.raises(ArchiveError, match=said) as caught:
        write_zip(tree, "demo", Compression.STORE, layout=layout)
    assert caught.value.rule == "zip-not-a-zip"
    other: Layout = "root" if layout == "folder" else "folder"
    assert write_zip(tree, "demo", Compression.STORE, layout=other)


def test_nothing_is_yielded_of_a_zip_that_is_another_format() -> None:
    """The mark of the image is in the third file, after the first 32 KiB."""
    names = (b"demo/1", b"demo/2", b"demo/3")
    before = bytes(10_000)
    begin = 3 * LOCAL.size + sum(map(len, names)) + 2 * len(before)
    files = {"1": before, "2": before, "3": bytes(32769 - begin) + b"CD001"}
    members = Compressor(SkillTree.from_files(files), "demo", Compression.STORE).members()
    with pytest.raises(ArchiveError, match="ISO 9660"):
        next(members)


@pytest.mark.parametrize("compression", [Compression.DEFLATE, Compression.SMALLEST])
def test_compression_that_hides_the_other_format_is_allowed(compression: Compression, tmp_path: Path) -> None:
    tree = SkillTree.from_files(with_tar())
    made = write_zip(tree, "demo", compression)
    assert read_zip(made) == tree
    assert listed_by_bsdtar(tmp_path / "demo.zip", made).split() == ["demo/!", "demo/SKILL.md"]


def test_compressed_data_that_makes_the_zip_a_tar_archive_is_replaced_by_the_content(tmp_path: Path) -> None:
    tree = SkillTree.from_files({"!": deflated_tar(b"demo/!"), "SKILL.md": MANIFEST * 3})
    compressor = Compressor(tree, "demo")
    plain = list(compressor._compress())
    assert plain[0].method != STORED
    assert "SKILL.md" not in listed_by_bsdtar(tmp_path / "plain.zip", b"".join(lay_out(plain)))
    made = write_zip(tree, "demo")
    assert read_zip(made) == tree
    assert listed_by_bsdtar(tmp_path / "demo.zip", made).split() == ["demo/!", "demo/SKILL.md"]
    with zipfile.ZipFile(BytesIO(made)) as archive:
        assert archive.infolist()[0].compress_type == STORED
    assert made == write_zip(tree, "demo", threads=1) == write_zip(read_zip(made), "demo")
    assert not [finding for finding in skillpack.check(tree) if finding.rule == "zip-not-a-zip"]
    assert skillpack.pack(tree).zip == made
    assert skillpack.check(made).ok


def test_a_wrong_checksum_makes_no_tar_archive_for_bsdtar_or_us(tmp_path: Path) -> None:
    files = with_tar()
    files["!"] += b"!"  # which changes the CRC-32 and the size in the header
    made = write_zip(SkillTree.from_files(files), "demo", Compression.STORE)
    assert listed_by_bsdtar(tmp_path / "demo.zip", made).split() == ["demo/!", "demo/SKILL.md"]
    assert read_zip(made).files


def test_the_start_of_a_zip_is_that_of_its_bytes_however_short() -> None:
    few = [member(b"demo/%d" % number, b"x" * number) for number in range(5)]
    assert start_of_zip(few) == b"".join(lay_out(few))
    many = [member(b"demo/%04d" % number, b"x" * number) for number in range(500)]
    assert start_of_zip(many) == b"".join(lay_out(many))[:32774]
    image = [member(b"demo/!", disc_image(b"demo/!"))]
    assert [*other_formats(start_of_zip(image))] == [*other_formats(b"".join(lay_out(image)))] != []


# --- the readers -------------------------------------------------------------------------------------------------


def test_a_zip_that_bsdtar_takes_for_a_tar_archive_is_not_canonical(tmp_path: Path) -> None:
    path, data = tmp_path / "demo.zip", raw_zip(with_tar())
    assert "SKILL.md" not in listed_by_bsdtar(path, data)
    with pytest.raises(ArchiveError, match="also a tar archive: bsdtar extracts that one") as caught:
        read_zip_file(path)
    assert caught.value.rule == "zip-not-a-zip"
    with pytest.raises(ArchiveError, match="also a tar archive"):
        read_zip(data)


def test_a_zip_with_the_mark_of_a_disc_image_is_not_canonical() -> None:
    with pytest.raises(ArchiveError, match="also an ISO 9660 image"):
        read_zip(raw_zip({"!": disc_image(b"demo/!"), "SKILL.md": MANIFEST}))


# --- one answer through every door -------------------------------------------------------------------------------


def found(report: Report) -> list[tuple[str, str, str]]:
    return [(one.severity.name, one.location.path, one.message) for one in report if one.rule == "zip-not-a-zip"]


def by_zipfile(files: dict[str, bytes]) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(f"demo/{path}", content)
    return made.getvalue()


@pytest.fixture
def tar_skill(tmp_path: Path) -> Path:
    root = tmp_path / "demo"
    root.mkdir()
    for path, content in with_tar().items():
        (root / path).write_bytes(content)
    return root


EXPECTED: Final = [("ERROR", "!", "with this content the zip is also a tar archive: bsdtar extracts that one")]


@pytest.mark.parametrize("compression", get_args(CompressionName))
def test_check_and_all_that_packs_refuse_the_skill_alike(compression: CompressionName, tar_skill: Path) -> None:
    builder = Builder(Settings(compression=compression))
    sources: dict[str, SkillSource] = {
        "directory": tar_skill,
        "dict": with_tar(),
        "tree": SkillTree.from_files(with_tar()),
        "zip of zipfile": by_zipfile(with_tar()),
        "zip of write_zip": write_zip(SkillTree.from_files(with_tar()), "demo"),
    }
    for name, source in sources.items():
        assert found(builder.check(source)) == EXPECTED, name
        bodies = (
            builder.pack,
            lambda source: builder.container("demo", [source]),
            lambda source: builder.shell_tool([source]),
        )
        for pack in bodies:
            with pytest.raises(RejectedError) as caught:
                pack(source)
            assert found(caught.value.report) == EXPECTED, name


@pytest.mark.parametrize(
    "command",
    [["check"], ["pack"], ["zip"], ["container", "--name", "reports"], ["shell"]],
    ids=lambda command: command[0],
)
def test_no_command_writes_the_zip(
    command: list[str], tar_skill: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tar_skill.parent)
    output = [] if command == ["check"] else ["-o", "out"]
    assert main([*command, "demo", "--compression", "store", *output] if output else [*command, "demo"]) == 1
    printed = capsys.readouterr()
    assert "error[zip-not-a-zip]: with this content" in printed.out + printed.err
    assert [path.name for path in tar_skill.parent.iterdir()] == ["demo"]


@pytest.mark.parametrize("layout", get_args(Layout))
def test_the_check_finds_what_is_a_tar_archive_in_either_layout(layout: Layout) -> None:
    assert found(skillpack.check(with_tar(layout))) == EXPECTED


def test_the_finding_names_the_file_that_the_mark_is_in() -> None:
    files = {"1": bytes(1000), "2": bytes(40_000), "SKILL.md": MANIFEST}
    begin = 2 * (LOCAL.size + len(b"demo/1")) + 1000
    at = 32769 - begin
    files["2"] = files["2"][:at] + b"CD001" + files["2"][at:]
    message = "with this content the zip is also an ISO 9660 image: bsdtar extracts that one"
    report = skillpack.check(files)
    assert found(report) == [("ERROR", "2", message)]
    (hint,) = [one.hint for one in report if one.rule == "zip-not-a-zip"]
    assert hint == "change or rename the file, or add /2 to .skillignore"
    assert not found(skillpack.check({**files, "2": files["2"][1:]}))


def test_names_that_no_zip_holds_are_no_reason_to_crash() -> None:
    report = skillpack.check({"!" * 70_000: b"x", "SKILL.md": MANIFEST})
    assert "path-too-long" in {one.rule for one in report}
    assert "rule-crashed" not in {one.rule for one in report}
