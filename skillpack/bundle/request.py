"""Bundles, references and options to one of the API's bodies."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from skillpack import rules
from skillpack.bundle.bundle import Bundle, Streamed
from skillpack.errors import PayloadError
from skillpack.findings import Report
from skillpack.limits import MEMORY_LIMITS
from skillpack.payload import wire
from skillpack.skill.tree import BytesLike, SkillTree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from skillpack.payload.models import ExpiresAfter, InlineSkill, SkillReference
    from skillpack.payload.shapes import LocalSkillDict
    from skillpack.settings import Settings

    Entry = (
        Bundle | str | os.PathLike[str] | BytesLike | SkillTree | Mapping[str, object] | InlineSkill | SkillReference
    )
    """What a body takes as one of its skills."""


@dataclass(frozen=True, slots=True)
class Body:
    """One of the API's bodies, with each zip still as bytes; base64 is made when it is written.

    `report` is what the rules say of its skills together; `private` says whether it holds secrets.
    """

    value: Mapping[str, Any] = field(repr=False)
    report: Report = Report()
    private: bool = False

    def __reduce__(self) -> tuple[Any, ...]:
        """Refuse to be pickled with secrets: a pickle is a file or a message in which nobody expects one."""
        if self.private:
            raise TypeError("a body with secrets is not pickled")
        return Body, (self.value, self.report, self.private)

    def to_dict(self) -> dict[str, Any]:
        """Return the body as json.loads would."""
        return {key: wire.encoded(value) for key, value in self.value.items()}

    def pieces(self) -> Iterator[bytes]:
        """Yield the body as compact UTF-8 JSON, in order."""
        return wire.pieces(self.value)

    def write(self, file: BinaryIO) -> None:
        """Write the body as compact UTF-8 JSON, without ever holding the whole."""
        wire.write(file, self.pieces())


@dataclass(frozen=True, slots=True)
class Options:
    """What a container can be given beside its skills; secrets in the policy are never shown."""

    expires_after: int | Mapping[str, object] | ExpiresAfter | None = None
    file_ids: tuple[str, ...] = ()
    memory_limit: str | None = None
    network_policy: object = field(default=None, repr=False)


def packed(skills: Iterable[Entry], pack: Callable[[Any], Bundle]) -> Iterator[Bundle | Mapping[str, object]]:
    """Yield the same skills, those packed that were not.

    Args:
        skills: bundles, sources of skills, or what the API calls skills, as dicts or models.
        pack: makes a bundle of a source.

    Raises:
        PayloadError: `skills` is one skill, not several, or holds something else.
    """
    if isinstance(_plain(skills), str | os.PathLike | BytesLike | SkillTree | Bundle | Mapping):
        raise PayloadError((("/skills", "must be an array: put the one skill in brackets"),))
    if not isinstance(skills, Iterable):
        raise PayloadError((("/skills", f"must be an array, not {type(skills).__name__}"),))
    for at, skill in enumerate(skills):
        entry = _plain(skill)
        if isinstance(entry, Bundle | Mapping):
            yield entry
        elif isinstance(entry, str | os.PathLike | BytesLike | SkillTree):
            yield pack(entry)
        else:
            raise PayloadError(((f"/skills/{at}", f"is of type {type(entry).__name__}, no skill"),))


def container(
    name: str, skills: Iterable[Bundle | Streamed | Mapping[str, object]], options: Options, settings: Settings
) -> Body:
    """Return the body of POST /containers.

    Raises:
        PayloadError: an option, a reference or an inline skill given as a dict is not what the API takes.
        RejectedError: the skills cannot stand in one body.
    """
    stated: dict[str, object] = {"name": name}
    expiry = _plain(options.expires_after)
    if expiry is not None:
        plain = {"anchor": "last_active_at", "minutes": expiry}
        stated["expires_after"] = expiry if isinstance(expiry, Mapping) else plain
    stated |= _common(options)
    if not _plainly_sound(stated):
        from skillpack.payload.models import ContainerCreate

        stated = ContainerCreate.parse(stated).to_dict()
    return _body("container", stated, list(skills), options, settings)


def shell_tool(
    skills: Iterable[Bundle | Streamed | Mapping[str, object]], options: Options, settings: Settings
) -> Body:
    """Return the Responses API's shell tool, whose container the API makes for itself.

    Raises:
        PayloadError: an option, a reference or an inline skill given as a dict is not what the API takes.
        RejectedError: the skills cannot stand in one body.
    """
    from skillpack.payload.models import ContainerAuto

    stated: dict[str, object] = {"type": "container_auto"}
    parsed = ContainerAuto.parse(stated | _common(options))
    made = _body("container_auto", parsed.to_dict(), list(skills), options, settings)
    return Body({"type": "shell", "environment": made.value}, made.report, made.private)


def local_shell_tool(skills: Iterable[LocalSkillDict]) -> Body:
    """Return the shell tool of a shell that runs on the caller's own machine.

    Raises:
        PayloadError: a path is not Unicode, so no JSON can hold it.
    """
    entries = list(skills)
    for at, skill in enumerate(entries):
        if skill["path"] != skill["path"].encode("utf-8", "replace").decode():
            raise PayloadError(((f"/environment/skills/{at}/path", "is not Unicode"),))
    return Body({"type": "shell", "environment": {"type": "local", "skills": entries}})


def listed(ids: Iterable[str]) -> tuple[str, ...]:
    """Return the ids as a tuple.

    Raises:
        PayloadError: they are no array, or one string, which would be taken for a list of its letters.
    """
    if isinstance(ids, str | bytes | Mapping) or not isinstance(ids, Iterable):
        raise PayloadError((("/file_ids", "must be an array"),))
    return tuple(ids)


def _common(options: Options) -> dict[str, object]:
    given = {
        "file_ids": options.file_ids or None,
        "memory_limit": options.memory_limit,
        "network_policy": _plain(options.network_policy),
    }
    return {key: value for key, value in given.items() if value is not None}


def _plainly_sound(stated: Mapping[str, object]) -> bool:
    """Whether a body holds so little that no model is needed to judge it: importing pydantic takes 0.2 s."""
    name, memory = stated["name"], stated.get("memory_limit", "1g")
    return (
        stated.keys() <= {"name", "memory_limit"} and type(name) is str and name.isascii() and memory in MEMORY_LIMITS
    )


def _plain(value: object) -> object:
    """Return the dict of a model; anything else as it is, also the class of one, to be judged as what it is."""
    return value.to_dict() if hasattr(value, "to_dict") and not isinstance(value, type) else value


def _body(
    kind: Literal["container", "container_auto"],
    value: dict[str, Any],
    skills: list[Bundle | Streamed | Mapping[str, object]],
    given: Options,
    settings: Settings,
) -> Body:
    if skills:
        value["skills"] = [_entry(skill, at) for at, skill in enumerate(skills)]
    entries = value.get("skills", [])
    names = tuple(entry["name"] for entry in entries if entry["type"] == "inline")
    references = tuple((entry["skill_id"], entry.get("version")) for entry in entries if "skill_id" in entry)
    environment = rules.Environment(kind, names, references, given.file_ids)
    report = rules.weigh(environment, settings).raise_for_errors()
    return Body(value, report, "domain_secrets" in (value.get("network_policy") or ()))


def _entry(skill: Bundle | Streamed | Mapping[str, object], at: int) -> dict[str, Any]:
    if isinstance(skill, Bundle | Streamed):
        return skill.entry
    from skillpack.payload.models import InlineSkill, SkillReference

    inline = skill.get("type") == "inline"
    try:
        return (InlineSkill if inline else SkillReference).parse(skill).to_dict()
    except PayloadError as error:
        raise PayloadError(tuple((f"/skills/{at}{place}", words) for place, words in error.problems)) from None
