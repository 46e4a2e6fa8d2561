from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

import skillpack
from benchmarks.bounded import PARTS, fill
from skillpack.limits import MAX_FINDINGS
from skillpack.rules import Content, references
from skillpack.rules.markdown import _blank_unwanted, _find_in_section, find_mentions
from skillpack.rules.references import MAX_BYTES, Reference, before_slashes, find_from, find_references
from skillpack.skill.decisions import Decision, Excluded, Layer
from skillpack.skill.skill import Skill
from skillpack.skill.tree import Selection, SkillTree
from tests.bounds import processor_time
from tests.conftest import MANIFEST, make_tree

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).parents[1]
FILES = {
    "references/forms.md": b"",
    "references/deep/annex.md": b"",
    "assets/my form.png": b"",
    "scripts/fill.py": b"",
    "data/table.csv": b"",
    "resources/colours.txt": b"",
    "templates/letter.txt": b"",
    "examples/small.txt": b"",
    "LICENSE.txt": b"",
}
OUT = (
    Excluded(
        path="references/draft.md",
        decision=Decision(
            layer=Layer.GITIGNORE, pattern="draft.md", matched="references/draft.md", file=".gitignore", line=1
        ),
    ),
    Excluded(path="build/", decision=Decision(layer=Layer.OPTION, pattern="build/", matched="build")),
    Excluded(
        path="secret-plan.txt",
        decision=Decision(
            layer=Layer.SKILLIGNORE, pattern="secret-plan.txt", matched="secret-plan.txt", file=".skillignore", line=1
        ),
    ),
    Excluded(path="dist/app.js", decision=Decision(layer=Layer.OPTION, pattern="*.js", matched="dist/app.js")),
)


def found(text: str, path: str = "SKILL.md") -> tuple[Reference, ...]:
    """Return what a Markdown file of a skill with FILES names and will not find."""
    contents = {"SKILL.md": MANIFEST, **FILES, path: text.encode()}
    tree = SkillTree(make_tree(contents).files, make_tree().directory, selection=Selection(excluded=OUT))
    file = tree.file(path)
    assert file is not None
    return Content(Skill.from_tree(tree), file, file.read()).once(find_references)


def said(text: str, path: str = "SKILL.md") -> list[tuple[str, str]]:
    return [(reference.problem, reference.path) for reference in found(text, path)]


