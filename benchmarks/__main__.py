"""`python -m benchmarks [NAME...]`: corpora, contests, and the table of goals."""

from __future__ import annotations

import argparse
import compileall
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.corpora import CORPORA, VERSION
from benchmarks.goals import measured_rows, table
from benchmarks.page import load, machine, save, write_page
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
            begin = time.monotonic()
            print(f"{name}: {CORPORA[letter].about}", file=sys.stderr)
            contests[name] = make(_corpus(letter, options.folder), Path(results))
            if options.earlier:
                contests[name] = with_earlier(contests[name], options.earlier.resolve())
            contests[name].run(options.rounds)
            print(f"{name}: {time.monotonic() - begin:.0f} s", file=sys.stderr)
    print(f"{machine()}; load averages at the end {load()}.", table(contests), sep="\n\n")
    if options.save:
        save(measured_rows(contests), options.rounds)
        write_page()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=main.__doc__)
    known = f"one of {', '.join(CORPORA)} or of: {', '.join(CONTESTS)}"
    parser.add_argument("names", nargs="*", metavar="NAME", help=known)
    parser.add_argument("--rounds", type=int, default=7, help="how often each way runs")
    cache = Path(tempfile.gettempdir()) / "skillpack-corpora"
    parser.add_argument("--folder", type=Path, default=cache, help="where the corpora are generated and kept")
    parser.add_argument("--earlier", type=Path, metavar="CHECKOUT", help="of another version, to run beside this one")
    parser.add_argument("--save", action="store_true", help="write the figures into docs/explanation/performance.md")
    options = parser.parse_args()
    if unknown := set(options.names) - CONTESTS.keys() - CORPORA.keys():
        parser.error(f"there is no {', '.join(sorted(unknown))}; {known}")
    return options


def _corpus(letter: str, folder: Path) -> Path:
    """Generate a corpus in a process of its own: this one must stay small to measure memory."""
    subprocess.run([sys.executable, "-m", "benchmarks.corpora", folder, letter], check=True, stdout=subprocess.DEVNULL)
    return folder / f"v{VERSION}" / letter


if __name__ == "__main__":
    main()
