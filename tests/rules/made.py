"""Cases for rules whose bad skill cannot lie in git: too large, too odd, or no skill at all.

Each lives in a module `made_*.py` beside this one, as a function called like its rule:

    @made
    def file_not_regular(tmp_path: Path) -> Case: ...
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from skillpack.api import Builder
from skillpack.findings import Report
from skillpack.rules import Asked, Environment, Packed, weigh
from skillpack.settings import Settings
from skillpack.skill.tree import SkillTree

if TYPE_CHECKING:
    from collections.abc import Callable

Value = Path | bytes | SkillTree | Packed | Environment | Asked | Report
"""A skill's root under tmp_path (called `bad` or `good`), a zip, what a rule judges, or a report already."""


@dataclass(frozen=True)
class Case:
    """Something bad, something good, and the concise lines that the rule gives on the bad one."""

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
    """Judge a value; a path is judged under its own name, so tests change into the folder it lies in."""
    if isinstance(value, Report):
        return value
    if isinstance(value, Packed | Environment | Asked):
        return weigh(value, Settings())
    return Builder().check(value.name if isinstance(value, Path) else value)


def load() -> None:
    """Import the modules beside this one."""
    for module in sorted(Path(__file__).parent.glob("made_*.py")):
        importlib.import_module(f"tests.rules.{module.stem}")
