from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from skillpack.discover import Tracked
from skillpack.errors import NotASkillError
from tests.conftest import MANIFEST
from tests.repository import PROJECT, Repository

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    monkeypatch.chdir(tmp_path)
    return Repository(tmp_path)


def test_changed_files_give_each_skill_once(repository: Repository) -> None:
    changed = ["skills/a/SKILL.md", "skills/a/scripts/run.py", "README.md", "skills/b/SKILL.md", "skills/new"]
    assert Tracked.from_git().skills_of(changed) == ["skills/a", "skills/b"]
    assert Tracked.from_git().skills_of(["README.md", "skills/c/x"]) == []


def test_a_skill_inside_a_skill_concerns_both(repository: Repository) -> None:
    repository.write("skills/a/inner/SKILL.md", MANIFEST)
    repository.commit()
    assert Tracked.from_git().skills_of(["skills/a/inner/SKILL.md"]) == ["skills/a", "skills/a/inner"]
    assert repository.hook("skills/a/inner/SKILL.md").returncode == 1


def test_the_repository_itself_may_be_the_skill(repository: Repository) -> None:
    repository.git("rm", "-q", "-r", "skills")
    repository.write("SKILL.md", MANIFEST)
    repository.git("add", "SKILL.md")
    tracked = Tracked.from_git()
    assert tracked.skills_of(["README.md"]) == ["."]
    assert tracked.files_of(".") == {"README.md", "SKILL.md"}


def test_only_what_is_below_a_skill_is_its_own(repository: Repository) -> None:
    for path in ("skills/a-b/SKILL.md", "skills/a.txt", "skills/a0"):
        repository.write(path, MANIFEST)
    repository.commit()
    assert Tracked.from_git().files_of("skills/a") == {"SKILL.md", "scripts/run.py"}


def test_an_untracked_file_does_not_count(repository: Repository) -> None:
    repository.write("skills/a/link/SKILL.md", MANIFEST)
    assert repository.hook("skills/a/SKILL.md").returncode == 0
    without = [sys.executable, "-m", "skillpack", "check", "skills/a"]
    naive = subprocess.run(
        without,
        cwd=repository.root,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        check=False,
    )
    assert naive.returncode == 1, "without --hook everything in the folder counts"


def test_an_untracked_manifest_makes_no_skill(repository: Repository) -> None:
    repository.write("drafts/c/SKILL.md", b"broken")
    assert repository.hook("drafts/c/SKILL.md").returncode == 0
    assert repository.hook("--all").returncode == 0


def test_a_staged_file_counts_before_it_is_committed(repository: Repository) -> None:
    repository.write("drafts/c/SKILL.md", b"broken")
    repository.git("add", "drafts")
    result = repository.hook("drafts/c/SKILL.md")
    assert result.returncode == 1
    assert result.stdout.startswith("drafts/c/SKILL.md:1:1: error[frontmatter-missing]: ")


def test_a_staged_deletion_is_no_longer_part_of_the_skill(repository: Repository) -> None:
    repository.git("rm", "-q", "--cached", "skills/a/scripts/run.py")
    assert Tracked.from_git().files_of("skills/a") == {"SKILL.md"}
    repository.git("rm", "-q", "--cached", "skills/b/SKILL.md")
    assert Tracked.from_git().skills() == ["skills/a"]


def test_a_renamed_skill_is_found_under_its_new_name(repository: Repository) -> None:
    repository.git("mv", "skills/a", "skills/z")
    assert Tracked.from_git().skills_of(["skills/z/SKILL.md", "skills/z/scripts/run.py"]) == ["skills/z"]


def test_links_are_judged_like_files(repository: Repository) -> None:
    (repository.root / "skills/a/link").symlink_to("/etc/hostname")
    repository.git("add", "-A")
    result = repository.hook("skills/a/link")
    assert result.returncode == 1
    assert "error[link-escapes]" in result.stdout


def test_an_untracked_link_does_not_count(repository: Repository) -> None:
    (repository.root / "skills/a/link").symlink_to("/etc/hostname")
    assert repository.hook("skills/a/SKILL.md").returncode == 0


