from __future__ import annotations

import re

import pytest
from click.testing import CliRunner

from skillpack.cli.run import group
from skillpack.output import Look
from skillpack.output.catalogue import render_page, render_table
from skillpack.rules import RULES

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def test_the_table_has_one_line_for_each_rule_where_there_is_no_terminal() -> None:
    lines = render_table(Look()).splitlines()
    assert [line.split()[0] for line in lines] == ["rule", *sorted(RULES)]
    for line in lines[1:]:
        rule = RULES[line.split()[0]]
        assert line.split()[1] == str(rule.severity)
        assert rule.page.partition("\n")[0] in line
        assert (" fix " in line) == rule.fix


@pytest.mark.parametrize("width", [40, 80, 120])
def test_the_table_keeps_to_the_width_of_the_terminal(width: int) -> None:
    table = render_table(Look(width))
    assert all(len(line) <= max(width, 75) for line in table.splitlines())
    assert " ".join(RULES["too-many-files"].page.partition("\n")[0].split()) in " ".join(table.split())


@pytest.mark.parametrize("id", sorted(RULES))
def test_a_page_says_all_there_is_and_fits(id: str) -> None:
    page = render_page(RULES[id], Look(80))
    assert page.startswith(f"{id}: {RULES[id].severity}")
    for heading in ("Why it matters", "Before", "After", "What to do"):
        assert f"\n\n{heading}\n" in page
    assert " ".join(RULES[id].hint.split()) in " ".join(page.split())


def test_colour_is_given_only_where_it_is_wanted() -> None:
    plain = CliRunner().invoke(group, ["rule", "script-crlf"]).output
    coloured = CliRunner().invoke(group, ["rule", "script-crlf", "--color", "always"]).output
    assert "\x1b" not in plain
    assert coloured != plain
    assert ANSI.sub("", coloured) == plain


def test_an_unknown_rule_is_refused_with_the_nearest() -> None:
    run = CliRunner().invoke(group, ["rule", "script-crfl"])
    assert run.exit_code == 2
    assert "did you mean script-crlf?" in run.output
    assert "\x1b" not in CliRunner().invoke(group, ["rule", "\x1b[2J" + "x" * 10_000]).output
