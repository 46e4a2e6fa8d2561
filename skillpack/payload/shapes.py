"""The shapes of the plain dicts we hand out, as type checkers see them.

A type checker takes one TypedDict for another only if both have the same keys, equally required, of the same types:
these are the official SDK's (3.54), key for key, so that `client.containers.create(**body)` checks without importing
the SDK here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol, Required, SupportsIndex, TypedDict, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MemoryLimit = Literal["1g", "4g", "16g", "64g"]

_T_co = TypeVar("_T_co", covariant=True)


class SequenceNotStr(Protocol[_T_co]):
    """A sequence that is not one string: the SDK's own type for lists of strings, rebuilt to equal it."""

    @overload
    def __getitem__(self, index: SupportsIndex, /) -> _T_co: ...
    @overload
    def __getitem__(self, index: slice, /) -> Sequence[_T_co]: ...
    def __contains__(self, value: object, /) -> bool: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[_T_co]: ...
    def __reversed__(self) -> Iterator[_T_co]: ...


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


class SkillReferenceDict(TypedDict, total=False):
    """SkillReference."""

    skill_id: Required[str]
    type: Required[Literal["skill_reference"]]
    version: str


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


class NetworkPolicyAllowlistDict(TypedDict, total=False):
    """ContainerNetworkPolicyAllowlist."""

    type: Required[Literal["allowlist"]]
    allowed_domains: Required[SequenceNotStr[str]]
    domain_secrets: Iterable[DomainSecretDict]


NetworkPolicyDict = NetworkPolicyDisabledDict | NetworkPolicyAllowlistDict


class ContainerCreateDict(TypedDict, total=False):
    """The body of POST /containers."""

    name: Required[str]
    expires_after: ExpiresAfterDict
    file_ids: SequenceNotStr[str]
    memory_limit: MemoryLimit
    network_policy: NetworkPolicyDict
    skills: Iterable[SkillReferenceDict | InlineSkillDict]


class LocalSkillDict(TypedDict):
    """A skill that the local shell finds at a path."""

    name: str
    description: str
    path: str


class ContainerAutoDict(TypedDict, total=False):
    """The environment that the Responses API makes for itself."""

    type: Required[Literal["container_auto"]]
    file_ids: SequenceNotStr[str]
    memory_limit: MemoryLimit | None
    network_policy: NetworkPolicyDict
    skills: Iterable[SkillReferenceDict | InlineSkillDict]


class LocalEnvironmentDict(TypedDict, total=False):
    """The environment of a shell that runs on the caller's own machine."""

    type: Required[Literal["local"]]
    skills: Iterable[LocalSkillDict]


class ContainerReferenceDict(TypedDict):
    """The environment that is a container made before; never handed out, but the SDK's tool may hold it."""

    type: Literal["container_reference"]
    container_id: str


class ShellToolDict(TypedDict, total=False):
    """The Responses API's shell tool; `allowed_callers` is never handed out."""

    type: Required[Literal["shell"]]
    allowed_callers: list[Literal["direct", "programmatic"]] | None
    environment: ContainerAutoDict | LocalEnvironmentDict | ContainerReferenceDict | None
