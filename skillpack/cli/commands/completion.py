"""`skillpack completion`: print the completion script for a shell."""

from __future__ import annotations

from typing import Final

import click
from click.shell_completion import get_completion_class

from skillpack.cli.console import write_stdout

SHELLS: Final = ("bash", "zsh", "fish")


_EXAMPLE: Final = """\
Example: mkdir -p ~/.local/share/bash-completion/completions
  skillpack completion bash \\
    > ~/.local/share/bash-completion/completions/skillpack
"""


@click.command("completion", epilog=_EXAMPLE)
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print the script that completes commands, options and file names in a shell.

    For zsh, write it to ~/.zfunc/_skillpack, for fish to ~/.config/fish/completions/skillpack.fish.
    """
    from skillpack.cli.run import COMPLETE, PROGRAM, group

    completion = get_completion_class(shell)
    assert completion is not None, shell
    write_stdout(completion(group, {}, PROGRAM, COMPLETE).source())
