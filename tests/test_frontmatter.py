from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
import yaml

from skillpack.frontmatter import (
    MAX_DEPTH,
    Fields,
    Frontmatter,
    Items,
    Node,
    Text,
    quote,
    read_frontmatter,
    read_intended,
    read_lines,
)
from tests.bounds import best_of, expect_at_most, processor_time

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(autouse=True, params=["C", "Python"])
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run each test with both of PyYAML's loaders."""
    if request.param == "Python":
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    elif not hasattr(yaml, "CSafeLoader"):
        pytest.skip("this PyYAML has no C loader")


def _file(front: str) -> bytes:
    return f"---\n{front}---\n# Body\n".encode("utf-8", "surrogatepass")


def _read(front: str) -> Frontmatter:
    found, issues = read_frontmatter(_file(front))
    assert found is not None, issues
    return found


def _said(content: bytes | str) -> list[str]:
    found, issues = read_frontmatter(_file(content) if isinstance(content, str) else content)
    assert (found is None) == bool(issues)
    return [f"{each.location.line}:{each.location.column} {each.rule_id}: {each.message}" for each in issues]


def plain(node: Node) -> object:
    """Return what PyYAML's BaseLoader makes of the same: texts, lists and dicts."""
    if isinstance(node, Text):
        return node.value
    if isinstance(node, Items):
        return [plain(value) for value in node.values]
    return {field.key.value: plain(field.value) for field in node.entries}


def test_values_are_those_of_the_text_before_any_type_is_guessed() -> None:
    read = _read("name: on\ndescription: 010\ndate: 2026-01-01\nnull: ~\n")
    assert plain(read.fields) == {"name": "on", "description": "010", "date": "2026-01-01", "null": "~"}
    assert yaml.safe_load("name: on")["name"] is True  # what the usual way makes of it


def test_a_null_is_no_name() -> None:
    for null in ("", " ~", " null", " NULL"):
        assert _read(f"name:{null}\n").name is None
    assert _read("name: 'null'\n").name == "null"


def test_each_style_is_told_apart() -> None:
    read = _read("a: x\nb: 'x'\nc: \"x\"\nd: |\n  x\ne: >-\n  x\nf: [x]\ng: {h: x}\n")
    styles = [field.value.style for field in read.fields.entries if isinstance(field.value, Text)]
    assert styles == ["plain", "single", "double", "literal", "folded"]
    assert [field.value.flow for field in read.fields.entries if isinstance(field.value, Items | Fields)] == [
        True,
        True,
    ]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("before", ["", "\u00e9: \u4e16\U0001f600\n"])
