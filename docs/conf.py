"""How the documentation site is built: `sphinx-build -W -b html docs build/docs`, with no network.

What the program itself knows (parameters, commands) is written into the pages from the program as they are read.
"""

import sys
from pathlib import Path

from sphinx.application import Sphinx

import calscope

sys.path.insert(0, str(Path(__file__).parent))
from generated import GENERATED

project = "Calscope"
author = copyright = "Calscope developers"  # noqa: A001 - Sphinx's word
version = release = calscope.__version__

extensions = ["myst_parser"]
myst_enable_extensions = ["deflist", "fieldlist"]
myst_heading_anchors = 3
nitpicky = True
html_theme = "furo"
html_title = f"Calscope {version}"
html_show_sphinx = False
html_copy_source = False


def _fill_in(app: Sphinx, page: str, source: list[str]) -> None:
    """Put generated text in the place of each line `<!-- generated: NAME -->`."""
    for name, text in GENERATED.items():
        mark = f"<!-- generated: {name} -->"
        if mark in source[0]:
            source[0] = source[0].replace(mark, text())


def setup(app: Sphinx) -> None:
    """Let Sphinx call us for every page it reads."""
    app.connect("source-read", _fill_in)
