"""Paths of one machine or agent, scripts that wait for a person, and code blocks without an end."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import skillpack
from skillpack.skill.tree import SkillTree
from tests.bounds import processor_time
from tests.conftest import MANIFEST


def found(rule: str, text: str, path: str = "more.md") -> list[str]:
    report = skillpack.check(SkillTree.from_files({"SKILL.md": MANIFEST + b"See.\n", path: text.encode()}, "demo"))
    return [
        f"{finding.location.line}:{finding.location.column} {finding.message}"
        for finding in report
        if finding.rule == rule
    ]


@pytest.mark.parametrize(
    "path",
    [
        "/Users/maria/x",
        "/home/maria.k/x",
        "C:\\Users\\maria\\x",
        "D:/Users/maria/x",
        '"C:\\\\Users\\\\maria\\\\x"',
        "file:///Users/maria/x",
        "cd /home/wei-li/code",
        "/home/maria/food/bars.txt",
    ],
)
@pytest.mark.parametrize("file", ["more.md", "scripts/run.py", "config.json"])
def test_the_home_of_one_user_is_reported(path: str, file: str) -> None:
    assert len(found("path-of-author", f"one\ntwo `{path}` and again `{path}`\n", file)) == 1


@pytest.mark.parametrize(
    "path",
    [
        *(
            f"/home/{name}/x"
            for name in ("user", "USERNAME", "you", "ubuntu", "runner", "node", "your-name", "alice", "xxx", "usr1")
        ),
        *(
            "/home/server2/x",
            "/Users/u/x",
            "/home/victim/x",
            "/home/logPath/x",
            "/home/streamtest/x",
            "/home/appadmin/x",
            "/home/demo/x",
            "/home/DemoPlugin/x",
            "/home/oceanbase/upgrade/",
            "/home/gitlab-runner/x",
            "/home/db2inst1/x",
            "/home/ha/.homeassistant",
            "/home/maria/foo.js",
            "/home/maria/projects/node_modules/bar.js",
            "C:\\Users\\maria\\baz",
        ),
        *("/Users/<name>/x", "/Users/$USER/x", "/Users/{name}/x", "C:\\Users\\%USERNAME%\\x", "/Users/me", "~/maria/x"),
        *(
            "https://example.com/home/maria/x",
            "https://example.com/Users/maria/x",
            "app/home/maria/x",
            "./home/maria/x",
        ),
    ],
)
def test_the_home_of_any_user_is_not_reported(path: str) -> None:
    assert found("path-of-author", f"`{path}`\n") == []


def test_an_account_is_that_of_the_product_if_the_skill_is_named_so() -> None:
    def users(name: str) -> int:
        skill = (
            f"---\nname: {name}\ndescription: Use it.\n---\nOpen /home/tablebase/server and /home/TableBasePlugin/x.\n"
        )
        report = skillpack.check(SkillTree.from_files({"SKILL.md": skill.encode()}, name))
        return sum(finding.rule == "path-of-author" for finding in report)

    assert (users("table-base"), users("tablebase"), users("table-things")) == (0, 0, 2)


@pytest.mark.parametrize(
    ("text", "product"),
    [
        ("Matlab reads it.\nInstall MATLAB from `matlab.exe`.\n", True),
        ("`matlab build` prints it; so does `matlab run`. Of matlab's logs keep two.\n", True),
        ("Start matlab. It writes `matlab-out.txt` and `matlab-out.log`.\n", True),
        ("Install Matlab. Then start matlab.\n", False),
        ("Install matlabs, my_matlab and matlab2.\n" * 2, False),
        ("See `/srv/matlab/x`, matlab/x, https://example.org/matlab, @matlab and a-matlab-x.\n" * 3, False),
    ],
)
def test_a_name_that_the_text_uses_as_a_word_is_that_of_a_product(text: str, *, product: bool) -> None:
    assert len(found("path-of-author", f"{text}Set `/home/Matlab/v901` and `/home/Matlab/v902`.\n")) == (not product)


def test_a_hostile_number_of_users_takes_no_longer_than_one_reading() -> None:
    text = "".join(f"/home/q{at:x}z/x\n" for at in range(60_000))
    with processor_time(2):
        assert len(found("path-of-author", text)) == 3


def test_three_users_are_reported_in_each_file_and_more_are_those_of_samples() -> None:
    files = {f"{at}.md": f"/home/maria/x /home/wei/x /home/jo{at}/x\n".encode() for at in range(4)}
    report = skillpack.check(SkillTree.from_files({"SKILL.md": MANIFEST + b"See.\n", **files}, "demo"))
    named = [finding.message.split("/")[2] for finding in report if finding.rule == "path-of-author"]
    assert named == ["maria", "wei", "jo0", "maria", "wei", "maria", "wei", "maria", "wei"]


def test_users_of_samples_are_among_the_three_of_a_skill() -> None:
    report = found("path-of-author", "/home/maria/foo.js /home/wei/bar.js /home/jo/x /home/kim/x /home/wei/x\n")
    assert [each.split("/")[2] for each in report] == ["jo"]


@pytest.mark.parametrize("rest", ["foo", "foo.js", "a/bar/x", "x/baz.", "foo)"])
def test_the_home_of_a_sample_is_not_that_of_an_author(rest: str) -> None:
    assert found("path-of-author", f"(/home/maria/{rest}\n") == []


@pytest.mark.parametrize("rest", ["bar-chart/x", "foo.bar/x", "x/foobar", "foo_1", "barre"])
def test_the_home_of_a_file_that_has_such_a_word_in_its_name_is(rest: str) -> None:
    assert len(found("path-of-author", f"(/home/maria/{rest}\n")) == 1


def test_several_users_are_reported_and_data_is_not_read() -> None:
    text = "".join(f"/home/maria{at}/x\n" for at in range(9))
    assert len(found("path-of-author", text)) == 3
    assert found("path-of-author", "\0/home/maria/x\n", "data.bin") == []
    assert found("path-of-author", "/home/maria/x\n" + "x" * (1 << 20)) == []


@pytest.mark.parametrize(
    "path",
    [
        *(
            "${CLAUDE_PLUGIN_ROOT}/bin/x",
            "$CLAUDE_PLUGIN_ROOT/x",
            "~/.claude/skills/demo/x.sh",
            "$HOME/.codex/skills/demo",
        ),
        *("${HOME}/.cursor/skills/x", "~/.openclaw/x", "~/.config/opencode/skill/x", "~/.agents/skills/demo"),
    ],
)
def test_a_place_of_one_agent_is_reported_once_a_file(path: str) -> None:
    assert len(found("path-of-agent", f"Run `{path}`, then `{path}`.\n")) == 1
    (end,) = found("path-of-agent", f"It is in {path}.\n")
    assert f"{path}." not in end
    assert found("path-of-agent", f"Clone it to `{path}`.\n", "README.md") == []


@pytest.mark.parametrize(
    "path", ["~/.claude/settings.json", "{baseDir}/x", "${CLAUDE_SKILL_DIR}/x", "~/.config/x", ".claude/skills/x"]
)
def test_a_place_of_every_agent_or_of_settings_is_not_reported(path: str) -> None:
    assert found("path-of-agent", f"Run `{path}`.\n") == []


@pytest.mark.parametrize(
    ("code", "place"),
    [
        ("x = input()\n", "1:5"),
        ("\nif input('y/n') == 'y':\n    pass\n", "2:4"),
        ("f(1, input ('x'))\n", "1:6"),
        ("# input()\n", None),
        ("print('input()')\n", None),
        ('"""Reads an\nidentical input (see below).\n"""\nx = 1\n', None),
        ("'''\n    or input()\n'''\nx = input()\n", "4:5"),
        ('def f():\n    """It waits."""\n    return input()\n', "3:12"),
        ("# use ''' for strings\nx = input()\n", "2:5"),
        ('q = re.compile(r\'"""\')\nx = input()\n', "2:5"),
        ('"""doc with \'\'\' inside"""\nx = input()\n', "2:5"),
        ('x = "a # b"; y = 1\nx = input()\n', "2:5"),
        ("'''never closed\nx = input()\n", None),
        ("x\n\ninput()\n", "3:1"),
        ('x = "it \\\n input()"\nx = input()\n', "3:5"),
        ('x = "never closed\nx = input()\n', "2:5"),
        ("x = 'a'; y = input()\nx = 1; y = input()\n", "2:12"),
        ("def input(x): ...\nself.input(1)\nget_input()\n", None),
    ],
)
def test_only_a_call_of_input_is_reported(code: str, place: str | None) -> None:
    expected = [f"{place} input() waits for a person to type, which no agent does"] if place else []
    assert found("script-reads-stdin", code, "scripts/run.py") == expected
    assert found("script-reads-stdin", code, "scripts/run.txt") == []


