"""Measure what each file and folder of a skill costs in a request, and what a model reads of it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, Literal

from skillpack import rules
from skillpack.archive.records import END, STORED, Member, entry_name
from skillpack.archive.write import Compression, Compressor
from skillpack.bundle.bundle import Streamed, inline_skill
from skillpack.bundle.tokens import estimate_tokens
from skillpack.errors import ArchiveError, SettingsError
from skillpack.findings import Report
from skillpack.limits import MAX_BASE64_CHARS, MAX_FILE_BYTES
from skillpack.payload import wire
from skillpack.targets import TargetName, file_limit, takes_requests, zip_limit
from skillpack.values import Value

if TYPE_CHECKING:
    from skillpack.archive.write import CompressionName
    from skillpack.settings import Settings
    from skillpack.skill.skill import Skill
    from skillpack.skill.tree import SkillFile, SkillTree

_LEAST_SAVING: Final = 0.01  # of the body: less is not worth a change
_MOST_SAVINGS: Final = 5
_MOST_FILES: Final = 3
_MANY_FILES: Final = 5  # of a folder that is suggested as a whole
_TRIED_BYTES: Final = 8 * 1024 * 1024  # up to here another compression is tried, some three seconds
_SAMPLE: Final = 1024 * 1024  # characters of a text whose tokens are estimated; the rest is taken to be like them
_TEXTS: Final = (".md", ".markdown", ".mdx", ".txt", ".rst", ".adoc")


class FileSize(Value):
    """What one file costs.

    Args:
        path: relative to the skill.
        size: the bytes of its content.
        packed: its bytes in the zip: the content after compression, and both its headers.
        characters: its share of the base64.
        measured: False for a file over 25 MiB, which is never packed and counts as if it did not shrink.
    """

    __module__ = "skillpack"

    path: str
    size: int
    packed: int
    characters: int
    measured: bool = True


class FolderSize(Value):
    """What all files in one folder cost together.

    Args:
        path: relative to the skill, with `/` at its end.
        files: how many there are.
        size: the bytes of their content.
        packed: their bytes in the zip.
        characters: their share of the base64.
    """

    __module__ = "skillpack"

    path: str
    files: int
    size: int
    packed: int
    characters: int


class LimitUse(Value):
    """How much of a limit is used.

    Args:
        name: `characters` for the base64, `zip` for the bytes of the zip, `files` for how many there are, or `file` for
            the bytes of the largest one.
        used: how much of it.
        limit: the most that is allowed.
        path: the largest file, where the limit is for each file.
    """

    __module__ = "skillpack"

    name: Literal["characters", "zip", "files", "file"]
    used: int
    limit: int
    path: str | None = None

    @property
    def share(self) -> float:
        """The part of the limit that is used; over 1 if it is exceeded."""
        return self.used / self.limit


class Saving(Value):
    """A change that makes the body smaller.

    Args:
        kind: `exclude` for a file or folder that could be excluded, `duplicate` for files with equal content of which
            the first is enough, or `compression` for another method.
        paths: the files or the folder, or the name of the method.
        characters: about how many characters of base64 it saves.
    """

    __module__ = "skillpack"

    kind: Literal["exclude", "duplicate", "compression"]
    paths: tuple[str, ...]
    characters: int


class ModelText(Value):
    """A text that a model reads.

    Args:
        kind: `listing` for name and description, which a model reads in every request, `body` for the SKILL.md without
            its frontmatter, which it reads when it uses the skill, or `reference` for a text that it may read then.
        path: the file.
        characters: how long it is.
        tokens: an estimate of how many tokens it has.
    """

    __module__ = "skillpack"

    kind: Literal["listing", "body", "reference"]
    path: str
    characters: int
    tokens: int


class SkillSize(Value):
    """What a skill costs in a request.

    Args:
        name: the skill's name.
        origin: the skill as the caller wrote it.
        files: what each file costs, in archive order.
        zip_bytes: the size of the zip.
        body_bytes: the size of the InlineSkill as compact UTF-8 JSON, which is what `skillpack pack` prints.
        savings: what would make it smaller, the most effective first.
        texts: what a model reads.
        targets: the consumers whose limits count; without one, OpenAI's API.
    """

    __module__ = "skillpack"

    name: str
    origin: str
    files: tuple[FileSize, ...]
    zip_bytes: int
    body_bytes: int
    savings: tuple[Saving, ...]
    texts: tuple[ModelText, ...]
    targets: tuple[TargetName, ...] = ()

    @property
    def characters(self) -> int:
        """The length of the base64."""
        return (self.zip_bytes + 2) // 3 * 4

    @property
    def archive_characters(self) -> int:
        """The part of the base64 that belongs to no file: the zip's end record and the padding."""
        return self.characters - sum(file.characters for file in self.files)

    @property
    def json_bytes(self) -> int:
        """The part of the body that is not base64: name, description and the JSON around them."""
        return self.body_bytes - self.characters

    @property
    def folders(self) -> tuple[FolderSize, ...]:
        """What each folder costs, sorted by path; a folder includes those in it."""
        return tuple(_folders(self.files))

    @property
    def limits(self) -> tuple[LimitUse, ...]:
        """How much is used of each limit that a target of the skill has; without targets, of those of OpenAI's API."""
        largest = max(self.files, key=lambda file: file.size)
        uses = []
        if takes_requests(self.targets):
            uses.append(LimitUse(name="characters", used=self.characters, limit=MAX_BASE64_CHARS))
        if most := zip_limit(self.targets):
            uses.append(LimitUse(name="zip", used=self.zip_bytes, limit=most))
        if most := file_limit(self.targets):
            uses.append(LimitUse(name="files", used=len(self.files), limit=most))
        if takes_requests(self.targets):
            uses.append(LimitUse(name="file", used=largest.size, limit=MAX_FILE_BYTES, path=largest.path))
        return tuple(uses)


