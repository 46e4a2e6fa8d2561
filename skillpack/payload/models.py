"""Define models of the API's objects, field for field those of the API reference's schemas.

They are stricter than the published schema, which accepts unknown and misspelt keys.
"""

from collections.abc import Iterator, Mapping
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
from pydantic.functional_validators import ModelWrapValidatorHandler
from pydantic_core import PydanticCustomError

from skillpack.errors import PayloadError
from skillpack.limits import MAX_BASE64_CHARS, MAX_SECRET_CHARS, MAX_SKILL_ID_CHARS
from skillpack.payload.errors import problems, subject_and_verb, without_input
from skillpack.payload.typed_dicts import MemoryLimit


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
_STATED: Final = object()  # the context of parse: the value must have every required key, and no null


def _is_safe(value: object) -> bool:
    """Return whether a value's repr masks the secrets in it."""
    if isinstance(value, tuple):
        return all(map(_is_safe, value))
    return value is None or isinstance(value, SecretStr | BaseModel)


class _Constructor(type(BaseModel)):  # type: ignore[misc]
    """Calls of a model raise PayloadError; pydantic makes nested and parsed objects without calling the class."""

    def __call__(cls, *_positional: object, **values: object) -> object:
        try:
            return super().__call__(*_positional, **values)
        except ValidationError as error:
            found = problems(error)
        raise PayloadError(found)  # outside the except: what it would be chained to is pydantic's


if TYPE_CHECKING:
    _Model = BaseModel
else:

    class _Model(BaseModel, metaclass=_Constructor):
        pass


class _Parsed(_Model):
    """Requests and responses: frozen, always validated, and no error holds the input.

    The constructor, parse and model_copy raise PayloadError. pydantic's own methods, such as model_validate and
    model_validate_json, raise pydantic.ValidationError.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    @classmethod
    def parse(cls, value: object) -> Self:
        """Return the object that a dict describes.

        Args:
            value: a dict, as from json.loads.

        Raises:
            PayloadError: it is not such an object; the error has each place and reason, without the value.
        """
        return cls._validated(value, _STATED)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy with other fields. They are validated, unlike with pydantic: secrets would not be masked.

        Args:
            update: the fields to change.
            deep: True to copy nested objects too.

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
            """Return the object with these fields. They are validated, unlike with pydantic: see model_copy.

            Raises:
                PayloadError: they are not those of such an object.
            """
            return cls._validated(values)

        @classmethod
        def model_validate_json(cls, json_data: str | bytes | bytearray, **options: Any) -> Self:
            """Return the object that JSON describes; unlike pydantic's, its errors do not hold the JSON.

            Args:
                json_data: the JSON.
                **options: those of pydantic's method.

            Raises:
                ValidationError: it is not such an object.
            """
            try:
                return super().model_validate_json(json_data, **options)
            except ValidationError as error:
                hidden = without_input(error)
            raise hidden

        @classmethod
        def parse_raw(cls, b: str | bytes) -> Self:
            """Return the same as model_validate_json, under its name in pydantic 1.

            Args:
                b: the JSON.
            """
            return cls.model_validate_json(b)

        def copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
            """Return the same as model_copy, under its name in pydantic 1.

            Args:
                update: the fields to change.
                deep: True to copy nested objects too.
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
        """Yield the fields; a value that was set without validation where a secret may be is masked."""
        for key, value in super().__repr_args__():
            yield key, value if key not in _SECRET_FIELDS or _is_safe(value) else SecretStr("*")


class Payload(_Parsed):
    """Objects of requests: unknown keys are refused, and in Python the literals may be omitted."""

    model_config = ConfigDict(extra="forbid")

    def model_post_init(self, context: Any, /) -> None:
        """Count defaulted literals as set: the official SDK sends only what was set, and would drop `type`."""
        literals = {"type", "media_type", "anchor"} & type(self).model_fields.keys()
        if context is _STATED:
            if missing := sorted(literals - self.model_fields_set):
                raise PydanticCustomError("unstated", "{keys} missing", {"keys": subject_and_verb(missing)})
            if null := sorted(key for key in self.model_fields_set if getattr(self, key) is None):
                raise PydanticCustomError("null", "{keys} null", {"keys": subject_and_verb(null)})
        self.model_fields_set.update(literals)

    def to_dict(self) -> dict[str, Any]:
        """Return the plain dict to send, without fields that are None; secrets are in it."""
        return self.model_dump(mode="json", exclude_none=True)


class InlineSkillSource(Payload):
    """InlineSkillSource: the zip, in base64 of one line.

    Args:
        data: the base64, at most 70,254,592 characters.
        media_type: application/zip.
        type: base64.
    """

    __module__ = "skillpack"

    data: Text = Field(min_length=1, max_length=MAX_BASE64_CHARS, repr=False)
    media_type: Literal["application/zip"] = "application/zip"
    type: Literal["base64"] = "base64"


