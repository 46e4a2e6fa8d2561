"""The JavaScript SDKs take what skillpack prints, and send the API the same skill."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.judges import judge, missing
from tests.recording import Recorder, recorder

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parent.parent.parent
SKILL: Final = ROOT / "fixtures" / "skills" / "csv-report"
PROGRAMS: Final = {
    "api": """
        import OpenAI from "openai";
        const client = new OpenAI({ maxRetries: 0 });
        await client.responses.create({ model: "m", input: "hello", tools: [tool] });
    """,
    "agents-js": """
        import { Agent, run, shellTool, setTracingDisabled } from "@openai/agents";
        setTracingDisabled(true);
        const agent = new Agent({ name: "a", model: "m", tools: [shellTool(tool)] });
        await run(agent, "hello", { maxTurns: 1 }).catch(() => undefined);
    """,
    "ai-sdk": """
        import { createOpenAI } from "@ai-sdk/openai";
        import { generateText } from "ai";
        const openai = createOpenAI({ baseURL: process.env.OPENAI_BASE_URL, apiKey: "none" });
        const tools = { shell: openai.tools.shell({ environment: tool.environment }) };
        const call = { model: openai.responses("m"), prompt: "hello", tools, maxRetries: 0 };
        await generateText(call).catch(() => undefined);
    """,
}


@pytest.fixture
def server() -> Iterator[Recorder]:
    with recorder() as recorded:
        yield recorded


def tool(shape: str) -> bytes:
    """Return the shell tool that the command line prints."""
    command = [sys.executable, "-m", "skillpack", "shell", str(SKILL), "--shape", shape]
    options = ["--memory", "4g", "--allow-domain", "a.example", "--skill-ref", "skill_1@2"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run([*command, *options], capture_output=True, check=True, env=environment).stdout


@pytest.mark.parametrize("shape", PROGRAMS)
def test_an_sdk_sends_the_tool_that_the_api_takes(shape: str, server: Recorder, tmp_path: Path) -> None:
    node = judge("node")
    modules = Path(os.environ.get("NODE_JUDGES", "")) / "node_modules"
    package = {"api": "openai", "agents-js": "@openai/agents", "ai-sdk": "@ai-sdk/openai"}[shape]
    if not (modules / package).is_dir():
        missing(f"{package} is not installed under $NODE_JUDGES")
    (tmp_path / "node_modules").symlink_to(modules)
    (tmp_path / "tool.json").write_bytes(tool(shape))
    load = 'import { readFileSync } from "node:fs";\nconst tool = JSON.parse(readFileSync("tool.json", "utf8"));\n'
    (tmp_path / "program.mjs").write_text(load + PROGRAMS[shape], "utf-8")
    environment = {"OPENAI_BASE_URL": f"{server.url}/v1", "OPENAI_API_KEY": "none", "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [node, "program.mjs"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert server.received, done.stderr
    path, sent = server.received[0]
    assert path == "/v1/responses"
    [found] = [each for each in json.loads(sent)["tools"] if each["type"] == "shell"]
    assert _without_none(found) == json.loads(tool("api"))


def _without_none(value: Any) -> Any:
    """Return a tool without what an SDK adds that states nothing."""
    if isinstance(value, dict):
        return {key: _without_none(part) for key, part in value.items() if part is not None}
    return [_without_none(part) for part in value] if isinstance(value, list) else value