def measure(skill: "Skill", settings: "Settings", threads: int | None = None) -> SkillSize:
    """Return what a skill costs, also if it is too large to be packed.

    Args:
        skill: the skill.
        settings: how to compress it.
        threads: how many threads compress; if None, as many as there are processors, up to 8.

    Raises:
        RejectedError: the skill has no name, or no zip can hold it.
        SkillChangedError: a file changed meanwhile.
    """
    if skill.frontmatter is None or not skill.tree.files:
        rules.check(skill, settings).raise_for_errors()
        skill.demand_name()
    compression = Compression(settings.compression)
    try:
        packed = _footprints(skill, compression, threads)
        files = tuple(_attribute(skill.tree.files, packed))
        texts = tuple(_texts(skill))
        better = _try_compression(skill, compression, sum(packed), threads)
    except (ArchiveError, OSError):
        rules.check(skill, settings).raise_for_errors()
        raise
    zip_bytes = sum(packed) + END.size
    body = inline_skill(Streamed(skill, Report(), wire.Flow(lambda: (), zip_bytes)))
    return SkillSize(
        name=skill.name,
        origin=skill.tree.origin,
        files=files,
        zip_bytes=zip_bytes,
        body_bytes=wire.size(body),
        savings=_savings(skill, files, better),
        texts=texts,
        targets=tuple(settings.targets),
    )


def _footprints(skill: "Skill", compression: Compression, threads: int | None) -> list[int]:
    """Return how many bytes of the zip each file takes; one that is too large is not read."""
    tree = skill.tree
    small = _of_packable_size(tree)
    members = Compressor(small, skill.name, compression, threads).members() if small.files else iter(())
    return [
        next(members).footprint if file.size <= MAX_FILE_BYTES else _stored(skill.name, file).footprint
        for file in tree.files
    ]


def _of_packable_size(tree: "SkillTree") -> "SkillTree":
    small = tuple(file for file in tree.files if file.size <= MAX_FILE_BYTES)
    return tree if len(small) == len(tree.files) else type(tree)(small)


def _stored(top: str, file: "SkillFile") -> Member:
    return Member(entry_name(top, file.path), STORED, 0, file.size, False, b"", file.size)


def _attribute(files: Iterable["SkillFile"], packed: Iterable[int]) -> Iterator[FileSize]:
    """Yield what each file costs. The shares of the base64 are rounded so that they add up: each is within one."""
    before = done = 0
    for file, footprint in zip(files, packed, strict=True):
        done += footprint
        characters = done * 4 // 3
        yield FileSize(
            path=file.path,
            size=file.size,
            packed=footprint,
            characters=characters - before,
            measured=file.size <= MAX_FILE_BYTES,
        )
        before = characters


def _folders(files: Iterable[FileSize]) -> Iterator[FolderSize]:
    sums: dict[str, list[int]] = {}
    for file in files:
        for parent in _parents(file.path):
            entry = sums.setdefault(parent, [0, 0, 0, 0])
            for at, part in enumerate((1, file.size, file.packed, file.characters)):
                entry[at] += part
    for path in sorted(sums):
        count, size, packed, characters = sums[path]
        yield FolderSize(path=path, files=count, size=size, packed=packed, characters=characters)


