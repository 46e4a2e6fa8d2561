from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from skillpack.atomic import TEMPORARY, replace
from skillpack.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import MakeSkill

ROOT = Path(__file__).parents[1]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def breaking(error: BaseException) -> Iterator[bytes]:
    yield b"half"
    raise error


@pytest.fixture
def umask() -> Iterator[Callable[[int], int]]:
    before = os.umask(0o022)
    yield os.umask
    os.umask(before)


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), KeyboardInterrupt(), SystemExit(143), MemoryError()]
)
def test_whatever_stops_it_the_old_file_stays_and_nothing_else(tmp_path: Path, error: BaseException) -> None:
    target = tmp_path / "out.json"
    target.write_bytes(b"old")
    with pytest.raises(OutputError if isinstance(error, OSError) else type(error)):
        replace(target, breaking(error))
    assert target.read_bytes() == b"old"
    assert names(tmp_path) == ["out.json"]


def test_the_naive_way_leaves_half_a_file(tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    target.write_bytes(b"old and whole")
    with pytest.raises(OSError, match="full"), target.open("wb") as file:
        file.writelines(breaking(OSError(28, "full")))
    assert target.read_bytes() == b"half"


def test_a_new_file_gets_what_the_umask_allows(tmp_path: Path, umask: Callable[[int], int]) -> None:
    for mask, expected in ((0o022, 0o644), (0o002, 0o664), (0o077, 0o600)):
        umask(mask)
        target = tmp_path / f"{mask:o}"
        replace(target, [b"x"])
        assert mode(target) == expected


def test_the_umask_of_other_threads_is_never_touched(tmp_path: Path, umask: Callable[[int], int]) -> None:
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            replace(tmp_path / "a", [b"x"])

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for number in range(300):
            path = tmp_path / f"file{number}"
            path.touch()
            assert mode(path) == 0o644
    finally:
        stop.set()
        thread.join()


def test_a_file_of_our_own_keeps_its_mode(tmp_path: Path, umask: Callable[[int], int]) -> None:
    target = tmp_path / "run.sh"
    for included in (0o755, 0o600, 0o444, 0o664):
        target.write_bytes(b"old") if not target.exists() else None
        target.chmod(included)
        replace(target, [b"new"])
        assert mode(target) == included
        assert target.read_bytes() == b"new"


def test_a_file_with_secrets_is_its_owners_alone_whatever_was_there(
    tmp_path: Path, umask: Callable[[int], int]
) -> None:
    target = tmp_path / "body.json"
    target.write_bytes(b"old")
    target.chmod(0o666)
    replace(target, [b"secret"], private=True)
    assert mode(target) == 0o600


def test_no_other_ever_could_open_what_is_being_written(tmp_path: Path, umask: Callable[[int], int]) -> None:
    umask(0)
    seen: list[int] = []

    def pieces() -> Iterator[bytes]:
        yield b"secret"
        seen.extend(mode(path) for path in tmp_path.iterdir())

    replace(tmp_path / "body.json", pieces(), private=True)
    assert seen == [0o600]


def test_a_planted_link_is_replaced_not_followed(tmp_path: Path) -> None:
    victim, target = tmp_path / "victim", tmp_path / "out"
    victim.write_bytes(b"precious")
    for aim in ("victim", "gone", "out", "."):
        target.symlink_to(aim)
        replace(target, [b"new"])
        assert not target.is_symlink()
        assert target.read_bytes() == b"new"
        target.unlink()
    assert victim.read_bytes() == b"precious"


def test_the_folder_that_was_opened_is_written_to_whatever_takes_its_place(tmp_path: Path) -> None:
    folder, outside = tmp_path / "results", tmp_path / "outside"
    for place in (folder, outside):
        place.mkdir()
        (place / "out").write_bytes(b"old")

    def pieces() -> Iterator[bytes]:
        yield b"new"
        folder.rename(tmp_path / "away")
        folder.symlink_to(outside)

    replace(folder / "out", pieces())
    assert (names(outside), (outside / "out").read_bytes()) == (["out"], b"old")
    assert (names(tmp_path / "away"), (tmp_path / "away/out").read_bytes()) == (["out"], b"new")


def test_a_hard_link_elsewhere_keeps_its_content(tmp_path: Path) -> None:
    other, target = tmp_path / "other", tmp_path / "out"
    other.write_bytes(b"precious")
    os.link(other, target)
    replace(target, [b"new"])
    assert (other.read_bytes(), target.read_bytes()) == (b"precious", b"new")


@pytest.mark.parametrize(
    ("make", "path"),
    [
        (Path.mkdir, "out"),
        (os.mkfifo, "out"),
        (Path.touch, "out/below-a-file"),
        (lambda _: None, "no-such-folder/out"),
        (lambda _: None, "o" * 300),
        (lambda _: None, "o\0ut"),
        (lambda _: None, "/proc/self/out"),
        (lambda _: None, "/dev/stdout"),
        (lambda _: None, "/"),
    ],
)
def test_what_cannot_be_a_file_is_refused_and_left_alone(
    tmp_path: Path, make: Callable[[Path], None], path: str
) -> None:
    make(tmp_path / "out")
    before = names(tmp_path)
    with pytest.raises(OutputError, match="cannot write") as caught:
        replace(tmp_path / path, [b"x"])
    assert str(caught.value).isprintable()
    assert names(tmp_path) == before


def test_dev_null_is_written_to_and_stays() -> None:
    replace(Path(os.devnull), [b"x"])
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


def test_what_a_killed_run_left_is_swept_after_an_hour(tmp_path: Path) -> None:
    old, fresh, strange = (tmp_path / name for name in ("0" * 16, "1" * 16, "not-hexadecimal-"))
    old, fresh, strange = (path.with_name(f".skillpack-{path.name}.tmp") for path in (old, fresh, strange))
    folder = tmp_path / f".skillpack-{'2' * 16}.tmp"
    folder.mkdir()
    for path in (old, fresh, strange):
        path.write_bytes(b"half")
    for path in (old, strange, folder):
        os.utime(path, (time.time() - 7200,) * 2)
    replace(tmp_path / "out", [b"x"])
    assert names(tmp_path) == sorted(["out", fresh.name, strange.name, folder.name])
    assert TEMPORARY.fullmatch(old.name)


@pytest.mark.skipif(not hasattr(os, "posix_fadvise"), reason="the system has no such call")
def test_a_large_file_goes_to_disk_while_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "posix_fadvise", lambda _descriptor, begin, count, _advice: begun.append((begin, count)))
    pieces = [bytes([number]) * 700_000 for number in range(20)]
    assert replace(tmp_path / "large", pieces)
    assert (tmp_path / "large").read_bytes() == b"".join(pieces)
    assert begun[0][0] == 0
    assert [begin for begin, _ in begun[1:]] == [begin + count for begin, count in begun[:-1]]
    assert 1 < len(begun) < 10
    assert sum(begun[-1]) > 10_000_000


