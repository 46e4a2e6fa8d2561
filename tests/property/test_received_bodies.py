"""Bodies from others against outside judges: json.loads, base64 of the standard library, and our models."""

from __future__ import annotations

import base64
import copy
import json
from typing import TYPE_CHECKING, Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from skillpack import ContainerCreate, PayloadError
from skillpack.sources.request_body import looks_like_payload, read_inline_skill, read_payload
from skillpack.sources.strict_json import PLACEHOLDER, Log, read_beginning, read_json
from tests.malformed import GOOD, SECRET, container, inline, text

if TYPE_CHECKING:
    from collections.abc import Iterable

words = st.text(max_size=6)
numbers = st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=20,
)


def judged(body: bytes) -> Any:
    """Return what json.loads makes of it, refusing what no parser should accept.

    Raises:
        ValueError: it is not strict JSON.
    """
    value = json.loads(body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_refuse, parse_float=_finite)
    json.dumps(value, ensure_ascii=False).encode("utf-8")  # half of a surrogate pair is a UnicodeEncodeError
    return value


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(key)
        found[key] = value
    return found


def _refuse(word: str) -> Any:
    raise ValueError(word)


def _finite(number: str) -> float:
    if float(number) in (float("inf"), float("-inf")):
        raise ValueError(number)
    return float(number)


def without_data(value: Any) -> Any:
    """Return a value with the placeholder for every string at a key named data."""
    if isinstance(value, dict):
        return {
            key: PLACEHOLDER if key == "data" and isinstance(item, str) else without_data(item)
            for key, item in value.items()
        }
    return [without_data(item) for item in value] if isinstance(value, list) else value


@given(values, st.booleans(), st.sampled_from([None, 1]))
def test_json_is_read_as_json_loads_reads_it(value: Any, ascii: bool, indent: int | None) -> None:  # noqa: FBT001
    body = json.dumps(value, ensure_ascii=ascii, indent=indent).encode()
    log = Log()
    document = read_json(body, log)
    assert log.issues == ()
    assert document.whole
    assert document.value == without_data(value)


pieces = st.sampled_from(
    [
        *(
            '"',
            "\\",
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "0",
            "1",
            "-",
            ".",
            "e",
            " ",
            "\n",
            "\t",
            "\0",
            "'",
            "/",
            "u",
            "\\u",
        ),
        *(
            "true",
            "null",
            "NaN",
            '"a"',
            '"a":',
            '"b":1',
            "\\ud83d",
            "\\ude00",
            "\u00e9",
            "\ufeff",
            "\x1f",
            "\x7f",
            "\u2028",
        ),
    ]
)
mutants = st.builds(
    lambda at, length, new: GOOD[: at % len(GOOD)] + "".join(new).encode() + GOOD[at % len(GOOD) + length :],
    st.integers(0, len(GOOD)),
    st.integers(0, 5),
    st.lists(pieces, max_size=3),
)
short = st.lists(pieces, max_size=12).map(lambda found: "".join(found).encode())


@settings(max_examples=1000)
@given(mutants | short | st.binary(max_size=20))
@example(b'{"":"","":""}')
@example(b'"\\ud83d\\ude00"')
@example(b"-0")
@example(b'{"a" :[ ] }')
@example(b'"\\\\"')
@example(b'"\\\\\\""')
def test_what_is_accepted_is_what_strict_json_is(body: bytes) -> None:
    log = Log()
    document = read_json(body, log)
    try:
        expected = judged(body)
    except (ValueError, RecursionError):
        assert log.issues, body
        assert all(issue.rule_id.startswith("json-") for issue in log.issues)
    else:
        assert log.issues == (), body
        assert document.value == without_data(expected)


@given(mutants | short | st.binary(max_size=20))
def test_no_body_raises_and_no_message_shows_the_secret(body: bytes) -> None:
    received = read_payload(body)
    looks_like_payload(body)
    assert SECRET not in repr(received)


@given(values, st.integers(0, 200))
def test_a_beginning_is_part_of_the_whole(value: Any, length: int) -> None:
    body = json.dumps(value).encode()
    beginning = read_beginning(body[:length])
    if length >= len(body):
        assert beginning == without_data(value)
    elif isinstance(value, dict) and beginning:
        assert beginning.keys() <= value.keys()


@settings(max_examples=1000)
@given(
    st.text("ABQgwz+/=-_ \n*", max_size=12) | st.binary(max_size=9).map(lambda data: base64.b64encode(data).decode())
)
def test_only_the_encoding_of_its_bytes_is_accepted(data: str) -> None:
    received = read_inline_skill(inline(data))
    try:
        canonical = bool(data) and base64.b64encode(base64.b64decode(data, validate=True)).decode() == data
    except ValueError:
        canonical = False
    assert (received.issues == ()) == canonical
    assert [skill.read() for skill in received.skills] == ([base64.b64decode(data)] if canonical else [])


bad = st.sampled_from([None, 0, -1, 1.5, True, "", "x", [], [1], {}, {"type": "inline"}, {"type": 1}, "\x00"])


@settings(max_examples=500)
@given(st.lists(st.tuples(st.integers(0, 20), st.sampled_from(["change", "remove", "add"]), bad), max_size=3))
def test_a_body_is_accepted_exactly_if_the_models_accept_it(changes: list[tuple[int, str, Any]]) -> None:
    full = {"expires_after": {"anchor": "last_active_at", "minutes": 20}, "memory_limit": "4g", "file_ids": ["f"]}
    body = copy.deepcopy(container(inline(), {"type": "skill_reference", "skill_id": "s", "version": "1"}, **full))
    for number, kind, value in changes:
        places = list(_objects(body))
        place = places[number % len(places)]
        key = list(place)[number % len(place)] if place else "k"
        if key in ("skills", "data"):  # the shape would be another, and base64 is judged on its own
            continue
        if kind == "remove":
            place.pop(key, None)
        else:
            place[key if kind == "change" else f"{key}s"] = copy.deepcopy(value)
    received = read_payload(text(body))
    try:
        ContainerCreate.parse(body)
    except PayloadError:
        assert {issue.rule_id for issue in received.issues} == {"payload-schema"}
    else:
        assert received.issues == ()
        assert received.shape == "container"


def _objects(value: Any) -> Iterable[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _objects(item)
