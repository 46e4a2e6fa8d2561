"""Bodies that other programs wrote: what is recognised, and that each problem is reported without a value."""

from __future__ import annotations

import base64
import copy
import io
import json
import os
import pickle
import random
import subprocess
import sys
import tracemalloc
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

import pytest

import skillpack
from skillpack.cli import main
from skillpack.errors import NotASkillError
from skillpack.limits import (
    MAX_BASE64_CHARS,
    MAX_BODY_TEXT_BYTES,
    MAX_JSON_KEPT_BYTES,
    MAX_JSON_STRING_BYTES,
    MAX_JSON_VALUES,
    MAX_RECEIVED_SKILLS,
    MAX_SECRET_CHARS,
)
from skillpack.rules import RULES
from skillpack.rules.engine import run_rules
from skillpack.sources import request_body
from skillpack.sources.request_body import (
    ReceivedSkill,
    compare_names,
    looks_like_payload,
    read_body,
    read_inline_skill,
    read_payload,
)
from skillpack.sources.strict_json import Log, read_json
from tests.bounds import best_of, expect_at_most
from tests.malformed import DATA, GOOD, SECRET, SHOWN, base64_cases, container, inline, json_cases, text
from tests.rules.invented import TOKENS
from tests.samples import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from skillpack.sources.request_body import Received

SKILLS: Final = ROOT / "fixtures" / "skills"
REFERENCE: Final = {"type": "skill_reference", "skill_id": "openai-spreadsheets", "version": "latest"}
AUTO: Final = {"type": "container_auto", "skills": [inline(), REFERENCE], "memory_limit": None, "file_ids": ["file_1"]}
LOCAL_SKILL: Final = {"name": "demo", "description": "What it does.", "path": "/skills/demo"}
HOSTED: Final = {"type": "openai_hosted", "skills": [inline()], "env": {"TOKEN": SECRET}, "new_in_the_beta": 1}
EXAMPLE: Final = {  # of the API reference, POST /containers
    "name": "My Container",
    "memory_limit": "4g",
    "skills": [
        {"type": "skill_reference", "skill_id": "skill_4db6f1a2c9e73508b41f9da06e2c7b5f"},
        REFERENCE,
    ],
    "network_policy": {"type": "allowlist", "allowed_domains": ["api.buildkite.com"]},
}


def shell(environment: Any) -> dict[str, Any]:
    return {"type": "shell", "environment": environment}


