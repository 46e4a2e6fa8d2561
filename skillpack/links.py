"""A link to the place it leads to, as the kernel finds it: 40 links at most, and few steps in one walk."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from skillpack.budget import Budget
from skillpack.limits import MAX_LINKS

if TYPE_CHECKING:
    from skillpack.disk import Root


@dataclass(frozen=True, slots=True)
class Links:
    """The links of one skill, each place looked at once.

    os.path.realpath calls itself for each link of a chain, a thousand of which end it, and walks the whole of it anew
    for each link in it.
    """

    disk: Root
    budget: Budget = field(default_factory=Budget)
    _known: dict[str, _Place] = field(default_factory=dict, repr=False)

    def end(self, place: str) -> str:
        """Return the path without links of what a link leads to.

        Args:
            place: the link's own path, which leads over no link.

        Raises:
            OSError: it leads nowhere, in a circle, or over more links than a kernel follows.
            WalkTooLongError: all links together take too many steps.
        """
        if os.name == "nt":  # the system itself says there where a link ends
            return os.path.realpath(place, strict=True)
        here, _, name = place.rpartition("/")
        left, followed = [name], 0
        while left:
            part = left.pop()
            if part in ("", "."):
                continue
            if part == "..":
                here = here.rpartition("/")[0]
                continue
            found = self._at(f"{here}/{part}")
            if found.target is not None:
                followed += 1
                if followed > MAX_LINKS:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), place)
                parts = found.target.split("/")
                self.budget.follow(len(parts))
                left += reversed(parts)
                here = "" if found.target.startswith("/") else here
            elif left and not found.folder:
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), place)
            else:
                here = f"{here}/{part}"
        return here or "/"

    def _at(self, path: str) -> _Place:
        known = self._known.get(path)
        if known is None:
            mode = os.lstat(path).st_mode
            target = os.readlink(path) if stat.S_ISLNK(mode) else None
            known = self._known[path] = _Place(target, stat.S_ISDIR(mode))
        return known


@dataclass(frozen=True, slots=True)
class _Place:
    """What lies somewhere: a link with its target, a folder, or a file."""

    target: str | None
    folder: bool
