"""Check the text of a skill's files: an empty body, a placeholder, paths of one machine or agent, open fences."""

from __future__ import annotations

import re
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Final

from skillpack.findings import Issue, Location
from skillpack.rules.engine import MOST_SEARCHED, Content, rule
from skillpack.rules.references import before_slashes, find_from, is_secondary
from skillpack.rules.text import is_visible
from skillpack.skill.skill import Skill
from skillpack.text import plural, width

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_LEAST_DESCRIPTION: Final = 20
"""Columns; no public skill describes itself in fewer. An ideograph takes two."""

_PLACEHOLDER: Final = (
    r"(?i)\W*(?:todo|tbd|fixme|xxx|placeholder|lorem ipsum|(?:your|a|the|skill|insert|add)? ?description(?: goes)? here"
    r"|(?:add|write|insert|enter) (?:a|the|your|skill) (?:[a-z]+ )?description"
    r"|description of (?:the|this|your) skill)\b"
    r"|.*\[todo\b"
)
_OF_PLACEHOLDER: Final = ("todo", "tbd", "xme", "xxx", "placeholder", "lorem", "descr")
"""One of these is in every placeholder. None has an i, for which the pattern takes letters that `casefold` does not."""

_USER: Final = (
    r"/(?:Users|home)(?<![\w.~}\])>@-]/Users)(?<![\w.~}\])>@-]/home)/([A-Za-z][\w.-]*)/"
    r"|:[\\/]{1,2}Users[\\/]{1,2}([A-Za-z][\w.-]*)[\\/]"
)
_ANYBODY: Final = (  # names of users: data, not prose
    r"user|users|username|user-name|user_name|me|you|name|someone|somebody|anyone|myself|whoami|home|shared"
    r"|public|default|admin|administrator|root|ubuntu|debian|fedora|ec2-user|centos|opc|azureuser|runner"
    r"|runneradmin|circleci|gitpod|codespace|vscode|node|app|application|nonroot|agent|claude|codex"
    r"|openclaw|hermes|oai|sandbox|jovyan|coder|vagrant|pi|git|linuxbrew|jenkins|docker|dev|developer"
    r"|deploy|deployer|builder|build|worker|work|workspace|www|www-data|data|postgres|mysql|airflow|spark"
    r"|hadoop|guest|nobody|student|test|tester|testuser|demo|example|sample|alice|bob|carol|dave|eve|john"
    r"|fred|joe|jack|jill|mary|sally|lisa|jane|doe|jdoe|johndoe|janedoe|john\.doe|jane\.doe"
    r"|foo|bar|baz|xxx|abc|acme|dashboard|settings|redacted|public_html"
    r"|profile|about|index|login|assets|static|images|api|docs|blog|en|de|fr|scratch"
    r"|usr|server|service|host|account|appuser|appadmin|sysadmin|oracle|redis|mongo|mongod|mongodb|kafka|nginx|grafana"
    r"|oceanbase|dolphindb|ddb|clickhouse|cassandra|elastic|elasticsearch|neo4j|influxdb|rabbitmq|zookeeper|hdfs|hive"
    r"|hbase|flink|tomcat|minio|gitlab|gitlab-runner|prometheus|zabbix|laravel|forge|homeassistant|odoo|frappe|steam"
    r"|minecraft|db2inst|hduser|ha"
    r"|logs?|tmp|temp|opt|local|src|project|projects|repo|code|ci|person|victim|attacker|container|clawdbot|moltbot|[a-z]"
)
"""Names of accounts in documentation, containers and hosted machines, and pages of web sites."""
_ANYBODY_IN: Final = r"(?i)user|your|name|^my|example|placeholder|someone|(?:path|server|test)$|^linux|^x+$|^\.+$"
_SAMPLE_PATH: Final = r"(?:[\w.-]+/)*(?:foo|bar|baz)(?:/|(?:\.\w+)?(?![\w/-]|\.\w))"
_NEAR: Final = 100  # characters behind a home
_WORD: Final = rb"(?<![\w/\\@.-])[a-z]\w*+(?![/\\@])"
_OFTEN: Final = 3  # times that a text about a product names it, in addition to the home of its account
_MOST_COUNTED: Final = 4 << 20  # bytes of a skill whose words are counted
_MOST_USERS: Final = 3  # of a skill; one with more holds documents in which users are samples
_MOST_HOMES: Final = 100_000  # of a skill
_LEAST_PRODUCT: Final = 3  # characters of the name of a skill