@pytest.mark.parametrize(
    "text",
    [
        "[a](references/forms.md)",
        "[a](./references/forms.md#fields)",
        "[a](references/)",
        "[a](references)",
        "![a](<assets/my form.png>)",
        '![a](assets/my%20form.png "title")',
        "[a](LICENSE.txt?raw=true)",
        "[a](#fields) [b](https://example.com/x.md) [c](mailto:a@b.c) [d](//example.com/x.md) [e](data:x/y,z.md)",
        "[a](/mnt/data/x.md) [b](~/x.md)",
        "[a]({baseDir}/LICENSE.txt) [b](<topic>.md) [c]($HOME/x.md) [d](references/*.md) [e](path/to/x.md)",
        "[a](url) [b](link) [c]()",
        "`scripts/fill.py` `python scripts/fill.py --out assets/new.png` `./scripts/fill.py:12`",
        "`scripts/` `references/{topic}.md` `assets/*.png` `references/[name].md` `assets/...`",
        "Save it in `assets/new.png`. Then show `assets/new.png`.",
        "For example `references/other.md`, or something such as `assets/x.png`.",
        "Run `scripts/other.py` from the reporting skill.",
        "They are in the other skills and their `references/template.md` files.",
        "When it grows, move it to `e2e/driver.mjs` (or `scripts/drive.mjs`).",
        '```sh\nif [ -f "$repo/scripts/deploy.sh" ]; then\n  bash scripts/deploy.sh\nfi\n```',
        "```sh\n[ -x scripts/setup.sh ] && ./scripts/setup.sh\n```",
        "```sh\ntest -e ./scripts/setup.sh && bash scripts/setup.sh\n```",
        "- [ ] `references/glossary.md` exists",
        "```\n[a](nowhere.md) `scripts/nowhere.py`\n```",
        "    [a](nowhere.md)",
        "`[a](nowhere.md)`",
        "\\[a](nowhere.md)",
        "<!-- [a](nowhere.md) -->",
        "---\ndescription: see [a](nowhere.md)\n---\n",
        "- **Examples**: `references/x.md` for schemas",
        "Save the icon (e.g. `assets/icons/x.xml`) where you like.",
        "Scripts could be `scripts/rotate.py` or so.",
        "If `scripts/setup.sh` exists, run it.",
        "Check whether `references/style.md` exists first.",
        "Run `scripts/setup.sh` unless it is not available.",
        "- `references/extra.md` (optional)",
        "- `references/later.md` - coming soon",
        "Use the `pdf-forms` skill's `references/x.md`.",
        "It is in pdf-forms skill\u2019s `references/x.md`.",
        "✓ **Good**: `scripts/helper.py` with one purpose",
        "❌ `scripts/helper2.py` does everything",
        "## Bad\n\n- `references/everything.md`",
        "Outputs:\n\n- `references/result.md`\n- `references/log.md`",
        "Example layout:\n\n- `scripts/x.py`",
        "[`scripts/x.sh`](https://example.org/o/scripts/x.sh)",
        "Copy `scripts/your_script.py`, `assets/my-logo.png`, `scripts/script_name.py`.",
        "```sh\necho 1 > scripts/x.sh\nbash scripts/x.sh\n```",
        "```python\n# scripts/x.py\nprint(1)\n```\n\n```sh\npython scripts/x.py\n```",
        "### `scripts/x.py`\n\n```python\nprint(1)\n```\n\n```sh\npython scripts/x.py\n```",
        "```sh\n#!/bin/sh\nbash scripts/x.sh\n```",
        "```python\npython scripts/x.py\n```",
        "```\nscripts/\n  x.py\nscripts/x.py\n```",
        "```sh\npython scripts/<name>.py\npython scripts/fill.py\n./scripts/fill.py --in references/x.md\n```",
        "Edit `src/app.py` and `lib/x.py` of the project.",
        "`assets/my form.png`",
        "Run `{baseDir}/scripts/fill.py` or `${CLAUDE_SKILL_DIR}/scripts/fill.py`.",
        "output/nowhere.md and scripts/nowhere.py without any mark",
        "Load `references/lang-<active>.md` for the language.",
        "Run `python scripts/<name>/run.py` once.",
        "Tokens are in project files such as\n`assets/tokens.json`.",
        "It runs the caller's `scripts/miri.sh`.",
        "It needs the caller-provided `scripts/miri.sh`.",
        "For a slide, use `scripts/predict.py` from the upstream repository.",
        "Load the forms skill and\nread its `references/fields.md` first.",
        "The scope counts if the `references/terms` directory exists.",
        "`composer.json` names it, or the `assets/pages` directory exists.",
        "See `pdf-tools` `references/loop.md`.",
        "The layout is in the `pdf-tools` reference `references/loop.md`.",
        "Follow `pdf-tools` (`references/loop.md`) here.",
        "Check `references/loop.md` in `pdf-tools`.",
        "Generated by `scripts/list.py` from the sources.",
        "Read the existing `references/terms.md`.",
        "Split it into SKILL.md and `references/terms.md`.",
        "Load `pdf-tools` (`cli load pdf-tools`)\nand read its `references/loop.md`.",
        "Evidence: the official `examples/redis/main.cc`.",
        "`video-maker` 的 `scripts/make.py` 生成初始文件。",
        "`<video-skill>` 的 `scripts/make.py` 生成初始文件。",
        "Run the project's own `scripts/make.py`.",
        "Run the upstream `scripts/make.py`.",
        "Secondary: the upstream\n`references/a.md` and `references/b.md`, `references/c.md`.",
        "Use the project's `scripts/a.py`, `scripts/b.py` or `scripts/c.py`.",
        "What is small belongs to `pdf-tools`'s `references/loop.md`.",
        "It is a fake (see the `pdf-tools` skill, `references/loop.md`).",
        "Four homes (`pdf-tools` skill: `references/loop.md`).",
        "Follow `/pdf-tools` `references/loop.md`.",
        "Follow `references/loop.md` in `/pdf-tools`.",
        "What is small belongs to `pdf-tools`\u2019s `references/loop.md`.",
        "Related: [the first](./path.md), [the second](file.md), `references/file.md`, `scripts/test-xxx.py`.",
        "It is `scripts/import.py` (in the forms repository).",
        "如果需要, 创建 `scripts/clean.sh`。",
        "如果 `references/terms.md` 存在, 先读它。",
        "例如 `references/terms.md`。",
        "Run `scripts/do_something.py`.",
        "The full map: pdf-tools\n`references/loop.md` has it.",
        "Load three other skills:\n\n- `pdf-tools` has the loop (`references/loop.md`).",
        "It builds on another skill:\n\n- **`pdf-tools`**: a port (`references/loop.md`).",
        "**Used by `scripts/prompt.py`:**",
        "The problem was: `scripts/old.py` didn't exist.",
        "The page names `scripts/old.py`, which doesn\u2019t exist.",
    ],
)
def test_is_there_or_is_not_meant(text: str) -> None:
    assert said(text) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[a](nowhere.md)", ("broken", "nowhere.md")),
        ("[a](references/Forms.md)", ("broken", "references/Forms.md")),
        ("![a](assets/none.png)", ("broken", "assets/none.png")),
        ("[a][x]\n\n[x]: nowhere.md", ("broken", "nowhere.md")),
        ("> [x]\n>\n> [x]: nowhere.md", ("broken", "nowhere.md")),
        ("[a](\nnowhere.md)", ("broken", "nowhere.md")),
        ("[a](a\\_b.md)", ("broken", "a_b.md")),
        ("[a](a&amp;b.md)", ("broken", "a&b.md")),
        ("[![a](assets/my%20form.png)](nowhere.md)", ("broken", "nowhere.md")),
        ("`scripts/none.py`", ("broken", "scripts/none.py")),
        ("run `uv run scripts/none.py --fast`", ("broken", "scripts/none.py")),
        ("| a |\n|---|\n| `assets/none.png` |", ("broken", "assets/none.png")),
        ("[a]({baseDir}/x.md)", ("broken", "x.md")),
        ("Open `resources/playbook.md`.", ("broken", "resources/playbook.md")),
        ("Start from `templates/report.md`.", ("broken", "templates/report.md")),
        ("See `examples/basic.md`.", ("broken", "examples/basic.md")),
        ("Run `{baseDir}/bin/scan.sh`.", ("broken", "bin/scan.sh")),
        ("Run `python ${CLAUDE_SKILL_DIR}/scan.py`.", ("broken", "scan.py")),
        ("`assets/no form.png`", ("broken", "assets/no form.png")),
        ("```bash\npython scripts/none.py --out x.png\n```", ("broken", "scripts/none.py")),
        ("- x\n\n  ```\n  $ node ./scripts/none.js\n  ```", ("broken", "scripts/none.js")),
        ("> ```sh\n> A=1 uv run scripts/none.py\n> ```", ("broken", "scripts/none.py")),
        ("```sh\n./scripts/none.sh | tee x\n```", ("broken", "scripts/none.sh")),
        ("```sh\npython scripts/fill\n```", ("broken", "scripts/fill")),
        ("```sh\n[ -f x.csv ] || exit 1\nbash scripts/none.sh -f scripts/fill.py\n```", ("broken", "scripts/none.sh")),
        ("Move on to `scripts/none.py`.", ("broken", "scripts/none.py")),
        ("Of all skills this one has `references/none.md`.", ("broken", "references/none.md")),
        *(  # a path is not a word for examples or for a layout
            (f"Then read `{path}`:\n\n{block}", ("broken", "scripts/none.py"))
            for path in ("good/bad.md", "output/examples/", "project-structure/file-layout.md")
            for block in ("- `scripts/none.py`", "```sh\npython scripts/none.py\n```")
        ),
        ("The skill's `references/none.md` has more.", ("broken", "references/none.md")),
        ("For example, do this. Then read `references/none.md`.", ("broken", "references/none.md")),
        ("[a](no.md) and again [b](no.md), [c](no.md#top)", ("broken", "no.md")),
        ("[`references/x.md`](../other/references/x.md)", ("outside", "../other/references/x.md")),
        ("Read `references/draft.md`.", ("excluded", "references/draft.md")),
        ("Read `secret-plan.txt` first.", ("excluded", "secret-plan.txt")),
        ("Run `tool --in build/x.bin`.", ("excluded", "build/x.bin")),
        ("```sh\ntool secret-plan.txt\n```", ("excluded", "secret-plan.txt")),
        ("[a](../other/SKILL.md)", ("outside", "../other/SKILL.md")),
        ("[a](references/../../x.md)", ("outside", "references/../../x.md")),
        ("[a](references/draft.md)", ("excluded", "references/draft.md")),
        ("[a](build/out/x.html)", ("excluded", "build/out/x.html")),
        ("[a](build/)", ("excluded", "build")),
        ("[a](dist/)", ("excluded", "dist")),
        ("This skill keeps its terms in `references/terms.md`.", ("broken", "references/terms.md")),
        ("```sh\npython scripts/run.py <file>\n```", ("broken", "scripts/run.py")),
        ("Read `references/forms.md`, `references/terms.md`.", ("broken", "references/terms.md")),
        ("先读 `references/terms.md`。", ("broken", "references/terms.md")),
        ("The table generated by `scripts/run.py` has two columns.", ("broken", "scripts/run.py")),
        ("Read `references/terms.md` in this order.", ("broken", "references/terms.md")),
        ("Based on the user's request, read `references/terms.md`.", ("broken", "references/terms.md")),
        ("Run `scripts/run.py` on the user's file.", ("broken", "scripts/run.py")),
        ("Run `scripts/run.py` on the project's files.", ("broken", "scripts/run.py")),
        ("Follow the official API in `references/terms.md`.", ("broken", "references/terms.md")),
        ("Open `SKILL.md` and its `references/terms.md`.", ("broken", "references/terms.md")),
        ("Run `scripts/fill.py` as its `references/terms.md` explains.", ("broken", "references/terms.md")),
        ("Use `ruff` `scripts/run.py`.", ("broken", "scripts/run.py")),
        ("First `/pdf-tools`, then `references/none.md`.", ("broken", "references/none.md")),
        ("Open the official site, `references/forms.md` or `references/none.md`.", ("broken", "references/none.md")),
        ("It's in `pdf`'s `references/none.md`.", ("broken", "references/none.md")),
        ("[a](a-path.md)", ("broken", "a-path.md")),
        ("[a](profile.md)", ("broken", "profile.md")),
        ("The skill keeps its terms in `references/terms.md`.", ("broken", "references/terms.md")),
        ("It is a step-by-step `references/terms.md` guide.", ("broken", "references/terms.md")),
        ("Pages:\n\n- `dry-run` has them (`references/terms.md`).", ("broken", "references/terms.md")),
        ("Of this skill:\n\n- `dry-run` has them (`references/terms.md`).", ("broken", "references/terms.md")),
        ("The full map: terms `references/terms.md`.", ("broken", "references/terms.md")),
        ("It is used by each run: `references/terms.md`.", ("broken", "references/terms.md")),
    ],
)
def test_is_not_there(text: str, problem: tuple[str, str]) -> None:
    assert said(text) == [problem]


