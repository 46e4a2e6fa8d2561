"""Cases for the rules on what a target requires."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skillpack import Settings, SkillTree, check, write_zip
from tests.rules.made import Case, made

if TYPE_CHECKING:
    from pathlib import Path

    from skillpack.findings import Report

HEAD = b"---\nname: demo\ndescription: Makes tables. Use when asked for rows.\n---\nText.\n"


def checked(files: dict[str, bytes]) -> Report:
    return check(SkillTree.from_files({"SKILL.md": HEAD} | files, "demo"), settings=Settings(targets=("claude-ai",)))


@made
def target_limit(_tmp_path: Path) -> Case:
    files = {f"references/{number}.md": b"x\n" for number in range(200)}
    good = dict(list(files.items())[1:])
    return Case(
        checked(files), checked(good), "demo: error[target-limit]: the skill has 201 files; claude-ai accepts 200"
    )


@made
def target_text(_tmp_path: Path) -> Case:
    return Case(
        checked({"SKILL.md": HEAD.replace(b"tables", b"<Table>")}),
        checked({}),
        "demo/SKILL.md:3:20: error[target-text]: the description contains <Table>, an XML tag, which claude-ai refuses",
    )


@made
def target_file(_tmp_path: Path) -> Case:
    return Case(
        checked({".claude-plugin/plugin.json": b"{}"}),
        checked({"plugin.json": b"{}"}),
        "demo/.claude-plugin/plugin.json: error[target-file]: the skill has the manifest of a plugin, "
        "which claude-ai refuses",
    )


@made
def target_layout(_tmp_path: Path) -> Case:
    tree = SkillTree.from_files({"SKILL.md": HEAD}, "tables")
    settings = Settings(targets=("google",))
    return Case(
        check(write_zip(tree, "tables"), settings=settings),
        check(write_zip(tree, "tables", layout="root"), settings=settings),
        "tables/SKILL.md at byte 0: error[target-layout]: SKILL.md is in a folder of the zip; "
        "google wants it at the root",
    )