_HOME: Final = r"(?:~|\$HOME|\$\{HOME\})"
_AGENT: Final = (
    r"\$\{?CLAUDE_PLUGIN_(?:ROOT|DATA)\b\}?"
    rf"|{_HOME}/\.(?:claude|codex|cursor|gemini|copilot|windsurf|hermes|agents|config/opencode)/(?:skills?|plugins)/[\w.-]*[\w-]"
    rf"|{_HOME}/\.(?:openclaw|clawdbot|moltbot)/(?:[\w./-]*[\w/-])?"
)
"""Where an agent puts skills and plugins: Claude Code's plugin variables, and folders under the home of the user."""

_AGENT_BEGINS: Final = {b"~": ("~/.",), b"$": ("$CLAUDE_PLUGIN_", "${CLAUDE_PLUGIN_", "$HOME/.", "${HOME}/.")}
"""How each of them begins, by the first byte: a search for one byte is quick, and most texts do not have it."""

_FENCE: Final = rb"\n {0,3}(`{3,}|~{3,})([^\n]*)"  # a search for `\n` is ten times as quick as one for `^`
_INFO: Final = rb"```(?:(?<=\n```)|(?<=\n ```)|(?<=\n  ```)|(?<=\n   ```))([^\n]*)"
"""What follows the first three backquotes of each fence: the search for these takes a tenth of that for `_FENCE`."""
_NO_INFO: Final = frozenset((b"", b"\r"))
_MOST_FENCES: Final = 200_000  # of a skill
_MOST_PARSED: Final = 128 * 1024  # bytes of a skill
_FRONTMATTER: Final = rb"\A---[ \t]*\r?\n(?:.*?\n)?---[ \t]*(?:\r?\n|\Z)"

# comments and strings; a string that is not closed ends with its line, or each quote in it would be tried
_NOT_CODE: Final = r"#[^\n]*|(\"{3}|'{3})[\s\S]*?(?:\1|\Z)|\"(?:\\[\s\S]|[^\"\\\n])*+\"?|'(?:\\[\s\S]|[^'\\\n])*+'?"
_MOST_SCRIPTS: Final = 2 << 20  # bytes of a skill
_INPUT: Final = r"input(?<![^\s=(,\[:]input)(?<!def input)(?=[ \t\f]*\()"  # a search for its first letters is quick


@rule(Skill)
def body_empty(skill: Skill) -> Iterator[Issue]:
    if skill.manifest and skill.frontmatter:
        body = skill.content[skill.frontmatter.end :].partition(b"\n")[2]
        if not is_visible(body.decode("utf-8", "replace")):
            line = skill.content.count(b"\n", 0, skill.frontmatter.end) + 1
            yield Issue(
                "body-empty", Location(skill.manifest.path, line=line), "there is no text after the frontmatter"
            )


@rule(Skill)
def description_placeholder(skill: Skill) -> Iterator[Issue]:
    reading = skill.reading
    text = ((reading and reading.description) or "").strip()
    if not text or not is_visible(text):
        return
    folded = text.casefold()
    if any(part in folded for part in _OF_PLACEHOLDER) and re.match(_PLACEHOLDER, text):
        message = "the description is a placeholder"
    elif _words(text) == _words(skill.name or "") != "":
        message = "the description is only the name again"
    elif all(width(part) < _LEAST_DESCRIPTION for part in (text[: 2 * _LEAST_DESCRIPTION], text)):  # most at once
        message = f"the description has only {plural(len(text), 'character')}"
    else:
        return
    yield Issue("description-placeholder", skill.at("description"), message)


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold().replace("_", " ")))


