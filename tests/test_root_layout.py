"""A zip is judged in the layout that it has: SKILL.md at its root, or in a folder, as the targets want it."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from typing import TYPE_CHECKING, Final, Literal

import pytest

import skillpack
from skillpack import Settings
from skillpack.cli import main
from skillpack.skill.tree import SkillTree
from skillpack.sources.zip import read_zip_source
from skillpack.targets import TARGETS, TargetName
from tests.conftest import MANIFEST

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MakeSkill

FILES: Final = {"SKILL.md": MANIFEST, "a/b.txt": b"text " * 50, "run.sh": b"#!/bin/sh\n"}
ROOT: Final[list[TargetName]] = [name for name, target in TARGETS.items() if target.layout == "root"]
FOLDER: Final[list[TargetName]] = [name for name in TARGETS if name not in ROOT]
REFUSAL: Final = "SKILL.md is at the root of the zip, not in one top folder"


def own(compression: Literal["deflate", "smallest", "store"] = "deflate") -> bytes:
    return skillpack.write_zip(SkillTree.from_files(FILES), "demo", compression=compression, layout="root")


def foreign(files: dict[str, bytes] = FILES) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as opened:
        for path, content in files.items():
            opened.writestr(path, content)
    return file.getvalue()


def rules(report: skillpack.Report) -> set[str]:
    return {finding.rule for finding in report}


@pytest.mark.parametrize("compression", ["deflate", "smallest", "store"])
@pytest.mark.parametrize("target", ROOT)
def test_a_zip_that_skillpack_wrote_for_a_target_has_no_finding_there(
    target: TargetName, compression: Literal["deflate", "smallest", "store"]
) -> None:
    settings = Settings(targets=[target])
    report = skillpack.check(own(compression), settings=settings)
    assert not report.findings
    bundle = skillpack.pack(own(compression), settings=settings)
    assert bundle.zip == skillpack.pack(FILES).zip
    assert bundle.digest == skillpack.pack(FILES).digest


@pytest.mark.parametrize("data", [own(), foreign()], ids=["own", "foreign"])
@pytest.mark.parametrize("targets", [[], *([name] for name in FOLDER), ["google", "openai"]], ids=str)
def test_any_other_target_refuses_it(targets: list[TargetName], data: bytes) -> None:
    report = skillpack.check(data, settings=Settings(targets=targets) if targets else None)
    (finding,) = report.errors
    assert (finding.rule, finding.message) == ("zip-several-roots", REFUSAL)
    assert finding.path.endswith("SKILL.md")


def test_of_another_tools_zip_files_are_selected_as_in_a_folder() -> None:
    files = {**FILES, ".DS_Store": b"", ".env": b"", "__MACOSX/x": b"", ".skillignore": b"/a/\n"}
    report = skillpack.check(foreign(files), settings=Settings(targets=["google"]))
    assert report.ok
    assert "zip-not-canonical" in rules(report)
    tree = skillpack.Builder(Settings(targets=["google"])).tree(foreign(files))
    assert [file.path for file in tree.files] == ["SKILL.md", "run.sh"]


def in_folder(*, canonical: bool) -> bytes:
    return skillpack.pack(FILES).zip if canonical else foreign({f"demo/{path}": FILES[path] for path in FILES})


@pytest.mark.parametrize("canonical", [True, False])
@pytest.mark.parametrize("target", ROOT)
def test_a_zip_with_a_folder_has_a_finding_at_its_manifest(target: TargetName, *, canonical: bool) -> None:
    data = in_folder(canonical=canonical)
    (finding,) = skillpack.check(data, settings=Settings(targets=[target])).errors
    message = f"SKILL.md is in a folder of the zip; {target} wants it at the root"
    assert (finding.rule, finding.message, finding.path) == ("target-layout", message, "demo/SKILL.md")
    assert finding.location.offset is not None
    entry = data[finding.location.offset :]
    assert (entry[:4], entry[30:43]) == (b"PK\3\4", b"demo/SKILL.md")


@pytest.mark.parametrize("canonical", [True, False])
@pytest.mark.parametrize("target", FOLDER)
def test_a_zip_with_a_folder_has_none_for_other_targets(target: TargetName, *, canonical: bool) -> None:
    assert skillpack.check(in_folder(canonical=canonical), settings=Settings(targets=[target])).ok


def test_what_is_no_zip_has_no_layout(tmp_path: Path) -> None:
    settings = Settings(targets=["google"])
    (tmp_path / "demo").mkdir()
    for path in ("SKILL.md", "run.sh"):
        (tmp_path / "demo" / path).write_bytes(FILES[path])
    inline = skillpack.pack(FILES).inline_skill()
    for source in (tmp_path / "demo", FILES, inline, SkillTree.from_files(FILES)):
        assert not skillpack.check(source, settings=settings).findings


@pytest.mark.parametrize("canonical", [True, False])
def test_a_zip_with_a_folder_can_be_packed_for_the_target(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, canonical: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "demo.zip").write_bytes(in_folder(canonical=canonical))
    google = ("--target", "google")
    assert main(["check", "demo.zip", *google]) == 1
    assert main(["zip", "demo.zip", *google, "-o", "for-google.zip"]) == 0  # as the hint says
    assert main(["check", "for-google.zip", *google]) == 0
    assert main(["unpack", "demo.zip", *google, "-d", "out"]) == 0


def fitting(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    capsys.readouterr()
    assert main(["targets", *arguments, "--output-format", "json"]) == 0
    (skill,) = json.loads(capsys.readouterr().out)["skills"]
    return [name for name, verdict in skill["targets"].items() if verdict["fits"]]


@pytest.mark.parametrize("own_bytes", [True, False])
def test_the_matrix_judges_a_zip_in_the_layout_that_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, own_bytes: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "root.zip").write_bytes(own() if own_bytes else foreign())
    (tmp_path / "folder.zip").write_bytes(in_folder(canonical=own_bytes))
    assert fitting(capsys, "root.zip") == ROOT
    assert fitting(capsys, "folder.zip") == FOLDER
    assert fitting(capsys, "root.zip", "--target", "google") == ["google"]
    assert fitting(capsys, "root.zip", "--target", "openai") == []


def test_the_hints_do_not_contradict_each_other() -> None:
    def hint(data: bytes, *targets: TargetName) -> str:
        (finding,) = skillpack.check(data, settings=Settings(targets=targets)).errors
        return finding.hint or ""

    assert hint(own()).endswith("other consumers want this layout: name one, such as --target google")
    assert hint(own(), "google", "openai") == "no zip fits all targets of this call: write one zip for each layout"
    for_google = "write a zip for it: skillpack zip SKILL --target google -o FILE"
    assert hint(in_folder(canonical=True), "google") == for_google
    both = hint(in_folder(canonical=True), "google", "openai")
    assert both == f"{for_google}; no zip fits all targets of this call"
    loose = foreign({"README.md": b"", "demo/SKILL.md": MANIFEST})
    assert "target" not in hint(loose) + hint(loose, "google")  # either way, its folder must be packed again


@pytest.mark.parametrize(
    "files", [{"README.md": b"", "demo/SKILL.md": MANIFEST}, {"a/SKILL.md": b"", "b/x": b""}], ids=["loose", "two"]
)
def test_without_a_manifest_at_the_root_there_must_be_one_folder(files: dict[str, bytes]) -> None:
    report = skillpack.check(foreign(files), settings=Settings(targets=["google"]))
    assert "zip-several-roots" in rules(report)


def test_an_inline_skill_is_for_openai_whatever_the_target() -> None:
    data = base64.b64encode(own()).decode()
    source = {"type": "base64", "media_type": "application/zip", "data": data}
    inline = {**skillpack.pack(FILES).inline_skill(), "source": source}
    assert "zip-several-roots" in rules(skillpack.check(inline, settings=Settings(targets=["google"])))


def test_no_other_bytes_are_taken_for_those_that_skillpack_wrote() -> None:
    data = own("store")  # deflate has several streams for one content
    assert isinstance(read_zip_source(data, "", "root"), SkillTree)
    places = [(at, bit) for at in range(len(data)) for bit in (1, 0x20, 0x80)]
    mutants = [data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :] for at, bit in places]
    mutants += [data[:at] for at in range(0, len(data), 7)] + [data + b"\0", b"\0" + data]
    assert not [mutant for mutant in mutants if isinstance(read_zip_source(mutant, "", "root"), SkillTree)]


def test_every_command_that_takes_a_skill_takes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for path, content in FILES.items():
        (tmp_path / "demo" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "demo" / path).write_bytes(content)
    google = ("--target", "google")
    assert main(["zip", "demo", *google, "-o", "sent.zip"]) == 0
    assert main(["check", "sent.zip", *google, "--strict"]) == 0
    assert main(["diff", "sent.zip", "demo", *google]) == 0
    assert main(["unpack", "sent.zip", *google, "-d", "out"]) == 0
    assert {path: (tmp_path / "out/demo" / path).read_bytes() for path in FILES} == FILES
    assert main(["zip", "sent.zip", *google, "-o", "again.zip"]) == 0
    assert (tmp_path / "again.zip").read_bytes() == (tmp_path / "sent.zip").read_bytes()
    capsys.readouterr()
    assert main(["digest", "sent.zip", "demo", *google]) == 0
    assert len({line.partition(" ")[0] for line in capsys.readouterr().out.splitlines()}) == 1
    assert main(["files", "sent.zip", *google, "--output-format", "json"]) == 0
    assert [file["path"] for file in json.loads(capsys.readouterr().out)["files"]] == sorted(FILES)
    (tmp_path / "skillpack.toml").write_text('targets = ["google"]')
    assert main(["check", "--all"]) == 0
    for command in (["check"], ["files"], ["digest"], ["pack"], ["unpack", "-d", "other"]):
        assert main([*command, "sent.zip", "--target", "openai"]) == 1
        assert REFUSAL in "".join(capsys.readouterr())


@pytest.mark.parametrize("targets", [[], ["openai"], ["codex"], ["google"], ["google", "well-known"]], ids=str)
@pytest.mark.parametrize("source", ["folder", "zip"])
def test_what_is_described_is_the_zip_that_is_written_for_the_same_targets(
    source: str, targets: list[str], make_skill: MakeSkill, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    skill, zip = make_skill({"a.txt": b"text " * 50}), tmp_path / "demo.zip"
    options = [f"--target={target}" for target in targets]
    assert main(["zip", str(skill), "-o", str(zip), *options]) == 0
    described = str(zip if source == "zip" else skill)
    capsys.readouterr()
    assert main(["attest", described, *options]) == 0
    attested = json.loads(capsys.readouterr().out)["subject"][0]["digest"]
    assert main(["manifest", described, *options]) == 0
    archive = json.loads(capsys.readouterr().out)["skills"][0]["archive"]
    assert main(["digest", "-v", described, *options]) == 0
    printed = capsys.readouterr()
    hashed = hashlib.sha256(zip.read_bytes()).hexdigest()
    assert attested == {"sha256": hashed, "skillpack1": printed.out.strip().removeprefix("skillpack1:")}
    assert (archive["sha256"], archive["size"]) == (hashed, zip.stat().st_size)
    assert f"zip sha256 {hashed} ({zip.stat().st_size:,} bytes" in printed.err


@pytest.mark.parametrize("command", ["attest", "manifest"])
def test_a_zip_of_another_tool_with_skill_md_at_its_root_is_not_described(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "demo.zip").write_bytes(foreign())
    assert main([command, str(tmp_path / "demo.zip"), "--target", "google"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "is not a zip that skillpack wrote; pack it again with skillpack zip" in printed.err


@pytest.mark.parametrize("compression", ["deflate", "smallest", "store"])
def test_a_forgotten_result_in_a_skill_is_reported_as_one_in_either_layout(
    compression: Literal["deflate", "smallest", "store"],
) -> None:
    found = [finding.rule for finding in skillpack.check({**FILES, "old.zip": own(compression)})]
    assert found == ["packed-output"]
    found = [finding.rule for finding in skillpack.check({**FILES, "old.zip": foreign()})]
    assert found == ["bundle-inside"]
