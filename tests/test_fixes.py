from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml
from hypothesis import given
from hypothesis import settings as bounds
from hypothesis import strategies as st

import skillpack
from skillpack import atomic
from skillpack.api import Builder
from skillpack.cli.run import run
from skillpack.errors import SkillChangedError
from skillpack.findings import Edit, Issue
from skillpack.fixes import apply, find_fixes, write
from skillpack.frontmatter import read_frontmatter, read_intended, read_lines
from skillpack.output import FORMATS, render
from skillpack.output.github import render_summary
from skillpack.select.walk import walk
from skillpack.settings import Settings
from skillpack.skill.skill import Skill
from skillpack.skill.tree import SkillTree
from skillpack.sources.directory import Directory
from tests.conftest import MANIFEST
from tests.rules.invented import TOKENS
from tests.rules.temporary import temporary_rule
from tests.samples import ROOT
from tests.terminal import on_a_terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import MakeSkill

TEXT: Final = "Fills in forms. Use when asked."


def _fixed(manifest: bytes | str, settings: Settings = Settings()) -> bytes:
    content = manifest if isinstance(manifest, bytes) else manifest.encode()
    tree = SkillTree.from_files({"SKILL.md": content}, "demo")
    after = apply(tree, find_fixes(tree, settings))
    assert find_fixes(after, settings) == (), "a second run changes nothing"
    return after.files[0].read()


def _front(front: str) -> str:
    return f"---\nname: demo\n{front}---\n# Body: x\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("description: Use: a\n", 'description: "Use: a"\n'),
        ('description: Say "a": b\n', "description: 'Say \"a\": b'\n"),
        ('description: it\'s "a": b\n', 'description: "it\'s \\"a\\": b"\n'),
        ("description: Use\n  it when: a\n\n  b\n", 'description: "Use it when: a\\nb"\n'),
        ("description: Use: a\t\n", 'description: "Use: a"\n'),
        ("description: {{what: it does}}\n", 'description: "{{what: it does}}"\n'),
        ("description: {{what it does}}\n", 'description: "{{what it does}}"\n'),
        ("description: Use:\n  - a\n  - b\n", 'description: "Use: - a - b"\n'),
        ("description: @a\n", 'description: "@a"\n'),
        ("description: *a* b\n", 'description: "*a* b"\n'),
        ("description: [a] b\n", 'description: "[a] b"\n'),
        ("description: a\nlicense: MIT # or so\n", "description: a\n# or so\nlicense: MIT\n"),
        ("description: 'a' #b\n", "#b\ndescription: 'a'\n"),
        ("description: on\n", 'description: "on"\n'),
        ("description: a\nmetadata:\n  v: 010\n", 'description: a\nmetadata:\n  v: "010"\n'),
        ("description: >\n  a\n  b\n", 'description: "a b"\n'),
        ("description: |-\n  a\n   b\n\n", 'description: "a\\n b"\n\n'),
        ("description: >-\n  a\n  b\n# c\n", 'description: "a b"\n# c\n'),
        ("description:\n  a\n  b\n", 'description: "a b"\n'),
        ("description: a\n  b\n", 'description: "a b"\n'),
        ("description: 'a\n  b'\n", 'description: "a b"\n'),
        ("description: 'a's b'\n", 'description: "a\'s b"\n'),
        ('description: "a "b" c"\n', "description: 'a \"b\" c'\n"),
        ("description: a\nlicense: &l MIT\n", "description: a\nlicense: MIT\n"),
        ("description: a\nmetadata:\n  v: 1.10\n", 'description: a\nmetadata:\n  v: "1.10"\n'),
        ("x:\n  - *a* b\n", 'x:\n  - "*a* b"\n'),
        ("x: 'a\nb'\n", "x: 'a\n  b'\n"),
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_what_can_be_fixed_is_and_nothing_else_changes(before: str, after: str, line_end: str) -> None:
    old, new = (_front(front).replace("\n", line_end) for front in (before, after))
    assert _fixed(old).decode() == new
    assert yaml.safe_load(new.split("---")[1])["name"] == "demo"


