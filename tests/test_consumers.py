"""A skill is checked for the consumers it is meant for, each with its own limits and layout."""

from __future__ import annotations

import io
import json
import random
import zipfile
from typing import TYPE_CHECKING, Final, get_args

import pytest

import skillpack
from skillpack import Settings, SkillTree, rules
from skillpack.archive.write import write_zip
from skillpack.cli import main
from skillpack.settings.schema import SCHEMA
from skillpack.skill.skill import Skill
from skillpack.targets import OPENAI_ONLY, TARGETS, Target, TargetName, layout_for, levels_for
from skillpack.values import replace
from tests.samples import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

HEAD: Final = b"---\nname: demo\ndescription: Makes tables. Use when asked for rows.\n---\nText.\n"
MATRIX: Final = ROOT / "tests" / "golden" / "targets.txt"


def errors(target: TargetName, files: Mapping[str, bytes], directory: str = "demo") -> list[tuple[str, str]]:
    """Return rule and message of each error of a check for one target."""
    tree = SkillTree.from_files(files, directory)
    report = skillpack.check(tree, settings=Settings(targets=(target,)))
    return [(finding.rule, finding.message) for finding in report.errors]


def with_files(count: int) -> dict[str, bytes]:
    return {"SKILL.md": HEAD, **{f"references/{number}.md": b"x\n" for number in range(count - 1)}}


def with_bytes(count: int, file_size: int = 20_000_000) -> dict[str, bytes]:
    left = count - len(HEAD)
    sizes = [min(file_size, left - done) for done in range(0, left, file_size)]
    return {"SKILL.md": HEAD, **{f"data/{number}.bin": bytes(size) for number, size in enumerate(sizes)}}


def with_depth(folders: int) -> dict[str, bytes]:
    return {"SKILL.md": HEAD, "/".join(["a"] * folders) + "/file.md": b"x\n"}


LIMITS: Final[dict[str, tuple[Callable[[int], dict[str, bytes]], Callable[[Target], int | None]]]] = {
    "files": (with_files, lambda target: target.max_files),
    "bytes": (with_bytes, lambda target: target.max_bytes),
    "depth": (with_depth, lambda target: target.max_depth),
}
# what would need more than skillpack reads, or too much memory for a test
_LARGE: Final = {("google", "bytes"), ("google", "files")}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (name, kind)
        for name, target in TARGETS.items()
        for kind, (_, limit) in LIMITS.items()
        if limit(target) is not None and (name, kind) not in _LARGE
    ],
)
def test_exactly_the_limit_of_a_target_is_accepted_and_one_more_is_reported(name: TargetName, kind: str) -> None:
    make, limit = LIMITS[kind]
    most = limit(TARGETS[name])
    assert most is not None
    settings = Settings(targets=(name,))

    def found(count: int) -> list[str]:
        report = rules.check(Skill(SkillTree.from_files(make(count), "demo")), settings)
        return [
            finding.message for finding in report if finding.rule == "target-limit" and "zip" not in finding.message
        ]

    assert found(most) == []
    [message] = found(most + 1)
    assert f"{most + 1:,} " in message
    assert f"{name} accepts {most:,}" in message


def test_a_limit_of_implementers_is_a_warning() -> None:
    tree = SkillTree.from_files(with_files(513), "demo")
    report = skillpack.check(tree, settings=Settings(targets=("mcp",)))
    assert [(finding.rule, str(finding.severity)) for finding in report] == [("target-limit", "warning")]


def test_files_that_compress_too_well_do_not_fit_google() -> None:
    padded = {"SKILL.md": HEAD, "zeros.bin": bytes(1_000_000)}
    [(rule, message)] = errors("google", padded)
    assert rule == "target-limit"
    assert "times as large as their zip; google accepts 100 times" in message
    assert errors("google", padded | {"random.bin": bytes(range(256)) * 40}) != []
    assert errors("openai", padded) == []


