"""Rules on one request: its skills together, its references, its files."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from skillpack.findings import Location, Severity
from skillpack.limits import MAX_FILE_IDS_AUTO, MAX_SKILLS_PER_ENVIRONMENT
from skillpack.rules.rule import Remark, rule
from skillpack.rules.values import Environment

if TYPE_CHECKING:
    from collections.abc import Iterator


@rule(Environment, Severity.ERROR, "api", hint="rename one of them, or leave it out")
def skill_repeated(environment: Environment) -> Iterator[Remark]:
    """Two skills of one name in one environment cannot both be mounted."""
    for name, count in Counter(environment.names).items():
        if count > 1:
            yield Remark(Location(), f"{count} skills of this request are called {name}")


@rule(Environment, Severity.ERROR, "api", hint="send some of them in another request")
def too_many_skills(environment: Environment) -> Iterator[Remark]:
    """The API's schema allows 200 skills in container_auto."""
    count = len(environment.names) + len(environment.references)
    if environment.kind == "container_auto" and count > MAX_SKILLS_PER_ENVIRONMENT:
        yield Remark(Location(), f"{count} skills, over the API's {MAX_SKILLS_PER_ENVIRONMENT} for container_auto")


@rule(
    Environment,
    Severity.WARNING,
    "api",
    hint="the API states no bound for POST /containers; it may still pass",
)
def many_skills(environment: Environment) -> Iterator[Remark]:
    """POST /containers states no bound, but the same environment in container_auto allows 200 skills."""
    count = len(environment.names) + len(environment.references)
    if environment.kind == "container" and count > MAX_SKILLS_PER_ENVIRONMENT:
        yield Remark(Location(), f"{count} skills; container_auto would allow {MAX_SKILLS_PER_ENVIRONMENT}")


@rule(Environment, Severity.ERROR, "api", hint="send fewer")
def too_many_file_ids(environment: Environment) -> Iterator[Remark]:
    """The API's schema allows 50 file ids in container_auto."""
    count = len(environment.file_ids)
    if environment.kind == "container_auto" and count > MAX_FILE_IDS_AUTO:
        yield Remark(Location(), f"{count} file ids, over the API's {MAX_FILE_IDS_AUTO} for container_auto")


@rule(Environment, Severity.WARNING, "api", hint="use a positive integer or latest, or leave it out")
def reference_version(environment: Environment) -> Iterator[Remark]:
    """The API reference: "Use a positive integer or 'latest'"; the schema lets any string through."""
    for skill_id, version in environment.references:
        if version is not None and version != "latest" and not re.fullmatch("[1-9][0-9]*", version):
            yield Remark(Location(), f"the version of {skill_id} is neither a positive integer nor latest")
