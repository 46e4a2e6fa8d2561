"""`check --all` finds zips and request bodies that hold a skill, and looks into no other file than it must."""

from __future__ import annotations

import io
import json
import random
import sys
import zipfile
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

import skillpack
from skillpack.archive.read_foreign import read_foreign
from skillpack.cli import main
from skillpack.limits import MAX_ZIP_ENTRIES
from skillpack.skill.tree import is_manifest
from skillpack.sources.zip import holds_manifest
from tests.conftest import MANIFEST
from tests.repository import Repository
from tests.zip_drafts import Draft

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

BUNDLE: Final = skillpack.pack({"SKILL.md": MANIFEST})
INLINE: Final = BUNDLE.inline_skill()


def zip_of(*names: str, comment: bytes = b"") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        for name in names:
            opened.writestr(name, MANIFEST)
        opened.comment = comment
    return file.getvalue()


def zip64_of(name: bytes) -> bytes:
    draft = Draft.of({name: MANIFEST})
    draft.zip64, draft.end = {}, {"here": 0xFFFF, "count": 0xFFFF, "length": 0xFFFFFFFF, "begin": 0xFFFFFFFF}
    return draft.build()


def json_of(value: object, indent: int | None = None) -> bytes:
    return json.dumps(value, indent=indent).encode("ascii")


FOUND: Final = {
    "own.zip": BUNDLE.zip,
    "OWN.ZIP": BUNDLE.zip,
    "own.skill": BUNDLE.zip,
    "foreign.zip": zip_of("demo/SKILL.md"),
    "lower-case.zip": zip_of("demo/skill.md"),
    "root.zip": zip_of("SKILL.md"),
    "deep.zip": zip_of("repository-main/skills/demo/SKILL.md", "repository-main/README.md"),
    "windows.zip": zip_of("demo/SKILL.md").replace(b"demo/", b"demo\\"),
    "comment.zip": zip_of("demo/SKILL.md", comment=b"c" * 0xFFFF),
    "zip64.zip": zip64_of(b"demo/SKILL.md"),
    "inline.json": json_of(INLINE),
    "indented.JSON": json_of(INLINE, indent=2),
    "utf-16.json": json.dumps(INLINE).encode("utf-16"),
    "container.json": json_of(skillpack.container("c", [INLINE])),
    "tool.json": json_of(skillpack.shell_tool([INLINE])),
    "environment.json": json_of(skillpack.environment([INLINE])),
    "request.json": json_of({"model": "m", "tools": [skillpack.shell_tool([INLINE])]}),
    "array.json": json_of([INLINE]),
    "wrong-type.json": json_of({**INLINE, "type": "inlin"}),
}
PASSED_OVER: Final = {
    "other.zip": zip_of("demo/README.md", "demo/SKILL.md.txt"),
    "folder.zip": zip_of("SKILL.md/README.md"),
    "cut.zip": BUNDLE.zip[:-1],
    "empty.zip": b"",
    "text.zip": b"PK is not enough",
    "inside.zip": zip_of("demo/inner.zip"),
    "own.whl": BUNDLE.zip,
    "inline.txt": json_of(INLINE),
    "package.json": json_of({"name": "demo", "description": "d", "data": 1}),
    "no-skill.json": json_of({"name": "x", "memory_limit": "4g"}),
    "reference.json": json_of(skillpack.container("c", [{"type": "skill_reference", "skill_id": "s"}])),
    "later.json": json_of({"padding": "x" * 20_000, **skillpack.container("c", [INLINE])}),
    "empty.json": b"",
    "broken.json": b"[" * 100_000,
}


