from __future__ import annotations

import random
from functools import partial
from typing import Final

import pytest
from pathspec import GitIgnoreSpec

from skillpack.limits import MAX_IGNORE_PATTERNS
from skillpack.select.gitignore import Patterns
from skillpack.select.gitpattern import GitPattern
from skillpack.select.wildmatch import line_for, line_text, split_lines
from skillpack.sources.walk_budget import WalkBudget, WalkLimitError
from tests.bounds import best_of, expect_at_most, processor_time

SUBJECTS: Final = ("a" * 60, "a/" * 60 + "b", "ab" * 400, "/".join("a" * 30 for _ in range(30)), "x" * 1000)
SECONDS: Final = 0.01


def trouble(line: str) -> str | None:
    return dict(Patterns([line]).malformed).get(1)


def matches(line: str, path: str) -> bool:
    return Patterns([line]).last_match(path) is not None


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("a", "a"),
        ("a", "d/a/"),
        ("a/", "d/a/"),
        ("/a", "a"),
        ("d/*.c", "d/x.c"),
        ("foo**/bar", "foobar"),
        ("**/a", "x/y/a"),
        ("a/**", "a/x/y"),
        ("a/**/b", "a/b"),
        ("[[:digit:]]x", "7x"),
        ("[]a]", "]"),
        ("\\!a", "!a"),
        ("a\\ ", "a "),
        ("*.é", "x.\u00c3\u00a9"),
    ],
)
def test_a_line_matches_what_git_matches(line: str, path: str) -> None:
    assert matches(line if line.isascii() else line.encode().decode("latin-1"), path)


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("a/", "a"),
        ("/a", "d/a"),
        ("d/*.c", "d/e/x.c"),
        ("a/**", "a/"),
        ("# a", "# a"),
        ("a ", "a "),
        ("A", "a"),
        ("[!a]", "/"),
        ("a", "a/b"),
    ],
)
def test_a_line_does_not_match_what_git_does_not(line: str, path: str) -> None:
    assert not matches(line, path)


@pytest.mark.parametrize("line", ["!", "/", "a\\", "[", "[a", "[z-a]", "[[:nothing:]]", "!\\", "[\\"])
def test_a_malformed_line_never_matches_never_raises_and_leaves_the_others_alive(line: str) -> None:
    patterns = Patterns([line, "*.log"])
    assert patterns.last_match("a") is None
    assert patterns.last_match("a.log") is not None


def test_pathspecs_own_pattern_raises_on_a_malformed_line() -> None:
    with pytest.raises(ValueError, match="Invalid git pattern"):
        GitIgnoreSpec.from_lines(["!"])


def test_lines_end_at_lf_alone_and_lose_one_cr_and_the_byte_order_mark() -> None:
    assert split_lines(b"\xef\xbb\xbfa\r\nb\r\r\nc\x0bd\xff") == ["a", "b\r", "c\x0bd\xff"]


def test_trailing_spaces_go_unless_a_backslash_keeps_one() -> None:
    assert [line_text(line) for line in ("a  ", "a\\  ", "a\\\\ ", "a\t", "a\0b")] == ["a", "a\\ ", "a\\\\", "a\t", "a"]


@pytest.mark.parametrize("path", ["a", "d/[a]*?.txt", "!a", "#a", "a\\b", "a "])
def test_a_line_made_for_a_path_matches_that_path_alone(path: str) -> None:
    assert matches(line_for(path), path)
    assert not matches(line_for(path), f"{path}x")
    assert trouble(line_for(path)) is None


@pytest.mark.parametrize("line", ["./a", "a/../b", "a//b", "!", "[a", "a\\"])
def test_what_can_never_match_is_told(line: str) -> None:
    assert trouble(line)


@pytest.mark.parametrize("line", ["", "# [", "a/b/", "!a", "...", ".gitignore", "\\[a"])
def test_what_can_match_is_not_told(line: str) -> None:
    assert trouble(line) is None


def hostile_patterns() -> list[str]:
    """Over 200 patterns that take a naive translation for ever."""
    fixed = ["*a" * 100 + "b", "a/**/" * 400 + "b", "**/" * 400 + "b", "*" * 1000, "?" * 1000, "*/" * 300 + "b"]
    fixed += ["[ab]*" * 200 + "c", "*[!b]" * 200 + "b", "**/a*" * 100 + "/b", "a*/**/" * 150 + "z", "x*" * 500 + "y"]
    fixed += ["/*a" * 100 + "b", "[" * 500, "[[:alpha:]]*" * 150 + "1", "\\a*" * 200 + "b", "**a" * 200 + "b"]
    dice = random.Random(1)
    pieces = ("*", "**/", "**", "?", "a", "*a", "[ab]", "[!b]", "/", "x*", "a*/", "[[:alpha:]]", "***")
    return fixed + ["".join(dice.choices(pieces, k=dice.randint(20, 150))) + "b" for _ in range(200)]


