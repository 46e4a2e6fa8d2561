"""The settings of one skill to lines that say where each value comes from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from skillpack.findings import escaped
from skillpack.settings import to_table
from skillpack.text import escape_commands_in_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from skillpack.cli.options import Session


def settings_shown(session: Session, skill: str) -> Iterator[str]:
    """Yield the settings of a skill as TOML, with the origin of each value as a comment."""
    file = session.settings_file(skill)
    yield f"# {escaped(skill)}"
    places = file.places(Path(skill)) if file else {}
    stated = [
        (f"{_key(name)} = {_toml(value)}", _origin(name, places, session)) for name, value in _flat(session, skill)
    ]
    width = max(len(line) for line, _ in stated)
    for line, origin in stated:
        yield f"{line:<{width}}  # {origin}"


def _flat(session: Session, skill: str) -> Iterator[tuple[str, object]]:
    for name, value in to_table(session.settings(skill)).items():
        if isinstance(value, dict):
            yield from ((f"{name}.{key}", inner) for key, inner in value.items())
        else:
            yield name, value


def _key(name: str) -> str:
    """Return a name as TOML writes it: quoted where it is more than letters, digits and hyphens."""
    table, dot, key = name.partition(".")
    bare = key.replace("-", "").replace("_", "").isalnum() and key.isascii()
    return f"{table}.{_toml(key)}" if dot and not bare else name


def _toml(value: object) -> str:
    """Return a value as TOML writes it: JSON, but for what is no printable character and beyond 16 bits."""
    said = escape_commands_in_json(json.dumps(value, ensure_ascii=False))
    return "".join(char if char.isprintable() else _escape(ord(char)) for char in said)


def _escape(code: int) -> str:
    if 0xD800 <= code <= 0xDFFF:  # stands for a byte of the command line that is no UTF-8; TOML has no word for it
        code = 0xFFFD
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _origin(name: str, places: Mapping[str, str], session: Session) -> str:
    if session.patterns and name in ("exclude", "include"):  # all of them in one list, so that their order counts
        origins = [places[key] for key in ("exclude", "include") if key in places]
        return ", ".join([*origins, "option"]) if name == "exclude" else "default"
    return "option" if name.replace("-", "_") in session.options else places.get(name, "default")
