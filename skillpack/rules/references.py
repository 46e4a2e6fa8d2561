"""Find the files that Markdown refers to and that are not in the skill: links, images, inline code, shell commands.

Most files refer to nothing, or to nothing that is missing. A regular expression that matches too much rather than too
little finds those, so that only blocks are parsed in which a reference may be broken.
"""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_right
from collections import Counter
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import unquote

from skillpack.findings import Issue, Location, Severity
from skillpack.frontmatter.nodes import lazy
from skillpack.rules.blocks import ends_label
from skillpack.rules.engine import Content, rule
from skillpack.skill.tree import is_manifest
from skillpack.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from skillpack.rules.markdown import Mention
    from skillpack.skill.decisions import Excluded
    from skillpack.skill.skill import Skill


MAX_BYTES: Final = 128 * 1024
"""Markdown beyond this size is data, and the time to parse a hostile one grows with its square."""

MAX_TOTAL_BYTES: Final = 1 << 20
"""Of all Markdown of a skill that has to be parsed, in archive order: this much takes a second."""

MAX_TOTAL_MARKS: Final = 70_000
"""Marks of the same Markdown, and more for each target that may be missing; each takes up to 15 µs."""

MAX_TOTAL_TARGETS: Final = 40_000
"""Targets, and words that may be one, of all Markdown of a skill that are looked up, before any of it is parsed."""

_MARKS: Final = ("\n", "|", "[", "`", "<", "<", ">", "- ", "* ", "+ ", ". ", ") ")
"""What begins a line, a cell, a label, code, an address (it counts twice), a quote or an item."""
_MARKS_OF_LINK: Final = 10
_MARKS_OF_WORD: Final = 80  # the text around a path in code may state that it is elsewhere
_WORD_BYTES: Final = 20  # of a word before a slash: no folder that is looked for has a longer name
_MOST_BEGINS: Final = 1000  # in one text that are looked at one by one
_BYTES_OF_SLASH: Final = 64  # in so many bytes on average a text has at most one slash, or its slashes are frequent
_MOST_TARGETS: Final = 1000  # in one file; a longer list is generated
_MOST_OPEN: Final = 1000  # unclosed brackets; the parser looks for the end of each

# Patterns are compiled where they are used: most files have nothing to match.
_LINK: Final = r"\]\(\s*(?:<([^<>\n]*)>|([^\s)]*))|\]:\s*<?([^\s>]+)"
_AMBIGUOUS: Final = r"[\\&()]"
"""Markdown may read such a target differently: escapes, entities, paired brackets."""

_FOLDERS: Final = ("scripts", "references", "assets", "resources", "examples", "templates")
"""Folders of a skill: the first three in the specification, the others in public skills."""

_CODE_FOLDERS: Final = ("lib", "src")
"""Names of folders that are the user's own as often as the skill's: they count where the skill has one."""

_ROOT: Final = r"(?:\{baseDir\}|\$\{CLAUDE_SKILL_DIR\}|\$CLAUDE_SKILL_DIR)/"
"""What agents replace with the folder of the skill."""

_ROOTS: Final = ("{baseDir}/", "${CLAUDE_SKILL_DIR}/", "$CLAUDE_SKILL_DIR/")

_WORD: Final = r"[^\s`'\"]*"
_SCHEME: Final = r"[A-Za-z][A-Za-z0-9+.-]*:"
_PLACEHOLDER: Final = (
    r"[{}<>$*\[\]|\\]|\.\.\.|…|\bpath/to\b|\bX{2,}\b|\bx{3,}\b|\bYYYY"
    r"|\b(?:your|my|some)[-_]|\b(?:script|file)[-_]?names?\b|\b(?:foo|bar|NAME)\b|\bdo[-_]something\b"
    r"|(?:\A|/)(?:path|file)\.md\Z"
)
_INTERPRETER: Final = (
    r"(?:uv run|poetry run|pipenv run|npx|pnpm exec|python3?(?:\.\d+)?|py|node|deno run|bun(?: run)?|bash|sh|zsh|ruby"
    r"|perl|php|pwsh|Rscript|tsx|ts-node|source|\.|sudo|time|chmod \+x)"
)
_INTERPRETER_BEFORE: Final = rf"(?:\A|[ >$%]){_INTERPRETER}\Z"
_LINE_START: Final = r"\./\Z|\A[ >]*(?:[$%] )?\Z"
_COMMAND: Final = (
    rf"\s*(?:[$>%] )?\s*(?:[A-Z_]+=\S+ +)*((?:{_INTERPRETER} +(?:-\S+ +)*)*)[\"']?"
    r"([^\s\"'`|;&<>]+(?:<[^\s<>]*>[^\s\"'`|;&<>]*)*)"
)

_SPACED: Final = r"[\w./-]*/[\w-]+(?: [\w-]+)*\.\w{1,5}"
"""A path with spaces in the name of the file: nothing with an extension, or an option, comes before the last word."""

