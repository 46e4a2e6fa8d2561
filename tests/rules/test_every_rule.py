"""Every rule has a page, a bad skill, a good one, and the lines that it reports of the bad one."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from docs.generate_rules import FOLDER, pages
from skillpack.errors import ArchiveError
from skillpack.rules import CHECKS, RULES
from skillpack.rules.rule_page import Page
from tests.rules import made
from tests.samples import ROOT

PAGES: Final = ROOT / "skillpack" / "rules" / "pages"
FIXTURES: Final = Path(__file__).parents[2] / "fixtures" / "rules"

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    try:
        return [str(finding) for finding in made.report(value) if finding.rule == id]
    except ArchiveError as error:
        return [str(error)] if error.rule == id else []


@pytest.mark.parametrize("id", sorted(RULES))
def test_has_a_page_in_four_parts(id: str) -> None:
    page = Page.from_rule(RULES[id])
    assert all((page.summary, page.why, page.before, page.after, page.configuration))
    assert page.summary.endswith(".")
    assert page.before != page.after


def test_there_are_pages_of_no_other_rule() -> None:
    assert {path.stem for path in PAGES.iterdir()} == RULES.keys()


PRINTED: Final = re.compile(r"""["'[]((?:zip|zip64|base64|json|payload)-[a-z0-9-]+)["'\]]""")
ISSUE_MAKERS: Final = {
    "Issue": 0,
    "refuse": 0,
    "ArchiveError": 1,
    "_find_places": 0,
    "_make_issue": 0,
    "_locate": 0,
    "_make_fixable": 0,
}


def _ids_in(source: str) -> Iterator[str]:
    """Yield the rule ids in a module: those given to what makes issues and errors, and those of zips and payloads."""
    yield from PRINTED.findall(source)
    for node in ast.walk(ast.parse(source)):
        at = ISSUE_MAKERS.get(node.func.id) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else None
        if at is not None and isinstance(node, ast.Call) and len(node.args) > at:
            id = node.args[at]
            if isinstance(id, ast.Constant) and isinstance(id.value, str):
                yield id.value


def test_every_id_that_is_printed_is_in_the_catalogue() -> None:
    paths = [path for path in sorted((ROOT / "skillpack").rglob("*.py")) if path.parent.name != "settings"]
    used = {id for path in paths for id in _ids_in(path.read_text("utf-8"))} | set(CHECKS)
    assert used == RULES.keys()
    assert {"zip-bomb", "zip-x"} <= {*_ids_in('ArchiveError("m", "zip-bomb")\nmessage = "broken [zip-x]"')}


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
    assert rule.hint, "a finding has a hint"
    assert not rule.hint.endswith(".")
    assert not rule.hint[0].isupper()
