from __future__ import annotations

import copy
import io
import json
import logging
import os
import pickle
import stat
import subprocess
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel, ConfigDict, SecretStr, TypeAdapter, ValidationError

import skillpack
from skillpack.api import Builder
from skillpack.bundle import request
from skillpack.cli import main
from skillpack.settings import Settings
from tests.terminal import on_a_terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import MakeSkill

SENTINEL = "s3ntinel-Zq7vLw2Kx9-d0-not-tell"
ROOT = Path(__file__).parents[1]

# where a value comes from; the last ones are what somebody writes who does not know that
RIGHT = {"env": "env:TOKEN", "file": "file:token.txt", "stdin": "-"}
WRONG = {
    "value": SENTINEL,
    "value with a colon": f"value:{SENTINEL}",
    "env with the value": f"env:{SENTINEL}",
    "file with the value": f"file:{SENTINEL}",
    "file with a NUL": f"file:{SENTINEL}\0",
}
ALLOWED = ["--allow-domain", "api.example.com"]


def secret(source: str) -> list[str]:
    return ["--secret", f"api.example.com:TOKEN={source}"]


# what else is wrong with the call; `{}` is a folder with the skills `good`, `bad` and `twin`
TROUBLE: dict[str, list[str]] = {
    "no allowed domain": [],
    "another domain": ["--allow-domain", "example.org"],
    "no network": ["--no-network"],
    "no network and a domain": [*ALLOWED, "--no-network"],
    "no such skill": [*ALLOWED, "{}/none"],
    "a skill with errors": [*ALLOWED, "{}/bad"],
    "one of two with errors": [*ALLOWED, "{}/good", "{}/bad"],
    "two of one name": [*ALLOWED, "{}/good", "{}/twin/good"],
    "no skill": [*ALLOWED, "{}/token.txt"],
    "memory": [*ALLOWED, "--memory", "3g"],
    "reference": [*ALLOWED, "--skill-ref", "@"],
    "long reference": [*ALLOWED, "--skill-ref", "x" * 65],
    "compression": [*ALLOWED, "--compression", "best"],
    "unknown option": [*ALLOWED, "--memroy", "4g"],
    "target": [*ALLOWED, "--target", "nobody"],
    "settings": [*ALLOWED, "--config", "{}/none.toml"],
    "color": [*ALLOWED, "--color", "blue"],
    "output in no folder": [*ALLOWED, "{}/good", "-o", "{}/none/out.json"],
    "output is a folder": [*ALLOWED, "{}/good", "-o", "{}/good"],
    "output is a pipe": [*ALLOWED, "{}/good", "-o", "{}/pipe"],
    "output below a file": [*ALLOWED, "{}/good", "-o", "{}/token.txt/x"],
    "output of an endless name": [*ALLOWED, "-o", "{}/" + "n" * 300],
}
COMMANDS = {"container": ["container", "--name", "demo"], "shell": ["shell"]}


@pytest.fixture
def place(tmp_path: Path, make_skill: MakeSkill, monkeypatch: pytest.MonkeyPatch) -> Path:
    make_skill({"a.txt": "a"}, name="good")
    make_skill({"SKILL.md": "no frontmatter"}, name="bad")
    make_skill(name="twin")
    (tmp_path / "twin/good").mkdir()
    (tmp_path / "twin/good/SKILL.md").write_bytes((tmp_path / "good/SKILL.md").read_bytes())
    (tmp_path / "token.txt").write_text(f"{SENTINEL}\n")
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOKEN", SENTINEL)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(f"{SENTINEL}\n".encode())))
    return tmp_path


def assert_told_nobody(shown: str, place: Path) -> None:
    assert SENTINEL[4:20] not in shown
    assert "Traceback" not in shown
    for path in place.rglob("*"):
        if path.is_file() and path.name != "token.txt":
            assert SENTINEL.encode()[4:20] not in path.read_bytes()


@pytest.mark.parametrize("command", [(name, loud) for name in COMMANDS for loud in ("-v", "-q")], ids=" ".join)
@pytest.mark.parametrize("source", RIGHT)
@pytest.mark.parametrize("trouble", TROUBLE)
def test_no_error_of_the_command_line_shows_a_secret(
    place: Path, capfd: pytest.CaptureFixture[str], trouble: str, source: str, command: tuple[str, str]
) -> None:
    given = [text.replace("{}", str(place)) for text in TROUBLE[trouble]]
    name, loud = command
    code = main([*COMMANDS[name], *secret(RIGHT[source]), *given, loud])
    captured = capfd.readouterr()
    assert code in (1, 2)
    assert captured.err
    assert captured.out == ""
    assert_told_nobody(captured.err, place)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("source", WRONG)