def test_a_path_counts_from_the_file_and_from_the_root() -> None:
    text = "[a](deep/annex.md) [b](references/forms.md) [c](../scripts/fill.py) `scripts/fill.py` [d](annex.md)"
    assert said(text, "references/forms.md") == [("broken", "references/annex.md")]


def test_in_a_folder_code_counts_from_the_root() -> None:
    assert said("`scripts/none.py` [a](none.md)", "references/forms.md") == [
        ("broken", "scripts/none.py"),
        ("broken", "references/none.md"),
    ]


OF_A_PROJECT = (
    "The repository holds the rest.",
    "The workflows in `.github/workflows` call it.",
    "`make lint` runs it.",
    "Read the `Makefile` first.",
    "It is set in `package.json`.",
    "Open a PR when CI is green.",
    "Open a pull request from the workspace.",
    "Paths count from the project root.",
)


def judged(page: str, files: Iterable[str] = (), path: str = "SKILL.md") -> list[tuple[str, str]]:
    """Return the level and target of each broken reference of a page in a skill that has some files."""
    contents = {"SKILL.md": MANIFEST, **dict.fromkeys(files, b"")}
    contents[path] = contents.get(path, b"") + page.encode()
    report = skillpack.check(SkillTree.from_files(contents, "demo"))
    return [
        (str(finding.severity), finding.message.removeprefix("there is no ").removesuffix(" in the skill"))
        for finding in report
        if finding.rule == "reference-broken"
    ]


