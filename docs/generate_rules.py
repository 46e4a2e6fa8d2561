"""The rules' docstrings to docs/reference/rules/*.md: `python docs/generate_rules.py` writes them anew."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

ROOT: Final = Path(__file__).resolve().parents[1]

if TYPE_CHECKING:
    from skillpack.rules import Rule

FOLDER: Final = ROOT / "docs" / "reference" / "rules"

WHOSE: Final = {
    "api": "OpenAI's API: its schema, its guide, or what it was seen to answer",
    "spec": "the Agent Skills specification (agentskills.io)",
    "reader": "other readers of YAML, zips or skills, which would differ",
    "safety": "safety",
    "advice": "advice",
}
_NOTICE: Final = "% Generated from the rule's docstring: python docs/generate_rules.py\n\n"
_INDEX: Final = """\
# Rules

Each rule has one id, for ever, and one level. An error blocks packing, a warning does unless you decide otherwise
with `--strict`, a note never. Settings change the level of a rule or turn it off. `skillpack rule ID` shows the same
pages in a terminal.

| rule | level | whose demand | what it finds | `--fix` |
|---|---|---|---|---|
"""
_CONTENTS: Final = "\n```{toctree}\n:hidden:\n:glob:\n\n*\n```\n"


def pages() -> dict[str, str]:
    """Return file name -> Markdown of every rule's page and of their index."""
    from skillpack.rules import RULES

    rules = sorted(RULES.values(), key=lambda rule: rule.id)
    rows = "".join(_row(rule) for rule in rules)
    written = {f"{rule.id}.md": _page(rule) for rule in rules}
    return {"index.md": _NOTICE + _INDEX + rows + _CONTENTS, **written}


def _row(rule: Rule) -> str:
    from skillpack.rules.page import Page

    summary = _cell(Page.from_rule(rule).summary)
    required_by = ", ".join(rule.required_by) or "-"
    return (
        f"| [{rule.id}]({rule.id}.md) | {rule.severity} | {required_by} | {summary} | {'yes' if rule.fix else ''} |\n"
    )


def _page(rule: Rule) -> str:
    from skillpack.rules.page import Page

    summary, _, rest = Page.from_rule(rule).markdown.partition("\n\n")
    table = [
        f"| level | {rule.severity} |",
        f"| whose demand | {'; '.join(WHOSE[required_by] for required_by in rule.required_by) or '-'} |",
        f"| what to do | {_cell(rule.hint)} |",
        f"| mended by `--fix` | {'yes' if rule.fix else 'no'} |",
    ]
    head = "\n".join([f"# {rule.id}", "", summary, "", "| | |", "|---|---|", *table])
    return f"{_NOTICE}{head}\n\n{rest}".rstrip() + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> None:
    """Write all pages, and take away those of rules that are gone."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    written = pages()
    for path in FOLDER.glob("*.md"):
        if path.name not in written:
            path.unlink()
    for name, text in written.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
