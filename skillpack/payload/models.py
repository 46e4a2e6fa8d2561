"""JSON to the API's objects, or to words on why it is none; field for field the API reference's schemas.

Stricter than the published schema where that is too kind: it lets unknown keys and misspelt ones through.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
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
from skillpack.payload.errors import joined, problems, without_input

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic.functional_validators import ModelWrapValidatorHandler

MemoryLimit = Literal["1g", "4g", "16g", "64g"]


def _encodable(text: str) -> str:
    """Refuse the half of a surrogate pair, which JSON can state and UTF-8 cannot."""
    if not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
        raise PydanticCustomError("string_unicode", "not Unicode")
    return text


def _encodable_secret(secret: SecretStr) -> SecretStr:
    _encodable(secret.get_secret_value())
    return secret


Text = Annotated[StrictStr, AfterValidator(_encodable)]
Filled = Annotated[Text, Field(min_length=1)]
Secret = Annotated[SecretStr, AfterValidator(_encodable_secret)]
_SECRET_FIELDS: Final = ("network_policy", "domain_secrets", "value")
_STATED: Final = object()  # the context of parse: every key the API requires stands in the value, and no null


def _is_safe(value: object) -> bool:
    """Return whether a value's repr masks the secrets in it."""
    if isinstance(value, tuple):
        return all(map(_is_safe, value))
    return value is None or isinstance(value, SecretStr | BaseModel)


