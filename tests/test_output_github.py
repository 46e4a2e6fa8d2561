from __future__ import annotations

import re
from dataclasses import replace

from markdown_it import MarkdownIt

from skillpack.findings import Location, Report, Unread
from skillpack.output import Look, render
from skillpack.output.github import render_summary
from tests.reports import BLOCK, CLEAN, COLON, FULL, REQUEST
from tests.runners import github


def read(line: str) -> tuple[str, dict[str, str], str]:
    command = github(line)
    assert command
    return command.name, command.properties, command.data


def test_one_command_a_finding() -> None:
    lines = render(FULL, "github").split("\n")
    assert [read(line)[0] for line in lines] == [
        {"note": "notice"}.get(str(finding.severity), str(finding.severity)) for finding in FULL
    ]


def test_what_goes_in_comes_out() -> None:
    odd = replace(
        COLON,
        location=Location("a,b:c=100%.md", line=3, column=14, end_line=3, end_column=23),
        message="50%, 100%25 or a\nline::break\r: end",
        hint="100% sure",
    )
    (line,) = render(Report(findings=(odd,)), "github").split("\n")
    command, properties, data = read(line)
    assert command == "error"
    assert properties == {
        "title": "skillpack yaml-unquoted-colon",
        "file": "skills/pdf-forms/a,b:c=100%.md",
        "line": "3",
        "col": "14",
        "endColumn": "23",
    }
    assert data == f"{odd}\n100% sure"


def test_a_name_cannot_begin_a_command_of_its_own() -> None:
    sly = replace(COLON, location=Location("x\n::add-mask::y\r\n::error::"), hint="::stop-commands::x\n::error::")
    assert len(re.findall("^::", render(Report(findings=(sly,)), "github"), re.MULTILINE)) == 1


def test_a_span_over_several_lines_has_no_columns() -> None:
    _, properties, _ = read(render(Report(findings=(BLOCK,)), "github"))
    assert properties["line"] == "9"
    assert properties["endLine"] == "12"
    assert "col" not in properties


def test_a_path_that_cannot_be_read_is_an_error_in_annotations_and_in_the_summary() -> None:
    report = Report(unread=(Unread(path="a|b", message="a|b%\n::error::x does not exist"),))
    first, second = render(report, "github", Look()).splitlines()
    assert first == r"::error title=skillpack::a|b%25\x0a::error::x does not exist"
    assert second == "no skills checked"
    assert render(report, "github", Look(summed=False)) == first
    assert r"- error: a&#124;b%&#92;x0a&#58;&#58;error&#58;&#58;x does not exist" in render_summary(report).splitlines()


def test_what_is_about_no_file_names_none() -> None:
    _, properties, _ = read(render(Report(findings=(REQUEST,)), "github"))
    assert properties == {"title": "skillpack many-skills"}


def test_the_summary_is_a_table_that_no_name_can_break() -> None:
    sly = replace(COLON, location=Location("a|b`<script>.md"), message="[x](http://e.example) | *b* <img src=x>")
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(render_summary(Report(findings=(sly,))))
    assert html.count("<td>") == 3
    assert not re.search("<(script|img|a|em|code)", html)
    assert "a|b`&lt;script&gt;.md" in html


def test_the_summary_of_a_sound_skill_is_one_line() -> None:
    assert render_summary(CLEAN) == "### skillpack\n\n2 skills checked: no problems found.\n"


def test_the_summary_stays_within_what_github_takes() -> None:
    many = Report(findings=tuple(replace(COLON, location=Location(f"{number}.md")) for number in range(2000)))
    summary = render_summary(many)
    assert len(summary.encode()) < 1024 * 1024
    assert "1,500 more findings are in the log." in summary


def test_long_names_do_not_make_the_summary_too_long_for_github() -> None:
    names = (f"{'_' * 240}/{'表' * 80}/{number:03}.md" for number in range(500))
    report = Report(findings=tuple(replace(COLON, location=Location(name), message="*" * 300) for name in names))
    naive = sum(len(render_summary(Report(findings=(finding,))).encode()) for finding in report)
    assert naive > 1024 * 1024, "all rows together are too many bytes"
    summary = render_summary(report)
    assert len(summary.encode()) < 1024 * 1024
    shown = summary.count("| error |")
    assert 0 < shown < 500
    assert f"{500 - shown} more findings are in the log." in summary
