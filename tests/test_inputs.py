"""What callers hand in that is nearly right: taken for what it is, or refused in words, never for something else."""

from __future__ import annotations

import io
import pickle
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

import pytest

from skillpack import (
    ArchiveError,
    Builder,
    ExpiresAfter,
    InlineSkill,
    NotASkillError,
    PayloadError,
    RejectedError,
    Settings,
    SettingsError,
    SkillChangedError,
    SkillFile,
    SkillReference,
    SkillTree,
    check,
    container,
    pack,
    read_zip,
    write_container,
    write_zip,
)
from skillpack.cli import main
from skillpack.skill.digest import Fingerprint
from skillpack.skill.tree import Memory
from tests.conftest import MakeSkill, make_tree

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Subclassed(Builder):
    """A builder of somebody else's."""


class OnlyWrites:
    """What a writer must at least have."""

    def __init__(self) -> None:
        self.written = b""

    def write(self, data: bytes) -> int:
        self.written += data
        return len(data)


class Shrinking:
    """Content that lacks a byte when it is read again."""

    def __init__(self, content: bytes) -> None:
        self.fingerprint = Fingerprint.from_content(content)
        self._readings = chain([content], repeat(content[1:]))

    def read(self) -> bytes:
        return next(self._readings)


def test_a_line_feed_in_a_name_cannot_forge_the_digest_of_another_skill() -> None:
    two = SkillTree.from_files({"a": b"1", "b": b"2"})
    first, second = two.files
    forged = SkillTree.from_files({f"a\n{second.sha256} - b": b"1"})
    assert first.sha256 == forged.files[0].sha256
    with pytest.raises(ArchiveError) as caught:
        _ = forged.digest
    assert caught.value.rule == "path-control"


def test_digest_says_which_name_holds_a_line_feed(make_skill: MakeSkill, capfd: pytest.CaptureFixture[str]) -> None:
    root = make_skill({"a\nb": "text"})
    assert main(["digest", str(root)]) == 1
    said = capfd.readouterr()
    assert "path-control" in said.err
    assert said.out == ""


@pytest.mark.parametrize("given", ["", "skillpack1:", "skillpack1:" + "A" * 64, "0" * 64])
def test_digest_refuses_to_check_against_what_is_no_digest(
    make_skill: MakeSkill, capfd: pytest.CaptureFixture[str], given: str
) -> None:
    assert main(["digest", "--check", given, str(make_skill())]) == 2
    assert "64 lowercase hex digits" in capfd.readouterr().err


def test_the_name_of_a_compression_compresses_as_the_compression_does() -> None:
    tree = make_tree({"a.txt": b"text " * 1000})
    assert write_zip(tree, "demo", "deflate") == write_zip(tree, "demo") != write_zip(tree, "demo", "store")
    with pytest.raises(SettingsError, match="compression: must be one of deflate, smallest, store"):
        write_zip(tree, "demo", "gzip")  # type: ignore[arg-type]


def test_every_zip_that_pack_makes_can_be_read_again() -> None:
    tree = make_tree({f"{number}.bin": bytes(25 << 20) for number in range(3)})
    bundle = pack(tree)
    again = read_zip(bundle.zip)
    assert again == tree
    assert pickle.loads(pickle.dumps(again)) == tree
    assert again.files[0].read() == bytes(25 << 20)


def test_a_tree_without_files_has_no_zip() -> None:
    with pytest.raises(ArchiveError) as caught:
        write_zip(SkillTree.from_files({}), "demo")
    assert caught.value.rule == "manifest-missing"


def test_a_writer_needs_no_more_than_a_write_method() -> None:
    bundle, plain = pack(make_tree()), io.BytesIO()
    file, whole = OnlyWrites(), OnlyWrites()
    bundle.write_inline_skill(file)  # type: ignore[arg-type]
    bundle.write_inline_skill(plain)
    assert file.written == plain.getvalue()
    write_container(whole, "demo", [bundle])  # type: ignore[arg-type]
    assert file.written in whole.written


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_a_zip_in_memory_may_be_any_kind_of_bytes(kind: Callable[[bytes], Any]) -> None:
    bundle = pack(make_tree())
    data = kind(bundle.zip)
    assert read_zip(data) == bundle.skill.tree == pack(data).skill.tree
    assert check(data).ok
    assert container("demo", [data]) == container("demo", [bundle])
    with pytest.raises(PayloadError, match="put the one skill in brackets"):
        container("demo", data)


def test_content_that_is_text_is_refused_in_words() -> None:
    with pytest.raises(TypeError, match="the content of a file must be bytes, not str"):
        SkillTree.from_files({"SKILL.md": "text"})  # type: ignore[dict-item]


def test_one_model_is_no_list_of_skills() -> None:
    with pytest.raises(PayloadError, match="put the one skill in brackets"):
        container("demo", SkillReference(skill_id="skill_1"))  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["a\0b", "a" * 300, ""])
