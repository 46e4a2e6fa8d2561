"""Cases for rules whose bad skill cannot be stored in git: too large, not representable, or not a skill.

Each is in a module `made_*.py` next to this one, as a function with the name of its rule:

    @made
    def file_not_regular(tmp_path: Path) -> Case: ...
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from skillpack.api import Builder
from skillpack.archive.read_canonical import read_zip
from skillpack.findings import Report
from skillpack.rules import Environment, Neighbours, OptionPatterns, Packed, weigh
from skillpack.settings import Settings
from skillpack.skill.tree import SkillTree

if TYPE_CHECKING:
    from collections.abc import Callable

Value = Path | bytes | SkillTree | Packed | Environment | Neighbours | OptionPatterns | Report
"""A skill's root under tmp_path (called `bad` or `good`), a zip for read_zip, what a rule checks, or a report."""


@dataclass(frozen=True)
class Case:
    """A bad value, a good value, and the concise lines that the rule reports of the bad one."""

    bad: Value
    good: Value
    expected: str


MADE: Final[dict[str, Callable[[Path], Case]]] = {}


def made(make: Callable[[Path], Case]) -> Callable[[Path], Case]:
    id = make.__name__.replace("_", "-")
    assert id not in MADE, id
    MADE[id] = make
    return make


def report(value: Value) -> Report:
    """Check a value; a path is checked under its own name, so tests change into its parent folder."""
    if isinstance(value, Report):
        return value
    if isinstance(value, Packed | Environment | Neighbours | OptionPatterns):
        return weigh(value, Settings())
    if isinstance(value, bytes):
        read_zip(value)
        return Report()
    return Builder().check(value.name if isinstance(value, Path) else value)


def load() -> None:
    """Import the modules next to this one."""
    for module in sorted(Path(__file__).parent.glob("made_*.py")):
        importlib.import_module(f"tests.rules.{module.stem}")