_ELSEWHERE: Final = (
    r"(?i)\b(?:e\.g\.|eg|i\.e\.|examples?|for instance|such as|suppose|imagine|like|similar to|hypothetical)(?:\W|$)"
    r"|\b(?:from|in|of) (?:the|that|another)\b[^.]*\bskill\b"  # it is in another skill
    r"|(?:``|\b(?!(?:this|the|your|each|a|own|current|every)\b)[\w-]+)[`*]* skills?['\u2019]s?\b"
    r"|\bskills\b.{0,20}\btheir\b|(?<!\bthis )(?<!\bthe )\bskill\b.{0,40}\bits\b"
    r"|\b(?:in|from|of|inside) (?:the|this|our|your) (?:[\w-]+ )?repo(?:sitory)?\b"
    r"|例如|比如|示例"
)
_THEIRS: Final = (
    r"(?i)(?:\b(?:project|repo(?:sitory)?|plugin|workspace|caller|user)(?:['\u2019]s|-provided) (?:[\w-]+ ){0,2}"
    r"|(?:\b(?:official|upstream)|官方) ?)(?:``,? (?:and |or )?)*\Z"
)
"""Right before a path, or a list of paths: the words that name the owner of the file."""

_SKILL_NAME: Final = r"`[</]?([a-z0-9]+(?:-[a-z0-9]+)+)>?`"
_OF_OTHER: Final = (
    rf"(?:{_SKILL_NAME}(?:(?:['\u2019]s| ?的| skill[,:]?)?|.*\sits| references?)"
    r"|: ([a-z0-9]+(?:-[a-z0-9]+)+)\n)[ \n(]*`*\Z"
)
"""Before a path, the name of the skill that has the file; also in Chinese."""

_IN_OTHER: Final = rf"\A`*\)? (?:in|of|from) (?:the )?{_SKILL_NAME}"
"""The same behind a path."""

_ITEM_OF_SKILL: Final = rf"\A\**{_SKILL_NAME}\**[ :]"
_OTHER_SKILLS: Final = (
    r"(?im)\b(?:other|another|related|companion|sibling)\b.*\bskills?\b|\bskill\b.*\bothers\b|\bskills\W*$"
)
"""A list of other skills, as the text before it has it, and how an item of it begins."""

_MADE_BY: Final = (
    r"(?i)\A\W*(?:auto-?)?generated (?:by|with|from) ?\Z|\b(?:existing|used by) ?\Z"
    r"|\b(?:split|extract)\b.*\b(?:in|to)"
)
"""Before a path: what wrote or uses a page is not bundled with it; what exists already or is split is the user's."""

_OF_PROJECT: Final = (
    r"\.github/|\bMakefile\b|`make [a-z]|\bpre-commit\b|\b(?:Cargo|pyproject)\.toml\b|\bpackage\.json\b"
    r"|\b(?:[Mm]ono)?[Rr]epo(?:s|sitory|sitories)?\b|\b[Pp]roject(?:['\u2019]s)? root\b"
)
"""Signs that a page is about work on a repository: the paths in it may be of that."""

_PROJECT_BEGINS: Final = (
    *(".github/", "Makefile", "`make ", "pre-commit", "Cargo.toml", "pyproject.toml", "package.json"),
    *("repo", "Repo", "monorepo", "monoRepo", "Monorepo", "MonoRepo", "project", "Project"),
)
"""How each of them begins."""

_OF_WORK: Final = r"\bCI\b|\b[Ww]orkspace\b|\b[Pp]ull [Rr]equest|\bPR\b"
"""Signs of which it takes two."""

_WORK_BEGINS: Final = ("CI", "workspace", "Workspace", "pull ", "Pull ", "PR")
"""How each of them begins."""

_READING: Final = (
    r"(?i)\b(?:see|read|load|open|consult|follow|refer to|use|copy|start (?:from|with))(?: from| the)?"
    r"(?: ``,?(?: and| or)?)*\s*\Z"
)
"""Right before a path, or a list of paths: it is to be opened."""

_LIST: Final = 3
"""Files of one folder that a page names: they are a list of what the skill has."""

_SHELL: Final = ".sh"
"""What a project's own scripts are written in more often than a skill's."""

_CONDITION: Final = (
    r"(?i)\b(?:if|when|whether|unless|where)\b.*\b(?:exists?|existing|present|available|found|provided|there|needed)\b"
    r"|\bif any\b|\bcheck (?:if|for|whether)\b|\b(?:file|folder|directory) exists\b"
    r"|\boptional(?:ly)?\b|\bcoming soon\b|\bplanned\b|\b(?:would|could|might|may)\b"
    r"|(?:\bnot (?:yet )?(?:included|exist)|n['\u2019]t exist)"
    r"|(?:如果|若|是否)(?:.*)存在|可选"
)
_SAMPLE: Final = r"[✓✔✅❌✗✘✖👍👎]|(?i:\b(?:good|bad|wrong|correct|incorrect|avoid|don'?t|do not|never|instead of)\b)"
_SAMPLE_LEAD: Final = (
    r"(?i)\b(?:examples?|e\.g\.|for instance|such as|good|bad|wrong|anti-?patterns?)\b"
    r"|(?i:\b(?:folder|file|directory|project)\b.*\b(?:structure|layout|tree|organi[sz]ation)\b"
    r"|\b(?:outputs?|deliverables?|artifacts?|optional(?:ly)?)\b)"
)
_ABOUT_SKILLS: Final = (
    r"skill.*(?:creat|develop|writ|author|build|generat|mak)|(?:creat|develop|writ|author|build).*skill"
)
"""Names of skills on how to write skills; the files that they name in code are those of other skills."""

