"""Requests that ask for too much, or for something twice, and skills that share a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skillpack.rules import Environment, Neighbours
from tests.rules.made import Case, made

if TYPE_CHECKING:
    from pathlib import Path


def _names(count: int) -> tuple[str, ...]:
    return tuple(f"skill-{number}" for number in range(count))


@made
def skill_repeated(tmp_path: Path) -> Case:
    said = "error[skill-repeated]: 2 skills of this request are named pdf-forms"
    return Case(
        Environment("container", ("pdf-forms", "csv-report", "pdf-forms")),
        Environment("container", ("pdf-forms", "csv-report")),
        said,
    )


@made
def too_many_skills(tmp_path: Path) -> Case:
    said = "error[too-many-skills]: 201 skills, over the 200 that the API allows in container_auto"
    references = (("skill_1", "1"),)
    bad = Environment("container_auto", _names(200), references)
    return Case(bad, Environment("container_auto", _names(199), references), said)


@made
def many_skills(tmp_path: Path) -> Case:
    said = "warning[many-skills]: 201 skills, over the 200 that the API allows in container_auto"
    return Case(Environment("container", _names(201)), Environment("container", _names(200)), said)


@made
def too_many_file_ids(tmp_path: Path) -> Case:
    said = "error[too-many-file-ids]: 51 file ids, over the 50 that the API allows in container_auto"
    ids = tuple(f"file-{number}" for number in range(51))
    return Case(Environment("container_auto", file_ids=ids), Environment("container_auto", file_ids=ids[1:]), said)


@made
def reference_version(tmp_path: Path) -> Case:
    said = (
        "warning[reference-version]: the version of skill_1 is neither a positive integer nor latest\n"
        "warning[reference-version]: the version of skill_2 is neither a positive integer nor latest"
    )
    bad = Environment("container", references=(("skill_1", "v2"), ("skill_2", "0"), ("skill_3", "3")))
    return Case(bad, Environment("container", references=(("skill_1", "latest"), ("skill_2", None))), said)


@made
def name_not_unique(tmp_path: Path) -> Case:
    return Case(
        Neighbours((("one/demo", "demo"), ("two/demo", "demo"), ("three", "other"), ("four", ""), ("five", ""))),
        Neighbours((("one/demo", "demo"), ("three", "other"), ("four", ""), ("five", ""))),
        "note[name-not-unique]: 2 skills are named demo: one/demo, two/demo",
    )