def _parents(path: str) -> Iterator[str]:
    """Yield the folders that a file is in, each with a slash at its end."""
    at = path.find("/")
    while at >= 0:
        yield path[: at + 1]
        at = path.find("/", at + 1)


def _try_compression(skill: "Skill", used: Compression, total: int, threads: int | None) -> "Saving | None":
    """Return what the next better compression saves, for a skill that is small enough to try."""
    better: dict[Compression, CompressionName] = {Compression.STORE: "deflate", Compression.DEFLATE: "smallest"}
    if used not in better or skill.tree.size > _TRIED_BYTES:
        return None
    try:
        saved = total - sum(_footprints(skill, Compression(better[used]), threads))
    except SettingsError:  # the compressor is not installed
        return None
    return Saving(kind="compression", paths=(better[used],), characters=saved * 4 // 3)


def _savings(skill: "Skill", files: tuple[FileSize, ...], compression: Saving | None) -> tuple[Saving, ...]:
    manifest = skill.manifest.path if skill.manifest else ""
    others = [file for file in files if file.path != manifest]
    found = [*_exclusions(others), *_duplicates(skill.tree, others)]
    if compression:
        found.append(compression)
    least = max(_LEAST_SAVING * sum(file.characters for file in files), 1)
    worthy = sorted((saving for saving in found if saving.characters >= least), key=lambda each: -each.characters)
    return tuple(worthy[:_MOST_SAVINGS])


def _exclusions(files: list[FileSize]) -> Iterator[Saving]:
    """Yield the largest files, and the largest folder of many files of which none is most of it."""
    largest = sorted(files, key=lambda file: -file.characters)[:_MOST_FILES]
    for file in largest:
        yield Saving(kind="exclude", paths=(file.path,), characters=file.characters)
    heaviest: Counter[str] = Counter()
    for file in files:
        for parent in _parents(file.path):
            heaviest[parent] = max(heaviest[parent], file.characters)
    many = [
        folder
        for folder in _folders(files)
        if folder.files >= _MANY_FILES and heaviest[folder.path] * 2 < folder.characters
    ]
    if many:
        folder = max(many, key=lambda each: each.characters)
        yield Saving(kind="exclude", paths=(folder.path,), characters=folder.characters)


def _duplicates(tree: "SkillTree", files: Iterable[FileSize]) -> Iterator[Saving]:
    sources = {file.path: file for file in tree.files}
    by_content: dict[tuple[int, str], list[FileSize]] = {}
    sizes = Counter(file.size for file in tree.files)
    for file in files:
        if file.measured and file.size and sizes[file.size] > 1:
            by_content.setdefault((file.size, sources[file.path].sha256), []).append(file)
    for equal in by_content.values():
        if len(equal) > 1:
            paths = tuple(file.path for file in equal)
            yield Saving(kind="duplicate", paths=paths, characters=sum(file.characters for file in equal[1:]))


def _texts(skill: "Skill") -> Iterator[ModelText]:
    """Yield what a model reads: always, when it uses the skill, and then perhaps."""
    manifest = skill.manifest.path if skill.manifest else ""
    listing = f"{skill.name}\n{skill.description}"
    yield ModelText(
        kind="listing",
        path=manifest,
        characters=len(skill.name) + len(skill.description),
        tokens=estimate_tokens(listing),
    )
    end = skill.frontmatter.end if skill.frontmatter else 0
    body = skill.content[end:].partition(b"\n")[2].decode("utf-8", "replace")
    yield _text("body", manifest, body)
    for file in skill.tree.files:
        if file.path != manifest and file.size <= MAX_FILE_BYTES and _is_reference(file.path):
            try:
                text = file.read().decode("utf-8")
            except UnicodeDecodeError:
                continue
            yield _text("reference", file.path, text)


def _is_reference(path: str) -> bool:
    return path.lower().endswith(_TEXTS) or path.startswith("references/")


def _text(kind: Literal["body", "reference"], path: str, text: str) -> ModelText:
    tokens = estimate_tokens(text[:_SAMPLE])
    if len(text) > _SAMPLE:
        tokens = tokens * len(text) // _SAMPLE
    return ModelText(kind=kind, path=path, characters=len(text), tokens=tokens)