def test_places_are_those_of_the_bytes(line_end: str, before: str) -> None:
    content = _file(before + 'name: demo\nlicense: "\u00e9"\n').replace(b"\n", line_end.encode())
    read, _ = read_frontmatter(content)
    assert read is not None
    for key, source in (("name", "demo"), ("license", '"\u00e9"')):
        field = read.fields.get(key)
        assert field is not None
        span = field.value.span
        assert content[span.start : span.end].decode() == source
        line = content.decode().split(line_end)[span.line - 1]
        assert line[span.column - 1 : span.end_column - 1] == source
        assert content[field.key.span.start : field.key.span.end].decode() == key


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "1:1 frontmatter-missing: the file is empty"),
        (b"# Demo\n", "1:1 frontmatter-missing: the file does not start with a line of ---"),
        (b"# Demo\n\n---\n\nA rule\n", "1:1 frontmatter-missing: the file does not start with a line of ---"),
        (b"----\nname: a\n----\n", "1:1 frontmatter-missing: the file does not start with a line of ---"),
        (b"\n---\nname: a\n---\n", "2:1 frontmatter-not-first: the frontmatter starts on line 2, not on line 1"),
        (
            b" ---\nname: a\n---\n",
            "1:1 frontmatter-not-first: the first line is indented; it must be exactly ---",
        ),
        (
            b"---\nname: a\n",
            "2:1 frontmatter-unclosed: the frontmatter is not closed by a line of ---; it seems to end here",
        ),
        (b"---\nname: a\n ---\n", "3:1 frontmatter-unclosed: the frontmatter is not closed: line 3 is not exactly ---"),
        (b"---", "1:1 frontmatter-unclosed: the frontmatter is not closed by a line of ---"),
        (b"\xff\xfe-\0-\0-\0", "1:1 frontmatter-encoding: the file is UTF-16, not UTF-8"),
        (b"-\0-\0-\0", "1:1 frontmatter-encoding: the file is UTF-16, not UTF-8"),
        (b"\xff\xfe\0\0-\0\0\0", "1:1 frontmatter-encoding: the file is UTF-32, not UTF-8"),
        (b"\0--\n", "1:1 frontmatter-encoding: the file starts with a NUL"),
        (b"---\rname: a\r---\r", "1:4 frontmatter-encoding: lines end in a carriage return without a line feed"),
        (
            b"---\nname: a\nb: \xc3\xa9\xe9\n---\n",
            "3:5 frontmatter-encoding: the frontmatter is not UTF-8: byte 0xe9 is invalid here",
        ),
        (b"---\na: \0\n---\n", "2:4 frontmatter-encoding: the frontmatter contains U+0000, a NUL"),
        (b"---\na: \x1b[31m\n---\n", "2:4 frontmatter-encoding: the frontmatter contains U+001B, a control character"),
    ],
)
def test_what_is_no_frontmatter_is_said(content: bytes, said: str) -> None:
    assert _said(content) == [said]


@pytest.mark.parametrize("char", ["\x85", "\u2028", "\u2029", "\ufeff", "\x7f", "\ud800", "\uffff", "\r"])
def test_characters_on_which_readers_differ_are_refused(char: str) -> None:
    (said,) = _said(f"name: a{char}b\n")
    assert "2:8 frontmatter-encoding" in said


def test_behind_a_byte_order_mark_the_rest_is_judged_as_well() -> None:
    content = b"\xef\xbb\xbf" + _file("name: demo\ndescription: a: b\n")
    _, (mark, colon) = read_frontmatter(content)
    assert (mark.rule_id, colon.rule_id) == ("frontmatter-bom", "yaml-unquoted-colon")
    (edit,) = colon.edits
    assert content[edit.start : edit.end] == b"a: b"
    found = read_intended(content)
    assert found is not None
    assert (found.name, found.description) == ("demo", "a: b")


