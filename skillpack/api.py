"""Pack and check skills: walk, check, zip, measure and wrap them."""

import io
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import skillpack  # noqa: TC001 - for annotations that are evaluated
from skillpack.archive.records import upper_bound
from skillpack.bundle.progress import Progress
from skillpack.errors import NotASkillError, SettingsError, SkillChangedError, is_list, require_type
from skillpack.findings import RejectedError, Report
from skillpack.limits import MAX_FILE_BYTES
from skillpack.select.inputs import checked_path, folder_of_manifest, open_skill
from skillpack.select.walk import walk
from skillpack.settings import Settings
from skillpack.skill.decisions import Verdict
from skillpack.skill.skill import Skill
from skillpack.skill.tree import SkillTree, is_listable
from skillpack.sources.directory import Directory
from skillpack.values import Value, field, replace

if TYPE_CHECKING:
    from skillpack.bundle.packing import Zipping
    from skillpack.bundle.request import Body
    from skillpack.rules import Packed
    from skillpack.targets import Layout

    _Given = tuple[  # expires_after, file_ids, memory_limit and network_policy, as container takes them
        skillpack.ExpiresAfterParam | None,
        Iterable[str],
        skillpack.MemoryLimit | None,
        skillpack.NetworkPolicyParam | None,
    ]
    _Hosted = tuple[  # container_size, env, files, network, packages and setup_commands, as environment takes them
        skillpack.ContainerSize | None,
        Mapping[str, str] | None,
        Iterable[skillpack.HostedFileDict],
        skillpack.HostedNetworkDict | None,
        skillpack.HostedPackagesDict | None,
        Iterable[skillpack.SetupCommandDict],
    ]

# Names in quotes are public names that few calls need: they are imported when the annotation is evaluated.


class Builder(Value, kw_only=False):
    """Packs and checks skills, and makes bodies of them, all with the same settings.

    Args:
        settings: how skills are read, checked and packed; a Builder never reads settings files.
        watch: called after each file that is compressed; ignored when builders are compared, and not pickled.
        threads: how many threads compress; if None, as many as there are processors, up to 8.

    Raises:
        SettingsError: `threads` is less than 1.
    """

    __module__ = "skillpack"

    settings: Settings = Settings()
    watch: Callable[[Progress], object] | None = field(default=None, compare=False, repr=False)
    threads: int | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        require_type("settings", self.settings, Settings, "Settings")
        if self.watch is not None and not callable(self.watch):
            raise TypeError(f"watch must be callable, not {type(self.watch).__name__}")
        if self.threads is not None:
            from skillpack.archive.write import thread_count

            thread_count(self.threads)

    def pack(self, source: "skillpack.SkillSource") -> "skillpack.Bundle":
        """Return the bundle of a skill. Takes and raises what skillpack.pack does."""
        from skillpack.bundle.bundle import Bundle

        skill = Skill.from_tree(self.tree(source))
        zipping = self._zipping(skill)
        report = zipping.check()
        zip = io.BytesIO()
        report = (report + zipping.write(zip.write)).raise_for_errors()
        return Bundle(skill=skill, report=report, zip=zip.getvalue())

    def check(self, source: "skillpack.SkillSource") -> Report:
        """Return the findings for a skill. Takes and raises what skillpack.check does.

        The limits of its zip are checked too; files are compressed only until it is known to be within them.
        """
        from skillpack import rules

        skill = Skill.from_tree(self.tree(source))
        report, packed = check_and_measure(skill, self)
        weighed = rules.weigh(packed, self.settings, skill.tree.origin) if packed else Report()
        return Report.merge((report, weighed, rules.check_delivered(skill, self.settings)))

    def measure(self, source: "skillpack.SkillSource") -> "skillpack.SkillSize":
        """Return what a skill costs in a request. Takes and raises what skillpack.measure does."""
        from skillpack.bundle.size import measure

        return measure(Skill.from_tree(self.tree(source)), self.settings, self.threads)

    def tree(self, source: "skillpack.SkillSource") -> SkillTree:
        """Return the files of a skill.

        Args:
            source: as pack takes it; a tree is returned as it is.

        Raises:
            NotASkillError, ArchiveError: the source is neither a directory nor a zip.
        """
        return open_skill(source, self.settings)

    def digest(self, source: "skillpack.SkillSource") -> str:
        """Return the content digest of what would be packed.

        Args:
            source: as pack takes it.

        Raises:
            RejectedError: a path of the skill is rejected, a file is over 25 MiB, or a name holds a line feed.
            NotASkillError, ArchiveError: the source is neither a directory nor a zip.
            SkillChangedError: a file changed while it was read.
        """
        tree = self.tree(source)
        if tree.selection.rejected or not is_listable(tree) or any(file.size > MAX_FILE_BYTES for file in tree.files):
            raise RejectedError(self.check(tree))
        try:
            return tree.digest
        except SkillChangedError:
            raise
        except OSError as error:
            raise RejectedError(self.check(tree)) from error

    def diff(self, before: "skillpack.SkillSource", after: "skillpack.SkillSource") -> "skillpack.SkillDiff":
        """Return what differs between two skills. Takes and raises what skillpack.diff does."""
        from skillpack.bundle.diff import compare

        trees = _tree_of("before", before, self), _tree_of("after", after, self)
        for tree in trees:
            self.digest(tree)
        return compare(*map(Skill.from_tree, trees))

    def _zipping(self, skill: Skill, layout: "Layout | None" = None) -> "Zipping":
        from skillpack.bundle.packing import Zipping

        return Zipping(skill, self.settings, self.threads, self.watch, layout)

    def walk(self, root: str | os.PathLike[str], only: Collection[str] | None = None) -> SkillTree:
        """Return the files in a skill's directory; its `selection` has what was excluded and why.

        Args:
            root: the directory.
            only: paths relative to it; if given, no other file is in the tree.

        Raises:
            NotASkillError: it cannot be listed.
            TypeError: `only` is a single string.
        """
        listed = None if only is None else _strings("only", only)
        return walk(Directory(checked_path("root", root)), self.settings, listed)

    def why(self, root: str | os.PathLike[str], paths: Iterable[str]) -> tuple[Verdict, ...]:
        """Return a verdict on each path in a skill: whether it is packed, and which line of which file decided.

        Args:
            root: the skill's directory.
            paths: relative to it; they need not exist.

        Raises:
            NotASkillError: the directory cannot be opened.
            TypeError: `paths` is a single string.
            SettingsError: one of them is not a possible file name.
        """
        from skillpack.select.explain import why

        listed = _strings("paths", paths)
        for path in listed:
            _require_file_name("paths", path)
        return why(Directory(checked_path("root", root)), self.settings, listed)

    def apply_fixes(self, root: str | os.PathLike[str]) -> "tuple[skillpack.Fix, ...]":
        """Fix the skill in a directory. Takes and raises what skillpack.apply_fixes does.

        Returns:
            The files that were changed.
        """
        from skillpack import fixes

        tree = self.walk(root)
        found = fixes.find_fixes(tree, self.settings)
        for fix in found:
            fixes.write(fix, tree.origin)
        return found

    def container(
        self,
        name: str | None = None,
        skills: "Iterable[skillpack.SkillParam]" = (),
        *,
        expires_after: "skillpack.ExpiresAfterParam | None" = None,
        file_ids: Iterable[str] = (),
        memory_limit: "skillpack.MemoryLimit | None" = None,
        network_policy: "skillpack.NetworkPolicyParam | None" = None,
    ) -> "skillpack.ContainerCreateDict":
        """Return the body of POST /containers. Takes and raises what skillpack.container does.

        What is not given is that of `settings.container`.
        """
        body = self._container(name, skills, (expires_after, file_ids, memory_limit, network_policy))
        return cast("skillpack.ContainerCreateDict", body.to_dict())

    def iter_container(
        self,
        name: str | None = None,
        skills: "Iterable[skillpack.SkillParam]" = (),
        *,
        expires_after: "skillpack.ExpiresAfterParam | None" = None,
        file_ids: Iterable[str] = (),
        memory_limit: "skillpack.MemoryLimit | None" = None,
        network_policy: "skillpack.NetworkPolicyParam | None" = None,
    ) -> "skillpack.Chunks":
        """Return the body of POST /containers in chunks. Takes and raises what skillpack.container does."""
        return self._container(name, skills, (expires_after, file_ids, memory_limit, network_policy)).chunks()

    def write_container(
        self,
        file: BinaryIO,
        name: str | None = None,
        skills: "Iterable[skillpack.SkillParam]" = (),
        *,
        expires_after: "skillpack.ExpiresAfterParam | None" = None,
        file_ids: Iterable[str] = (),
        memory_limit: "skillpack.MemoryLimit | None" = None,
        network_policy: "skillpack.NetworkPolicyParam | None" = None,
    ) -> None:
        """Write the body of POST /containers. Takes and raises what skillpack.write_container does."""
        self._container(name, skills, (expires_after, file_ids, memory_limit, network_policy)).write(file)

    def _container(
        self,
        name: str | None,
        skills: "Iterable[skillpack.SkillParam]",
        options: "_Given",
    ) -> "Body":
        from skillpack.bundle import request

        given = request.Options.from_arguments(*options)
        return request.container(name, request.packed(skills, self.pack), given, self.settings)

    def shell_tool(
        self,
        skills: "Iterable[skillpack.SkillParam]",
        *,
        file_ids: Iterable[str] = (),
        memory_limit: "skillpack.MemoryLimit | None" = None,
        network_policy: "skillpack.NetworkPolicyParam | None" = None,
        allowed_callers: "Iterable[skillpack.Caller]" = (),
    ) -> "skillpack.ShellToolDict":
        """Return the Responses API's shell tool. Takes and raises what skillpack.shell_tool does."""
        from skillpack.bundle import request

        options = request.Options.from_arguments(None, file_ids, memory_limit, network_policy)
        body = request.shell_tool(request.packed(skills, self.pack), options, self.settings, allowed_callers)
        return cast("skillpack.ShellToolDict", body.to_dict())

    def environment(
        self,
        skills: "Iterable[skillpack.SkillParam]",
        *,
        container_size: "skillpack.ContainerSize | None" = None,
        env: Mapping[str, str] | None = None,
        files: "Iterable[skillpack.HostedFileDict]" = (),
        network: "skillpack.HostedNetworkDict | None" = None,
        packages: "skillpack.HostedPackagesDict | None" = None,
        setup_commands: "Iterable[skillpack.SetupCommandDict]" = (),
    ) -> "skillpack.HostedEnvironmentDict":
        """Return the environment of the Agents API (beta). Takes and raises what skillpack.environment does."""
        options = (container_size, env, files, network, packages, setup_commands)
        return _environment(skills, self.pack, options, self.settings)

    def local_shell_tool(self, roots: Iterable[str | os.PathLike[str]]) -> "skillpack.ShellToolDict":
        """Return the tool of a local shell. Takes and raises what skillpack.local_shell_tool does."""
        return _local_shell_tool(roots, self.local_skill, self.settings)

    def local_skill(self, root: str | os.PathLike[str]) -> "skillpack.LocalSkillDict":
        """Return how a local shell finds a skill.

        Args:
            root: the skill's directory, as the shell will open it.

        Raises:
            RejectedError: the skill has errors.
            NotASkillError: the directory cannot be listed.
            SkillChangedError: its SKILL.md could not be read at first, but could later.
        """
        from skillpack import rules

        skill = Skill.from_tree(self.walk(root))
        rules.check(skill, self.settings).raise_for_errors()
        skill.demand_name()
        return {"name": skill.name, "description": skill.description, "path": os.fspath(root)}

    def __reduce__(self) -> "tuple[type[Builder], tuple[object, ...]]":
        return type(self), (self.settings, None, self.threads)


