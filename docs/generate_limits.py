"""Write docs/reference/limits.md from skillpack/limits.py: `python docs/generate_limits.py`; a test compares them."""

from __future__ import annotations

import ast
import itertools
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "skillpack" / "limits.py"
sys.path.insert(0, str(ROOT))

HEAD = """\
# Limits

Written from `skillpack/limits.py` by `python docs/generate_limits.py`. Each number has the sentence of its source.
Where a source is ambiguous, for instance whether a MB is a million bytes, skillpack refuses a value that exceeds every
interpretation, and warns about one that exceeds only the stricter one; see
[The size limit](../explanation/size-limit.md).
"""


def render() -> str:
    """Return the page."""
    parts = [HEAD]
    for title, rows in _sections():
        parts.append(f"\n## {title}\n\n| name | value | source |\n| --- | --- | --- |\n")
        parts += [f"| `{name}` | {_shown(name)} | {words} |\n" for name, words in rows]
    return "".join(parts)


def _sections() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield each section's title, with the names it defines and their descriptions."""
    text = SOURCE.read_text("utf-8")
    heads = [(text[: found.start()].count("\n") + 1, found[1]) for found in re.finditer("(?m)^# --- (.*?) -+$", text)]
    body = ast.parse(text).body
    said = {
        statement.lineno: (statement.target.id, " ".join(str(ast.literal_eval(below.value)).split()))
        for statement, below in itertools.pairwise(body)
        if isinstance(statement, ast.AnnAssign)
        and isinstance(statement.target, ast.Name)
        and isinstance(below, ast.Expr)
    }
    for (first, title), (last, _) in zip(heads, [*heads[1:], (sys.maxsize, "")], strict=True):
        rows = [row for line, row in said.items() if first < line < last]
        yield title[:1].upper() + title[1:], rows


def _shown(name: str) -> str:
    value = getattr(import_module("skillpack.limits"), name)
    if isinstance(value, int):
        return f"{value:,}"
    listed = value if isinstance(value, tuple) else (value,)
    return ", ".join(f"`{item}`" for item in listed)


if __name__ == "__main__":
    (ROOT / "docs" / "reference" / "limits.md").write_text(render(), "utf-8")
