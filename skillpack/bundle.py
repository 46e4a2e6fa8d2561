"""A packed skill: what went in, what was said of it, and its bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from skillpack.payload import wire

if TYPE_CHECKING:
    from skillpack.findings import Report
    from skillpack.payload.shapes import InlineSkillDict
    from skillpack.skill import Skill


@dataclass(frozen=True, slots=True)
class Bundle:
    """A packed skill: what went in, what was said of it, and its bytes."""

    skill: Skill
    report: Report
    zip: bytes = field(repr=False)

    @property
    def entry(self) -> dict[str, Any]:
        """The InlineSkill with its zip still as bytes, in canonical key order; wire.pieces makes JSON of it."""
        return {
            "description": self.skill.description,
            "name": self.skill.name,
            "source": {"data": self.zip, "media_type": "application/zip", "type": "base64"},
            "type": "inline",
        }

    def inline_skill(self) -> InlineSkillDict:
        """Return the InlineSkill to embed in a request."""
        return cast("InlineSkillDict", wire.encoded(self.entry))

    def write_inline_skill(self, file: BinaryIO) -> None:
        """Write the InlineSkill as compact UTF-8 JSON, without ever holding the whole.

        Args:
            file: anything with a write method that takes bytes.
        """
        file.writelines(wire.pieces(self.entry))
