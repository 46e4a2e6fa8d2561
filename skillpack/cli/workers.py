"""Share the skills of a call among worker processes; the results come in the order of the skills.

Workers are forked, so that they start in milliseconds, with every module imported. They write nothing but their results
to a pipe, so that they can be killed at any time. What a worker cannot do, since an exception was raised or since it
died, is done again by the caller: no skill is missed, and exceptions are those of a call without workers.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, Self, TypeVar

from skillpack.errors import SkillpackError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

Result = TypeVar("Result")

FEWEST: Final = 32
"""Skills; fewer are done before workers would pay."""

MOST: Final = 16
"""Workers; with more, the caller would be too slow to take their results."""

_BATCH: Final = 8
"""Tasks that a worker gets and returns together, as each message takes the time of both processes."""

_SHARES: Final = 8
"""Batches for each worker, where there are few tasks: with fewer, one would still work when the others have ended."""

_AHEAD: Final = 32
"""Batches that may be done before the first of them that is not, so that a slow one does not fill the memory."""

_QUEUED: Final = 2
"""Batches given to a worker at a time: one to do, and the next, so that it never waits for the caller."""

_PATIENCE: Final = 0.1
"""Seconds to wait for other threads to end."""

_REDO: Final = b""
"""In place of results: the caller must do the batch itself."""

_SIGNALS: Final = ("SIGINT", "SIGTERM", "SIGHUP")


def count_workers(skills: int, jobs: int | None = None) -> int:
    """Return how many processes share the skills of a call; 1 if the call does them all itself.

    Args:
        skills: how many there are.
        jobs: how many processes the caller asks for; if None, as many as there are processors, and 1 for few skills.
    """
    if jobs is None:
        jobs = 1 if skills < FEWEST else count_processors()
    return max(1, min(jobs, skills, MOST))


def count_processors() -> int:
    """Return how many processors this process may use, by its affinity and by the limit of its container."""
    if sys.platform != "linux":
        return os.cpu_count() or 1
    allowed = len(os.sched_getaffinity(0))
    with suppress(OSError):
        allowed = min([allowed, *_quotas(Path("/proc/self/cgroup").read_text(encoding="utf-8"))])
    return max(1, allowed)


def _quotas(groups: str, root: Path = Path("/sys/fs/cgroup")) -> Iterable[int]:
    """Yield the limits of the control groups of a process, rounded up to whole processors.

    Args:
        groups: the groups, as /proc/self/cgroup lists them.
        root: where the groups are mounted.
    """
    for line in groups.splitlines():
        if not line.startswith("0::"):  # of the first version of control groups
            continue
        path = line.removeprefix("0::")
        group = root / path.lstrip("/")
        for folder in (group, *group.parents):
            with suppress(OSError, ValueError):
                quota, period = map(int, (folder / "cpu.max").read_text(encoding="ascii").split())
                yield -(-quota // period)
            if folder == root:
                break


def _can_fork() -> bool:
    """Return whether a copy of this process would be sound: it has no other thread, whose locks it would inherit.

    Threads that compressed the first skill may just be ending. On macOS system libraries have threads of their own.
    """
    if sys.platform != "linux" or threading.current_thread() is not threading.main_thread():
        return False
    deadline = time.monotonic() + _PATIENCE
    while _count_threads() > 1:
        if time.monotonic() > deadline:
            return False
        time.sleep(_PATIENCE / 100)
    return True


def _count_threads() -> int:
    """Return how many threads the process has, those that are not Python's included."""
    try:
        return len([*Path("/proc/self/task").iterdir()])
    except OSError:
        return threading.active_count()


class _Worker:
    """A process that does batches of tasks, and the pipes to it."""

    __slots__ = ("pid", "queued", "results", "tasks")

    def __init__(self, pid: int, tasks: int, results: int) -> None:
        self.pid, self.tasks, self.results = pid, tasks, results
        self.queued: deque[int] = deque()

    def give(self, batch: int) -> bool:
        """Give it one more batch; return False if it has died."""
        try:
            os.write(self.tasks, batch.to_bytes(4))
        except OSError:
            return False
        self.queued.append(batch)
        return True

    def take(self) -> bytes | None:
        """Return the results of its first batch, pickled, or None if it has died."""
        size = _read(self.results, 8)
        return _read(self.results, int.from_bytes(size)) if size else None

    def end(self) -> None:
        """Kill it; it has nothing to clean up."""
        for pipe in (self.tasks, self.results):
            os.close(pipe)
        with suppress(ProcessLookupError, ChildProcessError):  # where SIGCHLD is ignored, the system waits for it
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)


