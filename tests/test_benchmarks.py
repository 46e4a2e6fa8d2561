from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest

from benchmarks import clean
from benchmarks.corpora import CORPORA, build
from benchmarks.goals import GOALS, seconds, table
from benchmarks.instructions import BOUNDS, count_all
from benchmarks.measure import Contest, Sample, measured
from benchmarks.ways import CONTESTS, with_earlier
from skillpack import Builder, Settings, pack
from skillpack.limits import MAX_ZIP_BYTES
from tests.judges import judge

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("letter", "abce")
def test_a_corpus_has_the_size_it_claims(letter: str, tmp_path: Path) -> None:
    scale = {"a": 1, "b": 0.1, "c": 0.05, "e": 0.01}[letter]
    count, size = {"a": (10, 65_536), "b": (50, 2_000_000), "c": (25, 4_950_000), "e": (200, None)}[letter]
    tree = Builder().walk(build(letter, tmp_path, scale) / f"corpus-{letter}")
    assert len(tree.files) == count
    assert size is None or abs(tree.size - size) <= 8
    assert not tree.selection.excluded


def test_a_corpus_has_the_same_bytes_each_time(tmp_path: Path) -> None:
    once, again = (Builder().walk(build("b", tmp_path / name, 0.02) / "corpus-b") for name in ("once", "again"))
    assert once == again


def test_the_large_corpus_comes_near_the_limit(tmp_path: Path) -> None:
    skill = build("c", tmp_path, 0.05) / "corpus-c"
    assert sorted(file.size for file in Builder().walk(skill).files)[-3:] == [1_250_000] * 3
    assert 0.93 <= len(pack(skill).zip) / (0.05 * MAX_ZIP_BYTES) <= 0.97


def test_a_third_of_the_middle_corpus_does_not_shrink(tmp_path: Path) -> None:
    bundle = pack(build("b", tmp_path, 0.1) / "corpus-b")
    (tmp_path / "b.zip").write_bytes(bundle.zip)
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        stored = [entry for entry in archive.infolist() if entry.compress_size == entry.file_size]
        assert 0.3 <= len(stored) / len(archive.infolist()) <= 0.36


def test_the_crowd_around_a_skill_is_left_out(tmp_path: Path) -> None:
    folder = build("d", tmp_path, 0.001)
    among, alone = (Builder().walk(folder / place / "corpus-d") for place in ("among", "alone"))
    everything = Builder(Settings(default_excludes=False, gitignore=False)).walk(folder / "among/corpus-d")
    assert len(among.files) == 20
    assert among == alone
    assert len(everything.files) >= 180  # .git is never looked into


def test_every_goal_is_of_a_contest_that_runs(tmp_path: Path) -> None:
    assert {goal.contest for goal in GOALS} == CONTESTS.keys()
    assert {letter for letter, _ in CONTESTS.values()} == CORPORA.keys()
    for letter, make in CONTESTS.values():
        contest = make(tmp_path, tmp_path)
        ours = {goal.ours for goal in GOALS if goal.contest == contest.name}
        assert ours <= {way.label for way in contest.ways}, letter


def test_an_earlier_version_runs_from_its_checkout(tmp_path: Path) -> None:
    package = tmp_path / "earlier" / "skillpack" / "cli"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").touch()
    (package / "__init__.py").write_text("import sys\ndef main(): open(sys.argv[-1], 'w').write('from the checkout')\n")
    contest = with_earlier(CONTESTS["pack a"][1](tmp_path, tmp_path), tmp_path / "earlier")
    measured(contest.ways[-1])
    assert contest.ways[-1].label == "earlier"
    assert (tmp_path / "a-ours.json").read_text() == "from the checkout"


def test_the_table_tells_a_goal_that_is_missed_from_one_that_is_reached() -> None:
    slow = _contest("pack b", ours=5.0, cookbook=10.0)
    fast = _contest("pack c", ours=1.0, cookbook=10.0)
    threads = _contest("threads c", one=3.4, two=2.0)
    lines = table({contest.name: contest for contest in (slow, fast, threads)}).splitlines()
    assert next(line for line in lines if "pack b" in line).endswith(
        "| **0.5** | 0.5 to 0.5 | 0.5 | ≤ 0.35 | ≤ 0.25 | missed |"
    )
    assert next(line for line in lines if "c to a body" in line).endswith("| ≤ 0.25 | ≤ 0.17 | reached |")
    assert next(line for line in lines if "threads" in line).endswith(
        "| **1.7** | 1.7 to 1.7 | 1.7 | ≥ 1.6 | ≥ 1.9 | holds |"
    )


def test_a_ratio_is_taken_within_each_round() -> None:
    contest = Contest(
        "x", (), samples={"a": [Sample(1, 1, 1, 1), Sample(4, 4, 1, 1)], "b": [Sample(2, 2, 1, 1), Sample(8, 8, 1, 1)]}
    )
    assert contest.ratios("a", "b", seconds) == [0.5, 0.5]


def test_two_checkouts_search_the_same_texts_in_turn(tmp_path: Path) -> None:
    page, binary = tmp_path / "page one.md", tmp_path / "x.bin"
    page.write_bytes(b"word " * 1000)
    binary.write_bytes(b"\0" * 1000)
    (cost,) = clean.measure([clean.ROOT, clean.ROOT], {"two files": [page, binary]}, rounds=2)
    assert (cost.name, cost.bytes) == ("two files", 6000)
    assert len(cost.seconds) == 2
    assert all(0 < seconds < 1 for seconds in cost.seconds)


def _contest(name: str, **taken: float) -> Contest:
    return Contest(name, (), samples={label: [Sample(value, value, 100, 100)] for label, value in taken.items()})


@pytest.mark.slow
def test_a_start_executes_few_instructions() -> None:
    judge("valgrind")
    counts = count_all()
    most = {name: 1.15 * bound * counts["python -c pass"] for name, bound in BOUNDS.items()}
    assert {name: count for name, count in counts.items() if count > most.get(name, count)} == {}
