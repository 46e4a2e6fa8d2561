"""Which characters in values and texts are reported, and which are allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillpack import check
from skillpack.fixes import apply, find_fixes
from skillpack.rules.text import is_visible
from skillpack.settings import Settings
from skillpack.skill.tree import SkillTree
from tests.bounds import processor_time
from tests.conftest import MANIFEST, make_tree

if TYPE_CHECKING:
    from collections.abc import Callable

CHARACTERS = {
    "field-control",
    "field-invisible",
    "manifest-not-utf8",
    "text-not-utf8",
    "text-control",
    "text-invisible",
}


def said(files: dict[str, bytes]) -> list[str]:
    """Return rule, place and message of the findings about characters."""
    report = check(make_tree(files))
    return [
        f"{each.rule} {each.location.path}:{each.location.line}:{each.location.column} {each.message}"
        for each in report
        if each.rule in CHARACTERS | {"frontmatter-encoding", "description-missing"}
    ]


def described(value: str, *more: str) -> dict[str, bytes]:
    lines = ["---", "name: demo", f"description: {value}", *more, "---", "# Demo", ""]
    return {"SKILL.md": "\n".join(lines).encode()}


@pytest.mark.parametrize(
    ("value", "code"),
    [("\\0", "0000"), ("\\e[31m", "001B"), ("\\r\\n", "000D"), ("\\b", "0008"), ("\\x7f", "007F"), ("\\u009b", "009B")],
)
def test_an_escape_for_a_control_character_is_found_in_the_value_it_makes(value: str, code: str) -> None:
    expected = [f"field-control SKILL.md:3:14 the description contains the control character U+{code}"]
    assert said(described(f'"Shows how.{value} Use when asked."')) == expected
    assert said(described(f"'Shows how.{value} Use when asked.'")) == [], "single quotes know no escapes"


def test_a_line_break_and_a_tab_are_no_control_characters_to_a_value() -> None:
    assert said(described('"Shows how.\\n\\tUse when asked."')) == []


def test_every_key_and_value_is_looked_at() -> None:
    found = said(described("Shows how.", "metadata:", '  "a\\0": "b\\e"', "  list:", '    - "c\\u200b"'))
    assert found == [
        "field-control SKILL.md:5:3 the key contains the control character U+0000",
        "field-control SKILL.md:5:10 the metadata contains the control character U+001B",
        "field-invisible SKILL.md:7:7 the metadata contains the invisible zero-width character U+200B",
    ]


def test_an_unescaped_character_is_reported_once() -> None:
    assert said(described("Shows\u200b how.")) == [
        "text-invisible SKILL.md:3:19 the file contains the invisible zero-width character U+200B"
    ]


@pytest.mark.parametrize(
    "value", ["\\u200b", " \\u3164 ", "\\u2800\\xad", "\\U000E0053\\U000E0041", "\\0", "\\ufe0f\\u2060"]
)
def test_an_invisible_description_counts_as_missing(value: str) -> None:
    message = "description-missing SKILL.md:3:14 the skill has no description: the field has no visible character"
    assert message in said(described(f'"{value}"'))


@pytest.mark.parametrize("value", ["a", "\\u4e16", "\\U0001F468", "\\u0915\\u094d\\u200d\\u0937", "\\u200bx"])
def test_a_description_with_one_visible_character_is_one(value: str) -> None:
    assert not any("description-missing" in line for line in said(described(f'"{value}"')))


@given(st.text())
def test_text_is_visible_if_one_of_its_characters_is(text: str) -> None:
    assert is_visible(text) == any(map(is_visible, text))
    assert not is_visible(text) or text.strip()


def test_bytes_below_the_frontmatter_have_to_be_utf8_too() -> None:
    (line,) = said({"SKILL.md": MANIFEST + "\u65e5\u672c ".encode() + b"\xff\n\xff"})
    assert line.startswith(f"manifest-not-utf8 SKILL.md:{MANIFEST.count(10) + 1}:4 ")


def test_a_cut_character_at_the_end_is_found() -> None:
    assert [line.split()[0] for line in said({"SKILL.md": MANIFEST + b"\xe6\x97"})] == ["manifest-not-utf8"]


@pytest.mark.parametrize("odd", [b"\xe9", b"\0", b"\x1b"])
def test_the_frontmatter_has_a_rule_of_its_own(odd: bytes) -> None:
    found = said({"SKILL.md": MANIFEST.replace(b"demo\n", b"demo" + odd + b"\n", 1)})
    assert [line.split()[0] for line in found] == ["frontmatter-encoding"]


def test_a_file_in_utf16_is_called_that() -> None:
    assert said({"more.md": "# More\n".encode("utf-16")}) == ["text-not-utf8 more.md:1:1 the file is UTF-16, not UTF-8"]
    assert [
        each.excerpt for each in check(make_tree({"more.md": "# More\n".encode("utf-16")})) if each.rule in CHARACTERS
    ] == [None]
    found = said({"SKILL.md": MANIFEST.decode().encode("utf-16")})
    assert [line.split()[0] for line in found] == ["frontmatter-encoding"]


@pytest.mark.parametrize("odd", ["\0", "\b", "\x1b", "\x7f", "\x9b"])
def test_a_control_character_in_markdown_is_found_at_its_place(odd: str) -> None:
    place = "text-control more.MD:2:3 the line contains the control character"
    assert said({"more.MD": f"a\n\u65e5\u672c{odd}b\n".encode()}) == [f"{place} U+{ord(odd):04X}"]


@pytest.mark.parametrize("text", [b"a\tb\r\nc\x0cd", "\u65e5\u672c\xa0\x85".encode(), b"\\x1b[8m"])
def test_breaks_and_tabs_are_fine_in_markdown(text: bytes) -> None:
    assert said({"more.md": text}) == []


def test_only_markdown_is_searched() -> None:
    assert said({"data.bin": b"\0\x1b\xff", "notes.txt": b"\xff\0"}) == []


def _windows(content: bytes) -> str:
    """Return bytes as browsers decode Windows-1252: what it does not define is a control character."""
    return "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in content)


@pytest.mark.parametrize(
    "text", ["a \u2013 b", "é", "\u201equoted\u201c", "表格 and 😀", "x \u2013 y é", "\u201cyes\u201d"]
)
@pytest.mark.parametrize(("times", "word"), [(2, "twice"), (3, "3 times"), (4, "4 times"), (5, "5 times")])
@pytest.mark.parametrize(
    "decode", [lambda content: content.decode("latin-1"), _windows], ids=["Latin-1", "Windows-1252"]
)
def test_what_was_decoded_more_than_once_is_decoded_once(
    text: str, times: int, word: str, decode: Callable[[bytes], str]
) -> None:
    garbled = text
    for _ in range(times - 1):
        garbled = decode(garbled.encode())
    content = f"first\r\nsecond {garbled} end\nthird\n".encode()
    tree = SkillTree.from_files({"SKILL.md": MANIFEST, "more.md": content}, "demo")
    found = [finding for finding in check(tree) if finding.rule == "text-control"]
    for finding in found:
        assert f"decoded {word}" in finding.message
        (edit,) = finding.edits
        fixed = content[: edit.start] + edit.text + content[edit.end :]
        assert fixed.decode() == f"first\r\nsecond {text} end\nthird\n"
    assert bool(found) == any(char in map(chr, range(0x80, 0xA0)) and char != "\x85" for char in garbled)


@pytest.mark.parametrize(
    "text", ["Ä\u201d", "d\xc3\u201d", "Ü\u2122", "\xe0\u0161\u20ac", "\xc2\x80", "a\x9db", "\xe2\x80"]
)
def test_what_only_looks_decoded_twice_is_not_changed(text: str) -> None:
    content = f"{text} beside \x9d\n".encode()
    tree = SkillTree.from_files({"SKILL.md": MANIFEST, "more.md": content}, "demo")
    (finding,) = [finding for finding in check(tree) if finding.rule == "text-control"]
    assert "the line contains the control character" in finding.message
    assert finding.edits == ()


@pytest.mark.parametrize(
    ("garbled", "meant"),
    [
        ("\xc2\x85\xc5\x93", "\x85œ"),
        ("\xc3\x85\xc2\x93\xc5\x93", "œœ"),
        ("\xe2\x80\x99\xc3\xa2\xe2\u201a\xac\xe2\u201e\xa2", "\u2019\u2019"),
        ("x \xe2\x80\x93 y \xc3\xa2\xe2\u201a\xac\xe2\u201e\xa2", "x \u2013 y \u2019"),
    ],
)
def test_parts_that_were_decoded_a_different_number_of_times_are_all_decoded(garbled: str, meant: str) -> None:
    tree = SkillTree.from_files({"SKILL.md": MANIFEST, "more.md": garbled.encode()}, "demo")
    (finding,) = [finding for finding in check(tree) if finding.rule == "text-control"]
    assert [edit.text.decode() for edit in finding.edits] == [meant]


def test_a_line_of_quotes_that_were_decoded_twice_takes_linear_time() -> None:
    line = ("\u201cyes\u201d " * 100_000).encode().decode("cp1252", "replace").replace("\ufffd", "\x9d")
    tree = SkillTree.from_files({"SKILL.md": MANIFEST, "more.md": line.encode()}, "demo")
    with processor_time(2):
        check(tree)


@pytest.mark.parametrize("text", ["Ä\u201d", "Ü\u2122"])
def test_a_quotation_mark_behind_a_letter_stays_beside_what_was_decoded_twice(text: str) -> None:
    content = f"{text} beside \xe2\x80\x93\n".encode()
    tree = SkillTree.from_files({"SKILL.md": MANIFEST, "more.md": content}, "demo")
    (finding,) = [finding for finding in check(tree) if finding.rule == "text-control"]
    assert [edit.text.decode() for edit in finding.edits] == [f"{text} beside \u2013"]


@pytest.mark.parametrize("end", ["", "\n"])
def test_what_was_decoded_twice_in_the_body_of_a_manifest_is_decoded_once(end: str) -> None:
    body = "\n# Demo\n\nHere it\u2019s used.{end}"
    twice = body.format(end=end).encode().decode("latin-1")
    before = SkillTree.from_files({"SKILL.md": MANIFEST + twice.encode()}, "demo")
    after = apply(before, find_fixes(before, Settings())).files[0].read().decode()
    assert after == MANIFEST.decode() + body.format(end="\n")


def test_what_was_decoded_twice_in_a_value_is_not_fixed() -> None:
    twice = "it\u2019s".encode().decode("latin-1")
    text = f"---\nname: demo\ndescription: Fills forms, and {twice} quick. Use it for PDF.\n---\n\nHere {twice} used.\n"
    before = SkillTree.from_files({"SKILL.md": text.encode()}, "demo")
    assert find_fixes(before, Settings()) == ()


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("\u200b```\nx\n\u200b```\n", 0),
        ("\u200b~~~\nx\n~~~\n", 0),
        ("\u200e```mermaid\nx\n\u200f```\n", 0),
        ("\u200e\u200b```\nx\n```\n", 2),
        ("\u200b\u200b```\nx\n```\n", 2),
        ("\u200b`code`\n", 1),
        ("a\u200bb\nc\u200bd \u202e\n", 3),
    ],
)
def test_invisible_characters_are_counted_but_one_before_a_fence(text: str, count: int) -> None:
    found = check(SkillTree.from_files({"SKILL.md": MANIFEST, "more.md": text.encode()}, "demo"))
    messages = [finding.message for finding in found if finding.rule == "text-invisible"]
    assert len(messages) == bool(count)
    assert all(message.endswith(f" and {count - 1} more" if count > 1 else "U+200B") for message in messages)
