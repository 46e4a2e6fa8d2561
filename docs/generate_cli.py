"""Write docs/reference/cli.md from `--help`: `python docs/generate_cli.py`; a test compares the two."""

from __future__ import annotations

import sys
from pathlib import Path

from click.testing import CliRunner

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from skillpack.cli.run import COMMANDS, group  # noqa: E402 - run as a file, this is no package

HEAD = """\
# Command line

Generated from `--help` by `python docs/generate_cli.py`.

Results go to stdout, messages to stderr.

| exit code | meaning |
| --- | --- |
| 0 | no errors; there may be warnings and notes |
| 1 | errors, or warnings with `--strict`; `check --diff` has fixes to show; `diff` or a `--check` found a difference |
| 2 | the command failed: wrong usage, skill not found, output not written |
| 130, 143 | interrupted by SIGINT; by SIGTERM or SIGHUP |

`check` checks all skills even if one of its paths does not exist. The text format shows at most 100 findings of each
rule in each skill and counts all of them; the other formats contain all. A reader of stdout that closes the pipe when
it has enough, as `head` does, changes no exit code.

## skillpack
"""


def help_of(*command: str) -> str:
    """Return what `skillpack COMMAND --help` prints at 80 columns."""
    done = CliRunner().invoke(group, [*command, "--help"], prog_name="skillpack", terminal_width=80)
    assert done.exit_code == 0, done.output
    return "".join(f"{line.rstrip()}\n" for line in done.output.splitlines())


def page() -> str:
    """Return the whole page."""
    parts = [HEAD, f"```text\n{help_of()}```\n"]
    parts += [f"## skillpack {name}\n\n```text\n{help_of(name)}```\n" for name in COMMANDS]
    return "\n".join(parts)


if __name__ == "__main__":
    (ROOT / "docs" / "reference" / "cli.md").write_text(page(), "utf-8")
