"""Request bodies in JSON that other programs wrote."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from skillpack.rules.engine import run_rules
from skillpack.sources.request_body import ReceivedSkill, compare_names, read_payload
from tests.rules.made import Case, made

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from skillpack.findings import Issue, Report

GOOD = '{"name":"c","skills":[]}'


def _report(issues: Iterable[Issue]) -> Report:
    return run_rules(None, "body.json", {}, lambda _: None, issues)


def _bodies(bad: str | bytes, good: str, expected: str) -> Case:
    bad = bad if isinstance(bad, bytes) else bad.encode()
    return Case(_report(read_payload(bad).issues), _report(read_payload(good.encode()).issues), expected)


def _inline(data: str) -> str:
    source = {"data": data, "media_type": "application/zip", "type": "base64"}
    return json.dumps({"source": source, "description": "d", "name": "n", "type": "inline"})


@made
def json_invalid(tmp_path: Path) -> Case:
    said = (
        "body.json at /skills/0: error[json-invalid]: NaN is not JSON\n"
        "body.json at byte 27: error[json-invalid]: the JSON ends here, before a comma or }: it may have been cut off"
    )
    return _bodies('{"name":"c","skills":[NaN ]', GOOD, said)


@made
def json_duplicate_key(tmp_path: Path) -> Case:
    said = "body.json at /skills: error[json-duplicate-key]: this key occurs twice in one object"
    return _bodies('{"name":"c","skills":[],"skills":[]}', GOOD, said)


@made
def json_depth(tmp_path: Path) -> Case:
    said = (
        "body.json at byte 64: error[json-depth]: over 64 arrays and objects inside one another; the rest is not read"
    )
    return _bodies("[" * 65, "[" * 64 + "]" * 64, said)


@made
def json_encoding(tmp_path: Path) -> Case:
    said = "body.json at byte 0: error[json-encoding]: the text is in UTF-16, not in UTF-8"
    return _bodies(GOOD.encode("utf-16"), GOOD, said)


@made
def base64_invalid(tmp_path: Path) -> Case:
    said = "body.json at /source/data: error[base64-invalid]: 2 bytes that base64 does not have"
    return _bodies(_inline("UE*DBA.="), _inline("UEsDBA=="), said)


@made
def base64_not_canonical(tmp_path: Path) -> Case:
    said = (
        "body.json at /source/data: error[base64-not-canonical]: "
        "the last character has bits that belong to no byte: other base64 states the same bytes"
    )
    return _bodies(_inline("UEsDBB=="), _inline("UEsDBA=="), said)


@made
def base64_too_long(tmp_path: Path) -> Case:
    said = (
        "body.json at /source/data: error[base64-too-long]: "
        "the data has 70,254,596 characters; the API accepts 70,254,592"
    )
    return _bodies(_inline("A" * 70_254_596), _inline("A" * 70_254_592), said)


@made
def payload_schema(tmp_path: Path) -> Case:
    said = (
        "body.json at /memory_limit: error[payload-schema]: memory_limit must be 1g, 4g, 16g or 64g\n"
        "body.json at /skill: error[payload-schema]: skill is not a known key; did you mean skills?"
    )
    return _bodies('{"name":"c","skill":[],"memory_limit":"4gb"}', '{"name":"c","skills":[],"memory_limit":"4g"}', said)


@made
def payload_schema_skipped(tmp_path: Path) -> Case:
    said = (
        "body.json: note[payload-schema-skipped]: "
        "only the models of skillpack judge this body: jsonschema, which applies the API's schema, is missing"
    )
    body = b'{"name":"c","skills":[],"memory_limit":"4g"}'
    with patch.dict(sys.modules, {"jsonschema": None}):
        bad = _report(read_payload(body).issues)
    return Case(bad, _report(read_payload(body).issues), said)


@made
def payload_name_mismatch(tmp_path: Path) -> Case:
    said = (
        "body.json at /skills/0/description: error[payload-name-mismatch]: "
        "the description differs from that in the SKILL.md inside, from character 4 on\n"
        "body.json at /skills/0/name: error[payload-name-mismatch]: "
        "the name is other, in the SKILL.md inside it is demo"
    )

    def compared(**stated: Any) -> Report:
        return _report(
            compare_names(ReceivedSkill("/skills/0", data=memoryview(b""), **stated), "demo", "What it does.")
        )

    bad = compared(name="other", description="Wha")
    return Case(bad, compared(name="demo", description="What it does."), said)
