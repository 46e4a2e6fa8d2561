"""Python libraries around the official client hand on the tool whole; each is installed at its newest version."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

import skillpack
from tests.recording import recorder
from tests.samples import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.network

SKILL: Final = ROOT / "fixtures" / "skills" / "csv-report"
PACKAGES: Final = ("openai", "openai-agents", "litellm", "langchain-openai", "pydantic-ai-slim[openai]")
START: Final = f"""
import os
import skillpack
tool = skillpack.shell_tool([{str(SKILL)!r}], memory_limit="4g")
"""
# the stub answers with nothing, which some of them report as an error after the request
PROGRAMS: Final = {
    "openai": """
from openai import OpenAI
OpenAI(max_retries=0).responses.create(model="gpt-5", input="hello", tools=[tool])
""",
    "openai-agents": """
from agents import Agent, Runner, ShellTool, set_tracing_disabled
set_tracing_disabled(True)
agent = Agent(name="reports", model="gpt-5", tools=[ShellTool(environment=tool["environment"])])
Runner.run_sync(agent, "hello", max_turns=1)
""",
    "litellm": """
import litellm
url = os.environ["OPENAI_BASE_URL"]
litellm.responses(model="openai/gpt-5", input="hello", tools=[tool], api_base=url, num_retries=0)
""",
    "langchain-openai": """
from langchain_openai import ChatOpenAI
ChatOpenAI(model="gpt-5", use_responses_api=True, max_retries=0).bind(tools=[tool]).invoke("hello")
""",
    "pydantic-ai-slim": """
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIResponsesModel, OpenAIResponsesModelSettings
settings = OpenAIResponsesModelSettings(openai_native_tools=[tool])
Agent(OpenAIResponsesModel("gpt-5"), model_settings=settings).run_sync("hello")
""",
}


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Python of an environment with the newest of all clients, and skillpack."""
    folder = tmp_path_factory.mktemp("clients")
    uv = [sys.executable, "-m", "uv", "--quiet"]
    subprocess.run([*uv, "venv", "--python", sys.executable, str(folder / "venv")], check=True)
    python = folder / "venv" / "bin" / "python"
    subprocess.run([*uv, "pip", "install", "--python", str(python), *PACKAGES, str(ROOT)], check=True)
    return python


@pytest.mark.parametrize("package", PROGRAMS)
def test_a_client_sends_the_tool_whole(package: str, python: Path) -> None:
    with recorder() as server:
        environment = {"OPENAI_BASE_URL": f"{server.url}/v1", "OPENAI_API_KEY": "none", "PATH": os.environ["PATH"]}
        environment["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # or it asks another host first
        program = START + PROGRAMS[package]
        done = subprocess.run([python, "-c", program], env=environment, capture_output=True, text=True, check=False)
        assert server.received, done.stderr
        path, sent = server.received[0]
    assert path == "/v1/responses"
    assert json.loads(sent)["tools"] == [skillpack.shell_tool([SKILL], memory_limit="4g")]


def test_the_agents_api_gets_the_environment_whole(python: Path) -> None:
    program = f"""
import skillpack
from openai import OpenAI
environment = skillpack.environment([{str(SKILL)!r}], network={{"access": "disabled"}})
OpenAI(max_retries=0).beta.agents.environments.create(environment=environment)
"""
    with recorder() as server:
        environment = {"OPENAI_BASE_URL": f"{server.url}/v1", "OPENAI_API_KEY": "none", "PATH": os.environ["PATH"]}
        done = subprocess.run([python, "-c", program], env=environment, capture_output=True, text=True, check=False)
        assert server.received, done.stderr
        path, sent = server.received[0]
    assert path == "/v1/agents/environments"
    made = skillpack.environment([SKILL], network={"access": "disabled"})
    assert json.loads(sent) == {"environment": made}
