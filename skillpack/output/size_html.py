"""Show what a skill costs as one HTML page: a treemap to zoom into, and everything as tables, without a request."""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any, Final

from skillpack.output.size import describe_limit, describe_saving, describe_text, grow
from skillpack.text import escaped, format_share, format_size, plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from skillpack.bundle.size import LimitUse, SkillSize
    from skillpack.output.size import Node

_KINDS: Final = 6  # entries at the top with a colour of their own; all others share one
_DEEPEST: Final = 5  # level that is still indented further
_CLOSE: Final = 0.8
_EYEBROW: Final = b'<p class="eyebrow">skillpack size</p>'

Row = dict[str, Any]


def render_page(size: SkillSize) -> str:
    """Return the page. It makes no request, its policy forbids any, and it works without scripts but for the treemap.

    Args:
        size: what the skill costs.
    """
    from skillpack import __version__

    style, script = _read("size.css"), _read("size.js")
    rows = list(_rows(size))
    data = {"name": escaped(size.name), "total": size.body_bytes, "rows": rows}
    values = {
        "name": escape(escaped(size.name)),
        "body": format_size(size.body_bytes),
        "body_bytes": f"{size.body_bytes:,}",
        "characters": f"{size.characters:,}",
        "zip_bytes": f"{size.zip_bytes:,}",
        "files": plural(len(size.files), "file"),
        "size": format_size(sum(file.size for file in size.files)),
        "limits": "\n".join(map(_limit, size.limits)) or "<li>No limits of the targets are known.</li>",
        "rows": "\n".join(_row(row, size.body_bytes) for row in rows),
        "savings": _savings(size),
        "texts": "\n".join(_texts(size)),
        "version": escape(__version__),
        "data": _script_data(data),
        "style": style,
        "script": script,
        "style_hash": _policy_hash(style),
        "script_hash": _policy_hash(script),
    }
    return Template(_read("size.html")).substitute(values)


def is_page(content: bytes) -> bool:
    """Return True if a file is a page that render_page made, of any version since this one.

    Args:
        content: the file.
    """
    template = _read("size.html").encode()
    start, end = template.partition(b"$")[0], template.rpartition(b"</script>")[2]
    return content.startswith(start) and content.endswith(end) and _EYEBROW in content


def _read(name: str) -> str:
    return files("skillpack.output").joinpath(name).read_text("utf-8")


def _policy_hash(text: str) -> str:
    """Return how a content security policy names an inline style or script."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _script_data(value: Mapping[str, Any]) -> str:
    """Return JSON for a script element, which nothing in it can end."""
    text = json.dumps(value, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _rows(size: SkillSize) -> Iterator[Row]:
    """Yield each folder and file, folders before what is in them, the most expensive first; then the rest."""
    top = grow(size.files)
    contents = {file.path: file.size for file in size.files} | {folder.path: folder.size for folder in size.folders}
    for kind, node in enumerate(top.inner):
        yield from _inner_rows(node, 0, min(kind, _KINDS), contents)
    yield _made("end of the zip", "end of the zip", size.archive_characters)
    yield _made("JSON, name, description", "JSON, name, description", size.json_bytes)


def _inner_rows(node: Node, depth: int, kind: int, contents: Mapping[str, int]) -> Iterator[Row]:
    row = _made(escaped(node.name), escaped(node.path), node.characters)
    yield row | {"size": contents[node.path], "depth": depth, "kind": kind, "folder": node.path.endswith("/")}
    for inner in node.inner:
        yield from _inner_rows(inner, depth + 1, kind, contents)


def _made(name: str, path: str, count: int) -> Row:
    return {"name": name, "path": path, "bytes": count, "size": None, "depth": 0, "kind": _KINDS, "folder": False}


def _row(row: Row, total: int) -> str:
    kind = "folder" if row["folder"] else "file" if row["size"] is not None else "other"
    size = "" if row["size"] is None else format_size(row["size"])
    share = row["bytes"] / total
    return (
        f'<tr class="{kind} d{min(row["depth"], _DEEPEST)} k{row["kind"]}"><th scope="row">{escape(row["name"])}</th>'
        f'<td class="number">{row["bytes"]:,}</td><td class="number">{escape(format_share(share))}</td>'
        f'<td class="wide"><svg class="share" aria-hidden="true">{_rect(share)}</svg></td>'
        f'<td class="number">{size}</td></tr>'
    )


def _rect(share: float) -> str:
    return f'<rect width="{max(min(share, 1) * 100, 0.4):.2f}%" height="100%" rx="3"/>'


def _limit(use: LimitUse) -> str:
    state = "over" if use.share > 1 else "near" if use.share >= _CLOSE else "under"
    exceeded = ", exceeded" if use.share > 1 else ""
    return (
        f'<li class="{state}"><b>{escape(format_share(use.share))}{exceeded}</b>'
        f'<svg class="meter" aria-hidden="true">{_rect(use.share)}</svg><span>{escape(describe_limit(use))}</span></li>'
    )


def _savings(size: SkillSize) -> str:
    if not size.savings:
        return '<p class="hint">Nothing that saves 1 % or more was found.</p>'
    items = [
        f"<li><b>{escape(describe_saving(each))}</b>"
        f"<span>{each.characters:,} bytes, {escape(format_share(each.characters / size.body_bytes))}</span></li>"
        for each in size.savings
    ]
    return '<ol class="list">\n' + "\n".join(items) + "\n</ol>"


def _texts(size: SkillSize) -> Iterator[str]:
    for text in size.texts:
        yield (
            f'<tr><th scope="row">{escape(describe_text(text))}</th>'
            f'<td class="number">{text.characters:,}</td><td class="number">~{text.tokens:,}</td></tr>'
        )
