"""What is compressed while the rest is still judged: the same bytes, read once, within bounds, and gone on an error."""

from __future__ import annotations

import base64
import gc
import os
import re
import select
import signal
import threading
import time
import tracemalloc
import warnings
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillpack import Builder, RejectedError, SkillFile, SkillTree, pack, write_zip
from skillpack.archive.records import lay_out
from skillpack.archive.write import Compressor
from skillpack.bundle.bundle import inline_skill
from skillpack.payload import wire
from skillpack.skill.tree import Memory
from tests.conftest import make_tree, stream

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from skillpack.skill.digest import Fingerprint

MEBIBYTE: Final = 1 << 20
PAGES: Final = {f"references/{number:03}.txt": b"%d " % number * (100 + number * 97 % 5000) for number in range(150)}

WORDS: Final = {f"{number:02}.txt": Random(number).randbytes(MEBIBYTE).hex().encode() for number in range(12)}


class Counting(Memory):
    """Content in memory that counts how often it was read, and how many threads there were."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.reads: list[int] = []

    def read(self) -> bytes:
        self.reads.append(threading.active_count())
        return self.content


def counting(contents: dict[str, bytes]) -> SkillTree:
    tree = make_tree(contents)
    files = tuple(SkillFile(file.path, file.size, Counting(file.read())) for file in tree.files)
    return SkillTree(files, tree.directory)


def reads(tree: SkillTree) -> list[int]:
    return [len(file.source.reads) for file in tree.files if isinstance(file.source, Counting)]


def early(tree: SkillTree, offered: Collection[int]) -> bytes:
    compressor = Compressor(tree, "demo", threads=2)
    for at, file in enumerate(tree.files):
        if at in offered:
            compressor.offer(file, file.read())
    return b"".join(lay_out(compressor.members()))


@given(st.sets(st.integers(0, len(PAGES))))
def test_whatever_is_offered_the_zip_is_the_same(offered: set[int]) -> None:
    tree = make_tree(PAGES)
    assert early(tree, offered) == write_zip(tree, "demo")


@given(st.permutations(range(len(PAGES) + 1)))
def test_files_offered_in_any_other_order_change_nothing(order: list[int]) -> None:
    tree = make_tree(PAGES)
    compressor = Compressor(tree, "demo", threads=2)
    for at in order:
        compressor.offer(tree.files[at], tree.files[at].read())
    assert b"".join(lay_out(compressor.members())) == write_zip(tree, "demo")


def test_what_was_judged_is_not_read_a_second_time() -> None:
    tree = counting(PAGES)
    assert pack(tree).zip == write_zip(make_tree(PAGES), "demo")
    first, *others = reads(tree)
    assert first == 1  # the manifest, for its frontmatter and all else
    batch = 64
    whole = len(PAGES) // batch * batch - 1
    assert set(others[:whole]) == {1}


def test_by_one_thread_or_too_little_to_share_nothing_is_compressed_early() -> None:
    for tree, threads in ((counting(PAGES), 1), (counting({"a.txt": b"text\n"}), 4)):
        compressor = Compressor(tree, "demo", threads=threads)
        before = threading.active_count()
        for file in tree.files:
            compressor.offer(file, file.read())
        assert threading.active_count() == before
        list(compressor.members())
        assert set(reads(tree)) == {2}


def test_a_skill_that_is_rejected_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    tree = make_tree({**PAGES, "zz/SKILL.md": b"---\nname: zz\n---\n"})
    with pytest.raises(RejectedError):
        pack(tree)
    with pytest.raises(RejectedError):
        stream(tree, str)
    assert threading.active_count() == before


def test_a_skill_that_cannot_be_packed_anyway_is_not_compressed_early() -> None:
    before = threading.active_count()
    tree = counting({**PAGES, "SKILL.md": b"---\nname: [\n---\n"})
    with pytest.raises(RejectedError):
        pack(tree)
    assert {count for file in tree.files if isinstance(file.source, Counting) for count in file.source.reads} == {
        before
    }


def test_what_is_judged_and_never_written_stops() -> None:
    before = threading.active_count()
    streamed = stream(make_tree(WORDS), str, threads=2)
    assert threading.active_count() > before
    del streamed
    gc.collect()
    end = time.monotonic() + 300  # it takes milliseconds on a machine that is not busy
    while threading.active_count() > before and time.monotonic() < end:
        time.sleep(0.01)
    assert threading.active_count() == before


@pytest.mark.parametrize("granted", [0, 1])
def test_where_the_system_gives_no_threads_the_zip_is_made_all_the_same(
    granted: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[threading.Thread] = []
    start = threading.Thread.start

    def scarce(thread: threading.Thread) -> None:
        if len(started) == granted:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    tree = make_tree(PAGES)
    expected = write_zip(tree, "demo")
    monkeypatch.setattr(threading.Thread, "start", scarce)
    assert Builder(threads=4).pack(tree).zip == expected == write_zip(tree, "demo", threads=4)


def in_a_fork(make: Callable[[], bytes]) -> bytes | None:
    """Return what a forked child makes, or nothing where it fails, or still hangs after a minute."""
    read, write = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # since Python 3.12: the process has threads
        child = os.fork()
    if not child:
        with suppress(BaseException), os.fdopen(write, "wb") as file:
            file.write(make() + b"whole")
        os._exit(0)
    os.close(write)
    made = b""
    with os.fdopen(read, "rb", buffering=0) as file:
        while select.select([file], [], [], 60)[0] and (piece := file.read(MEBIBYTE)):
            made += piece
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return made.removesuffix(b"whole") if made.endswith(b"whole") else None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_what_was_judged_before_a_fork_is_written_by_parent_and_child() -> None:
    tree = make_tree(WORDS)
    expected = b"".join(wire.pieces(inline_skill(pack(tree))))
    streamed = stream(tree, str, threads=2)
    assert in_a_fork(lambda: b"".join(wire.pieces(inline_skill(streamed)))) == expected
    assert b"".join(wire.pieces(inline_skill(streamed))) == expected


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
@pytest.mark.parametrize("written", [1, 7])
def test_a_zip_half_written_before_a_fork_is_finished_by_parent_and_child(written: int) -> None:
    tree = make_tree(WORDS)
    expected = write_zip(tree, "demo")
    members = Compressor(tree, "demo", threads=2).members()
    begun = [next(members) for _ in range(written)]
    assert in_a_fork(lambda: b"".join(lay_out([*begun, *members]))) == expected
    assert b"".join(lay_out([*begun, *members])) == expected


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
@pytest.mark.parametrize("end", [list[Compressor].clear, lambda held: held[0].close()], ids=["dropped", "closed"])
def test_a_child_ends_whatever_lock_another_thread_held_at_the_fork(end: Callable[[list[Compressor]], object]) -> None:
    tree = make_tree(PAGES)
    held = [Compressor(tree, "demo", threads=2)]
    for file in tree.files:
        held[0].offer(file, file.read())
    pool = held[0]._pool
    assert pool
    with pool._shutdown_lock:
        assert in_a_fork(lambda: repr(end(held)).encode()) == b"None"


def test_compressing_early_holds_no_more_than_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    unit = MEBIBYTE // 4  # tracing makes each megabyte slow
    for name, bound in (("_AHEAD_BYTES", 4 * unit), ("_OFFERED_BYTES", 4 * unit), ("_BATCH_BYTES", unit)):
        monkeypatch.setattr(f"skillpack.archive.write.{name}", bound)
    monkeypatch.setattr("skillpack.payload.wire._CHUNK", unit * 3 // 4)
    random = Random(1)
    words = {f"{number:02}.txt": base64.b64encode(random.randbytes(unit)) for number in range(20)}
    # without long words, for which the search for credentials holds some memory of its own
    tree = make_tree({path: re.sub(b"(.{15}).", rb"\1 ", content) for path, content in words.items()})
    builder = Builder(threads=2)
    disk = SkillTree(tuple(SkillFile(file.path, file.size, Copying(file)) for file in tree.files), tree.directory)
    tracemalloc.start()
    for _ in wire.pieces(inline_skill(stream(disk, str, builder.settings, builder.threads))):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 4 * unit < peak < 12 * unit


def test_what_does_not_shrink_is_not_held_until_its_turn_comes() -> None:
    random = Random(2)
    images = {f"{number}.png": random.randbytes(MEBIBYTE) for number in range(3)}
    tree = counting({**images, "words.txt": b"word " * MEBIBYTE})
    made = pack(tree).zip
    assert dict(zip((file.path for file in tree.files), reads(tree), strict=True)) == {
        "0.png": 2,  # to judge it, and to write it
        "1.png": 2,
        "2.png": 2,
        "SKILL.md": 1,
        "words.txt": 1,
    }
    assert made == write_zip(tree, "demo")


@dataclass(frozen=True)
class Copying:
    """Content that is new memory each time it is read, as that of a file on disk is."""

    file: SkillFile

    @property
    def fingerprint(self) -> Fingerprint:
        return self.file.source.fingerprint

    def read(self) -> bytes:
        return bytes(bytearray(self.file.read()))