def write(folder: Path, files: Iterable[tuple[str, bytes]]) -> None:
    for path, content in files:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def checked(capsys: pytest.CaptureFixture[str], *arguments: str) -> set[str]:
    """Return the paths of what was checked, up to a JSON pointer, and of what was refused."""
    main(["check", "--all", "--output-format", "json", *arguments])
    report = json.loads(capsys.readouterr().out)
    paths = {each["path"] for each in (*report["skills"], *report["unread"])}
    return {path.partition("#")[0] for path in paths | {finding["skill"] for finding in report["findings"]}} - {""}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is the current one, outside any repository."""
    made = tmp_path / "folder"
    made.mkdir()
    monkeypatch.chdir(made)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    return made


@pytest.mark.parametrize("name", FOUND)
def test_a_file_that_holds_a_skill_is_found_at_any_depth(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder, [(f"a/b/{name}", FOUND[name])])
    assert checked(capsys) == {f"a/b/{name}"}


@pytest.mark.parametrize("name", PASSED_OVER)
def test_any_other_file_is_passed_over(name: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, [(f"a/{name}", PASSED_OVER[name])])
    assert main(["check", "--all"]) == 2
    assert capsys.readouterr().err == "error: no skill below .\n"


def test_a_file_in_a_skill_is_a_file_of_the_skill(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, [("demo/SKILL.md", MANIFEST), ("demo/a/foreign.zip", FOUND["foreign.zip"])])
    write(folder, [("demo/a/array.json", FOUND["array.json"]), ("demo/a/in/SKILL.md", MANIFEST)])
    write(folder, [("demo/a/in/b/own.zip", BUNDLE.zip)])
    assert checked(capsys) == {"demo", "demo/a/in"}
    main(["check", "demo"])
    assert "demo/a/foreign.zip: note[bundle-inside]" in capsys.readouterr().out


@pytest.mark.parametrize("ignored", ["node_modules", ".venv", ".git", "env"])
def test_a_folder_of_others_files_is_not_entered(
    ignored: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder, [(f"{ignored}/a/own.zip", BUNDLE.zip), ("here.zip", BUNDLE.zip), ("env/pyvenv.cfg", b"")])
    assert checked(capsys) == {"here.zip"}


@pytest.mark.skipif(sys.platform == "win32", reason="symlinks need a privilege there")
def test_a_symlink_to_a_file_is_not_followed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, [("own.zip", BUNDLE.zip), ("../outside.zip", BUNDLE.zip)])
    (folder / "again.zip").symlink_to("own.zip")
    (folder / "outside.zip").symlink_to("../outside.zip")
    assert checked(capsys) == {"own.zip"}


@pytest.mark.parametrize("command", ["pack", "zip", "digest"])
def test_other_commands_take_folders_only(command: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, FOUND.items())
    assert main([command, "--all"]) == 2
    assert "no skill below ." in capsys.readouterr().err


def test_without_all_no_file_is_looked_for(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, FOUND.items())
    assert main(["check"]) == 2
    assert "no skill in ." in capsys.readouterr().err


def test_a_bundle_of_a_folder_is_not_a_second_skill_of_its_name(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder, [("demo/SKILL.md", MANIFEST), ("own.zip", BUNDLE.zip), ("own.json", json_of(INLINE))])
    assert main(["check", "--all"]) == 0
    assert capsys.readouterr().out == "3 skills checked: no problems found\n"
    write(folder, [("demo/SKILL.md", MANIFEST + b"more\n")])
    main(["check", "--all"])
    assert "note[name-not-unique]: 3 skills are named demo: demo, own.json, own.zip" in capsys.readouterr().out


# --- what git ignores --------------------------------------------------------------------------------------------


@pytest.fixture
def repository(folder: Path) -> Repository:
    """A repository with bundles that git ignores, tracks, and does neither with; the current folder."""
    made = Repository(folder)
    made.write(".gitignore", b"/dist/\n*.skill\n")
    made.write("tracked.skill", BUNDLE.zip)
    made.git("add", "-f", "tracked.skill")
    made.commit()
    for path in ("new.zip", "dist/a.zip", "dist/b.zip", "x/c.skill"):
        made.write(path, BUNDLE.zip)
    return made


SKILLS: Final = {"skills/a", "skills/b"}


@pytest.mark.usefixtures("repository")
def test_what_git_ignores_is_not_checked_but_counted(capsys: pytest.CaptureFixture[str]) -> None:
    assert checked(capsys) == {*SKILLS, "new.zip", "tracked.skill"}
    assert main(["check", "--all"]) == 0
    message = "note: not checked, because git ignores it: ./dist/a.zip and 2 more\n"
    assert message in capsys.readouterr().err


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize("path", ["dist", "./dist/", "x/../dist"])
def test_the_files_of_an_ignored_folder_that_is_named_are_checked(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checked(capsys, path) == {"dist/a.zip", "dist/b.zip"}


def test_without_gitignore_git_is_not_asked(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    every = {*SKILLS, "new.zip", "tracked.skill", "dist/a.zip", "dist/b.zip", "x/c.skill"}
    assert checked(capsys, "--no-gitignore") == every
    repository.write("skillpack.toml", b"gitignore = false\n")
    assert checked(capsys) == every


def test_each_repository_has_its_own_ignore_files(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    inner = repository.root / "inner"
    inner.mkdir()
    Repository(inner).write(".gitignore", b"a.zip\n")
    write(inner, [("a.zip", BUNDLE.zip), ("b.skill", BUNDLE.zip)])
    assert checked(capsys, "inner") == {"inner/b.skill", "inner/skills/a", "inner/skills/b"}


def test_a_hook_takes_every_file_for_one_of_a_skill(repository: Repository) -> None:
    repository.write("skills/zip.zip", zip_of("SKILL.md"))
    repository.write("skills/body.json", json_of({**INLINE, "name": "wrong"}))
    repository.commit()
    done = repository.hook("--all", "--output-format", "json")
    assert {skill["path"] for skill in json.loads(done.stdout)["skills"]} == SKILLS
    assert done.returncode == 0


# --- the look into a zip -----------------------------------------------------------------------------------------


class Counting(io.BytesIO):
    """Counts the bytes that are read."""

    count = 0

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(size)
        self.count += len(found)
        return found


def test_of_a_large_zip_only_the_end_is_read() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        opened.writestr("demo/SKILL.md", MANIFEST)
        opened.writestr("demo/large", bytes(8 << 20))
    counting = Counting(file.getvalue())
    assert holds_manifest(counting)
    assert counting.count < 100_000


def test_a_zip64_locator_without_room_for_its_record_is_not_followed() -> None:
    end = b"PK\5\6" + bytes(18)
    for before in (b"PK\6\7", b"PK\6\7" + bytes(16), b"PK" + bytes(40) + b"PK\6\7" + bytes(16)):
        assert not holds_manifest(io.BytesIO(before + end))
        assert not read_foreign(before + end).ok


def test_a_zip_with_too_many_entries_is_not_read() -> None:
    assert holds_manifest(io.BytesIO(zip_of("SKILL.md", *map(str, range(MAX_ZIP_ENTRIES - 1)))))
    assert not holds_manifest(io.BytesIO(zip_of("SKILL.md", *map(str, range(MAX_ZIP_ENTRIES)))))


_PARTS: Final = st.sampled_from(["SKILL.md", "skill.MD", "a", "SKILL.mdx", "é", "b c"])


@given(st.lists(st.lists(_PARTS, min_size=1, max_size=3).map("/".join), max_size=5, unique=True), st.binary(max_size=9))
def test_the_names_are_those_that_zipfile_reads(names: list[str], comment: bytes) -> None:
    content = zip_of(*names, comment=comment)
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        expected = any(is_manifest(name.rpartition("/")[2]) for name in opened.namelist())
    assert holds_manifest(io.BytesIO(content)) == expected


def test_a_damaged_zip_never_raises() -> None:
    chosen = random.Random(0)
    for content in (BUNDLE.zip, FOUND["zip64.zip"], FOUND["comment.zip"][:400]):
        for _ in range(2_000):
            damaged = bytearray(content)
            for _ in range(chosen.randint(1, 4)):
                damaged[chosen.randrange(2, len(damaged))] = chosen.choice([0, 1, 0x50, 0x7F, 0xFF])
            assert holds_manifest(io.BytesIO(damaged[: chosen.randint(2, len(damaged))])) in (True, False)
