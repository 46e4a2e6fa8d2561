"""What rules judge, beside a Skill: one file's content, a skill with its zip, several skills of one request."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from skillpack.rules.references import find
from skillpack.rules.tokens import searchable, tokens

if TYPE_CHECKING:
    from skillpack.rules.references import Reference
    from skillpack.rules.tokens import Token
    from skillpack.settings import Settings
    from skillpack.skill import Skill
    from skillpack.tree import SkillFile, SkillTree


@dataclass(frozen=True)
class Content:
    """One file of a skill with its bytes, which are here only while it is judged.

    `allowed` says that the settings let exactly this content be sent, whatever secrets it holds.
    """

    skill: Skill
    file: SkillFile
    content: bytes = field(repr=False)
    allowed: bool = False

    @cached_property
    def dead_references(self) -> tuple[Reference, ...]:
        """What this file, if it is Markdown, names and whoever reads the bundle will not find."""
        return find(self)

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """What this file, if it is text, holds that looks like a credential; nothing where the settings allow it."""
        text = None if self.allowed else searchable(self.content)
        return tuple(tokens(text)) if text else ()


@dataclass(frozen=True, slots=True)
class Applied:
    """Settings, and the tree that they and the ignore files made of a skill."""

    settings: Settings
    tree: SkillTree


@dataclass(frozen=True, slots=True)
class Asked:
    """The patterns of a command line, those of include with `!` in front, and what each skill had no match for."""

    patterns: tuple[str, ...]
    unmatched: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Packed:
    """A skill and what its zip weighs, in bytes.

    `footprints` are (path, bytes in the zip); where nothing had to be compressed to know that the zip fits, there
    are none and `size` is the most it can be.
    """

    skill: Skill
    size: int
    footprints: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Environment:
    """The skills and files of one request: the names of inline skills, (skill_id, version) of references."""

    kind: Literal["container", "container_auto", "local"]
    names: tuple[str, ...] = ()
    references: tuple[tuple[str, str | None], ...] = ()
    file_ids: tuple[str, ...] = ()