class _Parsed(BaseModel):
    """What requests and responses share: frozen, nothing in them was not validated, and no error holds the input."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    @classmethod
    def parse(cls, value: object) -> Self:
        """Return the object that a dict states.

        Args:
            value: what json.loads gave, or a dict made by hand.

        Raises:
            PayloadError: it is not that object; says where and why, without quoting it.
        """
        return cls._validated(value, _STATED)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy with other fields, validated, which pydantic's own does not do: secrets would show.

        Args:
            update: the fields to change.
            deep: whether to copy nested objects too.

        Raises:
            PayloadError: the copy would not be such an object.
        """
        copied = super().model_copy(deep=deep)
        if not update:
            return copied
        return self._validated({key: getattr(copied, key) for key in self.model_fields_set} | dict(update))

    if not TYPE_CHECKING:  # type checkers see pydantic's own signatures, and that no field can be assigned

        @classmethod
        def model_construct(cls, _fields_set: set[str] | None = None, **values: Any) -> Self:
            """Return the object with these fields, validated, which pydantic's own does not do: secrets would show.

            Raises:
                PayloadError: they do not make one.
            """
            return cls._validated(values)

        @classmethod
        def model_validate_json(cls, json_data: str | bytes | bytearray, **options: Any) -> Self:
            """Return the object that JSON states; unlike pydantic's, its errors do not hold the JSON.

            Args:
                json_data: the JSON.
                **options: what pydantic's method takes.

            Raises:
                ValidationError: it is not that object.
            """
            try:
                return super().model_validate_json(json_data, **options)
            except ValidationError as error:
                hidden = without_input(error)
            raise hidden

        @classmethod
        def parse_raw(cls, b: str | bytes) -> Self:
            """Return what model_validate_json does: its name before pydantic 2.

            Args:
                b: the JSON.
            """
            return cls.model_validate_json(b)

        def copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
            """Return what model_copy does: its name before pydantic 2.

            Args:
                update: the fields to change.
                deep: whether to copy nested objects too.
            """
            return self.model_copy(update=update, deep=deep)

        def __setattr__(self, name: str, value: Any) -> None:
            """Refuse as pydantic does, but without the value in the error."""
            try:
                super().__setattr__(name, value)
            except ValidationError as error:
                hidden = without_input(error)
            else:
                return
            raise hidden

    @classmethod
    def _validated(cls, value: object, context: object = None) -> Self:
        try:
            return cls.model_validate(value, context=context)
        except ValidationError as error:
            found = problems(error)
        raise PayloadError(found)  # outside the except: what it would be chained to is pydantic's

    @model_validator(mode="wrap")
    @classmethod
    def _hide_input(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(value)
        except ValidationError as error:
            hidden = without_input(error)
        raise hidden

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Yield the fields; what was put past validation where a secret may be is masked."""
        for key, value in super().__repr_args__():
            yield key, value if key not in _SECRET_FIELDS or _is_safe(value) else SecretStr("*")


class Payload(_Parsed):
    """What all requests share: no unknown key, and in Python the literals may be left out."""

    model_config = ConfigDict(extra="forbid")

    def model_post_init(self, context: Any, /) -> None:
        """Count defaulted literals as set: the official SDK sends only what was set, and would drop `type`."""
        literals = {"type", "media_type", "anchor"} & type(self).model_fields.keys()
        if context is _STATED:
            if missing := sorted(literals - self.model_fields_set):
                raise PydanticCustomError("unstated", "{keys} missing", {"keys": joined(missing)})
            if null := sorted(key for key in self.model_fields_set if getattr(self, key) is None):
                raise PydanticCustomError("null", "{keys} null", {"keys": joined(null)})
        self.model_fields_set.update(literals)

    def to_dict(self) -> dict[str, Any]:
        """Return the plain dict to send, without what was left to the API; secrets are in it."""
        return self.model_dump(mode="json", exclude_none=True)


class InlineSkillSource(Payload):
    """InlineSkillSource: the zip, in base64 of one line.

    Args:
        data: the base64, at most 70,254,592 characters.
        media_type: application/zip.
        type: base64.
    """

    data: Text = Field(min_length=1, max_length=MAX_BASE64_CHARS, repr=False)
    media_type: Literal["application/zip"] = "application/zip"
    type: Literal["base64"] = "base64"


class InlineSkill(Payload):
    """InlineSkill: a skill that travels in the request.

    Args:
        description: as the SKILL.md states it.
        name: as the SKILL.md states it.
        source: the zip.
        type: inline.
    """

    description: Text
    name: Text
    source: InlineSkillSource
    type: Literal["inline"] = "inline"


class SkillReference(Payload):
    """SkillReference: a skill that the API already has.

    Args:
        skill_id: the id it has there, at most 64 characters.
        type: skill_reference.
        version: a positive integer, or latest; the API's default version if None.
    """

    skill_id: Text = Field(min_length=1, max_length=MAX_SKILL_ID_CHARS)
    type: Literal["skill_reference"] = "skill_reference"
    version: Text | None = None


class ExpiresAfter(Payload):
    """When an idle container ends.

    Args:
        anchor: last_active_at.
        minutes: so many after it was last active.
    """

    anchor: Literal["last_active_at"] = "last_active_at"
    minutes: Annotated[StrictInt, Field(ge=1)]


class ContainerNetworkPolicyDisabled(Payload):
    """ContainerNetworkPolicyDisabled: no way out.

    Args:
        type: disabled.
    """

    type: Literal["disabled"] = "disabled"


class ContainerNetworkPolicyDomainSecret(Payload):
    """ContainerNetworkPolicyDomainSecret: a value that requests to one domain get; shown nowhere but on the wire.

    Args:
        domain: one of the allowed domains.
        name: what the secret is called.
        value: the secret, at most 10,485,760 characters.
    """

    domain: Filled
    name: Filled
    value: Secret = Field(min_length=1, max_length=MAX_SECRET_CHARS, strict=True)

    @field_serializer("value", when_used="json")
    def _on_the_wire(self, value: SecretStr) -> str:
        """SecretStr alone would send asterisks; model_dump() still gives the SecretStr."""
        return value.get_secret_value()

    def __getstate__(self) -> dict[Any, Any]:
        """Refuse to be pickled: a pickle is a file or a message in which nobody expects a secret."""
        raise TypeError("a domain secret is not pickled")


class ContainerNetworkPolicyAllowlist(Payload):
    """ContainerNetworkPolicyAllowlist: a way out to these domains alone.

    Args:
        type: allowlist.
        allowed_domains: at least one.
        domain_secrets: at least one, each for an allowed domain, or None.
    """

    type: Literal["allowlist"] = "allowlist"
    allowed_domains: tuple[Filled, ...] = Field(min_length=1)
    domain_secrets: tuple[ContainerNetworkPolicyDomainSecret, ...] | None = Field(default=None, min_length=1)

    def model_post_init(self, context: Any, /) -> None:
        """Refuse secrets for other domains: here, and not in a validator, whose error would hold the input."""
        super().model_post_init(context)
        if any(secret.domain not in self.allowed_domains for secret in self.domain_secrets or ()):
            raise PydanticCustomError("domain_not_allowed", "not allowed")


NetworkPolicy = Annotated[ContainerNetworkPolicyDisabled | ContainerNetworkPolicyAllowlist, Discriminator("type")]
Skill = Annotated[SkillReference | InlineSkill, Discriminator("type")]


class ContainerCreate(Payload):
    """The body of POST /containers. The keys stand in the order in which the official SDK sends them.

    Args:
        name: the container's name.
        expires_after: when it ends.
        file_ids: uploaded files to copy into it.
        memory_limit: 1g, 4g, 16g or 64g.
        network_policy: what it may reach.
        skills: inline ones and references.
    """

    name: Text
    expires_after: ExpiresAfter | None = None
    file_ids: tuple[Filled, ...] | None = None
    memory_limit: MemoryLimit | None = None
    network_policy: NetworkPolicy | None = None
    skills: tuple[Skill, ...] | None = None


class ContainerAuto(Payload):
    """The environment that the Responses API's shell tool makes for itself."""

    type: Literal["container_auto"] = "container_auto"
    file_ids: tuple[Filled, ...] | None = None
    memory_limit: MemoryLimit | None = None
    network_policy: NetworkPolicy | None = None
    skills: tuple[Skill, ...] | None = None


class Answer(_Parsed):
    """What comes back grows: unknown fields are ignored."""

    model_config = ConfigDict(extra="ignore")


class ContainerExpiry(Answer):
    """When the container ends; the API may leave both fields out."""

    anchor: str | None = None
    minutes: int | None = None


class ContainerNetwork(Answer):
    """The container's way out, as the API tells it; any of its fields may be left out."""

    type: str | None = None
    allowed_domains: tuple[str, ...] | None = None


class Container(Answer):
    """A container as the API describes it in its response.

    Args:
        id: its id.
        object: what the API calls this kind of object.
        created_at: seconds since 1970.
        name: the name it was given.
        status: running, say; any text.
        expires_after: when it ends.
        last_active_at: seconds since 1970.
        memory_limit: 1g, 4g, 16g or 64g.
        network_policy: what it may reach.
    """

    id: str
    object: str
    created_at: int
    name: str
    status: str
    expires_after: ContainerExpiry | None = None
    last_active_at: int | None = None
    memory_limit: str | None = None
    network_policy: ContainerNetwork | None = None
