"""`skillpack environment`: write a body of the Agents API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import click

from skillpack.bundle import agents
from skillpack.cli import container_options, options
from skillpack.cli.deliver import Destination, deliver
from skillpack.cli.packing import pack_skills
from skillpack.text import escaped

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from skillpack.bundle.bundle import Bundle, Streamed

_MANAGERS = ("npm", "python", "system")


@click.command("environment", epilog="Example: skillpack environment skills/pdf-forms --no-network -o body.json")
@options.paths_argument("skills", metavar="[SKILL...]")
@click.option(
    "--body",
    "kind",
    type=click.Choice(get_args(agents.BodyKind)),
    default="environment",
    show_default=True,
    help="Which request: POST /agents/environments, .../environments/templates or /agents/sessions.",
)
@click.option("--name", type=options.nonempty, help="The template's name.")
@click.option("--agent", type=options.nonempty, metavar="ID", help="The session's agent.")
@click.option("--size", type=click.Choice(["small", "medium", "large"]), help="The session's container size.")
@click.option("--skill-ref", multiple=True, metavar="ID[@VERSION]", help="Add a skill uploaded to the API, by its ID.")
@click.option(
    "--file",
    "files",
    multiple=True,
    metavar="ID:PATH",
    help="Copy an uploaded file to a PATH that starts with /workspace/.",
)
@click.option(
    "--allow-domain", type=options.nonempty, multiple=True, metavar="DOMAIN", help="Allow only these domains."
)
@click.option(
    "--block-domain", type=options.nonempty, multiple=True, metavar="DOMAIN", help="Allow all but these domains."
)
@click.option("--network/--no-network", default=None, help="Allow all network access, or none.")
@click.option(
    "--package", "packages", multiple=True, metavar="MANAGER:NAME", help="Install a package: npm, python, system."
)
@click.option("--setup-command", multiple=True, metavar="COMMAND", help="Run a command before the agent starts.")
@click.option(
    "--env",
    multiple=True,
    metavar="NAME=SOURCE",
    help="Set an environment variable; SOURCE is env:VARIABLE, file:PATH or - (stdin).",
)
@click.option("--show-secrets", is_flag=True, help="Allow printing a body with environment variables to a terminal.")
@options.output
@options.compression
@options.selection
@options.common
def command(
    session: options.Session, skills: tuple[str, ...], output: Path | None, show_secrets: bool, **given: Any
) -> None:
    """Print a body of the Agents API (beta) for a hosted environment, with skills inline or by reference."""
    _refuse_options_of_others(given)
    stated: dict[str, object] = {
        "container_size": given["size"],
        "env": container_options.variables(given["env"]) or None,
        "files": tuple(_file(text) for text in given["files"]),
        "network": _network(given["network"], given["allow_domain"], given["block_domain"]),
        "packages": _packages(given["packages"]) or None,
        "setup_commands": tuple({"command": text} for text in given["setup_command"]),
    }
    references = container_options.references(given["skill_ref"])
    packed = pack_skills(session, skills, Destination(output)) if skills else ()
    entries: list[Bundle | Streamed | Mapping[str, object]] = [*packed, *references]
    environment = agents.environment(entries, stated, session.settings(among=skills))
    made = agents.body_of(given["kind"], environment, given["name"], given["agent"])
    session.console.print_report(made.report)
    if given["kind"] == "session" and not given["agent"]:
        note = session.console.style("note", "note")
        session.console.print(f"{note}: a session needs an agent: give --agent ID, or add agent.model to the body")
    deliver(made.pieces(), output, private=made.private, shown=show_secrets)


def _refuse_options_of_others(given: Mapping[str, Any]) -> None:
    for option, kind in (("name", "template"), ("agent", "session"), ("size", "session")):
        if given[option] is not None and given["kind"] != kind:
            raise click.UsageError(f"--{option} is for --body {kind}")


def _file(text: str) -> dict[str, str]:
    file_id, colon, path = text.partition(":")
    if not (file_id and colon and path):
        raise click.UsageError(f"--file '{escaped(text)[:80]}' is not ID:PATH")
    if not path.startswith("/workspace/"):
        raise click.UsageError(f"--file '{escaped(text)[:80]}': the path must start with /workspace/")
    return {"type": "file_id", "file_id": file_id, "path": path}


def _network(enabled: bool | None, allow: tuple[str, ...], block: tuple[str, ...]) -> dict[str, object] | None:
    if sum((enabled is not None, bool(allow), bool(block))) > 1:
        raise click.UsageError("--network, --no-network, --allow-domain and --block-domain cannot be combined")
    if allow or block:
        return {"access": "restricted", **({"allowed_domains": allow} if allow else {"blocked_domains": block})}
    return None if enabled is None else {"access": "enabled" if enabled else "disabled"}


def _packages(stated: tuple[str, ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for text in stated:
        manager, colon, name = text.partition(":")
        if manager not in _MANAGERS or not (colon and name):
            raise click.UsageError(f"--package '{escaped(text)[:80]}' is not npm:NAME, python:NAME or system:NAME")
        found.setdefault(manager, []).append(name)
    return {manager: found[manager] for manager in _MANAGERS if manager in found}
