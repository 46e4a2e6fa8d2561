from __future__ import annotations

import hashlib
import subprocess
from typing import TYPE_CHECKING

import pytest

from skillpack import Builder, SkillFile, SkillTree
from skillpack.errors import ArchiveError
from skillpack.skill.digest import DIGEST_VERSION, Fingerprint
from skillpack.skill.tree import Memory
from tests.conftest import MANIFEST
from tests.judges import judge

if TYPE_CHECKING:
    from tests.conftest import MakeSkill

CONTENTS = {
    "SKILL.md": b"---\nname: demo\n---\n",
    "a.txt": b"a",
    "a/b": b"sorts behind a.txt",
    "a b": b"a space",
    "bin/tool": b"\x7fELF\x02",
    "run.sh": b"#!/bin/sh\n",
    "Été.md": b"",
    "用語.md": b"x" * 100_000,
}


def test_files_stand_in_the_order_of_the_bytes_of_their_whole_paths() -> None:
    paths = [file.path for file in SkillTree.from_files(CONTENTS).files]
    assert paths == sorted(CONTENTS, key=str.encode)
    assert paths != sorted(CONTENTS, key=lambda path: path.split("/"))  # folder by folder, as os.walk goes


def test_the_order_in_which_contents_are_given_plays_no_part() -> None:
    backwards = dict(reversed(CONTENTS.items()))
    assert SkillTree.from_files(backwards) == SkillTree.from_files(CONTENTS)
    assert SkillTree.from_files(backwards).digest == SkillTree.from_files(CONTENTS).digest


def test_the_digest_is_the_hash_of_one_line_a_file() -> None:
    lines = [
        f"{hashlib.sha256(CONTENTS[path]).hexdigest()} {'x' if path in ('bin/tool', 'run.sh') else '-'} {path}\n"
        for path in sorted(CONTENTS, key=str.encode)
    ]
    expected = hashlib.sha256("".join(lines).encode()).hexdigest()
    assert SkillTree.from_files(CONTENTS).digest == f"{DIGEST_VERSION}:{expected}"


def test_the_digest_of_the_first_version_stays_what_it_is() -> None:
    expected = "skillpack1:fcba5a82c59579b82532ece96354a5fdbee411c73c0f3fa989e9ec5a259805f8"
    assert SkillTree.from_files(CONTENTS).digest == expected


def test_programs_of_every_linux_make_the_same_digest(make_skill: MakeSkill) -> None:
    root = make_skill({path: content for path, content in CONTENTS.items() if not content.startswith(b"\x7f")})
    script = """
        find . -type f | sed 's|^\\./||' | while IFS= read -r path; do
            case "$(head -c 2 "$path" | tr -d '\\0')" in '#!') flag=x ;; *) flag=- ;; esac
            echo "$(sha256sum < "$path" | awk '{ print $1 }') $flag $path"
        done | LC_ALL=C sort -k3 | sha256sum | awk '{ print "skillpack1:" $1 }'
    """
    for program in ("sha256sum", "awk", "sort", "find"):
        judge(program)
    done = subprocess.run(["sh", "-c", script], cwd=root, capture_output=True, check=True, text=True)
    assert done.stdout.strip() == Builder().walk(root).digest


@pytest.mark.parametrize(
    "other",
    [
        CONTENTS | {"a.txt": b"b"},
        CONTENTS | {"new": b""},
        {path: content for path, content in CONTENTS.items() if path != "a.txt"},
        {path if path != "a.txt" else "b.txt": content for path, content in CONTENTS.items()},
    ],
)
def test_another_name_or_content_is_another_tree_with_another_digest(other: dict[str, bytes]) -> None:
    assert SkillTree.from_files(other) != SkillTree.from_files(CONTENTS)
    assert SkillTree.from_files(other).digest != SkillTree.from_files(CONTENTS).digest


def test_the_folder_and_what_is_left_out_are_no_part_of_a_trees_identity(make_skill: MakeSkill) -> None:
    root = make_skill({"notes.md": "x", ".gitignore": "*.log\n", "a.log": "noise"})
    walked = Builder().walk(root)
    assert walked.selection.excluded
    made = SkillTree.from_files({file.path: file.read() for file in walked.files}, "elsewhere")
    assert made == walked
    assert hash(made) == hash(walked)
    assert made.digest == walked.digest


def test_names_get_unicode_form_nfc_and_the_tree_notes_which() -> None:
    tree = SkillTree.from_files({"e\u0301.md": b""})
    assert [file.path for file in tree.files] == ["é.md"]
    assert [issue.location.path for issue in tree.selection.notes] == ["é.md"]


def test_files_are_equal_if_path_and_content_are_wherever_they_lie(make_skill: MakeSkill) -> None:
    root = make_skill({"notes.md": "text"})
    on_disk = Builder().walk(root).file("notes.md")
    in_memory = SkillFile("notes.md", 4, Memory(b"text"))
    assert on_disk == in_memory
    assert hash(on_disk) == hash(in_memory)
    assert in_memory != SkillFile("notes.md", 4, Memory(b"Text"))
    assert in_memory != "notes.md"


@pytest.mark.parametrize(
    ("content", "executable"),
    [
        (b"#!", True),
        (b"#!/bin/sh", True),
        (b"\x7fELF", True),
        (b"\x7fEL", False),
        (b"\xef\xbb\xbf#!", False),
        (b"", False),
    ],
)
def test_a_fingerprint_says_whether_a_system_would_run_the_content(content: bytes, executable: bool) -> None:  # noqa: FBT001 - a parameter
    assert Fingerprint.from_content(content) == Fingerprint(
        sha256=hashlib.sha256(content).hexdigest(), executable=executable
    )


def test_a_tree_in_memory_lies_in_no_folder_whose_name_could_be_wrong() -> None:
    tree = SkillTree.from_files({"SKILL.md": MANIFEST})
    assert (tree.directory, tree.origin) == ("", "skill")
    assert [finding.rule for finding in Builder().check(tree)] == []
    named = SkillTree.from_files({"SKILL.md": tree.files[0].read()}, "other")
    assert [str(finding) for finding in Builder().check(named)] == [
        "other/SKILL.md:2:7: warning[name-not-directory]: the name is demo, but the folder is other"
    ]


@pytest.mark.parametrize(
    "path", ["", ".", "..", "../evil", "a/../b", "./a", "a//b", "/etc/passwd", "a/", "a/.", "x\0y"]
)
def test_a_path_that_leads_out_of_the_skill_is_refused_when_a_file_is_made(path: str) -> None:
    with pytest.raises(ArchiveError) as caught:
        SkillFile(path, 1, Memory(b"x"))
    assert isinstance(caught.value, ValueError)
    with pytest.raises(ArchiveError):
        SkillTree.from_files({path: b"x"})


@pytest.mark.parametrize("path", ["..\\evil", "C:evil", "...", "a/..b", ".env", "two\nlines", "\udce9"])
def test_a_name_that_a_file_on_disk_can_have_is_left_to_the_rules(path: str) -> None:
    assert SkillTree.from_files({path: b"x"}).files[0].path == path
