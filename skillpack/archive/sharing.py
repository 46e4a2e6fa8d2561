"""Share the work of inflating and hashing the entries of a zip between two threads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from skillpack.archive.write import thread_count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")

_WORTH_IT: Final = 4 << 20  # bytes of content: less is done before a second thread would help
_THREADS: Final = 2  # each holds a content of up to 25 MiB


def share(work: Callable[[_Task], _Result], tasks: Sequence[_Task], size: int) -> Iterator[_Result]:
    """Yield the result of each task, in order; a task that fails raises its exception in its turn.

    Args:
        work: releases Python's lock where it takes long, as zlib and hashlib do.
        tasks: of one zip.
        size: bytes of content of all tasks.
    """
    if size < _WORTH_IT or thread_count(None) < _THREADS:
        yield from map(work, tasks)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(_THREADS) as pool:
        try:
            results = pool.map(work, tasks)
        except RuntimeError:  # the system refuses threads
            pool.shutdown(cancel_futures=True)
            results = map(work, tasks)
        yield from results
