"""The tables of a page as a reader sees them: captions and the text of cells."""

from __future__ import annotations

from html.parser import HTMLParser


class _Tables(HTMLParser):
    """Collects cells row by row under the caption of their table."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, list[list[str]]] = {}
        self._text: list[str] | None = None
        self._caption = ""
        self._rows: list[list[str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs  # captions and cells are told by their tags alone
        if tag == "table":
            self._caption, self._rows = "", []
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("caption", "td", "th"):
            self._text = []

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("caption", "td", "th") and self._text is not None:
            words = " ".join("".join(self._text).split())
            self._text = None
            if tag == "caption":
                self._caption = words
            else:
                self._rows[-1].append(words)
        elif tag == "table":
            self.found[self._caption] = self._rows


def tables_of(page: str) -> dict[str, list[list[str]]]:
    """Return each table's rows of cells by caption."""
    parser = _Tables()
    parser.feed(page)
    return parser.found
