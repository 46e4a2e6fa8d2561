from __future__ import annotations

import io
import os
import subprocess
import zipfile
from typing import TYPE_CHECKING

import pytest

from skillpack import Builder, RejectedError, check, pack
from skillpack.cli import main
from skillpack.output import FORMATS
from skillpack.rules import RULES
from skillpack.sources import directory as disk
from tests.bounds import processor_time
from tests.hostile import KINDS, SENTINEL, Hostile, assert_fit_for_a_terminal, build

if TYPE_CHECKING:
    from pathlib import Path

    from skillpack.skill.tree import SkillFile

NO_SKILL = {"empty directory", "manifest in a folder only"}  # the command line refuses these before a rule sees them
PATIENCE = 2.0  # seconds of processor time


@pytest.fixture(params=KINDS, ids=lambda kind: kind.id)
def kind(request: pytest.FixtureRequest) -> Hostile:
    made: Hostile = request.param
    return made


@pytest.fixture
def root(kind: Hostile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = build(kind, tmp_path)
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_ACTIONS", "PRE_COMMIT", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return made


def test_there_are_enough_kinds() -> None:
    assert len({kind.id for kind in KINDS}) == len(KINDS) >= 80
    assert {kind.rule for kind in KINDS if kind.rule} <= set(RULES)


def test_the_library_tells_and_lets_nothing_out(kind: Hostile, root: Path) -> None:
    with processor_time(PATIENCE):
        report = check(root)
    assert kind.rule is None or kind.rule in {finding.rule for finding in report}
    for finding in report:
        assert_fit_for_a_terminal(str(finding))
    try:
        bundle = pack(root)
    except RejectedError as error:
        assert not report.ok
        assert_fit_for_a_terminal(str(error))
        return
    assert report.ok
    with zipfile.ZipFile(io.BytesIO(bundle.zip)) as archive:
        assert all(SENTINEL.encode() not in archive.read(name) for name in archive.namelist())


def test_by_path_as_on_windows_the_same_is_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    by_descriptor = check(root)
    monkeypatch.setattr(disk, "BY_DESCRIPTOR", False)
    assert check(root) == by_descriptor


def test_the_command_line_tells_and_writes_nothing_in_case_of_error(
    kind: Hostile, root: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    ok = check(root).ok
    for command, name in (("zip", "out.zip"), ("pack", "out.json")):
        with processor_time(PATIENCE):
            code = main([command, "demo", "-o", name])
        captured = capfd.readouterr()
        assert (code, (tmp_path / name).exists()) == ((0, True) if ok else (2 if kind.id in NO_SKILL else 1, False))
        assert captured.out == ""
        assert captured.err
        assert_fit_for_a_terminal(captured.err)
        assert (
            kind.rule is None or (f"[{kind.rule}]" if kind.id not in NO_SKILL else "no skill in demo") in captured.err
        )
    assert not list(tmp_path.glob(".skillpack-*"))
    assert not (tmp_path / "pwned").exists()
    assert not (root / "pwned").exists()


def test_every_format_is_safe_to_show(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for output_format in FORMATS:
        code = main(["check", "demo", "--output-format", output_format])
        captured = capfd.readouterr()
        assert code in (0, 1) or "no skill" in captured.err
        assert_fit_for_a_terminal(captured.out + captured.err)
        assert captured.out.isascii() or output_format not in ("json", "sarif")


def test_lists_of_files_are_safe_to_show(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for given in (["files", "demo"], ["files", "demo", "--excluded"], ["files", "demo", "--output-format", "json"]):
        with processor_time(PATIENCE):
            main(given)
        captured = capfd.readouterr()
        assert_fit_for_a_terminal(captured.out + captured.err)


def test_why_says_of_each_path_what_the_walk_made_of_it(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    tree = Builder().walk(root)
    stopped = ("ignore-too-costly", "walk-too-long")
    asked = [issue for issue in tree.selection.rejected if issue.rule_id not in stopped][:20]
    asked = [issue for issue in asked if not issue.location.path.endswith("ignore")]
    if len(asked) == len(tree.selection.rejected):  # else every path is refused for the sake of an ignore file
        included, excluded = tree.files[:20], tree.selection.excluded[:20]
        assert all(
            verdict.included and verdict.there
            for verdict in Builder().why(root, [nfd(root, file) for file in included])
        )
        for verdict in Builder().why(root, [entry.path for entry in excluded]):
            assert (verdict.included, verdict.rejected, verdict.there) == (False, None, True)
    paths = [issue.location.path for issue in asked]
    for issue, verdict in zip(asked, Builder().why(root, paths), strict=True):
        assert (verdict.included, verdict.rejected) == (False, issue)
    assert main(["why", "--root", "demo", *(f"demo/{path}" for path in paths), "demo/SKILL.md"]) == 0
    assert_fit_for_a_terminal(capfd.readouterr().out)


def nfd(root: Path, file: SkillFile) -> str:
    """Return the path a file has on disk."""
    assert isinstance(file.source, disk.DiskFile)
    return file.source.path if not (root / file.path).exists() else file.path


def test_the_hook_tells_of_what_git_tracks(kind: Hostile, root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    if kind.id == "sparse file of 5 GiB":
        pytest.skip("git itself cannot add it")
    identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "core.autocrlf=false"]
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["git", *identity, "add", "-f", "demo"], check=True, capture_output=True)
    listed = subprocess.run(["git", "ls-files", "-z"], check=True, capture_output=True).stdout
    changed = [os.fsdecode(name) for name in listed.split(b"\0") if name]
    with processor_time(PATIENCE):
        code = main(["check", "--hook", "--output-format", "concise", "--", *changed[:50]])
    captured = capfd.readouterr()
    assert code in (0, 1)
    assert_fit_for_a_terminal(captured.out + captured.err)
    if kind.tracked and kind.rule:
        assert f"[{kind.rule}]" in captured.out
