"""How text looks: how wide it may be, and what gives it colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from skillpack.findings import Severity

if TYPE_CHECKING:
    from collections.abc import Callable

Style = Literal["error", "warning", "note", "bold", "dim", "good"]

SEVERITIES: Final[dict[Severity, Style]] = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.NOTE: "note",
}


def plain(text: str, _style: Style) -> str:
    """Return the text as it is."""
    return text


@dataclass(frozen=True, slots=True)
class Look:
    """How text looks.

    `width` is in columns; without one nothing is wrapped, so that a line stays a line for whoever greps it.
    `style` takes a text and the name of a style. `summed` says whether one line sums it all up.
    """

    width: int | None = None
    style: Callable[[str, Style], str] = plain
    summed: bool = True