# shape, pointers of the inline skills, kinds of the environments, body
SHAPES: Final[dict[str, tuple[str, list[str], list[str], Any]]] = {
    "inline": ("inline skill", [""], [], inline()),
    "inline in other order": ("inline skill", [""], [], dict(reversed(inline().items()))),
    "container": ("container", ["/skills/0"], ["container"], container()),
    "container without skills": ("container", [], ["container"], {"name": "c", "memory_limit": "4g"}),
    "example": ("container", [], ["container"], EXAMPLE),
    "shell": ("shell tool", ["/environment/skills/0"], ["container_auto"], shell(AUTO)),
    "local shell": ("shell tool", [], ["local"], shell({"type": "local", "skills": [LOCAL_SKILL]})),
    "shell in a container": (
        "shell tool",
        [],
        ["container_reference"],
        shell({"type": "container_reference", "container_id": "cntr_1"}),
    ),
    "shell alone": ("shell tool", [], [], {"type": "shell"}),
    "shell with null": ("shell tool", [], [], shell(None)),
    "container_auto": ("environment", ["/skills/0"], ["container_auto"], AUTO),
    "local": ("environment", [], ["local"], {"type": "local", "skills": [LOCAL_SKILL]}),
    "request": (
        "request",
        ["/tools/1/environment/skills/0"],
        ["container_auto"],
        {"model": "m", "input": "i", "tools": [{"type": "web_search"}, shell(AUTO)], "anything": [1]},
    ),
    "hosted": ("environment", ["/skills/0"], ["hosted"], HOSTED),
    "agents environment": ("environment", ["/environment/skills/0"], ["hosted"], {"environment": HOSTED}),
    "session": ("session", ["/environment/skills/0"], ["hosted"], {"agent_id": "a", "environment": HOSTED}),
    "template": ("template", ["/skills/0"], ["hosted"], {"name": "t", "skills": [inline()], "setup_commands": []}),
    "array": ("array", ["/0", "/1"], ["array"], [inline(), inline(name="other")]),
    "array of tools": (
        "array",
        ["/1/environment/skills/0"],
        ["container_auto", "array"],
        [{"type": "shell"}, shell(AUTO)],
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_is_recognised_and_accepted(name: str) -> None:
    shape, pointers, kinds, body = SHAPES[name]
    received = read_payload(text(body))
    assert received.issues == ()
    assert received.shape == shape
    assert [skill.pointer for skill in received.skills] == pointers
    assert [environment.kind for environment in received.environments] == kinds
    assert all(skill.read() == base64.b64decode(DATA) for skill in received.skills)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("encode", [text, lambda body: json.dumps(body, indent=2).encode("utf-16")])
def test_a_shape_is_recognised_by_its_beginning(name: str, encode: Callable[[Any], bytes]) -> None:
    assert looks_like_payload(encode(SHAPES[name][3]))


def test_the_beginning_is_enough() -> None:
    for body in (inline("A" * 100_000, description="é" * 1024), container(inline("A" * 100_000))):
        whole = json.dumps(body).encode()
        assert looks_like_payload(whole[: 16 * 1024])
        assert looks_like_payload(whole[:7000])
    longest = inline("A" * 100_000, description="\U0001f600" * 1024, name="n" * 64)  # two escape sequences for each
    assert looks_like_payload(json.dumps(longest).encode()[: 16 * 1024])


@pytest.mark.parametrize(("length", "seen"), [(16 * 1024, True), (16 * 1024 + 1, False)])
def test_what_comes_after_the_beginning_is_not_looked_at(length: int, seen: bool) -> None:  # noqa: FBT001
    body = b'{"type":"inline"'
    spaces = b" " * (length - len(body))
    assert looks_like_payload(body[:1] + spaces + body[1:] + b"}") is seen


@pytest.mark.parametrize(
    "other",
    [
        *(b"", b"{", b"[", b"[]", b"{}", b"[1]", b"[[[[", b"\0\0", b"PK\x03\x04", b"# title", b'"inline"', b"\xff\xfe"),
        b'{"name":"left-pad","description":"d","version":"1.0.0","source":"index.js","type":"module","files":["a"]}',
        b'{"type":"object","properties":{"skills":{"type":"array"}}}',
        b'{"skills":["pdf-forms","csv-report"],"name":"agent"}',
        b'{"messages":[{"role":"user"}],"tools":[{"type":"function"}]}',
        b'{"name":"x","environment":"production"}',
        b'{"type":"local"}',
        b'{"a":1}\n{"type":"inline"}',
        b'{"a":[0,{"type":"inline"}]}',
    ],
)
def test_other_json_is_not_taken_for_a_body(other: bytes) -> None:
    assert not looks_like_payload(other)
    assert rules_of(read_payload(other)) <= {"payload-schema", "json-invalid", "json-encoding"}
    assert read_payload(other).issues


def rules_of(received: Received) -> set[str]:
    return {issue.rule_id for issue in received.issues}


def problems(received: Received) -> dict[str | None, str]:
    return {issue.location.pointer: issue.message for issue in received.issues}


@pytest.mark.parametrize("skill", ["csv-report", "pdf-forms"])
def test_what_skillpack_makes_is_accepted_and_holds_its_zip(skill: str) -> None:
    bundle = skillpack.pack(SKILLS / skill)
    stated = bundle.inline_skill()
    for body, place in (
        (bundle.inline_skill(), ""),
        (skillpack.container("c", [bundle], memory_limit="4g", expires_after=20), "/skills/0"),
        (skillpack.shell_tool([bundle]), "/environment/skills/0"),
    ):
        received = read_payload(text(body))
        assert received.issues == ()
        assert looks_like_payload(text(body))
        (found,) = received.skills
        assert (found.pointer, found.read()) == (place, bundle.zip)
        assert list(compare_names(found, stated["name"], stated["description"])) == []
    assert [found.read() for found in read_inline_skill(bundle.inline_skill()).skills] == [bundle.zip]


def test_names_references_and_files_of_an_environment_are_returned() -> None:
    (auto,) = read_payload(text(shell(AUTO))).environments
    assert (auto.pointer, auto.names, auto.references, auto.file_ids) == (
        "/environment",
        ("demo",),
        (("openai-spreadsheets", "latest"),),
        ("file_1",),
    )
    (local,) = read_payload(text(SHAPES["local"][3])).environments
    assert local.names == ("demo",)
    (array,) = read_payload(text([inline(), inline()])).environments
    assert array.names == ("demo", "demo")


# what is wrong, and where: changes of a good container
SCHEMA: Final[dict[str, tuple[dict[str, Any], dict[str, str]]]] = {
    "unknown key": ({"skill": []}, {"/skill": "skill is not a known key; did you mean skills?"}),
    "unlike any key": ({"zzzzzz": []}, {"/zzzzzz": "zzzzzz is not a known key"}),
    "enum": ({"memory_limit": "4gb"}, {"/memory_limit": "memory_limit must be 1g, 4g, 16g or 64g"}),
    "type": ({"name": 1}, {"/name": "name must be a string"}),
    "null": ({"file_ids": None}, {"/file_ids": "file_ids must be an array"}),
    "item": ({"file_ids": [1]}, {"/file_ids/0": "item 0 of file_ids must be a string"}),
    "empty item": ({"file_ids": [""]}, {"/file_ids/0": "0 is empty"}),
    "fraction": (
        {"expires_after": {"anchor": "last_active_at", "minutes": 20.0}},
        {"/expires_after/minutes": "minutes must be an integer"},
    ),
    "missing": ({"expires_after": {"minutes": 20}}, {"/expires_after/anchor": "anchor is missing"}),
    "no object": ({"network_policy": []}, {"/network_policy": "network_policy must be an object"}),
    "no type": ({"network_policy": {}}, {"/network_policy/type": "type is missing"}),
    "other type": (
        {"network_policy": {"type": "open"}},
        {"/network_policy/type": "type must be disabled or allowlist"},
    ),
    "empty": (
        {"network_policy": {"type": "allowlist", "allowed_domains": []}},
        {"/network_policy/allowed_domains": "allowed_domains is empty"},
    ),
    "other domain": (
        {
            "network_policy": {
                "type": "allowlist",
                "allowed_domains": ["b"],
                "domain_secrets": [{"domain": "a", "name": "T", "value": SECRET}],
            }
        },
        {"/network_policy": "a secret's domain is not among the allowed domains"},
    ),
    "long secret": (
        {
            "network_policy": {
                "type": "allowlist",
                "allowed_domains": ["a"],
                "domain_secrets": [{"domain": "a", "name": "T", "value": SECRET + "x" * MAX_SECRET_CHARS}],
            }
        },
        {"/network_policy/domain_secrets/0/value": "value has 10,485,779 characters; the API accepts 10,485,760"},
    ),
    "secret in the wrong place": (
        {"network_policy": {"type": SECRET, SECRET: SECRET}, "file_ids": SECRET, "memory_limit": SECRET},
        {
            "/network_policy/type": "type must be disabled or allowlist",
            "/file_ids": "file_ids must be an array",
            "/memory_limit": "memory_limit must be 1g, 4g, 16g or 64g",
        },
    ),
    "skill": (
        {"skills": [inline(type="inlin"), 5, {"type": "inline", "name": "n", "sorce": {}}]},
        {
            "/skills/0/type": "type must be skill_reference or inline",
            "/skills/1": "item 1 of skills must be an object",
            "/skills/2/description": "description is missing",
            "/skills/2/source": "source is missing",
            "/skills/2/sorce": "sorce is not a known key; did you mean source?",
        },
    ),
    "data": (
        {"skills": [inline(source={"data": 5, "type": "base64"})]},
        {
            "/skills/0/source/data": "data must be a string",
            "/skills/0/source/media_type": "media_type is missing",
        },
    ),
    "long id": (
        {"skills": [{"type": "skill_reference", "skill_id": "s" * 65}]},
        {"/skills/0/skill_id": "skill_id has 65 characters; the API accepts 64"},
    ),
}


@pytest.mark.parametrize("name", SCHEMA)
def test_every_key_and_value_that_the_api_refuses_is_reported_in_plain_words(name: str) -> None:
    changes, expected = SCHEMA[name]
    received = read_payload(text(container(**changes)))
    assert problems(received) == expected
    assert rules_of(received) == {"payload-schema"}


def test_a_key_is_shortened_masked_and_escaped_in_a_pointer() -> None:
    token = TOKENS["openai"]
    assert len(token) > 64, "masked before it is shortened"
    body = container(**{"a/b~c": 1, "k" * 1000: 1, "\x1b[31m": 1, "##[error]x": 1, token: 1})
    shown = problems(read_payload(text(body))).keys()
    assert {"/a~1b~0c", f"/{'k' * 64}...", "/\\x1b[31m", "/\\x23#[error]x"} <= shown
    assert f"/{'*' * 64}..." in shown
    assert not any(token[:20] in (place or "") for place in shown)


def test_more_than_the_listed_problems_end_with_one_that_says_so() -> None:
    for body in (b"[" + b"NaN," * 500 + b"1]", text(container(**{f"key{number}": 1 for number in range(500)}))):
        issues = read_payload(body).issues
        assert len(issues) == 101
        assert issues[-1].message == "only the first 100 problems are listed"
    assert len(read_payload(b"[" + b"NaN," * 100 + b"1]").issues) == 101  # the last: of no known shape


def test_all_problems_of_one_body_are_reported() -> None:
    body = text(container(inline("UEs-DBA"), memory_limit="5g"))
    body = body.replace(b'"c"', b'"c\n"').replace(b'"TOKEN"', b'"\\ud800"').replace(b'"demo"', b"NaN")
    assert rules_of(read_payload(body + b" ")) == {
        *("json-invalid", "json-encoding", "payload-schema", "base64-not-canonical"),
    }


def test_no_skill_is_returned_where_another_parser_could_see_another_one() -> None:
    assert read_payload(GOOD).skills
    twice = GOOD.replace(b'"skills":', b'"skills":[],"skills":')
    received = read_payload(twice)
    assert received.skills == ()
    assert rules_of(received) == {"json-duplicate-key"}


def test_a_skill_with_broken_base64_is_not_returned_but_the_others_are() -> None:
    received = read_payload(text(container(inline("UEs"), inline(name="other"))))
    assert [skill.name for skill in received.skills] == ["other"]
    assert received.environments[0].names == ("demo", "other")


@pytest.mark.parametrize(("data", "index"), [(DATA + "\n", len(DATA)), (DATA[:5] + "*" + DATA[5:], 5)])
def test_the_byte_of_a_problem_in_base64_is_named(data: str, index: int) -> None:
    body = text(container(inline(data))).replace(b"\\n", b"\n")  # without escapes, or the byte is not known
    offsets = {issue.location.offset for issue in read_payload(body).issues if issue.rule_id.startswith("base64")}
    assert offsets == {body.index(DATA[:5].encode()) + index}


def test_php_escapes_slashes() -> None:
    data = base64.b64encode(bytes(range(256))).decode()
    assert "/" in data
    received = read_payload(text(inline(data)).replace(b"/", b"\\/"))
    assert received.issues == ()
    assert received.skills[0].read() == bytes(range(256))


def test_base64_with_escapes_is_unescaped_only_while_it_is_read() -> None:
    body = text(inline(base64.b64encode(b"\xff" * 3_000_000).decode())).replace(b"/", b"\\/")
    read_payload(GOOD)  # imports
    tracemalloc.start()
    try:
        received = read_payload(body)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 1_000_000
    assert received.skills[0].read() == b"\xff" * 3_000_000


def test_padding_at_the_end_of_a_chunk_is_not_taken_for_the_end() -> None:
    chunk = 1024 * 1024
    inner = "A" * (chunk - 4) + "AA=="
    assert rules_of(read_payload(text(inline(inner + "AAAA")))) == {"base64-invalid"}
    assert read_payload(text(inline("A" * chunk + "AA=="))).issues == ()


@pytest.mark.parametrize("chunk", [768 * 1024, 1024 * 1024])  # of the search for control characters, of the base64
@pytest.mark.parametrize("place", [-1, 0, 1])
def test_the_first_of_two_problems_is_found_on_both_sides_of_the_end_of_a_chunk(chunk: int, place: int) -> None:
    at = chunk + place
    data = b"A" * at + b"\n" + b"A" * chunk + b"\n" + b"A" * (-at % 4)
    body = text(inline("DATA")).replace(b"DATA", data)
    offset = body.index(b"AAAA") + at
    assert [(issue.location.offset, issue.message) for issue in read_payload(body).issues] == [
        (offset, "a line break in a string; JSON writes it as an escape sequence"),
        (offset, f"2 characters of {SPACE}"),
    ]


def test_the_length_is_judged_before_the_base64() -> None:
    longest = b"A" * MAX_BASE64_CHARS
    body = text(inline("DATA"))
    assert read_payload(body.replace(b"DATA", longest)).issues == ()
    (issue,) = read_payload(body.replace(b"DATA", longest + b"*")).issues
    assert (issue.rule_id, issue.location.offset) == ("base64-too-long", body.index(b"DATA"))
    assert issue.message == "the data has 70,254,593 characters; the API accepts 70,254,592"


def test_too_many_skills_are_refused_before_they_are_judged() -> None:
    received = read_payload(text([inline("*")] * (MAX_RECEIVED_SKILLS + 1)))
    assert problems(received) == {"": "1,001 skills and tools; at most 1,000 are read"}
    assert len(read_payload(text([inline()] * MAX_RECEIVED_SKILLS)).skills) == MAX_RECEIVED_SKILLS


def test_so_many_values_are_read_and_no_more() -> None:
    numbers = b"0," * (MAX_JSON_VALUES - 2)  # the array and its last number count, too
    assert rules_of(read_payload(b"[" + numbers + b"0]")) == {"payload-schema"}
    assert rules_of(read_payload(b"[" + numbers + b"0,0]")) == {"json-depth"}


def test_an_item_of_an_array_is_a_body_that_is_not_an_array() -> None:
    what = "this is not a request body that can hold skills"
    assert problems(read_payload(text([inline(), [inline()], 5]))) == {"/1": what, "/2": what}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"\xef\xbb\xbf" + GOOD, [("json-encoding", None, 0)]),
        (GOOD.replace(b'"c"', b'"\\t\t"'), [("json-invalid", "/name", 11)]),
        (GOOD.replace(b'"c"', b'"c\\x"'), [("json-invalid", "/name", 10)]),
        (GOOD.replace(b'"c"', b'"c\xff"'), [("json-encoding", "/name", 10)]),
        (GOOD.replace(b'"c"', b'"c\\ud800"'), [("json-encoding", "/name", 9)]),
        (b'{"\\ud800":1,' + GOOD[1:], [("json-encoding", "", 2), ("payload-schema", "/\\ud800", None)]),
        (b'{"name":"x",' + GOOD[1:], [("json-duplicate-key", "/name", 12)]),
        (GOOD + b" x", [("json-invalid", None, len(GOOD) + 1)]),
    ],
)
def test_the_byte_and_the_pointer_of_a_problem_are_named(
    body: bytes, expected: list[tuple[str, str | None, int | None]]
) -> None:
    issues = read_payload(body).issues
    assert [(issue.rule_id, issue.location.pointer, issue.location.offset) for issue in issues] == expected


