"""Skills with nothing wrong, each odd in a way that a careless tool takes for an error."""

from __future__ import annotations

from typing import Final

from benchmarks.cases import Sound, holds, manifest, says, with_body

_RICH: Final = manifest(
    "license: Apache-2.0",
    "compatibility: Needs Python 3.11 or newer",
    "metadata:",
    "  author: sales",
    '  version: "1.0"',
    "allowed-tools: Bash(python:*) Read",
)
_LANGUAGES: Final = (
    "Grüße, 日本語, हिन्दी क्\u200dष, \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645, "
    "\N{FAMILY}, \N{WOMAN}\u200d\N{PERSONAL COMPUTER}.\n"
)

SOUND: Final = (
    Sound("plain", "SKILL.md alone", holds({})),
    Sound("every-field", "every field of the specification", says(_RICH)),
    Sound(
        "parts",
        "a script, a page and a picture, each referred to",
        with_body(
            "Run `scripts/run.py`, read [the guide](references/guide.md), show ![the logo](assets/logo.png).",
            {
                "scripts/run.py": "#!/usr/bin/env python3\nprint('report')\n",
                "references/guide.md": "# Guide\n\nBack to [the skill](../SKILL.md).\n",
                "assets/logo.png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
            },
        ),
    ),
    Sound("quoted", "a colon, quoted", says(manifest(description='"Use when: the user asks for the report # 12"'))),
    Sound("windows", "CRLF line ends in every text", says(manifest().replace("\n", "\r\n"))),
    Sound("languages", "many scripts, with the joiners they need", holds({"references/größe.md": _LANGUAGES})),
    Sound(
        "longest", "the longest name and description", says(manifest(name="n" * 64, description="d" * 1024)), "n" * 64
    ),
    Sound(
        "samples",
        "placeholders where keys would stand, and a sample of frontmatter",
        with_body(
            "```markdown\n---\nname: other\n---\n```\nSet `API_KEY=your-key-here`.",
            {".env.example": "API_KEY=your-key-here\nTOKEN=<token>\n"},
        ),
    ),
    Sound(
        "checkout",
        "build output and logs, excluded by .gitignore",
        holds(
            {".gitignore": "build/\n*.log\n", "build/out.bin": b"\0" * 64, "run.log": "ok\n", "data/in.csv": "a,b\n"}
        ),
    ),
)
