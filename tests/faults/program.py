"""The command line with temporary files of a known name, so that strace can be told of them.

    python program.py MOST_BYTES [ARGUMENTS...]

MOST_BYTES is the size at which the system ends a file (0 for none): a write is cut short there, and the next fails.
"""

from __future__ import annotations

import os
import resource
import sys

if most := int(sys.argv[1]):
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
os.urandom = bytes

from skillpack.cli import main  # noqa: E402 - after the change above

sys.exit(main(sys.argv[2:]))
