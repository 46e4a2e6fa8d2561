"""Format reports as text, single lines, JSON, SARIF or GitHub annotations, without reading or printing anything.

Each format is a module with `render(report, look) -> str`; there is no newline at the end.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final, Literal, get_args

from skillpack.output.text import Look

if TYPE_CHECKING:
    from skillpack.findings import Report

__all__ = ["FORMATS", "Format", "Look", "render"]

Format = Literal["text", "concise", "json", "sarif", "github"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)


def render(report: Report, format: Format, look: Look | None = None) -> str:
    """Return a report in one of the formats.

    Args:
        report: the findings.
        format: one of FORMATS.
        look: width and colors, which only text and concise use.
    """
    module = import_module(f"skillpack.output.{'text' if format == 'concise' else format}")
    rendered = getattr(module, "render_concise" if format == "concise" else "render")(report, look or Look())
    assert isinstance(rendered, str)
    return rendered
