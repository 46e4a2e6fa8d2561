"""Every system call on the target made to fail, to be cut short or to be interrupted, one at a time.

`make faults` runs all of them; tests/faults/test_faults.py a part. strace injects: `-P` limits it to the paths of the
target, its temporary file and its folder, `when=K` to the K-th call of a kind.
"""

from __future__ import annotations

import argparse
import json
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

import skillpack
from skillpack import SkillTree
from tests.conftest import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT: Final = Path(__file__).parents[2]
TEMPORARY: Final = f".skillpack-{'0' * 16}.tmp"
ERRORS: Final = ("ENOSPC", "EDQUOT", "EIO", "EINTR", "EACCES", "EMFILE")
SIGNALS: Final = ("SIGINT", "SIGTERM", "SIGKILL")
PATIENCE: Final = 60
OLD: Final = b"what was there before"
BROKEN: Final = MANIFEST.replace(b"Shows", b"Use when: it shows")  # check --fix fixes it


@dataclass(frozen=True)
class Run:
    """A command with one target; `there` is whether a file lies at the target before."""

    id: str
    arguments: tuple[str, ...]
    target: str
    there: bool = True

    @property
    def unpacks(self) -> bool:
        """Whether the target is a folder that gets folders."""
        return self.arguments[0] == "unpack"


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
    Run("unpack two skills", ("unpack", "received.json", "-d", "results"), "results"),
    Run("unpack to a new folder", ("unpack", "received.json", "-d", "results/new"), "results", there=False),
)  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong in one run: what strace is told, or the size at which files end."""

    run: Run
    injection: str | None
    most: int = 0

    def __str__(self) -> str:
        return f"{self.run.id}: {self.injection or f'files end at {self.most} bytes'}"


State = dict[str, bytes]
"""Of a target: its path -> its content, or below a folder each path -> its mode and content. Temporary names are
not in it."""


def state(target: Path) -> State:
    """Return what is at a target."""
    if not target.is_dir():
        return {"": target.read_bytes()} if target.exists() else {}
    inside = [path for path in sorted(target.rglob("*")) if ".skillpack-" not in str(path)]
    return {
        path.relative_to(target).as_posix(): b"%o " % path.stat().st_mode
        + (path.read_bytes() if path.is_file() else b"")
        for path in inside
    }


def parts(found: State, run: Run) -> dict[str, State]:
    """Return a state by skill: each is whole or absent, even after SIGKILL."""
    by_skill: dict[str, State] = {}
    for path, content in found.items():
        inner = path.removeprefix("new").lstrip("/") if not run.there else path
        if inner:
            by_skill.setdefault(inner.partition("/")[0], {})[inner] = content
    return by_skill


def prepare(run: Run, folder: Path) -> State:
    """Make the skill and the target in an empty folder; return what is at the target."""
    (folder / "demo").mkdir()
    (folder / "results").mkdir()
    content = bytes(range(256)) * 40
    (folder / "demo/SKILL.md").write_bytes(BROKEN if run.id == "fix" else MANIFEST)
    (folder / "demo/data.bin").write_bytes(content)
    (folder / "demo/noise.bin").write_bytes(bytes((at * at * 31 + at) % 251 for at in range(30_000)))
    target = folder / run.target
    if run.unpacks:
        trees = [{"SKILL.md": MANIFEST.replace(b"demo", name), "docs/run.py": b"#!", "data.bin": content[:5000]}
                 for name in (b"demo", b"other")]  # fmt: skip
        body = skillpack.container("x", trees, settings=skillpack.Settings())
        (folder / "received.json").write_text(json.dumps(body), "utf-8")
    if run.there and run.unpacks:
        (target / "mine.txt").write_bytes(OLD)
    elif run.id != "fix" and run.there:
        target.write_bytes(OLD)
    return state(target)


def start(run: Run, folder: Path, injection: str | None, most: int = 0) -> subprocess.CompletedProcess[bytes]:
    target = folder / run.target
    paths = _folders(target if run.there else target / "new") if run.unpacks else [target.parent / TEMPORARY]
    paths += [target, target.parent]
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


def _folders(target: Path) -> list[Path]:
    """Return every path below a target where unpack writes."""
    names = ("demo", "other", TEMPORARY, TEMPORARY.replace("0.", "1."))
    inner = ("", "docs", "docs/run.py", "SKILL.md", "data.bin")
    return [target, *(target / name / path for name in names for path in inner)]


def undisturbed(run: Run) -> tuple[State, list[str]]:
    """Return what the target holds after a run without faults, and the calls on it, in order."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place).resolve()
        prepare(run, folder)
        ended = start(run, folder, None)
        assert ended.returncode == 0, ended.stderr.decode()
        calls = re.findall(r"^\d+ +(\w+)\(", (folder / "trace").read_text(), re.MULTILINE)
        return state(folder / run.target), calls