def _strings(name: str, values: Iterable[str]) -> tuple[str, ...]:
    """Return several strings as a tuple; one string would be taken for a list of its letters."""
    if not is_list(values):
        raise TypeError(f"{name} must be a list of strings, not {type(values).__name__}")
    found = tuple(values)
    for value in found:
        require_type(f"each item of {name}", value, str, "a string")
    return found


def _require_file_name(name: str, path: str) -> None:
    try:
        possible = b"\0" not in path.encode("utf-8", "surrogateescape")  # which stands for bytes that are not UTF-8
    except UnicodeEncodeError:
        possible = False
    if not possible:
        raise SettingsError("holds a path that no file can have", key=name)


def pack(source: "skillpack.SkillSource", *, settings: "skillpack.SettingsParam" = None) -> "skillpack.Bundle":
    """Pack a skill.

    Args:
        source: a directory, its SKILL.md or a zip by its path, a zip's bytes, a dict of path to bytes, an InlineSkill
            as a dict, a Traversable, a GitRevision, or a SkillTree.
        settings: how to read, check and pack; if None, the nearest settings file above a skill given by its path, or in
            its revision, as on the command line. `Settings()` reads no file.

    Returns:
        The bundle: `.inline_skill()` is the dict to embed, `.zip` the bytes of the zip, `.report` warnings and notes.

    Raises:
        RejectedError: the skill has errors; `.report` has all findings.
        SettingsError: the settings file is invalid, or another user owns it.
        NotASkillError, ArchiveError: the source is neither a directory nor a zip.
        SkillChangedError: a file changed between the check and the write.
    """
    builder, source = _prepare(source, settings)
    return builder.pack(source)


