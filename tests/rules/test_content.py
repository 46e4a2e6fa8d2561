from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from skillpack import check
from skillpack import text as skillpack_text
from skillpack.api import Builder
from skillpack.limits import MAX_BODY_LINES, MAX_BODY_WORDS
from skillpack.rules import size
from tests.bounds import processor_time
from tests.conftest import MANIFEST, make_tree

if TYPE_CHECKING:
    from pathlib import Path

    from skillpack.findings import Finding


def found(rule: str, files: dict[str, bytes]) -> list[Finding]:
    return [finding for finding in check(make_tree(files)) if finding.rule == rule]


@pytest.mark.parametrize("ending", [b"", b"\n"])
def test_a_last_line_counts_with_and_without_its_line_break(ending: bytes) -> None:
    head = MANIFEST.count(b"\n")
    most = MANIFEST + b"x\n" * (MAX_BODY_LINES - head - 1) + b"x"
    assert found("body-too-long", {"SKILL.md": most + ending}) == []
    (finding,) = found("body-too-long", {"SKILL.md": most + b"\nx" + ending})
    assert finding.message == "the file has 501 lines, 1 over the 500 recommended"
    assert finding.excerpt is None


def test_words_of_the_frontmatter_do_not_count() -> None:
    body = b"word " * (MAX_BODY_WORDS - 2)  # "# Demo" has two
    assert found("body-many-words", {"SKILL.md": MANIFEST + body}) == []
    assert len(found("body-many-words", {"SKILL.md": MANIFEST + body + b"word"})) == 1


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a\u200bb", (1, 2)),
        ("x\ny\u202ez\u202c", (2, 2)),
        ("日本\U000e0041", (1, 3)),
        ("a\ufeff", (1, 2)),
        ("a\u200db", (1, 2)),
        ("see \u2067this\u2069", (1, 5)),
    ],
)
def test_an_invisible_character_is_found_at_its_place(text: str, place: tuple[int, int]) -> None:
    (finding,) = found("text-invisible", {"more.md": text.encode()})
    assert (finding.location.line, finding.location.column) == place


@pytest.mark.parametrize(
    "text",
    [
        "\U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f\u200d\U0001f525",
        "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "\u0915\u094d\u200d\u0937",
        "\u05e9\u05dc\u05d5\u05dd C++\u200e",
        "\ufeff# A byte order mark first",
        "plain",
    ],
)
def test_what_spelling_needs_is_fine(text: str) -> None:
    assert found("text-invisible", {"more.md": text.encode()}) == []


def test_only_markdown_is_searched_for_unseen_text() -> None:
    assert found("text-invisible", {"data.txt": b"a\xe2\x80\x8bb"}) == []


@settings(max_examples=50, deadline=None)  # a slow machine is no mistake of the rule
@given(st.lists(st.sampled_from([b"\r\n", b"\n", b"\r", b"echo", b"\x00", b"\xff"]), max_size=30))
def test_the_fixed_script_has_no_windows_line_break_and_is_otherwise_the_same(parts: list[bytes]) -> None:
    script = b"#!/bin/sh\r\n" + b"".join(parts)
    (finding,) = found("script-crlf", {"run.sh": script})
    (edit,) = finding.edits
    fixed = script[: edit.start] + edit.text + script[edit.end :]
    assert fixed == script.replace(b"\r\n", b"\n")
    assert found("script-crlf", {"run.sh": b"#!/bin/sh\n" + fixed.partition(b"\n")[2]}) == []


@pytest.mark.parametrize("script", [b"#!/bin/sh", b"#!/bin/sh\nx\r\n", b"echo\r\n", b"", b"#!/bin/sh\r"])
def test_a_script_that_linux_can_start_is_left_alone(script: bytes) -> None:
    assert found("script-crlf", {"run.sh": script}) == []


def test_findings_of_one_rule_in_one_file_are_limited() -> None:
    findings = found("text-control", {"a.md": b"x\x1b\n" * 100, "b.md": b"x\x1b\n" * 5000})
    assert [finding.location.path for finding in findings].count("a.md") == 100
    (first, *_) = in_b = [finding for finding in findings if finding.location.path == "b.md"]
    assert len(in_b) == 101
    assert first.message == "only the first 100 findings of text-control in this file are listed"


