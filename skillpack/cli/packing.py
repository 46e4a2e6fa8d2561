"""Skills to bundles, with one report for all of them before the first is handed on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from skillpack.findings import Report
from skillpack.rules import Environment, weigh

if TYPE_CHECKING:
    from collections.abc import Iterator

    from skillpack.bundle import Bundle, Streamed
    from skillpack.cli.options import Session


def pack_each(session: Session, skills: tuple[str, ...]) -> Iterator[Bundle]:
    """Yield each skill packed, and say what was noticed; nothing is yielded unless all are sound.

    Raises:
        RejectedError: a skill has errors, or two have the same name; holds the findings of all.
    """
    _refuse_all_if_one_is_bad(session, skills)
    for skill in skills:
        bundle = session.builder(skill).pack(skill)
        session.console.report(bundle.report)
        session.console.summary(bundle.skill.tree)
        yield bundle


def pack_each_for(session: Session, skills: tuple[str, ...], output: Path | None) -> Iterator[Bundle | Streamed]:
    """Yield the same for a file, each packed only while it is written; for stdout packed, as pack_each does.

    A file is put in place once it is whole. To stdout nothing may go before the whole is known to fit.
    """
    if output is None or output == Path("-"):
        yield from pack_each(session, skills)
        return
    _refuse_all_if_one_is_bad(session, skills)
    for skill in skills:
        streamed = session.builder(skill).stream(skill, session.console.report)
        session.console.report(streamed.report)
        session.console.summary(streamed.skill.tree)
        yield streamed


def _refuse_all_if_one_is_bad(session: Session, skills: tuple[str, ...]) -> None:
    if len(skills) > 1:  # packing one by one would write some files before the last is known to be bad
        reports = [session.builder(skill).check(skill) for skill in skills]
        names = tuple(subject.name for report in reports for subject in report.subjects if subject.name)
        together = weigh(Environment("local", names), session.settings())
        Report.joined([*reports, together]).raise_for_errors()