def check(source: "skillpack.SkillSource", *, settings: "skillpack.SettingsParam" = None) -> Report:
    """Check a skill and report problems.

    Args:
        source: a directory, its SKILL.md or a zip by its path, a zip's bytes, a dict of path to bytes, an InlineSkill
            as a dict, a Traversable, a GitRevision, or a SkillTree.
        settings: how to read, check and pack; if None, the nearest settings file above a skill given by its path, or in
            its revision, as on the command line. `Settings()` reads no file.

    Returns:
        The report: iterate it for findings; `.ok` is True if the skill would be packed.

    Raises:
        NotASkillError, ArchiveError: the source is neither a directory nor a zip.
        SettingsError: the settings file is invalid, or another user owns it.
        SkillChangedError: a file changed while the skill was measured; an earlier change is a finding.
    """
    builder, source = _prepare(source, settings)
    return builder.check(source)


def measure(source: "skillpack.SkillSource", *, settings: "skillpack.SettingsParam" = None) -> "skillpack.SkillSize":
    """Measure what each file of a skill costs in a request, and what a model reads of it.

    A skill that is too large to be packed, or that has other errors, is measured too.

    Args:
        source: a directory, its SKILL.md or a zip by its path, a zip's bytes, a dict of path to bytes, an InlineSkill
            as a dict, a Traversable, a GitRevision, or a SkillTree.
        settings: how to read and pack; if None, the nearest settings file above a skill given by its path, or in its
            revision, as on the command line. `Settings()` reads no file.

    Returns:
        What its files, folders and texts cost, how much of each limit is used, and what would save most.

    Raises:
        RejectedError: the skill has no name, or no zip can hold it; `.report` has the findings.
        NotASkillError, ArchiveError, SettingsError, SkillChangedError: as pack does.
    """
    builder, source = _prepare(source, settings)
    return builder.measure(source)


