"""Our models against the schema that the API publishes: what they accept, it accepts; where they are stricter."""

from __future__ import annotations

import copy
import json
from importlib.resources import files
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from skillpack import ContainerCreate, PayloadError

SCHEMA: Final = json.loads(files("skillpack").joinpath("schemas/container-create.schema.json").read_text("utf-8"))
VALIDATOR: Final = Draft202012Validator(SCHEMA)

SOURCE: Final = {"data": "UEs=", "media_type": "application/zip", "type": "base64"}
FULL: Final[dict[str, Any]] = {
    "name": "c",
    "expires_after": {"anchor": "last_active_at", "minutes": 20},
    "file_ids": ["file_1"],
    "memory_limit": "4g",
    "network_policy": {
        "type": "allowlist",
        "allowed_domains": ["a.example"],
        "domain_secrets": [{"domain": "a.example", "name": "T", "value": "v"}],
    },
    "skills": [
        {"skill_id": "s", "type": "skill_reference", "version": "2"},
        {"description": "d", "name": "n", "source": SOURCE, "type": "inline"},
    ],
}


def ours(body: object) -> bool:
    try:
        ContainerCreate.parse(body)
    except PayloadError:
        return False
    return True


def theirs(body: object) -> bool:
    return bool(VALIDATOR.is_valid(body))


text = st.text(max_size=8)
word = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
source = st.fixed_dictionaries({"data": word, "media_type": st.just("application/zip"), "type": st.just("base64")})
inline = st.fixed_dictionaries({"description": text, "name": text, "source": source, "type": st.just("inline")})
reference = st.fixed_dictionaries(
    {"skill_id": word, "type": st.just("skill_reference")}, optional={"version": st.one_of(text, st.just("latest"))}
)
secret = st.fixed_dictionaries({"domain": st.sampled_from(["a", "b"]), "name": word, "value": word})
allowlist = st.fixed_dictionaries(
    {"type": st.just("allowlist"), "allowed_domains": st.lists(st.sampled_from(["a", "b", "c"]), max_size=3)},
    optional={"domain_secrets": st.lists(secret, max_size=2)},
)
policy = st.one_of(st.fixed_dictionaries({"type": st.just("disabled")}), allowlist)
bodies = st.fixed_dictionaries(
    {"name": text},
    optional={
        "expires_after": st.fixed_dictionaries({"anchor": st.just("last_active_at"), "minutes": st.integers()}),
        "file_ids": st.lists(text, max_size=3),
        "memory_limit": st.sampled_from(["1g", "4g", "16g", "64g"]),
        "network_policy": policy,
        "skills": st.lists(st.one_of(inline, reference), max_size=3),
    },
)
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), text, st.just("inline")),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(text, inner, max_size=3)),
    max_leaves=4,
)


