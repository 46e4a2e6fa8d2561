"""Return the memory of large files to the system as soon as they are packed."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from skillpack.skill.tree import SkillTree

LARGE: Final = 4 << 20
_M_TRIM_THRESHOLD: Final = -1  # malloc.h
_M_MMAP_THRESHOLD: Final = -3


def return_large_blocks(trees: Iterable[SkillTree]) -> None:
    """Let glibc map each block of over 4 MiB on its own, if one of the skills has a file of that size.

    Otherwise it raises its own limit with each such block that is freed, up to 32 MiB (mallopt(3), M_MMAP_THRESHOLD),
    and then keeps the memory of all later ones. Of other memory it may keep 4 MiB, as it would if it raised the limits
    itself: with its 128 KiB the memory of libdeflate would be returned and fetched again with each small file.
    """
    if sys.platform == "linux" and any(file.size > LARGE for tree in trees for file in tree.files):
        with suppress(ImportError, OSError, AttributeError):  # musl has no mallopt, and needs none
            import ctypes

            library = ctypes.CDLL(None)
            library.mallopt(_M_MMAP_THRESHOLD, LARGE)
            library.mallopt(_M_TRIM_THRESHOLD, LARGE)