_CREATING: Final = r"(?i)\b(?:create|save|write|add|(?:move|copy|rename) (?:it|this|them))\b|创建|新建|编写|保存|写入"
_FILLING: Final = (
    r"(?i)\b(?:capture|record|document|store|generate|draft|produce|put|keep|build|start(?! from\b)"
    r"|create|save|write|add|(?:move|copy|rename) (?:it|this|them))\b|创建|新建|编写|保存|写入|生成"
)
_MADE: Final = r"(?:>|\btee|\btouch|\bcp \S+|\bmv \S+|\s-o|--out(?:put)?(?:-file)?[ =])\s*[\"']?(?:\./)?([\w./-]+)"
_SAMPLE_FILE: Final = (
    r"(?m)^[ \t>]*(?:`{3,}|~{3,}).*\n[ \t>]*(?:#|//|--|/\*|<!--)+[ \t]*(?:File: *)?`?(?:\./)?([\w./-]+)"
)
_SAMPLE_TITLE: Final = r"(?m)^[ \t>#*\d.-]*`?\**`?(?:\./)?([\w./-]+)`?\**`?:?\**[ \t]*\n+[ \t>]*(?:`{3,}|~{3,})"
_SENTENCE_END: Final = r"(?<!\be\.g)(?<!\bi\.e)[.!?]\s"
_CODE: Final = r"`+[^`]+`+"
_FENCE: Final = r"\n(?: {0,3}>)* {0,3}(?P<marks>`{3,}+(?![^\n]*`)|~{3,}+)(?P<info>[^\n]*)"
_NEAR: Final = 300
"""Characters: sentences are rarely longer, and a paragraph can have a million."""

_DATA_FOLDER: Final = (
    r"/(?:evals?|cases|test[-_]?cases|fixtures|golden|(?:[\w.]+-)?outputs?|(?:demo|sample)[-_][\w-]+)/"
)
"""Folders of what was put in or came out elsewhere."""

_SECONDARY: Final = ("readme", "changelog", "contributing")
"""Files for people rather than agents: what is missing there is only a note."""


Problem = Literal["broken", "excluded", "outside"]
"""Why a file that Markdown refers to cannot be opened."""


class Reference(NamedTuple):
    """A file or folder that Markdown refers to and that is not in the bundle.

    `target` is the decoded text of the reference, and `path` what it resolves to, relative to the skill's root.
    `excluded` is the entry that excludes it from the bundle, if that is the problem. `unsure` is true for a file that
    may be one of the user's project.
    """

    kind: Literal["link", "image", "path", "command"]
    target: str
    path: str
    problem: Problem
    location: Location
    excluded: Excluded | None = None
    unsure: bool = False


def before_slashes(content: Content) -> bytes:
    """Return the slashes of a file, each with the word before it, cut to its end; a fiftieth of most texts.

    Where slashes are frequent, that is the whole content.
    """
    most = len(content.content) // _BYTES_OF_SLASH
    parts = content.content.split(b"/", most)
    return content.content if len(parts) > most else b"/".join([part[-_WORD_BYTES:] for part in parts])


def find_references(content: Content) -> tuple[Reference, ...]:
    """Return the broken references of a Markdown file, each target once, in the order of the file."""
    path = content.file.path
    if not path.lower().endswith(".md") or _is_template(path) or content.skill.tree.selection.cut_short:
        return ()  # where the walk was cut short it is not known what is there
    budget = content.bounded(_Budget)
    if len(content.content) > MAX_BYTES or not budget.look_up(0) or content.effort.is_spent():
        return ()
    places = _Places(content)
    if not places.begins and not _may_have_links(content.content):
        return ()
    text = _read(content.content)
    candidates = list(islice(_candidates(text, places, budget), _MOST_TARGETS + 1))
    if not budget.look_up(0) or len(candidates) > _MOST_TARGETS:
        return ()
    suspects = sorted(candidate for candidate in candidates if places.may_be_missing(candidate.target))
    if not suspects or _has_many_open(content.content) or not budget.spend(text, suspects):
        return ()
    from skillpack.rules.markdown import find_mentions

    mentions = find_mentions(text, _lines_to_parse(text, suspects))
    found: dict[tuple[Problem, str, bool], Reference] = {}
    for reference in _references(mentions, places, text, path):
        found.setdefault((reference.problem, reference.path, reference.kind in ("link", "image")), reference)
    return tuple(found.values())


