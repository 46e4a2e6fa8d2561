"""A check compresses only until it is known that no rule reports the size of the zip; its findings stay the same."""

from __future__ import annotations

import random
import subprocess
import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillpack import Builder, Settings, SkillTree, write_zip
from skillpack.api import check_and_measure
from skillpack.archive import write
from skillpack.archive.records import upper_bound
from skillpack.bundle.packing import Zipping
from skillpack.cli import main
from skillpack.rules import size, weigh
from skillpack.skill.skill import Skill
from skillpack.targets import TARGETS
from tests.conftest import make_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skillpack import TargetName
    from skillpack.archive.write import Compression
    from skillpack.skill.tree import SkillFile
    from tests.conftest import MakeSkill

BATCH: Final = 2_000
"""Bytes that a thread compresses at a time, so that a small tree has work for several."""

LIMITED: Final[tuple[TargetName, ...]] = ("openai", "azure-openai")


@contextmanager
def limits(documented: int, accepted: int) -> Iterator[list[str]]:
    """Set the size of a zip that a guide states and that the API accepts; yield the paths of compressed files."""
    paths: list[str] = []
    pack = write._pack

    def counted(file: SkillFile, content: bytes, compression: Compression) -> write._Packed:
        paths.append(file.path)
        return pack(file, content, compression)

    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(size, "DOCUMENTED_ZIP_BYTES", documented))
        stack.enter_context(mock.patch.object(write, "_BATCH_BYTES", BATCH))
        stack.enter_context(mock.patch.object(write, "START_BYTES", 600))  # handed on together
        stack.enter_context(mock.patch.object(write, "_pack", counted))
        limited = {name: TARGETS[name]._replace(max_zip_bytes=accepted) for name in LIMITED}
        stack.enter_context(mock.patch.dict(TARGETS, limited))
        yield paths


def content(seed: int, noise: int, words: int) -> bytes:
    return random.Random(seed).randbytes(noise) + b"word " * words


def text_files(count: int) -> SkillTree:
    """Files that compress to a small part of their size, each in a batch of its own."""
    return make_tree({f"{number:02}.txt": content(number, 100, 380) for number in range(count)})


_contents = st.builds(content, st.integers(0, 9), st.integers(0, 3_000), st.integers(0, 2_000))
_trees = st.dictionaries(st.sampled_from([f"{place}.bin" for place in "0123ABCDtuvwxyz"]), _contents).map(make_tree)


@given(tree=_trees, data=st.data())
def test_the_findings_are_those_with_everything_compressed(tree: SkillTree, data: st.DataObject) -> None:
    whole, most = len(write_zip(tree, "demo")), upper_bound(tree, "demo")
    sizes = st.one_of(st.sampled_from([whole - 1, whole, whole + 1, most - 1, most, most + 1]), st.integers(0, most))
    documented, accepted = data.draw(sizes), data.draw(sizes)
    threads = data.draw(st.sampled_from([1, 2, 4]))
    settings = Settings(targets=data.draw(st.sampled_from([("openai",), ("codex",), ("azure-openai", "codex"), ()])))
    skill = Skill.from_tree(tree)
    before = threading.active_count()
    with limits(documented, accepted):
        report, packed = check_and_measure(skill, Builder(settings, threads=threads))
        assert threading.active_count() == before
        full_report, full = Zipping(skill, settings, threads, None, "folder").measure()
        assert report == full_report
        assert packed
        assert full
        assert weigh(packed, settings) == weigh(full, settings)
    assert full.size == whole
    if whole > min(documented, accepted):
        assert packed == full
    else:
        assert (whole <= packed.size <= min(documented, accepted), packed.footprints) == (True, ())


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_no_file_is_compressed_after_those_that_decide(threads: int) -> None:
    tree = text_files(40)
    skill, most = Skill.from_tree(tree), upper_bound(tree, "demo")
    with limits(most, most) as paths:
        check_and_measure(skill, Builder(threads=threads))
    assert paths == []
    needed = 10_000  # saved by 6 files, if each saves all of its 2,000 bytes
    with limits(most - needed, most) as paths:
        check_and_measure(skill, Builder(threads=threads))
    assert 6 <= len(paths) <= 8
    with limits(0, most) as paths:
        check_and_measure(skill, Builder(threads=threads))
    assert len(paths) == len(tree.files)


def test_files_that_do_not_shrink_delay_the_decision_and_do_not_change_it() -> None:
    noise = {f"a{number}.bin": content(number, 2_000, 0) for number in range(10)}
    tree = make_tree({**noise, **{file.path: file.read() for file in text_files(20).files}})
    limit = upper_bound(tree, "demo") - 8_000
    with limits(limit, limit):
        report, packed = check_and_measure(Skill.from_tree(tree), Builder(threads=2))
    assert report.ok
    assert packed
    assert packed.size <= limit


def test_a_whole_zip_is_written_whatever_is_enough_for_a_check() -> None:
    tree = text_files(40)
    expected = write_zip(tree, "demo")
    with limits(0, len(expected)):
        assert Builder(threads=2).pack(tree).zip == expected


@pytest.mark.parametrize("over", [0, 1])
@pytest.mark.parametrize("arguments", [["demo"], ["--hook", "demo/SKILL.md"], ["--all"]])
def test_in_python_on_the_command_line_and_in_a_hook_nothing_is_compressed_that_fits_as_it_is(
    make_skill: MakeSkill, monkeypatch: pytest.MonkeyPatch, arguments: list[str], over: int
) -> None:
    root = make_skill({file.path: file.read() for file in text_files(9).files if file.path != "SKILL.md"})
    monkeypatch.chdir(root.parent)
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["git", "add", "."], check=True)
    limit = upper_bound(Builder().tree(root), "demo") - over
    with limits(limit, limit) as paths:
        assert Builder(Settings(), threads=1).check(root).ok
        assert bool(paths) == bool(over)
        paths.clear()
        assert main(["check", *arguments]) == 0
        assert bool(paths) == bool(over)
