"""Options of what a container is given, shared by container and shell."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from skillpack.cli.options import filled
from skillpack.findings import escaped
from skillpack.limits import MAX_SECRET_CHARS, MEMORY_LIMITS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from skillpack.cli.options import Command
    from skillpack.payload.shapes import DomainSecretDict


def environment(function: Command) -> Command:
    """Add the options that POST /containers and container_auto have in common."""
    for option in (
        click.option("--show-secrets", is_flag=True, help="Print a body with secrets even to a terminal."),
        click.option(
            "--secret",
            multiple=True,
            metavar="DOMAIN:NAME=SOURCE",
            help="Give requests to an allowed domain a secret, from env:VARIABLE, file:PATH or - (stdin).",
        ),
        click.option("--no-network", is_flag=True, help="Allow no outbound network."),
        click.option(
            "--allow-domain", type=filled, multiple=True, metavar="DOMAIN", help="Allow requests to this domain."
        ),
        click.option("--skill-ref", multiple=True, metavar="ID[@VERSION]", help="Add a skill that the API has."),
        click.option(
            "--file-id", type=filled, multiple=True, metavar="ID", help="Copy an uploaded file into the container."
        ),
        click.option("--memory", type=click.Choice(MEMORY_LIMITS), help="The container's memory."),
    ):
        function = option(function)
    return function


def references(skill_ref: tuple[str, ...]) -> list[dict[str, str]]:
    """Return the SkillReference of each ID or ID@VERSION.

    Raises:
        click.UsageError: one side of the @ is empty.
    """
    made = []
    for text in skill_ref:
        skill_id, at, version = text.partition("@")
        if not skill_id or (at and not version):
            raise click.UsageError(f"--skill-ref {escaped(text)[:80]!r} is not ID or ID@VERSION")
        made.append({"skill_id": skill_id, "type": "skill_reference"} | ({"version": version} if at else {}))
    return made


def network_policy(
    allow_domain: tuple[str, ...], secret: tuple[str, ...], *, no_network: bool
) -> dict[str, Any] | None:
    """Return the network policy that the options state, if they state one.

    Raises:
        click.UsageError: they contradict each other, or a secret cannot be read.
    """
    if no_network and allow_domain:
        raise click.UsageError("--no-network and --allow-domain exclude each other")
    if secret and not allow_domain:
        raise click.UsageError("--secret needs --allow-domain with its domain")
    if no_network:
        return {"type": "disabled"}
    if not allow_domain:
        return None
    policy: dict[str, Any] = {"type": "allowlist", "allowed_domains": list(allow_domain)}
    return policy | ({"domain_secrets": read(secret, allow_domain)} if secret else {})


FORM: Final = "DOMAIN:NAME=env:VARIABLE, DOMAIN:NAME=file:PATH or DOMAIN:NAME=- for stdin"
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MAX_BYTES: Final = 4 * MAX_SECRET_CHARS + 2  # the longest in UTF-8, and a line break


def read(stated: Sequence[str], allow_domain: Sequence[str]) -> list[DomainSecretDict]:
    """Return what each --secret states, with its value from where it says.

    Whoever puts the value itself into the argument by mistake must not find it in a message, so none quotes the
    argument: they are counted instead.

    Raises:
        click.UsageError: one is not of the form, is for a domain that is not allowed, or its value cannot be read.
    """
    if sum(text.endswith("=-") for text in stated) > 1:
        raise click.UsageError("only one --secret can be read from stdin")
    return [_secret(text, f"--secret number {count}", allow_domain) for count, text in enumerate(stated, 1)]


def _secret(text: str, which: str, allow_domain: Sequence[str]) -> DomainSecretDict:
    domain, colon, rest = text.partition(":")
    name, equals, source = rest.partition("=")
    if not (domain and colon and name and equals):
        raise click.UsageError(f"{which} is not {FORM}")
    if domain not in allow_domain:
        raise click.UsageError(f"the domain of {which} is not among those of --allow-domain")
    return {"domain": domain, "name": name, "value": _value(source, which)}


def _value(source: str, which: str) -> str:
    if source == "-":
        return _text(_stdin(which), which)
    kind, _, place = source.partition(":")
    if kind == "env":
        return _variable(place, which)
    if kind == "file":
        return _text(_file(place, which), which)
    raise click.UsageError(f"{which} is not {FORM}; a value on the command line is seen by every user of the machine")


def _variable(name: str, which: str) -> str:
    value = os.environ.get(name) if _VARIABLE.fullmatch(name) else None
    if not value:
        raise click.UsageError(f"the environment variable of {which} is not set, or is empty")
    if not value.isascii():
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise click.UsageError(f"the value of {which} is not UTF-8") from None
    return value


def _file(path: str, which: str) -> bytes:
    try:
        with Path(path).open("rb") as file:  # may be a pipe: file:<(pass show token)
            return file.read(_MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or "no such path").lower()
        raise click.UsageError(f"the file of {which} cannot be read: {reason}") from None


def _stdin(which: str) -> bytes:
    if sys.stdin is None:
        raise click.UsageError(f"stdin is closed, and {which} is to be read from it")
    if sys.stdin.isatty():
        value: str = click.prompt(f"value of {which}", hide_input=True, err=True)
        return value.encode("utf-8", "surrogateescape")
    return sys.stdin.buffer.read(_MAX_BYTES + 1)


def _text(content: bytes, which: str) -> str:
    """Return the value: what was read, without one line break at its end."""
    if len(content) > _MAX_BYTES:
        raise click.UsageError(f"the value of {which} is over {MAX_SECRET_CHARS:,} characters")
    try:
        value = content.decode("utf-8")
    except UnicodeDecodeError:
        raise click.UsageError(f"the value of {which} is not UTF-8") from None
    value = value.removesuffix("\n").removesuffix("\r")
    if not value:
        raise click.UsageError(f"the value of {which} is empty")
    return value
