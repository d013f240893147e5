"""The directive ``shipped``: writes tables of the package and its commands' help into a page."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from reference_text import PAGES
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


class Shipped(SphinxDirective):
    """Write one of `reference_text.PAGES`."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the parsed text, sections included."""
        kind = self.arguments[0]
        if kind not in PAGES:
            raise self.error(f"'{kind}' is not shipped. Use one of {', '.join(PAGES)}.")
        return self.parse_text_to_nodes(PAGES[kind](), allow_section_headings=True)


def setup(app: Sphinx) -> dict[str, Any]:
    """Make the directive known."""
    app.add_directive("shipped", Shipped)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
