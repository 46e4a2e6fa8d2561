"""Every number and name that an API or a specification states, each with the sentence that states it."""

from __future__ import annotations

from dataclasses import dataclass
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
"""container_auto.skills: "maxItems: 200". POST /containers states no bound."""

MAX_FILE_IDS_AUTO: Final = 50
"""container_auto.file_ids: "maxItems: 50". POST /containers states no bound."""

# --- OpenAI guide "Skills", limits and validation (2026) ----------------------------------------------------

DOCUMENTED_ZIP_BYTES: Final = 50 * 1024 * 1024
"""The guide says "50 MB" for a zip upload; read as MiB, since 70,254,592 characters hold more than 50 MiB."""

NOTED_ZIP_BYTES: Final = 50_000_000
"""The same "50 MB", read as a million bytes each: from here the guide may already be exceeded."""

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

# --- our own, each where nothing outside states one ---------------------------------------------------------

MAX_DEPTH: Final = 32
"""Folders in folders; no public skill seen has more than nine."""

MAX_WALK_STEPS: Final = 50_000
"""Entries in one walk, some two seconds: one that is packed counts twice, a folder by its depth; the API takes 500."""

MAX_REFUSED: Final = 1_000
"""Entries of a skill that can never be packed, told one by one; a person mends the cause of so many."""

MAX_SECRET_ENTRIES: Final = 1_000
"""Entries of .ssh, .aws and their like that are compared with packed files of several names; people have some ten."""

MAX_LINKS: Final = 40
"""Links that Linux follows on one path before it says ELOOP; macOS follows 32, Windows 63."""

MAX_LINK_STEPS: Final = 250_000
"""Parts of the targets of links followed in one walk, a quarter of a second; a link may have 2,000 of them."""

MAX_COMPONENT_BYTES: Final = 255
"""NAME_MAX of Linux, macOS and (in UTF-16 units) Windows."""

MAX_PATH_BYTES: Final = 1024
"""PATH_MAX of macOS, the smallest of the three."""

MAX_IGNORE_FILE_BYTES: Final = 1024 * 1024
"""One .gitignore or .skillignore; a line takes some 50 microseconds to compile."""

MAX_IGNORE_BYTES: Final = 4 * 1024 * 1024
"""All ignore files of a skill together, each of which may be a long line or a hole of zeros in each folder."""

MAX_IGNORE_PATTERNS: Final = 20_000
"""Lines of all ignore files of a skill, one with wildcards by its characters; compiling one takes 15 microseconds."""

MAX_IGNORE_STEPS: Final = 4_000_000
"""Steps of matching in one walk, a second or so: 20 for a file on a path, one for a pattern, more where it fits."""

MAX_INFLATED_BYTES: Final = 512 * 1024 * 1024
"""What a zip of over 500 files, with one of over 25 MiB or over 4 GiB in all, may unpack to, known before inflating."""

MAX_INFLATION_RATIO: Final = 50
"""How many times its own size such a zip may unpack to, once that is over FREELY_INFLATED_BYTES."""

FREELY_INFLATED_BYTES: Final = 64 * 1024 * 1024
"""Up to here such a zip may shrink as well as it likes: an empty log or a table of zeros is no bomb."""

MAX_ZIP_ENTRIES: Final = 10_000
"""Entries of a zip that another tool wrote, folders and ignored files included; the API accepts 500 files."""

MAX_FOREIGN_INFLATED_BYTES: Final = 128 * 1024 * 1024
"""Total content of a zip that another tool wrote, read from its central directory before anything is inflated."""


class WalkTooLongError(Exception):
    """A directory takes more to walk than any skill does; the message says what of it."""


@dataclass(slots=True)
class Budget:
    """What is left for one walk.

    `entries` are those of all folders, `rejected` those that can never be packed, `link_steps` parts of the targets of
    links.
    """

    entries: int = MAX_WALK_STEPS
    rejected: int = MAX_REFUSED
    link_steps: int = MAX_LINK_STEPS

    def look(self, entries: int) -> None:
        """Count entries of a folder.

        Raises:
            WalkTooLongError: they are more than may be.
        """
        self.entries -= entries
        if self.entries < 0:
            raise WalkTooLongError(f"over {MAX_WALK_STEPS:,} entries, one that is packed or entered counting twice")

    def refuse(self) -> None:
        """Count an entry that can never be packed.

        Raises:
            WalkTooLongError: it is one too many.
        """
        self.rejected -= 1
        if self.rejected < 0:
            raise WalkTooLongError(f"over {MAX_REFUSED:,} entries that cannot be packed")

    def follow(self, parts: int) -> None:
        """Count parts of a link's target.

        Raises:
            WalkTooLongError: they are more than may be.
        """
        self.link_steps -= parts
        if self.link_steps < 0:
            raise WalkTooLongError(f"the links take over {MAX_LINK_STEPS:,} steps to follow")
