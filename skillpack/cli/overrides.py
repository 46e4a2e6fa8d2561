"""The skills of a run over everything to the overrides in settings files that match none of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from skillpack.cli.options import Session


def idle(session: Session, folders: Iterable[str], skills: Iterable[str]) -> Iterator[str]:
    """Yield what to say of each pattern of an override that matches no skill.

    Only of a settings file that lies in one of the folders all skills it speaks for have been seen; of any other
    nothing is said.

    Args:
        session: knows the settings file of each skill.
        folders: where every skill was looked for.
        skills: those that were found, each as it would be opened from here.
    """
    seen = [Path(folder).resolve() for folder in folders]
    by_file: dict[Path, list[str]] = {}
    for skill in skills:
        file = session.settings_file(skill)
        if file:
            by_file.setdefault(file.path, []).append(skill)
    for path, speaks_for in by_file.items():
        file = session.settings_file(speaks_for[0])
        if file and any(path.parent.resolve().is_relative_to(folder) for folder in seen):
            yield from file.idle(speaks_for)