@pytest.mark.parametrize("error", [OSError(22, "Invalid argument"), None])
def test_a_system_that_cannot_do_so_writes_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError | None
) -> None:
    def refuse(*_arguments: object) -> None:
        assert error
        raise error

    if error:
        monkeypatch.setattr(os, "posix_fadvise", refuse, raising=False)
        monkeypatch.setattr(os, "POSIX_FADV_DONTNEED", 4, raising=False)
    else:
        monkeypatch.delattr(os, "posix_fadvise", raising=False)
    assert replace(tmp_path / "large", [b"a" * 5_000_000] * 2)
    assert (tmp_path / "large").read_bytes() == b"a" * 10_000_000


def test_a_result_that_reaches_the_disk_is_said_to(tmp_path: Path) -> None:
    assert replace(tmp_path / "out", [b"x"])


def run(*arguments: str | Path, first: Callable[[], None] | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "skillpack", *arguments],
        capture_output=True,
        check=False,
        timeout=60,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        preexec_fn=first,
    )


# what a shell told its background jobs to ignore, we ignore too, pytest itself started with & included; so not here
SLOW_WRITER = """
import os, signal, sys, time
from pathlib import Path
from skillpack import atomic, cli
for name in ("SIGINT", "SIGTERM", "SIGHUP"):
    signal.signal(getattr(signal, name), signal.SIG_DFL)
pieces = atomic.replace
def slow(path, given, **options):
    def dripping():
        yield b"half"
        print("writing", flush=True)
        time.sleep(90)
    return pieces(path, dripping(), **options)
atomic.replace = slow
sys.exit(cli.main(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    ("signal_name", "code", "word"),
    [("SIGINT", 130, b"interrupted"), ("SIGTERM", 143, b"terminated"), ("SIGHUP", 143, b"terminated")],
)
def test_a_signal_in_the_middle_leaves_the_old_file_and_nothing_else(
    make_skill: MakeSkill, tmp_path: Path, signal_name: str, code: int, word: bytes
) -> None:
    import signal

    folder = tmp_path / "results"
    folder.mkdir()
    (folder / "out.zip").write_bytes(b"old")
    with subprocess.Popen(
        [sys.executable, "-c", SLOW_WRITER, "zip", make_skill(), "-o", folder / "out.zip"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"writing\n"
        for _ in range(3):  # an impatient user must not cut the tidying up short
            process.send_signal(getattr(signal, signal_name))
        _, said = process.communicate(timeout=60)
    assert process.returncode == code
    assert said.splitlines()[-1].startswith(word)
    assert b"Traceback" not in said
    assert names(folder) == ["out.zip"]
    assert (folder / "out.zip").read_bytes() == b"old"


def test_a_full_disk_under_stdout_is_one_line(make_skill: MakeSkill) -> None:
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "skillpack", "pack", "-q", make_skill()],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
    assert ended.returncode == 2
    assert ended.stderr == b"error: cannot write to stdout: no space left on device\n"


def test_a_closed_stdout_is_one_line(make_skill: MakeSkill) -> None:
    ended = run("pack", "-q", make_skill(), first=lambda: os.close(1))
    assert ended.returncode == 2
    assert ended.stderr.count(b"\n") == 1
    assert b"stdout" in ended.stderr


def test_an_output_that_is_no_file_is_one_line(make_skill: MakeSkill, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe\x1b[31m")
    ended = run("pack", "-q", make_skill(), "-o", tmp_path / "pipe\x1b[31m")
    assert ended.returncode == 2
    assert ended.stderr.count(b"\n") == 1
    assert b"\x1b" not in ended.stderr