# what is in the body, what is reported of it, and at which byte
JSON_WORDS: Final[list[tuple[bytes, str, int]]] = [
    (b"", "the JSON ends here, before a value: it may have been cut off", 0),
    (b"[1", "the JSON ends here, before a comma or ]: it may have been cut off", 2),
    (b"{ ", "the JSON ends here, before a key in double quotes: it may have been cut off", 2),
    (b'["ab', "the string that begins here does not end: it may have been cut off", 1),
    (b'["ab\\"', "the string that begins here does not end: it may have been cut off", 1),
    (b"[1 2]", "a comma or ] is missing here", 3),
    (b'{"a":1 "b"', "a comma or } is missing here", 7),
    (b"{1:2}", "a key in double quotes is missing here", 1),
    (b'{"a"}', "a colon is missing here", 4),
    (b'{"a":}', "a value is missing here", 5),
    (b"['a']", "a string begins with a single quote; JSON has double quotes", 1),
    (b"[1 //x", "a comment, which JSON does not have", 3),
    (b"[#x", "a comment, which JSON does not have", 1),
    (b"[1 , ]", "a comma before the closing bracket", 3),
    (b"{} x", "1 byte after the end of the JSON value", 3),
    (b"{}" + b"x" * 1000, "1,000 bytes after the end of the JSON value", 2),
    (b'["ab\xff"]', "byte 0xff is not UTF-8", 4),
    (b'["ab\\ud800"]', "half of a surrogate pair, which UTF-8 cannot state", 2),
    ('["é\\x"]'.encode(), "an escape sequence that JSON does not have", 4),
    (b'["a\n"]', "a line break in a string; JSON writes it as an escape sequence", 3),
    (b'["a\r"]', "a line break in a string; JSON writes it as an escape sequence", 3),
    (b'["a\t"]', "the control character U+0009 in a string; JSON writes it as an escape sequence", 3),
    (b'["\0"]', "the control character U+0000 in a string; JSON writes it as an escape sequence", 2),
    (b'["\x1f"]', "the control character U+001F in a string; JSON writes it as an escape sequence", 2),
    (b"[NaN]", "NaN is not JSON", 1),
    (b"[-inf]", "-inf is not JSON", 1),
    *(
        (b"[%b]" % form, "a number in a form that JSON does not have", 1)
        for form in (b"+1", b".5", b"1.", b"01", b"9x")
    ),
    (b"[%b]" % (b"9" * 1001), "a number with 1,001 characters; at most 1,000 are read", 1),
    (b"[%bx]" % (b"9" * 1001), "a number in a form that JSON does not have", 1),
    (b"[nil]", "neither a string in double quotes nor a number, true, false or null", 1),
    (b"[1e999]", "a number that is too large for most JSON parsers", 1),
    (b"[-1e999]", "a number that is too large for most JSON parsers", 1),
    (b"[" * 65, "over 64 arrays and objects inside one another; the rest is not read", 64),
    *(
        (GOOD.decode().encode(encoding), f"the text is in {encoding[:6].upper()}, not in UTF-8", 0)
        for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")
    ),
    (b"\xef\xbb\xbf" + GOOD, "the text starts with a byte order mark, which JSON does not allow", 0),
]


