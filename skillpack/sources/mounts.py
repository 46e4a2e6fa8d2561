"""The mount points in a directory, as Linux lists them: bind mounts of the same device and single files too."""

from __future__ import annotations

import os
import re
from pathlib import Path

from skillpack.sources.directory import portable


def mounted_in(root: str) -> frozenset[str]:
    """Return the paths, relative to a directory, at which something is mounted; none on systems without such a list.

    Args:
        root: the directory, without links.
    """
    try:
        listed = Path("/proc/self/mountinfo").read_bytes()
    except OSError:
        return frozenset()
    # the kernel writes these four as octal numbers: man 5 proc_pid_mountinfo
    above = re.sub(rb"[ \t\n\\]", lambda found: b"\\%03o" % found[0][0], os.fsencode(root.rstrip("/"))) + b"/"
    if b" " + above not in listed:  # nearly always
        return frozenset()
    points = (line.split(b" ")[4] for line in listed.splitlines())
    inside = (point.removeprefix(above) for point in points if point.startswith(above) and point != above)
    plain = (re.sub(rb"\\([0-7]{3})", lambda found: bytes((int(found[1], 8),)), point) for point in inside)
    return frozenset(portable(os.fsdecode(point)) for point in plain)