def diff(
    before: "skillpack.SkillSource", after: "skillpack.SkillSource", *, settings: "skillpack.SettingsParam" = None
) -> "skillpack.SkillDiff":
    """Compare what would be packed of two skills.

    Args:
        before: one skill: a directory or a zip by its path, a zip's bytes, a dict of path to bytes, an InlineSkill as a
            dict, a Traversable, a GitRevision, or a SkillTree.
        after: the other one.
        settings: how to read; if None, the nearest settings file above each skill given by its path or revision.

    Returns:
        What differs: `.equal` is True if nothing does, `.patch()` is the patch for `git apply`.

    Raises:
        RejectedError: a skill has a file that cannot be packed.
        NotASkillError, ArchiveError: a source is neither a directory nor a zip.
        SettingsError: a settings file is invalid, or another user owns it.
        SkillChangedError: a file changed while it was read.
    """
    sources = {"before": before, "after": after}
    trees = []
    for name, source in sources.items():
        builder, source = _prepare(source, settings)  # noqa: PLW2901 - the same skill
        trees.append(_tree_of(name, source, builder))
    return Builder(_settings(None, settings) if settings else Settings()).diff(*trees)


def _tree_of(name: str, source: "skillpack.SkillSource", builder: Builder) -> SkillTree:
    try:
        return builder.tree(source)
    except TypeError as error:
        raise TypeError(str(error).replace("source", name, 1)) from None


def find_skills(folder: str | os.PathLike[str]) -> tuple[Path, ...]:
    """Return the directory of each skill in a folder, at any depth, sorted.

    A skill is a directory with a SKILL.md. Symlinks are not followed, and folders such as `.git`, `.venv` and
    `node_modules` are skipped.

    Args:
        folder: where to look; it may be a skill itself.

    Raises:
        NotASkillError: it is not a directory, or it or a folder in it cannot be listed.
    """
    from skillpack.discover import find_all

    return find_all(checked_path("folder", folder))


def apply_fixes(
    root: str | os.PathLike[str], *, settings: "skillpack.SettingsParam" = None
) -> "tuple[skillpack.Fix, ...]":
    """Apply the safe fixes of all findings to the files of a skill: none changes what its frontmatter means.

    Args:
        root: the skill's directory.
        settings: how to read, check and pack; if None, the nearest settings file above a skill given by its path, as on
            the command line. `Settings()` reads no file.

    Returns:
        The files that were changed, with their content before and after.

    Raises:
        NotASkillError: it cannot be listed.
        SkillChangedError: a file changed at the same time; it is unchanged, but files before it may be fixed.
        OutputError: a file could not be written; it is unchanged, but files before it may be fixed.
    """
    return Builder(_settings(root, settings)).apply_fixes(root)


def container(
    name: str,
    skills: "Iterable[skillpack.SkillParam]" = (),
    *,
    expires_after: "skillpack.ExpiresAfterParam | None" = None,
    file_ids: Iterable[str] = (),
    memory_limit: "skillpack.MemoryLimit | None" = None,
    network_policy: "skillpack.NetworkPolicyParam | None" = None,
    settings: "skillpack.SettingsParam" = None,
) -> "skillpack.ContainerCreateDict":
    """Return the body of POST /containers, for `client.containers.create(**body)`.

    Args:
        name: the container's name.
        skills: bundles, skills to pack, or references such as `{"type": "skill_reference", "skill_id": "..."}`, as
            dicts or models.
        expires_after: minutes after the container's last use, at least 1, or the API's object as a dict or model.
        file_ids: ids of uploaded files to copy into it.
        memory_limit: 1g, 4g, 16g or 64g.
        network_policy: one of the API's two policies, as a dict or model.
        settings: how to read, check and pack; if None, the nearest settings file above each skill given by its path or
            revision. The memory and expiry that it has for a container count for the body; its name and domains do not.

    Raises:
        RejectedError: a skill has errors, or two have the same name.
        PayloadError: an option or a reference is not what the API takes.
        NotASkillError, ArchiveError, SettingsError, SkillChangedError: as pack does.
    """
    body = _container(name, skills, (expires_after, file_ids, memory_limit, network_policy), settings)
    return cast("skillpack.ContainerCreateDict", body.to_dict())