def test_a_path_that_no_system_has_is_no_skill(path: str) -> None:
    with pytest.raises(NotASkillError):
        pack(path)
    with pytest.raises(NotASkillError):
        Builder().walk(path)


@pytest.mark.parametrize("given", [5, {"anchor": "last_active_at", "minutes": 5}, ExpiresAfter(minutes=5)])
def test_the_time_to_live_may_be_minutes_a_dict_or_a_model(given: Any) -> None:
    made = container("demo", expires_after=given)
    assert made["expires_after"] == {"anchor": "last_active_at", "minutes": 5}


@pytest.mark.parametrize("given", [0, -1, {"minutes": 0}, "5", True])
def test_the_time_to_live_is_at_least_a_minute(given: Any) -> None:
    with pytest.raises(PayloadError, match="/expires_after/minutes"):
        container("demo", expires_after=given)


@pytest.mark.parametrize("threads", [0, -1])
def test_no_threads_at_all_are_refused_before_anything_is_read(threads: int) -> None:
    with pytest.raises(SettingsError, match="threads: must be 1 or more"):
        Builder(threads=threads)
    with pytest.raises(SettingsError, match="threads: must be 1 or more"):
        write_zip(make_tree(), "demo", threads=threads)


def test_a_pickled_builder_keeps_its_type() -> None:
    assert type(pickle.loads(pickle.dumps(Subclassed()))) is Subclassed


def test_a_local_shell_says_that_it_cannot_use_a_zip(
    make_skill: MakeSkill, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    zip = tmp_path / "h.zip"
    zip.write_bytes(pack(make_skill()).zip)
    assert main(["shell", "--local", str(zip)]) == 2
    assert f"--local needs a directory, and {zip} is a file" in capfd.readouterr().err


def test_one_path_is_no_list_of_its_letters(make_skill: MakeSkill) -> None:
    root = make_skill({"a": "x"})
    with pytest.raises(TypeError, match="only must be a list of strings, not str"):
        Builder().walk(root, only="SKILL.md")
    with pytest.raises(TypeError, match="paths must be a list of strings, not str"):
        Builder().why(root, "abc")
    assert [file.path for file in Builder().walk(root, only=["a"]).files] == ["a"]


@pytest.mark.parametrize("path", ["a\0b", "\ud800"])
def test_there_is_no_verdict_on_a_path_that_no_file_can_have(make_skill: MakeSkill, path: str) -> None:
    with pytest.raises(SettingsError, match=r"^paths: holds a path that no file can have$"):
        Builder().why(make_skill(), [path])


def test_the_files_of_a_tree_made_by_hand_are_put_in_archive_order() -> None:
    tree = make_tree({"a.txt": b"a", "a/b": b"b", "\uffee": b"c", "\U0001f600": b"d"})
    backwards = SkillTree(tuple(reversed(tree.files)), "demo")
    assert backwards == tree
    assert read_zip(write_zip(backwards, "demo")) == tree
    assert pack(backwards).zip == pack(tree).zip


@pytest.mark.parametrize("size", [0, 1, 3, 500])
def test_a_size_that_lies_is_told_and_never_zipped(size: int) -> None:
    tree = SkillTree((*make_tree().files, SkillFile("b.txt", size, Memory(b"xx"))), "demo")
    with pytest.raises(SkillChangedError, match=f"^b.txt has 2 bytes, not {size}$"):
        write_zip(tree, "demo")
    with pytest.raises(RejectedError, match="file-changed"):
        pack(tree)


def test_a_check_that_compresses_says_what_changed_since_it_was_judged() -> None:
    large = [SkillFile(f"{number}.txt", 25 << 20, Shrinking(bytes(25 << 20))) for number in range(3)]
    tree = SkillTree((*make_tree().files, *large), "demo")
    with pytest.raises(SkillChangedError, match=r"^\d\.txt has 26,214,399 bytes, not 26,214,400$"):
        check(tree)


@pytest.mark.parametrize("pattern", ["\ud800", "ok\udfff"])
def test_a_pattern_of_half_a_character_is_refused_before_anything_is_walked(pattern: str) -> None:
    with pytest.raises(SettingsError, match=r"exclude\[0\]: must be Unicode"):
        Settings(exclude=(pattern,))


def test_a_pattern_may_name_a_file_whose_name_is_not_unicode() -> None:
    assert Settings(exclude=("caf\udce9",)).exclude == ("caf\udce9",)


def test_a_class_is_no_skill() -> None:
    with pytest.raises(PayloadError, match="/skills/0"):
        container("c", [InlineSkill])  # type: ignore[list-item]
    with pytest.raises(PayloadError, match="/network_policy"):
        container("c", network_policy=InlineSkill)  # type: ignore[arg-type]
