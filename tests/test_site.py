"""The documentation as a site: what its search finds and its copy buttons copy, by their own scripts in Node.js."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from tests import samples
from tests.judges import judge

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

_SEARCH: Final = """
const fs = require("fs"), vm = require("vm"), [site, ...queries] = process.argv.slice(1);
const document = { readyState: "loading", addEventListener() {}, getElementById() {} };
const window = { location: { search: "", pathname: "" } };
const context = vm.createContext({ document, window, URLSearchParams, localStorage: { setItem() {} } });
const scripts = ["base-stemmer", "english-stemmer", "language_data", "doctools", "sphinx_highlight", "searchtools"];
for (const name of [...scripts.map((script) => `_static/${script}.js`), "searchindex.js"])
  vm.runInContext(fs.readFileSync(`${site}/${name}`, "utf-8"), context);
vm.runInContext("var Stemmer = window.Stemmer || EnglishStemmer", context);
const found = queries.map((query) => vm.runInContext(
  `Search._performSearch(...Search._parseQuery(${JSON.stringify(query)})).reverse().map((each) => each[0] + each[2])`,
  context));
console.log(JSON.stringify(found));
"""
_COPY: Final = """
import { formatCopyText } from "./copybutton_funcs.mjs";
import fs from "fs";
const { blocks, settings } = JSON.parse(fs.readFileSync(0));
console.log(JSON.stringify(blocks.map((block) => formatCopyText(block, ...settings))));
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "--builder", "html"]
    subprocess.run([*command, samples.ROOT / "docs", folder], check=True, timeout=600)
    return folder


FINDS: Final = {
    "install": "install",
    "pip": "install",
    "symlink": "how-to/refused#symlinks",
    "too large": "how-to/refused",
    "400": "how-to/refused",
    "pre-commit": "how-to/pre-commit",
    "changelog": "changelog",
    "contributing": "contributing",
    "vulnerability": "security",
    "lfs-pointer": "reference/rules/lfs-pointer",
}


def test_the_search_has_the_page_that_answers_among_its_first_five_results(site: Path) -> None:
    command = [judge("node"), "-e", _SEARCH, str(site), *FINDS]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    for (query, page), found in zip(FINDS.items(), json.loads(done.stdout), strict=True):
        assert page in [each if "#" in page else each.partition("#")[0] for each in found[:5]], (query, found[:8])


def test_a_copy_button_copies_the_commands_of_a_block_without_prompts_and_output(site: Path, tmp_path: Path) -> None:
    import runpy

    configured = runpy.run_path(str(samples.ROOT / "docs" / "conf.py"))
    settings = [
        configured["copybutton_prompt_text"],
        configured["copybutton_prompt_is_regexp"],
        True,
        True,
        True,
        configured["copybutton_line_continuation_character"],
        configured["copybutton_here_doc_delimiter"],
    ]
    blocks = [block for page in samples.pages() for block in samples.blocks(page) if block.kind in samples.RUN]
    assert "copybutton.js" in (site / "index.html").read_text("utf-8")
    script = (site / "_static" / "copybutton_funcs.js").read_text("utf-8")
    (tmp_path / "copybutton_funcs.mjs").write_text(script, "utf-8")
    (tmp_path / "copy.mjs").write_text(_COPY, "utf-8")
    done = subprocess.run(
        [judge("node"), tmp_path / "copy.mjs"],
        input=json.dumps({"blocks": [block.text for block in blocks], "settings": settings}).encode(),
        capture_output=True,
        check=True,
        timeout=60,
    )
    for block, copied in zip(blocks, json.loads(done.stdout), strict=True):
        expected = [command for command, _, _ in samples.commands(block)] if block.kind == "console" else [block.text]
        assert copied.split() == "\n".join(expected).split()
