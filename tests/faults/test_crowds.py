"""Many at once, long in one process, and no room: what one run does not show."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from skillpack import OutputError, atomic
from skillpack.api import Builder
from skillpack.cli import main
from skillpack.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import MakeSkill

PROCESSES = 8
ROUNDS = 500


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one mebibyte, where mounting is allowed."""
    place = tmp_path / "tiny"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", place], check=False).returncode:
        pytest.skip("mounting is not allowed here")
    yield place
    subprocess.run(["umount", place], check=True)


def incompressible(size: int) -> bytes:
    import random

    return random.Random(3).randbytes(size)


@pytest.mark.parametrize("command", ["zip", "pack"])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    make_skill: MakeSkill, tiny_disk: Path, command: str, capfd: pytest.CaptureFixture[str]
) -> None:
    root = make_skill({"noise.bin": incompressible(2 << 20)})
    target = tiny_disk / "out"
    target.write_bytes(b"old")
    assert main([command, str(root), "-o", str(target), "-q"]) == 2
    assert capfd.readouterr().err == f"error: cannot write {target}: no space left on device\n"
    assert target.read_bytes() == b"old"
    assert [path.name for path in tiny_disk.iterdir()] == ["out"]


def test_a_result_that_just_fits_beside_the_old_one_is_written(make_skill: MakeSkill, tiny_disk: Path) -> None:
    target = tiny_disk / "out.zip"
    bundle = Builder().pack(make_skill({"noise.bin": incompressible(400 << 10)}))
    for _ in range(5):  # each needs its room twice for a moment, and gives it back
        assert atomic.replace(target, [bundle.zip])
    with pytest.raises(OutputError):
        atomic.replace(target, [bundle.zip, bundle.zip])
    assert target.read_bytes() == bundle.zip


def _pack_again_and_again(root: str, target: str, method: str, rounds: int) -> None:
    builder = Builder(Settings(compression=method))  # type: ignore[arg-type]
    for _ in range(rounds):
        atomic.replace(Path(target), builder.pack(root).iter_inline_skill())


@pytest.mark.slow
def test_eight_processes_on_one_output_and_no_reader_sees_anything_torn(make_skill: MakeSkill, tmp_path: Path) -> None:
    root = make_skill({"a.txt": "hello " * 2000, "noise.bin": incompressible(20_000)})
    target = tmp_path / "results/out.json"
    target.parent.mkdir()
    methods = ("deflate", "smallest", "store")
    whole = {b"".join(Builder(Settings(compression=method)).pack(root).iter_inline_skill()) for method in methods}  # type: ignore[arg-type]
    assert len(whole) >= 2
    _pack_again_and_again(str(root), str(target), "store", 1)
    context = multiprocessing.get_context("spawn")
    packers = [
        context.Process(target=_pack_again_and_again, args=(str(root), str(target), methods[number % 3], ROUNDS))
        for number in range(PROCESSES)
    ]
    for packer in packers:
        packer.start()
    reads = 0
    while any(packer.is_alive() for packer in packers):
        assert target.read_bytes() in whole
        reads += 1
    assert [packer.exitcode for packer in packers] == [0] * PROCESSES
    assert reads > 100
    assert [path.name for path in target.parent.iterdir()] == ["out.json"]


ENDLESS = """
import json, os, sys
from skillpack.api import Builder
from skillpack import read_zip
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
def run(rounds):
    for _ in range(rounds):
        bundle = Builder().pack(sys.argv[1])
        bundle.inline_skill()
        assert read_zip(bundle.zip) == bundle.skill.tree
run(500)
before = resident(), len(os.listdir("/proc/self/fd"))
run(int(sys.argv[2]))
print(json.dumps([before, (resident(), len(os.listdir("/proc/self/fd")))]))
"""


@pytest.mark.slow
def test_ten_thousand_packs_in_one_process_leave_no_descriptor_and_no_memory(make_skill: MakeSkill) -> None:
    root = make_skill({"a/b.txt": "hello " * 100, "run.sh": "#!/bin/sh\n", "noise.bin": incompressible(3000)})
    (root / "link").symlink_to("run.sh")
    ended = subprocess.run(
        [sys.executable, "-c", ENDLESS, root, "10000"],
        capture_output=True,
        check=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    (memory, files), (memory_after, files_after) = json.loads(ended.stdout)
    assert files_after == files
    assert memory_after - memory < 5_000_000


def test_errors_over_and_over_leave_no_memory(make_skill: MakeSkill, capfd: pytest.CaptureFixture[str]) -> None:
    root = make_skill()
    (root / "link").symlink_to("/etc/passwd")

    def again(rounds: int) -> None:
        for _ in range(rounds):
            assert main(["zip", str(root), "-o", str(root.parent / "out.zip")]) == 1
            capfd.readouterr()

    again(10)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    again(40)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 500_000
