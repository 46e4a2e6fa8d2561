"""Findings about the fields of the frontmatter."""

from __future__ import annotations

import pytest

from skillpack.api import Builder
from skillpack.settings import Settings
from skillpack.skill.tree import SkillTree

GOOD = {"name": "name: demo", "description": "description: Shows how. Use when asked."}


def said(*lines: str, settings: Settings = Settings(), folder: str = "demo") -> dict[str, str]:
    """Return rule -> level and message, without findings about the YAML itself."""
    content = "---\n" + "".join(f"{line}\n" for line in lines) + "---\n"
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
        "field-unknown": "note: the specification has no field model",
    }
    strict = said(*lines, folder="other", settings=Settings(target="agentskills"))
    assert [found.split(":")[0] for found in strict.values()] == ["error", "warning"]


@pytest.mark.parametrize(("typo", "field"), [("Licence", "license"), ("allowed_tools", "allowed-tools")])
def test_a_field_that_is_nearly_one_is_recognised(typo: str, field: str) -> None:
    content = "---\n{name}\n{description}\n".format(**GOOD) + f"{typo}: x\n---\n"
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


def test_what_cannot_be_read_is_judged_as_it_was_meant() -> None:
    assert said("name: De_mo: x", "description: Use: it") == {
        "name-malformed": "error: the name is not words of a-z and 0-9 joined by single hyphens"
    }
    assert said("name: demo", "description: Use: it") == {}


def test_where_nothing_is_known_nothing_more_is_said() -> None:
    assert said("name: demo", "name: other") == {}
