"""`skillpack lock`: what is pinned is checked to the byte, whichever door the skill comes through."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import tomllib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import skillpack
from skillpack.bundle.lock import LockedFile, LockedSkill, compare_locked, files_of, parse_lock, render_lock
from skillpack.bundle.npm_lock import collation_key, npm_hash
from skillpack.cli import main
from skillpack.errors import NotASkillError, SettingsError
from skillpack.skill.digest import content_digest
from tests import bounds
from tests.conftest import MANIFEST
from tests.judges import judge
from tests.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import MakeSkill

LOCK = Path("skillpack.lock")
PINNED = "0" * 64


@pytest.fixture
def folder(make_skill: MakeSkill, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the folder with two skills, demo and other, and lock them."""
    make_skill({"run": "#!/bin/sh\n", "a.txt": "a", "b/c.txt": "c"})
    folder = make_skill(name="other").parent
    monkeypatch.chdir(folder)
    assert main(["lock", "demo", "other"]) == 0
    return folder


def drift(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """Return the lines of --check, whose exit code is 1 exactly if there are any."""
    capsys.readouterr()
    before = LOCK.read_bytes()
    code = main(["lock", "--check", *arguments])
    lines = capsys.readouterr().out.splitlines()
    assert code == bool(lines)
    assert LOCK.read_bytes() == before
    return lines


def test_a_lock_is_toml_with_the_hash_of_each_file(folder: Path) -> None:
    lock = tomllib.loads(LOCK.read_text("utf-8"))
    assert [skill["path"] for skill in lock["skills"]] == ["demo", "other"]
    bundle = skillpack.pack(folder / "demo")
    assert lock["skills"][0]["digest"] == bundle.digest
    assert lock["skills"][0]["files"] == [
        {"path": file.path, "sha256": file.sha256, "executable": file.executable} for file in bundle.skill.tree.files
    ]


def test_the_same_skills_in_any_order_give_the_same_lock(folder: Path) -> None:
    before = LOCK.read_bytes()
    assert main(["lock", "other", str(folder / "demo"), "demo"]) == 0
    assert LOCK.read_bytes() == before
    assert main(["lock", "--all"]) == 0
    assert LOCK.read_bytes() == before


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (lambda: Path("demo/a.txt").write_text("b"), "demo: a.txt: changed"),
        (lambda: Path("demo/a.txt").rename("demo/d.txt"), "demo: d.txt: renamed from a.txt"),
        (lambda: Path("demo/run").write_text("!#/bin/sh\n"), "demo: run: changed, no longer executable"),
        (lambda: Path("demo/a.txt").write_text("#!a"), "demo: a.txt: changed, executable"),
        (lambda: Path("demo/e.sh").write_text("#!e"), "demo: e.sh: added, executable"),
        (lambda: Path("demo/b/c.txt").unlink(), "demo: b/c.txt: removed"),
        (lambda: Path("other").rename("x"), "other: in the lock, but there is no such skill"),
    ],
)
def test_each_drift_is_named(
    action: Callable[[], object], expected: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert drift(capsys) == []
    action()
    assert drift(capsys) == [expected]


_CONTENTS = st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from((b"", b"1", b"2", b"#!3")), max_size=6)


@given(_CONTENTS, _CONTENTS)
def test_the_check_of_a_lock_and_a_diff_find_the_same_changes(
    before: dict[str, bytes], after: dict[str, bytes]
) -> None:
    trees = [skillpack.SkillTree.from_files({"SKILL.md": MANIFEST, **files}) for files in (before, after)]
    locked = [LockedSkill("p", "n", tree.digest, 1, "store", "none", files_of(tree)) for tree in trees]
    changes = [(each.kind, each.old, each.file) for each in compare_locked(*locked)]
    files = skillpack.diff(*trees).files
    assert sorted(changes) == sorted(
        (each.change, each.before.path if each.change == "renamed" and each.before else "", each.path) for each in files
    )
    assert not any(kind == "renamed" and not after[file] for kind, _, file in changes)


def test_the_renames_of_many_files_are_found_in_time_that_grows_with_their_number() -> None:
    took = []
    for count in (2_500, 10_000):
        hashes = [f"{at:064x}" for at in range(count)]
        before, after = (
            LockedSkill("p", "n", "d", 1, "store", "none", tuple(LockedFile(f"{side}{at}", at, False) for at in order))
            for side, order in (("a", hashes), ("b", hashes[::-1]))
        )
        took.append(bounds.best_of(3, partial(compare_locked, before, after)))
        assert {change.kind for change in compare_locked(before, after)} == {"renamed"}
    bounds.expect_at_most(took[1], 0.2)
    bounds.expect_at_most(took[1], 4 * took[0])


