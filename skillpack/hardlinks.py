"""Packed files with several names to what is odd about them: another name of theirs is left out, or unknown."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from skillpack.decisions import Odd, Oddity
from skillpack.defaults import SECRETS, default
from skillpack.disk import native

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

File = tuple[int, int]
"""Device and inode."""


def oddities(root: str, packed: Mapping[str, File], left_out: Iterable[str]) -> Iterator[Odd]:
    """Yield what there is to say of files that have more than one name.

    Args:
        root: the skill's directory.
        packed: each packed path of such a file -> which file it is.
        left_out: what is left out; folders, with `/` at their end, are not looked into.
    """
    if not packed:
        return
    others = _names(root, set(packed.values()), left_out)
    for path in sorted(path for path, file in packed.items() if file in others):
        names = others[packed[path]]
        secret = next(filter(_looks_secret, names), None)
        oddity = Oddity.HARD_LINK_TO_SECRET if secret else Oddity.HARD_LINK_TO_LEFT_OUT
        yield Odd(path, oddity, secret or names[0])
    rest = sorted(path for path, file in packed.items() if file not in others)
    if rest:
        yield Odd(rest[0], Oddity.HARD_LINK, "1 file" if len(rest) == 1 else f"{len(rest):,} files")


def _names(root: str, files: set[File], paths: Iterable[str]) -> dict[File, list[str]]:
    """Return the paths at which some files lie; what is gone lies nowhere."""
    found: dict[File, list[str]] = {}
    for path in paths:
        if path.endswith("/"):
            continue
        try:
            status = os.lstat(os.path.join(root, native(path)))
        except OSError:
            continue
        file = (status.st_dev, status.st_ino)
        if file in files:
            found.setdefault(file, []).append(path)
    return found


def _looks_secret(path: str) -> bool:
    """Whether a name is one that often holds secrets, whichever rule leaves it out."""
    found = default(path, directory=False)
    return found is not None and found.group.name == SECRETS
