"""Files, folders and FIFOs exchanged without pause while a skill is packed, checked and fixed.

`make faults` runs every combination, 20,160 tries; tests/faults/test_races.py a part. Another process exchanges two
entries with one call of renameat2, so that there is no moment at which one of them is missing. What lies outside the
skill has the same names, sizes and kinds as what lies inside, and a mark of its own.
"""

from __future__ import annotations

import argparse
import ctypes
import itertools
import multiprocessing
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from skillpack import fixes
from skillpack.api import Builder
from skillpack.errors import NotASkillError, OutputError, SkillChangedError
from skillpack.findings import RejectedError
from skillpack.settings import Settings
from skillpack.sources.directory import DiskFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.synchronize import Event, Lock

    from skillpack.skill.tree import SkillTree

INSIDE: Final = b"marked: inside "
OUTSIDE: Final = b"marked: outside"
OUTSIDE_RULE: Final = b"run.sh"
PAUSES: Final = (0.0, 0.0001, 0.001)
"""Seconds between two exchanges."""
EACH: Final = 280
PROMISES: Final = ("outside contents", "outside writes", "outside rules", "opened FIFOs", "links not noted")
"""What is counted, of each 0."""
_FOLDERS: Final = ("", "folder/", "folder/b/c/")
_AT_FDCWD: Final = -100
_RENAME_EXCHANGE: Final = 2


@dataclass(frozen=True)
class Exchange:
    """What is exchanged, by its path below the folder above the skill, and `put`, which makes what takes its place.

    `put` is given the path to make it at, and the path outside that has the same place there.
    """

    id: str
    entry: str
    put: Callable[[Path, Path], object]


def _link(place: Path, outside: Path) -> None:
    place.symlink_to(outside)


def _fifo(place: Path, _: Path) -> None:
    os.mkfifo(place)


EXCHANGES: Final = (
    Exchange("file for a link", "demo/folder/run.sh", _link),
    Exchange("folder for a link", "demo/folder", _link),
    Exchange("deep folder for a link", "demo/folder/b/c", _link),
    Exchange("skill for a link", "demo", _link),
    Exchange("folder above for a link", "", _link),
    Exchange("ignore file for a link", "demo/folder/.skillignore", _link),
    Exchange("file for a FIFO", "demo/folder/run.sh", _fifo),
    Exchange("ignore file for a FIFO", "demo/folder/.skillignore", _fifo),
)


def make(folder: Path, mark: bytes) -> None:
    """Make a folder with ignore rules and a skill, in which each file and each rule bears a mark."""
    for place in (folder, *(folder / "demo" / prefix for prefix in _FOLDERS)):
        place.mkdir(parents=True)
        for name in (".gitignore", ".skillignore"):
            (place / name).write_bytes(b"build/\n" if mark == INSIDE else OUTSIDE_RULE + b"\n")
    for path, content in contents(mark).items():
        (folder / "demo" / path).write_bytes(content)


def contents(mark: bytes) -> dict[str, bytes]:
    """Return the files of the skill; check --fix fixes each."""
    manifest = b"---\nname: demo\ndescription: Use when: it shows\n---\n" + mark + b"\n"
    scripts = {f"{prefix}run.sh": b"#!/bin/sh\r\n# " + mark + b"\r\n" for prefix in _FOLDERS[1:]}
    return {"SKILL.md": manifest, **scripts}


def exchange(one: str, other: str, pause: float, lock: Lock, stop: Event) -> None:
    """Exchange two entries until told to stop; the other process of a race."""
    while not stop.is_set():
        with lock:
            swap(one, other)
        time.sleep(pause)


def swap(one: str, other: str) -> None:
    """Exchange two entries with one call, where the system has it."""
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    if rename is not None:
        rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE)


def exchangeable() -> bool:
    """Whether the system can exchange two entries with one call."""
    with tempfile.TemporaryDirectory() as place:
        one, other = Path(place, "one"), Path(place, "other")
        one.write_bytes(b"1")
        other.mkdir()
        swap(str(one), str(other))
        return one.is_dir()


