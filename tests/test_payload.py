from __future__ import annotations

import copy
import json
import pickle
import traceback
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import BaseModel, ValidationError

from skillpack import (
    Container,
    ContainerCreate,
    ContainerNetworkPolicyAllowlist,
    ContainerNetworkPolicyDisabled,
    ContainerNetworkPolicyDomainSecret,
    ExpiresAfter,
    InlineSkill,
    InlineSkillSource,
    PayloadError,
    SkillReference,
)
from skillpack.payload import ContainerAuto

PAYLOADS: Final = Path(__file__).parent.parent / "fixtures" / "payloads"
SECRET: Final = "sentinel-7fd2a1"

SOURCE: Final = {"data": "UEs=", "media_type": "application/zip", "type": "base64"}
INLINE: Final = {"description": "d", "name": "n", "source": SOURCE, "type": "inline"}
REFERENCE: Final = {"skill_id": "s", "type": "skill_reference"}
ALLOWLIST: Final = {"type": "allowlist", "allowed_domains": ["a.example"]}


def with_secret(**changes: Any) -> dict[str, Any]:
    secret = {"domain": "a.example", "name": "TOKEN", "value": SECRET} | changes
    return {"name": "c", "network_policy": ALLOWLIST | {"domain_secrets": [secret]}}


def problems(model: Any, value: object) -> tuple[tuple[str, str], ...]:
    with pytest.raises(PayloadError) as caught:
        model.parse(value)
    return caught.value.problems


# --- bounds ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "good", "bad", "pointer", "words"),
    [
        (SkillReference, REFERENCE | {"skill_id": "x" * 64}, {"skill_id": "x" * 65}, "/skill_id", "over 64 characters"),
        (SkillReference, REFERENCE, {"skill_id": ""}, "/skill_id", "is empty"),
        (SkillReference, REFERENCE | {"version": "latest"}, {"version": 2}, "/version", "must be a string"),
        (InlineSkillSource, SOURCE, {"data": ""}, "/data", "is empty"),
        (InlineSkillSource, SOURCE, {"media_type": "text/plain"}, "/media_type", "must be 'application/zip'"),
        (InlineSkillSource, SOURCE, {"type": "url"}, "/type", "must be 'base64'"),
        (InlineSkill, INLINE, {"type": "skill_reference"}, "/type", "must be 'inline'"),
        (InlineSkill, INLINE, {"source": None}, "/source", "must be an object"),
        (ContainerCreate, {"name": ""}, {"name": None}, "/name", "must be a string"),
        (ContainerCreate, {"name": "c", "file_ids": []}, {"file_ids": "file_1"}, "/file_ids", "must be an array"),
        (ContainerCreate, {"name": "c", "memory_limit": "64g"}, {"memory_limit": "2g"}, "/memory_limit", "'1g', '4g'"),
        (ExpiresAfter, {"anchor": "last_active_at", "minutes": 20}, {"minutes": "20"}, "/minutes", "an integer"),
        (ExpiresAfter, {"anchor": "last_active_at", "minutes": 20}, {"minutes": True}, "/minutes", "an integer"),
        (ExpiresAfter, {"anchor": "last_active_at", "minutes": 20}, {"minutes": 20.5}, "/minutes", "an integer"),
        (ExpiresAfter, {"anchor": "last_active_at", "minutes": 20}, {"anchor": "now"}, "/anchor", "'last_active_at'"),
        (ContainerNetworkPolicyAllowlist, ALLOWLIST, {"allowed_domains": []}, "/allowed_domains", "is empty"),
        (ContainerNetworkPolicyAllowlist, ALLOWLIST, {"domain_secrets": []}, "/domain_secrets", "is empty"),
        (ContainerCreate, {"name": "c"}, {"network_policy": {"type": "open"}}, "/network_policy", "'disabled'"),
        (ContainerCreate, {"name": "c"}, {"network_policy": {}}, "/network_policy", "its type is missing"),
        (ContainerCreate, {"name": "c"}, {"skills": [{"type": "zip"}]}, "/skills/0", "'skill_reference', 'inline'"),
        (ContainerCreate, {"name": "c"}, {"skills": [INLINE, 3]}, "/skills/1", "must be an object"),
        (ContainerCreate, {"name": "c"}, {"skill": []}, "/skill", "is not a key of this object"),
        (ContainerCreate, {"name": "c"}, {"skills": None}, "", "skills is null"),
        (ContainerCreate, {"name": "c"}, {"name": "\ud800"}, "/name", "is not Unicode"),
        (ContainerAuto, {"type": "container_auto"}, {"type": "container"}, "/type", "must be 'container_auto'"),
    ],
)  # fmt: skip
def test_every_bound_of_the_reference_holds_and_says_where(
    model: Any, good: dict[str, Any], bad: dict[str, Any], pointer: str, words: str
) -> None:
    assert model.parse(good).to_dict() == good
    ((where, said),) = problems(model, good | bad)
    assert where == pointer
    assert words in said


