"""What may be set: the defaults, a settings file, the caller's own words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

Level = Literal["error", "warning", "note", "off"]
LEVELS: Final[tuple[Level, ...]] = ("error", "warning", "note", "off")


@dataclass(frozen=True, slots=True)
class Settings:
    """How skills are read, judged and packed. Every collection given is copied.

    Args:
        exclude: patterns of what to leave out, as in a .gitignore at the skill's root, in order, the last wins.
        include: patterns of what to keep all the same.
        gitignore: whether .gitignore files count.
        default_excludes: whether the built-in patterns count.
        compression: deflate, smallest or store.
        rules: rule id -> level it has instead of its own.
        target: openai, or agentskills for the strict specification.
    """

    exclude: Collection[str] = ()
    include: Collection[str] = ()
    gitignore: bool = True
    default_excludes: bool = True
    compression: Literal["deflate", "smallest", "store"] = "deflate"
    rules: Mapping[str, Level] = field(default_factory=dict, hash=False)
    target: Literal["openai", "agentskills"] = "openai"

    def __post_init__(self) -> None:
        object.__setattr__(self, "exclude", tuple(self.exclude))
        object.__setattr__(self, "include", tuple(self.include))
        object.__setattr__(self, "rules", dict(self.rules))