BROKEN: Final = {
    "a: b: c": '2:4 yaml-unquoted-colon: unquoted value contains ": ", which YAML reads as a mapping',
    "a: b\n  c: d": '3:3 yaml-unquoted-colon: unquoted value contains ": ", which YAML reads as a mapping',
    "a: b:\n  - c": "2:4 yaml-unquoted-colon: a line of the value ends with a colon, which YAML reads as a key",
    "m:\n  x: a: b": '3:6 yaml-unquoted-colon: unquoted value contains ": ", which YAML reads as a mapping',
    "a: @b": "2:4 yaml-leading-indicator: the value starts with @, which has a special meaning in YAML",
    "a: `b`": "2:4 yaml-leading-indicator: the value starts with a backquote, which has a special meaning in YAML",
    "a: %b": "2:4 yaml-leading-indicator: the value starts with %, which has a special meaning in YAML",
    "a: *b*": "2:4 yaml-leading-indicator: the value starts with *, which has a special meaning in YAML",
    "a: &b c": "2:4 yaml-alias: a YAML anchor (&) that nothing refers to",
    "a: & c": "2:4 yaml-leading-indicator: the value starts with &, which has a special meaning in YAML",
    "a: !b c": "2:4 yaml-leading-indicator: the value starts with !, which has a special meaning in YAML",
    "a: > b": "2:4 yaml-leading-indicator: the value starts with >, which has a special meaning in YAML",
    "a: | b": "2:4 yaml-leading-indicator: the value starts with |, which has a special meaning in YAML",
    "a: [b] c": "2:4 yaml-leading-indicator: the value starts with [, which has a special meaning in YAML",
    "a: {b} c": "2:4 yaml-leading-indicator: the value starts with {, which has a special meaning in YAML",
    "a: - b": "2:4 yaml-leading-indicator: the value starts with -, which has a special meaning in YAML",
    "a: [b": "2:4 yaml-syntax: the [ that opens here is never closed, or its content is not YAML",
    "a: 'b": "2:4 yaml-syntax: the ' that opens here is never closed",
    'a: "b': '2:4 yaml-syntax: the " that opens here is never closed',
    "a: 'b's c'": "2:7 yaml-syntax: text follows the closing '; YAML ends the value there",
    'a: "b\\d"': "2:6 yaml-syntax: a backslash in double quotes starts an escape, but YAML has no such escape",
    "name:b\nc: d": "2:5 yaml-syntax: no space after the colon of name",
    "a: b\nc\nd: e": "3:1 yaml-syntax: the line is neither `key: value` nor indented as part of the value above",
    "a: b\n]": "3:1 yaml-syntax: this ] closes nothing",
    'a: "b\\""\n@c': "3:1 yaml-syntax: the line is neither `key: value` nor indented as part of the value above",
    'a: "\\xZ"': "2:5 yaml-syntax: a backslash in double quotes starts an escape, but YAML has no such escape",
    **{
        f"a: {value}": "2:4 yaml-leading-indicator: "
        f"the value starts with {value[0]}, which has a special meaning in YAML"
        for value in (
            *("{{b c}}", "{{b}}-c", "{{b}} c", "{{b}}-{{c}}", "{{b}}: c", "{{b}} # c", "{{b}}\n  c", "{b}-c", "{b}{c}"),
            *("{b: c}-d", "[b]-c", "[b]: c", "[b][c]"),
        )
    },
    "a: b\n name: c": "3:2 yaml-syntax: name is indented, so it belongs to the value above",
    "\ta: b": "2:1 yaml-syntax: a tab outside quotes; some YAML parsers accept only spaces here",
    "a:\tb": "2:3 yaml-syntax: a tab outside quotes; some YAML parsers accept only spaces here",
    "a: b\tc": "2:5 yaml-syntax: a tab outside quotes; some YAML parsers accept only spaces here",
    "a: 'b\nc'": "3:1 yaml-syntax: this line continues the value above; some YAML parsers need more indentation",
    "m:\n  a: [b,\n  c]": "4:1 yaml-syntax: "
    "this line continues the value above; some YAML parsers need more indentation",
    "- a": "2:1 yaml-syntax: the frontmatter has no `key: value`",
    "? [a]\n: b": "2:3 yaml-syntax: a key is a list or a mapping, not a text",
    "a: b\na: c": "3:1 yaml-duplicate-key: this key is already on line 2",
    "a: &x b\nc: *x": "2:4 yaml-alias: a YAML anchor (&)",
    "<<: {a: b}": "2:1 yaml-alias: a YAML merge key (<<)",
    "a: !!str b": "2:4 yaml-tag: a YAML tag (!)",
    "a: b\n...\nc: d": "3:1 yaml-several-documents: the YAML document ends here, and more follows",
    "a: b\n--- c": "3:1 yaml-several-documents: a second YAML document starts here",
}


@pytest.mark.parametrize("front", BROKEN)
def test_what_is_broken_is_said_in_our_words_at_its_place(front: str) -> None:
    assert _said(f"{front}\n") == [BROKEN[front]]


