"""Worker processes: the output and the bytes of one process, whatever happens to the workers, and nothing left over."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from skillpack.cli import workers
from skillpack.cli.workers import count_processors, count_workers
from tests.samples import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux only")

PROCESSES: Final = (1, 2, 4, 16)
_DEADLINE: Final = 120
"""Seconds after which a test fails that waits for processes."""


def run_python(
    code: str, *arguments: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own: that of the tests has threads, so it must not fork."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=_DEADLINE,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | (environment or {}),
    )


# --- tasks ----------------------------------------------------------------------------------------------------------

_TASKS: Final = """
import os, signal, sys, threading, time
from skillpack.cli.workers import Workers
MAIN = os.getpid()
def run(do, count, tasks):
    with Workers(do, count) as running:
        yield from running.run(tasks)
    try:
        raise SystemExit(f"a child is left: {os.waitpid(-1, os.WNOHANG)}")
    except ChildProcessError:
        pass
"""


@pytest.mark.parametrize("processes", PROCESSES)
@pytest.mark.parametrize("tasks", [0, 1, 2, 65, 300])
def test_results_come_in_the_order_of_the_tasks(processes: int, tasks: int) -> None:
    ran = run_python(f"""{_TASKS}
def square(process, task):
    time.sleep(task % 3 / 1000)
    return process, task * task
done = list(run(square, {processes}, {tasks}))
assert [square for _, square in done] == [task * task for task in range({tasks})]
assert {processes} == 1 or {tasks} < 65 or {{process for process, _ in done}} == set(range({processes + 1}))
""")
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_result_larger_than_any_pipe_arrives_whole() -> None:
    ran = run_python(f"""{_TASKS}
assert [*run(lambda _, task: bytes([task]) * 3_000_000, 3, 9)] == [bytes([task]) * 3_000_000 for task in range(9)]
""")
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_slow_task_holds_up_those_far_after_it() -> None:
    ran = run_python(f"""{_TASKS}
read, write = os.pipe()
def do(process, task):
    if task == 1:
        time.sleep(1)
    os.write(write, task.to_bytes(2))
with Workers(do, 2) as running:
    results = running.run(500)
    next(results), next(results)
    begun = os.read(read, 2000)
assert 9 < max(int.from_bytes(begun[at : at + 2]) for at in range(0, len(begun), 2)) <= 256
""")
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), signal.SIGKILL)", "os._exit(0)", "raise MemoryError"])
def test_the_caller_does_the_tasks_of_workers_that_die(end: str) -> None:
    ran = run_python(f"""{_TASKS}
def do(process, task):
    if process and task in (5, 6, 40):
        {end}
    return process, task
done = list(run(do, 3, 90))
assert [task for _, task in done] == [*range(90)]
assert [done[task][0] for task in (5, 6, 40)] == [0, 0, 0]
""")
    assert (ran.returncode, ran.stderr) == (0, "")


def test_the_caller_does_a_batch_in_which_a_task_fails_and_the_worker_goes_on() -> None:
    ran = run_python(f"""{_TASKS}
def do(process, task):
    time.sleep(0.001)
    if process and task == 18:
        raise OSError
    return process, task
done = list(run(do, 2, 90))
assert [task for _, task in done] == [*range(90)]
assert [task for process, task in done if not process] == [0, *range(16, 21)]
assert {{process for process, _ in done[21:]}} == {{1, 2}}
""")
    assert (ran.returncode, ran.stderr) == (0, "")


def test_an_exception_is_that_of_the_caller_and_comes_in_its_turn() -> None:
    ran = run_python(f"""{_TASKS}
class Unheard(Exception):
    def __init__(self, one, other):
        super().__init__(one)
def do(process, task):
    if task == 30:
        raise Unheard("thirty", lambda: None)
    return task
done = []
try:
    done.extend(each for each in run(do, 2, 90))
except Unheard as error:
    assert str(error) == "thirty"
    assert "do" in {{frame.name for frame in __import__("traceback").extract_tb(error.__traceback__)}}
