"""The directive ``executed``: a block of a page is run when the page is built, output below it.

``{executed} python``, ``{executed} console`` (commands of cardhouse) and ``{executed} file NAME``
(written where the later blocks run). ``:exit: 2`` says that a command must be refused; ``:hide:``
shows the output alone.
"""

from __future__ import annotations

from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from page_sessions import KINDS, Block, PageError, new_session
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

LANGUAGES = {"python": "python", "console": "console", "file": "text"}
BY_ENDING = {"csv": "text", "yaml": "yaml", "py": "python"}


class Executed(SphinxDirective):
    """Run a block in its page's session and show it with what it printed."""

    has_content = True
    required_arguments = 1
    optional_arguments = 1
    option_spec: ClassVar[dict[str, Any]] = {
        "exit": directives.nonnegative_int,
        "hide": directives.flag,
    }

    def run(self) -> list[nodes.Node]:
        """Return the block and its output."""
        kind, name = self.arguments[0], "".join(self.arguments[1:])
        if kind not in KINDS:
            raise self.error(f"'{kind}' is no kind of block. Use one of {', '.join(KINDS)}.")
        body = "\n".join(self.content) + "\n"
        block = Block(kind, body, name, self.options.get("exit", 0))
        try:
            printed = self._session().run(block)
        except PageError as error:
            raise self.error(str(error)) from error
        return [*self._source(block), *_output(printed)]

    def _session(self) -> Any:
        """Return the page's session, opened at its first block."""
        open_now = self.env.app.page_sessions
        if self.env.docname not in open_now:
            manager = new_session()
            open_now[self.env.docname] = (manager, manager.__enter__())
        return open_now[self.env.docname][1]

    def _source(self, block: Block) -> list[nodes.Node]:
        if "hide" in self.options:
            return []
        language = BY_ENDING.get(block.name.rpartition(".")[2], LANGUAGES[block.kind])
        source = block.body.rstrip("\n")
        shown = nodes.literal_block(source, source, language=language)
        if not block.name:
            return [shown]
        boxed = nodes.container("", literal_block=True, classes=["literal-block-wrapper"])
        boxed += [nodes.caption("", block.name), shown]
        return [boxed]


def _output(printed: str) -> list[nodes.Node]:
    if not printed:
        return []
    return [nodes.literal_block(printed, printed, language="text", classes=["output"])]


def close_sessions(app: Sphinx, *_: Any) -> None:
    """Remove the folders of all sessions."""
    for manager, _session in app.page_sessions.values():
        manager.__exit__(None, None, None)
    app.page_sessions.clear()


def setup(app: Sphinx) -> dict[str, Any]:
    """Make the directive known."""
    app.page_sessions = {}
    app.add_directive("executed", Executed)
    app.connect("env-updated", lambda app, _env: close_sessions(app))
    app.connect("build-finished", close_sessions)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
