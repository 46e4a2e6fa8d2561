"""The skills of fixtures/skills are what the pages and tests take them for."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Final

import pytest

import skillpack
from tests.judges import judge
from tests.samples import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SKILLS: Final = sorted((ROOT / "fixtures" / "skills").iterdir())


def skill(name: str) -> Path:
    return ROOT / "fixtures" / "skills" / name


@pytest.mark.parametrize("root", SKILLS, ids=lambda root: root.name)
def test_each_is_sound_and_its_zip_is_read_back(root: Path) -> None:
    assert list(skillpack.check(root)) == []
    bundle = skillpack.pack(root)
    assert skillpack.read_zip(bundle.zip) == bundle.skill.tree


def test_the_one_that_is_shown_fits_on_a_terminal() -> None:
    assert skillpack.pack(skill("csv-report")).iter_inline_skill().length < 6 * 1024


def test_the_one_with_a_build_folder_holds_it_and_leaves_it_out() -> None:
    assert (skill("pdf-forms") / "build" / "cache" / "w9.json").is_file()
    tree = skillpack.pack(skill("pdf-forms")).skill.tree
    assert {entry.path for entry in tree.selection.excluded} == {".gitignore", "build/", "fill.log"}


def test_the_one_in_several_languages_keeps_line_breaks_and_names() -> None:
    tree = skillpack.pack(skill("localized-glossary")).skill.tree
    script, glossary, german = map(
        tree.file, ("scripts/check.ps1", "references/été-glossaire.txt", "references/Begriffe-Größe.md")
    )
    assert script
    assert glossary
    assert german
    assert script.read().count(b"\r\n") == script.read().count(b"\n") > 0
    assert glossary.read().count(b"\r\n") == glossary.read().count(b"\n") > 0
    assert b"\r" not in german.read()


def test_the_one_with_pictures_holds_pictures_and_a_font_and_is_small() -> None:
    tree = skillpack.pack(skill("brand-guide")).skill.tree
    heads = {file.path.rpartition(".")[2]: file.read()[:4] for file in tree.files}
    assert (heads["png"], heads["ttf"]) == (b"\x89PNG", b"\0\1\0\0")
    assert tree.size < 300_000


def test_git_changes_no_byte_of_a_fixture() -> None:
    paths = ["fixtures/skills/localized-glossary/scripts/check.ps1", "tests/golden/not-run.txt"]
    said = subprocess.run(
        [judge("git"), "check-attr", "text", *paths], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout
    if not said:
        pytest.skip("this copy is no git repository")
    assert [line.rpartition(": ")[2] for line in said.splitlines()] == ["unset", "unset"]
