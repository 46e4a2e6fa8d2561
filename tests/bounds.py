"""Bounds on what something costs, in processor time: the wall clock also counts what else the machine does.

Processor time too depends on the machine and on what runs beside the tests. A bound is therefore given in seconds of
the machine on which it was set, and is raised on a slower one, which a fixed piece of work tells. What else runs can
start and end between the two: the same check was measured at 0.58 and at 1.07 seconds.
"""

from __future__ import annotations

import gc
import hashlib
import json
import re
import time
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_NOISE: Final = 2.0  # how many times as long the same work takes while others share the processor and its caches
_REFERENCE_SECONDS: Final = 0.0080  # what the yardstick takes on the machine on which the bounds were set


@contextmanager
def processor_time(most: float) -> Iterator[None]:
    """Fail if what runs inside takes more processor time of this process than so many seconds of the reference."""
    slowness = _slowness(tries=1)
    begin = time.process_time()
    yield
    took = time.process_time() - begin
    expect_at_most(took, most, slowness)


def expect_at_most(took: float, most: float, slowness: float = 1.0) -> None:
    """Fail if the processor time that something took exceeds a bound, both in seconds.

    Args:
        took: The processor time on this machine.
        most: The bound, on the machine of reference.
        slowness: How slow this machine was before the work, if that is known.
    """
    if took <= most:
        return
    slowness = _NOISE * max(slowness, _slowness())
    assert took <= most * slowness, (
        f"took {took:.3f} s of processor time; {most} s are allowed, {most * slowness:.3f} s on this machine"
    )


def best_of(times: int, work: Callable[[], object]) -> float:
    """Return the least processor time that some work takes in several tries, in seconds."""
    gc.disable()
    try:
        return min(_timed(work) for _ in range(times))
    finally:
        gc.enable()


def _slowness(tries: int = 5) -> float:
    """Return how many times as long as on the machine of reference a fixed piece of work takes, at least 1."""
    return max(1.0, max(_timed(_yardstick) for _ in range(tries)) / _REFERENCE_SECONDS)


def _yardstick() -> None:
    """Do a little of what skillpack does: search, hash, compress and make objects."""
    text = "".join(f"word{number} and {number * 7919:x}, " for number in range(1_300))
    words = {word: len(word) for word in re.findall(r"\b\w*\d\w*\b", text)}
    json.loads(json.dumps(words))
    zlib.compress(text.encode())
    hashlib.sha256(text.encode()).digest()


def _timed(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin
