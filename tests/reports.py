"""Reports that try the output: every kind of place, mark and width. `python -m tests.reports` records the screens."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from skillpack.cli.console import Console
from skillpack.findings import Edit, Excerpt, Finding, Location, Report, Severity, Subject
from skillpack.output import Look, render

SCREENS: Final = Path(__file__).parent / "golden" / "screens"

COLON: Final = Finding(
    rule="yaml-unquoted-colon",
    severity=Severity.ERROR,
    skill="skills/pdf-forms",
    location=Location("SKILL.md", line=3, column=14, end_line=3, end_column=23),
    message='unquoted value contains ": ", which YAML reads as a mapping',
    hint='description: "Use when: the user asks for a form"',
    required_by=("reader",),
    excerpt=Excerpt(lines=("description: Use when: the user asks for a form",), columns=(14, 23)),
    edits=(Edit(path="SKILL.md", start=40, end=75, text=b'"Use when: the user asks for a form"'),),
)
NAME: Final = Finding(
    rule="name-malformed",
    severity=Severity.ERROR,
    skill="skills/pdf-forms",
    location=Location("SKILL.md", line=2, column=7, end_line=2, end_column=15),
    message="the name is not words of a-z and 0-9 joined by single hyphens",
    hint="use lowercase letters and digits in words joined by single hyphens",
    required_by=("spec", "api"),
    excerpt=Excerpt(lines=("name: PDF_表单",), columns=(7, 13)),
)
AGAIN: Final = Finding(
    rule="name-malformed",
    severity=Severity.ERROR,
    skill="skills/csv-report",
    location=Location("SKILL.md", line=2, column=7),
    message="the name is not words of a-z and 0-9 joined by single hyphens",
    hint="use lowercase letters and digits in words joined by single hyphens",
    required_by=("spec", "api"),
    excerpt=Excerpt(lines=("name: CSV",), columns=(7, 10)),
)
BLOCK: Final = Finding(
    rule="yaml-block-scalar",
    severity=Severity.WARNING,
    skill="skills/pdf-forms",
    location=Location("SKILL.md", line=9, column=14, end_line=12, end_column=1),
    message="the description is a block of several lines, of which a line-based reader sees only the first character",
    hint="write it on one line",
    required_by=("api", "reader"),
    excerpt=Excerpt(lines=("description: >-", "\tFills in forms.", "  Signs them."), columns=(14, 16)),
)
LONG: Final = Finding(
    rule="reference-broken",
    severity=Severity.WARNING,
    skill="skills/pdf-forms",
    location=Location("references/a\x1b[2Jb.md", line=1200, column=2090, end_line=1200, end_column=2104),
    message="there is no references/nowhere.md in the skill",
    hint="add the file, or correct the path",
    required_by=("advice",),
    excerpt=Excerpt(
        lines=("lorem ipsum " * 10 + "references/now" + " dolor sit amet" * 20,), columns=(2090, 2104), cut=1969
    ),
)
ROOT: Final = Finding(
    rule="too-many-files",
    severity=Severity.ERROR,
    skill="skills/pdf-forms",
    location=Location(),
    message="the skill has 612 files, 112 over the 500 of OpenAI's guide",
    hint="exclude files with --exclude or a .skillignore, or join them into one file",
    required_by=("api",),
)
ZIP: Final = Finding(
    rule="zip-gap",
    severity=Severity.ERROR,
    skill="pdf-forms.zip",
    location=Location(offset=1234),
    message="12 bytes here belong to no entry",
    hint="pack the skill anew",
    required_by=("reader",),
)
BODY: Final = Finding(
    rule="payload-schema",
    severity=Severity.ERROR,
    skill="body.json",
    location=Location(pointer="/skills/0/source/data"),
    message="this is not a text",
    hint="send base64",
    required_by=("api",),
)
REQUEST: Final = Finding(
    rule="many-skills",
    severity=Severity.NOTE,
    skill="",
    location=Location(),
    message="201 skills, over the 200 that the API allows in container_auto",
    hint="the API states no bound for POST /containers; it may still pass",
    required_by=("api",),
)
SUBJECTS: Final = (
    Subject(path="skills/pdf-forms", name="pdf-forms"),
    Subject(path="skills/csv-report", name="csv-report"),
)
FULL: Final = Report.merge(
    [
        Report(findings=(COLON, NAME, AGAIN, BLOCK, LONG, ROOT, ZIP, BODY, REQUEST)),
        Report(findings=(), subjects=SUBJECTS),
    ]
)
CLEAN: Final = Report(findings=(), subjects=SUBJECTS)

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
