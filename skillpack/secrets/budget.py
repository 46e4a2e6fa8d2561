"""Bound the work that the search for the credentials of one skill may take."""

from __future__ import annotations

from typing import Final

MOST_PLACES: Final = 10_000
"""The most places in one skill that may look like credentials, samples included; real skills have far fewer."""

MOST_KEY_BYTES: Final = 4 << 20
"""The most bytes of private keys of one skill that are judged."""

_MOST_UNDONE: Final = 32 << 20  # bytes in which escapes are undone and invisible characters taken out
_MOST_UNDONE_IF_CUT: Final = 4 << 20
_MOST_MISSES: Final = 10_000
_MOST_BYTES: Final = 2 << 20
_MOST_BEGINNINGS: Final = 50_000


class Budget:
    """How much work the search of the texts of one skill has taken; what it may take is bounded.

    What is in no long word costs little and is not counted. After that much of the rest, only the beginning of each
    long word is looked at, and after as much again nothing, which is reported.
    """

    __slots__ = ("_most_undone", "beginnings", "bytes", "key_bytes", "misses", "places", "runs", "undone")

    def __init__(self) -> None:
        self.beginnings = self.bytes = self.key_bytes = self.misses = self.places = self.undone = 0
        self._most_undone = _MOST_UNDONE
        self.runs: dict[bytes, int] = {}

    def is_short(self) -> bool:
        """Return whether only the beginnings of long words are still looked at."""
        return self.misses > _MOST_MISSES or self.bytes > _MOST_BYTES or self.beginnings > _MOST_BEGINNINGS

    def used(self) -> float:
        """Return how much of the work has been done, as a share of what may be done before only beginnings count."""
        shares = (
            self.misses / _MOST_MISSES,
            self.bytes / _MOST_BYTES,
            self.beginnings / _MOST_BEGINNINGS,
            self.places / MOST_PLACES,
            self.undone / _MOST_UNDONE,
            self.key_bytes / MOST_KEY_BYTES,
        )
        return sum(shares) if max(shares) <= 1 else sum(min(share, 1) for share in shares)

    def cut_short(self) -> None:
        """Look only at the beginnings of long words from now on, and undo little."""
        self.bytes = max(self.bytes, _MOST_BYTES + 1)
        self._most_undone = _MOST_UNDONE_IF_CUT

    def may_undo(self) -> bool:
        """Return whether escapes and invisible characters are still undone."""
        return self.undone <= self._most_undone

    def is_spent(self) -> bool:
        """Return whether nothing is looked at any more."""
        return self.misses > 2 * _MOST_MISSES or self.beginnings > 3 * _MOST_BEGINNINGS
