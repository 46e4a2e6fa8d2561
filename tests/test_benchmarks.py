from __future__ import annotations

import json
import re
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from benchmarks import clean
from benchmarks.corpora import CORPORA, build
from benchmarks.goals import GOALS, measured_rows, seconds, table
from benchmarks.instructions import BOUNDS, count_all
from benchmarks.measure import Contest, Sample, Way, measured
from benchmarks.page import PAGE, SAVED, render, replace_part, save
from benchmarks.reading_floor import hash_files
from benchmarks.ways import CONTESTS, with_earlier
from skillpack import Builder, Settings, pack, read_zip
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


def test_the_page_has_the_figures_that_were_saved() -> None:
    table = render(json.loads(SAVED.read_text("utf-8")))
    assert PAGE.read_text("utf-8") == replace_part(PAGE.read_text("utf-8"), "figures", table)


def test_a_saved_row_replaces_that_of_an_earlier_run_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "measured" / "figures.json"
    slow, fast = (_contest("pack b", ours=ours, cookbook=10.0, floor=1.0) for ours in (5.0, 2.0))
    other = _contest("pack a", ours=1.0, cookbook=2.0)
    save(measured_rows({"pack b": slow, "pack a": other}), 7, path)
    save(measured_rows({"pack b": fast}), 3, path)
    data = json.loads(path.read_text("utf-8"))
    assert [(row["work"], row["theirs"], row["figure"], row["run"]) for row in data["rows"]] == [
        ("pack a to a body file", "cookbook", 0.5, "1"),
        ("pack b to a body file", "cookbook", 0.2, "2"),
        ("pack b: processor time", "floor", 2.0, "2"),
    ]
    assert [run["rounds"] for run in data["runs"].values()] == [7, 3]
    save(measured_rows({"pack a": other}), 1, path)
    assert [run["rounds"] for run in json.loads(path.read_text("utf-8"))["runs"].values()] == [3, 1]


def test_the_table_of_saved_rows_numbers_their_runs_and_describes_each(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    for _ in range(2):
        save(measured_rows({"pack b": _contest("pack b", ours=3.0, cookbook=10.0)}), 5, path)
    lines = render(json.loads(path.read_text("utf-8"))).splitlines()
    assert lines[2] == "| pack b to a body file | cookbook | **0.3** | 0.3 to 0.3 | 0.3 | ≤ 0.35 | ≤ 0.25 | holds | 1 |"
    assert re.fullmatch(r"\| 1 \| \d{4}-\d\d-\d\d \| 5 \| [\d., ]+ \| Python [\d.]+, .* GB \|", lines[-1])
    assert len(lines) == 6 + 1


def test_the_floor_of_reading_hashes_every_file(tmp_path: Path) -> None:
    folder = build("z", tmp_path, 0.01)
    tree = read_zip((folder / "bundle-as-it-is.zip").read_bytes())
    assert hash_files(folder / "bundle-as-it-is.zip") == [file.sha256 for file in tree.files]
    received = hash_files(folder / "received-as-it-is.zip")
    assert sorted(received) == sorted(file.sha256 for file in tree.files)


@pytest.mark.parametrize("kind", ["received", "bundle"])
def test_four_files_of_the_zips_differ(kind: str, tmp_path: Path) -> None:
    folder = build("z", tmp_path, 0.01)
    before, after = (Builder().tree(folder / f"{kind}-{name}.zip") for name in ("as-it-is", "changed"))
    changed = [file.path for file, other in zip(before.files, after.files, strict=True) if file != other]
    assert len(changed) == 4
    assert "assets/table.csv" in changed


def test_a_process_that_ends_with_another_code_than_expected_ends_the_benchmarks() -> None:
    failing = [sys.executable, "-c", "import sys; sys.exit('over')"]
    assert measured(Way("x", failing, code=1)).seconds > 0
    with pytest.raises(SystemExit, match="ended with 1: over"):
        measured(Way("x", failing))


def test_a_command_that_an_earlier_version_did_not_have_is_not_run_with_it(tmp_path: Path) -> None:
    contest = CONTESTS["diff z"][1](tmp_path, tmp_path)
    assert with_earlier(contest, tmp_path) is contest


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