@pytest.mark.parametrize(
    "form", ["api.example.com:TOKEN={}", "{}", "api.example.com={}", "api.example.com:{}", ":{}", "{}:="]
)
def test_a_secret_put_into_the_argument_by_mistake_is_not_shown_either(
    place: Path, capfd: pytest.CaptureFixture[str], form: str, source: str, command: str
) -> None:
    code = main([*COMMANDS[command], *ALLOWED, "--secret", form.format(WRONG[source]), "-v"])
    captured = capfd.readouterr()
    assert code == 2
    assert "--secret" in captured.err
    assert_told_nobody(captured.out + captured.err, place)


@pytest.mark.parametrize("content", [b"", b"\n", b"\r\n", b"\xff" + SENTINEL.encode(), SENTINEL.encode() * 1_500_000])
@pytest.mark.parametrize("source", ["file:token.txt", "-"])
def test_a_value_that_cannot_be_sent_is_not_shown(
    place: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, content: bytes, source: str
) -> None:
    (place / "token.txt").write_bytes(content)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert main(["container", "--name", "demo", *ALLOWED, *secret(source)]) == 2
    captured = capfd.readouterr()
    assert len(captured.err) < 300
    assert_told_nobody(captured.out + captured.err, place)


def test_only_one_secret_can_come_from_stdin(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["container", "--name", "demo", *ALLOWED, *secret("-"), *secret("-")]) == 2
    assert "only one" in capfd.readouterr().err


def policy(**changes: object) -> Any:
    given = {"domain": "api.example.com", "name": "TOKEN", "value": SENTINEL}
    return {"type": "allowlist", "allowed_domains": ["api.example.com"], "domain_secrets": [given | changes]}


STRANGE: tuple[object, ...] = ("", None, 1, [], "\ud800")


def container(**changes: object) -> Callable[[], object]:
    return lambda: skillpack.container("x", network_policy=policy(**changes))


# each a call with one thing wrong, near the secret or far from it
CALLS: dict[str, Callable[[], object]] = {
    **{f"domain {value!r}": container(domain=value) for value in STRANGE},
    **{f"name {value!r}": container(name=value) for value in STRANGE},
    "domain not allowed": container(domain="other.example"),
    "value list": container(value=[SENTINEL]),
    "value dict": container(value={"a": SENTINEL}),
    "value bytes": container(value=SENTINEL.encode()),
    "value surrogate": container(value=SENTINEL + "\ud800"),
    "value too long": container(value=SENTINEL * 400_000),
    "value empty": container(value=""),
    "unknown key": lambda: skillpack.container("x", network_policy=policy(valeu=SENTINEL)),
    "key is the value": lambda: skillpack.container("x", network_policy=policy() | {"extra": SENTINEL}),
    "type": lambda: skillpack.container("x", network_policy=policy() | {"type": SENTINEL}),
    "disabled with secrets": lambda: skillpack.container("x", network_policy=policy() | {"type": "disabled"}),
    "policy is a list": lambda: skillpack.container("x", network_policy=[policy()]),  # type: ignore[arg-type]
    "policy is the value": lambda: skillpack.container("x", network_policy=SENTINEL),  # type: ignore[arg-type]
    "secrets is a dict": lambda: skillpack.container("x", network_policy=policy() | {"domain_secrets": policy()}),
    "memory": lambda: skillpack.container("x", memory_limit=SENTINEL, network_policy=policy()),  # type: ignore[arg-type]
    "expiry": lambda: skillpack.container("x", expires_after=SENTINEL, network_policy=policy()),  # type: ignore[arg-type]
    "file ids": lambda: skillpack.container("x", file_ids=[1], network_policy=policy()),  # type: ignore[list-item]
    "reference": lambda: skillpack.container("x", [{"type": "skill_reference"}], network_policy=policy()),
    "no skill": lambda: skillpack.container("x", ["/nowhere"], network_policy=policy()),
    "name": lambda: skillpack.container(None, network_policy=policy()),  # type: ignore[arg-type]
    "shell memory": lambda: skillpack.shell_tool([], memory_limit="1", network_policy=policy()),  # type: ignore[arg-type]
    "shell policy": lambda: skillpack.shell_tool([], network_policy=policy() | {"allowed_domains": []}),
    "parse": lambda: skillpack.ContainerCreate.parse({"name": 1, "network_policy": policy()}),
    "model": lambda: skillpack.ContainerNetworkPolicyDomainSecret.parse({"domain": 1, "name": "n", "value": SENTINEL}),
}  # fmt: skip