else:
    raise SystemExit("not raised")
""")
    assert (ran.returncode, ran.stderr) == (0, "")


def test_what_cannot_be_pickled_is_done_by_the_caller() -> None:
    ran = run_python(f"""{_TASKS}
assert [each() for each in run(lambda _, task: lambda: task, 2, 9)] == [*range(9)]
""")
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_caller_that_ignores_the_end_of_its_children_gets_all_results() -> None:
    ran = run_python(f"""{_TASKS}
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
def do(process, task):
    if process and task == 5:
        os._exit(0)
    return task
assert [*run(do, 2, 90)] == [*range(90)]
""")
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize(
    "hindrance",
    [
        "threading.Thread(target=time.sleep, args=(1,), daemon=True).start()",
        "os.fork = lambda: (_ for _ in ()).throw(BlockingIOError(11, 'no more processes'))",
        "os.pipe = lambda: (_ for _ in ()).throw(OSError(24, 'too many open files'))",
    ],
    ids=["a thread", "no process", "no pipe"],
)
def test_where_no_worker_can_start_the_caller_does_all(hindrance: str) -> None:
    ran = run_python(f"""{_TASKS}
{hindrance}
before = os.listdir("/proc/self/fd")
assert [*run(lambda process, task: (process, task), 4, 70)] == [(0, task) for task in range(70)]
assert os.listdir("/proc/self/fd") == before
""")
    assert (ran.returncode, ran.stderr) == (0, "")


# --- how many -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("skills", "asked", "processors", "expected"),
    [
        (0, None, 4, 1),
        (workers.FEWEST - 1, None, 4, 1),
        (workers.FEWEST, None, 4, 4),
        (5000, None, 1, 1),
        (5000, None, 64, workers.MOST),
        (5000, 1, 4, 1),
        (5000, 3, 4, 3),
        (2, 3, 4, 2),
        (5000, 999, 4, workers.MOST),
    ],
)
def test_as_many_workers_as_pay(
    skills: int, asked: int | None, processors: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "count_processors", lambda: processors)
    assert count_workers(skills, asked) == expected


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({}, []),
        ({"a/b": "max 100000"}, []),
        ({"a/b": "200000 100000"}, [2]),
        ({"a/b": "150000 100000"}, [2]),
        ({"a/b": "50000 100000"}, [1]),
        ({"a/b": "max 100000", "a": "300000 100000", ".": "800000 100000"}, [3, 8]),
        ({"a/b": "broken"}, []),
        ({"a/b": ""}, []),
    ],
)
def test_a_container_limits_the_processors(limits: dict[str, str], expected: list[int], tmp_path: Path) -> None:
    for folder, limit in limits.items():
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "cpu.max").write_text(limit)
    assert [*workers._quotas("12:cpu:/other\n0::/a/b\n", tmp_path)] == expected


def test_affinity_limits_the_processors() -> None:
    assert 1 <= count_processors() <= len(os.sched_getaffinity(0))
    ran = run_python("""
