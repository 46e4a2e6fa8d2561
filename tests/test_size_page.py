"""The page of `skillpack size --html`: its bytes, and what chromium makes of it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final

import pytest

import skillpack
from skillpack.cli import main
from skillpack.output.size_html import render_page
from tests.conftest import make_tree
from tests.judges import judge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.conftest import MakeSkill

    Open = Callable[..., Page]

HOSTILE: Final = {
    "</script><script>alert(1)</script>/x.md": b"x" * 500,
    "<img src=x onerror=alert(1)>.txt": b"y" * 400,
    "references/\"quoted\" & 'single' $name ${data}.md": b"z" * 300,
    "\u202egpj.md": b"w" * 200,
}
FILES: Final = {
    "assets/video/intro.bin": bytes(range(256)) * 40,
    "assets/icons/a.bin": bytes(range(200)),
    "assets/icons/b.bin": bytes(range(100, 250)),
    "references/guide.md": b"words " * 500,
    "scripts/lib/deep/er/run.py": b"print(1)\n" * 99,
    "empty.txt": b"",
}


def page_of(files: dict[str, bytes]) -> str:
    return render_page(skillpack.measure(make_tree(files), settings=skillpack.Settings(compression="store")))


class Elements(HTMLParser):
    """Collect the tags, attributes and texts of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_policy_allows_only_the_style_and_the_script_of_the_page() -> None:
    page = page_of(FILES)
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', page)
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)

    def named(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    assert policy == (
        f"default-src 'none'; style-src {named(style)}; script-src {named(script)}; base-uri 'none'; form-action 'none'"
    )
    assert not re.search(r"https?://|url\(|@import|//[a-z]", style + script.replace("// Bruls", ""))
    found = Elements(page)
    names = {name for name, _ in found.attributes}
    assert not names & {"src", "href", "style", "action", "srcset", "onclick"}
    assert not {"link", "iframe", "img", "object"} & set(found.tags)


def test_no_name_of_a_skill_becomes_markup() -> None:
    page = page_of(HOSTILE)
    found = Elements(page)
    assert found.tags.count("script") == 2
    assert "img" not in found.tags
    assert "\u202e" not in page
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert not set(data) & set("<>&")
    paths = {row["path"] for row in json.loads(data)["rows"]}
    assert "<img src=x onerror=alert(1)>.txt" in paths
    assert "references/\"quoted\" & 'single' $name ${data}.md" in paths


def test_the_table_without_scripts_has_every_file_and_adds_up() -> None:
    size = skillpack.measure(make_tree(FILES))
    body = render_page(size).split('<tbody id="rows">')[1].split("</tbody>")[0]
    rows = re.findall(r'<tr class="(\w+) d(\d).*?<th scope="row">(.*?)</th><td class="number">([\d,]+)</td>', body)
    assert len(rows) == len(size.files) + len(size.folders) + 2
    assert sum(int(row[3].replace(",", "")) for row in rows if row[1] == "0") == size.body_bytes
    assert sum(int(row[3].replace(",", "")) for row in rows if row[0] != "folder") == size.body_bytes


def test_the_command_writes_the_page_and_nothing_else(
    make_skill: MakeSkill, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    skill, page = make_skill({"a.md": b"text"}), tmp_path / "page.html"
    assert main(["size", str(skill), "--html", str(page)]) == 0
    assert page.read_text("utf-8") == render_page(skillpack.measure(skill))
    assert capsys.readouterr().out == ""
    assert main(["size", str(skill), "--html", str(page), "--output-format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "demo"
    before = (skill / "a.md").read_bytes()
    assert main(["size", str(skill), "--html", str(skill / "a.md")]) == 2
    assert (skill / "a.md").read_bytes() == before
    assert main(["size", str(skill), "--html", str(tmp_path / "absent" / "page.html")]) == 2


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        program = judge("chromium")
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Open the page of a skill; at the end, nothing was requested, reported on the console or raised."""
    said: list[str] = []
    requested: list[str] = []
    contexts = []

    def opened(files: dict[str, bytes], width: int = 1440, scheme: str = "light", *, scripts: bool = True) -> Page:
        path = tmp_path / "page.html"
        path.write_text(page_of(files), "utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
            java_script_enabled=scripts,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: said.append(dialog.message))
        page.on("request", lambda request: requested.append(request.url))
        page.goto(path.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert said == []
    assert {url.rpartition("/")[2] for url in requested} <= {"page.html"}


def labels(page: Page) -> list[str]:
    found = page.locator("#map .tile").evaluate_all("all => all.map(each => each.ariaLabel)")
    return [label.partition(":")[0] for label in found]


def test_clicking_a_folder_zooms_in_and_the_path_above_the_map_leads_back(open_page: Open) -> None:
    page = open_page(FILES)
    assert {"assets/", "assets/video/", "assets/video/intro.bin", "references/", "SKILL.md"} <= set(labels(page))
    page.locator(".tile[aria-label^='assets/:']").click(position={"x": 12, "y": 10})
    assert page.locator("#crumbs").inner_text().split() == ["demo", "\u203a", "assets/"]
    assert all(label.startswith("assets/") for label in labels(page))
    page.locator(".tile[aria-label^='assets/icons/:']").click(position={"x": 12, "y": 10})
    assert sorted(labels(page)) == ["assets/icons/a.bin", "assets/icons/b.bin"]
    shown = page.locator("#rows tr:visible th").all_inner_texts()
    assert shown == ["icons/", "a.bin", "b.bin"]
    page.locator("#crumbs button", has_text="demo").click()
    assert "SKILL.md" in labels(page)
    assert page.locator("#rows tr:visible").count() == page.locator("#rows tr").count()


def test_the_map_is_used_with_the_keyboard_alone(open_page: Open) -> None:
    page = open_page(FILES)
    page.locator("#map .tile").first.focus()
    page.keyboard.press("Home")
    first = page.evaluate("document.activeElement.ariaLabel")
    assert first.startswith("assets/:")
    page.keyboard.press("ArrowDown")
    moved = page.evaluate("document.activeElement.ariaLabel")
    assert moved != first
    assert page.locator("#about").inner_text() == moved.removesuffix(", folder")
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    assert page.locator("#crumbs span").inner_text() == "assets/"
    assert page.evaluate("document.activeElement.className").startswith("tile")
    page.keyboard.press("Escape")
    assert page.locator("#crumbs span").inner_text() == "demo"
    assert page.evaluate("document.activeElement.ariaLabel") == first
    assert page.locator("#map .tile[tabindex='0']").count() == 1


def test_every_file_is_reached_by_arrows(open_page: Open) -> None:
    page = open_page(FILES)
    reached = page.evaluate(
        """() => {
          const seen = new Set(), waiting = [document.querySelector("#map .tile")];
          while (waiting.length) {
            const tile = waiting.pop();
            if (seen.has(tile)) continue;
            seen.add(tile);
            for (const key of ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"]) {
              tile.focus();
              tile.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
              waiting.push(document.activeElement);
            }
          }
          return [seen.size, document.querySelectorAll("#map .tile").length];
        }"""
    )
    assert reached[0] == reached[1]


def test_a_folder_in_the_table_zooms_the_map_and_a_file_in_the_map_marks_its_row(open_page: Open) -> None:
    page = open_page(FILES)
    page.locator("#rows button", has_text="scripts/").click()
    assert page.locator("#crumbs span").inner_text() == "scripts/"
    page.locator(".tile[aria-label*='run.py']").click()
    assert page.locator("#rows tr.shown th").inner_text() == "run.py"


def test_the_area_of_a_tile_is_its_share(open_page: Open) -> None:
    page = open_page({f"{letter}.bin": bytes([at]) * 4000 * (at + 1) for at, letter in enumerate("abcd")})
    boxes = page.locator("#map .tile").evaluate_all(
        "all => all.map(each => [each.ariaLabel[0], (each.offsetWidth + 2) * (each.offsetHeight + 2)])"
    )
    areas = {name: area for name, area in boxes if name in "abcd"}
    for at, letter in enumerate("abcd"):
        assert areas[letter] / areas["a"] == pytest.approx(at + 1, rel=0.08)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 768, 1440])
def test_the_page_fits_its_window_and_its_text_has_contrast(open_page: Open, width: int, scheme: str) -> None:
    page = open_page(FILES | HOSTILE | {"long" * 40 + ".md": b"x" * 999}, width, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    colours = page.evaluate(
        """() => {
          const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
          const rgb = (colour) => {
            canvas.clearRect(0, 0, 1, 1);
            canvas.fillStyle = colour;
            canvas.fillRect(0, 0, 1, 1);
            return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
          };
          const surface = (node) => {
            for (; node; node = node.parentElement) {
              const colour = getComputedStyle(node).backgroundColor;
              if (!/^rgba\\(.*, 0\\)$|transparent/.test(colour)) return colour;
            }
            return "white";
          };
          const picked = document.querySelectorAll(
            ".hint, .lede, .tile:not(.tiny), .cards b, .cards span, td, th, .list span, .eyebrow");
          return [...picked].map((node) => [rgb(getComputedStyle(node).color), rgb(surface(node))]);
        }"""
    )
    assert len(colours) > 30
    assert min(contrast(ink, paper) for ink, paper in colours) >= 4.5
    dark = luminance(page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")) < 0.1
    assert dark == (scheme == "dark")


def luminance(colour: list[int]) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [part / 255 / 12.92 if part / 255 <= 0.04045 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in colour]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: list[int], other: list[int]) -> float:
    """WCAG 2.2, contrast ratio."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_hostile_names_are_shown_and_not_executed(open_page: Open) -> None:
    page = open_page(HOSTILE)
    shown = page.locator("#rows").inner_text()
    assert "<img src=x onerror=alert(1)>.txt" in shown
    assert any("<img src=x" in label for label in labels(page))
    assert page.locator("img").count() == 0


def test_without_scripts_the_tables_remain(open_page: Open) -> None:
    page = open_page(FILES, scripts=False)
    assert page.locator("#map-section").is_hidden()
    assert page.locator("#rows tr").first.is_visible()
    assert page.locator("#rows button").count() == 0
