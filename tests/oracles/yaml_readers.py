"""What other readers of YAML make of frontmatter: PyYAML's two loaders, serde_yaml and js-yaml."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from tests.judges import judge, missing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Read = dict[str, Any] | None
"""The fields as a reader has them, or None where it refuses."""

_JS: Final = """
const yaml = require("js-yaml");
const mark = function (key, value) {
  if (this[key] instanceof Date) return {date: true};
  return typeof value === "number" && !Number.isFinite(value) ? {number: true} : value;
};
const texts = JSON.parse(require("fs").readFileSync(0, "utf8"));
const read = text => { try { return {read: yaml.load(text)}; } catch (error) { return {}; } };
process.stdout.write(JSON.stringify(texts.map(read), mark));
"""


def by_pyyaml(texts: Sequence[str]) -> list[Read]:
    return [_pyyaml(text, yaml.SafeLoader) for text in texts]


def by_libyaml(texts: Sequence[str]) -> list[Read]:
    if not hasattr(yaml, "CSafeLoader"):
        missing("PyYAML has no C loader")
    return [_pyyaml(text, yaml.CSafeLoader) for text in texts]


def by_serde(texts: Sequence[str]) -> list[Read]:
    try:
        ryaml = importlib.import_module("ryaml")  # it says nothing of what it exports
    except ImportError:
        missing("ryaml is not installed")

    def read(text: str) -> Read:
        try:
            return _fields(ryaml.loads(text))
        except ryaml.InvalidYamlError:
            return None

    return [read(text) for text in texts]


def by_js_yaml(texts: Sequence[str]) -> list[Read]:
    node = judge("node")
    modules = Path(os.environ.get("NODE_JUDGES", "")) / "node_modules"
    if not (modules / "js-yaml").is_dir():
        missing("js-yaml is not installed under $NODE_JUDGES")
    environment = {**os.environ, "NODE_PATH": str(modules)}
    ran = subprocess.run(
        [node, "-e", _JS], input=json.dumps(texts).encode(), capture_output=True, env=environment, check=True
    )
    return [_fields(each["read"]) if "read" in each else None for each in json.loads(ran.stdout)]


READERS: Final[Mapping[str, Callable[[Sequence[str]], list[Read]]]] = {
    "PyYAML": by_pyyaml,
    "libyaml": by_libyaml,
    "serde_yaml": by_serde,
    "js-yaml": by_js_yaml,
}


def _pyyaml(text: str, loader: Any) -> Read:
    try:
        return _fields(yaml.load(text, Loader=loader))
    except (yaml.YAMLError, ValueError):  # a ValueError for a date such as 2026-13-45
        return None


def _fields(read: object) -> Read:
    return {str(key): value for key, value in read.items()} if isinstance(read, dict) else {}
