"""Define the limits of the API, of specifications and of our own, each with its source."""

from __future__ import annotations

from typing import Final

# --- OpenAI API reference, POST /containers; OpenAPI document 2.3.0 of 2026-08-21 ---------------------------

MAX_BASE64_CHARS: Final = 70_254_592
"""InlineSkillSource.data: "maxLength: 70254592"."""

MAX_ZIP_BYTES: Final = MAX_BASE64_CHARS // 4 * 3
"""Derived: four characters of base64 hold three bytes. 52,690,944 = 50 MiB + 256 KiB."""

MAX_SKILL_ID_CHARS: Final = 64
"""SkillReference.skill_id: "maxLength: 64", and at least 1."""

MAX_SECRET_CHARS: Final = 10_485_760
"""ContainerNetworkPolicyDomainSecret.value: "maxLength: 10485760", and at least 1."""

MEMORY_LIMITS: Final = ("1g", "4g", "16g", "64g")
"""ContainerCreate.memory_limit: an enum of four."""

MAX_SKILLS_PER_ENVIRONMENT: Final = 200
"""container_auto.skills and openai_hosted.skills: "maxItems: 200". POST /containers states no bound."""

MAX_FILE_IDS_AUTO: Final = 50
"""container_auto.file_ids: "maxItems: 50". POST /containers states no bound."""

# --- OpenAI Agents API (beta), schema of 2026-09-23 ---------------------------------------------------------

MAX_FILES_HOSTED: Final = 50
"""openai_hosted.files: "maxItems: 50"."""

MAX_SETUP_COMMANDS: Final = 16
"""openai_hosted.setup_commands: "maxItems: 16"."""

# --- OpenAI guide "Skills", limits and validation (2026) ----------------------------------------------------

DOCUMENTED_ZIP_BYTES: Final = 50 * 1024 * 1024
"""The guide says "50 MB" for a zip upload; read as MiB, since 70,254,592 characters hold more than 50 MiB."""

MAX_FILES: Final = 500
"""The guide: at most 500 files in a skill version."""

MAX_FILE_BYTES: Final = 25 * 1024 * 1024
"""The guide: "25 MB" uncompressed file size, read as MiB. Whether it is per file or in total is unknown."""

NOTED_FILE_BYTES: Final = 25_000_000
"""The same "25 MB", read as a million bytes each."""

MANIFEST: Final = "SKILL.md"
"""The guide: exactly one SKILL.md, matched case-insensitively, anywhere in the bundle."""

# --- Agent Skills specification (agentskills.io) ------------------------------------------------------------

MAX_NAME_CHARS: Final = 64
"""name: "1-64 characters"."""

NAME_PATTERN: Final = r"[a-z0-9]+(?:-[a-z0-9]+)*"
"""name: lowercase letters, digits and hyphens; no hyphen first, last or twice in a row."""

MAX_DESCRIPTION_CHARS: Final = 1024
"""description: "1-1024 characters"."""

MAX_COMPATIBILITY_CHARS: Final = 500
"""compatibility: "1-500 characters"."""

MAX_BODY_LINES: Final = 500
"""Progressive disclosure: "Keep your main SKILL.md under 500 lines"."""

MAX_BODY_WORDS: Final = 5000
"""The same chapter recommends fewer than 5,000 tokens for the instructions; a word is seldom less than a token."""

# --- our own, where no specification has one -----------------------------------------------------------------

MAX_DEPTH: Final = 32
"""Folders in folders; no public skill seen has more than nine."""

MAX_WALK_STEPS: Final = 50_000
"""Entries in one walk, about two seconds; a packed one counts twice, a folder by its depth, a symlink by its parts."""

MAX_REJECTED: Final = 1_000
"""Entries of a skill that can never be packed: each is a finding, and so many have one cause."""

MAX_SECRET_ENTRIES: Final = 1_000
"""Entries of folders such as .ssh that are compared with packed files of several names; about ten are usual."""

MAX_LINKS: Final = 40
"""Symbolic links that Linux follows on one path before it says ELOOP; macOS follows 32, Windows 63."""

MAX_COMPONENT_BYTES: Final = 255
"""NAME_MAX of Linux, macOS and (in UTF-16 units) Windows."""

MAX_PATH_BYTES: Final = 1024
"""PATH_MAX of macOS, the smallest of the three."""

MAX_IGNORE_FILE_BYTES: Final = 1024 * 1024
"""One .gitignore or .skillignore; a line takes about 50 microseconds to compile."""

MAX_IGNORE_BYTES: Final = 4 * 1024 * 1024
"""All ignore files of a skill together; each folder may hold one, with a long line or a sparse file's zeros."""

MAX_IGNORE_PATTERNS: Final = 20_000
"""Lines of all ignore files of a skill; one with wildcards counts by its characters, 15 microseconds each."""

MAX_IGNORE_STEPS: Final = 4_000_000
"""Steps of matching in one walk, about a second: 20 for a file on a path, 1 for a pattern, more if it may match."""

MAX_CONTENTS_MIB: Final = 128
"""Contents of a skill that are read and searched, decided from sizes: 50 MB of zip seldom hold as much."""

HIGHEST_CONTENTS_MIB: Final = 4096
"""The largest `max-contents`: what a zip without zip64 can hold."""

MAX_FINDINGS: Final = 1_000
"""Findings of one skill; what is more is counted, the most severe are listed."""

MAX_SETTINGS_BYTES: Final = 64 * 1024
"""A skillpack.toml, which is written by hand."""

MAX_PYPROJECT_BYTES: Final = 1024 * 1024
"""A pyproject.toml, of which the lines of other tools may be many."""

MAX_SETTINGS_ERRORS: Final = 50
"""Errors in a settings file that are listed."""

MAX_INFLATED_BYTES: Final = 512 * 1024 * 1024
"""Bytes that a zip may unpack to if it has over 500 files, a file over 25 MiB or over 4 GiB in total."""

MAX_INFLATION_RATIO: Final = 50
"""How many times its own size such a zip may unpack to, if that is over FREELY_INFLATED_BYTES."""

FREELY_INFLATED_BYTES: Final = 64 * 1024 * 1024
"""Up to this unpacked size any ratio is allowed: a log or a table of zeros is not a zip bomb."""

MAX_ZIP_ENTRIES: Final = 10_000
"""Entries of a zip that another tool wrote, folders and ignored files included; the API accepts 500 files."""

MAX_FOREIGN_INFLATED_BYTES: Final = MAX_CONTENTS_MIB * 1024 * 1024
"""Total content of a zip that another tool wrote, read from its central directory before anything is inflated."""

MAX_JSON_DEPTH: Final = 64
"""Arrays and objects inside one another in a body; a container has six, tools of others some twenty."""

MAX_JSON_VALUES: Final = 50_000
"""Values in a body; one with 200 skills has some 1,700, and the rest of a request may hold a long conversation."""

MAX_JSON_STRING_BYTES: Final = 384 * 1024
"""A key of a body, or a value that is kept whole; a description in a SKILL.md has less, also where JSON escapes it."""

MAX_JSON_KEPT_BYTES: Final = 16 * 1024 * 1024
"""Keys and values of a body that are kept whole, together; names and descriptions of 1,000 skills have less."""

MAX_BODY_TEXT_BYTES: Final = 80 * 1024 * 1024
"""Bytes of a body other than the base64 of its skills; 50 MB of images, which a request may have, are 66.7 MB of base64
(OpenAI's guide to images and vision)."""

MAX_RECEIVED_SKILLS: Final = 1_000
"""Skills and tools in a body: five environments full of skills; the API's schema takes some 0.2 ms for each."""
