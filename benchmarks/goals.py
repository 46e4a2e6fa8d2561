"""Measured contests to the table of goals: what must hold, and what we reach for."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from benchmarks.measure import Contest, Sample


def seconds(sample: Sample) -> float:
    """How long it took."""
    return sample.seconds


def processor(sample: Sample) -> float:
    """How long it kept processors busy."""
    return sample.processor


def peak(sample: Sample) -> float:
    """The most memory it held."""
    return sample.peak


def written(sample: Sample) -> float:
    """How much it wrote."""
    return sample.written


def against_output(sample: Sample) -> float:
    """The most memory it held, in units of what it wrote."""
    return sample.peak / sample.written


@dataclass(frozen=True)
class Goal:
    """One line of the table: one quantity of two ways of a contest, and the ratio that is promised.

    Without `theirs` the quantity is the figure itself. `hold` must not be passed, `reach` is hoped for; where
    `hold` is smaller than `reach`, more is better.
    """

    work: str
    contest: str
    ours: str
    theirs: str
    quantity: Callable[[Sample], float]
    hold: float | None
    reach: float | None


GOALS: Final = (
    Goal("pack a to a body file", "pack a", "ours", "cookbook", seconds, None, None),
    Goal("pack b to a body file", "pack b", "ours", "cookbook", seconds, 0.35, 0.25),
    Goal("pack c to a body file", "pack c", "ours", "cookbook", seconds, 0.25, 0.17),
    Goal("pack c to a body file", "pack c", "ours", "shell", seconds, 0.15, 0.10),
    Goal("pack b: processor time", "pack b", "ours", "floor", processor, 1.7, 1.5),
    Goal("pack c: processor time", "pack c", "ours", "floor", processor, 1.35, 1.2),
    Goal("pack b: processor time", "pack b", "ours", "earlier", processor, 1.0, 0.8),
    Goal("pack c: processor time", "pack c", "ours", "earlier", processor, 1.0, 0.8),
    Goal("container of c", "container c", "ours", "cookbook", seconds, 0.30, 0.17),
    Goal("e: walk and `write_zip` in one process", "walk and write e", "ours", "make_archive", seconds, 0.70, 0.50),
    Goal("walk and list d", "list d", "among", "alone", seconds, 1.3, 1.1),
    Goal("peak memory, c to a file", "pack c", "ours", "cookbook", peak, 0.45, 0.25),
    Goal("peak memory, c, against its body", "pack c", "ours", "", against_output, 1.3, 0.7),
    Goal("smallest, c: size", "smallest c", "ours", "cookbook", written, 0.975, 0.97),
    Goal("two threads on c: times as fast as one", "threads c", "one", "two", seconds, 1.6, 1.9),
    Goal("`--version`", "start", "ours", "python", seconds, 1.5, 1.1),
    Goal("check of a small skill under a `.gitignore`", "check s", "ours", "python", seconds, 9, 6),
    Goal("check of a small skill", "check s", "ours", "skills-ref", seconds, 0.5, 0.2),
    Goal("check of 1,000 skills: ms a skill", "check m", "1,000", "", seconds, 6, 3),
    Goal("check of 1,000 skills: processor time", "check m", "1,000", "earlier", processor, 1.0, 0.5),
    Goal("check of 1,000 skills: a quarter of them takes", "check m", "250", "1,000", seconds, 0.30, 0.26),
    Goal("judge a received zip of 50 MB and hash its files", "judge z", "ours", "reading floor", seconds, 1.5, 1.2),
    Goal("check a received zip of 50 MB with all rules", "judge z", "check", "reading floor", seconds, None, None),
    Goal("diff of two bundles of 50 MB", "diff z", "ours", "reading floor", seconds, 2.5, 1.5),
    Goal("diff of two received zips of 50 MB", "diff z", "received", "reading floor of received", seconds, 2.5, 1.5),
)


class Row(NamedTuple):
    """A goal and what was measured of it.

    `ours` and `theirs` are the medians in words, `figure` is their ratio, or ours where there are no theirs; `least`
    and `most` are those of the rounds. `processor` is the ratio of processor time where `figure` is one of time on the
    clock; other work on the machine changes it least.
    """

    goal: Goal
    ours: str
    theirs: str
    figure: float
    least: float
    most: float
    processor: float | None

    @property
    def verdict(self) -> str:
        """Reached, holds or missed; empty where nothing is promised."""
        return judge(self.figure, self.goal)


def measured_rows(contests: Mapping[str, Contest], goals: Iterable[Goal] = GOALS) -> list[Row]:
    """Return the goals whose contest was run, and what was measured."""
    return [_row(goal, contests[goal.contest]) for goal in goals if _was_run(goal, contests)]


def table(contests: Mapping[str, Contest], goals: Iterable[Goal] = GOALS) -> str:
    """Return the goals whose contest was run as a Markdown table: medians, and the rounds' least and most."""
    lines = [
        "| work | ours | against | figure | rounds | processor | hold | reach | |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in measured_rows(contests, goals):
        theirs = f"{row.goal.theirs}: {row.theirs}" if row.goal.theirs else ""
        lines.append(f"| {' | '.join([row.goal.work, row.ours, theirs, *cells(row.goal, row), row.verdict])} |")
    return "\n".join(lines)


class Measured(Protocol):
    """What cells shows: a row as it was just measured, or as it was saved."""

    @property
    def figure(self) -> float: ...
    @property
    def least(self) -> float: ...
    @property
    def most(self) -> float: ...
    @property
    def processor(self) -> float | None: ...


def cells(goal: Goal, row: Measured) -> list[str]:
    """Return the cells of a table from the figure to what is promised."""
    return [
        f"**{row.figure:.3g}**",
        f"{row.least:.3g} to {row.most:.3g}",
        "" if row.processor is None else f"{row.processor:.3g}",
        *(_promise(goal, promise) for promise in (goal.hold, goal.reach)),
    ]


def _was_run(goal: Goal, contests: Mapping[str, Contest]) -> bool:
    contest = contests.get(goal.contest)
    return contest is not None and {goal.ours, goal.theirs} - {""} <= contest.samples.keys()


def _row(goal: Goal, contest: Contest) -> Row:
    ours = contest.median(goal.ours, goal.quantity)
    if not goal.theirs:
        rounds = [goal.quantity(sample) for sample in contest.samples[goal.ours]]
        return Row(goal, _shown(ours, goal.quantity), "", ours, min(rounds), max(rounds), None)
    theirs = contest.median(goal.theirs, goal.quantity)
    rounds = contest.ratios(goal.ours, goal.theirs, goal.quantity)
    times = (contest.median(way, processor) for way in (goal.ours, goal.theirs))
    return Row(
        goal,
        _shown(ours, goal.quantity),
        _shown(theirs, goal.quantity),
        ours / theirs,
        min(rounds),
        max(rounds),
        operator.truediv(*times) if goal.quantity is seconds else None,
    )


def _promise(goal: Goal, value: float | None) -> str:
    if value is None:
        return ""
    return f"{'≥' if _more_is_better(goal) else '≤'} {value:g}"


def _more_is_better(goal: Goal) -> bool:
    return goal.hold is not None and goal.reach is not None and goal.hold < goal.reach


def judge(figure: float, goal: Goal) -> str:
    """Return whether a figure misses a goal, holds it or reaches what was hoped for; empty if nothing is promised."""
    if goal.hold is None or goal.reach is None:
        return ""
    sign = -1 if _more_is_better(goal) else 1
    if sign * figure <= sign * goal.reach:
        return "reached"
    return "holds" if sign * figure <= sign * goal.hold else "missed"


def _shown(value: float, quantity: Callable[[Sample], float]) -> str:
    if quantity in (seconds, processor):
        return f"{value * 1000:,.0f} ms" if value < 10 else f"{value:,.1f} s"
    return f"{value / 1e6:,.1f} MB" if quantity in (peak, written) else f"{value:.2f}"
