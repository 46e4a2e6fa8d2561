"""Skills that are too much."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skillpack.limits import MAX_FILE_BYTES, MAX_ZIP_BYTES
from skillpack.rules import Packed
from skillpack.skill.skill import Skill
from tests.conftest import MANIFEST, make_tree
from tests.rules.made import Case, made

if TYPE_CHECKING:
    from pathlib import Path


def _sparse(root: Path, size: int) -> Path:
    root.mkdir()
    root.joinpath("SKILL.md").write_bytes(MANIFEST)
    with root.joinpath("atlas.bin").open("wb") as file:
        file.truncate(size)
    return root


@made
def too_many_files(tmp_path: Path) -> Case:
    pages = {f"pages/{number:03}.txt": b"" for number in range(500)}
    few = dict(list(pages.items())[1:])
    said = "demo: error[too-many-files]: the skill has 501 files, 1 over the 500 of OpenAI's guide"
    return Case(make_tree(pages), make_tree(few), said)


@made
def file_too_large(tmp_path: Path) -> Case:
    said = "bad/atlas.bin: error[file-too-large]: the file has 26,214,401 bytes, 1 over the 25 MiB of OpenAI's guide"
    bad, good = _sparse(tmp_path / "bad", MAX_FILE_BYTES + 1), _sparse(tmp_path / "good", MAX_FILE_BYTES)
    return Case(bad, good, said)


@made
def file_over_documented(tmp_path: Path) -> Case:
    said = "bad/atlas.bin: warning[file-over-documented]: the file has 25,000,001 bytes; OpenAI's guide says 25 MB"
    bad, good = _sparse(tmp_path / "bad", 25_000_001), _sparse(tmp_path / "good", 25_000_000)
    return Case(bad, good, said)


@made
def total_too_large(tmp_path: Path) -> Case:
    bad, good = _sparse(tmp_path / "bad", MAX_FILE_BYTES), _sparse(tmp_path / "good", MAX_FILE_BYTES)
    for number in range(163):
        with (bad / f"tile{number:03}.bin").open("wb") as file:
            file.truncate(MAX_FILE_BYTES)
    total = 164 * MAX_FILE_BYTES + (bad / "SKILL.md").stat().st_size
    said = (
        f"bad: error[total-too-large]: the files have {total:,} bytes together; a zip without zip64 holds 4,294,967,294"
    )
    return Case(bad, good, said)


@made
def total_over_budget(tmp_path: Path) -> Case:
    bad, good = _sparse(tmp_path / "bad", MAX_FILE_BYTES), _sparse(tmp_path / "good", MAX_FILE_BYTES)
    for number in range(5):
        with (bad / f"tile{number}.bin").open("wb") as file:
            file.truncate(MAX_FILE_BYTES)
    total = 6 * MAX_FILE_BYTES + (bad / "SKILL.md").stat().st_size
    what = f"the files have {total:,} bytes together, over the 128 MiB that are read; none was checked"
    return Case(bad, good, f"bad: error[total-over-budget]: {what}")


@made
def too_many_findings(tmp_path: Path) -> Case:
    pages = {f"pages/{number:03}.md": b"\x1b\n" * 5 for number in range(201)}
    few = dict(list(pages.items())[:200])
    what = "5 more findings are not listed; none is more severe than those that are"
    return Case(make_tree(pages), make_tree(few), f"demo: warning[too-many-findings]: {what}")


@made
def total_over_documented(tmp_path: Path) -> Case:
    bad, good = _sparse(tmp_path / "bad", 25_000_000), _sparse(tmp_path / "good", 24_000_000)
    total = 25_000_000 + (bad / "SKILL.md").stat().st_size
    what = f"OpenAI's guide states 25 MB, perhaps for all files together; these have {total:,} bytes"
    said = f"bad: note[total-over-documented]: {what}"
    return Case(bad, good, said)


def _packed(size: int) -> Packed:
    return Packed(Skill.from_tree(make_tree()), size, (("SKILL.md", 200), ("film.mp4", size - 222)))


@made
def zip_too_large(tmp_path: Path) -> Case:
    said = (
        "error[zip-too-large]: the zip of 52,690,945 bytes is 70,254,596 characters of base64, "
        "4 over the API's 70,254,592"
    )
    return Case(_packed(MAX_ZIP_BYTES + 1), _packed(MAX_ZIP_BYTES), said)


@made
def zip_over_documented(tmp_path: Path) -> Case:
    said = "warning[zip-over-documented]: the zip has 52,428,801 bytes; OpenAI's guide says 50 MB"
    return Case(_packed(52_428_801), _packed(52_428_800), said)
