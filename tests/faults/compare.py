"""Run skillpack, shutil.make_archive and `zip -r` on the hostile directories: `python -m tests.faults.compare`.

Prints the tables of docs/explanation/security.md.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from pathlib import Path
from typing import Final

from skillpack.rules import RULES
from tests.hostile import KINDS, SENTINEL, Hostile, build

ROOT: Final = Path(__file__).parents[2]
PATIENCE: Final = 5
OUTSIDE: Final = (SENTINEL.encode(), b"root:x:0:0", b"PATH=")
TOOLS: Final = {
    "skillpack zip": [sys.executable, "-m", "skillpack", "zip", "demo", "-o", "out.zip"],
    "shutil.make_archive": [sys.executable, "-c", "import shutil; shutil.make_archive('out', 'zip', '.', 'demo')"],
    "zip -r": ["zip", "-r", "-q", "out.zip", "demo"],
}
TOO_DANGEROUS: Final = (
    "link to the file system's root",
    "link to the root through /proc",
    "link to the working directory",
)
"""`zip -r` follows these into the whole file system."""


def outcome(kind: Hostile, tool: str) -> str:
    if tool == "zip -r" and kind.id in TOO_DANGEROUS:
        return "not tried"
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        build(kind, folder)
        try:
            ended = subprocess.run(
                TOOLS[tool],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                capture_output=True,
                check=False,
                timeout=PATIENCE,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired:
            return f"still busy after {PATIENCE} s"
        made = folder / "out.zip"
        if made.exists() and _has_outside_content(made):
            return "**packs outside content**"
        if ended.returncode:
            return _refusal(tool, kind, ended, written=made.exists())
        spoken = ended.stdout + ended.stderr
        if tool == "skillpack zip":
            return "packs it, with a finding" if kind.rule and kind.rule.encode() in spoken else "packs it"
        return "packs it, with a warning" if spoken.strip() else "packs it silently"


def _refusal(tool: str, kind: Hostile, ended: subprocess.CompletedProcess[bytes], *, written: bool) -> str:
    if tool == "skillpack zip":
        return "refuses" if f"[{kind.rule}]".encode() in ended.stderr else "refuses, with another rule"
    said = "a traceback" if b"Traceback" in ended.stderr else f"exit {ended.returncode}"
    return f"{said}, a file is left" if written else said


def _has_outside_content(made: Path) -> bool:
    try:
        with zipfile.ZipFile(made) as archive:
            return any(word in archive.read(entry)[:100_000] for entry in archive.infolist()
                       if entry.file_size < 10_000_000 for word in OUTSIDE)  # fmt: skip
    except (zipfile.BadZipFile, OSError):
        return False


def main() -> None:
    results = {kind: {tool: outcome(kind, tool) for tool in TOOLS} for kind in KINDS}
    print(f"| outcome | {' | '.join(TOOLS)} |\n|---|{'---|' * len(TOOLS)}")
    counts = {tool: Counter(said[tool] for said in results.values()) for tool in TOOLS}
    for word in sorted({word for count in counts.values() for word in count}):
        print(f"| {word} | {' | '.join(str(counts[tool][word] or '') for tool in TOOLS)} |")
    print(f"\n| directory with | rule | {' | '.join(TOOLS)} |\n|---|---|{'---|' * len(TOOLS)}")
    for kind, said in results.items():
        rule = f"`{kind.rule}`" if kind.rule in RULES else ""
        print(f"| {kind.id} | {rule} | {' | '.join(said[tool] for tool in TOOLS)} |")


if __name__ == "__main__":
    main()
