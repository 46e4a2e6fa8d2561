"""The command line with a person in front of it."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT: Final = Path(__file__).resolve().parent.parent


def on_a_terminal(*arguments: str, environment: Mapping[str, str], stderr: int | None = None) -> tuple[int, bytes]:
    """Run skillpack with stdout on a terminal, stderr too if None; return its exit code and what the terminal shows."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "skillpack", *arguments],
        env={**environment, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs if stderr is None else stderr,
    ) as process:
        os.close(theirs)
        shown = b""
        try:
            while piece := os.read(ours, 65536):
                shown += piece
        except OSError:  # Linux says so when the other side is closed
            pass
        finally:
            os.close(ours)
    return process.returncode, shown
