"""How the frontmatter is written, and what a line-based reader makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from skillpack.api import Builder
from skillpack.skill.tree import SkillTree

if TYPE_CHECKING:
    from skillpack.findings import Finding

NAME = "name: demo\n"


def found(front: str, rule: str) -> list[Finding]:
    tree = SkillTree.from_files({"SKILL.md": f"---\n{front}---\n# Body\n".encode()}, "demo")
    return [finding for finding in Builder().check(tree) if finding.rule == rule]


@pytest.mark.parametrize(
    ("front", "seen"),
    [
        ("description: >-\n  Folds.\n", 'the description is a block (>); a line-based reader sees ">-"'),
        ("description: |\n  Folds.\n", 'the description is a block (|); a line-based reader sees "|"'),
    ],
)
def test_a_block_is_shown_as_a_line_based_reader_sees_it(front: str, seen: str) -> None:
    assert [finding.message for finding in found(NAME + front, "yaml-block-scalar")] == [seen]


def test_a_block_elsewhere_is_fine() -> None:
    assert not found(f"{NAME}description: a\ncompatibility: >-\n  Folds.\n", "yaml-block-scalar")


@pytest.mark.parametrize(
    ("front", "seen"),
    [
        ("description:\n  One\n  two\n", "2 more lines; a line-based reader sees nothing"),
        ("description: One\n  two\n", '1 more line; a line-based reader sees "One"'),
        ("description: 'One\n  two'\n", '1 more line; a line-based reader sees "\'One"'),
    ],
)
def test_text_that_goes_on_below_is_shown_as_well(front: str, seen: str) -> None:
    (finding,) = found(NAME + front, "yaml-indented-plain")
    assert finding.message == f"the description continues over {seen}"


@pytest.mark.parametrize(
    ("front", "seen"),
    [
        ("description: C # and F\n", '"C # and F"'),
        ("description: 'C' # and F\n", "\"'C' # and F\""),
        ("license: MIT #\n", '"MIT #"'),
    ],
)
def test_a_comment_behind_a_value_is_shown_as_well(front: str, seen: str) -> None:
    (finding,) = found(NAME + front, "yaml-comment-cuts-value")
    assert finding.message == f"the comment ends the value; a line-based reader sees {seen}"


@pytest.mark.parametrize("front", ["description: C# and F#\n", "description: 'C # and F'\n", "# why\ndescription: a\n"])
def test_other_number_signs_are_fine(front: str) -> None:
    assert not found(NAME + front, "yaml-comment-cuts-value")


@pytest.mark.parametrize("value", ["010", "08", "1e3", "1_000", "0o17", "12:30:45", "2026-01-31", "="])
def test_what_readers_take_for_different_things_is_told(value: str) -> None:
    (finding,) = found(f"{NAME}description: a\nx: {value}\n", "yaml-ambiguous-scalar")
    assert finding.hint == f'put it in quotes: "{value}"'


@pytest.mark.parametrize("value", ["true", "12", "1.5", "null", "~", "", "y", "1.2.3", "'on'", '"010"', "v1"])
def test_what_all_take_for_the_same_is_not(value: str) -> None:
    assert not found(f"{NAME}description: a\nx: {value}\n", "yaml-ambiguous-scalar")


def test_a_name_that_is_a_number_to_all_is_told_all_the_same() -> None:
    (finding,) = found("name: 123\ndescription: a\n", "yaml-ambiguous-scalar")
    assert finding.message == "123 is a number in YAML, not a text"


@pytest.mark.parametrize(("value", "number"), [("1.10", "1.1"), ("0.50", "0.5")])
def test_a_version_under_metadata_that_is_another_number_is_told(value: str, number: str) -> None:
    (finding,) = found(f"{NAME}description: a\nmetadata:\n  version: {value}\n", "yaml-ambiguous-scalar")
    assert finding.message == f"{value} is the number {number} in YAML"
    assert not found(f"{NAME}description: a\nmetadata:\n  version: {number}\n", "yaml-ambiguous-scalar")


def test_a_key_counts_as_well() -> None:
    (finding,) = found(f"{NAME}description: a\non: x\n", "yaml-ambiguous-scalar")
    assert finding.location.line == 4


def test_flow_style_is_told_once_a_field() -> None:
    findings = found(f"{NAME}description: a\nx: [a, [b], {{c: d}}]\nmetadata:\n  y: {{}}\n", "yaml-flow-style")
    assert [finding.location.line for finding in findings] == [4, 6]


@pytest.mark.parametrize(("value", "instead"), [("on", "true"), ("Yes", "true"), ("off", "false"), ("NO", "false")])
def test_a_boolean_is_told_how_to_be_one_for_all_and_not_made_a_text(value: str, instead: str) -> None:
    (finding,) = found(f"{NAME}description: a\nx: {value}\n", "yaml-ambiguous-scalar")
    assert finding.hint == f"write {instead}, or put it in quotes if it is a text"
    assert finding.edits == ()


def test_name_and_description_in_braces_are_lost_to_a_line_based_reader() -> None:
    front = "{name: demo, description: Fine.}\n"
    assert [finding.message for finding in found(front, "yaml-indented-plain")] == [
        "the name is in braces; a line-based reader sees nothing",
        "the description is in braces; a line-based reader sees nothing",
    ]
