"""Define a packed skill, and the chunks in which a body is sent."""

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, cast

from skillpack.findings import Report
from skillpack.payload import wire
from skillpack.payload.typed_dicts import InlineSkillDict
from skillpack.skill.skill import Skill
from skillpack.values import NamedTuple, Value, field


class Chunks:
    """The bytes of a JSON body in chunks, for an HTTP client; the whole is never in memory.

    Iterating starts from the beginning each time, so a request can be sent again. requests finds the length itself
    (`data=chunks`); with httpx it is given as a header: `content=chunks, headers={"Content-Length":
    str(chunks.length)}`.

    Args:
        value: the JSON value; bytes in it become base64.
    """

    __module__ = "skillpack"
    __slots__ = ("_value", "length")

    length: int
    """How many bytes all chunks have together."""

    def __init__(self, value: object) -> None:
        self._value = value
        self.length = wire.size(value)

    @property
    def len(self) -> int:
        """The same as `length`, under the name that requests looks for."""
        return self.length

    def __iter__(self) -> Iterator[bytes]:
        return wire.pieces(self._value)

    def __reduce__(self) -> str:
        """Refuse to be pickled: the body may hold secrets."""
        raise TypeError("the chunks of a body are not pickled")


class Bundle(Value):
    """A packed skill.

    `skill` holds the name, the description and the files; `report` the warnings and notes; `zip` the bytes of the zip.
    """

    __module__ = "skillpack"

    skill: Skill
    report: Report
    zip: bytes = field(repr=False)

    @classmethod
    def from_inline(cls, value: Mapping[str, Any]) -> "Bundle":
        """Return the bundle of an inline skill, with its zip packed again: its bytes are those that skillpack makes.

        Args:
            value: the inline skill as a dict, for example one in a request.

        Raises:
            RejectedError: the skill has errors, or is not the one that the dict states.
            TypeError: `value` is not a dict with a type.
        """
        from skillpack import rules
        from skillpack.archive.write import write_zip
        from skillpack.select.inputs import is_inline, open_skill
        from skillpack.settings import Settings

        if not is_inline(value):
            raise TypeError("value must be an inline skill as a dict")
        settings = Settings()
        skill = Skill.from_tree(open_skill(value, settings))
        report = rules.check(skill, settings).raise_for_errors()
        zip = write_zip(skill.tree, skill.name)
        report += rules.weigh(rules.Packed(skill, len(zip)), settings, skill.tree.origin)
        return cls(skill=skill, report=report.raise_for_errors(), zip=zip)

    @property
    def name(self) -> str:
        """The skill's name, as its SKILL.md states it."""
        return self.skill.name

    @property
    def description(self) -> str:
        """The skill's description, exactly as YAML reads it in its SKILL.md."""
        return self.skill.description

    @property
    def digest(self) -> str:
        """The content digest: the same for the same files, whatever compressed them (docs/reference/bundle-format)."""
        return self.skill.tree.digest

    @property
    def sha256(self) -> str:
        """SHA-256 of the zip, lowercase hex; computed each time."""
        import hashlib

        return hashlib.sha256(self.zip).hexdigest()

    def inline_skill(self) -> InlineSkillDict:
        """Return the InlineSkill to embed in a request."""
        return cast("InlineSkillDict", wire.encoded(inline_skill(self)))

    def iter_inline_skill(self) -> Chunks:
        """Return the InlineSkill as chunks of compact UTF-8 JSON."""
        return Chunks(inline_skill(self))

    def write_inline_skill(self, file: BinaryIO) -> None:
        """Write the InlineSkill as compact UTF-8 JSON; the whole is never in memory.

        Args:
            file: anything with a write method that takes bytes.
        """
        wire.write(file, wire.pieces(inline_skill(self)))


class Streamed(NamedTuple):
    """A skill that is packed while it is written, so that its zip is never whole in memory.

    `report` has the findings so far; writing it raises RejectedError if the zip turns out too large.
    """

    skill: Skill
    report: Report
    zip: wire.Flow


def inline_skill(bundle: Bundle | Streamed) -> dict[str, Any]:
    """Return the InlineSkill with its zip still as bytes, in canonical key order; wire.pieces makes JSON of it."""
    return {
        "description": bundle.skill.description,
        "name": bundle.skill.name,
        "source": {"data": bundle.zip, "media_type": "application/zip", "type": "base64"},
        "type": "inline",
    }
