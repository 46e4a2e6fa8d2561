"""Pack the skills of a call: all of them are checked before the first result is written."""

from __future__ import annotations

import os
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import click

from skillpack.bundle.bundle import Streamed
from skillpack.cli.allocator import return_large_blocks
from skillpack.cli.deliver import reject_overwriting
from skillpack.cli.opening import STDIN, collect_rejections, find_unmatched, open_skills, pick_skills, refuse_replacing
from skillpack.cli.workers import Workers, count_workers
from skillpack.discover import find_skill_of
from skillpack.errors import ArchiveError, OutputError, SettingsError, SkillChangedError
from skillpack.findings import RejectedError, Report
from skillpack.limits import MAX_ZIP_BYTES
from skillpack.payload import wire
from skillpack.select.walk import walk
from skillpack.select.wildmatch import line_for
from skillpack.skill.skill import Skill
from skillpack.sources.directory import Directory, DiskFile, is_file, portable
from skillpack.targets import TARGETS, layout_for, zip_limit
from skillpack.text import escaped, list_words, os_error, relative_path
from skillpack.values import NamedTuple, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import IO

    from skillpack.api import Builder
    from skillpack.bundle.bundle import Bundle
    from skillpack.bundle.packing import Piece, Zipping
    from skillpack.cli.deliver import Destination
    from skillpack.cli.options import Session
    from skillpack.settings import Settings
    from skillpack.skill.tree import SkillTree
    from skillpack.targets import Layout

_CHUNK = 1 << 20


class _Job(NamedTuple):
    """A skill to pack, with the builder that has its settings."""

    builder: Builder
    skill: Skill
    layout: Layout | None = None

    @property
    def zipping(self) -> Zipping:
        """The skill on its way into a zip."""
        from skillpack.bundle.packing import Zipping

        return Zipping(self.skill, self.builder.settings, self.builder.threads, self.builder.watch, self.layout)

    def describe(self, zip_bytes: int) -> str:
        """Return how large the zip is, or the base64 where it is in a body, and its share of the limit."""
        from skillpack.output.files import describe_base64, describe_zip

        if self.layout is None:
            return describe_base64(zip_bytes)
        return describe_zip(zip_bytes, zip_limit(self.builder.settings.targets))


def pack_skills(
    session: Session,
    paths: tuple[str, ...],
    destination: Destination,
    *,
    as_zip: bool = False,
    processes: int | None = None,
) -> Iterator[Streamed]:
    """Yield the packed skills, and print the report and the summary of each; nothing is yielded if one has errors.

    One skill for a file is packed while the file is written, because a file is put in place only when it is complete.
    In all other cases the zips are kept, beyond the size of one in a temporary file, until all skills are known to be
    packable.

    Args:
        session: the call.
        paths: what is packed.
        destination: where the results go.
        as_zip: whether they are zips, in the layout of the targets, whose size the summary then states, and not
            bodies with base64.
        processes: how many processes compress; if None, as count_workers decides.

    Raises:
        SettingsError: a skill's targets want different layouts.
        RejectedError: a skill has errors, two have the same name, or a pattern of the command line matches nothing;
            holds the findings of all skills.
        OutputError: an output would replace what a skill is read from, or a file in it that skillpack did not write.
    """
    paths = paths if session.revision else tuple(map(find_skill_of, paths))
    jobs = _open_skills(session, paths, destination)
    return_large_blocks(job.skill.tree for job in jobs)
    if as_zip:
        jobs = [job._replace(layout=_layout_of(job.builder.settings)) for job in jobs]
    unmatched = find_unmatched(session, [job.skill.tree for job in jobs])
    if len(jobs) == 1 and not unmatched.findings and not destination.is_stdout:
        (job,) = jobs

        def notify(zip_bytes: int, report: Report) -> None:
            _print_packed(session, job, zip_bytes, report)
            note_outputs_inside(session, job.builder, job.skill.tree, destination.files([job.skill.name]))

        yield _stream_counted(job, notify)
        return
    packed, failures = _pack_all(jobs, count_workers(len(jobs), processes))
    if len(jobs) > 1:
        from skillpack.rules import Environment, weigh

        named = [job.skill for job in jobs if job.skill.name]
        together = Environment(
            "files", tuple(skill.name for skill in named), places=tuple(skill.tree.origin for skill in named)
        )
        failures.append(weigh(together, session.settings(among=paths)))
    Report.merge([*failures, unmatched, *(streamed.report for streamed in packed)]).raise_for_errors()
    for job, streamed in zip(jobs, packed, strict=True):
        _print_packed(session, job, streamed.zip.length or 0, streamed.report, several=len(jobs) > 1)
        yield streamed
    for job in jobs:
        note_outputs_inside(session, job.builder, job.skill.tree, destination.files([job.skill.name]))


