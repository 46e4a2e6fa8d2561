"""Read the page of a rule from the Markdown file `pages/<id>.md`."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from skillpack.rules.catalogue import ALWAYS_REPORTED, HELD
from skillpack.values import NamedTuple

if TYPE_CHECKING:
    from skillpack.rules.catalogue import Rule

_HEADING: Final = r"(?m)^## (.+)\n\n"
_SAMPLES: Final = r"(?s)\ABefore:\n\n(`{3,})text\n(.*?)\n\1\n\nAfter:\n\n\1text\n(.*?)\n\1\Z"


class Page(NamedTuple):
    """The page of a rule; `before` and `after` are samples, the rest is Markdown, empty where there is nothing."""

    summary: str
    details: str
    exceptions: str
    why: str
    before: str
    after: str
    configuration: str
    markdown: str

    @classmethod
    def from_rule(cls, rule: Rule) -> Page:
        """Return the page of a rule, with the levels that the settings can give it."""
        markdown = files("skillpack").joinpath("rules", "pages", f"{rule.id}.md").read_text("utf-8").strip("\n")
        title, *rest = re.split(_HEADING, markdown)
        assert title == f"# {rule.id}\n\n", title
        parts = {heading: text.strip("\n") for heading, text in zip(rest[::2], rest[1::2], strict=True)}
        samples = re.match(_SAMPLES, parts["How to fix"])
        assert samples, f"{rule.id}: a sample before and one after"
        summary, _, details = parts["What it detects"].partition("\n\n")
        configuration = parts.get("How to configure", "")
        body = markdown.removeprefix(title)
        if not configuration:
            body += "\n\n## How to configure"
        level = _describe_levels(rule)
        return cls(
            summary.replace("\n", " "),
            details,
            parts.get("What it does not detect", ""),
            parts["Why it matters"],
            samples[2],
            samples[3],
            f"{configuration}\n\n{level}".strip("\n"),
            f"{body}\n\n{level}",
        )

    @property
    def text(self) -> str:
        """What the rule detects and why that matters."""
        return "\n\n".join(part for part in (self.summary, self.details, self.exceptions, self.why) if part)


def _describe_levels(rule: Rule) -> str:
    if rule.id in HELD:
        return "This rule is always an error: a skill with this problem cannot be packed correctly."
    if rule.id in ALWAYS_REPORTED:
        return (
            'This rule cannot be turned off. Raise its level (`"error"` or `"warning"`) in `pyproject.toml`:\n\n'
            f'```toml\n[tool.skillpack.rules]\n{rule.id} = "error"\n```'
        )
    return (
        'Set another level (`"error"`, `"warning"` or `"note"`) or turn the rule off in `pyproject.toml`:\n\n'
        f'```toml\n[tool.skillpack.rules]\n{rule.id} = "off"\n```'
    )
