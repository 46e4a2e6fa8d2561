"""Make the API's request bodies from bundles, references and options."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Literal, TypeVar, get_args

from skillpack import rules
from skillpack.bundle.bundle import Bundle, Chunks, Streamed, inline_skill
from skillpack.errors import PayloadError, is_list
from skillpack.findings import Report
from skillpack.limits import MEMORY_LIMITS
from skillpack.payload import wire
from skillpack.payload.javascript import reshape
from skillpack.payload.typed_dicts import Caller
from skillpack.select.inputs import is_inline, open_skill
from skillpack.skill.skill import Skill
from skillpack.skill.tree import BytesLike, SkillTree, is_manifest
from skillpack.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from skillpack.bundle.params import ExpiresAfterParam, NetworkPolicyParam, SkillParam
    from skillpack.findings import Finding
    from skillpack.payload.javascript import Shape
    from skillpack.payload.typed_dicts import LocalSkillDict
    from skillpack.settings import ContainerDefaults, Settings


Item = TypeVar("Item")
_REFERENCE: Final = {"type": "container_reference"}


class Body:
    """One of the API's bodies, with each zip still as bytes; base64 is made when it is written.

    `report` has the findings about its skills together; `private` is True if the body holds secrets.
    """

    __slots__ = ("private", "report", "value")

    def __init__(self, value: Mapping[str, Any], report: Report | None = None, *, private: bool = False) -> None:
        self.value, self.report, self.private = value, Report() if report is None else report, private

    def __reduce__(self) -> tuple[Any, ...]:
        """Refuse to be pickled with secrets: a secret in a file or message is easily overlooked."""
        if self.private:
            raise TypeError("a body with secrets is not pickled")
        return Body, (self.value, self.report)

    def to_dict(self) -> dict[str, Any]:
        """Return the body as json.loads would."""
        return {key: wire.encoded(value) for key, value in self.value.items()}

    def chunks(self) -> Chunks:
        """Return the body as chunks of compact UTF-8 JSON."""
        return Chunks(self.value)

    def pieces(self, shape: Shape = "api") -> Iterator[bytes]:
        """Yield the body as compact UTF-8 JSON, with the names of keys that an SDK wants."""
        return wire.pieces(reshape(self.value, shape))

    def write(self, file: BinaryIO) -> None:
        """Write the body as compact UTF-8 JSON; the whole is never in memory."""
        wire.write(file, self.pieces())


class Options(NamedTuple):
    """The options of a container other than its name and skills."""

    expires_after: ExpiresAfterParam | None = None
    file_ids: tuple[str, ...] = ()
    memory_limit: str | None = None
    network_policy: NetworkPolicyParam | Mapping[str, object] | None = None

    @classmethod
    def from_arguments(
        cls,
        expires_after: ExpiresAfterParam | None,
        file_ids: Iterable[str],
        memory_limit: str | None,
        network_policy: NetworkPolicyParam | None,
    ) -> Options:
        """Return the options that a caller gave.

        Raises:
            PayloadError: `file_ids` is not an array.
        """
        return cls(expires_after, listed(file_ids, "file_ids"), memory_limit, network_policy)

    def __repr__(self) -> str:
        """Hide the options: the network policy may hold secrets."""
        return "Options(...)"

    def with_defaults(self, defaults: ContainerDefaults) -> Options:
        """Return the options, with those of the settings where none is given."""
        policy = self.network_policy
        if policy is None and defaults.allow_domains:
            policy = {"type": "allowlist", "allowed_domains": list(defaults.allow_domains)}
        expiry = defaults.expires_after if self.expires_after is None else self.expires_after
        memory = defaults.memory if self.memory_limit is None else self.memory_limit
        return Options(expiry, self.file_ids, memory, policy)


def packed(skills: Iterable[SkillParam], pack: Callable[[Any], Bundle]) -> Iterator[Bundle | Mapping[str, object]]:
    """Yield the skills of a body, each either a bundle or a dict.

    Args:
        skills: bundles, skills to pack, or inline skills and references as dicts or models.
        pack: packs one skill.

    Raises:
        PayloadError: `skills` is a single skill, or holds something else.
    """
    if isinstance(_plain(skills), str | os.PathLike | BytesLike | SkillTree | Bundle | Mapping):
        raise PayloadError((("/skills", "must be an array: put the one skill in brackets"),))
    if not isinstance(skills, Iterable):
        raise PayloadError((("/skills", f"must be an array, not {type(skills).__name__}"),))
    for at, skill in enumerate(skills):
        entry = _plain(skill)
        if isinstance(entry, Bundle) or (isinstance(entry, Mapping) and (is_inline(entry) or not _holds_files(entry))):
            yield entry
        else:
            try:
                packed = pack(entry)
            except TypeError as error:
                message = str(error) if isinstance(entry, Mapping) else f"must be a skill, not {type(entry).__name__}"
                raise PayloadError(((f"/skills/{at}", message),)) from None
            yield packed


def container(
    name: str | None, skills: Iterable[Bundle | Streamed | Mapping[str, object]], options: Options, settings: Settings
) -> Body:
    """Return the body of POST /containers.

    Args:
        name: the container's name; if None, the one of the settings.
        skills: the skills.
        options: the other options; those not given are the ones of the settings.
        settings: the defaults for a container, and the levels of rules.

    Raises:
        PayloadError: an option, a reference or an inline skill given as a dict is not what the API takes.
        RejectedError: the skills cannot be in one body.
    """
    options = options.with_defaults(settings.container)
    name = settings.container.name if name is None else name
    stated: dict[str, object] = {} if name is None else {"name": name}
    expiry = _plain(options.expires_after)
    if expiry is not None:
        plain = {"anchor": "last_active_at", "minutes": expiry}
        stated["expires_after"] = expiry if isinstance(expiry, Mapping) else plain
    stated |= _common(options)
    if not _is_simple(stated):
        from skillpack.payload.models import ContainerCreate

        stated = ContainerCreate.parse(stated).to_dict()
    return make_body("container", stated, list(skills), settings, options.file_ids)


def shell_tool(
    skills: Iterable[Bundle | Streamed | Mapping[str, object]],
    options: Options,
    settings: Settings,
    callers: Iterable[Caller] = (),
) -> Body:
    """Return the Responses API's shell tool, whose container the API creates.

    Args:
        skills: the skills.
        options: the options of the container.
        settings: the levels of rules.
        callers: who may call the tool; not stated if empty.

    Raises:
        PayloadError: an option, a reference or an inline skill given as a dict is not what the API takes.
        RejectedError: the skills cannot be in one body.
    """
    from skillpack.payload.models import ContainerAuto

    stated: dict[str, object] = {"type": "container_auto"}
    parsed = ContainerAuto.parse(stated | _common(options))
    made = make_body("container_auto", parsed.to_dict(), list(skills), settings, options.file_ids)
    return Body(_tool(made.value, callers), made.report, private=made.private)


def container_shell_tool(container_id: str, callers: Iterable[Caller] = ()) -> Body:
    """Return the shell tool of a container that exists already, with the skills that it was made with.

    Raises:
        PayloadError: the id is empty or not Unicode.
    """
    from skillpack.payload.models import ContainerReference

    return Body(_tool(ContainerReference.parse({"container_id": container_id, **_REFERENCE}).to_dict(), callers))


def _tool(environment: Mapping[str, Any], callers: Iterable[Caller]) -> dict[str, Any]:
    found = listed(callers, "allowed_callers")
    for at, caller in enumerate(found):
        if caller not in get_args(Caller):
            raise PayloadError(((f"/allowed_callers/{at}", f"must be {' or '.join(get_args(Caller))}"),))
    return {"type": "shell", **({"allowed_callers": [*found]} if found else {}), "environment": environment}


def local_shell_tool(skills: Iterable[LocalSkillDict], callers: Iterable[Caller] = ()) -> Body:
    """Return the shell tool of a shell that runs on the caller's own machine.

    Raises:
        PayloadError: a path is not Unicode, which JSON cannot hold.
    """
    entries = list(skills)
    for at, skill in enumerate(entries):
        if skill["path"] != skill["path"].encode("utf-8", "replace").decode():
            raise PayloadError(((f"/environment/skills/{at}/path", "is not Unicode"),))
    return Body(_tool({"type": "local", "skills": entries}, callers))


def listed(items: Iterable[Item], key: str) -> tuple[Item, ...]:
    """Return items as a tuple.

    Args:
        items: what the array holds.
        key: the key of the array in the body.

    Raises:
        PayloadError: they are not an array; one string would be taken for a list of its letters.
    """
    if not is_list(items):
        raise PayloadError(((f"/{key}", "must be an array"),))
    return tuple(items)


def _common(options: Options) -> dict[str, object]:
    given = {
        "file_ids": options.file_ids or None,
        "memory_limit": options.memory_limit,
        "network_policy": _plain(options.network_policy),
    }
    return {key: value for key, value in given.items() if value is not None}


def _holds_files(entry: Mapping[Any, object]) -> bool:
    """Return True if a dict is meant as the files of a skill; one without a type may be a misspelt reference."""
    if any(isinstance(path, str) and is_manifest(path) for path in entry):
        return True
    return bool(entry) and all(isinstance(content, BytesLike) for content in entry.values())


def _is_simple(stated: Mapping[str, object]) -> bool:
    """Return whether the options can be checked without a model: importing pydantic takes 0.2 s."""
    name, memory = stated.get("name"), stated.get("memory_limit", "1g")
    return (
        stated.keys() <= {"name", "memory_limit"} and type(name) is str and name.isascii() and memory in MEMORY_LIMITS
    )


def _plain(value: object) -> object:
    """Return the dict of a model, and anything else unchanged, such as the class of a model."""
    return value.to_dict() if hasattr(value, "to_dict") and not isinstance(value, type) else value


def make_body(
    kind: Literal["container", "container_auto", "openai_hosted"],
    value: dict[str, Any],
    skills: list[Bundle | Streamed | Mapping[str, object]],
    settings: Settings,
    file_ids: tuple[str, ...] = (),
) -> Body:
    """Return a body with its skills, checked together.

    Args:
        kind: what the body is, for the limits.
        value: the body without skills.
        skills: the skills.
        settings: the levels of rules.
        file_ids: the files of the body.

    Raises:
        PayloadError: a reference or an inline skill given as a dict is not what the API takes.
        RejectedError: the skills cannot be in one body.
    """
    if skills:
        value["skills"] = [_entry(skill, at, settings) for at, skill in enumerate(skills)]
    entries = value.get("skills", [])
    inline = [(entry["name"], _place(skill)) for entry, skill in zip(entries, skills, strict=True) if "name" in entry]
    names, places = tuple(name for name, _ in inline), tuple(place for _, place in inline)
    references = tuple((entry["skill_id"], entry.get("version")) for entry in entries if "skill_id" in entry)
    environment = rules.Environment(kind, names, references, file_ids, places if all(places) else ())
    report = rules.weigh(environment, settings).raise_for_errors()
    return Body(value, report, private="domain_secrets" in (value.get("network_policy") or ()))


def _place(skill: Bundle | Streamed | Mapping[str, object]) -> str:
    """Return the path of a skill, or an empty string where it was made in memory."""
    return skill.skill.tree.origin if isinstance(skill, Bundle | Streamed) else ""


def _entry(skill: Bundle | Streamed | Mapping[str, object], at: int, settings: Settings) -> dict[str, Any]:
    if isinstance(skill, Bundle | Streamed):
        return inline_skill(skill)
    from skillpack.payload.models import InlineSkill, SkillReference

    inline = skill.get("type") == "inline"
    try:
        parsed = (InlineSkill if inline else SkillReference).parse(skill).to_dict()
        if inline:
            _judge_inline(skill, settings)
    except PayloadError as error:
        raise PayloadError(tuple((f"/skills/{at}{place}", message) for place, message in error.problems)) from None
    return parsed


def _judge_inline(skill: Mapping[str, object], settings: Settings) -> None:
    """Check an inline skill that is a dict.

    Raises:
        PayloadError: the skill in it has errors, or is not the one that the dict states.
    """
    report = rules.check(Skill.from_tree(open_skill(skill, settings)), settings)
    if not report.ok:
        raise PayloadError(tuple(_problem(finding) for finding in report.errors))


def _problem(finding: Finding) -> tuple[str, str]:
    if finding.location.pointer is not None:
        return finding.location.pointer, finding.message
    place = "" if finding.location.path == "." else f"{finding.location.path}: "
    return "/source/data", f"{place}{finding.message} [{finding.rule}]"
