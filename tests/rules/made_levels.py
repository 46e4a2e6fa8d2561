"""A rule that judges settings, not skills."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skillpack.builder import Builder
from skillpack.settings import Settings
from tests.conftest import make_tree
from tests.rules.made import Case, made

if TYPE_CHECKING:
    from pathlib import Path


@made
def api_rule_lowered(tmp_path: Path) -> Case:
    lowered = Builder(Settings(rules={"too-many-files": "off"}))
    raised = Builder(Settings(rules={"manifest-case": "error"}))
    said = "demo: note[api-rule-lowered]: the settings set too-many-files, which speaks for the API, to off"
    return Case(lowered.check(make_tree()), raised.check(make_tree()), said)
