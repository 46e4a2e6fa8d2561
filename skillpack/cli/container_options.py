"""Options of a container's environment, shared by `container` and `shell`: network, secrets, files, references."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_args

import click

from skillpack.cli import options
from skillpack.cli.options import nonempty
from skillpack.limits import MAX_SECRET_CHARS, MEMORY_LIMITS
from skillpack.payload.javascript import Shape
from skillpack.text import escaped, os_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from skillpack.cli.options import Command
    from skillpack.payload.typed_dicts import DomainSecretDict


def body(function: Command) -> Command:
    """Add what a command takes that prints a body: the options that POST /containers and container_auto share."""
    for option in (
        *(options.common, options.selection, options.compression, options.pick, options.output),
        click.option("--show-secrets", is_flag=True, help="Allow printing a body with secrets to a terminal."),
        click.option(
            "--secret",
            multiple=True,
            metavar="DOMAIN:NAME=SOURCE",
            help="Add a secret for requests to an allowed domain; SOURCE is env:VARIABLE, file:PATH or - (stdin).",
        ),
        click.option("--no-network", is_flag=True, help="Disable outbound network access."),
        click.option(
            "--allow-domain", type=nonempty, multiple=True, metavar="DOMAIN", help="Allow requests to this domain."
        ),
        click.option(
            "--skill-ref", multiple=True, metavar="ID[@VERSION]", help="Add a skill uploaded to the API, by its ID."
        ),
        click.option(
            "--file-id", type=nonempty, multiple=True, metavar="ID", help="Copy an uploaded file into the container."
        ),
        click.option("--memory", type=click.Choice(MEMORY_LIMITS), help="The container's memory."),
    ):
        function = option(function)
    return function


shape = click.option(
    "--shape",
    type=click.Choice(get_args(Shape)),
    default="api",
    show_default=True,
    help="Names of keys: the API's, or those of a JavaScript SDK: agents-js for @openai/agents, ai-sdk for the AI SDK.",
)


def references(skill_ref: tuple[str, ...]) -> list[dict[str, str]]:
    """Return the SkillReference of each ID or ID@VERSION.

    Raises:
        click.UsageError: one side of the @ is empty.
    """
    made = []
    for text in skill_ref:
        skill_id, at, version = text.partition("@")
        if not skill_id or (at and not version):
            raise click.UsageError(f"--skill-ref '{escaped(text)[:80]}' is not ID or ID@VERSION")
        made.append({"skill_id": skill_id, "type": "skill_reference"} | ({"version": version} if at else {}))
    return made


def network_policy(
    allow_domain: tuple[str, ...], secret: tuple[str, ...], *, no_network: bool
) -> dict[str, Any] | None:
    """Return the network policy that the options describe, or None.

    Raises:
        click.UsageError: they contradict each other, a domain is a URL, or a secret cannot be read.
    """
    if no_network and allow_domain:
        raise click.UsageError("--no-network and --allow-domain cannot be combined")
    if secret and not allow_domain:
        raise click.UsageError("--secret needs --allow-domain with its domain")
    if no_network:
        return {"type": "disabled"}
    if not allow_domain:
        return None
    for domain in allow_domain:
        _refuse_url(domain)
    policy: dict[str, Any] = {"type": "allowlist", "allowed_domains": list(allow_domain)}
    return policy | ({"domain_secrets": _read_secrets(secret, allow_domain)} if secret else {})


def _refuse_url(domain: str) -> None:
    """Refuse what is not only the name of a host: the API would take it, and no request would match it.

    Raises:
        click.UsageError: it has a scheme, a user, a port, a path or blanks.
    """
    host = re.sub(r"\A[A-Za-z][A-Za-z0-9+.-]*://", "", domain.strip()).lstrip("/")
    host = re.split(r"[/?#\\]", host)[0].rpartition("@")[2]
    host = re.sub(r":\d*\Z", "", host)
    if host != domain:
        use = f": use {escaped(host)[:80]}" if host else ""
        raise click.UsageError(f"'{escaped(domain)[:80]}' is not a domain{use}")


_FORM: Final = "DOMAIN:NAME=env:VARIABLE, DOMAIN:NAME=file:PATH or DOMAIN:NAME=- for stdin"
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MAX_BYTES: Final = 4 * MAX_SECRET_CHARS + 2  # the longest in UTF-8, and a line break


def _read_secrets(stated: Sequence[str], allow_domain: Sequence[str]) -> list[DomainSecretDict]:
    """Return the secrets, each with the value read from its source.

    Messages identify an argument by its number and never quote it, because it may hold the secret itself by mistake.

    Raises:
        click.UsageError: a secret has a wrong form, is for a domain that is not allowed, or cannot be read.
    """
    if sum(text.endswith("=-") for text in stated) > 1:
        raise click.UsageError("only one --secret can be read from stdin")
    return [_parse_secret(text, f"--secret number {count}", allow_domain) for count, text in enumerate(stated, 1)]


def variables(stated: tuple[str, ...]) -> dict[str, str]:
    """Return environment variables, each with the value read from its source.

    Messages identify an argument by its number and never quote it, because it may hold the value itself by mistake.

    Raises:
        click.UsageError: one has a wrong form or is given twice, or its value cannot be read.
    """
    if sum(text.endswith("=-") for text in stated) > 1:
        raise click.UsageError("only one --env can be read from stdin")
    found: dict[str, str] = {}
    for count, text in enumerate(stated, 1):
        name, equals, source = text.partition("=")
        if not (name and equals):
            raise click.UsageError(f"--env number {count} is not NAME=SOURCE")
        if name in found:
            raise click.UsageError(f"--env number {count} has the name of one before")
        found[name] = _read_value(source, f"--env number {count}")
    return found


def _parse_secret(text: str, which: str, allow_domain: Sequence[str]) -> DomainSecretDict:
    domain, colon, rest = text.partition(":")
    name, equals, source = rest.partition("=")
    if not (domain and colon and name and equals):
        raise click.UsageError(f"{which} is not {_FORM}")
    if domain not in allow_domain:
        raise click.UsageError(f"the domain of {which} is not given with --allow-domain")
    return {"domain": domain, "name": name, "value": _read_value(source, which)}


def _read_value(source: str, which: str) -> str:
    if source == "-":
        return _decode(_read_stdin(which), which)
    kind, _, place = source.partition(":")
    if kind == "env":
        return _read_variable(place, which)
    if kind == "file":
        return _decode(_read_file(place, which), which)
    form = _FORM if which.startswith("--secret") else "NAME=env:VARIABLE, NAME=file:PATH or NAME=- for stdin"
    raise click.UsageError(f"{which} is not {form}; values on the command line are visible to all users of the machine")


def _read_variable(name: str, which: str) -> str:
    value = os.environ.get(name) if _VARIABLE.fullmatch(name) else None
    if not value:
        raise click.UsageError(f"the environment variable of {which} is not set, or is empty")
    if not value.isascii():
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise click.UsageError(f"the value of {which} is not UTF-8") from None
    return value


def _read_file(path: str, which: str) -> bytes:
    try:
        with Path(path).open("rb") as file:  # may be a pipe: file:<(pass show token)
            return file.read(_MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = os_error(error) if isinstance(error, OSError) else "invalid path"
        raise click.UsageError(f"the file of {which} cannot be read: {reason}") from None


def _read_stdin(which: str) -> bytes:
    if sys.stdin is None:
        raise click.UsageError(f"{which} cannot be read: stdin is closed")
    if sys.stdin.isatty():
        value: str = click.prompt(f"value of {which}", hide_input=True, err=True)
        return value.encode("utf-8", "surrogateescape")
    return sys.stdin.buffer.read(_MAX_BYTES + 1)


def _decode(content: bytes, which: str) -> str:
    """Decode a value, without the line break at its end."""
    if len(content) > _MAX_BYTES:
        raise click.UsageError(f"the value of {which} is longer than {MAX_SECRET_CHARS:,} characters")
    try:
        value = content.decode("utf-8")
    except UnicodeDecodeError:
        raise click.UsageError(f"the value of {which} is not UTF-8") from None
    value = value.removesuffix("\n").removesuffix("\r")
    if not value:
        raise click.UsageError(f"the value of {which} is empty")
    return value
