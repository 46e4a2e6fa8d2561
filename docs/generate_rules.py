"""Write docs/reference/rules/*.md from the catalogue and the pages of the rules: `python docs/generate_rules.py`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

ROOT: Final = Path(__file__).resolve().parents[1]

if TYPE_CHECKING:
    from skillpack.rules import Rule

FOLDER: Final = ROOT / "docs" / "reference" / "rules"

REQUIRED_BY: Final = {
    "api": "the OpenAI API: its schema, its guide, or its observed answers",
    "spec": "the Agent Skills specification (agentskills.io)",
    "reader": "other readers of YAML, zips or skills, which would read the skill differently",
    "target": "a consumer of skills that was named as target",
    "safety": "safety",
    "advice": "advice",
}
_NOTICE: Final = "% Generated from skillpack/rules/pages: python docs/generate_rules.py\n\n"
_INDEX: Final = """\
# Rules

Each rule has a stable id and a default level. An error blocks packing, a warning blocks it only with `--strict`, a
note never does. Settings change the level of a rule or turn it off. `skillpack rule ID` shows the same pages in a
terminal, and `skillpack rule --output-format json` prints this table as JSON.

| rule | level | required by | what it detects | `--fix` |
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
    fix = "yes" if rule.fixable else ""
    return f"| [{rule.id}]({rule.id}.md) | {rule.severity} | {required_by} | {summary} | {fix} |\n"


def _page(rule: Rule) -> str:
    from skillpack.rules.page import Page

    table = [
        f"| level | {rule.severity} |",
        f"| required by | {'; '.join(REQUIRED_BY[name] for name in rule.required_by) or '-'} |",
        f"| hint | {_cell(rule.hint)} |",
        f"| fixed by `--fix` | {'yes' if rule.fixable else 'no'} |",
    ]
    head = "\n".join([f"# {rule.id}", "", "| | |", "|---|---|", *table])
    return f"{_NOTICE}{head}\n\n{Page.from_rule(rule).markdown}\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> None:
    """Write all pages, and delete those of rules that no longer exist."""
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