@pytest.mark.parametrize(
    "text",
    [
        b"[a](b.md) " * 999,
        b"`scripts/a.py` from the " * 999,
        *(b"[a](no.md) " + odd * 15_000 for odd in (b"](<", b"<", b">", b"*a_ ", b"[]", b"`a` ")),
        *(b"[a](no.md) " + odd * 999 for odd in (b"[", b"![", b"[a](b")),
        "\u200b".encode() * 1_000_000,
    ],
    ids=lambda text: text[:24].decode("utf-8", "replace").encode("ascii", "backslashreplace").decode()[:24],
)
def test_hostile_text_takes_no_more_than_seconds(text: bytes) -> None:
    with processor_time(5):
        check(make_tree({"a.md": text}))


def test_tracked_files_are_counted_by_the_line_that_excludes_them(tmp_path: Path) -> None:
    files = {"SKILL.md": MANIFEST, ".gitignore": b"build/\n*.log\n", "evals/e.json": b"{}", "node_modules/m.js": b""}
    files |= {f"build/{at}.js": b"" for at in range(120)} | {"x.log": b""}
    for path, content in files.items():
        tmp_path.joinpath(path).parent.mkdir(parents=True, exist_ok=True)
        tmp_path.joinpath(path).write_bytes(content)
    report = Builder().check(Builder().walk(tmp_path, tuple(files)))
    tracked = [finding for finding in report if finding.rule == "ignore-hits-tracked"]
    assert [(finding.location.path, finding.message) for finding in tracked] == [
        ("build/0.js", "git tracks this and 119 more, but .gitignore:1 (build/) excludes it"),
        ("node_modules/m.js", "git tracks this, but the default pattern (node_modules/) excludes it"),
        ("x.log", "git tracks this, but .gitignore:2 (*.log) excludes it"),
    ]


FENCES = st.sampled_from(
    ["```", "```", "```py", "````", "``` a`b", "  ```", "   ```", "    ```", "~~~", "x ```", "text", "`b`", "``` ", ""]
)


@settings(max_examples=500, deadline=None)
@given(lines=st.lists(FENCES, max_size=12), end=st.sampled_from(["\n", "\r\n"]))
def test_a_fence_is_unclosed_where_a_parser_reads_code_to_the_end(lines: list[str], end: str) -> None:
    text = end.join(["# More", *lines, ""])
    assert len(found("fence-unclosed", {"more.md": text.encode()})) == unclosed(text)


@settings(max_examples=500, deadline=None)
@given(lines=st.lists(FENCES | st.sampled_from(["</b>", "<div>", "a\rb", ""]), max_size=12))
def test_a_fence_in_html_is_not_one(lines: list[str]) -> None:
    text = "\n".join(["# More", *lines, ""])
    assert len(found("fence-unclosed", {"more.md": text.encode()})) <= unclosed(text.replace("\r", " "))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("<div>\n```\n</div>\n\nText.\n\n```py\nprint(1)\n", 7),
        ("<div>\n```\n\n```py\nz\n", 4),
        ("a\rb\n<br>\n\n```py\nx\n", 4),
        ("<br>\n\n~~~\n```\n", 3),
        ("<br>\n\n```py\nx", 3),
    ],
)
def test_a_fence_that_is_open_is_reported_where_another_is_in_html(text: str, line: int) -> None:
    (finding,) = found("fence-unclosed", {"more.md": text.encode()})
    assert (finding.location.line, finding.location.column) == (line, 1)


def unclosed(text: str) -> int:
    """Return how many blocks of code are open at the end for a parser."""
    fences = [token for token in MarkdownIt("commonmark").parse(text) if token.type == "fence" and token.map]
    return sum(each.map is not None and each.map[1] - each.map[0] - 1 == each.content.count("\n") for each in fences)


@given(st.text("a \n\t\u00a0\u00e9", max_size=40), st.integers(1, 5))
def test_words_are_counted_in_parts_as_in_one_piece(text: str, part: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(size, "_PART", part)
        assert size._count_words(text.encode()) == len(text.encode().split())


@given(
    st.lists(
        st.sampled_from([b"a", b"\xc3\xa9", b"\xe2\x82\xac", b"\xf0\x9f\x98\x80", b"\xff", b"\xe2", b"\x82", b"\n"])
    )
)
def test_characters_are_counted_in_parts_as_in_one_piece(parts: list[bytes]) -> None:
    content = b"".join(parts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(skillpack_text, "_PART", 8)
        assert skillpack_text.count_characters(content) == len(content.decode("utf-8", "replace"))
        for most in range(len(content) + 2):
            offset, before = skillpack_text.skip_characters(content, 0, len(content), most)
            assert before <= most
            text = content[:offset].decode("utf-8", "replace")
            assert len(text) == before
            assert text + content[offset:].decode("utf-8", "replace") == content.decode("utf-8", "replace")