@pytest.mark.parametrize(
    "front",
    [
        "description: > # why\n  a\n",
        "description: # why\n  a\n",
        'description: "a\n',
        "description: a\ndescription: b\n",
        "license: [a, b\n",
        "description: a\n name: b\n",
        "tags: [a, b]\ndescription: a\n",
        "description: Use: a # b\n",
        "description: a # b\n",
        "description: a\nuser-invocable: off\n",
        "description: a\nmetadata:\n  enabled: yes\n",
        "description: Use\n  when: a\n",
        "description: a\n  tags: b\n  author: c\n",
        "description: a\nmetadata: info\n  author: x\n  version: 1\n",
        "description: a\nhooks: PreToolUse: x\n  matcher: Bash\n",
        "description: a\nlicense: a: b\n  c\n",
        "description: Use this\nlicense MIT\n",
        "description: Use this\nversion 2\n",
        "description: |\n  Use this.\nlicense MIT\n",
        "description: a # b\nand more text\n",
        "description: a\nx: &l MIT\ny: *l\n",
        'description: "a" or "b"\n',
        "Description: a\nDESCRIPTION: b\n",
    ],
)
def test_what_cannot_be_fixed_for_sure_stays_as_it_is(front: str) -> None:
    assert _fixed(_front(front)).decode() == _front(front)


@pytest.mark.parametrize("many", [9, 40])
def test_many_unquoted_colons_are_fixed_in_one_run(many: int) -> None:
    fronts = ["".join(f"k{n}: {value}\n" for n in range(many)) for value in ("use: x", '"use: x"')]
    assert _fixed(_front(fronts[0])).decode() == _front(fronts[1])


def test_a_byte_order_mark_and_what_it_hid_are_fixed_in_one_run() -> None:
    before = b"\xef\xbb\xbf" + _front("description: a: b\nlicense: 010\n").encode()
    assert _fixed(before).decode() == _front('description: "a: b"\nlicense: "010"\n')


def test_a_rule_that_is_off_fixes_nothing() -> None:
    front = _front("description: >-\n  a\nlicense: 010\n")
    assert _fixed(front, Settings(rules={"yaml-block-scalar": "off"})).decode() == front.replace(" 010", ' "010"')


def test_a_line_based_reader_sees_the_same_as_yaml_afterwards() -> None:
    front = _front(f"description: >-\n  {TEXT}\n  More.\nlicense: MIT # really\n")
    seen = read_lines(_fixed(front).decode().split("---\n")[1])
    assert seen == {"name": "demo", "description": f"{TEXT} More.", "license": "MIT"}


def test_scripts_are_fixed_as_well() -> None:
    tree = SkillTree.from_files(
        {"SKILL.md": _front(f"description: {TEXT}\n").encode(), "run.sh": b"#!/bin/sh\r\necho\r\n"}, "demo"
    )
    (fix,) = find_fixes(tree, Settings())
    assert (fix.file.path, fix.after, fix.rules) == ("run.sh", b"#!/bin/sh\necho\n", ("script-crlf",))


def test_writing_keeps_the_mode_and_touches_no_other_file(make_skill: MakeSkill) -> None:
    root = make_skill({"SKILL.md": _front("description: a: b\n"), "notes.txt": "x"})
    path, notes = root / "SKILL.md", (root / "notes.txt").stat()
    path.chmod(0o640)
    (fix,) = find_fixes(walk(Directory(root), Settings()), Settings())
    assert path.read_text() == _front("description: a: b\n"), "find_fixes() writes nothing"
    write(fix)
    assert path.read_text() == _front('description: "a: b"\n')
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert (root / "notes.txt").stat() == notes
    assert sorted(path.name for path in root.iterdir()) == ["SKILL.md", "notes.txt"]


def test_a_file_that_changed_meanwhile_is_left_alone(make_skill: MakeSkill) -> None:
    root = make_skill({"SKILL.md": _front("description: a: b\n")})
    (fix,) = find_fixes(walk(Directory(root), Settings()), Settings())
    (root / "SKILL.md").write_text("other")
    with pytest.raises(SkillChangedError):
        write(fix)
    assert (root / "SKILL.md").read_text() == "other"


def test_a_file_that_became_a_link_is_left_alone(make_skill: MakeSkill, tmp_path: Path) -> None:
    root = make_skill({"SKILL.md": _front("description: a: b\n")})
    (fix,) = find_fixes(walk(Directory(root), Settings()), Settings())
    (root / "SKILL.md").rename(tmp_path / "elsewhere.md")
    (root / "SKILL.md").symlink_to(tmp_path / "elsewhere.md")
    with pytest.raises(SkillChangedError):
        write(fix)
    assert (tmp_path / "elsewhere.md").read_text() == _front("description: a: b\n")


