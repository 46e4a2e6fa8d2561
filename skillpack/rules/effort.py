"""Bound what all rules together do for one skill, beyond what each may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from skillpack.skill.skill import Skill

_MOST: Final = 1.25
"""How much all searches together may take, in shares of what each may, which is up to a second."""


class Bounded(Protocol):
    """A search of the files of one skill that may take a bounded number of steps."""

    def used(self) -> float:
        """Return how much of its steps it has taken, as a share of them."""


class Effort:
    """What the searches of the files of one skill have taken, all together."""

    def __init__(self, _skill: Skill) -> None:
        self._searches: set[Bounded] = set()

    def add(self, search: Bounded) -> None:
        """Count what a search takes from now on, and has taken."""
        self._searches.add(search)

    def is_spent(self) -> bool:
        """Return whether they have taken so much that each stops as it does when its own steps are taken."""
        return sum(search.used() for search in self._searches) > _MOST