@pytest.mark.parametrize(("body", "message", "offset"), JSON_WORDS)
def test_a_problem_of_the_json_is_reported_in_words_that_fit_it(body: bytes, message: str, offset: int) -> None:
    first = read_payload(body).issues[0]
    assert first.rule_id in ("json-invalid", "json-encoding", "json-depth")
    assert (first.message, first.location.offset) == (message, offset)


@pytest.mark.parametrize("number", [b"9" * 1000, b"1E-999", b"-0", b"0.5e+10"])
def test_a_number_that_json_has_is_not_reported(number: bytes) -> None:
    assert rules_of(read_payload(b"[%b]" % number)) == {"payload-schema"}


@pytest.mark.parametrize("count", [0, 1, 2, 3, 2 * (1 << 20), 2 * (1 << 20) + 1])
def test_a_quote_ends_a_string_after_an_even_number_of_backslashes(count: int) -> None:
    body = b'["' + b"\\" * count + b'"'
    log = Log()
    assert read_json(body + (b"]" if count % 2 == 0 else b'"]'), log).whole
    assert log.issues == ()


class Counted(bytes):
    """Counts how often one byte of it is looked at."""

    steps = 0

    def __getitem__(self, at: Any) -> Any:
        self.steps += isinstance(at, int)
        return super().__getitem__(at)