def test_neither_links_nor_ignored_files_are_fixed(make_skill: MakeSkill, tmp_path: Path) -> None:
    script = "#!/bin/sh\r\n"
    root = make_skill({".gitignore": "drafts/\n", "drafts/run.sh": script, "real.sh": script})
    (root / "link.sh").symlink_to("real.sh")
    (tmp_path / "outside.sh").write_bytes(script.encode())
    (root / "out.sh").symlink_to(tmp_path / "outside.sh")
    assert [fix.file.path for fix in find_fixes(walk(Directory(root), Settings()), Settings())] == ["real.sh"]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_skill_that_is_fixed_ends_with_a_line_break(line_end: str) -> None:
    text = _front("description: a: b\n").replace("\n", line_end)
    assert _fixed(text.rstrip()).decode() == text.replace("a: b", '"a: b"')
    sound = _front(f"description: {TEXT}\n").rstrip()
    assert _fixed(sound).decode() == sound, "this alone is no reason to change a file"


@pytest.mark.parametrize(
    ("front", "reason"),
    [
        ("description: Use when: there is a # b\n", "no change is sure to keep what was meant (yaml-unquoted-colon)"),
        (f"description: {TEXT}\ncompatibility: {'x' * 501}\n", "no automatic fix exists (compatibility-too-long)"),
        (f"description: {TEXT}\nx: y\n", ""),
    ],
)
def test_where_nothing_is_fixed_the_command_says_why(
    make_skill: MakeSkill, capsys: pytest.CaptureFixture[str], front: str, reason: str
) -> None:
    root = make_skill({"SKILL.md": _front(front)})
    run(["check", "--fix", str(root)])
    shown = capsys.readouterr().err
    assert shown == (f"nothing fixed in {root}: {reason}\n" if reason else "")


def test_a_file_of_two_names_is_fixed_under_one(make_skill: MakeSkill, tmp_path: Path) -> None:
    root = make_skill({"SKILL.md": _front("description: a: b\n")})
    os.link(root / "SKILL.md", tmp_path / "cache.md")
    for fix in find_fixes(walk(Directory(root), Settings()), Settings()):
        write(fix)
    assert (root / "SKILL.md").read_text() == _front('description: "a: b"\n')
    assert (tmp_path / "cache.md").read_text() == _front("description: a: b\n")


def _skillpack(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "skillpack", "check", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_command_says_what_it_fixed_and_then_judges(make_skill: MakeSkill, tmp_path: Path) -> None:
    root = make_skill({"SKILL.md": _front("description: Shows: how it is done.\n")})
    ran = _skillpack("--fix", "demo", folder=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "fixed demo/SKILL.md: yaml-unquoted-colon\n")
    again = _skillpack("--fix", "demo", folder=tmp_path)
    assert (again.returncode, again.stderr, again.stdout) == (0, "", ran.stdout)
    assert (root / "SKILL.md").read_text() == _front('description: "Shows: how it is done."\n')


def test_the_diff_is_what_patch_takes_and_writes_nothing(make_skill: MakeSkill, tmp_path: Path) -> None:
    root = make_skill({"SKILL.md": _front("description: a: b\n").replace("\n", "\r\n").rstrip()})
    before = (root / "SKILL.md").read_bytes()
    ran = _skillpack("--diff", "demo", folder=tmp_path)
    assert ran.returncode == 1
    assert (root / "SKILL.md").read_bytes() == before
    raw = subprocess.run(
        [sys.executable, "-m", "skillpack", "check", "--diff", "demo"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    ).stdout
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=raw, check=True)
    assert (root / "SKILL.md").read_bytes() == before.replace(b"a: b", b'"a: b"') + b"\r\n"
    assert _skillpack("--diff", "demo", folder=tmp_path).returncode == 0


def test_a_zip_is_not_fixed(make_skill: MakeSkill, tmp_path: Path) -> None:
    make_skill({"run.sh": "#!/bin/sh\r\n"})
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "skillpack", "zip", "demo", "-o", "demo.zip"]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
    before = (tmp_path / "demo.zip").read_bytes()
    ran = _skillpack("--fix", "demo.zip", folder=tmp_path)
    line = "nothing fixed in demo.zip: it is a bundle; fix the skill in its folder and pack it again\n"
    assert ran.stderr == line
    assert (tmp_path / "demo.zip").read_bytes() == before
    diff = _skillpack("--diff", "demo.zip", folder=tmp_path)
    assert (diff.returncode, diff.stdout, diff.stderr) == (0, "", line)


