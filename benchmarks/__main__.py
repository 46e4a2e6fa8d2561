"""`python -m benchmarks [NAME...]`: corpora, contests, and the table of goals."""

from __future__ import annotations

import argparse
import compileall
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.corpora import CORPORA, VERSION
from benchmarks.goals import table
from benchmarks.ways import CONTESTS, with_earlier

if TYPE_CHECKING:
    from benchmarks.measure import Contest


def main() -> None:
    """Run the contests whose name or corpus was asked for, or all, and print the table."""
    options = _options()
    repository = Path(__file__).resolve().parent.parent
    os.environ["PYTHONPATH"] = str(repository)
    compileall.compile_dir(repository / "skillpack", quiet=1)  # as pip does when it installs
    if options.earlier:
        compileall.compile_dir(options.earlier / "skillpack", quiet=1)
    contests: dict[str, Contest] = {}
    with tempfile.TemporaryDirectory(prefix="skillpack-benchmarks-") as results:
        for name, (letter, make) in CONTESTS.items():
            if options.names and not {name, letter} & set(options.names):
                continue
            print(f"{name}: {CORPORA[letter].about}", file=sys.stderr)
            contests[name] = make(_corpus(letter, options.folder), Path(results))
            if options.earlier:
                contests[name] = with_earlier(contests[name], options.earlier.resolve())
            contests[name].run(options.rounds)
    print(_machine(), table(contests), sep="\n\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=main.__doc__)
    known = f"one of {', '.join(CORPORA)} or of: {', '.join(CONTESTS)}"
    parser.add_argument("names", nargs="*", metavar="NAME", help=known)
    parser.add_argument("--rounds", type=int, default=7, help="how often each way runs")
    cache = Path(tempfile.gettempdir()) / "skillpack-corpora"
    parser.add_argument("--folder", type=Path, default=cache, help="where the corpora are generated and kept")
    parser.add_argument("--earlier", type=Path, metavar="CHECKOUT", help="of another version, to run beside this one")
    options = parser.parse_args()
    if unknown := set(options.names) - CONTESTS.keys() - CORPORA.keys():
        parser.error(f"there is no {', '.join(sorted(unknown))}; {known}")
    return options


def _corpus(letter: str, folder: Path) -> Path:
    """Generate a corpus in a process of its own: this one must stay small to measure memory."""
    subprocess.run([sys.executable, "-m", "benchmarks.corpora", folder, letter], check=True, stdout=subprocess.DEVNULL)
    return folder / f"v{VERSION}" / letter


def _machine() -> str:
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} processors, load averages at the end {load}."
    )


if __name__ == "__main__":
    main()
