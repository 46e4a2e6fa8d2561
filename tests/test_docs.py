from __future__ import annotations

import os
import re
import runpy
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests import api_stub, samples
from tests.judges import judge

if TYPE_CHECKING:
    from pathlib import Path

PAGES = samples.pages()


def runs(page: Path) -> bool:
    return any(block.kind in samples.RUN and not block.not_run for block in samples.blocks(page))


def page_id(page: Path) -> str:
    return page.relative_to(samples.ROOT).as_posix()


@pytest.mark.parametrize("page", [page for page in PAGES if runs(page)], ids=page_id)
def test_every_sample_of_a_page_prints_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    for outcome in samples.run(page, tmp_path):
        assert outcome.right, (
            f"{page_id(page)}:{outcome.line}: {outcome.command}\nexit {outcome.code}; it prints\n{outcome.actual}\n"
            f"not\n{outcome.expected}\nif it is right: python -m tests.samples {page_id(page)}"
        )


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_no_command_hides_in_a_block_of_another_language(page: Path) -> None:
    for block in samples.blocks(page):
        known = block.kind in samples.RUN | samples.SHOWN | {"setup"} or block.kind.startswith("{")
        assert known, f"{page_id(page)}:{block.line}: a block of {block.kind or 'no language'}"
        if block.kind != "console":
            assert not block.text.startswith("$ "), f"{page_id(page)}:{block.line}: commands belong into console"


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_a_reader_can_follow_a_page_in_one_shell(page: Path) -> None:
    for block in samples.blocks(page):
        for command, line, _ in samples.commands(block) if block.kind == "console" else ():
            assert not command.startswith("cd "), f"{page_id(page)}:{line}: use (cd ...), the next command starts here"


@pytest.mark.parametrize("page", [page for page in PAGES if page.name in ("README.md", "first-skill.md")], ids=page_id)
def test_a_newcomer_can_paste_every_command_and_needs_no_other(page: Path) -> None:
    for block in samples.blocks(page):
        assert block.kind != "setup", f"{page_id(page)}:{block.line}: the page does not show this command"
        assert "\n> " not in block.text, f"{page_id(page)}:{block.line}: a prompt inside a command; use a block of sh"


@pytest.mark.network
def test_every_command_of_the_readme_works_as_printed_in_a_fresh_clone(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run([judge("git"), "clone", "--quiet", samples.ROOT, clone], check=True, timeout=60)
    environment = {"HOME": str(tmp_path), "LC_ALL": "C.UTF-8", "OPENAI_API_KEY": "unused"}
    environment |= {"PATH": os.pathsep.join([str(clone / ".venv" / "bin"), os.environ["PATH"]])}
    environment |= {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "REQUESTS_"))}
    with api_stub.serving() as url:
        environment["OPENAI_BASE_URL"] = url
        for block in samples.blocks(samples.ROOT / "README.md"):
            scripts = {"sh": [block.text], "python": [f"python - <<'PYTHON'\n{block.text}\nPYTHON\n"]}
            scripts["console"] = [command for command, *_ in samples.commands(block)] if block.kind == "console" else []
            for script in scripts.get(block.kind, ()):
                command = ["bash", "-e", "-c", script.replace("https://api.openai.com/v1", url)]
                done = subprocess.run(
                    command, cwd=clone, env=environment, capture_output=True, text=True, check=False, timeout=300
                )
                assert done.returncode == (1 if script.startswith("skillpack check broken") else 0), done.stderr


def test_a_script_is_run_as_a_whole_and_its_failure_is_reported(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "```sh\ncat > made <<'END'\ntext\nEND\ncat made\n```\n```text\ntext\n```\n```sh\nexit 2\n```\n", "utf-8"
    )
    assert [outcome.right for outcome in samples.run(page, tmp_path)] == [True, False]


def test_the_blocks_that_cannot_run_are_listed() -> None:
    assert samples.not_run() == samples.NOT_RUN.read_text("utf-8"), "if that is right: python -m tests.samples"


def test_dots_stand_for_any_text_and_nothing_else_does() -> None:
    assert samples.matches("a ... d\n...\ne\n", "a b c d\nx\ny\ne\n")
    assert samples.matches("...\ne\n", "e\n")
    assert not samples.matches("a ... d\n", "a b\nd\n")
    assert not samples.matches("a\n", "a\nb\n")
    assert not samples.matches("a.c\n", "abc\n")


def test_the_reference_of_the_command_line_is_what_help_prints() -> None:
    written = (samples.ROOT / "docs" / "reference" / "cli.md").read_text("utf-8")
    assert written == runpy.run_path(str(samples.ROOT / "docs" / "generate_cli.py"))["page"](), (
        "run python docs/generate_cli.py"
    )


def test_the_pictures_of_a_terminal_show_what_is_printed() -> None:
    pictures = runpy.run_path(str(samples.ROOT / "docs" / "generate_terminal.py"))["pictures"]()
    for name, picture in pictures.items():
        written = (samples.ROOT / "docs" / "_static" / name).read_text("utf-8")
        assert written == picture, "run python docs/generate_terminal.py"


def test_every_rule_has_one_topic_and_each_topic_has_rules() -> None:
    from skillpack.rules import RULES

    index = (samples.ROOT / "docs" / "reference" / "rules" / "index.md").read_text("utf-8")
    topics = index.split("\n## ")[1:]
    listed = [re.findall(r"(?m)^\| \[([\w-]+)\]", topic) for topic in topics]
    assert all(listed)
    assert sorted(id for topic in listed for id in topic) == sorted(RULES)