def test_a_run_of_backslashes_takes_a_step_for_each_chunk_and_not_for_each_byte() -> None:
    body = Counted(b'["' + b"\\" * (4 << 20) + b'"]')
    assert read_json(body, Log()).whole
    assert body.steps < 10


LONG: Final = "a" * (800 * 1024)  # longer than a piece
PIECES: Final = ("\\\\", "\\n", "\\u00e9", "\\ud83d\\ude00", "\\\\ud83d", "\U0001f600", "\u20ac", "\u00e9", '\\"', "u")


@pytest.mark.parametrize("piece", PIECES)
def test_a_long_string_is_read_in_pieces_that_end_between_characters(piece: str) -> None:
    for before in range(14):
        inside = "b" * before + piece * (800 * 1024 // len(piece.encode()))
        log = Log()
        document = read_json(f'{{"x":"{inside}","data":"\\n{inside}"}}'.encode(), log)
        assert log.issues == ()
        expected = json.loads(f'"{inside}"')
        assert len(document.value["x"]) == len(expected)
        assert str(document.value["x"]) == expected[:4096]
        assert bytes(document.data["data",].text) == b"\n" + expected.encode()


@pytest.mark.parametrize(
    ("broken", "message", "offset"),
    [
        (b"\xe9\xff", "byte 0xe9 is not UTF-8", 6),
        (b"\\x\\y", "an escape sequence that JSON does not have", 6),
        (b"\\ud800\\ud800", "half of a surrogate pair, which UTF-8 cannot state", 6),
        (b"\x01\x02", "the control character U+0001 in a string; JSON writes it as an escape sequence", 6),
    ],
)
def test_the_first_problem_of_a_kind_in_a_long_string_is_reported_once(
    broken: bytes, message: str, offset: int
) -> None:
    log = Log()
    read_json(b'{"x":"' + broken + LONG.encode() + broken + LONG.encode() + b'"}', log)
    assert [(issue.message, issue.location.pointer, issue.location.offset) for issue in log.issues] == [
        (message, "/x", offset)
    ]


def test_of_a_long_value_only_the_beginning_is_kept_and_its_length_is_reported() -> None:
    emoji = "\U0001f600"
    value = read_json(text({"x": LONG + emoji}), Log()).value["x"]
    assert (len(value), sys.getsizeof(value) < 10_000) == (len(LONG) + 1, True)
    reference = {"type": "skill_reference", "skill_id": LONG + emoji}
    (message,) = problems(read_payload(text(container(reference)))).values()
    assert message == f"skill_id has {len(LONG) + 1:,} characters; the API accepts 64"


def test_a_long_value_is_copied_and_pickled_with_its_length() -> None:
    value = read_json(text({"x": LONG}), Log()).value["x"]
    for copied in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert (str(copied), len(copied)) == (str(value), len(LONG))


@pytest.mark.parametrize(("stated", "issues"), [("d" * 20_000, 0), ("d" * 19_999 + "e", 1), ("d" * 500_000, 1)])
def test_a_long_description_is_compared_as_a_whole(stated: str, issues: int) -> None:
    skill = ReceivedSkill("", "demo", read_json(text({"x": stated}), Log()).value["x"], memoryview(b""))
    kept = "d" * 20_000 if len(stated) <= 20_000 else str(skill.description)
    assert len([*compare_names(skill, "demo", kept)]) == issues


def test_a_key_that_is_longer_than_any_of_a_body_ends_the_reading() -> None:
    longest = "k" * MAX_JSON_STRING_BYTES
    assert rules_of(read_payload(text({**inline(), longest: 1}))) == {"payload-schema"}
    received = read_payload(text({f"{longest}k": 1, **inline()}))
    assert [(issue.rule_id, issue.location.offset, issue.message) for issue in received.issues] == [
        ("json-depth", 1, f"a key with over {MAX_JSON_STRING_BYTES:,} bytes; the rest is not read")
    ]


def test_short_strings_that_take_too_much_together_end_the_reading() -> None:
    strings = ["a" * (MAX_JSON_KEPT_BYTES // 64)] * 64
    assert rules_of(read_payload(text([inline(), *strings[1:], LONG]))) == {"payload-schema"}
    issue = read_payload(text([*strings, "a"])).issues[0]
    assert (issue.rule_id, issue.message) == (
        "json-depth",
        "over 16,777,216 bytes of keys and short strings; the rest is not read",
    )


@pytest.mark.parametrize("inside", ["x", "data"])
def test_a_text_with_one_emoji_takes_no_more_memory_than_its_bytes(inside: str) -> None:
    body = text({inside: LONG * 10 + "\U0001f600\n"})
    tracemalloc.start()
    try:
        read_json(body, Log())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1.3 * len(body) + 9 * 1024 * 1024  # a piece has four bytes for each character


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a body have 1,000 bytes other than base64 of at most 4,000 characters each."""
    monkeypatch.setattr(request_body, "MAX_BODY_TEXT_BYTES", 1000)
    monkeypatch.setattr(request_body, "MAX_BASE64_CHARS", 4000)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("piece", [1, 7, 100, 1 << 20])
@pytest.mark.parametrize("indent", [None, 2])
def test_a_body_may_have_any_number_of_skills_of_the_largest_size(
    piece: int, indent: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_body, "_CHUNK", piece)
    short = {"source": {"data": "A" * 4000}}
    body = json.dumps([short] * 12, indent=indent).encode()
    assert read_body(io.BytesIO(body), "body.json") == body
    assert read_body(io.BytesIO(body[9:]), "body.json", body[:9]) == body
    longer = json.dumps([{"source": {"data": "A" * 4000}}, {"x": "A" * 1001}]).encode()
    with pytest.raises(NotASkillError, match=r"body.json has over 1,000 bytes other than the base64 of skills"):
        read_body(io.BytesIO(longer), "body.json")


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    "body",
    [
        b'{"data":"' + b"A" * 5001 + b'"}',  # 4,000 of these count as base64
        b'{"data":"A","x":"' + b"A" * 1001 + b'"}',
        b'{"data":[' + b"1," * 501 + b"1]}",
        b'{"daten":"' + b"A" * 1001 + b'"}',
        b" " * 1001 + b'{"data":"A"}',
    ],
)
def test_what_is_not_base64_of_a_length_that_the_api_takes_counts(body: bytes) -> None:
    with pytest.raises(NotASkillError, match="other than the base64 of skills"):
        read_body(io.BytesIO(body), "body.json")


class Endless(io.RawIOBase):
    """A file without an end, which counts what is read of it."""

    def __init__(self, part: bytes) -> None:
        self.part, self.taken = part, 0

    def read(self, size: int = -1) -> bytes:
        self.taken += size
        return (self.part * (size // len(self.part) + 1))[:size]


@pytest.mark.parametrize("part", [b"a", b'"data":"', b'"data":"",', b"[", b"\0"])
def test_no_more_of_a_body_is_read_than_it_takes_to_refuse_it(part: bytes) -> None:
    file = Endless(part)
    with pytest.raises(NotASkillError, match="over 83,886,080 bytes other than the base64 of skills"):
        read_body(cast("BinaryIO", file), "body.json")
    assert file.taken <= MAX_BODY_TEXT_BYTES + MAX_BASE64_CHARS


@pytest.mark.parametrize("command", ["check", "attest"])
def test_a_file_that_is_too_large_for_a_body_is_refused_with_the_reason(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with Path("body.json").open("wb") as file:
        file.write(GOOD)
        file.truncate(MAX_BODY_TEXT_BYTES + 2048)
    assert main([command, "body.json"]) == 2
    assert "error: body.json has over 83,886,080 bytes other than the base64 of skills" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("begin", "message"),
    [
        (GOOD, "<stdin> has over 83,886,080 bytes other than the base64 of skills"),
        (b"PK\x03\x04", "<stdin>: the zip has over the 52,690,944 bytes that the API takes"),
    ],
)
def test_no_more_of_stdin_is_read_than_it_takes_to_refuse_it(
    begin: bytes, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with Path("input").open("wb") as file:
        file.write(begin)
        file.truncate(200 << 20)
    with Path("input").open("rb") as file:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(file))
        assert main(["check", "-"]) == 2
        assert file.tell() < MAX_BODY_TEXT_BYTES + (2 << 20)
    assert message in capsys.readouterr().err


SPACE: Final = "white space in the base64; not every reader skips them"
URL_SAFE: Final = "of the URL-safe alphabet, which has - and _ in place of + and /"
JOINED: Final = "padding before the end: two base64 texts may have been joined"
CUT: Final = "the base64 is cut off: one character is left after groups of four"
BITS: Final = "the last character has bits that belong to no byte: other base64 states the same bytes"
AT_THE_END: Final = "at the end; there should be"
INVALID: Final = "base64-invalid"
OTHER: Final = "base64-not-canonical"

# the data, and of each problem of it the rule, the index and the message
BASE64_WORDS: Final[dict[str, list[tuple[str, int, str]]]] = {
    "": [(INVALID, 0, "the data is empty")],
    "data:*": [(INVALID, 0, "the data is a data URL, not base64 alone")],
    "DATA:,": [(INVALID, 0, "the data is a data URL, not base64 alone")],
    "datas*": [(INVALID, 5, "1 byte that base64 does not have")],
    "A**A": [(INVALID, 1, "2 bytes that base64 does not have")],
    "A": [(INVALID, 0, CUT)],
    "AAAAA": [(INVALID, 4, CUT)],
    "AAAAA=": [(INVALID, 5, CUT)],
    "AA": [(OTHER, 1, f"0 padding characters (=) {AT_THE_END} 2")],
    "AAA": [(OTHER, 2, f"0 padding characters (=) {AT_THE_END} 1")],
    "AA=": [(INVALID, 2, f"1 padding character (=) {AT_THE_END} 2")],
    "AA===": [(INVALID, 4, f"3 padding characters (=) {AT_THE_END} 2")],
    "AAAA=": [(INVALID, 4, f"1 padding character (=) {AT_THE_END} 0")],
    "AA=A": [(INVALID, 2, JOINED)],
    "AA==AA==": [(INVALID, 3, JOINED)],
    "AB==": [(OTHER, 1, BITS)],
    "AAAAAAB=": [(OTHER, 6, BITS)],
    "AA==\n": [(OTHER, 4, f"1 character of {SPACE}")],
    "\nAB==": [(OTHER, 0, f"1 character of {SPACE}")],
    "A\t AA\r\n": [(OTHER, 1, f"4 characters of {SPACE}"), (OTHER, 6, f"0 padding characters (=) {AT_THE_END} 1")],
    "AA ==AA": [(OTHER, 2, f"1 character of {SPACE}"), (INVALID, 4, JOINED)],
    "A-__": [(OTHER, 1, f"3 characters {URL_SAFE}")],
    "A-": [(OTHER, 1, f"1 character {URL_SAFE}"), (OTHER, 1, f"0 padding characters (=) {AT_THE_END} 2")],
    "A_B=": [(OTHER, 1, f"1 character {URL_SAFE}")],
    "A*-\n": [
        (INVALID, 1, "1 byte that base64 does not have"),
        (OTHER, 3, f"1 character of {SPACE}"),
        (OTHER, 2, f"1 character {URL_SAFE}"),
    ],
}


@pytest.mark.parametrize("data", BASE64_WORDS)
def test_each_problem_of_the_base64_is_reported_with_its_byte(data: str) -> None:
    body = text(inline("DATA")).replace(b'"DATA"', f'"{data}"'.encode())
    begin = body.index(b'"data":"') + len(b'"data":"')
    reported = [issue for issue in read_payload(body).issues if issue.rule_id.startswith("base64")]
    assert [
        (issue.rule_id, issue.location.offset and issue.location.offset - begin, issue.message) for issue in reported
    ] == BASE64_WORDS[data]


def test_a_dict_is_judged_like_its_json() -> None:
    for changes in ({}, {"name": 1}, {"type": "x"}, {"extra": 1}, {"source": None}, {"source": {"data": None}}):
        body = inline(**changes)
        assert set(read_inline_skill(body).issues) == set(read_payload(text([body])).issues) or changes
        assert bool(read_inline_skill(body).issues) == bool(changes)
    for data in ("", DATA + "\n", "UEs", "é" * 4, "\ud800AAA"):
        received = read_inline_skill(inline(data))
        assert rules_of(received) <= {"base64-invalid", "base64-not-canonical"}
        assert received.issues
    assert problems(read_inline_skill(inline(name="\ud800"))) == {"/name": "name is not Unicode"}
    numbered: dict[Any, Any] = {1: 2, **inline()}
    assert read_inline_skill(numbered).issues


def test_a_name_or_description_that_is_not_in_the_manifest_is_reported() -> None:
    (skill,) = read_payload(text(container())).skills
    assert list(compare_names(skill, "demo", "What it does.")) == []
    assert [issue.location.pointer for issue in compare_names(skill, "Demo", "What it does. ")] == [
        "/skills/0/name",
        "/skills/0/description",
    ]
    (long,) = read_payload(text(inline(name=SECRET * 10, description=SECRET))).skills
    issues = list(compare_names(long, "demo", "s3ntinel"))
    assert [issue.message.endswith("from character 9 on") for issue in issues] == [False, True]
    assert all(len(issue.message) < 150 for issue in issues)


CASES: Final = [*json_cases(), *base64_cases()]


def test_there_are_enough_malformed_bodies() -> None:
    assert len({body for _, body in CASES}) >= 1000
    assert {rule for rule, _ in CASES} == {id for id in RULES if id.startswith(("json", "base64"))} - {
        "base64-too-long"
    }


@pytest.mark.parametrize("at", range(0, len(CASES), 50))
def test_a_malformed_body_has_its_finding_and_no_message_shows_a_value(at: int) -> None:
    for rule, body in CASES[at : at + 50]:
        received = read_payload(body)
        assert rule in rules_of(received), body
        shown = everything_shown(received)
        assert not any(value in shown for value in SHOWN), body
        assert shown.isprintable()


def everything_shown(received: Received) -> str:
    report = run_rules(None, "body.json", {}, lambda _: None, received.issues)
    findings = " ".join(f"{finding} {finding.location.pointer!r} {finding.hint}" for finding in report)
    return f"{findings} {received!r} {received.issues!r}"


def test_each_takes_less_than_50_ms_of_processor_time() -> None:
    read_payload(GOOD)  # imports
    for body in (body for _, body in CASES if len(body) < 10_000):
        expect_at_most(best_of(3, partial(read_payload, body)), 0.05)


@pytest.mark.parametrize("number", range(50))
def test_a_secret_in_any_place_is_not_shown(number: int) -> None:
    chance = random.Random(number)
    body = text(container())
    for _ in range(3):
        at, end = sorted(chance.sample(range(len(body)), 2))
        piece = chance.choice((b'"' + SECRET.encode() + b'"', SECRET.encode(), b'"x":', b"", b"}", b"[", body[at:end]))
        body = body[:at] + piece + body[chance.choice((at, min(end, at + 9))) :]
    shown = [str(issue.message) for issue in read_payload(body).issues]
    assert not any(SECRET in message and "known key" not in message for message in shown), body


HOSTILE: Final[dict[str, Callable[[int], bytes]]] = {
    "brackets": lambda n: b"[" * n,
    "pairs": lambda n: b"[" + b"[]," * n,
    "quotes": lambda n: b'"' + b'\\"' * n,
    "backslashes": lambda n: b'["' + b"\\" * n + b'"]',
    "escapes": lambda n: b'["' + b"\\u0041" * n + b'"]',
    "half surrogates": lambda n: b'["' + b"\\ud800" * n + b'"]',
    "strings with one": lambda n: b"[" + b'"\\ud800",' * (n // 10) + b"1]",
    "digits": lambda n: b"[" + b"9" * n + b"]",
    "numbers": lambda n: b"[" + b"9" * 900 + b"," + (b"9" * 900 + b",") * (n // 900) + b"1]",
    "constants": lambda n: b"[" + b"NaN," * (n // 4) + b"1]",
    "white space": lambda n: b"[" + b" \n" * n + b"1]",
    "control characters": lambda n: b'["' + b"\n" * n + b'"]',
    "a long key": lambda n: b'{"' + b"k" * n + b'":1,"' + b"k" * n + b'":1}',
    "one key": lambda n: b"{" + b'"k":1,' * (n // 6) + b'"k":1}',
    "unknown keys": lambda n: text(container(**{f"k{number}": 0 for number in range(n // 10)})),
    "not UTF-8": lambda n: b'["' + b"\xff" * n + b'"]',
    "padding": lambda n: text(inline("=" * n)),
    "foreign bytes": lambda n: text(inline("*" * n)),
    "wrapped": lambda n: text(inline("AAAA\n" * (n // 5))),
    "wrong types": lambda n: text(container(skills=[0] * (n // 10))),
    "domains": lambda n: text(container(network_policy={"type": "allowlist", "allowed_domains": ["a"] * (n // 10)})),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_four_times_the_input_takes_about_four_times_the_time(name: str) -> None:
    small, large = HOSTILE[name](20_000), HOSTILE[name](80_000)
    assert read_payload(large).issues or name in ("numbers", "domains")
    base = best_of(3, lambda: read_payload(small))
    assert best_of(3, lambda: read_payload(large)) < 8 * base + 0.05


LARGEST: Final = """
import sys, time
from skillpack.sources.request_body import read_payload
read_payload(b'{"type":"inline"}')  # imports
def peak():
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]) * 1024
before = peak()
body = open(sys.argv[1], "rb").read()
begin = time.process_time()
received = read_payload(body)
took = time.process_time() - begin
sizes = [len(skill.read()) for skill in received.skills]
print(took, peak() - before, len(received.issues), *sizes)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
@pytest.mark.parametrize(
    ("change", "most_memory"),
    [
        (lambda body: body, 1.85),  # the body and the zip
        (lambda body: body.replace(b'"What', '"é What'.encode()), 1.85),
        (lambda body: body.replace(b"/", b"\\/"), 5.5),
        (lambda body: body[:-100] + b"*" + body[-99:], 3),
    ],
    ids=["plain", "not ASCII", "escaped", "broken"],
)
def test_the_largest_body_takes_less_than_a_second_and_little_memory(
    change: Callable[[bytes], bytes], most_memory: float, tmp_path: Path
) -> None:
    zip = random.Random(0).randbytes(MAX_BASE64_CHARS // 4 * 3)
    (tmp_path / "body.json").write_bytes(change(text(inline(base64.b64encode(zip).decode()))))
    tries = []
    for _ in range(3):
        command = [sys.executable, "-c", LARGEST, str(tmp_path / "body.json")]
        done = subprocess.run(
            command, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True
        )
        took, memory, issues, *sizes = done.stdout.split()
        assert sizes == ([str(len(zip))] if issues == "0" else [])
        tries.append((float(took), int(memory) / MAX_BASE64_CHARS))
    print(tries)
    expect_at_most(min(took for took, _ in tries), 1)
    assert min(memory for _, memory in tries) < most_memory


def test_what_was_received_shows_neither_data_nor_secrets_and_is_not_pickled() -> None:
    received = read_payload(GOOD)
    assert not any(value in repr(received) + str(received.skills) for value in SHOWN)
    with pytest.raises(TypeError, match="memoryview"):
        pickle.dumps(received)


@pytest.mark.parametrize(
    ("module", "name", "definition"),
    [
        ("responses.function_shell_tool_param", "FunctionShellToolParam", "ShellTool"),
        ("responses.container_auto_param", "ContainerAutoParam", "ContainerAutoParam"),
        ("responses.local_environment_param", "LocalEnvironmentParam", "LocalEnvironmentParam"),
        ("responses.local_skill_param", "LocalSkillParam", "LocalSkillParam"),
        ("responses.container_reference_param", "ContainerReferenceParam", "ContainerReferenceParam"),
        ("beta.hosted_skill_param", "HostedSkillParamSkillReference", "HostedSkillReferenceParam"),
    ],
)
def test_the_schema_has_the_keys_of_the_official_sdk(module: str, name: str, definition: str) -> None:
    pytest.importorskip("openai")
    shape = getattr(pytest.importorskip(f"openai.types.{module}"), name)
    path = ROOT / "skillpack" / "schemas" / "received-bodies.schema.json"
    schema = json.loads(path.read_text("utf-8"))["$defs"][definition]
    keys = shape.__annotations__
    assert schema["properties"].keys() == keys.keys()
    assert set(schema["required"]) == {key for key, kind in keys.items() if "Required[" in str(kind)}


def test_an_argument_of_another_type_is_refused() -> None:
    with pytest.raises(TypeError, match="must be the bytes of a JSON text, not str"):
        read_payload("{}")  # type: ignore[arg-type]


def test_bytes_of_any_kind_are_read() -> None:
    assert read_payload(bytearray(GOOD)).skills == read_payload(memoryview(GOOD)).skills
