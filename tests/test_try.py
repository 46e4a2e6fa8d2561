"""The page "Try it in a browser": in chromium, with Pyodide from npm, it shows what the command line prints here."""

from __future__ import annotations

import functools
import http.server
import io
import json
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import threading
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from packaging.requirements import Requirement

from tests.judges import judge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

ROOT: Final = Path(__file__).parents[1]
BUILD: Final = runpy.run_path(str(ROOT / "docs" / "build_try.py"))
SOURCES: Final = ROOT / "docs" / "try"
SKILLS: Final = ROOT / "fixtures" / "skills"
WAIT: Final = 60_000  # milliseconds until the page is taken for stuck
ALL: Final = ("check", "files", "digest", "zip", "pack")
# the command line without what has no build for WebAssembly
COMMAND_LINE: Final = (
    f"import sys; sys.modules.update(dict.fromkeys({sorted(BUILD['WITHOUT_A_WHEEL'])}));"
    "from skillpack.cli import main; sys.exit(main())"
)


# --- without a browser -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["page.js", "worker.mjs"])
def test_each_script_of_the_page_parses(name: str) -> None:
    subprocess.run([judge("node"), "--check", SOURCES / name], check=True, timeout=60)


def test_the_lock_has_each_dependency_within_its_bounds_and_each_file_by_its_sha256() -> None:
    locked = json.loads(BUILD["LOCK"].read_text("utf-8"))
    required = BUILD["requirements"]()
    assert required
    for name, requirement in required.items():
        assert locked["pypi"][name]["version"] in Requirement(requirement).specifier, name
    assert not BUILD["WITHOUT_A_WHEEL"] & set(locked["pypi"])
    for package in (*locked["pypi"].values(), *locked["npm"].values()):
        assert re.fullmatch(r"[0-9.]+", package["version"])
        assert re.fullmatch(r"[0-9a-f]{64}", package["sha256"])


def test_the_page_never_makes_markup_of_data() -> None:
    for script in SOURCES.glob("*.*js"):
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script.read_text("utf-8")
        )


def sphinx(site: Path, *options: str) -> Path:
    """Build the page, without most of the others, which takes a tenth of the time."""
    others = "exclude_patterns=how-to/*,reference/**,explanation/*,development/**,tutorial/*"
    command = [sys.executable, "-m", "sphinx", "--quiet", "-D", others, *options, "--builder", "html"]
    subprocess.run([*command, ROOT / "docs", site], check=True, capture_output=True, timeout=600)
    return site / "try.html"


@pytest.mark.slow
def test_without_the_checker_the_page_has_no_script_of_it_and_names_the_command_that_builds_it(tmp_path: Path) -> None:
    page = sphinx(tmp_path / "site").read_text("utf-8")
    assert "make try" in re.sub("<.*?>", "", page)
    assert "try-start" not in page
    assert "page.js" not in page
    assert not re.search("@[A-Z]+@", page)
    assert not (tmp_path / "site" / "_static" / "try").exists()


# --- in chromium -------------------------------------------------------------------------------------------------


