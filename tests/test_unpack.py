"""Unpacking: what was packed arrives complete, in new folders, or nothing does."""

from __future__ import annotations

import errno
import io
import json
import os
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

import skillpack
from skillpack import ArchiveError, OutputError, RejectedError, Settings, Skill, SkillChangedError, SkillTree, atomic
from skillpack.bundle.unpack import write_skills
from skillpack.cli import main
from skillpack.sources import directory
from tests.conftest import MANIFEST, make_tree
from tests.judges import judge
from tests.malformed import json_cases
from tests.oracles.test_zip_readers import downloaded
from tests.samples import ROOT
from tests.test_foreign import REFUSALS, _changed
from tests.zip_bombs import REFUSED
from tests.zip_drafts import Draft

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

FIXTURES: Final = sorted((ROOT / "fixtures" / "skills").iterdir())
FILES: Final = {"run.py": b"#!/usr/bin/env python3\n", "docs/a/deep.md": b"deep\n", "empty": b"", "tool": b"\x7fELF\0"}


def on_disk(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return the mode and the content of each file; a folder's content is empty."""
    return {
        path.relative_to(folder).as_posix(): (
            stat.S_IMODE(path.lstat().st_mode),
            path.read_bytes() if path.is_file() else b"",
        )
        for path in folder.rglob("*")
    }


def expected(tree: SkillTree, name: str) -> dict[str, tuple[int, bytes]]:
    found = {f"{name}/{file.path}": (0o755 if file.executable else 0o644, file.read()) for file in tree.files}
    folders = {str(above) for path in found for above in Path(path).parents} - {"."}
    return found | dict.fromkeys(folders, (0o755, b""))


def body(*names: str) -> bytes:
    trees = [make_tree(FILES).files for _ in names]
    contents = [{file.path: file.read() for file in files} for files in trees]
    for content, name in zip(contents, names, strict=True):
        content["SKILL.md"] = MANIFEST.replace(b"demo", name.encode())
    return json.dumps(skillpack.container("x", contents, settings=Settings())).encode()


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o000], ids=oct)
@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.name)
def test_every_fixture_arrives_as_it_was_packed(fixture: Path, umask: int, tmp_path: Path) -> None:
    bundle = skillpack.pack(fixture)
    before = os.umask(umask)
    try:
        folder = skillpack.write_tree(skillpack.read_zip(bundle.zip), tmp_path / "new" / "skills")
    finally:
        os.umask(before)
    assert folder == tmp_path / "new" / "skills" / bundle.name
    assert on_disk(folder.parent) == expected(bundle.skill.tree, bundle.name)
    assert skillpack.pack(folder, settings=Settings(gitignore=False)).digest == bundle.digest


@pytest.mark.network
def test_every_skill_of_a_public_package_arrives_as_it_was_packed(tmp_path: Path) -> None:
    count = 0
    for at, skill in enumerate(downloaded("claude-data-skills==3.5.3", tmp_path)):
        if skillpack.check(skill).ok:
            bundle = skillpack.pack(skill)
            folder = skillpack.write_tree(skillpack.read_zip(bundle.zip), tmp_path / str(at))
            assert on_disk(folder.parent) == expected(bundle.skill.tree, bundle.name)
            count += 1
    assert count > 10


def written_doors(tmp_path: Path) -> dict[str, list[str]]:
    bundle = skillpack.pack({"SKILL.md": MANIFEST, **FILES})
    (tmp_path / "made.zip").write_bytes(bundle.zip)
    (tmp_path / "foreign.zip").write_bytes(
        Draft.of({f"demo/{file.path}".encode(): file.read() for file in bundle.skill.tree.files}).build()
    )
    (tmp_path / "inline.json").write_text(json.dumps(bundle.inline_skill()), "utf-8")
    (tmp_path / "body.json").write_bytes(body("demo"))
    for file in bundle.skill.tree.files:
        place = tmp_path / "demo" / file.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(file.read())
    return {door: [str(tmp_path / door)] for door in ("made.zip", "foreign.zip", "inline.json", "body.json", "demo")}


