"""The lines that CI runners execute, by the rules of their own parsers: a judge for what skillpack prints.

GitHub: actions/runner, src/Runner.Common/ActionCommand.cs (TryParseV2, then TryParse). Azure Pipelines:
microsoft/azure-pipelines-agent, src/Microsoft.VisualStudio.Services.Agent/Command.cs (TryParse). Both read the output
with a StreamReader, whose lines end at \\n, \\r or \\r\\n. Every command name counts: GitHub knows some twenty, but
`::stop-commands::TOKEN` makes TOKEN another one.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_WHITESPACE: Final = "".join(
    map(
        chr,
        (*range(0x09, 0x0E), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000),
    )
)
"""What .NET's String.TrimStart removes."""

_COLOUR: Final = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")  # any control sequence: click removes all of them


class Command(NamedTuple):
    """A line that a runner executes."""

    runner: str
    name: str
    properties: dict[str, str]
    data: str


def commands(output: str) -> list[Command]:
    """Return what runners execute of an output, with its colours or without."""
    lines = [line for text in {output, _COLOUR.sub("", output)} for line in re.split(r"\r\n|\r|\n", text)]
    return [found for line in lines for found in (github(line), azure(line)) if found]


def github(line: str) -> Command | None:
    return _github_at_start(line.lstrip(_WHITESPACE)) or _bracketed(line, "##[", "github", ";", "\r", "\n", "]")


def azure(line: str) -> Command | None:
    found = _bracketed(line, "##vso[", "azure", ";", "\r", "\n", "]")
    return found if found and len([part for part in found.name.split(".") if part]) == 2 else None


def _github_at_start(line: str) -> Command | None:
    begin, separator, data = line[2:].partition("::")
    name, _, properties = begin.partition(" ")
    if not (line.startswith("::") and separator and name):
        return None
    return Command(
        "github", name, _properties(properties.strip(), ",", "\r", "\n", ":", ","), _unescaped(data, "\r", "\n")
    )


def _bracketed(line: str, prefix: str, runner: str, separator: str, *escaped: str) -> Command | None:
    _, found, rest = line.partition(prefix)
    begin, bracket, data = rest.partition("]")
    name, _, properties = begin.partition(" ")
    if not (found and bracket and name):
        return None
    return Command(runner, name, _properties(properties, separator, separator, *escaped), _unescaped(data, *escaped))


def _properties(text: str, separator: str, *escaped: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in text.split(separator) if pair)
    return {name: _unescaped(value, *escaped) for name, _, value in pairs}


def _unescaped(text: str, *escaped: str) -> str:
    for char in (*escaped, "%"):
        text = text.replace(f"%{ord(char):02X}", char)
    return text
