from __future__ import annotations

import re
import zipfile
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillpack.api import Builder
from skillpack.cli import main
from skillpack.cli.console import Console
from skillpack.findings import Excerpt, Finding, Location, Report, Severity, Subject
from skillpack.output import Format, Look, render
from skillpack.output.text import MOST_UNCOUNTED, MOST_UNFOLDED
from skillpack.skill.tree import SkillTree
from skillpack.text import width
from tests.conftest import MANIFEST
from tests.reports import BLOCK, CLEAN, COLON, FULL, NAME, SCREENS, SUBJECTS, screens

if TYPE_CHECKING:
    from pathlib import Path

ANSI = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("name", sorted(screens()))
def test_the_screen_is_as_it_was_recorded(name: str) -> None:
    assert screens()[name] == (SCREENS / name).read_text("utf-8"), "if it reads well: python -m tests.reports"


def test_colours_change_nothing_but_colours() -> None:
    coloured = render(FULL, "text", Look(80, Console("always").style))
    assert coloured != render(FULL, "text", Look(80))
    assert ANSI.sub("", coloured) == render(FULL, "text", Look(80))


def test_the_first_line_of_a_finding_is_its_concise_line_where_there_is_no_terminal() -> None:
    lines = set(render(FULL, "text").splitlines())
    *concise, _ = render(FULL, "concise").splitlines()
    assert {line.replace(": [*] ", ": ") for line in concise} <= lines


def test_errors_come_before_warnings_and_warnings_before_notes() -> None:
    shown = re.findall(r"\b(error|warning|note)\[", render(FULL, "text"))
    assert set(shown) == {"error", "warning", "note"}
    assert shown == sorted(shown, key=["error", "warning", "note"].index)


def _in_skills(finding: Finding, count: int) -> tuple[Finding, ...]:
    return tuple(replace(finding, skill=f"skills/s{at:02}") for at in range(count))


@pytest.mark.parametrize(("skills", "lines"), [(MOST_UNFOLDED, MOST_UNFOLDED), (MOST_UNFOLDED + 1, 1), (50, 1)])
def test_notes_of_one_rule_in_many_skills_are_one_line(skills: int, lines: int) -> None:
    notes = _in_skills(replace(NAME, severity=Severity.NOTE), skills)
    shown = [line for line in render(Report(findings=notes), "text").splitlines() if "note[name-malformed]" in line]
    assert len(shown) == lines
    if lines == 1:
        assert shown[0].startswith(
            f"note[name-malformed]: {skills} in {skills} skills; the first: skills/s00/SKILL.md:2:7"
        )


@pytest.mark.parametrize("severity", [Severity.WARNING, Severity.ERROR])
def test_warnings_and_errors_are_never_folded(severity: Severity) -> None:
    shown = render(Report(findings=_in_skills(replace(NAME, severity=severity), 50)), "text")
    assert shown.count(f"{severity}[name-malformed]: the name") == 50


@pytest.mark.parametrize(("skills", "tables"), [(MOST_UNCOUNTED, 0), (MOST_UNCOUNTED + 1, 1)])
def test_a_check_of_many_skills_ends_with_a_table_by_rule(skills: int, tables: int) -> None:
    subjects = tuple(Subject(path=f"skills/s{at:02}") for at in range(skills))
    found = (*_in_skills(NAME, 2), *_in_skills(BLOCK, 5), *_in_skills(replace(BLOCK, location=Location("a.md")), 1))
    lines = render(Report(findings=found, subjects=subjects), "text").splitlines()
    assert lines.count("rule               level    findings  skills") == tables
    if tables:
        assert lines[-4:-2] == [
            "name-malformed     error           2       2",
            "yaml-block-scalar  warning         6       5",
        ]


def test_concise_lines_mark_what_is_fixable_and_end_with_the_summary() -> None:
    *lines, last = render(Report(findings=(NAME, COLON), subjects=SUBJECTS[:1]), "concise").splitlines()
    assert [": [*] " in line for line in lines] == [False, True]
    assert last == "1 skill checked: 2 errors; [*] 1 fixable with skillpack check --fix"


