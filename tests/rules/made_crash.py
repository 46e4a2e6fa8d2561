"""A rule that raises, registered for one check and removed again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skillpack.api import Builder
from skillpack.findings import Issue
from skillpack.skill.skill import Skill
from tests.conftest import make_tree
from tests.rules.made import Case, made
from tests.rules.temporary import temporary_rule

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@made
def rule_crashed(tmp_path: Path) -> Case:
    def clumsy(skill: Skill) -> Iterator[Issue]:
        yield Issue("clumsy", skill.at("name"), f"{len(skill.tree.files) // 0} files for each name")

    with temporary_rule(Skill, clumsy):
        bad = Builder().check(make_tree())
    said = "demo: error[rule-crashed]: the rule clumsy crashed: ZeroDivisionError"
    return Case(bad, Builder().check(make_tree()), said)