@pytest.mark.parametrize("model", [InlineSkill, SkillReference, ContainerCreate, ContainerAuto, Container])
@pytest.mark.parametrize("value", [None, [], "x", 3, b"{}", {1: 2}])
def test_what_is_no_object_at_all_is_refused_in_plain_words(model: Any, value: object) -> None:
    for _, words in problems(model, value):
        assert words in ("must be an object", "is a key that is not a string", "is missing", "type is missing")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (SOURCE | {"media_type": None}, "must be"),
        ({"data": "UEs="}, "media_type and type are missing"),
        ({"data": "UEs=", "type": "base64"}, "media_type is missing"),
    ],
)
def test_a_body_from_outside_states_every_key_that_the_api_requires(value: dict[str, Any], words: str) -> None:
    ((_, said),) = problems(InlineSkillSource, value)
    assert words in said


def test_in_python_the_literals_may_be_left_out() -> None:
    skill = InlineSkill(description="d", name="n", source=InlineSkillSource(data="UEs="))
    assert skill.to_dict() == INLINE
    assert skill == InlineSkill.parse(INLINE)


def test_every_problem_is_reported_with_its_own_pointer() -> None:
    body = {
        "name": "c",
        "skills": [REFERENCE, {"type": "inline", "name": 1, "source": {"data": ""}, "inline": 0}],
        "network_policy": {"type": "allowlist", "allowed_domains": [3]},
    }
    assert {pointer for pointer, _ in problems(ContainerCreate, body)} == {
        "/skills/1/name",
        "/skills/1/description",
        "/skills/1/source/data",
        "/skills/1/inline",
        "/network_policy/allowed_domains/0",
    }


def test_a_pointer_is_escaped_as_rfc_6901_says_and_fit_for_a_terminal() -> None:
    found = {pointer for pointer, _ in problems(ContainerCreate, {"name": "c", "a/b~c": 1, "\x1b[2J": 1, "k" * 999: 1})}
    assert found == {"/a~1b~0c", "/\\x1b[2J", f"/{'k' * 64}..."}


def test_a_message_of_a_thousand_problems_names_five() -> None:
    error = PayloadError(problems(ContainerCreate, {"name": "c", "file_ids": list(range(1000))}))
    assert len(error.problems) == 1000
    assert len(str(error)) < 300
    assert str(error).endswith("(and 995 more)")


# --- nothing is quoted --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["data", "media_type", "type", "unknown"])
def test_a_message_about_70_megabytes_is_short(key: str) -> None:
    whole = SECRET + "A" * 70_254_592
    body = {"name": "c", "skills": [INLINE | {"source": SOURCE | {key: whole}}]}
    with pytest.raises(PayloadError) as caught:  # jsonschema takes 15 s here, and its message is all of the data
        ContainerCreate.parse(body)
    shown = str(caught.value) + repr(caught.value) + "".join(traceback.format_exception(caught.value))
    assert SECRET not in shown
    assert len(str(caught.value)) < 120


def test_base64_of_the_longest_allowed_length_passes() -> None:
    assert len(InlineSkillSource.parse(SOURCE | {"data": "A" * 70_254_592}).data) == 70_254_592