def places(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every value in a body, its own excluded."""
    found: list[tuple[Any, ...]] = []
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        found += [(*path, key), *places(item, (*path, key))]
    return found


def parent(body: Any, path: tuple[Any, ...]) -> Any:
    for key in path[:-1]:
        body = body[key]
    return body


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """Draw a full or drawn body in which one value is removed, replaced, added or repeated."""
    body = copy.deepcopy(draw(st.one_of(st.just(FULL), bodies)))
    path = draw(st.sampled_from(places(body)))
    holder = parent(body, path)
    match draw(st.sampled_from(["remove", "replace", "add"])):
        case "remove":
            del holder[path[-1]]
        case "replace":
            holder[path[-1]] = draw(anything)
        case _ if isinstance(holder, dict):
            holder[draw(st.sampled_from(["extra", "type", "data", "name", "version"]))] = draw(anything)
        case _:
            holder.append(draw(anything))
    return body


@settings(max_examples=150, deadline=None)
@given(bodies)
def test_what_our_models_accept_the_schema_accepts(body: dict[str, Any]) -> None:
    if ours(body):
        assert theirs(body)
        assert ContainerCreate.parse(body).to_dict() == body


@settings(max_examples=700, deadline=None)
@given(mutated())
def test_whatever_is_changed_our_models_accept_nothing_that_the_schema_refuses(body: Any) -> None:
    accepted = ours(body)
    if accepted:
        assert theirs(body)
    elif theirs(body):
        assert stricter(body), body


def stricter(body: Any) -> bool:
    """Whether a body that the schema accepts shows one of the differences listed below."""
    policy = body.get("network_policy", {})
    outside = any(secret["domain"] not in policy["allowed_domains"] for secret in secrets_of(policy))
    minutes = body.get("expires_after", {}).get("minutes", 1)
    empty = "" in (*(body.get("file_ids") or ()), *policy.get("allowed_domains", ()))
    odd_minutes = isinstance(minutes, float) or minutes < 1
    return outside or empty or odd_minutes or has_unknown_key(body) or "\\ud" in json.dumps(body)


KEYS: Final = {name: frozenset(schema["properties"]) for name, schema in SCHEMA["$defs"].items()}


def has_unknown_key(body: Any) -> bool:
    """Whether a body that the schema accepts has a key that it does not speak of."""
    policy = body.get("network_policy", {})
    skills = body.get("skills", [])
    known = [
        (body, "CreateContainerBody"),
        (policy, f"ContainerNetworkPolicy{str(policy.get('type', 'allowlist')).capitalize()}Param"),
        *((secret, "ContainerNetworkPolicyDomainSecretParam") for secret in secrets_of(policy)),
        *((skill, "InlineSkillParam" if skill["type"] == "inline" else "SkillReferenceParam") for skill in skills),
        *((skill["source"], "InlineSkillSourceParam") for skill in skills if skill["type"] == "inline"),
    ]
    return bool(body.get("expires_after", {}).keys() - {"anchor", "minutes"}) or any(
        value.keys() - KEYS[name] for value, name in known
    )


def secrets_of(policy: Any) -> Any:
    return policy.get("domain_secrets", ()) if policy.get("type") == "allowlist" else ()


DIFFERENCES: Final = {
    "an unknown key: the schema lets the misspelt `skill` through": FULL | {"skill": []},
    "an unknown key in a nested object": FULL | {"network_policy": {"type": "disabled", "allow": True}},
    "a secret for a domain that no request may go to": FULL
    | {
        "network_policy": {
            "type": "allowlist",
            "allowed_domains": ["a.example"],
            "domain_secrets": [{"domain": "b.example", "name": "T", "value": "v"}],
        }
    },
    "20.0 for 20: JSON Schema calls it an integer, many parsers do not": FULL
    | {"expires_after": {"anchor": "last_active_at", "minutes": 20.0}},
    "half of a surrogate pair: no UTF-8 can hold it": FULL | {"name": "\ud800"},
    "the id of no file": FULL | {"file_ids": [""]},
    "a domain without a name": {"name": "c", "network_policy": {"type": "allowlist", "allowed_domains": [""]}},
    "an end before it began": {"name": "c", "expires_after": {"anchor": "last_active_at", "minutes": 0}},
}
"""Everything in which our models are stricter than the published schema, with the reason."""


@pytest.mark.parametrize("difference", DIFFERENCES)
def test_where_we_are_stricter_is_listed(difference: str) -> None:
    body = DIFFERENCES[difference]
    assert theirs(body)
    assert not ours(body)
    assert stricter(body)


def removals() -> list[tuple[Any, ...]]:
    return places(FULL)


@pytest.mark.parametrize("path", removals(), ids=lambda path: "/".join(map(str, path)))
@pytest.mark.parametrize("change", ["remove", None, "", 0, -1, 1.5, True, [], {}, [None], "x" * 65, ["x"]], ids=repr)
def test_one_change_falls_on_the_same_side_in_both(path: tuple[Any, ...], change: Any) -> None:
    body = copy.deepcopy(FULL)
    holder = parent(body, path)
    if change == "remove":
        del holder[path[-1]]
    else:
        holder[path[-1]] = change
    assert ours(body) == theirs(body) or stricter(body)


@pytest.mark.parametrize(("key", "length"), [("skill_id", 64), ("value", 10_485_760), ("data", 70_254_592)])
def test_a_string_may_have_as_many_characters_as_the_schema_says(key: str, length: int) -> None:
    for path in (path for path in places(FULL) if path[-1] == key):
        for count, allowed in ((length, True), (length + 1, False), (0, False)):
            body = copy.deepcopy(FULL)
            parent(body, path)[key] = "x" * count
            assert (ours(body), theirs(body)) == (allowed, allowed)