class InlineSkill(Payload):
    """InlineSkill: a skill that is sent in the request.

    Args:
        description: the one in the SKILL.md.
        name: the one in the SKILL.md.
        source: the zip.
        type: inline.
    """

    __module__ = "skillpack"

    description: Text
    name: Text
    source: InlineSkillSource
    type: Literal["inline"] = "inline"


class SkillReference(Payload):
    """SkillReference: a skill that the API already has.

    Args:
        skill_id: its id, 1 to 64 characters.
        type: skill_reference.
        version: a positive integer, or latest; the API's default version if None.
    """

    __module__ = "skillpack"

    skill_id: Text = Field(min_length=1, max_length=MAX_SKILL_ID_CHARS)
    type: Literal["skill_reference"] = "skill_reference"
    version: Text | None = None


class ExpiresAfter(Payload):
    """When an idle container ends.

    Args:
        anchor: last_active_at.
        minutes: how many minutes after its last use, at least 1.
    """

    __module__ = "skillpack"

    anchor: Literal["last_active_at"] = "last_active_at"
    minutes: Annotated[StrictInt, Field(ge=1)]


class ContainerNetworkPolicyDisabled(Payload):
    """ContainerNetworkPolicyDisabled: no outbound network.

    Args:
        type: disabled.
    """

    __module__ = "skillpack"

    type: Literal["disabled"] = "disabled"


class ContainerNetworkPolicyDomainSecret(Payload):
    """ContainerNetworkPolicyDomainSecret: a value that only requests to one domain get; masked in every repr.

    Args:
        domain: one of the allowed domains.
        name: the secret's name.
        value: the secret, 1 to 10,485,760 characters.
    """

    __module__ = "skillpack"

    domain: Filled
    name: Filled
    value: Secret = Field(min_length=1, max_length=MAX_SECRET_CHARS, strict=True)

    @field_serializer("value", when_used="json")
    def _on_the_wire(self, value: SecretStr) -> str:
        """SecretStr alone would send asterisks; model_dump() still gives the SecretStr."""
        return value.get_secret_value()

    def __getstate__(self) -> dict[Any, Any]:
        """Refuse to be pickled: a secret in a file or message is easily overlooked."""
        raise TypeError("a domain secret is not pickled")


class ContainerNetworkPolicyAllowlist(Payload):
    """ContainerNetworkPolicyAllowlist: outbound network to these domains only.

    Args:
        type: allowlist.
        allowed_domains: at least one.
        domain_secrets: at least one, each for an allowed domain, or None.
    """

    __module__ = "skillpack"

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
    """The body of POST /containers, with its keys in the order in which the official SDK sends them.

    Args:
        name: the container's name.
        expires_after: when it ends.
        file_ids: ids of uploaded files to copy into it.
        memory_limit: 1g, 4g, 16g or 64g.
        network_policy: what it may connect to.
        skills: inline skills and references.
    """

    __module__ = "skillpack"

    name: Text
    expires_after: ExpiresAfter | None = None
    file_ids: tuple[Filled, ...] | None = None
    memory_limit: MemoryLimit | None = None
    network_policy: NetworkPolicy | None = None
    skills: tuple[Skill, ...] | None = None


class ContainerAuto(Payload):
    """The container that the Responses API creates for its shell tool."""

    type: Literal["container_auto"] = "container_auto"
    file_ids: tuple[Filled, ...] | None = None
    memory_limit: MemoryLimit | None = None
    network_policy: NetworkPolicy | None = None
    skills: tuple[Skill, ...] | None = None


class ContainerReference(Payload):
    """A container that exists already."""

    type: Literal["container_reference"] = "container_reference"
    container_id: Filled


class Answer(_Parsed):
    """Objects of responses: unknown fields are ignored."""

    model_config = ConfigDict(extra="ignore")


class ContainerExpiry(Answer):
    """When a container ends; the API may omit both fields.

    Args:
        anchor: last_active_at.
        minutes: how many minutes after its last use.
    """

    __module__ = "skillpack"

    anchor: str | None = None
    minutes: int | None = None


class ContainerNetwork(Answer):
    """What a container may connect to; the API may omit both fields.

    Args:
        type: disabled or allowlist.
        allowed_domains: the domains it may connect to.
    """

    __module__ = "skillpack"

    type: str | None = None
    allowed_domains: tuple[str, ...] | None = None


class Container(Answer):
    """A container as the API describes it in its response.

    Args:
        id: its id.
        object: the kind of object, such as container.
        created_at: seconds since 1970.
        name: the name it was given.
        status: any text, such as running.
        expires_after: when it ends.
        last_active_at: seconds since 1970.
        memory_limit: 1g, 4g, 16g or 64g.
        network_policy: what it may connect to.
    """

    __module__ = "skillpack"

    id: str
    object: str
    created_at: int
    name: str
    status: str
    expires_after: ContainerExpiry | None = None
    last_active_at: int | None = None
    memory_limit: str | None = None
    network_policy: ContainerNetwork | None = None
