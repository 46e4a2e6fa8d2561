"""Every system call on the target made to fail, to be cut short or to be interrupted, one at a time.

`make faults` runs all of them; tests/faults/test_faults.py a part. strace injects: `-P` limits it to the paths of the
target, its temporary file and its folder, `when=K` to the K-th call of a kind.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.conftest import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT: Final = Path(__file__).parents[2]
TEMPORARY: Final = f".skillpack-{'0' * 16}.tmp"
ERRORS: Final = ("ENOSPC", "EDQUOT", "EIO", "EINTR", "EACCES", "EMFILE")
SIGNALS: Final = ("SIGINT", "SIGTERM", "SIGKILL")
PATIENCE: Final = 60
OLD: Final = b"what was there before"
BROKEN: Final = MANIFEST.replace(b"Shows", b"Use when: it shows")  # check --fix mends it


@dataclass(frozen=True)
class Run:
    """A command with one target; `there` is whether a file lies at the target before."""

    id: str
    arguments: tuple[str, ...]
    target: str
    there: bool = True


RUNS: Final = (
    Run("zip over a file", ("zip", "demo", "-o", "results/out.zip"), "results/out.zip"),
    Run("zip to a new file", ("zip", "demo", "-o", "results/out.zip"), "results/out.zip", there=False),
    Run("pack over a file", ("pack", "demo", "-o", "results/out.json"), "results/out.json"),
    Run("pack to a new file", ("pack", "demo", "-o", "results/out.json"), "results/out.json", there=False),
    Run("container over a file", ("container", "--name", "x", "demo", "-o", "results/out.json"), "results/out.json"),
    Run("container to a new file", ("container", "--name", "x", "demo", "-o", "results/out.json"), "results/out.json",
        there=False),
    Run("shell over a file", ("shell", "demo", "-o", "results/out.json"), "results/out.json"),
    Run("shell to a new file", ("shell", "demo", "-o", "results/out.json"), "results/out.json", there=False),
    Run("fix", ("check", "--fix", "demo"), "demo/SKILL.md"),
)  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong in one run: what strace is told, or the size at which files end."""

    run: Run
    injection: str | None
    most: int = 0

    def __str__(self) -> str:
        return f"{self.run.id}: {self.injection or f'files end at {self.most} bytes'}"


def prepare(run: Run, folder: Path) -> bytes | None:
    """Make the skill and the target in an empty folder; return the target's content."""
    (folder / "demo").mkdir()
    (folder / "results").mkdir()
    content = bytes(range(256)) * 40
    (folder / "demo/SKILL.md").write_bytes(BROKEN if run.id == "fix" else MANIFEST)
    (folder / "demo/data.bin").write_bytes(content)
    (folder / "demo/noise.bin").write_bytes(bytes((at * at * 31 + at) % 251 for at in range(30_000)))
    target = folder / run.target
    if run.id != "fix" and run.there:
        target.write_bytes(OLD)
    return target.read_bytes() if target.exists() else None


def start(run: Run, folder: Path, injection: str | None, most: int = 0) -> subprocess.CompletedProcess[bytes]:
    target = folder / run.target
    paths = [target, target.parent / TEMPORARY, target.parent]
    tracing = ["strace", "-f", "-o", str(folder / "trace"), *(f"-P{path}" for path in paths)]
    tracing += ["-e", f"inject={injection}"] if injection else []
    program = [sys.executable, str(Path(__file__).with_name("program.py")), str(most), *run.arguments]
    return subprocess.run(
        [*tracing, *program] if not most else program,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        check=False,
        timeout=PATIENCE,
    )


def undisturbed(run: Run) -> tuple[bytes, list[str]]:
    """Return what the target holds after a run without faults, and the calls on it, in order."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place).resolve()
        prepare(run, folder)
        ended = start(run, folder, None)
        assert ended.returncode == 0, ended.stderr.decode()
        calls = re.findall(r"^\d+ +(\w+)\(", (folder / "trace").read_text(), re.MULTILINE)
        return (folder / run.target).read_bytes(), calls


def faults(run: Run, new: bytes, calls: Iterable[str]) -> Iterator[Fault]:
    """Yield every fault of a run: each call with each error and signal, writes of nothing, files that end early."""
    counts: Counter[str] = Counter()
    for call in calls:
        counts[call] += 1
        at = f"when={counts[call]}"
        yield from (Fault(run, f"{call}:error={error}:{at}") for error in ERRORS)
        yield from (Fault(run, f"{call}:signal={signal}:{at}") for signal in SIGNALS)
    yield from (Fault(run, None, most) for most in range(1, len(new), max(1, len(new) // 24)))


def problems(fault: Fault, new: bytes) -> list[str]:
    """Return what is wrong after a fault; nothing, if the promises hold."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place).resolve()
        old = prepare(fault.run, folder)
        ended = start(fault.run, folder, fault.injection, fault.most)
        target = folder / fault.run.target
        now = target.read_bytes() if target.exists() else None
        found = []
        if now not in (old, new):
            found.append(f"the target is neither old nor new: {now if now is None else len(now)}")
        if ended.returncode == 0 and now != new:
            found.append("exit 0 without the new content")
        if b"Traceback" in ended.stderr or b"Traceback" in ended.stdout:
            found.append(f"a traceback: {ended.stderr.decode()[-300:]}")
        killed = "SIGKILL" in (fault.injection or "")
        if not killed and ended.returncode not in (0, 1, 2, 130, 143):
            found.append(f"exit {ended.returncode}: {ended.stderr.decode()[-300:]}")
        litter = list(folder.rglob(".skillpack-*"))
        if litter and not killed:
            found.append("a temporary file is left")
        return found + _not_swept(litter, folder, fault.run)


def _not_swept(litter: list[Path], folder: Path, run: Run) -> list[str]:
    from skillpack import atomic

    for path in litter:
        os.utime(path, (time.time() - 7200,) * 2)
    if litter:
        atomic.replace(folder / run.target, [b"next run"])
    return ["the next run does not sweep"] if list(folder.rglob(".skillpack-*")) else []


def injectable() -> bool:
    """Whether strace is here and may trace and tamper."""
    if not shutil.which("strace"):
        return False
    command = ["strace", "-e", "inject=getcwd:error=EIO", sys.executable, "-c", "import os; os.getcwd()"]
    return b"Input/output error" in subprocess.run(command, capture_output=True, check=False).stderr


def every_fault() -> list[tuple[Fault, bytes]]:
    """Return all faults, each with what its target holds when nothing goes wrong."""
    listed = []
    for run in RUNS:
        new, calls = undisturbed(run)
        listed += [(fault, new) for fault in faults(run, new, calls)]
    return listed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--most", type=int, help="only so many, spread evenly")
    given = parser.parse_args()
    if not injectable():
        print("strace is not installed, or may not trace here")
        return 1
    listed = every_fault()
    chosen = listed[:: max(1, len(listed) // given.most)] if given.most else listed
    with ThreadPoolExecutor(given.workers) as pool:
        results = list(pool.map(lambda pair: (pair[0], problems(*pair)), chosen))
    bad = [(fault, found) for fault, found in results if found]
    for fault, found in bad:
        print(f"{fault}: {'; '.join(found)}")
    print(f"{len(results):,} faults injected, {len(bad)} broke a promise")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
