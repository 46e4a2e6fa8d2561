"""Pack the skills of a call: all of them are checked before the first result is written."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from skillpack.bundle.bundle import Streamed
from skillpack.bundle.packing import Zipping
from skillpack.cli.deliver import reject_overwriting
from skillpack.cli.opening import open_path, pick_skills
from skillpack.errors import OutputError
from skillpack.findings import RejectedError, Report
from skillpack.limits import MAX_ZIP_BYTES
from skillpack.payload import wire
from skillpack.rules import Asked, Environment, weigh
from skillpack.select.walk import walk
from skillpack.skill.skill import Skill
from skillpack.sources.directory import Directory, DiskFile
from skillpack.text import os_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from tempfile import SpooledTemporaryFile

    from skillpack.api import Builder
    from skillpack.bundle.packing import Piece
    from skillpack.cli.deliver import Destination
    from skillpack.cli.options import Session
    from skillpack.skill.tree import SkillTree

_CHUNK = 1 << 20


class _Job(NamedTuple):
    """A skill to pack, with the builder that has its settings."""

    builder: Builder
    skill: Skill

    @property
    def zipping(self) -> Zipping:
        """The skill on its way into a zip."""
        return Zipping(self.skill, self.builder.settings, self.builder.threads, self.builder.watch)


def pack_skills(session: Session, paths: tuple[str, ...], destination: Destination) -> Iterator[Streamed]:
    """Yield the packed skills, and print the report and the summary of each; nothing is yielded if one has errors.

    One skill for a file is packed while the file is written, because a file is put in place only when it is complete.
    In all other cases the zips are kept, beyond the size of one in a temporary file, until all skills are known to be
    packable.

    Raises:
        RejectedError: a skill has errors, two have the same name, or a pattern of the command line matches nothing;
            holds the findings of all skills.
        OutputError: an output would replace a file in a skill that skillpack did not write.
    """
    jobs = _open_skills(session, paths, destination)
    unmatched = find_unmatched(session, [job.skill.tree for job in jobs])
    if len(jobs) == 1 and not unmatched.findings and not destination.is_stdout:
        (job,) = jobs
        yield job.zipping.stream(partial(_print_packed, session, job.skill))
        return
    packed, failures = _pack_all(jobs)
    if len(jobs) > 1:
        names = tuple(job.skill.name for job in jobs if job.skill.name)
        failures.append(weigh(Environment("files", names), session.settings(among=paths)))
    Report.merge([*failures, unmatched, *(streamed.report for streamed in packed)]).raise_for_errors()
    for streamed in packed:
        _print_packed(session, streamed.skill, streamed.report)
        yield streamed


def _print_packed(session: Session, skill: Skill, report: Report) -> None:
    session.console.print_report(report)
    session.console.print_summary(skill.tree)


def _pack_all(jobs: Iterable[_Job]) -> tuple[list[Streamed], list[Report]]:
    """Pack skills one by one into one temporary file; return those without errors, and the reports of the others."""
    from tempfile import SpooledTemporaryFile

    spool = click.get_current_context().with_resource(SpooledTemporaryFile(MAX_ZIP_BYTES))  # noqa: SIM115 - the context closes it
    packed, failures = [], []
    for job in jobs:
        begin = spool.tell()
        reports: list[Report] = []
        try:
            for piece in job.zipping.stream(reports.append).zip.pieces():
                _write(spool, piece)
        except RejectedError as error:
            failures.append(error.report)
        else:
            pieces = partial(_read, spool, begin, spool.tell())
            packed.append(Streamed(job.skill, reports[0], wire.Flow(pieces)))
    return packed, failures


def _write(spool: SpooledTemporaryFile[bytes], piece: Piece) -> None:
    try:
        spool.write(piece)
    except OSError as error:
        raise OutputError(f"cannot write a temporary file: {os_error(error)}") from error


def _read(spool: SpooledTemporaryFile[bytes], begin: int, end: int) -> Iterator[bytes]:
    spool.seek(begin)
    while begin < end:
        piece = spool.read(min(_CHUNK, end - begin))
        begin += len(piece)
        yield piece


def find_unmatched(session: Session, trees: Iterable[SkillTree]) -> Report:
    """Return a finding for each pattern of the command line that matches in none of the skills."""
    if not session.patterns:
        return Report()
    trees = tuple(trees)
    settings = session.settings(among=[tree.origin for tree in trees])
    return weigh(Asked(session.patterns, tuple(tree.selection.unmatched for tree in trees)), settings)


def _open_skills(session: Session, paths: tuple[str, ...], destination: Destination) -> list[_Job]:
    """Walk each skill and parse its SKILL.md; a previous result in a skill is not packed into the new one.

    Raises:
        OutputError: an output would replace a file in a skill that skillpack did not write.
    """
    opened = pick_skills(session, (open_path(session, path) for path in paths))
    Report.merge(each.report for each in opened).raise_for_errors()
    jobs = [_Job(each.builder, Skill.from_tree(tree)) for each in opened for tree in each.trees]
    paths = tuple(path for each, path in zip(opened, paths, strict=True) for _ in each.trees)
    if destination.suffix:
        destination.check(paths)
    outputs = tuple(file for file in destination.files(job.skill.name for job in jobs) if os.path.lexists(file))
    if not outputs:
        return jobs
    reject_overwriting(outputs, paths, (job.skill.tree for job in jobs))
    existing = {(status.st_dev, status.st_ino) for status in map(os.lstat, outputs)}
    return [
        _exclude_outputs(job, path, outputs) if _packs_one_of(job.skill.tree, existing) else job
        for job, path in zip(jobs, paths, strict=True)
    ]


def _packs_one_of(tree: SkillTree, identities: set[tuple[int, int]]) -> bool:
    return any(isinstance(file.source, DiskFile) and file.source.identity[:2] in identities for file in tree.files)


def _exclude_outputs(job: _Job, path: str, outputs: tuple[Path, ...]) -> _Job:
    tree = walk(Directory(Path(path)), job.builder.settings, never=outputs)
    return _Job(job.builder, Skill.from_tree(tree))
