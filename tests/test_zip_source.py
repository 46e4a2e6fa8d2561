"""Reading skills from zips: of another tool's zip come the files of the directory that it packed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from skillpack import SkillTree, write_zip
from skillpack.api import Builder
from skillpack.archive.read_foreign import ACCEPTED
from skillpack.sources.zip import ForeignZip, read_zip_source
from tests.conftest import MANIFEST, make_tree
from tests.samples import ROOT
from tests.test_foreign import REFUSALS
from tests.zip_drafts import Draft
from tests.zip_mutants import written

if TYPE_CHECKING:
    from pathlib import Path

    from skillpack.findings import Issue

FIXTURES: Final = sorted((ROOT / "fixtures" / "skills").iterdir())
IGNORED: Final = {
    ".DS_Store": b"\0\0\0\1Bud1",
    "docs/.DS_Store": b"\0\0\0\1Bud1",
    ".skillignore": b"*.tmp\n",
    "draft.tmp": b"not yet",
    ".git/HEAD": b"ref: refs/heads/main\n",
    "__pycache__/run.cpython-312.pyc": b"\xcb\r\r\n",
}


def foreign(data: bytes) -> ForeignZip:
    found = read_zip_source(data, "given.zip")
    assert isinstance(found, ForeignZip)
    assert found.origin == "given.zip"
    return found


def rules(issues: tuple[Issue, ...]) -> list[str]:
    return [issue.rule_id for issue in issues]


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.name)
def test_a_zip_of_any_writer_gives_the_files_of_the_directory(fixture: Path, tmp_path: Path) -> None:
    packed = {path.relative_to(fixture).as_posix(): path.read_bytes() for path in fixture.rglob("*") if path.is_file()}
    packed |= IGNORED
    zips = written(tmp_path, packed)
    selected = Builder().walk(tmp_path / "demo")
    assert selected.files
    assert not IGNORED.keys() & {file.path for file in selected.files}
    for writer, data in zips.items():
        found = read_zip_source(data, "given.zip")
        if writer.startswith("skillpack"):
            assert isinstance(found, SkillTree)
            assert (found, found.origin) == (SkillTree.from_files(packed), "given.zip")
        elif writer.startswith("zip ") and not all(path.isascii() for path in packed):
            assert isinstance(found, ForeignZip)
            assert "zip-name-encoding" in rules(found.issues)
            assert found.contents == {}
        else:
            assert isinstance(found, ForeignZip)
            assert (found.directory, found.origin) == ("demo", "given.zip")
            assert found.contents.keys() == {path for path in packed if not path.endswith(".DS_Store")}, writer
            tree = SkillTree.from_files({file.path: found.contents[file.path] for file in selected.files}, "demo")
            assert (tree, tree.digest) == (selected, selected.digest), writer


@pytest.mark.parametrize("mode", [0o600, 0o755])
def test_the_content_of_a_file_decides_whether_it_is_executable(mode: int, tmp_path: Path) -> None:
    draft = Draft.of({b"demo/SKILL.md": MANIFEST, b"demo/run.sh": b"#!/bin/sh\n"})
    for item in draft.items:
        item.central["attributes"] = (0o100000 | mode) << 16
    tree = SkillTree.from_files(foreign(draft.build()).contents)
    assert {file.path: file.executable for file in tree.files} == {"SKILL.md": False, "run.sh": True}


def test_a_canonical_zip_but_for_a_mode_is_read_as_one_of_another_tool() -> None:
    data = bytearray(write_zip(make_tree({"a.txt": b"text"}), "demo"))
    mode = data.index(b"PK\1\2") + 38
    data[mode + 2 : mode + 4] = (0o100755).to_bytes(2, "little")
    found = foreign(bytes(data))
    assert rules(found.issues) == ["zip-not-canonical"]
    assert SkillTree.from_files(found.contents) == make_tree({"a.txt": b"text"})


def test_every_deviation_is_reported_with_its_byte_and_the_path_in_the_skill() -> None:
    draft = Draft.of({b"__MACOSX/demo/._SKILL.md": b"x", b"demo/SKILL.md": MANIFEST, b"demo/e\xcc\x81.md": b"text"})
    draft.items[1].describe()
    draft.comment = b"5ec3523"
    data = draft.build()
    found = foreign(data)
    assert found.contents == {"SKILL.md": MANIFEST, "\u00e9.md": b"text"}
    directory = data.index(b"PK\1\2")
    assert [(issue.rule_id, issue.location.path, issue.location.offset) for issue in found.issues] == [
        ("zip-not-canonical", ".", None),
        ("zip-descriptor", "SKILL.md", data.index(b"PK\7\x08")),
        ("zip-metadata", "__MACOSX/demo/._SKILL.md", directory),
        ("path-not-nfc", "\u00e9.md", data.rindex(b"demo/e")),
        ("zip-comment", ".", len(data) - 7),
    ]


@pytest.mark.parametrize("what", REFUSALS)
def test_a_zip_that_readers_could_read_differently_gives_no_files(what: str) -> None:
    draft = Draft.of({b"demo/SKILL.md": b"one line and another line\n" * 4, b"demo/a.txt": b"another"}, compress=True)
    change, rule, *_ = REFUSALS[what]
    change(draft)
    found = foreign(draft.build())
    assert rule in rules(found.issues)
    assert "zip-not-canonical" not in rules(found.issues)
    assert (found.contents, found.directory) == ({}, "")


@pytest.mark.parametrize(
    ("names", "rule", "path"),
    [
        ([b"SKILL.md", b"a.txt"], "zip-several-roots", "SKILL.md"),
        ([b"one/SKILL.md", b"two/SKILL.md"], "zip-several-roots", "two/SKILL.md"),
        ([b"out/demo/SKILL.md"], "manifest-missing", "out/demo/SKILL.md"),
        ([b"__MACOSX/._demo", b".DS_Store"], "manifest-missing", "."),
    ],
)
def test_a_zip_without_one_top_folder_gives_no_files(names: list[bytes], rule: str, path: str) -> None:
    found = foreign(Draft.of(dict.fromkeys(names, MANIFEST)).build())
    (issue,) = [issue for issue in found.issues if issue.rule_id not in ACCEPTED]
    assert (issue.rule_id, issue.location.path) == (rule, path)
    assert (found.contents, found.directory) == ({}, "")


def test_what_is_not_bytes_is_a_type_error() -> None:
    with pytest.raises(TypeError):
        read_zip_source("text", "given.zip")  # type: ignore[arg-type]