@pytest.mark.parametrize("target", ["anthropic-api", "claude-ai"])
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("name: claude-tables", "the name contains claude"),
        ("name: my-anthropic-tables", "the name contains anthropic"),
        ("description: Makes <Table> elements.", "the description contains <Table>, an XML tag"),
        ("description: Ends with </b>.", "the description contains </b>, an XML tag"),
        ("description: 'Reads <a href=\"x\">links</a>.'", 'the description contains <a href="x">, an XML tag'),
    ],
)
def test_what_anthropic_refuses_in_name_and_description_is_an_error_there_only(
    target: TargetName, line: str, expected: str
) -> None:
    field = line.partition(":")[0]
    other = "name: demo" if field == "description" else "description: Makes tables. Use when asked."
    name = line.partition(": ")[2] if field == "name" else "demo"
    files = {"SKILL.md": f"---\n{line}\n{other}\n---\nText.\n".encode()}
    [(rule, message)] = errors(target, files, name)
    assert (rule, message.startswith(expected)) == ("target-text", True)
    assert errors("openai", files, name) == []


@pytest.mark.parametrize("text", ["a < b and c > d", "uses -> and <-", "5 <6> 7", "a <", "x<y", "<!-- none -->"])
def test_a_single_angle_bracket_is_no_xml_tag(text: str) -> None:
    files = {"SKILL.md": f"---\nname: demo\ndescription: 'Says {text}. Use when asked.'\n---\nText.\n".encode()}
    assert errors("claude-ai", files) == []


def test_the_manifest_of_a_plugin_does_not_fit_anthropic() -> None:
    files = {"SKILL.md": HEAD, ".claude-plugin/plugin.json": b"{}"}
    assert [rule for rule, _ in errors("claude-ai", files)] == ["target-file"]
    assert errors("openai", files) == []


@pytest.mark.parametrize("target", ["anthropic-api", "claude-ai", "agentskills"])
def test_a_field_that_the_specification_does_not_have_is_an_error_where_the_target_refuses_it(
    target: TargetName,
) -> None:
    files = {"SKILL.md": HEAD.replace(b"---\nText", b"version: 1\n---\nText")}
    assert [rule for rule, _ in errors(target, files)] == ["field-unknown"]
    assert errors("openai", files) == []


def test_codex_wants_the_manifest_spelled_exactly() -> None:
    assert [rule for rule, _ in errors("codex", {"skill.md": HEAD})] == ["manifest-case"]
    assert errors("openai", {"skill.md": HEAD}) == []


def test_limits_of_openai_alone_do_not_count_for_others() -> None:
    files = with_files(501)
    assert [rule for rule, _ in errors("openai", files)] == ["too-many-files"]
    assert errors("google", files) == []
    both = skillpack.check(SkillTree.from_files(files, "demo"), settings=Settings(targets=("google", "openai")))
    assert [finding.rule for finding in both.errors] == ["too-many-files"]


def test_an_inline_skill_meets_the_limits_of_openai_whatever_else_it_is_for() -> None:
    tree = SkillTree.from_files(with_files(501), "demo")
    with pytest.raises(skillpack.RejectedError) as rejected:
        skillpack.pack(tree, settings=Settings(targets=("google",)))
    assert [finding.rule for finding in rejected.value.report.errors] == ["too-many-files"]


def test_settings_override_what_a_target_asks_for() -> None:
    tree = SkillTree.from_files({"SKILL.md": HEAD.replace(b"---\nText", b"version: 1\n---\nText")}, "demo")
    report = skillpack.check(tree, settings=Settings(targets=("agentskills",), rules={"field-unknown": "off"}))
    assert list(report) == []


def test_a_rule_is_off_only_if_it_applies_to_none_of_the_targets() -> None:
    assert levels_for(()) == {}
    assert levels_for(("openai",)) == {}
    assert levels_for(("google",)) == dict.fromkeys(OPENAI_ONLY, "off")
    assert levels_for(("google", "openai")) == {}
    assert levels_for(("google", "codex")) == dict.fromkeys(OPENAI_ONLY, "off") | {"manifest-case": "error"}


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_the_table_names_rules_that_exist_and_its_sources(target: Target) -> None:
    assert target.title
    assert target.source
    assert {id for id, _ in target.levels} | target.off <= rules.RULES.keys()
    assert not target.off & rules.HELD, "those cannot be switched off"


