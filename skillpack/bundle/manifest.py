"""Describe packed skills for others to check: the hash of each file, in three formats and as an in-toto statement."""

import math
import re
from collections.abc import Iterable
from typing import Any, Final, Literal, get_args
from urllib.parse import quote

from skillpack.archive.records import FORMAT_VERSION
from skillpack.archive.write import write_zip
from skillpack.bundle.bundle import Bundle
from skillpack.errors import SettingsError, require_type
from skillpack.frontmatter.nodes import Fields, Items, Node, Text, resolve_types
from skillpack.limits import MANIFEST
from skillpack.skill.skill import Skill

ManifestFormat = Literal["json", "mcp", "well-known"]
"""How a manifest is written: our own JSON, MCP's skills extension (SEP-2640), or agent-skills discovery 0.2.0."""

FORMATS: Final[tuple[ManifestFormat, ...]] = get_args(ManifestFormat)
DISCOVERY_SCHEMA: Final = "https://schemas.agentskills.io/discovery/0.2.0/schema.json"
WELL_KNOWN: Final = "/.well-known/agent-skills"
STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE: Final = "urn:skillpack:bundle:v1"

_MOST_DIGITS: Final = 300  # of a number: a longer one is a text


def manifest(bundles: Iterable[Bundle], format: ManifestFormat = "json") -> dict[str, Any]:
    """Return a manifest of packed skills, with the SHA-256 of each file or archive, as a dict for JSON.

    Args:
        bundles: the skills.
        format: `json` has each file and the zip; `mcp` the entries of `skills/list` of the Model Context Protocol's
            skills extension; `well-known` the index.json of agent-skills discovery, whose archives root_zip makes.

    Raises:
        SettingsError: there is no such format.
        TypeError: `bundles` holds something else, or is a single bundle.
    """
    if format not in FORMATS:
        raise SettingsError(f"must be one of {', '.join(FORMATS)}", key="format")
    require_type("bundles", bundles, Iterable, "a list of bundles")
    listed = list(bundles)
    for bundle in listed:
        require_type("each item of bundles", bundle, Bundle, "a Bundle")
    if format == "mcp":
        return {"skills": [_mcp(bundle) for bundle in listed]}
    if format == "well-known":
        return {"$schema": DISCOVERY_SCHEMA, "skills": [_well_known(bundle) for bundle in listed]}
    return {"version": 1, "skills": [_plain(bundle) for bundle in listed]}


def attest(bundle: Bundle) -> dict[str, Any]:
    """Return an in-toto statement about a packed skill, as a dict for JSON, for a tool such as cosign to sign.

    Its subject is the zip, by its SHA-256 and by the content digest, which a zip of the same files with another
    compression has too. Its predicate lists the files. The same zip always has the same statement.

    Args:
        bundle: the skill.

    Raises:
        TypeError: it is something else.
    """
    require_type("bundle", bundle, Bundle, "a Bundle")
    algorithm, _, digest = bundle.digest.partition(":")
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": f"{bundle.name}.zip", "digest": {"sha256": bundle.sha256, algorithm: digest}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "name": bundle.name,
            "description": bundle.description,
            "digest": bundle.digest,
            "format": FORMAT_VERSION,
            "files": _files(bundle.skill),
        },
    }


manifest.__module__ = attest.__module__ = "skillpack"


def artifact(bundle: Bundle) -> tuple[str, bytes]:
    """Return the path and the content of what a discovery index names for a skill, relative to the index.

    A skill of one file is that file. Any other is a zip whose SKILL.md is at its root, as agent-skills discovery
    requires; the zip that the OpenAI API takes has a folder around it. Its files are compressed by `deflate`.
    """
    files = bundle.skill.tree.files
    if len(files) == 1:  # which can only be the SKILL.md
        return f"{bundle.name}/{MANIFEST}", files[0].read()
    return f"{bundle.name}.zip", write_zip(bundle.skill.tree, bundle.name, layout="root")


def _plain(bundle: Bundle) -> dict[str, Any]:
    archive = {"file": f"{bundle.name}.zip", "size": len(bundle.zip), "sha256": bundle.sha256, "format": FORMAT_VERSION}
    return {
        "name": bundle.name,
        "description": bundle.description,
        "digest": bundle.digest,
        "archive": archive,
        "files": _files(bundle.skill),
    }


def _files(skill: Skill) -> list[dict[str, Any]]:
    return [
        {"path": file.path, "size": file.size, "sha256": file.sha256, "executable": file.executable}
        for file in skill.tree.files
    ]


def _mcp(bundle: Bundle) -> dict[str, Any]:
    base = f"skill://{quote(bundle.name, safe='')}/"
    frontmatter, main = bundle.skill.frontmatter, bundle.skill.manifest
    assert frontmatter, "a skill that was packed has one"
    assert main
    stated = _value(frontmatter.fields)
    return {
        "uri": base + quote(main.path),
        "frontmatter": {**stated, "name": bundle.name, "description": bundle.description},
        "resources": [
            {"uri": base + quote(file.path), "digest": f"sha256:{file.sha256}", "size": file.size}
            for file in bundle.skill.tree.files
        ],
    }


def _well_known(bundle: Bundle) -> dict[str, Any]:
    import hashlib

    path, content = artifact(bundle)
    return {
        "name": bundle.name,
        "type": "skill-md" if path.endswith(MANIFEST) else "archive",
        "description": bundle.description,
        "url": f"{WELL_KNOWN}/{quote(path)}",
        "digest": f"sha256:{hashlib.sha256(content).hexdigest()}",
    }


def _value(node: Node) -> Any:
    """Return a value of the frontmatter as JSON has it, with the types of YAML 1.2; the keys are texts."""
    if isinstance(node, Fields):
        return {field.key.value: _value(field.value) for field in node.entries}
    if isinstance(node, Items):
        return [_value(each) for each in node.values]
    return _scalar(node)


def _scalar(text: Text) -> str | float | bool | None:
    if text.null:
        return None
    kind = resolve_types(text.value)[1] if text.style == "plain" else ""
    if kind == "a boolean":
        return text.value.lower() == "true"
    return _number(text.value) if kind.endswith("number") else text.value


def _number(text: str) -> str | float:
    """Return a number of YAML 1.2; as a text where JSON has no such number."""
    if len(text) > _MOST_DIGITS:
        return text
    if re.fullmatch(r"[-+]?[0-9]+", text):
        return int(text)
    if text.startswith(("0x", "0o")):
        return int(text, 0)
    if text.lower().endswith((".inf", ".nan")):
        return text
    number = float(text)
    return number if math.isfinite(number) else text
