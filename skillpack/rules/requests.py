"""Rules on one request: its skills together, its references, its files."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from skillpack.findings import Location, Severity
from skillpack.limits import MAX_FILE_IDS_AUTO, MAX_SKILLS_PER_ENVIRONMENT
from skillpack.rules.engine import Environment, Remark, rule

if TYPE_CHECKING:
    from collections.abc import Iterator


@rule(Environment, Severity.ERROR, "api", hint="rename one of them, or leave it out")
def skill_repeated(environment: Environment) -> Iterator[Remark]:
    """Two skills of one request have the same name.

    Why it matters: the container mounts each skill in a folder named after it, and the model is shown skills by name
    and path. OpenAI states no behaviour for two of one name; one of them would at best be unreachable.

    Before:
        skillpack container --name demo skills/pdf-forms archive/pdf-forms
    After:
        skillpack container --name demo skills/pdf-forms
    """
    for name, count in Counter(environment.names).items():
        if count > 1:
            yield Remark(Location(), f"{count} skills of this request are called {name}")


@rule(Environment, Severity.ERROR, "api", hint="send some of them in another request")
def too_many_skills(environment: Environment) -> Iterator[Remark]:
    """The request has more skills than the API's schema allows in container_auto: 200.

    Inline skills and references count together.

    Why it matters: the OpenAPI document says `maxItems: 200` for `skills` of `container_auto`; the API refuses the
    whole request.

    Before:
        skillpack shell skills/*                 (201 skills)
    After:
        skillpack shell skills/pdf-* skills/csv-*
    """
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
    """POST /containers is asked for more skills than the same environment allows in container_auto: 200.

    Why it matters: the API's schema states `maxItems: 200` for container_auto and nothing for POST /containers. It may
    pass, and nobody has said that it will.

    Before:
        skillpack container --name demo skills/*     (201 skills)
    After:
        skillpack container --name demo skills/pdf-* skills/csv-*
    """
    count = len(environment.names) + len(environment.references)
    if environment.kind == "container" and count > MAX_SKILLS_PER_ENVIRONMENT:
        yield Remark(Location(), f"{count} skills; container_auto would allow {MAX_SKILLS_PER_ENVIRONMENT}")


@rule(Environment, Severity.ERROR, "api", hint="send fewer")
def too_many_file_ids(environment: Environment) -> Iterator[Remark]:
    """The request has more file ids than the API's schema allows in container_auto: 50.

    Why it matters: the OpenAPI document says `maxItems: 50` for `file_ids` of `container_auto`; the API refuses the
    whole request.

    Before:
        skillpack shell skills/pdf-forms --file-id file-1 ... --file-id file-51
    After:
        skillpack shell skills/pdf-forms --file-id file-1 ... --file-id file-50
    """
    count = len(environment.file_ids)
    if environment.kind == "container_auto" and count > MAX_FILE_IDS_AUTO:
        yield Remark(Location(), f"{count} file ids, over the API's {MAX_FILE_IDS_AUTO} for container_auto")


@rule(Environment, Severity.WARNING, "api", hint="use a positive integer or latest, or leave it out")
def reference_version(environment: Environment) -> Iterator[Remark]:
    """The version of a skill reference is neither a positive integer nor `latest`.

    Why it matters: the API reference says "Use a positive integer or 'latest'", while its schema lets any string
    through. What the API does with another string is not documented.

    Before:
        --skill-ref skill_4db6f1a2@v2
    After:
        --skill-ref skill_4db6f1a2@2
    """
    for skill_id, version in environment.references:
        if version is not None and version != "latest" and not re.fullmatch("[1-9][0-9]*", version):
            yield Remark(Location(), f"the version of {skill_id} is neither a positive integer nor latest")