@pytest.mark.parametrize(
    ("findings", "said"),
    [
        ((), "no findings of this level; 3 findings of lower levels not listed"),
        ((NAME,), "1 error; 3 findings of lower levels not listed"),
    ],
)
def test_the_summary_counts_what_the_level_hides(findings: tuple[Finding, ...], said: str) -> None:
    report = Report(findings=findings, subjects=SUBJECTS[:1])
    assert render(report, "text", Look(hidden=3)).splitlines()[-1].startswith(f"1 skill checked: {said}")


@pytest.mark.parametrize("format", ["text", "concise", "github"])
def test_without_findings_there_is_one_line_unless_quiet(format: Format) -> None:
    assert render(CLEAN, format) == "2 skills checked: no problems found"
    assert render(CLEAN, format, Look(summed=False)) == ""


def test_who_requires_a_rule_and_its_page_are_shown_once_for_each_rule() -> None:
    report = Report(findings=(NAME, replace(NAME, location=replace(NAME.location, line=5))))
    assert render(report, "text").count("skillpack rule name-malformed") == 1


@pytest.mark.parametrize(
    ("edits", "said"),
    [
        ([True], "1 error; 1 fixable with skillpack check --fix"),
        ([True, True], "2 errors; 2 fixable with skillpack check --fix"),
        ([True, False], "2 errors; 1 fixable with skillpack check --fix"),
        ([False], "1 error"),
    ],
)
def test_the_summary_counts_the_fixable_findings(edits: list[bool], said: str) -> None:
    findings = [
        replace(COLON, location=Location("SKILL.md", line=line), edits=COLON.edits if fixable else ())
        for line, fixable in enumerate(edits, 1)
    ]
    shown = render(Report(findings=tuple(findings), subjects=SUBJECTS[:1]), "text")
    assert shown.splitlines()[-1] == f"1 skill checked: {said}"


def _drawn(line: str, begin: int, end: int, width: int = 60) -> tuple[str, str]:
    """Return a line as it is shown and the carets below it."""
    finding = Finding(
        rule="x",
        severity=Severity.ERROR,
        skill="s",
        location=Location("a", line=7, column=begin, end_line=7, end_column=end),
        message="m",
        excerpt=Excerpt(lines=(line,), columns=(begin, end)),
    )
    shown = render(Report(findings=(finding,)), "text", Look(width)).splitlines()
    at = next(index for index, line in enumerate(shown) if line.startswith("  7 |"))
    return shown[at][6:], shown[at + 1][6:]


def test_carets_stand_below_the_words() -> None:
    assert _drawn("name: demo", 7, 11) == ("name: demo", "      ^^^^")


def test_wide_characters_take_two_columns_and_marks_above_letters_none() -> None:
    assert _drawn("名前: de\u0301mo x", 5, 9) == ("名前: de\u0301mo x", "      ^^^")


def test_a_tab_takes_as_many_columns_as_it_is_shown_with() -> None:
    assert _drawn("\tname", 2, 6) == ("    name", "    ^^^^")


def test_what_a_terminal_would_obey_is_shown_as_text() -> None:
    assert _drawn("a\x1b[2Jb", 2, 3) == ("a\\x1b[2Jb", " ^^^^")
    assert _drawn("a\u202eb", 3, 4) == ("a\\u202eb", "       ^")


def test_the_end_of_a_line_can_be_marked() -> None:
    assert _drawn("name: demo", 11, 12) == ("name: demo", "          ^")
    assert _drawn("", 1, 2) == ("", "^")


