"""`skillpack completion`: a shell's name to the script that completes our words in it."""

from __future__ import annotations

from typing import Final

import click
from click.shell_completion import get_completion_class

from skillpack.cli import streams

SHELLS: Final = ("bash", "zsh", "fish")


@click.command("completion", epilog="Example: skillpack completion bash > ~/.bash_completion.d/skillpack")
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print the script that completes commands, options and file names in a shell."""
    from skillpack.cli.run import COMPLETE, PROGRAM, group

    completion = get_completion_class(shell)
    assert completion is not None, shell
    streams.put(completion(group, {}, PROGRAM, COMPLETE).source())
