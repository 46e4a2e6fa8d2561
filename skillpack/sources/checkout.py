"""Ask git what the files of a checkout are in its index, where a checkout may have changed their kind."""

from __future__ import annotations

import os
from typing import Final

from skillpack.skill.tree import nfc
from skillpack.sources.run_git import GitError, run_bounded

_MAX_LISTING: Final = 32 << 20
"""Bytes of `git ls-files -s`: some 300,000 files."""

_SYMLINK: Final = b"120000"


def read_index(folder: str) -> dict[str, bool]:
    """Return the path of each file below a folder that git tracks, relative to it, and True where it is a symlink.

    Args:
        folder: the folder; nothing is tracked outside of a repository, or where git cannot be started.
    """
    try:
        listed = run_bounded("ls-files", "-s", "-z", "--", ".", most=_MAX_LISTING, cwd=folder)
    except GitError:
        return {}
    found = {}
    for record in listed.split(b"\0")[:-1]:
        fields, _, path = record.partition(b"\t")
        found[nfc(os.fsdecode(path))] = fields.startswith(_SYMLINK)
    return found