def test_all_bundles_that_are_not_fixed_have_one_line(make_skill: MakeSkill, tmp_path: Path) -> None:
    make_skill({"run.sh": "#!/bin/sh\r\n"})
    bundle = skillpack.pack(tmp_path / "demo")
    for number in range(3):
        (tmp_path / f"{number}.zip").write_bytes(bundle.zip)
    (tmp_path / "body.json").write_text(json.dumps(skillpack.container("c", [bundle])))
    sound = skillpack.pack({"SKILL.md": MANIFEST})
    (tmp_path / "sound.zip").write_bytes(sound.zip)
    ran = _skillpack("--fix", "--all", ".", folder=tmp_path)
    lines = ran.stderr.splitlines()
    assert [line for line in lines if line.startswith("fixed")] == ["fixed demo/run.sh: script-crlf"]
    (line,) = (line for line in lines if "bundle" in line)
    assert line == (
        "nothing fixed in 0.zip and 3 more: they are bundles; fix the skill in its folder and pack it again"
    )


LINES: Final = st.text(st.sampled_from("ab :#-'\"[{&*!|>@%\\\u00e9\t"), max_size=14)
FRONTS: Final = st.lists(
    st.one_of(
        st.builds("{}: {}".format, st.sampled_from(["name", "description", "license", "x"]), LINES),
        st.builds("  {}".format, LINES),
        st.just("metadata:"),
    ),
    max_size=5,
).map(lambda lines: "".join(f"{line}\n" for line in lines))


@given(FRONTS, st.sampled_from(["\n", "\r\n"]), st.sampled_from([b"", b"\xef\xbb\xbf"]))
@bounds(max_examples=120, deadline=None)
def test_fixing_keeps_the_meaning_and_is_done_after_one_run(front: str, line_end: str, mark: bytes) -> None:
    before = mark + _front(front).replace("\n", line_end).encode()
    after = _fixed(before)
    old, new = (read_frontmatter(content)[0] or read_intended(content) for content in (before, after))
    assert (old is None) == (new is None)
    if old and new:
        assert (new.name, (new.description or "").rstrip("\n")) == (old.name, (old.description or "").rstrip("\n"))
        assert after[new.end :] == before[old.end :]


@given(FRONTS, st.sampled_from(["\n", "\r\n"]), st.sampled_from([b"", b"\xef\xbb\xbf"]))
@bounds(max_examples=80, deadline=None)
def test_what_is_called_fixable_is_what_is_fixed(front: str, line_end: str, mark: bytes) -> None:
    tree = SkillTree.from_files({"SKILL.md": mark + _front(front).replace("\n", line_end).encode()}, "demo")
    fixes = find_fixes(tree, Settings())
    offered = [finding for finding in Builder().check(tree) if finding.edits]
    assert {finding.rule for finding in offered} <= {rule for fix in fixes for rule in fix.rules}
    assert not [finding for finding in Builder().check(apply(tree, fixes)) if finding.edits]


@pytest.mark.parametrize("before", [" name: demo # c\n description: Fine.\n", "name: demo\ndescription: Use: x\t\n"])
def test_what_is_indented_or_ends_in_a_tab_is_fixed_as_promised(before: str) -> None:
    tree = SkillTree.from_files({"SKILL.md": f"---\n{before}---\n".encode()}, "demo")
    assert [finding for finding in Builder().check(tree) if finding.edits]
    after = apply(tree, find_fixes(tree, Settings()))
    assert not [finding for finding in Builder().check(after) if finding.edits]
    assert read_frontmatter(after.files[0].read())[1] == ()


@pytest.mark.parametrize("exchanged", [".", "scripts", "scripts/a"])
def test_a_fix_is_written_to_the_folder_that_was_read(
    make_skill: MakeSkill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exchanged: str
) -> None:
    script = "#!/bin/sh\r\n"
    root, outside = (make_skill({"scripts/a/run.sh": script}, name=f"{name}/demo") for name in ("above", "outside"))
    (fix,) = (
        fix for fix in find_fixes(walk(Directory(root), Settings()), Settings()) if fix.file.path == "scripts/a/run.sh"
    )
    place, real = root / exchanged, atomic.replace_in

    def late(*arguments: Any) -> bool:
        place.rename(tmp_path / "away")
        place.symlink_to(outside / exchanged)
        return real(*arguments)

    monkeypatch.setattr(atomic, "replace_in", late)
    write(fix)
    assert (root / "scripts/a/run.sh").read_bytes() == script.encode(), "by its path it leads out"
    (fixed,) = (tmp_path / "away").rglob("run.sh")
    assert fixed.read_bytes() == b"#!/bin/sh\n"
    with pytest.raises(SkillChangedError):
        write(fix)


