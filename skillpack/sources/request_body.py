"""Read request bodies that other programs wrote: recognise the shape, judge it, and return the inline skills in it.

Of the values of a body, only the names and descriptions of its skills and the ids of files are kept or shown: any
other may be a secret, or 70 MB of base64.
docs/reference/received-bodies.md lists what is accepted.
"""

from __future__ import annotations

import io
import json
import re
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from skillpack.errors import NotASkillError, PayloadError, require_type
from skillpack.findings import Issue, Location
from skillpack.limits import (
    MAX_BASE64_CHARS,
    MAX_BODY_TEXT_BYTES,
    MAX_INFLATED_BYTES,
    MAX_JSON_VALUES,
    MAX_RECEIVED_SKILLS,
)
from skillpack.payload.wire import decode_base64, encode_base64
from skillpack.skill.tree import BytesLike
from skillpack.sources.directory import open_at_once
from skillpack.sources.strict_json import (
    MOST_ISSUES,
    PLACEHOLDER,
    Data,
    Log,
    LongText,
    Path,
    key_shown,
    pointer,
    read_beginning,
    read_json,
)
from skillpack.text import escaped, nearest, os_error, plural
from skillpack.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path as FilePath
    from typing import BinaryIO

    from jsonschema import Draft202012Validator, ValidationError

    from skillpack.payload.models import Payload

Shape = Literal["inline skill", "container", "shell tool", "environment", "session", "template", "request", "array"]
Kind = Literal["container", "container_auto", "local", "container_reference", "hosted", "array"]

BEGINNING: Final = 16 * 1024
"""Bytes that looks_like_payload needs: a name and a description have less, also where JSON escapes them."""

_CHUNK: Final = 1024 * 1024  # a multiple of four, and small enough for the processor's cache
_DATA: Final = re.compile(rb'"data"[ \t\r\n]{0,16}:[ \t\r\n]{0,16}"')
_MOST_DATA: Final = 40  # bytes that this matches
_ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_WHITE_SPACE: Final = b" \t\r\n"
_URL_SAFE: Final = b"-_"
_FOREIGN: Final = bytes(range(256)).translate(None, _ALPHABET + _WHITE_SPACE + _URL_SAFE + b"=")
_SHELL_ENVIRONMENTS: Final = ("container_auto", "local", "container_reference")
_HOSTED_ENVIRONMENTS: Final = ("openai_hosted", "self_hosted", "none")
_CONTAINER_KEYS: Final = frozenset({"expires_after", "memory_limit", "network_policy"})
_TEMPLATE_KEYS: Final = frozenset({"setup_commands", "packages", "plugins", "network", "env", "capability_directories"})
_SESSION_KEYS: Final = frozenset({"agent", "agent_id", "input", "stream", "metadata", "review"})
_SCHEMAS: Final = ("container-create.schema.json", "received-bodies.schema.json")
_TYPES: Final = {
    "string": "a string",
    "integer": "an integer",
    "array": "an array",
    "object": "an object",
    "null": "null",
}


class ReceivedSkill(NamedTuple):
    """An inline skill whose base64 is canonical; `name` and `description` are what the body states, if they are text.

    `pointer` is the JSON pointer of the skill in the body, and `data` the base64 as it is there, maybe with escapes.
    """

    pointer: str
    name: str | None
    description: str | None
    data: memoryview
    has_escapes: bool = False

    def read(self) -> bytes:
        """Return the zip."""
        return decode_base64(Data(self.data, None, self.has_escapes).text)


class ReceivedEnvironment(NamedTuple):
    """The skills and files that a body gives to one environment; an array of inline skills counts as one.

    `names` are those of inline and local skills, `references` (skill_id, version) of the others.
    """

    kind: Kind
    pointer: str
    names: tuple[str, ...]
    references: tuple[tuple[str, str | None], ...]
    file_ids: tuple[str, ...]


class Received(NamedTuple):
    """A body that was read: its shape, None if it has none that is known; its skills, environments and issues.

    There are no skills where the JSON itself has an issue: another parser could see others.
    """

    shape: Shape | None
    skills: tuple[ReceivedSkill, ...]
    environments: tuple[ReceivedEnvironment, ...]
    issues: tuple[Issue, ...]


