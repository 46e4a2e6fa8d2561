"""The shapes of the plain dicts we hand out, as type checkers see them; those of the official SDK fit."""

from __future__ import annotations

from typing import Literal, NotRequired, Required, TypedDict

MemoryLimit = Literal["1g", "4g", "16g", "64g"]


class InlineSkillSourceDict(TypedDict):
    """InlineSkillSource."""

    data: str
    media_type: Literal["application/zip"]
    type: Literal["base64"]


class InlineSkillDict(TypedDict):
    """InlineSkill."""

    description: str
    name: str
    source: InlineSkillSourceDict
    type: Literal["inline"]


class SkillReferenceDict(TypedDict):
    """SkillReference."""

    skill_id: str
    type: Literal["skill_reference"]
    version: NotRequired[str]


class ExpiresAfterDict(TypedDict):
    """ExpiresAfter."""

    anchor: Literal["last_active_at"]
    minutes: int


class NetworkPolicyDisabledDict(TypedDict):
    """ContainerNetworkPolicyDisabled."""

    type: Literal["disabled"]


class DomainSecretDict(TypedDict):
    """ContainerNetworkPolicyDomainSecret."""

    domain: str
    name: str
    value: str


class NetworkPolicyAllowlistDict(TypedDict):
    """ContainerNetworkPolicyAllowlist."""

    type: Literal["allowlist"]
    allowed_domains: list[str]
    domain_secrets: NotRequired[list[DomainSecretDict]]


NetworkPolicyDict = NetworkPolicyDisabledDict | NetworkPolicyAllowlistDict


class ContainerCreateDict(TypedDict, total=False):
    """The body of POST /containers."""

    name: Required[str]
    expires_after: ExpiresAfterDict
    file_ids: list[str]
    memory_limit: MemoryLimit
    network_policy: NetworkPolicyDict
    skills: list[InlineSkillDict | SkillReferenceDict]


class LocalSkillDict(TypedDict):
    """A skill that the local shell finds at a path."""

    name: str
    description: str
    path: str


class ContainerAutoDict(TypedDict, total=False):
    """The environment that the Responses API makes for itself."""

    type: Required[Literal["container_auto"]]
    file_ids: list[str]
    memory_limit: MemoryLimit
    network_policy: NetworkPolicyDict
    skills: list[InlineSkillDict | SkillReferenceDict]


class LocalEnvironmentDict(TypedDict):
    """The environment of a shell that runs on the caller's own machine."""

    type: Literal["local"]
    skills: list[LocalSkillDict]


class ShellToolDict(TypedDict):
    """The Responses API's shell tool."""

    type: Literal["shell"]
    environment: ContainerAutoDict | LocalEnvironmentDict
