"""Save what was measured, and write it into docs/explanation/performance.md.

The rows that were not measured again stay as they are; each row has the number of its run, and the page describes the
runs. `python -m benchmarks.page` writes the page again from what is saved.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from benchmarks.goals import GOALS, cells, judge

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.goals import Goal, Row

DOCS: Final = Path(__file__).resolve().parent.parent / "docs/explanation"
PAGE: Final = DOCS / "performance.md"
SAVED: Final = DOCS / "measured/figures.json"

_AGAINST: Final = {
    "": "",
    "cookbook": "cookbook",
    "shell": "shell",
    "floor": "floor",
    "reading floor": "reading floor",
    "reading floor of received": "reading floor",
    "earlier": "the version before",
    "make_archive": "`shutil.make_archive`",
    "alone": "the skill alone",
    "two": "one thread",  # the goal is the speed of two in units of that of one
    "python": "`python -c pass`",
    "skills-ref": "`skills-ref validate`",
    "1,000": "all of them",
}
"""The label of a way -> what the page calls it."""


class SavedRow(NamedTuple):
    """What was measured of one goal, in which run."""

    work: str
    theirs: str
    figure: float
    least: float
    most: float
    processor: float | None
    run: str


def machine() -> str:
    """Describe this machine and its Python."""
    kernel = platform.release().partition("-")[0]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    parts = [
        f"Python {platform.python_version()}",
        f"{platform.system()} {kernel} {platform.machine()}",
        f"{os.cpu_count()} processors ({_processor()})",
        f"{memory:.0f} GB",
    ]
    return ", ".join(parts)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    known: dict[str, str] = {}
    for line in lines:
        key, _, value = line.partition(":")
        known.setdefault(key.strip(), value.strip())
    words = {"model name": "", "cpu family": "family ", "model": "model "}
    return ", ".join(word + known[key] for key, word in words.items() if key in known) or platform.machine()


def load() -> str:
    """Return the load averages of the last 1, 5 and 15 minutes."""
    return ", ".join(f"{value:.1f}" for value in os.getloadavg())


def save(rows: Iterable[Row], rounds: int, path: Path = SAVED) -> None:
    """Replace the saved rows by those measured now; runs of which no row is left are forgotten."""
    data = json.loads(path.read_text("utf-8")) if path.exists() else {"runs": {}, "rows": []}
    today = dt.datetime.now(dt.UTC).date().isoformat()
    number = str(max(map(int, data["runs"]), default=0) + 1)
    data["runs"][number] = {"date": today, "rounds": rounds, "machine": machine(), "load": load()}
    found = {(row["work"], row["theirs"]): row for row in data["rows"]}
    for row in rows:
        processor = None if row.processor is None else _rounded(row.processor)
        figures = _rounded(row.figure), _rounded(row.least), _rounded(row.most), processor
        found[row.goal.work, row.goal.theirs] = SavedRow(row.goal.work, row.goal.theirs, *figures, number)._asdict()
    kept = [found[key] for goal in GOALS if (key := (goal.work, goal.theirs)) in found]
    used = {row["run"] for row in kept}
    runs = {key: run for key, run in data["runs"].items() if key in used}
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"runs": runs, "rows": kept}, indent=1) + "\n", "utf-8")


def _rounded(figure: float) -> float:
    return float(f"{figure:.4g}")


def render(data: dict[str, Any]) -> str:
    """Return the table of saved rows, and the runs they come from."""
    goals = {(goal.work, goal.theirs): goal for goal in GOALS}
    rows = [SavedRow(**row) for row in data["rows"]]
    runs = list(data["runs"])
    lines = [
        "| work | against | figure | rounds | processor | hold | reach | | run |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        *(_line(goals[row.work, row.theirs], row, runs.index(row.run) + 1) for row in rows),
        "",
        "| run | date | rounds | load averages at the end | machine |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {number} | {run['date']} | {run['rounds']} | {run['load']} | {run['machine']} |"
            for number, run in enumerate(data["runs"].values(), 1)
        ),
    ]
    return "\n".join(lines)


def _line(goal: Goal, row: SavedRow, run: int) -> str:
    verdict = judge(row.figure, goal)
    return f"| {' | '.join([goal.work, _AGAINST[goal.theirs], *cells(goal, row), verdict, str(run)])} |"


def replace_part(page: str, name: str, text: str) -> str:
    """Return a page with the part between `<!-- name -->` and `<!-- end of name -->` replaced."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    head, _, rest = page.partition(begin)
    _, found, tail = rest.partition(end)
    assert found, f"the page has no part called {name}"
    return f"{head}{begin}\n{text}\n\n{end}{tail}"


def write_page() -> None:
    """Write the saved rows into the page."""
    table = render(json.loads(SAVED.read_text("utf-8")))
    PAGE.write_text(replace_part(PAGE.read_text("utf-8"), "figures", table), "utf-8")


if __name__ == "__main__":
    write_page()
