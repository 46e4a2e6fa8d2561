"""Show what differs between two skills as text: what a model reads first, then all fields, then the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skillpack.bundle.diff import READ_BY_MODELS
from skillpack.secrets.scan import masked
from skillpack.text import escaped, plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from skillpack.bundle.diff import FieldDiff, FileDiff, SkillDiff, TextBudget
    from skillpack.output.text import Look, Style

_STYLES: dict[str, Style] = {"-": "removed", "+": "added", "@": "hunk"}
_DIGITS = 12
"""Of a SHA-256, as `git` shows its hashes: enough to tell two contents apart."""


def render(diff: SkillDiff, look: Look, budget: TextBudget, name: str = "") -> Iterator[str]:
    """Yield the lines of a comparison, safe to print.

    Args:
        diff: what differs.
        look: how text is displayed.
        budget: what is left of the lines that the call compares.
        name: the skill's name, as a heading where several skills are compared.
    """
    if name:
        yield look.style(f"{escaped(name)}:", "bold")
    if diff.change in ("added", "removed"):
        yield f"skill {diff.change}"
    read = [field for field in diff.fields if field.key in READ_BY_MODELS]
    rest = [field for field in diff.fields if field.key not in READ_BY_MODELS]
    for title, fields in (("read by every model:", read), ("other fields:", rest)):
        if fields:
            yield look.style(title, "bold")
            for field in fields:
                yield from _field(field, look)
    if diff.files:
        yield look.style("files:", "bold")
    shown = budget.choose(diff.files)
    yield from (_file(file, look, with_text=file.path in shown) for file in diff.files)
    for file in diff.files:
        if file.path in shown:
            yield from _text(file, budget.text(file), look)


def summary(diffs: Iterable[SkillDiff]) -> str:
    """Return `1 skill added, 2 files added, 1 file changed`, or `no differences`."""
    counts: dict[str, int] = {}
    skills: dict[str, int] = {}
    for diff in diffs:
        if diff.change in ("added", "removed"):
            skills[diff.change] = skills.get(diff.change, 0) + 1
        for file in diff.files:
            counts[file.change] = counts.get(file.change, 0) + 1
    parts = [f"{plural(skills[change], 'skill')} {change}" for change in ("added", "removed") if change in skills]
    parts += [f"{plural(counts[change], 'file')} {change}" for change in ("added", "removed", "renamed", "changed")
             if change in counts]  # fmt: skip
    return ", ".join(parts) or "no differences"


def _field(field: FieldDiff, look: Look) -> Iterator[str]:
    yield f"  {_masked(field.key)}"
    for sign, value in (("-", field.before), ("+", field.after)):
        if value is not None:
            yield look.style(f"    {sign} {_masked(value)}", _STYLES[sign])


def _masked(text: str) -> str:
    return escaped(masked(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass"))


def _file(file: FileDiff, look: Look, *, with_text: bool) -> str:
    path = escaped(file.path)
    if file.change == "renamed" and file.before:
        path = f"{escaped(file.before.path)} -> {path}"
    details = "" if with_text or file.change == "renamed" else _details(file)
    return f"  {file.change:<8} {path}{details}{_mark(file, look)}"


def _details(file: FileDiff) -> str:
    """Return the sizes and hashes of a file whose lines are not shown."""
    sides = [each for each in (file.before, file.after) if each]
    sizes = " -> ".join(f"{each.size:,}" for each in sides)
    return f"  ({sizes} bytes, sha256 {' -> '.join(each.sha256[:_DIGITS] for each in sides)})"


def _mark(file: FileDiff, look: Look) -> str:
    mark = "new script" if file.new_script else "newly executable" if file.newly_executable else ""
    return f"  {look.style(mark, 'warning')}" if mark else ""


def _text(file: FileDiff, text: str | None, look: Look) -> Iterator[str]:
    if not text:
        return
    yield ""
    path = escaped(file.path)
    for name in (
        f"--- {f'a/{path}' if file.before else '/dev/null'}",
        f"+++ {f'b/{path}' if file.after else '/dev/null'}",
    ):
        yield look.style(name, "bold")
    for line in text.removesuffix("\n").split("\n"):
        style = _STYLES.get(line[:1])
        whole = line if style else line.removesuffix("\r")  # in a changed line, it may be the change
        shown = "\t".join(map(escaped, whole.split("\t")))
        yield look.style(shown, style) if style else shown
