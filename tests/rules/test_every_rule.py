"""What no rule goes without: a page, a bad skill, a good one, and what it says of the bad one."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from docs.generate_rules import FOLDER, pages
from skillpack.rules import RULES
from skillpack.rules.page import Page
from tests.rules import made

FIXTURES: Final = Path(__file__).parents[2] / "fixtures" / "rules"

made.load()


@pytest.mark.parametrize("id", sorted(RULES))
def test_has_a_case_that_it_finds_and_one_that_it_does_not(
    id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = _case(id, tmp_path, monkeypatch)
    assert _said(id, case.bad) == case.expected.splitlines()
    assert case.expected
    assert _said(id, case.good) == []


def _case(id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> made.Case:
    folder = FIXTURES / id
    if id in made.MADE:
        assert not folder.exists(), "one case is enough"
        monkeypatch.chdir(tmp_path)
        return made.MADE[id](tmp_path)
    monkeypatch.chdir(folder)
    return made.Case(folder / "bad", folder / "good", (folder / "expected.txt").read_text("utf-8"))


def _said(id: str, value: made.Value) -> list[str]:
    return [str(finding) for finding in made.report(value) if finding.rule == id]


@pytest.mark.parametrize("id", sorted(RULES))
def test_has_a_page_in_four_parts(id: str) -> None:
    page = Page.from_rule(RULES[id])
    assert page.complete, "its docstring lacks one of: Why it matters, Before, After"
    assert page.summary.endswith(".")
    assert page.before != page.after


@pytest.mark.parametrize("id", sorted(RULES))
def test_has_its_page_in_the_docs(id: str) -> None:
    path = FOLDER / f"{id}.md"
    assert path.read_text("utf-8") == pages()[path.name], "run: python docs/generate_rules.py"


def test_the_docs_have_pages_of_no_other_rule() -> None:
    assert {path.name for path in FOLDER.glob("*.md")} == pages().keys(), "run: python docs/generate_rules.py"
    assert (FOLDER / "index.md").read_text("utf-8") == pages()["index.md"], "run: python docs/generate_rules.py"


def test_no_fixture_is_left_behind_by_a_rule_that_is_gone() -> None:
    assert {path.name for path in FIXTURES.glob("*")} | made.MADE.keys() <= RULES.keys()


@pytest.mark.parametrize("id", sorted(RULES))
def test_its_id_and_hint_are_in_house_style(id: str) -> None:
    rule = RULES[id]
    assert id.replace("-", "").isalnum()
    assert id == id.lower()
    assert rule.hint, "a finding without advice helps nobody"
    assert not rule.hint.endswith(".")
    assert not rule.hint[0].isupper()