@pytest.mark.parametrize("folder", ["scripts", "assets", "resources", "examples", "templates"])
def test_a_path_in_code_counts_where_the_skill_has_its_folder_or_a_file_of_its_name(folder: str) -> None:
    page = f"The list is in `{folder}/none.py`.\n"
    missing = [("warning", f"{folder}/none.py")]
    assert judged(page) == []
    assert judged(page, [f"{folder}/other.txt"]) == missing
    assert judged(page, ["tools/none.py"]) == missing
    assert judged(page, [f"docs/{folder}/other.txt"]) == []
    assert judged(page, [f"docs/{folder}/other.txt"], "docs/more.md") == missing
    assert judged(page.replace("none.py", "none"), [f"{folder}/other.txt"]) == []
    assert judged(page.replace("none.py", "none"), [f"{folder}/none.txt"]) == [("warning", f"{folder}/none")]
    assert judged(page.replace(f"`{folder}", f"`{{baseDir}}/{folder}")) == missing
    assert judged(f"[open]({folder}/none.py)") == missing


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("Read `references/none.md`.", ["references/none.md"]),
        ("Read `references/none` first.", ["references/none"]),
        ("Read `references/README.md`.", []),
        ("Cite `references/papers.bib`.", []),
    ],
)
def test_every_skill_may_have_pages_in_references_but_a_readme_there_is_that_of_a_project(
    page: str, expected: list[str]
) -> None:
    assert judged(page) == [("warning", path) for path in expected]
    (path,) = re.findall("`(.*)`", page)
    assert judged(page, ["references/x.md"]) == [("warning", path)]
    assert judged(page, ["README.md"]) == judged(page)


@pytest.mark.parametrize(
    ("page", "path"),
    [
        ("Run `python scripts/none.py --fast`.", "scripts/none.py"),
        ("Run `./scripts/none.py`.", "scripts/none.py"),
        ("```sh\nuv run scripts/none.py\n```", "scripts/none.py"),
        ("```\n$ node scripts/none.js\n```", "scripts/none.js"),
        ("The script is `scripts/none.py`. Run `python scripts/none.py`.", "scripts/none.py"),
        ("Open `scripts/none.py`.", "scripts/none.py"),
        ("See\n`examples/none.md` for more.", "examples/none.md"),
        ("Start from `templates/none.md`.", "templates/none.md"),
        ("Copy the `assets/none.html`.", "assets/none.html"),
    ],
)
def test_what_the_page_runs_or_has_the_reader_open_and_what_has_no_folder_is_only_noted(page: str, path: str) -> None:
    assert judged(page) == [("note", path)]
    assert judged(page, [f"{Path(path).parent}/other.txt"]) == [("warning", path)]
    tree = SkillTree.from_files({"SKILL.md": MANIFEST + page.encode()}, "demo")
    (finding,) = skillpack.check(tree)
    assert finding.hint == "add the file, unless it is one of the user's project"


@pytest.mark.parametrize(
    "page",
    [
        "The script is `scripts/none.py`.",
        "To see how, look into `scripts/none.py`.",
        "Read `resources/graphql` first.",
        "Open `scripts/none.sh`.",
        "Run `bash scripts/none.sh`.",
        "```sh\n./scripts/none.sh\n```",
        "Run `python examples/none.py`.",
        "Run `npx ts-node scripts/quick-test-xxx.ts`.",
    ],
)
def test_what_the_page_only_names_a_shell_script_or_a_sample_is_not_noted(page: str) -> None:
    assert judged(page) == []


@pytest.mark.parametrize("sign", OF_A_PROJECT)
def test_a_page_about_work_on_a_project_may_name_files_of_that(sign: str) -> None:
    skill = ["scripts/run.py", "references/terms.md", "assets/logo.png"]
    for page in ("Run `python scripts/none.py`.", "It is in `references/none.md`.", "It looks as `assets/none.png`."):
        assert judged(page, skill)
        assert judged(f"{page} Open a PR, and another PR.", skill)
        assert judged(f"{page}\n\n{sign}\n", skill) == []


AB = ("references/a.md", "references/b.md")


@pytest.mark.parametrize("sign", OF_A_PROJECT)
@pytest.mark.parametrize(
    ("page", "files", "expected"),
    [  # on such a page
        ("[run](scripts/none.py)", [], ["scripts/none.py"]),
        ("Run `{baseDir}/scripts/none.py`.", [], ["scripts/none.py"]),
        ("Run `python scripts/none`.", ["scripts/none.py"], ["scripts/none"]),
        ("Run `scripts/none.py`.", ["tools/none.py"], ["scripts/none.py"]),
        ("It is in `references/a.md`, `references/b.md`.", [], []),
        ("It is in `references/a.md`, `references/b.md`, `references/b.md#top`.", [], []),
        ("It is in `references/a.md`, `references/b.md`, `references/x.md`.", ["references/x.md"], [*AB]),
        ("It is in `references/a.md`, `references/b.md`, `references/x.md`.", [], [*AB, "references/x.md"]),
        ("See `references/a.md`.", [], ["references/a.md"]),
        ("See `references/a.md` and `references/b.md`.", [], [*AB]),
        ("First read the `references/a.md`.", [], ["references/a.md"]),
        ("Load\n`references/a.md`.", [], ["references/a.md"]),
        ("To read it, rename `references/a.md`.", [], []),
        ("Open `assets/a.md`.", ["assets/x.md"], ["assets/a.md"]),
        ("Open `assets/a.md`.", [], []),
        ("Open `scripts/a.py`.", ["scripts/x.py"], []),
        ("Fill in `assets/a.md`, `assets/b.md`, `assets/x.md`.", ["assets/x.md"], ["assets/a.md", "assets/b.md"]),
        ("Fill in `assets/a.md`, `assets/b.md`, `assets/x.md`.", [], []),
        ("Run `scripts/a.py`, `scripts/b.py`, `scripts/x.py`.", ["scripts/x.py"], []),
    ],
)
def test_there_links_paths_from_the_root_lists_and_what_is_to_be_read_are_surely_of_the_skill(
    sign: str, page: str, files: list[str], expected: list[str]
) -> None:
    assert judged(f"{page}\n\n{sign}\n", files) == [("warning", path) for path in expected]