def test_a_long_line_is_cut_around_the_mark() -> None:
    line, carets = _drawn("a" * 500 + "HERE" + "b" * 500, 501, 505)
    assert line.startswith("...a")
    assert line.endswith("b...")
    assert line[carets.index("^") : carets.rindex("^") + 1] == "HERE"


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=200), st.data())
def test_any_line_is_shown_within_the_width_with_carets_below_it(text: str, data: st.DataObject) -> None:
    text = text.replace("\n", " ")
    begin = data.draw(st.integers(1, len(text) + 1))
    end = data.draw(st.integers(begin + 1, len(text) + 2))
    finding = Finding(
        rule="x",
        severity=Severity.ERROR,
        skill="s",
        location=Location("a", line=7, column=begin, end_line=7, end_column=end),
        message="m",
        excerpt=Excerpt(lines=(text,), columns=(begin, end)),
    )
    shown = render(Report(findings=(finding,)), "text", Look(60)).split("\n")
    assert shown[1].startswith("  7 |")
    assert "^" in shown[2]
    assert set(shown[2]) <= set(" |^")
    assert all(len(line) <= 60 and line.isprintable() for line in shown)


def test_of_one_rule_in_one_skill_a_hundred_findings_are_shown_and_all_are_counted() -> None:
    many = [replace(NAME, location=Location(f"{number:05}.md")) for number in range(12_445)]
    other = [replace(NAME, skill="zz", location=Location(f"{number}.md")) for number in range(100)]
    once = replace(NAME, rule="field-unknown", location=Location("zzz.md"))
    lines = render(Report.merge([Report(findings=(*many, *other, once), subjects=SUBJECTS[:2])]), "text").splitlines()
    assert len(lines) < 1000
    assert lines.count(f"and 12,345 more of {NAME.rule}") == 1
    assert lines[-1] == "2 skills checked: 12,546 errors"
    assert sum(line.startswith("zz/") for line in lines) == 100
    assert sum("error[field-unknown]" in line for line in lines) == 1


def test_a_mark_that_combines_has_its_caret_below_the_character_it_stands_on() -> None:
    finding = Finding(
        rule="x",
        severity=Severity.ERROR,
        skill="s",
        location=Location("a", line=7, column=2, end_line=7, end_column=3),
        message="m",
        excerpt=Excerpt(lines=("e\u0301x",), columns=(2, 3)),
    )
    assert "  7 | e\u0301x\n    | ^" in render(Report(findings=(finding,)), "text", Look(60))


@pytest.mark.parametrize(
    ("severity", "hint", "lines"),
    [
        (Severity.NOTE, "no action needed; the files are the same", 1),
        (Severity.NOTE, "no action needed if you know where the files come from", 3),
        (Severity.NOTE, None, 2),
        (Severity.WARNING, "no action needed; the files are the same", 3),
    ],
)
def test_a_note_that_needs_no_action_takes_one_line(severity: Severity, hint: str | None, lines: int) -> None:
    finding = replace(NAME, severity=severity, hint=hint, edits=(), excerpt=None)
    shown, _summary = render(Report(findings=(finding,)), "text").split("\n\n")
    assert len(shown.splitlines()) == lines


def test_the_zip_of_another_tool_gets_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with zipfile.ZipFile("demo.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("demo/SKILL.md", MANIFEST)
    assert main(["check", "demo.zip"]) == 0
    note, empty, summary = capsys.readouterr().out.splitlines()
    assert note.endswith("note[zip-not-canonical]: another tool wrote this zip; skillpack packs its files again")
    assert (empty, summary) == ("", "1 skill checked: 1 note")


@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize("words", ["Builds the dashboards of all regions. ", "数据仓库的季度报表。", "x"])
@pytest.mark.parametrize("count", [1, 5, 60])
def test_the_excerpt_shows_the_colon_that_makes_a_value_a_mapping(columns: int, words: str, count: int) -> None:
    text = f"---\nname: demo\ndescription: {words * count}CRITICAL: Run the check first.\n---\n\n# Demo\n"
    report = Builder().check(SkillTree.from_files({"SKILL.md": text.encode()}, "demo"))
    (colon,) = (finding for finding in report if finding.rule == "yaml-unquoted-colon")
    lines = render(Report(findings=(colon,)), "text", Look(width=columns)).splitlines()
    line, marks = next(pair for pair in pairwise(lines) if pair[0].startswith("  3 |"))
    at = line.index("CRITICAL: Run") + sum(width(char) - 1 for char in line if width(char) == 2)
    assert marks[at : at + len("CRITICAL:")] == "^" * len("CRITICAL:")
