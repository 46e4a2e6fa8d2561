"""Arguments to an exit code: 0 fine, 1 findings, 2 the call itself failed, 130 and 143 interrupted."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Args:
        arguments: what stands behind the program's name; sys.argv[1:] if None.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    if list(arguments) == ["--version"] and _version_told():
        return 0
    try:
        from skillpack.cli.run import run

        return run(arguments)
    except KeyboardInterrupt:  # while the imports above were still running
        import signal
        from contextlib import suppress

        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second one has nothing left to stop
        with suppress(OSError):
            print("interrupted; nothing was written", file=sys.stderr)  # noqa: T201
        return 130


def _version_told() -> bool:
    """Print the version by hand, because importing click takes three times as long as all the rest; else leave it."""
    from skillpack import __version__

    if sys.stdout is None:
        return False
    try:
        print(f"skillpack {__version__}", flush=True)  # noqa: T201
    except OSError:  # said where every other failure is
        return False
    return True
