"""Print what inputs cost that were made to cost much: `python -m benchmarks.bounded [--generated COUNT] [NAME...]`.

Each input is checked in a process of its own, as it is and with a quarter of it: the growth is how many times as long
the whole takes. Where only the whole may exceed a limit of a zip, `check` compresses only the whole; the growth is that
of `zip` there, which compresses the quarter, too. What exceeds a bound is measured up to three times, and the least
counts. The generated ones combine many files, many findings, each kind of finding and each output format.
"""

from __future__ import annotations

import argparse
import base64
import io
import itertools
import json
import os
import random
import resource
import shlex
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MOST_SECONDS: Final = 3.0
SECONDS_PER_MIB: Final = 0.030
MOST_BYTES: Final = 300_000_000
MOST_GROWTH: Final = 4.0
MOST_ROUNDS: Final = 3
LEAST_MEASURED: Final = 0.5  # seconds, below which starting Python is most of it

_MIB: Final = 1 << 20
_MANIFEST: Final = (
    b"---\nname: demo\ndescription: Turns rows into a table. Use when asked for one.\n---\n# Demo\n\nGo.\n"
)
_EMOJI: Final = "\U0001f600".encode()
_STRING: Final = b"a" * 1_200 + _EMOJI + b'","'
_RUN: Final = "import sys; from skillpack.cli import main; sys.exit(main())"
FORMATS: Final = ("text", "concise", "json", "sarif", "github")

PARTS: Final = {
    "broken links": b"[a](missing%d.md) and `scripts/gone%d.py`\n",
    "controls": b"a\x1b b\n",
    "twice decoded": "caf\u00c3\u00a9 \x80\n".encode(),
    "invisible": "a\u200bb\u202ec\n".encode(),
    "aws ids": b"AKIAQWRTZPSDFGHJK%03d\n",
    "json web tokens": b"-eyJ",
    "runs with digits": b"a1a1a1a1a1a1a1a1a1a1 ",
    "short runs with digits": b"a1234567890abcdef ",
    "short runs by a name": b"key a1234567890abcdef ",
    "dashes": b"T1t-",
    "private keys": b"-----BEGIN PRIVATE KEY-----\n",
    "assigned": b"api_key = 'q8Zr2Wv6Tn4Kx9Jp3Ls7Hd5F%03d'\n",
    "kubernetes": b"kind: Secret\ndata:\n  a: c2VjcmV0dmFsdWUxMjM=\n---\n",
    "homes": b"/home/mmustermann%d/x\n",
    "agents": b"~/.claude/skills/x%d\n",
    "fences": b"```\n~~~\n",
    "input": b"x = input()\n",
    "brackets": b"[[[[[[[[((((((((",
    "backticks": b"` `` ``` ",
    "tables": b"| a | b |\n| - | - |\n",
    "quotes": b"> > > > > - - - 1. a\n",
    "beginnings of tokens": b"whsec_+ACRQ~KEY%24 a1234567890abcdef1234\n",
    "percent": b"%2F%3D",
    "percent signs": b"%",
    "halves of escapes": b"%2",
    "tildes": b"~",
    "tildes after Q": b"Q~",
    "nines": b"9",
    "labels of code": b"[`]` ",
    "nested labels": b"[[[[[[[[a]]]]]]]]",
    "nested items": b"- - - - - - - - a\n",
    "options": b"-$. " * 72 + b"x scripts/a\n",
    "conditions": b"if " * 97 + b"`scripts/x%d.py`\n\n",
    "not utf-8": b"\xff\xfe\x80",
    "crlf": b"#!/bin/sh\r\n",
}
"""What files are filled with; `%d` becomes a number."""


