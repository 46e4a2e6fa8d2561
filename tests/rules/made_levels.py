"""Rules that check settings, not skills."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skillpack.api import Builder
from skillpack.settings import Settings
from tests.conftest import MANIFEST, make_tree
from tests.rules.made import Case, made

if TYPE_CHECKING:
    from pathlib import Path


@made
def api_rule_lowered(tmp_path: Path) -> Case:
    lowered = Builder(Settings(rules={"too-many-files": "off"}))
    raised = Builder(Settings(rules={"manifest-case": "error"}))
    said = "demo: note[api-rule-lowered]: the settings set too-many-files, which the API requires, to off"
    return Case(lowered.check(make_tree()), raised.check(make_tree()), said)


@made
def safety_rule_lowered(tmp_path: Path) -> Case:
    for name in ("bad", "good"):
        tmp_path.joinpath(name).mkdir()
        tmp_path.joinpath(name, "SKILL.md").write_bytes(MANIFEST)
        tmp_path.joinpath(name, ".env").write_text("A=1\n")
    lowered = Builder(Settings(rules={"secret-text": "warning", "link-copied": "off"}, include=[".env"]))
    raised = Builder(Settings(rules={"secret-jwt": "error", "body-too-long": "off"}, include=["*.md"]))
    said = (
        "bad: note[safety-rule-lowered]: the settings set link-copied, a rule on safety, to off\n"
        "bad: note[safety-rule-lowered]: the settings set secret-text, a rule on safety, to warning\n"
        "bad/.env: note[safety-rule-lowered]: "
        "include .env includes this name, which the built-in patterns exclude as a secret"
    )
    return Case(lowered.check("bad"), raised.check("good"), said)
