"""JSON to the API's objects, or to words on why it is none; field for field the API reference's schemas.

Stricter than the published schema where that is too kind: it lets unknown keys and misspelt ones through.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    SecretStr,
    StrictInt,
    StrictStr,
    ValidationError,
    field_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from skillpack.errors import PayloadError
from skillpack.limits import MAX_BASE64_CHARS, MAX_SECRET_CHARS, MAX_SKILL_ID_CHARS

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

MemoryLimit = Literal["1g", "4g", "16g", "64g"]


class Payload(BaseModel):
    """What all bodies share: frozen, no unknown key, and no error ever quotes the input."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    def model_post_init(self, _context: Any) -> None:
        """Count defaulted literals as set: the official SDK sends only what was set, and would drop `type`."""
        self.model_fields_set.update({"type", "media_type", "anchor"} & type(self).model_fields.keys())

    @classmethod
    def parse(cls, value: object) -> Self:
        """Return the object that a dict states.

        Args:
            value: what json.loads gave, or a dict made by hand.

        Raises:
            PayloadError: it is not that object; says where and why, without quoting it.
        """
        try:
            return cls.model_validate(value)
        except ValidationError as error:
            details = error.errors(include_input=False, include_url=False)
        raise PayloadError(tuple((_pointer(detail["loc"]), _words(detail)) for detail in details))

    def to_dict(self) -> dict[str, Any]:
        """Return the plain dict to send, without what was left to the API; secrets are in it."""
        return self.model_dump(mode="json", exclude_none=True)


class InlineSkillSource(Payload):
    """InlineSkillSource: the zip, in base64 of one line."""

    data: StrictStr = Field(min_length=1, max_length=MAX_BASE64_CHARS, repr=False)
    media_type: Literal["application/zip"] = "application/zip"
    type: Literal["base64"] = "base64"


class InlineSkill(Payload):
    """InlineSkill: a skill that travels in the request."""

    description: StrictStr
    name: StrictStr
    source: InlineSkillSource
    type: Literal["inline"] = "inline"


class SkillReference(Payload):
    """SkillReference: a skill that the API already has."""

    skill_id: StrictStr = Field(min_length=1, max_length=MAX_SKILL_ID_CHARS)
    type: Literal["skill_reference"] = "skill_reference"
    version: StrictStr | None = None


class ExpiresAfter(Payload):
    """When an idle container ends: this many minutes after it was last active."""

    anchor: Literal["last_active_at"] = "last_active_at"
    minutes: StrictInt


class ContainerNetworkPolicyDisabled(Payload):
    """ContainerNetworkPolicyDisabled: no way out."""

    type: Literal["disabled"] = "disabled"


class ContainerNetworkPolicyDomainSecret(Payload):
    """ContainerNetworkPolicyDomainSecret: a value that requests to one domain get; shown nowhere but on the wire."""

    domain: StrictStr = Field(min_length=1)
    name: StrictStr = Field(min_length=1)
    value: SecretStr = Field(min_length=1, max_length=MAX_SECRET_CHARS)

    @field_serializer("value")
    def _on_the_wire(self, value: SecretStr) -> str:
        """SecretStr alone would send asterisks."""
        return value.get_secret_value()


class ContainerNetworkPolicyAllowlist(Payload):
    """ContainerNetworkPolicyAllowlist: a way out to these domains alone."""

    type: Literal["allowlist"] = "allowlist"
    allowed_domains: tuple[StrictStr, ...] = Field(min_length=1)
    domain_secrets: tuple[ContainerNetworkPolicyDomainSecret, ...] | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _secrets_are_for_allowed_domains(self) -> Self:
        if any(secret.domain not in self.allowed_domains for secret in self.domain_secrets or ()):
            raise PydanticCustomError("domain_not_allowed", "not allowed")
        return self


NetworkPolicy = Annotated[ContainerNetworkPolicyDisabled | ContainerNetworkPolicyAllowlist, Discriminator("type")]
Skill = Annotated[SkillReference | InlineSkill, Discriminator("type")]


class ContainerCreate(Payload):
    """The body of POST /containers. The keys stand in the order in which the official SDK sends them."""

    name: StrictStr
    expires_after: ExpiresAfter | None = None
    file_ids: tuple[StrictStr, ...] | None = None
    memory_limit: MemoryLimit | None = None
    network_policy: NetworkPolicy | None = None
    skills: tuple[Skill, ...] | None = None


class ContainerAuto(Payload):
    """The environment that the Responses API's shell tool makes for itself."""

    type: Literal["container_auto"] = "container_auto"
    file_ids: tuple[StrictStr, ...] | None = None
    memory_limit: MemoryLimit | None = None
    network_policy: NetworkPolicy | None = None
    skills: tuple[Skill, ...] | None = None


class _Answer(BaseModel):
    """What comes back grows: unknown fields are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class ContainerExpiry(_Answer):
    """When the container ends; the API may leave both fields out."""

    anchor: str | None = None
    minutes: int | None = None


class ContainerNetwork(_Answer):
    """The container's way out, as the API tells it."""

    type: str
    allowed_domains: tuple[str, ...] | None = None


class Container(_Answer):
    """A container as the API describes it in its response."""

    id: str
    object: str
    created_at: int
    name: str
    status: str
    expires_after: ContainerExpiry | None = None
    last_active_at: int | None = None
    memory_limit: str | None = None
    network_policy: ContainerNetwork | None = None


def _pointer(location: tuple[int | str, ...]) -> str:
    """The JSON pointer of a place; the names that pydantic adds for the chosen kind of object are no keys."""
    kinds = {"inline", "skill_reference", "allowlist", "disabled"}
    parts = [str(part) for part in location if part not in kinds]
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


_WORDS: Final = {
    "missing": "is missing",
    "extra_forbidden": "is no key of this object",
    "string_too_long": "is over {max_length:,} characters",
    "string_too_short": "is empty",
    "too_short": "is empty",
    "literal_error": "must be {expected}",
    "union_tag_invalid": "its type must be {expected_tags}",
    "union_tag_not_found": "its type is missing",
    "domain_not_allowed": "a secret's domain is not among the allowed domains",
    "string_type": "must be a string",
    "string_unicode": "is not Unicode",
    "int_type": "must be an integer",
    "tuple_type": "must be an array",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
}


def _words(detail: ErrorDetails) -> str:
    """Say in plain words what one of pydantic's errors means; never its own text, which may quote the input."""
    kind = detail["type"]
    return _WORDS.get(kind, kind.replace("_", " ")).format_map(detail.get("ctx", {}))
