"""The table of layers in docs/explanation/ignore-rules.md, one test a cell."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path
from shlex import quote, split
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillpack.api import Builder
from skillpack.cli import main
from skillpack.select.defaults import GROUPS, Group, default
from skillpack.select.explain import remedy
from skillpack.select.layers import ALWAYS_OUT
from skillpack.select.walk import walk
from skillpack.settings import Settings
from skillpack.skill.decisions import Layer
from skillpack.sources.directory import Directory
from skillpack.text import escaped
from tests.bounds import processor_time
from tests.conftest import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Callable

    from skillpack.findings import Issue
    from skillpack.skill.tree import SkillTree
    from tests.conftest import MakeSkill

REPOSITORY = Path(__file__).parent.parent


def included(root: Path, **settings: Any) -> list[str]:
    return [file.path for file in tree_of(root, **settings).files if file.path != "SKILL.md"]


def tree_of(root: Path, **settings: Any) -> SkillTree:
    return Builder(Settings(**settings)).walk(root)


def dead(root: Path) -> list[Issue]:
    return [issue for issue in tree_of(root).selection.notes if issue.rule_id == "ignore-dead-negation"]


@pytest.mark.parametrize("name", sorted(ALWAYS_OUT))
def test_always_out_excludes_files_and_folders_of_that_name(make_skill: MakeSkill, name: str) -> None:
    root = make_skill({f"a/{name}/config": "", "b.txt": ""})
    root.joinpath(name).write_text("")
    assert included(root, default_excludes=False) == ["b.txt"]


def test_always_out_cannot_be_included_again(make_skill: MakeSkill) -> None:
    root = make_skill({".git/config": "", ".skillignore": "!.git/\n!.skillignore\n"})
    tree = tree_of(root, include=(".git/", ".git/config", ".skillignore"))
    assert [file.path for file in tree.files] == ["SKILL.md"]
    assert tree.selection.unmatched == ("!.git/config",)


def test_what_the_call_writes_is_always_out(make_skill: MakeSkill) -> None:
    root = make_skill({"out.zip": "old", "a.txt": ""})
    tree = walk(Directory(root), Settings(include=("out.zip",)), never=(root / "out.zip",))
    assert [file.path for file in tree.files] == ["SKILL.md", "a.txt"]
    assert [(entry.path, entry.decision.layer) for entry in tree.selection.excluded] == [("out.zip", Layer.ALWAYS)]


def test_a_link_to_what_the_call_writes_is_out_as_well(make_skill: MakeSkill, tmp_path: Path) -> None:
    root = make_skill({"out.zip": "old"})
    root.joinpath("link").symlink_to("out.zip")
    tree = walk(Directory(root), Settings(), never=(tmp_path / "demo" / "out.zip",))
    assert [file.path for file in tree.files] == ["SKILL.md"]


def test_what_a_killed_run_left_is_always_out(make_skill: MakeSkill) -> None:
    assert included(make_skill({".skillpack-x1.tmp": "", ".skillpack.txt": ""})) == [".skillpack.txt"]


@pytest.mark.parametrize("where", ["option", "skillignore", "gitignore"])
def test_the_manifest_is_always_in_and_the_rule_that_names_it_is_told(make_skill: MakeSkill, where: str) -> None:
    root = make_skill({} if where == "option" else {f".{where}": "*\n"})
    tree = tree_of(root, exclude=("*",) if where == "option" else ())
    assert [file.path for file in tree.files] == ["SKILL.md"]
    assert [(entry.path, entry.decision.layer) for entry in tree.selection.protected] == [("SKILL.md", where)]


def test_a_manifest_in_a_folder_has_no_such_right(make_skill: MakeSkill) -> None:
    assert included(make_skill({"a/SKILL.md": "", ".gitignore": "SKILL.md\n"})) == []


def test_options_exclude(make_skill: MakeSkill) -> None:
    assert included(make_skill({"a.txt": "", "b.txt": ""}), exclude=("a.*",)) == ["b.txt"]


@pytest.mark.parametrize("file", [".skillignore", ".gitignore"])
def test_options_include_what_files_exclude(make_skill: MakeSkill, file: str) -> None:
    assert included(make_skill({"a.txt": "", "b.txt": "", file: "*.txt\n"}), include=("a.txt",)) == ["a.txt"]


def test_options_include_what_the_defaults_exclude(make_skill: MakeSkill) -> None:
    assert included(make_skill({".env": "", "x.pyc": ""}), include=(".env",)) == [".env"]


def test_the_last_option_wins(make_skill: MakeSkill) -> None:
    root = make_skill({"a/b": "", "a/c": "", "a/d": ""})
    assert included(root, exclude=("a/*", "!a/b", "!a/c", "a/c")) == ["a/b"]
    assert included(root, exclude=("a/*",), include=("a/c",)) == ["a/c"]


def test_options_are_anchored_as_in_a_gitignore_at_the_root(make_skill: MakeSkill) -> None:
    root = make_skill({"a/b": "", "c/a/b": "", "c/d": ""})
    assert included(root, exclude=("a/b",)) == ["c/a/b", "c/d"]
    assert included(root, exclude=("a/",)) == ["c/d"]


def test_an_include_reopens_the_folders_of_its_literal_prefix(make_skill: MakeSkill) -> None:
    files = {"dist/sub/app.js": "", "dist/sub/app.css": "", "dist/other.js": "", ".gitignore": "dist/\n"}
    root = make_skill(files)
    assert included(root, include=("dist/sub/app.js",)) == ["dist/sub/app.js"]
    assert included(root, include=("dist/sub/",)) == ["dist/sub/app.css", "dist/sub/app.js"]
    assert included(root, include=("dist/*.js",)) == ["dist/other.js"]
    assert included(root, include=("*.js",)) == []


def test_an_exclude_behind_the_include_closes_the_folder_again(make_skill: MakeSkill) -> None:
    assert included(make_skill({"a/b": ""}), exclude=("!a/b", "a/")) == []


def test_the_ignore_files_of_a_reopened_folder_do_not_count(make_skill: MakeSkill) -> None:
    root = make_skill({"dist/a": "", "dist/.skillignore": "!b\n", "dist/b": "", ".gitignore": "dist/\n"})
    assert included(root, include=("dist/a",)) == ["dist/a"]


def test_patterns_that_match_nothing_are_told_those_that_match_are_not(make_skill: MakeSkill) -> None:
    root = make_skill({"a.txt": "", "dist/x/y": "", ".gitignore": "dist/\n"})
    tree = tree_of(root, exclude=("a.txt", "b.txt", "dist/x/"), include=("c.txt",))
    assert tree.selection.unmatched == ("b.txt", "!c.txt")


def test_skillignore_excludes_nested_ones_too(make_skill: MakeSkill) -> None:
    root = make_skill({"a": "", "d/a": "", "d/b": "", ".skillignore": "/a\n", "d/.skillignore": "b\n"})
    assert included(root) == ["d/a"]


def test_skillignore_includes_what_gitignore_and_the_defaults_exclude(make_skill: MakeSkill) -> None:
    root = make_skill({".env": "", "a.log": "", ".gitignore": "*.log\n", ".skillignore": "!.env\n!a.log\n"})
    assert included(root) == [".env", "a.log"]


def test_skillignore_counts_without_gitignore(make_skill: MakeSkill) -> None:
    root = make_skill({"a": "", "b": "", ".skillignore": "a\n", ".gitignore": "b\n"})
    assert included(root, gitignore=False) == ["b"]


def test_gitignore_excludes_the_deepest_first(make_skill: MakeSkill) -> None:
    root = make_skill({"a.log": "", "d/a.log": "", ".gitignore": "*.log\n", "d/.gitignore": "!a.log\n"})
    assert included(root) == ["d/.gitignore", "d/a.log"]


def test_gitignore_includes_what_a_gitignore_above_excludes(make_skill: MakeSkill, tmp_path: Path) -> None:
    tmp_path.joinpath(".git").mkdir()
    tmp_path.joinpath(".gitignore").write_text("*.log\n/demo/x\n")
    root = make_skill({"a.log": "", "b.log": "", "x": "", ".gitignore": "!a.log\n"})
    assert included(root) == ["a.log"]


def test_gitignore_never_includes_what_the_defaults_exclude(make_skill: MakeSkill) -> None:
    assert included(make_skill({".env": "", ".gitignore": "!.env\n"})) == []


def test_gitignore_never_includes_what_skillignore_excludes(make_skill: MakeSkill) -> None:
    assert included(make_skill({"a": "", ".skillignore": "a\n", ".gitignore": "!a\n"})) == []


def test_files_above_count_only_in_a_repository_and_only_up_to_its_root(make_skill: MakeSkill, tmp_path: Path) -> None:
    root = make_skill({"a.log": "", "a.txt": ""}, name="demo")
    tmp_path.joinpath(".gitignore").write_text("*.log\n")
    assert included(root) == ["a.log", "a.txt"]
    root.joinpath(".git").write_text("gitdir: elsewhere\n")
    assert included(root) == ["a.log", "a.txt"]
    root.joinpath(".git").unlink()
    tmp_path.joinpath(".git").mkdir()
    assert included(root) == ["a.txt"]
    assert included(root, gitignore=False) == ["a.log", "a.txt"]


def test_a_rule_above_that_names_the_skill_does_not_empty_it(make_skill: MakeSkill, tmp_path: Path) -> None:
    tmp_path.joinpath(".git").mkdir()
    tmp_path.joinpath(".gitignore").write_text("/demo/\n")
    tree = tree_of(make_skill({"a.txt": ""}))
    assert [file.path for file in tree.files] == ["SKILL.md", "a.txt"]
    assert [entry.path for entry in tree.selection.protected] == ["."]


def test_defaults_exclude_and_can_be_switched_off(make_skill: MakeSkill) -> None:
    root = make_skill({".env": "", "__pycache__/x.pyc": "", "evals/a": "", "d/evals/a": ""})
    assert included(root) == ["d/evals/a"]
    assert included(root, default_excludes=False) == [".env", "__pycache__/x.pyc", "d/evals/a", "evals/a"]


@pytest.mark.parametrize("pattern", [pattern for group in GROUPS for pattern in group.patterns])
def test_every_default_matches_what_it_says_and_gives_its_reason(pattern: str) -> None:
    path = pattern.strip("/").removeprefix("**/").replace("\\#", "#").replace("*", "x")
    found = default(path, directory=pattern.endswith("/"))
    assert found is not None
    assert found.group.reason
    rooted = pattern.startswith("/") or not default(f"deep/{path}", directory=pattern.endswith("/"))
    assert rooted == pattern.startswith("/")


WILD: Final = [(pattern, group) for group in GROUPS for pattern in group.patterns if "*" in pattern]


@given(
    st.sampled_from(WILD),
    st.sampled_from([str, str.upper, str.title, str.swapcase]),
    st.text("x.~_é/", max_size=3),
    st.sampled_from(["", "x", "é", "\u017f", "\u0130"]),
)
def test_a_default_with_a_wildcard_matches_what_fnmatch_does(
    drawn: tuple[str, Group], in_case: Callable[[str], str], wild: str, before: str
) -> None:
    name = before + in_case(drawn[0].strip("/").replace("\\", "").replace("*", wild.replace("/", "")))
    directory = drawn[0].endswith("/")

    def matches(pattern: str, group: Group) -> bool:
        sides = [name, pattern.strip("/").replace("\\", "")]
        if pattern.endswith("/") and not directory:
            return False
        return fnmatchcase(*(map(str.lower, sides) if group.any_case else sides)) and not (
            group.included and name.lower().endswith(group.included)
        )

    assert bool(default(name, directory=directory)) == any(matches(*each) for each in WILD)


@pytest.mark.parametrize("path", ["SKILL.local.md", "notes/CLAUDE.LOCAL.md", "x.local.md", ".clawdhub"])
def test_notes_of_one_machine_and_the_state_of_an_agent_are_not_packed(path: str) -> None:
    assert default(path, directory="." not in path[1:])


@pytest.mark.parametrize("path", [".ENV", "a/.Env.Local", "ID_RSA", "Credentials.JSON", "x.KEY\u017ftore"])
def test_secrets_are_known_in_any_case(path: str) -> None:
    assert default(path, directory=False)


@pytest.mark.parametrize(
    "path",
    [
        *(".env.example", ".env.SAMPLE", ".env.example.txt", ".env.template.txt", "ca.pem", "talk.key", "x.pyd"),
        *("build/a", "dist/a", "a.log", "a.zip", ".x", "local.md", "a/.clawdhub.md", "prelocal.md"),
    ],
)
def test_what_is_kept_on_purpose_is_kept(path: str) -> None:
    assert default(path, directory=False) is None


def test_a_link_to_what_is_left_out_is_left_out_too(make_skill: MakeSkill) -> None:
    root = make_skill({".env": "KEY=1", "a.txt": ""})
    root.joinpath("config").symlink_to(".env")
    tree = tree_of(root)
    assert [file.path for file in tree.files] == ["SKILL.md", "a.txt"]
    assert {entry.path: entry.decision.pattern for entry in tree.selection.excluded} == {
        ".env": ".env",
        "config": ".env",
    }
    verdict = Builder().why(root, ["config"])[0]
    assert not verdict.included


def test_a_link_that_is_left_out_takes_no_file_of_the_same_name_along(make_skill: MakeSkill) -> None:
    composed, decomposed = "caf\u00e9.md", "cafe\u0301.md"
    root = make_skill({composed: "mine", "t": "", ".skillignore": "t\n"})
    if root.joinpath(decomposed).exists():
        pytest.skip("this file system takes both for one name")
    root.joinpath(decomposed).symlink_to("t")
    tree = tree_of(root)
    assert [(file.path, file.read()) for file in tree.files if file.path != "SKILL.md"] == [(composed, b"mine")]
    assert decomposed in [entry.path for entry in tree.selection.excluded]


def test_a_manifest_that_is_a_link_to_what_is_left_out_is_missing_and_the_line_is_named(make_skill: MakeSkill) -> None:
    root = make_skill({"t.md": "---\nname: demo\n---\n", ".skillignore": "# drafts\nt.md\n"})
    root.joinpath("SKILL.md").unlink()
    root.joinpath("SKILL.md").symlink_to("t.md")
    verdict = Builder().why(root, ["SKILL.md"])[0]
    assert not verdict.included
    assert remedy(verdict) == "symlink to t.md, which decides"
    messages = [finding.message for finding in Builder().check(root).errors if finding.rule == "manifest-missing"]
    assert messages == ["SKILL.md is excluded by .skillignore:2 (t.md), which matches t.md"]


@pytest.mark.skipif(sys.platform == "win32", reason="no name there holds such characters")
@pytest.mark.parametrize("folder", ["[id]", "a*b", "what?", "back\\slash", "x[", "\\[", "!a", "#a ", " b", "[a]/[b]\\"])
@pytest.mark.parametrize("name", ["page", "[id]", "*", "?", "\\", "a]\\*?", "!b", "# ", "\u00e9[1]"])
def test_what_why_recommends_keeps_the_path_whatever_its_name_holds(
    make_skill: MakeSkill, folder: str, name: str
) -> None:
    path = f"out/{folder}/{name}"
    root = make_skill({path: "", f"out/{folder}/other": "", ".skillignore": "/out/\n"})
    advice = remedy(Builder().why(root, [path])[0])
    told, _, option = advice.partition(" --include ")
    assert told == "to include it, pass"
    (line,) = split(option.rpartition(", or add")[0])
    tree = tree_of(root, include=(line,))
    assert [file.path for file in tree.files if file.path != "SKILL.md"] == [path]
    assert not tree.selection.unmatched
    assert Builder(Settings(include=(line,))).why(root, [path])[0].included


@pytest.mark.skipif(sys.platform == "win32", reason="no name there holds such characters")
def test_an_exclude_of_what_lies_in_a_folder_that_is_left_out_is_not_told_of_with_escapes_either(
    make_skill: MakeSkill,
) -> None:
    root = make_skill({"[id]/page": "", ".skillignore": "/\\[id]/\n"})
    assert tree_of(root, exclude=(r"/\[id\]/page",)).selection.unmatched == ()


def test_an_ignore_file_too_large_to_read_stops_the_packing(make_skill: MakeSkill) -> None:
    root = make_skill({".gitignore": "#" * (1024 * 1024 + 1)})
    assert [finding.rule for finding in Builder().check(root).errors] == ["file-unreadable"]


def test_why_and_files_never_disagree(make_skill: MakeSkill) -> None:
    root = make_skill({"dist/a": "", "b.log": "", "c.log": "", ".gitignore": "dist/\n*.log\n!c.log\n", ".env": ""})
    builder = Builder(Settings(include=("dist/a",)))
    tree = builder.walk(root)
    assert all(verdict.included for verdict in builder.why(root, [file.path for file in tree.files]))
    assert not any(verdict.included for verdict in builder.why(root, [entry.path for entry in tree.selection.excluded]))


def test_why_names_what_was_overridden(make_skill: MakeSkill) -> None:
    root = make_skill({"c.log": "", ".gitignore": "*.log\n!c.log\n"})
    verdict = Builder().why(root, ["c.log"])[0]
    assert verdict.decided_by
    assert (verdict.included, verdict.decided_by.line) == (True, 2)
    assert [(decision.file, decision.line) for decision in verdict.overridden] == [(".gitignore", 1)]


@pytest.mark.parametrize("folder", ["#build", "x[1]", "a b", "back\\slash", "\u00e9"])
def test_a_negation_without_effect_is_told_of_with_escapes_too(make_skill: MakeSkill, folder: str) -> None:
    pattern = folder.replace("\\", "\\\\").replace("[", "\\[").replace("#", "\\#")
    root = make_skill({f"{folder}/a.txt": "", ".skillignore": f"/{pattern}/\n!/{pattern}/a.txt\n!/{pattern}/\\b*\n"})
    found = [(issue.location.line, issue.message.partition("excludes the whole folder ")[2]) for issue in dead(root)]
    assert found == [(2, escaped(f"{folder}/")), (3, escaped(f"{folder}/"))]


def test_a_folder_that_a_negation_names_itself_does_not_disarm_it(make_skill: MakeSkill) -> None:
    root = make_skill({"#a/b": "", ".skillignore": "\\#*\n!\\#a/\n"})
    assert dead(root) == []
    assert included(root, default_excludes=False) == ["#a/b"]


@pytest.mark.skipif(sys.platform == "win32", reason="a shell of another kind")
@pytest.mark.parametrize("name", ["it's", "a b", "$(touch pwned)", "[id]*?", '"', ";x", "~", "-rf", "\u00e9"])
def test_what_why_prints_can_be_given_to_a_shell_as_it_is(
    make_skill: MakeSkill, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    root = make_skill({f"out/{name}": "", "out/other": "", ".skillignore": "/out/\n"})
    assert main(["why", str(root / "out" / name)]) == 0
    option = capsys.readouterr().out.partition("pass ")[2].rpartition(", or add")[0]
    assert option.startswith("--include ")
    command = f"{quote(sys.executable)} -m skillpack files {quote(str(root))} {option} --output-format json"
    said = subprocess.run(
        ["sh", "-c", command], capture_output=True, check=True, env=os.environ | {"PYTHONPATH": str(REPOSITORY)}
    )
    assert [file["path"] for file in json.loads(said.stdout)["files"]] == ["SKILL.md", f"out/{name}"]
    assert not list(root.parent.rglob("pwned"))


@pytest.mark.parametrize("option", ["--exclude", "--include"])
def test_a_negation_on_the_command_line_is_refused_for_it_says_the_opposite_of_its_option(
    make_skill: MakeSkill, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    root = make_skill({"!a": "", "a": ""})
    assert main(["files", str(root), option, "!a"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert f"{option}': !a starts with !; use --include to include paths, or write \\! for" in said.err
    assert main(["files", str(root), option, "\\!a"]) == 0
    assert ("!a" in capsys.readouterr().out) == (option == "--include")


def said_of(root: Path, *paths: str) -> list[tuple[bool, bool, str | None]]:
    verdicts = Builder().why(root, paths)
    return [(each.included, each.there, each.rejected.rule_id if each.rejected else None) for each in verdicts]


def test_why_says_what_is_refused_and_below_it_too(make_skill: MakeSkill) -> None:
    root = make_skill({"a/b.txt": ""})
    root.joinpath("out").symlink_to("..")
    root.joinpath("folder").symlink_to("a")
    os.mkfifo(root / "pipe")
    assert said_of(root, "out", "out/x", "folder", "folder/b.txt", "pipe", "a/b.txt") == [
        (False, True, "link-escapes"),
        (False, False, "link-escapes"),
        (False, True, "link-to-directory"),
        (False, False, "link-to-directory"),
        (False, True, "file-not-regular"),
        (True, True, None),
    ]


def test_why_says_what_would_become_of_what_is_not_there(make_skill: MakeSkill) -> None:
    root = make_skill({"a.txt": "", ".skillignore": "*.log\nbuild/\n"})
    assert said_of(root, "b.txt", "b.log", "build/x", "build/", "build", "a.txt/b") == [
        (True, False, None),
        (False, False, None),
        (False, False, None),
        (False, False, None),
        (True, False, None),
        (True, False, None),
    ]


def test_why_says_that_an_ignore_file_cannot_be_read_whatever_it_is_asked(make_skill: MakeSkill) -> None:
    root = make_skill({"a.txt": "", "b/.skillignore": "#" * (1024 * 1024 + 1), "b/a.txt": ""})
    assert said_of(root, "a.txt", "b/a.txt") == [(True, True, None), (False, True, "file-unreadable")]
    root.joinpath(".skillignore").write_text("a*b?\n" * 10_000)
    assert said_of(root, "a.txt", "c/") == [(False, True, "ignore-too-costly"), (False, False, "ignore-too-costly")]


def test_why_names_the_rule_that_refuses_and_the_words_of_what_is_not_there(
    make_skill: MakeSkill, capsys: pytest.CaptureFixture[str]
) -> None:
    root = make_skill({})
    root.joinpath("out").symlink_to("..")
    assert main(["why", *(str(root / name) for name in ("out", "gone.md"))]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "rejected  out  link-escapes: the symlink points out of the skill",
        "    to exclude it, add to .skillignore: /out; see skillpack rule link-escapes",
        "missing   gone.md  no rule matches",
        "    it would be included",
        "    to exclude it, add to .skillignore: /gone.md",
    ]
    assert main(["why", str(root / "out"), "--output-format", "json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)["paths"]
    assert (told["included"], told["there"]) == (False, True)
    assert told["rejected"] == {"path": "out", "rule": "link-escapes", "detail": "the symlink points out of the skill"}


def test_a_pattern_of_a_megabyte_is_told_of_by_its_beginning_for_each_of_thousands_of_files(
    make_skill: MakeSkill, capsys: pytest.CaptureFixture[str]
) -> None:
    files = dict.fromkeys((f"logs/{number}.log" for number in range(3_000)), "")
    root = make_skill({".skillignore": "*" * 1_000_000 + ".log\n", **files})
    with processor_time(2):
        assert main(["files", str(root), "--excluded"]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) < 300


@pytest.mark.parametrize("patterns", ["x*y?\n" * 3_000, "x*y?\n" * 9_000], ids=["too many for the paths", "too many"])
@pytest.mark.parametrize("where", [".skillignore", "../.gitignore"])
def test_a_walk_that_is_cut_short_says_nothing_of_what_it_has_not_seen(
    make_skill: MakeSkill, patterns: str, where: str
) -> None:
    files = dict.fromkeys((f"A{number}.log" for number in range(3_000)), "")
    root = make_skill({"SKILL.md": f"{MANIFEST.decode()}[b](b/c.md)\n", "b/c.md": "", **files})
    root.parent.joinpath(".git").mkdir()
    root.joinpath(where).write_text(f"*.log\n{patterns}")
    report = Builder().check(root)
    assert [(finding.rule, finding.location.path) for finding in report] == [("ignore-too-costly", where)]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("\ufeff*.log\r\n".encode("utf-16-le"), "it is UTF-16: git finds none of its patterns"),
        ("\ufeff*.log\n".encode("utf-16-be"), "it is UTF-16: git finds none of its patterns"),
        ("*.log\n".encode("utf-16-le"), "it holds NUL characters: git ignores the rest of the line"),
        (b"*.log\r*.txt\r", "its lines end in CR alone: git reads them as one line"),
        (b"\xef\xbb\xbf*.log\n", "it starts with a byte order mark"),
        (b"*.log\r\ncaf\xe9\n", None),
        (b"*.log", None),
    ],
)
def test_an_ignore_file_in_an_encoding_that_git_does_not_read_is_told(
    make_skill: MakeSkill, content: bytes, told: str | None
) -> None:
    root = make_skill({"a.txt": ""})
    root.joinpath(".skillignore").write_bytes(content)
    found = [finding.message for finding in Builder().check(root) if finding.rule == "ignore-file-invalid"]
    assert found == ([told] if told else [])


@pytest.mark.parametrize("place", ["sub/demo", "sub"])
@pytest.mark.parametrize(
    "kind", ["empty folder", "HEAD alone", "no HEAD", "no branch", "empty file", "text file", "broken symlink", "FIFO"]
)
def test_what_git_takes_for_no_repository_does_not_hide_the_rules_above_it(
    tmp_path: Path, kind: str, place: str
) -> None:
    root = tmp_path / "sub/demo"
    root.mkdir(parents=True)
    root.joinpath("SKILL.md").write_bytes(MANIFEST)
    root.joinpath("private.txt").write_text("x")
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    tmp_path.joinpath(".gitignore").write_text("private.txt\n")
    planted = tmp_path / place / ".git"
    if kind == "empty folder":
        planted.mkdir()
    elif kind in ("HEAD alone", "no HEAD", "no branch"):
        for folder in ("objects", "refs") if kind != "HEAD alone" else ("",):
            (planted / folder).mkdir(parents=True)
        if kind != "no HEAD":
            planted.joinpath("HEAD").write_text("main\n" if kind == "no branch" else "ref: refs/heads/main\n")
    elif kind == "broken symlink":
        planted.symlink_to("nowhere")
    elif kind == "FIFO":
        os.mkfifo(planted)
    else:
        planted.write_text("" if kind == "empty file" else "ref: refs/heads/main\n")
    judged = ["git", "-C", str(tmp_path), "check-ignore", "--no-index", "-q", "sub/demo/private.txt"]
    assert subprocess.run(judged, check=False).returncode == 0, "git does not take it for a repository either"
    assert [file.path for file in tree_of(root).files] == ["SKILL.md"]


def test_a_repository_of_its_own_ends_the_search_for_rules_as_in_git(tmp_path: Path) -> None:
    root = tmp_path / "sub/demo"
    root.mkdir(parents=True)
    root.joinpath("SKILL.md").write_bytes(MANIFEST)
    root.joinpath("private.txt").write_text("x")
    for repository in (tmp_path, root.parent):
        subprocess.run(["git", "init", "-q", repository], check=True)
    tmp_path.joinpath(".gitignore").write_text("private.txt\n")
    assert [file.path for file in tree_of(root).files] == ["SKILL.md", "private.txt"]
