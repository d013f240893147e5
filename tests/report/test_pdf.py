"""The report as a PDF: the page's own words and numbers, drawings that stand alone."""

from __future__ import annotations

import io
import json
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from cardhouse.errors import InputError
from cardhouse.report import write_report
from cardhouse.report._cast import Cast
from cardhouse.report._headline import headline_numbers
from cardhouse.report.pdf import pdf_contents
from cardhouse.report.summary_text import headline
from cardhouse.report.svg_alone import drawing_style, ink_of_key, stand_alone
from report.sample import sample_document


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return sample_document()


@pytest.fixture(scope="module")
def made(document: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("pdf") / "report.pdf"
    write_report(document, path)
    return path.read_bytes()


def drawings_in(part: Any) -> list[str]:
    """Return every SVG in what the template sets."""
    if isinstance(part, str):
        return [part] if part.startswith("<svg") else []
    inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    return [found for one in inner for found in drawings_in(one)]


class TestPaper:
    def test_says_what_the_page_says(self, made: bytes, document: dict[str, Any]) -> None:
        pages = PdfReader(io.BytesIO(made)).pages
        words = " ".join(" ".join(page.extract_text() for page in pages).split())
        joined = words.replace(" ", "")
        assert headline(document).replace(" ", "") in joined
        for number in headline_numbers(document, Cast(document)):
            assert number.figure.replace("\N{NO-BREAK SPACE}", "").replace(" ", "") in joined
        for claim in document["claims"]:
            assert claim["claim"].replace(" ", "") in joined
        assert document["manifest"]["digest"] in joined

    def test_every_source_is_a_link(self, made: bytes, document: dict[str, Any]) -> None:
        links = {
            note["/A"]["/URI"]
            for page in PdfReader(io.BytesIO(made)).pages
            for note in page.get("/Annots", [])
            if "/URI" in note.get("/A", {})
        }
        wanted = {one["url"] for one in pdf_contents(document)["sources"] if one["url"]}
        assert wanted
        assert wanted <= links

    def test_the_same_document_gives_the_same_bytes(
        self, made: bytes, document: dict[str, Any], tmp_path: Path
    ) -> None:
        write_report(document, tmp_path / "again.pdf")
        assert (tmp_path / "again.pdf").read_bytes() == made

    def test_text_that_looks_like_markup_is_text(
        self, document: dict[str, Any], tmp_path: Path
    ) -> None:
        words = '#panic("no") $x$ *bold* <b> \\ @cite'
        manifest = {**document["manifest"], "scenario_words": words}
        write_report({**document, "manifest": manifest}, tmp_path / "odd.pdf")
        text = PdfReader(tmp_path / "odd.pdf").pages[0].extract_text()
        assert words.replace(" ", "") in "".join(text.split())

    def test_without_typst_it_says_what_to_install(
        self, document: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "typst", None)
        with pytest.raises(InputError, match=r"cardhouse\[pdf\]"):
            write_report(document, tmp_path / "report.pdf")
        assert list(tmp_path.iterdir()) == []


class TestDrawings:
    def test_stand_alone(self, document: dict[str, Any]) -> None:
        found = drawings_in(pdf_contents(document))
        assert len(found) > 10
        for one in found:
            root = ET.fromstring(one)
            assert root.tag == "{http://www.w3.org/2000/svg}svg"
            assert "var(" not in one
            assert "light-dark" not in one

    def test_every_class_that_is_drawn_has_a_rule(self, document: dict[str, Any]) -> None:
        """What has neither a fill nor a stroke by any of its classes would come out black."""
        styled = set(re.findall(r"\.([a-z_-]+)", drawing_style()))
        for one in drawings_in(pdf_contents(document)):
            for element in ET.fromstring(one).iter():
                names = element.get("class", "").split()
                if element.tag.endswith(("rect", "path", "line", "circle")) and names:
                    assert styled & set(names), names

    def test_keep_their_marks(self) -> None:
        drawing = '<svg viewBox="0 0 1 1" class="flow"><path class="ribbon pool" d="M0 0"/></svg>'
        alone = stand_alone(drawing, "wide")
        assert 'class="ribbon pool" style="stroke:none"' in alone
        assert '<g class="wide flow">' in alone
        thin = stand_alone(drawing.replace("ribbon pool", "ribbon thin pool"))
        assert "stroke:none" not in thin

    def test_legends_are_in_the_colours_of_what_they_name(self) -> None:
        assert ink_of_key("segment").colour == ink_of_key("paid-users").colour
        assert ink_of_key("rent square").colour == ink_of_key("pool").colour
        assert ink_of_key("ghost-key").is_broken

    def test_what_the_template_reads_is_json(self, document: dict[str, Any]) -> None:
        json.dumps(pdf_contents(document), allow_nan=False)
