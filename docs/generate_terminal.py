"""Write docs/_static/terminal-*.svg, pictures of a session on a terminal: `python docs/generate_terminal.py`."""

from __future__ import annotations

import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
from html import escape
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
FOLDER: Final = ROOT / "docs" / "_static"
COLUMNS: Final = 64
SKILL: Final = (
    "---\nname: haiku\ndescription: Use when: the user asks for a haiku.\n---\n# Haiku\n\nWrite three lines.\n"
)
SESSION: Final = (
    ("check", "haiku"),
    ("check", "haiku", "--fix"),
    ("pack", "haiku", "-o", "haiku.json"),
)
TITLE: Final = "skillpack check finds a broken description, --fix repairs it, pack writes the JSON"

# GitHub's terminal palettes
THEMES: Final = {
    "light": {
        "": "#1f2328",
        "back": "#f6f8fa",
        "prompt": "#656d76",
        "31": "#cf222e",
        "32": "#116329",
        "33": "#7d4e00",
        "36": "#1b7c83",
    },
    "dark": {
        "": "#e6edf3",
        "back": "#161b22",
        "prompt": "#8b949e",
        "31": "#ff7b72",
        "32": "#3fb950",
        "33": "#d29922",
        "36": "#56d4dd",
    },
}
_WIDTH, _HEIGHT, _MARGIN = 8.43, 20, 20  # of a cell of a font of 14 px, and around all
_STYLE: Final = re.compile(r"\x1b\[([0-9;]*)m")


def record() -> list[str]:
    """Return the lines of the session, with the colors as the terminal gets them."""
    lines: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "haiku").mkdir()
        (Path(folder) / "haiku" / "SKILL.md").write_text(SKILL, "utf-8")
        for arguments in SESSION:
            lines += [f"\x1b[2m$\x1b[0m skillpack {' '.join(arguments)}"]
            lines += [*_run(arguments, folder), ""]
    return lines[:-1]


def _run(arguments: tuple[str, ...], folder: str) -> list[str]:
    import fcntl
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, COLUMNS, 0, 0))
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TERM": "xterm", "LC_ALL": "C.UTF-8"}
    command = [sys.executable, "-m", "skillpack", *arguments]
    with subprocess.Popen(command, cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs):
        os.close(theirs)
        shown = b""
        try:
            while piece := os.read(ours, 65536):
                shown += piece
        except OSError:  # the other side is closed
            pass
    os.close(ours)
    return shown.decode().replace("\r\n", "\n").rstrip("\n").split("\n")


def draw(lines: list[str], theme: str) -> str:
    """Return the lines as an SVG."""
    colors = THEMES[theme]
    width, height = round(COLUMNS * _WIDTH) + 2 * _MARGIN, len(lines) * _HEIGHT + 2 * _MARGIN
    rows = "\n".join(
        f'<text x="{_MARGIN}" y="{_MARGIN + at * _HEIGHT + 14}">{_spans(line, colors)}</text>'
        for at, line in enumerate(lines)
        if line
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        f' role="img" aria-label="{escape(TITLE)}">\n'
        f'<rect width="{width}" height="{height}" rx="8" fill="{colors["back"]}"/>\n'
        f'<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="14" fill="{colors[""]}"'
        f">\n{rows}\n</g>\n</svg>\n"
    )


def _spans(line: str, colors: dict[str, str]) -> str:
    """Return a line as spans of one style each; a span begins and ends where its cells do, whatever the font."""
    spans, styles, column = [], set[str](), 0
    text, *rest = _STYLE.split(line)
    for style, part in [("", text), *zip(rest[::2], rest[1::2], strict=True)]:
        styles = set() if style in ("", "0") else styles | set(style.split(";"))
        if part:
            spans.append(_span(part, column, styles, colors))
        column += len(part)
    return "".join(spans)


def _span(text: str, column: int, styles: set[str], colors: dict[str, str]) -> str:
    color = next((colors[each] for each in sorted(styles) if each in colors), "")
    color = color or (colors["prompt"] if "2" in styles else "")
    attributes = f' fill="{color}"' * bool(color) + ' font-weight="bold"' * ("1" in styles)
    attributes += f' x="{_MARGIN + column * _WIDTH:.1f}" textLength="{len(text) * _WIDTH:.1f}"'
    shown = escape(text, quote=False).replace(" ", "\xa0")  # SVG joins spaces
    return f"<tspan{attributes}>{shown}</tspan>"


def pictures() -> dict[str, str]:
    """Return file name -> SVG of each theme."""
    lines = record()
    return {f"terminal-{theme}.svg": draw(lines, theme) for theme in THEMES}


def main() -> None:
    """Write the pictures."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in pictures().items():
        (FOLDER / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
