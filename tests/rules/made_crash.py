"""A rule that raises, registered for one judgement and taken away again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skillpack.api import Builder
from skillpack.findings import Severity
from skillpack.rules import RULES, Remark, rule
from skillpack.skill.skill import Skill
from tests.conftest import make_tree
from tests.rules.made import Case, made

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@made
def rule_crashed(tmp_path: Path) -> Case:
    def clumsy(skill: Skill) -> Iterator[Remark]:
        yield Remark(skill.at("name"), f"{len(skill.tree.files) // 0} files for each name")

    rule(Skill, Severity.NOTE, hint="mend it")(clumsy)
    try:
        bad = Builder().check(make_tree())
    finally:
        del RULES["clumsy"]
    said = "demo: error[rule-crashed]: the rule clumsy crashed: ZeroDivisionError"
    return Case(bad, Builder().check(make_tree()), said)
