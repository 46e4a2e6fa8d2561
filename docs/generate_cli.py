"""What `--help` prints to docs/reference/cli.md; run this file to write it, a test holds it equal."""

from __future__ import annotations

import sys
from pathlib import Path

from click.testing import CliRunner

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from skillpack.cli.run import COMMANDS, group  # noqa: E402 - run as a file, this is no package

HEAD = """\
# Command line

Written from `--help` by `python docs/generate_cli.py`.

Results go to stdout. What is said to a person goes to stderr.

| exit code | means |
| --- | --- |
| 0 | fine; warnings and notes may have been said |
| 1 | there are errors to mend, or warnings under `--strict` |
| 2 | the call itself failed: wrong usage, no skill there, the result could not be written |
| 130, 143 | interrupted by SIGINT, by SIGTERM |

`check` judges all that is there even where one of its paths is not. As text it shows 100 findings of each rule in each
skill, says how many more there are, and counts them all; the other formats hold them.

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