HINTS: Final = {
    "description: 'Don't do x'": 'write description: "Don\'t do x"',
    'description: "Say "hi" to x"': "write description: 'Say \"hi\" to x'",
    'description: "a" or "b"': 'write description: \'"a" or "b"\'',
    "description: a b c\nd e f": 'description: "a b c d e f"',
    "description: |\na b c": "indent it",
    "x:\n  - *a* b": '- "*a* b"',
    "- name: a\n- description: b": "delete the hyphens, and start each key in column 1",
    "name = a": "write `name: `",
    "name:a\nb: c": "add a space after the colon",
    "name:\u00a0a\nb: c": "replace it with a space",
    "a: &x b": "delete it",
    "m:\n\ta: b": "indent it with spaces",
}


@pytest.mark.parametrize("front", HINTS)
def test_the_hint_is_what_to_write(front: str) -> None:
    _, issues = read_frontmatter(_file(f"{front}\n"))
    assert [issue.hint for issue in issues] == [HINTS[front]]


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        ("# Demo\n\n```yaml\n---\nname: a\n---\n```\n", "frontmatter-missing"),
        ("# Demo\n\n~~~~\n~~~\n---\nname: a\n---\n~~~~\n", "frontmatter-missing"),
        ("# Demo\n\n---\nNote: a\n---\n", "frontmatter-missing"),
        ("# Demo\n\n---\nname: a\n---\n", "frontmatter-not-first"),
        ("---\n\n# Demo\n\nSome text.\n\n---\n", "frontmatter-missing"),
    ],
)
def test_other_lines_of_hyphens_are_no_frontmatter(content: str, rule: str) -> None:
    _, issues = read_frontmatter(content.encode())
    assert [issue.rule_id for issue in issues] == [rule]


@pytest.mark.parametrize(
    ("front", "rules"),
    [
        ("name: a\n\n# about\ntags: b\n\n# more\nx: [a\n", {"yaml-syntax"}),
        ("name: a\n# about\n\ndescription: b: c\n", {"yaml-unquoted-colon"}),
        ("name: a\ndescription: b c d\n\ne f g\nlicense: MIT\n", {"yaml-syntax"}),
        ("name: a\ndescription: b: c\n\n# Title\n\nText.\n", {"yaml-unquoted-colon", "frontmatter-unclosed"}),
    ],
)
def test_comments_and_empty_lines_do_not_end_a_frontmatter(front: str, rules: set[str]) -> None:
    _, issues = read_frontmatter(_file(front))
    assert {issue.rule_id for issue in issues} == rules


@pytest.mark.parametrize(
    "content", ["---\nname: a\n".encode("utf-16"), b"-\0-\0-\0\n\0", b"---\0\n", b"---\rname: a\r"]
)
def test_a_file_in_another_encoding_is_not_quoted(content: bytes) -> None:
    _, (issue,) = read_frontmatter(content)
    assert (issue.rule_id, issue.quotable) == ("frontmatter-encoding", False)
    assert issue.hint


def test_a_field_that_lost_its_line_break_is_hinted_at() -> None:
    _, (issue,) = read_frontmatter(_file("description: Ships parcels.license: MIT\n"))
    assert (
        issue.hint == 'description: "Ships parcels.license: MIT", or start a new line with license if that is a field'
    )


def test_tabs_in_quotes_blocks_and_comments_do_no_harm() -> None:
    assert plain(_read("a: 'b\tc' #\td\ne: |\n  f\tg\n#\th\n").fields) == {"a": "b\tc", "e": "f\tg\n"}


def test_each_broken_value_is_told_and_what_was_meant_is_known() -> None:
    front = "name: demo\r\ndescription: a: b\r\nlicense: @c\r\ncompatibility: x\r\n"
    _, issues = read_frontmatter(_file(front))
    assert [each.rule_id for each in issues] == ["yaml-unquoted-colon", "yaml-leading-indicator"]
    found = read_intended(_file(front))
    assert found is not None
    assert plain(found.fields) == {"name": "demo", "description": "a: b", "license": "@c", "compatibility": "x"}