def test_no_fix_is_promised_for_a_file_reached_by_a_link(make_skill: MakeSkill) -> None:
    root = make_skill({"real.md": _front("description: Use: x\n")})
    (root / "SKILL.md").unlink(missing_ok=True)
    (root / "SKILL.md").symlink_to("real.md")
    tree = walk(Directory(root), Settings())
    (colon,) = (finding for finding in Builder().check(tree) if finding.rule == "yaml-unquoted-colon")
    assert (colon.edits, find_fixes(tree, Settings())) == ((), ())


def test_a_diff_on_a_terminal_holds_nothing_that_the_terminal_obeys(make_skill: MakeSkill) -> None:
    root = make_skill({"SKILL.md": _front("description: a: b\n") + "\x1b]0;pwn\x07\u202e evil\n"})
    environment = {"PATH": os.environ["PATH"]}
    code, shown = on_a_terminal("check", "--diff", "--color", "never", str(root), environment=environment)
    assert code == 1
    assert b"\\x1b]0;pwn\\x07\\u202e evil" in shown
    assert b"\x1b" not in shown
    assert "\x1b]0;pwn\x07\u202e evil" in _skillpack("--diff", root.name, folder=root.parent).stdout


def test_fix_and_diff_together_are_a_usage_error(make_skill: MakeSkill, tmp_path: Path) -> None:
    root = make_skill({"SKILL.md": _front("description: a: b\n")})
    ran = _skillpack("--fix", "--diff", root.name, folder=tmp_path)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "cannot be combined" in ran.stderr


def test_a_diff_does_not_hide_a_rule_that_crashed(make_skill: MakeSkill, capsys: pytest.CaptureFixture[str]) -> None:
    def boom(skill: Skill) -> Iterator[Issue]:
        raise ValueError(skill.name)

    root = make_skill({"SKILL.md": _front("description: a: b\n")})
    with temporary_rule(Skill, boom):
        assert run(["check", "--diff", str(root)]) == 2
    said = capsys.readouterr()
    assert "+description" in said.out
    assert "boom" in said.err


def test_a_fix_that_would_change_the_meaning_is_dropped() -> None:
    def clumsy(skill: Skill) -> Iterator[Issue]:
        at = skill.content.find(b"demo")
        if at >= 0:
            yield Issue(
                "clumsy",
                skill.at("name"),
                "too dull",
                edits=(Edit(path="SKILL.md", start=at, end=at + 4, text=b"shiny"),),
            )

    with temporary_rule(Skill, clumsy, fixable=True):
        assert _fixed(_front("description: a: b\n")).decode() == _front('description: "a: b"\n')


_TOLD = {
    "description: Use: {}\n": "",
    "description: a\nlicense: a {} # b\n": "",
    "description: >-\n  {}\n": "",
    "description:\n  {}\n": "",
    "x: {}: b\n": "",
    "description: a script with the wrong line ends\n": "#!/bin/sh\r\nTOKEN={}\r\n",
}
"""Frontmatter -> a script beside it; one of them holds the credential."""


@pytest.mark.parametrize(("front", "script"), _TOLD.items())
def test_no_credential_is_shown(front: str, script: str) -> None:
    for token in TOKENS.values():
        files = {"SKILL.md": _front(front.format(token)).encode(), "run.sh": script.format(token).encode()}
        tree = SkillTree.from_files(files, "demo")
        report = Builder().check(tree)
        assert any(finding.edits for finding in report)
        shown = [*(render(report, format) for format in FORMATS), render_summary(report)]
        shown += [
            render(Builder().check(SkillTree.from_files({"SKILL.md": f"---\nname: {token}\n---\n".encode()})), "json")
        ]
        shown += [fix.diff("x") for fix in find_fixes(tree, Settings())]
        assert token[8:20] not in "".join(shown)
        assert len(shown) > len(FORMATS) + 1
