"""Findings about the fields of the frontmatter."""

from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillpack.api import Builder
from skillpack.rules.content import _OF_PLACEHOLDER, _PLACEHOLDER
from skillpack.settings import Settings
from skillpack.skill.tree import SkillTree

GOOD = {"name": "name: demo", "description": "description: Shows how. Use when asked."}


def said(*lines: str, settings: Settings = Settings(), folder: str = "demo") -> dict[str, str]:
    """Return rule -> level and message, without findings about the YAML itself."""
    content = "---\n" + "".join(f"{line}\n" for line in lines) + "---\n# Body\n"
    report = Builder(settings).check(SkillTree.from_files({"SKILL.md": content.encode()}, folder))
    return {each.rule: f"{each.severity}: {each.message}" for each in report if not each.rule.startswith("yaml-")}


def test_a_sound_skill_has_nothing_to_be_told() -> None:
    assert said(*GOOD.values()) == {}


@pytest.mark.parametrize("name", ["a", "a1", "1", "pdf-forms", "a-1-b", "a" * 64])
def test_these_are_names(name: str) -> None:
    assert said(f"name: '{name}'", GOOD["description"], folder=name) == {}


@pytest.mark.parametrize(
    "name", ["A", "a_b", "a b", "-a", "a-", "a--b", "a.b", "a/b", "../a", "\u00e9", "\u0661", "a\u200d", "ab\u0441"]
)
def test_these_are_not(name: str) -> None:
    found = said(f"name: '{name}'", GOOD["description"])
    assert found["name-malformed"] == "error: the name is not words of a-z and 0-9 joined by single hyphens"


@pytest.mark.parametrize("value", ["", " ''", " null", " ~", " [a]", " {a: b}", " '  '"])
@pytest.mark.parametrize("key", ["name", "description"])
def test_a_required_field_that_says_nothing_is_missing(key: str, value: str) -> None:
    rest = [line for other, line in GOOD.items() if other != key]
    assert f"{key}-missing" in said(f"{key}:{value}", *rest)
    assert f"{key}-missing" in said(*rest)


def test_lengths_are_counted_in_characters_after_trimming() -> None:
    longest = "\u4e16" * 1024
    assert said(GOOD["name"], f"description: ' {longest} '") == {}
    found = said(GOOD["name"], f"description: '{longest}a'")
    assert found == {"description-too-long": "error: the description has 1,025 characters, 1 too many"}
    assert "name-too-long" in said(f"name: {'a' * 65}", GOOD["description"], folder="a" * 65)
    assert said(*GOOD.values(), f"compatibility: {'a' * 500}") == {}
    assert "compatibility-too-long" in said(*GOOD.values(), f"compatibility: {'a' * 501}")


def test_the_strict_target_minds_the_folder_and_unknown_fields_more() -> None:
    lines = (*GOOD.values(), "model: x")
    assert said(*lines, folder="other") == {
        "name-not-directory": "warning: the name is demo, but the folder is other",
        "field-unknown": "note: the specification has no field model; Claude Code reads it",
    }
    strict = said(*lines, folder="other", settings=Settings(targets=("agentskills",)))
    assert [found.split(":")[0] for found in strict.values()] == ["error", "error"]


@pytest.mark.parametrize(("typo", "field"), [("Licence", "license"), ("allowed_tools", "allowed-tools")])
def test_a_field_that_is_nearly_one_is_recognised(typo: str, field: str) -> None:
    content = "---\n{name}\n{description}\n".format(**GOOD) + f"{typo}: x\n---\n# Body\n"
    (finding,) = Builder().check(SkillTree.from_files({"SKILL.md": content.encode()}, "demo"))
    assert finding.hint == f"write {field}"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("license: true", "warning: license is a boolean, not a text"),
        ("license: 2", "warning: license is a number, not a text"),
        ("license:", "warning: license is empty, not a text"),
        ("allowed-tools:\n  - Read", "warning: allowed-tools is a list, not a text"),
        ("compatibility:\n  python: x", "warning: compatibility is a mapping, not a text"),
    ],
)
def test_fields_of_the_specification_are_texts(line: str, message: str) -> None:
    assert said(*GOOD.values(), line) == {"field-not-text": message}


