"""Whole processes, turn by turn, to medians: how long each took and how much memory at most."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Way:
    """One way of doing some work: a process to start, the file it writes, if it writes one, and its exit code."""

    label: str
    arguments: list[str]
    output: Path | None = None
    code: int = 0


@dataclass(frozen=True)
class Sample:
    """What one process took: seconds on the clock and of processors, bytes of memory at its peak, bytes of output."""

    seconds: float
    processor: float
    peak: int
    written: int


@dataclass(frozen=True)
class Contest:
    """The same work done in several ways, the first of which is ours."""

    name: str
    ways: Sequence[Way]
    rounds: int | None = None  # fewer than asked for, where one round says enough
    comparable: bool = True  # with an earlier version, which may not have the command
    samples: dict[str, list[Sample]] = field(default_factory=dict)

    def run(self, rounds: int) -> None:
        """Run all ways in turn, once to warm the caches and then as often as asked."""
        rounds = min(rounds, self.rounds or rounds)
        for number in range(-1 if rounds > 1 else 0, rounds):
            for way in self.ways:
                sample = measured(way)
                if number >= 0:
                    self.samples.setdefault(way.label, []).append(sample)

    def median(self, label: str, quantity: Callable[[Sample], float]) -> float:
        """Return the median of a quantity of one way."""
        return statistics.median(map(quantity, self.samples[label]))

    def ratios(self, ours: str, theirs: str, quantity: Callable[[Sample], float]) -> list[float]:
        """Return ours divided by theirs in each round: what the load of the machine cannot shift much."""
        pairs = zip(self.samples[ours], self.samples[theirs], strict=True)
        return [quantity(one) / quantity(other) for one, other in pairs]


def measured(way: Way) -> Sample:
    """Run a way once.

    The kernel counts what the parent held at the fork into a child's peak, so this process must stay small: the
    corpora are generated in processes of their own.

    Raises:
        SystemExit: it failed; its last words are shown.
    """
    with tempfile.TemporaryFile() as talk:
        actions = [
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_DUP2, talk.fileno(), 2),
        ]
        begin = time.perf_counter()
        child = os.posix_spawnp(way.arguments[0], way.arguments, os.environ, file_actions=actions)
        _, status, usage = os.wait4(child, 0)
        seconds = time.perf_counter() - begin
        if (code := os.waitstatus_to_exitcode(status)) != way.code:
            talk.seek(0)
            sys.exit(f"{way.label} ended with {code}: {talk.read()[-2000:].decode(errors='replace')}")
    unit = 1 if sys.platform == "darwin" else 1024  # getrusage(2): bytes on macOS, kilobytes elsewhere
    processor = usage.ru_utime + usage.ru_stime
    return Sample(seconds, processor, usage.ru_maxrss * unit, way.output.stat().st_size if way.output else 0)
