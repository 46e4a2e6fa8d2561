"""`skillpack check` of several sources, and what its outputs call them."""

from __future__ import annotations

import contextlib
import json
import shlex
import sys
import zipfile
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
    assert said.err == "error: big.json is neither a directory, a zip nor a JSON body with skills\n"
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


def _skills_at(root: Path, *folders: str) -> None:
    for folder in folders:
        path = root / folder
        path.mkdir(parents=True)
        (path / "SKILL.md").write_bytes(MANIFEST.replace(b"demo", path.name.encode()))


@pytest.mark.parametrize(
    ("arguments", "skills", "said"),
    [
        ([], ["one", "a/two", "a/b/three"], "2 more skills are in deeper folders, not checked: skillpack check --all"),
        (["."], ["one", "a/two"], "1 more skill is in deeper folders, not checked: skillpack check --all ."),
        (["x y"], ["x y/one", "x y/a/two"], "skillpack check --all 'x y'"),
        ([], ["one", "one/a/two"], None),  # in a skill, whose check reports it
        (["--all"], ["one", "a/two"], None),
        (["one"], ["one", "a/two"], None),
        ([], ["one", "node_modules/x/two"], None),
    ],
)
def test_skills_in_deeper_folders_are_counted(
    arguments: list[str],
    skills: list[str],
    said: str | None,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _skills_at(tmp_path / "root", *skills)
    with contextlib.chdir(tmp_path / "root"):
        main(["check", *arguments])
    printed = capsys.readouterr().err
    assert said in printed if said else "deeper" not in printed


@pytest.mark.skipif(sys.platform == "win32", reason="symlinks need a privilege there")
def test_all_follows_symlinks_to_skills_in_the_folder_and_names_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "root"
    _skills_at(root, "one", "node_modules/two")
    _skills_at(tmp_path, "three")
    for name, target in (("again", "one"), ("linked", "node_modules/two"), ("outside", "../three"), ("loop", ".")):
        (root / name).symlink_to(target)
    monkeypatch.chdir(root)
    main(["check", "--all", "--output-format", "json"])
    printed = capsys.readouterr()
    assert [skill["path"] for skill in json.loads(printed.out)["skills"]] == ["linked", "one"]
    assert "not followed, because the skill is elsewhere: the symlink ./outside\n" in printed.err


def test_all_never_advises_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["check", "--all", str(tmp_path / "empty")]) == 2
    assert capsys.readouterr().err.strip() == f"error: no skill below {tmp_path / 'empty'}"


@pytest.mark.parametrize(
    ("level", "listed"),
    [("error", {"error"}), ("warning", {"error", "warning"}), ("note", {"error", "warning", "note"})],
)
@pytest.mark.parametrize("format", ["text", "concise", "json", "sarif", "github"])
def test_the_level_hides_findings_below_it_and_never_changes_the_exit_code(
    level: str, listed: set[str], format: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "demo"
    root.mkdir()
    (root / "SKILL.md").write_bytes(MANIFEST.replace(b"name: demo", b"name: De_mo\nextra: x") + b"\n[a](b.md)")
    assert main(["check", str(root), "--output-format", format, "--level", level]) == 1
    printed = capsys.readouterr().out
    rules = {"error": "name-malformed", "warning": "reference-broken", "note": "field-unknown"}
    assert {severity for severity, rule in rules.items() if rule in printed} == listed


def test_a_warning_that_the_level_hides_still_counts_for_strict(tmp_path: Path) -> None:
    root = tmp_path / "demo"
    root.mkdir()
    (root / "SKILL.md").write_bytes(MANIFEST + b"\n[a](b.md)\n")
    assert main(["check", str(root), "--strict", "--level", "error"]) == 1


FIXABLE: str = "---\nname: {}\ndescription: Use when: a thing must be shown.\n---\n# Thing\n"


@pytest.mark.parametrize(
    "paths",
    [
        (),
        (".",),
        ("it's here",),
        ("it's here/a",),
        ("it's here/a/SKILL.md", "broken"),
        ("--all",),
        ("--all", "it's here"),
        ("--", "-x"),
        tuple(f"many/skill-{at}" for at in range(60)),
    ],
)
@pytest.mark.parametrize("output_format", ["text", "concise"])
def test_the_call_that_fixes_what_is_fixable_can_be_pasted(
    paths: tuple[str, ...], output_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [path for path in paths if not path.startswith("--")] or ["it's here"]
    folders = [Path("it's here/a")] if "it's here" in given[0] else list(map(Path, given))
    if paths in ((), (".",)):
        folders = [Path("direct")]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "SKILL.md").write_text(FIXABLE.format(folder.name.lstrip("-")), "utf-8")
    main(["check", "--output-format", output_format, *paths])
    last = capsys.readouterr().out.splitlines()[-1]
    begin, _, call = last.partition(" fixable with ")
    assert ("[*] " in begin) == (output_format == "concise")
    if len(paths) > 10:
        assert call == "skillpack check --fix and the same paths"
        return
    assert shlex.split(call)[:3] == ["skillpack", "check", "--fix"]
    main(shlex.split(call)[1:])
    assert "fixable with" not in capsys.readouterr().out
    assert all('"Use when: a thing' in (folder / "SKILL.md").read_text("utf-8") for folder in folders)


@pytest.mark.parametrize("count", [8, 60])
def test_of_many_paths_the_skills_to_fix_are_named(count: int, capsys: pytest.CaptureFixture[str]) -> None:
    for at in range(count):
        folder = Path(f"many/skill-{at}")
        folder.mkdir(parents=True)
        text = FIXABLE if at == 7 else FIXABLE.replace(": a", " a")
        (folder / "SKILL.md").write_text(text.format(folder.name), "utf-8")
    main(["check", *(f"many/skill-{at}" for at in range(count))])
    assert capsys.readouterr().out.endswith("; 1 fixable with skillpack check --fix many/skill-7\n")
    main(["check", "many"])
    assert capsys.readouterr().out.endswith("; 1 fixable with skillpack check --fix many\n")


def test_nothing_in_a_zip_is_called_fixable(capsys: pytest.CaptureFixture[str]) -> None:
    with zipfile.ZipFile("own.zip", "w") as file:
        file.writestr("demo/SKILL.md", FIXABLE.format("demo"))
    main(["check", "own.zip"])
    printed = capsys.readouterr().out
    assert "error[yaml-unquoted-colon]" in printed
    assert "fix" not in printed.replace("fixture", "")
