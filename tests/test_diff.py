"""Comparing skills: git judges the patches and the lists of files."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pytest

import skillpack
from skillpack import RejectedError, Settings, SkillTree
from skillpack.bundle.diff import TextBudget
from skillpack.bundle.patch import split_lines, unified_diff
from skillpack.cli import main
from skillpack.secrets.budget import MOST_PLACES
from tests import bounds
from tests.conftest import MANIFEST
from tests.judges import judge
from tests.test_doors import FIXTURES, doors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Files = dict[str, bytes]
TOKEN: Final = b"ghp_" + b"".join(bytes((65 + at * 7 % 26, 97 + at * 5 % 26)) for at in range(18))
NAMES: Final = (
    "a",
    "b.txt",
    "a b.txt",
    "docs/a.md",
    "docs/b c.md",
    "docs/deep/x",
    "Größe.md",
    "用語.md",
    "q'.md",
    "a-b",
)
LINES: Final = (
    b"one\n",
    b"two\n",
    b"\n",
    b"three\r\n",
    b"-\n",
    b"+ x\n",
    b"\\ no\n",
    b"@@ -1 +1 @@\n",
    b"\xff\xfe\n",
    b" \t\n",
)


def random_content(chance: random.Random) -> bytes:
    lines = [chance.choice(LINES) for _ in range(chance.choice((0, 1, 3, 12, 60)))]
    start = chance.choice((b"", b"", b"#!/bin/sh\n", b"\x7fELF"))
    end = chance.choice((b"", b"", b"no line break", b"\0\1", b"a\0" * 100))
    return start + b"".join(lines) + end


def random_pair(seed: int) -> tuple[Files, Files]:
    """Return two sets of files that have much in common."""
    chance = random.Random(seed)
    before = {name: random_content(chance) for name in chance.sample(NAMES, chance.randrange(len(NAMES)))}
    after = dict(before)
    for name in list(before):
        what = chance.choice(("same", "same", "edit", "new", "remove", "rename", "executable"))
        if what == "edit":
            lines = split_lines(before[name])
            lines[chance.randrange(len(lines) + 1) :][:1] = [chance.choice(LINES)]
            lines.insert(chance.randrange(len(lines) + 1), chance.choice(LINES))
            after[name] = b"".join(lines)
        elif what == "executable":
            after[name] = b"#!/bin/sh\n" + before[name]
        elif what == "new":
            after[name] = random_content(chance)
        elif what != "same":
            content = after.pop(name)
            if what == "rename":
                after[f"moved/{name}"] = content
    for name in chance.sample(NAMES, 2):
        after.setdefault(name, random_content(chance))
    if chance.random() < 0.2 and "a" in after:  # a file becomes a folder
        after["a/inner"] = after.pop("a")
    return {"SKILL.md": MANIFEST, **before}, {"SKILL.md": MANIFEST, **after}


def write(folder: Path, files: Files) -> None:
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        target.chmod(0o755 if content.startswith((b"#!", b"\x7fELF")) else 0o644)


def read(folder: Path) -> dict[str, tuple[bytes, bool]]:
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), bool(path.stat().st_mode & 0o100))
        for path in folder.rglob("*")
        if path.is_file()
    }


def git(*arguments: str, cwd: Path, given: bytes = b"", codes: tuple[int, ...] = (0,)) -> bytes:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CEILING_DIRECTORIES": str(cwd)}
    done = subprocess.run(
        [judge("git"), *arguments], cwd=cwd, input=given, capture_output=True, check=False, env=environment
    )
    assert done.returncode in codes, done.stderr.decode()
    return done.stdout


def statuses_of_git(folder: Path) -> set[tuple[str, str]]:
    arguments = ("diff", "--no-index", "--no-renames", "--name-status", "-z", "before", "after")
    words = git(*arguments, cwd=folder, codes=(0, 1)).decode().split("\0")[:-1]
    return {(status, path.partition("/")[2]) for status, path in zip(words[::2], words[1::2], strict=True)}


def statuses(diff: skillpack.SkillDiff) -> set[tuple[str, str]]:
    letters = {"added": ("A",), "removed": ("D",), "changed": ("M",), "renamed": ("D", "A")}
    found = set()
    for file in diff.files:
        paths = [file.before.path, file.path] if file.change == "renamed" and file.before else [file.path]
        found |= set(zip(letters[file.change], paths, strict=True))
    return found


def differ(before: Files, after: Files) -> skillpack.SkillDiff:
    return skillpack.diff(SkillTree.from_files(before), SkillTree.from_files(after))


@pytest.mark.parametrize("part", range(10))
def test_git_applies_every_patch_and_lists_the_same_files(part: int, tmp_path: Path) -> None:
    kinds = set()
    for seed in range(part * 20, part * 20 + 20):
        place = tmp_path / str(seed)
        before, after = random_pair(seed)
        write(place / "before", before)
        write(place / "after", after)
        diff = differ(before, after)
        assert statuses(diff) == statuses_of_git(place), seed
        assert diff.equal == (before == after), seed
        patch = diff.patch()
        if patch:
            git("apply", "--whitespace=nowarn", cwd=place / "before", given=patch)
        assert read(place / "before") == read(place / "after"), seed
        kinds |= {file.change for file in diff.files}
    assert kinds == {"added", "removed", "renamed", "changed"}


SHAPES: Final[dict[str, tuple[bytes, bytes]]] = {
    "equal lines moved": (
        b"".join(b"%d\n" % at for at in range(3000)),
        b"".join(b"%d\n" % at for at in range(3000, 0, -1)),
    ),
    "few distinct lines": (b"a\nb\n" * 4000, b"b\nb\na\n" * 3000),
    "one line many times": (b"a\n" * 20_000, b"a\n" * 19_000),
    "nothing in common": (b"".join(b"%d\n" % at for at in range(9000)), b"".join(b"x%d\n" % at for at in range(9000))),
    "a line in the middle": (b"a\n" * 5000 + b"x\n" + b"a\n" * 5000, b"a\n" * 5000 + b"y\n" + b"a\n" * 5000),
    "empty and full": (b"", b"a\n" * 10),
    "line breaks at the end": (b"a\nb", b"a\nb\n"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_patch_of_every_shape_of_text_is_applied(shape: str, tmp_path: Path) -> None:
    before, after = SHAPES[shape]
    write(tmp_path, {"a.txt": before})
    diff = differ({"SKILL.md": MANIFEST, "a.txt": before}, {"SKILL.md": MANIFEST, "a.txt": after})
    git("apply", "--whitespace=nowarn", cwd=tmp_path, given=diff.patch())
    assert (tmp_path / "a.txt").read_bytes() == after


def shuffled(count: int, distinct: int, seed: int) -> list[bytes]:
    lines = [b"%d\n" % (at % distinct) for at in range(count)]
    random.Random(seed).shuffle(lines)
    return lines


def test_a_small_change_in_a_large_text_gives_a_small_diff() -> None:
    old = [b"line %d\n" % (at % 100) for at in range(40_000)]
    new = [*old[:20_000], b"new\n", *old[20_000:]]
    assert len(unified_diff(old, new, (old, new)).splitlines()) == 8


HARD: Final[dict[str, Callable[[int], list[bytes]]]] = {
    "lines twice": lambda seed: shuffled(80_000, 40_000, seed),
    "lines once": lambda seed: shuffled(80_000, 80_000, seed),
    "two lines": lambda seed: shuffled(500_000, 2, seed),
    "a hundred lines": lambda seed: shuffled(100_000, 100, seed),
}


@pytest.mark.parametrize("what", HARD)
def test_no_text_of_a_mebibyte_takes_long_to_compare(what: str) -> None:
    old, new = HARD[what](1), HARD[what](2)
    with bounds.processor_time(4):
        unified_diff(old, new, (old, new))


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.name)
def test_a_skill_does_not_differ_from_itself_through_any_pair_of_doors(fixture: Path, tmp_path: Path) -> None:
    folder = tmp_path / "skills" / fixture.name
    shutil.copytree(fixture, folder)
    given = doors(folder, tmp_path)
    trees = {door: skillpack.Builder().tree(source) for door, source in given.items()}
    for before in given:
        for after in given:
            diff = skillpack.diff(trees[before], trees[after])
            assert (diff.equal, diff.files, diff.fields, diff.patch()) == (True, (), (), b""), (before, after)
    assert skillpack.diff(folder, given["canonical zip"]).equal


def manifest(**fields: str) -> bytes:
    stated = {"name": "demo", "description": "Shows things. Use when asked."} | fields
    return ("---\n" + "".join(f"{key}: {value}\n" for key, value in stated.items()) + "---\n# Demo\n").encode()


FIELDS: Final[dict[str, tuple[dict[str, str], list[tuple[str, str | None, str | None]]]]] = {
    "license": ({"license": "MIT"}, [("license", None, "MIT")]),
    "description": ({"description": "Other."}, [("description", "Shows things. Use when asked.", "Other.")]),
    "quotes alone": ({"description": '"Shows things. Use when asked."'}, []),
    "nested": ({"metadata": "{a: 1, b: {c: x}}"}, [("metadata.a", None, "1"), ("metadata.b.c", None, "x")]),
    "list": ({"allowed-tools": "[Read, Bash]"}, [("allowed-tools", None, '["Read", "Bash"]')]),
    "model first": (
        {"license": "MIT", "name": "other"},
        [("name", "demo", "other"), ("license", None, "MIT")],
    ),
}


@pytest.mark.parametrize("what", FIELDS)
def test_fields_are_compared_by_the_values_that_yaml_reads(what: str) -> None:
    fields, expected = FIELDS[what]
    diff = differ({"SKILL.md": manifest()}, {"SKILL.md": manifest(**fields)})
    assert [(field.key, field.before, field.after) for field in diff.fields] == expected
    assert not diff.equal


def test_new_scripts_and_newly_executable_files_are_marked() -> None:
    before = {"SKILL.md": MANIFEST, "a": b"echo\n", "b": b"#!/bin/sh\n", "c": b"#!/bin/sh\necho c\n"}
    after = {
        "SKILL.md": MANIFEST,
        "a": b"#!/bin/sh\necho\n",
        "b": b"#!/bin/sh\nls\n",
        "d": b"#!/bin/sh\necho d\n",
        "e": b"x",
    }
    marks = {file.path: (file.change, file.new_script, file.newly_executable) for file in differ(before, after).files}
    assert marks == {
        "a": ("changed", False, True),
        "b": ("changed", False, False),
        "c": ("removed", False, False),
        "d": ("added", True, False),
        "e": ("added", False, False),
    }


def test_equal_content_at_another_path_is_a_rename_and_empty_files_are_not() -> None:
    before = {"SKILL.md": MANIFEST, "a": b"x", "b": b"x", "empty": b""}
    after = {"SKILL.md": MANIFEST, "c": b"x", "d": b"x", "e": b"x", "void": b""}
    changes = [
        (file.before and file.before.path, file.after and file.after.path) for file in differ(before, after).files
    ]
    assert changes == [("a", "c"), ("b", "d"), (None, "e"), ("empty", None), (None, "void")]


LARGE: Final = b"line\n" * 300_000
TEXTS: Final[dict[str, tuple[bytes, bytes, bool]]] = {
    "text": (b"a\n", b"b\n", True),
    "a mebibyte": (b"a\n", (b"b" * 15 + b"\n") * (1 << 16), True),
    "more": (b"a\n", (b"b" * 15 + b"\n") * (1 << 16) + b"c", False),
    "a hundred thousand lines": (b"a\n" * 40_000, b"b\n" * 60_000, True),
    "one line more": (b"a\n" * 40_000, b"b\n" * 60_000 + b"c", False),
    "one line more before": (b"a\n" * 40_000 + b"c", b"b\n" * 60_000, False),
    "binary": (b"a\0", b"b\0", False),
    "binary after": (b"a\n", b"b\0", False),
}


@pytest.mark.parametrize("what", TEXTS)
def test_lines_are_shown_of_texts_up_to_a_mebibyte_and_a_hundred_thousand_lines(what: str) -> None:
    before, after, shown = TEXTS[what]
    (file,) = differ({"SKILL.md": MANIFEST, "a": before}, {"SKILL.md": MANIFEST, "a": after}).files
    assert (file.text() is not None) is shown


@pytest.mark.parametrize(
    ("lines", "size", "shown"),
    [
        (7, 99, "ab"),
        (6, 99, "ab"),
        (5, 99, "ad"),
        (2, 99, "a"),
        (1, 99, ""),
        (99, 16, "abd"),
        (99, 15, "ab"),
        (99, 9, "ad"),
    ],
)
def test_files_are_shown_in_archive_order_as_long_as_there_is_budget(lines: int, size: int, shown: str) -> None:
    after = {"SKILL.md": MANIFEST, "a": b"1\n2", "b": b"1\n2\n3\n4", "c": b"\0", "d": b"1\n2\n3\n"}
    files = differ({"SKILL.md": MANIFEST}, after).files
    assert "".join(sorted(TextBudget(lines, size).choose(files))) == shown
    budget = TextBudget(lines, size)
    assert "".join(sorted(path for file in files for path in budget.choose([file]))) == shown


def test_files_with_very_many_credentials_share_one_search_and_what_is_not_searched_is_masked() -> None:
    id = b"AKIAQWRTZPSDFGHJKLM"
    before, after = (
        {"SKILL.md": MANIFEST, **{f"{at}": (id + end) * 4_000 for at in range(4)}} for end in (b"N\n", b"Q\n")
    )
    files, budget = differ(before, after).files, TextBudget()
    texts = [budget.text(file) or "" for file in files]
    assert [id.decode() in text for text in texts] == [False] * 4
    assert [text.count("*" * 20) for text in texts] == [8_000] * 4
    assert texts == [file.text() for file in files]
    assert budget._search.places == MOST_PLACES


def test_after_very_many_long_words_a_comparison_masks_whole_texts() -> None:
    chance = random.Random(1)
    words = [b" ".join(b"%x" % chance.getrandbits(200) for _ in range(18_000)) for _ in range(3)]
    token = b"gh" + b"p_" + b"q8Zr2Wv6Tn4Kx9Jp3Ls7Hd5Fm1Bc0Ya4Ee6G"
    after = {"SKILL.md": MANIFEST, **{f"{at}": word for at, word in enumerate(words)}, "z": b"deployment-a1-" + token}
    budget = TextBudget()
    texts = [budget.text(file) or "" for file in differ({"SKILL.md": MANIFEST}, after).files]
    assert budget._search.is_short()
    assert [token.decode() in text for text in texts] == [False] * 4
    assert texts[-1].count("*") == len(after["z"])


def hostile_trees(count: int) -> tuple[Files, Files]:
    """Return two sets of that many files, whose lines are at random one of two."""
    chance = random.Random(count)
    texts = [b"".join(chance.choices((b"a\n", b"b\n"), k=50_000)) for _ in range(10)]
    sides = ({f"f{at}": chance.choice(texts) for at in range(count)} for _ in range(2))
    before, after = ({"SKILL.md": MANIFEST, **side} for side in sides)
    return before, after


@pytest.mark.parametrize("output_format", ["text", "json"])
def test_many_texts_of_many_lines_take_no_longer_than_a_few(
    output_format: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    took = []
    for count in (15, 60):
        arguments = [*both(tmp_path / str(count), *hostile_trees(count)), "--output-format", output_format]
        took.append(bounds.best_of(1, partial(main, arguments)))
        out = capsys.readouterr().out
        assert out.count("@@ -1,50000 +1,50000 @@") == 3
        if output_format == "text":
            assert out.count("100,000 -> 100,000 bytes, sha256 ") >= count // 2
    bounds.expect_at_most(took[1], 5)
    bounds.expect_at_most(took[1], 4 * took[0])


def both(tmp_path: Path, before: Files, after: Files) -> list[str]:
    write(tmp_path / "before" / "demo", before)
    write(tmp_path / "after" / "demo", after)
    return ["diff", str(tmp_path / "before" / "demo"), str(tmp_path / "after" / "demo")]


def test_a_credential_is_masked_in_text_and_json_and_its_change_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = TOKEN[:-1] + b"9"
    arguments = both(
        tmp_path,
        {"SKILL.md": manifest(license=TOKEN.decode()), "a": b"t = " + TOKEN + b"\n"},
        {"SKILL.md": manifest(license=other.decode()), "a": b"t = " + other + b"\n"},
    )
    for more in ([], ["--output-format", "json"]):
        assert main([*arguments, *more]) == 1
        printed = capsys.readouterr()
        assert TOKEN.decode()[4:20] not in printed.out + printed.err
        assert printed.out.count("t = *****") == 2 or "+t = *****" in printed.out


def test_what_a_terminal_or_a_runner_would_execute_is_escaped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    attack = "\x1b[45m ##[error]x\u202e"
    arguments = both(
        tmp_path,
        {"SKILL.md": MANIFEST},
        {"SKILL.md": manifest(license=json.dumps(attack)), "a.txt": f"{attack}\n::error::x\r\n".encode()},
    )
    for more in ([], ["--output-format", "json"], ["--color", "always"]):
        assert main([*arguments, *more]) == 1
        out = capsys.readouterr().out
        assert "##[error]" not in out
        assert "\u202e" not in out
        assert "\x1b[45m" not in out
        assert not any(line.startswith("::") for line in out.splitlines())


def test_json_has_the_same_as_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = both(tmp_path, {"SKILL.md": manifest()}, {"SKILL.md": manifest(license="MIT"), "run": b"#!/bin/sh\n"})
    assert main([*arguments, "--output-format", "json"]) == 1
    (skill,) = json.loads(capsys.readouterr().out)["skills"]
    assert skill["fields"] == [{"field": "license", "before": None, "after": "MIT"}]
    assert [(file["path"], file["change"], file["new_script"]) for file in skill["files"]] == [
        ("SKILL.md", "changed", False),
        ("run", "added", True),
    ]
    assert skill["before"]["digest"] != skill["after"]["digest"]


def test_bodies_are_compared_skill_by_skill_and_their_patch_is_applied_above_the_folders(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def body(**skills: bytes) -> bytes:
        files = [{"SKILL.md": MANIFEST.replace(b"demo", name.encode()), "a": text} for name, text in skills.items()]
        return json.dumps(skillpack.container("x", files, settings=Settings())).encode()

    (tmp_path / "a.json").write_bytes(body(one=b"1\n", two=b"2\n", three=b"3\n"))
    (tmp_path / "b.json").write_bytes(body(three=b"3\n", two=b"II\n", four=b"4\n"))
    patch = tmp_path / "made.patch"
    assert main(["diff", str(tmp_path / "a.json"), str(tmp_path / "b.json"), "--patch", str(patch)]) == 1
    out = capsys.readouterr().out
    assert "three:" not in out
    headings = [line for line in out.splitlines() if line.endswith(":") and line != "files:"]
    assert headings == ["four:", "read by every model:", "one:", "read by every model:", "two:"]
    assert [line for line in out.splitlines() if line.startswith("skill ")] == ["skill added", "skill removed"]
    assert "four:\nskill added\n" in out
    assert "one:\nskill removed\n" in out
    assert main(["diff", str(tmp_path / "a.json"), str(tmp_path / "b.json"), "--output-format", "json"]) == 1
    printed = capsys.readouterr()
    assert [(skill["name"], skill["change"]) for skill in json.loads(printed.out)["skills"]] == [
        ("four", "added"),
        ("one", "removed"),
        ("three", None),
        ("two", "changed"),
    ]
    assert printed.err.startswith("1 skill added, 1 skill removed, ")
    assert main(["unpack", str(tmp_path / "a.json"), "-d", str(tmp_path / "unpacked")]) == 0
    assert main(["unpack", str(tmp_path / "b.json"), "-d", str(tmp_path / "wanted")]) == 0
    git("apply", "--whitespace=nowarn", cwd=tmp_path / "unpacked", given=patch.read_bytes())
    assert read(tmp_path / "unpacked") == read(tmp_path / "wanted")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda root: (root / "link").symlink_to("/etc/hostname"), "link-escapes"),
        (lambda root: (root / "big").write_bytes(b"x" * (25 * 1024 * 1024 + 1)), "file-too-large"),
    ],
)
def test_a_skill_with_a_file_that_cannot_be_packed_is_a_failure(
    make: Callable[[Path], Any], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = both(tmp_path, {"SKILL.md": MANIFEST}, {"SKILL.md": MANIFEST})
    assert main(arguments) == 0
    make(tmp_path / "after" / "demo")
    assert main(arguments) == 2
    assert words in capsys.readouterr().err
    with pytest.raises(RejectedError, match=words):
        skillpack.diff(*arguments[1:])


def test_what_is_not_there_and_stdin_twice_are_failures(tmp_path: Path) -> None:
    write(tmp_path / "demo", {"SKILL.md": MANIFEST})
    assert main(["diff", str(tmp_path / "demo"), str(tmp_path / "none")]) == 2
    assert main(["diff", "-", "-"]) == 2
