"""`python -m benchmarks.growth [NAME...]`: how time and memory grow, as data, plots and sentences in the documentation.

Each command runs as a process of its own on a tree that grows from point to point; of its runs the median is saved in
docs/explanation/measured/growth.json. `--draw` measures nothing, and makes plots and sentences of what is saved; the
plots need matplotlib (`pip install -e '.[bench]'`).
"""

from __future__ import annotations

import argparse
import compileall
import datetime as dt
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from benchmarks.corpora import Material, manifest, small, write
from benchmarks.measure import Way, measured
from benchmarks.page import PAGE, load, machine, replace_part
from benchmarks.ways import python, skillpack
from skillpack.limits import DOCUMENTED_ZIP_BYTES, MAX_FILES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

FOLDER: Final = PAGE.parent / "measured"
SAVED: Final = FOLDER / "growth.json"
PER_FOLDER: Final = 100

_WRITE: Final = """
import sys
from skillpack import Builder, write_zip
write_zip(Builder().walk(sys.argv[1]), "demo")
"""


@dataclass(frozen=True)
class Tree:
    """Files that grow, and the commands that run on them at each point.

    `grow` is given a folder, how much of it there is, and how much there shall be. A command is given the folder and
    how much there is.
    """

    points: tuple[int, ...]
    grow: Callable[[Path, int, int], None]
    commands: dict[str, Callable[[Path, int], Way]]


@dataclass(frozen=True)
class Axis:
    """What grows, its unit on the axis, and the sentence that says how, with the reason."""

    label: str
    trees: tuple[Tree, ...]
    describe: Callable[[dict[str, Curve]], str]


class Point(NamedTuple):
    """What one command took, in the median: seconds of processors and on the clock, bytes of memory at its peak."""

    amount: int
    processor: float
    seconds: float
    peak: float


class Curve(tuple[Point, ...]):
    """The points of one command, in order."""

    __slots__ = ()

    def added(self, quantity: str) -> float:
        """Return what one more of what is counted adds, from the first point to the last."""
        first, last = self[0], self[-1]
        return float(getattr(last, quantity) - getattr(first, quantity)) / (last.amount - first.amount)

    def up_to(self, amount: int) -> Curve:
        """Return the part of the curve where no more than this is counted."""
        return Curve(point for point in self if point.amount <= amount)

    def last_step(self, quantity: str = "processor") -> str:
        """Say how much of what is above the first point came with the last tenfold growth, or nearly so."""
        first, last = self[0], self[-1]
        near = next(point for point in self[1:] if 10 * point.amount >= last.amount)
        start = getattr(first, quantity)
        grown = (getattr(last, quantity) - start) / (getattr(near, quantity) - start)
        return f"{last.amount / near.amount:.3g} times as many from {near.amount:,} on take {grown:.3g} times as long"


# --- trees -----------------------------------------------------------------------------------------------------


def grow_files(folder: Path, done: int, count: int) -> None:
    """Add text files of 1 KB."""
    material = Material(f"files {done}")
    if not done:
        write(folder / "growing/SKILL.md", manifest("growing", material, 1000))
    for number in range(max(done, 1), count):
        write(folder / f"growing/references/p{number // PER_FOLDER}/f{number}.txt", material.text(1000))


def grow_size(folder: Path, _done: int, size: int) -> None:
    """Write ten files of this size together: eight texts, two that do not shrink."""
    material, skill = Material("size"), folder / "growing"
    share = size // 10
    write(skill / "SKILL.md", manifest("growing", material, 250))
    for number in range(10):
        make = material.noise if number < 2 else material.text
        write(skill / f"references/f{number}.dat", make(max(share - 25, 50)))


def grow_excluded(folder: Path, done: int, count: int) -> None:
    """Add empty files to an ignored folder."""
    _grow_crowd(folder, done, count, "growing/node_modules/p{}/f{}.js")


def grow_matched(folder: Path, done: int, count: int) -> None:
    """Add empty files that are ignored one by one."""
    _grow_crowd(folder, done, count, "growing/logs/p{}/f{}.log")


