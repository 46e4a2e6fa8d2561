"""Skills to bundles, with one report for all of them before the first is handed on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skillpack.findings import Report
from skillpack.rules import Environment, weigh

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skillpack.bundle import Bundle
    from skillpack.cli.options import Session


def pack_each(session: Session, skills: tuple[str, ...]) -> Iterator[Bundle]:
    """Yield each skill packed, and say what was noticed; nothing is yielded unless all are sound.

    Raises:
        RejectedError: a skill has errors, or two have the same name; holds the findings of all.
    """
    if len(skills) > 1:  # packing one by one would write some files before the last is known to be bad
        reports = [session.builder(skill).check(skill) for skill in skills]
        names = tuple(subject.name for report in reports for subject in report.subjects if subject.name)
        together = weigh(Environment("local", names), session.settings())
        Report.joined([*reports, together]).raise_for_errors()
    for skill in skills:
        bundle = session.builder(skill).pack(skill)
        session.console.report(bundle.report)
        session.console.summary(bundle.skill.tree)
        yield bundle
