"""`skillpack check` of several sources, and what its outputs call them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from skillpack import pack
from skillpack.api import Builder
from skillpack.cli import main
from skillpack.errors import ArchiveError
from tests.conftest import MANIFEST, make_tree


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two sound zips of one folder's name, one that is none, and a broken skill."""
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE", "PRE_COMMIT", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    for folder in ("x", "y", "broken"):
        Path(folder).mkdir()
    told = MANIFEST.replace(b"# Demo", b"[a](nowhere.md)")
    Path("x/a.zip").write_bytes(pack(make_tree({"SKILL.md": told})).zip)
    Path("y/a.zip").write_bytes(pack(make_tree({"SKILL.md": told})).zip)
    Path("x/cut.zip").write_bytes(Path("x/a.zip").read_bytes()[:-1])
    Path("broken/SKILL.md").write_bytes(b"broken\n")


def test_two_zips_of_one_folder_are_two_subjects_under_their_own_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "x/a.zip", "y/a.zip", "--output-format", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [skill["path"] for skill in said["skills"]] == ["x/a.zip", "y/a.zip"]
    assert {finding["path"] for finding in said["findings"] if finding["path"]} == {
        "x/a.zip/SKILL.md",
        "y/a.zip/SKILL.md",
    }


def test_a_zip_given_as_bytes_goes_by_its_folder() -> None:
    assert Builder().tree(Path("x/a.zip").read_bytes()).origin == "demo"


def test_what_is_in_a_zip_is_told_of_the_zip_where_only_files_of_a_repository_count(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["check", "x/a.zip", "--output-format", "sarif"])
    (result,) = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    physical = result["locations"][0]["physicalLocation"]
    assert physical == {"artifactLocation": {"uri": "x/a.zip", "uriBaseId": "%SRCROOT%"}}
    assert result["message"]["text"].startswith("SKILL.md:5:5: ")


def test_a_zip_that_is_refused_is_named_and_keeps_no_other_from_being_judged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["check", "x/cut.zip", "broken", "--output-format", "concise"]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("error: x/cut.zip: ")
    assert said.out.startswith("broken/SKILL.md:1:1: error[frontmatter-missing]")


def test_a_code_scanner_is_told_that_a_zip_was_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "x/cut.zip", "broken", "--output-format", "sarif"]) == 2
    said = capsys.readouterr()
    (run,) = json.loads(said.out)["runs"]
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    (notification,) = invocation["toolExecutionNotifications"]
    assert f"error: {notification['message']['text']}\n" == said.err
    assert [result["ruleId"] for result in run["results"]] == ["frontmatter-missing"]
    assert main(["check", "broken", "--output-format", "sarif"]) == 1
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    assert run["invocations"] == [{"executionSuccessful": True}]


def test_a_diff_goes_on_past_a_zip_that_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    Path("broken/SKILL.md").write_bytes(MANIFEST.replace(b"Shows how", b"Shows: how"))
    assert main(["check", "x/cut.zip", "broken", "--diff"]) == 2
    assert "+description:" in capsys.readouterr().out


def test_packing_names_the_zip_that_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pack", "x/a.zip", "x/cut.zip", "--output-dir", "out"]) == 2
    assert capsys.readouterr().err.startswith("error: x/cut.zip: ")
    with pytest.raises(ArchiveError) as raised:
        Builder().pack("x/cut.zip")
    assert raised.value.file == "x/cut.zip"


@pytest.mark.parametrize("format", ["text", "concise"])
def test_quiet_prints_errors_and_nothing_else(format: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "-q", "x/a.zip", "--output-format", format]) == 0
    assert capsys.readouterr().out == ""
    assert main(["check", "-q", "x/a.zip", "broken", "--output-format", format]) == 1
    said = capsys.readouterr().out
    assert said.startswith("broken/SKILL.md:1:1: error[")
    assert "checked" not in said
    assert "warning[" not in said


def test_a_missing_path_does_not_keep_other_skills_from_being_checked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "missing", "broken", "nowhere/at/all", "--output-format", "concise"]) == 2
    said = capsys.readouterr()
    assert said.err == "error: missing does not exist\nerror: nowhere/at/all does not exist\n"
    assert said.out.startswith("broken/SKILL.md:1:1: error[frontmatter-missing]")
    assert main(["check", "missing", "broken", "--output-format", "sarif"]) == 2
    (invocation,) = json.loads(capsys.readouterr().out)["runs"][0]["invocations"]
    assert invocation["toolExecutionNotifications"][0]["message"]["text"] == "missing does not exist"
    assert main(["check", "missing", "broken", "--show-settings"]) == 2
    assert capsys.readouterr().out.startswith("# broken\n")


def test_where_nothing_was_checked_nothing_is_said_to_be_well(capsys: pytest.CaptureFixture[str]) -> None:
    Path("big.json").write_text("{}")
    assert main(["check", "big.json"]) == 2
    said = capsys.readouterr()
    assert said.err == "error: big.json is neither a directory nor a zip\n"
    assert said.out == "no skills checked\n"


def test_an_empty_path_is_said_to_be_empty(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", ""]) == 2
    assert capsys.readouterr().err == "error: empty path (unset shell variable?)\n"


def test_without_a_file_for_the_job_summary_nothing_is_fixed(capsys: pytest.CaptureFixture[str]) -> None:
    fixable = MANIFEST.replace(b"Shows how", b"Shows: how")
    Path("broken/SKILL.md").write_bytes(fixable)
    assert main(["check", "broken", "--fix", "--github-summary"]) == 2
    assert capsys.readouterr().out == ""
    assert Path("broken/SKILL.md").read_bytes() == fixable


def _uri(path: str, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    main(["check", path, "--output-format", "sarif"])
    result = json.loads(capsys.readouterr().out)["runs"][0]["results"][0]
    artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert isinstance(artifact, dict)
    return artifact


def test_a_path_below_this_folder_is_relative_however_it_was_given(capsys: pytest.CaptureFixture[str]) -> None:
    relative = {"uri": "broken/SKILL.md", "uriBaseId": "%SRCROOT%"}
    assert _uri("broken", capsys) == relative
    assert _uri(str(Path("broken").resolve()), capsys) == relative
    assert _uri("../here/broken", capsys) == relative


def test_a_path_outside_this_folder_is_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir("x")
    assert _uri("../broken", capsys) == {"uri": (tmp_path / "here" / "broken" / "SKILL.md").as_uri()}


def test_a_path_is_relative_to_the_workspace_of_github(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_WORKSPACE", str(Path.cwd()))
    monkeypatch.chdir("x")
    assert _uri("../broken", capsys) == {"uri": "broken/SKILL.md", "uriBaseId": "%SRCROOT%"}
    main(["check", "../broken", "--output-format", "github"])
    assert ",file=broken/SKILL.md," in capsys.readouterr().out
