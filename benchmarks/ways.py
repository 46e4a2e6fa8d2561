"""The work each corpus is put to, as processes: ours, and what people do today."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from benchmarks.measure import Contest, Way

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# What an installed `skillpack` does. `-m skillpack` would add what runpy costs.
_SKILLPACK: Final = "import sys; from skillpack.cli import main; sys.exit(main())"

# The recipe of OpenAI's cookbook, with the body around it.
_COOKBOOK: Final = """
import base64, json, os, shutil, sys
skill, output = sys.argv[1:]
zipped = shutil.make_archive(output + ".cookbook", "zip", os.path.dirname(skill), os.path.basename(skill))
with open(zipped, "rb") as file:
    data = base64.b64encode(file.read()).decode("ascii")
source = {"data": data, "media_type": "application/zip", "type": "base64"}
body = {"type": "inline", "name": "demo", "description": "A demo.", "source": source}
with open(output, "w") as file:
    file.write(json.dumps(body))
os.unlink(zipped)
"""

_SHELL: Final = (
    'cd "$1/.." && zip -X -q -r - "${1##*/}" | base64 -w0 '
    '| jq -c -R \'{type: "inline", name: "demo", description: "A demo.",'
    ' source: {data: ., media_type: "application/zip", type: "base64"}}\' > "$2"'
)

_WALK_AND_WRITE: Final = """
import sys
from skillpack import Builder, write_zip
skill, output = sys.argv[1:]
zipped = write_zip(Builder().walk(skill), "demo")
with open(output, "wb") as file:
    file.write(zipped)
"""

_WRITE: Final = """
import sys
from skillpack import Builder, write_zip
skill, threads = sys.argv[1:]
write_zip(Builder().walk(skill), "demo", threads=int(threads))
"""

_MAKE_ARCHIVE: Final = """
import os, shutil, sys
skill, output = sys.argv[1:]
shutil.make_archive(output, "zip", os.path.dirname(skill), os.path.basename(skill))
"""


def python(code: str, *arguments: object) -> list[str]:
    """Return the arguments that run code under this Python."""
    return [sys.executable, "-c", code, *map(str, arguments)]


def skillpack(*arguments: object) -> list[str]:
    """Return the arguments of one of our commands."""
    return python(_SKILLPACK, *arguments)


def with_earlier(contest: Contest, checkout: Path) -> Contest:
    """Return the contest with what an earlier version takes, whose checkout is given, beside ours."""
    ours = contest.ways[0]
    if _SKILLPACK not in ours.arguments or not contest.comparable:
        return contest
    code = f"import sys; sys.path.insert(0, {str(checkout)!r}); {_SKILLPACK}"
    arguments = [code if each == _SKILLPACK else each for each in ours.arguments]
    return replace(contest, ways=[*contest.ways, Way("earlier", arguments, ours.output)])


def packing(letter: str, corpora: Path, results: Path) -> Contest:
    """A corpus to a file with its InlineSkill, ours against the cookbook's way, and where it is large, the shell's."""
    skill = corpora / f"corpus-{letter}"
    mine, theirs, shell = (results / f"{letter}-{way}.json" for way in ("ours", "cookbook", "shell"))
    ways = [
        Way("ours", skillpack("pack", skill, "-o", mine), mine),
        Way("cookbook", python(_COOKBOOK, skill, theirs), theirs),
    ]
    if letter in "bc":
        least = results / f"{letter}-floor.json"
        ways.append(Way("floor", [sys.executable, "-m", "benchmarks.floor", str(skill), str(least)], least))
    if letter == "c" and all(map(shutil.which, ("zip", "base64", "jq"))):
        ways.append(Way("shell", ["sh", "-c", _SHELL, "sh", str(skill), str(shell)], shell))
    return Contest(f"pack {letter}", ways)


def containing(corpora: Path, results: Path) -> Contest:
    """A corpus to the whole body of POST /containers."""
    skill, mine, theirs = corpora / "corpus-c", results / "body.json", results / "body-cookbook.json"
    ways = [
        Way("ours", skillpack("container", "--name", "demo", skill, "-o", mine), mine),
        Way("cookbook", python(_COOKBOOK, skill, theirs), theirs),
    ]
    return Contest("container c", ways)


def smallest(corpora: Path, results: Path) -> Contest:
    """The smallest body against zlib's at level 6: once, since sizes do not vary."""
    skill, mine, theirs = corpora / "corpus-c", results / "smallest.json", results / "zlib.json"
    ways = [
        Way("ours", skillpack("pack", "--compression", "smallest", skill, "-o", mine), mine),
        Way("cookbook", python(_COOKBOOK, skill, theirs), theirs),
    ]
    return Contest("smallest c", ways, rounds=1)