import os
from skillpack.cli.workers import count_processors
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
assert count_processors() == 1
""")
    assert (ran.returncode, ran.stderr) == (0, "")


# --- commands -------------------------------------------------------------------------------------------------------


def write_skill(folder: Path, text: str = "Count.", files: Mapping[str, bytes] | None = None) -> None:
    """Write a skill that has its folder's name."""
    folder.mkdir(parents=True)
    frontmatter = f"---\nname: {folder.name}\ndescription: Counts things. Use it to test workers.\n---\n"
    (folder / "SKILL.md").write_text(f"{frontmatter}\n{text}\n")
    for name, content in (files or {}).items():
        (folder / name).write_bytes(content)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with sound skills and with every kind of finding and failure that has to keep its place."""
    root = tmp_path_factory.mktemp("repository")
    for number in range(30):
        write_skill(root / f"sound-{number:02}", files={"data": bytes(range(number)) + b"x" * 40_000 * (number % 5)})
        write_skill(root / f"broken-{number:02}", f"See [it](missing-{number}.md), and `scripts/none.py`.")
    write_skill(root / "twice/same", files={"other": b"1"})
    write_skill(root / "again/same", files={"other": b"2"})
    (root / "wrong").mkdir()
    (root / "wrong/SKILL.md").write_text("---\nname: Not Right\n---\n")
    for name in ("not.zip", "nor.skill"):
        (root / name).write_bytes(b"PK\x03\x04 cut off")
    write_skill(root / "hostile", "\x1b[31m \u202e ::error::x")
    (root / "skillpack.toml").write_text('[[overrides]]\nskills = ["never-*"]\nrules = { hard-link = "off" }\n')
    subprocess.run(
        [sys.executable, "-m", "skillpack", "zip", "sound-01", "-o", "one.zip"], cwd=root, check=True, env=_env()
    )
    subprocess.run(
        [sys.executable, "-m", "skillpack", "pack", "sound-02", "-o", "t.json"], cwd=root, check=True, env=_env()
    )
    return root


def _env() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT)}


def run_skillpack(*arguments: str, cwd: Path) -> tuple[int, bytes, bytes]:
    """Return the exit code of a call, and what it prints."""
    command = [sys.executable, "-W", "error", "-m", "skillpack", *arguments]
    ran = subprocess.run(command, cwd=cwd, capture_output=True, check=False, timeout=_DEADLINE, env=_env())
    return ran.returncode, ran.stdout, ran.stderr


_CHECKS: Final = {
    "text": ["--output-format", "text", "--color", "always"],
    "concise": ["--output-format", "concise"],
    "json": ["--output-format", "json"],
    "sarif": ["--output-format", "sarif"],
    "github": ["--output-format", "github"],
    "patterns": ["--exclude", "data", "--include", "nothing-like-it"],
    "verbose": ["--verbose"],
    "paths": ["one.zip", "t.json", "sound-03", "none-here", "not.zip", "sound-04", "nor.skill"],
    "targets": ["--target", "all", "--level", "error"],
}


@pytest.mark.parametrize("arguments", _CHECKS.values(), ids=_CHECKS)
def test_check_prints_the_same_bytes_with_any_number_of_processes(arguments: list[str], repository: Path) -> None:
    everywhere = [] if "one.zip" in arguments else ["--all"]
    alone, *shared = (
        run_skillpack("check", *everywhere, *arguments, "--jobs", str(processes), cwd=repository)
        for processes in PROCESSES
    )
    assert alone[0] in (1, 2)
    assert alone[1]
    assert b"Traceback" not in alone[2]
    assert shared == [alone] * len(shared)


def test_a_baseline_sets_aside_the_same_findings(repository: Path, tmp_path: Path) -> None:
    found = []
    for processes in PROCESSES:
        file = tmp_path / f"{processes}.json"
        call = ["check", "--all", "--jobs", str(processes), "--baseline", str(file)]
        found.append((run_skillpack(*call, "--write-baseline", cwd=repository), file.read_bytes()))
    assert found[0][1]
    assert found == [found[0]] * len(found)


_COUNTED: Final = """
import sys
from skillpack import cli
from skillpack.archive import write
from skillpack.cli import workers
started = []
real = workers.Workers._start
workers.Workers._start = lambda self, number: started.append(number) or real(self, number)
threads, processes, *arguments = sys.argv[1:]
write.thread_count = lambda _: int(threads)
code = cli.main([*arguments, "--jobs", processes])
assert len(started) == (int(processes) if int(processes) > 1 else 0), started
sys.exit(code)
"""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with skills whose files are worth several threads."""
    root = tmp_path_factory.mktemp("large")
    for number in range(17):
        files = {f"words_{part}": f"{number} counts {part} ".encode() * 20_000 for part in range(6)}
        write_skill(root / f"skill-{number:02}", files=files)
    return root


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("command", ["pack", "zip"])
def test_packed_bytes_are_equal_with_any_number_of_processes_and_threads(
    command: str, large: Path, tmp_path: Path
) -> None:
    results = []
    for threads, processes in [(1, 1), (2, 1), (4, 1), (16, 1), (1, 2), (1, 4), (1, 16), (4, 4), (16, 2)]:
        out = tmp_path / f"{threads}-{processes}"
        call = [command, "--all", str(large), "--output-dir", str(out)]
        ran = run_python(_COUNTED, str(threads), str(processes), *call)
        assert ran.returncode == 0, ran.stderr
        results.append((ran.stdout, ran.stderr, _contents(out)))
    assert len(results[0][2]) == 17
    assert all(result == results[0] for result in results)


