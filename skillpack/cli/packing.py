"""Skills to bundles, with one report for all of them before the first is handed on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from skillpack.cli.results import refuse_to_replace
from skillpack.findings import Report
from skillpack.rules import Asked, Environment, weigh
from skillpack.skill import Skill

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from skillpack.builder import Builder
    from skillpack.bundle import Bundle, Streamed
    from skillpack.cli.options import Session
    from skillpack.tree import SkillTree


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the results of a call go: a file, or a folder that gets NAME and a suffix for each skill, or stdout."""

    output: Path | None = None
    folder: Path | None = None
    suffix: str = ""

    @property
    def stdout(self) -> bool:
        """Whether the result is printed."""
        return self.folder is None and self.output in (None, Path("-"))

    def files(self, names: Iterable[str]) -> tuple[Path, ...]:
        """Return the files that the call writes."""
        if self.folder:
            return tuple(self.folder / f"{name}{self.suffix}" for name in names)
        return () if self.output is None or self.stdout else (self.output,)


def pack_each(session: Session, skills: tuple[str, ...], destination: Destination) -> Iterator[Bundle]:
    """Yield each skill packed, and say what was noticed; nothing is yielded unless all are sound.

    Raises:
        RejectedError: a skill has errors, two have the same name, or a pattern of the command line matches nothing;
            holds the findings of all.
    """
    for builder, tree in _sound(session, skills, destination):
        bundle = builder.pack(tree)
        _told(session, tree, bundle.report)
        yield bundle


def pack_each_for(session: Session, skills: tuple[str, ...], destination: Destination) -> Iterator[Bundle | Streamed]:
    """Yield the same for a file, each packed only while it is written; for stdout packed, as pack_each does.

    A file is put in place once it is whole. To stdout nothing may go before the whole is known to fit.
    """
    if destination.stdout:
        yield from pack_each(session, skills, destination)
        return
    for builder, tree in _sound(session, skills, destination):
        yield builder.stream(tree, partial(_told, session, tree), early=len(skills) == 1)  # or each would hold its own


def _told(session: Session, tree: SkillTree, report: Report) -> None:
    session.console.report(report)
    session.console.summary(tree)


def unmatched(session: Session, trees: Iterable[SkillTree]) -> Report:
    """Return the finding for each pattern of the command line that matched in none of the skills."""
    if not session.patterns:
        return Report()
    trees = tuple(trees)
    settings = session.settings(among=[tree.origin for tree in trees])
    return weigh(Asked(session.patterns, tuple(tree.unmatched for tree in trees)), settings)


def _sound(session: Session, skills: tuple[str, ...], destination: Destination) -> list[tuple[Builder, SkillTree]]:
    """Return the tree of each skill; packing one by one would write some files before the last is known to be bad."""
    found = _trees(session, skills, destination)
    typos = unmatched(session, (tree for _, tree in found))
    if len(skills) > 1 or typos:
        reports = [builder.check(tree) for builder, tree in found]
        names = tuple(subject.name for report in reports for subject in report.subjects if subject.name)
        together = weigh(Environment("local", names), session.settings(among=skills))
        Report.joined([*reports, together, typos]).raise_for_errors()
    return found


def _trees(session: Session, skills: tuple[str, ...], destination: Destination) -> list[tuple[Builder, SkillTree]]:
    """Walk each skill, without the outputs: an old result must not be packed into the new.

    Raises:
        OutputError: an output would replace a file in a skill that is no result.
    """
    builders = [session.builder(skill) for skill in skills]
    found = [(builder, builder.tree(skill)) for builder, skill in zip(builders, skills, strict=True)]
    written = destination.files(Skill.of(tree).name for _, tree in found)
    if not any(file.exists() or file.is_symlink() for file in written):
        return found
    refuse_to_replace(written, skills, (tree for _, tree in found))
    builders = [replace(builder, outputs=written) for builder in builders]
    return [(builder, builder.tree(skill)) for builder, skill in zip(builders, skills, strict=True)]