@rule(Content, when=lambda file: file.searched)
def path_of_author(content: Content) -> Iterator[Issue]:
    near = content.once(before_slashes)
    if b"/Users/" not in near and b"/home/" not in near and not _may_hold(content.content, b"\\", b"\\Users"):
        return
    judged: set[str] = set()  # of one name, only the first path is reported
    known = content.bounded(_Users)
    users, words = known.names, None
    product = _words(content.skill.name).replace(" ", "")
    for found, place in () if content.effort.is_spent() else _find_all(content, known.find):
        name = found[1] or found[2]
        key = name.casefold()
        if key in judged or (len(users) == _MOST_USERS and key not in users):
            continue
        judged.add(key)
        if re.fullmatch(_ANYBODY, key.rstrip("0123456789")) or re.search(_ANYBODY_IN, name):
            continue
        if re.match(_SAMPLE_PATH, found.string[found.end() : found.end() + _NEAR]):
            users.add(key)
            continue
        if len(product) >= _LEAST_PRODUCT and key.startswith(product):  # the account that the product runs as
            continue
        if words is None:
            words = known.count_words(content.content)
            if words is None:  # whether they are accounts of products is not known
                return
        if words[key.encode()] >= _OFTEN:
            continue
        users.add(key)
        yield Issue("path-of-author", place, f"{found[0]} is the home of one user, on one machine")


class _Users:
    """The users whose homes the files of a skill name, so far, and how much more is looked at."""

    def __init__(self, _skill: Skill) -> None:
        self.names: set[str] = set()
        self.left = _MOST_HOMES
        self._counted = 0

    def used(self) -> float:
        """Return how much of what it may look at it has."""
        return 1 - self.left / _MOST_HOMES + self._counted / _MOST_COUNTED

    def count_words(self, text: bytes) -> Counter[bytes] | None:
        """Return how often each word is in a text, or None where too much was counted before."""
        self._counted += len(text)
        return Counter(re.findall(_WORD, text.lower())) if self._counted <= _MOST_COUNTED else None

    def find(self, text: str) -> Iterator[re.Match[str]]:
        """Yield the homes in a text, as long as some are left."""
        for found in re.compile(_USER).finditer(text) if self.left else ():
            self.left -= 1
            yield found
            if not self.left:
                return


@rule(Content, when=lambda file: file.searched)
def path_of_agent(content: Content) -> Iterator[Issue]:
    begins = [
        begin
        for sign, longer in _AGENT_BEGINS.items()
        if content.content.find(sign) >= 0
        for begin in longer
        if begin.encode() in content.content
    ]
    if not begins:
        return
    if is_secondary(content.file.path):  # how to install it in each agent
        return
    seen: set[str] = set()
    pattern = re.compile(_AGENT)
    for found, place in _find_all(content, lambda text: find_from(begins, text, pattern)):
        if found[0] not in seen:
            seen.add(found[0])
            yield Issue("path-of-agent", place, f"{found[0]} exists only where one particular agent is installed")


@rule(Content, when=lambda file: file.markdown)
def fence_unclosed(content: Content) -> Iterator[Issue]:
    if len(content.content) > MOST_SEARCHED or not _may_have_fences(content.content):
        return
    head = re.match(_FRONTMATTER, content.content, re.DOTALL)
    text = b"\n" + content.content[head.end() if head else 0 :]
    fences = content.bounded(_Fences)
    if not fences.left or content.effort.is_spent():
        return
    opened = _find_open(text, fences)
    opened = opened and fences.find_parsed(text, opened)
    if not fences.left:
        message = f"at least {_MOST_FENCES:,} fences; open ones were not looked for in this file and those after it"
        yield Issue("fence-unclosed", Location(content.file.path), message)
    elif opened:
        above = content.content.count(b"\n", 0, head.end()) if head else 0
        line = above + text.count(b"\n", 0, opened.start(1))
        lines = text.count(b"\n", opened.end())
        column = opened.start(1) - opened.start()
        place = Location(content.file.path, line=line, column=column, end_line=line, end_column=column + len(opened[1]))
        after = "the line after it is code" if lines == 1 else f"the {lines:,} lines after it are code"
        message = f"the code block is not closed; {after}"
        yield Issue("fence-unclosed", place, message)


def _may_have_fences(content: bytes) -> bool:
    return b"```" in content or _may_hold(content, b"~", b"~~~")


