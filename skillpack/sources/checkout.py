"""Ask git what the files of a checkout are in its index, and which of them it ignores."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from skillpack.skill.tree import nfc
from skillpack.sources.run_git import GitError, names_repository, run, run_bounded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MAX_LISTING: Final = 32 << 20
"""Bytes of `git ls-files -s`: some 300,000 files."""

_SYMLINK: Final = b"120000"


def read_index(folder: str) -> dict[str, bool]:
    """Return the path of each file below a folder that git tracks, relative to it, and True where it is a symlink.

    Args:
        folder: the folder; nothing is tracked outside of a repository, or where git cannot be started.
    """
    return {path: fields.startswith(_SYMLINK) for path, fields in _list_files(folder, "-s")}


def find_changed_line_endings(folder: str) -> frozenset[str]:
    """Return the path of each file below a folder that git has with line feeds, but the work tree with CRLF.

    Args:
        folder: the folder; nothing is tracked outside of a repository, or where git cannot be started.
    """
    return frozenset(
        path for path, fields in _list_files(folder, "--eol") if fields.split()[:2] == [b"i/lf", b"w/crlf"]
    )


def find_repository(folder: str) -> str | None:
    """Return the nearest directory, from an absolute path upwards, that has a `.git`: the top of a work tree of git.

    Args:
        folder: the directory where the search begins.
    """
    while not os.path.lexists(os.path.join(folder, ".git")):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder


def find_ignored(repository: str, paths: Iterable[str]) -> frozenset[str]:
    """Return those of some paths that git ignores: none that it tracks, and none where it cannot be started.

    Args:
        repository: the top of a work tree.
        paths: relative to it, through no symlink and into no other repository.
    """
    asked = b"".join(os.fsencode(path) + b"\0" for path in paths)
    try:
        ignored = run("check-ignore", "-z", "--stdin", cwd=repository, stdin=asked)
    except GitError:  # also if it ignores none of them
        return frozenset()
    return frozenset(os.fsdecode(path) for path in ignored.split(b"\0")[:-1])


def _list_files(folder: str, option: str) -> Iterator[tuple[str, bytes]]:
    """Yield the path of each tracked file below a folder, and what `git ls-files` prints before it."""
    if not names_repository() and find_repository(folder) is None:  # git would look too, which takes longer
        return
    try:
        listed = run_bounded("ls-files", option, "-z", "--", ".", most=_MAX_LISTING, cwd=folder)
    except GitError:
        return
    for record in listed.split(b"\0")[:-1]:
        fields, _, path = record.partition(b"\t")
        yield nfc(os.fsdecode(path)), fields
