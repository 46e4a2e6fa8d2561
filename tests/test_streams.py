from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from skillpack.cli.run import COMMANDS
from tests.judges import judge
from tests.samples import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MakeSkill

PDF_FORMS: Final = str(ROOT / "fixtures" / "skills" / "pdf-forms")
CSV_REPORT: Final = str(ROOT / "fixtures" / "skills" / "csv-report")
BROKEN: Final = str(ROOT / "fixtures" / "rules" / "yaml-syntax" / "bad")
ENVIRONMENT: Final = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
CALLS: Final = {
    "check": ("check", PDF_FORMS),
    "pack": ("pack", PDF_FORMS),
    "container": ("container", PDF_FORMS, "--name", "forms"),
    "shell": ("shell", PDF_FORMS),
    "zip": ("zip", PDF_FORMS),
    "files": ("files", PDF_FORMS),
    "why": ("why", f"{PDF_FORMS}/SKILL.md"),
    "digest": ("digest", PDF_FORMS),
    "size": ("size", PDF_FORMS),
    "environment": ("environment", PDF_FORMS),
    "targets": ("targets", PDF_FORMS),
    "diff": ("diff", PDF_FORMS, CSV_REPORT),
    "unpack": ("unpack", "--help"),
    "manifest": ("manifest", PDF_FORMS),
    "lock": ("lock", PDF_FORMS, "-o", "-"),
    "attest": ("attest", PDF_FORMS),
    "rule": ("rule", "yaml-unquoted-colon"),
    "schema": ("schema", "settings"),
    "new": ("new", "--help"),
    "completion": ("completion", "bash"),
    "--version": ("--version",),
    "--help": ("--help",),
}
"""A call of each command that prints something."""


def redirected(redirection: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [judge("bash"), "-c", f'"$0" -m skillpack "$@" {redirection}', sys.executable, *arguments],
        env=ENVIRONMENT | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )


def test_there_is_a_call_of_every_command() -> None:
    assert set(CALLS) == {*COMMANDS, "--version", "--help"}


@pytest.mark.parametrize(
    ("call", "redirection"),
    [*((call, ">&-") for call in CALLS), *((call, ">/dev/full") for call in ("check", "pack", "--version", "--help"))],
)
def test_what_cannot_be_printed_is_a_failure_reported_in_one_line(call: str, redirection: str) -> None:
    done = redirected(redirection, *CALLS[call])
    errors = [line for line in done.stderr.decode().splitlines() if not re.match(r"\d+ files?, ", line)]
    assert done.returncode == 2, errors
    assert len(errors) == 1, errors
    assert errors[0].startswith("error: ")


@pytest.mark.parametrize("call", ["check", "pack", "zip", "files", "--version"])
@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
def test_unwritable_messages_change_neither_the_result_nor_the_exit_code(call: str, redirection: str) -> None:
    heard = redirected("", *CALLS[call])
    unheard = redirected(redirection, *CALLS[call])
    assert (unheard.returncode, unheard.stdout) == (0, heard.stdout)
    assert heard.stdout


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
@pytest.mark.parametrize(
    ("arguments", "code"), [(("digest", "--check", f"skillpack1:{0:064}", PDF_FORMS), 1), (("pack", "absent"), 2)]
)
def test_a_failure_that_cannot_be_reported_keeps_its_exit_code(
    redirection: str, arguments: tuple[str, ...], code: int
) -> None:
    assert redirected(redirection, *arguments).returncode == code


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("check", BROKEN), 1),
        (("check", "--output-format", "json", BROKEN), 1),
        (("check", PDF_FORMS), 0),
        (("diff", PDF_FORMS, CSV_REPORT), 1),
        (("digest", "--check", f"skillpack1:{0:064}", PDF_FORMS), 1),
        (("targets", PDF_FORMS), 0),
    ],
)
def test_a_reader_that_has_gone_does_not_change_the_verdict(arguments: tuple[str, ...], code: int) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "skillpack", *arguments, "--quiet"],
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=writer,
            stderr=subprocess.PIPE,
            check=False,
        )
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (code, b"")


def test_with_an_output_file_stdout_may_be_closed(tmp_path: Path) -> None:
    output = tmp_path / "forms.json"
    assert redirected(">&-", "pack", PDF_FORMS, "-o", str(output)).returncode == 0
    assert output.read_bytes().startswith(b'{"description":')


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
@pytest.mark.parametrize(
    "arguments", [("files", "用"), ("files", "用", "--tree"), ("check",), ("why", "用/用.md"), ("digest", "用", "用")]
)
def test_what_the_encoding_of_a_stream_lacks_is_escaped(
    encoding: str, arguments: tuple[str, ...], make_skill: MakeSkill, monkeypatch: pytest.MonkeyPatch
) -> None:
    skill = make_skill({"用.md": "Größe", "用.log": "", ".gitignore": "*.log\n"})
    monkeypatch.chdir(skill.rename(skill.with_name("用")).parent)
    done = redirected("", *arguments, PYTHONIOENCODING=encoding)
    assert done.returncode in {0, 1}
    assert done.stdout
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("call", ["check", "files", "why", "digest", "rule", "--help"])
def test_a_console_with_utf_16_gets_what_one_with_utf_8_gets(call: str) -> None:
    wide, narrow = (redirected("", *CALLS[call], PYTHONIOENCODING=encoding) for encoding in ("utf-16", "utf-8"))
    assert wide.stdout.decode("utf-16") == narrow.stdout.decode("utf-8")
    assert wide.returncode == narrow.returncode == 0


@pytest.mark.parametrize("call", ["pack", "container", "shell"])
def test_a_body_is_utf_8_whatever_the_console(call: str) -> None:
    wide, narrow = (redirected("", *CALLS[call], PYTHONIOENCODING=encoding) for encoding in ("utf-16", "utf-8"))
    assert wide.stdout == narrow.stdout