@pytest.mark.parametrize(
    "begin",
    ['"' + '\\"' * 400_000, "'\\" * 400_000, '"\\' * 400_000 + "\\", "(" * 900_000, "#\n" * 400_000, '"' * 900_000],
)
def test_strings_and_brackets_before_a_call_of_input_take_time_in_proportion_to_their_length(begin: str) -> None:
    with processor_time(2):
        assert len(found("script-reads-stdin", f"{begin}\nx = 1\n x = input()\n", "scripts/run.py")) <= 1


def test_the_first_2_mib_of_scripts_that_may_call_input_are_searched() -> None:
    files = {f"a{at}.py": b"x = 'input('\n" * 80_000 for at in range(2)}
    files |= {"b.py": b"input()\n", "b0.py": b"# input(\n" * 10_000 + b"input()\n", "c.py": b"input()\n"}
    report = skillpack.check({"SKILL.md": MANIFEST, **files})
    assert [each.location.path for each in report if each.rule == "script-reads-stdin"] == ["b.py", "c.py"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("```\na\n", 1),
        ("a\n\n~~~py\n```\n", 3),
        ("```\na\n```\n\n````md\n```\nx\n```\n", 5),
        ("```md\n```sh\nx\n```\n```\n", 5),
        ("---\nname: '```'\n---\n```\n", 4),
        ("```\r\na\r\n", 1),
        ("```\na\n``` x\n", 1),
        ("```\na\n```\n", None),
        ("```\r\na\r\n```\r\n", None),
        ("````\n```\n````\n", None),
        ("```a``` is inline\n", None),
        ("    ```\n", None),
        ("- x\n  ```\n  a\n  ```\n", None),
        ("---\nname: |\n  ```\n---\na\n", None),
        ("```\na\n\nb\n```\n</code>\n</example>\n```\na\n", None),
        ("<div>\n```\n", None),
        ("<div>\n\n```\n", 3),
        ("</code>\n</example>\n\n```\na\n", 4),
        ("Text\n</code>\n```\na\n", 3),
        ("<b>\na\n</b>\n```\n" + "x" * (1 << 17), 4),
    ],
)
def test_the_block_that_does_not_end_is_reported(text: str, line: int | None) -> None:
    places = [int(each.partition(":")[0]) for each in found("fence-unclosed", text)]
    assert places == ([line] if line else [])