def _may_have_links(content: bytes) -> bool:
    """Return True if a file has what a match of the pattern of links begins with."""
    return b"](" in content or b"]:" in content


def _has_many_open(content: bytes) -> bool:
    opened = content.count(b"[")
    return opened > _MOST_OPEN and opened - content.count(b"]") > _MOST_OPEN


def _read(content: bytes) -> str:
    """Return the text of a Markdown file; a lone carriage return ends a line there, as it does for Markdown."""
    text = content.decode("utf-8", "replace")
    if "\r" in text and text.count("\r") > text.count("\r\n"):
        return re.sub(r"\r(?!\n)", "\n", text)
    return text


def _lines_to_parse(text: str, suspects: list[_Candidate]) -> list[int]:
    """Return the lines of the suspects and, if one defines a link, every line that may use the link."""
    places = [suspect.at for suspect in suspects]
    if any(suspect.defines for suspect in suspects):
        places = sorted([*places, *(found.start() for found in re.finditer(r"\[", text))])
    lines: list[int] = []
    line = before = 0
    for place in places:
        line += text.count("\n", before, place)
        before = place
        if not lines or lines[-1] != line:
            lines.append(line)
    return lines


class _Budget:
    """How much more Markdown of a skill may be parsed; its files are checked in archive order."""

    def __init__(self, _skill: Skill) -> None:
        self._bytes, self._marks, self._targets = MAX_TOTAL_BYTES, MAX_TOTAL_MARKS, MAX_TOTAL_TARGETS

    def used(self) -> float:
        """Return how much of what most was taken of was taken."""
        return 1 - min(self._bytes / MAX_TOTAL_BYTES, self._marks / MAX_TOTAL_MARKS, self._targets / MAX_TOTAL_TARGETS)

    def look_up(self, targets: int) -> bool:
        """Take what looking up targets costs; return False if there is nothing left for more, or to parse a file."""
        self._targets -= targets
        return min(self._targets, self._bytes, self._marks) >= 0

    def spend(self, text: str, suspects: Iterable[_Candidate]) -> bool:
        """Take what parsing a file costs; return False if that is more than is left."""
        self._bytes -= len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
        self._marks -= sum(map(text.replace("\t", " ").count, _MARKS))
        self._marks -= sum(_MARKS_OF_WORD if suspect.is_word else _MARKS_OF_LINK for suspect in suspects)
        return self._bytes >= 0 and self._marks >= 0


@lru_cache(1024)  # most skills have files of the same few paths
def _is_template(path: str) -> bool:
    """Return True for a file to be filled in, or an example of one, and for notes on a release: they name other files.

    Those of a template are in a project, and those of a release were in the skill then.
    """
    lower = f"/{path.lower()}"
    name = posixpath.basename(lower)
    return (
        "/assets/" in lower
        or "template" in lower
        or re.match(r"(?:example|sample)s?[-_.0-9]|v?\d+(?:\.\d+)+\.md\Z", name) is not None
        or re.search(_DATA_FOLDER, lower) is not None
    )


class _Candidate(NamedTuple):
    """What may be a target, and often is not: where it is in the text, and as it is decoded."""

    at: int
    target: str
    is_word: bool = False
    defines: bool = False


def _candidates(text: str, places: _Places, budget: _Budget) -> Iterator[_Candidate]:
    """Yield everything that may be a target, and much that is not, as long as the budget has something left."""
    for found in re.finditer(_LINK, text):
        defines = found[3] is not None and ends_label(text, found.start())
        written = (found[3] if defines else found[1] or found[2]) or ""
        yield _Candidate(found.start(), _strip_root(_decode(written)), defines=defines)
        if not budget.look_up(1):
            return
    for word in _words_in_text(text, places):
        near = max(word.start() - _NEAR, 0)
        before = text[max(text.rfind("\n", near, word.start()) + 1, near) : word.start()]
        if "`" in before or word[0] in places.excluded or _follows_command(before):
            yield _Candidate(word.start(), _strip_suffix(_strip_root(word[0])), is_word=True)
        if not budget.look_up(1):
            return


def _follows_command(before: str) -> bool:
    """Return whether a word that follows some text of its line may be what a command runs."""
    if re.search(_LINE_START, before):
        return True
    words = before.rstrip("\"'")
    if not words.endswith(" "):
        return False
    parts = words.split()
    while parts and parts[-1].startswith("-") and not re.search(_INTERPRETER_BEFORE, parts[-1]):  # an option of it
        parts.pop()
    return re.search(_INTERPRETER_BEFORE, " ".join(parts[-2:])) is not None


def _words_in_text(text: str, places: _Places) -> Iterator[re.Match[str]]:
    """Return each path in a folder of the skill and each excluded file that the text names, in its order."""
    return find_from(places.begins, text, places.pattern) if places.begins else iter(())