_MIXED: Final = (
    ((b"bobby ", 1_000_000, b"\n/home/bobby/x\n"), ".txt", 6),
    ((b"#\n", 1_000_000, b"input("), ".py", 6),
    ((PARTS["nested labels"], 126_000, b"\n[a](gone.md)\n"), ".md", 8),
    *(
        ((PARTS[kind], 1_000_000, b""), ending, count)
        for kind, ending, count in (
            ("short runs by a name", ".txt", 20),
            ("json web tokens", ".txt", 8),
            ("private keys", ".txt", 6),
            ("percent", ".txt", 33),
            ("aws ids", ".txt", 2),
            ("fences", ".md", 4),
            ("kubernetes", ".yaml", 4),
            ("assigned", ".py", 4),
            ("homes", ".txt", 4),
            ("agents", ".txt", 4),
            ("twice decoded", ".md", 1),
            ("invisible", ".md", 4),
        )
    ),
)
"""Files that reach the bound of one search each: what they are filled with, their bytes and their end; how many."""


class Input(NamedTuple):
    """One input: `make` creates a share of it in a folder and returns the arguments of skillpack.

    `grown` makes it for the command whose growth counts, if that is not `make`.
    """

    name: str
    make: Callable[[Path, float], list[str]]
    mib: int = 0
    grown: Callable[[Path, float], list[str]] | None = None


class Cost(NamedTuple):
    """What one process took."""

    seconds: float
    peak: int