def threads(corpora: Path, _results: Path) -> Contest:
    """The zip alone, by one thread and by two."""
    skill = corpora / "corpus-c"
    return Contest("threads c", [Way("one", python(_WRITE, skill, 1)), Way("two", python(_WRITE, skill, 2))])


def walking_and_writing(corpora: Path, results: Path) -> Contest:
    """The library's two calls in one process, for a tree that is over the API's count of files."""
    skill, mine, theirs = corpora / "corpus-e", results / "e.zip", results / "e-theirs"
    ways = [
        Way("ours", python(_WALK_AND_WRITE, skill, mine), mine),
        Way("make_archive", python(_MAKE_ARCHIVE, skill, theirs), results / "e-theirs.zip"),
    ]
    return Contest("walk and write e", ways)


def listing(corpora: Path, _results: Path) -> Contest:
    """The list of what is packed, from among 200,000 ignored files and from the same skill alone."""
    ways = [Way(place, skillpack("files", corpora / place / "corpus-d")) for place in ("among", "alone")]
    return Contest("list d", ways)


def starting(_corpora: Path, _results: Path) -> Contest:
    """The least a command can take."""
    return Contest("start", [Way("ours", skillpack("--version")), Way("python", python("pass"))])


def checking(corpora: Path, _results: Path) -> Contest:
    """A small skill, as a hook checks it, against an empty Python and the specification's reference validator."""
    skill = corpora / "skills/corpus-s"
    ways = [Way("ours", skillpack("check", skill)), Way("python", python("pass"))]
    if program := shutil.which("agentskills"):
        ways.append(Way("skills-ref", [program, "validate", str(skill)]))
    return Contest("check s", ways)


def checking_many(corpora: Path, _results: Path) -> Contest:
    """A thousand skills in one call, and a quarter of them, to see whether it is linear."""
    every = sorted(corpora.iterdir())
    return Contest(
        "check m",
        [Way("1,000", skillpack("check", *every)), Way("250", skillpack("check", *every[: len(every) // 4]))],
    )


def _reading_floor(*zips: Path) -> Way:
    return Way("reading floor", [sys.executable, "-m", "benchmarks.reading_floor", *map(str, zips)])


def judging(corpora: Path, _results: Path) -> Contest:
    """A zip that another tool wrote: judged and hashed, and checked with all rules, which compresses it, too."""
    received = corpora / "received-as-it-is.zip"
    ways = [
        Way("ours", skillpack("digest", received)),
        _reading_floor(received),
        Way("check", skillpack("check", received)),
    ]
    return Contest("judge z", ways, comparable=False)


def comparing(corpora: Path, _results: Path) -> Contest:
    """What differs between two bundles, and between two zips that another tool wrote: four files of 499."""
    kinds = {kind: [corpora / f"{kind}-{name}.zip" for name in ("as-it-is", "changed")] for kind in _KINDS}
    ways = [
        Way("ours", skillpack("diff", *kinds["bundle"]), code=1),
        _reading_floor(*kinds["bundle"]),
        Way("received", skillpack("diff", *kinds["received"]), code=1),
        replace(_reading_floor(*kinds["received"]), label="reading floor of received"),
    ]
    return Contest("diff z", ways, comparable=False)


_KINDS: Final = ("bundle", "received")

CONTESTS: Final[dict[str, tuple[str, Callable[[Path, Path], Contest]]]] = {
    "pack a": ("a", lambda corpora, results: packing("a", corpora, results)),
    "pack b": ("b", lambda corpora, results: packing("b", corpora, results)),
    "pack c": ("c", lambda corpora, results: packing("c", corpora, results)),
    "container c": ("c", containing),
    "smallest c": ("c", smallest),
    "threads c": ("c", threads),
    "walk and write e": ("e", walking_and_writing),
    "list d": ("d", listing),
    "start": ("s", starting),
    "check s": ("s", checking),
    "check m": ("m", checking_many),
    "judge z": ("z", judging),
    "diff z": ("z", comparing),
}
"""Name -> the corpus it needs, and what makes it."""
