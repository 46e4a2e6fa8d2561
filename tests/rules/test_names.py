from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillpack import Severity, check
from skillpack.rules.text import find_hidden
from tests.conftest import make_tree

HINDI = "\u0915\u094d\u200d\u0937"  # a conjunct spelt with a joiner
PERSIAN = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
HEART = "\u2764\ufe0f\u200d\U0001f525"
ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


def rules_of(*paths: str) -> set[str]:
    """The ids of the rules on names that speak of a tree with these files."""
    return {found.rule for found in check(make_tree(dict.fromkeys(paths, b"x"))) if found.rule.startswith("path-")}


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("caf\udce9.md", "path-not-utf8"),
        ("a\x1b[2Jb", "path-control"),
        ("two\nlines", "path-control"),
        ("tab\there", "path-control"),
        ("del\x7f", "path-control"),
        ("next\x85line", "path-control"),
        ("folder\x07/file", "path-control"),
        ("scripts\\run.sh", "path-unsafe"),
        ("..\\..\\evil", "path-unsafe"),
        ("C:evil", "path-unsafe"),
        ("notes.txt:stream", "path-unsafe"),
        ("con", "path-not-portable"),
        ("folder/NUL.txt", "path-not-portable"),
        ("aux .md", "path-not-portable"),
        ("com1.tar.gz", "path-not-portable"),
        ("LPT\xb2", "path-not-portable"),
        ("CONIN$", "path-not-portable"),
        ("dot.", "path-not-portable"),
        ("space /file", "path-not-portable"),
        ("what?.md", "path-not-portable"),
        ("a|b", "path-not-portable"),
        ("a" * 256, "path-too-long"),
        ("\xe9" * 128, "path-too-long"),
        ("/".join(["abcdefgh" * 8] * 16), "path-too-long"),
        ("a/" * 33 + "b", "path-too-deep"),
        ("run\u202egpj.sh", "path-invisible"),
        ("zero\u200bwidth", "path-invisible"),
        ("bom\ufeff", "path-invisible"),
        ("soft\xadhyphen", "path-invisible"),
        ("tags\U000e0041\U000e0042", "path-invisible"),
        ("joined\u200dlatin", "path-invisible"),
        ("filler\u3164", "path-invisible"),
        ("smuggled\ufe00\ufe01", "path-invisible"),
    ],
)
def test_a_bad_name_is_told_by_its_own_rule_alone(path: str, rule: str) -> None:
    assert rules_of(path) == {rule}


@pytest.mark.parametrize(
    "path",
    [
        "README.md",
        ".hidden",
        "..double",
        "a b/c d.txt",
        "caf\xe9.md",
        "\u65e5\u672c\u8a9e.md",
        f"{HINDI}.md",
        f"{PERSIAN}.txt",
        f"{FAMILY}.png",
        f"{HEART}.png",
        f"{ENGLAND}.svg",
        "con-text.md",
        "nullable.py",
        "com10.txt",
        "console.log",
        "a" * 255,
        "\xe9" * 127,
        "a/" * 32 + "b",
    ],
)
def test_a_fine_name_is_left_alone(path: str) -> None:
    assert rules_of(path) == set()


@pytest.mark.parametrize(
    "paths",
    [
        ("Forms.md", "forms.md"),
        ("stra\xdfe.md", "STRASSE.md"),
        ("a/\xc9.md", "a/e\u0301.md"),
        ("docs", "docs/a.md"),
        ("Docs", "docs/a.md"),
        ("skill.MD.d", "SKILL.md.D"),
    ],
)
def test_names_that_some_system_takes_for_one_collide(paths: tuple[str, str]) -> None:
    assert "path-collision" in rules_of(*paths)


@pytest.mark.parametrize("paths", [("a.md", "b.md"), ("a/x", "b/x"), ("a", "a.d/x"), ("docs.md", "docs/a.md")])
def test_names_that_differ_on_every_system_do_not_collide(paths: tuple[str, str]) -> None:
    assert rules_of(*paths) == set()


def test_a_name_in_the_long_form_is_a_warning_and_is_packed_in_the_short_one() -> None:
    tree = make_tree({"cafe\u0301.md": b"x"})
    assert [file.path for file in tree.files] == ["SKILL.md", "caf\xe9.md"]
    assert [found.severity for found in check(tree) if found.rule == "path-not-nfc"] == [Severity.WARNING]


@given(st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=40))
def test_no_name_reaches_a_terminal_raw(name: str) -> None:
    for finding in check(make_tree({f"x{name}": b""})):
        assert str(finding).isprintable()
        assert not list(find_hidden(str(finding)))


@pytest.mark.parametrize("text", [HINDI, PERSIAN, FAMILY, HEART, ENGLAND, "\u845b\U000e0100", "plain"])
def test_what_spelling_needs_is_not_hidden(text: str) -> None:
    assert list(find_hidden(f"a {text} b")) == []


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("a\u200db", 1),
        ("\u200d", 0),
        (f"{ENGLAND}\U000e0041", 7),
        ("\U0001f3f4" + "\U000e0061" * 20 + "\U000e007f", 1),
        ("x\ufe0f\ufe0f", 2),
        ("\ufe0f", 0),
    ],
)
def test_joiners_tags_and_selectors_elsewhere_are_hidden(text: str, at: int) -> None:
    assert next(find_hidden(text))[0] == at