def looks_like_payload(beginning: bytes) -> bool:
    """Return True if a file begins like a body that read_payload recognises.

    Args:
        beginning: the first bytes of the file; BEGINNING of them are enough, and more are not looked at.
    """
    beginning = beginning[:BEGINNING]
    if beginning.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")[:1] not in (b"{", b"["):
        return False
    return _recognise(read_beginning(beginning)) is not None


def read_body_file(path: FilePath) -> bytes:
    """Return the text of a body in a file.

    Raises:
        NotASkillError: it cannot be read, or is too large.
    """
    try:
        with open(path, "rb", opener=open_at_once) as file:
            return read_body(file, escaped(path.as_posix()))
    except OSError as error:
        raise NotASkillError(f"{escaped(path.as_posix())} cannot be read: {os_error(error)}") from error


def read_body(file: BinaryIO, shown: str, beginning: bytes = b"") -> bytes:
    """Return the text of a body, unless more of it than a request needs is not the base64 of a skill.

    Args:
        file: the body, or what is left of it.
        shown: its name in messages.
        beginning: what was read of it before.

    Raises:
        NotASkillError: it is too large.
    """
    text, counter = io.BytesIO(), _Base64Counter()
    piece: bytes | None = beginning or file.read(_CHUNK)
    while piece:
        counter.add(piece)
        if text.write(piece) and text.tell() > MAX_INFLATED_BYTES:
            raise NotASkillError(f"{shown} has over {MAX_INFLATED_BYTES:,} bytes")
        if text.tell() - counter.total > MAX_BODY_TEXT_BYTES:
            raise NotASkillError(f"{shown} has over {MAX_BODY_TEXT_BYTES:,} bytes other than the base64 of skills")
        piece = file.read(_CHUNK)
    return text.getvalue()


class _Base64Counter:
    """Counts the characters at keys named `data` while a body is read, of each string as many as the API takes."""

    def __init__(self) -> None:
        self.total = self._strings = 0
        self._left = -1  # characters of the current string that still count; below 0 between strings
        self._tail = b""  # may begin what _DATA matches

    def add(self, piece: bytes) -> None:
        """Count what comes next."""
        text, at = self._tail + piece, 0
        while at < len(text):
            if self._left >= 0:
                quote = text.find(b'"', at)
                end = len(text) if quote < 0 else quote
                counted = min(end - at, self._left)
                self.total += counted
                self._left, at = -1 if quote >= 0 else self._left - counted, end
            elif self._strings < MAX_JSON_VALUES and (found := _DATA.search(text, at)):
                self._strings, self._left, at = self._strings + 1, MAX_BASE64_CHARS, found.end()
            else:
                break
        self._tail = text[max(at, len(text) - _MOST_DATA) :]


def read_payload(data: BytesLike) -> Received:
    """Read a body: an inline skill, a container, a shell tool, an environment, a request, or an array of these.

    Args:
        data: the whole JSON text.

    Returns:
        Its skills and every problem. Never raises for what the bytes hold.

    Raises:
        TypeError: `data` is not bytes.
    """
    require_type("data", data, BytesLike, "the bytes of a JSON text")
    log = Log()
    document = read_json(bytes(data), log)
    if not document.whole:
        return Received(None, (), (), log.issues)
    sound = not log.issues
    received = _judge(document.value, document.data, log)
    return received if sound else received._replace(skills=())


def read_inline_skill(value: Mapping[str, Any]) -> Received:
    """Judge an inline skill that is a dict, as read_payload judges one in JSON.

    Args:
        value: the dict, as a caller would give it to the API's client.
    """
    log = Log()
    source = value.get("source")
    text = source.get("data") if isinstance(source, dict) else None
    if not isinstance(source, dict) or not isinstance(text, str):
        return _judge(dict(value), {}, log, "inline skill")
    replaced = {**value, "source": {**source, "data": PLACEHOLDER}}
    data = Data(memoryview(text.encode("utf-8", "surrogatepass")), None)
    return _judge(replaced, {("source", "data"): data}, log, "inline skill")


def compare_names(skill: ReceivedSkill, name: str, description: str) -> Iterator[Issue]:
    """Yield an issue for the name, and one for the description, if it is not the one in SKILL.md.

    Args:
        skill: as the body states it.
        name: the name in the SKILL.md of its zip.
        description: the description in that SKILL.md, exactly.
    """
    if skill.name is not None and (skill.name != name or isinstance(skill.name, LongText)):
        stated = f"the name is {key_shown(skill.name)}, in the SKILL.md inside it is {key_shown(name)}"
        yield Issue("payload-name-mismatch", Location(pointer=f"{skill.pointer}/name"), stated)
    if skill.description is not None and (skill.description != description or isinstance(skill.description, LongText)):
        pairs = zip(skill.description, description, strict=False)
        shorter = min(len(skill.description), len(description))
        at = next((at for at, (left, right) in enumerate(pairs) if left != right), shorter)
        message = f"the description differs from that in the SKILL.md inside, from character {at + 1:,} on"
        yield Issue("payload-name-mismatch", Location(pointer=f"{skill.pointer}/description"), message)


# --- shapes ----------------------------------------------------------------------------------------------------


def _recognise(value: Any) -> Shape | None:
    """Return the shape of a body, which may be cut off."""
    if isinstance(value, list):
        return "array" if value and _recognise(value[0]) not in (None, "array") else None
    if not isinstance(value, dict):
        return None
    kind = value.get("type")
    if kind == "inline" or _is_inline(value):
        return "inline skill"
    if kind == "shell":
        return "shell tool"
    if kind in ("container_auto", "openai_hosted") or (kind == "local" and "skills" in value):
        return "environment"
    return _recognise_request(value)


def _recognise_request(value: dict[str, Any]) -> Shape | None:
    environment = value.get("environment")
    if isinstance(environment, dict) and environment.get("type") in _HOSTED_ENVIRONMENTS:
        return "session" if value.keys() & _SESSION_KEYS else "environment"
    if any(isinstance(tool, dict) and tool.get("type") == "shell" for tool in _items(value, "tools")):
        return "request"
    if any(map(_is_skill, (item for key in value for item in _items(value, key)[:1]))):
        return "template" if value.keys() & _TEMPLATE_KEYS else "container"
    return "container" if "name" in value and value.keys() & _CONTAINER_KEYS else None


def _is_inline(value: dict[str, Any]) -> bool:
    source = value.get("source")
    return isinstance(source, dict) and "data" in source and not value.keys().isdisjoint({"name", "description"})


def _is_skill(value: Any) -> bool:
    return isinstance(value, dict) and (value.get("type") in ("inline", "skill_reference") or _is_inline(value))


def _items(value: Any, key: str) -> list[Any]:
    """Return the array at a key, or an empty one."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


class _Part(NamedTuple):
    """A value of the body that one definition of the schemas describes."""

    path: Path
    value: Any
    definition: str


def _parts(shape: Shape, value: Any, path: Path = ()) -> Iterator[_Part]:
    """Yield what of a body is judged; the rest of a request or session is not about skills."""
    if shape == "inline skill":
        yield _Part(path, value, "InlineSkillParam")
    elif shape == "container":
        yield _Part(path, value, "CreateContainerBody")
    elif shape == "shell tool":
        yield _Part(path, value, "ShellTool")
    elif shape == "template":
        yield _Part(path, value, "HostedTemplate")
    elif shape == "request":
        for index, tool in enumerate(value["tools"]):
            if isinstance(tool, dict) and tool.get("type") == "shell":
                yield _Part((*path, "tools", index), tool, "ShellTool")
    elif shape == "environment" and value.get("type") in _SHELL_ENVIRONMENTS:
        yield _Part(path, value, "ShellEnvironment")
    elif "environment" in value:
        yield _Part((*path, "environment"), value["environment"], "HostedEnvironment")
    else:
        yield _Part(path, value, "HostedEnvironment")


class _Environment(NamedTuple):
    """An environment of the body, judged or not."""

    kind: Kind
    path: Path
    value: Any

    @property
    def skills(self) -> list[tuple[Path, Any]]:
        """Its skills, each with its path."""
        if self.kind == "array":
            return [((*self.path, index), item) for index, item in enumerate(self.value)]
        return [((*self.path, "skills", index), item) for index, item in enumerate(_items(self.value, "skills"))]


def _environment(part: _Part) -> _Environment | None:
    path, value = part.path, part.value
    if part.definition == "ShellTool":
        path, value = (*path, "environment"), value.get("environment")
    if part.definition == "CreateContainerBody":
        return _Environment("container", path, value)
    if part.definition in ("HostedTemplate", "HostedEnvironment"):
        return _Environment("hosted", path, value)
    kind = value.get("type") if isinstance(value, dict) else None
    return _Environment(kind, path, value) if kind in _SHELL_ENVIRONMENTS else None


# --- judging ---------------------------------------------------------------------------------------------------


def _judge(value: Any, data: Mapping[Path, Data], log: Log, shape: Shape | None = None) -> Received:
    shape = shape or _recognise(value)
    if shape is None:
        log.add("payload-schema", "this is not a request body that can hold skills", ())
        return Received(None, (), (), log.issues)
    parts: list[_Part] = []
    for path, item in [((index,), item) for index, item in enumerate(value)] if shape == "array" else [((), value)]:
        inner = _recognise(item) if shape == "array" else shape
        if inner is None or inner == "array":
            log.add("payload-schema", "this is not a request body that can hold skills", path)
        else:
            parts += _parts(inner, item, path)
    environments = [found for found in map(_environment, parts) if found]
    if shape == "array":
        environments.append(_Environment("array", (), value))
    count = len(parts) + sum(len(environment.skills) for environment in environments if environment.kind != "array")
    if count > MAX_RECEIVED_SKILLS:
        message = f"{count:,} skills and tools; at most {MAX_RECEIVED_SKILLS:,} are read"
        log.add("payload-schema", message, ())
        return Received(shape, (), (), log.issues)
    applied = _has_jsonschema()
    for part in parts if applied else ():
        _check_schema(part, log)
    _check_models(parts, environments, log, alone=not applied)
    if parts and not applied:
        message = "only the models of skillpack judge this body: jsonschema, which applies the API's schema, is missing"
        log.add("payload-schema-skipped", message)
    skills = [(part.path, part.value) for part in parts if part.definition == "InlineSkillParam"]
    skills += [skill for environment in environments if environment.kind != "array" for skill in environment.skills]
    return Received(shape, tuple(_read_skills(skills, data, log)), tuple(map(_summary, environments)), log.issues)


def _summary(environment: _Environment) -> ReceivedEnvironment:
    skills = [skill for _, skill in environment.skills if isinstance(skill, dict)]
    references = [skill for skill in skills if isinstance(skill.get("skill_id"), str)]
    return ReceivedEnvironment(
        environment.kind,
        pointer(environment.path),
        tuple(name for name in (skill.get("name") for skill in skills) if isinstance(name, str)),
        tuple((skill["skill_id"], _text(skill.get("version"))) for skill in references),
        tuple(id for id in _items(environment.value, "file_ids") if isinstance(id, str)),
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _read_skills(skills: list[tuple[Path, Any]], data: Mapping[Path, Data], log: Log) -> Iterator[ReceivedSkill]:
    for path, skill in skills:
        place = (*path, "source", "data")
        found = data.get(place)
        if found is None:  # not a string: the schema says so
            continue
        problems = list(_base64_problems(found.text))
        for rule, index, message in problems:
            offset = None if found.offset is None else found.offset + index
            log.add(rule, message, place, offset)
        if not problems:
            name, description = _text(skill.get("name")), _text(skill.get("description"))
            yield ReceivedSkill(pointer(path), name, description, found.inside, found.has_escapes)


def _base64_problems(text: memoryview) -> Iterator[tuple[str, int, str]]:
    """Yield (rule, index, message): the length first, then what makes the text another one than its re-encoding."""
    if len(text) > MAX_BASE64_CHARS:
        message = f"the data has {len(text):,} characters; the API accepts {MAX_BASE64_CHARS:,}"
        yield "base64-too-long", 0, message
    elif not text:
        yield "base64-invalid", 0, "the data is empty"
    elif not _is_canonical(text):
        yield from _deviations(text)


def _is_canonical(text: memoryview) -> bool:
    """Return whether the text is exactly what encoding its bytes gives."""
    for at in range(0, len(text), _CHUNK):
        part = text[at : at + _CHUNK]
        try:
            decoded = decode_base64(part)
        except ValueError:
            return False
        inner = at + _CHUNK < len(text)
        if encode_base64(decoded) != part or (inner and len(decoded) * 4 != len(part) * 3):
            return False
    return True


def _deviations(text: memoryview) -> Iterator[tuple[str, int, str]]:
    if bytes(text[:5]).lower() == b"data:":
        yield "base64-invalid", 0, "the data is a data URL, not base64 alone"
        return
    (spaces, space), (urls, url), (others, other) = (_find(text, set) for set in (_WHITE_SPACE, _URL_SAFE, _FOREIGN))
    if others:
        yield "base64-invalid", other, f"{plural(others, 'byte')} that base64 does not have"
    if spaces:
        message = f"{plural(spaces, 'character')} of white space in the base64; not every reader skips them"
        yield "base64-not-canonical", space, message
    if urls:
        message = f"{plural(urls, 'character')} of the URL-safe alphabet, which has - and _ in place of + and /"
        yield "base64-not-canonical", url, message
    if not others:
        padding, _ = _find(text, b"=")
        yield from _ending_problems(text, len(text) - spaces - padding, padding, exact=not spaces and not urls)


def _ending_problems(text: memoryview, letters: int, padding: int, *, exact: bool) -> Iterator[tuple[str, int, str]]:
    """Yield what is wrong with the number of letters, the padding, or the last letter."""
    last = len(text) - 1
    padded = re.search(rb"=(?=[^= \t\r\n])", text)
    if padded:
        yield "base64-invalid", padded.start(), "padding before the end: two base64 texts may have been joined"
    elif letters % 4 == 1:
        yield "base64-invalid", last, "the base64 is cut off: one character is left after groups of four"
    elif padding != -letters % 4:
        rule = "base64-invalid" if padding else "base64-not-canonical"
        yield rule, last, f"{plural(padding, 'padding character')} (=) at the end; there should be {-letters % 4}"
    elif exact:
        message = "the last character has bits that belong to no byte: other base64 states the same bytes"
        yield "base64-not-canonical", last - padding, message


def _find(text: memoryview, chars: bytes) -> tuple[int, int]:
    """Return how many bytes of a set there are, and where the first is, faster than a regular expression."""
    count, first = 0, -1
    for at in range(0, len(text), _CHUNK):
        part = bytes(text[at : at + _CHUNK])
        here = len(part) - len(part.translate(None, chars))
        if here and not count:
            match = re.search(b"[%b]" % re.escape(chars), part)
            assert match
            first = at + match.start()
        count += here
    return count, first


# --- schema ----------------------------------------------------------------------------------------------------


def _check_schema(part: _Part, log: Log) -> None:
    problems: dict[tuple[Path, str], None] = {}
    for error in islice(_validator(part.definition).iter_errors(part.value), MOST_ISSUES + 1):
        problems.update(dict.fromkeys(_explain(error)))
    for path, words in problems:
        log.add("payload-schema", words, (*part.path, *path))


def _has_jsonschema() -> bool:
    try:
        import jsonschema  # noqa: F401 - it depends on rpds-py, which has no wheel for WebAssembly
    except ImportError:
        return False
    return True


def _check_models(parts: list[_Part], environments: list[_Environment], log: Log, *, alone: bool) -> None:
    """Add what only our models refuse, such as a secret for a domain that is not allowed.

    Args:
        parts: what of the body is judged.
        environments: those in it.
        log: takes the problems.
        alone: True if no schema was applied before, so that unknown keys are reported here.
    """
    from skillpack.payload.models import ContainerAuto, ContainerCreate, ContainerReference, InlineSkill

    if len(log.issues) > MOST_ISSUES:
        return
    for part in parts:
        if part.definition == "InlineSkillParam":
            _check_model(InlineSkill, part.path, part.value, log, alone=alone)
    for kind, path, value in environments:
        if kind == "container":
            _check_model(ContainerCreate, path, value, log, alone=alone)
        elif kind == "container_auto":  # here the API also takes null for the memory
            stated = {key: item for key, item in value.items() if key != "memory_limit" or item is not None}
            _check_model(ContainerAuto, path, stated, log, alone=alone)
        elif kind == "container_reference" and alone:
            _check_model(ContainerReference, path, value, log, alone=alone)


def _check_model(model: type[Payload], path: Path, value: Any, log: Log, *, alone: bool) -> None:
    from skillpack.payload.errors import WORDS

    try:
        model.parse(value)
    except PayloadError as error:
        problems = error.problems
    else:
        return
    known = {place for issue in log.issues for place in _with_parents(issue.location.pointer or "")}
    for place, words in problems:
        full = pointer(path) + place
        # of an unknown key the schema names the nearest one, too
        if full not in known and (alone or words != WORDS["extra_forbidden"]):
            key = f"{place.rpartition('/')[2] or 'the body'} " if words.startswith(("is ", "must ")) else ""
            log.add_at("payload-schema", f"{key}{words}", full)


def _with_parents(place: str) -> Iterator[str]:
    """Yield a pointer, and those of the arrays and objects around its place."""
    yield place
    while place:
        place = place.rpartition("/")[0]
        yield place


@cache
def _validator(definition: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator

    schema = {"$ref": f"#/$defs/{definition}", "$defs": _closed(_definitions())}
    return Draft202012Validator(schema)


def _definitions() -> dict[str, Any]:
    texts = (files("skillpack").joinpath("schemas", name).read_text("utf-8") for name in _SCHEMAS)
    return {name: schema for text in texts for name, schema in json.loads(text)["$defs"].items()}


def _closed(schema: Any) -> Any:
    """Return a copy in which an object has no other keys than those listed: the API ignores a misspelt one."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    copy = {key: _closed(item) for key, item in schema.items()}
    return {"additionalProperties": False, **copy} if isinstance(copy.get("properties"), dict) else copy


def _explain(error: ValidationError) -> Iterator[tuple[Path, str]]:
    """Yield (path, words) for an error; its own message quotes the value."""
    path, instance = tuple(error.absolute_path), cast("Any", error.instance)
    wanted = cast("Any", error.validator_value)
    what = _subject(path)
    if error.validator == "oneOf":
        yield from _explain_choice(error, path)
    elif error.validator == "required":
        yield from (((*path, key), f"{key} is missing") for key in wanted if key not in instance)
    elif error.validator == "additionalProperties":
        schema: Any = error.schema
        known = schema["properties"]
        for key in islice((key for key in instance if key not in known), MOST_ISSUES + 1):
            yield (*path, key), f"{key_shown(key)} is not a known key{nearest(str(key), known)}"
    elif error.validator == "enum":
        yield path, f"{what} must be {_or('null' if word is None else word for word in wanted)}"
    elif error.validator == "type":
        yield path, f"{what} must be {_or(_TYPES[name] for name in ([wanted] if isinstance(wanted, str) else wanted))}"
    elif error.validator in ("maxLength", "maxItems"):
        unit = "characters" if error.validator == "maxLength" else "items"
        yield path, f"{what} has {len(instance):,} {unit}; the API accepts {wanted:,}"
    else:  # minLength and minItems, which are 1 everywhere
        yield path, f"{what} is empty"


def _explain_choice(error: ValidationError, path: Path) -> Iterator[tuple[Path, str]]:
    """Explain why none of several objects fits by the one that has the same type."""
    if not isinstance(error.instance, dict):
        yield path, f"{_subject(path)} must be an object"
        return
    branches: dict[Any, list[ValidationError]] = {}
    types: list[str] = []
    for inner in error.context or ():
        branches.setdefault(inner.schema_path[0], []).append(inner)
        if inner.validator == "enum" and list(inner.path) == ["type"]:
            names: Any = inner.validator_value
            types += names
    if "type" not in error.instance:
        yield (*path, "type"), "type is missing"
        return
    for inners in branches.values():
        if not any(list(inner.path) in ([], ["type"]) and inner.validator in ("type", "enum") for inner in inners):
            for inner in inners:
                yield from _explain(inner)
            return
    yield (*path, "type"), f"type must be {_or(dict.fromkeys(types))}"


def _subject(path: Path) -> str:
    if not path:
        return "the body"
    last = path[-1]
    return (
        f"item {last} of {key_shown(path[-2]) if path[1:] else 'the array'}"
        if isinstance(last, int)
        else key_shown(last)
    )


def _or(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else str(last)