_LINES = ["```", "```", "````", "``````", "``` sh", "```a``` b", "a ``` b", " ```", "    ```", "a", ""]


@settings(max_examples=300)
@given(st.lists(st.sampled_from(_LINES), max_size=12), st.lists(st.sampled_from([*_LINES, "~~~", "~~~~"]), max_size=4))
def test_fences_are_found_as_line_by_line(plain: list[str], more: list[str]) -> None:
    opened: tuple[int, str] | None = None
    for number, line in enumerate([*plain, *more], 1):
        fence = re.fullmatch(r" {0,3}(`{3,}|~{3,})(.*)", line)
        if fence and opened is None and (fence[1][0] == "~" or "`" not in fence[2]):
            opened = number, fence[1]
        elif fence and opened and fence[1].startswith(opened[1]) and not fence[2].strip():
            opened = None
    places = [int(each.partition(":")[0]) for each in found("fence-unclosed", "\n".join([*plain, *more]))]
    assert places == ([opened[0]] if opened else [])


def test_after_very_many_fences_one_finding_reports_that_the_rest_was_not_checked() -> None:
    closed, full = b"```\n```\n" * 30_000, {f"f{number}.md": b"```\n```\n" * 30_000 for number in range(5)}
    tree = SkillTree.from_files({"SKILL.md": MANIFEST + b"See.\n", "a.md": closed + b"```\n", **full}, "demo")
    findings = [finding for finding in skillpack.check(tree) if finding.rule == "fence-unclosed"]
    assert [(finding.location.path, finding.location.line) for finding in findings] == [
        ("a.md", 60_001),
        ("f2.md", None),
    ]
    assert findings[1].message.startswith("at least 200,000 fences")


@pytest.mark.parametrize("home", ["/home/mmustermann{0}/x ", "/home/user{0}/x "])
def test_a_line_with_many_homes_takes_time_in_proportion_to_its_length(home: str) -> None:
    line = "".join(home.format(number) for number in range(60_000))[: 1 << 20]
    with processor_time(3):
        report = skillpack.check({"SKILL.md": MANIFEST, "homes.txt": line.encode()})
    found = [finding.location.column for finding in report if finding.rule == "path-of-author"]
    assert found == ([1 + number * len(home.format(0)) for number in range(3)] if "must" in home else [])


@pytest.mark.parametrize(("size", "found"), [(4_000_000, 1), (4_300_000, 0)])
def test_homes_are_reported_as_long_as_the_words_of_the_files_with_one_are_counted(size: int, found: int) -> None:
    files = {f"a{at}.txt": b"bobby " * (size // 30) + b"\n/home/bobby/x\n" for at in range(5)}
    report = skillpack.check({"SKILL.md": MANIFEST, **files, "b.txt": b"/home/maria/x\n"})
    assert [each.rule for each in report if each.rule == "path-of-author"] == ["path-of-author"] * found


@pytest.mark.parametrize(("count", "found"), [(99_999, 1), (100_002, 0)])
def test_the_first_100_000_homes_of_a_skill_are_looked_at(count: int, found: int) -> None:
    files = {f"a{at}.txt": b"/home/user/x\n" * (count // 3) for at in range(3)}  # a file over 1 MiB is not searched
    files["b.txt"] = b"/home/mmustermann/x\n"
    report = skillpack.check({"SKILL.md": MANIFEST, **files})
    assert [finding.rule for finding in report].count("path-of-author") == found