class Workers(Generic[Result]):
    """Processes that do numbered tasks; they are killed when it is left.

    Args:
        do: does a task: takes the number of the process and of the task, and returns what can be pickled. The numbers
            of the workers begin at 1; process 0 is the caller.
        count: how many processes to start; if 1, none, and the caller does all tasks.
    """

    def __init__(self, do: Callable[[int, int], Result], count: int) -> None:
        self._do, self._count = do, count
        self._workers: list[_Worker] = []
        self._batches: list[range] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        while self._workers:
            self._workers.pop().end()

    def run(self, tasks: int) -> Generator[Result, None, None]:
        """Yield the results of the tasks from 0 to a number, in their order.

        The caller does the first, and starts the workers then, so that what a task imports is imported once.

        Args:
            tasks: how many there are.
        """
        if not tasks:
            return
        yield self._do(0, 0)
        size = max(1, min(_BATCH, tasks // (self._count * _SHARES)))
        self._batches = [range(first, min(first + size, tasks)) for first in range(1, tasks, size)]
        self._start_all()
        done: dict[int, bytes] = {}
        given = 0
        for number, batch in enumerate(self._batches):
            while number not in done and (self._workers or given > number):
                given = self._give(given, min(len(self._batches), number + _AHEAD), done)
                self._take(done)
            results = done.pop(number, _REDO)
            given = max(given, number + 1)
            yield from (self._do(0, task) for task in batch) if results == _REDO else _unpickle(results)

    def _give(self, first: int, end: int, done: dict[int, bytes]) -> int:
        """Give batches to workers that have room for more, and return the first batch that none has got."""
        for _ in range(_QUEUED):
            for worker in [worker for worker in self._workers if len(worker.queued) < _QUEUED]:
                if first == end:
                    return first
                if worker.give(first):
                    first += 1
                else:
                    self._bury(worker, done)
        return first

    def _take(self, done: dict[int, bytes]) -> None:
        """Wait for at least one worker, and add what the workers have done."""
        import select

        poll = select.poll()
        by_pipe = {worker.results: worker for worker in self._workers if worker.queued}
        for pipe in by_pipe:
            poll.register(pipe, select.POLLIN)
        for pipe, _ in poll.poll() if by_pipe else ():
            worker = by_pipe[pipe]
            results = worker.take()
            if results is None:
                self._bury(worker, done)
            else:
                done[worker.queued.popleft()] = results

    def _bury(self, worker: _Worker, done: dict[int, bytes]) -> None:
        """Remove a worker that has died; the caller does its tasks."""
        done.update(dict.fromkeys(worker.queued, _REDO))
        self._workers.remove(worker)
        worker.end()

    def _start_all(self) -> None:
        if self._count == 1 or not _can_fork():
            return
        gc.freeze()  # or the first collection of each worker would copy all memory
        try:
            for number in range(1, self._count + 1):
                if not self._start(number):
                    break
        finally:
            gc.unfreeze()

    def _start(self, number: int) -> bool:
        """Start a worker; return False if the system refuses."""
        pipes: list[int] = []
        signals = [each for name in _SIGNALS if (each := getattr(signal, name, None)) is not None]
        previous = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
        try:
            pipes += os.pipe()
            pipes += os.pipe()
            pid = os.fork()
            if pid:
                self._workers.append(_Worker(pid, pipes[1], pipes[2]))
                pipes = [pipes[0], pipes[3]]
            else:
                self._work(number, (pipes[0], pipes[3]), (pipes[1], pipes[2]), previous)
        except OSError:
            return False
        finally:
            for pipe in pipes:
                os.close(pipe)
            signal.pthread_sigmask(signal.SIG_SETMASK, previous)
        return True

    def _work(self, number: int, own: tuple[int, int], other: tuple[int, int], mask: Iterable[Any]) -> None:
        """Be a worker: do tasks until the caller closes the pipe, or has died, and end without any cleanup.

        An exception that no task is expected to raise ends the worker, too, so that the caller does the task again.
        """
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the caller too, which ends the workers
            for name in ("SIGTERM", "SIGHUP"):
                if signal.getsignal(getattr(signal, name)) is not signal.SIG_IGN:  # as nohup leaves it
                    signal.signal(getattr(signal, name), signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            for pipe in (*other, *(pipe for worker in self._workers for pipe in (worker.tasks, worker.results))):
                os.close(pipe)
            tasks, results = own
            while batch := _read(tasks, 4):
                result = self._attempt(number, int.from_bytes(batch))
                _write(results, len(result).to_bytes(8) + result)
        finally:
            os._exit(0)

    def _attempt(self, number: int, batch: int) -> bytes:
        try:
            return _pickle([self._do(number, task) for task in self._batches[batch]])
        except (SkillpackError, OSError):
            return _REDO


def _pickle(result: object) -> bytes:
    import pickle  # which a call without workers never needs

    return pickle.dumps(result, pickle.HIGHEST_PROTOCOL)


def _unpickle(content: bytes) -> Any:
    import pickle

    return pickle.loads(content)  # noqa: S301 - of its own worker


def _read(pipe: int, size: int) -> bytes | None:
    """Return this many bytes of a pipe, or None if it ends before."""
    content = bytearray()
    while len(content) < size:
        part = os.read(pipe, size - len(content))
        if not part:
            return None
        content += part
    return bytes(content)


def _write(pipe: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(pipe, rest) :]
