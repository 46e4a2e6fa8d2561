r"""Escape text that the runners of GitHub Actions and Azure Pipelines would execute as a command.

A runner reads what a step prints line by line. It executes `##[error]` and `##vso[task.complete]` anywhere in a line,
and `::error::` at its start, after whitespace (actions/runner, ActionCommand.cs; microsoft/azure-pipelines-agent,
Command.cs). TeamCity does the same with `##teamcity[`. A line ends at \n or \r.
"""

from __future__ import annotations

import re
from typing import Final

_COMMAND: Final = r"(?m)(?P<before>(?:^|\r)(?:[^\S\r\n]|\x1b\[[0-9;]*m)*):(?=:)|#(?=#\w*\[)"
"""The character to escape. Colours before `::` count as whitespace, because click removes them outside a terminal.

It is compiled when it is first needed, which few calls do.
"""

_COMMAND_IN_JSON: Final = r'(?P<before>(?:"|\\[nr])\s*):(?=:)|#(?=#\w*\[)'
"""The same at the start of a string in JSON, or of a line in one."""


def escape_commands(text: str) -> str:
    r"""Return `text` with each command broken by an escape: `\x3a:error::`, `\x23#[error]`.

    Args:
        text: any number of lines.
    """
    if "::" not in text and "##" not in text:
        return text
    return re.sub(_COMMAND, lambda found: f"{found['before'] or ''}\\x{ord(found[0][-1]):02x}", text)


def find_commands(text: str) -> frozenset[int]:
    """Return the indices of the characters that escape_commands escapes."""
    return frozenset(found.end() - 1 for found in re.finditer(_COMMAND, text))


def escape_commands_in_json(text: str) -> str:
    r"""Return JSON of the same value without commands: `"\u003a:error::"`, `"\u0023#[error]"`.

    Args:
        text: JSON. Outside of strings it has neither `::` nor `##`.
    """
    if "::" not in text and "##" not in text:
        return text
    return re.sub(_COMMAND_IN_JSON, lambda found: f"{found['before'] or ''}\\u{ord(found[0][-1]):04x}", text)