def fill(part: bytes, size: int) -> bytes:
    """Return about `size` bytes of a part, numbered where it has a place for that."""
    if b"%d" not in part and b"%03d" not in part:
        return part * max(1, size // len(part))
    lines = (part.replace(b"%03d", b"%03d" % (at % 1000)).replace(b"%d", b"%d" % at) for at in itertools.count())
    return b"".join(itertools.islice(lines, max(1, size // len(part))))


def write_skill(folder: Path, files: dict[str, bytes]) -> str:
    """Write a skill named demo and return its path."""
    root = folder / "demo"
    for name, content in ({"SKILL.md": _MANIFEST} | files).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return str(root)


def _zipped(folder: Path, share: float) -> list[str]:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("demo/SKILL.md", _MANIFEST)
        text = b"a1a1a1a1a1a1a1a1a1a1 \n" * (25 * _MIB // 22)
        for number in range(int(160 * share)):
            archive.writestr(f"demo/t{number}.txt", text)
    (folder / "demo.zip").write_bytes(buffer.getvalue())
    return ["check", str(folder / "demo.zip")]


def _holes(folder: Path, share: float) -> list[str]:
    root = write_skill(folder, {})
    for number in range(int(160 * share)):
        with Path(root, f"t{number}.txt").open("wb") as file:
            file.truncate(25 * _MIB)
    return ["check", root]


def _pages(output: str) -> Callable[[Path, float], list[str]]:
    def make(folder: Path, share: float) -> list[str]:
        page = fill(PARTS["broken links"] + PARTS["controls"], 51_000)
        files = {f"p{number}.md": page for number in range(int(490 * share))}
        return ["check", "--output-format", output, write_skill(folder, files)]

    return make


def _many(folder: Path, share: float) -> list[str]:
    files = {
        f"p{number}.md": b"See [this](missing%04d.md) and read on.\n" % number for number in range(int(4990 * share))
    }
    return ["check", write_skill(folder, files)]


def _small(part: bytes, ending: str, size: int, files: int) -> Callable[[Path, float], list[str]]:
    """Return what makes many small files of the same."""

    def make(folder: Path, share: float) -> list[str]:
        content = fill(part, size)
        return ["check", write_skill(folder, {f"f{at}{ending}": content for at in range(int(files * share))})]

    return make


def _anchors(folder: Path, share: float) -> list[str]:
    head = b"---\nname: demo\n" + b"a: &a b\n" * int(8120 * share) + b"---\n# Demo\n"
    return ["check", write_skill(folder, {"SKILL.md": head})]


def _tables(folder: Path, share: float) -> list[str]:
    page = b"[x](gone.md)\n\n" + fill(b"| a | [b](gone.md) |\n", int(128_000 * share))
    page = page.replace(b"| a |", b"| a |\n| - |", 1)
    return ["check", write_skill(folder, {f"p{number}.md": page for number in range(9)})]


def _markdown(kind: str) -> Callable[[Path, float], list[str]]:
    """Return what makes as much Markdown with references as is parsed."""

    def make(folder: Path, share: float) -> list[str]:
        page = b"[x](gone.md)\n" + fill(PARTS[kind], 126_000)
        return ["check", write_skill(folder, {f"p{number}.md": page for number in range(int(8 * share))})]

    return make


def _text(name: str, head: bytes, part: bytes, end: bytes = b"") -> Callable[[Path, float], list[str]]:
    """Return what makes one text as large as may be."""

    def make(folder: Path, share: float) -> list[str]:
        return ["check", write_skill(folder, {name: head + fill(part, int(26_000_000 * share)) + end})]

    return make


def _scripts(begin: bytes, end: bytes) -> Callable[[Path, float], list[str]]:
    """Return what makes scripts of 1 MB that may wait for input."""

    def make(folder: Path, share: float) -> list[str]:
        script = fill(begin, 1_000_000) + end
        return ["check", write_skill(folder, {f"s{number}.py": script for number in range(int(120 * share))})]

    return make


def _settings(text: Callable[[float], str], name: str = "skillpack.toml") -> Callable[[Path, float], list[str]]:
    def make(folder: Path, share: float) -> list[str]:
        (folder / name).write_text(text(share))
        return ["check", write_skill(folder, {})]

    return make


def _mixed(seed: int) -> Callable[[Path, float], list[str]]:
    """Return what makes a skill that reaches the bounds of many searches, in one of their orders."""

    def make(folder: Path, share: float) -> list[str]:
        pieces = [(content, ending, at) for content, ending, count in _MIXED for at in range(count)]
        random.Random(seed).shuffle(pieces)
        files = {
            f"{number:03}{ending}": fill(content[0], int(content[1] * share)) + content[2]
            for number, (content, ending, _) in enumerate(pieces)
        }
        return ["check", write_skill(folder, files)]

    return make


def _full(kind: str, files: int = 5) -> Input:
    """Return an input of as many bytes as are read, of which only the whole may exceed a limit of a zip."""

    def write(folder: Path, share: float) -> str:
        content = fill(PARTS[kind], int(125 * _MIB * share) // files)
        return write_skill(folder, {f"t{number}.txt": content for number in range(files)})

    def make(folder: Path, share: float) -> list[str]:
        return ["check", write(folder, share)]

    def grown(folder: Path, share: float) -> list[str]:
        return ["zip", write(folder, share), "--output", str(folder / "demo.zip")]

    return Input(f"125 MiB of {kind}", make, 125, grown)


def _body(
    pieces: Callable[[Path, int], Iterable[bytes]], size: int, key: str = "x"
) -> Callable[[Path, float], list[str]]:
    """Return what makes a body of which one string is large: the base64 at `data`, or the item of another array.

    It is written in pieces: what this process holds would count for the one that it starts.
    """

    def make(folder: Path, share: float) -> list[str]:
        source = {"type": "base64", "media_type": "application/zip", "data": ""}
        skill = {"type": "inline", "name": "demo", "description": "Turns rows.", "source": source}
        body = json.dumps(skill if key == "data" else {"tools": [{"type": "shell"}], key: [""]})
        before, after = body.rsplit('""', 1)
        with (folder / "body.json").open("wb") as file:
            file.write(f'{before}"'.encode())
            file.writelines(pieces(folder, int(size * share)))
            file.write(f'"{after}'.encode())
        return ["check", str(folder / "body.json")]

    return make


def _repeated(part: bytes, end: bytes = b"") -> Callable[[Path, int], Iterator[bytes]]:
    def pieces(_folder: Path, size: int) -> Iterator[bytes]:
        many = _MIB // len(part)
        for left in range(size // len(part), 0, -many):
            yield part * min(many, left)
        yield end

    return pieces


def _escaped_zip(folder: Path, size: int) -> Iterator[bytes]:
    """Yield the base64 of a zip of a skill, in so many characters, with `/` as PHP writes it."""
    drawn = random.Random(11)
    with zipfile.ZipFile(folder / "demo.zip", "w") as archive:
        archive.writestr("demo/SKILL.md", _MANIFEST)
        for number in range(20):
            archive.writestr(f"demo/a{number}.bin", drawn.randbytes(size // 80 * 3 - 1_000))
    with (folder / "demo.zip").open("rb") as file:
        while piece := file.read(3 * _MIB):
            yield base64.b64encode(piece).replace(b"/", rb"\/")


LISTED: Final = (
    Input("160 text files of 25 MiB in a zip", _zipped),
    Input("160 holes of 25 MiB", _holes),
    *(Input(f"490 Markdown files of 51 kB, {output}", _pages(output)) for output in ("text", "json", "sarif")),
    Input("4,990 files of 40 bytes with a missing link", _many),
    Input("4,900 Markdown files of 3 kB of agents", _small(PARTS["agents"], ".md", 3_000, 4_900), 14),
    Input(
        "4,000 files of 8 kB of beginnings of tokens", _small(PARTS["beginnings of tokens"], ".txt", 8_190, 4_000), 31
    ),
    Input("frontmatter of 8,120 anchors", _anchors),
    Input("9 tables of 128 kB", _tables),
    *(
        Input(f"8 Markdown files of 126 kB of {kind}", _markdown(kind))
        for kind in ("labels of code", "nested labels", "nested items", "options", "conditions", "backticks")
    ),
    Input("120 scripts of escaped quotes", _scripts(b'\\"', b"\ninput()\n"), 115),
    Input("120 scripts of brackets", _scripts(b"(", b"\n input("), 115),
    *(Input(f"107 MB that reach many bounds, order {seed}", _mixed(seed), 102) for seed in range(6)),
    Input("120 texts of one word and a home", _scripts(b"bobby ", b"\n/home/bobby/x\n"), 115),
    Input(
        "a control character after 25 MiB and an emoji", _text("a.md", b"", b"a", "\U0001f600\u200b\x80".encode()), 25
    ),
    Input("a line of 25 MiB decoded twice", _text("a.md", b"", "\u00c3\u00a9".encode(), "\x80".encode()), 25),
    Input("25 MiB of short words", _text("SKILL.md", _MANIFEST, b"```\n"), 25),
    Input("25 MiB that are not UTF-16", _text("a.txt", b"\xff\xfe", b"\0\xd8"), 25),
    Input("2,000 unknown keys", _settings(lambda share: "".join(f"key{at} = 1\n" for at in range(int(2000 * share))))),
    Input(
        "a dotted key of 120 kB",
        _settings(lambda share: f"[tool.skillpack]\n{'.'.join('a' * int(60_000 * share))} = 1\n", "pyproject.toml"),
    ),
    Input("an integer of 5,000 digits", _settings(lambda share: f"target = {'1' * int(5000 * share)}\n")),
    *(
        _full(kind)
        for kind in (
            "runs with digits",
            "dashes",
            "tables",
            "percent signs",
            "halves of escapes",
            "tildes",
            "tildes after Q",
            "nines",
        )
    ),
    # a body has at most 80 MiB other than base64; the larger ones are refused
    Input("a body with 50 MB of backslashes", _body(_repeated(rb"\\"), 50_000_000), 47),
    Input("a body with 120 MB of backslashes", _body(_repeated(rb"\\"), 120_000_000), 114),
    Input("a body with 50 MB of escaped quotes", _body(_repeated(rb"\""), 50_000_000), 47),
    Input("a body with 500 MB of text", _body(_repeated(b"a"), 500_000_000), 476),
    Input("a body with 50 MB of text, an emoji and an escape", _body(_repeated(b"a", _EMOJI + rb"\n"), 50_000_000), 47),
    Input("a body with 13,000 strings of 1.2 kB with an emoji", _body(_repeated(_STRING), 16_000_000), 15),
    Input(
        "base64 of 70 MB with an emoji and an escape", _body(_repeated(b"a", _EMOJI + rb"\n"), 70_000_000, "data"), 66
    ),
    Input("an escaped zip in 70 MB of base64", _body(_escaped_zip, 70_200_000, "data"), 67),
    # larger files are not searched for assigned literals
    *(_full(kind, files=125) for kind in ("short runs with digits", "short runs by a name")),
)
"""The inputs that once cost minutes or a gigabyte."""


def generated(count: int) -> Iterator[Input]:
    """Yield inputs drawn at random, the same in every run: each kind of content in each format, in turn."""
    drawn = random.Random(11)
    kinds = itertools.cycle(itertools.product(PARTS, FORMATS))
    for number, (kind, output) in enumerate(itertools.islice(kinds, count)):
        files = drawn.choice((1, 8, 60, 490))
        size = min(drawn.choice((500, 5_000, 50_000, 500_000)), 20 * _MIB // files)
        ending = drawn.choice((".md", ".md", ".py", ".yaml", ".txt"))
        mixed = PARTS[kind] + (PARTS[drawn.choice([*PARTS])] if drawn.random() < 0.3 else b"")
        where = drawn.choice(("", "references/", "scripts/"))

        def make(
            folder: Path, share: float, values: tuple[object, ...] = (files, size, ending, mixed, where, output)
        ) -> list[str]:
            count, length, suffix, part, place, form = values
            assert isinstance(count, int)
            assert isinstance(length, int)
            assert isinstance(part, bytes)
            less = max(1, int(count * share)) if count > 1 else 1
            content = fill(part, length if count > 1 else int(length * share))
            return [
                "check",
                "--output-format",
                str(form),
                write_skill(folder, {f"{place}f{at}{suffix}": content for at in range(less)}),
            ]

        yield Input(f"{number}: {files} x {size:,} {kind} {ending} {output}", make, files * size // _MIB)


def measure(make: Callable[[Path, float], list[str]], share: float) -> Cost:
    """Return what skillpack takes for a share of an input."""
    with tempfile.TemporaryDirectory(prefix="skillpack-bounded-") as folder:
        arguments = make(Path(folder), share)
        child = subprocess.Popen(
            [sys.executable, "-c", _RUN, *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parent.parent)},
        )
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode not in {0, 1, 2}:
            raise RuntimeError(f"{shlex.join(arguments)}: exit code {child.returncode}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024))


class Costs(NamedTuple):
    """What the check of an input takes, and the times that its growth is computed from."""

    check: Cost
    quarter: float
    whole: float

    @classmethod
    def of(cls, each: Input) -> Costs:
        """Measure an input once."""
        check = measure(each.make, 1)
        if each.grown is None:
            return cls(check, measure(each.make, 0.25).seconds, check.seconds)
        return cls(check, measure(each.grown, 0.25).seconds, measure(each.grown, 1).seconds)

    @property
    def growth(self) -> float:
        """How many times as long the whole takes as a quarter."""
        return self.whole / self.quarter

    def least(self, other: Costs) -> Costs:
        """Return the least of two measurements: what else the machine does only adds to them."""
        check = Cost(min(self.check.seconds, other.check.seconds), min(self.check.peak, other.check.peak))
        return Costs(check, min(self.quarter, other.quarter), min(self.whole, other.whole))


def judge(each: Input, costs: Costs) -> list[str]:
    """Return which bounds an input exceeds."""
    bounds = {
        "time": costs.check.seconds > max(MOST_SECONDS, SECONDS_PER_MIB * each.mib),
        "memory": costs.check.peak > MOST_BYTES,
        "growth": costs.growth > MOST_GROWTH and costs.whole > LEAST_MEASURED,
    }
    return [name for name, exceeded in bounds.items() if exceeded]


def main() -> None:
    """Print a line for each input; exit with 1 if one exceeds a bound."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="only inputs with such a text in their name")
    parser.add_argument("--generated", type=int, default=200, help="how many generated inputs (default: 200)")
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    print(f"{'seconds':>8} {'MB':>6} {'growth':>7}  input")
    failed = count = 0
    for each in itertools.chain(LISTED, generated(options.generated)):
        if options.names and not any(name in each.name for name in options.names):
            continue
        costs = Costs.of(each)
        for _ in range(MOST_ROUNDS - 1):
            if not judge(each, costs):
                break
            costs = costs.least(Costs.of(each))
        exceeded = judge(each, costs)
        failed, count = failed + bool(exceeded), count + 1
        figures = f"{costs.check.seconds:8.2f} {costs.check.peak / 1e6:6.0f} {costs.growth:7.1f}"
        print(f"{figures}  {each.name}{'  OVER: ' + ', '.join(exceeded) if exceeded else ''}", flush=True)
    print(f"{count} inputs, {failed} over a bound")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
