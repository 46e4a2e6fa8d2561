"""Every shape that carries an inline skill: the Agents API, the kinds of shell tools, and what JavaScript SDKs take."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest
from openai.types.beta.agents.environment_create_params import EnvironmentCreateParams
from openai.types.beta.agents.environments.template_create_params import TemplateCreateParams
from openai.types.beta.environment_param import EnvironmentParamOpenAIHosted
from openai.types.responses.tool_param import ToolParam
from pydantic import TypeAdapter, ValidationError

import skillpack
from skillpack import PayloadError
from skillpack.cli import main
from skillpack.limits import MAX_FILES_HOSTED, MAX_SETUP_COMMANDS, MAX_SKILLS_PER_ENVIRONMENT
from skillpack.payload.javascript import reshape
from tests.conftest import make_tree
from tests.samples import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

SKILL: Final = str(ROOT / "fixtures/skills/csv-report")
REFERENCE: Final[skillpack.SkillReferenceDict] = {"type": "skill_reference", "skill_id": "skill_1", "version": "2"}


def is_taken(type_of_sdk: Any, value: object) -> bool:
    """Return whether a value has the SDK's type, without unknown keys, which validation drops."""
    adapter: TypeAdapter[Any] = TypeAdapter(type_of_sdk)
    return bool(json.loads(adapter.dump_json(adapter.validate_python(value))) == value)


def test_a_value_that_the_sdk_does_not_have_is_noticed() -> None:
    assert is_taken(EnvironmentCreateParams, {"environment": {"type": "openai_hosted", "files": [file(1)]}})
    assert not is_taken(EnvironmentCreateParams, {"environment": {"type": "openai_hosted", "unknown": 1}})
    with pytest.raises(ValidationError):
        is_taken(EnvironmentCreateParams, {"environment": {"type": "hosted"}})


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert main([*arguments, "-q"]) == 0
    return json.loads(capsys.readouterr().out)


OPTIONS: Final = [
    *("--allow-domain", "a.example", "--package", "npm:left-pad", "--package", "python:numpy", "--package", "npm:x"),
    *("--setup-command", "make -C /workspace", "--file", "file_1:/workspace/a.csv", "--skill-ref", "skill_1@2"),
]


def test_the_environment_has_every_option_in_the_types_of_the_sdk(capsys: pytest.CaptureFixture[str]) -> None:
    body = printed(capsys, "environment", SKILL, *OPTIONS)
    assert is_taken(EnvironmentCreateParams, body)
    environment = body["environment"]
    assert [*environment] == ["type", "files", "network", "packages", "setup_commands", "skills"]
    assert environment["network"] == {"access": "restricted", "allowed_domains": ["a.example"]}
    assert environment["packages"] == {"npm": ["left-pad", "x"], "python": ["numpy"]}
    assert environment["setup_commands"] == [{"command": "make -C /workspace"}]
    assert environment["files"] == [{"type": "file_id", "file_id": "file_1", "path": "/workspace/a.csv"}]
    assert environment["skills"] == [skillpack.pack(SKILL).inline_skill(), REFERENCE]


def test_the_body_is_the_one_of_the_request(capsys: pytest.CaptureFixture[str]) -> None:
    environment = printed(capsys, "environment", SKILL)["environment"]
    session = printed(capsys, "environment", SKILL, "--body", "session", "--agent", "agent_1", "--size", "large")
    assert session == {"agent_id": "agent_1", "environment": environment | {"container_size": "large"}}
    assert is_taken(EnvironmentParamOpenAIHosted, session["environment"])
    template = printed(capsys, "environment", SKILL, "--body", "template", "--name", "reports")
    assert template == {"name": "reports", "skills": environment["skills"]}
    assert is_taken(TemplateCreateParams, template)