def test_the_names_are_the_same_everywhere() -> None:
    assert list(TARGETS) == list(get_args(TargetName)) == SCHEMA["properties"]["targets"]["items"]["enum"]


# --- the layout of a zip ----------------------------------------------------------------------------------------


def test_the_layout_of_a_zip_is_that_of_the_targets(tmp_path: Path) -> None:
    skill = str(ROOT / "fixtures/skills/csv-report")
    for name, target in TARGETS.items():
        assert main(["zip", skill, "-o", str(tmp_path / f"{name}.zip"), "--target", name, "-q"]) == 0
        names = zipfile.ZipFile(tmp_path / f"{name}.zip").namelist()
        assert ("SKILL.md" in names) == (target.layout == "root")
        assert ("csv-report/SKILL.md" in names) == (target.layout == "folder")


def test_targets_that_want_different_layouts_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert layout_for(("google", "openai")) is None
    skill = str(ROOT / "fixtures/skills/csv-report")
    assert main(["zip", skill, "-o", str(tmp_path / "x.zip"), "--target", "all"]) == 2
    assert (
        "SKILL.md is at the root of a zip for azure-agents, google and well-known, and in a folder for openai"
        in capsys.readouterr().err
    )
    assert [*tmp_path.iterdir()] == []


def test_a_zip_without_a_top_folder_has_the_same_files() -> None:
    tree = SkillTree.from_files({"SKILL.md": HEAD, "scripts/a.py": b"#!/usr/bin/env python3\n"}, "demo")
    folder, root = (zipfile.ZipFile(io.BytesIO(write_zip(tree, "demo", layout=each))) for each in ("folder", "root"))
    assert [f"demo/{name}" for name in root.namelist()] == folder.namelist()
    assert [root.read(name) for name in root.namelist()] == [folder.read(name) for name in folder.namelist()]
    assert [each.external_attr for each in root.infolist()] == [each.external_attr for each in folder.infolist()]


# --- the matrix -------------------------------------------------------------------------------------------------


def matrix() -> str:
    """Return for every fixture that is a skill, on a line of its own, which rules it breaks for which targets."""
    roots = sorted(path.parent for path in (ROOT / "fixtures").rglob("SKILL.md"))
    lines = []
    for root in roots:
        tree = skillpack.Builder().walk(root)
        reports = rules.check_targets(
            Skill.from_tree(tree), rules.check(Skill.from_tree(tree), Settings()), Settings(), TARGETS
        )
        found = {name: {finding.rule for finding in report.errors} for name, report in reports.items()}
        common = set.intersection(*found.values())
        cells = {"every target": common} | {name: broken - common for name, broken in found.items()}
        told = "; ".join(f"{name}: {', '.join(sorted(broken))}" for name, broken in cells.items() if broken)
        lines.append(f"{root.relative_to(ROOT / 'fixtures').as_posix()}  {told or 'fits every target'}\n")
    return "".join(lines)


def test_the_matrix_of_all_fixtures_and_targets_is_the_recorded_one() -> None:
    assert matrix() == MATRIX.read_text("utf-8")


@pytest.mark.parametrize("name", TARGETS)
def test_the_matrix_finds_what_a_check_for_the_target_alone_finds(name: TargetName) -> None:
    trees = [SkillTree.from_files(with_files(count), "other") for count in (3, 501, 513)]
    trees.append(SkillTree.from_files({"skill.md": HEAD.replace(b"Makes", b"<b>"), "a/SKILL.md": HEAD}, "demo"))
    trees.append(SkillTree.from_files({"a.md": b""}, "demo"))
    for tree in trees:
        [report] = rules.check_targets(Skill(tree), rules.check(Skill(tree), Settings()), Settings(), [name]).values()
        assert set(report) == set(rules.check(Skill(tree), Settings(targets=(name,))))