def test_names_that_are_odd_or_absolute_are_found(repository: Repository) -> None:
    for path in ("skills/a/über.md", 'skills/a/quo"te\n.md', "skills/a/ sp ace"):
        repository.write(path, b"")
    repository.git("add", "-A")
    assert {"über.md", 'quo"te\n.md', " sp ace"} <= Tracked.from_git().files_of("skills/a")
    assert Tracked.from_git().skills_of([str(repository.root / "skills/a/über.md")]) == ["skills/a"]


def test_a_skill_that_is_not_checked_out_is_left_alone(repository: Repository) -> None:
    (repository.root / "skills/b/SKILL.md").unlink()
    (repository.root / "skills/b").rmdir()
    assert repository.hook("--all").returncode == 0


def test_every_call_of_a_cut_argument_list_says_the_same(repository: Repository) -> None:
    repository.write("skills/a/SKILL.md", b"broken")
    paths = [f"skills/a/f{number}" for number in range(20)]
    for path in paths:
        repository.write(path, b"")
    repository.git("add", "-A")
    said = {repository.hook(*part).stdout for part in (paths[:10], paths[10:], paths)}
    assert len(said) == 1


def test_nothing_is_said_where_nothing_is_concerned(repository: Repository) -> None:
    for arguments in ((), ("README.md",)):
        result = repository.hook(*arguments)
        assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_all_judges_every_tracked_skill(repository: Repository) -> None:
    repository.write("skills/b/SKILL.md", b"broken")
    result = repository.hook("--all", "--output-format", "json")
    assert result.returncode == 1
    assert '"path": "skills/a"' in result.stdout


def test_all_can_be_held_to_some_folders(repository: Repository) -> None:
    repository.write("skills/b/inner/SKILL.md", MANIFEST)
    repository.commit()
    tracked = Tracked.from_git()
    assert tracked.skills_below(["."]) == ["skills/a", "skills/b", "skills/b/inner"]
    assert tracked.skills_below(["skills/a", "README.md"]) == ["skills/a"]
    assert tracked.skills_below(["./skills/b/"]) == ["skills/b", "skills/b/inner"]


def test_the_call_may_come_from_any_folder_of_the_repository(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.write("skills/a/extra.md", b"untracked")
    monkeypatch.chdir(repository.root / "skills" / "a" / "scripts")
    tracked = Tracked.from_git()
    assert tracked.skills() == ["..", "../../b"]
    assert tracked.skills_of(["run.py"]) == [".."]
    assert tracked.skills_of(["deleted.py", "../SKILL.md"]) == [".."]
    assert tracked.skills_of(["../../../README.md", "../../c/gone.md"]) == []
    assert tracked.files_of("..") == {"SKILL.md", "scripts/run.py"}
    assert tracked.skills_below(["../.."]) == ["..", "../../b"]
    monkeypatch.chdir(repository.root / "skills")
    assert Tracked.from_git().skills_below(["."]) == ["a", "b"]


def test_a_folder_that_is_not_there_is_no_success(repository: Repository) -> None:
    result = repository.hook("--all", "nosuch")
    assert (result.returncode, result.stderr) == (2, "error: nosuch does not exist\n")
    assert repository.hook("nosuch/gone.md").returncode == 0, "pre-commit may pass what was deleted"


def test_outside_a_repository_the_call_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(NotASkillError, match="git cannot list the tracked files"):
        Tracked.from_git()


def test_without_git_the_call_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotASkillError, match="git cannot be started"):
        Tracked.from_git()


def test_the_hook_names_the_folders_to_fix(repository: Repository) -> None:
    repository.write(
        "skills/a/SKILL.md", MANIFEST.replace(b"demo", b"a").replace(b"Use when asked", b"Use when: asked")
    )
    repository.commit()
    done = repository.hook("skills/a/SKILL.md", "skills/b/SKILL.md")
    assert done.stdout.splitlines()[-1].endswith(" 1 fixable with skillpack check --fix skills/a")
