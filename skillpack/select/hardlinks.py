"""Packed files with several names to what is odd about them: another name of theirs is left out, or unknown."""

from __future__ import annotations

import os
from itertools import islice
from typing import TYPE_CHECKING

from skillpack.errors import SkillChangedError
from skillpack.limits import MAX_SECRET_ENTRIES
from skillpack.select.defaults import SECRETS, default
from skillpack.skill.decisions import Odd, Oddity
from skillpack.sources.directory import native, portable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from skillpack.sources.directory import Root

File = tuple[int, int]
"""Device and inode."""


def oddities(root: Root, packed: Mapping[str, File], excluded: Iterable[str]) -> Iterator[Odd]:
    """Yield what there is to say of files that have more than one name.

    Args:
        root: the skill's directory.
        packed: each packed path of such a file -> which file it is.
        excluded: what is left out; of folders, with `/` at their end, only those of secrets are looked
            into, and no folder in them.
    """
    if not packed:
        return
    others = _names(root, set(packed.values()), excluded)
    for path in sorted(path for path, file in packed.items() if file in others):
        names = others[packed[path]]
        secret = next(filter(_looks_secret, names), None)
        oddity = Oddity.HARD_LINK_TO_SECRET if secret else Oddity.HARD_LINK_TO_LEFT_OUT
        yield Odd(path, oddity, secret or names[0])
    rest = sorted(path for path, file in packed.items() if file not in others)
    if rest:
        yield Odd(rest[0], Oddity.HARD_LINK, "1 file" if len(rest) == 1 else f"{len(rest):,} files")


def _names(root: Root, files: set[File], paths: Iterable[str]) -> dict[File, list[str]]:
    """Return the paths at which some files lie; what is gone lies nowhere."""
    found: dict[File, list[str]] = {}
    for path in _listed(root, paths):
        try:
            status = os.lstat(os.path.join(root.path, native(path)))
        except OSError:
            continue
        file = (status.st_dev, status.st_ino)
        if file in files:
            found.setdefault(file, []).append(path)
    return found


def _listed(root: Root, paths: Iterable[str]) -> Iterator[str]:
    """Yield the files among some paths, and for a folder of secrets those in it; up to a bound."""
    left = MAX_SECRET_ENTRIES
    for path in paths:
        if not path.endswith("/"):
            yield path
        elif left > 0 and _secret(path.rstrip("/"), directory=True):
            try:
                with root.folder(path) as folder, os.scandir(folder) as entries:
                    names = [portable(entry.name) for entry in islice(entries, left)]
            except (OSError, SkillChangedError):
                continue
            left -= 1 + len(names)
            yield from (path + name for name in sorted(names))


def _looks_secret(path: str) -> bool:
    """Whether a name, or its folder's, is one that often holds secrets, whichever rule leaves it out."""
    return _secret(path, directory=False) or _secret(path.rpartition("/")[0], directory=True)


def _secret(path: str, *, directory: bool) -> bool:
    found = default(path, directory=directory)
    return found is not None and found.group.name == SECRETS
