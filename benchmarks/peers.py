"""`python -m benchmarks.peers`: every trap and every sound skill, judged by six tools, to a Markdown table."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.cases import build
from benchmarks.sound import SOUND
from benchmarks.traps import TRAPS
from benchmarks.words import WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from benchmarks.cases import Sound, Trap

SECONDS: Final = 60

_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")
_CRASH: Final = re.compile(r"^Traceback \(most recent call last\)|panicked at|INTERNAL ERROR", re.MULTILINE)


@dataclass(frozen=True)
class Tool:
    """A checker of skills: the package it comes from, its program, and what it is started with."""

    package: str
    program: str
    arguments: tuple[str, ...]

    def command(self, programs: Path, skill: str) -> list[str]:
        """Return what checks a skill; each peer lives in an environment of its own, ours in this one."""
        if self is OURS:
            return [sys.executable, "-m", "skillpack", *self.arguments, skill]
        return [str(programs / self.package / "bin" / self.program), *self.arguments, skill]


OURS: Final = Tool("skillpack", "skillpack", ("check", "--output-format", "concise"))
TOOLS: Final = (
    OURS,
    Tool("skills-ref", "agentskills", ("validate",)),
    Tool("agnix", "agnix", ("--verbose",)),
    Tool("skillsaw", "skillsaw", ("lint", "--verbose", "--no-progress")),
    Tool("skilllint", "skilllint", ("check", "--verbose", "--no-color")),
    Tool("skillcheck", "skillcheck", ("--no-color",)),
)


@dataclass(frozen=True)
class Answer:
    """What one tool said of one skill: its exit code, None if it did not end, and all it printed."""

    code: int | None
    text: str

    @property
    def crashed(self) -> bool:
        """Whether the tool fell over instead of judging."""
        return self.code is None or self.code < 0 or bool(_CRASH.search(self.text))

    def names(self, words: str) -> bool:
        """Whether a line that it printed names the matter."""
        return any(re.search(words, line, re.IGNORECASE) for line in self.text.splitlines())


def ask(tool: Tool, programs: Path, skill: Path) -> Answer:
    """Let a tool judge a skill. Paths are relative, and the case's id is in none of them."""
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "200", "PYTHONUTF8": "1"}
    try:
        done = subprocess.run(
            tool.command(programs, skill.name),
            cwd=skill.parent,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        return Answer(None, (late.stdout or b"").decode(errors="replace"))
    return Answer(done.returncode, _COLOUR.sub("", done.stdout.decode(errors="replace")))


def mark(tool: Tool, trap: Trap, answer: Answer) -> str:
    """Return one cell: what its exit code and its words say together."""
    words = WORDS.get(trap.id, {}).get(tool.package)
    if tool is OURS and words is None:
        words = re.escape(f"[{trap.rule}]")
    if answer.code is None:
        return f"over {SECONDS} s"
    if answer.crashed:
        return "crash"
    if words is not None and answer.names(words):
        return "**error**" if answer.code else "remark"
    return "unnamed" if answer.code else "-"


def table(answers: Mapping[tuple[str, str], Answer], tools: Iterable[Tool]) -> str:
    """Return who finds what, and below it who raises an error on a valid skill."""
    tools = tuple(tools)
    head = [f"| {' | '.join(tool.package for tool in tools)} |", "|---" * len(tools) + "|"]
    lines = [f"| problem {head[0]}", f"|---{head[1]}"]
    for trap in TRAPS:
        cells = [mark(tool, trap, answers[tool.package, trap.id]) for tool in tools]
        lines.append(f"| {trap.wrong} | {' | '.join(cells)} |")
    found = [sum(_found(tool, trap, answers) for trap in TRAPS) for tool in tools]
    lines.append(f"| **found, of {len(TRAPS)}** | {' | '.join(f'**{count}**' for count in found)} |")
    lines += ["", f"| valid skill {head[0]}", f"|---{head[1]}"]
    for sound in SOUND:
        given = [answers[tool.package, sound.id] for tool in tools]
        cells = ["crash" if answer.crashed else "**error**" if answer.code else "-" for answer in given]
        lines.append(f"| {sound.odd} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _found(tool: Tool, trap: Trap, answers: Mapping[tuple[str, str], Answer]) -> bool:
    return mark(tool, trap, answers[tool.package, trap.id]) in ("**error**", "remark")


def main() -> None:
    """Run every tool over every case."""
    options = _options()
    os.environ["PYTHONPATH"] = str(Path(__file__).resolve().parent.parent)
    tools = [tool for tool in TOOLS if tool is OURS or (options.programs / tool.package).is_dir()]
    cases: list[Trap | Sound] = [case for case in (*TRAPS, *SOUND) if not options.ids or case.id in options.ids]
    with tempfile.TemporaryDirectory() as folder:
        skills = {case.id: build(case, Path(folder) / f"case-{number}") for number, case in enumerate(cases)}
        asked = [(tool, case.id) for case in cases for tool in tools]
        with ThreadPoolExecutor(2) as pool:
            given = pool.map(lambda pair: ask(pair[0], options.programs, skills[pair[1]]), asked)
        answers = {(tool.package, id): answer for (tool, id), answer in zip(asked, given, strict=True)}
    if options.ids or options.talk:
        for (package, id), answer in answers.items():
            print(f"=== {id}: {package} ended with {answer.code}\n{answer.text.strip()}")
    if not options.ids:
        print(table(answers, tools))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=main.__doc__)
    parser.add_argument("ids", nargs="*", help="only these cases, with all that the tools say of them")
    parser.add_argument("--talk", action="store_true", help="print all that the tools say, too")
    cache = Path(tempfile.gettempdir()) / "skillpack-peers"
    help = "a folder with one virtual environment for each peer, called as its package"
    parser.add_argument("--programs", type=Path, default=cache, help=help)
    return parser.parse_args()


if __name__ == "__main__":
    main()
