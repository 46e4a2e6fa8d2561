"""One skill through every door: the same files, digest, bytes and findings."""

from __future__ import annotations

import base64
import importlib.resources
import importlib.util
import io
import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

import skillpack
from skillpack import Builder, GitRevision, PayloadError, RejectedError, Report, SkillTree
from skillpack.cli import main
from tests.conftest import MANIFEST
from tests.judges import judge
from tests.samples import ROOT
from tests.zip_drafts import Draft

if TYPE_CHECKING:
    from collections.abc import Callable

FIXTURES: Final = sorted((ROOT / "fixtures" / "skills").iterdir())
DISK: Final = {"hard-link", "mount-crossed", "root-is-link", "line-endings-changed", "symlink-as-text"}
FOLDER: Final = {"name-not-directory", "exec-bit-lost"}
EXCLUDED: Final = {"path-left-out", "reference-left-out"}
ZIP: Final = {"zip-not-canonical", "zip-descriptor", "zip-metadata", "zip-comment"}
OF_A_DOOR: Final = {
    "directory": set[str](),
    "git revision": DISK,
    "mapping": DISK | FOLDER | {"link-copied"},
    "Traversable of a package": DISK | FOLDER | {"link-copied"},
    "Traversable of a zip": DISK | FOLDER | {"link-copied"},
    "canonical zip": DISK | FOLDER | EXCLUDED | {"link-copied"},
    "zip -r": DISK | FOLDER | ZIP | {"link-copied"},
    "7z": DISK | FOLDER | ZIP | {"link-copied"},
    "shutil.make_archive": DISK | FOLDER | ZIP | {"link-copied"},
    "inline skill": DISK | FOLDER | EXCLUDED | {"link-copied"},
    "tree": DISK | {"link-copied"},
}
"""The rules whose findings need a door: those of a disk, of a folder's name and modes, of excluded files, of a zip."""


TOOLS: Final = {
    "zip -r": ("zip.zip", "zip", "-qr"),
    "7z": ("7z.zip", "7z", "a", "-tzip", "-bso0", "-bsp0"),
}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def git(*arguments: str, cwd: Path) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "core.autocrlf=false")
    subprocess.run(["git", *identity, *arguments], cwd=cwd, check=True, capture_output=True)


def doors(folder: Path, tmp_path: Path) -> dict[str, Any]:
    """Return every way to give the skill in a folder."""
    bundle = skillpack.pack(folder)
    repository = tmp_path / "repository"
    shutil.copytree(folder, repository / "skills" / folder.name)
    git("init", "-q", cwd=repository)
    git("add", "-Af", ".", cwd=repository)
    git("commit", "-qm", "one", cwd=repository)
    archived = shutil.make_archive(str(tmp_path / "shutil"), "zip", folder.parent, folder.name)
    by_tool = {
        door: _archived(folder, tmp_path / file, *command)
        for door, (file, *command) in TOOLS.items()
        if shutil.which(command[0]) or os.environ.get("REQUIRE_JUDGES")
    }
    if not all(path.isascii() for path in contents(folder)) and "zip -r" in by_tool:
        # Debian's zip does not mark other names as UTF-8, so that readers differ
        errors = skillpack.check(by_tool.pop("zip -r")).errors
        assert "zip-name-encoding" in {error.rule for error in errors}
    package = tmp_path / "packages" / "bundled"
    shutil.copytree(folder, package / folder.name)
    (package / "__init__.py").touch()
    spec = importlib.util.spec_from_file_location("bundled", package / "__init__.py")
    assert spec
    return {
        "directory": folder,
        "mapping": contents(folder),
        "Traversable of a package": importlib.resources.files(importlib.util.module_from_spec(spec)) / folder.name,
        "Traversable of a zip": zipfile.Path(archived, f"{folder.name}/"),
        "git revision": GitRevision(repository, "HEAD", f"skills/{folder.name}"),
        "canonical zip": bundle.zip,
        "shutil.make_archive": Path(archived).read_bytes(),
        "inline skill": bundle.inline_skill(),
        "tree": bundle.skill.tree,
        **by_tool,
    }


def _archived(folder: Path, file: Path, *command: str) -> bytes:
    """Return the zip of a folder that a program makes."""
    program, *options = command
    subprocess.run([judge(program), *options, str(file), folder.name], cwd=folder.parent, check=True)
    return file.read_bytes()