def test_a_skill_inside_a_skill_names_its_files_from_its_own_folder() -> None:
    page = b"Read `references/terms.md`, `scripts/run.py`, [more](references/terms.md) and `references/none.md`.\n"
    contents = {
        "SKILL.md": MANIFEST,
        "inner/SKILL.md": MANIFEST + page,
        "inner/docs/more.md": page.replace(b"[more](", b"[more](../"),
        "inner/references/terms.md": page.replace(b"](references/", b"]("),
        "inner/scripts/run.py": b"",
        "other/more.md": b"Read `references/terms.md`.",
    }
    found = skillpack.check(SkillTree.from_files(contents, "demo"))
    assert [(each.location.path, each.message) for each in found if each.rule == "reference-broken"] == [
        ("inner/SKILL.md", "there is no references/none.md in the skill"),
        ("inner/docs/more.md", "there is no references/none.md in the skill"),
        ("inner/references/terms.md", "there is no references/none.md in the skill"),
        ("other/more.md", "there is no references/terms.md in the skill"),
    ]


@pytest.mark.parametrize(("name", "judged"), [("skill-creator", False), ("writing-skills", False), ("demo", True)])
def test_a_skill_about_skills_names_the_files_of_others(name: str, *, judged: bool) -> None:
    manifest = MANIFEST.replace(b"demo", name.encode()) + b"Run `scripts/none.py`.\n"
    report = skillpack.check(SkillTree.from_files({"SKILL.md": manifest, "scripts/x.py": b""}, name))
    assert [finding.rule for finding in report] == ["reference-broken"] * judged


LINK = "See [the forms](docs/FORMS.md)."


@pytest.mark.parametrize(
    ("page", "judged"),
    [
        (f"```markdown\n# A skill\n\n```bash\nls\n```\n\n{LINK}\n```\n", False),
        (f"```\n---\nname: a\n---\n~~~js\n1\n~~~\n```py\n1\n```\n{LINK}\n```\n", False),
        (f"````\n```python\n````\n\n{LINK}\n\nClose with:\n\n````\n```\n````\n", True),
        (f"Open:\n\n    ```python\n\n{LINK}\n\nClose:\n\n    ```\n", True),
        (f"> ```md\n> ```sh\n> ls\n> ```\n> {LINK}\n> ```\n", False),
        (f"````markdown\n# A skill\n\n```bash\nls\n```\n````\n\n{LINK}\n", True),
        (f"```bash\nls\n```\n\n{LINK}\n\n```bash\nls\n```\n", True),
        (f"```\nls\n```\n{LINK}\n```\nls\n```\n", True),
        (f"~~~\n```\n~~~\n~~~\nls\n~~~\n\n{LINK}\n", True),
        (f"``` `a` ```\n\n{LINK}\n", True),
        (f"```\n\n```sh\nls\n```\n{LINK}\n\n```sh\nls\n```\n", True),
    ],
)
def test_a_link_in_a_sample_is_not_judged_if_a_sample_in_it_ends_it_for_markdown(page: str, *, judged: bool) -> None:
    report = skillpack.check(SkillTree.from_files({"SKILL.md": MANIFEST + b"\n" + page.encode()}, "demo"))
    assert [finding.rule for finding in report if finding.rule == "reference-broken"] == ["reference-broken"] * judged


@pytest.mark.parametrize("folder", ["lib", "src"])
def test_of_code_that_skills_and_projects_have_only_what_is_run_or_read_counts(folder: str) -> None:
    files, missing = [f"{folder}/x.py"], [("warning", f"{folder}/none.py")]
    assert judged(f"The gate is `{folder}/none.py`.", files) == []
    assert judged(f"Read `{folder}/none.py`.", files) == missing
    assert judged(f"```sh\npython {folder}/none.py\n```", files) == missing
    assert judged(f"[the gate]({folder}/none.py)", files) == missing
    assert judged(f"The gate is `{folder}/none.py`.", [*files, "tools/none.py"]) == missing


@pytest.mark.parametrize(
    ("path", "level"), [("README.md", "note"), ("docs/changelog.md", "note"), ("more.md", "warning")]
)
def test_what_people_read_is_less_important(path: str, level: str) -> None:
    report = skillpack.check(SkillTree.from_files({"SKILL.md": MANIFEST, path: b"[a](nowhere.md)"}, "demo"))
    assert [(finding.rule, str(finding.severity)) for finding in report] == [("reference-broken", level)]


def test_a_missing_extension_is_named() -> None:
    files = {"SKILL.md": MANIFEST + b"Run `python scripts/fill`.\n", "scripts/fill.py": b""}
    (finding,) = skillpack.check(SkillTree.from_files(files, "demo"))
    assert finding.hint == "write scripts/fill.py: the extension is missing"


def test_code_folders_count_where_the_skill_has_one() -> None:
    files = {"SKILL.md": MANIFEST + b"See `lib/none.py` and `src/none.py`.\n", "lib/a.py": b""}
    (finding,) = skillpack.check(SkillTree.from_files(files, "demo"))
    assert finding.message == "there is no lib/none.py in the skill"


def test_what_is_excluded_as_a_cache_is_not_meant_to_be_opened() -> None:
    entry = Excluded(
        path=".gitignore",
        decision=Decision(layer=Layer.DEFAULT, pattern="/.gitignore", matched=".gitignore", group="repository"),
    )
    tree = SkillTree(
        make_tree({"SKILL.md": MANIFEST + b"Edit `.gitignore`.\n"}).files,
        "demo",
        selection=Selection(excluded=(entry,)),
    )
    assert list(skillpack.check(tree)) == []


