"""Sphinx settings of the site: Markdown pages, an API reference from the docstrings, nothing from the network."""

from __future__ import annotations

import fairaudit

project = "fairaudit"
author = "The fairaudit authors"
copyright = "2026, The fairaudit authors"  # noqa: A001 (Sphinx's name)
version = release = fairaudit.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_mock_imports = ["safetensors", "torch"]  # only an extra installs them
autodoc_typehints_format = "short"
maximum_signature_line_length = 88
python_use_unqualified_type_names = True
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_title = f"fairaudit {release}"
html_copy_source = False
html_show_sourcelink = False
