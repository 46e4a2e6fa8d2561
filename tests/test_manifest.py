from __future__ import annotations

import base64
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import skillpack
from skillpack.bundle.manifest import FORMATS, artifact
from skillpack.cli import main, opening, packing
from tests.conftest import MANIFEST, make_tree

if TYPE_CHECKING:
    from pathlib import Path

    from skillpack.archive.write import CompressionName
    from tests.conftest import MakeSkill

FRONT = b"""---
name: demo
description: "Shows how things work. Use when asked: a demo."
license: MIT
compatibility: 'yes'
allowed-tools: [Read, "Bash(git:*)"]
metadata:
  text: on
  version: 1.10
  count: 12
  octal: 0o17
  hex: 0xff
  done: true
  nothing:
  date: 2026-01-02
  infinite: .inf
  long: 1%s
  quoted: "12"
---
# Demo
"""
FILES = {"references/fields 1.md": b"text\n", "scripts/run.py": b"#!/usr/bin/env python\n", "caf\u00e9.txt": b""}


def demo(compression: CompressionName = "deflate") -> skillpack.Bundle:
    return skillpack.pack(make_tree(FILES), settings=skillpack.Settings(compression=compression))


def hashed(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_json_has_the_hash_and_size_of_each_file_and_of_the_zip() -> None:
    bundle = demo()
    (skill,) = skillpack.manifest([bundle])["skills"]
    assert skill["archive"] == {
        "file": "demo.zip",
        "size": len(bundle.zip),
        "sha256": hashed(bundle.zip),
        "format": 1,
    }
    with zipfile.ZipFile(io.BytesIO(bundle.zip)) as archive:
        inside = {name.removeprefix("demo/"): archive.read(name) for name in archive.namelist()}
    assert {each["path"]: (each["size"], each["sha256"]) for each in skill["files"]} == {
        path: (len(content), hashed(content)) for path, content in inside.items()
    }
    assert [each["path"] for each in skill["files"] if each["executable"]] == ["scripts/run.py"]
    assert (skill["name"], skill["description"], skill["digest"]) == (bundle.name, bundle.description, bundle.digest)


def test_mcp_has_the_frontmatter_with_the_types_of_yaml_1_2_and_an_uri_for_each_file() -> None:
    bundle = skillpack.pack(make_tree({"SKILL.md": FRONT % (b"0" * 400), **FILES}))
    (entry,) = skillpack.manifest([bundle], "mcp")["skills"]
    assert entry["uri"] == "skill://demo/SKILL.md"
    assert entry["frontmatter"] == {
        "name": "demo",
        "description": "Shows how things work. Use when asked: a demo.",
        "license": "MIT",
        "compatibility": "yes",
        "allowed-tools": ["Read", "Bash(git:*)"],
        "metadata": {
            "text": "on",
            "version": 1.1,
            "count": 12,
            "octal": 15,
            "hex": 255,
            "done": True,
            "nothing": None,
            "date": "2026-01-02",
            "infinite": ".inf",
            "long": "1" + "0" * 400,
            "quoted": "12",
        },
    }
    assert [each["uri"] for each in entry["resources"]] == [
        "skill://demo/SKILL.md",
        "skill://demo/caf%C3%A9.txt",
        "skill://demo/references/fields%201.md",
        "skill://demo/scripts/run.py",
    ]
    assert entry["resources"][2] == {
        "uri": "skill://demo/references/fields%201.md",
        "digest": f"sha256:{hashed(FILES['references/fields 1.md'])}",
        "size": 5,
    }


@pytest.mark.parametrize("text", [".Inf", ".INF", "-.Inf", "+.INF", ".NaN", ".NAN", "1e400"])
def test_a_number_that_json_lacks_is_a_text_in_every_case_of_its_letters(text: str) -> None:
    content = FRONT.replace(b"1.10", text.encode()) % b"0"
    (entry,) = skillpack.manifest([skillpack.pack(make_tree({"SKILL.md": content}))], "mcp")["skills"]
    assert entry["frontmatter"]["metadata"]["version"] == text


_scalars = st.from_regex(r"[-+.0-9a-fxoeEinfINFtrue~_]{1,12}|[-+]?\.(inf|Inf|INF|nan|NaN|NAN)", fullmatch=True)


@settings(deadline=None)
@given(text=_scalars)
def test_every_scalar_becomes_a_value_that_json_has(text: str) -> None:
    content = b"---\nname: demo\ndescription: A demo for tests.\nmetadata:\n  key: %s\n---\n# Demo\n" % text.encode()
    try:
        bundle = skillpack.pack(make_tree({"SKILL.md": content}))
    except skillpack.RejectedError:
        return
    entry = skillpack.manifest([bundle], "mcp")
    assert json.loads(json.dumps(entry, allow_nan=False)) == entry


def test_the_index_names_a_file_or_an_archive_with_the_manifest_at_its_root() -> None:
    single = skillpack.pack({"SKILL.md": MANIFEST.replace(b"demo", b"single", 1)})
    several = demo()
    index = skillpack.manifest([single, several], "well-known")
    assert index["$schema"] == "https://schemas.agentskills.io/discovery/0.2.0/schema.json"
    path, content = artifact(single)
    assert (path, content) == ("single/SKILL.md", single.skill.tree.files[0].read())
    assert index["skills"][0] == {
        "name": "single",
        "type": "skill-md",
        "description": single.description,
        "url": "/.well-known/agent-skills/single/SKILL.md",
        "digest": f"sha256:{hashed(content)}",
    }
    path, content = artifact(several)
    assert index["skills"][1]["type"] == "archive"
    assert index["skills"][1]["url"] == "/.well-known/agent-skills/demo.zip"
    assert index["skills"][1]["digest"] == f"sha256:{hashed(content)}"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == {"SKILL.md": MANIFEST, **FILES}


@pytest.mark.parametrize("compression", ["deflate", "smallest", "store"])
def test_a_statement_is_about_the_bytes_of_the_zip_and_the_content_of_the_skill(compression: CompressionName) -> None:
    bundle = demo(compression)
    statement = skillpack.attest(bundle)
    (subject,) = statement["subject"]
    assert subject["digest"]["sha256"] == hashed(bundle.zip)
    assert f"skillpack1:{subject['digest']['skillpack1']}" == bundle.digest == statement["predicate"]["digest"]
    assert statement["predicate"]["files"] == skillpack.manifest([bundle])["skills"][0]["files"]


def test_the_library_of_in_toto_reads_and_validates_a_statement() -> None:
    from google.protobuf import json_format
    from in_toto_attestation.v1.statement import Statement
    from in_toto_attestation.v1.statement_pb2 import Statement as Message

    made = skillpack.attest(demo())
    message = json_format.Parse(json.dumps(made), Message(), ignore_unknown_fields=False)
    statement = Statement.copy_from_pb(message)
    statement.validate()
    assert json_format.MessageToDict(statement.pb) == made
    assert statement.pb.subject[0].digest["sha256"] == made["subject"][0]["digest"]["sha256"]


@pytest.mark.network
def test_the_models_of_fastmcp_validate_the_entries_for_mcp(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "fastmcp==4.2.3"], check=True, stderr=subprocess.DEVNULL)
    bundles = [demo(), skillpack.pack(make_tree({"SKILL.md": FRONT % b"0"}))]
    code = "import json, sys; from fastmcp.skills.models import MCPSkill\n"
    code += "for each in json.load(sys.stdin)['skills']: print(len(MCPSkill.model_validate(each).resources))"
    entries = json.dumps(skillpack.manifest(bundles, "mcp"))
    done = subprocess.run([python, "-c", code], input=entries, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["4", "1"]


@pytest.mark.parametrize("given", [None, 5, "demo", b"PK", [b"PK"], ["skills/demo"]])
def test_what_is_not_a_bundle_is_a_type_error(given: Any) -> None:
    with pytest.raises(TypeError, match="bundle"):
        skillpack.manifest(given)
    with pytest.raises(TypeError, match="bundle"):
        skillpack.attest(given)


def test_an_unknown_format_is_an_error_that_lists_them() -> None:
    with pytest.raises(skillpack.SettingsError, match=r"^format: must be one of json, mcp, well-known$") as raised:
        skillpack.manifest([], "yaml")  # type: ignore[arg-type]
    assert raised.value.key == "format"


@pytest.mark.parametrize("format", FORMATS)
def test_the_command_prints_what_the_function_returns(
    make_skill: MakeSkill, tmp_path: Path, capsys: pytest.CaptureFixture[str], format: Any
) -> None:
    skills = [str(make_skill({"a.md": b"text"})), str(make_skill(name="other"))]
    made = skillpack.manifest(map(skillpack.pack, skills), format)
    assert main(["manifest", *skills, "--as", format]) == 0
    printed = capsys.readouterr().out
    assert printed.isascii()
    assert json.loads(printed) == made
    assert main(["manifest", *skills, "--as", format, "-o", str(tmp_path / "out.json")]) == 0
    assert (tmp_path / "out.json").read_text() == printed


def test_the_artifacts_are_those_that_the_index_names(make_skill: MakeSkill, tmp_path: Path) -> None:
    skills = [str(make_skill({"a.md": b"text"})), str(make_skill(name="other"))]
    site = tmp_path / "site"
    call = ["manifest", *skills, "--as", "well-known", "--artifacts", str(site), "-o", str(tmp_path / "index.json")]
    assert main(call) == 0
    for skill in json.loads((tmp_path / "index.json").read_text())["skills"]:
        file = site / skill["url"].removeprefix("/.well-known/agent-skills/")
        assert skill["digest"] == f"sha256:{hashed(file.read_bytes())}"
    assert sorted(path.name for path in site.rglob("*") if path.is_file()) == ["SKILL.md", "demo.zip"]


def test_an_artifact_in_its_skill_is_refused_unless_it_is_the_skill_md_that_is_there(
    make_skill: MakeSkill, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    skill, other = make_skill({"a.md": b"text"}), make_skill(name="other")
    call = ["--as", "well-known", "-o", str(tmp_path / "index.json"), "--artifacts"]
    for each in (skill, other):
        assert main(["manifest", str(skill), str(other), *call, str(each / "site")]) == 2
        assert "it is in the skill, and would change its digest" in capsys.readouterr().err
        assert not (each / "site").exists()
    before = (other / "SKILL.md").read_bytes()
    assert main(["manifest", str(skill), str(other), *call, str(other.parent)]) == 0
    assert (other / "SKILL.md").read_bytes() == before


@pytest.mark.parametrize("order", [1, -1])
def test_an_artifact_in_another_skill_of_the_call_is_refused(
    make_skill: MakeSkill, tmp_path: Path, capsys: pytest.CaptureFixture[str], order: int
) -> None:
    skill, other = make_skill({"a.md": b"text", ".skillignore": "/site\n"}), make_skill(name="other")
    (other / ".skillignore").write_text("/site/other\n", "utf-8")
    call = ["--as", "well-known", "-o", str(tmp_path / "index.json"), "--artifacts", str(other / "site")]
    assert main(["manifest", *[str(skill), str(other)][::order], *call]) == 2
    assert "demo.zip: it is in the skill, and would change its digest" in capsys.readouterr().err
    assert not (other / "site").exists()
    (other / ".skillignore").write_text("/site\n", "utf-8")
    assert main(["manifest", *[str(skill), str(other)][::order], *call]) == 0
    assert (other / "site" / "demo.zip").exists()


def test_a_zip_of_skillpack_is_attested_as_it_is_and_one_of_another_tool_refused(
    make_skill: MakeSkill, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    skill, ours, theirs = make_skill({"a.md": b"text" * 999}), tmp_path / "ours.zip", tmp_path / "theirs.zip"
    assert main(["zip", str(skill), "--compression", "store", "-o", str(ours)]) == 0
    assert main(["attest", str(ours)]) == 0
    (subject,) = json.loads(capsys.readouterr().out)["subject"]
    assert subject["digest"]["sha256"] == hashed(ours.read_bytes())
    assert main(["attest", str(skill)]) == 0
    (other,) = json.loads(capsys.readouterr().out)["subject"]
    assert other["digest"]["sha256"] != subject["digest"]["sha256"]
    assert other["digest"]["skillpack1"] == subject["digest"]["skillpack1"]
    with zipfile.ZipFile(theirs, "w") as archive:
        archive.write(skill / "SKILL.md", "demo/SKILL.md")
    for command in ("attest", "manifest"):
        assert main([command, str(theirs)]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert "not a zip that skillpack wrote" in said.err


def test_the_predicate_alone_is_the_one_of_the_statement(
    make_skill: MakeSkill, capsys: pytest.CaptureFixture[str]
) -> None:
    skill = str(make_skill())
    assert main(["attest", skill]) == 0
    statement = json.loads(capsys.readouterr().out)
    assert main(["attest", skill, "--predicate"]) == 0
    assert json.loads(capsys.readouterr().out) == statement["predicate"]


@pytest.mark.parametrize("command", ["attest", "manifest"])
def test_a_skill_with_errors_is_neither_listed_nor_attested(
    make_skill: MakeSkill, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    skill = make_skill({"SKILL.md": "# nothing\n"})
    assert main([command, str(skill), "-o", str(tmp_path / "out.json")]) == 1
    assert "[frontmatter-missing]" in capsys.readouterr().err
    assert not (tmp_path / "out.json").exists()


def test_two_skills_with_one_name_are_an_error(make_skill: MakeSkill, capsys: pytest.CaptureFixture[str]) -> None:
    skill = str(make_skill())
    assert main(["manifest", skill, skill]) == 1
    assert "[skill-repeated]" in capsys.readouterr().err


def test_artifacts_are_only_of_an_index(make_skill: MakeSkill, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["manifest", str(make_skill()), "--artifacts", "site"]) == 2
    assert "--artifacts needs --as well-known" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["attest", "manifest"])
def test_stdin_is_refused_because_its_bytes_are_not_those_of_a_file(
    capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert main([command, "-"]) == 2
    assert "takes paths, not stdin" in capsys.readouterr().err


def test_a_body_is_described_by_the_zip_that_skillpack_makes_of_its_skill(
    make_skill: MakeSkill, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    skill, body = make_skill({"a.md": b"text"}), tmp_path / "body.json"
    assert main(["container", "--name", "x", str(skill), str(make_skill(name="other")), "-o", str(body)]) == 0
    assert main(["manifest", str(body)]) == 0
    found = json.loads(capsys.readouterr().out)["skills"]
    assert [each["name"] for each in found] == ["demo", "other"]
    assert found[0]["archive"]["sha256"] == skillpack.pack(skill).sha256
    assert main(["attest", str(body)]) == 2
    assert "takes one skill, and " in capsys.readouterr().err


@pytest.mark.parametrize("command", ["attest", "manifest"])
def test_a_body_whose_zip_skillpack_did_not_write_is_refused(
    make_skill: MakeSkill, tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    skill, theirs, body = make_skill(), tmp_path / "theirs.zip", tmp_path / "body.json"
    with zipfile.ZipFile(theirs, "w") as archive:
        archive.write(skill / "SKILL.md", "demo/SKILL.md")
    inline = skillpack.pack(skill).inline_skill()
    foreign = {**inline, "source": {**inline["source"], "data": base64.b64encode(theirs.read_bytes()).decode()}}
    for content, place in ((foreign, ""), ({"name": "x", "skills": [foreign]}, "#/skills/0")):
        body.write_text(json.dumps(content))
        assert main([command, str(body)]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert f"{body}{place} is not a zip that skillpack wrote" in said.err


@pytest.mark.parametrize("wrapped", [False, True])
def test_the_zip_in_a_body_is_described_with_its_own_bytes(
    make_skill: MakeSkill, tmp_path: Path, capsys: pytest.CaptureFixture[str], *, wrapped: bool
) -> None:
    skill, body = make_skill({"a.md": b"text" * 999}), tmp_path / "body.json"
    stored = skillpack.pack(skill, settings=skillpack.Settings(compression="store"))
    assert stored.sha256 != skillpack.pack(skill).sha256
    inline = stored.inline_skill()
    body.write_text(json.dumps({"name": "x", "skills": [inline]} if wrapped else inline))
    assert main(["attest", str(body)]) == 0
    (subject,) = json.loads(capsys.readouterr().out)["subject"]
    assert subject["digest"]["sha256"] == stored.sha256
    assert main(["manifest", str(body)]) == 0
    (found,) = json.loads(capsys.readouterr().out)["skills"]
    assert found["archive"]["sha256"] == stored.sha256


def test_a_body_that_changes_while_it_is_read_is_not_described(
    make_skill: MakeSkill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    skill, body = make_skill(), tmp_path / "body.json"
    other = skillpack.pack(make_skill(name="other"))
    one = skillpack.pack(skill)
    for after in ([other], [one, other], []):
        body.write_text(json.dumps(skillpack.container("x", [one])))
        changed = json.dumps({"name": "x", "skills": [each.inline_skill() for each in after]})

        def open_then_change(*arguments: Any, changed: str = changed) -> Any:
            result = opening.open_path(*arguments)
            body.write_text(changed)
            return result

        with monkeypatch.context() as patched:
            patched.setattr(packing, "open_skills", open_then_change)
            assert main(["attest", str(body)]) == 2
        said = capsys.readouterr()
        assert (said.out, "changed while it was read" in said.err) == ("", True)


def test_a_zip_that_changes_while_it_is_read_is_not_described(
    make_skill: MakeSkill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = tmp_path / "demo.zip"
    assert main(["zip", str(make_skill({"a.md": b"text"})), "-o", str(archive)]) == 0
    changed = skillpack.pack(make_skill({"a.md": b"other text"})).zip
    pack = packing.pack_as_zip

    def pack_then_change(builder: skillpack.Builder, tree: skillpack.SkillTree) -> skillpack.Bundle:
        bundle = pack(builder, tree)
        archive.write_bytes(changed)
        return bundle

    monkeypatch.setattr(packing, "pack_as_zip", pack_then_change)
    assert main(["attest", str(archive)]) == 2
    said = capsys.readouterr()
    assert "changed while it was read" in said.err
    assert said.out == ""


def test_a_manifest_needs_a_skill_or_all(
    make_skill: MakeSkill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("one", "two"):
        make_skill(name=name).rename(tmp_path / "deep" / name)
    monkeypatch.chdir(tmp_path)
    assert main(["manifest"]) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err.partition(":")[0]) == ("", "error")
    assert "missing argument 'SKILL...'" in printed.err
    assert main(["manifest", "--all"]) == 0
    assert [each["name"] for each in json.loads(capsys.readouterr().out)["skills"]] == ["one", "two"]