def reported(report: Report, but: set[str]) -> set[tuple[str, str, str]]:
    return {(each.rule, each.location.path, each.message) for each in report if each.rule not in but}


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.name)
def test_every_door_gives_the_same_skill(fixture: Path, tmp_path: Path) -> None:
    folder = tmp_path / "skills" / fixture.name
    shutil.copytree(fixture, folder)
    packed = skillpack.pack(folder)
    for door, source in doors(folder, tmp_path).items():
        for bundle, report in (
            (skillpack.pack(source), skillpack.check(source)),
            (Builder().pack(source), Builder().check(source)),
        ):
            assert (bundle.digest, bundle.sha256, bundle.zip) == (packed.digest, packed.sha256, packed.zip), door
            assert [file.path for file in bundle.skill.tree.files] == [file.path for file in packed.skill.tree.files]
            expected = reported(packed.report, OF_A_DOOR[door])
            assert reported(bundle.report, OF_A_DOOR[door]) == expected, door
            assert reported(report, OF_A_DOOR[door]) == expected, door
        assert skillpack.container("c", [source]) == skillpack.container("c", [packed]), door
        assert skillpack.shell_tool([source]) == skillpack.shell_tool([packed]), door
        assert skillpack.check(bundle.zip).ok


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.name)
def test_the_command_line_gives_the_skill_of_the_library(
    fixture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    folder = tmp_path / "skills" / fixture.name
    shutil.copytree(fixture, folder)
    packed = skillpack.pack(folder)
    made = doors(folder, tmp_path)
    sent = tmp_path / "sent"
    sent.mkdir()
    (sent / "inline.json").write_text(json.dumps(packed.inline_skill()))
    (sent / "body.json").write_text(json.dumps(skillpack.container("c", [packed])))
    (sent / "request.json").write_text(json.dumps({"tools": [skillpack.shell_tool([packed])]}))
    (sent / "own.zip").write_bytes(packed.zip)
    monkeypatch.chdir(tmp_path / "repository")
    here = f"skills/{folder.name}"
    calls = {
        "directory": [[str(folder)]],
        "git revision": [[here, "--rev", "HEAD"], [f"{here}/SKILL.md", "--rev", "HEAD"]],
    }
    calls |= {door: [[str(tmp_path / TOOLS[door][0])]] for door in TOOLS.keys() & made.keys()}
    calls |= {"shutil.make_archive": [[str(tmp_path / "shutil.zip")]]}
    calls |= {"inline skill": [[str(file)] for file in sorted(sent.glob("*.json"))]}
    calls |= {"canonical zip": [[str(sent / "own.zip")]]}
    for door, arguments in [(door, call) for door, some in calls.items() for call in some]:
        expected = reported(packed.report, OF_A_DOOR[door])
        assert main(["zip", *arguments, "-o", str(tmp_path / "out.zip")]) == 0, door
        assert (tmp_path / "out.zip").read_bytes() == packed.zip, door
        assert printed(capfdbinary, ["check", *arguments], OF_A_DOOR[door]) == (packed.digest, expected), door
    for content in (packed.zip, (sent / "body.json").read_bytes(), (tmp_path / "shutil.zip").read_bytes()):
        monkeypatch.setattr("sys.stdin", _Stdin(content))
        but = OF_A_DOOR["inline skill"] | ZIP
        assert printed(capfdbinary, ["check", "-"], but) == (packed.digest, reported(packed.report, but))
    hooked = printed(capfdbinary, ["check", "--hook", f"{here}/SKILL.md"], DISK | {"ignore-hits-tracked"})
    assert hooked == (packed.digest, reported(packed.report, DISK))


def printed(
    capfdbinary: pytest.CaptureFixture[bytes], arguments: list[str], but: set[str]
) -> tuple[str, set[tuple[str, str, str]]]:
    """Return the digest and the findings that a check prints, with paths relative to the skill."""
    capfdbinary.readouterr()
    assert main([*arguments, "--output-format", "json"]) == 0
    found = json.loads(capfdbinary.readouterr().out)
    [skill] = found["skills"]
    return skill["digest"], {
        (each["rule"], each["path"].removeprefix(skill["path"]).lstrip("/") or ".", each["message"])
        for each in found["findings"]
        if each["rule"] not in but
    }


def test_a_mapping_is_files_to_select_from_and_a_tree_is_not() -> None:
    files = {"SKILL.md": MANIFEST, ".gitignore": b"*.log\n", "a.log": b"", ".DS_Store": b"", "b.txt": b"2"}
    tree = skillpack.pack(files).skill.tree
    assert [file.path for file in tree.files] == ["SKILL.md", "b.txt"]
    assert {each.path for each in tree.selection.excluded} >= {"a.log", ".DS_Store"}
    assert skillpack.pack(SkillTree.from_files(files)).skill.tree.file("a.log")
    settings = skillpack.Settings(exclude=("b.txt",))
    assert [file.path for file in Builder(settings).pack(files).skill.tree.files] == ["SKILL.md"]


def test_a_zip_that_readers_read_differently_is_a_finding_and_nothing_else() -> None:
    draft = Draft.of({b"demo/SKILL.md": MANIFEST, b"demo/a.txt": b"another"})
    draft.after = b"\0"
    report = skillpack.check(draft.build())
    assert [finding.rule for finding in report] == ["zip-suffix"]
    with pytest.raises(RejectedError):
        skillpack.pack(draft.build())


def test_backslashes_and_a_manifest_at_the_root_are_named(tmp_path: Path) -> None:
    for name, word in ((b"demo\\SKILL.md", "backslash"), (b"SKILL.md", "top")):
        report = skillpack.check(Draft.of({name: MANIFEST}).build())
        assert not report.ok
        assert any(word in f"{finding.message} {finding.hint}".lower() for finding in report.errors), report


# --- inline skills -------------------------------------------------------------------------------------------------


def _inline() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(skillpack.pack({"SKILL.md": MANIFEST}).inline_skill()))
    return found