def test_all_of_many_files_are_parsed_and_none_of_too_many_cells() -> None:
    many = {f"d{at}/a.md": b"[a](nowhere.md)" for at in range(4990)}
    report = skillpack.check(SkillTree.from_files({"SKILL.md": MANIFEST, **many}, "demo"))
    (counted,) = (finding for finding in report if finding.rule == "too-many-findings")
    assert len(report) == MAX_FINDINGS + 1
    assert int(counted.message.partition(" ")[0].replace(",", "")) + MAX_FINDINGS >= 4990
    tables = {f"{at}.md": b"[a](nowhere.md)\n\n|a|\n|-|\n" + b"|a|\n" * 20_000 for at in range(9)}
    found = [
        finding.location.path
        for finding in skillpack.check(SkillTree.from_files({"SKILL.md": MANIFEST, **tables}, "demo"))
    ]
    assert found == ["0.md"]


@pytest.mark.parametrize(
    "kind",
    ["labels of code", "nested labels", "nested items", "options", "conditions", "backticks", "tables", "quotes"],
)
def test_as_much_markdown_as_is_parsed_takes_little_whatever_is_in_it(kind: str) -> None:
    pages = {f"{at}.md": b"[a](nowhere.md)\n\n" + fill(PARTS[kind], 126_000) for at in range(9)}
    with processor_time(2):
        skillpack.check(SkillTree.from_files({"SKILL.md": MANIFEST, "scripts/a": b"", **pages}, "demo"))


def test_words_that_may_be_a_target_are_looked_up_only_until_there_have_been_very_many() -> None:
    words = {f"a{at}.md": b"(x scripts/a)\n" * 9_000 for at in range(5)}
    tree = {"SKILL.md": MANIFEST + b"[a](gone.md)\n", "scripts/a": b"", **words, "b.md": b"[a](gone.md)\n"}
    report = skillpack.check(SkillTree.from_files(tree, "demo"))
    assert [finding.location.path for finding in report if finding.rule == "reference-broken"] == ["SKILL.md"]


_INTERPRETER = references._INTERPRETER
_BEFORE_COMMAND = rf"(?:^|[ >$%])(?:{_INTERPRETER} +(?:-\S+ +)*)[\"']?(?:\./)?$|\./$|^[ >]*(?:[$%] )?$"


@given(st.lists(st.sampled_from(["python3", "uv run", ".", "-u", "-", "$", ">", " ", " ", " ", "x", "'", '"', "./"])))
def test_a_word_after_a_command_and_its_options_may_be_a_target(parts: list[str]) -> None:
    before = "".join(parts)
    assert references._follows_command(before) or not re.search(_BEFORE_COMMAND, before)
    assert not references._follows_command(f"{before} x ")


def test_a_template_is_to_be_filled_in_elsewhere() -> None:
    assert said("[a](nowhere.md)", "assets/letter.md") == []
    assert said("[a](nowhere.md)", "references/report-template.md") == []


@pytest.mark.parametrize("name", ["example-001-graphql.md", "Example.md", "sample_report.md", "examples-2.md"])
def test_a_sample_document_refers_to_files_of_the_project_it_is_a_sample_of(name: str) -> None:
    assert said("[a](nowhere.md)", f"references/{name}") == []


def test_the_name_of_the_skill_itself_before_a_path_is_not_that_of_another() -> None:
    def problems(name: str) -> int:
        skill = f"---\nname: {name}\ndescription: Use it.\n---\nIn `pdf-tools` (`references/terms.md`).\n"
        found = skillpack.check(SkillTree.from_files({"SKILL.md": skill.encode()}, name))
        return sum(finding.rule == "reference-broken" for finding in found)

    assert (problems("pdf-tools"), problems("pdf-forms")) == (1, 0)


@pytest.mark.parametrize(
    "path",
    ["cases/one/input.md", "evals/a.md", "baseline-outputs/b.md", "examples/demo-results/report.md", "output/x.md"],
)
def test_a_document_among_data_refers_to_files_of_the_project_it_comes_from(path: str) -> None:
    assert said("Run `scripts/none.py`, see [this](none.md).", path) == []


@pytest.mark.parametrize("path", ["versions/v0.13.0.md", "1.2.md"])
def test_notes_on_a_release_name_what_the_skill_had_then(path: str) -> None:
    assert said("See `references/none.md` and [this](none.md).", path) == []


@pytest.mark.parametrize(
    "path",
    [
        "release.md",
        "2.md",
        "v1.2-guide.md",
        "examples/usage.md",
        "references/for-example.md",
        "exampled.md",
        "counterexample.md",
    ],
)
def test_a_document_on_samples_is_checked(path: str) -> None:
    assert said("[a](nowhere.md)", path)


def test_only_markdown_is_read_and_none_that_is_data() -> None:
    assert said("[a](nowhere.md)", "notes.txt") == []
    assert said("[a](nowhere.md)\n" + "x" * MAX_BYTES, "big.md") == []
    assert said("[a](nowhere.md)\n" * 1000, "list.md")
    assert said("[a](nowhere.md)\n" * 1001, "list.md") == []
    assert said("[a](nowhere.md)\n" + "![" * 1000, "open.md")
    assert said("[a](nowhere.md)\n" + "![" * 1001, "open.md") == []


def test_what_left_the_target_out_is_told() -> None:
    (reference,) = found("[a](references/draft.md)")
    assert reference.excluded == OUT[0]
    assert (reference.problem, reference.kind) == ("excluded", "link")