@pytest.mark.parametrize(
    "body",
    [
        with_secret(domain="b.example"),
        with_secret(value=SECRET + "x" * 10_485_760),
        with_secret(value=[SECRET]),
        with_secret(value={SECRET: SECRET}),
        with_secret(value=SECRET.encode()),
        with_secret(name=""),
        with_secret(extra=SECRET),
        with_secret() | {"name": 3},
        with_secret() | {"memory_limit": SECRET},
        {"name": "c", "network_policy": SECRET},
        {"name": "c", "network_policy": {"type": SECRET}},
    ],
)
def test_no_error_shows_a_secret(body: dict[str, Any]) -> None:
    with pytest.raises(PayloadError) as caught:
        ContainerCreate.parse(body)
    error = caught.value
    assert error.__context__ is None
    assert SECRET not in "".join([str(error), repr(error), *traceback.format_exception(error)])
    assert SECRET.encode() not in pickle.dumps(error)


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (ContainerNetworkPolicyDomainSecret, PayloadError),
        (ContainerNetworkPolicyDomainSecret.model_validate, ValidationError),
    ],
)
def test_neither_our_error_nor_pydantics_shows_a_secret(make: Any, error: type[Exception]) -> None:
    wrong = {"domain": "", "name": "", "value": SECRET}
    with pytest.raises(error) as caught:
        make(**wrong) if error is PayloadError else make(wrong)
    assert SECRET not in "".join([str(caught.value), repr(caught.value), *traceback.format_exception(caught.value)])
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: ContainerNetworkPolicyAllowlist(allowed_domains=()), ("/allowed_domains", "is empty")),
        (lambda: ExpiresAfter(minutes=0), ("/minutes", "must be 1 or more")),
        (lambda: SkillReference(skill_id="s", versoin="1"), ("/versoin", "is not a key of this object")),  # type: ignore[call-arg]
        (lambda: InlineSkill(description="d", name="n", source={"data": ""}), ("/source/data", "is empty")),
    ],
)  # fmt: skip
def test_a_constructor_raises_our_error(make: Any, problem: tuple[str, str]) -> None:
    with pytest.raises(PayloadError) as caught:
        make()
    assert caught.value.problems == (problem,)


def test_a_secret_is_on_the_wire_and_nowhere_else() -> None:
    body = ContainerCreate.parse(with_secret())
    assert body.to_dict() == with_secret()
    assert body.network_policy is not None
    for shown in (repr(body), str(body), repr(body.network_policy), repr(body.model_dump()), repr(copy.deepcopy(body))):
        assert SECRET not in shown
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(body)


def test_data_is_not_in_the_repr() -> None:
    assert "UEs=" not in repr(InlineSkill.parse(INLINE))


def test_a_model_without_secrets_pickles() -> None:
    body = ContainerCreate.parse({"name": "c", "skills": [INLINE, REFERENCE], "network_policy": ALLOWLIST})
    assert pickle.loads(pickle.dumps(body)) == body


# --- what the official SDK makes of a model ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "model",
    [
        InlineSkill(description="d", name="n", source=InlineSkillSource(data="UEs=")),
        SkillReference(skill_id="s"),
        ContainerNetworkPolicyDisabled(),
        ContainerNetworkPolicyAllowlist(
            allowed_domains=("a.example",),
            domain_secrets=(
                ContainerNetworkPolicyDomainSecret(domain="a.example", name="T", value=SECRET),  # type: ignore[arg-type]
            ),
        ),
        ExpiresAfter(minutes=3),
    ],
)
def test_a_model_dumped_as_the_sdk_does_is_whole(model: Any) -> None:
    assert model.model_dump(exclude_unset=True, mode="json") == model.to_dict()
    assert model.to_dict() == type(model).parse(model.to_dict()).to_dict()


def test_the_naive_model_loses_its_literals_on_the_way_through_the_sdk() -> None:
    class Naive(BaseModel):
        data: str
        type: str = "base64"

    assert Naive(data="UEs=").model_dump(exclude_unset=True, mode="json") == {"data": "UEs="}


# --- the API's own examples -----------------------------------------------------------------------------------------


def payload(name: str) -> Any:
    return json.loads((PAYLOADS / name).read_text("utf-8"))


@pytest.mark.parametrize("name", ["reference-create-response.json", "reference-retrieve-response.json"])
def test_the_example_responses_of_the_reference_parse(name: str) -> None:
    stated = payload(name)
    parsed = Container.parse(stated)
    assert parsed.model_dump(mode="json", exclude_unset=True) == stated


@pytest.mark.parametrize(
    "changes",
    [
        {"expires_after": {}},
        {"network_policy": {}},
        {"expires_after": None, "network_policy": None, "memory_limit": None, "last_active_at": None},
        {"unheard_of": {"deep": [1]}},
        {"status": "something new"},
    ],
)
def test_a_response_may_leave_out_or_add_fields(changes: dict[str, Any]) -> None:
    stated = payload("reference-create-response.json")
    assert Container.parse(stated | changes).id == stated["id"]
    bare = {key: stated[key] for key in ("id", "object", "created_at", "name", "status")}
    assert Container.parse(bare | changes).created_at == stated["created_at"]


def test_a_response_without_an_id_is_refused_by_pointer() -> None:
    stated = payload("reference-create-response.json")
    del stated["id"]
    assert problems(Container, stated) == (("/id", "is missing"),)


def test_the_example_request_of_the_reference_passes() -> None:
    stated = payload("reference-create-request.json")
    assert ContainerCreate.parse(stated).to_dict() == stated
