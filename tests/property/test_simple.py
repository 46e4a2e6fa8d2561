"""What is read without PyYAML is what PyYAML reads."""

from __future__ import annotations

from typing import Final

import pytest
import yaml
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from skillpack.frontmatter.nodes import TEXT, resolve_types
from skillpack.frontmatter.parse import Block, _parse_yaml
from skillpack.frontmatter.simple import read_simple

GOOD: Final = st.sampled_from(
    [*"-,[]{}!&*%@`|>?~=.a1Z", "#a", ":a", " a", " -", " :a", "null", "yes", " ", "a", "Use "]
)
ODD: Final = st.sampled_from([*" :#'\"\\\n\t\r\u00e9\u2028\u2029\ufeff\ufffe\uffff\U0001f600", "a: b", " #", "\\n"])
PIECES: Final = st.one_of(*[GOOD] * 9, ODD)
QUOTES: Final = ("'", '"')
VALUES: Final = st.builds(
    lambda quote, text, end: f"{quote}{text}{quote if end and quote in QUOTES else ''}",
    st.sampled_from(["", "a", "A", "b", "'", '"']),
    st.lists(PIECES, max_size=8).map("".join),
    st.sampled_from([True, True, True, False]),
)
KEYS: Final = st.sampled_from(
    [*["name", "description", "allowed-tools", "a-b"] * 5, "a", "-", "1a", "a b", "<<", "é", "'a'"]
)
WORDS: Final = st.sampled_from(
    ["y", "Y", "n", "yes", "Yes", "YES", "nO", "On", "off", "true", "False", "null", "NULL", "none", "inf", "nan", "~"]
)
ENDS: Final = st.sampled_from([*["\n"] * 20, " \n", "\r\n", "\n\n", ""])
LINES: Final = st.builds(
    lambda key, sign, value, end: f"{key}{sign}{value}{end}",
    KEYS,
    st.sampled_from([*[": "] * 20, ":", ":  ", " : "]),
    VALUES,
    ENDS,
)
INDENTED: Final = st.builds(
    lambda indent, start, value, end: f"{indent}{start}{value}{end}",
    st.sampled_from([*["  "] * 6, "", " ", "   ", "    "]),
    st.sampled_from([*["a: ", "b_C: ", "- ", ""] * 4, "a:", "-", "- a: ", "- - ", "# "]),
    VALUES,
    ENDS,
)
NESTED: Final = st.builds(
    lambda key, sign, lines: f"{key}:{sign}\n{''.join(lines)}",
    KEYS,
    st.sampled_from(["", "", "", " |", " >", " |-", " >-", " >+", " |2", " # a"]),
    st.lists(INDENTED, max_size=4),
)


@settings(max_examples=2_000)
@given(st.lists(st.one_of(LINES, NESTED), max_size=3).map("".join), st.integers(0, 9))
@example("name: a\ndescription: Use it: now\n", 4)
@example("name: a#b\ndescription: 'x'\n", 4)
def test_a_simple_frontmatter_has_the_fields_and_places_that_pyyaml_gives_it(text: str, start: int) -> None:
    fields = read_simple(text, start)
    if fields is not None:
        assert fields == _parse_yaml(Block(text, start, start + len(text)))


@pytest.mark.parametrize(
    "text",
    [
        "name: demo\ndescription: Turns rows into a table. Use when asked for one.\n",
        'name: "demo"\ndescription: "Use when: asked #1"\n',
        "name: 'demo'\ndescription: 'He says \"no\": so'\nlicense: MIT\n",
        "name: demo\ndescription: See https://example.com/a#b, [x], {y} & z\nallowed-tools: Read, Bash(git:*)\n",
        "name: demo \nversion: 1.0\nargument-hint: <caf\u00e9>\nlicense: \u00a9 caf\u00e9\n",
        "name: demo\nmetadata:\n    author: caf\u00e9\n    more:\n        version: '1'\nlicense: MIT\n",
        "name: demo\nallowed-tools:\n  - Read\n  - 'Write'\ntags:\n- a\n- b\n",
        "name: demo\ndescription: >\n  Turns rows\n\n  into a caf\u00e9.\nlicense: MIT\n",
        "name: demo\ndescription: >-\n  Turns: rows\n  into #1\n",
        "name: demo\ndescription: |\n  Turns\n    rows\n\n  into a table\n",
    ],
)
def test_a_common_frontmatter_is_simple(text: str) -> None:
    assert read_simple(text, 4) == _parse_yaml(Block(text, 4, 4 + len(text)))


@pytest.mark.parametrize(
    "text",
    [
        *("", "\n", "name: demo", "name: demo\n\n", "name: demo\n# comment\n", "name: demo\r\n", "name:\tdemo\n"),
        *("name: demo:\n", "name: demo: a\n", "name: demo #1\n", "name: demo\nname: demo\n"),
        *(
            "name: demo\n  more\n",
            "name:\n",
            "name: |\n  a\n\n",
            "name: |\n\n  a\n",
            'name: "a\\n"\n',
            "name: 'it''s'\n",
        ),
        *(
            "name:\n  a: 1\n b: 2\n",
            "name:\n  - a: 1\n",
            "name:\n  -\n",
            "name: a\n- b\n",
            "- a\n",
            "  name: a\n b: c\n",
        ),
        *("name: >\n  a\n   b\n", "name: >\n  a \n  b\n", "name: |\n   a\n  b\n", "name: |\n", "name: |+\n  a\n"),
        *("name:\n" + "".join(f"{' ' * at}a:\n" for at in range(1, 9)) + " " * 9 + "a: b\n", "a: b\n" * 300),
        *("name: a\u2028b\n", "name: a\u2029\n", "name: a\ufffeb\n", "name: '\uffff'\n", "name: |\n  \ufeffa\n"),
        *("name: *a\n", "name: !x a\n", "name: [a]\n", "name: caf\u00e9:\n", 'name: "a" b\n', "name: demo\n...\n"),
    ],
)
def test_anything_else_is_left_to_pyyaml(text: str) -> None:
    assert read_simple(text, 4) is None


@settings(max_examples=1_000)
@given(st.one_of(st.text(st.sampled_from("yYesnNoOfFtTrRuUlLaA.10-_:+ein"), max_size=9), st.text(max_size=9), WORDS))
def test_the_type_of_a_text_is_the_one_that_pyyaml_resolves(value: str) -> None:
    assume(value[:1] not in tuple("!&*"))  # no plain scalar starts with these
    resolvers = yaml.SafeLoader.yaml_implicit_resolvers.get(value[:1], ())
    assert (resolve_types(value)[0] == TEXT) == (not any(pattern.match(value) for _, pattern in resolvers))