def _grow_crowd(folder: Path, done: int, count: int, name: str) -> None:
    if not done:
        small(folder / "growing", Material("crowd"), files=20)
        write(folder / "growing/.gitignore", b"*.log\n")
    for number in range(done, count):
        path = folder / name.format(number // PER_FOLDER, number)
        if number % PER_FOLDER == 0 or number == done:
            path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def grow_skills(folder: Path, done: int, count: int) -> None:
    """Add skills of ten files, 20 KB each."""
    material = Material(f"skills {done}")
    for number in range(done, count):
        small(folder / f"skill-{number}", material, size=20_000)


def _check(folder: Path, _count: int) -> Way:
    return Way("check", skillpack("check", "-q", folder / "growing"))


def _check_files(folder: Path, count: int) -> Way:
    return replace(_check(folder, count), code=int(count > MAX_FILES))


def _files(folder: Path, _count: int) -> Way:
    return Way("files", skillpack("files", folder / "growing"))


def _pack(folder: Path, _count: int) -> Way:
    return Way("pack", skillpack("pack", "-q", folder / "growing", "-o", folder / "body.json"))


def _zip(folder: Path, _count: int) -> Way:
    return Way("zip", python(_WRITE, folder / "growing"))


def _check_all(folder: Path, _count: int) -> Way:
    return Way("check --all", skillpack("check", "-q", "--all", folder))


# --- sentences -------------------------------------------------------------------------------------------------


def _describe_files(curves: dict[str, Curve]) -> str:
    check, zipped = curves["check"].up_to(10 * MAX_FILES), curves["walk and write_zip"]
    times, sizes = ([curve.added(name) for curve in (check, zipped)] for name in ("processor", "peak"))
    return (
        f"Time is linear in the number of files: each of 1 KB adds {times[0] * 1e6:.0f} µs to a check and "
        f"{times[1] * 1e6:.0f} µs to walking and writing a zip; {zipped.last_step()} in the latter. The API takes "
        f"{MAX_FILES} files: of a skill with over {10 * MAX_FILES:,} a check reads only SKILL.md, so more files take "
        f"less. Memory is that of Python, and {sizes[0] / 1000:.1f} KB for what a check knows of each file; a zip is "
        f"in memory as a whole when `write_zip` returns it ({sizes[1] / 1000:.1f} KB a file)."
    )


def _describe_size(curves: dict[str, Curve]) -> str:
    check, pack = curves["check"], curves["pack to a file"]
    times = [curve.added("processor") * 1e9 for curve in (check.up_to(DOCUMENTED_ZIP_BYTES), pack)]
    return (
        f"Time is linear in the size: each MB adds {times[0]:.1f} ms to a check and {times[1]:.1f} ms to a pack. A "
        f"check compresses only contents of over {_mb(DOCUMENTED_ZIP_BYTES)}, these until the rest of them fits in "
        "a zip of that size. Memory does not grow with the whole but with the files that are in work at a time, here "
        f"of a tenth of it: {_mb(check[-1].peak)} for the check and {_mb(pack[-1].peak)} for the pack of "
        f"{_mb(check[-1].amount)}, of which Python and skillpack have {_mb(check[0].peak)}."
    )


def _describe_ignored(curves: dict[str, Curve]) -> str:
    folder, matched = curves["in an ignored folder"], curves["ignored one by one"]
    more = (folder[-1].processor - folder[0].processor) * 1000
    return (
        f"A folder that is ignored costs the same with any content, because it is not entered: {folder[-1].amount:,} "
        f"files in it change the time of {folder[0].processor * 1000:.0f} ms by {more:+.0f} ms. A file that is ignored "
        f"by itself has to be listed and matched, which takes {matched.added('processor') * 1e6:.0f} µs and "
        f"{matched.added('peak') / 1000:.2f} KB for its line in the report; {matched.last_step()}."
    )


def _describe_skills(curves: dict[str, Curve]) -> str:
    (check,) = curves.values()
    return (
        f"Time is linear in the number of skills: each of ten files and 20 KB adds "
        f"{check.added('processor') * 1000:.1f} ms of processor time and {check.added('seconds') * 1000:.1f} ms on the "
        f"clock; {check.last_step()}. The memory of the largest process grows from {_mb(check[0].peak)} to "
        f"{_mb(check[-1].peak)}, {check.added('peak') / 1000:.1f} KB for what is known of each skill."
    )


def _mb(size: float) -> str:
    return f"{size / 1e6:.0f} MB"


AXES: Final = {
    "files": Axis(
        "files of 1 KB in a skill",
        (
            Tree(
                (10, 30, 100, 300, 1000, 2000, 5000, 20_000),
                grow_files,
                {"check": _check_files, "walk and write_zip": _zip},
            ),
        ),
        _describe_files,
    ),
    "size": Axis(
        "bytes in the ten files of a skill",
        (
            Tree(
                (1000, 10_000, 100_000, 1_000_000, 3_000_000, 10_000_000, 30_000_000, 99_000_000),
                grow_size,
                {"check": _check, "pack to a file": _pack},
            ),
        ),
        _describe_size,
    ),
    "ignored": Axis(
        "ignored files beside the 20 of a skill",
        (
            Tree((0, 10, 100, 1000, 10_000, 20_000, 200_000), grow_excluded, {"in an ignored folder": _files}),
            Tree((0, 10, 100, 1000, 4000, 10_000, 40_000), grow_matched, {"ignored one by one": _files}),
        ),
        _describe_ignored,
    ),
    "skills": Axis(
        "skills of ten files in a call",
        (Tree((1, 10, 100, 500, 1000, 5000), grow_skills, {"check --all": _check_all}),),
        _describe_skills,
    ),
}
"""The walk stops at 50,000 entries, so no more files are ignored one by one."""


# --- measuring -------------------------------------------------------------------------------------------------


def measure(tree: Tree, runs: int, most: float) -> dict[str, list[Point]]:
    """Return the points of each command on a tree, up to a share of the largest."""
    curves: dict[str, list[Point]] = {label: [] for label in tree.commands}
    folder = Path(tempfile.mkdtemp(prefix="skillpack-growth-"))
    try:
        done = 0
        for count in tree.points:
            if count > max(most * tree.points[-1], tree.points[2]):
                break
            _grow(tree, folder, done, count)
            done = count
            for label, command in tree.commands.items():
                way = command(folder, count)
                samples = [measured(way) for _ in range(runs)]
                medians = (
                    statistics.median(getattr(one, name) for one in samples)
                    for name in ("processor", "seconds", "peak")
                )
                curves[label].append(Point(count, *medians))
                print(f"{label}, {count:,}: {curves[label][-1]}", file=sys.stderr)
    finally:
        shutil.rmtree(folder)
    return curves


def _grow(tree: Tree, folder: Path, done: int, count: int) -> None:
    """Grow a tree in a process of its own: the kernel counts what this one holds into the peak of its children."""
    code = f"from pathlib import Path; from benchmarks.growth import {tree.grow.__name__} as grow; "
    code += f"grow(Path({str(folder)!r}), {done}, {count})"
    subprocess.run(python(code), check=True)


def save(name: str, curves: dict[str, list[Point]], runs: int, took: float, path: Path = SAVED) -> None:
    """Save the curves of an axis with how they were measured, and leave the others as they are."""
    data = json.loads(path.read_text("utf-8")) if path.exists() else {}
    data[name] = {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "machine": machine(),
        "load": load(),
        "runs": runs,
        "seconds": round(took),
        "curves": {label: [*map(_rounded, points)] for label, points in curves.items()},
    }
    path.parent.mkdir(exist_ok=True)
    path.write_text(_as_json({name: data[name] for name in AXES if name in data}), "utf-8")


def _rounded(point: Point) -> list[float]:
    return [point.amount, *(float(f"{number:.4g}") for number in point[1:])]


def _as_json(data: dict[str, Any]) -> str:
    """Return JSON with a line for each point."""
    text = json.dumps(data, indent=1)
    return re.sub(r"\[\s+([-\d.e]+),\s+([-\d.e]+),\s+([-\d.e]+),\s+([-\d.e]+)\s+\]", r"[\1, \2, \3, \4]", text) + "\n"


def load_curves(data: dict[str, Any]) -> dict[str, Curve]:
    """Return the curves of an axis by their label."""
    return {label: Curve(Point(*point) for point in points) for label, points in data["curves"].items()}


def render(saved: dict[str, Any]) -> str:
    """Return what the page says of each axis: its plot in two colours, and the sentence on it."""
    parts = []
    for name, axis in AXES.items():
        if name not in saved:
            continue
        curves = load_curves(saved[name])
        alt = f"processor time and peak memory against {axis.label}: {', '.join(curves)}"
        for shade in ("light", "dark"):
            image = f"measured/{name}-{shade}.svg"
            parts.append(f"```{{image}} {image}\n:alt: {alt}\n:class: only-{shade}\n:width: 520px\n```")
        parts.append(axis.describe(curves))
    runs: dict[str, list[str]] = {}
    for name, data in saved.items():
        how = f"Measured on {data['date']}, the median of {data['runs']} runs, with {data['machine']}"
        runs.setdefault(how, []).append(f"{data['load']} ({name})")
    parts += [f"{how}. Load averages at the end: {'; '.join(loads)}." for how, loads in runs.items()]
    return "\n\n".join(part if part.startswith("```") else "\n".join(textwrap.wrap(part, 120)) for part in parts)


def write_page() -> None:
    """Write plots' names and sentences into the page."""
    text = render(json.loads(SAVED.read_text("utf-8")))
    PAGE.write_text(replace_part(PAGE.read_text("utf-8"), "growth", text), "utf-8")


def main() -> None:
    """Measure the axes that were asked for, or all, save them, draw them and write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=main.__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(AXES)}")
    parser.add_argument("--runs", type=int, default=3, help="how often each command runs at each point")
    parser.add_argument("--most", type=float, default=1.0, metavar="SHARE", help="of the largest point, to try it")
    parser.add_argument("--draw", action="store_true", help="only draw what is saved, and write the page")
    options = parser.parse_args()
    if unknown := set(options.names) - AXES.keys():
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    if not options.draw:
        _measure_and_save(options.names or [*AXES], options.runs, options.most)
    write_page()
    from benchmarks.plots import draw_all

    draw_all(json.loads(SAVED.read_text("utf-8")), FOLDER)


def _measure_and_save(names: Iterable[str], runs: int, most: float) -> None:
    repository = Path(__file__).resolve().parent.parent
    os.environ["PYTHONPATH"] = str(repository)
    compileall.compile_dir(repository / "skillpack", quiet=1)  # as pip does when it installs
    for name in names:
        begin = time.monotonic()
        curves: dict[str, list[Point]] = {}
        for tree in AXES[name].trees:
            curves |= measure(tree, runs, most)
        took = time.monotonic() - begin
        save(name, curves, runs, took)
        print(f"{name}: {took:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
