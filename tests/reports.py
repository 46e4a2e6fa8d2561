"""Reports that try the output: every kind of place, mark and width. `python -m tests.reports` records the screens."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from skillpack.cli.console import Console
from skillpack.findings import Edit, Excerpt, Finding, Location, Report, Severity, Subject
from skillpack.output import Look, render

SCREENS: Final = Path(__file__).parent / "golden" / "screens"

COLON: Final = Finding(
    "yaml-unquoted-colon",
    Severity.ERROR,
    "skills/pdf-forms",
    Location("SKILL.md", 3, 14, 3, 23),
    'unquoted value contains ": ", which YAML reads as a mapping',
    'description: "Use when: the user asks for a form"',
    ("reader",),
    Excerpt(("description: Use when: the user asks for a form",), (14, 23)),
    (Edit("SKILL.md", 40, 75, b'"Use when: the user asks for a form"'),),
)
NAME: Final = Finding(
    "name-malformed",
    Severity.ERROR,
    "skills/pdf-forms",
    Location("SKILL.md", 2, 7, 2, 15),
    "the name is not words of a-z and 0-9 joined by single hyphens",
    "use lowercase letters and digits in words joined by single hyphens",
    ("spec", "api"),
    Excerpt(("name: PDF_表单",), (7, 13)),
)
AGAIN: Final = Finding(
    "name-malformed",
    Severity.ERROR,
    "skills/csv-report",
    Location("SKILL.md", 2, 7),
    "the name is not words of a-z and 0-9 joined by single hyphens",
    "use lowercase letters and digits in words joined by single hyphens",
    ("spec", "api"),
    Excerpt(("name: CSV",), (7, 10)),
)
BLOCK: Final = Finding(
    "yaml-block-scalar",
    Severity.WARNING,
    "skills/pdf-forms",
    Location("SKILL.md", 9, 14, 12, 1),
    "the description is a block of several lines, of which a line-based reader sees only the first character",
    "write it on one line",
    ("api", "reader"),
    Excerpt(("description: >-", "\tFills in forms.", "  Signs them."), (14, 16)),
)
LONG: Final = Finding(
    "reference-broken",
    Severity.WARNING,
    "skills/pdf-forms",
    Location("references/a\x1b[2Jb.md", 1200, 2090, 1200, 2104),
    "there is no references/nowhere.md in the skill",
    "add the file, or correct the path",
    ("advice",),
    Excerpt(("lorem ipsum " * 10 + "references/now" + " dolor sit amet" * 20,), (2090, 2104), 1969),
)
ROOT: Final = Finding(
    "too-many-files",
    Severity.ERROR,
    "skills/pdf-forms",
    Location(),
    "the skill has 612 files, 112 over the 500 of OpenAI's guide",
    "exclude files with --exclude or a .skillignore, or join them into one file",
    ("api",),
)
ZIP: Final = Finding(
    "zip-gap",
    Severity.ERROR,
    "pdf-forms.zip",
    Location(offset=1234),
    "12 bytes here belong to no entry",
    "pack the skill anew",
    ("reader",),
)
BODY: Final = Finding(
    "payload-schema",
    Severity.ERROR,
    "body.json",
    Location(pointer="/skills/0/source/data"),
    "this is not a text",
    "send base64",
    ("api",),
)
REQUEST: Final = Finding(
    "many-skills",
    Severity.NOTE,
    "",
    Location(),
    "201 skills, over the 200 that the API allows in container_auto",
    "the API states no bound for POST /containers; it may still pass",
    ("api",),
)
SUBJECTS: Final = (Subject("skills/pdf-forms", "pdf-forms"), Subject("skills/csv-report", "csv-report"))
FULL: Final = Report.joined([Report((COLON, NAME, AGAIN, BLOCK, LONG, ROOT, ZIP, BODY, REQUEST)), Report((), SUBJECTS)])
CLEAN: Final = Report((), SUBJECTS)

LOOKS: Final = {
    "piped": Look(),
    "80": Look(80),
    "120": Look(120),
    "80-colour": Look(80, Console("always").style),
    "120-colour": Look(120, Console("always").style),
}


def screens() -> dict[str, str]:
    """Return file name -> what stands there."""
    made = {f"text-{name}.txt": render(FULL, "text", look) + "\n" for name, look in LOOKS.items()}
    made["concise.txt"] = render(FULL, "concise") + "\n"
    made["github.txt"] = render(FULL, "github") + "\n"
    return made


if __name__ == "__main__":
    SCREENS.mkdir(exist_ok=True)
    for name, text in screens().items():
        (SCREENS / name).write_text(text, "utf-8")
