"""The site: Sphinx reads the Markdown pages of this folder, and our extensions draw its pictures.

One command builds it, offline and with warnings as errors; see `site` in the ``justfile``.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # our extensions are in tools/docs

import orderfsm

project = "orderfsm"
author = "orderfsm contributors"
copyright = "orderfsm contributors"
release = version = orderfsm.__version__

extensions = [
    "myst_parser",
    "tools.docs.anchoring",
    "tools.docs.pictures.picturing",
    "tools.docs.playground.page",
    "tools.docs.api.referring",
    "tools.docs.sourcing",
    "tools.docs.stories.storytelling",
]
exclude_patterns = ["playground/node_modules"]
nitpicky = True

# the API reference: see tools/docs/api/referring.py
autodoc_default_options = {"members": True, "member-order": "bysource"}
autodoc_class_signature = "mixed"
add_module_names = False
nitpick_ignore_regex = [(r"py:.*", r"hypothesis\..*")]  # without a link: its own manual cannot be asked offline
napoleon_numpy_docstring = False
python_maximum_signature_line_length = 72
python_display_short_literal_types = True
toc_object_entries = False  # slow, for every page copies all of them; referring.py adds those of the page itself

myst_heading_anchors = 4
myst_enable_extensions = ["attrs_block", "attrs_inline", "colon_fence", "deflist", "fieldlist"]

html_theme = "furo"
html_title = "orderfsm"
html_favicon = "_static/favicon.svg"
html_static_path = ["_static"]
html_css_files = ["orderfsm.css"]
html_show_sourcelink = False
html_copy_source = False
