"""Count what one walk uses, and stop it at a limit."""

from __future__ import annotations

from typing import ClassVar

from skillpack.limits import MAX_IGNORE_BYTES, MAX_IGNORE_PATTERNS, MAX_IGNORE_STEPS, MAX_REJECTED, MAX_WALK_STEPS


class WalkLimitError(Exception):
    """A walk needs more than a limit allows. The message states the limit.

    Args:
        message: the limit that is exceeded.
        rule_id: the rule that reports it.
        file: the ignore file that exceeds it, relative to the skill's root; empty if none does.
    """

    def __init__(self, message: str, rule_id: str, file: str = "") -> None:
        super().__init__(message)
        self.rule_id, self.file = rule_id, file


class WalkBudget:
    """Count what one walk uses, each kind up to its limit.

    Args:
        limits: kind -> how much of it may be used, if not what skillpack.limits states.
    """

    __slots__ = ("_left",)

    _of_walk: ClassVar = {
        "entries": (MAX_WALK_STEPS, f"over {MAX_WALK_STEPS:,} entries, one that is packed or entered counting twice"),
        # test_hostile_directories, "three thousand FIFOs": each would be a finding
        "rejected": (MAX_REJECTED, f"over {MAX_REJECTED:,} entries that cannot be packed"),
    }
    _of_ignore_files: ClassVar = {
        "ignore_bytes": (MAX_IGNORE_BYTES, f"over {MAX_IGNORE_BYTES:,} bytes of ignore files"),
        "patterns": (
            MAX_IGNORE_PATTERNS,
            f"over {MAX_IGNORE_PATTERNS:,} patterns, one with wildcards by its characters",
        ),
        # test_hostile_directories, "as many costly ignore patterns as may be, on many files"
        "match_steps": (MAX_IGNORE_STEPS, "too many patterns, or ignore files, for so many paths"),
    }

    def __init__(self, **limits: int) -> None:
        stated = self._of_walk | self._of_ignore_files
        self._left = {kind: limit for kind, (limit, _) in stated.items()} | limits

    def spend(self, kind: str, count: int = 1, file: str = "") -> None:
        """Count something before it is done.

        Args:
            kind: entries, rejected, ignore_bytes, patterns or match_steps.
            count: how much of it.
            file: the ignore file it is for, relative to the skill's root.

        Raises:
            WalkLimitError: it exceeds the limit.
        """
        self._left[kind] -= count
        if self._left[kind] < 0:
            if kind in self._of_walk:
                raise WalkLimitError(self._of_walk[kind][1], "walk-too-long")
            raise WalkLimitError(self._of_ignore_files[kind][1], "ignore-too-costly", file)
