"""The limits, each at its last allowed value and one past it, with their messages."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from skillpack import Builder, RejectedError, Report, Settings, SkillTree, check, limits, pack
from skillpack.archive.records import upper_bound
from skillpack.limits import (
    DOCUMENTED_ZIP_BYTES,
    MAX_BASE64_CHARS,
    MAX_FILE_BYTES,
    MAX_FILES,
    MAX_ZIP_BYTES,
    NOTED_FILE_BYTES,
)
from skillpack.rules import Packed, weigh
from skillpack.skill.digest import Fingerprint
from skillpack.skill.skill import Skill
from skillpack.skill.tree import SkillFile
from tests.conftest import MANIFEST, MakeSkill, make_tree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from skillpack.targets import TargetName

ROOT: Final = Path(__file__).parent.parent
MIB: Final = 1 << 20


def test_the_derived_numbers_are_what_they_are_derived_from() -> None:
    assert MAX_BASE64_CHARS == 70_254_592
    assert MAX_ZIP_BYTES == 52_690_944 == 50 * MIB + 256 * 1024
    assert (MAX_ZIP_BYTES + 2) // 3 * 4 == MAX_BASE64_CHARS
    assert (MAX_ZIP_BYTES + 1 + 2) // 3 * 4 > MAX_BASE64_CHARS


def write_skill_of(root: Path, zip_bytes: int) -> Path:
    """Write a skill whose stored zip has exactly this many bytes; its files are sparse, so it takes no time."""
    root.mkdir()
    sizes = {"film.bin": 25_000_000, "maps.bin": 20_000_000, "rest.bin": 0}
    contents = {"SKILL.md": MANIFEST} | dict.fromkeys(sizes, b"")
    frame = upper_bound(SkillTree.from_files(contents, "demo"), "demo")
    sizes["rest.bin"] = zip_bytes - frame - sum(sizes.values())
    (root / "SKILL.md").write_bytes(MANIFEST)
    for path, size in sizes.items():
        (root / path).touch()
        os.truncate(root / path, size)
    return root


def run(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command: Sequence[str | Path] = [sys.executable, "-m", "skillpack", *arguments]
    return subprocess.run(command, capture_output=True, check=False, env=environment)


def test_a_zip_of_the_largest_size_gives_exactly_the_largest_body(tmp_path: Path) -> None:
    root = write_skill_of(tmp_path / "demo", MAX_ZIP_BYTES)
    bundle = Builder(Settings(compression="store")).pack(root)
    assert len(bundle.zip) == MAX_ZIP_BYTES
    assert len(bundle.inline_skill()["source"]["data"]) == MAX_BASE64_CHARS
    assert [finding.rule for finding in bundle.report] == ["total-over-documented", "zip-over-documented"]


@pytest.mark.parametrize(
    ("targets", "size", "rules"),
    [
        (("openai",), DOCUMENTED_ZIP_BYTES, []),
        (("openai",), MAX_ZIP_BYTES, ["zip-over-documented"]),
        (("openai",), MAX_ZIP_BYTES + 1, ["zip-too-large"]),
        (("codex", "azure-openai"), MAX_ZIP_BYTES + 1, ["zip-too-large"]),
        (("codex",), DOCUMENTED_ZIP_BYTES, []),
        (("codex",), MAX_ZIP_BYTES, ["zip-over-documented"]),
        (("codex",), MAX_ZIP_BYTES + 1, ["zip-over-documented"]),
    ],
)
def test_a_zip_over_the_size_of_the_guide_is_reported_up_to_the_limit_of_its_targets(
    targets: tuple[TargetName, ...], size: int, rules: list[str]
) -> None:
    settings = Settings(targets=targets, rules={"zip-over-documented": "warning"})
    packed = Packed(Skill.from_tree(make_tree()), size, (("SKILL.md", size),))
    assert [finding.rule for finding in weigh(packed, settings)] == rules


def test_a_zip_over_the_limit_of_others_is_replaced_in_its_skill(tmp_path: Path) -> None:
    root = write_skill_of(tmp_path / "demo", MAX_ZIP_BYTES + 1)
    for _ in range(2):
        done = run("zip", root, "--compression", "store", "--target", "codex", "-o", root / "x.zip")
        assert done.returncode == 0, done.stderr
    assert (root / "x.zip").stat().st_size == MAX_ZIP_BYTES + 1


def test_the_command_line_writes_the_largest_body_whole(tmp_path: Path) -> None:
    root = write_skill_of(tmp_path / "demo", MAX_ZIP_BYTES)
    done = run("pack", root, "--compression", "store", "-o", tmp_path / "body.json")
    assert done.returncode == 0, done.stderr
    body = json.loads((tmp_path / "body.json").read_bytes())
    assert len(body["source"]["data"]) == MAX_BASE64_CHARS


@pytest.mark.parametrize("command", [["pack"], ["container", "--name", "c"], ["shell"], ["zip"], ["check"]])
def test_one_byte_more_is_refused_and_nothing_is_written(command: list[str], tmp_path: Path) -> None:
    root = write_skill_of(tmp_path / "demo", MAX_ZIP_BYTES + 1)
    old = tmp_path / "old.json"
    old.write_bytes(b"what was there")
    output: list[str | Path] = [] if command == ["check"] else ["-o", old]
    done = run(*command, root, "--compression", "store", *output)
    said = (done.stdout + done.stderr).decode()
    assert done.returncode == 1
    assert old.read_bytes() == b"what was there"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["demo", "old.json"]
    assert len(said.splitlines()) < 30
    assert "zip-too-large" in said
    for part in ("52,690,945 bytes", "70,254,596 characters", "4 over", "API's 70,254,592", "film.bin (25,0"):
        assert part in said
    if command != ["check"]:
        assert done.stdout == b""


def test_the_message_names_the_five_largest_and_no_more(tmp_path: Path) -> None:
    tree = make_tree({f"{number}.bin": bytes(5 * MIB + number) for number in range(11)})
    with pytest.raises(RejectedError) as caught:
        Builder(Settings(compression="store")).pack(tree)
    (finding,) = caught.value.report.errors
    assert finding.hint is not None
    for number in (10, 9, 8, 7, 6):
        assert f"{number}.bin (5,24" in finding.hint
    assert " 5.bin" not in finding.hint
    assert caught.value.report == Builder(Settings(compression="store")).check(tree)


def test_what_compresses_below_the_limit_passes() -> None:
    tree = make_tree({f"{number}.bin": bytes(5 * MIB) for number in range(11)})
    assert len(pack(tree).zip) < MIB
    assert check(tree).ok


def rules_of(report: Report) -> list[str]:
    return [finding.rule for finding in report]


@pytest.mark.parametrize(("count", "rules"), [(MAX_FILES, []), (MAX_FILES + 1, ["too-many-files"])])
def test_five_hundred_files_pass_and_one_more_does_not(count: int, rules: list[str]) -> None:
    report = check(make_tree({f"{number}.txt": b"" for number in range(count - 1)}))
    assert rules_of(report) == rules
    if rules:
        assert "501 files" in report.findings[0].message
        assert "OpenAI's guide" in report.findings[0].message


def test_no_file_is_read_where_there_are_far_too_many() -> None:
    class Untouchable:
        def read(self) -> bytes:
            raise AssertionError("read")

        fingerprint = Fingerprint.from_content(b"")

    many = [SkillFile(f"a/{number}", 1, Untouchable()) for number in range(5000)]
    tree = SkillTree((*make_tree().files, *many), "demo", "demo")
    (finding,) = check(tree).errors
    assert finding.message.endswith("over the 500 of OpenAI's guide; their content was not checked")
    with pytest.raises(AssertionError):
        Builder(Settings(rules={"too-many-files": "warning"})).check(tree)


@pytest.mark.parametrize(
    ("size", "rules"),
    [
        (NOTED_FILE_BYTES - 200, []),
        (NOTED_FILE_BYTES, ["total-over-documented"]),
        (NOTED_FILE_BYTES + 1, ["file-over-documented"]),
        (MAX_FILE_BYTES, ["file-over-documented"]),
        (MAX_FILE_BYTES + 1, ["file-too-large"]),
    ],
)
def test_a_file_of_25_mib_passes_and_one_byte_more_does_not(size: int, rules: list[str], make_skill: MakeSkill) -> None:
    root = make_skill({"film.bin": b""})
    os.truncate(root / "film.bin", size)
    report = check(root)
    assert rules_of(report) == rules
    assert all("OpenAI's guide" in finding.message for finding in report)


def test_a_file_that_is_too_large_is_refused_before_it_is_read(make_skill: MakeSkill) -> None:
    root = make_skill({"film.bin": b""})
    os.truncate(root / "film.bin", 1 << 40)  # a TiB of nothing: no memory holds it
    assert rules_of(check(root)) == ["file-too-large"]
    done = run("digest", root)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"file-too-large" in done.stderr


@pytest.mark.parametrize("second", ["docs/SKILL.md", "docs/skill.md", "a/b/c/Skill.MD"])
def test_a_second_manifest_is_refused_at_any_depth_in_any_case(second: str) -> None:
    report = check(make_tree({second: b"text"}))
    assert rules_of(report) == ["manifest-duplicate"]
    assert report.findings[0].location.path == second


def test_the_page_of_limits_is_written_from_the_limits() -> None:
    written = (ROOT / "docs" / "reference" / "limits.md").read_text("utf-8")
    assert written == runpy.run_path(str(ROOT / "docs" / "generate_limits.py"))["render"](), (
        "run python docs/generate_limits.py"
    )


def test_every_limit_has_a_sentence_with_its_source_on_the_page() -> None:
    page = (ROOT / "docs" / "reference" / "limits.md").read_text("utf-8")
    names = [name for name in vars(limits) if name.isupper()]
    assert len(names) > 20
    for name in names:
        assert f"| `{name}` | " in page
