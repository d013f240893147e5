"""Check a built site: nothing is fetched from another host, and no link inside it is broken."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

FETCHED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}


class Page(HTMLParser):
    """What a page fetches, where it leads, and the anchors it has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = {"", "top"}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note one element."""
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag in FETCHED and FETCHED[tag] in given:
            self.fetched.append(given[FETCHED[tag]])
        if tag == "a" and "href" in given:
            self.links.append(given["href"])


def problems(site: Path) -> Iterator[str]:
    """Give a sentence for each outside fetch and each link that leads nowhere."""
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        where = path.relative_to(site)
        for address in page.fetched:
            if urlsplit(address).netloc:
                yield f"{where} fetches {address} from another host."
        for link in page.links:
            if _is_broken(link, path, pages):
                yield f"{where} links to {link}, which is not there."
    for style in sorted(site.rglob("*.css")):
        text = style.read_text(encoding="utf-8")
        if any(f"url({quote}{scheme}" in text for quote in ("", '"', "'") for scheme in REMOTE):
            yield f"{style.relative_to(site)} fetches from another host."


REMOTE = ("http:", "https:", "//")


def _is_broken(link: str, path: Path, pages: dict[Path, Page]) -> bool:
    address = urlsplit(link)
    if address.scheme or address.netloc:
        return False
    target = (path.parent / unquote(address.path)).resolve() if address.path else path
    if target not in pages:
        return not target.is_file()
    return unquote(address.fragment) not in pages[target].anchors


def main() -> int:
    """Print the problems of the site named on the command line; 1 if there are any."""
    found = list(problems(Path(sys.argv[1]).resolve()))
    sys.stdout.writelines(f"{one}\n" for one in found)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
