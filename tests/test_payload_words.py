"""Every error that pydantic can raise with our models has words of ours."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from skillpack import Container, ContainerCreate, PayloadError, container
from skillpack.payload import ContainerAuto, models
from skillpack.payload.errors import WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator

_MODELS: Final = [
    model
    for model in vars(models).values()
    if isinstance(model, type) and issubclass(model, BaseModel) and model is not BaseModel
]

# what each kind of core schema, and each of its constraints, can raise: the list of errors in pydantic's documentation
_RAISED: Final[dict[str, set[str]]] = {
    "model": {"model_type", "model_attributes_type"},
    "model-fields": {"missing", "extra_forbidden", "invalid_key", "model_type", "dict_type"},
    "model-field": set(),
    "str": {"string_type", "string_sub_type", "string_unicode"},
    "int": {"int_type", "int_parsing", "int_parsing_size", "int_from_float", "finite_number"},
    "tuple": {"tuple_type", "iteration_error", "missing"},
    "literal": {"literal_error"},
    "tagged-union": {"union_tag_invalid", "union_tag_not_found", "model_attributes_type"},
    "is-instance": {"is_instance_of"},
    "str min_length": {"string_too_short"},
    "str max_length": {"string_too_long"},
    "tuple min_length": {"too_short"},
    "function-after min_length": {"too_short"},
    "function-after max_length": {"too_long"},
    "int ge": {"greater_than_equal"},
}
_WITHOUT: Final = {
    "default",
    "nullable",
    "no-info",
    "with-info",
    "function-after",
    "function-wrap",
    "lax-or-strict",
    "json-or-python",
    "union",
}
_CONSTRAINTS: Final = {"min_length", "max_length", "ge", "gt", "le", "lt", "multiple_of", "pattern"}


def _kinds(schema: object) -> Iterator[str]:
    """Yield the kind of each part of a core schema, and again with each constraint it has."""
    if isinstance(schema, dict):
        kind = schema.get("type")
        if isinstance(kind, str):
            yield kind
            yield from (f"{kind} {name}" for name in _CONSTRAINTS & schema.keys())
        for key, part in schema.items():
            if key not in ("serialization", "metadata"):
                yield from _kinds(part)
    elif isinstance(schema, list | tuple):
        for part in schema:
            yield from _kinds(part)


def test_there_are_words_for_every_error_that_the_models_can_raise() -> None:
    kinds = {kind for model in _MODELS for kind in _kinds(model.__pydantic_core_schema__)} - _WITHOUT
    raised = {error for kind in kinds for error in _RAISED[kind]}
    assert raised - WORDS.keys() == set()


def test_there_are_words_for_every_error_of_our_own() -> None:
    source = Path(models.__file__).read_text("utf-8")
    raised = set(re.findall(r'PydanticCustomError\("(\w+)"', source))
    assert len(raised) >= 4
    assert raised - WORDS.keys() == set()


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.sampled_from(["9" * 5000, "\ud800", object()]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner) | st.frozensets(st.integers()),
    max_leaves=4,
)


@given(st.sampled_from([Container, ContainerCreate, ContainerAuto]), st.data())
def test_no_error_is_told_in_pydantics_words(model: Any, data: st.DataObject) -> None:
    value = data.draw(st.fixed_dictionaries({}, optional=dict.fromkeys(model.model_fields, _VALUES)) | _VALUES)
    plain = [re.sub(r"\\{.*?\\}", ".*", re.escape(words)) for words in WORDS.values()]
    try:
        model.parse(value)
    except PayloadError as error:
        for _, words in error.problems:
            assert any(re.fullmatch(pattern, words) for pattern in plain), words


@pytest.mark.parametrize(
    ("created_at", "words"),
    [(1.5, "must be an integer, without a fraction"), ("soon", "must be an integer"), ([], "must be an integer")],
)
def test_a_response_with_a_time_that_is_none_is_told_in_plain_words(created_at: object, words: str) -> None:
    with pytest.raises(PayloadError) as caught:
        Container.parse({"id": "a", "object": "container", "created_at": created_at, "name": "n", "status": "running"})
    assert caught.value.problems == (("/created_at", words),)


def test_a_bound_is_told_with_its_number() -> None:
    with pytest.raises(PayloadError) as caught:
        container("n", [], expires_after=0)
    assert caught.value.problems == (("/expires_after/minutes", "must be 1 or more"),)


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"file_ids": [""]}, "/file_ids/0"),
        (
            {"network_policy": {"type": "allowlist", "allowed_domains": ["a.example", ""]}},
            "/network_policy/allowed_domains/1",
        ),
    ],
)
def test_an_empty_id_or_domain_is_refused(given: dict[str, Any], place: str) -> None:
    with pytest.raises(PayloadError) as caught:
        container("n", [], **given)
    assert caught.value.problems == ((place, "is empty"),)