class _Fences:
    """How many more fences of a skill are looked at, and bytes parsed to know whether one is in HTML."""

    def __init__(self, _skill: Skill) -> None:
        self.left = _MOST_FENCES
        self._bytes = _MOST_PARSED

    def used(self) -> float:
        """Return how much of what it may look at it has."""
        return 1 - self.left / _MOST_FENCES + 1 - self._bytes / _MOST_PARSED

    def find_parsed(self, text: bytes, opened: re.Match[bytes]) -> re.Match[bytes] | None:
        """Return the open fence as a parser reads the text, in which HTML may hide some; without HTML the one given."""
        if b"\n<" not in text[: opened.start()] or len(text) > self._bytes:
            return opened
        self._bytes -= len(text)
        from markdown_it import MarkdownIt

        parser = MarkdownIt("commonmark").disable(["inline", "reference"])
        text = text if text.endswith(b"\n") else text + b"\n"
        blocks = parser.parse(re.sub(rb"\r(?!\n)", b" ", text).decode("utf-8", "replace"))
        for block in blocks[-1:]:
            if block.type == "fence" and block.map and block.content.count("\n") == block.map[1] - block.map[0] - 1:
                begins = [found.start() for found in islice(re.finditer(b"\n", text), block.map[0])]
                return re.compile(_FENCE).match(text, begins[-1])
        return None


def _find_open(text: bytes, fences: _Fences) -> re.Match[bytes] | None:
    """Return the fence that opens a block which is not closed, as far as fences are looked at."""
    if not _may_hold(text, b"~", b"~~~"):
        infos: list[bytes] = re.findall(_INFO, text)
        if len(infos) <= fences.left and _is_each_closed(infos):
            fences.left -= len(infos)
            return None
    opened: re.Match[bytes] | None = None
    for found in islice(re.finditer(_FENCE, text), fences.left):
        fences.left -= 1
        if opened is None:
            if found[1].startswith(b"~") or b"`" not in found[2]:
                opened = found
        elif found[1].startswith(opened[1]) and not found[2].decode("utf-8", "replace").strip():
            opened = None
    return opened


def _is_each_closed(infos: list[bytes]) -> bool:
    """Return True if every second fence closes the one before it, as in most texts; each has three backquotes."""
    return len(infos) % 2 == 0 and _NO_INFO.issuperset(infos[1::2]) and b"`" not in b"".join(infos[::2])


@rule(Content, when=lambda file: file.python and file.searched)
def script_reads_stdin(content: Content) -> Iterator[Issue]:
    if not _may_hold(content.content, b"(", b"input") or not content.bounded(_Scripts).spend(content):
        return
    for _, place in _find_all(content, _find_input):
        yield Issue("script-reads-stdin", place, "input() waits for a person to type, which no agent does")
        return


class _Scripts:
    """How many more bytes of scripts that may call input() are searched for it."""

    def __init__(self, _skill: Skill) -> None:
        self._left = _MOST_SCRIPTS

    def used(self) -> float:
        """Return how much of what may be searched was."""
        return 1 - self._left / _MOST_SCRIPTS

    def spend(self, script: Content) -> bool:
        """Return whether a script is searched, and count it if it is."""
        fits = len(script.content) <= self._left and not script.effort.is_spent()
        self._left -= len(script.content) * fits
        return fits


def _find_input(text: str) -> Iterator[re.Match[str]]:
    """Yield the calls of input() that are in no string or comment, and after none in their line."""
    others = re.compile(_NOT_CODE).finditer(text)
    other = next(others, None)
    done, quoted = 0, False
    for found in re.compile(_INPUT).finditer(text):
        *lines, line = text[done : found.start()].rsplit("\n", 1)
        quoted = (quoted and not lines) or any(sign in line for sign in "#'\"")
        done = found.start()
        if quoted:
            continue
        while other and other.end() < found.end():
            other = next(others, None)
        if other is None or other.start() >= found.end():
            yield found


def _may_hold(text: bytes, byte: bytes, *literals: bytes) -> bool:
    """Return whether a text has one of the literals, all of which have a byte.

    A search for one byte takes a tenth of the time, and most texts do not have it.
    """
    if text.find(byte) < 0:
        return False
    for literal in literals:  # noqa: SIM110 - `any` takes longer than most of these searches
        if literal in text:
            return True
    return False


def _find_all(
    content: Content, find: Callable[[str], Iterable[re.Match[str]]]
) -> Iterator[tuple[re.Match[str], Location]]:
    """Yield each match in a text file with its place; `find` returns those of its text."""
    text = content.content.decode("utf-8", "replace")
    line, begin, counted = 1, 0, 0
    for found in find(text):
        at = found.start()
        if breaks := text.count("\n", counted, at):
            line, begin = line + breaks, text.rfind("\n", counted, at) + 1
        counted = at
        column = at - begin + 1
        yield (
            found,
            Location(
                content.file.path,
                line=line,
                column=column,
                end_line=line,
                end_column=column + len(found[0].partition("\n")[0]),
            ),
        )
