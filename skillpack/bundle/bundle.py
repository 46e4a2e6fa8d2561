"""A packed skill: what went in, what was said of it, and its bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from skillpack.payload import wire

if TYPE_CHECKING:
    from skillpack.findings import Report
    from skillpack.payload.shapes import InlineSkillDict
    from skillpack.skill.skill import Skill


@dataclass(frozen=True, slots=True)
class Bundle:
    """A packed skill: what went in, what was said of it, and its bytes.

    `skill` holds the name, the description and the files; `report` the warnings and notes; `zip` the archive.
    """

    skill: Skill
    report: Report
    zip: bytes = field(repr=False)

    @property
    def entry(self) -> dict[str, Any]:
        """The InlineSkill with its zip still as bytes, in canonical key order; wire.pieces makes JSON of it."""
        return _entry(self.skill, self.zip)

    def inline_skill(self) -> InlineSkillDict:
        """Return the InlineSkill to embed in a request."""
        return cast("InlineSkillDict", wire.encoded(self.entry))

    def write_inline_skill(self, file: BinaryIO) -> None:
        """Write the InlineSkill as compact UTF-8 JSON, without ever holding the whole.

        Args:
            file: anything with a write method that takes bytes.
        """
        wire.write(file, wire.pieces(self.entry))


@dataclass(frozen=True, slots=True)
class Streamed:
    """A skill that is packed while it is written, so that its zip need not be held whole.

    `report` is what was said of it before; writing it raises RejectedError where the zip turns out too large.
    """

    skill: Skill
    report: Report
    zip: wire.Flow = field(repr=False)

    @property
    def entry(self) -> dict[str, Any]:
        """The InlineSkill as a bundle has it, its zip still to be made."""
        return _entry(self.skill, self.zip)


def _entry(skill: Skill, data: bytes | wire.Flow) -> dict[str, Any]:
    return {
        "description": skill.description,
        "name": skill.name,
        "source": {"data": data, "media_type": "application/zip", "type": "base64"},
        "type": "inline",
    }