def note_outputs_inside(session: Session, builder: Builder, tree: SkillTree, files: Iterable[Path]) -> None:
    """Print a note for each file that a call writes into a skill, where the next call would pack it."""
    for file, place in () if session.revision else _packed_outputs(builder, tree, files):
        note = session.console.style("note", "note")
        line = escaped(line_for(place))
        session.console.print(
            f"{note}: {escaped(str(file))} is in the skill, and other calls pack it: add {line} to .skillignore"
        )


def refuse_outputs_inside(session: Session, trees: Iterable[SkillTree], files: Iterable[Path | None]) -> None:
    """Refuse to write what describes skills into one of them, which it would change, or in place of one of them.

    Args:
        session: the call.
        trees: the skills.
        files: the outputs; one that is not given, or is stdout, is none.

    Raises:
        OutputError: a file is a skill's zip or body, or would be packed with a skill.
    """
    outputs = [file for file in files if file and file != Path(STDIN)]
    trees = tuple(trees) if outputs else ()
    refuse_replacing((tree.origin for tree in trees), outputs)
    below: dict[Path, list[Path]] = {}  # the outputs below each folder: each skill looks up its own
    for file in outputs:
        folder = Path(os.path.realpath(file.parent))
        for above in (folder, *folder.parents):
            below.setdefault(above, []).append(file)
    for tree in () if session.revision else trees:
        inside = below.get(Path(os.path.realpath(tree.origin)))
        for file, _ in _packed_outputs(session.builder(tree.origin), tree, inside) if inside else ():
            raise OutputError(f"cannot write {escaped(str(file))}: it is in the skill, and would change its digest")