@pytest.mark.parametrize(
    "text",
    [
        "[a](nowhere.md)",
        "words before [a](nowhere.md) and after",
        "words\nand `code` [a](<nowhere.md> 'title') after",
        "> a quotation\n> with [a](nowhere.md)",
        "1. one\n   - two [a](nowhere.md)",
        "| a | b |\n|---|---|\n| x | [a](nowhere.md) |",
        r"| a | b |\n|---|---|\n| x \| y | [a \| b](nowhere.md) \| z |".replace(r"\n", "\n"),
        r"a \| b [a](nowhere.md) \| c",
        "# A heading with [a](nowhere.md)",
        "日本語 [a](nowhere.md)",
        "[**bold** `code`](nowhere.md)",
        "[a](\n  nowhere.md)",
    ],
)
def test_the_place_is_that_of_the_target(text: str) -> None:
    (reference,) = found(text)
    place = reference.location
    assert place.line is not None
    assert place.column is not None
    assert place.end_column is not None
    line = text.split("\n")[place.line - 1]
    if "(\n" not in text:  # a target on a line of its own is marked from where its link begins
        assert line[place.column - 1 : place.end_column - 1] == "nowhere.md"


def test_in_a_command_only_the_script_is_marked() -> None:
    (reference,) = found("`python  scripts/none.py --all`")
    assert (reference.location.column, reference.location.end_column) == (10, 25)


NAMES = st.sampled_from(
    ["nowhere.md", "a/b.md", "a%20b.md", "references/none.md", "(x).md", "a*b.md".replace("*", "_")]
)
FORMS = st.sampled_from(["[t]({})", "![t](<{}>)", "[t](  {} 'x')", "[**t**]({})", "*[t]({})*", "[t][r]"])
AROUND = st.sampled_from(["{}", "> {}", "- {}", "1. x\n   {}", "# {}", "x *y* {} z", "`c` {}", "é日 {}"])


