"""The recipes of docs/how-to, each run as its page describes it."""

from __future__ import annotations

import asyncio
import json
import runpy
import shutil
import socket
import subprocess
import sys
import time
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx
import pytest

import skillpack
from tests import samples
from tests.judges import judge
from tests.recording import Recorder, recorder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

HOW_TO: Final = samples.ROOT / "docs" / "how-to"
RECIPES: Final = HOW_TO / "recipes"
SKILLS: Final = samples.ROOT / "fixtures" / "skills"
SKILL: Final = SKILLS / "csv-report"
NOTEBOOKS: Final = sorted(HOW_TO.glob("*.ipynb"))
BROKEN: Final = b"---\nname: broken\ndescription: Use when: the user asks.\n---\nAnswer.\n"


def sample(page: str, kind: str) -> list[str]:
    """Return the text of each block of one kind in a page."""
    return [block.text for block in samples.blocks(HOW_TO / f"{page}.md") if block.kind == kind]


@pytest.mark.parametrize("path", sorted(path.name for path in RECIPES.glob("*.py")))
def test_each_recipe_is_included_in_a_page_whole(path: str) -> None:
    included = [page for page in HOW_TO.glob("*.md") if f"```{{literalinclude}} recipes/{path}\n" in page.read_text()]
    assert len(included) == 1


# an upload to a service


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    with recorder() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
        monkeypatch.setenv("OPENAI_API_KEY", "unused")
        yield server


def upload(content: bytes | AsyncIterator[bytes]) -> httpx.Response:
    """Upload to the service, without a server."""
    app = runpy.run_path(str(RECIPES / "service.py"))["app"]

    async def post() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
            return await client.post("/skills", content=content)

    return asyncio.run(post())


def zipped(files: Mapping[str, bytes], path: Path) -> bytes:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path.read_bytes()


def test_the_service_sends_what_skillpack_packed_of_an_upload(api: Recorder, tmp_path: Path) -> None:
    files = {f"csv-report/{path.relative_to(SKILL)}": path.read_bytes() for path in SKILL.rglob("*") if path.is_file()}
    answer = upload(zipped(files, tmp_path / "upload.zip"))
    assert answer.status_code == 201, answer.text
    ((path, sent),) = api.received
    assert path == "/v1/containers"
    (inline,) = json.loads(sent)["skills"]
    bundle = skillpack.Bundle.from_inline(inline)
    assert answer.json() == {"container": "cntr_1", "skill": "csv-report", "digest": bundle.digest}
    assert {file.path for file in bundle.skill.tree.files} == {name.removeprefix("csv-report/") for name in files}


