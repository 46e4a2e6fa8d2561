"""Count the instructions of short commands: `python -m benchmarks.instructions`.

Instructions do not depend on what else the machine does, so a test may bound them. valgrind counts them
(`--tool=cachegrind`), with compiled modules present, in units of `python -c pass`.
"""

from __future__ import annotations

import compileall
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).resolve().parent.parent
_COUNTER: Final = ("valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null")
_MAIN: Final = "import sys; from skillpack.cli import main; sys.exit(main())"
_SKILL: Final = (
    "---\nname: demo\ndescription: Turns rows into a table. Use when asked for one.\n---\n# Demo\n\nWrite it.\n"
)

WAYS: Final = {
    "python -c pass": ("-c", "pass"),
    "import click, yaml": ("-c", "import click, yaml"),
    "skillpack --version": ("-c", _MAIN, "--version"),
    "skillpack check of a small skill below a .gitignore": ("-c", _MAIN, "check", "demo"),
    "skillpack files of it": ("-c", _MAIN, "files", "demo"),
    "skillpack digest of it": ("-c", _MAIN, "digest", "demo"),
    "skillpack container of it": ("-c", _MAIN, "container", "--name", "demo", "demo"),
}
BOUNDS: Final = {
    "skillpack --version": 1.8,
    "skillpack check of a small skill below a .gitignore": 8.5,
    "skillpack files of it": 8.3,
    "skillpack digest of it": 8,
    "skillpack container of it": 9.2,
}
"""The most that each may take, in units of `python -c pass`."""


def count_all() -> dict[str, int]:
    """Return the number of instructions of each of WAYS.

    Raises:
        FileNotFoundError: valgrind is not installed.
    """
    if shutil.which(_COUNTER[0]) is None:
        raise FileNotFoundError("valgrind is not installed")
    compileall.compile_dir(REPOSITORY / "skillpack", quiet=1)  # as pip does when it installs
    with tempfile.TemporaryDirectory() as folder:
        _make_repository(Path(folder))
        return {name: _count(arguments, folder) for name, arguments in WAYS.items()}


def _make_repository(folder: Path) -> None:
    (folder / ".git").mkdir()
    (folder / ".gitignore").write_text("dist/\n*.log\n__pycache__/\n", encoding="utf-8")
    (folder / "demo").mkdir()
    (folder / "demo" / "SKILL.md").write_text(_SKILL, encoding="utf-8")
    (folder / "demo" / "run.sh").write_text("#!/bin/sh\necho hello\n", encoding="utf-8")


def _count(arguments: tuple[str, ...], folder: str) -> int:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONHASHSEED": "0"}
    environment.pop("GITHUB_ACTIONS", None)
    command = (*_COUNTER, sys.executable, *arguments)
    ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    found = re.search(r"I +refs: +([\d,]+)", ended.stderr)
    assert found, ended.stderr[-500:]
    return int(found[1].replace(",", ""))


def table(counts: dict[str, int]) -> str:
    """Return the counts as a Markdown table."""
    unit = counts["python -c pass"]
    lines = ["| command | million instructions | in units of `python -c pass` | at most |", "| --- | --- | --- | --- |"]
    lines += [
        f"| {name} | {count / 1e6:,.0f} | {count / unit:.2f} | {BOUNDS.get(name, '')} |"
        for name, count in counts.items()
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(count_all()))
