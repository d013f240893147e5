"""The reference is written from the package: everything shipped is in it, and tables stay whole."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from reference_text import PAGES, escaped, table

from cardhouse.model.parameters import PARAMETERS
from cardhouse.studies.claim_table import load_claims
from cardhouse.studies.gauges import load_gauges
from cardhouse.studies.levers import lever_rows
from cardhouse.studies.scenario_files import list_scenarios

BARE = str.maketrans("", "", " `")


def ids_of(kind: str) -> list[str]:
    """Return the ids that a page must tell of."""
    return {
        "levers": [row["id"] for row in lever_rows()],
        "scenarios": [one.id for one in list_scenarios()],
        "claims": [one.id for one in load_claims()],
        "parameters": [one.name for one in PARAMETERS],
        "gauges": list(load_gauges()),
    }[kind]


@pytest.mark.parametrize("kind", ["levers", "scenarios", "claims", "parameters", "gauges"])
def test_everything_shipped_is_told(kind: str) -> None:
    text = PAGES[kind]()
    assert [one for one in ids_of(kind) if f"`{one}`" not in text] == []


@pytest.mark.parametrize("kind", sorted(PAGES))
def test_the_rows_of_a_table_have_the_columns_of_its_head(kind: str) -> None:
    text = re.sub(r"^```.*?^```$", "", PAGES[kind](), flags=re.MULTILINE | re.DOTALL)
    width = None
    for line in text.splitlines():
        if not line.startswith("|"):
            width = None
            continue
        cells = len(re.findall(r"(?<!\\)\|", line))
        width = width or cells
        assert cells == width, line


WORDLESS = ("check", "export", "report", "serve")
"""Commands that answer with an exit code, a file or a page, and have no document to print."""


def test_every_command_shows_its_options_and_an_example() -> None:
    text = PAGES["commands"]()
    parts = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    assert len(parts) >= 14
    for part in parts:
        name = part.splitlines()[0]
        assert f"$ {name}" in part, f"{name} shows no example of itself"
        assert "`--json`" in part or name.removeprefix("cardhouse ") in WORDLESS, name
        assert "`None`" not in part, part


def test_a_default_is_told() -> None:
    assert "Quarters to simulate, 1 to 400. Default: `20`." in PAGES["commands"]()


@given(st.text(alphabet="ab |*_<>$`\\[]()#&;!"))
def test_prose_cannot_break_a_table(words: str) -> None:
    """A reader of Markdown finds two cells and, spaces and code marks apart, the same words."""
    parsed = (
        MarkdownIt("commonmark")
        .enable("table")
        .parse(table(("a", "b"), [(f"x{escaped(words)}x", "y")]))
    )
    cells = [parsed[at + 1] for at, token in enumerate(parsed) if token.type == "td_open"]
    kinds = {child.type for cell in cells for child in cell.children or []}
    told = "".join(child.content for child in cells[0].children or [])
    assert len(cells) == 2
    assert kinds <= {"text", "text_special", "code_inline"}
    assert told.translate(BARE) == f"x{words}x".translate(BARE)


def test_a_table_is_written_row_by_row() -> None:
    assert table(("a", "b"), [("1", "2")]) == "| a | b |\n| --- | --- |\n| 1 | 2 |\n"
