"""How the site is built: `make docs`. Nothing is fetched, and a warning is an error."""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "cardhouse"
author = "The cardhouse authors"
project_copyright = "The cardhouse authors"
version = release = importlib.metadata.version("cardhouse")
language = "en"

extensions = [
    "executed",
    "myst_parser",
    "numpydoc",
    "shipped",
    "sphinx.ext.autodoc",
]
exclude_patterns = ["_build", "_ext"]

# MyST: no dollar maths, because dollars are money here.
myst_enable_extensions = ["deflist", "colon_fence"]
myst_heading_anchors = 3

smartquotes = False  # two dashes of an option stay two dashes
default_role = "py:obj"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 80
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

html_theme = "pydata_sphinx_theme"
html_title = f"cardhouse {release}"
html_static_path = ["_static"]
html_css_files = ["cardhouse.css"]
html_show_sourcelink = False
html_copy_source = False
html_sidebars = {page: [] for page in ("index", "start", "facts", "glossary", "limits", "cite")}
html_context = {"default_mode": "auto"}
html_theme_options = {
    "header_links_before_dropdown": 8,
    "navbar_align": "left",
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "navbar_end": ["theme-switcher"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
