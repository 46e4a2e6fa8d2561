"""Run the samples of the pages and compare what they print with what the pages show.

docs/development/testing.md describes the conventions. `python -m tests.samples PAGE...` writes the present output of
the samples into the pages, and updates tests/golden/not-run.txt.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from markdown_it import MarkdownIt

from tests import api_stub

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).resolve().parent.parent
NOT_RUN: Final = ROOT / "tests" / "golden" / "not-run.txt"
RUN: Final = {"console", "sh", "python"}
SHOWN: Final = {"text", "yaml", "json", "toml", "ini", "diff", "makefile", "markdown", "html"}
_LONG: Final = re.compile("UEsDB[A-Za-z0-9+/=]{20,}")  # a zip in base64: its bytes are for other tests
_API: Final = r"https:\/\/api.openai.com\/v1"  # as a pattern of bash
_COMMENT: Final = re.compile(r"<!--\s*(setup|not run):\s*(.*?)\s*-->", re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One block of a page: `kind` is the language of a fence, or `setup`; `line` counts from 0."""

    kind: str
    text: str
    line: int
    not_run: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What a page shows for one sample, and what the sample printed."""

    command: str
    line: int
    expected: str
    actual: str
    code: int = 0

    @property
    def right(self) -> bool:
        """Return whether the page is right."""
        return self.code in (0, 1) and matches(self.expected, self.actual)


def pages() -> list[Path]:
    """Return every page whose samples are run."""
    found = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")]
    found += [*(ROOT / "docs").rglob("*.md"), *(ROOT / "tests" / "golden" / "sessions").glob("*.md")]
    return sorted(path for path in found if path.is_file())


def blocks(page: Path) -> Iterator[Block]:
    """Yield the blocks of a page in order."""
    reason = None
    for token in MarkdownIt().parse(page.read_text("utf-8")):
        line = token.map[0] if token.map else 0
        if token.type == "html_block":
            for kind, text in _COMMENT.findall(token.content):
                if kind == "setup":
                    yield Block("setup", text, line)
                else:
                    reason = text
        elif token.type == "fence":
            yield Block(token.info.strip(), token.content, line + 1, reason)
            reason = None


def not_run() -> str:
    """Return the list of all blocks that cannot run, one per line."""
    found = [
        f"{page.relative_to(ROOT).as_posix()}: {block.not_run}"
        for page in pages()
        for block in blocks(page)
        if block.not_run
    ]
    return "".join(f"{line}\n" for line in sorted(found))


def run(page: Path, directory: Path) -> list[Outcome]:
    """Run a page's samples in the folder that its reader is in, made below `directory`; return the outcome of each."""
    work = directory / "work"
    prepare(page, work)
    with api_stub.serving() as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_BASE_URL", url)
        patch.setenv("OPENAI_API_KEY", "unused")
        return _run(list(blocks(page)), work, _environment(directory))


def prepare(page: Path, work: Path) -> None:
    """Make the folder that the reader of a page is in."""
    if page in (ROOT / "README.md", ROOT / "docs" / "index.md", ROOT / "docs" / "install.md"):  # a clone
        shutil.copytree(ROOT / "fixtures", work / "fixtures", symlinks=True)
        shutil.copy(ROOT / ".gitignore", work)
        shutil.copy(ROOT / "pyproject.toml", work)
        (work / ".git").mkdir()
    elif page.is_relative_to(ROOT / "docs" / "tutorial"):  # an empty folder
        work.mkdir()
    else:  # a folder with a copy of the example skills
        shutil.copytree(ROOT / "fixtures" / "skills", work / "skills")


def _run(found: list[Block], work: Path, environment: dict[str, str]) -> list[Outcome]:
    names: dict[str, Any] = {"__name__": "__main__"}
    outcomes: list[Outcome] = []
    for block, after in itertools.pairwise([*found, Block("", "", 0)]):
        if block.not_run or (block.kind == "sh" and "curl " in block.text and not shutil.which("curl")):
            continue
        if block.kind == "setup":
            code, printed = _shell(block.text, work, environment)
            outcomes += [Outcome(block.text, block.line, "", printed, code)] if code else []
        elif block.kind == "console":
            for command, line, expected in commands(block):
                code, printed = _shell(command, work, environment)
                outcomes.append(Outcome(command, line, expected, printed, code))
        elif block.kind in ("python", "sh"):
            code, printed = (
                _shell(block.text, work, environment) if block.kind == "sh" else (0, _python(block, names, work))
            )
            expected = after.text if printed and after.kind == "text" else ""
            outcomes.append(Outcome(block.text, after.line, expected, printed, code))
    return outcomes