def test_the_command_prints_why_a_skill_does_not_fit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "demo"
    root.mkdir()
    (root / "SKILL.md").write_bytes(HEAD.replace(b"Makes tables", b"Makes <b>tables</b>"))
    assert main(["targets", str(root), "--target", "openai", "--target", "claude-ai"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[1:3]] == [["openai", "fits"], ["claude-ai", "does"]]
    assert lines[3].strip().startswith("SKILL.md:3: the description contains <b>, an XML tag")
    assert main(["targets", str(root), "--output-format", "json"]) == 0
    [skill] = json.loads(capsys.readouterr().out)["skills"]
    assert {name for name, found in skill["targets"].items() if not found["fits"]} == {"anthropic-api", "claude-ai"}


def test_every_fact_of_the_table_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["targets"]) == 0
    said = capsys.readouterr().out
    assert all(target.title in said and f"source: {target.source}" in said for target in TARGETS.values())
    assert main(["targets", "--output-format", "json"]) == 0
    listed = json.loads(capsys.readouterr().out)["targets"]
    assert [each["name"] for each in listed] == list(TARGETS)


# --- the size of the zip ----------------------------------------------------------------------------------------


@pytest.fixture
def noise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A skill whose zip has over 2,000 bytes, where OpenAI's API accepts 1,000, and mcp 1,500."""
    root = tmp_path / "demo"
    root.mkdir()
    (root / "SKILL.md").write_bytes(HEAD)
    (root / "noise.bin").write_bytes(random.Random(0).randbytes(2_000))
    limits: dict[TargetName, int] = {"openai": 1_000, "azure-openai": 1_000, "mcp": 1_500}
    for name, most in limits.items():
        monkeypatch.setitem(TARGETS, name, TARGETS[name]._replace(max_zip_bytes=most))
    return root


LIMITED: Final = {"openai", "azure-openai", "mcp"}


def test_a_skill_whose_zip_is_too_large_fits_no_target_that_limits_its_zip(
    noise: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["targets", str(noise), "--output-format", "json"]) == 0
    [skill] = json.loads(capsys.readouterr().out)["skills"]
    assert {name for name, found in skill["targets"].items() if "zip-too-large" in json.dumps(found)} == LIMITED


@pytest.mark.parametrize("name", TARGETS)
def test_a_check_for_a_target_finds_of_the_zip_what_the_matrix_finds(
    noise: Path, capsys: pytest.CaptureFixture[str], name: TargetName
) -> None:
    assert main(["targets", str(noise), "--target", name, "--output-format", "json"]) == 0
    [skill] = json.loads(capsys.readouterr().out)["skills"]
    assert main(["check", str(noise), "--target", name, "--output-format", "json"]) == (name in LIMITED)
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert skill["targets"][name]["findings"] == findings
    assert any(finding["rule"] == "zip-too-large" for finding in findings) == (name in LIMITED)


def test_of_several_targets_the_smallest_zip_counts(noise: Path) -> None:
    settings = Settings(targets=("mcp", "google"))
    [finding] = skillpack.check(noise, settings=settings).errors
    assert finding.message.endswith("over the API's 2,000")
    [finding] = skillpack.check(noise, settings=replace(settings, targets=("mcp", "openai"))).errors
    assert finding.message.endswith("over the API's 1,332")


def test_a_zip_for_a_target_without_a_limit_is_written_whole_and_an_inline_skill_is_not(
    noise: Path, tmp_path: Path
) -> None:
    result = tmp_path / "demo.zip"
    assert main(["zip", str(noise), "--target", "google", "-o", str(result), "-q"]) == 0
    assert zipfile.ZipFile(result).read("noise.bin") == (noise / "noise.bin").read_bytes()
    assert main(["zip", str(noise), "-o", str(tmp_path / "none.zip"), "-q"]) == 1
    assert main(["pack", str(noise), "--target", "google", "-o", str(tmp_path / "none.json"), "-q"]) == 1
    assert not (tmp_path / "none.zip").exists()
    assert not (tmp_path / "none.json").exists()


def test_each_limit_of_a_zip_is_printed_with_its_target(capsys: pytest.CaptureFixture[str]) -> None:
    for name, target in TARGETS.items():
        assert main(["targets", "--target", name]) == 0
        printed = capsys.readouterr().out
        assert ("bytes of zip" in printed) == (target.max_zip_bytes is not None)


if __name__ == "__main__":  # python -m tests.test_consumers writes the matrix
    MATRIX.write_text(matrix(), "utf-8")
