"""Is SKILL.md there, where, how spelled, how often."""

from __future__ import annotations

import base64
import io
import re
import zipfile
from typing import TYPE_CHECKING

import pytest

import skillpack
from skillpack.api import Builder
from skillpack.discover import find_skills, require_skill
from skillpack.errors import NotASkillError, SkillpackError
from skillpack.skill.skill import Skill
from skillpack.skill.tree import SkillTree
from tests.conftest import MANIFEST

if TYPE_CHECKING:
    from pathlib import Path

    from skillpack.findings import Finding


def found(*paths: str) -> list[Finding]:
    tree = SkillTree.from_files(dict.fromkeys(paths, MANIFEST), "demo")
    return [finding for finding in Builder().check(tree) if finding.rule.startswith("manifest-")]


def test_one_is_fine() -> None:
    assert found("SKILL.md", "references/GUIDE.md", "references/SKILL.md.bak", "xSKILL.md") == []


@pytest.mark.parametrize("path", ["skill.md", "Skill.md", "SKILL.MD"])
def test_another_spelling_is_read_but_told(path: str) -> None:
    assert [finding.rule for finding in found(path)] == ["manifest-case"]
    assert Skill.from_tree(SkillTree.from_files({path: MANIFEST}, "demo")).name == "demo"


@pytest.mark.parametrize("path", ["skill.md", "a/SKILL.md", "a/b/Skill.md"])
def test_a_second_one_is_refused_in_any_case_at_any_depth(path: str) -> None:
    assert [(each.rule, each.location.path) for each in found("SKILL.md", path)] == [("manifest-duplicate", path)]


def test_one_below_is_pointed_at() -> None:
    (finding,) = found("README.md", "sub/skill.md")
    assert finding.hint == "pack the folder sub, which has one"


def test_none_at_all_is_one_finding() -> None:
    assert [finding.rule for finding in found("README.md")] == ["manifest-missing"]


@pytest.mark.parametrize(
    "name", ["SKILL.md.txt", "SKILLS.md", "Skill.markdown", "skill.txt", "SKILL", "SKILL.mdx", "skill-md"]
)
def test_a_manifest_with_a_similar_name_is_named(name: str, tmp_path: Path) -> None:
    report = skillpack.check(SkillTree.from_files({name: MANIFEST}, "demo"))
    assert [(finding.rule, finding.hint) for finding in report] == [("manifest-missing", f"rename {name} to SKILL.md")]
    (tmp_path / name).write_bytes(MANIFEST)
    with pytest.raises(NotASkillError, match=re.escape(f"rename {name} to SKILL.md")):
        find_skills([str(tmp_path)], _raise)


@pytest.mark.parametrize("name", ["skills", "SKILL", "Skills.md"])
def test_a_folder_with_a_similar_name_is_not_a_misspelt_manifest(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(NotASkillError, match=r"--all searches at any depth$"):
        find_skills([str(tmp_path)], _raise)
    with pytest.raises(NotASkillError, match=r"it has no SKILL\.md$"):
        require_skill(str(tmp_path))


def _raise(_path: str, error: SkillpackError) -> None:
    raise error


@pytest.mark.parametrize("name", ["skillful.md", "README.md", "SKILL.py", "my-skill.md", "SKILL.json"])
def test_other_names_are_not(name: str) -> None:
    (finding,) = skillpack.check(SkillTree.from_files({name: b"x\n"}, "demo"))
    assert finding.rule == "manifest-missing"
    assert "rename" not in str(finding.hint)


def test_where_the_skill_is_in_a_folder_nothing_else_is_reported() -> None:
    files = {"one/SKILL.md": MANIFEST, "two/SKILL.md": MANIFEST, "a.md": b"[a](nowhere.md)", "x/aux": b""}
    (finding,) = skillpack.check(SkillTree.from_files(files, "demo"))
    assert (finding.rule, finding.hint) == ("manifest-missing", "pack the folder one, which has one")


@pytest.mark.parametrize("body", [False, True])
def test_in_a_received_zip_the_hint_is_for_its_receiver(body: bool) -> None:  # noqa: FBT001
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("demo/README.md", "x\n")
    data = base64.b64encode(buffer.getvalue()).decode()
    source = {"type": "base64", "media_type": "application/zip", "data": data}
    skill = {"type": "inline", "name": "demo", "description": "x", "source": source}
    found = skillpack.check(skill if body else buffer.getvalue()).errors
    assert [finding.hint for finding in found if finding.rule == "manifest-missing"] == [
        "ask its author for a zip with a SKILL.md, or unpack it and add one"
    ]