@settings(max_examples=150, deadline=None)
@given(NAMES, FORMS, AROUND)
def test_a_broken_link_is_found_in_any_context(name: str, form: str, around: str) -> None:
    (reference,) = found(around.format(form.format(name)) + f"\n\n[r]: <{name}>\n" * ("[r]" in form))
    assert reference.problem == "broken"


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from("[]()`<>!\\#|*_ \n\tab./é日:-"), max_size=80))
def test_no_markdown_is_too_odd(text: str) -> None:
    lines = text.split("\n")
    for reference in found(f"[x](no.md)\n\n{text}"):
        place = reference.location
        assert place.line is not None
        assert place.column is not None
        assert 1 <= place.column <= max(len([*"[x](no.md)", *lines][0]), 200)


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        (b"plain words", False),
        (b"[a](https://example.com) `scripts/fill.py` [b](scripts/fill.py)", False),
        (b"[a](nowhere.md)", True),
    ],
)
def test_markdown_is_parsed_only_where_something_may_be_missing(text: bytes, *, needed: bool) -> None:
    program = (
        "import sys; from skillpack import SkillTree, check; "
        f"check(SkillTree.from_files({{'SKILL.md': {MANIFEST + text!r}, 'scripts/fill.py': b''}})); "
        "print('markdown_it' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == str(needed)


LINES = st.sampled_from(
    [
        "# One `a`",
        "## Two",
        "```",
        "```sh",
        "````",
        "~~~",
        "  ```",
        "    ```",
        "- item `b`",
        "  - more",
        "1. x",
        "> quote `c`",
        "",
        "",
        "text `d`",
    ]
)


@settings(max_examples=500, deadline=None)
@given(st.lists(LINES, max_size=14))
def test_sections_are_read_as_the_whole_is(lines: list[str]) -> None:
    text = "\n".join(lines) + "\n"
    every = range(text.count("\n") + 1)
    assert list(find_mentions(text, every)) == list(_find_in_section(text, every))


PARAGRAPHS = st.sampled_from(
    [
        "text `a`",
        "**bold** [b](c.md)",
        "`d` é",
        "été `e`",
        "f | `g`",
        "--|--",
        "| h | `i` |",
        "- item `j`",
        "  - more",
        "  text `k`",
        "    text `l`",
        "12. `m`",
        "> quote `n`",
        "***",
        "===",
        "  ---",
        "  ## Two `o`",
        "- # Three `p`",
        "<!-- a note",
        "- <pre>",
        "</pre> -->",
        "```sh",
        "[q]: r.md",
        "[q] and `s`",
    ]
)


@settings(max_examples=500, deadline=None)
@given(
    heading=st.sampled_from(["# One `t`", "- item", "<!-- a note", "f | `g`", "> `u`", "", "    code"]),
    blocks=st.lists(st.lists(PARAGRAPHS, min_size=1, max_size=2), min_size=1, max_size=8),
    ends=st.tuples(st.sampled_from(["\n", "\r\n"]), st.sampled_from(["", " \t"]), st.booleans()),
    data=st.data(),
)
def test_a_paragraph_and_what_follows_it_are_read_as_in_the_whole_section(
    heading: str, blocks: list[list[str]], ends: tuple[str, str, bool], data: st.DataObject
) -> None:
    end, blank, is_ended = ends
    text = f"{end}{blank}{end}".join([heading, *(end.join(block) for block in blocks)]) + end * is_ended
    wanted = sorted(data.draw(st.sets(st.integers(0, text.count("\n")), max_size=3)))
    with patch("skillpack.rules.markdown._blank_unwanted", lambda text, _wanted: text):
        expected = list(_find_in_section(text, wanted))
    assert list(_find_in_section(text, wanted)) == expected


def test_only_paragraphs_with_wanted_lines_are_parsed() -> None:
    paragraphs = [f"text [{number}]({number}.md)\n\n- item\n" for number in range(9)]
    text = "\n".join(["# One\n", *paragraphs])
    parsed = _blank_unwanted(text, [text[: text.index("[4]")].count("\n")])
    assert parsed.split() == ["#", "One", *paragraphs[4].split()]
    assert parsed.count("\n") == text.count("\n")


HTML = st.sampled_from(
    [
        "# One `a`",
        "## Two",
        "<!-- a note -->",
        "<!-- a note",
        "`b` -->",
        "- <!-- a note",
        "  <style>",
        "<pre>`c`</pre>",
        "<div>",
        "</style>",
        "`d` <!-- a note",
        "[e]: x.md",
        "[`e`][e] and [e]",
        "[^1]: `h`",
        "[`i`][^1]",
        "> [f",
        "> g]: y.md",
        "\u00a0",
        "```",
        "",
    ]
)


@settings(max_examples=500, deadline=None)
@given(st.lists(HTML, max_size=10))
def test_html_and_definitions_hold_sections_together(lines: list[str]) -> None:
    text = "\n".join(lines) + "\n"
    every = range(text.count("\n") + 1)
    assert list(find_mentions(text, every)) == list(_find_in_section(text, every))


BLOCKS = st.sampled_from(
    [
        "# One",
        "- [a](a.md) and *`b`*",
        "  - ![c](c.png 'title') **d**",
        "1. [`e`](f.md) g\\",
        "> h [i](<j k.md>)",
        "| l | `m` |",
        "|---|:-:|",
        "===",
        "- - -",
        "***",
        "    `n`",
        "\t[o](o.md)",
        "-     `p`",
        "[q]: q.md",
        "[q] &amp; [r&amp;s](r&amp;s.md)",
        "<div>",
        "<!-- `t`",
        "-->",
        "a <b `c`> ``d ` e`` \\`f\\` \\[g](h.md)",
        "![i [j](k.md)](l.png) <http://m[n](o.md)>",
        "[[p](q.md)](r.md) _`s`_",
        "```",
        "~~~",
        "",
        "",
    ]
)


@settings(max_examples=500, deadline=None)
@given(lines=st.lists(BLOCKS, max_size=14), end=st.sampled_from(["\n", "\r\n"]))
def test_mentions_are_those_of_a_parser_with_every_rule(lines: list[str], end: str) -> None:
    text = end.join([*lines, ""])
    expected: list[tuple[str, object]] = []
    for block in MarkdownIt("commonmark").enable("table").parse(text):
        in_link = False
        for token in block.children or ():
            in_link = (in_link or token.type == "link_open") and token.type != "link_close"
            if token.type == "link_open" and token.markup != "autolink":
                expected.append(("link", token.attrs["href"]))
            elif token.type == "image":
                expected.append(("image", token.attrs["src"]))
            elif token.type == "code_inline" and not in_link:
                expected.append(("path", token.content))
    mentions = find_mentions(text, range(len(lines) + 1))
    assert [(each.kind, each.target) for each in mentions if each.kind != "command"] == expected


@given(text=st.text("ab/ \n", max_size=30), times=st.sampled_from([1, 2000]))
def test_matches_are_found_from_their_begins_as_from_every_character(text: str, times: int) -> None:
    pattern = re.compile(r"ab*a|a/\S*|//b")
    spans = [each.span() for each in find_from(["ab", "a/", "aa", "//b"], text * times, pattern)]
    assert spans == [each.span() for each in pattern.finditer(text * times)]


SIGNS = st.sampled_from(
    [
        *(".github/", "Makefile", "`make a", "pre-commit", "Cargo.toml", "pyproject.toml", "package.json", "CI", "PR"),
        *(
            "repo",
            "repos",
            "repository",
            "Repositories",
            "mono",
            "Mono",
            "project",
            "Project's",
            "project\u2019s",
            " root",
        ),
        *("workspace", "Workspace", "pull ", "Pull ", "request", "Requests", "a", "_", "-", "`", " ", " ", "\n"),
    ]
)


@settings(max_examples=500, deadline=None)
@given(text=st.lists(SIGNS, max_size=9).map("".join))
def test_signs_of_a_project_are_found_from_their_begins(text: str) -> None:
    for begins, signs in (
        (references._PROJECT_BEGINS, references._OF_PROJECT),
        (references._WORK_BEGINS, references._OF_WORK),
    ):
        spans = [each.span() for each in find_from(begins, text, re.compile(signs))]
        assert spans == [each.span() for each in re.finditer(signs, text)]


@given(st.text("[]():<a \r\n", max_size=12))
def test_a_file_without_the_begins_of_links_has_none(text: str) -> None:
    found = re.search(references._LINK, text)
    assert not found or references._may_have_links(text.encode())


WORDS = st.lists(st.sampled_from(["references", "x", "Users", "home", "scripts", "a" * 30, "\n", " "]), max_size=3)


@settings(deadline=None)
@given(words=st.lists(WORDS.map("".join), max_size=6), padding=st.sampled_from([0, 60, 5000]))
def test_what_is_before_slashes_has_the_same_folders_as_the_text(words: list[str], padding: int) -> None:
    text = ("/".join(words) + "." * padding).encode()
    tree = make_tree({"SKILL.md": MANIFEST, "more.md": text})
    file = tree.file("more.md")
    assert file is not None
    found = before_slashes(Content(Skill.from_tree(tree), file, text))
    for folder in (b"references/", b"scripts/", b"/Users/", b"/home/"):
        assert (folder in found) == (folder in text)
    assert padding < 5000 or len(found) < 200


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_of_markdown_ends_a_line(end: str) -> None:
    first, second = found(end.join(["One.", "Two.", "See [it](nope.md) and", "`scripts/nope.py`.", ""]))
    assert (first.path, first.location.line) == ("nope.md", 3)
    assert (second.path, second.location.line) == ("scripts/nope.py", 4)


@pytest.mark.parametrize("label", ["a", "a b", "a\\]b", "a\nb", "`a`"])
@pytest.mark.parametrize("before", ["", "> ", "- ", "1. ", "Text.\n\n", "> - "])
def test_a_definition_may_stand_wherever_a_paragraph_begins(before: str, label: str) -> None:
    assert said(f"See [it][{label}].\n\n{before}[{label}]: references/nope.md\n") == [("broken", "references/nope.md")]


def test_a_footnote_defines_no_link() -> None:
    assert said("It is known.[^1]\n\n[^1]: references/nope.md, page 2\n[^2]: nope.md\n") == []