def _with_data(change: Callable[[str], str]) -> dict[str, Any]:
    value = _inline()
    value["source"]["data"] = change(value["source"]["data"])
    return value


WRONG: Final[dict[str, Callable[[], dict[str, Any]]]] = {
    "another name": lambda: _inline() | {"name": "other"},
    "another description": lambda: _inline() | {"description": "Something else."},
    "an unknown key": lambda: _inline() | {"files": []},
    "lines of base64": lambda: _with_data(lambda data: f"{data[:76]}\n{data[76:]}"),
    "not base64": lambda: _with_data(lambda _data: "hello"),
    "not a zip": lambda: _with_data(lambda _data: base64.b64encode(b"text").decode()),
    "a zip cut off": lambda: _with_data(lambda data: base64.b64encode(base64.b64decode(data)[:-30]).decode()),
    "a zip without a skill": lambda: _with_data(
        lambda _data: base64.b64encode(Draft.of({b"demo/a.txt": b"a"}).build()).decode()
    ),
    "no data": lambda: {key: value for key, value in _inline().items() if key != "source"},
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_inline_skill_is_refused_by_every_call(what: str) -> None:
    value = WRONG[what]()
    data = str(value.get("source", {}).get("data"))
    report = skillpack.check(value)
    assert not report.ok
    for call in (skillpack.pack, skillpack.Bundle.from_inline):
        with pytest.raises(RejectedError):
            call(value)
    for body in (lambda: skillpack.container("c", [value]), lambda: skillpack.shell_tool([value])):
        with pytest.raises(PayloadError) as caught:
            body()
        assert str(caught.value).startswith("/skills/0")
        assert len(data) < 40 or data not in str(caught.value)


def test_an_inline_skill_becomes_a_bundle() -> None:
    packed = skillpack.pack({"SKILL.md": MANIFEST})
    bundle = skillpack.Bundle.from_inline(packed.inline_skill())
    assert (bundle.zip, bundle.digest, bundle.name) == (packed.zip, packed.digest, "demo")
    with pytest.raises(TypeError):
        skillpack.Bundle.from_inline({"SKILL.md": MANIFEST})


# --- settings ------------------------------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with settings, and in it a skill with a file that they exclude."""
    settings = [
        'exclude = ["drafts/"]',
        "[container]",
        'name = "set"',
        'memory = "4g"',
        "expires-after = 20",
        'allow-domains = ["example.com"]',
        '[[overrides]]\nskills = ["skills/*"]\nrules = { body-empty = "off" }',
    ]
    (tmp_path / "skillpack.toml").write_text("\n".join(settings), "utf-8")
    skill = tmp_path / "skills" / "demo"
    (skill / "drafts").mkdir(parents=True)
    (skill / "SKILL.md").write_bytes(MANIFEST)
    (skill / "drafts" / "plan.txt").write_bytes(b"plan")
    monkeypatch.chdir(tmp_path)
    return skill


def test_the_nearest_settings_file_counts_for_a_path_and_for_nothing_else(project: Path) -> None:
    assert [file.path for file in skillpack.pack(project).skill.tree.files] == ["SKILL.md"]
    everything = ["SKILL.md", "drafts/plan.txt"]
    for source, settings in (
        (project, skillpack.Settings()),
        (contents(project), None),
        (SkillTree.from_files(contents(project)), None),
    ):
        files = skillpack.pack(source, settings=settings).skill.tree.files
        assert [file.path for file in files] == everything
    assert [file.path for file in Builder().pack(project).skill.tree.files] == everything
    file = project.parents[1] / "skillpack.toml"
    for given in (file, str(file), skillpack.Settings.load(file)):
        assert [each.path for each in skillpack.pack(contents(project), settings=given).skill.tree.files] == [
            "SKILL.md"
        ]
    found = skillpack.Settings.find(project)
    assert found == skillpack.Settings.load(file, project)
    assert (found.rules, skillpack.Settings.load(file).rules) == ({"body-empty": "off"}, {})


def test_a_body_takes_memory_and_expiry_from_a_file_and_never_a_name_or_domains(project: Path) -> None:
    body = skillpack.container("given", [project])
    assert (body["name"], body["memory_limit"]) == ("given", "4g")
    assert body["expires_after"] == {"anchor": "last_active_at", "minutes": 20}
    assert "network_policy" not in body
    assert json.loads(b"".join(skillpack.iter_container("given", [project]))) == body
    assert skillpack.container("given", [project], memory_limit="1g")["memory_limit"] == "1g"
    assert "memory_limit" not in skillpack.container("given", [project], settings=skillpack.Settings())
    assert "memory_limit" not in (skillpack.shell_tool([project])["environment"] or {})
    assert body["skills"] == [skillpack.pack(project).inline_skill()]
    assert "network_policy" in Builder(skillpack.Settings.find(project)).container("given")


def test_an_invalid_settings_file_is_an_error_of_the_call(project: Path) -> None:
    (project.parents[1] / "skillpack.toml").write_text("exclud = []", "utf-8")
    for call in (skillpack.pack, skillpack.check, skillpack.apply_fixes, skillpack.Settings.find):
        with pytest.raises(skillpack.SettingsError, match="did you mean exclude"):
            call(project)
    assert skillpack.check(project, settings=skillpack.Settings()).ok


# --- the command line ----------------------------------------------------------------------------------------------


class _Stdin:
    def __init__(self, content: bytes) -> None:
        self.buffer = io.BytesIO(content)

    def isatty(self) -> bool:
        return False


@pytest.fixture
def given(project: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return what a path of a call can be: all but stdin are files in the current folder, which has the settings."""
    bundle = skillpack.pack(project)
    Path("inline.json").write_text(json.dumps(bundle.inline_skill()), "utf-8")
    Path("body.json").write_text(json.dumps(skillpack.container("c", [bundle])), "utf-8")
    Path("tool.json").write_text(json.dumps([skillpack.shell_tool([bundle])]), "utf-8")
    Path("demo.zip").write_bytes(bundle.zip)
    Path("foreign.zip").write_bytes(Draft.of({b"demo/SKILL.md": MANIFEST, b"demo/drafts/a.txt": b"a"}).build())
    monkeypatch.setattr("sys.stdin", _Stdin(Path("body.json").read_bytes()))
    return {"directory": "skills/demo", "inline": "inline.json", "container": "body.json", "array": "tool.json"} | {
        "canonical zip": "demo.zip",
        "foreign zip": "foreign.zip",
        "stdin": "-",
    }


DOORS: Final = ("directory", "inline", "container", "array", "canonical zip", "foreign zip", "stdin")


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("command", ["check", "digest", "files", "pack", "zip"])
def test_a_command_gives_the_same_for_every_door(
    command: str, door: str, given: dict[str, str], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main([command, given[door], *(["-o", "out"] if command in ("pack", "zip") else [])]) == 0
    said = capfdbinary.readouterr().out
    bundle = skillpack.pack("skills/demo")
    written = Path("out").read_bytes() if command in ("pack", "zip") else said
    expected = {
        "check": b"1 skill checked",
        "digest": bundle.digest.encode(),
        "files": b"SKILL.md",
        "pack": bundle.inline_skill()["source"]["data"].encode(),
        "zip": bundle.zip,
    }[command]
    assert expected in written
    assert command == "check" or b"drafts" not in written


def test_what_is_wrong_with_a_body_is_reported_with_its_place(
    given: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    body = json.loads(Path("body.json").read_text("utf-8"))
    body["skills"].append(body["skills"][0] | {"name": "other"})
    Path("two.json").write_text(json.dumps(body), "utf-8")
    assert main(["check", "two.json", "--output-format", "json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert [finding["rule"] for finding in said["findings"] if finding["severity"] == "error"] == [
        "payload-name-mismatch"
    ]
    assert {subject["path"] for subject in said["skills"]} == {"two.json#/skills/0", "two.json#/skills/1"}
    capsys.readouterr()
    for command in "files", "targets", "digest", "pack", "size":
        assert main([command, "two.json"]) == 1
        assert "payload-name-mismatch" in capsys.readouterr().err
    for content in (b"{}", b"", b"text", b'{"type": "inline"', b"PK\3\4"):
        code = 1 if content.startswith(b"{") else 2  # what is neither a body nor a zip is not judged
        monkeypatch.setattr("sys.stdin", _Stdin(content))
        assert main(["check", "-"]) == code


def test_a_json_file_in_a_skill_is_the_bundle_and_under_hook_a_file_of_the_skill(
    given: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy("inline.json", "skills/demo/inline.json")
    git("init", "-q", cwd=Path())
    git("add", "-A", cwd=Path())
    for options, path in ([], "skills/demo/inline.json"), (["--hook"], "skills/demo"):
        assert main(["check", *options, "skills/demo/inline.json", "--output-format", "json"]) == 0
        assert [each["path"] for each in json.loads(capsys.readouterr().out)["skills"]] == [path]


@pytest.mark.parametrize(
    ("skill", "code", "message"),
    [
        ({"type": "skill_reference", "skill_id": "skill_1"}, 2, "error: body.json has no inline skill\n"),
        (
            {"type": "skill_reference"},
            1,
            "body.json at /skills/0/skill_id: error[payload-schema]: skill_id is missing\n",
        ),
    ],
    ids=["sound", "bad"],
)
@pytest.mark.parametrize(
    "command",
    [
        *("digest", "files", "targets", "pack", "zip", "shell", "container --name c", "environment", "unpack"),
        *("size", "manifest", "attest", "lock"),
    ],
)
def test_no_command_is_silent_about_a_body_without_inline_skills(
    command: str,
    skill: dict[str, object],
    *,
    code: int,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("body.json").write_text(json.dumps({"name": "c", "skills": [skill]}), "utf-8")
    first, *options = command.split()
    assert main([first, "body.json", *options]) == code
    printed = capsys.readouterr()
    assert printed.err.startswith(message)
    assert not printed.out
    assert [path.name for path in tmp_path.iterdir()] == ["body.json"]


@pytest.mark.parametrize("name", ["SKILL.md", "Skill.MD"])
def test_in_python_the_path_of_a_manifest_stands_for_its_folder(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "demo"
    root.mkdir()
    (root / name).write_bytes(MANIFEST)
    (root / "draft.txt").write_bytes(b"")
    (tmp_path / "skillpack.toml").write_text('exclude = ["draft.txt"]')
    folder = skillpack.pack(root)
    monkeypatch.chdir(root)
    for path in (str(root / name), root / name, name, Path(name)):
        bundle = skillpack.pack(path)
        assert (bundle.zip, [*bundle.report.errors]) == (folder.zip, [])
        assert [file.path for file in bundle.skill.tree.files] == [name]
        assert skillpack.check(path).ok
        assert skillpack.diff(path, root).equal
        assert skillpack.container("c", [path]) == skillpack.container("c", [root])
        assert skillpack.Builder(skillpack.Settings(exclude=["draft.txt"])).pack(path).zip == folder.zip
    for path in (root / "draft.txt", root / "none" / name):
        with pytest.raises(skillpack.NotASkillError):
            skillpack.check(path)


def test_nothing_is_fixed_in_a_body(given: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    before = Path("body.json").read_bytes()
    assert main(["check", "--fix", "body.json"]) == 0
    assert "fixed" not in capsys.readouterr().err  # there is nothing to fix
    assert Path("body.json").read_bytes() == before
