"""What a whole skill costs, in time and in findings: small versions of what `python -m benchmarks.bounded` measures."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.bounded import LISTED, PARTS, Cost, Costs, Input, fill, generated, judge
from skillpack.api import Builder
from skillpack.errors import SettingsError
from skillpack.findings import RejectedError, Severity
from skillpack.limits import MAX_CONTENTS_MIB, MAX_FINDINGS
from skillpack.output import json as as_json
from skillpack.output import sarif, text
from skillpack.output.text import Look
from skillpack.rules import engine
from skillpack.secrets import runs
from skillpack.secrets.budget import Budget
from skillpack.secrets.scan import tokens
from skillpack.settings import Settings
from skillpack.skill.tree import SkillFile
from tests.bounds import best_of, processor_time
from tests.conftest import make_tree
from tests.rules.invented import RECIPES, invent

if TYPE_CHECKING:
    from pathlib import Path

    from skillpack.findings import Report


def _check(kind: str, count: int, size: int) -> Report:
    content = fill(PARTS[kind], size)
    return Builder().check(make_tree({f"f{number}.md": content for number in range(count)}))


def _render(report: Report) -> None:
    text.render(report, Look())
    as_json.render(report)
    sarif.render(report, Look())


@pytest.mark.parametrize("kind", PARTS)
def test_four_times_the_files_take_at_most_four_times_as_long(kind: str) -> None:
    few = best_of(2, lambda: _render(_check(kind, 10, 4_000)))
    assert best_of(2, lambda: _render(_check(kind, 40, 4_000))) < 4.5 * few + 0.1


@pytest.mark.parametrize("kind", PARTS)
def test_four_times_the_content_takes_at_most_four_times_as_long(kind: str) -> None:
    little = best_of(2, lambda: _check(kind, 1, 25_000))
    assert best_of(2, lambda: _check(kind, 1, 100_000)) < 4.5 * little + 0.1


@pytest.mark.parametrize("size", [20_000, 131_000, 1_000_000])
def test_runs_shorter_than_a_token_take_little_where_no_name_of_a_credential_is(size: int) -> None:
    def check(part: bytes) -> Report:
        content = fill(part, size)
        return Builder().check(make_tree({f"f{number}.txt": content for number in range(4_000_000 // size)}))

    words = best_of(3, lambda: check(b"a1234567890abc "))
    assert best_of(3, lambda: check(PARTS["short runs with digits"])) < 4 * words + 0.02


@pytest.mark.parametrize(
    "kind", ["aws ids", "invisible", "json web tokens", "kubernetes", "percent", "private keys", "short runs by a name"]
)
def test_files_that_take_time_to_search_for_credentials_share_one_budget(kind: str) -> None:
    with processor_time(3):
        _check(kind, 120, 40_000)


@pytest.mark.parametrize("size", [1_000, 40_000, 300_000])
@pytest.mark.parametrize("kind", ["json web tokens", "runs with digits"])
def test_once_only_the_beginnings_of_long_words_are_looked_at_few_words_are_listed_and_none_is_judged(
    kind: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = 0
    list_runs = runs._long_runs

    def count(*arguments: Any) -> tuple[list[tuple[int, int]], int]:
        nonlocal listed
        found = list_runs(*arguments)
        listed += len(found[0])
        return found

    def fail(*_: object) -> None:
        raise AssertionError("words were judged")

    budget = Budget()
    list(tokens(fill(PARTS["json web tokens"], 4 << 20), budget))
    assert budget.is_short()
    assert not budget.is_spent()
    monkeypatch.setattr(runs, "_long_runs", count)
    monkeypatch.setattr(runs, "_judge", fail)
    text = fill(PARTS[kind], size) + b" " + invent(RECIPES["github"], random.Random(size)).encode()
    assert [token.kind for token in tokens(text, budget)] == ["a GitHub token"]
    assert listed <= 500 + size // 50


@pytest.mark.parametrize(
    "part",
    [*map(chr, range(33, 127)), "%2", "%3", "%4", "%2F%", "Q~", "-1Q~-", "0Q", "Key=", "ntKey=", "whsec_", "+ACR"],
)
def test_what_begins_a_rare_literal_takes_no_longer_to_search_where_it_is_frequent(part: str) -> None:
    content = part.encode() * (8 * (1 << 20) // len(part))
    budget = Budget()
    list(tokens(content[: 4 << 20], budget))  # what may be a long word costs more until the budget for that is spent
    with processor_time(0.1):
        list(tokens(content, budget))


def test_four_times_the_unknown_keys_take_at_most_four_times_as_long(tmp_path: Path) -> None:
    def load(count: int) -> None:
        path = tmp_path / "skillpack.toml"
        path.write_text("".join(f"key{number} = 1\n" for number in range(count)))
        with pytest.raises(SettingsError):
            Settings.load(path)

    few = best_of(2, lambda: load(500))
    assert best_of(2, lambda: load(2_000)) < 4.5 * few + 0.1


def test_the_most_severe_findings_are_listed_and_the_others_counted() -> None:
    files = {f"a{number:03}.md": b"a\x1b\n" * 100 for number in range(15)}
    report = Builder().check(make_tree({**files, "z.env": b"", "z/.env": b"KEY=1"}))
    assert len(report) == MAX_FINDINGS + 1
    assert {finding.rule for finding in report.errors} == {"secret-file"}
    (counted,) = (finding for finding in report if finding.rule == "too-many-findings")
    assert counted.severity is Severity.WARNING
    made = 15 * 100 + len(report.errors)
    assert counted.message.startswith(f"{made - MAX_FINDINGS:,} more findings")


def test_contents_over_the_budget_are_never_read_and_never_packed() -> None:
    class Unreadable:
        def read(self) -> bytes:
            raise AssertionError("it was read")

    tree = make_tree()
    size = MAX_CONTENTS_MIB * (1 << 20) // 8
    files = (*tree.files, *(SkillFile(f"t{number}.bin", size, Unreadable()) for number in range(8)))  # type: ignore[arg-type]
    over = tree.__class__(files, "demo")
    report = Builder().check(over)
    assert [finding.rule for finding in report.errors] == ["total-over-budget"]
    assert "raise max-contents" in (report.errors[0].hint or "")
    with pytest.raises(RejectedError):
        Builder().pack(over)


def test_the_settings_raise_the_budget_and_lower_it() -> None:
    tree = make_tree({"a.bin": b"a" * (1 << 20)})
    assert [found.rule for found in Builder(Settings(max_contents=1)).check(tree).errors] == ["total-over-budget"]
    assert Builder(Settings(max_contents=2)).check(tree).ok


@pytest.mark.parametrize("value", [0, 4097, -1])
def test_a_budget_that_no_zip_can_have_is_refused(value: int) -> None:
    with pytest.raises(ValueError, match=r"max-contents: must be at (least 1|most 4096)"):
        Settings(max_contents=value)


def test_the_command_judges_time_memory_and_growth() -> None:
    small = Input("a", lambda _folder, _share: [])
    assert judge(small, Costs(Cost(2.9, 10**8), 1.0, 2.9)) == []
    assert judge(small, Costs(Cost(3.1, 4 * 10**8), 1.0, 3.1)) == ["time", "memory"]
    assert judge(small, Costs(Cost(2.5, 10**8), 0.5, 2.5)) == ["growth"]
    assert judge(small, Costs(Cost(0.4, 10**8), 0.05, 0.4)) == []
    assert judge(Input("b", small.make, 120), Costs(Cost(3.5, 10**8), 1.0, 3.5)) == []


def test_the_command_counts_the_least_of_each_figure() -> None:
    costs = Costs(Cost(2.0, 300), 0.5, 2.0).least(Costs(Cost(3.0, 200), 0.4, 2.2))
    assert costs == Costs(Cost(2.0, 200), 0.4, 2.0)
    assert costs.growth == 5


def test_the_growth_of_an_input_near_the_limit_on_a_zip_is_that_of_zip(tmp_path: Path) -> None:
    near = [each for each in LISTED if each.grown]
    assert [each.mib for each in near] == [125] * len(near) != []
    (tmp_path / "half").mkdir()
    assert near[0].grown
    assert near[0].grown(tmp_path, 1 / 1024)[0] == "zip"
    assert near[0].make(tmp_path / "half", 1 / 1024)[0] == "check"


def test_the_command_generates_the_same_inputs_each_time(tmp_path: Path) -> None:
    names = [each.name for each in generated(200)]
    assert names == [each.name for each in generated(200)]
    assert len({*names, *(each.name for each in LISTED)}) == 200 + len(LISTED)
    for number, each in enumerate((*generated(5),)):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert each.make(folder, 0.25)[0] == "check"


def test_after_very_many_findings_one_of_a_rule_in_a_file_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_MOST_COUNTED", 30)
    report = _check("controls", 3, 20 * len(PARTS["controls"]))
    found = [each for each in report if each.rule == "text-control"]
    by_file = [len([each for each in found if each.location.path == f"f{number}.md"]) for number in range(3)]
    assert by_file == [20, 20, 2]
    assert "only the first finding of text-control in this file is listed" in [each.message for each in found]