@pytest.mark.parametrize("door", ["made.zip", "foreign.zip", "inline.json", "body.json", "demo"])
def test_every_door_unpacks_to_the_same_files(door: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = written_doors(tmp_path)[door]
    assert main(["unpack", *arguments, "-d", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out == f"{tmp_path}/out/demo\n"
    assert on_disk(tmp_path / "out") == expected(make_tree(FILES), "demo")


@pytest.mark.parametrize(
    ("stdout", "words"),
    [
        (">&-", "stdout is closed"),
        pytest.param(
            ">/dev/full",
            "cannot write to stdout: no space left on device",
            marks=pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full"),
        ),
    ],
)
def test_where_stdout_cannot_be_written_the_folders_are_there_and_the_error_names_them(
    stdout: str, words: str, tmp_path: Path
) -> None:
    (tmp_path / "body.json").write_bytes(body("first", "second"))
    call = f'"{sys.executable}" -m skillpack unpack body.json -d out -q {stdout}'
    done = subprocess.run(
        [judge("bash"), "-c", call],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    message = f"error: {words}; the skills were written to out/first, out/second\n"
    assert (done.returncode, done.stderr) == (2, message)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["first", "second"]
    assert on_disk(tmp_path / "out").keys() == {
        path for name in ("first", "second") for path in expected(make_tree(FILES), name)
    }


def test_a_zip_and_a_body_are_unpacked_from_stdin_into_the_current_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for content in (skillpack.pack({"SKILL.md": MANIFEST, **FILES}).zip, body("first", "second")):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        monkeypatch.chdir(tmp_path)
        assert main(["unpack", "-", "-q"]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"demo", "first", "second"}
    assert on_disk(tmp_path / "first").keys() == on_disk(tmp_path / "demo").keys()


@pytest.mark.parametrize("there", ["first", "second", "third"])
@pytest.mark.parametrize("kind", ["folder", "empty folder", "file", "broken symlink"])
def test_nothing_is_written_where_one_name_exists(there: str, kind: str, tmp_path: Path) -> None:
    (tmp_path / "body.json").write_bytes(body("first", "second", "third"))
    target = tmp_path / "out" / there
    target.parent.mkdir()
    if kind == "file":
        target.write_bytes(b"mine")
    elif kind == "broken symlink":
        target.symlink_to("nowhere")
    else:
        target.mkdir()
    if kind == "folder":
        (target / "mine.txt").write_bytes(b"mine")
    before = on_disk(tmp_path)
    assert main(["unpack", str(tmp_path / "body.json"), "-d", str(tmp_path / "out")]) == 2
    assert on_disk(tmp_path) == before


def refused_inputs() -> Iterable[tuple[str, bytes]]:
    for name, (change, *_) in REFUSALS.items():
        yield f"zip: {name}", _changed(change).build()
    for name, (bomb, _) in REFUSED.items():
        yield f"bomb: {name}", bomb()
    for at, (rule, data) in enumerate(list(json_cases())[::40]):
        yield f"body {at}: {rule}", data
    good = make_tree(FILES)
    sources: dict[str, dict[str, bytes]] = {
        "no SKILL.md": {"a.txt": b"a"},
        "no name": {"SKILL.md": b"---\ndescription: x\n---\n"},
        "a name that is a path": {"SKILL.md": b"---\nname: ../up\ndescription: Use it.\n---\n# x\n"},
        "two SKILL.md": {"SKILL.md": MANIFEST, "inner/SKILL.md": MANIFEST},
    }
    for name, files in sources.items():
        yield f"skill: {name}", Draft.of({f"demo/{path}".encode(): data for path, data in files.items()}).build()
    bundle = skillpack.pack(good).inline_skill()
    yield "body: another name", json.dumps(bundle | {"name": "other"}).encode()
    yield "body: one skill twice", json.dumps({"name": "x", "skills": [bundle, bundle]}).encode()
    yield "body: one of two with errors", json.dumps({"name": "x", "skills": [bundle, bundle | {"name": "b"}]}).encode()
    yield "body: no inline skill", json.dumps({"type": "shell", "environment": {"type": "container_auto"}}).encode()


def test_whatever_is_refused_writes_nothing_at_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, count = tmp_path / "received", 0
    for what, data in refused_inputs():
        source.write_bytes(data)
        code = main(["unpack", str(source), "-d", str(tmp_path / "out"), "-q"])
        printed = capsys.readouterr()
        if code == 0:
            raise AssertionError(f"{what} was unpacked")
        assert (code, printed.out) in {(1, ""), (2, "")}, what
        assert "Traceback" not in printed.err, what
        assert [path.name for path in tmp_path.iterdir()] == ["received"], what
        count += 1
    assert count > 150


BY_HAND: Final[dict[str, dict[str, bytes]]] = {
    "a backslash": {"a\\b": b""},
    "a drive": {"C:x": b""},
    "a control character": {"a\nb": b""},
    "a name of 300 bytes": {"a" * 300: b""},
    "40 folders": {"a/" * 40 + "b": b""},
    "a file that is a folder": {"a": b"", "a/b": b""},
}


@pytest.mark.parametrize("what", BY_HAND)
def test_a_tree_made_by_hand_is_refused_where_a_system_could_put_a_file_elsewhere(what: str, tmp_path: Path) -> None:
    with pytest.raises((RejectedError, ArchiveError)):
        skillpack.write_tree(make_tree(BY_HAND[what]), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../up", "a/b", "..", ".", "a\\b", "C:x"])
def test_a_name_never_leads_elsewhere_even_if_no_rule_was_asked(name: str, tmp_path: Path) -> None:
    tree = SkillTree.from_files({"SKILL.md": MANIFEST.replace(b"name: demo", f"name: {name}".encode())}, "demo")
    skill = Skill.from_tree(tree)
    assert skill.name == name
    with pytest.raises(ArchiveError):
        write_skills((skill,), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_skill_with_errors_is_refused_with_its_findings(tmp_path: Path) -> None:
    with pytest.raises(RejectedError) as caught:
        skillpack.write_tree(SkillTree.from_files({"a.txt": b"a"}, "demo"), tmp_path)
    assert {finding.rule for finding in caught.value.report.errors} == {"manifest-missing"}


def test_a_file_that_changes_after_the_check_stops_everything(tmp_path: Path) -> None:
    root = tmp_path / "source" / "demo"
    root.mkdir(parents=True)
    (root / "SKILL.md").write_bytes(MANIFEST)
    (root / "a.txt").write_bytes(b"one")
    tree = skillpack.Builder().tree(root)
    assert tree.digest
    (root / "a.txt").write_bytes(b"two")
    with pytest.raises((RejectedError, SkillChangedError)):
        skillpack.write_tree(tree, tmp_path / "out" / "deeper")
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def no_system_call() -> None:
    return None


def unsupported() -> Callable[[int, bytes, bytes], int]:
    return lambda *_arguments: errno.EINVAL


@pytest.mark.parametrize("system", [no_system_call, unsupported])
@pytest.mark.parametrize("there", [None, "empty folder", "folder", "file"])
def test_where_the_system_cannot_rename_without_replacing_nothing_is_replaced_either(
    system: Callable[[], Any], there: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atomic, "_renameat2", system)
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    (old / "a.txt").write_text("a")
    if there == "file":
        new.write_text("mine")
    elif there:
        new.mkdir()
    if there == "folder":
        (new / "mine.txt").write_text("mine")
    before = on_disk(tmp_path)
    descriptor = os.open(tmp_path, os.O_RDONLY)
    for folder in (descriptor, str(tmp_path)):
        if there:
            with pytest.raises(FileExistsError):
                atomic.rename_new(folder, "old", "new")
            assert on_disk(tmp_path) == before
        else:
            atomic.rename_new(folder, "old", "new")
            assert on_disk(tmp_path).keys() == {"new", "new/a.txt"}
            new.rename(old)
    os.close(descriptor)


def test_a_folder_that_appears_at_the_last_moment_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "body.json").write_bytes(body("first", "second"))
    rename = atomic.rename_new

    def race(folder: int | str, old: str, new: str) -> None:
        if new == "second":
            (tmp_path / "out" / "second").mkdir()
            (tmp_path / "out" / "second" / "mine.txt").write_text("mine")
        rename(folder, old, new)

    monkeypatch.setattr(atomic, "rename_new", race)
    assert main(["unpack", str(tmp_path / "body.json"), "-d", str(tmp_path / "out")]) == 2
    assert on_disk(tmp_path / "out").keys() == {"second", "second/mine.txt"}


def test_by_paths_alone_the_same_files_arrive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "BY_DESCRIPTOR", False)
    skillpack.write_tree(make_tree(FILES), tmp_path / "out")
    assert on_disk(tmp_path / "out") == expected(make_tree(FILES), "demo")
    with pytest.raises(OutputError, match="it exists"):
        skillpack.write_tree(make_tree(FILES), tmp_path / "out")


def test_what_a_killed_run_left_is_removed_after_an_hour_and_not_before(tmp_path: Path) -> None:
    left = tmp_path / ".skillpack-0123456789abcdef.tmp"
    (left / "inner").mkdir(parents=True)
    (left / "inner" / "a.txt").write_text("a")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "mine.txt").write_text("mine")
    (left / "link").symlink_to(outside)
    skillpack.write_tree(make_tree(), tmp_path / "one")
    skillpack.write_tree(make_tree(), tmp_path)
    assert left.exists()
    os.utime(left, (time.time() - 7200,) * 2)
    skillpack.write_tree(make_tree(), tmp_path / "one" / "two")
    assert left.exists(), "only the folder that is written to is looked at"
    (tmp_path / "demo" / "SKILL.md").rename(tmp_path / "moved")
    (tmp_path / "demo").rmdir()
    skillpack.write_tree(make_tree(), tmp_path)
    assert not left.exists()
    assert (outside / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((b"zip", "x"), "tree must be a SkillTree"),
        ((make_tree(), 1), "folder must be a path"),
        ((make_tree(), "x", "openai"), "settings must be Settings"),
    ],
)
def test_an_argument_of_a_wrong_type_is_named(arguments: tuple[Any, ...], words: str) -> None:
    tree, folder, *rest = arguments
    with pytest.raises(TypeError, match=words):
        skillpack.write_tree(tree, folder, **({"settings": rest[0]} if rest else {}))
