"""The GitHub action and what lies beside it: its steps are run as the runner runs them, without GitHub."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

from tests.judges import judge
from tests.samples import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.conftest import MakeSkill

ACTION: Final[dict[str, Any]] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
STEPS: Final = {step["name"]: step for step in ACTION["runs"]["steps"] if "name" in step}
MATCHER: Final = json.loads((ROOT / ".github" / "skillpack-matcher.json").read_text("utf-8"))


def run(step: str, folder: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run a step of the action with these inputs, and the defaults of the others."""
    given = {name: str(stated["default"]) for name, stated in ACTION["inputs"].items()} | inputs
    variables = {key: _expanded(value, given) for key, value in STEPS[step]["env"].items()}
    (folder / "bin").mkdir(exist_ok=True)
    program = folder / "bin" / "skillpack"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m skillpack "$@"\n', "utf-8")
    program.chmod(0o755)
    environment = {
        "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
    }
    # the runner's own way to start bash
    command = [judge("bash"), "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", STEPS[step]["run"]]
    return subprocess.run(command, cwd=folder, env=environment | variables, capture_output=True, text=True, check=False)


def _expanded(value: str, inputs: Mapping[str, str]) -> str:
    return re.sub(r"\$\{\{ inputs\.([a-z-]+) \}\}", lambda found: inputs[found[1]], value)


def test_a_check_reports_annotations_and_a_summary(make_skill: MakeSkill, tmp_path: Path) -> None:
    make_skill(
        {"SKILL.md": b"---\nname: demo\ndescription: Use when: the user asks for a form\n---\nText.\n"},
        name="skills/demo",
    )
    done = run("Check", tmp_path)
    assert done.returncode == 1
    assert "::error title=skillpack yaml-unquoted-colon,file=skills/demo/SKILL.md,line=3" in done.stdout
    assert "yaml-unquoted-colon" in (tmp_path / "summary.md").read_text("utf-8")


def test_inputs_reach_the_command(make_skill: MakeSkill, tmp_path: Path) -> None:
    make_skill({"SKILL.md": b"---\nname: demo\ndescription: Makes tables. Use when asked.\n---\n"}, name="a b/demo")
    (tmp_path / "x.toml").write_text('[rules]\nbody-empty = "off"\n', "utf-8")
    assert run("Check", tmp_path, paths="a b\n").returncode == 0
    assert run("Check", tmp_path, paths="a b\n", strict="true").returncode == 1, "the body is empty"
    assert run("Check", tmp_path, paths="a b\n\n", strict="true", config="x.toml").returncode == 0
    assert run("Check", tmp_path, paths="none\n").returncode == 2


@pytest.mark.parametrize("value", ["--help", "$(touch owned)", "`touch owned`", '"; touch owned; "'])
def test_no_input_is_an_option_or_a_command(value: str, tmp_path: Path) -> None:
    for step in ("Check", "Write SARIF", "Pack"):
        done = run(step, tmp_path, paths=value, sarif="out.sarif", zips="zips")
        assert done.returncode == (1 if step == "Write SARIF" else 2)
        assert "Usage" not in done.stdout
    assert not (tmp_path / "owned").exists()


def test_sarif_is_written_whether_or_not_there_are_errors(make_skill: MakeSkill, tmp_path: Path) -> None:
    make_skill(
        {"SKILL.md": b"---\nname: demo\ndescription: Use when: the user asks for a form\n---\nText.\n"}, name="demo"
    )
    assert run("Write SARIF", tmp_path, sarif="out.sarif").returncode == 0
    [result] = json.loads((tmp_path / "out.sarif").read_text("utf-8"))["runs"][0]["results"]
    assert result["ruleId"] == "yaml-unquoted-colon"


def test_every_skill_gets_a_zip(make_skill: MakeSkill, tmp_path: Path) -> None:
    make_skill({"a.txt": b"x"}, name="demo")
    assert run("Pack", tmp_path, zips="zips").returncode == 0
    assert zipfile.ZipFile(tmp_path / "zips" / "demo.zip").namelist() == ["demo/SKILL.md", "demo/a.txt"]


def test_no_step_puts_an_input_into_a_script() -> None:
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step.get("run", "")
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        for job in yaml.safe_load(path.read_text("utf-8"))["jobs"].values():
            assert not any("${{" in step.get("run", "") for step in job["steps"]), path


def test_the_matcher_finds_each_part_of_a_line(make_skill: MakeSkill, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make_skill({"SKILL.md": b"---\nname: demo\ndescription: Use when: the user asks for a form\n---\nText.\n"})
    monkeypatch.chdir(root.parent)
    command = [sys.executable, "-m", "skillpack", "check", "demo", "--output-format", "concise"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    printed = subprocess.run(command, capture_output=True, text=True, check=False, env=environment).stdout
    [pattern] = MATCHER["problemMatcher"][0]["pattern"]
    [found] = [match for line in printed.splitlines() if (match := re.match(pattern["regexp"], line))]
    parts = {name: found[group] for name, group in pattern.items() if name != "regexp"}
    assert parts.pop("message").startswith("[*] unquoted value contains")
    assert parts == {
        "file": "demo/SKILL.md",
        "line": "3",
        "column": "14",
        "severity": "error",
        "code": "yaml-unquoted-colon",
    }
    assert {match[0] for match in re.finditer(r"error|warning", pattern["regexp"])} == {"error", "warning"}
