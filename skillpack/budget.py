"""What one walk may still cost: counted before it is spent, and over at a bound."""

from __future__ import annotations

from dataclasses import dataclass

from skillpack.limits import MAX_LINK_STEPS, MAX_REFUSED, MAX_WALK_STEPS


class WalkTooLongError(Exception):
    """A directory takes more to walk than any skill does; the message says what of it."""


@dataclass(slots=True)
class Budget:
    """What is left for one walk.

    `entries` are those of all folders, `refused` those that can never be packed, `link_steps` parts of the targets of
    links.
    """

    entries: int = MAX_WALK_STEPS
    refused: int = MAX_REFUSED
    link_steps: int = MAX_LINK_STEPS

    def look(self, entries: int) -> None:
        """Count entries of a folder.

        Raises:
            WalkTooLongError: they are more than may be.
        """
        self.entries -= entries
        if self.entries < 0:
            raise WalkTooLongError(f"over {MAX_WALK_STEPS:,} entries, one that is packed or entered counting twice")

    def refuse(self) -> None:
        """Count an entry that can never be packed.

        Raises:
            WalkTooLongError: it is one too many.
        """
        self.refused -= 1
        if self.refused < 0:
            raise WalkTooLongError(f"over {MAX_REFUSED:,} entries that cannot be packed")

    def follow(self, parts: int) -> None:
        """Count parts of a link's target.

        Raises:
            WalkTooLongError: they are more than may be.
        """
        self.link_steps -= parts
        if self.link_steps < 0:
            raise WalkTooLongError(f"the links take over {MAX_LINK_STEPS:,} steps to follow")
