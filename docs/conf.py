"""How Sphinx builds these pages; nothing is fetched while it does."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from skillpack import __version__

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

project = "skillpack"
author = "the skillpack authors"
copyright = "the skillpack authors, Apache-2.0"  # Sphinx's name
release = version = __version__
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton", "sphinx_design"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"skillpack {__version__}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
nb_execution_mode = "off"  # a notebook has the output that its test compares
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_class_signature = "separated"
napoleon_use_rtype = False
copybutton_prompt_text = r"[$>] "
copybutton_prompt_is_regexp = True
copybutton_line_continuation_character = "\\"
copybutton_here_doc_delimiter = "END"

# --- the page "Try it in a browser" -----------------------------------------------------------------------------

POLICY: Final = (
    "default-src 'self'; connect-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none';"
    " form-action 'self'; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:;"
    " script-src 'self' 'wasm-unsafe-eval'"
)


def setup(app: Sphinx) -> None:
    """Add the checker if `checker` is set: to the folder that docs/build_try.py wrote."""
    app.add_config_value("checker", "", "", str)
    app.connect("config-inited", add_checker)
    app.connect("env-get-outdated", lambda *_: ["try"])  # the page differs with the setting


def add_checker(app: Sphinx, config: Config) -> None:
    """Add the files of the checker, and write it into the page."""
    if config.checker:
        app.tags.add("checker")
        config.html_static_path.append(str(Path(config.checker, "static").resolve()))
        app.connect("source-read", name_checker)
        app.connect("build-finished", restrict)


def name_checker(app: Sphinx, page: str, source: list[str]) -> None:
    """Write into the page where the checker is, and how large it is."""
    if page == "try":
        about = json.loads(Path(app.config.checker, "about.json").read_text("utf-8"))
        values = {"FOLDER": about["folder"], "BYTES": str(about["bytes"]), "SIZE": f"{about['bytes'] / 1e6:.1f} MB"}
        source[0] = re.sub("@([A-Z]+)@", lambda found: values[found[1]], source[0])


def restrict(app: Sphinx, error: Exception | None) -> None:
    """Write the policy into the page; of inline scripts it allows those that the theme has."""
    if error:
        return
    page = Path(app.outdir, "try.html")
    text = page.read_text("utf-8")
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    policy = POLICY + "".join(f" 'sha256-{digest}'" for digest in digests)
    head = f'<head><meta http-equiv="Content-Security-Policy" content="{policy}">'
    page.write_text(text.replace("<head>", head, 1), "utf-8")