def iter_container(
    name: str,
    skills: "Iterable[skillpack.SkillParam]" = (),
    *,
    expires_after: "skillpack.ExpiresAfterParam | None" = None,
    file_ids: Iterable[str] = (),
    memory_limit: "skillpack.MemoryLimit | None" = None,
    network_policy: "skillpack.NetworkPolicyParam | None" = None,
    settings: "skillpack.SettingsParam" = None,
) -> "skillpack.Chunks":
    """Return the body of POST /containers in chunks of compact UTF-8 JSON, for HTTP clients such as requests and httpx.

    Takes and raises what skillpack.container does.
    """
    body = _container(name, skills, (expires_after, file_ids, memory_limit, network_policy), settings)
    return body.chunks()


def write_container(
    file: BinaryIO,
    name: str,
    skills: "Iterable[skillpack.SkillParam]" = (),
    *,
    expires_after: "skillpack.ExpiresAfterParam | None" = None,
    file_ids: Iterable[str] = (),
    memory_limit: "skillpack.MemoryLimit | None" = None,
    network_policy: "skillpack.NetworkPolicyParam | None" = None,
    settings: "skillpack.SettingsParam" = None,
) -> None:
    """Write the body of POST /containers as compact UTF-8 JSON; the whole is never in memory.

    Args:
        file: anything with a write method that takes bytes; nothing is written if an exception is raised for the body.
        name: the container's name.
        skills: bundles, skills to pack, or references.
        expires_after: minutes after the container's last use, at least 1, or the API's object as a dict or model.
        file_ids: ids of uploaded files to copy into it.
        memory_limit: 1g, 4g, 16g or 64g.
        network_policy: one of the API's two policies, as a dict or model.
        settings: how to read, check and pack; if None, the nearest settings file above each skill given by its path or
            revision. The memory and expiry that it has for a container count for the body; its name and domains do not.

    Raises:
        RejectedError, PayloadError, NotASkillError, ArchiveError, SkillChangedError: as container does.
        OSError: the file cannot be written.
    """
    body = _container(name, skills, (expires_after, file_ids, memory_limit, network_policy), settings)
    body.write(file)


def shell_tool(
    skills: "Iterable[skillpack.SkillParam]",
    *,
    file_ids: Iterable[str] = (),
    memory_limit: "skillpack.MemoryLimit | None" = None,
    network_policy: "skillpack.NetworkPolicyParam | None" = None,
    allowed_callers: "Iterable[skillpack.Caller]" = (),
    settings: "skillpack.SettingsParam" = None,
) -> "skillpack.ShellToolDict":
    """Return the Responses API's shell tool, for `client.responses.create(tools=[tool])`.

    Args:
        skills: bundles, skills to pack, or references; at most 200 (OpenAPI document, container_auto.skills).
        file_ids: ids of uploaded files to copy into its container; at most 50 (container_auto.file_ids).
        memory_limit: 1g, 4g, 16g or 64g.
        network_policy: one of the API's two policies, as a dict or model.
        allowed_callers: who may call the tool: direct (the model), programmatic (a program that it writes), or both.
        settings: how to read, check and pack; if None, the nearest settings file above each skill given by its path or
            revision. The memory and expiry that it has for a container count for the body; its name and domains do not.

    Raises:
        RejectedError: a skill has errors, two have the same name, or there are too many.
        PayloadError: an option or a reference is not what the API takes.
        NotASkillError, ArchiveError, SettingsError, SkillChangedError: as pack does.
    """
    from skillpack.bundle import request

    options = request.Options.from_arguments(None, file_ids, memory_limit, network_policy)
    packed = request.packed(skills, lambda source: pack(source, settings=settings))
    body = request.shell_tool(packed, options, _settings(Path("skill"), settings), allowed_callers)
    return cast("skillpack.ShellToolDict", body.to_dict())


