"""The site's sources: every page is reachable, every link leads somewhere, every command parses."""

from __future__ import annotations

import fnmatch
import importlib
import inspect
import re
import shlex
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from built_site import problems
from page_sessions import WIDTH, Block, PageError, Session, blocks_of
from pygments.lexers import get_lexer_by_name

import cardhouse
from cardhouse.cli.app import app
from cardhouse.studies.check_files import check_file

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md"))
TOCTREE = re.compile(r"^```\{toctree\}\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FENCED = re.MULTILINE | re.DOTALL
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s]+)\)")
CONSOLE = re.compile(r"^```(?:console|\{executed\} console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def name_of(page: Path) -> str:
    return page.relative_to(DOCS).with_suffix("").as_posix()


def entries_of(page: Path) -> Iterator[str]:
    """Give the names of the pages that a page's toctrees list, patterns written out."""
    for body in TOCTREE.findall(page.read_text(encoding="utf-8")):
        listed = [line for line in body.splitlines() if line and not line.startswith(":")]
        for line in listed:
            here = "" if line.startswith("/") else page.parent.relative_to(DOCS).as_posix() + "/"
            wanted = (here + line.removeprefix("/")).removeprefix("./")
            found = fnmatch.filter(map(name_of, PAGES), wanted) if ":glob:" in body else [wanted]
            assert found, f"{name_of(page)}: nothing is called {wanted}"
            yield from found


def slug(heading: str) -> str:
    """Return the anchor of a heading, as code hosts make it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def anchors_of(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {slug(heading) for heading in headings}


class TestPages:
    def test_each_stands_in_one_toctree(self) -> None:
        listed = Counter(name for page in PAGES for name in entries_of(page))
        assert listed == dict.fromkeys({name_of(page) for page in PAGES} - {"index"}, 1)

    def test_the_index_of_methods_tells_of_each(self) -> None:
        linked = set(LINK.findall((DOCS / "method/index.md").read_text(encoding="utf-8")))
        pages = {path.name for path in (DOCS / "method").glob("*.md")} - {"index.md"}
        assert linked == pages

    @pytest.mark.parametrize("page", PAGES, ids=name_of)
    def test_its_links_lead_somewhere(self, page: Path) -> None:
        for link in LINK.findall(page.read_text(encoding="utf-8")):
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            assert target in PAGES, f"{link} is no page"
            assert not anchor or anchor in anchors_of(target), f"{link} has no such heading"

    @pytest.mark.parametrize("page", PAGES, ids=name_of)
    def test_each_has_one_title(self, page: Path) -> None:
        prose = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=FENCED)
        assert len(re.findall(r"^# ", prose, re.MULTILINE)) == 1

    @pytest.mark.parametrize("page", PAGES, ids=name_of)
    def test_its_blocks_are_in_languages_that_can_be_coloured(self, page: Path) -> None:
        for language in re.findall(r"^```([a-z]\w*)$", page.read_text(encoding="utf-8"), FENCED):
            get_lexer_by_name(language)


def commands_told() -> list[tuple[str, str]]:
    """Return page and line of each command that the site shows."""
    found = []
    for page in PAGES:
        for body in CONSOLE.findall(page.read_text(encoding="utf-8")):
            lines = [line.removeprefix("$").strip() for line in body.splitlines()]
            found += [(name_of(page), line) for line in lines if line.startswith("cardhouse")]
    return found


@pytest.mark.parametrize(("page", "line"), commands_told())
def test_a_command_that_is_shown_has_these_options(page: str, line: str) -> None:
    """The line is parsed, not run: a page may not show an option that is gone."""
    words = shlex.split(line)[1:]
    command = typer.main.get_command(app)
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words.pop(0)]  # type: ignore[attr-defined]
    if words in (["--version"], ["--install-completion"]):
        return
    assert not getattr(command, "commands", {}), f"{page}: `{line}` names no command"
    command.make_context("cardhouse", words)


class TestExecutedBlocks:
    """`make docs` runs them; here they are read, so that the suite stays quick."""

    def test_the_tutorials_have_some(self) -> None:
        tutorials = [page for page in PAGES if page.parent.name == "tutorials"]
        counts = [len(blocks_of(page)) for page in tutorials if page.stem != "index"]
        assert len(counts) == 5
        assert min(counts) > 3

    def test_all_fences_are_understood(self) -> None:
        for page in PAGES:
            fences = page.read_text(encoding="utf-8").count("```{executed}")
            assert len(blocks_of(page)) == fences, page

    def test_python_compiles(self) -> None:
        blocks = [block for page in PAGES for block in blocks_of(page) if block.kind == "python"]
        assert blocks
        for block in blocks:
            compile(block.body, "<page>", "exec")

    def test_files_are_what_their_pages_say(self, tmp_path: Path) -> None:
        session = Session(tmp_path)
        blocks = [block for page in PAGES for block in blocks_of(page) if block.kind == "file"]
        for block in blocks:
            session.run(block)
            found = check_file(tmp_path / block.name)
            assert bool(found) == block.name.startswith("wrong"), (block.name, found)
        assert blocks


READ_IT = "from pathlib import Path\ntext = Path('word.txt').read_text()\n'a ' + text"


class TestSessions:
    def test_blocks_share_names_and_folder(self, tmp_path: Path) -> None:
        session = Session(tmp_path)
        session.run(Block("file", "seven\n", "word.txt"))
        assert session.run(Block("python", READ_IT)) == "'a seven\\n'"
        assert session.run(Block("python", "print(len(text))")) == "6"

    def test_commands_are_run_as_a_terminal_shows_them(self, tmp_path: Path) -> None:
        shown = Session(tmp_path).run(Block("console", "$ cardhouse scenarios venture-drought\n"))
        assert shown.startswith("venture-drought")
        assert max(map(len, shown.splitlines())) <= WIDTH

    def test_an_end_that_was_not_told_stops_the_page(self, tmp_path: Path) -> None:
        session = Session(tmp_path)
        with pytest.raises(PageError, match="ended with 2, not 0"):
            session.run(Block("console", "$ cardhouse scenarios nothing-like-it\n"))
        refused = Block("console", "$ cardhouse scenarios nothing-like-it\n", exit_code=2)
        assert "no shipped scenario" in session.run(refused)
        with pytest.raises(PageError, match="no command of cardhouse"):
            session.run(Block("console", "$ ls\n"))


class TestPublicNames:
    @pytest.mark.parametrize("name", cardhouse.__all__)
    def test_each_is_documented_with_an_example(self, name: str) -> None:
        words = inspect.getdoc(getattr(cardhouse, name)) or ""
        assert re.search(r"^Examples\n-+\n+(.*\n)*?>>> ", words, re.MULTILINE), words

    @pytest.mark.parametrize("name", cardhouse.__all__)
    def test_each_stands_in_the_reference(self, name: str) -> None:
        page = (DOCS / "reference/python.md").read_text(encoding="utf-8")
        assert re.search(rf"^\.\. auto\w+:: cardhouse\.{name}$", page, re.MULTILINE)

    def test_the_reference_names_nothing_that_is_gone(self) -> None:
        page = (DOCS / "reference/python.md").read_text(encoding="utf-8")
        for found in re.findall(r"^\.\. auto(?:function|class):: ([\w.]+)", page, re.MULTILINE):
            module, _, name = found.rpartition(".")
            assert hasattr(importlib.import_module(module), name), found


class TestBuiltSite:
    def site(self, folder: Path, body: str) -> list[str]:
        (folder / "index.html").write_text(f"<html><body>{body}</body></html>", encoding="utf-8")
        return list(problems(folder))

    def test_a_sound_one_has_no_problems(self, tmp_path: Path) -> None:
        body = '<h1 id="a">A</h1><a href="#a">x</a><a href="index.html#a">y</a>'
        assert self.site(tmp_path, body + '<a href="https://example.com/">z</a>') == []

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            ('<script src="https://example.com/a.js"></script>', "fetches"),
            ('<link rel="stylesheet" href="//example.com/a.css">', "fetches"),
            ('<a href="gone.html">x</a>', "links to gone.html"),
            ('<a href="#gone">x</a>', "links to #gone"),
        ],
    )
    def test_each_problem_is_told(self, tmp_path: Path, body: str, words: str) -> None:
        (found,) = self.site(tmp_path, body)
        assert words in found

    def test_a_font_from_elsewhere_is_told(self, tmp_path: Path) -> None:
        style = tmp_path / "a.css"
        style.write_text("@font-face { src: url('https://example.com/a.woff') }", encoding="utf-8")
        (found,) = self.site(tmp_path, "")
        assert found == "a.css fetches from another host."