def test_the_function_returns_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    made = skillpack.environment(
        [SKILL, REFERENCE],
        network={"access": "restricted", "allowed_domains": ["a.example"]},
        packages={"npm": ["left-pad", "x"], "python": ["numpy"]},
        setup_commands=[{"command": "make -C /workspace"}],
        files=[{"type": "file_id", "file_id": "file_1", "path": "/workspace/a.csv"}],
    )
    assert {"environment": made} == printed(capsys, "environment", SKILL, *OPTIONS)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--block-domain", "b.example"], {"access": "restricted", "blocked_domains": ["b.example"]}),
        (["--network"], {"access": "enabled"}),
        (["--no-network"], {"access": "disabled"}),
        ([], None),
    ],
    ids=str,
)
def test_the_network_is_open_closed_or_for_some_domains(
    options: list[str], expected: object, capsys: pytest.CaptureFixture[str]
) -> None:
    body = printed(capsys, "environment", SKILL, *options)
    assert body["environment"].get("network") == expected
    assert is_taken(EnvironmentCreateParams, body)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--network", "--allow-domain", "a"], "cannot be combined"),
        (["--block-domain", "b", "--allow-domain", "a"], "cannot be combined"),
        (["--package", "cargo:x"], "is not npm:NAME, python:NAME or system:NAME"),
        (["--package", "npm:"], "is not npm:NAME"),
        (["--file", "file_1"], "is not ID:PATH"),
        (["--env", "TOKEN"], "--env number 1 is not NAME=SOURCE"),
        (["--env", "TOKEN=hunter2"], "--env number 1 is not NAME=env:VARIABLE"),
        (["--env", "A=-", "--env", "B=-"], "only one --env can be read from stdin"),
        (["--name", "x"], "--name is for --body template"),
        (["--agent", "x"], "--agent is for --body session"),
        (["--size", "small"], "--size is for --body session"),
    ],
    ids=str,
)
def test_what_the_api_would_refuse_is_refused_without_a_body(
    options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["environment", SKILL, *options]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert "hunter2" not in err


def test_an_environment_variable_is_read_from_its_source_and_never_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FROM", "hunter2")
    body = printed(capsys, "environment", SKILL, "--env", "TOKEN=env:FROM")
    assert body["environment"]["env"] == {"TOKEN": "hunter2"}
    assert main(["environment", SKILL, "--env", "A=env:FROM", "--env", "A=env:FROM"]) == 2
    assert "hunter2" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({"network": {"access": "enabled", "allowed_domains": ["a"]}}, "/network: has domains"),
        (
            {"network": {"access": "restricted", "allowed_domains": ["a"], "blocked_domains": ["b"]}},
            "/network: has both",
        ),
        ({"network": {"acces": "enabled"}}, "/network/access: is missing"),
        ({"container_size": "huge"}, "/container_size: must be"),
        ({"env": {"A": 1}}, "/env/A: must be a string"),
        ({"env": {"": "x"}}, "/env"),
        ({"packages": {"npm": "left-pad"}}, "/packages/npm: must be an array"),
        ({"setup_commands": [{"command": ""}]}, "/setup_commands/0/command: is empty"),
        ({"setup_commands": ["make"]}, "/setup_commands/0: must be an object"),
        ({"files": [{"type": "inline", "data": "eA==", "path": "/workspace/x"}]}, "/files/0"),
    ],
    ids=str,
)
def test_a_wrong_option_is_a_payload_error_at_its_place(options: dict[str, Any], place: str) -> None:
    with pytest.raises(PayloadError) as raised:
        skillpack.environment([make_tree()], **options)
    assert place in str(raised.value)


def command(number: int) -> skillpack.SetupCommandDict:
    return {"command": f"echo {number}"}


def file(number: int) -> skillpack.HostedFileDict:
    return {"type": "file_id", "file_id": f"file_{number}", "path": f"/workspace/{number}"}