def local_shell_tool(
    roots: Iterable[str | os.PathLike[str]], *, settings: "skillpack.SettingsParam" = None
) -> "skillpack.ShellToolDict":
    """Return the Responses API's shell tool for a shell on the caller's machine, which reads skills from their folders.

    Args:
        roots: the skills' directories, as the shell will open them; at most 200.
        settings: how to read and check; if None, the nearest settings file above each skill.

    Raises:
        RejectedError: a skill has errors, two have the same name, or there are too many.
        NotASkillError: a directory cannot be listed.
        SettingsError: a settings file is invalid, or another user owns it.
        PayloadError: a path is not Unicode.
        SkillChangedError: a SKILL.md could not be read at first, but could later.
    """
    defaults = _settings(Path("skill"), settings)  # those above the current folder
    return _local_shell_tool(roots, lambda root: Builder(_settings(root, settings)).local_skill(root), defaults)


def _local_shell_tool(
    roots: Iterable[str | os.PathLike[str]],
    local_skill: "Callable[[str | os.PathLike[str]], skillpack.LocalSkillDict]",
    settings: Settings,
) -> "skillpack.ShellToolDict":
    """Return the tool of a local shell, with each skill checked under its own settings."""
    from skillpack import rules
    from skillpack.bundle import request

    if not is_list(roots):
        raise TypeError(f"roots must be a list of paths, not {type(roots).__name__}")
    directories = tuple(roots)
    for root in directories:
        checked_path("each item of roots", root)
    skills = [local_skill(root) for root in directories]
    together = rules.Environment("local", tuple(skill["name"] for skill in skills))
    rules.weigh(together, settings).raise_for_errors()
    return cast("skillpack.ShellToolDict", request.local_shell_tool(skills).to_dict())


def environment(
    skills: "Iterable[skillpack.SkillParam]",
    *,
    container_size: "skillpack.ContainerSize | None" = None,
    env: Mapping[str, str] | None = None,
    files: "Iterable[skillpack.HostedFileDict]" = (),
    network: "skillpack.HostedNetworkDict | None" = None,
    packages: "skillpack.HostedPackagesDict | None" = None,
    setup_commands: "Iterable[skillpack.SetupCommandDict]" = (),
    settings: "skillpack.SettingsParam" = None,
) -> "skillpack.HostedEnvironmentDict":
    """Return the environment of the Agents API (beta), for `client.beta.agents.sessions.create(environment=...)`.

    Args:
        skills: bundles, skills to pack, or references; at most 200 (Agents API schema, openai_hosted.skills).
        container_size: small, medium or large; only a session's environment has one.
        env: environment variables of the agent.
        files: uploaded files to copy to paths below /workspace; at most 50 (openai_hosted.files).
        network: what the environment may connect to.
        packages: the packages to install, by manager: npm, python, system.
        setup_commands: what to run before the agent starts; at most 16 (openai_hosted.setup_commands).
        settings: how to read, check and pack; if None, the nearest settings file above each skill given by its path or
            revision.

    Raises:
        RejectedError: a skill has errors, two have the same name, or there are too many.
        PayloadError: an option or a reference is not what the API takes.
        NotASkillError, ArchiveError, SettingsError, SkillChangedError: as pack does.
    """
    options = (container_size, env, files, network, packages, setup_commands)
    own = _settings(Path("skill"), settings)
    return _environment(skills, lambda source: pack(source, settings=settings), options, own)


