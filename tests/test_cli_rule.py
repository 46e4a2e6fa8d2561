from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from click.testing import CliRunner

from skillpack.cli.run import group
from skillpack.output import Look
from skillpack.output.catalogue import render_page, render_table
from skillpack.rules import HELD, RULES
from skillpack.rules.rule_page import Page
from tests.samples import ROOT

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def test_the_table_has_one_line_for_each_rule_where_there_is_no_terminal() -> None:
    lines = render_table(Look()).splitlines()
    assert [line.split()[0] for line in lines] == ["rule", *sorted(RULES)]
    for line in lines[1:]:
        rule = RULES[line.split()[0]]
        assert line.split()[1] == str(rule.severity)
        assert Page.from_rule(rule).summary in line
        assert (" fix " in line) == rule.fixable


@pytest.mark.parametrize("width", [40, 80, 120])
def test_the_table_keeps_to_the_width_of_the_terminal(width: int) -> None:
    table = render_table(Look(width))
    assert all(len(line) <= max(width, 75) for line in table.splitlines())
    assert Page.from_rule(RULES["too-many-files"]).summary in " ".join(table.split())


@pytest.mark.parametrize("id", sorted(RULES))
def test_a_page_has_all_its_parts(id: str) -> None:
    page = render_page(RULES[id], Look(80))
    assert page.startswith(f"{id}: {RULES[id].severity}")
    for heading in ("What it detects", "Why it matters", "How to fix", "Before", "After", "How to configure"):
        assert f"\n\n{heading}\n" in page
    assert " ".join(RULES[id].hint.split()) in " ".join(page.split())


def test_the_items_of_a_list_begin_on_lines_of_their_own() -> None:
    for id in sorted(RULES):
        page = Page.from_rule(RULES[id])
        items = re.findall(r"(?m)^- (.*)$", f"{page.details}\n{page.exceptions}\n{page.why}")
        shown = render_page(RULES[id], Look(100))
        assert [item for item in items if f"\n- {item.split()[0]}" not in shown] == []
        assert not re.search(r"(?m)[;.)] - ", shown)


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


def test_the_catalogue_is_printed_as_json() -> None:
    printed = json.loads(CliRunner().invoke(group, ["rule", "--output-format", "json"]).output)
    assert printed["version"] == 1
    assert {rule["id"] for rule in printed["rules"] if rule["always_error"]} == HELD
    for rule, (id, ours) in zip(printed["rules"], sorted(RULES.items()), strict=True):
        assert (rule["id"], rule["level"], rule["fixable"]) == (id, str(ours.severity), ours.fixable)
        assert (rule["required_by"], rule["hint"]) == (list(ours.required_by), ours.hint)
        assert rule["page"].startswith(f"# {id}\n\n## What it detects\n\n")
        assert rule["summary"] in " ".join(rule["page"].split())


def test_one_rule_is_printed_as_json() -> None:
    run = CliRunner().invoke(group, ["rule", "zip-gap", "--output-format", "json"])
    assert [rule["id"] for rule in json.loads(run.output)["rules"]] == ["zip-gap"]


@pytest.mark.parametrize("id", ["yaml-syntax", "zip-gap"])
def test_a_page_is_printed_without_docstrings_too(id: str) -> None:
    command = [sys.executable, "-OO", "-m", "skillpack", "rule", id]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout == render_page(RULES[id], Look()) + "\n"
