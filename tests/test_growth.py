"""How time and memory grow: trees of the size that the data states, and a page that is written from the data."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from benchmarks.growth import AXES, SAVED, Curve, Point, Tree, load_curves, measure, render, save
from benchmarks.measure import Way
from benchmarks.page import PAGE, replace_part
from skillpack import Builder, find_skills

if TYPE_CHECKING:
    from pathlib import Path

SAMPLE = Curve(Point(amount, 0.1 + amount / 1000, 0.2 + amount / 500, 20e6 + 300 * amount) for amount in (0, 100, 1000))


def test_the_page_has_the_sentences_of_the_data_that_is_saved() -> None:
    page = PAGE.read_text("utf-8")
    assert page == replace_part(page, "growth", render(json.loads(SAVED.read_text("utf-8"))))


def test_every_axis_is_saved_up_to_its_last_point_and_drawn() -> None:
    saved = json.loads(SAVED.read_text("utf-8"))
    assert list(saved) == list(AXES)
    for name, axis in AXES.items():
        curves = load_curves(saved[name])
        points = {label: tree.points for tree in axis.trees for label in tree.commands}
        assert {label: tuple(point.amount for point in curve) for label, curve in curves.items()} == points
        assert saved[name]["runs"] >= 3
        for shade in ("light", "dark"):
            picture = (SAVED.parent / f"{name}-{shade}.svg").read_text("utf-8")
            assert all(f">{text}</text>" in picture for text in (axis.label, "linear", "peak memory"))
            assert (SAVED.parent / f"{name}-{shade}.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("steps", [(12,), (1, 5, 12)])
def test_a_tree_of_files_has_as_many_as_were_asked_for_however_it_grew(steps: tuple[int, ...], tmp_path: Path) -> None:
    grow_to(AXES["files"].trees[0], tmp_path, steps)
    tree = Builder().walk(tmp_path / "growing")
    assert len(tree.files) == 12
    assert tree.size == 12_000


@pytest.mark.parametrize("size", [1000, 10_000, 300_000])
def test_a_tree_of_a_size_has_that_size_in_ten_files_and_a_manifest(size: int, tmp_path: Path) -> None:
    grow_to(AXES["size"].trees[0], tmp_path, (500_000, size))
    tree = Builder().walk(tmp_path / "growing")
    assert len(tree.files) == 11
    assert abs(tree.size - size) <= 20


@pytest.mark.parametrize("number", [0, 1])
def test_what_is_ignored_changes_nothing_of_the_skill(number: int, tmp_path: Path) -> None:
    tree = AXES["ignored"].trees[number]
    grow_to(tree, tmp_path, (0,))
    before = Builder().walk(tmp_path / "growing")
    grow_to(tree, tmp_path, (30, 250))
    after = Builder().walk(tmp_path / "growing")
    assert len(list((tmp_path / "growing").rglob("p*/f*"))) == 250
    assert before == after
    assert len(after.selection.excluded) == (1, 250)[number] + len([".gitignore"])


def test_skills_are_added_to_those_that_are_there(tmp_path: Path) -> None:
    grow_to(AXES["skills"].trees[0], tmp_path, (1, 3))
    assert len(find_skills(tmp_path)) == 3


def grow_to(tree: Tree, folder: Path, steps: tuple[int, ...]) -> None:
    done = 0
    for amount in steps:
        tree.grow(folder, done, amount)
        done = amount


def test_each_command_runs_at_each_point_and_its_median_is_saved(tmp_path: Path) -> None:
    def run(folder: Path, amount: int) -> Way:
        code = f"import os; assert len(os.listdir({str(folder)!r})) == {amount}; bytearray({amount} * 60_000_000)"
        return Way("x", [sys.executable, "-c", code])

    curves = measure(Tree((1, 2, 4), AXES["skills"].trees[0].grow, {"x": run}), 1, 1.0)
    assert [point.amount for point in curves["x"]] == [1, 2, 4]
    assert curves["x"][2].peak > 240_000_000
    path = tmp_path / "measured" / "growth.json"
    save("skills", curves, 1, 0, path)
    save("files", curves, 1, 0, path)
    assert list(json.loads(path.read_text("utf-8"))) == ["files", "skills"]
    (again,) = load_curves(json.loads(path.read_text("utf-8"))["skills"]).values()
    assert list(map(list, again)) == [[float(f"{value:.4g}") for value in point] for point in curves["x"]]


def test_growth_is_what_exceeds_the_first_point() -> None:
    assert SAMPLE.added("processor") == pytest.approx(0.001)
    assert SAMPLE.added("peak") == pytest.approx(300)
    assert SAMPLE.last_step() == "10 times as many from 100 on take 10 times as long"
    assert SAMPLE.up_to(500) == SAMPLE[:2]
    quadratic = Curve(Point(amount, 0.1 + amount**2, 1, 1) for amount in (1, 10, 100))
    assert quadratic.last_step() == "10 times as many from 10 on take 101 times as long"


@pytest.mark.parametrize("name", AXES)
def test_an_axis_is_described_with_the_numbers_of_its_curves(name: str) -> None:
    labels = [label for tree in AXES[name].trees for label in tree.commands]
    sentence = AXES[name].describe(dict.fromkeys(labels, SAMPLE))
    assert {"files": "adds 1000 µs", "size": "adds 1000000.0 ms", "ignored": "takes 1000 µs", "skills": "adds 1.0 ms"}[
        name
    ] in sentence
