"""What one walk may still cost: counted before it is spent, and over at a bound."""

from __future__ import annotations

from dataclasses import dataclass

from skillpack.limits import MAX_LINK_STEPS


class WalkTooLongError(Exception):
    """A directory takes more to walk than any skill does; the message says what of it."""


@dataclass(slots=True)
class Budget:
    """What is left for one walk. `link_steps` are parts of the targets of links."""

    link_steps: int = MAX_LINK_STEPS

    def follow(self, parts: int) -> None:
        """Count parts of a link's target.

        Raises:
            WalkTooLongError: they are more than may be.
        """
        self.link_steps -= parts
        if self.link_steps < 0:
            raise WalkTooLongError(f"the links take over {MAX_LINK_STEPS:,} steps to follow")
