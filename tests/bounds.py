"""Bounds on what something costs, in processor time: the wall clock also counts what else the machine does."""

from __future__ import annotations

import gc
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def processor_time(most: float) -> Iterator[None]:
    """Fail if what runs inside takes more than so many seconds of this process's processor time."""
    begin = time.process_time()
    yield
    took = time.process_time() - begin
    assert took < most, f"took {took:.3f} s of processor time, at most {most} s are allowed"


def best_of(times: int, work: Callable[[], object]) -> float:
    """Return the least processor time that some work takes in several tries, in seconds."""
    gc.disable()
    try:
        return min(_timed(work) for _ in range(times))
    finally:
        gc.enable()


def _timed(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin
