"""Break a sound frontmatter in the ways people do: one error, at the right line, and a fix that restores each value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import pytest
from hypothesis import given
from hypothesis import settings as bounds
from hypothesis import strategies as st

from skillpack.api import Builder
from skillpack.findings import Finding, Severity
from skillpack.fixes import apply, find_fixes
from skillpack.frontmatter import read, read_frontmatter
from skillpack.settings import Settings
from skillpack.skill.tree import SkillTree
from tests.bounds import processor_time

if TYPE_CHECKING:
    from collections.abc import Callable

WORDS: Final = st.lists(
    st.sampled_from(["Fills", "in", "forms,", "the", "user's", "PDF", "(all)", "caf\u00e9", "C#", "50%", "a/b"]),
    min_size=4,
    max_size=9,
).map(" ".join)
KEYS: Final = ("name", "description", "license", "compatibility")


class Sound(NamedTuple):
    """The texts of a frontmatter that every parser reads alike, one line each."""

    values: dict[str, str]

    def file(self, key: str = "", line: str = "") -> str:
        """Return the file, with another line for a key."""
        lines = {each: f"{each}: {value}" for each, value in self.values.items()} | ({key: line} if key else {})
        return "---\n" + "\n".join(lines.values()) + "\n---\n# Body\n\nText: x\n"

    def line(self, key: str) -> int:
        """Return the line of a key in the file."""
        return list(self.values).index(key) + 2


SOUND: Final = st.tuples(st.permutations(KEYS), WORDS, WORDS, WORDS).map(
    lambda made: Sound({key: dict(zip(KEYS, ("demo", *made[1:]), strict=True))[key] for key in made[0]})
)


def _check(content: str) -> list[Finding]:
    report = Builder().check(SkillTree.from_files({"SKILL.md": content.encode()}, "demo"))
    return [finding for finding in report if finding.severity == Severity.ERROR]


def _fix(content: str) -> str:
    tree = SkillTree.from_files({"SKILL.md": content.encode()}, "demo")
    after = apply(tree, find_fixes(tree, Settings()))
    assert find_fixes(after, Settings()) == (), "a second run changes nothing"
    return after.files[0].read().decode()


def _texts(content: str) -> dict[str, str]:
    frontmatter, issues = read_frontmatter(content.encode())
    assert frontmatter is not None, issues
    return {field.key.value: frontmatter.value(field.key.value) or "" for field in frontmatter.fields.entries}


BREAKS: Final[dict[str, Callable[[str, str], str]]] = {
    "no space": "{0}:{1}".format,
    "equals": "{0} = {1}".format,
    "a full-width colon": "{0}\uff1a{1}".format,
    "a no-break space": "{0}:\u00a0{1}".format,
    "a no-break space before a space": "{0}:\u00a0 {1}".format,
    "a narrow no-break space": "{0}:\u202f{1}".format,
    "an ideographic space": "{0}:\u3000{1}".format,
    "a tab": "{0}:\t{1}".format,
    "a tab at the end": "{0}: {1}\t".format,
    "an anchor": "{0}: &{0} {1}".format,
    "quotes inside quotes": lambda key, value: f"{key}: '{value} don't'",
}


@pytest.mark.parametrize("name", BREAKS)
@given(SOUND, st.sampled_from(KEYS), st.sampled_from(["\n", "\r\n"]))
@bounds(max_examples=25, deadline=None)
def test_each_break_is_one_error_at_its_line_and_its_fix_keeps_all_texts(
    name: str, sound: Sound, key: str, line_end: str
) -> None:
    key = "license" if key == "name" and "quotes" in name else key
    value = sound.values[key]
    broken = sound.file(key, BREAKS[name](key, value)).replace("\n", line_end)
    assert [finding.location.line for finding in _check(broken)] == [sound.line(key)]
    fixed = _fix(broken)
    assert _texts(fixed) == sound.values | ({key: f"{value} don't"} if "quotes" in name else {})
    assert fixed.partition(f"---{line_end}#")[2] == broken.partition(f"---{line_end}#")[2]


@given(SOUND, st.sampled_from(KEYS), st.sampled_from([str.upper, str.capitalize, str.title]))
@bounds(max_examples=60, deadline=None)
def test_the_case_of_a_key_is_fixed(sound: Sound, key: str, change: Callable[[str], str]) -> None:
    broken = sound.file(key, f"{change(key)}: {sound.values[key]}")
    report = Builder().check(SkillTree.from_files({"SKILL.md": broken.encode()}, "demo"))
    assert [finding.location.line for finding in report if finding.edits] == [sound.line(key)]
    assert len(_check(broken)) == (key in ("name", "description"))
    assert _texts(_fix(broken)) == sound.values


@given(SOUND, st.sampled_from(["description", "name"]), st.data())
@bounds(max_examples=60, deadline=None)
def test_a_misspelt_key_is_one_error_at_the_key_and_not_fixed(sound: Sound, key: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(1, len(key) - 1))
    broken = sound.file(key, f"{key[:at]}{key[at + 1 :]}: {sound.values[key]}")
    (finding,) = _check(broken)
    assert (finding.location.line, finding.hint) == (sound.line(key), f"write `{key}:`")
    assert not finding.edits
    report = Builder().check(SkillTree.from_files({"SKILL.md": broken.encode()}, "demo"))
    assert "field-unknown" not in {finding.rule for finding in report}


@given(SOUND, st.lists(WORDS, min_size=1, max_size=3), st.sampled_from(["", "|", ">-"]), st.sampled_from(["", "**"]))
@bounds(max_examples=80, deadline=None)
def test_a_description_that_continues_without_indentation_is_one_text(
    sound: Sound, more: list[str], header: str, mark: str
) -> None:
    lines = [sound.values["description"], *(f"{mark}{line}{mark} and more" for line in more)]
    broken = sound.file("description", "\n".join([f"description: {header}", *lines] if header else lines))
    broken = broken if header else broken.replace(f"\n{lines[0]}\n", f"\ndescription: {lines[0]}\n")
    assert len(_check(broken)) == 1
    expected = ("\n" if header == "|" else " ").join(lines)
    assert _texts(_fix(broken)) == sound.values | {"description": expected}


MARKED: Final = [
    *(f" {mark}" for mark in ("**{}**: x", "**{}** x", "@{}", "`{}`", "{}: x", "> {}", "[{}](x) y")),
    *(f"\n  {mark}" for mark in ("**{}**: x", "**{}** x", "@{}", "`{}`", "[{}](x) y", "{}: x\n  y")),
]


@given(SOUND, st.sampled_from(MARKED))
@bounds(max_examples=80, deadline=None)
def test_a_text_that_starts_like_markdown_is_kept(sound: Sound, marked: str) -> None:
    value = marked.format(sound.values["description"])
    broken = sound.file("description", f"description:{value}")
    assert len(_check(broken)) == 1
    assert _texts(_fix(broken)) == sound.values | {"description": " ".join(value.split())}


@given(SOUND, st.sampled_from(["\n", "\n\n", "  \n", " ", "\ufeff\n", "\r\n"]))
@bounds(max_examples=40, deadline=None)
def test_blank_lines_above_are_removed(sound: Sound, above: str) -> None:
    broken = above + sound.file()
    assert len(_check(broken)) == 1 + (above[0] == "\ufeff")
    assert _fix(broken) == sound.file()


@given(SOUND, st.lists(st.sampled_from(["version", "author", "tags"]), min_size=1, unique=True))
@bounds(max_examples=30, deadline=None)
def test_tabs_that_indent_are_one_error(sound: Sound, keys: list[str]) -> None:
    text = sound.file().replace("\n---\n", "\nmetadata:\n" + "".join(f"\t{key}: x\n" for key in keys) + "---\n")
    (finding,) = _check(text)
    assert finding.hint == "indent it with spaces"
    assert _fix(text) == text.replace("\t", "  ")


MARKDOWN: Final = st.lists(
    st.sampled_from(
        ["# Title", "Some text here.", "- item\n- item", "```sh\nname: x\n```", "Note: use it.", "> quote"]
    ),
    min_size=2,
    max_size=5,
).map("\n\n".join)


@given(SOUND, MARKDOWN, st.sampled_from(["", "\n\n---\n\nMore.\n", "\n"]), st.sampled_from(["\n", "\r\n"]))
@bounds(max_examples=120, deadline=None)
def test_a_forgotten_closing_line_is_named_where_the_frontmatter_ends(
    sound: Sound, body: str, later: str, line_end: str
) -> None:
    front = sound.file().split("---\n")[1]
    content = f"---\n{front}\n# Title\n\nSome text here.\n\n{body}{later}".replace("\n", line_end)
    (finding,) = _check(content)
    assert (finding.rule, finding.location.line) == ("frontmatter-unclosed", len(KEYS) + 1)
    assert finding.hint == f"add a line of --- below line {len(KEYS) + 1}"


@given(st.text(st.sampled_from("ab :#-'\"[]{}&*!|>@%\\\t\u00a0=\n"), max_size=60))
@bounds(max_examples=300, deadline=None)
def test_each_problem_of_syntax_has_a_hint_of_its_own(text: str) -> None:
    issues = read(f"---\nname: demo\n{text}\n---\n".encode()).issues
    assert [issue for issue in issues if issue.rule_id == "yaml-syntax" and issue.hint is None] == []


LINES: Final = {
    "anchors": "a: &a b\n",
    "anchors of other names": "k{0}: &k{0} b\n",
    "aliases": "k{0}: *b{0}\n",
    "colons": "a: b: c\n",
    "no space": "name:x\n",
    "equals": "description = some text\n",
    "tabs": "k{0}:\tb\n",
    "tabs in text": "k{0}: a\tb\n",
    "tabs that indent": "\tk{0}: b\n",
    "text": "some more text\n",
    "paragraphs": "\nsome more text\n",
    "headings": "# x\n\ntext\n",
    "items": "- *x* y\n",
    "short indentation": "k{0}: 'a\nb'\n",
    "quotes in quotes": "k{0}: 'a'b'\n",
    "descriptions": "description:\nsome more text\n",
    "comments": "k{0}: a # b\n",
    "numbers": "k{0}: 010\n",
}


@pytest.mark.parametrize("lines", LINES.values(), ids=LINES)
@pytest.mark.parametrize("size", [16_000, 64_000])
def test_no_frontmatter_takes_long_to_check_and_to_fix(lines: str, size: int) -> None:
    many = "".join(lines.format(number) for number in range(size // len(lines)))
    content = f"---\ndescription: d\n{many}---\n"
    with processor_time(1):
        _check(content)
    tree = SkillTree.from_files({"SKILL.md": content.encode()}, "demo")
    with processor_time(5):
        find_fixes(tree, Settings())