class Race:
    """One kind of exchange, how its tries ended, and the promises that were broken."""

    def __init__(self, kind: Exchange, place: Path) -> None:
        self.kind = kind
        above = place / "above"
        self.root, self.outside = above / "demo", place / "outside"
        make(above, INSIDE)
        make(self.outside, OUTSIDE)
        (place / ".git").mkdir()
        self.one, self.other, self.included = above / kind.entry, place / "other", place / "included"
        kind.put(self.included, self.outside / kind.entry)
        os.link(self.included, self.other, follow_symlinks=False)
        self.lock = multiprocessing.get_context("spawn").Lock()
        self.before = self._seen_outside()
        self.broken: Counter[str] = Counter()
        self.ended: Counter[str] = Counter()

    def run(self, command: str, tries: int, pause: float) -> None:
        """Try a command again and again while the entries are exchanged."""
        context = multiprocessing.get_context("spawn")
        stop = context.Event()
        process = context.Process(target=exchange, args=(str(self.one), str(self.other), pause, self.lock, stop))
        process.start()
        try:
            with self.writer():
                for _ in range(tries):
                    self.attempt(command)
        finally:
            stop.set()
            process.join()

    def attempt(self, command: str) -> None:
        """Try a command once, and count what it broke."""
        try:
            TRIES[command](self)
            self.ended["done"] += 1
        except (NotASkillError, OutputError, RejectedError, SkillChangedError) as error:
            self.ended[type(error).__name__] += 1
        now = self._seen_outside()
        if now != self.before:
            self.broken["outside writes"] += 1
            self.before = now

    def pack(self) -> None:
        """Pack, and look at what would be sent."""
        self._judge(Builder().pack(self.root).skill.tree)

    def check(self) -> None:
        """Check, and look at what the rules had before them."""
        tree = Builder().walk(self.root)
        Builder().check(tree)
        self._judge(tree)

    def fix(self) -> None:
        """Break what was mended, and mend it, unless the path led outside when the walk began."""
        self._restore()
        tree = Builder().walk(self.root)
        found = fixes.find_fixes(tree, Settings())
        if self._judge(tree) == INSIDE:
            for fix in found:
                fixes.write(fix)

    def _restore(self) -> None:
        with self.lock:
            if not os.path.samestat(self.other.lstat(), self.included.lstat()):
                if os.path.samestat(self.one.lstat(), self.included.lstat()):
                    swap(str(self.one), str(self.other))
                else:  # it was mended over, as any file of that name is
                    self.other.unlink()
                    os.link(self.included, self.other, follow_symlinks=False)
            for path, content in contents(INSIDE).items():
                (self.root / path).write_bytes(content)

    def _judge(self, tree: SkillTree) -> bytes:
        """Count what does not come from where the path led when the walk began; return the mark of that place."""
        sources = [file.source for file in tree.files if isinstance(file.source, DiskFile)]
        found = {mark for source in sources if (mark := self._mark(source.read))}
        if any(Path(source.root.path).is_relative_to(self.outside) for source in sources):  # a link that was named
            if self.kind.entry and "root-is-link" not in {issue.rule_id for issue in tree.selection.notes}:
                self.broken["links not noted"] += 1
            return OUTSIDE
        if OUTSIDE in found:
            self.broken["outside contents"] += 1
        if OUTSIDE_RULE.decode() in {entry.decision.pattern for entry in tree.selection.excluded}:
            self.broken["outside rules"] += 1
        return INSIDE

    def _mark(self, read: Callable[[], bytes]) -> bytes | None:
        try:
            content = read()
        except (OSError, SkillChangedError):
            return None
        return next((mark for mark in (INSIDE, OUTSIDE) if mark in content), None)

    def _seen_outside(self) -> list[tuple[str, int, int]]:
        paths = sorted(self.outside.rglob("*"))
        return [(str(path), path.lstat().st_ino, path.lstat().st_mtime_ns) for path in paths]

    @contextmanager
    def writer(self) -> Iterator[None]:
        """Wait to write to the FIFO, if there is one: whoever opens it to read wakes us."""
        if not self.included.is_fifo():
            yield
            return
        over = threading.Event()

        def wait() -> None:
            while True:
                os.close(os.open(self.included, os.O_WRONLY))
                if over.is_set():
                    return
                self.broken["opened FIFOs"] += 1
                time.sleep(0.0001)

        thread = threading.Thread(target=wait)
        thread.start()
        try:
            yield
        finally:
            over.set()
            while thread.is_alive():
                os.close(os.open(self.included, os.O_RDONLY | os.O_NONBLOCK))
                thread.join(0.001)


TRIES: Final = {"pack": Race.pack, "check": Race.check, "fix": Race.fix}


def race(kind: Exchange, command: str, pause: float, tries: int) -> tuple[Counter[str], Counter[str]]:
    """Return how often each promise was broken, and how the tries ended."""
    with tempfile.TemporaryDirectory() as place:
        made = Race(kind, Path(place).resolve())
        made.run(command, tries, pause)
        return made.broken, made.ended


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=EACH, help="tries of each combination")
    given = parser.parse_args()
    if not exchangeable():
        print("the system has no renameat2")
        return 1
    all_broken: Counter[str] = Counter()
    tries = 0
    for kind, command, pause in itertools.product(EXCHANGES, TRIES, PAUSES):
        broken, ended = race(kind, command, pause, given.each)
        tries += ended.total()
        all_broken += broken
        if broken:
            print(f"{command}, {kind.id}, every {pause} s: {dict(broken)}")
    said = ", ".join(f"{all_broken[what]:,} {what}" for what in PROMISES)
    print(f"{tries:,} tries raced: {said}")
    return 1 if all_broken else 0


if __name__ == "__main__":
    sys.exit(main())