@pytest.mark.parametrize("processes", PROCESSES)
def test_nothing_is_packed_if_one_skill_has_an_error(processes: int, large: Path, tmp_path: Path) -> None:
    for number in range(6):
        write_skill(tmp_path / f"skills/good-{number}")
    write_skill(tmp_path / "skills/secret", "token = ghp_" + "R2D2c3poBB8k2soWd40leiaHan7obiWan8Fi")
    out = tmp_path / "out"
    call = ["pack", "--all", "skills", "--output-dir", str(out), "--jobs", str(processes)]
    code, stdout, stderr = run_skillpack(*call, cwd=tmp_path)
    assert (code, stdout) == (1, b"")
    assert b"skills/secret/SKILL.md" in stderr
    assert not out.exists()


def test_without_room_for_temporary_files_the_error_is_that_of_one_process(large: Path, tmp_path: Path) -> None:
    code = """
import errno, os, sys, tempfile
from skillpack import cli
class Full(tempfile.SpooledTemporaryFile):
    def write(self, _):
        raise OSError(errno.ENOSPC, "No space left on device")
real = tempfile.TemporaryFile
class FullFile:
    def __init__(self): self.file = real()
    def __getattr__(self, name): return getattr(self.file, name)
    def __enter__(self): return self
    def __exit__(self, *_): self.file.close()
    def write(self, _):
        raise OSError(errno.ENOSPC, "No space left on device")
tempfile.SpooledTemporaryFile, tempfile.TemporaryFile = Full, FullFile
sys.exit(cli.main(sys.argv[1:]))
"""
    ended = []
    for processes in ("1", "4"):
        ran = run_python(code, "pack", "--all", str(large), "--output-dir", str(tmp_path / "out"), "--jobs", processes)
        ended.append((ran.returncode, ran.stdout, ran.stderr))
    assert ended == [(2, "", "error: cannot write a temporary file: no space left on device\n")] * 2
    assert not (tmp_path / "out").exists()


# --- signals --------------------------------------------------------------------------------------------------------

_SLOW: Final = """
import os, signal, sys, time
from pathlib import Path
for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # a shell makes its background jobs ignore signals
    signal.signal(getattr(signal, name), signal.SIG_DFL)
from skillpack import cli
from skillpack.cli import workers
real, marks = workers.Workers._attempt, Path(os.environ["MARKS"])
def attempt(self, number, batch):
    (marks / str(os.getpid())).touch()
    if batch > 7:
        (marks / f"slow-{os.getpid()}").touch()
        time.sleep(20)
    return real(self, number, batch)
workers.Workers._attempt = attempt
sys.exit(cli.main(sys.argv[1:]))
"""


class _Call:
    """A call of skillpack whose workers are all busy."""

    def __init__(self, folder: Path, arguments: Sequence[str], temporary: Path) -> None:
        self.marks = folder / "marks"
        self.marks.mkdir()
        environment = _env() | {"MARKS": str(self.marks), "TMPDIR": str(temporary)}
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", _SLOW, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )
        wait_until(lambda: len([*self.marks.glob("slow-*")]) == 2)
        self.workers = [int(mark.name) for mark in self.marks.iterdir() if mark.name.isdigit()]

    def end(self) -> tuple[int, bytes, bytes]:
        """Return the exit code and what was printed, once all processes have ended."""
        stdout, stderr = self.process.communicate(timeout=_DEADLINE)
        wait_until(lambda: not any(map(_runs, self.workers)))
        return self.process.returncode, stdout, stderr