def faults(run: Run, new: State, calls: Iterable[str]) -> Iterator[Fault]:
    """Yield every fault of a run: each call with each error and signal, writes of nothing, files that end early."""
    counts: Counter[str] = Counter()
    for call in calls:
        counts[call] += 1
        at = f"when={counts[call]}"
        yield from (Fault(run, f"{call}:error={error}:{at}") for error in ERRORS)
        yield from (Fault(run, f"{call}:signal={signal}:{at}") for signal in SIGNALS)
    size = max(map(len, new.values()))
    yield from (Fault(run, None, most) for most in range(1, size, max(1, size // 24)))


def problems(fault: Fault, new: State) -> list[str]:
    """Return what is wrong after a fault; nothing, if the promises hold."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place).resolve()
        old = prepare(fault.run, folder)
        ended = start(fault.run, folder, fault.injection, fault.most)
        now = state(folder / fault.run.target)
        killed = "SIGKILL" in (fault.injection or "")
        found = []
        if now not in (old, new) and not (killed and fault.run.unpacks and _whole(fault.run, now, old, new)):
            found.append(f"the target is neither old nor new: { {path: len(now[path]) for path in now} }")
        if ended.returncode == 0 and now != new:
            found.append("exit 0 without the new content")
        if b"Traceback" in ended.stderr or b"Traceback" in ended.stdout:
            found.append(f"a traceback: {ended.stderr.decode()[-300:]}")
        if not killed and ended.returncode not in (0, 1, 2, 130, 143):
            found.append(f"exit {ended.returncode}: {ended.stderr.decode()[-300:]}")
        litter = list(folder.rglob(".skillpack-*"))
        if litter and not killed:
            found.append("a temporary file is left")
        return found + _not_swept(litter, folder, fault.run)


def _whole(run: Run, now: State, old: State, new: State) -> bool:
    """Return whether each skill that is there is whole, and all that was there before is unchanged."""
    expected = parts(new, run)
    return all(inner == expected.get(name) for name, inner in parts(now, run).items()) and old.items() <= now.items()


def _not_swept(litter: list[Path], folder: Path, run: Run) -> list[str]:
    from skillpack import atomic

    for path in litter:
        os.utime(path, (time.time() - 7200,) * 2)
    if litter and run.unpacks:
        skillpack.write_tree(SkillTree.from_files({"SKILL.md": MANIFEST.replace(b"demo", b"next")}), litter[0].parent)
    elif litter:
        atomic.replace(folder / run.target, [b"next run"])
    return ["the next run does not sweep"] if list(folder.rglob(".skillpack-*")) else []


def injectable() -> bool:
    """Whether strace is here and may trace and tamper."""
    if not shutil.which("strace"):
        return False
    command = ["strace", "-e", "inject=getcwd:error=EIO", sys.executable, "-c", "import os; os.getcwd()"]
    return b"Input/output error" in subprocess.run(command, capture_output=True, check=False).stderr


def every_fault() -> list[tuple[Fault, State]]:
    """Return all faults, each with what its target holds when nothing goes wrong."""
    listed = []
    for run in RUNS:
        new, calls = undisturbed(run)
        listed += [(fault, new) for fault in faults(run, new, calls)]
    return listed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--run", default="", help="only the runs whose name begins so")
    parser.add_argument("--most", type=int, help="only so many, spread evenly")
    given = parser.parse_args()
    if not injectable():
        print("strace is not installed, or may not trace here")
        return 1
    listed = [pair for pair in every_fault() if pair[0].run.id.startswith(given.run)]
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
