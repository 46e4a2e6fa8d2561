from __future__ import annotations

import json
from dataclasses import replace

import skillpack
from skillpack.findings import Location, Report, Unread
from skillpack.output import render
from tests.reports import CLEAN, COLON, FULL


def test_every_finding_has_every_member() -> None:
    members = {
        *("rule", "severity", "skill", "path", "line", "column", "end_line", "end_column"),
        *("offset", "pointer", "message", "hint", "fix", "required_by"),
    }
    found = json.loads(render(FULL, "json"))
    assert found.keys() == {"version", "tool", "unread", "skills", "findings", "summary"}
    assert found["version"] == 1
    assert found["tool"] == {"name": "skillpack", "version": skillpack.__version__}
    assert len(found["findings"]) == len(FULL)
    assert all(finding.keys() == members for finding in found["findings"])
    assert found["summary"] == {"errors": 6, "warnings": 2, "notes": 1}


def test_a_finding_says_what_it_says_elsewhere() -> None:
    (found,) = json.loads(render(Report(findings=(COLON,)), "json"))["findings"]
    assert (found["path"], found["line"], found["column"]) == ("skills/pdf-forms/SKILL.md", 3, 14)
    assert (found["end_line"], found["end_column"], found["fix"]) == (3, 23, True)


def test_a_sound_skill_gives_the_same_shape() -> None:
    found = json.loads(render(CLEAN, "json"))
    assert found["findings"] == []
    assert [skill["name"] for skill in found["skills"]] == ["pdf-forms", "csv-report"]


def test_what_could_not_be_checked_is_listed_with_its_path() -> None:
    found = json.loads(render(Report(unread=(Unread(path="gone", message="gone does not exist"),)), "json"))
    assert found["unread"] == [{"path": "gone", "message": "gone does not exist"}]


def test_it_is_ascii_and_holds_nothing_that_a_strict_reader_refuses() -> None:
    odd = replace(COLON, location=Location("caf\udce9\x1b.md"), message="d\u00e9j\u00e0 \u202e vu")
    shown = render(Report(findings=(odd,)), "json")
    assert shown.isascii()
    assert "\\udc" not in shown
    json.loads(shown)["findings"][0]["path"].encode("utf-8")
    (found,) = json.loads(shown)["findings"]
    assert found["path"] == "skills/pdf-forms/caf\\xe9\\x1b.md"
    assert found["message"] == "d\u00e9j\u00e0 \u202e vu"
