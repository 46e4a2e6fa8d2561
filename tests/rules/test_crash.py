"""A rule that raises: it is named, the others run, and the exit code is 2."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from skillpack import Builder, RejectedError, Settings, SettingsError
from skillpack.findings import Issue, Location, has_crashed
from skillpack.rules import Content
from skillpack.skill.skill import Skill
from tests.conftest import make_tree
from tests.rules.temporary import temporary_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import MakeSkill

ROOT = Path(__file__).parents[2]
CLUMSY = """
import sys
from skillpack.cli import main
from skillpack.findings import Issue, Location, Severity
from skillpack.rules import RULES, Rule, rule
from skillpack.skill.skill import Skill

RULES["clumsy"] = Rule("clumsy", Severity.NOTE, (), "fix it")

@rule(Skill)
def clumsy(skill):
    yield Issue("clumsy", Location("SKILL.md"), "said before")
    raise KeyError("secret of the skill")

sys.exit(main())
"""


@pytest.fixture
def clumsy() -> Iterator[None]:
    """Register two rules that raise, one on each file, one on the whole; remove them again."""

    def clumsy_file(content: Content) -> Iterator[Issue]:
        yield Issue("clumsy-file", Location(content.file.path), "said before")
        raise ValueError(content.content)

    def clumsy_whole(skill: Skill) -> Iterator[Issue]:
        raise RecursionError(skill.name)

    with temporary_rule(Content, clumsy_file), temporary_rule(Skill, clumsy_whole):
        yield


@pytest.mark.usefixtures("clumsy")
def test_the_rule_is_named_and_the_others_go_on() -> None:
    report = Builder().check(make_tree({"SKILL.md": b"---\nname: X\n---\n[a](b.md)\n", "run.sh": b"#!/bin/sh\r\n"}))
    crashes = [str(finding) for finding in report if finding.rule == "rule-crashed"]
    assert crashes == [
        "demo: error[rule-crashed]: the rule clumsy-whole crashed: RecursionError",
        "demo/SKILL.md: error[rule-crashed]: the rule clumsy-file crashed: ValueError",
        "demo/run.sh: error[rule-crashed]: the rule clumsy-file crashed: ValueError",
    ]
    assert {"name-malformed", "description-missing", "reference-broken", "script-crlf"} <= {
        finding.rule for finding in report
    }
    assert has_crashed(report)


@pytest.mark.usefixtures("clumsy")
def test_nothing_is_packed_and_no_setting_helps() -> None:
    with pytest.raises(RejectedError, match="clumsy"):
        Builder().pack(make_tree())
    with pytest.raises(SettingsError):
        Builder(Settings(rules={"rule-crashed": "off"})).check(make_tree())


def test_when_the_rule_is_gone_so_are_its_crashes() -> None:
    assert not has_crashed(Builder().check(make_tree()))


@pytest.mark.parametrize("command", [["check"], ["check", "--output-format", "sarif"], ["pack"]])
def test_the_exit_code_is_2(make_skill: MakeSkill, command: list[str]) -> None:
    run = subprocess.run(
        [sys.executable, "-c", CLUMSY, *command, make_skill()], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 2
    said = run.stdout + run.stderr
    assert "the rule clumsy crashed: KeyError" in said
    assert "Traceback" not in said
    assert "secret of the skill" not in said
