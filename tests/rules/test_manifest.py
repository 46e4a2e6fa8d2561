"""Is SKILL.md there, where, how spelled, how often."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from skillpack.api import Builder
from skillpack.skill.skill import Skill
from skillpack.skill.tree import SkillTree
from tests.conftest import MANIFEST

if TYPE_CHECKING:
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
