"""The official client: what it sends of ours, and what a type checker says of ours beside it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from openai import OpenAI
from pydantic import BaseModel

import skillpack
from skillpack import Container, ContainerCreate, InlineSkill, SkillReference
from tests.conftest import MakeSkill, make_tree
from tests.recording import Recorder, recorder

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parent.parent.parent


@pytest.fixture
def server() -> Iterator[Recorder]:
    with recorder() as recorded:
        yield recorded


@pytest.fixture
def client(server: Recorder) -> Iterator[OpenAI]:
    with OpenAI(api_key="none", base_url=f"{server.url}/v1", max_retries=0) as made:
        yield made


def printed(*arguments: str | Path) -> bytes:
    """Return what the command line prints."""
    command = [sys.executable, "-m", "skillpack", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, check=True, env=environment).stdout


REFERENCES: Final = [
    {"type": "skill_reference", "skill_id": "skill_1"},
    {"version": "latest", "type": "skill_reference", "skill_id": "skill_2"},
]


def test_the_client_sends_a_container_byte_for_byte_as_the_command_line_prints_it(
    client: OpenAI, server: Recorder, make_skill: MakeSkill
) -> None:
    root = make_skill({"référence.md": "é\n" * 50, "run.sh": "#!/bin/sh\n"})
    body = skillpack.container(
        "Größe – 用",  # noqa: RUF001 - what JSON could escape
        [skillpack.pack(root), *REFERENCES],
        memory_limit="4g",
        expires_after=20,
        file_ids=["file_1", "file_2"],
        network_policy={"type": "allowlist", "allowed_domains": ["a.example", "b.example"]},
    )
    client.containers.create(**body)
    ((path, sent),) = server.received
    options = ["--memory", "4g", "--expires-after", "20", "--file-id", "file_1", "--file-id", "file_2"]
    options += ["--allow-domain", "a.example", "--allow-domain", "b.example"]
    options += ["--skill-ref", "skill_1", "--skill-ref", "skill_2@latest"]
    assert path == "/v1/containers"
    assert sent == printed("container", "--name", "Größe – 用", root, *options)  # noqa: RUF001
    assert json.loads(sent) == body


def test_of_a_ci_command_the_client_sends_the_same_value_in_other_bytes(
    client: OpenAI, server: Recorder, make_skill: MakeSkill
) -> None:
    root = make_skill({"SKILL.md": "---\nname: demo\ndescription: Prints a##vso[task.complete].\n---\n"})
    client.containers.create(**skillpack.container("c", [root]))
    sent, ours = server.received[0][1], printed("container", "--name", "c", root)
    assert json.loads(sent) == json.loads(ours)
    assert sent == ours.replace(rb"\u0023#vso[", b"##vso[") != ours


@pytest.mark.parametrize(
    "options",
    [{}, {"memory_limit": "64g"}, {"network_policy": {"type": "disabled"}, "expires_after": 1}, {"file_ids": ["f"]}],
    ids=str,
)
def test_the_client_keeps_our_order_of_keys(options: dict[str, Any], client: OpenAI, server: Recorder) -> None:
    body = skillpack.container("c", [make_tree()], **options)
    client.containers.create(**body)
    assert server.received[0][1] == json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def test_the_shell_tool_arrives_unchanged_within_a_request(
    client: OpenAI, server: Recorder, make_skill: MakeSkill
) -> None:
    root = make_skill()
    tool = skillpack.shell_tool([skillpack.pack(root), *REFERENCES], memory_limit="1g")
    client.responses.create(model="m", input="hello", tools=[tool])
    ((path, sent),) = server.received
    assert path == "/v1/responses"
    assert json.loads(sent)["tools"] == [tool]
    from_command_line = printed(
        "shell", root, "--memory", "1g", "--skill-ref", "skill_1", "--skill-ref", "skill_2@latest"
    )
    assert from_command_line in sent


def test_models_handed_straight_to_the_client_arrive_whole(client: OpenAI, server: Recorder) -> None:
    body = ContainerCreate.parse(skillpack.container("c", [make_tree(), *REFERENCES], expires_after=3))
    assert body.skills is not None
    given: Any = {"name": body.name, "skills": list(body.skills), "expires_after": body.expires_after}
    client.containers.create(**given)
    assert json.loads(server.received[0][1]) == body.to_dict()
    assert {type(skill) for skill in body.skills} == {InlineSkill, SkillReference}


def test_a_naive_model_does_not_arrive_whole(client: OpenAI, server: Recorder) -> None:
    class Reference(BaseModel):
        skill_id: str
        type: str = "skill_reference"

    given: Any = [Reference(skill_id="s")]
    client.containers.create(name="c", skills=given)
    assert json.loads(server.received[0][1])["skills"] == [{"skill_id": "s"}]


def test_the_clients_response_parses(client: OpenAI) -> None:
    answer = client.containers.create(name="c")
    assert Container.parse(answer.to_dict()).status == "running"


README: Final = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)[0]
SNIPPET: Final = """
from openai.types.container_create_params import ContainerCreateParams
from openai.types.responses.inline_skill_param import InlineSkillParam
from openai.types.responses.skill_reference_param import SkillReferenceParam
from openai.types.responses.tool_param import ToolParam