def test_a_lock_replaces_a_symlink_as_every_other_output_does(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target, link = folder / "target", folder / "link"
    for call in (
        ["zip", "demo", "-o"],
        ["pack", "demo", "-o"],
        ["manifest", "demo", "-o"],
        ["diff", "demo", "other", "--patch"],
        ["lock", "demo", "-o"],
    ):
        target.write_text("target")
        link.unlink(missing_ok=True)
        link.symlink_to("target")
        assert main([*call, "link"]) == (call[0] == "diff")
        assert (target.read_text(), link.is_symlink()) == ("target", False), call
    capsys.readouterr()
    link.rename("real.lock")
    link.symlink_to("real.lock")
    Path("demo/a.txt").write_text("b")
    before = Path("real.lock").read_bytes()
    assert main(["lock", "--update", "-o", "link"]) == 0
    assert (Path("real.lock").read_bytes() == before, link.is_symlink()) == (True, False)


def test_a_new_skill_and_a_new_name_are_named(
    folder: Path, make_skill: MakeSkill, capsys: pytest.CaptureFixture[str]
) -> None:
    make_skill(name="third")
    assert drift(capsys) == []
    assert drift(capsys, "--all") == ["third: not in the lock"]
    manifest = Path("other/SKILL.md")
    manifest.write_text(manifest.read_text().replace("name: other", "name: another"))
    assert drift(capsys, "other") == ["other: the name was other", "other: SKILL.md: changed"]


def test_a_skill_that_moved_is_reported_with_and_without_all(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gone = "other: in the lock, but there is no such skill"
    Path("moved").mkdir()
    Path("other").rename("moved/other")
    assert drift(capsys) == [gone]
    assert drift(capsys, "--all") == ["moved/other: not in the lock", gone]
    assert drift(capsys, "moved/other") == [], "by its name"
    assert drift(capsys, "--all", "moved") == ["moved/other: not in the lock", gone]
    Path("other/__pycache__").mkdir(parents=True)
    assert drift(capsys) == [gone]
    for counts in ("1 skill added, 1 skill removed", "no skill differs"):
        assert main(["lock", "--update", "--all"]) == 0
        assert capsys.readouterr().err == f"skillpack.lock: {counts}\n"
    assert drift(capsys) == drift(capsys, "--all") == []


@pytest.mark.parametrize("call", [["copy/other"], ["--all", "copy"]])
def test_an_update_keeps_the_entry_of_another_skill_of_the_same_name(
    call: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree("other", "copy/other")
    Path("copy/other/a.txt").write_text("a")
    assert main(["lock", "--update", *call]) == 0
    assert capsys.readouterr().err == "skillpack.lock: 1 skill added\n"
    assert drift(capsys) == drift(capsys, "--all") == []


def test_an_update_counts_what_it_changed_added_and_removed(
    folder: Path, make_skill: MakeSkill, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("demo/a.txt").write_text("b")
    shutil.rmtree("other")
    make_skill(name="third")
    make_skill(name="fourth")
    capsys.readouterr()
    assert main(["lock", "--update", "--all"]) == 0
    assert capsys.readouterr().err == "skillpack.lock: 1 skill changed, 2 skills added, 1 skill removed\n"
    shutil.rmtree("third")
    assert main(["lock", "--update"]) == 0
    assert capsys.readouterr().err == "skillpack.lock: 1 skill removed\n"


def test_a_lock_of_a_directory_checks_on_every_other_door(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    doors = folder / "doors"
    doors.mkdir()
    (doors / "x.zip").write_bytes(skillpack.pack("demo").zip)
    (doors / "inline.json").write_text(json.dumps(skillpack.pack("demo").inline_skill()))
    (doors / "body.json").write_text(json.dumps(skillpack.container("c", ["demo", "other"])))
    for door in sorted(doors.iterdir()):
        assert drift(capsys, str(door)) == []
        other = folder / f"{door.name}.lock"
        assert main(["lock", str(door), "-o", str(other)]) == 0
        assert main(["lock", "--check", "-o", str(other)]) == 0, "at its own path"
        assert main(["lock", "--check", "-o", str(other), "demo"]) == 0, "as a directory"
    Path("demo/a.txt").write_text("b")
    (doors / "x.zip").write_bytes(skillpack.pack("demo").zip)
    assert drift(capsys, "doors/x.zip") == ["doors/x.zip: a.txt: changed"]


def test_a_lock_checks_on_a_revision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    repository = Repository(tmp_path)
    repository.write("skills/demo/SKILL.md", b"---\nname: demo\ndescription: Shows it.\n---\n")
    repository.git("add", "-A")
    repository.git("commit", "-qm", "x")
    monkeypatch.chdir(repository.root)
    assert main(["lock", "skills/demo"]) == 0
    repository.write("skills/demo/a.txt", b"a")
    assert drift(capsys) == ["skills/demo: a.txt: added"]
    assert drift(capsys, "--rev", "HEAD") == []
    assert drift(capsys, "--rev", "HEAD", "--all", "skills/demo") == []


def test_update_changes_only_the_entries_that_differ(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = LOCK.read_text().replace("deflate 0", "deflate 9")  # as another version wrote it
    LOCK.write_text(old)
    Path("demo/a.txt").write_text("b")
    assert main(["lock", "--update"]) == 0
    before, after = (text.split("\n\n") for text in (old, LOCK.read_text()))
    assert before[2] == after[2], "the entry of other"
    assert before[1] != after[1]
    assert drift(capsys) == []
    (folder / "other").rename(folder / "third")
    assert main(["lock", "--update"]) == 0
    assert LOCK.read_text().split("\n\n")[1:] == [after[1] + "\n"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "version: is missing"),
        (b"version = 2", "version: must be 1; a newer skillpack may read this lock"),
        (b"version = true", "version: must be an integer"),
        (
            b"version = 1\nx\x1b",
            "skillpack.lock:2: is not TOML: expected '=' after a key in a key/value pair (column 2)",
        ),
        (b"version = 1\n<<<<<<< HEAD\n", "skillpack.lock:2: is not TOML: invalid statement (column 1)"),
        (b"version = 1\nskill = 1", "skill: unknown key"),
        (b"version = 1\n'\\u001b' = 1", "unknown key"),
        (b"version = 1\nskills = [1]", "skills: must be a table"),
        (b"version = 1\n\n[[skills]]\npath = 'x'", "skillpack.lock:3: skills.name: is missing"),
        (b"version = " + b"9" * 5000, "has a key of over 32 parts, or over 1,000 digits"),
        (b"a." * 100_000 + b"a = 1", "has a key of over 32 parts, or over 1,000 digits"),
        (b"x = " + b"[" * 100_000, "is "),
        (b"\xff", "is not UTF-8"),
        (b"{", "is not JSON"),
        (b'{"version": 1, "skills": {"\\u001b": {}}}', "computedHash: must be 64 lowercase hex digits"),
        (b'{"version": 1, "skills": ' + b"[" * 100_000, "is not JSON"),
        (b'{"version": ' + b"9" * 5000 + b"}", "is not JSON"),
    ],
)
def test_a_lock_that_is_something_else_ends_with_2_and_one_message(
    content: bytes, expected: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    LOCK.write_bytes(content)
    for option in ("--check", "--update") if content[:1] != b"{" else ("--check",):
        capsys.readouterr()
        assert main(["lock", option]) == 2
        error = capsys.readouterr().err
        assert expected in error
        assert error.startswith("error: skillpack.lock")
        assert "\x1b" not in error
        assert len(error) < 500
    assert LOCK.read_bytes() == content


@pytest.mark.parametrize("path", ["", "-", "a\\u0000b"])
def test_a_locked_path_that_is_none_is_refused(path: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    LOCK.write_text(LOCK.read_text().replace('"demo"', f'"{path}"', 1))
    assert main(["lock", "--check"]) == 2
    assert "skills.path: must be a path" in capsys.readouterr().err


def test_a_digest_that_is_not_that_of_the_files_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    LOCK.write_text(LOCK.read_text().replace("executable = true", "executable = false"))
    assert main(["lock", "--check"]) == 2
    assert "skillpack.lock:4: skills.digest: is not the digest of the files listed" in capsys.readouterr().err


def test_a_lock_is_not_written_into_a_skill_or_over_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("x.zip").write_bytes(skillpack.pack("demo").zip)
    for skill, file in (("demo", "demo/new.lock"), ("demo", "demo/SKILL.md"), ("x.zip", "x.zip")):
        assert main(["lock", skill, "-o", file]) == 2
        assert f"it is in the skill {skill}" in capsys.readouterr().err
    assert not Path("demo/new.lock").exists()
    assert main(["lock", "-"]) == 2


def test_json_has_what_differs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("demo/a.txt").write_text("b")
    capsys.readouterr()
    assert main(["lock", "--check", "--output-format", "json"]) == 1
    value = json.loads(capsys.readouterr().out)
    (change,) = value["skills"][0]["changes"]
    assert (value["equal"], [skill["equal"] for skill in value["skills"]]) == (False, [False, True])
    assert (change["change"], change["path"]) == ("changed", "a.txt")
    assert change["before"]["sha256"] != change["after"]["sha256"]


def locked(path: str, name: str, files: tuple[LockedFile, ...]) -> LockedSkill:
    return LockedSkill(path, name, content_digest(files), 1, "store", "none", files)


paths = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\n"), min_size=2)


@given(paths, paths, st.dictionaries(paths, st.booleans()))
def test_any_name_comes_back_from_a_lock_as_it_was(path: str, name: str, files: dict[str, bool]) -> None:
    skill = locked(path, name, tuple(LockedFile(each, PINNED, x) for each, x in files.items()))
    text = render_lock([skill])
    assert parse_lock(Path("x"), text.encode()) == (skill,)
    assert compare_locked(skill, skill) == ()
    assert all(char.isprintable() for line in text.split("\n") for char in line)


def test_a_name_with_many_dots_comes_back_and_one_that_is_not_unicode_is_refused() -> None:
    skill = locked("x", ".".join("a" * 99), ())
    assert parse_lock(Path("x"), render_lock([skill]).encode()) == (skill,)
    with pytest.raises(SettingsError, match="is not UTF-8"):
        render_lock([skill._replace(path="\udcff")])


NPM_FILES = (
    "-y.md",
    "A.txt",
    "B.md",
    "Sub/b.txt",
    "__u",
    "_x.md",
    "a b",
    "a-b",
    "a.md",
    "a_b",
    "ab",
    "z10",
    "z9",
    ".h/x",
)
NPM_HASH = "fc2b8088afba174e1c1139e61835ed4dca8fa69ef98544d2199afbc32bb5a6ca"
"""What `skills` 1.5.0 wrote on Node 20 for the skill of this test."""


@pytest.fixture
def installed(make_skill: MakeSkill, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the skill whose hash the real CLI computed, and its lock."""
    files = dict.fromkeys((*NPM_FILES, ".git/HEAD", "b/node_modules/x.js"), "x")
    skill = make_skill({"SKILL.md": "---\nname: demo\ndescription: Shows it.\n---\n", **files})
    (skill / "link.md").symlink_to("a.md")
    monkeypatch.chdir(skill.parent)
    entry = {"source": "src", "sourceType": "local", "computedHash": NPM_HASH}
    Path("skills-lock.json").write_text(json.dumps({"version": 1, "skills": {"demo": entry}}))
    return skill


def test_a_lock_of_npm_skills_verifies_and_a_changed_file_fails(
    installed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["lock", "--check", "--lock-file", "skills-lock.json"]
    assert npm_hash(installed) == NPM_HASH
    assert main([*call, "demo"]) == main([*call, "--all"]) == 0
    Path("skills-lock.json").rename("by-shape")
    assert main(["lock", "--check", "-o", "by-shape", "demo"]) == 0
    capsys.readouterr()
    (installed / "a.md").write_text("y")
    assert main(["lock", "--check", "-o", "by-shape", "demo"]) == 1
    assert capsys.readouterr().out == "demo: changed\n"
    assert main(["lock", "--update", "-o", "by-shape", "demo"]) == 2


def test_a_skill_that_only_one_of_lock_and_folder_has_is_named(
    installed: Path, make_skill: MakeSkill, capsys: pytest.CaptureFixture[str]
) -> None:
    installed.rename("gone")
    Path("gone/SKILL.md").unlink()
    make_skill(name="other")
    assert main(["lock", "--check", "-o", "skills-lock.json", "--all"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "demo: in the lock, but there is no such skill",
        "other: not in the lock",
    ]


def test_the_order_of_paths_is_that_of_javascript() -> None:
    chars = [chr(code) for code in range(32, 127)]
    chosen = random.Random(1)
    names = sorted({"".join(chosen.choices(chars, k=chosen.randint(1, 6))) for _ in range(20_000)} | {*chars})
    names += ["a", "A", "aA", "Aa", "aa", "AA", "a-b", "ab", "Ab"]
    script = (
        "const names = JSON.parse(require('fs').readFileSync(0));"
        "process.stdout.write(JSON.stringify(names.sort((a, b) => a.localeCompare(b))))"
    )
    names = [*dict.fromkeys(names)]
    done = subprocess.run(
        [judge("node"), "-e", script], input=json.dumps(names).encode(), capture_output=True, check=True
    )
    assert sorted(names, key=collation_key) == json.loads(done.stdout)
    with pytest.raises(NotASkillError, match="outside printable ASCII"):
        collation_key("\xe9")