def _packed_outputs(builder: Builder, tree: SkillTree, files: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Yield the outputs that are in a skill and not ignored there, each with its path in the skill."""
    root = Path(os.path.realpath(tree.origin))
    inside: dict[Path, str] = {}
    for file in files if root.is_dir() else ():
        place = portable(relative_path(os.path.realpath(file.parent) / Path(file.name), root))
        if not place.startswith(("../", "/")) and ":" not in place:
            inside[file] = place
    for (file, place), verdict in zip(
        inside.items(), builder.why(root, inside.values()) if inside else (), strict=True
    ):
        if verdict.included:
            yield file, place


def _layout_of(settings: Settings) -> Layout:
    """Return the layout that all targets of a skill want.

    Raises:
        SettingsError: they want different ones.
    """
    layout = layout_for(settings.targets)
    if layout is None:
        roots, folders = (
            [name for name in settings.targets if TARGETS[name].layout == layout] for layout in ("root", "folder")
        )
        message = f"SKILL.md is at the root of a zip for {list_words(roots)}, and in a folder for {list_words(folders)}"
        raise SettingsError(f"{message}: write one zip for each", key="targets")
    return layout


def _stream_counted(job: _Job, notify: Callable[[int, Report], object]) -> Streamed:
    """Pack a skill while it is written, then call `notify` with the size of its zip and all findings."""
    written = 0

    def count(pieces: Iterable[Piece]) -> Iterator[Piece]:
        nonlocal written
        written = 0
        for piece in pieces:
            written += len(piece)
            yield piece
            del piece  # or it would be held while the next one is made

    streamed = job.zipping.stream(lambda report: notify(written, report))
    return streamed._replace(zip=wire.Flow(lambda: count(streamed.zip.pieces())))


def _print_packed(session: Session, job: _Job, zip_bytes: int, report: Report, *, several: bool = False) -> None:
    session.console.print_report(report)
    session.console.print_summary(job.skill.tree, job.describe(zip_bytes), job.skill.name if several else "")


class _Place(NamedTuple):
    """Where a packed skill is in the temporary files, and the report on it; one with errors takes no place."""

    report: Report
    spool: int = 0
    begin: int = 0
    end: int = 0


def _pack_all(jobs: list[_Job], processes: int) -> tuple[list[Streamed], list[Report]]:
    """Pack skills into a temporary file of each process; return those without errors, and the reports of the others."""
    spools = _open_spools(processes, in_memory=len(jobs) == 1)

    def pack(process: int, number: int) -> _Place:
        job, spool = jobs[number], spools[process]
        if process:  # only the caller shows its progress
            job = job._replace(builder=replace(job.builder, watch=None))
        begin = spool.seek(0, os.SEEK_END)
        reports: list[Report] = []
        try:
            for piece in job.zipping.stream(reports.append).zip.pieces():
                _write(spool, piece)
            _flush(spool)
        except RejectedError as error:
            return _Place(error.report)
        return _Place(reports[0], process, begin, spool.tell())

    packed: list[Streamed] = []
    failures: list[Report] = []
    with Workers(pack, processes) as workers:
        for job, place in zip(jobs, workers.run(len(jobs)), strict=True):
            if place.begin == place.end:
                failures.append(place.report)
                continue
            read = _read_shared if place.spool else _read
            pieces = partial(read, spools[place.spool], place.begin, place.end)
            packed.append(Streamed(job.skill, place.report, wire.Flow(pieces, place.end - place.begin)))
    return packed, failures


def _open_spools(processes: int, *, in_memory: bool) -> list[IO[bytes]]:
    """Open a temporary file without a name for each process; the first, the caller's, is in memory while it is small.

    Args:
        processes: their number.
        in_memory: True if the first is only in memory, for one zip, which is not larger than the limit.
    """
    if in_memory:
        return [BytesIO()]
    from tempfile import SpooledTemporaryFile, TemporaryFile

    with_resource = click.get_current_context().with_resource  # the context closes them
    spools: list[IO[bytes]] = [with_resource(SpooledTemporaryFile(MAX_ZIP_BYTES))]  # noqa: SIM115
    try:
        spools += (with_resource(TemporaryFile()) for _ in range(processes if processes > 1 else 0))  # noqa: SIM115
    except OSError as error:
        raise _spool_error(error) from error
    return spools


def _write(spool: IO[bytes], piece: Piece) -> None:
    try:
        spool.write(piece)
    except OSError as error:
        raise _spool_error(error) from error


def _flush(spool: IO[bytes]) -> None:
    try:
        spool.flush()
    except OSError as error:
        raise _spool_error(error) from error


def _spool_error(error: OSError) -> OutputError:
    return OutputError(f"cannot write a temporary file: {os_error(error)}")


def _read(spool: IO[bytes], begin: int, end: int) -> Iterator[bytes]:
    spool.seek(begin)
    while begin < end:
        piece = spool.read(min(_CHUNK, end - begin))
        begin += len(piece)
        yield piece


def _read_shared(spool: IO[bytes], begin: int, end: int) -> Iterator[bytes]:
    """Read what another process wrote: the position in the file is its own, and not as this process knows it."""
    while begin < end:
        piece = os.pread(spool.fileno(), min(_CHUNK, end - begin), begin)
        begin += len(piece)
        yield piece


def open_one(session: Session, path: str) -> tuple[Builder, SkillTree]:
    """Open the one skill that a path stands for, and return it with the builder that has its settings.

    Raises:
        click.UsageError: it is a body with several skills, or with none.
        RejectedError: the body or the zip has errors, or a pattern of the command line matches nothing.
        NotASkillError, ArchiveError, SettingsError: as open_skills does.
    """
    opened = open_skills(session, path)
    opened.report.raise_for_errors()
    if len(opened.trees) != 1:
        message = (
            f"this command takes one skill, and {escaped(path)} has {len(opened.trees)}; skillpack unpack writes each"
        )
        raise click.UsageError(message)
    (tree,) = opened.trees
    if tree.selection.unreadable:
        opened.builder.check(tree).raise_for_errors()
    find_unmatched(session, opened.trees).raise_for_errors()
    return opened.builder, tree


def open_bundles(session: Session, paths: tuple[str, ...]) -> list[Bundle]:
    """Pack skills in memory, and print the report of each; a zip that skillpack wrote keeps its bytes, also in a body.

    Raises:
        click.UsageError: a skill is on stdin, where it cannot be known whether its zip is the one that is sent.
        RejectedError: a skill has errors, two have the same name, or a pattern of the command line matches nothing.
        ArchiveError: a zip of another tool: what is attested must be what is sent.
        SkillChangedError: a zip changed while it was read.
        NotASkillError, SettingsError: as open_skills does.
    """
    if STDIN in paths:
        raise click.UsageError("this command takes paths, not stdin: it describes the bytes of a file")
    opened = [open_skills(session, path) for path in paths]
    Report.merge(each.report for each in opened).raise_for_errors()
    find_unmatched(session, [tree for each in opened for tree in each.trees]).raise_for_errors()
    bundles: list[Bundle] = []
    failures: list[Report] = []
    for each, path in zip(opened, paths, strict=True):
        with collect_rejections(failures):
            packed = [pack_as_zip(each.builder, tree) for tree in each.trees]
            bundles += _with_own_zips(session, packed, path, layout_for(each.builder.settings.targets))
    if len(bundles) > 1:
        from skillpack.rules import Environment, weigh

        names = tuple(bundle.name for bundle in bundles)
        failures.append(weigh(Environment("local", names), session.settings(among=paths)))
    Report.merge([*failures, *(bundle.report for bundle in bundles)]).raise_for_errors()
    for bundle in bundles:
        session.console.print_report(bundle.report)
    return bundles


def pack_as_zip(builder: Builder, tree: SkillTree) -> Bundle:
    """Return a skill with the zip that `skillpack zip` writes, in the layout of its targets; a folder if they differ.

    Raises:
        RejectedError: the skill has errors.
        SkillChangedError: a file changed meanwhile.
    """
    from skillpack.bundle.bundle import Bundle

    skill = Skill.from_tree(tree)
    zipping = _Job(builder, skill, layout_for(builder.settings.targets) or "folder").zipping
    report, zip = zipping.check(), bytearray()
    report = (report + zipping.write(zip.extend)).raise_for_errors()
    return Bundle(skill=skill, report=report, zip=bytes(zip))


def _with_own_zips(session: Session, bundles: list[Bundle], path: str, layout: Layout | None) -> list[Bundle]:
    """Return the bundles of a path with the bytes of their own zips, if it is a zip or a request body.

    Raises:
        ArchiveError: a zip is of another tool.
        SkillChangedError: the file changed after it was opened.
    """
    path = path if session.revision else find_skill_of(path)
    if session.revision or not path or not is_file(Path(path)):
        return bundles
    zips = _read_zips(Path(path))
    if len(zips) != len(bundles):
        raise SkillChangedError(f"{escaped(path)} changed while it was read")
    return [_with_own_bytes(bundle, content, layout) for bundle, content in zip(bundles, zips, strict=True)]


def _read_zips(path: Path) -> list[bytes]:
    """Return the content of a zip, or the zips in a request body."""
    from skillpack.sources.request_body import read_body_file, read_payload
    from skillpack.sources.zip import read_start

    if read_start(path, 2) == b"PK":
        return [read_start(path, MAX_ZIP_BYTES + 1)]
    return [skill.read() for skill in read_payload(read_body_file(path)).skills]


def _with_own_bytes(bundle: Bundle, content: bytes, layout: Layout | None) -> Bundle:
    """Return the bundle with the bytes of the zip that it was read from.

    Args:
        bundle: what was packed of it.
        content: the zip, alone or in a request body.
        layout: that of the targets of the skill.

    Raises:
        ArchiveError: it is a zip of another tool.
        SkillChangedError: it changed after it was opened.
    """
    from skillpack.sources.zip import ForeignZip, read_zip_source

    shown = bundle.skill.tree.origin
    tree = read_zip_source(content, shown, layout)
    if isinstance(tree, ForeignZip):
        message = f"{escaped(shown)} is not a zip that skillpack wrote; pack it again with skillpack zip"
        raise ArchiveError(message, "zip-not-canonical")
    if tree != bundle.skill.tree:
        raise SkillChangedError(f"{escaped(shown)} changed while it was read")
    return replace(bundle, zip=content)


def _open_skills(session: Session, paths: tuple[str, ...], destination: Destination) -> list[_Job]:
    """Walk each skill and parse its SKILL.md; a previous result in a skill is not packed into the new one.

    Raises:
        OutputError: an output would replace what a skill is read from, or a file in it that skillpack did not write.
    """
    opened = pick_skills(session, (open_skills(session, path) for path in paths))
    Report.merge(each.report for each in opened).raise_for_errors()
    jobs = [_Job(each.builder, Skill.from_tree(tree)) for each in opened for tree in each.trees]
    paths = tuple(path for each, path in zip(opened, paths, strict=True) for _ in each.trees)
    if destination.suffix:
        bodies = any(len(each.trees) > 1 for each in opened)
        destination.check(paths, [job.skill.name for job in jobs] if bodies else ())
    outputs = tuple(file for file in destination.files(job.skill.name for job in jobs) if os.path.lexists(file))
    if not outputs:
        return jobs
    refuse_replacing(paths, outputs)
    reject_overwriting(outputs, paths, (job.skill.tree for job in jobs))
    walked = ((job.builder, job.skill.tree, path) for job, path in zip(jobs, paths, strict=True))
    trees = exclude_outputs(walked, outputs)
    return [
        job if tree is job.skill.tree else job._replace(skill=Skill.from_tree(tree))
        for job, tree in zip(jobs, trees, strict=True)
    ]


def exclude_outputs(walked: Iterable[tuple[Builder, SkillTree, str]], outputs: tuple[Path, ...]) -> list[SkillTree]:
    """Return skills without the previous results in them.

    Args:
        walked: each skill, with the builder that has its settings and its directory.
        outputs: the results, which exist.
    """
    existing = {(status.st_dev, status.st_ino) for status in map(os.lstat, outputs)}
    return [
        walk(Directory(Path(path)), builder.settings, never=outputs)
        if any(isinstance(file.source, DiskFile) and file.source.identity[:2] in existing for file in tree.files)
        else tree
        for builder, tree, path in walked
    ]
