from __future__ import annotations

import functools

import pytest

from tests.faults import injected
from tests.judges import missing

PARTS = 20
EACH = 10


@functools.cache
def some_faults() -> list[tuple[injected.Fault, injected.State]]:
    listed = injected.every_fault()
    return listed[:: max(1, len(listed) // (PARTS * EACH))]


def test_a_check_notices_a_target_that_is_half_written() -> None:
    run = injected.RUNS[0]
    found = injected.problems(injected.Fault(run, None, 10_000_000), {"": b"not what the run writes"})
    assert "exit 0 without the new content" in found


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_call_fails_the_target_is_old_or_new(part: int) -> None:
    if not injected.injectable():
        missing("strace is not installed, or may not trace here")
    broken = [
        (str(fault), found) for fault, new in some_faults()[part::PARTS] if (found := injected.problems(fault, new))
    ]
    assert broken == []