def test_the_service_reports_the_errors_of_a_skill_and_sends_nothing(api: Recorder, tmp_path: Path) -> None:
    answer = upload(zipped({"broken/SKILL.md": BROKEN}, tmp_path / "upload.zip"))
    assert answer.status_code == 422
    detail = answer.json()["detail"]
    assert "yaml-unquoted-colon" in {finding["rule"] for finding in detail["findings"]}
    assert api.received == []


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04", b"{}", b"[" * 10_000])
def test_the_service_refuses_what_is_not_a_skill_and_sends_nothing(content: bytes, api: Recorder) -> None:
    answer = upload(content)
    assert answer.status_code == 422
    assert answer.json()["detail"]
    assert api.received == []


def test_no_settings_file_decides_what_the_service_takes(api: Recorder, tmp_path: Path) -> None:
    settings = b'[lint]\nignore = ["yaml-unquoted-colon"]\n'
    files = {"broken/SKILL.md": BROKEN, "broken/skillpack.toml": settings, "skillpack.toml": settings}
    assert upload(zipped(files, tmp_path / "upload.zip")).status_code == 422
    assert api.received == []


def test_the_service_stops_to_read_an_upload_that_is_too_large(api: Recorder) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1_000_000
            yield bytes(1_000_000)

    answer = upload(endless())
    assert answer.status_code == 413
    assert read == 11_000_000, "the chunk that exceeds the bound is the last one"
    assert api.received == []


def test_the_service_hands_on_that_the_api_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{port}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "unused")
    answer = upload(skillpack.pack(SKILL).zip)
    assert answer.status_code == 502


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Run the service as its page does, on a free port, and give its address."""
    shutil.copy(RECIPES / "service.py", folder)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = sample("forward-an-upload", "sh")[0].splitlines()[-1].replace("8000", str(port)).split()
    with subprocess.Popen([sys.executable, "-m", *command, "--log-level", "critical"], cwd=folder) as process:
        try:
            for _ in range(300):
                with socket.socket() as attempt:
                    if attempt.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def test_the_service_answers_curl_as_its_page_shows(api: Recorder, tmp_path: Path) -> None:
    curl = judge("curl")
    shutil.copytree(SKILLS, tmp_path / "skills")
    _, script = sample("forward-an-upload", "sh")
    with running(tmp_path) as url:
        script = script.replace("http://127.0.0.1:8000", url).replace("curl", f"{curl} --silent --show-error")
        script = script.replace("skillpack zip", f"{sys.executable} -m skillpack zip")
        done = subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert samples.matches(sample("forward-an-upload", "text")[0], done.stdout)
    assert [path for path, _ in api.received] == ["/v1/containers"]


# a skill in a wheel


def project(folder: Path) -> Path:
    """Make the project of the page."""
    code = folder / "src" / "reports" / "__init__.py"
    code.parent.mkdir(parents=True)
    code.write_text(sample("ship-a-skill-in-a-package", "python")[0], "utf-8")
    (folder / "pyproject.toml").write_text(sample("ship-a-skill-in-a-package", "toml")[0], "utf-8")
    shutil.copy(RECIPES / "hatch_build.py", folder)
    shutil.copytree(SKILL, folder / "skills" / "csv-report")
    return folder


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    """Build the wheel with the command of the page."""
    (script,) = sample("ship-a-skill-in-a-package", "sh")
    return subprocess.run(
        [sys.executable, "-m", *script.split()], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_a_wheel_has_the_skill_as_a_request_takes_it(tmp_path: Path) -> None:
    wheels = []
    for name in ("one", "other"):
        folder = project(tmp_path / name)
        done = build(folder)
        assert done.returncode == 0, done.stdout + done.stderr
        (wheel,) = (folder / "dist").glob("*.whl")
        wheels.append(wheel.read_bytes())
    assert wheels[0] == wheels[1]
    program = "import json, reports; print(json.dumps(reports.CSV_REPORT))"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    isolated = [sys.executable, "-S", "-c", program]  # neither skillpack nor any other package is found
    ran = subprocess.run(
        isolated, cwd=tmp_path, env={"PYTHONPATH": str(tmp_path / "installed")}, capture_output=True, check=True
    )
    assert json.loads(ran.stdout) == skillpack.pack(SKILL).inline_skill()


@pytest.mark.slow
def test_a_skill_with_errors_ends_the_build_with_its_findings(tmp_path: Path) -> None:
    folder = project(tmp_path)
    (folder / "skills" / "csv-report" / "SKILL.md").write_bytes(BROKEN)
    done = build(folder)
    assert done.returncode != 0
    assert "yaml-unquoted-colon" in done.stdout + done.stderr
    assert not list(folder.glob("dist/*.whl"))


# many skills


def skills_with_errors(count: int, folder: Path) -> set[int]:
    """Write skills, every seventh with an error, and return the numbers of those."""
    for number in range(count):
        skill = folder / f"team-{number % 10}" / f"skill-{number:03}"
        skill.mkdir(parents=True)
        extra = "version: 1\nversion: 2\n" if number % 7 == 0 else ""
        description = f"Answers question {number}. Use when question {number} is asked."
        (skill / "SKILL.md").write_text(
            f"---\nname: {skill.name}\ndescription: {description}\n{extra}---\nAnswer {number}.\n", "utf-8"
        )
    return set(range(0, count, 7))


def test_an_index_of_500_skills_has_a_line_for_each(tmp_path: Path) -> None:
    broken = skills_with_errors(500, tmp_path / "skills")
    command = [sys.executable, str(RECIPES / "index_skills.py"), "skills", "index.jsonl"]
    subprocess.run(command, cwd=tmp_path, check=True)
    index = [json.loads(line) for line in (tmp_path / "index.jsonl").read_text("utf-8").splitlines()]
    assert [each["path"] for each in index] == [
        path.as_posix() for path in sorted(Path("skills") / f"team-{n % 10}" / f"skill-{n:03}" for n in range(500))
    ]
    assert {int(each["path"].rpartition("-")[2]) for each in index if not each["ok"]} == broken
    for each in [each for each in index if each["ok"]][::50]:
        assert each["digest"] == skillpack.pack(tmp_path / each["path"]).digest
    assert len((RECIPES / "index_skills.py").read_text("utf-8").splitlines()) < 60


def test_the_index_has_a_line_for_what_cannot_be_read(tmp_path: Path) -> None:
    entry = runpy.run_path(str(RECIPES / "index_skills.py"))["entry"]
    (tmp_path / "a.zip").write_bytes(b"not a zip")
    (tmp_path / "csv-report.zip").write_bytes(skillpack.pack(SKILL).zip)
    found = entry(tmp_path / "a.zip")
    assert (found["ok"], set(found)) == (False, {"path", "ok", "error"})
    assert entry(tmp_path / "csv-report.zip")["digest"] == skillpack.pack(SKILL).digest


# a notebook


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_cell_of_a_notebook_prints_what_the_page_shows(path: Path, tmp_path: Path) -> None:
    from tests import notebooks

    notebook = notebooks.read(path)
    shown = notebooks.outputs(notebook)
    received = notebooks.run(notebook, tmp_path)
    assert notebooks.outputs(notebook) == shown, "if that is right: python -m tests.notebooks"
    assert any(shown)
    ((to, sent),) = received
    assert to == "/v1/containers"
    assert [skill["name"] for skill in json.loads(sent)["skills"]] == ["release-notes", "csv-report"]
