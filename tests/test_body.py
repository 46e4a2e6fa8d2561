from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest

from skillpack import (
    Builder,
    ContainerDefaults,
    ContainerNetworkPolicyAllowlist,
    ContainerNetworkPolicyDisabled,
    PayloadError,
    RejectedError,
    Settings,
    SkillReference,
    container,
    local_shell_tool,
    pack,
    shell_tool,
)
from skillpack.cli import main
from tests.conftest import MANIFEST, MakeSkill, make_tree

PAYLOADS: Final = Path(__file__).parent.parent / "fixtures" / "payloads"
REFERENCE: Final = {"skill_id": "skill_1", "type": "skill_reference"}


def test_the_example_request_of_the_reference_comes_from_one_call() -> None:
    made = container(
        "My Container",
        [
            {"type": "skill_reference", "skill_id": "skill_4db6f1a2c9e73508b41f9da06e2c7b5f"},
            {"type": "skill_reference", "skill_id": "openai-spreadsheets", "version": "latest"},
        ],
        memory_limit="4g",
        network_policy={"type": "allowlist", "allowed_domains": ["api.buildkite.com"]},
    )
    assert made == json.loads((PAYLOADS / "reference-create-request.json").read_text("utf-8"))


def test_nested_objects_have_the_canonical_order_whatever_order_they_are_given_in() -> None:
    secret = {"value": "v", "name": "n", "domain": "a"}
    policy: Any = {"domain_secrets": [secret], "allowed_domains": ["a"], "type": "allowlist"}
    reference = {"version": "2", "type": "skill_reference", "skill_id": "s"}
    made: Any = container("c", [reference], expires_after=5, network_policy=policy)
    assert list(made) == ["name", "expires_after", "network_policy", "skills"]
    assert list(made["expires_after"]) == ["anchor", "minutes"]
    assert list(made["network_policy"]) == ["type", "allowed_domains", "domain_secrets"]
    assert list(made["network_policy"]["domain_secrets"][0]) == ["domain", "name", "value"]
    assert list(made["skills"][0]) == ["skill_id", "type", "version"]


def test_bundles_references_models_and_inline_dicts_go_together_in_the_order_given() -> None:
    one = pack(make_tree())
    other = pack({"SKILL.md": MANIFEST.replace(b"name: demo", b"name: other")}).inline_skill()
    made: Any = container("c", [REFERENCE, one, SkillReference(skill_id="skill_2"), other])
    assert [entry.get("name", entry.get("skill_id")) for entry in made["skills"]] == [
        "skill_1",
        "demo",
        "skill_2",
        "other",
    ]


@pytest.mark.parametrize(
    ("policy", "stated"),
    [
        (ContainerNetworkPolicyDisabled(), {"type": "disabled"}),
        (
            ContainerNetworkPolicyAllowlist(allowed_domains=("a",)),
            {"type": "allowlist", "allowed_domains": ["a"]},
        ),
    ],
)
def test_a_policy_may_be_a_model(policy: Any, stated: dict[str, Any]) -> None:
    assert container("c", network_policy=policy)["network_policy"] == stated


def test_the_shell_tool_holds_the_same_entries_as_a_container() -> None:
    bundle = pack(make_tree())
    options: dict[str, Any] = {"file_ids": ["file_1"], "memory_limit": "1g", "network_policy": {"type": "disabled"}}
    tool: Any = shell_tool([bundle, REFERENCE], **options)
    body: Any = container("c", [bundle, REFERENCE], **options)
    assert tool == {"type": "shell", "environment": {"type": "container_auto"} | {k: body[k] for k in list(body)[1:]}}


@pytest.mark.parametrize(
    ("call", "pointer"),
    [
        (lambda: container(3), "/name"),  # type: ignore[arg-type]
        (lambda: container("c", [{"type": "skill_reference"}]), "/skills/0/skill_id"),
        (lambda: container("c", [{"skill_id": "s"}]), "/skills/0"),
        (lambda: container("c", [REFERENCE, {"type": "inline", "name": "n"}]), "/skills/1/description"),
        (lambda: container("c", expires_after="5"), "/expires_after/minutes"),  # type: ignore[arg-type]
        (lambda: container("c", memory_limit="3g"), "/memory_limit"),  # type: ignore[arg-type]
        (lambda: container("c", network_policy={"type": "allowlist"}), "/network_policy/allowed_domains"),  # type: ignore[arg-type]
        (lambda: container("c", network_policy="none"), "/network_policy"),  # type: ignore[arg-type]
        (lambda: container("c", file_ids=[1]), "/file_ids/0"),  # type: ignore[list-item]
        (lambda: container("c", [REFERENCE, None]), "/skills/1"),  # type: ignore[list-item]
        (lambda: shell_tool([], memory_limit="3g"), "/memory_limit"),  # type: ignore[arg-type]
    ],
)
def test_an_option_that_the_api_does_not_take_is_named_by_its_pointer(call: Any, pointer: str) -> None:
    with pytest.raises(PayloadError) as caught:
        call()
    assert pointer in [where for where, _ in caught.value.problems]


