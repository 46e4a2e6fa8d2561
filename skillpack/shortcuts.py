"""One call from a skill to its bundle, report or body, under default settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from skillpack.builder import Builder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from skillpack.body import Entry
    from skillpack.builder import Source
    from skillpack.bundle import Bundle
    from skillpack.findings import Report
    from skillpack.payload import ExpiresAfter
    from skillpack.payload.shapes import ContainerCreateDict, MemoryLimit, ShellToolDict


def pack(source: Source) -> Bundle:
    """Pack a skill.

    Args:
        source: a directory or zip file by its path, a zip's bytes, or a SkillTree.

    Returns:
        The bundle: `.inline_skill()` is the dict to embed, `.zip` the archive, `.report` what else was noticed.

    Raises:
        RejectedError: the skill has errors; `.report` holds everything there is to say.
        NotASkillError, ArchiveError: the source is neither a directory nor a sound skill zip.
        SkillChangedError: a file changed between the check and the write.
    """
    return Builder().pack(source)


def check(source: Source) -> Report:
    """Say everything there is to say of a skill.

    Args:
        source: a directory or zip file by its path, a zip's bytes, or a SkillTree.

    Returns:
        The report; iterate it for findings, ask `.ok` whether the skill would be packed.

    Raises:
        NotASkillError, ArchiveError: the source is neither a directory nor a sound skill zip.
        SkillChangedError: a file changed while the skill was weighed; one that changed before is a finding.
    """
    return Builder().check(source)


def container(
    name: str,
    skills: Iterable[Entry] = (),
    *,
    expires_after: int | Mapping[str, object] | ExpiresAfter | None = None,
    file_ids: Iterable[str] = (),
    memory_limit: MemoryLimit | None = None,
    network_policy: object = None,
) -> ContainerCreateDict:
    """Return the body of POST /containers, for `client.containers.create(**body)`.

    Args:
        name: the container's name.
        skills: bundles, skills still to be packed, or references such as
            `{"type": "skill_reference", "skill_id": "..."}`, as dicts or models.
        expires_after: minutes after it was last active, or the dict or model of the API.
        file_ids: uploaded files to copy into it.
        memory_limit: 1g, 4g, 16g or 64g.
        network_policy: a dict or model of the API's two policies.

    Raises:
        RejectedError: a skill has errors, or two have the same name.
        PayloadError: an option or a reference is not what the API takes.
        NotASkillError, ArchiveError, SkillChangedError: as pack does.
    """
    return Builder().container(
        name,
        skills,
        expires_after=expires_after,
        file_ids=file_ids,
        memory_limit=memory_limit,
        network_policy=network_policy,
    )


def write_container(
    file: BinaryIO,
    name: str,
    skills: Iterable[Entry] = (),
    *,
    expires_after: int | Mapping[str, object] | ExpiresAfter | None = None,
    file_ids: Iterable[str] = (),
    memory_limit: MemoryLimit | None = None,
    network_policy: object = None,
) -> None:
    """Write the body of POST /containers as compact UTF-8 JSON, without ever holding the whole.

    Args:
        file: anything with a write method that takes bytes; nothing is written unless all is sound.
        name: the container's name.
        skills: bundles, skills still to be packed, or references.
        expires_after: minutes after it was last active, or the dict or model of the API.
        file_ids: uploaded files to copy into it.
        memory_limit: 1g, 4g, 16g or 64g.
        network_policy: a dict or model of the API's two policies.

    Raises:
        RejectedError, PayloadError, NotASkillError, ArchiveError, SkillChangedError: as container does.
        OSError: the file cannot be written.
    """
    Builder().write_container(
        file,
        name,
        skills,
        expires_after=expires_after,
        file_ids=file_ids,
        memory_limit=memory_limit,
        network_policy=network_policy,
    )


def shell_tool(
    skills: Iterable[Entry],
    *,
    file_ids: Iterable[str] = (),
    memory_limit: MemoryLimit | None = None,
    network_policy: object = None,
) -> ShellToolDict:
    """Return the Responses API's shell tool, for `client.responses.create(tools=[tool])`.

    Args:
        skills: bundles, skills still to be packed, or references; at most 200.
        file_ids: uploaded files to copy into its container; at most 50.
        memory_limit: 1g, 4g, 16g or 64g.
        network_policy: a dict or model of the API's two policies.

    Raises:
        RejectedError: a skill has errors, two have the same name, or there are too many.
        PayloadError: an option or a reference is not what the API takes.
        NotASkillError, ArchiveError, SkillChangedError: as pack does.
    """
    return Builder().shell_tool(skills, file_ids=file_ids, memory_limit=memory_limit, network_policy=network_policy)
