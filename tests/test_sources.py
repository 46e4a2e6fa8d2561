"""The same content gives the same skill from a directory, a mapping, a Traversable and a git revision."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

import skillpack
from skillpack import NotASkillError, Settings, SkillChangedError
from skillpack.api import Builder
from skillpack.limits import MAX_FILE_BYTES
from skillpack.select.explain import why
from skillpack.select.walk import walk
from skillpack.sources import git
from skillpack.sources.directory import Directory
from skillpack.sources.git import GitSource
from skillpack.sources.git_revision import GitRevision
from skillpack.sources.memory import MemorySource, TraversableSource
from skillpack.sources.source import FILE, FOLDER, SYMLINK
from tests.conftest import MANIFEST
from tests.judges import judge
from tests.oracles.ignoretrees import random_tree

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.resources.abc import Traversable

    from skillpack.skill.tree import SkillTree
    from skillpack.sources.source import Source
    from tests.conftest import MakeSkill

FIXTURES: Final = sorted(Path("fixtures/skills").iterdir())
DISK_ONLY: Final = frozenset({"hard-link", "hard-link-to-secret", "hard-link-to-left-out", "mount-crossed"})
"""Rules about entries that only a disk has."""


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)


def run_git(repository: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "protocol.file.allow=always")
    command = [judge("git"), *identity, *arguments]
    return subprocess.run(command, cwd=repository, capture_output=True, check=True, text=True).stdout


def commit(repository: Path) -> None:
    if not (repository / ".git").exists():
        run_git(repository, "init", "-q", "-b", "main")
    run_git(repository, "add", "-f", "-A")
    run_git(repository, "commit", "-q", "-m", "x", "--allow-empty")


def contents(root: Path) -> dict[str, bytes]:
    files = (path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def zipped(root: Path, tmp_path: Path) -> zipfile.Path:
    place = tmp_path / "zipped.zip"
    with zipfile.ZipFile(place, "w") as file:
        for path, content in contents(root).items():
            file.writestr(f"{root.name}/{path}", content)
    return zipfile.Path(place, f"{root.name}/")


def revision(root: Path) -> GitSource:
    commit(root.parent)
    return GitSource(GitRevision(root.parent, "main", root.name))


def whole(root: Path) -> GitSource:
    commit(root)
    return GitSource(GitRevision(root))


DOORS: Final[dict[str, Callable[[Path, Path], Source]]] = {
    "mapping": lambda root, _: MemorySource(contents(root), root.name),
    "zip": lambda root, tmp_path: TraversableSource(zipped(root, tmp_path)),
    "package": lambda root, _: TraversableSource(root),
    "revision": lambda root, _: revision(root),
    "repository": lambda root, _: whole(root),
}


def findings(tree: SkillTree) -> set[tuple[str, object, str]]:
    skipped = DISK_ONLY | ({"name-not-directory"} if not tree.directory else set())
    report = Builder().check(tree)
    return {(one.rule, one.location, one.message) for one in report if one.rule not in skipped}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.name)
def test_every_door_gives_the_same_skill(fixture: Path, door: str, tmp_path: Path) -> None:
    root = tmp_path / "above" / fixture.name
    shutil.copytree(fixture, root)
    (root / "__pycache__").mkdir()
    (root / "__pycache__/x.pyc").write_bytes(b"x")
    (root / ".env").write_bytes(b"KEY=1")
    on_disk = walk(Directory(root), Settings())
    tree = walk(DOORS[door](root, tmp_path), Settings())
    assert tree == on_disk
    assert tree.digest == on_disk.digest
    assert tree.selection.excluded == on_disk.selection.excluded
    assert {entry.path for entry in tree.selection.excluded} >= {".env", "__pycache__/"}
    assert [file.read() for file in tree.files] == [file.read() for file in on_disk.files]
    assert findings(tree) == findings(on_disk)
    assert Builder().pack(tree).zip == Builder().pack(on_disk).zip
    assert walk(DOORS[door](root, tmp_path), Settings(default_excludes=False, gitignore=False)) != tree


def selected(tree: SkillTree) -> tuple[set[str], dict[str, tuple[str | None, int | None]]]:
    rejected = {issue.location.path for issue in tree.selection.rejected}
    lines = {entry.path: (entry.decision.file, entry.decision.line) for entry in tree.selection.excluded}
    return {file.path for file in tree.files} | rejected, lines


@pytest.mark.parametrize("first", range(0, 120, 20))
def test_every_door_selects_the_same_files_of_random_trees_by_the_same_lines(first: int, tmp_path: Path) -> None:
    only_gitignore = Settings(default_excludes=False)
    for seed in range(first, first + 20):
        root = tmp_path / str(seed)
        root.mkdir()
        random_tree(seed).write(root)
        commit(root)
        files, lines = selected(walk(Directory(root), only_gitignore))
        lines.pop(".git/")
        assert selected(walk(GitSource(GitRevision(root)), only_gitignore)) == (files, lines), seed
        links = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_symlink()}
        known = {path: content for path, content in contents(root).items() if not path.startswith(".git/")}
        expected = (files - links, {path: line for path, line in lines.items() if path not in links})
        empty = {path for path in lines if path.endswith("/") and not any(name.startswith(path) for name in known)}
        in_memory = selected(walk(MemorySource(known), only_gitignore))
        assert in_memory == (expected[0], {path: line for path, line in expected[1].items() if path not in empty}), seed


def linked(root: Path) -> None:
    for name, target in {
        "copy": "notes.md",
        "over": "up/../notes.md",
        "up": "a",
        "out": "../outside.md",
        "absolute": "/etc/hostname",
        "gone": "none.md",
        "circle": "circle",
        "secret": ".env",
        "self": ".",
        "a/back": "../notes.md",
        "around": "../demo/notes.md",
    }.items():
        root.joinpath(name).symlink_to(target)


def test_symlinks_in_a_revision_are_judged_as_on_disk(make_skill: MakeSkill, tmp_path: Path) -> None:
    root = make_skill({"notes.md": "notes", "a/b.md": "b", ".env": "KEY=1"})
    tmp_path.joinpath("outside.md").write_text("private")
    linked(root)
    on_disk = walk(Directory(root), Settings())
    assert {issue.rule_id for issue in on_disk.selection.rejected} == {
        *("link-escapes", "link-broken", "link-to-directory"),
    }
    for tree in (walk(revision(root), Settings()), walk(TraversableSource(root), Settings())):
        assert tree == on_disk
        assert tree.selection == on_disk.selection
    asked = ["copy", "out", "secret", "gone", "a/", "none", "up/b.md"]
    assert why(revision(root), Settings(), asked) == why(Directory(root), Settings(), asked)


def test_a_symlink_in_a_zip_is_a_symlink(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("SKILL.md", MANIFEST)
        info = zipfile.ZipInfo("link")
        info.create_system, info.external_attr = 3, 0o120777 << 16
        file.writestr(info, "../outside")
    tree = walk(TraversableSource(zipfile.Path(tmp_path / "a.zip")), Settings())
    assert (tree.directory, [file.path for file in tree.files]) == ("", ["SKILL.md"])
    assert [issue.rule_id for issue in tree.selection.rejected] == ["link-escapes"]


def test_contents_of_a_revision_do_not_depend_on_attributes_or_the_work_tree(make_skill: MakeSkill) -> None:
    root = make_skill({"a.txt": "one\ntwo\n", ".gitattributes": "*.txt eol=crlf ident export-ignore\n"})
    tree = walk(revision(root), Settings())
    (root / "a.txt").write_text("changed")
    (root / "SKILL.md").unlink()
    again = walk(GitSource(GitRevision(root.parent, "main", "demo")), Settings())
    assert again == tree
    file = again.file("a.txt")
    assert file
    assert file.read() == b"one\ntwo\n"


def test_the_ignore_files_above_are_those_of_the_revision(make_skill: MakeSkill, tmp_path: Path) -> None:
    root = make_skill({"a.log": "", "b.tmp": "", "c.txt": ""}, name="skills/team/demo")
    (tmp_path / ".gitignore").write_text("*.log\n")
    (tmp_path / "skills/.gitignore").write_text("*.tmp\n")
    commit(tmp_path)
    (tmp_path / ".gitignore").write_text("*.txt\n")
    tree = walk(GitSource(GitRevision(tmp_path, "HEAD", "skills/team/demo/")), Settings())
    assert [file.path for file in tree.files] == ["SKILL.md", "c.txt"]
    assert {entry.path: entry.decision.file for entry in tree.selection.excluded} == {
        "a.log": "../../../.gitignore",
        "b.tmp": "../../.gitignore",
    }
    assert tree.origin == "skills/team/demo"
    assert root.name == tree.directory


@pytest.mark.parametrize(
    "name", ["--output=x", "--help", "-h", "--all", "", "none", "HEAD..HEAD", "a\0b", "HEAD\n", "^HEAD"]
)
def test_a_revision_is_never_an_option(make_skill: MakeSkill, tmp_path: Path, name: str) -> None:
    make_skill()
    commit(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(NotASkillError, match="cannot be read") as raised:
        GitSource(GitRevision(tmp_path, name, "demo"))
    assert str(raised.value).isprintable()
    assert sorted(tmp_path.rglob("*")) == before


def test_a_branch_whose_name_begins_with_a_hyphen_is_read(make_skill: MakeSkill, tmp_path: Path) -> None:
    make_skill()
    commit(tmp_path)
    run_git(tmp_path, "update-ref", "refs/heads/-b", "HEAD")
    assert walk(GitSource(GitRevision(tmp_path, "-b", "demo")), Settings()).files


@pytest.mark.parametrize("path", ["none", "demo/SKILL.md", "../demo", "demo/..", "link", "link/a"])
def test_a_path_that_is_no_folder_of_the_revision_is_refused(make_skill: MakeSkill, tmp_path: Path, path: str) -> None:
    make_skill({"a/b.txt": ""})
    (tmp_path / "link").symlink_to("demo")
    commit(tmp_path)
    with pytest.raises(NotASkillError, match="is not a folder") as raised:
        GitSource(GitRevision(tmp_path, "HEAD", path))
    assert str(raised.value) == f"{path} in HEAD is not a folder"
    with pytest.raises(NotASkillError, match="is not a folder"):
        skillpack.check(GitRevision(tmp_path, "HEAD", path))


def test_a_folder_outside_a_repository_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    for place in (tmp_path, tmp_path / "none"):
        with pytest.raises(NotASkillError, match="cannot be read"):
            GitSource(GitRevision(place))


def test_a_submodule_is_rejected_because_its_files_are_not_in_the_revision(
    make_skill: MakeSkill, tmp_path: Path
) -> None:
    root = make_skill()
    commit(root)
    run_git(tmp_path, "init", "-q", "-b", "main")
    run_git(tmp_path, "-c", "advice.addEmbeddedRepo=false", "add", "demo")
    run_git(tmp_path, "commit", "-q", "-m", "x")
    (tmp_path / "top").mkdir()
    tree = walk(GitSource(GitRevision(tmp_path)), Settings())
    (issue,) = tree.selection.rejected
    assert (issue.rule_id, issue.message) == ("file-not-regular", "this is a git submodule, not a regular file")
    assert not walk(GitSource(GitRevision(tmp_path)), Settings(exclude=["demo"])).selection.rejected


def test_blobs_that_a_partial_clone_lacks_are_an_error_and_are_not_fetched(
    make_skill: MakeSkill, tmp_path: Path
) -> None:
    make_skill({"a.txt": "a", "b.log": "b", "link": "x"}, name="origin/demo")
    commit(tmp_path / "origin")
    run_git(tmp_path / "origin", "config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "clone"
    source = f"file://{tmp_path / 'origin'}"
    run_git(tmp_path, "clone", "-q", "--filter=blob:none", "--no-checkout", source, str(clone))
    before = run_git(clone, "count-objects", "-v")
    try:
        tree = walk(GitSource(GitRevision(clone, "HEAD", "demo")), Settings(exclude=["*.log"]))
    except NotASkillError:  # some versions of git do not list a tree with missing blobs
        pass
    else:
        message = "it cannot be read: its content is missing from this partial clone"
        assert {(issue.rule_id, issue.message) for issue in tree.selection.rejected} == {("file-unreadable", message)}
        assert {issue.location.path for issue in tree.selection.rejected} == {"SKILL.md", "a.txt", "link"}
    assert run_git(clone, "count-objects", "-v") == before


def test_a_tree_of_a_few_kilobytes_that_stands_for_billions_of_files_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_git(tmp_path, "init", "-q")
    (tmp_path / "a").write_text("a")
    name = run_git(tmp_path, "hash-object", "-w", "a").strip()
    entry = f"100644 blob {name}"
    for _ in range(10):
        listed = "".join(f"{entry}\tentry{number}\n" for number in range(10))
        done = subprocess.run(
            [judge("git"), "mktree"], cwd=tmp_path, input=listed, capture_output=True, text=True, check=True
        )
        entry = f"040000 tree {done.stdout.strip()}"
    monkeypatch.setattr(git, "_MAX_LISTING", 1 << 20)
    with pytest.raises(NotASkillError, match="printed over"):
        GitSource(GitRevision(tmp_path, entry.split()[2]))


@pytest.mark.parametrize("batch", [1, 10, 1 << 20])
def test_blobs_are_read_in_batches_whatever_the_order(
    batch: int, make_skill: MakeSkill, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_skill({f"{number}.txt": f"content {number}" for number in range(8)} | {"a/.gitignore": "x\n"})
    on_disk = walk(Directory(root), Settings())
    monkeypatch.setattr(git, "_BATCH", batch)
    tree = walk(revision(root), Settings())
    assert [file.read() for file in reversed(tree.files)] == [file.read() for file in reversed(on_disk.files)]
    assert tree == on_disk


def test_a_file_of_a_revision_that_is_too_large_is_not_read(make_skill: MakeSkill) -> None:
    root = make_skill({"huge.bin": b"x" * (MAX_FILE_BYTES + 1)})
    for source in (revision(root), TraversableSource(root)):
        tree = walk(source, Settings())
        assert "file-too-large" in {finding.rule for finding in Builder().check(tree)}


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("../evil", "path-unsafe"),
        ("a/../../evil", "path-unsafe"),
        ("/evil", "path-unsafe"),
        ("a//b", "path-unsafe"),
        ("./a", "path-unsafe"),
        ("", "path-unsafe"),
        ("a/", "path-unsafe"),
        ("a\0b", "path-unsafe"),
        ("a\\..\\b", "path-unsafe"),
        ("\udcff", "path-not-utf8"),
        ("SKILL.md/x", "path-collision"),
        ("d/" * 40 + "x", "path-too-deep"),
        ("d/" * 100_000 + "x", "path-too-deep"),
    ],
)
def test_a_path_in_a_mapping_that_no_directory_has_is_an_error(path: str, rule: str) -> None:
    tree = walk(MemorySource({"SKILL.md": MANIFEST, path: b"x"}, "demo"), Settings())
    assert rule in {finding.rule for finding in Builder().check(tree).errors}


def test_a_mapping_of_other_types_is_a_type_error() -> None:
    wrong: list[Any] = [{1: b"a"}, {"a": "text"}]
    for files in wrong:
        with pytest.raises(TypeError):
            MemorySource(files)


@given(st.dictionaries(st.text(st.sampled_from("ab./\\ \0é"), max_size=6), st.binary(max_size=3), max_size=6))
def test_no_mapping_makes_the_walk_raise(files: dict[str, bytes]) -> None:
    tree = walk(MemorySource(files), Settings())
    for file in tree.files:
        assert file.path in files
        assert file.read() == files[file.path]
        assert ".." not in file.path.split("/")


@dataclass
class Listed:
    """A Traversable that records which folders were listed and which files were read."""

    name: str
    entries: dict[str, Listed] | None = None
    content: bytes = b""
    used: list[str] = field(default_factory=list)

    def is_dir(self) -> bool:
        return self.entries is not None

    def is_file(self) -> bool:
        return self.entries is None

    def iterdir(self) -> list[Listed]:
        self.used.append("list")
        assert self.entries is not None
        return list(self.entries.values())

    def open(self, mode: str) -> io.BytesIO:
        assert mode == "rb"
        self.used.append("read")
        return io.BytesIO(self.content)


def test_excluded_folders_of_a_traversable_are_not_listed_and_excluded_files_not_read() -> None:
    module, log = Listed("x.js"), Listed("a.log")
    ignored = Listed("node_modules", {"x.js": module})
    files = {"SKILL.md": Listed("SKILL.md", content=MANIFEST), ".skillignore": Listed(".skillignore", content=b"*.log")}
    root: Traversable = Listed("demo", files | {"node_modules": ignored, "a.log": log})  # type: ignore[assignment]
    tree = walk(TraversableSource(root), Settings())
    assert [file.path for file in tree.files] == ["SKILL.md"]
    assert (ignored.used, module.used, log.used) == ([], [], [])


def test_a_damaged_or_encrypted_file_of_a_zip_is_a_finding_at_its_path(tmp_path: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("SKILL.md", MANIFEST)
        file.writestr("a.txt", "hello " * 100)
    content = bytearray(made.getvalue())
    at = content.index(b"a.txt") + 5
    content[at : at + 4] = b"\xff\xff\xff\xff"
    (tmp_path / "a.zip").write_bytes(content)
    tree = walk(TraversableSource(zipfile.Path(tmp_path / "a.zip")), Settings())
    assert [(issue.rule_id, issue.location.path) for issue in tree.selection.rejected] == [("file-unreadable", "a.txt")]


def test_sources_describe_entries_alike(make_skill: MakeSkill) -> None:
    root = make_skill({"run.sh": "#!/bin/sh\n", "a/b.txt": "b"})
    (root / "run.sh").chmod(0o755)
    (root / "link").symlink_to("run.sh")
    expected = {"SKILL.md": (FILE, ""), "run.sh": (FILE, ""), "link": (SYMLINK, "run.sh"), "a": (FOLDER, "")}
    for source in (Directory(root), revision(root), TraversableSource(root)):
        with source.open_folder("") as folder:
            entries = {entry.name: entry.status() for entry in folder.entries()}
            assert {name: (status.kind, status.target) for name, status in entries.items()} == expected
            assert {entry.name for entry in folder.entries() if entry.is_folder} == {"a"}
            assert folder.read("run.sh", folder.status("run.sh")) == b"#!/bin/sh\n"
            assert entries["run.sh"].size == 10
            if not isinstance(source, TraversableSource):
                assert (entries["run.sh"].executable, entries["SKILL.md"].executable) == (True, False)


def test_a_blob_that_changes_is_not_packed(make_skill: MakeSkill) -> None:
    source = revision(make_skill())
    (file,) = walk(source, Settings()).files
    assert file.read() == MANIFEST
    source.read_blob = lambda *_: b"another"  # type: ignore[method-assign]
    with pytest.raises(SkillChangedError, match="changed after"):
        file.source.read()
