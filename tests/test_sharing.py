"""Sharing work between two threads: the same results and failures in the same order, and no more contents at a time."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

import pytest

from skillpack import SkillTree, read_zip, write_zip
from skillpack.archive.read_foreign import read_foreign
from skillpack.archive.sharing import share
from tests.zip_drafts import Draft

if TYPE_CHECKING:
    from collections.abc import Callable

LARGE = 1 << 30


@pytest.fixture(params=[1, 2, 16])
def processors(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    count: int = request.param
    monkeypatch.setattr(os, "cpu_count", lambda: count)
    return count


def _slowest_first(number: int) -> int:
    time.sleep(0.002 * (5 - number % 5))
    return number


@pytest.mark.usefixtures("processors")
def test_results_come_in_the_order_of_the_tasks() -> None:
    assert list(share(_slowest_first, range(40), LARGE)) == list(range(40))


@pytest.mark.usefixtures("processors")
def test_a_failure_is_raised_after_the_results_before_it() -> None:
    def work(number: int) -> int:
        if number in (7, 9):
            raise ValueError(f"number {number}")
        return number

    results = share(work, range(20), LARGE)
    assert [next(results) for _ in range(7)] == list(range(7))
    with pytest.raises(ValueError, match="number 7"):
        next(results)


def test_at_most_two_tasks_run_at_a_time(processors: int) -> None:
    lock, running, most = threading.Lock(), 0, 0

    def work(_number: int) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.005)
        with lock:
            running -= 1

    list(share(work, range(20), LARGE))
    assert most == min(processors, 2)


def test_little_work_starts_no_thread() -> None:
    assert set(share(lambda _: threading.get_ident(), range(5), 1000)) == {threading.get_ident()}


@pytest.mark.parametrize("allowed", [0, 1])
def test_a_system_that_refuses_threads_gets_the_same_results(allowed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    start, started = threading.Thread.start, 0

    def refuse(thread: threading.Thread) -> None:
        nonlocal started
        started += 1
        if started > allowed:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert list(share(_slowest_first, range(20), LARGE)) == list(range(20))
    assert started == allowed + 1


def _damaged(count: int) -> bytes:
    """A zip of 8 MiB in which every fifth entry is damaged, in turn in each way."""
    draft = Draft.of({b"demo/%d" % number: b"%d" % number * 60_000 for number in range(count)}, compress=True)
    changes: tuple[Callable[[Draft, int], object], ...] = (
        lambda draft, at: draft.items[at].set(crc=1),
        lambda draft, at: draft.items[at].set(size=100),
        lambda draft, at: draft.items[at].set(size=1 << 20),
    )
    for turn, at in enumerate(range(0, count, 5)):
        changes[turn % 3](draft, at)
    return draft.build()


def test_the_findings_of_a_zip_do_not_depend_on_the_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    data = _damaged(60)
    found = {}
    for count in (1, 2, 4):
        monkeypatch.setattr(os, "cpu_count", lambda count=count: count)
        found[count] = read_foreign(data)
    assert len(found[1].issues) == 12
    assert {issue.rule_id for issue in found[1].issues} == {"zip-data"}
    assert found[1] == found[2] == found[4]
    assert not found[1].entries


@pytest.mark.usefixtures("processors")
def test_a_bundle_reads_the_same_with_any_number_of_threads() -> None:
    contents = {"SKILL.md": b"---\nname: demo\ndescription: A demo.\n---\n"}
    contents |= {f"f{number:02}.txt": b"%d " % number * 60_000 for number in range(40)}
    tree = SkillTree.from_files(contents, "demo")
    assert tree.size > 4 << 20
    assert read_zip(write_zip(tree, "demo")) == tree