def wait_until(ready: Callable[[], bool]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + _DEADLINE
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _runs(pid: int) -> bool:
    """Return whether a process exists, a zombie included."""
    return Path(f"/proc/{pid}").exists()


@pytest.fixture
def temporary() -> Iterator[Path]:
    """Return a folder for temporary files, which must be empty at the end."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)
        assert not [*Path(folder).iterdir()]


_CALLS: Final = {
    "check": ["check", "--all", "--jobs", "2", "{large}"],
    "pack": ["pack", "--all", "--jobs", "2", "{large}", "--output-dir", "{out}"],
}


@pytest.mark.parametrize("call", _CALLS.values(), ids=_CALLS)
@pytest.mark.parametrize("send", [os.kill, os.killpg])
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_all_processes_with_one_line(  # noqa: PLR0917 - three tables and three fixtures
    call: list[str],
    send: Callable[[int, signal.Signals], None],
    sent: signal.Signals,
    large: Path,
    tmp_path: Path,
    temporary: Path,
) -> None:
    arguments = [part.format(large=large, out=tmp_path / "out") for part in call]
    running = _Call(tmp_path, arguments, temporary)
    send(running.process.pid, sent)
    code, word = (130, b"interrupted") if sent == signal.SIGINT else (143, b"terminated")
    written = b"; no partial files were written" if "--output-dir" in call else b""
    assert running.end() == (code, b"", word + written + b"\n")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("call", _CALLS.values(), ids=_CALLS)
def test_workers_end_when_the_caller_is_killed(call: list[str], large: Path, tmp_path: Path, temporary: Path) -> None:
    arguments = [part.format(large=large, out=tmp_path / "out") for part in call]
    running = _Call(tmp_path, arguments, temporary)
    running.process.kill()
    assert running.end() == (-signal.SIGKILL, b"", b"")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("call", _CALLS.values(), ids=_CALLS)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_no_skill_is_missed_when_workers_are_killed(
    call: list[str], number: signal.Signals, large: Path, tmp_path: Path, temporary: Path
) -> None:
    expected = run_skillpack(*(part.format(large=large, out=tmp_path / "expected") for part in call), cwd=tmp_path)
    running = _Call(tmp_path, [part.format(large=large, out=tmp_path / "out") for part in call], temporary)
    for pid in running.workers:
        os.kill(pid, number)
    assert running.end() == expected
    if "pack" in call:
        assert _contents(tmp_path / "out") == _contents(tmp_path / "expected")


def test_a_reader_that_closes_the_pipe_is_not_a_failure(repository: Path) -> None:
    call = f"{sys.executable} -W error -m skillpack check --all --jobs 4 --output-format json; echo $? >&2"
    ran = subprocess.run(
        ["/bin/sh", "-c", f"({call}) | head -c 1"], cwd=repository, capture_output=True, check=False, env=_env()
    )
    assert ran.stderr.splitlines()[-1] in (b"0", b"1")  # 1 if the pipe holds all of the output
    assert b"Traceback" not in ran.stderr


def test_a_hook_checks_in_workers_what_git_tracks(repository: Path, tmp_path: Path) -> None:
    for number in range(5):
        write_skill(tmp_path / f"skills/s{number}", "See [it](no.md).")
    for call in (["init", "-q"], ["add", "skills"]):
        subprocess.run(["git", *call], cwd=tmp_path, check=True)
    write_skill(tmp_path / "skills/untracked")
    files = [f"skills/s{number}/SKILL.md" for number in range(5)]
    call = ["check", "--hook", "--output-format", "json"]
    alone, shared = (run_skillpack(*call, "--jobs", jobs, *files, cwd=tmp_path) for jobs in ("1", "3"))
    assert shared == alone
    assert len(json.loads(alone[1])["skills"]) == 5