def find_from(begins: Sequence[str], text: str, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """Yield what `finditer` of a pattern does; where the begins are rare, that takes a tenth of the time.

    Args:
        begins: how each match begins.
        text: the text.
        pattern: what is looked for.
    """
    if sum(map(text.count, begins)) > _MOST_BEGINS:
        yield from pattern.finditer(text)
        return
    end = 0
    for start in sorted(start for begin in begins for start in _find_literal(begin, text)):
        if start >= end and (found := pattern.match(text, start)):
            end = found.end()
            yield found


def _find_literal(literal: str, text: str) -> Iterator[int]:
    at = text.find(literal)
    while at >= 0:
        yield at
        at = text.find(literal, at + 1)


def _references(mentions: Iterable[Mention], places: _Places, text: str, path: str) -> Iterator[Reference]:
    problems = [
        (mention, target, found)
        for mention in mentions
        if not places.about_skills or not _is_code(mention)
        for mention, target in _targets(mention, places)
        if (found := places.problem(target, from_root=_is_code(mention)))
    ]
    to_come = {target for mention, target, _ in problems if mention.kind == "path" and _is_to_be_made(mention, target)}
    if any(_is_code(mention) for mention, _, _ in problems):
        to_come |= _find_made(text, places)
    for mention, target, (problem, resolved, excluded) in problems:
        if _is_code(mention) and (target in to_come or _is_elsewhere(mention, target, places.name)):
            continue
        if not _is_code(mention) and places.is_in_sample(mention.line):
            continue
        evidence = places.evidence(mention, target) if _is_code(mention) and problem == "broken" else "strong"
        if evidence is None:
            continue
        location = Location(
            path, line=mention.line, column=mention.column, end_line=mention.line, end_column=mention.end
        )
        yield Reference(mention.kind, target, resolved, problem, location, excluded, unsure=evidence == "weak")


def _is_code(mention: Mention) -> bool:
    return mention.kind in ("path", "command")


def _find_made(text: str, places: _Places) -> set[str]:
    """Return what commands and samples make, of the files in folders of the skill and the excluded ones."""
    patterns = [re.compile(pattern) for pattern in (_MADE, _SAMPLE_FILE, _SAMPLE_TITLE)]
    return {
        found[1]
        for begin, end in _near(text, places)
        for pattern in patterns
        for found in pattern.finditer(text, begin, end)
    }


def _near(text: str, places: _Places) -> Iterator[tuple[int, int]]:
    """Yield the parts of a text that name files, each with the line before and the next one that is not empty."""
    begin, end, line_end = 0, -1, 0
    for word in _words_in_text(text, places):
        if word.start() < line_end:  # a line can name thousands
            continue
        line_end = _line_end(text, word.end())
        first = text.rfind("\n", 0, max(text.rfind("\n", 0, word.start()), 0)) + 1
        if first > end:
            if end >= 0:
                yield begin, end
            begin = first
        blank = re.compile(r"\n*").match(text, line_end)
        end = _line_end(text, blank.end() if blank else line_end)
    if end >= 0:
        yield begin, end


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return end if end >= 0 else len(text)


def _targets(mention: Mention, places: _Places) -> Iterator[tuple[Mention, str]]:
    """Yield a mention, narrowed to the path in a command, and the decoded path."""
    if mention.kind in ("link", "image"):
        yield mention, _strip_root(_decode(mention.target))
        return
    if "\n" in mention.target:
        return
    for begin, word in _words(mention, places):
        column = mention.column + begin
        end = min(column + len(word), mention.end)
        yield mention._replace(column=column, end=end), _strip_suffix(_strip_root(word)).removeprefix("./")


def _words(mention: Mention, places: _Places) -> Iterator[tuple[int, str]]:
    """Yield the index and text of each path in inline code or a command: the script it starts, and excluded files."""
    code = mention.target
    single = mention.kind == "path" and len(code.split()) == 1
    if mention.kind == "path" and not single and re.fullmatch(_SPACED, code) and places.is_own(code.split()[0]):
        yield 0, code
        return
    command = re.match(_COMMAND, code)
    if command:
        word, starts = command[2], command[1] or command[2].startswith("./") or re.match(_ROOT, command[2])
        if places.is_own(word) and (single or starts or mention.kind == "path"):
            yield command.start(2), word
    for found in re.finditer(r"[^\s\"'`|;&<>()]+", code) if places.excluded else ():
        if not (command and found.start() == command.start(2) and places.is_own(found[0])) and places.excludes(
            found[0]
        ):
            yield found.start(), found[0]


def _is_to_be_made(mention: Mention, target: str) -> bool:
    """Return True if the text asks the reader to create the file: `save the terms in references/x.md`."""
    verbs = _CREATING if target.startswith("scripts/") else _FILLING
    return re.search(verbs, _sentence(mention)[0]) is not None


def _runs(mention: Mention) -> bool:
    """Return True if a command or inline code starts a script: `python scripts/x.py`, `./scripts/x.sh`."""
    command = re.match(_COMMAND, mention.target)
    return command is not None and bool(command[1] or command[2].startswith("./"))


def _is_to_be_read(mention: Mention) -> bool:
    """Return True if the word before a path asks the reader to open it."""
    return mention.kind == "path" and re.search(_READING, _sentence(mention)[0]) is not None


def _is_tested(mention: Mention, target: str) -> bool:
    """Return True if a sample runs a file only where it exists: `if [ -x scripts/x.sh ]`."""
    near = mention.block[max(0, mention.at - _NEAR) : mention.at + _NEAR]
    return re.search(rf"\s-[efrsx] [\"']?(?:[^\s\"']*/)?{re.escape(target)}[\s\"']", near) is not None


def _is_elsewhere(mention: Mention, target: str, name: str) -> bool:
    """Return True if the file is an example, a task, named on a condition, or of another skill than the named."""
    before, after = _sentence(mention) if mention.kind == "path" else ("", "")
    if mention.block.startswith(("[ ]", "[x]", "[X]")) or (mention.kind == "command" and _is_tested(mention, target)):
        return True
    sentence = before + after
    return (
        re.search(_ELSEWHERE, sentence) is not None
        or re.search(_THEIRS, before) is not None
        or re.search(_MADE_BY, before) is not None
        or (mention.kind == "path" and _is_of_other(mention, name))
        or re.search(_CONDITION, sentence) is not None
        or re.search(_SAMPLE, before) is not None
        or re.search(_SAMPLE_LEAD, re.sub(_CODE, "``", mention.lead)) is not None
    )


def _is_of_other(mention: Mention, name: str) -> bool:
    """Return True if the name of another skill is right before or behind a path."""
    end = mention.at + len(mention.target)
    before = re.search(_OF_OTHER, mention.block[max(0, mention.at - _NEAR) : mention.at], re.DOTALL)
    after = re.search(_IN_OTHER, mention.block[end : end + _NEAR])
    listed = re.match(_ITEM_OF_SKILL, mention.block) if re.search(_OTHER_SKILLS, mention.lead) else None
    return any(found and found[found.lastindex or 1] != name for found in (before, after, listed))


def _sentence(mention: Mention) -> tuple[str, str]:
    """Return the text before and after the place in its sentence, without the code in it."""
    end = mention.at + len(mention.target)
    before = mention.block[max(0, mention.at - _NEAR) : mention.at].rstrip("`")
    after = mention.block[end : end + _NEAR].lstrip("`")
    # `examples/x.md` is not an example, and a sentence goes on over the end of a line
    before, after = (re.sub(_CODE, "``", part).replace("\n", " ") for part in (before, after))
    return re.split(_SENTENCE_END, before)[-1], re.split(_SENTENCE_END, after)[0]


def _strip_root(word: str) -> str:
    return f"./{word.partition('/')[2]}" if word.startswith(_ROOTS) else word


def _strip_suffix(word: str) -> str:
    """Return a path without what a sentence or a command can add to it: `:12`, `#top`, a comma."""
    return re.split(r"[:#(,;]", word)[0].rstrip(".)")


def _decode(target: str) -> str:
    return unquote(target.partition("#")[0].partition("?")[0])


class _Index:
    """The files, folders and excluded entries of a skill, by path."""

    def __init__(self, skill: Skill) -> None:
        tree = skill.tree
        self.about_skills = re.search(_ABOUT_SKILLS, f"{skill.name} {tree.directory}".casefold()) is not None
        self.there = {file.path for file in tree.files} | {issue.location.path for issue in tree.selection.rejected}
        self.there |= {folder for path in self.there for folder in _folders(path)}
        self.there.add("")
        self.roots = {posixpath.dirname(file.path) for file in tree.files if is_manifest(posixpath.basename(file.path))}
        """The folder of the skill, and those of skills inside it."""
        self.excluded = {entry.path.rstrip("/"): entry for entry in tree.selection.excluded}
        self.excluded_below: dict[str, Excluded] = {}
        for path, entry in self.excluded.items():
            for folder in _folders(path):
                self.excluded_below.setdefault(folder, entry)
        self._paths = [file.path for file in reversed(tree.files)]  # the first of two is found
        self._folders = [
            *_FOLDERS,
            *(folder for folder in _CODE_FOLDERS if folder in self.there | self.excluded.keys()),
        ]
        excluded, begins = tree.selection.excluded, (*(f"{folder}/" for folder in self._folders), *_ROOTS)
        if self.about_skills:  # the code in it names the files of other skills
            excluded = begins = ()
        self.names = {name for entry in excluded if (name := _name_in_text(entry))}
        self.folders = [(begin.encode(), begin) for begin in begins]
        """How each match of the pattern begins that is not an excluded file."""
        self.names_by_end: dict[bytes, list[tuple[bytes, str]]] = {}
        """The excluded files by the last two bytes of their names: bytes take half the time to search."""
        for name in self.names:
            encoded = name.encode("utf-8", "surrogatepass")
            self.names_by_end.setdefault(encoded[-2:], []).append((encoded, name))

    # most skills need none of these

    @lazy
    def own(self) -> re.Pattern[str]:
        """What a path in a folder of the skill looks like."""
        return re.compile(rf"(?:\./)?{self._own}")

    @lazy
    def pattern(self) -> re.Pattern[str]:
        """Such a path, or an excluded file, in a text."""
        return re.compile("|".join([self._own, *map(re.escape, sorted(self.names, reverse=True))]))

    @property
    def _own(self) -> str:
        return rf"(?:{_ROOT}|(?:{'|'.join(self._folders)})/){_WORD}"

    @lazy
    def by_case(self) -> dict[str, str]:
        """The files by their paths in lower case."""
        return {path.casefold(): path for path in self._paths}

    @lazy
    def by_stem(self) -> dict[str, str]:
        """The files by their paths without extension."""
        return {posixpath.splitext(path)[0]: path for path in self._paths}

    @lazy
    def by_name(self) -> dict[str, str]:
        """The files by their names."""
        return {posixpath.basename(path): path for path in self._paths}


def _name_in_text(entry: Excluded) -> str | None:
    """Return the path of an excluded file as text names it, or None for what no skill needs at run time."""
    decision = entry.decision
    return None if decision.layer == "always" or decision.group in _UNNEEDED else entry.path


_UNNEEDED: Final = ("repository", "agents", "environments", "python", "editors", "system", "evaluation")
"""Groups of the built-in patterns whose files text names for other reasons than to have them opened."""


class _Places:
    """The files and folders of a skill, as one of its files sees them."""

    def __init__(self, content: Content) -> None:
        index = self._index = content.once_for_skill(_Index)
        self._folder = content.file.path.rpartition("/")[0]
        self._roots = [folder for folder in _folders(content.file.path) if folder in index.roots]
        self._content = content.content
        self.excluded = index.names
        text, slashes = content.content, content.once(before_slashes)
        self.begins = [begin for encoded, begin in index.folders if encoded in slashes]
        """How each path begins that the file may name."""
        self.begins += [
            name
            for end, names in index.names_by_end.items()
            if end in text
            for encoded, name in names
            if encoded in text
        ]
        self.about_skills, self.name = index.about_skills, content.skill.name

    @property
    def pattern(self) -> re.Pattern[str]:
        """The path of a file of the skill, or of an excluded one."""
        return self._index.pattern

    def is_own(self, word: str) -> bool:
        """Return True if a word is a path in a folder of the skill, not the folder itself."""
        own = self._index.own.fullmatch(word)
        return own is not None and not word.endswith("/")

    def excludes(self, word: str) -> bool:
        """Return True if a word is the path of an excluded file, or of something in an excluded folder."""
        word = word.removeprefix("./").rstrip(".,:")
        return word in self._index.names or any(f"{folder}/" in self._index.names for folder in _folders(word))

    def may_be_missing(self, target: str) -> bool:
        """Return True if there may be a problem with a target; Markdown may read it differently."""
        if not target or target.startswith(("#", "/")) or re.match(_SCHEME, target):
            return False
        return re.search(_AMBIGUOUS, target) is not None or self.problem(target) is not None

    def problem(self, target: str, *, from_root: bool = False) -> tuple[Problem, str, Excluded | None] | None:
        """Return the problem with a target, the path it resolves to and what excludes it, or None.

        Args:
            target: relative to the file or to the root.
            from_root: name a missing file by its path from the root.
        """
        if target in self._index.there:  # as most are
            return None
        root = _resolve("", target)
        if root in self._index.there:
            return None
        near, *inner = (_resolve(folder, target) for folder in (self._folder, *self._roots))
        if not self._index.there.isdisjoint((near, *inner)) or not _is_judged(target):
            return None
        if near is None:
            return "outside", target, None
        for path in (near, root):
            if path is not None and (entry := self._entry(path)):
                return "excluded", path, entry
        return "broken", root if from_root and root is not None else near, None

    def evidence(self, mention: Mention, target: str) -> Literal["strong", "weak"] | None:
        """Return how sure it is that a missing path in code is one of the skill, not of the user's project.

        On a page about work on a project, only a file to be read or one of a list is surely of the skill, and no
        script, which projects have, too. On another page, a file to be read or run may be of the skill even if it has
        no such folder.
        """
        if re.search(_ROOT, mention.target):
            return "strong"
        if is_secondary(target):  # any folder may have a README
            return "strong" if self._has_folder(target) else None
        if _suggest(target, self._index):
            return "strong"
        folder, _, rest = target.partition("/")
        runs, is_read = _runs(mention), _is_to_be_read(mention)
        if self._has_folder(target):
            if folder in _CODE_FOLDERS and not runs and not is_read:
                return None
            is_own = runs or "." in posixpath.basename(rest) or folder == "references"
        else:
            is_own = folder == "references" and (rest.endswith(".md") or "." not in rest)
        if self._is_about_project:
            return "strong" if is_own and folder != "scripts" and (is_read or self._counts[folder] >= _LIST) else None
        is_opened = "." in rest and not rest.endswith(_SHELL) and (is_read or (runs and folder == "scripts"))
        return "strong" if is_own else "weak" if is_opened else None

    def _has_folder(self, target: str) -> bool:
        folder = target.partition("/")[0]
        return any(posixpath.join(place, folder) in self._index.there for place in ("", self._folder, *self._roots))

    def is_in_sample(self, line: int) -> bool:
        """Return True if a line is in a fenced sample as its author nests them; for Markdown a fence in it ends it."""
        return bisect_right(self._ends_of_samples, line) % 2 == 1

    @lazy
    def _ends_of_samples(self) -> list[int]:
        """The lines where a sample that is in no other begins and ends, in turn.

        A shorter fence than that of the outer sample is part of it, as in Markdown.
        """
        ends: list[int] = []
        outer, depth = "", 0
        line = at = 0
        for fence in re.finditer(_FENCE, f"\n{self._text}"):
            line, at = line + self._text.count("\n", at, fence.start()), fence.start()
            if not depth:
                outer = fence["marks"]
            elif not fence["marks"].startswith(outer):
                continue
            change = 1 if fence["info"].strip() or not depth else -1
            if not depth or depth + change == 0:
                ends.append(line + 1)
            depth += change
        return ends[:-1] if depth else ends  # one that is not closed may be a fence too many

    @lazy
    def _text(self) -> str:
        return _read(self._content)

    @lazy
    def _counts(self) -> Counter[str]:
        """How many files the page names in each folder."""
        words = {_strip_suffix(_strip_root(word[0])).removeprefix("./") for word in _words_in_text(self._text, self)}
        return Counter(word.partition("/")[0] for word in words if not word.endswith("/"))

    @lazy
    def _is_about_project(self) -> bool:
        """True if the file is about work on a repository."""
        if any(find_from(_PROJECT_BEGINS, self._text, re.compile(_OF_PROJECT))):
            return True
        return len({found[0] for found in find_from(_WORK_BEGINS, self._text, re.compile(_OF_WORK))}) > 1

    def _entry(self, path: str) -> Excluded | None:
        """Return the excluded entry at a path, above it or below it."""
        excluded = self._index.excluded
        if path in excluded:
            return excluded[path]
        for folder in _folders(path):
            if folder in excluded and excluded[folder].path.endswith("/"):
                return excluded[folder]
        return self._index.excluded_below.get(path)


def _is_judged(target: str) -> bool:
    """Return True if a target is a file of the skill: not an address, a template or a placeholder."""
    if not target or target.startswith(("/", "~")) or re.match(_SCHEME, target) or re.search(_PLACEHOLDER, target):
        return False
    name = target.removeprefix("./")
    return "." in name or "/" in name


def _resolve(folder: str, target: str) -> str | None:
    """Return the path of a target relative to a folder of the skill, or None if it is outside."""
    path = posixpath.normpath(posixpath.join(folder, target))
    if path == ".":
        return ""
    return None if path.startswith("../") or path == ".." else path


def _folders(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path


@rule(Content, when=lambda file: file.markdown)
def reference_broken(content: Content) -> Iterator[Issue]:
    for reference in content.once(find_references):
        if reference.problem == "broken":
            message = f"there is no {reference.path} in the skill"
            hint = _suggest(reference.path, content.once_for_skill(_Index)) or (_HINT if reference.unsure else None)
            severity = Severity.NOTE if reference.unsure else _severity(content)
            yield Issue("reference-broken", reference.location, message, hint=hint, severity=severity)


_HINT: Final = "add the file, unless it is one of the user's project"


def _suggest(path: str, index: _Index) -> str | None:
    """Return a hint if a file differs only in case or extension, or has this name in another folder."""
    if found := index.by_case.get(path.casefold()):
        return f"write {found}: upper and lower case matter"
    if found := index.by_stem.get(path):
        return f"write {found}: the extension is missing"
    if found := index.by_name.get(posixpath.basename(path)):
        return f"write {found} if that file is intended"
    return None


def _severity(content: Content) -> Severity | None:
    return Severity.NOTE if is_secondary(content.file.path) else None


def is_secondary(path: str) -> bool:
    """Return True for a file for people rather than agents: README, CHANGELOG, CONTRIBUTING."""
    return posixpath.basename(path).partition(".")[0].casefold() in _SECONDARY


@rule(Content, when=lambda file: file.markdown)
def reference_outside(content: Content) -> Iterator[Issue]:
    for reference in content.once(find_references):
        if reference.problem == "outside":
            message = f"{reference.target} is outside the skill and is not packed"
            yield Issue("reference-outside", reference.location, message, severity=_severity(content))
