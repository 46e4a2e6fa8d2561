"""Pack an agent skill into the inline body that the OpenAI API takes, and report its problems first.

    >>> import skillpack
    >>> bundle = skillpack.pack("skills/pdf-forms")
    >>> body = skillpack.container("forms", [bundle], memory_limit="4g")

pack         pack a skill: its zip and its InlineSkill, as a Bundle
check        check a skill and report problems, as a Report
container    make the body of POST /containers from skills and options
shell_tool   make the Responses API's shell tool from skills and options
Builder      the same with your own Settings
"""

from __future__ import annotations

TYPE_CHECKING = False  # importing typing takes longer than everything else in `skillpack --version`

__version__: Final = "0.1.0"

if TYPE_CHECKING:
    from typing import Any, Final

    from skillpack.api import (
        Builder,
        apply_fixes,
        check,
        container,
        diff,
        environment,
        find_skills,
        iter_container,
        local_shell_tool,
        measure,
        pack,
        shell_tool,
        write_container,
    )
    from skillpack.archive.read_canonical import read_zip
    from skillpack.archive.write import Compression, CompressionName, write_zip
    from skillpack.bundle.bundle import Bundle, Chunks
    from skillpack.bundle.diff import Change, FieldDiff, FileDiff, SkillDiff
    from skillpack.bundle.manifest import ManifestFormat, attest, manifest
    from skillpack.bundle.params import (
        ExpiresAfterParam,
        NetworkPolicyParam,
        SettingsParam,
        SkillParam,
        SkillSource,
    )
    from skillpack.bundle.progress import Progress
    from skillpack.bundle.size import FileSize, FolderSize, LimitUse, ModelText, Saving, SkillSize
    from skillpack.bundle.unpack import write_tree
    from skillpack.errors import (
        ArchiveError,
        NotASkillError,
        OutputError,
        PayloadError,
        SettingsError,
        SkillChangedError,
        SkillpackError,
    )
    from skillpack.findings import (
        Edit,
        Excerpt,
        Finding,
        Issue,
        Location,
        RejectedError,
        Report,
        Severity,
        Subject,
        Unread,
    )
    from skillpack.fixes import Fix
    from skillpack.output.json import to_dict
    from skillpack.output.sarif import to_sarif
    from skillpack.payload import (
        Container,
        ContainerCreate,
        ContainerExpiry,
        ContainerNetwork,
        ContainerNetworkPolicyAllowlist,
        ContainerNetworkPolicyDisabled,
        ContainerNetworkPolicyDomainSecret,
        ExpiresAfter,
        InlineSkill,
        InlineSkillSource,
        SkillReference,
    )
    from skillpack.payload.typed_dicts import (
        Caller,
        ContainerAutoDict,
        ContainerCreateDict,
        ContainerReferenceDict,
        ContainerSize,
        DomainSecretDict,
        ExpiresAfterDict,
        HostedEnvironmentDict,
        HostedFileDict,
        HostedNetworkDict,
        HostedPackagesDict,
        InlineSkillDict,
        InlineSkillSourceDict,
        LocalEnvironmentDict,
        LocalSkillDict,
        MemoryLimit,
        NetworkPolicyAllowlistDict,
        NetworkPolicyDisabledDict,
        SetupCommandDict,
        ShellToolDict,
        SkillReferenceDict,
    )
    from skillpack.settings import ContainerDefaults, Level, Settings
    from skillpack.skill.decisions import Decision, Excluded, Layer, Verdict
    from skillpack.skill.digest import Fingerprint
    from skillpack.skill.skill import Skill
    from skillpack.skill.tree import BytesLike, ContentSource, Selection, SkillFile, SkillTree
    from skillpack.sources.git_revision import GitRevision
    from skillpack.targets import Layout, TargetName