@pytest.mark.parametrize(
    ("key", "make", "most"),
    [("setup_commands", command, MAX_SETUP_COMMANDS), ("files", file, MAX_FILES_HOSTED)],
)
def test_the_limits_of_an_environment_are_exact(key: str, make: Callable[[int], Any], most: int) -> None:
    def made(count: int) -> object:
        options: dict[str, Any] = {key: [make(number) for number in range(count)]}
        return skillpack.environment([make_tree()], **options)

    assert made(most)
    with pytest.raises(PayloadError, match=f"/{key}: is longer than {most}"):
        made(most + 1)


def test_an_environment_holds_200_skills() -> None:
    references: list[skillpack.SkillReferenceDict] = [
        {"type": "skill_reference", "skill_id": f"skill_{number}"} for number in range(MAX_SKILLS_PER_ENVIRONMENT + 1)
    ]
    assert skillpack.environment(references[1:])
    with pytest.raises(skillpack.RejectedError) as rejected:
        skillpack.environment(references)
    assert [finding.rule for finding in rejected.value.report] == ["too-many-skills"]


# --- the shell tool ---------------------------------------------------------------------------------------------


def test_a_shell_tool_can_refer_to_a_container_that_exists(capsys: pytest.CaptureFixture[str]) -> None:
    tool = printed(capsys, "shell", "--container", "cntr_1", "--allowed-caller", "programmatic")
    assert tool == {
        "type": "shell",
        "allowed_callers": ["programmatic"],
        "environment": {"type": "container_reference", "container_id": "cntr_1"},
    }
    assert is_taken(ToolParam, tool)


@pytest.mark.parametrize(
    "more", [[SKILL], ["--local"], ["--memory", "4g"], ["--skill-ref", "s"], ["--allow-domain", "a"]], ids=str
)
def test_such_a_tool_takes_nothing_that_the_container_already_has(
    more: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["shell", "--container", "cntr_1", *more]) == 2
    assert "--container takes no skills and no options of a container" in capsys.readouterr().err


@pytest.mark.parametrize("callers", [[], ["direct"], ["direct", "programmatic"]], ids=str)
def test_a_shell_tool_names_its_callers_only_if_asked(callers: list[Any]) -> None:
    tool = skillpack.shell_tool([make_tree()], allowed_callers=callers)
    assert tool.get("allowed_callers", []) == callers
    assert is_taken(ToolParam, tool)


# --- JavaScript -------------------------------------------------------------------------------------------------


def test_a_shape_changes_names_only_never_a_value_or_a_text() -> None:
    body = {
        "type": "container_auto",
        "file_ids": ["file_ids"],
        "skills": [{"type": "inline", "name": "media_type", "description": "container_auto", "source": {"data": b"x"}}],
        "network_policy": {"type": "allowlist", "allowed_domains": ("skill_id",)},
    }
    assert reshape(body, "api") is body
    assert reshape(body, "agents-js") == {
        "type": "container_auto",
        "fileIds": ["file_ids"],
        "skills": body["skills"],
        "networkPolicy": {"type": "allowlist", "allowedDomains": ["skill_id"]},
    }
    assert reshape(body, "ai-sdk")["type"] == "containerAuto"
    assert reshape(body, "ai-sdk")["skills"] == body["skills"]


@pytest.mark.parametrize("shape", ["agents-js", "ai-sdk"])
def test_the_commands_print_a_shape(shape: str, capsys: pytest.CaptureFixture[str]) -> None:
    inline = printed(capsys, "pack", SKILL, "--shape", shape)
    assert [*inline["source"]] == ["data", "mediaType", "type"]
    tool = printed(capsys, "shell", SKILL, "--shape", shape, "--memory", "4g", "--skill-ref", "skill_1")
    assert tool["environment"]["memoryLimit"] == "4g"
    assert tool["environment"]["skills"][0] == inline
    kinds = {"agents-js": ("container_auto", "skill_reference"), "ai-sdk": ("containerAuto", "skillReference")}[shape]
    assert (tool["environment"]["type"], tool["environment"]["skills"][1]["type"]) == kinds
