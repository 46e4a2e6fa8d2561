"""The command line. Exit codes: 0 no errors, 1 findings, 2 the command failed, 130 and 143 interrupted."""

from __future__ import annotations

import atexit
import gc
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

_COLLECTED_AFTER: Final = 50_000
"""Objects made and not freed until cycles are searched for: more than the imports of a check make.

After 700, Python's own number, imports start it often.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Args:
        arguments: the arguments after the program's name; sys.argv[1:] if None.
    """
    is_program = arguments is None
    if is_program:
        atexit.register(gc.freeze)  # or Python would search all modules for cycles several times before it exits
    arguments = sys.argv[1:] if arguments is None else arguments
    if list(arguments) in (["--version"], ["-V"]) and _print_version():
        return 0
    threshold, *others = gc.get_threshold()
    gc.set_threshold(max(threshold, _COLLECTED_AFTER), *others)
    try:
        from skillpack.cli.run import run

        return run(arguments)
    except KeyboardInterrupt:  # during the imports above
        import signal
        from contextlib import suppress

        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second one has nothing left to stop
        with suppress(OSError):
            print("interrupted; nothing was written", file=sys.stderr)  # noqa: T201
        return 130
    finally:
        if not is_program:  # a program ends now, and would search once more for nothing
            gc.set_threshold(threshold, *others)


def _print_version() -> bool:
    """Print the version without importing click, which takes most of the time; return whether that succeeded."""
    from skillpack import __version__

    if sys.stdout is None:
        return False
    try:
        print(f"skillpack {__version__}", flush=True)  # noqa: T201
    except OSError:  # click prints it again, and the failure is reported as any other
        return False
    return True