def test_one_broken_value_below_many_sound_ones_takes_two_readings() -> None:
    front = _file("".join(f"k{number}: v\n" for number in range(2_000)) + "z: u: v\n")
    with processor_time(2):
        _, issues = read_frontmatter(front)
    assert [each.location.line for each in issues] == [2_002]


def test_what_is_broken_in_a_nested_list_is_read_again_only_so_often() -> None:
    with processor_time(5):
        _, issues = read_frontmatter(_file("d:\n" + "- x: y: z\n" * 4_000))
    assert {each.rule_id for each in issues} == {"yaml-unquoted-colon"}


@pytest.mark.parametrize(
    ("front", "rule"),
    [
        ("a: " + "[" * 30_000 + "\n", "frontmatter-too-large"),
        ("a: " + "[" * 200 + "\n", "frontmatter-too-large"),
        ("a:\n  " + "- " * 30_000 + "\n", "frontmatter-too-large"),
        ("a: " + "{x: " * 16_000 + "\n", "frontmatter-too-large"),
        ("".join(f"k{number}: v\n" for number in range(100_000)), "frontmatter-too-large"),
        ("a: &a [x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(99)), "yaml-alias"),
        ("a: " + "x" * (1 << 20) + "\n", "frontmatter-too-large"),
        ("a: '" + "x\n" * (1 << 19) + "'\n", "frontmatter-too-large"),
    ],
)
def test_what_is_made_to_hurt_is_refused_at_once(front: str, rule: str) -> None:
    content = _file(front)
    _, issues = read_frontmatter(content)
    assert [each.rule_id for each in issues] == [rule]
    expect_at_most(best_of(7, lambda: read_frontmatter(content)), 0.02)


@pytest.mark.parametrize(("levels", "rules"), [(12, []), (MAX_DEPTH, []), (MAX_DEPTH + 1, ["frontmatter-too-large"])])
@pytest.mark.parametrize(
    "nested",
    [lambda n: "k" + ": {k" * n + ": v" + "}" * n, lambda n: "".join(f"{' ' * at}k:\n" for at in range(n + 1))],
)
def test_a_schema_in_the_metadata_may_nest(nested: Callable[[int], str], levels: int, rules: list[str]) -> None:
    front = "name: a\ndescription: b\n" + nested(levels - 1).rstrip("\n") + "\n"
    _, issues = read_frontmatter(_file(front))
    assert [each.rule_id for each in issues] == rules


@pytest.mark.parametrize(
    "front",
    [
        "a: b: c\na" + " " * 60_000 + "\n",
        'a: "' + "x" * 60_000 + '"\nb\nc: d\n',
        "a: b\n" + "- " * 30_000 + ": c\n",
        "a: '" + "''" * 30_000 + "\n",
        "a: [" + "b, " * 20_000 + "] c\n",
        "a: b: " + "c\n  " * 15_000 + "\n",
    ],
)
def test_no_pattern_takes_the_square_of_the_time(front: str) -> None:
    with processor_time(5):
        assert _said(front)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("plain", '"plain"'),
        ("say: yes", '"say: yes"'),
        ('a "b"', "'a \"b\"'"),
        ("a \\ b", "'a \\ b'"),
        ('it\'s "b"', '"it\'s \\"b\\""'),
        ("a\nb", '"a\\nb"'),
    ],
)
def test_a_text_in_quotes_is_that_text(text: str, line: str) -> None:
    assert quote(text) == line
    assert yaml.safe_load(line) == text


def test_a_line_based_reader_sees_less() -> None:
    text = "name: 'demo'\n# x: y\ndescription: >-\n  Folded: text\nlicense: MIT # really\nempty:\n  wrapped\nno key\n"
    assert read_lines(text) == {"name": "demo", "description": ">-", "license": "MIT # really", "empty": ""}
