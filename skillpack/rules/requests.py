"""Check several skills together, and one request: its skills, its references and its files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from skillpack.findings import Issue, Location
from skillpack.limits import MAX_FILE_IDS_AUTO, MAX_SKILLS_PER_ENVIRONMENT
from skillpack.rules.engine import Environment, Neighbours, rule
from skillpack.text import escaped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MOST_PATHS = 5


@rule(Environment)
def skill_repeated(environment: Environment) -> Iterator[Issue]:
    places = environment.places or ("",) * len(environment.names)
    for name, paths in _group_by_name(zip(places, environment.names, strict=True)):
        if all(paths) and len(set(paths)) == 1:
            message = f"{paths[0]} is given {len(paths)} times"
            yield Issue("skill-repeated", Location(), message, hint="give each skill once")
            continue
        listed = f": {_list_paths(paths)}" if all(paths) else ""
        yield Issue("skill-repeated", Location(), f"{len(paths)} skills of this request are named {name}{listed}")


@rule(Environment)
def too_many_skills(environment: Environment) -> Iterator[Issue]:
    count = len(environment.names) + len(environment.references)
    if environment.kind in ("container_auto", "openai_hosted", "local") and count > MAX_SKILLS_PER_ENVIRONMENT:
        yield Issue(
            "too-many-skills",
            Location(),
            f"{count} skills, over the {MAX_SKILLS_PER_ENVIRONMENT} that the API allows in {environment.kind}",
        )


@rule(Environment)
def many_skills(environment: Environment) -> Iterator[Issue]:
    count = len(environment.names) + len(environment.references)
    if environment.kind == "container" and count > MAX_SKILLS_PER_ENVIRONMENT:
        yield Issue(
            "many-skills",
            Location(),
            f"{count} skills, over the {MAX_SKILLS_PER_ENVIRONMENT} that the API allows in container_auto",
        )


@rule(Environment)
def too_many_file_ids(environment: Environment) -> Iterator[Issue]:
    count = len(environment.file_ids)
    if environment.kind == "container_auto" and count > MAX_FILE_IDS_AUTO:
        yield Issue(
            "too-many-file-ids",
            Location(),
            f"{count} file ids, over the {MAX_FILE_IDS_AUTO} that the API allows in container_auto",
        )


@rule(Environment)
def reference_version(environment: Environment) -> Iterator[Issue]:
    for skill_id, version in environment.references:
        if version is not None and version != "latest" and not re.fullmatch("[1-9][0-9]*", version):
            yield Issue(
                "reference-version", Location(), f"the version of {skill_id} is neither a positive integer nor latest"
            )


@rule(Neighbours)
def name_not_unique(neighbours: Neighbours) -> Iterator[Issue]:
    for name, paths in _group_by_name(neighbours.skills):
        message = f"{len(paths):,} skills are named {escaped(name)[:64]}: {_list_paths(paths)}"
        yield Issue("name-not-unique", Location(), message)


def _group_by_name(skills: Iterable[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    """Yield each name that several skills have, and their paths; the names are sorted."""
    by_name: dict[str, list[str]] = {}
    for path, name in skills:
        by_name.setdefault(name, []).append(path)
    return ((name, paths) for name, paths in sorted(by_name.items()) if name and len(paths) > 1)


def _list_paths(paths: list[str]) -> str:
    listed = ", ".join(paths[:_MOST_PATHS])
    return listed + (f" and {len(paths) - _MOST_PATHS:,} more" if len(paths) > _MOST_PATHS else "")
