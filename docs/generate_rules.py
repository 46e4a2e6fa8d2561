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
note never does. Settings change the level of a rule or turn it off, and `--fix` repairs what has a "yes" under "fix".
`skillpack rule ID` shows the same pages in a terminal, and `skillpack rule --output-format json` prints all rules as
JSON.
"""
_TABLE: Final = """
| rule | level | fix | what it detects | required by |
|---|---|---|---|---|
"""

TOPICS: Final = {  # title -> how the ids of its rules begin; the first topic that fits is that of a rule
    "SKILL.md": (
        *("manifest-", "frontmatter-", "name-", "description-", "compatibility-", "metadata-", "field-", "body-"),
        "only-the-manifest",
    ),
    "YAML of the frontmatter": ("yaml-",),
    "References, Markdown and scripts": (
        "reference-broken",
        "reference-left-out",
        "reference-outside",
        "path-left-out",
        "path-of-",
        "fence-",
        "script-",
    ),
    "Text": ("text-",),
    "Secrets": ("secret-",),
    "Names of files": ("path-",),
    "Links and kinds of files": (
        "link-",
        "hard-link",
        "root-is-link",
        "mount-",
        "nested-",
        "lfs-",
        "bundle-",
        "exec-bit-",
        "line-endings-",
        "symlink-",
        "packed-",
        "file-not-",
        "file-unreadable",
        "file-changed",
    ),
    "Sizes and numbers": (
        "file-",
        "total-",
        "too-many-files",
        "too-many-findings",
        "walk-",
        "zip-too-large",
        "zip-over-",
        "base64-too-long",
    ),
    "Ignore rules": ("ignore-", "skill-is-ignored"),
    "Targets": ("target-",),
    "Zips": ("zip",),
    "Requests": ("base64-", "json-", "payload-", "many-skills", "too-many-", "skill-repeated", "reference-version"),
    "Settings and skillpack itself": ("api-rule-", "safety-rule-", "settings-", "rule-"),
}
_CONTENTS: Final = "\n```{toctree}\n:hidden:\n:glob:\n\n*\n```\n"


def pages() -> dict[str, str]:
    """Return file name -> Markdown of every rule's page and of their index."""
    from skillpack.rules import RULES

    rules = sorted(RULES.values(), key=lambda rule: rule.id)
    by_topic: dict[str, list[Rule]] = {topic: [] for topic in TOPICS}
    for rule in rules:
        by_topic[_topic(rule.id)].append(rule)
    tables = "".join(f"\n## {topic}\n{_TABLE}{''.join(map(_row, found))}" for topic, found in by_topic.items())
    written = {f"{rule.id}.md": _page(rule) for rule in rules}
    return {"index.md": _NOTICE + _INDEX + tables + _CONTENTS, **written}


def _topic(id: str) -> str:
    """Return the topic of a rule; one that no topic fits needs an entry in TOPICS."""
    return next(topic for topic, begins in TOPICS.items() if id.startswith(begins))


def _row(rule: Rule) -> str:
    from skillpack.rules.rule_page import Page

    summary = _cell(Page.from_rule(rule).summary)
    required_by = ", ".join(rule.required_by) or "-"
    fix = "yes" if rule.fixable else ""
    return f"| [{rule.id}]({rule.id}.md) | {rule.severity} | {fix} | {summary} | {required_by} |\n"


def _page(rule: Rule) -> str:
    from skillpack.rules.rule_page import Page

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
