"""Take the pictures of the page that the documentation shows: `python frontend/pictures.py`.

Needs the built page (`make web`), playwright with a Chromium on PATH, the extras `web` and
`notebook`. With `--views FOLDER` every view is taken instead, light, dark and on a phone, to look
at. The service runs in this process, on loopback.
"""

from __future__ import annotations

import argparse
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

DOCS = Path(__file__).resolve().parents[1] / "docs" / "_static" / "page"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
VIEWS = ("flows", "who", "ledger", "fragility", "futures", "then", "claims", "facts", "compare")
FREEZE = "/?scenario=capital-freeze"
PINS = "/?scenario=capital-freeze&pin=capital-freeze&pin=demand-disappoints"
NOTEBOOK = """async state => {
    const model = {
        get: name => state[name], set: (name, value) => { state[name] = value },
        save_changes() {}, on() {}, off() {},
    }
    const script = new Blob([state._esm], { type: 'text/javascript' })
    const { default: widget } = await import(URL.createObjectURL(script))
    widget.render({ model, el: document.body })
}"""


class Shot(NamedTuple):
    """A picture: its name, the link, the window, and light or dark."""

    name: str
    link: str
    width: int = 1366
    height: int = 860
    scheme: str = "light"


SHOWN = (
    Shot("flows-light", f"{FREEZE}#flows/2028Q1", height=1000),
    Shot("flows-dark", "/#flows/2031Q1", height=1000, scheme="dark"),
    Shot("flows-phone", f"{FREEZE}#flows/2028Q1", 390, 1250),
    Shot("who", f"{FREEZE}#who/2028Q1"),
    Shot("ledger", f"{FREEZE}#ledger/2028Q1"),
    Shot("fragility", f"{FREEZE}#fragility/2028Q1"),
    Shot("futures", f"{FREEZE}#futures/2028Q1"),
    Shot("then", f"{FREEZE}#then/2028Q1", height=1100),
    Shot("claims", "/#claims"),
    Shot("compare", f"{PINS}#compare/2028Q1", height=1000),
)


@contextmanager
def served() -> Iterator[str]:
    """Serve the built page and the API on a free port."""
    import uvicorn

    from cardhouse.web.app import create
    from cardhouse.web.limits import Limits
    from cardhouse.web.pages import STATIC

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    app = create(Limits(quick_seconds=300.0), STATIC)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None))
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True


def take(browser: Any, address: str, shot: Shot, folder: Path, *, whole: bool = False) -> None:
    """Take one picture of the page."""
    window = {"width": shot.width, "height": shot.height}
    page = browser.new_page(viewport=window, color_scheme=shot.scheme, reduced_motion="reduce")
    page.goto(f"{address}{shot.link}")
    page.wait_for_selector("main .figure, main .ready", timeout=300_000)
    if "#futures" in shot.link:  # a small fan is drawn unasked
        page.wait_for_selector("#fan svg", timeout=300_000)
    page.wait_for_function("() => !document.querySelector('.waiting')", timeout=300_000)
    page.wait_for_timeout(400)
    save(page, folder / f"{shot.name}.png", whole=whole, small=not whole)
    page.close()


def take_notebook(browser: Any, folder: Path) -> None:
    """Take the picture as a notebook shows it."""
    import cardhouse as ch

    run = ch.run(ch.open("ai"), "capital-freeze", quarters=12)
    flow = ch.money_flow(run, quarter="2028Q1", theme="light")
    page = browser.new_page(viewport={"width": 1100, "height": 1100})
    page.evaluate(NOTEBOOK, {name: getattr(flow, name) for name in flow.keys if name in SENT})
    page.locator(".flow svg .node").first.wait_for()
    save(page, folder / "notebook.png", whole=True, small=True)
    page.close()


SENT = ("_esm", "stage", "baseline", "view", "quarter", "playing", "ghost", "money", "theme")


def save(page: Any, path: Path, *, whole: bool, small: bool) -> None:
    """Write a picture; a small one has 256 colours where ImageMagick is at hand."""
    page.screenshot(path=str(path), full_page=whole)
    convert = shutil.which("convert") if small else None
    if convert:
        colours = ["+dither", "-colors", "256", f"PNG8:{path}"]
        subprocess.run([convert, str(path), *colours], check=True)
    sys.stderr.write(f"{path.name}\n")


def every_view() -> list[Shot]:
    """Return all views in both schemes, and on a phone."""
    windows = (
        ("light", 1366, 900, "light"),
        ("dark", 1366, 900, "dark"),
        ("phone", 390, 844, "light"),
    )
    return [
        Shot(f"{view}-{name}", f"{PINS}#{view}/2028Q1", width, height, scheme)
        for view in VIEWS
        for name, width, height, scheme in windows
    ]


def main() -> int:
    """Take the pictures."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--views", type=Path, help="take every view into this folder")
    asked.add_argument("--only", help="those whose names begin so")
    given = asked.parse_args()
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        sys.stderr.write(f"It needs a browser on PATH: one of {', '.join(BROWSERS)}.\n")
        return 2
    from playwright.sync_api import sync_playwright

    folder = given.views or DOCS
    folder.mkdir(parents=True, exist_ok=True)
    shots = [
        one
        for one in (every_view() if given.views else SHOWN)
        if one.name.startswith(given.only or "")
    ]
    with served() as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        for shot in shots:
            take(browser, address, shot, folder, whole=bool(given.views))
        if not given.views and "notebook".startswith(given.only or ""):
            take_notebook(browser, folder)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
