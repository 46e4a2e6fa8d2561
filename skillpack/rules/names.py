"""Rules on the names of files: what no zip, no system or no reader can hold."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from skillpack.findings import Location, Severity, escaped
from skillpack.limits import MAX_COMPONENT_BYTES, MAX_DEPTH, MAX_PATH_BYTES
from skillpack.rules.engine import Remark, rule
from skillpack.rules.text import hidden
from skillpack.skill.decisions import Oddity
from skillpack.skill.skill import Skill

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
# Microsoft, "Naming Files, Paths, and Namespaces": devices whatever the extension; the superscript digits count too
_RESERVED: Final = re.compile(
    r"(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9\xb9\xb2\xb3]) *(?:\.|$)", re.IGNORECASE
)
_NOT_ON_WINDOWS: Final = re.compile('[<>"|?*]')


@rule(Skill, Severity.ERROR, "reader", hint="rename the file")
def path_not_utf8(skill: Skill) -> Iterator[Remark]:
    r"""The name of a file is not UTF-8.

    Linux takes any bytes for a name. Names in the zip are UTF-8, so such a file cannot be packed under its name,
    and under no other would the skill's own text find it.

    Why it matters: APPNOTE.TXT 4.4.4, bit 11, lets a zip say that its names are UTF-8; without it readers guess,
    each its own way (CPython guesses code page 437).

    Before:
        references/caf\xe9.md      (Latin-1)
    After:
        references/café.md         (UTF-8)
    """
    for odd in skill.tree.selection.rejected:
        if odd.oddity is Oddity.PATH_NOT_UTF8:
            yield Remark(Location(odd.path), "the file's name is not UTF-8")
    for file in skill.tree.files:
        if _SURROGATE.search(file.path):
            yield Remark(Location(file.path), "the file's name is not UTF-8")


@rule(Skill, Severity.ERROR, "safety", hint="rename the file")
def path_control(skill: Skill) -> Iterator[Remark]:
    r"""The name of a file or folder holds a control character: a line break, an escape, a tab.

    Why it matters: a name can rewrite what a terminal shows of it (CWE-150), a line break in it makes two names
    of one in every list of files, and Windows takes none of U+0001 to U+001F.

    Before:
        scripts/run\x1b[2K.sh
    After:
        scripts/run.sh
    """
    for file in skill.tree.files:
        if found := _CONTROL.search(file.path):
            yield Remark(Location(file.path), f"the file's name holds the control character U+{ord(found[0]):04X}")


@rule(Skill, Severity.ERROR, "safety", "reader", hint="rename the file")
def path_unsafe(skill: Skill) -> Iterator[Remark]:
    r"""The name of a file means another file to some readers: a backslash, a colon, a part such as `..`.

    Why it matters: on Windows a backslash separates folders and a colon names a drive or a stream, so what is one
    name to us is a path to others; unpackers that trusted such names wrote outside their folder (CVE-2018-1002200
    and its many sisters, known as zip slip).

    Before:
        scripts\run.sh     (one name, written by a tool on Windows)
    After:
        scripts/run.sh
    """
    for file in skill.tree.files:
        if "\\" in file.path:
            yield Remark(Location(file.path), "the file's name holds a backslash, which parts folders on Windows")
        elif ":" in file.path:
            yield Remark(Location(file.path), "the file's name holds a colon, which names a drive or stream on Windows")


@rule(Skill, Severity.ERROR, "reader", hint="rename one of the two")
def path_collision(skill: Skill) -> Iterator[Remark]:
    """Two names are one on systems that ignore case or Unicode form, or a file would also have to be a folder.

    Names are compared in Unicode form NFC after case folding.

    Why it matters: Windows and macOS keep one of the two files, and which one depends on the reader.

    Before:
        references/Forms.md
        references/forms.md
    After:
        references/forms.md
        references/form-fields.md
    """
    seen: dict[str, str] = {}
    for file in skill.tree.files:
        key = _folded(file.path)
        if key in seen:
            message = f"{escaped(seen[key])} has the same name on systems that ignore case or Unicode form"
            yield Remark(Location(file.path), message)
        seen.setdefault(key, file.path)
    for key, path in seen.items():
        parents = (key[:at] for at, char in enumerate(key) if char == "/")
        if hit := next((parent for parent in parents if parent in seen), None):
            yield Remark(Location(path), f"{escaped(seen[hit])} is a file and would also have to be a folder")


@rule(Skill, Severity.WARNING, "reader", hint="rename the file to its composed form")
def path_not_nfc(skill: Skill) -> Iterator[Remark]:
    """The name of a file is not in Unicode form NFC; it is packed in that form.

    Some letters can be written as one character or as two (`é` as `e` and an accent). Names look the same and are
    not.

    Why it matters: macOS tools write the long form, editors the short one, so a link in SKILL.md that works on the
    author's machine leads nowhere on Linux, where the two are different files.

    Before:
        references/cafe\N{COMBINING ACUTE ACCENT}.md     (two characters)
    After:
        references/caf\N{LATIN SMALL LETTER E WITH ACUTE}.md      (one)
    """
    for odd in skill.tree.selection.notes:
        if odd.oddity is Oddity.PATH_NOT_NFC:
            yield Remark(Location(odd.path), "the file's name is not in Unicode form NFC; it is packed in that form")


@rule(Skill, Severity.ERROR, "safety", hint="rename the file")
def path_invisible(skill: Skill) -> Iterator[Remark]:
    r"""The name of a file holds characters that nobody sees: controls of direction, zero width, tags.

    Joiners inside emoji and in scripts that are spelt with them, such as Persian and Hindi, are fine.

    Why it matters: a control of direction makes `gpj.exe` of what ends in `exe.jpg` (CVE-2021-42574 is the same
    trick in source code), and tag characters carry text that a model reads and a person does not.

    Before:
        scripts/run\u202egpj.sh
    After:
        scripts/run.sh
    """
    for file in skill.tree.files:
        if found := next(hidden(file.path), None):
            at, kind = found
            yield Remark(Location(file.path), f"the file's name holds U+{ord(file.path[at]):04X}, a {kind}")


@rule(Skill, Severity.WARNING, "reader", hint="rename the file, if the skill shall also be unpacked on Windows")
def path_not_portable(skill: Skill) -> Iterator[Remark]:
    """Windows cannot hold a file or folder of this name.

    It reserves the names of devices (`con`, `nul`, `aux`, `com1` ...) with any extension, drops a dot or space at
    the end, and takes none of `< > " | ? *`.

    Why it matters: Microsoft, "Naming Files, Paths, and Namespaces". Unpacking there fails half way, or the file
    has another name than the skill's text says.

    Before:
        references/aux.md
    After:
        references/auxiliary.md
    """
    for file in skill.tree.files:
        reason = next(filter(None, map(_not_on_windows, file.path.split("/"))), None)
        if reason:
            yield Remark(Location(file.path), reason)


@rule(Skill, Severity.ERROR, "reader", hint="shorten the name")
def path_too_long(skill: Skill) -> Iterator[Remark]:
    """A part of a path has over 255 bytes in UTF-8, or the whole over 1,024.

    Why it matters: NAME_MAX is 255 on Linux and macOS, PATH_MAX 1,024 on macOS; a longer name cannot be unpacked
    there.

    Before:
        references/what-the-customer-said-on-the-phone-[... 300 characters].md
    After:
        references/phone-call.md
    """
    for file in skill.tree.files:
        whole = len(file.path.encode("utf-8", "surrogatepass"))
        part = max(len(part.encode("utf-8", "surrogatepass")) for part in file.path.split("/"))
        if part > MAX_COMPONENT_BYTES:
            yield Remark(Location(file.path), f"a name of {part:,} bytes, {part - MAX_COMPONENT_BYTES:,} too many")
        elif whole > MAX_PATH_BYTES:
            yield Remark(Location(file.path), f"a path of {whole:,} bytes, {whole - MAX_PATH_BYTES:,} too many")


@rule(Skill, Severity.ERROR, "safety", hint="flatten the folders")
def path_too_deep(skill: Skill) -> Iterator[Remark]:
    """A file lies over 32 folders deep.

    Why it matters: no public skill that was looked at has more than nine; more is a mistake or a trap (folders
    nested a thousand deep end many programs with a recursion error).

    Before:
        a/a/a/a/ [...] /a/notes.md
    After:
        references/notes.md
    """
    for odd in skill.tree.selection.rejected:
        if odd.oddity is Oddity.PATH_TOO_DEEP:
            yield Remark(Location(odd.path), f"the folder is over {MAX_DEPTH} folders deep")
    for file in skill.tree.files:
        if (depth := file.path.count("/")) > MAX_DEPTH:
            yield Remark(Location(file.path), f"the file lies {depth} folders deep, {depth - MAX_DEPTH} too many")


def _folded(path: str) -> str:
    """One string for all names that some system takes for the same."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def _not_on_windows(part: str) -> str | None:
    if _RESERVED.match(part):
        return "a name that Windows reserves for a device"
    if part.endswith((".", " ")) and part not in (".", ".."):
        return f"a name that ends in a {'dot' if part.endswith('.') else 'space'}, which Windows drops"
    found = _NOT_ON_WINDOWS.search(part)
    return f"a name with {found[0]}, which Windows does not allow" if found else None
