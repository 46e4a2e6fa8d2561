"""Every reader finds in our zips the same files, contents and executable bits: those that went in."""

from __future__ import annotations

import random
import subprocess
import sys
import tarfile
import unicodedata
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from skillpack import Builder, RejectedError, SkillTree, write_zip
from skillpack.archive.write import Compression
from tests.oracles.zip_readers import READERS, expected

if TYPE_CHECKING:
    from collections.abc import Iterator

SKILLS = Path(__file__).parent.parent.parent / "fixtures" / "skills"
_NAMES = [
    "a",
    "B",
    "notes.md",
    "été",
    "用語集",
    "مصطلحات",
    "\U0001d518nicode",
    "with space",
    "-dash",
    "#hash",
    "a+b",
    "%41",
    "~",
    "(1)",
]


def generated(seed: int) -> SkillTree:
    """Make a tree of many names, depths, sizes and kinds of content."""
    chance = random.Random(seed)
    contents: dict[str, bytes] = {"SKILL.md": b"---\nname: demo\n---\n"}
    for number in range(chance.randrange(1, 40)):
        folders = [f"{chance.choice(_NAMES)}_" for _ in range(chance.randrange(4))]
        path = unicodedata.normalize("NFC", "/".join([*folders, f"{number}{chance.choice(_NAMES)}"]))
        size = chance.choice([0, 1, 100, 5000, 70_000, 300_000])
        contents[path] = chance.choice([b"#!/bin/sh\n", b"\x7fELF", b""]) + chance.choice(
            [bytes(size), chance.randbytes(size), b"some text, again and again\n" * (size // 27)]
        )
    return SkillTree.from_files(contents, "demo")


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("compression", Compression)
def test_every_reader_finds_what_went_in(compression: Compression, reader: str, tmp_path: Path) -> None:
    for seed in range(4):
        tree = generated(seed)
        zip = tmp_path / f"{seed}.zip"
        zip.write_bytes(write_zip(tree, "demo", compression))
        assert READERS[reader](zip, tmp_path / str(seed)) == expected(tree, "demo")


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_finds_every_fixture_whole(reader: str, tmp_path: Path) -> None:
    for root in sorted(SKILLS.iterdir()):
        bundle = Builder().pack(root)
        zip = tmp_path / f"{root.name}.zip"
        zip.write_bytes(bundle.zip)
        found = READERS[reader](zip, tmp_path / root.name)
        assert found == expected(bundle.skill.tree, bundle.skill.name)


@pytest.mark.network
def test_all_skills_of_a_public_collection_pack_and_are_read_alike(tmp_path: Path) -> None:
    packed, files, size = 0, 0, 0
    rejected: dict[str, list[str]] = {}
    for root in downloaded("claude-data-skills==3.5.3", tmp_path):
        try:
            bundle = Builder().pack(root)
        except RejectedError as error:
            rejected[root.name] = sorted({finding.rule for finding in error.report.errors})
            continue
        packed, files, size = packed + 1, files + len(bundle.skill.tree.files), size + len(bundle.zip)
        zip = tmp_path / "skill.zip"
        zip.write_bytes(bundle.zip)
        for name, read in READERS.items():
            found = read(zip, tmp_path / f"{packed}.{name}")
            assert found == expected(bundle.skill.tree, bundle.skill.name), (root.name, name)
    print(f"{packed} skills packed ({files} files, {size:,} bytes of zip); {len(rejected)} refused: {rejected}")
    assert packed > 0
    assert all(rejected.values())


def downloaded(requirement: str, folder: Path) -> Iterator[Path]:
    """Download a package and yield the folder of each SKILL.md in it."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--dest",
        str(folder / "dist"),
        requirement,
    ]
    subprocess.run(command, check=True)
    (package,) = (folder / "dist").iterdir()
    if package.suffix == ".whl":
        zipfile.ZipFile(package).extractall(folder / "package")
    else:
        with tarfile.open(package) as archive:
            archive.extractall(folder / "package", filter="data")
    for manifest in sorted((folder / "package").rglob("*")):
        if manifest.name.casefold() == "skill.md":
            yield manifest.parent