def test_no_hostile_pattern_takes_ten_milliseconds() -> None:
    patterns = hostile_patterns()
    assert len(patterns) >= 200
    for line in patterns:
        compiled = Patterns([line])
        for subject in SUBJECTS:
            expect_at_most(best_of(5, partial(compiled.last_match, subject)), SECONDS)


def test_the_translation_of_pathspec_takes_longer_than_that() -> None:
    naive = GitIgnoreSpec.from_lines(["*a*a*a*a*ab"])
    assert best_of(1, lambda: naive.check_file("a" * 60)) > SECONDS


def test_no_pattern_raises() -> None:
    dice = random.Random(2)
    for _ in range(3000):
        line = "".join(chr(dice.choice((*range(33, 48), 91, 92, 93, 33, 42, 47, 97, 255, 9))) for _ in range(8))
        GitPattern(line).match_file("a/b")
        trouble(line)


def test_looking_lines_up_gives_what_trying_each_gives() -> None:
    dice = random.Random(3)
    pieces = ("a", "b", "ab", "*", "**", "/", "!", "\\", "?", "[ab]", ".a", "*.a", "**/", "\\*", "#", " ", "\\ ")
    names = ("a", "b", "ab", "a.a", "*", "\\", "b.a", "#", "a ", "!", "x")
    for _ in range(2000):
        lines = ["".join(dice.choices(pieces, k=dice.randint(1, 4))) for _ in range(dice.randint(1, 8))]
        path = "/".join(dice.choices(names, k=dice.randint(1, 3))) + dice.choice(("", "/"))
        tried = [GitPattern(line) for line in lines]
        numbers = [number for number, each in enumerate(tried, 1) if each.regex and each.match_file(path) is not None]
        patterns = Patterns(lines)
        assert patterns.matching(path) == numbers, (lines, path)
        found = patterns.last_match(path)
        assert (found.line if found else None) == (numbers[-1] if numbers else None), (lines, path)
        assert found is None or found.excluded == tried[found.line - 1].include


def test_lines_without_wildcards_cost_one_each_others_their_characters() -> None:
    Patterns(["a/b", "*.log", "# [", ""] * (MAX_IGNORE_PATTERNS // 4))
    with pytest.raises(WalkLimitError, match="over 20,000 patterns"):
        Patterns(["a"] * (MAX_IGNORE_PATTERNS + 1))
    with pytest.raises(WalkLimitError, match="over 20,000 patterns"):
        Patterns(["a?" + "b" * 98] * (MAX_IGNORE_PATTERNS // 100))


def test_several_files_share_one_budget() -> None:
    budget = WalkBudget(patterns=3)
    Patterns(["a", "b"], budget)
    with pytest.raises(WalkLimitError):
        Patterns(["a", "b"], budget)


def ask(patterns: Patterns, path: str, times: int) -> int:
    return sum(patterns.last_match(path) is not None for _ in range(times))


def test_what_is_tried_has_a_bound_and_what_is_looked_up_costs_the_same_however_many_lines_there_are() -> None:
    lines = [f"b/{number}" for number in range(9_000)]
    known = Patterns(["a", "b/c", "*.log", *lines], WalkBudget(match_steps=21 * 900))
    tried = Patterns(["a*b"], WalkBudget(match_steps=21 * 900))
    assert ask(known, "x/y.log", 900) == 900
    with pytest.raises(WalkLimitError, match="too many patterns, or ignore files"):
        ask(known, "x/y.log", 1)
    with pytest.raises(WalkLimitError, match="too many patterns"):
        ask(tried, "axb", 900)


@pytest.mark.parametrize("kind", ["entries", "rejected", "ignore_bytes", "patterns", "match_steps"])
def test_each_kind_has_a_limit_of_its_own_and_the_error_names_the_file(kind: str) -> None:
    budget = WalkBudget(**{kind: 10})
    budget.spend(kind, 10)
    with pytest.raises(WalkLimitError, match=r"over|too many") as raised:
        budget.spend(kind, 1, "a/.gitignore")
    walk = ("walk-too-long", "")
    expected = walk if kind in ("entries", "rejected") else ("ignore-too-costly", "a/.gitignore")
    assert (raised.value.rule_id, raised.value.file) == expected
    for other in {"entries", "rejected", "ignore_bytes", "patterns", "match_steps"} - {kind}:
        budget.spend(other)


def test_as_many_costly_patterns_as_may_be_are_refused_or_done_within_a_second() -> None:
    for glob in ("**/a*b*c*/**", "a*b*c?", "*a*a*[!b]", "?*?*?"):
        patterns = Patterns([glob] * (MAX_IGNORE_PATTERNS // (len(glob) + 2)))
        with processor_time(2), pytest.raises(WalkLimitError):
            ask(patterns, "junk/aabbcc.log", 100_000)