@pytest.mark.parametrize("files", [{"SKILL.md": "text"}, {"skill.md": None, "a.md": b""}], ids=["text", "nothing"])
def test_files_that_are_not_bytes_are_not_taken_for_a_reference(files: Any) -> None:
    with pytest.raises(PayloadError, match=r"/skills/0: the content of a file in source must be bytes"):
        container("c", [files])


def test_two_skills_of_one_name_are_refused() -> None:
    with pytest.raises(RejectedError) as caught:
        container("c", [make_tree(), make_tree({"notes.md": b"another"})])
    assert [finding.rule for finding in caught.value.report.errors] == ["skill-repeated"]


@pytest.mark.parametrize(("count", "rejected"), [(200, False), (201, True)])
def test_container_auto_takes_two_hundred_skills(count: int, rejected: bool) -> None:  # noqa: FBT001 - a parameter
    references = [REFERENCE | {"skill_id": f"skill_{number}"} for number in range(count)]
    assert len(list(container("c", references)["skills"])) == count
    if not rejected:
        shell_tool(references)
        return
    with pytest.raises(RejectedError, match="201 skills"):
        shell_tool(references)


def test_a_local_skill_is_told_by_its_path(make_skill: MakeSkill) -> None:
    root = make_skill()
    assert Builder().local_skill(root) == {
        "name": "demo",
        "description": "Shows how things work. Use when asked for a demo.",
        "path": str(root),
    }


def test_a_local_shell_tool_names_the_folders_of_skills(make_skill: MakeSkill) -> None:
    roots = [make_skill(name="one"), make_skill(name="two")]
    tool: Any = local_shell_tool(roots)
    assert tool == {
        "type": "shell",
        "environment": {"type": "local", "skills": [Builder().local_skill(root) for root in roots]},
    }


def test_two_skills_of_one_name_are_refused_in_a_local_shell_too(make_skill: MakeSkill) -> None:
    root = make_skill()
    with pytest.raises(RejectedError, match="skill-repeated"):
        local_shell_tool([root, root])
    with pytest.raises(TypeError, match="roots must be a list of paths, not str"):
        local_shell_tool(str(root))


def test_a_local_shell_tool_uses_the_settings_above_each_skill(make_skill: MakeSkill, tmp_path: Path) -> None:
    lenient, strict = make_skill(name="lenient/one"), make_skill(name="strict/two")
    file = tmp_path / "strict/skillpack.toml"
    file.write_text('[rules]\nname-not-directory = "error"\n')
    for root in (lenient, strict):
        (root / "SKILL.md").write_bytes(MANIFEST.replace(b"name: demo", f"name: not-{root.name}".encode()))
    assert local_shell_tool([lenient])["environment"]
    with pytest.raises(RejectedError, match="name-not-directory"):
        local_shell_tool([lenient, strict])
    assert local_shell_tool([lenient, strict], settings=Settings())["environment"]
    with pytest.raises(RejectedError, match="name-not-directory"):
        local_shell_tool([lenient], settings=file)


def test_a_local_shell_takes_as_many_skills_as_the_api_allows_and_files_have_no_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    roots = [tmp_path / f"s{number}" for number in range(201)]
    for root in roots:
        root.mkdir()
        (root / "SKILL.md").write_bytes(MANIFEST.replace(b"name: demo", f"name: {root.name}".encode()))
    assert local_shell_tool(roots[:200])["environment"]
    with pytest.raises(RejectedError, match="201 skills, over the 200 that the API allows in local"):
        local_shell_tool(roots)
    names = [root.name for root in roots]
    assert main(["shell", "--local", *names, "-o", "tool.json"]) == 1
    assert main(["zip", "--compression", "store", *names, "--output-dir", "zips"]) == 0


SETTINGS: Final = Settings(
    container=ContainerDefaults(name="forms", memory="4g", expires_after=20, allow_domains=("a.example",))
)


def test_a_builder_uses_the_defaults_of_its_settings() -> None:
    assert Builder(SETTINGS).container() == {
        "name": "forms",
        "expires_after": {"anchor": "last_active_at", "minutes": 20},
        "memory_limit": "4g",
        "network_policy": {"type": "allowlist", "allowed_domains": ["a.example"]},
    }
    given = Builder(SETTINGS).container(
        "other", expires_after=5, memory_limit="1g", network_policy={"type": "disabled"}
    )
    assert given == container("other", expires_after=5, memory_limit="1g", network_policy={"type": "disabled"})
    with pytest.raises(PayloadError, match="/name: is missing"):
        Builder().container()


def test_what_is_returned_is_made_of_plain_json_values() -> None:
    made = container("c", [pack(make_tree()), REFERENCE], file_ids=["f"], network_policy={"type": "disabled"})
    assert json.loads(json.dumps(made)) == made
