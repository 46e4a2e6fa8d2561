"""A rule's docstring to the parts of its page: what it detects, why that matters, before and after."""

from __future__ import annotations

import inspect
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from skillpack.rules.engine import Rule

_HEADINGS: Final = {"Why it matters": "why", "Before": "before", "After": "after"}


@dataclass(frozen=True, slots=True)
class Page:
    """What there is to read about a rule; `before` and `after` are samples, the rest is Markdown."""

    summary: str
    detects: str
    why: str
    before: str
    after: str

    @classmethod
    def from_rule(cls, rule: Rule) -> Page:
        """Take the docstring of a rule apart; what it lacks is empty."""
        parts: dict[str, list[str]] = {"detects": [], "why": [], "before": [], "after": []}
        summary, _, rest = inspect.cleandoc(rule.page).partition("\n")
        part = "detects"
        for line in rest.split("\n"):
            heading, colon, text = line.partition(":")
            if colon and heading in _HEADINGS:
                part, line = _HEADINGS[heading], text.strip()  # noqa: PLW2901 - the rest of the line belongs to the part
            parts[part].append(line)
        texts = {name: textwrap.dedent("\n".join(lines)).strip("\n") for name, lines in parts.items()}
        texts["why"] = texts["why"][:1].upper() + texts["why"][1:]
        return cls(summary, **texts)

    @property
    def complete(self) -> bool:
        """Whether somebody who meets the rule for the first time finds all they need."""
        return all((self.summary, self.why, self.before, self.after))

    @property
    def text(self) -> str:
        """What it detects and why that matters, as text."""
        return "\n\n".join(part for part in (self.summary, self.detects, self.why) if part)

    @property
    def markdown(self) -> str:
        """The same with the samples, as Markdown with headings of the second level."""
        parts = [self.summary]
        for heading, prose in (("What it detects", self.detects), ("Why it matters", self.why)):
            parts += [f"## {heading}", prose] if prose else []
        for heading, sample in (("Before", self.before), ("After", self.after)):
            if sample:
                fence = "````" if "```" in sample else "```"
                parts += [f"## {heading}", f"{fence}text\n{sample}\n{fence}"]
        return "\n\n".join(part for part in parts if part)