__all__ = [
    "ArchiveError",
    "Builder",
    "Bundle",
    "BytesLike",
    "Caller",
    "Change",
    "Chunks",
    "Compression",
    "CompressionName",
    "Container",
    "ContainerAutoDict",
    "ContainerCreate",
    "ContainerCreateDict",
    "ContainerDefaults",
    "ContainerExpiry",
    "ContainerNetwork",
    "ContainerNetworkPolicyAllowlist",
    "ContainerNetworkPolicyDisabled",
    "ContainerNetworkPolicyDomainSecret",
    "ContainerReferenceDict",
    "ContainerSize",
    "ContentSource",
    "Decision",
    "DomainSecretDict",
    "Edit",
    "Excerpt",
    "Excluded",
    "ExpiresAfter",
    "ExpiresAfterDict",
    "ExpiresAfterParam",
    "FieldDiff",
    "FileDiff",
    "FileSize",
    "Finding",
    "Fingerprint",
    "Fix",
    "FolderSize",
    "GitRevision",
    "HostedEnvironmentDict",
    "HostedFileDict",
    "HostedNetworkDict",
    "HostedPackagesDict",
    "InlineSkill",
    "InlineSkillDict",
    "InlineSkillSource",
    "InlineSkillSourceDict",
    "Issue",
    "Layer",
    "Layout",
    "Level",
    "LimitUse",
    "LocalEnvironmentDict",
    "LocalSkillDict",
    "Location",
    "ManifestFormat",
    "MemoryLimit",
    "ModelText",
    "NetworkPolicyAllowlistDict",
    "NetworkPolicyDisabledDict",
    "NetworkPolicyParam",
    "NotASkillError",
    "OutputError",
    "PayloadError",
    "Progress",
    "RejectedError",
    "Report",
    "Saving",
    "Selection",
    "Settings",
    "SettingsError",
    "SettingsParam",
    "SetupCommandDict",
    "Severity",
    "ShellToolDict",
    "Skill",
    "SkillChangedError",
    "SkillDiff",
    "SkillFile",
    "SkillParam",
    "SkillReference",
    "SkillReferenceDict",
    "SkillSize",
    "SkillSource",
    "SkillTree",
    "SkillpackError",
    "Subject",
    "TargetName",
    "Unread",
    "Verdict",
    "__version__",
    "apply_fixes",
    "attest",
    "check",
    "container",
    "diff",
    "environment",
    "find_skills",
    "iter_container",
    "local_shell_tool",
    "manifest",
    "measure",
    "pack",
    "read_zip",
    "shell_tool",
    "to_dict",
    "to_sarif",
    "write_container",
    "write_tree",
    "write_zip",
]

if not TYPE_CHECKING:  # to a type checker a misspelt name is an error
    # Imported when first used: importing everything takes longer than checking a skill.
    _HOMES = {
        "api": (
            "Builder",
            "apply_fixes",
            "check",
            "container",
            "diff",
            "environment",
            "find_skills",
            "iter_container",
            "local_shell_tool",
            "measure",
            "pack",
            "shell_tool",
            "write_container",
        ),
        "archive.write": ("Compression", "CompressionName", "write_zip"),
        "archive.read_canonical": ("read_zip",),
        "bundle.bundle": ("Bundle", "Chunks"),
        "bundle.diff": ("Change", "FieldDiff", "FileDiff", "SkillDiff"),
        "bundle.manifest": ("ManifestFormat", "attest", "manifest"),
        "bundle.progress": ("Progress",),
        "bundle.params": ("ExpiresAfterParam", "NetworkPolicyParam", "SettingsParam", "SkillParam", "SkillSource"),
        "bundle.size": ("FileSize", "FolderSize", "LimitUse", "ModelText", "Saving", "SkillSize"),
        "bundle.unpack": ("write_tree",),
        "errors": (
            "ArchiveError",
            "NotASkillError",
            "OutputError",
            "PayloadError",
            "SettingsError",
            "SkillChangedError",
            "SkillpackError",
        ),
        "findings": (
            "Edit",
            "Excerpt",
            "Finding",
            "Issue",
            "Location",
            "RejectedError",
            "Report",
            "Severity",
            "Subject",
            "Unread",
        ),
        "fixes": ("Fix",),
        "output.json": ("to_dict",),
        "output.sarif": ("to_sarif",),
        "payload": (
            "Container",
            "ContainerCreate",
            "ContainerExpiry",
            "ContainerNetwork",
            "ContainerNetworkPolicyAllowlist",
            "ContainerNetworkPolicyDisabled",
            "ContainerNetworkPolicyDomainSecret",
            "ExpiresAfter",
            "InlineSkill",
            "InlineSkillSource",
            "SkillReference",
        ),
        "payload.typed_dicts": (
            "Caller",
            "ContainerAutoDict",
            "ContainerCreateDict",
            "ContainerReferenceDict",
            "ContainerSize",
            "DomainSecretDict",
            "ExpiresAfterDict",
            "HostedEnvironmentDict",
            "HostedFileDict",
            "HostedNetworkDict",
            "HostedPackagesDict",
            "InlineSkillDict",
            "InlineSkillSourceDict",
            "LocalEnvironmentDict",
            "LocalSkillDict",
            "MemoryLimit",
            "NetworkPolicyAllowlistDict",
            "NetworkPolicyDisabledDict",
            "SetupCommandDict",
            "ShellToolDict",
            "SkillReferenceDict",
        ),
        "settings": ("ContainerDefaults", "Level", "Settings"),
        "skill.decisions": ("Decision", "Excluded", "Layer", "Verdict"),
        "skill.skill": ("Skill",),
        "skill.digest": ("Fingerprint",),
        "skill.tree": ("BytesLike", "ContentSource", "Selection", "SkillFile", "SkillTree"),
        "sources.git_revision": ("GitRevision",),
        "targets": ("Layout", "TargetName"),
    }

    def __getattr__(name: str) -> Any:
        from importlib import import_module

        home = next((module for module, names in _HOMES.items() if name in names), None)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(f"{__name__}.{home}"), name)
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
