from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from skillpack import check
from skillpack.limits import MAX_FILE_BYTES
from skillpack.rules import effort
from skillpack.rules.effort import Effort
from skillpack.secrets.budget import Budget
from skillpack.skill.skill import Skill
from tests.conftest import MANIFEST, make_tree
from tests.rules.invented import TOKENS

if TYPE_CHECKING:
    from skillpack.skill.tree import SkillTree

TREE = make_tree({"SKILL.md": MANIFEST})
ASSIGNED = b"api_key = 'q8Zr2Wv6Tn4Kx9Jp3Ls7Hd5F'\n"
FILES = {
    "path-of-author": ("a.txt", b"/home/mmustermann/x\n"),
    "script-reads-stdin": ("a.py", b"x = input()\n"),
    "fence-unclosed": ("a.md", b"```\ncode\n"),
    "reference-broken": ("a.md", b"See [it](gone.md).\n"),
    "secret-manifest": ("a.yaml", b"kind: Secret\ndata:\n  a: cThacjJXdjZUbjRL\n"),
}


class Search:
    def __init__(self, share: float) -> None:
        self.share = share

    def used(self) -> float:
        return self.share


def rules(tree: SkillTree) -> set[str]:
    return {finding.rule for finding in check(tree)}


def is_spent(*shares: float) -> bool:
    together = Effort(Skill(TREE))
    for share in shares:
        together.add(Search(share))
    return together.is_spent()


def test_searches_count_together() -> None:
    assert not is_spent()
    assert not is_spent(1, 0.2)
    assert is_spent(1, 0.3)
    assert is_spent(*(0.25,) * 6)


def test_a_search_that_is_added_for_each_file_counts_once() -> None:
    together, search = Effort(Skill(TREE)), Search(1)
    for _ in range(5):
        together.add(search)
    assert not together.is_spent()


@pytest.mark.parametrize("rule", FILES)
def test_once_together_they_have_taken_too_much_each_stops(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name, content = FILES[rule]
    tree = make_tree({"SKILL.md": MANIFEST, name: content})
    assert rule in rules(tree)
    monkeypatch.setattr(effort, "_MOST", -1)
    assert rule not in rules(tree)


def test_assigned_literals_are_then_reported_as_not_scanned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effort, "_MOST", -1)
    (finding,) = [
        each for each in check(make_tree({"SKILL.md": MANIFEST, "a.py": ASSIGNED})) if each.rule == "secret-assigned"
    ]
    assert "was not scanned" in finding.message


def test_a_credential_that_begins_a_long_word_is_found_even_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effort, "_MOST", -1)
    for size in (0, 10_000, 300_000):
        text = b"word " * (size // 5) + TOKENS["github"].encode() + b"\n"
        assert "secret-text" in rules(make_tree({"SKILL.md": MANIFEST, "a.txt": text}))


def test_a_budget_that_is_cut_short_is_short_and_counts_as_used() -> None:
    budget = Budget()
    assert (budget.is_short(), budget.used()) == (False, 0)
    budget.cut_short()
    assert budget.is_short()
    assert not budget.is_spent()
    assert budget.used() == 1


def test_a_skill_as_large_as_files_may_be_uses_little() -> None:
    made: list[Effort] = []

    class Watched(Effort):
        def __init__(self, skill: Skill) -> None:
            super().__init__(skill)
            made.append(self)

    text = b"A line of prose with a-name_like_this and some/path.py in it, and 12 words more.\n"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("skillpack.rules.engine.Effort", Watched)
        check(make_tree({"SKILL.md": MANIFEST, "a.txt": text * (MAX_FILE_BYTES // len(text)), "b.md": text * 1_000}))
    (together,) = made
    assert sum(search.used() for search in together._searches) < 0.25
