"""A plain scalar to the type that readers of YAML 1.1 and of YAML 1.2 guess for it."""

from __future__ import annotations

import re
from typing import Final

_CORE: Final = (  # the core schema of YAML 1.2.2, section 10.3.2
    ("null", re.compile(r"null|Null|NULL|~|")),
    ("a boolean", re.compile(r"true|True|TRUE|false|False|FALSE")),
    ("a number", re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")),
    ("a number", re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")),
    ("a number", re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")),
)
_WORDS: Final = {
    "null": "null",
    "bool": "a boolean",
    "int": "a number",
    "float": "a number",
    "timestamp": "a date",
    "merge": "a merge key",
    "value": "a default value",
}
_OTHER_NUMBER: Final = re.compile(r"[-+]?0[0-9]+")  # 010 is 8 to YAML 1.1 and 10 to YAML 1.2

TEXT: Final = "a text"


def types(value: str) -> tuple[str, str]:
    """Return what YAML 1.1 and YAML 1.2 take a plain scalar for: `a text`, `a number` and so on."""
    import yaml

    resolvers = yaml.SafeLoader.yaml_implicit_resolvers
    old = next((tag for tag, pattern in resolvers.get(value[:1], ()) if pattern.match(value)), None)
    new = next((word for word, pattern in _CORE if pattern.fullmatch(value)), TEXT)
    old_word = _WORDS[old.rpartition(":")[2]] if old else TEXT
    if old_word == new == "a number" and _OTHER_NUMBER.fullmatch(value):
        return "an octal number", "a decimal number"
    return old_word, new
