"""Print what the search for credentials costs: `python -m benchmarks.clean [--earlier CHECKOUT] [PATH...]`.

Searched are the modules of Python's library, the pages of docs/ and each PATH, a file or a folder of text. An earlier
checkout of skillpack does the same in turn, as what else the machine does slows both; printed is the least processor
time of all rounds. The files of a set are those of one skill.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import IO, Final, NamedTuple

_ROUNDS: Final = 25
ROOT: Final = Path(__file__).resolve().parent.parent
_SEARCH: Final = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
try:
    from skillpack.secrets.scan import Budget, tokens
    search = lambda texts, budget: [[*tokens(text, budget)] for text in texts]
except ImportError:  # until 25b3997
    from skillpack.rules.tokens import tokens
    Budget, search = object, lambda texts, budget: [[*tokens(text)] for text in texts]
sets = [[text for text in map(Path.read_bytes, map(Path, paths.split("\\0"))) if b"\\0" not in text[:8192]]
        for paths in sys.stdin.readline()[:-1].split("\\1")]
for line in sys.stdin:
    begin = time.process_time()
    search(sets[int(line)], Budget())
    print(time.process_time() - begin, flush=True)
"""


class Search:
    """The search of one checkout, in a process of its own."""

    def __init__(self, checkout: Path, sets: list[list[Path]]) -> None:
        command = [sys.executable, "-c", _SEARCH, str(checkout)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._ask("\1".join("\0".join(map(str, paths)) for paths in sets))

    def take(self, number: int) -> float:
        """Return the processor time that the search of one set takes, in seconds."""
        self._ask(str(number))
        return float(_open(self._process.stdout).readline())

    def end(self) -> None:
        """End the process."""
        self._process.communicate()

    def _ask(self, line: str) -> None:
        stream = _open(self._process.stdin)
        stream.write(line + "\n")
        stream.flush()


class Cost(NamedTuple):
    """The least processor time of each checkout for one set, in seconds."""

    name: str
    bytes: int
    seconds: list[float]


def _open(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


def texts(extra: list[Path]) -> dict[str, list[Path]]:
    """Return the files of each set, by its name."""
    library = Path(sysconfig.get_path("stdlib"))
    modules = [path for path in sorted(library.rglob("*.py")) if "site-packages" not in path.parts]
    found = {"Python's library": modules, "docs": sorted((ROOT / "docs").rglob("*.md"))}
    for path in extra:
        found[path.name] = [path] if path.is_file() else [each for each in sorted(path.rglob("*")) if each.is_file()]
    return found


def measure(checkouts: list[Path], sets: dict[str, list[Path]], rounds: int) -> list[Cost]:
    """Return what each set costs each checkout."""
    searches = [Search(checkout, [*sets.values()]) for checkout in checkouts]
    costs = []
    for number, (name, paths) in enumerate(sets.items()):
        times = [[search.take(number) for search in searches] for _ in range(rounds)]
        size = sum(path.stat().st_size for path in paths)
        costs.append(Cost(name, size, [min(each) for each in zip(*times, strict=True)]))
    for search in searches:
        search.end()
    return costs


def main(arguments: list[str] | None = None) -> None:
    """Print a line for each set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="*", type=Path, help="files and folders to search as well")
    parser.add_argument("--earlier", type=Path, help="a checkout of an earlier skillpack")
    parser.add_argument("--rounds", type=int, default=_ROUNDS, help=f"how often to search (default: {_ROUNDS})")
    options = parser.parse_args(arguments)
    checkouts = [ROOT, *([options.earlier.resolve()] if options.earlier else [])]
    for cost in measure(checkouts, texts(options.paths), options.rounds):
        ratio = f"{cost.seconds[0] / cost.seconds[-1]:6.2f} of earlier" if options.earlier else ""
        took = "".join(f"{seconds * 1000:9.2f} ms" for seconds in cost.seconds)
        print(f"{cost.name:20} {cost.bytes / 1e6:7.1f} MB{took}{ratio}", flush=True)


if __name__ == "__main__":
    main()
