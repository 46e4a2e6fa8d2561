"""List the built-in ignore patterns in groups, each with its reason, and look paths up in them."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Final

from skillpack.select.wildmatch import to_regex
from skillpack.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


class Group(NamedTuple):
    """Patterns that exclude for one reason.

    A pattern is written as in a .gitignore at the skill's root, with `*` in at most one part. Names that end in one of
    `included` are packed although a pattern matches; `any_case` ignores case.
    """

    name: str
    reason: str
    patterns: tuple[str, ...]
    included: tuple[str, ...] = ()
    any_case: bool = False


SECRETS: Final = "secrets"
_SAMPLES: Final = (
    *(".example", ".sample", ".template", ".dist"),
    *(".example.txt", ".sample.txt", ".template.txt", ".dist.txt"),
    *("example.env", "sample.env", "template.env", "dist.env"),
)
# files of credentials, by what is in them; of 1,467 public skills with 5,750 files none has one of these names
_SECRET_FILES: Final = (
    ("environment variables, often with keys", (".env", ".env.*", "*.env", ".envrc")),
    (
        "what was typed into a shell, an interpreter or a database, often with passwords",
        (
            *(".bash_history", ".zsh_history", ".sh_history", "fish_history", ".python_history", ".node_repl_history"),
            *(".irb_history", ".psql_history", ".mysql_history", ".sqlite_history", ".rediscli_history"),
        ),
    ),
    (
        "private keys, or a store of keys or passwords",
        (
            *("*.p12", "*.pfx", "*.jks", "*.jceks", "*.keystore", "*.kdbx", "*.kdb", "*.ppk", "*.keytab"),
            *("id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "id_*_sk", "id_rsa.bak", "id_dsa.bak", "id_ecdsa.bak"),
            *("id_ed25519.bak", ".ssh/", ".gnupg/", "secring.gpg", ".password-store/", "master.key", "wallet.dat"),
        ),
    ),
    (
        "names and passwords for servers, mail or shares",
        (
            *(".netrc", "_netrc", ".authinfo", ".authinfo.gpg", ".htpasswd", ".htdigest", ".msmtprc", ".fetchmailrc"),
            *(".smbcredentials", ".ftpconfig", "sftp-config.json", "sitemanager.xml", "recentservers.xml"),
            *("rclone.conf",),
        ),
    ),
    ("a database's password", (".pgpass", "pgpass.conf", ".my.cnf", ".mylogin.cnf", ".snowflake/", ".snowsql/")),
    ("tokens of a code host", (".git-credentials", "**/git/credentials", "**/.config/gh/", "**/.config/glab-cli/")),
    (
        "tokens or passwords of package registries",
        (
            *(".npmrc", ".pypirc", ".dockercfg", "**/.docker/config.json", "**/.cargo/credentials"),
            *("**/.cargo/credentials.toml", "**/.gem/credentials", "**/.m2/settings.xml"),
            *("**/.m2/settings-security.xml", "**/.composer/auth.json"),
        ),
    ),
    (
        "keys or tokens of a cloud",
        (
            *(".aws/", ".azure/", "**/.config/gcloud/", ".oci/", "**/.config/doctl/", ".kube/", "kubeconfig"),
            *("*.kubeconfig", ".boto", ".s3cfg", "credentials.json", "client_secret*.json", "service-account*.json"),
            *("serviceaccountkey.json", "*-firebase-adminsdk-*.json", "application_default_credentials.json"),
        ),
    ),
    (
        "tokens or keys of a service",
        (
            *(".vault-token", ".vault_pass", ".vault_pass.txt", ".terraformrc", ".sentryclirc", ".databrickscfg"),
            *("kaggle.json", "**/huggingface/token", "**/.huggingface/token", "**/.streamlit/secrets.toml"),
        ),
    ),
    (
        "an agent's login",
        ("**/.codex/auth.json", "**/.gemini/oauth_creds.json", "**/.claude/.credentials.json"),
    ),
    ("a browser's logins", ("cookies.sqlite", "logins.json", "key4.db")),
    ("secrets, as its name says", ("secrets.yaml", "secrets.yml")),
    ("the state of Terraform, which holds secrets as they are", ("*.tfstate", "*.tfstate.*")),
)
GROUPS: Final = (
    *(
        Group(SECRETS, f"it often holds {reason}; a bundle goes to a third party", patterns, _SAMPLES, any_case=True)
        for reason, patterns in _SECRET_FILES
    ),
    Group(
        "evaluation",
        "the reference packager excludes it too: the author of the skill needs it, its users do not",
        ("/evals/", "/*.skill"),
    ),
    Group(
        "repository",
        "it configures the repository, not the skill",
        ("/.gitignore", "/.gitattributes", "/.gitmodules", "/skillpack.toml", "/skillpack.lock"),
    ),
    Group("agents", "it is the state of an agent", ("/.claude/", "/.clawhub/", "/.clawdhub/")),
    Group("local", "its name means notes of one user, on one machine", ("*.local.md",), any_case=True),
    Group(
        "environments",
        "it is installed again where it is needed",
        (".venv/", "venv/", "node_modules/", ".pnpm-store/"),
    ),
    Group(
        "python",
        "Python or a Python tool generates it again",
        (
            *("__pycache__/", "*.pyc", "*.pyo", ".pytest_cache/", ".mypy_cache/", ".ruff_cache/", ".hypothesis/"),
            *(".tox/", ".nox/", ".eggs/", "*.egg-info/", ".ipynb_checkpoints/", ".coverage", ".coverage.*", "htmlcov/"),
        ),
    ),
    Group(
        "editors",
        "an editor stores its state there",
        ("*~", "*.swp", "*.swo", ".#*", r"\#*\#", ".idea/", ".vscode/", ".vs/"),
    ),
    Group(
        "system",
        "the operating system stores its metadata there",
        (
            *(".DS_Store", "._*", "__MACOSX/", ".Spotlight-V100/", ".Trashes/", ".fseventsd/"),
            *("Thumbs.db", "ehthumbs.db", "desktop.ini", ".directory", ".nfs*", ".fuse_hidden*"),
        ),
    ),
)

NAMED: Final = (SECRETS, "evaluation", "local")
"""Groups whose files the summary line names first, up to 20: the author may have wanted to pack them."""


class Default(NamedTuple):
    """One built-in pattern, and the group it belongs to."""

    pattern: str
    group: Group


@functools.lru_cache(maxsize=1024)  # a walk asks for every path, a rule again, and skills have the same folders
def default(path: str, *, directory: bool) -> Default | None:
    """Return the built-in pattern that excludes a path, if one does.

    Args:
        path: relative to the skill's root.
        directory: True if it is a folder.
    """
    parent, _, name = path.rpartition("/")
    inner = f"{parent.rpartition('/')[2]}/{name}"
    lower = inner.lower()
    exact, any_case, literals = _tables()
    for key, folded in ((name, name.lower()), (inner, lower)):
        of_folder = (exact.get(f"{key}/") or any_case.get(f"{folded}/")) if directory else None
        found = of_folder or exact.get(key) or any_case.get(folded)
        if found:
            return found
    if inner.isascii() and not _has_any(lower, literals):
        return None
    wild, patterns = _wild()
    match = wild.fullmatch(f"{inner}/" if directory else inner)
    if match is None or match.lastindex is None:
        return None
    found = patterns[match.lastindex - 1]
    return None if found.group.included and name.lower().endswith(found.group.included) else found


def _has_any(text: str, literals: tuple[str, ...]) -> bool:
    for literal in literals:  # noqa: SIM110 - `any` takes twice as long
        if literal in text:
            return True
    return False


@functools.lru_cache(maxsize=1024)
def find_secret_pattern(path: str) -> Default | None:
    """Return the built-in pattern by which a file, or a folder that it is in, is one of credentials.

    Args:
        path: of a file, relative to the skill's root.
    """
    folders = (path[:at] for at, char in enumerate(path) if char == "/")
    decided = (default(path, directory=False), *(default(folder, directory=True) for folder in folders))
    return next((found for found in decided if found and found.group.name == SECRETS), None)


@functools.cache
def _tables() -> tuple[dict[str, Default], dict[str, Default], tuple[str, ...]]:
    """Sort the patterns: whole names to look up, those in any case by their lowercase, and literals of the rest.

    A path in ASCII that has none of the literals in any case matches none of the rest; most paths have none.
    """
    exact: dict[str, Default] = {}
    any_case: dict[str, Default] = {}
    literals: dict[str, None] = {}
    for found in _defaults():
        key = found.pattern.removeprefix("**/")
        if "*" in key:
            literals[max(key.strip("/").replace("\\", "").split("*"), key=len).lower()] = None
        elif found.group.any_case:
            any_case[key.lower()] = found
        else:
            exact[key] = found
    return (
        exact,
        any_case,
        tuple(one for one in literals if not any(other in one and other != one for other in literals)),
    )


@functools.cache
def _wild() -> tuple[re.Pattern[str], list[Default]]:
    """Return one regular expression for the patterns with `*`, and the pattern of each of its groups.

    To compile it takes one or two milliseconds; a GitPattern for each would take ten, and an import.
    """
    anywhere: list[str] = []
    at_root: list[str] = []
    patterns: list[Default] = []
    for rooted, branch in ((False, anywhere), (True, at_root)):
        for found in _defaults():
            if "*" in found.pattern.removeprefix("**/") and found.pattern.startswith("/") is rooted:
                branch.append(_branch(found))
                patterns.append(found)
    return re.compile(f"[^/]*/(?:{'|'.join(anywhere)})|/(?:{'|'.join(at_root)})", re.DOTALL), patterns


def _branch(found: Default) -> str:
    regex = to_regex(found.pattern.strip("/"), pathname=False)
    end = "/" if found.pattern.endswith("/") else "/?"
    return f"((?i:{regex}){end})" if found.group.any_case else f"({regex}{end})"


def _defaults() -> Iterator[Default]:
    return (Default(pattern, group) for group in GROUPS for pattern in group.patterns)
