"""`skillpack completion`: print the completion script for a shell."""

from __future__ import annotations

from typing import Final

import click
from click.shell_completion import get_completion_class

from skillpack.cli.console import write_stdout

SHELLS: Final = ("bash", "zsh", "fish")


@click.command("completion", epilog="Example: skillpack completion bash > ~/.bash_completion.d/skillpack")
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print the script that completes commands, options and file names in a shell."""
    from skillpack.cli.run import COMPLETE, PROGRAM, group

    completion = get_completion_class(shell)
    assert completion is not None, shell
    write_stdout(completion(group, {}, PROGRAM, COMPLETE).source())