def matches(expected: str, actual: str) -> bool:
    """Return whether the output is what the page shows, where `...` stands for any text."""
    pattern = ""
    for line in expected.splitlines():
        inner = ".*".join(re.escape(part) for part in line.rstrip().split("..."))
        pattern += r"(?:.*\n)*" if line.strip() == "..." else f"{inner}\n"
    lines = "".join(f"{line.rstrip()}\n" for line in actual.splitlines())
    return re.fullmatch(pattern, lines) is not None


def _environment(directory: Path) -> dict[str, str]:
    """Return environment variables: a separate home, `skillpack` from this repository, the stub as API, no colours."""
    bin = directory / "bin"
    bin.mkdir()
    programs = {"skillpack": f'"{sys.executable}" -m skillpack "$@"', "python": f'"{sys.executable}" "$@"'}
    if curl := shutil.which("curl"):
        programs["curl"] = (
            f'{curl} --silent --show-error "${{@/#{_API}/$OPENAI_BASE_URL}}"'  # no progress: as on a terminal
        )
    for name, start in programs.items():
        (bin / name).write_text(f"#!/usr/bin/env bash\nexec {start}\n", "utf-8")
        (bin / name).chmod(0o755)
    return {
        "PATH": f"{bin}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "HOME": str(directory),
        "LC_ALL": "C.UTF-8",
        "TERM": "dumb",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_AUTHOR_NAME": "Ada",
        "GIT_AUTHOR_EMAIL": "ada@example.org",
        "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "ada@example.org",
        **{name: os.environ[name] for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY")},
    }


def commands(block: Block) -> Iterator[tuple[str, int, str]]:
    """Yield the (command, line of its output, output) tuples of a console block."""
    lines = block.text.splitlines()
    at = 0
    while at < len(lines):
        assert lines[at].startswith("$ "), f"line {block.line + at + 1} is neither a command nor its output"
        command = lines[at][2:]
        at += 1
        while at < len(lines) and lines[at].startswith(">"):
            command += f"\n{lines[at][2:]}"
            at += 1
        begin = at
        while at < len(lines) and not lines[at].startswith("$ "):
            at += 1
        yield command, block.line + begin, "".join(f"{line}\n" for line in lines[begin:at])


def _shell(command: str, directory: Path, environment: dict[str, str]) -> tuple[int, str]:
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout.decode("utf-8", "replace")


def _python(block: Block, names: dict[str, Any], directory: Path) -> str:
    printed = io.StringIO()
    with contextlib.chdir(directory), contextlib.redirect_stdout(printed):
        exec(compile(block.text, f"the sample in line {block.line}", "exec"), names)
    return printed.getvalue()


def record(page: Path) -> int:
    """Write the present output of its samples into a page; return how many were wrong."""
    with tempfile.TemporaryDirectory() as folder:
        outcomes = run(page, Path(folder))
    lines = page.read_text("utf-8").splitlines()
    wrong = [outcome for outcome in outcomes if not matches(outcome.expected, outcome.actual)]
    for outcome in reversed(wrong):
        if outcome.expected or outcome.command not in outcome.actual:
            count = len(outcome.expected.splitlines())
            actual = _LONG.sub("UEsDB...", outcome.actual).rstrip("\n").splitlines()
            lines[outcome.line : outcome.line + count] = actual
    page.write_text("\n".join(lines) + "\n", "utf-8")
    return len(wrong)


def main() -> None:
    """Record the named pages, and the list of blocks that cannot run."""
    for name in sys.argv[1:]:
        print(f"{name}: {record(Path(name).resolve())} changed")
    NOT_RUN.write_text(not_run(), "utf-8")


if __name__ == "__main__":
    main()
