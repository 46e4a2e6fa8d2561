"""`make` on a machine as it comes: which Python it takes, and what it says where there is none."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.judges import judge

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[..., subprocess.CompletedProcess[str]]

ROOT: Final = Path(__file__).parents[1]
NONE: Final = "skillpack needs Python 3.11 or newer with its venv module (on Debian: python3-venv); make PYTHON=..."


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Run make in a fresh clone, on a machine whose only programs are a shell and those linked into bin/."""
    clone, bin = tmp_path / "clone", tmp_path / "bin"
    clone.mkdir()
    bin.mkdir()
    (bin / "sh").symlink_to(judge("sh"))
    for name in ("Makefile", "pyproject.toml", "skillpack/__init__.py"):
        (clone / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, clone / name)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [judge("make"), *arguments]
        return subprocess.run(
            command, cwd=clone, env={"PATH": str(bin)}, capture_output=True, text=True, check=False, timeout=60
        )

    return run


def test_without_a_python_one_sentence_says_what_is_needed(make: Make) -> None:
    for arguments in (["demo"], ["test"], ["-j2", "demo", "test"], ["PYTHON=python2", "demo"]):
        done = make(*arguments)
        assert done.returncode == 2
        assert done.stderr.startswith(NONE)
        assert len(done.stderr.splitlines()) == 2, "ours, and make's own"
        assert done.stdout == ""


def test_a_python_that_is_too_old_or_has_no_venv_is_passed_over(make: Make, tmp_path: Path) -> None:
    for name, ends in (("python3", "exit 1"), ("python3.12", f'exec "{sys.executable}" "$@"')):
        (tmp_path / "bin" / name).write_text(f"#!{judge('sh')}\n{ends}\n", "utf-8")
        (tmp_path / "bin" / name).chmod(0o755)
    assert "python3.12 -m venv .venv" in make("--dry-run", "demo").stdout
    assert "mypython -m venv .venv" in make("--dry-run", "PYTHON=mypython", "demo").stdout


def test_a_demo_installs_what_runs_and_a_test_what_tests(make: Make) -> None:
    demo, test = (make("--dry-run", "PYTHON=python3", target).stdout for target in ("demo", "test"))
    assert "--editable .\n" in demo
    assert "[dev]" not in demo
    assert "--editable '.[dev]'" in test


def test_the_judges_from_npm_have_exact_versions() -> None:
    (packages,) = re.findall(r'(?s)npm install .* "\$NODE_JUDGES" ([^>]+) >', (ROOT / ".ci" / "run").read_text("utf-8"))
    names = packages.replace("\\\n", " ").split()
    assert {"yauzl", "ai"} <= {name.partition("@")[0] for name in names}
    assert all(re.fullmatch(r"(?:@[a-z-]+/)?[a-z-]+@\d+\.\d+\.\d+", name) for name in names)


def test_how_long_the_tests_take_is_printed_before_they_start_as_the_readme_states_it(make: Make) -> None:
    stated = re.search(r"runs the tests, in\n(about .* cores);", (ROOT / "README.md").read_text("utf-8"))
    assert stated
    lines = make("--dry-run", f"PYTHON={sys.executable}", "test").stdout.splitlines()
    (said,) = [at for at, line in enumerate(lines) if stated[1] in line]
    (started,) = [at for at, line in enumerate(lines) if "pytest" in line]
    assert said < started
