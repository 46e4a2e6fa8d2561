"""How Sphinx builds these pages; nothing is fetched while it does."""

from __future__ import annotations

from skillpack import __version__

project = "skillpack"
author = "the skillpack authors"
copyright = "the skillpack authors, Apache-2.0"  # Sphinx's name
release = version = __version__
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton", "sphinx_design"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"skillpack {__version__}"
html_static_path = ["_static"]
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