def _environment(
    skills: "Iterable[skillpack.SkillParam]",
    pack: "Callable[[skillpack.SkillSource], skillpack.Bundle]",
    options: "_Hosted",
    settings: Settings,
) -> "skillpack.HostedEnvironmentDict":
    from skillpack.bundle import agents, request

    size, env, files, network, packages, setup_commands = options
    given: dict[str, object] = {
        "container_size": size,
        "env": env,
        "files": request.listed(files, "files"),
        "network": network,
        "packages": packages,
        "setup_commands": request.listed(setup_commands, "setup_commands"),
    }
    body = agents.environment(request.packed(skills, pack), given, settings)
    return cast("skillpack.HostedEnvironmentDict", body.to_dict())


def _container(
    name: str,
    skills: "Iterable[skillpack.SkillParam]",
    options: "_Given",
    settings: "skillpack.SettingsParam",
) -> "Body":
    """Return the body of POST /containers, with each skill packed under its own settings."""
    defaults = _settings(Path("skill"), settings)  # those above the current folder
    if not isinstance(settings, Settings):  # a file must not open a connection that the caller did not ask for
        defaults = replace(defaults, container=replace(defaults.container, name=None, allow_domains=()))
    from skillpack.bundle import request

    given = request.Options.from_arguments(*options)
    packed = request.packed(skills, lambda source: pack(source, settings=settings))
    return request.container(name, packed, given, defaults)


def _prepare(
    source: "skillpack.SkillSource", given: "skillpack.SettingsParam"
) -> "tuple[Builder, skillpack.SkillSource]":
    """Return a builder with the settings for a skill, and the skill: of a revision, in the tree that it names now."""
    if isinstance(source, str | os.PathLike):
        source = folder_of_manifest(source)
    if isinstance(given, Settings) or isinstance(source, str | bytes | os.PathLike | Mapping | SkillTree):
        return Builder(_settings(source, given)), source
    from skillpack.sources.git_revision import GitRevision

    if not isinstance(source, GitRevision):
        return Builder(_settings(source, given)), source
    from skillpack.settings import from_table
    from skillpack.sources.revision_settings import find_settings, place_on_disk

    if given is not None:
        return Builder(_settings(place_on_disk(source), given)), source
    source, table = find_settings(source)
    return Builder(from_table(table)), source


def _settings(source: object, given: "skillpack.SettingsParam") -> Settings:
    """Return the settings for a skill: those given, or those of the nearest settings file above its path."""
    if isinstance(given, Settings):
        return given
    require_type("settings", given, str | os.PathLike | None, "Settings or a path")
    path = folder_of_manifest(source) if isinstance(source, str | os.PathLike) and os.fspath(source) else None
    try:
        if given is not None:
            return Settings.load(given, path)
        return Settings() if path is None else Settings.find(path)
    except SettingsError as error:
        if error.key == "skill" and error.file is None:
            raise NotASkillError("source is not a path that a file can have") from error
        if error.key == "file" and error.file is None:
            raise SettingsError(error.message, key="settings") from error
        raise


def check_and_measure(skill: Skill, builder: Builder) -> "tuple[Report, Packed | None]":
    """Return the findings for a skill without those about its zip, and the size of that, if it can be packed.

    Nothing is compressed if the sum of the sizes is already within all limits of a zip, and else only until it is.

    Raises:
        SkillChangedError: a file changed while it was read.
    """
    from skillpack import rules
    from skillpack.rules.size import accepted_zip_size

    enough = accepted_zip_size()
    bound = upper_bound(skill.tree, skill.name)
    if bound <= enough:
        return rules.check(skill, builder.settings), rules.Packed(skill, bound)
    from skillpack.bundle.packing import Zipping

    return Zipping(skill, builder.settings, builder.threads, builder.watch, "folder").measure(enough)


for _function in (
    *(pack, check, diff, measure, find_skills, apply_fixes, environment),
    *(container, iter_container, write_container, shell_tool, local_shell_tool),
):
    _function.__module__ = "skillpack"
