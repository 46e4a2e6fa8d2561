"""docs/how-to/refused.md has each known text of a refusal, and a rule that reports its cause before the request."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

import skillpack
from skillpack import Settings
from tests.conftest import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from skillpack.targets import TargetName

PAGE: Final = (Path(__file__).parents[1] / "docs/how-to/refused.md").read_text(encoding="utf-8")
ROWS: Final = [[cell.strip() for cell in row.split(" | ")] for row in PAGE.splitlines() if row.startswith("| ")]
ANTHROPIC: Final[list[TargetName]] = ["anthropic-api", "claude-ai"]


def zip_of(files: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as opened:
        for path, content in files.items():
            opened.writestr(path, content)
    return file.getvalue()


def skill(**fields: str) -> bytes:
    stated = {"name": "demo", "description": "Shows a demo. Use when asked for one.", **fields}
    return "\n".join(["---", *(f"{key}: {value}" for key, value in stated.items()), "---", "Do it.", ""]).encode()


INLINE: Final = skillpack.pack({"SKILL.md": MANIFEST}).inline_skill()

# text -> what is refused with it, the targets, and the rule
CAUSES: Final[dict[str, tuple[Any, list[TargetName], str]]] = {
    "Inline skill name/description must match the values in SKILL.md/Skills.md front matter.": (
        {**INLINE, "description": "Another one."},
        ["openai"],
        "payload-name-mismatch",
    ),
    "All files must be under a single top-level directory": (
        zip_of({"SKILL.md": MANIFEST}),
        ["openai"],
        "zip-several-roots",
    ),
    "SKILL.md file must be exactly in the top-level folder.": (
        zip_of({"SKILL.md": MANIFEST}),
        ANTHROPIC,
        "zip-several-roots",
    ),
    "SKILL.md file must be in the top-level folder, not nested deeper.": (
        zip_of({"skills/demo/SKILL.md": MANIFEST}),
        ANTHROPIC,
        "manifest-missing",
    ),
    "Zip must contain exactly one top-level folder. Currently there are 2.": (
        zip_of({"demo/SKILL.md": MANIFEST, "other/SKILL.md": MANIFEST}),
        ANTHROPIC,
        "zip-several-roots",
    ),
    "Zip must contain exactly one SKILL.md file. Currently there are N.": (
        {"SKILL.md": MANIFEST, "inner/skill.md": MANIFEST},
        ANTHROPIC,
        "manifest-duplicate",
    ),
    "The folder name 'skills' must match the skill name 'my-skill' in SKILL.md.": (
        zip_of({"skills/SKILL.md": skill(name="my-skill")}),
        ANTHROPIC,
        "name-not-directory",
    ),
    "Skill contains path with invalid characters": (
        {"SKILL.md": MANIFEST, "a?.txt": b""},
        ANTHROPIC,
        "path-not-portable",
    ),
    "unexpected key in SKILL.md frontmatter: properties must be in": (
        {"SKILL.md": skill(version="2")},
        ANTHROPIC,
        "field-unknown",
    ),
    "SKILL.md description cannot contain XML tags": (
        {"SKILL.md": skill(description="Shows a <file>. Use when asked.")},
        ANTHROPIC,
        "target-text",
    ),
    "Skill name in SKILL.md cannot contain the reserved word 'claude'.": (
        {"SKILL.md": skill(name="claude-helper")},
        ANTHROPIC,
        "target-text",
    ),
    "A skill cannot contain a plugin manifest (.claude-plugin/plugin.json).": (
        {"SKILL.md": MANIFEST, ".claude-plugin/plugin.json": b"{}"},
        ANTHROPIC,
        "target-file",
    ),
    "Zip file uncompressed size exceeds 30MB": (
        {"SKILL.md": MANIFEST, "a": bytes(16 << 20), "b": bytes(16 << 20)},
        ANTHROPIC,
        "target-limit",
    ),
    "Zip contains too many files (maximum 200)": (
        {"SKILL.md": MANIFEST, **{f"files/{number}.txt": b"" for number in range(200)}},
        ["claude-ai"],
        "target-limit",
    ),
}


def row_of(text: str) -> list[str]:
    (row,) = [row for row in ROWS if row[0].startswith(f"| `{text}`")]
    return row


@pytest.mark.parametrize("text", CAUSES)
def test_each_text_is_on_the_page_with_its_cause_its_fix_and_the_rule_that_reports_it(text: str) -> None:
    source, targets, rule = CAUSES[text]
    _, cause, fix, rules = row_of(text)
    assert cause
    assert fix
    assert f"[{rule}](../reference/rules/{rule}.md)" in rules
    for target in targets:
        report = skillpack.check(source, settings=Settings(targets=[target]))
        assert rule in {finding.rule for finding in report}, (target, report.findings)


def test_the_sound_skill_has_none_of_these_findings() -> None:
    for target in ("openai", *ANTHROPIC):
        report = skillpack.check({"SKILL.md": MANIFEST}, settings=Settings(targets=[target]))
        assert not {finding.rule for finding in report} & {rule for _, _, rule in CAUSES.values()}


def test_the_text_of_the_javascript_client_is_on_the_page() -> None:
    _, _, fix = row_of("shellTool inline skill source.mediaType must be application/zip")
    assert "skillpack shell --shape agents-js" in fix


def test_no_text_is_on_the_page_that_no_test_has() -> None:
    known = (*CAUSES, "shellTool", "Missing required parameter", "Tool 'shell' is not supported with")
    texts = [row[0].removeprefix("| `") for row in ROWS if row[0].startswith("| `")]
    assert [text for text in texts if not text.startswith(known)] == []
