"""What packing to a file holds at a time: the zip, and never its base64 or JSON as a whole."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from skillpack.limits import MAX_BASE64_CHARS
from tests.conftest import MANIFEST

if TYPE_CHECKING:
    from tests.conftest import MakeSkill

ROOT: Final = Path(__file__).parent.parent
# not ru_maxrss: that of a new process begins with what the one that started it held
_PEAK: Final = """
import sys
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]
print(code, int(peak) * 1024, file=sys.stderr)
"""
_OURS: Final = """
import sys
from skillpack.cli import main
code = main(sys.argv[1:])
"""
_CHECK: Final = """
import sys
from skillpack.cli import main
code = int(main(["check", *sys.argv[1:]]) == 2)
"""
_NAIVE: Final = """
import base64, json, shutil, sys
zip = open(shutil.make_archive(sys.argv[1] + ".naive", "zip", sys.argv[1]), "rb").read()
code = open(sys.argv[2], "w").write(json.dumps({"data": base64.b64encode(zip).decode()})) and 0
"""


def peak_of(code: str, *arguments: str | Path) -> int:
    command: list[str | Path] = [sys.executable, "-c", code + _PEAK, *arguments]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, check=True)
    exit_code, peak = done.stderr.split()[-2:]
    assert exit_code == b"0"
    return int(peak)


_LARGE: Final = {
    "a control character behind an emoji": b"a" * 26_000_000 + "\U0001f600\u200b\x80".encode(),
    "a repaired line before very many": "caf\u00c3\u00a9 \x80".encode() + b"\n" * 26_000_000,
    "a very long line to repair": "\u00c3\u00a9".encode() * 6_000_000 + "\x80".encode(),
    "nothing in UTF-8": b"\xff" * 26_000_000 + b"\xc2\x80",
    "short words": b"```\n" * 6_500_000,
}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
@pytest.mark.parametrize("kind", _LARGE)
@pytest.mark.parametrize("name", ["SKILL.md", "references/a.md"])
def test_a_text_as_large_as_may_be_is_checked_in_bounded_memory(make_skill: MakeSkill, kind: str, name: str) -> None:
    root = make_skill({name: (MANIFEST if name == "SKILL.md" else b"") + _LARGE[kind]})
    assert peak_of(_CHECK, root) < 300_000_000


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
def test_the_largest_bodies_take_little_more_than_their_zip(make_skill: MakeSkill, tmp_path: Path) -> None:
    noise = random.Random(0)
    root = make_skill({f"{number}.bin": noise.randbytes(10_500_000) for number in range(5)})
    body = tmp_path / "body.json"
    peaks = {
        "container": peak_of(_OURS, "container", "--name", "c", root, "-o", body),
        "pack": peak_of(_OURS, "pack", root, "-o", body),
        "naive": peak_of(_NAIVE, root, body),
    }
    print({name: f"{peak / MAX_BASE64_CHARS:.2f} of the largest body" for name, peak in peaks.items()})
    assert max(peaks["container"], peaks["pack"]) <= 0.9 * MAX_BASE64_CHARS
    assert peaks["naive"] > 2.5 * MAX_BASE64_CHARS


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
def test_two_large_files_are_held_at_a_time_and_not_three(make_skill: MakeSkill, tmp_path: Path) -> None:
    noise = random.Random(0)
    size = 24_000_000
    half = noise.randbytes(size // 2).hex().encode()  # what compression halves
    small = make_skill({}, name="small")
    large = make_skill({"a.bin": noise.randbytes(size), "b.txt": half, "c.txt": half[::-1]}, name="large")
    start, *peaks = [peak_of(_OURS, "pack", root, "-o", tmp_path / "body.json") for root in (small, *[large] * 3)]
    print([f"{(peak - start) / size:.2f} of a file" for peak in peaks])
    assert max(peaks) - start <= 2.8 * size  # the third is the results of both
