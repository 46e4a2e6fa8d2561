"""`skillpack check`: check skills, print the findings, and fix what can be fixed."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import click

from skillpack.cli import options
from skillpack.cli.console import write_stdout
from skillpack.cli.exit_codes import FAILED, FINDINGS, SUCCEEDED
from skillpack.cli.fixing_call import LONGEST_CALL, fixing_call, without_idle_edits
from skillpack.cli.hook import Ambiguity, HookCommand
from skillpack.cli.opening import STDIN, Opened, find_unmatched, open_path
from skillpack.cli.workers import Workers, count_workers
from skillpack.errors import ArchiveError, NotASkillError
from skillpack.findings import Location, Report, Severity, Unread, has_crashed
from skillpack.output import FORMATS
from skillpack.skill.tree import Selection
from skillpack.text import escaped, plural
from skillpack.values import NamedTuple, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from skillpack.api import Builder
    from skillpack.cli.console import Console
    from skillpack.discover import Tracked
    from skillpack.errors import SkillpackError
    from skillpack.findings import Finding, Subject
    from skillpack.fixes import Fix
    from skillpack.output import Format, Look
    from skillpack.skill.tree import SkillTree

    Failed = Callable[[str, SkillpackError], object]


class _Source(NamedTuple):
    """What to check: its path, and how to open it."""

    path: str
    open: Callable[[], Opened]


class _Checked(NamedTuple):
    """What came of one path: the reports on its skills, and on the body they were in, or why it cannot be opened.

    `trees` have no files; there are some only where the call has patterns, each of which must match in one of them.
    `unchecked` describes the skills of a body that have no files in it. `configured` is False if it is known that no
    settings file applies.
    """

    reports: tuple[Report, ...] = ()
    body: Report = Report()
    trees: tuple[SkillTree, ...] = ()
    error: ArchiveError | NotASkillError | None = None
    unchecked: str = ""
    configured: bool = True


@click.command("check", cls=HookCommand, epilog="Example: skillpack check skills/*")
@options.paths_argument("paths", metavar="[PATH...]")
@click.option("--all", "everywhere", is_flag=True, help="Check all skills below each directory, at any depth.")
@click.option(
    "--hook",
    is_flag=True,
    help="Treat each PATH as a file that pre-commit passes; check only what git tracks.",
)
@click.option(
    "--output-format",
    type=click.Choice(FORMATS),
    help="Output format.  [default: github if GITHUB_ACTIONS is set, else concise if PRE_COMMIT is set, else text]",
)
@click.option(
    "--level",
    type=click.Choice([str(severity) for severity in sorted(Severity, reverse=True)]),
    help="List only findings of this level and above; the exit code stays the same.",
)
@click.option(
    "--baseline",
    type=options.InputPath(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Ignore the findings listed in this file, except those of safety rules.",
)
@click.option("--write-baseline", is_flag=True, help="Write the current findings to the --baseline file, then check.")
@click.option("--fix", is_flag=True, help="Apply safe fixes.")
@click.option("--diff", is_flag=True, help="Print what --fix would change, without changing it.")
@click.option("--github-summary", is_flag=True, help="Add a table to the job summary of GitHub Actions.")
@click.option("--show-settings", is_flag=True, help="Print the settings of each skill and where each value comes from.")
@click.option("--strict", is_flag=True, help="Exit with 1 on warnings, too.")
@options.jobs
@options.compression
@options.selection
@options.common
def command(
    session: options.Session,
    paths: tuple[str, ...],
    everywhere: bool,
    hook: bool,
    output_format: Format | None,
    level: str | None,
    baseline: Path | None,
    write_baseline: bool,
    fix: bool,
    diff: bool,
    github_summary: bool,
    show_settings: bool,
    strict: bool,
    jobs: int | None,
) -> int:
    """Check skills and report problems.

    PATH is a skill, a zip, a request body in JSON, a file in a skill, a directory with skills in it, or `-` for a zip
    or a body on stdin; the default is the current directory. --all also finds zips and bodies that hold skills.
    """
    _reject_combinations(session, fix=fix, diff=diff, hook=hook, baseline=baseline, write=write_baseline)
    unread: list[Unread] = []

    def failed(path: str, error: SkillpackError) -> None:
        session.console.print_error(str(error))
        unread.append(Unread(path=path, message=str(error)))

    if show_settings:
        _print_settings(session, _find_skills(session, paths, failed, everywhere=everywhere))
        return FAILED if unread else SUCCEEDED
    summary = _summary_file() if github_summary else None
    sources = [*(_find_tracked if hook else partial(_find, failed=failed))(session, paths, everywhere=everywhere)]
    _refuse_replacing(baseline if write_baseline else None, sources)
    if diff:
        return max(_print_diff(_open(sources, failed), session.console), FAILED if unread else SUCCEEDED)
    unfixed: list[str] = []
    bundles: list[str] = []
    if fix:
        fixed = _fix(_open(sources, failed), session.console, unfixed, bundles)
        checked: Iterable[_Checked] = (_check_opened(session, opened, len(sources)) for opened in fixed)
    else:
        checked = _check_sources(session, sources, failed, jobs)
    report, configured = _check(session, checked, unread)
    if unfixed:
        _explain_unfixed(report, unfixed, session.console)
    _print_bundles(bundles, session.console)
    report, look = _set_aside(report, baseline, session.console.look(sys.stdout), write=write_baseline)
    report = without_idle_edits(report, on_disk=session.console.on_disk)
    read = tuple(path for path in paths or (".",) if path not in {STDIN, *(each.path for each in unread)})
    look = look._replace(fix=fixing_call(report, () if hook else read, everywhere=everywhere and not hook))
    if report.subjects or not hook:
        quiet = Severity.WARNING if strict else Severity.ERROR  # with --quiet, only what decides the exit code
        _print(report, output_format or _default_format(), session.console, look, level, quiet)
    if everywhere and configured and not hook and not unread and not session.revision:
        _print_unused_overrides(session, paths or (".",), [subject.path for subject in report.subjects])
    if summary:
        _write_summary(report, summary, look.fix)
    if unread or has_crashed(report):
        return FAILED
    return FINDINGS if report.at_least(Severity.WARNING if strict else Severity.ERROR) else SUCCEEDED


def _reject_combinations(
    session: options.Session, *, fix: bool, diff: bool, hook: bool, baseline: Path | None, write: bool
) -> None:
    if fix and diff:
        raise click.UsageError("--fix and --diff cannot be combined")
    if session.revision and (fix or diff or hook):
        raise click.UsageError("--rev cannot be combined with --fix, --diff or --hook, which need the files on disk")
    if write and (diff or not baseline):
        raise click.UsageError("--write-baseline needs --baseline FILE, and no --diff")


def _find_skills(
    session: options.Session,
    paths: tuple[str, ...],
    failed: Failed,
    *,
    everywhere: bool,
    skipped: Callable[[str], object] | None = None,
) -> list[str]:
    if session.revision is not None:
        return session.revision.find_skills(paths or (".",), failed, everywhere=everywhere)
    from skillpack.discover import find_skills, find_skills_below

    if not everywhere:
        return find_skills(paths or (".",), failed)
    return find_skills_below(paths or (".",), failed, skipped, partial(_choose_bundles, session))


def _choose_bundles(session: options.Session, folder: str, bundles: list[str]) -> list[str]:
    """Return the bundles below a folder that git does not ignore, and print a note that counts the others."""
    from skillpack.discover import split_ignored

    if not session.settings().gitignore:
        return bundles
    chosen, ignored = split_ignored(folder, bundles)
    if ignored:
        _note(session.console, f"not checked, because git ignores it: {_first_of(ignored)}")
    return chosen


def _find(session: options.Session, paths: tuple[str, ...], *, everywhere: bool, failed: Failed) -> Iterator[_Source]:
    links: list[str] = []
    skills = _find_skills(session, paths, failed, everywhere=everywhere, skipped=links.append)
    for skill in skills:
        yield _Source(skill, partial(open_path, session, skill))
    if links:
        _note(session.console, f"not followed, because the skill is elsewhere: the symlink {_first_of(links)}")
    if not everywhere and not session.revision:
        _report_deeper(session.console, paths, skills)


def _report_deeper(console: Console, paths: tuple[str, ...], skills: list[str]) -> None:
    """Print how many skills are deeper than a call without --all searches, and the call that checks them."""
    from skillpack.discover import count_deeper

    if more := count_deeper(paths or (".",), skills):
        import shlex

        call = f"skillpack check --all {shlex.join(paths)}".rstrip()
        call = call if len(call) <= LONGEST_CALL else "skillpack check --all and the same paths"
        count = plural(more, "skill").replace(" ", " more ") if skills else plural(more, "skill")
        is_are = "is" if more == 1 else "are"
        _note(console, f"{count} {is_are} in deeper folders, not checked: {escaped(call)}")


def _first_of(paths: list[str]) -> str:
    """Return the first of some paths, and how many more there are."""
    return f"{escaped(paths[0])}{f' and {len(paths) - 1:,} more' if len(paths) > 1 else ''}"


def _note(console: Console, text: str) -> None:
    console.print(f"{console.style('note', 'note')}: {text}")


def _find_tracked(session: options.Session, paths: tuple[str, ...], *, everywhere: bool) -> Iterator[_Source]:
    from skillpack.discover import Tracked

    tracked = Tracked.from_git()
    paths += Ambiguity.current().files
    for skill in (tracked.skills_below if everywhere else tracked.skills_of)(paths):
        yield _Source(skill, partial(_walk, session, skill, tracked))


def _walk(session: options.Session, skill: str, tracked: Tracked) -> Opened:
    builder = session.builder(skill)
    return Opened(builder, (builder.walk(skill, tracked.files_of(skill)),))


def _open(sources: Iterable[_Source], failed: Failed) -> Iterator[Opened]:
    """Open one path after the other; one that cannot be opened is reported at once, and the others are opened."""
    for path, open_source in sources:
        try:
            opened = open_source()
        except (ArchiveError, NotASkillError) as error:
            failed(path, error)
        else:
            yield opened


def _check_sources(
    session: options.Session, sources: list[_Source], failed: Failed, jobs: int | None
) -> Iterator[_Checked]:
    """Check the skills of each path, in worker processes where that pays."""

    def check(worker: int, number: int) -> _Checked:
        try:
            opened = sources[number].open()
            if worker:  # only the caller shows its progress
                opened = opened._replace(builder=replace(opened.builder, watch=None))
            return _check_opened(session, opened, len(sources))._replace(configured=bool(session.settings_files))
        except (ArchiveError, NotASkillError) as error:
            return _Checked(error=error)

    alone = session.console.verbose or session.revision or any(path == STDIN for path, _ in sources)
    with Workers(check, 1 if alone else count_workers(len(sources), jobs)) as workers:
        for (path, _), checked in zip(sources, workers.run(len(sources)), strict=True):
            if checked.error:
                failed(path, checked.error)
            yield checked


def _check_opened(session: options.Session, opened: Opened, sources: int) -> _Checked:
    reports: list[Report] = []
    several = sources > 1 or len(opened.trees) > 1
    for tree in opened.trees:
        if session.console.verbose:
            session.console.print_summary(tree, name=tree.origin if several else "")
        reports.append(opened.builder.check(tree))
    trees = tuple(map(_without_files, opened.trees if session.patterns else ()))
    return _Checked(tuple(reports), opened.report, trees, unchecked=opened.unchecked)


def _without_files(tree: SkillTree) -> SkillTree:
    """Return what find_unmatched needs of a tree: contents, or long lists, would fill the memory."""
    return replace(tree, files=(), selection=Selection(unmatched=tree.selection.unmatched))


def _check(session: options.Session, checked: Iterable[_Checked], failures: list[Unread]) -> tuple[Report, bool]:
    """Return the report on all paths together, and whether a settings file may apply to one of them."""
    reports: list[Report] = []
    bodies: list[Report] = []
    trees: list[SkillTree] = []
    configured = False
    for each in checked:
        reports += each.reports
        bodies.append(each.body)
        trees += each.trees
        configured |= each.configured
        if each.unchecked:
            _note(session.console, each.unchecked)
    unread = Report(unread=(*Ambiguity.current().unread, *failures))  # complete only now
    subjects = dict.fromkeys(subject for report in reports for subject in report.subjects)
    together = [*reports, _check_names(session, subjects), unread, *bodies]
    if session.patterns:
        together.append(find_unmatched(session, trees))
    return Report.merge(together), configured


def _check_names(session: options.Session, subjects: Collection[Subject]) -> Report:
    """Return what is wrong with the names of several skills together."""
    folders = {subject.path for subject in subjects if session.revision or os.path.isdir(subject.path)}
    contents = {(subject.name, subject.digest) for subject in subjects if subject.path in folders}
    skills = tuple(
        (subject.path, subject.name or "")
        for subject in subjects
        if subject.path in folders or (subject.name, subject.digest) not in contents  # else it is a folder's bundle
    )
    if len({name for _, name in skills}) == len(skills):
        return Report()
    from skillpack.rules import Neighbours, weigh

    return weigh(Neighbours(skills), session.settings(among=[path for path, _ in skills]))


def _default_format() -> Format:
    if os.environ.get("GITHUB_ACTIONS"):
        return "github"
    return "concise" if os.environ.get("PRE_COMMIT") else "text"


def _refuse_replacing(file: Path | None, sources: list[_Source]) -> None:
    """Refuse to write a baseline, if one is written, over what is not one, or over what is checked."""
    if file:
        from skillpack.cli.baseline import refuse_another_file

        refuse_another_file(file, (source.path for source in sources))


def _set_aside(report: Report, file: Path | None, look: Look, *, write: bool) -> tuple[Report, Look]:
    """Return the report without the findings of a baseline, if there is one, and the look that counts them."""
    if file is None:
        return report, look
    from skillpack.cli import baseline

    if write:
        baseline.write(report, file)
    left = baseline.set_aside(report, file)
    return left, look._replace(known=len(report) - len(left))


def _print(report: Report, format: Format, console: Console, look: Look, level: str | None, quiet: Severity) -> None:
    from skillpack.output import render

    lowest = Severity[level.upper()] if level else Severity.NOTE
    failing_unlisted = report.at_least(quiet) and not report.at_least(lowest)
    look = look._replace(hidden=len(report) - len(report.at_least(lowest)))
    report = replace(report, findings=report.at_least(lowest))
    if format in ("sarif", "github"):
        report = _relocate(report, _repository_root())
    elif not look.summed and format != "json":
        report = replace(report, findings=report.at_least(quiet))
    if failing_unlisted:  # the summary is all that states why the exit code is 1
        look = look._replace(summed=True)
    if rendered := render(report, format, look):
        write_stdout(rendered, colored=True, commands=format == "github")
    if format in ("json", "sarif") and report.subjects and not report.findings:
        from skillpack.output.text import summary

        console.print(summary(report, console.look(sys.stderr)._replace(hidden=look.hidden)))


# --- fixes -------------------------------------------------------------------------------------------------------


def _fix(opened: Iterable[Opened], console: Console, unfixed: list[str], bundles: list[str]) -> Iterator[Opened]:
    """Fix each skill on disk, print what was fixed, and yield the skills as they are now.

    Skills without fixes are added to `unfixed`, zips and bodies that would have some to `bundles`.
    """
    for each in opened:
        yield each._replace(
            trees=tuple(_fix_skill(each.builder, tree, console, unfixed, bundles) for tree in each.trees)
        )


def _fix_skill(
    builder: Builder, tree: SkillTree, console: Console, unfixed: list[str], bundles: list[str]
) -> SkillTree:
    from skillpack import fixes

    found = fixes.find_fixes(tree, builder.settings)
    if not Path(tree.origin).is_dir():
        bundles += [tree.origin] if found else []
        return tree
    for fix in found:
        fixes.write(fix, tree.origin)
        fixed = ", ".join(f"{rule}{f' ({times} times)' if times > 1 else ''}" for rule, times in fix.counts.items())
        console.print(f"fixed {_path(tree, fix)}: {fixed}")
    if not found:
        unfixed.append(tree.origin)
    return fixes.apply(tree, found)


def _print_bundles(bundles: list[str], console: Console) -> None:
    """Print one line for all zips and bodies that have fixes, which are never made in them."""
    if bundles:
        what = "it is a bundle" if len(bundles) == 1 else "they are bundles"
        console.print(f"nothing fixed in {_first_of(bundles)}: {what}; fix the skill in its folder and pack it again")


def _explain_unfixed(report: Report, unfixed: Iterable[str], console: Console) -> None:
    """Print why nothing was fixed in a skill that has errors or warnings."""
    from skillpack.fixes import explain_unfixed

    findings: dict[str, list[Finding]] = {}
    for finding in report:
        findings.setdefault(finding.skill, []).append(finding)
    for skill in unfixed:
        if reason := explain_unfixed(findings.get(skill, ())):
            console.print(f"nothing fixed in {escaped(skill)}: {reason}")


def _print_diff(opened: Iterable[Opened], console: Console) -> int:
    """Print all fixes as unified diffs; return 1 if there are any, 2 if a rule crashed."""
    from skillpack.fixes import find_fixes

    status = SUCCEEDED
    bundles: list[str] = []
    for builder, tree in ((each.builder, tree) for each in opened for tree in each.trees):
        found = find_fixes(tree, builder.settings)
        if found and not Path(tree.origin).is_dir():
            bundles.append(tree.origin)
            found = ()
        report = builder.check(tree)
        if has_crashed(report):
            status = FAILED
            console.print_report(
                Report(findings=tuple(finding for finding in report if finding.rule == "rule-crashed"))
            )
        for fix in found:
            status = max(status, FINDINGS)
            diff = fix.diff(_path(tree, fix))
            shown = _escape_diff(diff) if sys.stdout.isatty() else diff
            write_stdout(_color_diff(shown, console), newline=False, colored=True)
    _print_bundles(bundles, console)
    return status


def _escape_diff(diff: str) -> str:
    """Return a diff that a terminal executes nothing of; piped diffs stay as patch needs them."""
    lines = (line.removesuffix("\r").split("\t") for line in diff.split("\n"))
    return "\n".join("\t".join(map(escaped, line)) for line in lines)


def _color_diff(diff: str, console: Console) -> str:
    """Return a diff in the colors of git, as far as stdout gets colors."""
    if not console.colored(sys.stdout):
        return diff
    styles = {"--- ": "bold", "+++ ": "bold", "@@": "hunk", "-": "removed", "+": "added"}

    def color(line: str) -> str:
        style = next((style for start, style in styles.items() if line.startswith(start)), None)
        return console.style(line, style, sys.stdout) if style else line

    return "\n".join(map(color, diff.split("\n")))


def _path(tree: SkillTree, fix: Fix) -> str:
    return escaped((PurePosixPath(tree.origin) / fix.file.path).as_posix())


# --- settings ----------------------------------------------------------------------------------------------------


def _print_unused_overrides(session: options.Session, folders: Iterable[str], skills: Iterable[str]) -> None:
    """Print a warning for each pattern of an override that matches no skill.

    A settings file is left unmentioned unless it is in one of the folders: it may apply to skills that were not found.

    Args:
        session: knows the settings file of each skill.
        folders: where every skill was searched for.
        skills: those that were found.
    """
    searched = [Path(folder).resolve() for folder in folders]
    by_file: dict[Path, list[str]] = {}
    for skill in skills:
        file = session.settings_file(skill)
        if file:
            by_file.setdefault(file.path, []).append(skill)
    for path, applies_to in by_file.items():
        file = session.settings_file(applies_to[0])
        if file and any(path.parent.resolve().is_relative_to(folder) for folder in searched):
            for message in file.idle(applies_to):
                session.console.print(f"{session.console.style('warning', 'warning')}: {message}")


def _print_settings(session: options.Session, skills: Iterable[str]) -> None:
    for skill in skills:
        for line in _list_settings(session, skill):
            write_stdout(line)


def _list_settings(session: options.Session, skill: str) -> Iterator[str]:
    """Yield the settings of a skill as TOML, with the origin of each value as a comment."""
    from skillpack.settings import to_table

    file = session.settings_file(skill)
    yield f"# {escaped(skill)}"
    places = file.places(Path(skill)) if file else {}
    values: dict[str, object] = {}
    for name, value in to_table(session.settings(skill)).items():
        values |= {f"{name}.{key}": inner for key, inner in value.items()} if isinstance(value, dict) else {name: value}
    lines = [f"{_toml_key(name)} = {_toml_value(value)}" for name, value in values.items()]
    width = max(map(len, lines))
    for name, line in zip(values, lines, strict=True):
        if session.patterns and name in ("exclude", "include"):  # all of them in one list, so that their order counts
            origins = [places[key] for key in ("exclude", "include") if key in places]
            origin = ", ".join([*origins, "option"]) if name == "exclude" else "default"
        else:
            origin = "option" if name.replace("-", "_") in session.options else places.get(name, "default")
        yield f"{line:<{width}}  # {origin}"


def _toml_key(name: str) -> str:
    """Return a name as a TOML key, quoted if it contains anything but letters, digits, hyphens and underscores."""
    table, dot, key = name.partition(".")
    bare = key.replace("-", "").replace("_", "").isalnum() and key.isascii()
    return f"{table}.{_toml_value(key)}" if dot and not bare else name


def _toml_value(value: object) -> str:
    """Return a value as TOML: JSON, except for unprintable characters and those beyond 16 bits."""
    import json

    from skillpack.text import escape_commands_in_json

    text = escape_commands_in_json(json.dumps(value, ensure_ascii=False))
    return "".join(char if char.isprintable() else _escape_toml(ord(char)) for char in text)


def _escape_toml(code: int) -> str:
    if 0xD800 <= code <= 0xDFFF:  # an undecodable byte of the command line, which TOML cannot express
        code = 0xFFFD
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


# --- GitHub ------------------------------------------------------------------------------------------------------


def _summary_file() -> Path:
    """Return the file of the job summary; before anything is fixed, because it may be missing."""
    file = os.environ.get("GITHUB_STEP_SUMMARY")
    if not file:
        raise click.UsageError("--github-summary needs GITHUB_STEP_SUMMARY, which GitHub Actions sets")
    return Path(file)


def _write_summary(report: Report, file: Path, fix: str) -> None:
    from skillpack.output import Look
    from skillpack.output.github import render_summary

    with file.open("a", encoding="utf-8") as summary:
        summary.write(render_summary(report, Look(fix=fix)))


def _repository_root() -> Path:
    """Return the root of the repository: GitHub's workspace if the current directory is in it, else that directory."""
    here = Path.cwd()
    workspace = Path(os.environ.get("GITHUB_WORKSPACE") or here).resolve()
    return workspace if here.is_relative_to(workspace) else here


def _relocate(report: Report, root: Path) -> Report:
    """Return the report with the paths of skills below `root` relative to it, and all others absolute.

    A file in a zip is not a file of the repository: the finding is located at the zip, and its message names the file.
    """
    return replace(report, findings=tuple(_relocate_finding(finding, root) for finding in report))


def _relocate_finding(finding: Finding, root: Path) -> Finding:
    if not finding.skill:  # not about a particular skill
        return finding
    path = Path(os.path.normpath(Path.cwd() / finding.skill))  # symlinks are kept, because git tracks their paths
    body, _, pointer = str(path).rpartition("#")
    if pointer and not path.exists() and Path(body).is_file():  # a skill in a request body
        path = Path(body)
    if finding.location.path != "." and path.is_file():
        inner = str(replace(finding, skill="")).partition(f": {finding.severity}[")[0]
        finding = replace(finding, location=Location(), message=f"{inner}: {finding.message}", edits=())
    below = path.relative_to(root) if path.is_relative_to(root) else path
    return replace(finding, skill=below.as_posix())