@pytest.mark.parametrize("call", CALLS)
def test_no_exception_of_the_library_holds_a_secret(call: str, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(skillpack.SkillpackError) as caught:
        CALLS[call]()
    logging.getLogger("app").error("failed", exc_info=caught.value)
    # the last frames are the library's; this file's own lines may name the constant, not its value
    shown = [str(caught.value), repr(caught.value), "".join(traceback.format_exception(caught.value)), caplog.text]
    assert [SENTINEL[4:20] in text for text in shown] == [False] * len(shown)
    chain: BaseException | None = caught.value
    while chain is not None:
        assert SENTINEL[4:20] not in f"{chain!r}{chain.args}"
        chain = chain.__cause__ or chain.__context__
    assert SENTINEL.encode()[4:20] not in pickle.dumps(caught.value)


def test_no_repr_shows_a_secret_and_nothing_with_one_is_pickled() -> None:
    options = request.Options(None, (), None, policy())
    made = request.container("x", [], options, Settings())
    model = skillpack.ContainerCreate.parse({"name": "x", "network_policy": policy()})
    for value in (options, made, model, model.network_policy, Builder()):
        assert SENTINEL not in f"{value!r}{value}"
    for value in (made, model):
        with pytest.raises(TypeError, match="not pickled"):
            pickle.dumps(value)
    assert pickle.loads(pickle.dumps(request.container("x", [], request.Options(), Settings()))).to_dict() == {
        "name": "x"
    }


def domain_secret(value: object = SENTINEL) -> Any:
    given: dict[str, Any] = {"domain": "api.example.com", "name": "TOKEN", "value": value}
    return skillpack.ContainerNetworkPolicyDomainSecret(**given)


def put_past_validation(model: Any, field: str, value: object) -> object:
    object.__setattr__(model, field, value)
    return model


def secret_body() -> Any:
    return skillpack.ContainerCreate.parse({"name": "x", "network_policy": policy()})


TEXT = json.dumps({"name": "x", "network_policy": policy()})
ONE = policy()["domain_secrets"][0]

# each way that pydantic offers to put a value into a model, or another model's place
ASSIGNED: dict[str, Callable[[], object]] = {
    "field of a secret": lambda: setattr(domain_secret("a"), "value", SENTINEL),
    "unknown field": lambda: setattr(domain_secret("a"), "token", SENTINEL),
    "field of a body": lambda: setattr(secret_body(), "network_policy", policy()),
    "copy": lambda: domain_secret("a").model_copy(update={"value": SENTINEL}),
    "deep copy": lambda: secret_body().model_copy(update={"network_policy": policy()}, deep=True),
    "copy of the wrong type": lambda: domain_secret("a").model_copy(update={"value": SENTINEL.encode()}),
    "copy with an unknown field": lambda: domain_secret("a").model_copy(update={"token": SENTINEL}),
    "copy of a list": lambda: secret_body().network_policy.model_copy(update={"domain_secrets": [{"value": SENTINEL}]}),
    "copy of a body": lambda: secret_body().model_copy(update={"network_policy": SENTINEL}),
    "copy, by its old name": lambda: domain_secret("a").copy(update={"value": SENTINEL}),
    "construct": lambda: skillpack.ContainerNetworkPolicyDomainSecret.model_construct(**ONE),
    "construct without a field": lambda: type(domain_secret("a")).model_construct(value=SENTINEL),
    "construct a body": lambda: type(secret_body()).model_construct(name="x", network_policy=policy()),
    "construct an allowlist": lambda: skillpack.ContainerNetworkPolicyAllowlist.model_construct(**policy()),
    "construct, by its old name": lambda: skillpack.ContainerNetworkPolicyDomainSecret.construct(**ONE),
    "assignment validated": lambda: type(secret_body()).__pydantic_validator__.validate_assignment(
        secret_body(), "network_policy", policy()
    ),
    "past validation": lambda: put_past_validation(domain_secret("a"), "value", SENTINEL),
    "a body past validation": lambda: put_past_validation(secret_body(), "network_policy", policy()),
    "a list past validation": lambda: put_past_validation(secret_body().network_policy, "domain_secrets", [ONE]),
    "constructor": lambda: domain_secret([SENTINEL]),
    "constructor with an unknown field": lambda: skillpack.ContainerCreate(name="x", token=SENTINEL),  # type: ignore[call-arg]
    "constructor with an unknown type": lambda: type(secret_body())(name="x", network_policy={"type": SENTINEL}),
    "constructor with another domain": lambda: skillpack.ContainerNetworkPolicyAllowlist(
        **(policy() | {"allowed_domains": ["b.example"], "domain_secrets": [ONE]})
    ),
    "validate": lambda: skillpack.ContainerCreate.model_validate({"name": SENTINEL, "network_policy": SENTINEL}),
    "validate strings": lambda: type(secret_body()).model_validate_strings({"name": "x", "memory_limit": SENTINEL}),
    "validate JSON": lambda: skillpack.ContainerCreate.model_validate_json(TEXT.replace('"x"', "1")),
    "validate what is no JSON": lambda: skillpack.ContainerCreate.model_validate_json(TEXT[:-1]),
    "JSON, by its old name": lambda: skillpack.ContainerCreate.parse_raw(TEXT[:-1]),
    "validate in a list": lambda: TypeAdapter(list[skillpack.ContainerCreate]).validate_python([{"name": [SENTINEL]}]),
    "shallow copy": lambda: copy.copy(domain_secret()),
    "deep copy of a body": lambda: copy.deepcopy(secret_body()),
    "pickle": lambda: pickle.dumps(secret_body()),
    "pickled state": lambda: domain_secret().__getstate__(),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince20")
@pytest.mark.parametrize("way", ASSIGNED)
def test_a_secret_put_into_a_model_in_any_way_is_not_shown(way: str, caplog: pytest.LogCaptureFixture) -> None:
    try:
        made = ASSIGNED[way]()
        shown = f"{made!r}{made}"
    except (skillpack.PayloadError, ValidationError, TypeError) as error:
        logging.getLogger("app").exception("failed")
        shown = f"{error!r}{error.__context__!r}{error.__cause__!r}{traceback.format_exc()}{caplog.text}"
        if isinstance(error, ValidationError):
            shown += f"{error.errors()}{error.json()}"
    assert SENTINEL[4:20] not in shown


def test_pydantics_own_model_shows_a_secret_in_these_ways() -> None:
    class Naive(BaseModel):
        model_config = ConfigDict(frozen=True, hide_input_in_errors=True)
        value: SecretStr

    unchecked: dict[str, Any] = {"value": SENTINEL}
    assert SENTINEL in repr(Naive(value=SecretStr("a")).model_copy(update=unchecked))
    assert SENTINEL in repr(Naive.model_construct(**unchecked))
    with pytest.raises(ValidationError, match=SENTINEL):
        setattr(Naive(value=SecretStr("a")), "value", SENTINEL)  # noqa: B010 - mypy knows that it is frozen


def test_a_copy_with_another_secret_sends_it() -> None:
    new = secret_body().network_policy.domain_secrets[0].model_copy(update={"value": "new"})
    assert new.to_dict() == ONE | {"value": "new"}
    changed = secret_body().model_copy(update={"network_policy": policy(value="new"), "name": "y"})
    assert changed == skillpack.ContainerCreate.parse({"name": "y", "network_policy": policy(value="new")})
    assert changed.model_dump(exclude_unset=True, mode="json") == changed.to_dict()


@pytest.mark.parametrize("source", RIGHT)
@pytest.mark.parametrize("command", COMMANDS)
def test_the_body_holds_the_secret_and_its_file_is_its_owners(
    place: Path, capfd: pytest.CaptureFixture[str], command: str, source: str
) -> None:
    given = [*COMMANDS[command], *ALLOWED, *secret(RIGHT[source]), "good", "-o", "body.json", "-v"]
    assert main(given) == 0
    captured = capfd.readouterr()
    assert SENTINEL not in captured.out + captured.err
    made = json.loads((place / "body.json").read_text())
    policy = made.get("network_policy") or made["environment"]["network_policy"]
    assert policy["domain_secrets"] == [{"domain": "api.example.com", "name": "TOKEN", "value": SENTINEL}]
    assert stat.S_IMODE((place / "body.json").stat().st_mode) == 0o600


def terminal(*arguments: str) -> tuple[int, bytes]:
    return on_a_terminal(*arguments, environment=os.environ, stderr=subprocess.DEVNULL)


def test_no_terminal_shows_a_body_with_secrets_unless_asked(place: Path) -> None:
    given = ["container", "--name", "demo", *ALLOWED, *secret("env:TOKEN")]
    assert terminal(*given) == (2, b"")
    code, shown = terminal(*given, "--show-secrets")
    assert code == 0
    assert SENTINEL.encode() in shown


def test_no_other_process_sees_it_among_the_arguments(place: Path) -> None:
    command = [sys.executable, "-m", "skillpack", "container", "--name", "x", *ALLOWED, *secret("-")]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for file in ("cmdline", "environ"):
            assert SENTINEL.encode() not in Path(f"/proc/{process.pid}/{file}").read_bytes()
        out, _ = process.communicate(SENTINEL.encode())
    assert json.loads(out)["network_policy"]["domain_secrets"][0]["value"] == SENTINEL
