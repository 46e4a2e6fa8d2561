"""Define the types of the plain dicts that are returned and sent.

A type checker takes one TypedDict for another only if both have the same keys, equally required, of the same types:
these have the official SDK's (3.54), key for key, so that `client.containers.create(**body)` checks. The one type they
share with the SDK is imported for type checkers only; it is Any to one that does not find the SDK.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, Required, TypedDict

if TYPE_CHECKING:
    from openai._types import SequenceNotStr
else:
    from collections.abc import Sequence as SequenceNotStr

MemoryLimit = Literal["1g", "4g", "16g", "64g"]
"""The memory of a container (API reference, ContainerCreate.memory_limit)."""

Caller = Literal["direct", "programmatic"]
"""Who may call a tool: the model, or a program that it writes (Responses API, allowed_callers)."""


class InlineSkillSourceDict(TypedDict):
    """InlineSkillSource: the zip, in base64 of one line."""

    data: str
    media_type: Literal["application/zip"]
    type: Literal["base64"]


class InlineSkillDict(TypedDict):
    """InlineSkill: a skill that is sent in the request."""

    description: str
    name: str
    source: InlineSkillSourceDict
    type: Literal["inline"]


class SkillReferenceDict(TypedDict, total=False):
    """SkillReference: a skill that the API already has."""

    skill_id: Required[str]
    type: Required[Literal["skill_reference"]]
    version: str


class ExpiresAfterDict(TypedDict):
    """ExpiresAfter: how many minutes after its last use a container ends."""

    anchor: Literal["last_active_at"]
    minutes: int


class NetworkPolicyDisabledDict(TypedDict):
    """ContainerNetworkPolicyDisabled: no outbound network."""

    type: Literal["disabled"]


class DomainSecretDict(TypedDict):
    """ContainerNetworkPolicyDomainSecret: a value that only requests to one domain get."""

    domain: str
    name: str
    value: str


class NetworkPolicyAllowlistDict(TypedDict, total=False):
    """ContainerNetworkPolicyAllowlist: outbound network to these domains only."""

    type: Required[Literal["allowlist"]]
    allowed_domains: Required[SequenceNotStr[str]]
    domain_secrets: Iterable[DomainSecretDict]


class ContainerCreateDict(TypedDict, total=False):
    """The body of POST /containers."""

    name: Required[str]
    expires_after: ExpiresAfterDict
    file_ids: SequenceNotStr[str]
    memory_limit: MemoryLimit
    network_policy: NetworkPolicyDisabledDict | NetworkPolicyAllowlistDict
    skills: Iterable[SkillReferenceDict | InlineSkillDict]


class LocalSkillDict(TypedDict):
    """A skill that a local shell reads from a path."""

    name: str
    description: str
    path: str


class ContainerAutoDict(TypedDict, total=False):
    """The container that the Responses API creates for its shell tool."""

    type: Required[Literal["container_auto"]]
    file_ids: SequenceNotStr[str]
    memory_limit: MemoryLimit | None
    network_policy: NetworkPolicyDisabledDict | NetworkPolicyAllowlistDict
    skills: Iterable[SkillReferenceDict | InlineSkillDict]


class LocalEnvironmentDict(TypedDict, total=False):
    """The environment of a shell that runs on the caller's machine."""

    type: Required[Literal["local"]]
    skills: Iterable[LocalSkillDict]


class ContainerReferenceDict(TypedDict):
    """An existing container."""

    type: Literal["container_reference"]
    container_id: str


class ShellToolDict(TypedDict, total=False):
    """The Responses API's shell tool; `allowed_callers` is returned only if it is given."""

    type: Required[Literal["shell"]]
    allowed_callers: list[Caller] | None
    environment: ContainerAutoDict | LocalEnvironmentDict | ContainerReferenceDict | None


ContainerSize = Literal["small", "medium", "large"]
"""How large the container of a hosted environment is; medium if not stated."""


class HostedNetworkDict(TypedDict, total=False):
    """What a hosted environment may connect to."""

    access: Required[Literal["enabled", "disabled", "restricted"]]
    allowed_domains: SequenceNotStr[str] | None
    blocked_domains: SequenceNotStr[str] | None


class HostedPackagesDict(TypedDict, total=False):
    """The packages that are installed in a hosted environment."""

    npm: SequenceNotStr[str] | None
    python: SequenceNotStr[str] | None
    system: SequenceNotStr[str] | None


class SetupCommandDict(TypedDict, total=False):
    """A command that is run before the agent starts."""

    command: Required[str]
    cwd: str | None


class HostedFileDict(TypedDict):
    """An uploaded file that is copied into a hosted environment."""

    file_id: str
    path: str
    type: Literal["file_id"]


class HostedEnvironmentDict(TypedDict, total=False):
    """The environment of an agent that OpenAI hosts."""

    type: Required[Literal["openai_hosted"]]
    container_size: ContainerSize
    env: dict[str, str] | None
    files: Iterable[HostedFileDict] | None
    network: HostedNetworkDict | None
    packages: HostedPackagesDict | None
    setup_commands: Iterable[SetupCommandDict] | None
    skills: Iterable[SkillReferenceDict | InlineSkillDict] | None


for _shape in [value for value in globals().values() if isinstance(value, type) and value.__module__ == __name__]:
    _shape.__module__ = "skillpack"
