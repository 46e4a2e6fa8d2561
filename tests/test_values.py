"""A Value behaves as the dataclass of the same fields."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import sys
import types
import typing
from typing import Any, Final

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

import skillpack
from skillpack.values import NamedTuple, Value, field, replace


class Point(Value, kw_only=False):
    """A value with each kind of field."""

    x: int
    y: int = 0
    label: str = field(default="", compare=False)
    tags: dict[str, int] = field(default_factory=dict, hash=False)
    secret: bytes = field(default=b"", repr=False)
    unit: str | None = field(default=None, kw_only=True)


@dataclasses.dataclass(frozen=True, slots=True)
class Twin:
    """The same as a dataclass."""

    x: int
    y: int = 0
    label: str = dataclasses.field(default="", compare=False)
    tags: dict[str, int] = dataclasses.field(default_factory=dict, hash=False)
    secret: bytes = dataclasses.field(default=b"", repr=False)
    unit: str | None = dataclasses.field(default=None, kw_only=True)


class Named(Value):
    """A value whose fields are all given by name."""

    name: str
    size: int = 1


class Larger(Named):
    """A value with the fields of another."""

    extra: int = 2


ARGUMENTS: Final = st.tuples(
    st.lists(st.sampled_from([0, 1, 2]), max_size=6),
    st.dictionaries(st.sampled_from(["x", "y", "label", "tags", "secret", "unit", "z"]), st.sampled_from([0, 1, {}])),
)


def outcome(cls: Any, positional: list[object], named: dict[str, object]) -> object:
    """Return the fields of a new value, or the type of the error."""
    try:
        value = cls(*positional, **named)
    except TypeError:
        return TypeError
    return {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}


@given(ARGUMENTS, ARGUMENTS)
def test_a_value_takes_compares_hashes_and_shows_what_a_dataclass_does(one: Any, two: Any) -> None:
    assert outcome(Point, *one) == outcome(Twin, *one)
    if TypeError in (outcome(Twin, *one), outcome(Twin, *two)):
        return
    ours, theirs = [[cls(*each[0], **each[1]) for each in (one, two)] for cls in (Point, Twin)]
    assert (ours[0] == ours[1]) == (theirs[0] == theirs[1])
    assert repr(ours[0]) == repr(theirs[0]).replace("Twin", "Point")
    hashes = [hash_of(value) for value in (*ours, *theirs)]
    assert (hashes[0] == hashes[1]) == (hashes[2] == hashes[3])


def hash_of(value: object) -> object:
    try:
        return hash(value)
    except TypeError:
        return None


def test_values_of_two_classes_differ_even_with_equal_fields() -> None:
    assert Named(name="a") != Larger(name="a", extra=2)
    assert Point(1) != Twin(1)


def test_a_subclass_has_the_fields_of_its_base_first() -> None:
    larger = Larger(name="a", size=3)
    assert (larger.name, larger.size, larger.extra) == ("a", 3, 2)
    assert [each.name for each in dataclasses.fields(Larger)] == ["name", "size", "extra"]
    assert Larger.__match_args__ == ()


@pytest.mark.parametrize(
    ("positional", "named", "words"),
    [
        ((), {}, r"Point\(\) missing the required argument 'x'"),
        ((1, 2, "", {}, b"", "m"), {}, r"Point\(\) takes 5 positional arguments but 6 were given"),
        ((1,), {"x": 1}, r"Point\(\) got multiple values for argument 'x'"),
        ((1,), {"z": 1}, r"Point\(\) got an unexpected keyword argument 'z'"),
    ],
)
def test_a_wrong_call_is_a_type_error_that_names_the_argument(
    positional: tuple[Any, ...], named: dict[str, Any], words: str
) -> None:
    with pytest.raises(TypeError, match=words):
        Point(*positional, **named)


def test_a_value_cannot_be_changed() -> None:
    point: Any = Point(1)
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'x'"):
        point.x = 2
    with pytest.raises(AttributeError, match="cannot delete field 'x'"):
        del point.x
    with pytest.raises(AttributeError):
        point.other = 2
    assert not hasattr(point, "__dict__")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_value_can_be_pickled_and_copied(protocol: int) -> None:
    point = Point(1, tags={"a": 1}, secret=b"s", unit="m")
    copies = [pickle.loads(pickle.dumps(point, protocol)), copy.copy(point), copy.deepcopy(point)]
    assert [(each, each.label, each.tags) for each in copies] == [(point, "", {"a": 1})] * 3
    assert copies[0].tags is not point.tags


def test_defaults_from_a_factory_are_not_shared() -> None:
    assert Point(1).tags is not Point(1).tags


def test_the_tools_for_dataclasses_take_values() -> None:
    point: Any = Point(1, 2, unit="m")
    assert [dataclasses.is_dataclass(each) for each in (point, Point)] == [True, True]
    assert dataclasses.asdict(point) == dataclasses.asdict(Twin(1, 2, unit="m"))
    assert dataclasses.replace(point, y=3) == replace(point, y=3) == Point(1, 3, unit="m")
    if sys.version_info >= (3, 13):
        assert copy.replace(point, y=3) == Point(1, 3, unit="m")
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        point.__replace__(z=1)
    assert inspect.signature(Point) == inspect.signature(Twin)
    assert typing.get_type_hints(Point) == typing.get_type_hints(Twin)
    assert pydantic.TypeAdapter[Any](Point).validate_python({"x": "1"}) == Point(1)


def test_patterns_match_the_fields_that_are_given_by_position() -> None:
    match Point(1, 2):
        case Point(x, y, unit=None):
            assert (x, y) == (1, 2)
        case _:
            raise AssertionError("no match")


def test_every_public_dataclass_is_a_value_with_a_field_for_each_annotation() -> None:
    values = [each for name in skillpack.__all__ if issubclass_of_value(each := getattr(skillpack, name))]
    assert {skillpack.Finding, skillpack.Settings, skillpack.SkillTree} <= set(values)
    for each in values:
        assert list(typing.get_type_hints(each)) == [one.name for one in dataclasses.fields(each)]
        assert list(inspect.signature(each).parameters) == [one.name for one in dataclasses.fields(each)]
        assert each.__module__ == "skillpack"
        assert not hasattr(each, "__dict__") or "__slots__" in vars(each)


def issubclass_of_value(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Value)


class Pair(NamedTuple):
    """Two names, with a method, a property and a constructor of its own."""

    left: str
    right: str | None = None

    def joined(self) -> str:
        """Return both."""
        return f"{self.left}-{self.right}"

    @property
    def whole(self) -> bool:
        """True if neither is absent."""
        return self.right is not None

    @classmethod
    def parse(cls, text: str) -> Pair:
        """Return a pair of the class."""
        return cls(*text.split("-"))


class Both(typing.NamedTuple):
    """The same as that of typing."""

    left: str
    right: str | None = None


@given(
    st.lists(st.sampled_from(["a", "b"]), max_size=3),
    st.dictionaries(st.sampled_from(["left", "right", "other"]), st.sampled_from(["a", "b", None])),
)
def test_a_named_tuple_takes_compares_hashes_and_shows_what_that_of_typing_does(
    positional: list[str], given: Any
) -> None:
    def shown(cls: Any) -> object:
        try:
            value = cls(*positional, **given)
        except TypeError:
            return TypeError
        assert value == (value.left, value.right)
        return tuple(value), hash(value), value._asdict(), repr(value).removeprefix(cls.__name__)

    assert shown(Pair) == shown(Both)


def test_a_named_tuple_has_what_its_class_defines_and_no_other_attribute() -> None:
    pair = Pair.parse("a-b")
    assert type(pair) is Pair
    assert (pair.joined(), pair.whole, Pair("a").whole) == ("a-b", True, False)
    assert pair._replace(right=None) == Pair("a")
    assert type(pair._replace(right="c")) is Pair
    assert not hasattr(pair, "__dict__")
    for name in ("left", "other"):
        with pytest.raises(AttributeError):
            setattr(pair, name, "c")


def test_the_annotations_of_a_named_tuple_are_those_of_its_class() -> None:
    assert typing.get_type_hints(Pair) == {"left": str, "right": str | None}
    assert Pair._fields == Both._fields
    assert Pair._field_defaults == Both._field_defaults
    assert (Pair.__module__, Pair.__qualname__) == (__name__, "Pair")
    assert pydantic.TypeAdapter(Pair).validate_python(("a", "b")) == Pair("a", "b")


@pytest.mark.parametrize("base", [NamedTuple, typing.NamedTuple])
def test_a_field_without_a_default_cannot_follow_one_with_a_default(base: Any) -> None:
    body = {"__module__": __name__, "__annotations__": {"left": str, "right": str}, "left": "a"}
    with pytest.raises(TypeError, match="default"):
        types.new_class("Wrong", (base,), exec_body=lambda namespace: namespace.update(body))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_named_tuple_can_be_pickled_copied_and_matched(protocol: int) -> None:
    pair = Pair("a", "b")
    for made in (pickle.loads(pickle.dumps(pair, protocol)), copy.copy(pair), copy.deepcopy(pair)):
        assert (made, type(made)) == (pair, Pair)
    match pair:
        case Pair(left, right=right):
            assert (left, right) == ("a", "b")
        case _:
            pytest.fail("no match")
