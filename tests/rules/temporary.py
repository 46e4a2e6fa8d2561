"""Register rules for the time of a test."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from skillpack.findings import Severity
from skillpack.rules import CHECKS, RULES, Rule, rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from skillpack.findings import Issue


@contextmanager
def temporary_rule(on: type, find: Callable[[Any], Iterator[Issue]], *, fixable: bool = False) -> Iterator[None]:
    """Register a function as the rule that has its name, and remove it again."""
    id = find.__name__.replace("_", "-")
    RULES[id] = Rule(id, Severity.NOTE, (), "fix it", fixable)
    try:
        rule(on)(find)
        yield
    finally:
        del RULES[id]
        CHECKS.pop(id, None)