class Server(http.server.ThreadingHTTPServer):
    """Serves a folder on loopback, and counts the bytes of what was requested."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        self.sent: dict[str, int] = {}
        self.missing = self.cut = "-"
        super().__init__(("127.0.0.1", 0), functools.partial(_Handler, directory=str(folder)))

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(http.server.SimpleHTTPRequestHandler):
    server: Server

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        if self.path.endswith(self.server.missing):
            self.send_error(404)
        else:
            super().do_GET()

    def copyfile(self, source: Any, outputfile: Any) -> None:
        content = source.read()
        if self.path.endswith(self.server.cut):
            content = content[: len(content) // 2]
            self.close_connection = True
        outputfile.write(content)

    def send_header(self, keyword: str, value: str) -> None:
        if keyword == "Content-Length":
            self.server.sent[self.path] = self.server.sent.get(self.path, 0) + int(value)
        super().send_header(keyword, value)


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    server = Server(folder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    judge("npm")
    folder = tmp_path_factory.mktemp("try")
    BUILD["build"](folder / "checker")
    sphinx(folder / "site", "-D", f"checker={folder / 'checker'}")
    (folder / "site" / "favicon.ico").touch()
    return folder / "site"


@pytest.fixture(scope="module")
def server(site: Path) -> Iterator[Server]:
    with serving(site) as started:
        yield started


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=judge("chromium"), args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


class Visit:
    """The page in a tab of its own, with what it requested, and what its console has."""

    def __init__(self, browser: Browser, address: str, **options: Any) -> None:
        self.page: Page = browser.new_context(**options).new_page()
        self.requested: list[str] = []
        self.reported: list[str] = []
        self.page.context.on("request", lambda request: self.requested.append(request.url))
        self.page.on("console", lambda message: self.reported.append(message.text))
        self.page.on("pageerror", lambda error: self.reported.append(str(error)))
        self.page.on("dialog", lambda dialog: self.reported.append(dialog.message))
        self.page.goto(address, wait_until="networkidle")

    def load(self) -> None:
        """Start the checker with the keyboard."""
        self.page.locator("#try-start").press("Enter")
        self.until("is ready|stopped")
        assert "is ready" in self.status
        assert self.focused == "try-pick-folder"

    def drop(self, *paths: Path) -> None:
        """Drop files or folders of the disk on the page, as a hand would."""
        self.clear()
        self.page.locator("#try-input").scroll_into_view_if_needed()
        session = self.page.context.new_cdp_session(self.page)
        box = self.page.locator("#try-input").bounding_box()
        assert box
        data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            at = {"type": kind, "x": box["x"] + 20, "y": box["y"] + 20, "data": data}
            session.send("Input.dispatchDragEvent", at)
        session.detach()

    def clear(self) -> None:
        """Empty the status, so that the next one is new."""
        self.page.locator("#try-status").evaluate("status => status.replaceChildren()")

    def until(self, pattern: str) -> None:
        self.page.locator("#try-status", has_text=re.compile(pattern)).wait_for(timeout=WAIT)

    @property
    def status(self) -> str:
        return self.page.locator("#try-status").inner_text()

    @property
    def focused(self) -> str:
        return str(self.page.evaluate("document.activeElement.id"))

    @property
    def blocks(self) -> list[str]:
        return [text or "" for text in self.page.locator("#try-output pre").all_text_contents()]

    def download(self, name: str) -> tuple[str, bytes]:
        with self.page.expect_download() as begun:
            self.page.get_by_text(f"Download the {name}").click()
        return begun.value.suggested_filename, begun.value.path().read_bytes()


@pytest.fixture(scope="module")
def loaded(browser: Browser, server: Server) -> Iterator[Visit]:
    """The page with the checker, cut off from the network once it is loaded."""
    visit = Visit(browser, f"{server.origin}/try.html")
    visit.load()
    requests = len(visit.requested)
    visit.page.context.set_offline(True)
    yield visit
    assert [url for url in visit.requested[requests:] if not url.startswith("blob:")] == []
    assert visit.reported == []


@pytest.fixture
def visit(browser: Browser, server: Server) -> Iterator[Visit]:
    """The page with the checker in a tab for one test, which may break it; its console must stay empty."""
    visit = Visit(browser, f"{server.origin}/try.html")
    visit.load()
    yield visit
    assert visit.reported == []
    visit.page.context.close()


def natively(folder: Path, shown: str) -> tuple[int, bytes, bytes]:
    """Run a command that the page shows, in a folder."""
    program, *arguments = shlex.split(shown.removeprefix("$ "))
    assert program == "skillpack"
    command = [sys.executable, "-c", COMMAND_LINE, *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
    return done.returncode, done.stdout, done.stderr


def foreign_zip(skill: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(skill.rglob("*")):
            archive.write(file, file.relative_to(skill.parent).as_posix())
    return buffer.getvalue()


BAD: Final = ROOT / "fixtures" / "rules" / "yaml-unquoted-colon" / "bad"
FOLDERS: Final[dict[str, tuple[Path | None, dict[str, str]]]] = {  # a copy of a folder, and more files
    "csv-report": (SKILLS / "csv-report", {}),
    "my skill's": (SKILLS / "csv-report", {}),
    "excludes": (
        SKILLS / "hello",
        {".git/config": "x", ".DS_Store": "x", "build/a.o": "x", ".gitignore": "build/\n"},
    ),
    "bad": (BAD, {}),
    "hostile": (
        SKILLS / "hello",
        {
            "SKILL.md": "---\nname: <b>x</b>\ndescription: a<img src=x onerror=alert(1)>\n---\n",
            "<img src=x onerror=alert(1)>.txt": "</pre><script>alert(1)</script>",
            "\u202egpj.md": "text",
        },
    ),
    "no-skill": (None, {"notes.txt": "text"}),
}
FILES: Final[dict[str, Callable[[], bytes]]] = {
    "foreign.zip": lambda: foreign_zip(SKILLS / "pdf-forms"),
    "-dash.zip": lambda: foreign_zip(SKILLS / "pdf-forms"),
    "broken.zip": lambda: foreign_zip(BAD),
    "one.json": lambda: natively(SKILLS, "skillpack pack --compression store csv-report")[1],
    "two.json": lambda: natively(SKILLS, "skillpack container --name n --compression store csv-report hello")[1],
    "junk.bin": lambda: b"\x00\xff neither" * 100,
}


def make_input(kind: str, folder: Path) -> Path:
    """Write what is dropped, and return its path."""
    path = folder / kind
    if kind in FILES:
        path.write_bytes(FILES[kind]())
        return path
    skill, more = FOLDERS[kind]
    if skill:
        shutil.copytree(skill, path)
    for name, text in more.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text, "utf-8")
    return path


@pytest.mark.network
@pytest.mark.parametrize(
    ("kind", "commands", "end"),
    [
        ("csv-report", ALL, "Checked and packed."),
        ("my skill's", ALL, "Checked and packed."),
        ("excludes", ALL, "Checked and packed."),
        ("foreign.zip", ALL, "Checked and packed."),
        ("-dash.zip", ALL, "Checked and packed."),
        ("one.json", ALL, "Checked and packed."),
        ("two.json", ALL[:4], "Checked, but not packed."),
        ("bad", ALL[:3], "Not packed, because of the errors."),
        ("hostile", ALL[:3], "Not packed, because of the errors."),
        ("broken.zip", ALL[:3], "Not packed, because of the errors."),
        ("no-skill", ALL[:1], "Not checked."),
        ("junk.bin", ALL[:1], "Not checked."),
    ],
)
def test_what_is_dropped_gets_the_findings_the_digest_and_the_bytes_of_the_command_line(
    loaded: Visit, tmp_path: Path, kind: str, commands: tuple[str, ...], end: str
) -> None:
    loaded.drop(make_input(kind, tmp_path))
    loaded.until("acked|Not checked|stopped")
    assert loaded.status == end
    assert [block.split()[2] for block in loaded.blocks] == list(commands)
    printed: dict[str, bytes] = {}
    for block in loaded.blocks:
        shown, _, text = block.partition("\n")
        _, out, err = natively(tmp_path, shown)
        command = shown.split()[2]
        binary = command in ("zip", "pack")
        assert text == ((b"" if binary else out) + err).decode(), shown
        printed[command] = out
    assert loaded.page.locator("#try-output img, #try-output script").count() == 0
    assert loaded.page.locator("#try-results").is_visible() == (commands == ALL)
    if commands == ALL:
        stem = Path(kind).stem
        assert loaded.download("zip") == (f"{stem}.zip", printed["zip"])
        assert loaded.download("payload") == (f"{stem}.json", printed["pack"])


@pytest.mark.network
@pytest.mark.parametrize(("kind", "input"), [("csv-report", "folder"), ("foreign.zip", "file")])
def test_what_is_chosen_is_what_is_dropped(loaded: Visit, tmp_path: Path, kind: str, input: str) -> None:
    path = make_input(kind, tmp_path)
    loaded.drop(path)
    loaded.until("Checked and packed")
    dropped = loaded.blocks, loaded.download("zip"), loaded.download("payload")
    loaded.clear()
    with loaded.page.expect_file_chooser():
        loaded.page.locator(f"#try-pick-{input}").press("Enter")
    loaded.page.set_input_files(f"#try-{input}", path)
    loaded.until("Checked and packed")
    assert loaded.focused == f"try-pick-{input}"
    assert (loaded.blocks, loaded.download("zip"), loaded.download("payload")) == dropped
    loaded.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    loaded.page.locator("#try-copy").click()
    loaded.until("on the clipboard")
    assert loaded.page.evaluate("navigator.clipboard.readText()").encode() == dropped[2][1]


@pytest.mark.network
def test_what_is_too_large_or_not_one_skill_is_refused_before_it_is_read(loaded: Visit, tmp_path: Path) -> None:
    large, several, empty = tmp_path / "large.zip", tmp_path / "several", tmp_path / "empty"
    with large.open("wb") as file:
        file.truncate(128 * 1024 * 1024 + 1)
    several.mkdir()
    empty.mkdir()
    for number in range(20_001):
        (several / str(number)).touch()
    before = loaded.blocks
    for paths, expected in (
        ([large], "large.zip is larger than 128 MiB."),
        ([several], "several has more than 20,000 files."),
        ([empty], "empty has no files."),
        ([large, empty], "Drop one folder or one file."),
        ([SKILLS / "csv-report" / "SKILL.md"], "Choose the folder that SKILL.md is in."),
    ):
        loaded.drop(*paths)
        loaded.until(re.escape(expected))
    assert loaded.blocks == before


@pytest.mark.network
def test_a_check_can_be_stopped_and_the_next_skill_dropped_at_once(visit: Visit, tmp_path: Path) -> None:
    assert not visit.page.locator("#try-stop").is_visible()
    slow = make_input("csv-report", tmp_path)
    for number in range(15_000):
        (slow / f"{number}.md").write_text("text", "utf-8")
    visit.drop(slow)
    visit.until("^Checking csv-report")
    visit.page.locator("#try-stop").press("Enter")
    visit.until("^Stopped")
    assert visit.focused == "try-pick-folder"
    assert not visit.page.locator("#try-stop").is_visible()
    assert visit.page.locator("#try-input").is_visible()
    visit.drop(SKILLS / "hello")
    visit.until("acked|Not checked|stopped|is ready")
    assert visit.status == "Checked and packed."
    assert len(visit.blocks) == len(ALL)
    assert all("hello" in block.partition("\n")[0] for block in visit.blocks)
    assert not visit.page.locator("#try-stop, #try-progress").filter(visible=True).count()
    assert len(visit.page.workers) == 1
    visit.drop(SKILLS / "csv-report")
    visit.until("acked|Not checked|stopped")
    assert visit.status == "Checked and packed."


@pytest.mark.network
def test_a_stop_while_a_folder_is_listed_loads_nothing_again(loaded: Visit, tmp_path: Path) -> None:
    loaded.page.evaluate(
        """new MutationObserver((_, observer) => (observer.disconnect(), document.getElementById("try-stop").click()))
        .observe(document.getElementById("try-stop"), { attributes: true })"""
    )
    before, requests = loaded.blocks, len(loaded.requested)
    loaded.drop(make_input("csv-report", tmp_path))
    loaded.until("^Stopped.$")
    assert len(loaded.requested) == requests
    assert loaded.blocks == before
    loaded.drop(SKILLS / "hello")
    loaded.until("acked|Not checked|stopped")
    assert loaded.status == "Checked and packed."


@pytest.mark.network
def test_a_checker_that_fails_while_a_file_is_read_stays_failed(visit: Visit, tmp_path: Path) -> None:
    visit.page.evaluate("() => { Worker.prototype.postMessage = () => {}; }")  # so the check does not end
    visit.drop(SKILLS / "hello")
    visit.until("^Checking hello")
    visit.page.evaluate(
        """() => {
          window.posted = 0;
          window.Worker = class {
            constructor() { window.loading = this; }
            terminate() {}
            postMessage() { window.posted++; }
          };
          const { prototype } = DataTransferItem, { webkitGetAsEntry } = prototype;
          prototype.webkitGetAsEntry = function () {
            const entry = webkitGetAsEntry.call(this), file = entry.file.bind(entry);
            entry.file = (found, failed) => {
              window.read = () => new Promise((done) => file((data) => (found(data), setTimeout(done)), failed));
            };
            return entry;
          };
        }"""
    )
    visit.page.locator("#try-stop").press("Enter")
    visit.until("^Stopped")
    visit.drop(make_input("foreign.zip", tmp_path))
    visit.until("^Reading foreign.zip")
    visit.page.evaluate("loading.onerror({ message: 'offline' })")
    visit.page.evaluate("read()")
    assert visit.status == "The checker stopped: offline. Reload the page to start it again."
    assert visit.page.evaluate("posted") == 0
    assert not visit.page.locator("#try-stop, #try-input, #try-progress").filter(visible=True).count()


@pytest.mark.network
def test_nothing_is_loaded_before_the_click_and_then_the_bytes_that_the_button_states(
    browser: Browser, server: Server
) -> None:
    server.sent.clear()
    visit = Visit(browser, f"{server.origin}/try.html")
    before = dict(server.sent)
    assert {path.rpartition("/")[2] for path in before if "/try/" in path} == {"page.css", "page.js"}
    stated = re.fullmatch(r"Load the checker \(([0-9.]+) MB\)", visit.page.locator("#try-start").inner_text())
    assert stated
    visit.load()
    loaded = sum(server.sent.values()) - sum(before.values())
    assert f"{loaded / 1e6:.1f}" == stated[1]
    assert visit.page.locator("#try-page").get_attribute("data-bytes") == str(loaded)
    assert {url.removeprefix("blob:").split("/")[2] for url in visit.requested} == {server.origin.split("/")[2]}
    assert visit.reported == []
    visit.page.context.close()


@pytest.mark.network
def test_neither_the_page_nor_its_worker_can_connect_elsewhere(browser: Browser, server: Server, site: Path) -> None:
    connect = "address => fetch(address, { mode: 'no-cors' }).then(() => 'connected', () => 'refused')"
    with serving(site) as elsewhere:
        address = f"{elsewhere.origin}/index.html"
        visit = Visit(browser, f"{server.origin}/try.html")
        visit.load()
        (worker,) = visit.page.workers
        assert visit.page.evaluate(connect, address) == "refused"
        assert worker.evaluate(connect, address) == "refused"
        assert elsewhere.sent == {}
        visit.page.goto(f"{server.origin}/index.html")
        assert visit.page.evaluate(connect, address) == "connected", "so it is the policy that refuses"
        visit.page.context.close()


@pytest.mark.network
@pytest.mark.parametrize("problem", ["missing", "cut"])
@pytest.mark.parametrize("file", ["worker.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "skillpack.zip"])
def test_a_checker_that_cannot_be_loaded_is_reported(browser: Browser, site: Path, file: str, problem: str) -> None:
    with serving(site) as server:
        setattr(server, problem, file)
        visit = Visit(browser, f"{server.origin}/try.html")
        visit.page.locator("#try-start").click()
        visit.until("^The checker stopped: .+ Reload the page to start it again.$|is ready")
        assert "stopped" in visit.status
        assert not visit.page.locator("#try-input, #try-progress").filter(visible=True).count()
        visit.page.context.close()


@pytest.mark.network
def test_a_page_opened_as_a_file_states_what_it_needs(browser: Browser, site: Path) -> None:
    visit = Visit(browser, (site / "try.html").as_uri())
    assert "python -m http.server" in visit.page.locator("#try-needs").inner_text()
    assert not visit.page.locator("#try-start").is_visible()
    visit.page.context.close()


@pytest.mark.network
@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_no_wider_than_its_window(loaded: Visit, tmp_path: Path, width: int, scheme: str) -> None:
    loaded.page.set_viewport_size({"width": width, "height": 900})
    loaded.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    loaded.page.evaluate("window.scrollTo(0, 0)")
    loaded.drop(make_input("csv-report", tmp_path))
    loaded.until("Checked and packed")
    assert loaded.page.evaluate("document.documentElement.scrollWidth") == width