def test_metadata_is_a_map_of_texts() -> None:
    assert said(*GOOD.values(), "metadata:\n  a: b\n  c: '1'") == {}
    assert said(*GOOD.values(), "metadata: a") == {"metadata-not-text": "warning: metadata is a text, not a mapping"}
    found = said(*GOOD.values(), "metadata:\n  a:\n    - b")
    assert found == {"metadata-not-text": "warning: a under metadata is a list, not a text"}


def test_nested_metadata_is_reported_once() -> None:
    found = said(*GOOD.values(), "metadata:\n  openclaw: {emoji: x}\n  tags: [a]\n  b: c\n  d: {}")
    assert found["metadata-not-text"] == "warning: openclaw under metadata is a mapping, not a text; 2 more"


@pytest.mark.parametrize(
    ("key", "agents"),
    [
        ("homepage", "; OpenClaw reads it"),
        ("user-invocable", "; Claude Code, VS Code and OpenClaw read it"),
        ("x", ""),
    ],
)
def test_a_field_of_an_agent_is_named_as_such(key: str, agents: str) -> None:
    assert said(*GOOD.values(), f"{key}: x") == {"field-unknown": f"note: the specification has no field {key}{agents}"}


@pytest.mark.parametrize("target", ["openai", "agentskills"])
def test_the_strict_target_refuses_lists_of_tools(target: Literal["openai", "agentskills"]) -> None:
    found = said(*GOOD.values(), "allowed-tools: [Read]", settings=Settings(targets=(target,)))
    level = "error" if target == "agentskills" else "warning"
    assert found == {"field-not-text": f"{level}: allowed-tools is a list, not a text"}


@given(st.from_regex(_PLACEHOLDER))
def test_a_placeholder_in_any_case_has_a_part_of_one(text: str) -> None:
    assert any(part in text.casefold() for part in _OF_PLACEHOLDER)


@pytest.mark.parametrize("text", ["F\u0130XME", "de\u017fcription here", "PLACEHOLDER", "a [TODO: write it]"])
def test_a_placeholder_is_known_in_letters_that_only_differ_in_case(text: str) -> None:
    found = said("name: demo", f"description: '{text}'")
    assert "a placeholder" in found["description-placeholder"]


@pytest.mark.parametrize(
    ("description", "problem"),
    [
        ("TODO", "a placeholder"),
        ("'[TODO: describe when this skill is used]'", "a placeholder"),
        ("Description goes here, once it is written", "a placeholder"),
        ("Add a description of what the skill can do", "a placeholder"),
        ("Demo", "only the name again"),
        ("Makes tables.", "has only 13 characters"),
        ("X", "has only 1 character"),
        ("转换图片", "has only 4 characters"),  # of eight columns
        ("将表格转换为图片格式", ""),
        ("Lists every TODO that is left in a repository", ""),
        ("Turns rows into tables", ""),
    ],
)
def test_a_description_states_something(description: str, problem: str) -> None:
    found = said("name: demo", f"description: {description}")
    assert problem in found.get("description-placeholder", "")
    assert bool(problem) == ("description-placeholder" in found)


def test_what_cannot_be_read_is_judged_as_it_was_meant() -> None:
    assert said("name: De_mo: x", "description: Use it: for forms and tables") == {
        "name-malformed": "error: the name is not words of a-z and 0-9 joined by single hyphens"
    }
    assert said("name: demo", "description: Use it: for forms and tables") == {}


def test_where_nothing_is_known_nothing_more_is_said() -> None:
    assert said("name: demo", "name: other") == {}