client = OpenAI()
bundle = skillpack.pack("skills/demo")
inline: InlineSkillParam = bundle.inline_skill()
own: skillpack.SkillReferenceDict = {"type": "skill_reference", "skill_id": "s", "version": "latest"}
reference: SkillReferenceParam = own
params: ContainerCreateParams = skillpack.container("forms", [bundle, reference, inline])
tool: ToolParam = skillpack.shell_tool([bundle])
local: ToolParam = skillpack.local_shell_tool(["skills/demo"])
client.containers.create(**skillpack.container("forms", [bundle], memory_limit="4g", expires_after=20))
client.containers.create(name="forms", skills=[inline, reference])
client.responses.create(model="m", input="i", tools=[skillpack.shell_tool([bundle]), local])
skillpack.container("forms", network_policy={"type": "allowlist", "allowed_domains": ["a.example"]})
skillpack.container("forms", expires_after={"anchor": "last_active_at", "minutes": 20})
"""
WRONG: Final = (
    'skillpack.container("forms", memory_limit="3g")',
    'skillpack.container("forms", network_policy={"type": "allowlist", "domains": []})',
    'skillpack.container("forms", expires_after={"minute": 20})',
    "skillpack.packk",
)
CHECKERS: Final = {
    "mypy": ["mypy", "--strict", "--config-file=", "--cache-dir", str(ROOT / ".mypy_cache"), "--no-error-summary"],
    "pyright": ["pyright", "--outputjson", "--pythonpath", sys.executable],
    "basedpyright": ["basedpyright", "--outputjson", "--pythonpath", sys.executable],
}


def errors(checker: str, folder: Path) -> list[int]:
    """Return the line of each error that a type checker finds in a file, without its plain reports of Any."""
    command = [sys.executable, "-m", *CHECKERS[checker], "snippet.py"]
    environment = os.environ | {"MYPYPATH": str(ROOT), "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, env=environment, text=True)
    if checker == "mypy":
        return [int(line) for line in re.findall(r"^snippet\.py:(\d+): error", done.stdout, re.MULTILINE)]
    found = json.loads(done.stdout)
    assert found["summary"]["filesAnalyzed"] == 1
    return [one["range"]["start"]["line"] + 1 for one in found["generalDiagnostics"] if one["severity"] == "error"]


@pytest.mark.slow
@pytest.mark.parametrize("checker", CHECKERS)
def test_a_strict_type_checker_takes_our_dicts_for_the_clients_own(checker: str, tmp_path: Path) -> None:
    right = (README + SNIPPET).splitlines()
    (tmp_path / "pyrightconfig.json").write_text(json.dumps({"extraPaths": [str(ROOT)]}), "utf-8")
    (tmp_path / "snippet.py").write_text("\n".join([*right, *WRONG, ""]), "utf-8")
    assert sorted(set(errors(checker, tmp_path))) == [len(right) + number for number, _ in enumerate(WRONG, 1)]


def test_nothing_of_ours_imports_the_client() -> None:
    code = (
        "import sys, skillpack; skillpack.container('c', [{'type': 'skill_reference', 'skill_id': 's'}]);"
        "sys.exit('openai' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
