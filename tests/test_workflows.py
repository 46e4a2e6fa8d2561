"""The workflow files of this repository, which no test runs: what they refer to is there."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

from tests.samples import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WORKFLOWS: Final = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
each_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)


def jobs(path: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(path.read_text("utf-8"))["jobs"])


def steps(path: Path) -> Iterator[dict[str, Any]]:
    for job in jobs(path).values():
        yield from job["steps"]


@each_workflow
def test_a_fork_needs_no_secret_and_gets_a_token_that_can_only_read(path: Path) -> None:
    text = path.read_text("utf-8")
    assert yaml.safe_load(text)["permissions"] == {"contents": "read"}
    assert not re.search(r"\b(secrets|vars)\.", text)


@each_workflow
def test_actions_have_a_version_and_checkouts_the_files_of_lfs(path: Path) -> None:
    for step in steps(path):
        if uses := step.get("uses"):
            assert re.fullmatch(r"[\w.-]+/[\w./-]+@v\d+(\.\d+)*", uses), uses
            assert not uses.startswith("actions/checkout@") or step["with"] == {"lfs": True}


@each_workflow
def test_every_target_file_and_marker_of_a_command_is_there(path: Path) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for command in (step["run"] for step in steps(path) if "run" in step):
        for target in re.findall(r"\bmake ([a-z-]+)", command):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
        for name in re.findall(r"(?:tests|fixtures|\.ci)/[\w./*-]+", command):
            assert list(ROOT.glob(name)), name


def test_the_tests_run_on_three_systems_and_every_python_of_the_classifiers() -> None:
    matrix = {job["runs-on"].partition("-")[0]: job for job in jobs(ROOT / ".github/workflows/tests.yml").values()}
    classifiers = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["classifiers"]
    versions = [found[1] for each in classifiers if (found := re.fullmatch(r".*:: (3\.\d+)", each))]
    assert set(matrix) == {"ubuntu", "macos", "windows"}
    for job in matrix.values():
        assert job["strategy"]["matrix"]["python"] == versions
