"""Draw how time and memory grow: one picture for each axis, as SVG and PNG, for light and dark pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import matplotlib as mpl

mpl.use("agg")
from matplotlib import pyplot as plt
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from benchmarks.growth import AXES, load_curves

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from benchmarks.growth import Curve


class Shade(NamedTuple):
    """The colours of a page."""

    page: str
    text: str
    grid: str
    reference: str
    curves: tuple[str, ...]


SHADES: Final = {
    "light": Shade("#ffffff", "#1f2328", "#e3e6ea", "#7d858e", ("#0a5fb4", "#c2410c")),
    "dark": Shade("#131416", "#e6e6e6", "#33373c", "#8b939c", ("#6cb6ff", "#ffa657")),
}
"""The pages are those of the documentation's theme."""

_QUANTITIES: Final = {"processor": "processor time", "peak": "peak memory"}
_MARKERS: Final = ("o", "s")


def draw_all(saved: dict[str, Any], folder: Path) -> None:
    """Draw each axis that is saved."""
    folder.mkdir(exist_ok=True)
    for name, data in saved.items():
        for shade in SHADES:
            draw(AXES[name].label, load_curves(data), SHADES[shade], folder / f"{name}-{shade}")


def draw(label: str, curves: dict[str, Curve], shade: Shade, path: Path) -> None:
    """Write one picture, time above memory, under a path without its suffix."""
    settings: Any = {  # by name, some text and some a number
        "font.size": 12,
        "font.family": "DejaVu Sans",
        "svg.fonttype": "none",  # text stays text
        "svg.hashsalt": "skillpack",  # the same identifiers each time
        "text.color": shade.text,
        "axes.labelcolor": shade.text,
        "xtick.color": shade.text,
        "ytick.color": shade.text,
    }
    with plt.rc_context(settings):
        figure, panels = plt.subplots(2, 1, figsize=(5.2, 6.2), sharex=True, layout="constrained")
        figure.set_facecolor(shade.page)
        for panel, quantity in zip(panels, _QUANTITIES, strict=True):
            _draw_panel(panel, curves, quantity, shade)
        handles = panels[0].get_legend_handles_labels()
        figure.legend(
            *handles,
            loc="outside upper center",
            ncols=3,
            frameon=False,
            fontsize=11,
            handlelength=1.6,
            columnspacing=1.3,
        )
        panels[-1].set_xlabel(label)
        figure.savefig(path.with_suffix(".svg"), facecolor=shade.page, metadata={"Date": None})
        figure.savefig(path.with_suffix(".png"), facecolor=shade.page, dpi=160)
        plt.close(figure)


def _draw_panel(panel: Axes, curves: dict[str, Curve], quantity: str, shade: Shade) -> None:
    panel.set_facecolor(shade.page)
    for spine in panel.spines.values():
        spine.set_color(shade.grid)
    panel.grid(visible=True, color=shade.grid, linewidth=0.8)
    panel.set_axisbelow(True)
    has_zero = any(curve[0].amount == 0 for curve in curves.values())
    panel.set_xscale("symlog", linthresh=10, linscale=0.5) if has_zero else panel.set_xscale("log")
    panel.set_yscale("log")
    for curve, (name, color, marker) in zip(
        curves.values(), zip(curves, shade.curves, _MARKERS, strict=False), strict=True
    ):
        values = [getattr(point, quantity) for point in curve]
        panel.plot([point.amount for point in curve], values, marker=marker, markersize=5, color=color, label=name)
    _draw_reference(panel, curves, quantity, shade)
    panel.set_ylabel(_QUANTITIES[quantity])
    panel.yaxis.set_major_formatter(FuncFormatter(_seconds if quantity == "processor" else _bytes))
    low, high = panel.get_ylim()
    panel.yaxis.set_major_locator(LogLocator(subs=(1,) if high > 100 * low else (1, 2, 5)))
    panel.yaxis.set_minor_locator(NullLocator())
    panel.xaxis.set_major_formatter(FuncFormatter(_count))
    panel.xaxis.set_minor_formatter(NullFormatter())


def _draw_reference(panel: Axes, curves: dict[str, Curve], quantity: str, shade: Shade) -> None:
    """Draw growth in proportion, through the last point of the curve that is highest there."""
    last = max((curve[-1] for curve in curves.values()), key=lambda point: getattr(point, quantity))
    lowest = min(getattr(point, quantity) for curve in curves.values() for point in curve) / 2
    highest = getattr(last, quantity)
    begin = last.amount * lowest / highest
    panel.plot([begin, last.amount], [lowest, highest], "--", color=shade.reference, linewidth=1.2, label="linear")
    panel.set_ylim(lowest, highest * 1.6)


def _seconds(value: float, _place: int) -> str:
    return f"{value:g} s" if value >= 1 else f"{value * 1000:g} ms"


def _bytes(value: float, _place: int) -> str:
    return f"{value / 1e9:g} GB" if value >= 1e9 else f"{value / 1e6:g} MB"


def _count(value: float, _place: int) -> str:
    for unit, size in (("M", 1_000_000), ("k", 1000)):
        if value >= size:
            return f"{value / size:g} {unit}"
    return f"{value:g}"
