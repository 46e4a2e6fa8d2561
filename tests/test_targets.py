from __future__ import annotations

import os
from pathlib import Path

import pytest

from skillpack.api import Builder
from skillpack.discover import find_skills, find_skills_below
from skillpack.errors import NotASkillError
from tests.conftest import MANIFEST


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with skills at several depths, and what looks like skills but is none of ours."""
    for skill in ("skills/a", "skills/b", "deep/er/c", ".claude/skills/d", "node_modules/e", "env/lib/f", ".git/g"):
        write(tmp_path / skill / "SKILL.md", MANIFEST)
    write(tmp_path / "env" / "pyvenv.cfg", b"")
    write(tmp_path / "skills" / "a" / "scripts" / "run.py", b"")
    write(tmp_path / "skills" / "a" / "assets" / "form.docx", b"PK\3\4")
    write(tmp_path / "skills" / "README.md", b"")
    write(tmp_path / "empty" / "x", b"")
    monkeypatch.chdir(tmp_path)


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def rejected(_path: str, error: NotASkillError) -> None:
    raise error


@pytest.mark.parametrize(
    ("path", "skills"),
    [
        ("skills/a", ["skills/a"]),
        ("./skills/a/", ["skills/a"]),
        ("skills/a/SKILL.md", ["skills/a"]),
        ("skills/a/scripts/run.py", ["skills/a"]),
        ("skills/a/assets/form.docx", ["skills/a"]),
        ("skills", ["skills/a", "skills/b"]),
        ("deep/er", ["deep/er/c"]),
    ],
)
def test_a_path_gives_the_skill_that_it_is_or_is_in_or_the_skills_in_it(path: str, skills: list[str]) -> None:
    assert find_skills([path], rejected) == skills


def test_an_absolute_path_gives_an_absolute_skill(tmp_path: Path) -> None:
    assert find_skills([str(tmp_path / "skills" / "a" / "SKILL.md")], rejected) == [
        (tmp_path / "skills" / "a").as_posix()
    ]


def test_a_file_in_the_skill_around_this_folder_finds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("skills/a/scripts")
    assert find_skills(["run.py"], rejected) == [".."]
    monkeypatch.chdir("..")
    assert find_skills(["scripts/run.py", "."], rejected) == ["."]


def test_a_manifest_counts_in_whatever_case() -> None:
    Path("skills/b/SKILL.md").rename("skills/b/Skill.MD")
    assert find_skills(["skills"], rejected) == ["skills/a", "skills/b"]


def test_a_zip_is_itself_even_in_a_skill() -> None:
    write(Path("skills/a/assets/a.zip"), b"PK\3\4")
    write(Path("b.skill"), b"PK\3\4")
    assert find_skills(["skills/a/assets/a.zip", "b.skill"], rejected) == ["skills/a/assets/a.zip", "b.skill"]


def test_a_skill_named_twice_is_found_once() -> None:
    given = ["skills/b", "skills", "skills/../skills/a", str(Path("skills/a").absolute()), "skills/a/SKILL.md"]
    assert find_skills(given, rejected) == ["skills/b", "skills/a"]


def test_links_to_skills_are_children_but_a_search_does_not_follow_them(tmp_path: Path) -> None:
    Path("skills/z").symlink_to(tmp_path / "deep" / "er" / "c")
    Path("skills/up").symlink_to(tmp_path)
    assert find_skills(["skills"], rejected) == ["skills/a", "skills/b", "skills/z"]
    assert find_skills_below(["skills"], rejected) == ["skills/a", "skills/b"]


def test_a_search_finds_skills_at_any_depth_but_no_third_party_ones() -> None:
    assert find_skills_below(["."], rejected) == [".claude/skills/d", "deep/er/c", "skills/a", "skills/b"]


def test_a_search_finds_skills_inside_a_skill() -> None:
    write(Path("skills/a/assets/inner/SKILL.md"), MANIFEST)
    assert find_skills_below(["skills/a"], rejected) == ["skills/a", "skills/a/assets/inner"]
    assert find_skills(["skills/a/assets/inner/SKILL.md"], rejected) == ["skills/a/assets/inner"]


@pytest.mark.parametrize("path", ["empty", ".", "gone", "empty/gone"])
def test_a_path_without_a_skill_is_refused(path: str) -> None:
    with pytest.raises(NotASkillError):
        find_skills(["skills", path], rejected)


def test_a_missing_path_does_not_keep_other_skills_from_being_found() -> None:
    failures: dict[str, str] = {}

    def failed(path: str, error: NotASkillError) -> None:
        failures[path] = str(error)

    assert find_skills(["gone", "skills/b", "empty", "skills/a"], failed) == ["skills/b", "skills/a"]
    assert failures == {"gone": "gone does not exist", "empty": "no skill in empty; --all searches at any depth"}


def test_a_file_outside_any_skill_is_returned_because_it_may_be_a_zip() -> None:
    assert find_skills(["empty/x"], rejected) == ["empty/x"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
def test_a_fifo_outside_any_skill_is_refused_without_waiting() -> None:
    os.mkfifo("empty/fifo.zip")
    with pytest.raises(NotASkillError, match="is not in a skill"):
        find_skills(["empty/fifo.zip"], rejected)


def test_a_long_s_makes_no_manifest() -> None:
    Path("skills/b/SKILL.md").rename("skills/b/\u017fkill.md")
    assert "\u017fkill.md".casefold() == "skill.md", "casefold alone takes it for one"
    assert find_skills(["skills"], rejected) == ["skills/a"]
    assert "manifest-missing" in {finding.rule for finding in Builder().check("skills/b")}
