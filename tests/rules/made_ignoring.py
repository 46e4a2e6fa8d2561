"""Skills with ignore files: in git they would be rules for this repository."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from skillpack.api import Builder
from skillpack.findings import Issue, Location
from skillpack.rules import OptionPatterns
from tests.conftest import MANIFEST
from tests.rules.made import Case, made

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def _skill(root: Path, files: Mapping[str, str]) -> Path:
    for path, content in {"SKILL.md": MANIFEST.decode(), "references/notes.md": "notes\n", **files}.items():
        root.joinpath(path).parent.mkdir(parents=True, exist_ok=True)
        root.joinpath(path).write_text(content, "utf-8")
    return root


def _pair(tmp_path: Path, bad: Mapping[str, str], good: Mapping[str, str], expected: str) -> Case:
    return Case(_skill(tmp_path / "bad", bad), _skill(tmp_path / "good", good), expected)


@made
def ignore_hits_manifest(tmp_path: Path) -> Case:
    return _pair(
        tmp_path,
        {".gitignore": "*.md\n"},
        {".gitignore": "*.md\n!/SKILL.md\n"},
        "bad/.gitignore:1:1: warning[ignore-hits-manifest]: "
        ".gitignore:1 (*.md) matches SKILL.md, which is packed anyway",
    )


@made
def ignore_hits_tracked(tmp_path: Path) -> Case:
    root = _skill(tmp_path / "bad", {".gitignore": "build/\n", "build/tool.js": ""})
    builder, tracked = Builder(), ("SKILL.md", "build/tool.js")
    return Case(
        builder.check(builder.walk(root, tracked)),
        builder.check(builder.walk(root, ("SKILL.md",))),
        f"{root}/build/tool.js: warning[ignore-hits-tracked]: git tracks this, but .gitignore:1 (build/) excludes it",
    )


@made
def ignore_malformed_line(tmp_path: Path) -> Case:
    return _pair(
        tmp_path,
        {".gitignore": "*.log\nnotes[1.txt\n!\n./build/\n[[:word:]]\ntrailing\\\na//b\n"},
        {".gitignore": "*.log\nnotes\\[1.txt\n/build/\n[[:alpha:]]1\n# [\n"},
        "bad/.gitignore:2:1: warning[ignore-malformed-line]: the line never matches: a bracket does not end\n"
        "bad/.gitignore:3:1: warning[ignore-malformed-line]: "
        "the line never matches: its pattern is empty\n"
        "bad/.gitignore:4:1: warning[ignore-malformed-line]: "
        "the line never matches: no path has a part . or ..\n"
        "bad/.gitignore:5:1: warning[ignore-malformed-line]: "
        "the line never matches: there is no character class of this name\n"
        "bad/.gitignore:6:1: warning[ignore-malformed-line]: "
        "the line never matches: it ends in a backslash that escapes nothing\n"
        "bad/.gitignore:7:1: warning[ignore-malformed-line]: the line never matches: no path has two slashes in a row",
    )


@made
def ignore_dead_negation(tmp_path: Path) -> Case:
    return _pair(
        tmp_path,
        {".gitignore": "build/\n!build/tool.js\n", "build/tool.js": ""},
        {".gitignore": "build/*\n!build/tool.js\n", "build/tool.js": "", "build/other.js": ""},
        "bad/.gitignore:2:1: warning[ignore-dead-negation]: "
        "the line has no effect: .gitignore:1 (build/) excludes the whole folder build/",
    )


@made
def ignore_unmatched_option(_tmp_path: Path) -> Case:
    return Case(
        OptionPatterns(("draft/", "!kept"), (("draft/", "!kept"), ("draft/",))),
        OptionPatterns(("draft/",), (("draft/",), ())),
        "error[ignore-unmatched-option]: --exclude draft/ matches nothing",
    )


@made
def skill_is_ignored(tmp_path: Path) -> Case:
    tmp_path.joinpath(".git").mkdir()
    tmp_path.joinpath(".gitignore").write_text("b*/\n")
    return _pair(
        tmp_path, {}, {}, "bad: warning[skill-is-ignored]: ../.gitignore:1 (b*/) matches bad/, which contains the skill"
    )


@made
def ignore_file_invalid(tmp_path: Path) -> Case:
    case = _pair(
        tmp_path,
        {"patterns": "*.log\n", "references/.gitignore": "\ufeff*.log\n"},
        {".gitignore": "*.log\n"},
        "bad/.gitignore: warning[ignore-file-invalid]: it is a symlink: git skips it\n"
        "bad/references/.gitignore: warning[ignore-file-invalid]: it starts with a byte order mark",
    )
    tmp_path.joinpath("bad/.gitignore").symlink_to("patterns")
    return case


@made
def settings_not_yours(tmp_path: Path) -> Case:
    root = _skill(tmp_path / "bad", {})
    tree = Builder().walk(root.relative_to(tmp_path))
    message = "the file belongs to mallory (uid 1234): it excludes, but its negations have no effect"
    issue = Issue("settings-not-yours", Location("../.gitignore"), message)
    bad = replace(tree, selection=replace(tree.selection, notes=(issue,)))
    return Case(bad, tree, f"bad/../.gitignore: note[settings-not-yours]: {message}")


@made
def ignore_too_costly(tmp_path: Path) -> Case:
    return _pair(
        tmp_path,
        {".gitignore": "".join(f"cache/**/a*b*{number}\n" for number in range(1_500))},
        {".gitignore": "".join(f"cache/a{number}\n*.a{number}\n" for number in range(1_500))},
        "bad/.gitignore: error[ignore-too-costly]: over 20,000 patterns, one with wildcards by its characters",
    )


@made
def reference_left_out(tmp_path: Path) -> Case:
    page = "[the data](../build/data.json)\n"
    files = {".gitignore": "build/\n", "build/data.json": "{}", "references/data.md": page}
    return _pair(
        tmp_path,
        files,
        {**files, ".skillignore": "!/build/\n"},
        "bad/references/data.md:1:12: error[reference-left-out]: "
        "build/data.json is excluded from the bundle by .gitignore:1 (build/)",
    )


@made
def path_left_out(tmp_path: Path) -> Case:
    files = {".gitignore": "*.min.js\n", "scripts/a.min.js": "", "references/data.md": "Run `scripts/a.min.js`.\n"}
    return _pair(
        tmp_path,
        files,
        {**files, ".skillignore": "!*.min.js\n"},
        "bad/references/data.md:1:6: warning[path-left-out]: "
        "scripts/a.min.js is excluded from the bundle by .gitignore:1 (*.min.js)",
    )


@made
def only_the_manifest(tmp_path: Path) -> Case:
    return _pair(
        tmp_path,
        {".gitignore": "*\n"},
        {".gitignore": "*.log\n", "a.log": ""},
        "bad/SKILL.md: warning[only-the-manifest]: SKILL.md is packed alone; excluded: references/",
    )
