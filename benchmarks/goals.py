"""Measured contests to the table of goals: what must hold, and what we reach for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

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
    Goal("pack c, against zip, base64 and jq", "pack c", "ours", "shell", seconds, 0.15, 0.10),
    Goal("pack b: processor time", "pack b", "ours", "floor", processor, 1.7, 1.5),
    Goal("pack c: processor time", "pack c", "ours", "floor", processor, 1.35, 1.2),
    Goal("pack b: processor time", "pack b", "ours", "earlier", processor, 1.0, 0.8),
    Goal("pack c: processor time", "pack c", "ours", "earlier", processor, 1.0, 0.8),
    Goal("container of c", "container c", "ours", "cookbook", seconds, 0.30, 0.17),
    Goal("e: walk + write_zip in one process", "walk and write e", "ours", "make_archive", seconds, 0.70, 0.50),
    Goal("walk and list d", "list d", "among", "alone", seconds, 1.3, 1.1),
    Goal("peak memory, c to a file", "pack c", "ours", "cookbook", peak, 0.45, 0.25),
    Goal("peak memory, c, against its body", "pack c", "ours", "", against_output, 1.3, 0.7),
    Goal("smallest, c: size", "smallest c", "ours", "cookbook", written, 0.975, 0.97),
    Goal("two threads on c: speed of one", "threads c", "one", "two", seconds, 1.6, 1.9),
    Goal("--version", "start", "ours", "python", seconds, 1.5, 1.1),
    Goal("check of a small skill under a .gitignore", "check s", "ours", "python", seconds, 9, 6),
    Goal("check of a small skill", "check s", "ours", "skills-ref", seconds, 0.5, 0.2),
    Goal("check of 1,000 skills: ms a skill", "check m", "1,000", "", seconds, 6, 3),
    Goal("check of 1,000 skills: processor time", "check m", "1,000", "earlier", processor, 1.0, 0.5),
    Goal("check of 1,000 skills: a quarter of them takes", "check m", "250", "1,000", seconds, 0.30, 0.26),
)


def table(contests: Mapping[str, Contest], goals: Iterable[Goal] = GOALS) -> str:
    """Return the goals whose contest was run as a Markdown table: medians, and the rounds' least and most.

    `processor` is the same ratio in processor time, which other work on the machine changes least.
    """
    lines = [
        "| work | ours | against | figure | rounds | processor | hold | reach | |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [_line(goal, contests[goal.contest]) for goal in goals if _was_run(goal, contests)]
    return "\n".join(lines)


def _was_run(goal: Goal, contests: Mapping[str, Contest]) -> bool:
    contest = contests.get(goal.contest)
    return contest is not None and {goal.ours, goal.theirs} - {""} <= contest.samples.keys()


def _line(goal: Goal, contest: Contest) -> str:
    ours = contest.median(goal.ours, goal.quantity)
    if goal.theirs:
        theirs = contest.median(goal.theirs, goal.quantity)
        figure = ours / theirs
        rounds = contest.ratios(goal.ours, goal.theirs, goal.quantity)
        other = f"{goal.theirs}: {_shown(theirs, goal.quantity)}"
    else:
        rounds = [goal.quantity(sample) for sample in contest.samples[goal.ours]]
        figure, other = ours, ""
    cells = [
        goal.work,
        _shown(ours, goal.quantity),
        other,
        f"**{figure:.3g}**",
        f"{min(rounds):.3g} to {max(rounds):.3g}",
        _processor(goal, contest),
        *(_promise(goal, promise) for promise in (goal.hold, goal.reach)),
        _verdict(goal, figure),
    ]
    return f"| {' | '.join(cells)} |"


def _processor(goal: Goal, contest: Contest) -> str:
    if goal.quantity is not seconds or not goal.theirs:
        return ""
    return f"{contest.median(goal.ours, processor) / contest.median(goal.theirs, processor):.3g}"


def _promise(goal: Goal, value: float | None) -> str:
    if value is None:
        return ""
    return f"{'≥' if _more_is_better(goal) else '≤'} {value:g}"


def _more_is_better(goal: Goal) -> bool:
    return goal.hold is not None and goal.reach is not None and goal.hold < goal.reach


def _verdict(goal: Goal, figure: float) -> str:
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
