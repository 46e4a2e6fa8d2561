from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from skillpack import NotASkillError, RejectedError, SkillChangedError, pack
from tests.judges import missing

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTENT = bytes((at * 7 + 3) % 251 for at in range(20_000))
PLACES = [1 + at * 19_990 // 49 for at in range(50)]


@pytest.fixture(scope="module")
def mounted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """The folder where the lying files are, and the file that says how they lie."""
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        pytest.skip("there is no /dev/fuse that may be used")
    try:
        import mfusepy
    except (ImportError, OSError):
        missing("mfusepy or libfuse is not installed")
    assert mfusepy
    if not shutil.which("fusermount3"):
        missing("fusermount3 is not installed")
    place = tmp_path_factory.mktemp("lying")
    mount, spec = place / "demo", place / "spec"
    mount.mkdir()
    spec.write_text("honest:0")
    command = [sys.executable, str(Path(__file__).with_name("lying_files.py")), str(mount), str(spec)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        try:
            for _ in range(3_000):
                if server.poll() is not None:
                    pytest.skip("mounting in user space is not allowed here")
                if (mount / "SKILL.md").exists():
                    break
                time.sleep(0.1)
            else:
                raise AssertionError("nothing was mounted in five minutes")
            yield mount, spec
        finally:
            subprocess.run(["fusermount3", "-u", mount], check=False)
            server.wait(300)


def packed(mount: Path) -> bytes | None:
    """What the bundle holds of data.bin, or None if the skill was refused."""
    try:
        file = pack(mount).skill.tree.file("data.bin")
    except (RejectedError, SkillChangedError, NotASkillError):
        return None
    assert file is not None
    return file.read()


@pytest.mark.slow
def test_honest_files_are_packed(mounted: tuple[Path, Path]) -> None:
    mount, spec = mounted
    spec.write_text("honest:1")
    assert packed(mount) == CONTENT


@pytest.mark.slow
@pytest.mark.parametrize("byte", PLACES)
@pytest.mark.parametrize("kind", ["fails", "ends", "shrinks", "grows"])
def test_a_file_that_lies_is_refused(mounted: tuple[Path, Path], kind: str, byte: int) -> None:
    mount, spec = mounted
    spec.write_text(f"{kind}:{byte}")
    assert packed(mount) is None


@pytest.mark.slow
@pytest.mark.parametrize("byte", PLACES[::5])
@pytest.mark.parametrize("kind", ["drips", "touched"])
def test_a_file_that_is_only_slow_or_touched_is_never_packed_wrong(
    mounted: tuple[Path, Path], kind: str, byte: int
) -> None:
    mount, spec = mounted
    spec.write_text(f"{kind}:{byte}")
    assert packed(mount) in (CONTENT, None)
